//! Which dialect a text is written in.

use super::comments::{comment_of, long_comments_len, starts_a_line};
use super::known::Known;
use super::pattern::Table;
use super::preamble::said_delim;
use super::preamble_lines;
use super::signs_within::{delim_within_times, has_columns_between_long_runs, is_column_of_values};
use crate::scanner::Delim;
use crate::scanner::record::Dialect;

/// Bytes that are looked at: some hundred records.
const SAMPLE_LEN_BYTES: usize = 64 << 10;

/// Delimiters that are tried first, the likeliest in front.
const USUAL_DELIMS: [u8; 6] = [b',', b'\t', b';', b'|', 0x1f, 1];

/// Those that a text is taken to have where it has none: the first that means nothing else.
const LIKELIEST_DELIMS: [u8; 5] = [b',', b';', b'\t', b'|', 0x1f];

/// Delimiters that stand within words, times and paths: tried where the usual ones find no regular table.
const OTHER_DELIMS: [u8; 6] = [b' ', b':', b'~', b'^', b'/', b'*'];

/// Those of them that two numbers have between them, as `120/80` and `2*3`: they make no table of two columns.
const DELIMS_OF_MANY: [u8; 2] = [b'/', b'*'];

/// The share of fields that must look like values where one of the others is the delimiter.
const OTHER_VALUES: f64 = 0.9;

/// The share of records that are not ragged.
const MOST: f64 = 0.75;

/// The table that a dialect makes of a text.
pub(super) fn table_of(text: &[u8], whole: bool, dialect: &Dialect) -> Table {
    let (text, whole) = sample_of(text, whole);
    Table::of(text, whole, dialect)
}

/// The lines that are looked at, behind long comments at the start of a text, and whether no others follow them.
fn sample_of(text: &[u8], whole: bool) -> (&[u8], bool) {
    let text = &text[long_comments_len(text)..];
    let cut = text.len().min(SAMPLE_LEN_BYTES);
    match memchr::memrchr2(b'\n', b'\r', &text[..cut]) {
        Some(end) if cut < text.len() => (&text[..end], false),
        _ => (text, whole),
    }
}

/// The dialect under which a text looks most like a table. `whole` is whether the file ends with it.
pub(crate) fn dialect_of(text: &[u8], whole: bool, known: &Known) -> Dialect {
    if known.delim.is_none()
        && let Some((delim, rest)) = said_delim(text)
    {
        return dialect_of(rest, whole, &Known { delim: Some(delim), ..*known });
    }
    let (text, whole) = sample_of(text, whole);
    if known.delim.is_none()
        && let Some(likely) = known.likely_delim
    {
        return dialect_of_likely(text, whole, likely, known);
    }
    let usual = match known.delim {
        Some(delim) => vec![delim],
        None => found_in(text, &USUAL_DELIMS, known).collect(),
    };
    let (best, table) = best_of(text, whole, &usual, known).expect("the likeliest is always tried");
    if known.delim.is_some() {
        return best;
    }
    if let Some(longer) = longer(text, whole, &best, &table, known) {
        return longer;
    }
    if !table.is_regular() && known.columns != Some(1) && !is_column_of_values(text) {
        if let Some(listing) = listing(text, whole, &table, known) {
            return listing;
        }
        let within_times = delim_within_times(text);
        let is_free = |delim: &Delim| within_times.is_none() || delim.single() != within_times;
        let mut others: Vec<Delim> = found_in(text, &OTHER_DELIMS, known).filter(is_free).collect();
        others.extend(delim_in(text, b"\\t"));
        if let Some((other, other_table)) = best_of(text, whole, &others, known)
            && other_table.is_regular()
            && (other_table.width() > Some(2) || !is_of_many(&other.delim))
            && other_table.values() >= OTHER_VALUES
            && other_table.has_types()
            && other_table.score() > table.score()
        {
            return longer(text, whole, &other, &other_table, known).unwrap_or(other);
        }
    }
    best
}

