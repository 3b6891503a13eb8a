//! CSV files as a frame.

use swath_io::{ColumnType, OnError};
use swath_planner::{SourceCall, SourceFunction};

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::options::OptionValue;
use crate::paths::Paths;
use crate::session::Session;

/// How CSV files are read, by [`read_csv`]. What is not set is found out by looking at the files.
///
/// Every option can also be set by its name in SQL, see [`ReadOptions`](crate::ReadOptions), with
/// [`ReadCsv::option`]. A wrong option is an error of [`ReadCsv::scan`].
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # let decimals = dir.path().join("d.csv");
/// # let dates = dir.path().join("days.csv");
/// # std::fs::write(&path, "made by hand\na;b\n1;?\n# a comment\n3;'x;y'\n").unwrap();
/// use swath::types::{Float64, Text};
///
/// let frame = swath::read_csv(&path)
///     .skip(1)
///     .has_header(true)
///     .delimiter(';')
///     .quote('\'')
///     .comment('#')
///     .null_values(["?"])
///     .with_type("a", Float64)
///     .with_type("b", Text)
///     .encoding("utf8")
///     .compression("none")
///     .with_filename("file")
///     .option("max_record_bytes", 1_000_000)
///     .scan()?;
/// assert_eq!(frame.columns()?, ["a", "b", "file"]);
/// assert_eq!(frame.drop_nulls().count().get()?, 1);
///
/// // All columns given, or all read as text; quotes escaped by a backslash; in a session of one's own.
/// let session = swath::Session::new()?;
/// let texts = swath::read_csv(&path).skip(2).columns([("x", Text), ("y", Text)]).has_header(false);
/// assert_eq!(texts.delimiter(';').escape('\\').session(&session).scan()?.columns()?, ["x", "y"]);
/// let texts = swath::read_csv(&path).skip(1).all_varchar().scan()?;
/// # std::fs::write(&path, "a::b\n1::x:y\n").unwrap();
/// # std::fs::write(&decimals, "a;b\n1;2,5\n").unwrap();
/// let decimals = swath::read_csv(&decimals).decimal_separator(',').scan()?;
/// assert_eq!(decimals.sum("b").as_type::<f64>().get()?, Some(2.5));
/// # std::fs::write(&dates, "day,at\n1/2/2008,1/2/2008 10:05\n").unwrap();
/// let dates = swath::read_csv(&dates).date_format("%d/%m/%Y").timestamp_format("%d/%m/%Y %H:%M").scan()?;
/// assert_eq!(dates.schema()?.field(0).data_type(), &swath::arrow::datatypes::DataType::Date32);
/// assert_eq!(swath::read_csv(&path).delimiter("::").scan()?.columns()?, ["a", "b"]);
/// assert!(texts.schema()?.fields().iter().all(|field| field.data_type().is_string()));
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ReadCsv {
    paths: Result<Vec<String>>,
    session: Option<SessionHandle>,
    options: Vec<(String, OptionValue)>,
}

/// Reads CSV files by a path or glob, or several.
///
/// ```no_run
/// use swath::Text;
///
/// let air = swath::read_csv("air/*.csv.bz2")
///     .encoding("latin1")
///     .with_type("TailNum", Text)
///     .null_values(["NA"])
///     .scan()?;
/// # Ok::<(), swath::Error>(())
/// ```
pub fn read_csv(paths: impl Paths) -> ReadCsv {
    ReadCsv { paths: paths.into_paths(), session: None, options: Vec::new() }
}

impl Session {
    /// Like [`read_csv`], in this session.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\n").unwrap();
    /// let session = swath::Session::builder().memory_limit(256 << 20).build()?;
    /// assert_eq!(session.read_csv(&path).scan()?.count().get()?, 1);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn read_csv(&self, paths: impl Paths) -> ReadCsv {
        read_csv(paths).session(self)
    }
}

#[derive(Clone)]
struct SessionHandle(Session);

impl std::fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl ReadCsv {
    /// The encoding: `utf8`, `utf8-lossy`, `latin1`, `windows-1252`, `utf-16le` and so on.
    pub fn encoding(self, name: &str) -> Self {
        self.option("encoding", name)
    }

