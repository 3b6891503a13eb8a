//! Which dialect a text is written in.

use super::pattern::{Table, is_typed};
use crate::scanner::record::Dialect;

/// Bytes that are looked at: some hundred records.
const SAMPLE_LEN_BYTES: usize = 64 << 10;

/// Delimiters that are tried first, the likeliest in front.
const USUAL_DELIMS: [u8; 6] = [b',', b'\t', b';', b'|', 0x1f, 1];

/// Delimiters that stand within words, times and paths: tried where the usual ones find no table.
const OTHER_DELIMS: [u8; 6] = [b' ', b':', b'~', b'^', b'/', b'*'];

/// The share of fields that must look like values where one of the others is the delimiter.
const OTHER_VALUES: f64 = 0.9;

/// What the options say, and is not guessed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    pub(crate) delim: Option<u8>,
    pub(crate) quote: Option<Option<u8>>,
    pub(crate) escape: Option<Option<u8>>,
    pub(crate) comment: Option<Option<u8>>,
}

/// The dialect under which a text looks most like a table. `whole` is whether the file ends with it.
pub(crate) fn dialect_of(text: &[u8], whole: bool, known: &Known) -> Dialect {
    let cut = text.len().min(SAMPLE_LEN_BYTES);
    let (text, whole) = match memchr::memrchr2(b'\n', b'\r', &text[..cut]) {
        Some(end) if cut < text.len() => (&text[..end], false),
        _ => (text, whole),
    };
    let usual = match known.delim {
        Some(delim) => vec![delim],
        None => USUAL_DELIMS.into_iter().filter(|delim| *delim == b',' || text.contains(delim)).collect(),
    };
    let (best, table) = best_of(text, whole, &usual, known).expect("a comma is always tried");
    if known.delim.is_none() && table.width().is_none() {
        let others: Vec<u8> = OTHER_DELIMS.into_iter().filter(|delim| text.contains(delim)).collect();
        if let Some((other, table)) = best_of(text, whole, &others, known)
            && table.is_regular()
            && table.values() >= OTHER_VALUES
            && !is_column_of_values(text)
        {
            return other;
        }
    }
    best
}

/// Whether most lines are a value as they are, so that nothing in them should be taken for a delimiter.
fn is_column_of_values(text: &[u8]) -> bool {
    let lines = || text.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty()).take(100);
    2 * lines().filter(|line| is_typed(line.trim_ascii())).count() > lines().count()
}

/// The best dialect with one of the delimiters, and its table; of equal ones the first.
fn best_of(text: &[u8], whole: bool, delims: &[u8], known: &Known) -> Option<(Dialect, Table)> {
    let mut best: Option<(f64, Dialect, Table)> = None;
    for delim in delims {
        for dialect in dialects(text, whole, *delim, known) {
            let table = Table::of(text, whole, &dialect);
            let score = table.score();
            if best.as_ref().is_none_or(|(most, _, _)| score > *most) {
                best = Some((score, dialect, table));
            }
        }
    }
    best.map(|(_, dialect, table)| (dialect, table))
}

/// Dialects with a delimiter that the text gives reason to try, the likeliest first.
fn dialects(text: &[u8], whole: bool, delim: u8, known: &Known) -> Vec<Dialect> {
    let comment = known.comment.unwrap_or_else(|| comment_of(text, whole, delim));
    let mut dialects = Vec::new();
    let quotes = match known.quote {
        Some(quote) => vec![quote],
        None => {
            let plain = Dialect { delim, quote: Some(b'"'), escape: None, comment };
            let mut quotes = vec![Some(b'"')];
            quotes.extend(opens_a_field(text, delim, b'\'').then_some(Some(b'\'')));
            // Quotes that mean nothing are rare: only where they make no sense.
            let odd = text.contains(&b'"') && Table::of(text, whole, &plain).odd_quotes;
            quotes.extend(odd.then_some(None));
            quotes
        }
    };
    for quote in quotes.into_iter().filter(|quote| *quote != Some(delim)) {
        let escapes = match (known.escape, quote) {
            (Some(escape), _) => vec![escape],
            (None, Some(quote)) if memchr::memmem::find(text, &[b'\\', quote]).is_some() => {
                vec![None, Some(b'\\')]
            }
            (None, _) => vec![None],
        };
        dialects.extend(escapes.into_iter().map(|escape| Dialect { delim, quote, escape, comment }));
    }
    dialects
}