/// The dialect with the delimiter that is likely, unless most records have a single field under it and the text is a table under
/// another one.
fn dialect_of_likely(text: &[u8], whole: bool, likely: Delim, known: &Known) -> Dialect {
    let (best, table) = best_of(text, whole, &[likely], known).expect("there is one delimiter to try");
    if table.width().is_some() {
        return best;
    }
    let other = dialect_of(text, whole, &Known { likely_delim: None, ..*known });
    let table = Table::of(text, whole, &other);
    let is_table = table.is_regular() && table.has_types() || table.has_unnamed_rows();
    if is_table { other } else { best }
}

fn is_of_many(delim: &Delim) -> bool {
    delim.single().is_some_and(|byte| DELIMS_OF_MANY.contains(&byte))
}

/// The dialect of columns with runs of blanks between them, if that makes a table of values that is regular, but for names of rows or
/// lines above it, and better than another one. Where texts of several words stand in columns of fixed widths, it makes none.
fn listing(text: &[u8], whole: bool, other: &Table, known: &Known) -> Option<Dialect> {
    let is_run = |pair: &[u8]| matches!(pair, [b' ' | b'\t' | b'\n', b' ' | b'\t'] | [b' ', b'\n' | b'\r']);
    let has_runs = matches!(text.first(), Some(b' ' | b'\t')) || text.windows(2).any(is_run);
    let delim = if has_runs { Delim::BLANKS } else { Delim::byte(b' ') };
    if known.loose_quotes && has_runs {
        return None;
    }
    let (dialect, table) = best_of(text, whole, &[delim], known)?;
    let has_lines_above =
        || table.share_of_width() >= MOST && preamble_lines(text, whole, &dialect, true) > 0;
    // A single name above values of two words is that of one column, unless it is in quotes, as R writes it.
    let has_names =
        || table.first_width() > 1 || matches!(text.trim_ascii_start().first(), Some(b'"' | b'\''));
    let has_unnamed_rows = || table.has_unnamed_rows() && has_names() && !has_columns_between_long_runs(text);
    let is_table = table.is_regular() && has_runs || has_unnamed_rows() || has_runs && has_lines_above();
    let are_values = table.values() >= OTHER_VALUES && table.has_types();
    (is_table && are_values && table.score() > other.score()).then_some(dialect)
}

/// The delimiter that the best one is a part of: it twice, if it never stands alone, or it and a blank, if that makes
/// a regular table and it alone does not. Two commas are more likely an empty field.
fn longer(text: &[u8], whole: bool, best: &Dialect, table: &Table, known: &Known) -> Option<Dialect> {
    let byte = best.delim.single().filter(|_| !best.delim.is_run_of_blanks())?;
    let count = |bytes: &[u8]| memchr::memmem::find_iter(text, bytes).count();
    let is_doubled = byte != b',' && count(&[byte]) == 2 * count(&[byte, byte]);
    // A quoted field begins with its quote: the blank before it is no part of the field.
    let is_spaced = count(&[byte]) == count(&[byte, b' ']) && count(&[byte, b' ', b'"']) > 0;
    // Where a quoted field stands behind it alone, a blank behind others is a part of their fields.
    let is_followed_by_quote = count(&[byte, b'"']) > 0;
    let longer = match () {
        () if is_doubled => delim_in(text, &[byte, byte])?,
        () if is_spaced || !table.is_regular() && !is_followed_by_quote => delim_in(text, &[byte, b' '])?,
        () => return None,
    };
    let (dialect, table) = best_of(text, whole, &[longer], known)?;
    table.is_regular().then_some(dialect)
}

/// The delimiter of some bytes, if they stand in the text.
fn delim_in(text: &[u8], bytes: &[u8]) -> Option<Delim> {
    memchr::memmem::find(text, bytes)?;
    Delim::new(std::str::from_utf8(bytes).ok()?).ok()
}

