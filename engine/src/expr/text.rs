//! What can be made of texts.

use arrow::datatypes::DataType;
use datafusion::functions::expr_fn as function;
use datafusion::functions_nested::expr_fn as list;
use datafusion::logical_expr::{self as core, cast, lit};
use regex::Regex;

use super::{Expr, when};
use crate::dialect::{regexp_extract_all, string_split, strptime};

/// A column of texts, by [`Expr::str`]: the methods that make something of each
/// text. Null stays null. Characters are counted, not bytes; patterns are regular expressions.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "name\nBarack Obama\nMalia Obama\nAlbert Einstein\n").unwrap();
/// use swath::prelude::*;
///
/// let names = swath::read_csv(&path).scan()?;
/// let name = || col("name").str();
/// assert_eq!(names.filter(name().ends_with("Obama")).count().get()?, 2);
/// assert_eq!(names.filter(name().matches("^[AB]")).count().get()?, 2);
/// let parts = names.select([
///     name().to_uppercase().alias("upper"),
///     name().extract(r"(\w+) (\w+)", 2).alias("last"),
///     name().slice(0, 3).alias("short"),
///     name().split(" ").alias("words"),
///     name().len_chars().alias("len"),
///     name().replace_regex("[aeiou]", "").alias("consonants"),
/// ]);
/// let first = parts.to_bag::<(String, String, String, Vec<String>, i64, String)>().take(1).get()?.remove(0);
/// assert_eq!((first.0.as_str(), first.1.as_str(), first.2.as_str()), ("BARACK OBAMA", "Obama", "Bar"));
/// assert_eq!((first.3, first.4, first.5), (vec!["Barack".into(), "Obama".into()], 12, "Brck Obm".into()));
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TextExpr(core::Expr);

#[allow(clippy::wrong_self_convention, reason = "expressions are moved into larger ones")]
impl TextExpr {
    pub(super) fn new(text: core::Expr) -> Self {
        Self(text)
    }

    /// Whether the text is somewhere in it, as it is written: no pattern.
    pub fn contains(self, text: &str) -> Expr {
        Expr(function::contains(self.0, lit(text)))
    }

    /// Whether the pattern matches somewhere in it.
    #[doc(alias = "contains")]
    #[doc(alias = "regexp_like")]
    pub fn matches(self, pattern: &str) -> Expr {
        Expr(function::regexp_like(self.0, lit(pattern), None))
    }

    /// Whether it begins with the text.
    pub fn starts_with(self, text: &str) -> Expr {
        Expr(function::starts_with(self.0, lit(text)))
    }

    /// Whether it ends with the text.
    pub fn ends_with(self, text: &str) -> Expr {
        Expr(function::ends_with(self.0, lit(text)))
    }

    /// In small letters.
    #[doc(alias = "lower")]
    pub fn to_lowercase(self) -> Expr {
        Expr(function::lower(self.0))
    }

    /// In capital letters.
    #[doc(alias = "upper")]
    pub fn to_uppercase(self) -> Expr {
        Expr(function::upper(self.0))
    }

    /// Each word with a capital letter and small ones behind it.
    #[doc(alias = "title")]
    #[doc(alias = "to_titlecase")]
    pub fn initcap(self) -> Expr {
        Expr(function::initcap(self.0))
    }

    /// Without blanks, tabs and line ends at both ends.
    #[doc(alias = "strip")]
    #[doc(alias = "strip_chars")]
    pub fn trim(self) -> Expr {
        Expr(function::btrim(vec![self.0, lit(BLANKS)]))
    }

    /// Without blanks, tabs and line ends in front.
    #[doc(alias = "lstrip")]
    pub fn trim_start(self) -> Expr {
        Expr(function::ltrim(vec![self.0, lit(BLANKS)]))
    }

    /// Without blanks, tabs and line ends behind.
    #[doc(alias = "rstrip")]
    pub fn trim_end(self) -> Expr {
        Expr(function::rtrim(vec![self.0, lit(BLANKS)]))
    }

    /// How many characters it has.
    #[doc(alias = "len")]
    pub fn len_chars(self) -> Expr {
        Expr(function::character_length(self.0))
    }

    /// How many bytes it has in UTF-8.
    pub fn len_bytes(self) -> Expr {
        Expr(function::octet_length(self.0))
    }

    /// With each occurrence of a text, as it is written, replaced by another one.
    pub fn replace(self, from: &str, to: &str) -> Expr {
        Expr(function::replace(self.0, lit(from), lit(to)))
    }

    /// With each match of the pattern replaced; `$1` or `\1` stand for its first group.
    pub fn replace_regex(self, pattern: &str, to: &str) -> Expr {
        Expr(function::regexp_replace(self.0, lit(pattern), lit(to), Some(lit("g"))))
    }

    /// A group of the pattern's first match, 0 for all of the match; null where there is none.
    pub fn extract(self, pattern: &str, group: u32) -> Expr {
        // The core gives groups only: all of the match is made one. A pattern that is wrong is told as it is.
        let pattern = match Regex::new(pattern) {
            Ok(_) => format!("({pattern})"),
            Err(_) => pattern.to_owned(),
        };
        let groups = function::regexp_match(self.0, lit(pattern), None);
        Expr(list::array_element(groups, lit(i64::from(group) + 1)))
    }

