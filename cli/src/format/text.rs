//! The text of a cell, the same in every format, and how wide it is on a screen.

use std::borrow::Cow;

use swath::arrow::datatypes::{DataType, FieldRef, TimeUnit};
pub use swath::formats::{Cells, is_null, is_text};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Whether values of the type are numbers, which line up on the right.
pub fn is_number(ty: &DataType) -> bool {
    ty.is_numeric()
}

/// Columns of the terminal that the widest line of a text takes.
pub fn width(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// A line that is no wider than asked for; what is cut off is shown by `…`.
pub fn shorten(line: &str, most: usize) -> Cow<'_, str> {
    if width(line) <= most {
        return line.into();
    }
    let mut end = 0;
    for (at, cluster) in line.grapheme_indices(true) {
        if width(&line[..at + cluster.len()]) + 1 > most {
            break;
        }
        end = at + cluster.len();
    }
    format!("{}…", &line[..end]).into()
}

/// A text in lines that are no wider than asked for, broken at blanks; what stands in quotes, as paths and names do,
/// and words that are longer stay whole. The first line begins behind so many columns, the others with a margin.
pub fn wrapped(text: &str, begin: usize, margin: &str, most: usize) -> String {
    let mut lines = String::new();
    let mut column = begin;
    for line in text.split_inclusive('\n') {
        for word in words(line) {
            let len = width(word.trim_end());
            if column + len > most && column > width(margin) {
                lines.truncate(lines.trim_end_matches(' ').len());
                lines.push('\n');
                lines.push_str(margin);
                column = width(margin);
            }
            lines.push_str(word);
            column += width(word);
        }
        column = 0;
    }
    lines
}

/// The words of a line, each with the blanks behind it.
fn words(line: &str) -> Vec<&str> {
    let (mut words, mut start, mut quote, mut before) = (Vec::new(), 0, None, ' ');
    for (at, char) in line.char_indices() {
        if quote.is_none() && before == ' ' && char != ' ' && at > start {
            words.push(&line[start..at]);
            start = at;
        }
        match quote {
            Some(end) if char == end => quote = None,
            None if matches!(char, '\'' | '"') && matches!(before, ' ' | '(' | '[' | '=') => {
                // An opening quote has a closing one.
                quote = line[at + 1..].contains(char).then_some(char);
            }
            _ => {}
        }
        before = char;
    }
    words.push(&line[start..]);
    words
}

/// A cell as it is shown: line ends are kept, other control characters are written as escapes.
pub fn shown(text: &str) -> String {
    let text = text.trim_end_matches('\n');
    if !text.contains(char::is_control) {
        return text.into();
    }
    let escape = |char: char| match char.is_control() && char != '\n' {
        true => char.escape_default().to_string(),
        false => char.to_string(),
    };
    text.chars().map(escape).collect()
}

/// The name of a type in SQL.
pub fn type_name(ty: &DataType) -> String {
    let name = match ty {
        ty if is_text(ty) => "text",
        DataType::Boolean => "boolean",
        DataType::Int8 => "tinyint",
        DataType::Int16 => "smallint",
        DataType::Int32 => "integer",
        DataType::Int64 => "bigint",
        DataType::UInt8 => "utinyint",
        DataType::UInt16 => "usmallint",
        DataType::UInt32 => "uinteger",
        DataType::UInt64 => "ubigint",
        DataType::Float32 => "real",
        DataType::Float64 => "double",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Timestamp(
            TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond,
            None,
        ) => "timestamp",
        DataType::Timestamp(_, Some(_)) => "timestamptz",
        DataType::Time32(_) | DataType::Time64(_) => "time",
        DataType::Interval(_) | DataType::Duration(_) => "interval",
        DataType::Decimal128(digits, scale) | DataType::Decimal256(digits, scale) => {
            return format!("decimal({digits},{scale})");
        }
        DataType::List(item) | DataType::LargeList(item) | DataType::ListView(item) => {
            return format!("{}[]", type_name(item.data_type()));
        }
        DataType::Struct(fields) => {
            let field = |field: &FieldRef| format!("{} {}", field.name(), type_name(field.data_type()));
            return format!("struct({})", fields.iter().map(field).collect::<Vec<_>>().join(", "));
        }
        DataType::Dictionary(_, value) => return type_name(value),
        other => return other.to_string().to_lowercase(),
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use swath::arrow::datatypes::Field;

    use super::*;

    #[test]
    fn lines_are_cut_between_characters() {
        for (text, most, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("日本語", 4, "日…"),
            ("e\u{301}xyz", 3, "e\u{301}x…"),
            ("ab", 1, "…"),
        ] {
            assert_eq!(shorten(text, most), expected, "{text} {most}");
        }
    }

    #[test]
    fn lines_are_broken_between_words() {
        for (text, expected) in [
            ("one two three", "one two\n  three"),
            ("a file's path is 'a b c d e f' here", "a file's\n  path is\n  'a b c d e f'\n  here"),
            ("x=\"a b c d e\" y", "x=\"a b c d e\"\n  y"),
            ("it's a 'b", "it's a 'b"),
            ("abcdefghijklmnop q", "abcdefghijklmnop\n  q"),
            ("", ""),
        ] {
            assert_eq!(wrapped(text, 0, "  ", 10), expected, "{text}");
        }
        assert_eq!(wrapped("one two", 5, "  ", 10), "one\n  two");
        assert_eq!(wrapped("日本 日本", 0, "", 8), "日本\n日本");
    }

    #[test]
    fn types_are_called_as_in_sql() {
        let names = |name: &str, ty| Field::new(name, ty, true);
        let fields = vec![names("id", DataType::Int64), names("by", DataType::Utf8View)];
        let list = DataType::new_list(DataType::Struct(fields.into()), true);
        assert_eq!(type_name(&list), "struct(id bigint, by text)[]");
        assert_eq!(type_name(&DataType::Decimal128(20, 2)), "decimal(20,2)");
        assert_eq!(type_name(&DataType::Time64(TimeUnit::Microsecond)), "time");
    }

    #[test]
    fn control_characters_are_seen() {
        assert_eq!(shown("a\tb\u{7}\nc\n"), "a\\tb\\u{7}\nc");
    }
}