/// The dialect of a file beside others, which are written in `common`: that one, unless the file is a regular table of values, or a
/// header alone, under another, and none under that.
pub(crate) fn dialect_beside(text: &[u8], whole: bool, known: &Known, common: &Dialect) -> Dialect {
    let (text, whole) = sample_of(text, whole);
    let table = Table::of(text, whole, common);
    let is_one = table.is_regular() && table.values() >= OTHER_VALUES || table.is_header_alone();
    if known.columns == Some(1) || is_one {
        return common.clone();
    }
    let own = dialect_of(text, whole, known);
    let own_table = Table::of(text, whole, &own);
    let is_usual = own.delim.single().is_some_and(|byte| USUAL_DELIMS.contains(&byte));
    let is_table = own_table.is_regular()
        || own_table.is_header_alone()
        || table.width().is_none() && is_headed(text, &own, &own_table);
    let is_better = is_table && own_table.score() > table.score();
    if is_better && (is_usual || own.delim == common.delim) { own } else { common.clone() }
}

/// Whether the first record of a table has the width of most others: a few may be ragged.
fn is_headed(text: &[u8], dialect: &Dialect, table: &Table) -> bool {
    let first_len = memchr::memchr2(b'\n', b'\r', text).map_or(text.len(), |at| at + 1);
    let first = Table::of(&text[..first_len], true, dialect).width();
    first.is_some() && first == table.width() && table.share_of_width() >= MOST
}

/// Those of the bytes that the text has, and the likeliest, as delimiters.
fn found_in(text: &[u8], delims: &'static [u8], known: &Known) -> impl Iterator<Item = Delim> {
    let Known { quote, escape, comment, .. } = *known;
    let others =
        [quote.flatten(), escape.flatten(), comment.flatten(), known.in_numbers[0], known.in_numbers[1]];
    let is_other = move |byte: u8| others.contains(&Some(byte));
    let likeliest = LIKELIEST_DELIMS.into_iter().find(|byte| !is_other(*byte));
    let is_between = known.in_numbers.contains(&Some(b',')) && has_commas_between_fields(text);
    let may_be = move |delim: &&u8| {
        !is_other(**delim) && (Some(**delim) == likeliest || text.contains(delim))
            || **delim == b',' && is_between
    };
    delims.iter().filter(may_be).map(|delim| Delim::byte(*delim))
}

/// Whether commas stand where no number has one, as behind quotes and words, and no other delimiter is there: then those within numbers
/// are in quotes.
fn has_commas_between_fields(text: &[u8]) -> bool {
    let is_outside = |at: usize| {
        let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        !is_digit(before) || !is_digit(text.get(at + 1))
    };
    memchr::memchr_iter(b',', text).any(is_outside)
        && !text.iter().any(|byte| matches!(byte, b';' | b'\t' | b'|'))
}

