//! Names of columns: those of a header, and which of one file are those of another.

use std::collections::{HashMap, HashSet};

use crate::encoding::Encoding;
use crate::scanner::values::trim;

/// The columns of a table, by their names: those of one file belong to those of another also where they are written in other cases.
#[derive(Debug, Default)]
pub(crate) struct ColumnPlaces {
    exact: HashMap<String, usize>,
    /// The first column of those whose names differ in case only.
    folded: HashMap<String, usize>,
}

impl ColumnPlaces {
    /// Of names in order.
    pub(crate) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut places = Self::default();
        names.enumerate().for_each(|(index, name)| places.add(name, index));
        places
    }

    pub(super) fn add(&mut self, name: &str, index: usize) {
        self.exact.insert(name.to_owned(), index);
        self.folded.entry(folded(name)).or_insert(index);
    }

    /// For each name of a file, the column that it belongs to: that of its name, or one that no other name of the file belongs to.
    pub(crate) fn find(&self, names: &[String]) -> Vec<Option<usize>> {
        let mut found: Vec<_> = names.iter().map(|name| self.exact.get(name).copied()).collect();
        let mut taken: HashSet<usize> = found.iter().flatten().copied().collect();
        for (place, name) in found.iter_mut().zip(names).filter(|(place, _)| place.is_none()) {
            *place = self.folded.get(&folded(name)).copied().filter(|index| taken.insert(*index));
        }
        found
    }
}

/// Gives the first names of a file, where they are unknown, the columns at their places, if these have no other name of the file: those
/// columns were given names by their places, whatever the files call them.
pub(crate) fn find_by_place(found: &mut [Option<usize>], columns: usize) {
    for place in 0..found.len().min(columns) {
        if found[place].is_none() && !found.contains(&Some(place)) {
            found[place] = Some(place);
        }
    }
}

/// A name as it is compared with those of other files.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// The name that a field of a header gives. Bytes that are no text do not keep the file from being
/// read: they become U+FFFD.
pub(crate) fn column_name(field: &[u8], encoding: Encoding) -> String {
    let name = encoding.decode(trim(field));
    name.unwrap_or_else(|| String::from_utf8_lossy(trim(field))).into_owned()
}

/// The names of a header: a gap gets a name by its position, a repeated name gets a number.
pub(crate) fn header_names(first: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(first.len());
    // There may be thousands of columns, all of one name.
    let mut taken: HashSet<String> = HashSet::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for (index, name) in first.iter().enumerate() {
        let base = if name.is_empty() { format!("column{index}") } else { name.clone() };
        let mut unique = base.clone();
        while !taken.insert(unique.clone()) {
            let number = numbers.entry(base.clone()).or_default();
            *number += 1;
            unique = format!("{base}_{number}");
        }
        names.push(unique);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::testing::columns;

    #[test]
    fn names_belong_together_in_any_case() {
        assert_eq!(columns(&["ID,N\n1,2\n", "id,n\n5,6\n"]), "ID bigint, N bigint");
        assert_eq!(columns(&["aa,bb\n1,x\n", "Aa,bb\n10,y\n"]), "aa bigint, bb text");
        assert_eq!(columns(&["a,A\n1,x\n", "A,a\ny,2\n"]), "a bigint, A text");
        assert_eq!(columns(&["a\n1\n", "A,a\ny,2\n"]), "a bigint, A text");
        // Words above values are a header, if no name is known; and words above words are not.
        assert_eq!(columns(&["x,y\n1,2\n", "p,q\n3,4\n"]), "x bigint, y bigint, p bigint, q bigint");
        assert_eq!(columns(&["name,n\nAnn,2\n", "Bob,\nCid,4\n"]), "name text, n bigint");
    }
}