    /// Names of the first columns, in order, in place of those that the files have for them.
    pub fn names<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        self.option("names", texts(names))
    }

    /// The type of a column; the others are found by looking.
    pub fn with_type(mut self, column: impl Into<String>, ty: ColumnType) -> Self {
        let entry = (column.into(), OptionValue::Text(ty.to_string()));
        match self.options.iter_mut().find(|(name, _)| name == "types") {
            Some((_, OptionValue::Map(types))) => {
                types.retain(|(column, _)| *column != entry.0);
                types.push(entry);
                self
            }
            _ => self.option("types", OptionValue::Map(vec![entry])),
        }
    }

    /// Words that are null in every column, beside those that always are.
    pub fn null_values<W: Into<String>>(self, words: impl IntoIterator<Item = W>) -> Self {
        self.option("nullstr", texts(words))
    }

    /// Words that are null in one column, beside those that are in every one.
    pub fn null_values_of<W: Into<String>>(
        mut self,
        column: impl Into<String>,
        words: impl IntoIterator<Item = W>,
    ) -> Self {
        let entry = (column.into(), texts(words));
        let known = self.options.iter_mut().find_map(|(name, value)| match value {
            OptionValue::Map(columns) if name == "null_values" => Some(columns),
            _ => None,
        });
        match known {
            Some(columns) => {
                columns.push(entry);
                self
            }
            // Not the name under which those of all columns are set.
            None => self.option("null_values", OptionValue::Map(vec![entry])),
        }
    }

    /// What stands before the fraction of a number: a point, if nothing is said, or a comma.
    pub fn decimal_separator(self, separator: char) -> Self {
        self.option("decimal_separator", separator.to_string())
    }

    /// What stands between groups of three digits in numbers, as in `1,234,567`.
    pub fn thousands(self, sign: char) -> Self {
        self.option("thousands", sign.to_string())
    }

    /// How dates are written, in the letters of `strftime`: `%d.%m.%Y`. With `auto` it is found by looking, where it
    /// can be told.
    pub fn date_format(self, format: &str) -> Self {
        self.option("dateformat", format)
    }

    /// How points in time are written: `%m/%d/%Y %I:%M:%S %p`, or `auto`.
    pub fn timestamp_format(self, format: &str) -> Self {
        self.option("timestampformat", format)
    }

    /// The ways in which dates are written, of which the first counts that a value has.
    pub fn date_formats<F: Into<String>>(self, formats: impl IntoIterator<Item = F>) -> Self {
        self.option("dateformat", texts(formats))
    }

    /// The ways in which points in time are written.
    pub fn timestamp_formats<F: Into<String>>(self, formats: impl IntoIterator<Item = F>) -> Self {
        self.option("timestampformat", texts(formats))
    }

    /// What stands between fields: a character, or up to eight bytes, as in `"||"`; `"blanks"`: any number of blanks and tabs.
    pub fn delimiter(self, delimiter: impl Into<String>) -> Self {
        self.option("delim", delimiter.into())
    }

    /// The character around fields that hold a delimiter, a quote or a line end; `None` for none.
    pub fn quote(self, quote: impl Into<Option<char>>) -> Self {
        self.option("quote", character(quote.into()))
    }

    /// The character before a quote inside a quoted field; `None` where a quote is doubled.
    pub fn escape(self, escape: impl Into<Option<char>>) -> Self {
        self.option("escape", character(escape.into()))
    }

    /// The character that begins a line that is no record; `None` for none.
    pub fn comment(self, comment: impl Into<Option<char>>) -> Self {
        self.option("comment", character(comment.into()))
    }

    /// Whether the first record names the columns.
    pub fn has_header(self, has_header: bool) -> Self {
        self.option("header", has_header)
    }

    /// Lines to skip at the head of each file.
    pub fn skip(self, lines: u64) -> Self {
        self.option("skip", OptionValue::Number(lines.to_string()))
    }

    /// All columns, in order, by name and type: nothing is found by looking.
    pub fn columns<N: Into<String>>(self, columns: impl IntoIterator<Item = (N, ColumnType)>) -> Self {
        let columns =
            columns.into_iter().map(|(name, ty)| (name.into(), OptionValue::Text(ty.to_string()))).collect();
        self.option("columns", OptionValue::Map(columns))
    }

    /// Reads every column whose type is not given as text.
    pub fn all_varchar(self) -> Self {
        self.option("all_varchar", true)
    }

    /// Words that are true and words that are false, beside `true` and `false`. A column in which there are no others is one of booleans.
    pub fn booleans<T: Into<String>>(
        self,
        true_values: impl IntoIterator<Item = T>,
        false_values: impl IntoIterator<Item = T>,
    ) -> Self {
        self.option("true_values", texts(true_values)).option("false_values", texts(false_values))
    }

    /// Columns in which nothing is null: in those of text an empty field is an empty text.
    pub fn force_not_null<C: Into<String>>(self, columns: impl IntoIterator<Item = C>) -> Self {
        self.option("force_not_null", texts(columns))
    }

    /// Names of columns become such that they need no quotes in SQL: `Unit price!` is `unit_price`.
    pub fn normalize_names(self) -> Self {
        self.option("normalize_names", true)
    }

    /// Blanks in front of fields are no part of them, so that quotes may follow: `1, "x, y"`.
    pub fn skip_initial_space(self) -> Self {
        self.option("skipinitialspace", true)
    }

    /// Records to leave out behind the header of each file, as one of units.
    pub fn skip_after_header(self, records: u64) -> Self {
        self.option("skip_after_header", OptionValue::Number(records.to_string()))
    }

    /// Lines to leave out at the end of each file.
    pub fn skip_footer(self, lines: u64) -> Self {
        self.option("skip_footer", OptionValue::Number(lines.to_string()))
    }

    /// Whether folders named KEY=VALUE make columns. Without, they do where all files have the same keys.
    pub fn hive_partitioning(self, hive_partitioning: bool) -> Self {
        self.option("hive_partitioning", hive_partitioning)
    }

    /// Whether columns of files with different headers belong together by name, which is so without this, or by
    /// their places.
    pub fn union_by_name(self, union_by_name: bool) -> Self {
        self.option("union_by_name", union_by_name)
    }

    /// What becomes of values that do not fit their column and of records of the wrong width. How many there
    /// were is told by [`Session::take_notes`].
    pub fn on_error(self, on_error: OnError) -> Self {
        let name = match on_error {
            OnError::Fail => "fail",
            OnError::Null => "null",
            OnError::Skip => "skip",
            OnError::Reject => "reject",
        };
        self.option("on_error", name)
    }

    /// Records with too few fields are filled up with nulls, and those with too many are cut.
    pub fn ragged(self) -> Self {
        self.option("ragged", true)
    }

    /// Records with too few fields are filled up with nulls.
    pub fn null_padding(self) -> Self {
        self.option("null_padding", true)
    }

    /// Quotes that are not doubled may stand within fields, and one may be left over, as in `"5" pipe"` and `"x,y,"z"`.
    pub fn loose_quotes(self) -> Self {
        self.option("loose_quotes", true)
    }

    /// The codec of all files: `gzip`, `bzip2`, `zstd`, `xz`, `lz4`, `lzma`, `lzip`, `compress`,
    /// `zlib`, `zip`, `none`; `auto` to look at each.
    pub fn compression(self, codec: &str) -> Self {
        self.option("compression", codec)
    }

    /// Passes over damage of compressed files: what is whole is read, records that a gap cuts are left out, and what is lost is told by
    /// [`Session::take_notes`]. Without, damage is an error.
    pub fn salvage(self) -> Self {
        self.option("salvage", true)
    }

    /// Adds a column of this name with each row's file.
    pub fn with_filename(self, column: impl Into<String>) -> Self {
        self.option("filename", column.into())
    }

    /// Sets any option, by the names of [`ReadOptions`](crate::ReadOptions). What was set before under
    /// that name is forgotten.
    pub fn option(mut self, name: &str, value: impl Into<OptionValue>) -> Self {
        let name = name.to_lowercase();
        self.options.retain(|(known, _)| *known != name);
        self.options.push((name, value.into()));
        self
    }

    /// Makes the frame in this session; without, in the shared one.
    pub fn session(mut self, session: &Session) -> Self {
        self.session = Some(SessionHandle(session.clone()));
        self
    }

    /// Looks at the heads of the files and gives a lazy frame of their rows. Blocks while it looks.
    ///
    /// # Errors
    /// A wrong option, no file, or files that cannot be read.
    pub fn scan(&self) -> Result<Frame> {
        let session = match &self.session {
            Some(SessionHandle(session)) => session.clone(),
            None => Session::shared()?,
        };
        let paths = self.paths.clone()?;
        if paths.is_empty() {
            return Err(Error::query("there is no path to read", "read_csv(\"data/*.csv\")".to_owned()));
        }
        let call = SourceCall { function: SourceFunction::ReadCsv, paths, options: self.options.clone() };
        Ok(Frame::new(&session, session.scan(&call)?))
    }
}

fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> OptionValue {
    OptionValue::List(texts.into_iter().map(|text| OptionValue::Text(text.into())).collect())
}

fn character(character: Option<char>) -> OptionValue {
    OptionValue::Text(character.map(String::from).unwrap_or_default())
}