/// Lines that begin with `#` are comments if none of them has as many fields as most records.
fn comment_of(text: &[u8], whole: bool, delim: u8) -> Option<u8> {
    if delim == b'#' || !starts_a_line(text, b'#') {
        return None;
    }
    let plain = Dialect { delim, ..Dialect::RFC4180 };
    let width = Table::of(text, whole, &plain).width()?;
    let lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| line.starts_with(b"#"));
    let mut widths = lines.map(|line| memchr::memchr_iter(delim, line).count() + 1);
    (!widths.any(|other| other == width)).then_some(b'#')
}

fn starts_a_line(text: &[u8], byte: u8) -> bool {
    text.first() == Some(&byte) || memchr::memmem::find_iter(text, &[b'\n', byte]).next().is_some()
}

fn opens_a_field(text: &[u8], delim: u8, quote: u8) -> bool {
    starts_a_line(text, quote) || memchr::memmem::find(text, &[delim, quote]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Dialect {
        dialect_of(text.as_bytes(), true, &Known::default())
    }

    #[test]
    fn delimiters() {
        for delim in [',', '\t', ';', '|', '\u{1f}', ' ', ':', '~', '^'] {
            let text = "id,name,amount\n1,x,2.5\n2,yy,3\n3,z,4\n".replace(',', &delim.to_string());
            assert_eq!(char::from(found(&text).delim), delim, "{text:?}");
        }
        // The comma of decimals, of phrases; a column of times.
        assert_eq!(found("a;b\n1,5;2,5\n3,25;4,5\n").delim, b';');
        assert_eq!(found("a;b\n1;Hello, world\n2;one, two, three\n").delim, b';');
        assert_eq!(found("when\n2001-01-01 10:00:00\n2001-01-02 11:00:00\n").delim, b',');
        assert_eq!(found("one\n1\n2\n").delim, b',');
        assert_eq!(found("a line of text\nand another one that is longer\n").delim, b',');
        assert_eq!(found("").delim, b',');
    }

    #[test]
    fn quotes_and_escapes() {
        assert_eq!(found("a,b\n1,\"x, y\"\n2,\"z \"\"q\"\"\"\n").quote, Some(b'"'));
        assert_eq!(found("a,b\n1,'x, y'\n2,'it''s, too'\n").quote, Some(b'\''));
        assert_eq!(found("a,b\n1,it's\n2,x\n").quote, Some(b'"'));
        let escaped = found("a,b\n1,\"x \\\"y\\\", z\"\n2,\"u\"\n");
        assert_eq!((escaped.quote, escaped.escape), (Some(b'"'), Some(b'\\')));
        assert_eq!(found("a|b\n1|\"open\n2|x\n3|\"y\n4|z\n").quote, None);
        // A quote that stays open is for the reader to tell.
        assert_eq!(found("a,b\n1,2\n3,\"x\n4,5\n").quote, Some(b'"'));
        assert_eq!(found("a,b\n1,5\" pipe\n2,6\" pipe\n").quote, Some(b'"'));
    }

    #[test]
    fn comments() {
        assert_eq!(found("# made by hand, yesterday, at noon\na,b\n1,2\n# more\n3,4\n").comment, Some(b'#'));
        assert_eq!(found("#a,b\n1,2\n3,4\n").comment, None);
        assert_eq!(found("A title\n\na|b\n1|x\n# no record\n2|y\n").comment, Some(b'#'));
    }

    #[test]
    fn what_is_known_is_not_guessed() {
        let known = Known { delim: Some(b','), quote: Some(None), ..Known::default() };
        let dialect = dialect_of(b"a;b\n1;\"2\"\n", true, &known);
        assert_eq!((dialect.delim, dialect.quote), (b',', None));
    }
}
