//! Which keys of records are columns.

use super::JsonTable;
use super::builder::find;
use super::features::{PROPERTIES, TYPE};

/// The keys of an object.
#[derive(Debug, Default)]
pub(super) struct Keys {
    names: Vec<String>,
    members: Vec<Member>,
}

/// What the value of a key is.
#[derive(Debug)]
pub(super) enum Member {
    /// That of a column of the table.
    Column(usize),
    /// An object whose keys are columns.
    Object(Keys),
    /// The same in each record.
    Constant,
}

impl Keys {
    /// Those of the records of a table.
    pub(super) fn of(table: &JsonTable) -> Self {
        let columns = || table.columns.iter().enumerate();
        let mut keys = Self::default();
        for (index, column) in columns().filter(|(_, column)| !column.is_property) {
            keys.add(&column.key, Member::Column(index));
        }
        if table.has_features {
            let mut properties = Self::default();
            for (index, column) in columns().filter(|(_, column)| column.is_property) {
                properties.add(&column.key, Member::Column(index));
            }
            keys.add(PROPERTIES, Member::Object(properties));
            keys.add(TYPE, Member::Constant);
        }
        keys
    }

    fn add(&mut self, name: &str, member: Member) {
        self.names.push(name.to_owned());
        self.members.push(member);
    }

    /// What a key stands for, if it is one of these. `next` is the place where it probably is, and then that of the key behind it.
    pub(super) fn find(&self, key: &str, escaped: bool, next: &mut usize) -> Option<&Member> {
        let place = find(&self.names, key, escaped, *next)?;
        *next = place + 1;
        self.members.get(place)
    }
}
