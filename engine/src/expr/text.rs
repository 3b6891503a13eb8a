//! What can be made of texts.

use arrow::datatypes::DataType;
use datafusion::functions::expr_fn as function;
use datafusion::functions_nested::expr_fn as list;
use datafusion::logical_expr::{Expr, cast, lit};
use datafusion::scalar::ScalarValue;
use regex::Regex;

/// A column of texts, by [`ValueExt::str`](super::ValueExt::str): the methods that make something of each
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
pub struct TextExpr(Expr);

#[allow(clippy::wrong_self_convention, reason = "expressions are moved into larger ones")]
impl TextExpr {
    pub(super) fn new(text: Expr) -> Self {
        Self(text)
    }

    /// Whether the text is somewhere in it, as it is written: no pattern.
    pub fn contains(self, text: &str) -> Expr {
        function::contains(self.0, lit(text))
    }

    /// Whether the pattern matches somewhere in it.
    #[doc(alias = "contains")]
    #[doc(alias = "regexp_like")]
    pub fn matches(self, pattern: &str) -> Expr {
        function::regexp_like(self.0, lit(pattern), None)
    }

    /// Whether it begins with the text.
    pub fn starts_with(self, text: &str) -> Expr {
        function::starts_with(self.0, lit(text))
    }

    /// Whether it ends with the text.
    pub fn ends_with(self, text: &str) -> Expr {
        function::ends_with(self.0, lit(text))
    }

    /// In small letters.
    #[doc(alias = "lower")]
    pub fn to_lowercase(self) -> Expr {
        function::lower(self.0)
    }

    /// In capital letters.
    #[doc(alias = "upper")]
    pub fn to_uppercase(self) -> Expr {
        function::upper(self.0)
    }

    /// Without blanks, tabs and line ends at both ends.
    #[doc(alias = "strip")]
    #[doc(alias = "strip_chars")]
    pub fn trim(self) -> Expr {
        function::btrim(vec![self.0, lit(" \t\r\n")])
    }

    /// How many characters it has.
    #[doc(alias = "len")]
    pub fn len_chars(self) -> Expr {
        function::character_length(self.0)
    }

    /// How many bytes it has in UTF-8.
    pub fn len_bytes(self) -> Expr {
        function::octet_length(self.0)
    }

    /// With each occurrence of a text, as it is written, replaced by another one.
    pub fn replace(self, from: &str, to: &str) -> Expr {
        function::replace(self.0, lit(from), lit(to))
    }

    /// With each match of the pattern replaced; `$1` or `\1` stand for its first group.
    pub fn replace_regex(self, pattern: &str, to: &str) -> Expr {
        function::regexp_replace(self.0, lit(pattern), lit(to), Some(lit("g")))
    }

    /// A group of the pattern's first match, 0 for all of the match; null where there is none.
    pub fn extract(self, pattern: &str, group: u32) -> Expr {
        // The core gives groups only: all of the match is made one. A pattern that is wrong is told as it is.
        let pattern = match Regex::new(pattern) {
            Ok(_) => format!("({pattern})"),
            Err(_) => pattern.to_owned(),
        };
        let groups = function::regexp_match(self.0, lit(pattern), None);
        list::array_element(groups, lit(i64::from(group) + 1))
    }

    /// The list of its parts between the separators; an empty text has no part, and an empty separator
    /// leaves it whole.
    pub fn split(self, separator: &str) -> Expr {
        // Without a text that stands for null, an empty part is an empty text.
        list::string_to_array(self.0, lit(separator), lit(ScalarValue::Utf8(None)))
    }

    /// At most `len` characters from the place `start` on, counted from 0.
    #[doc(alias = "substr")]
    pub fn slice(self, start: u32, len: u32) -> Expr {
        function::substring(self.0, lit(i64::from(start) + 1), lit(i64::from(len)))
    }

    /// Filled up in front to so many characters; a longer one is cut off.
    #[doc(alias = "rjust")]
    #[doc(alias = "zfill")]
    pub fn pad_start(self, len: u32, fill: char) -> Expr {
        function::lpad(vec![self.0, lit(i64::from(len)), lit(fill.to_string())])
    }

    /// As a date in a format such as `%d.%m.%Y`; what does not fit it is an error.
    #[doc(alias = "strptime")]
    pub fn to_date(self, format: &str) -> Expr {
        cast(function::to_date(vec![self.0, lit(format)]), DataType::Date32)
    }
}