    /// All matches of the pattern, one behind the other, as a list.
    #[doc(alias = "findall")]
    pub fn extract_all(self, pattern: &str) -> Expr {
        Expr(regexp_extract_all().call(vec![self.0, lit(pattern)]))
    }

    /// The list of its parts between the separators: of an empty text an empty one. An empty separator gives its characters.
    pub fn split(self, separator: &str) -> Expr {
        Expr(string_split().call(vec![self.0, lit(separator)]))
    }

    /// Its first characters.
    #[doc(alias = "left")]
    pub fn head(self, len: u32) -> Expr {
        Expr(function::left(self.0, lit(i64::from(len))))
    }

    /// Its last characters.
    #[doc(alias = "right")]
    pub fn tail(self, len: u32) -> Expr {
        Expr(function::right(self.0, lit(i64::from(len))))
    }

    /// Without a text in front, where that is there.
    #[doc(alias = "removeprefix")]
    pub fn strip_prefix(self, prefix: &str) -> Expr {
        let rest = function::substr(self.0.clone(), lit(places(prefix) + 1));
        when(self.clone().starts_with(prefix), Expr(rest)).otherwise(Expr(self.0))
    }

    /// Without a text behind, where that is there.
    #[doc(alias = "removesuffix")]
    pub fn strip_suffix(self, suffix: &str) -> Expr {
        let kept = self.clone().len_chars().cast(DataType::Int64) - places(suffix);
        let rest = function::left(self.0.clone(), kept.into_core());
        when(self.clone().ends_with(suffix), Expr(rest)).otherwise(Expr(self.0))
    }

    /// At most `len` characters from the place `start` on, counted from 0.
    #[doc(alias = "substr")]
    pub fn slice(self, start: u32, len: u32) -> Expr {
        Expr(function::substring(self.0, lit(i64::from(start) + 1), lit(i64::from(len))))
    }

    /// Where a text, as it is written, is in it for the first time, in characters counted from 0; null where it is not.
    #[doc(alias = "strpos")]
    pub fn find(self, text: &str) -> Expr {
        let place = function::strpos(self.0, lit(text));
        Expr(function::nullif(cast(place, DataType::Int64), lit(0i64)) - lit(1i64))
    }

    /// How often the pattern matches in it, one match behind the other.
    #[doc(alias = "count")]
    pub fn count_matches(self, pattern: &str) -> Expr {
        Expr(function::regexp_count(self.0, lit(pattern), None, None))
    }

    /// Filled up in front to so many characters; a longer one stays as it is.
    #[doc(alias = "rjust")]
    #[doc(alias = "zfill")]
    pub fn pad_start(self, len: u32, fill: char) -> Expr {
        self.padded(len, fill, function::lpad)
    }

    /// Filled up behind to so many characters; a longer one stays as it is.
    #[doc(alias = "ljust")]
    pub fn pad_end(self, len: u32, fill: char) -> Expr {
        self.padded(len, fill, function::rpad)
    }

    /// Padding in the core cuts what is longer.
    fn padded(self, len: u32, fill: char, pad: impl Fn(Vec<core::Expr>) -> core::Expr) -> Expr {
        let padded = pad(vec![self.0.clone(), lit(i64::from(len)), lit(fill.to_string())]);
        let is_shorter = self.clone().len_chars().lt(i64::from(len));
        when(is_shorter, Expr(padded)).otherwise(Expr(self.0))
    }

    /// As a date in a format such as `%d.%m.%Y`; what does not fit it is an error.
    #[doc(alias = "strptime")]
    pub fn to_date(self, format: &str) -> Expr {
        self.to_timestamp(format).dt().date()
    }

    /// As a point in time in a format such as `%d.%m.%Y %H:%M`; what does not fit it is an error.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "at\n31.1.2013 6:05\nnever\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let log = swath::read_csv(&path).scan()?;
    /// let known = log.select([col("at").str().try_to_timestamp("%d.%m.%Y %H:%M")]);
    /// assert_eq!(known.to_bag::<Option<String>>().collect()?, [Some("2013-01-31T06:05:00".to_owned()), None]);
    /// assert!(log.select([col("at").str().to_timestamp("%d.%m.%Y %H:%M")]).collect().is_err());
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "strptime")]
    #[doc(alias = "to_datetime")]
    pub fn to_timestamp(self, format: &str) -> Expr {
        let [strptime, _] = strptime();
        Expr(strptime.call(vec![self.0, lit(format)]))
    }

    /// Like [`TextExpr::to_timestamp`], with null for what does not fit the format. Of a date alone, add `.dt().date()`.
    pub fn try_to_timestamp(self, format: &str) -> Expr {
        let [_, try_strptime] = strptime();
        Expr(try_strptime.call(vec![self.0, lit(format)]))
    }
}

/// How many characters a text has.
fn places(text: &str) -> i64 {
    text.chars().count() as i64
}

/// What is left out at the ends of texts.
const BLANKS: &str = " \t\r\n";
