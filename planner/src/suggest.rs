//! "Did you mean …?"

/// The candidate most like the wanted name, if one is like it at all. Case does not count.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// How many letters must be changed, left out, put in or swapped to make one word of another.
pub fn distance(a: &str, b: &str) -> usize {
    strsim::damerau_levenshtein(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_name_wins() {
        let columns = ["Year", "DepDelay", "ArrDelay", "DepTime"];
        assert_eq!(nearest("DepDely", columns), Some("DepDelay"));
        assert_eq!(nearest("arrdelay", columns), Some("ArrDelay"));
        assert_eq!(nearest("xyz", columns), None);
        assert_eq!(nearest("xyz", []), None);
    }
}
