//! Names of columns that need no quotes in SQL, as DuckDB's `normalize_names` makes them.

use super::header_names;

/// Names that are made of others, in order; what becomes the same gets numbers.
pub(super) fn normal_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    header_names(&names.map(normal_name).collect::<Vec<_>>())
}

/// Letters without their marks, digits and `_`, in lower case; blanks become `_`, and what else there is goes.
fn normal_name(name: &str) -> String {
    let kept: String = name.chars().filter_map(kept_char).collect();
    let words = kept.split(' ').filter(|word| !word.is_empty());
    let normal = words.collect::<Vec<_>>().join("_").to_ascii_lowercase();
    match normal.as_bytes() {
        [] => "_".to_owned(),
        [b'0'..=b'9', ..] => format!("_{normal}"),
        _ if RESERVED.contains(&normal.as_str()) => format!("_{normal}"),
        _ => normal,
    }
}

fn kept_char(found: char) -> Option<char> {
    match found {
        '_' => Some('_'),
        found if found.is_ascii_alphanumeric() => Some(found),
        found if found.is_whitespace() => Some(' '),
        found => base_of(found),
    }
}

/// The letter of a letter with a mark, as Unicode takes it apart, in the two blocks of Latin that have most of them.
fn base_of(letter: char) -> Option<char> {
    /// From `À` (U+00C0) to `ſ` (U+017F).
    const BASES: &[u8; 192] = b"AAAAAA-CEEEEIIII-NOOOOO--UUUUY--aaaaaa-ceeeeiiii-nooooo--uuuuy-y\
        AaAaAaCcCcCcCcDd--EeEeEeEeEeGgGgGgGgHh--IiIiIiIiI---JjKk-LlLlLl----NnNnNn---OoOoOo--RrRrRrSsSsSsSsTtTt--UuUuUuUuUuUuWwYyYZzZzZzs";
    let at = u32::from(letter).checked_sub(0xc0)?;
    let base = *BASES.get(at as usize)?;
    (base != b'-').then_some(char::from(base))
}

/// Words that SQL takes for its own where a name may stand.
const RESERVED: [&str; 75] = [
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "default",
    "deferrable",
    "desc",
    "describe",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lambda",
    "lateral",
    "leading",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "pivot",
    "pivot_longer",
    "pivot_wider",
    "placing",
    "primary",
    "qualify",
    "references",
    "returning",
    "select",
    "show",
    "some",
    "summarize",
    "symmetric",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "unpivot",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_need_no_quotes() {
        for (name, expected) in [
            ("Ünïcode Name!", "unicode_name"),
            ("  a \t b ", "a_b"),
            ("__x", "__x"),
            ("B-c", "bc"),
            ("Select", "_select"),
            ("1x", "_1x"),
            ("É", "e"),
            ("ÿŹžĶşŭ Łódź", "yzzksu_odz"),
            ("日本", "_"),
        ] {
            assert_eq!(normal_name(name), expected, "{name}");
        }
        assert_eq!(normal_names(["a b", "a-b", "A  B"].into_iter()), ["a_b", "ab", "a_b_1"]);
    }
}