/// The best dialect with one of the delimiters, and its table; of equal ones the first.
fn best_of(text: &[u8], whole: bool, delims: &[Delim], known: &Known) -> Option<(Dialect, Table)> {
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
fn dialects(text: &[u8], whole: bool, delim: Delim, known: &Known) -> Vec<Dialect> {
    let comment = known.comment.unwrap_or_else(|| comment_of(text, whole, delim));
    let mut dialects = Vec::new();
    let quotes = match known.quote {
        Some(quote) => vec![quote],
        None => {
            let plain = Dialect { delim, comment, loose_quotes: known.loose_quotes, ..Dialect::RFC4180 };
            let mut quotes = vec![Some(b'"')];
            quotes.extend(opens_a_field(text, delim, b'\'').then_some(Some(b'\'')));
            // Quotes that mean nothing are rare: only where they make no sense.
            let odd = text.contains(&b'"') && Table::of(text, whole, &plain).odd_quotes;
            quotes.extend(odd.then_some(None));
            quotes
        }
    };
    for quote in quotes.into_iter().filter(|quote| quote.is_none_or(|quote| !delim.contains(quote))) {
        let with = |escape| Dialect { quote, escape, comment, ..known.frame(delim) };
        let escapes = match (known.escape, quote) {
            (Some(escape), _) => vec![escape],
            // Where all quotes are plain, a backslash before one is a part of the text, as in JSON.
            (None, Some(quote))
                if memchr::memmem::find(text, &[b'\\', quote]).is_some()
                    && !Table::of(text, whole, &with(None)).has_plain_quotes() =>
            {
                vec![None, Some(b'\\')]
            }
            (None, _) => vec![None],
        };
        let behind_blanks = quote.is_some_and(|quote| opens_behind_blank(text, delim, quote));
        let skipping = |escape| Dialect { skips_initial_blanks: true, ..with(escape) };
        dialects.extend(escapes.iter().map(|escape| with(*escape)));
        dialects.extend(escapes.iter().filter(|_| behind_blanks).map(|escape| skipping(*escape)));
    }
    dialects
}

fn opens_a_field(text: &[u8], delim: Delim, quote: u8) -> bool {
    starts_a_line(text, quote) || memchr::memmem::find(text, &[delim.as_bytes(), &[quote]].concat()).is_some()
}

/// Whether a quote stands behind a delimiter and a blank, as in `1, "x, y"`, or behind a blank at the start of a line.
fn opens_behind_blank(text: &[u8], delim: Delim, quote: u8) -> bool {
    let stands_behind =
        |before: &[u8]| memchr::memmem::find(text, &[before, b" ", &[quote]].concat()).is_some();
    !delim.as_bytes().ends_with(b" ")
        && !delim.is_run_of_blanks()
        && (stands_behind(delim.as_bytes()) || stands_behind(b"\n"))
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
            let said = found(&format!("sep={delim}\nname{delim}n;t,u\nx{delim}1;2\ny{delim}3\n"));
            assert_eq!(said.delim.to_string(), Delim::byte(delim as u8).to_string());
            let text = "id,name,amount\n1,x,2.5\n2,yy,3\n3,z,4\n".replace(',', &delim.to_string());
            assert_eq!(found(&text).delim.to_string(), delim.to_string().replace('\t', "\\t"), "{text:?}");
        }
        for delim in ["||", "\t\t", "::", ", ", "\\t"] {
            let text =
                "id,name,amount\n1,'x, y',2.5\n2,yy,3\n3,z,4\n".replace(',', delim).replace('\'', "\"");
            assert_eq!(found(&text).delim.as_bytes(), delim.as_bytes(), "{text:?}");
        }
        // Where texts have commas, too.
        for delim in ["\\t", "~", "^", "; "] {
            let text = "id@name@amount\n1@\"x, y\"@2.5\n2@yy, z, 5@3\n3@\"z\"@4\n".replace('@', delim);
            assert_eq!(found(&text).delim.as_bytes(), delim.as_bytes(), "{text:?}");
        }
        // Between tabs other signs part what is one value; beside them they part fields.
        assert_eq!(found("gi|160|ref|N.1|\t89.2\t30\ngi|160|ref|N.2|\t9.5\t31\n").delim, b'\t'.into());
        assert_eq!(found("a\t|b\t|c\n1\t|2\t|3\n").delim, b'|'.into());
        // An empty field, and the punctuation of phrases.
        assert_eq!(found("a,,b\n1,,2\n3,,4\n").delim, b','.into());
        assert_eq!(found("a|b\n1||\n||2\n").delim, b'|'.into());
        assert_eq!(found("a,b\n1,\"x, y\"\n2,z\n").delim, b','.into());
        // The comma of decimals, of phrases; a column of times.
        assert_eq!(found("a;b\n1,5;2,5\n3,25;4,5\n").delim, b';'.into());
        assert_eq!(found("a;b\n1;Hello, world\n2;one, two, three\n").delim, b';'.into());
        assert_eq!(found("when\n2001-01-01 10:00:00\n2001-01-02 11:00:00\n").delim, b','.into());
        assert_eq!(found("one\n1\n2\n").delim, b','.into());
        assert_eq!(found("a line of text\nand another one that is longer\n").delim, b','.into());
        assert_eq!(found("").delim, b','.into());
    }

    #[test]
    fn quotes_behind_blanks() {
        for text in [
            "a,b\n1, \"x, y\"\n2, \"z\"\n",
            "1, \"b,c\"\n2, \"d,e\"\n",
            "a;b\n1;  \"x; y\"\n2; \"z\"\n",
            "\"a\", \"b\",c\n\"x,y\", \"z\",1\n",
            "a,b\n \"x,y\",2\n \"z,w\",3\n",
            "a,b\n \"x,y\",2\n",
        ] {
            let dialect = found(text);
            assert!(dialect.skips_initial_blanks && dialect.delim.single().is_some(), "{text:?} {dialect:?}");
        }
        // Where they mean nothing, or all delimiters have a blank behind them.
        for text in [
            "a,b\n \"x\" y,1\n \"z\" w,2\n",
            "a,b\n1, x\n2, y\n",
            "a\tb\n1\t \"x\" is y\n2\tsays \"z\"\n",
            "a, b\n1, \"x, y\"\n2, z\n",
        ] {
            assert!(!found(text).skips_initial_blanks, "{text:?}");
        }
    }

    #[test]
    fn listings() {
        for text in [
            "name        age  city\nanna        12   Berlin\nchristopher 103  Oslo\n",
            "   1   2.50  abc\n  10  12.75  de\n 100   3.00  f\n",
            " id   value   \n  1   2.5     \n  2   3.5     \n",
            "id\t\t name\n1   \t\"x  y\"\n2\tz\n",
            "-rw-r--r-- 1 root root   177 Nov 29 05:33 a\ndrwxr-xr-x 4 root root  4096 Nov 29 05:35 b\n",
            "--proc-- ---io---\n r  b   so    bi  id\n 1  0    0 123456  99\n 2  0    0     12   1\n 1  1   13     12   5\n",
            "    a  b\nx   1  2\nyy 12  3\n",
            "  1.00 2\n 10.00 3\n",
            "# a, b, or c\n1.  2. 3\n4.  5. 6\n",
        ] {
            assert_eq!(found(text).delim, Delim::BLANKS, "{text:?}");
        }
        // The names of rows, as R writes them.
        assert_eq!(found("\"a\" \"b\"\n\"1\" 2 \"x y\"\n\"2\" 3 \"z\"\n").delim, b' '.into());
        // Empty fields, the punctuation of phrases, amounts, prose.
        assert_eq!(found("a b c\n1  2\n3  4\n").delim, b' '.into());
        assert_eq!(found("a,  b\n1,  2\n3,  4\n").delim.first(), b',');
        assert_eq!(found("a;b\n1;x  y\n2;z  u\n").delim, b';'.into());
        for text in [
            "1 234 567\n12 345\n",
            "This is  a line of text\nand another  one of text\n",
            "There  are 3 of them\nand  then 4 or 5 more\n",
        ] {
            assert_eq!(found(text).delim, b','.into(), "{text:?}");
        }
        let comments = found("# by  hand, or so\n a   b\n 1   2\n10  20\n");
        assert_eq!((comments.delim, comments.comment), (Delim::BLANKS, Some(b'#')));
    }

    #[test]
    fn headers_alone_beside_other_files() {
        let beside =
            |text: &str, common: &Dialect| dialect_beside(text.as_bytes(), true, &Known::default(), common);
        let semicolons = found("a;b\n1;2\n3;4\n");
        assert_eq!(beside("a,b\n", &semicolons).delim, b','.into());
        assert_eq!(beside("a;b\n", &semicolons), semicolons);
        assert_eq!(beside("a\tb, c", &semicolons).delim, b'\t'.into());
        let commented = beside("# by hand\na;b\n", &semicolons);
        assert_eq!((commented.delim, commented.comment), (b';'.into(), Some(b'#')));
        for text in ["a\n", ""] {
            assert_eq!(beside(text, &semicolons), semicolons, "{text:?}");
        }
    }

    #[test]
    fn quotes_and_escapes() {
        assert_eq!(found("a,b\n1,\"x, y\"\n2,\"z \"\"q\"\"\"\n").quote, Some(b'"'));
        assert_eq!(found("a,b\n1,'x, y'\n2,'it''s, too'\n").quote, Some(b'\''));
        assert_eq!(found("a,b\n1,'x'\n2,'yy'\n").quote, Some(b'\''));
        assert_eq!(found("'a','b'\n'1','x'\n'2','it''s'\n").quote, Some(b'\''));
        let escaped = found("1|x|y\n2|x|'y \\'2\\' y'\n3|x|z\n");
        assert_eq!((escaped.quote, escaped.escape), (Some(b'\''), Some(b'\\')));
        assert_eq!(found("a,b\n1,it's\n2,x\n").quote, Some(b'"'));
        assert_eq!(found("a,b\n1,'tis\n2,'twas\n3,x\n").quote, Some(b'"'));
        assert_eq!(found("a,b\n1,\"'x'\"\n2,\"y\"\n").quote, Some(b'"'));
        for json in
            ["json\n\"{\"\"a\"\": \"\"x\\\"\"y\"\", \"\"b\"\": 2}\"\n", "t,n\n\"C:\\\",1\n\"x, y\",2\n"]
        {
            assert_eq!((found(json).delim, found(json).escape), (b','.into(), None), "{json:?}");
        }
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
        for text in ["#a,b\n1,2\n3,4\n", "# all of them\n#\n#code,name\nAD,x y\nCH,z\n"] {
            assert_eq!(found(text).comment, None, "{text:?}");
        }
        for text in [
            "# A few comments\n# I'm a csv file\na;b\n# This\n1;3\n6;7\n# You\n",
            "# A, with comma\na,b\n1,3\n# mid\n6,7\n",
            "x,y,z\n# comment\n1,2,3\n# comment\n# comment\n4,5,6\n# comment\n",
            "#one\n#two, x\na,b\n1,2\n3,4\n",
            "#one\n#a note, short\nx,y\nz,u\n",
            "# one\n# two\n# 3\n# 4\n# 5\na,b\n1,2\n1,2\n1,2\n",
        ] {
            let dialect = found(text);
            assert_eq!((dialect.comment, dialect.delim == b' '.into()), (Some(b'#'), false), "{text:?}");
        }
        assert_eq!(found("A title\n\na|b\n1|x\n# no record\n2|y\n").comment, Some(b'#'));
        assert_eq!(found("# by hand, today\n# or not\nid,name,n\n").comment, Some(b'#'));
        // More of them than records; above one column; records that were taken out.
        for text in [
            "# one\n# two\n#\n# three\nid\tn\n1\t2\n# four\n# five\n3\t4\n5\n",
            "# one, or two\n1\n2\n3\n",
            "# one\n# two; three\nid;n\n1;2\n# 2;3\n3;4\n",
        ] {
            assert_eq!(found(text).comment, Some(b'#'), "{text:?}");
        }
        let long = format!("{}id,n\n1,2\n3,4\n", "# - name: x; y\n".repeat(20_000));
        assert_eq!((found(&long).delim, found(&long).comment), (b','.into(), Some(b'#')));
        // The last one is the header.
        for text in ["# made by x\n#OTU ID\ta\tb\nx\t1\t2\ny\t3\t4\n", "#by-\n#hand\ta\tb\nx\t1\ny\t3\t4\n"] {
            assert_eq!(found(text).comment, None, "{text:?}");
        }
        assert_eq!(found("#a,b\nid,name\n").comment, None);
    }

    #[test]
    fn what_stands_within_values_is_no_delimiter() {
        for text in [
            "01/02/2020\n13/03/2020\n",
            "10:20:30\n11:20:30\n",
            "12:00\n13:00\n",
            "/usr/bin/a\n/usr/bin/b\n",
            "http://a.b/c\nhttp://d.e/f\n",
            "John Smith\nJane Doe\n",
            "aa:bb:cc:dd\nee:ff:00:11\n",
            "Nov 30 10:00:01 host cron: x y\nNov 30 10:00:02 host sshd: z\n",
            "on 31/12/2001 ok 1\nand on 01/02/2002 ok 2\n",
            "01/02/20\n13/03/20\n",
            "01/02/20 10:00\n13/03/20 11:30\n",
            "120/80\n130/90\n",
            "10.0.0.1/24\n10.0.0.2/8\n",
            "size\n5 kg\n6 kg\n",
            "day\nJan 5\nFeb 6\n",
            "at\n1.5 2.5\n3.5 4.5\n",
            "NAME      AGE  CITY\nAnn Lee    31  Oslo\nBob        42  New York\n",
        ] {
            assert_eq!(found(text).delim, b','.into(), "{text:?}");
        }
        assert_eq!(found("1:x\n2:y\n3:z\n").delim, b':'.into());
        assert_eq!(found("1/2/3\n4/5/6\n").delim, b'/'.into());
        assert_eq!(found("\"x\"\n\"1\" 5\n\"2\" 7\n").delim, b' '.into());
        let one = Known { columns: Some(1), ..Known::default() };
        assert_eq!(dialect_of(b"1:x\n2:y\n3:z\n", true, &one).delim, b','.into());
    }

    #[test]
    fn what_means_something_else_is_no_delimiter() {
        let quoted = Known { quote: Some(Some(b',')), ..Known::default() };
        assert_eq!(dialect_of(b"a,b\n1,2\n", true, &quoted).delim, b';'.into());
        let most = Known { escape: Some(Some(b';')), comment: Some(Some(b'|')), ..quoted };
        assert_eq!(dialect_of(b"a,b\n1,2\n", true, &most).delim, b'\t'.into());
        let comma = Known { in_numbers: [Some(b','), None], ..Known::default() };
        assert_eq!(dialect_of(b"a;b\n1,5;2,5\n", true, &comma).delim, b';'.into());
        assert_eq!(dialect_of(b"a,b\n1,2\n3,4\n", true, &comma).delim, b','.into());
        assert_eq!(dialect_of(b"n\n1,234\n5,678\n", true, &comma).delim, b';'.into());
        assert_eq!(dialect_of(b"a,b\n\"1,5\",\"2,5\"\n\"3,5\",\"1\"\n", true, &comma).delim, b','.into());
    }

    #[test]
    fn names_of_files_tell_a_delimiter() {
        let tabs = Known { likely_delim: Some(b'\t'.into()), ..Known::default() };
        let found = |text: &str| dialect_of(text.as_bytes(), true, &tabs).delim;
        for text in [
            "a, b\tc\n1, 2\t3\n",
            "a,b\tc\n1,2\n3,4\t5\n6,7\t8\n",
            "name\nAnn, Bob, Cid\nDan, Eve\n",
            "last, first\nLee, Ann\nRay, Bob\n",
            "a\n1\n",
            "",
        ] {
            assert_eq!(found(text), b'\t'.into(), "{text:?}");
        }
        assert_eq!(found("a,b\n1,2\n3,4\n"), b','.into());
        assert_eq!(found("\ta b\nx 1 2\n\"y z\" 3 4\n"), Delim::BLANKS);
        let said = Known { delim: Some(b';'.into()), ..tabs };
        assert_eq!(dialect_of(b"a\tb\n1\t2\n", true, &said).delim, b';'.into());
    }

    #[test]
    fn what_is_known_is_not_guessed() {
        let known = Known { delim: Some(b','.into()), quote: Some(None), ..Known::default() };
        let dialect = dialect_of(b"a;b\n1;\"2\"\n", true, &known);
        assert_eq!((dialect.delim, dialect.quote), (b','.into(), None));
    }
}
