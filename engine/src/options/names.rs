//! Names of options: those that the reading functions have, and what other tools call them.

use swath_io::Error as IoError;
use swath_planner::{SourceFunction, nearest};

use super::OptionValue;
use super::values::{boolean, text, wrong};

/// Every option, by the name that is suggested for a misspelt one, and which functions have it.
const OPTIONS: [(&str, Of); 53] = [
    ("header", Of::Csv),
    ("delim", Of::Csv),
    ("sep", Of::Csv),
    ("quote", Of::Csv),
    ("escape", Of::Csv),
    ("bare_escapes", Of::Csv),
    ("comment", Of::Csv),
    ("inline_comments", Of::Csv),
    ("loose_quotes", Of::Csv),
    ("skipinitialspace", Of::Csv),
    ("skip", Of::Csv),
    ("skip_after_header", Of::Csv),
    ("skip_footer", Of::Csv),
    ("nullstr", Of::Csv),
    ("allow_quoted_nulls", Of::Csv),
    ("force_not_null", Of::Csv),
    ("missing_utf8_is_empty_string", Of::Csv),
    ("true_values", Of::Csv),
    ("false_values", Of::Csv),
    ("decimal_separator", Of::Csv),
    ("thousands", Of::Csv),
    ("dateformat", Of::Objects),
    ("timestampformat", Of::Objects),
    ("types", Of::Objects),
    ("columns", Of::Objects),
    ("encoding", Of::Text),
    ("names", Of::Csv),
    ("normalize_names", Of::Csv),
    ("all_varchar", Of::Csv),
    ("sample_size", Of::Objects),
    ("auto_type_candidates", Of::Csv),
    ("auto_detect", Of::Objects),
    ("compression", Of::Text),
    ("salvage", Of::Text),
    ("filename", Of::Files),
    ("hive_partitioning", Of::Files),
    ("hive_types", Of::Files),
    ("hive_types_autocast", Of::Files),
    ("union_by_name", Of::Csv),
    ("max_record_bytes", Of::Text),
    ("on_error", Of::Objects),
    ("ignore_errors", Of::Objects),
    ("store_rejects", Of::Objects),
    ("on_bad_lines", Of::Csv),
    ("null_padding", Of::Csv),
    ("ragged", Of::Csv),
    ("truncate_ragged_lines", Of::Csv),
    ("strict_mode", Of::Csv),
    ("rejects_limit", Of::Objects),
    ("line_delimiter", Of::Lines),
    ("records", Of::Json),
    ("maximum_depth", Of::Json),
    ("geojson", Of::Json),
];

/// Which functions have an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// `read_csv`.
    Csv,
    /// That and `read_json`.
    Objects,
    /// These and `read_text`.
    Text,
    /// All of them.
    Files,
    /// `read_text` alone.
    Lines,
    /// `read_json` alone.
    Json,
}

/// What other tools call options, and what these are called here.
const OTHER_NAMES: [(&str, &str); 92] = [
    ("has_header", "header"),
    ("sep", "delim"),
    ("delimiter", "delim"),
    ("separator", "delim"),
    ("quotechar", "quote"),
    ("quote_char", "quote"),
    ("escapechar", "escape"),
    ("escape_char", "escape"),
    ("comment_char", "comment"),
    ("comment_prefix", "comment"),
    ("skip_initial_space", "skipinitialspace"),
    ("skip_rows", "skip"),
    ("skiprows", "skip"),
    ("skip_lines", "skip"),
    ("skip_rows_after_header", "skip_after_header"),
    ("skipfooter", "skip_footer"),
    ("null", "nullstr"),
    ("nulls", "nullstr"),
    ("null_values", "nullstr"),
    ("na_values", "nullstr"),
    ("decimal", "decimal_separator"),
    ("thousands_separator", "thousands"),
    ("date_format", "dateformat"),
    ("timestamp_format", "timestampformat"),
    ("column_names", "names"),
    ("new_columns", "names"),
    ("dtypes", "types"),
    ("dtype", "types"),
    ("column_types", "types"),
    ("schema_overrides", "types"),
    ("schema", "columns"),
    ("include_file_paths", "filename"),
    ("include_path_column", "filename"),
    ("max_line_size", "max_record_bytes"),
    ("maximum_line_size", "max_record_bytes"),
    ("maximum_object_size", "max_record_bytes"),
    ("truncate_ragged_lines", "ragged"),
    ("rfc_4180", "strict_mode"),
    ("infer_schema_length", "sample_size"),
    ("lineterminator", "new_line"),
    ("eol_char", "new_line"),
    ("skip_rows_after_names", "skip_after_header"),
    ("field_delimiter", "delim"),
    ("quote_character", "quote"),
    ("comments", "comment"),
    ("null_value", "nullstr"),
    ("nullvalue", "nullstr"),
    ("na_strings", "nullstr"),
    ("quoted_na", "allow_quoted_nulls"),
    ("quoted_strings_can_be_null", "allow_quoted_nulls"),
    ("decimal_point", "decimal_separator"),
    ("timestamp_parsers", "timestampformat"),
    ("col_types", "types"),
    ("colclasses", "types"),
    ("hive_schema", "hive_types"),
    ("try_parse_hive_dates", "hive_types_autocast"),
    ("ignoreleadingwhitespace", "skipinitialspace"),
    ("trim_leading_space", "skipinitialspace"),
    ("lazy_quotes", "loose_quotes"),
    ("relax_quotes", "loose_quotes"),
    ("newlines_in_values", "multiline"),
    ("allow_quoted_newlines", "multiline"),
    ("skip_blank_lines", "ignore_empty_lines"),
    ("skip_empty_lines", "ignore_empty_lines"),
    ("skip_empty_rows", "ignore_empty_lines"),
    ("blank_lines_skip", "ignore_empty_lines"),
    ("doublequote", "double_quote"),
    ("escape_double", "double_quote"),
    ("line_terminator", "new_line"),
    ("record_delimiter", "new_line"),
    ("linesep", "new_line"),
    ("null_if", "nullstr"),
    ("null_marker", "nullstr"),
    ("null_markers", "nullstr"),
    ("missingstring", "nullstr"),
    ("field_optionally_enclosed_by", "quote"),
    ("field_delim", "delim"),
    ("col_sep", "delim"),
    ("headers", "header"),
    ("parse_header", "header"),
    ("footerskip", "skip_footer"),
    ("groupmark", "thousands"),
    ("guess_max", "sample_size"),
    ("trimleadingspace", "skipinitialspace"),
    ("lazyquotes", "loose_quotes"),
    ("liberal_parsing", "loose_quotes"),
    ("ignoreblanklines", "ignore_empty_lines"),
    ("ignoreemptyrows", "ignore_empty_lines"),
    ("skipemptylines", "ignore_empty_lines"),
    ("skip_blanks", "ignore_empty_lines"),
    ("newline", "new_line"),
    ("row_sep", "new_line"),
];

/// The name that an option has here.
pub(super) fn usual(name: &str) -> &str {
    OTHER_NAMES.iter().find(|(other, _)| *other == name).map_or(name, |(_, usual)| usual)
}

/// The options of a function, by the names that are suggested.
pub(crate) fn options_of(function: SourceFunction) -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().filter(move |(_, of)| has(function, *of)).map(|(name, _)| *name)
}

fn has(function: SourceFunction, of: Of) -> bool {
    match function {
        SourceFunction::ReadCsv | SourceFunction::Path => !matches!(of, Of::Json | Of::Lines),
        SourceFunction::ReadJson => !matches!(of, Of::Csv | Of::Lines),
        SourceFunction::ReadText => matches!(of, Of::Text | Of::Files | Of::Lines),
        SourceFunction::ReadParquet => of == Of::Files,
    }
}

/// Whether a function has an option, by any of its names. That of CSV may have others, which change nothing.
pub(super) fn is_option_of(function: SourceFunction, name: &str) -> bool {
    let is_csv = matches!(function, SourceFunction::ReadCsv | SourceFunction::Path);
    is_csv || options_of(function).any(|known| known == usual(name))
}

/// That a function has no such option.
pub(super) fn unknown(name: &str, function: SourceFunction) -> IoError {
    let known = || options_of(function);
    let hint = match (needless(usual(name)), nearest(name, known())) {
        (Some(why), _) => why.to_owned(),
        (None, Some(known)) => format!("did you mean {known}?"),
        (None, None) => format!("the options are: {}", known().collect::<Vec<_>>().join(", ")),
    };
    IoError::bad_option_hint(name, format!("{function} has no such option"), hint)
}

/// What is there in place of options that users of other tools know.
fn needless(name: &str) -> Option<&'static str> {
    Some(match name {
        "parse_dates" | "try_parse_dates" => {
            "the head of every file is looked at, and numbers and dates widen by themselves further on; types = {'column': 'text'} or all_varchar = true say otherwise"
        }
        "chunksize" | "blocksize" => {
            "files are read by all threads, in chunks, within the memory limit; SET threads and SET memory_limit bound both"
        }
        "force_null" => "a text of nullstr is null also in quotes: nullstr = ['', 'NA']",
        "keep_default_na" | "empty_field_as_null" | "emptyasnull" | "blanksasnull" => {
            "of text, an empty field is null and \"\" is not; missing_utf8_is_empty_string = true makes both the same"
        }
        "usecols" | "include_columns" | "col_select" | "select" | "drop" | "nrows" | "n_rows" | "n_max"
        | "max_rows" | "preview" | "limit" => "only what a query asks for is read: SELECT a, b … LIMIT 10",
        "index_col" => "no column is an index: all have names, and SELECT says in which order they come",
        "converters" | "transform" | "cast" => {
            "SELECT computes what is wanted of a column: SELECT upper(a) AS a, …"
        }
        "na_filter" | "strings_can_be_null" => {
            "force_not_null = ['column'] names columns in which nothing is null; missing_utf8_is_empty_string = true says so of all of text"
        }
        "dayfirst" | "date_parser" => {
            "dateformat = '%d/%m/%Y' says how dates are written, dateformat = 'auto' finds it"
        }
        "dialect" => "delim, quote, escape and skipinitialspace say how the text is written",
        "double_quote" => {
            "where quotes are not doubled in quotes, escape = '\\' says what stands before them"
        }
        "quoting" => "quote = '' says that quotes mean nothing; else fields may be quoted or not",
        "ignore_empty_lines" => {
            "blank lines are no records, but in files of one column, where they are null; WHERE … IS NOT NULL leaves these out"
        }
        "multiline" => "line ends in quotes are part of the value; read_text('…') gives lines as they are",
        "encoding_errors" | "acceptinvchars" | "replace_invalid_characters" => {
            "encoding = 'utf8-lossy' replaces bytes that are no text, encoding = 'latin1' takes all"
        }
        "inferschema" | "no_inference" => "all_varchar = true reads all columns as text",
        "mode"
        | "invalid_row_handler"
        | "max_bad_records"
        | "maxerror"
        | "maxwarnings"
        | "skip_records_with_error" => {
            "on_error = 'fail', 'null', 'skip' or 'reject' says what becomes of what does not fit"
        }
        "fill"
        | "fillrecord"
        | "allow_jagged_rows"
        | "ignore_unknown_values"
        | "relax_column_count"
        | "error_on_column_count_mismatch" => {
            "null_padding = true fills up records that are too short, ragged = true also cuts those that are too long"
        }
        "trim_ws"
        | "trim"
        | "ltrim"
        | "rtrim"
        | "strip"
        | "trim_space"
        | "trimblanks"
        | "strip_white"
        | "ignoretrailingwhitespace" => {
            "skipinitialspace = true leaves out blanks in front of fields, and trim(column) those around a text; around numbers and dates they mean nothing"
        }
        "col_names" => {
            "names = ['a', 'b'] names the columns, header = false says that the first record does not"
        }
        "autogenerate_column_names" | "no_header" => "header = false: columns are called column0, column1, …",
        "skip_header" | "skip_leading_rows" | "ignoreheader" | "from_line" => {
            "header = true says that the first record names the columns, and skip how many lines stand above it"
        }
        "storage_options" | "credential_provider" => {
            "files are read from this machine, or from standard input, as '-'"
        }
        "format" => {
            "whether there is an object on each line, or an array of them, is found by looking; read_text('…') gives lines as they are"
        }
        "convert_strings_to_integers" => "types = {'column': 'bigint'} reads texts of digits as numbers",
        "map_inference_threshold" | "field_appearance_threshold" => {
            "keys are columns and members, wherever they stand; types = {'column': 'text'} reads a column as it is written"
        }
        "binary_as_string" => "a column of bytes is text by CAST(column AS text)",
        "row_index_name" | "row_index_offset" | "row_count_name" | "file_row_number" => {
            "SELECT row_number() OVER () AS row, * numbers the rows"
        }
        "raise_if_empty" => "a file without records has no columns and no rows, which a note tells",
        "delim_whitespace" | "ignorerepeated" => {
            "delim = 'blanks' takes any number of blanks and tabs for one delimiter"
        }
        "na" => "did you mean nullstr? nullstr = ['-', 'missing'] names what is null",
        "rejects_table" | "rejects_scan" => {
            "what store_rejects = true leaves out is in a table of its own: SELECT * FROM rejects()"
        }
        _ => return None,
    })
}

/// Like [`changes_nothing`], for options that files of JSON have elsewhere.
///
/// # Errors
/// It does not take the value.
pub(super) fn changes_nothing_of_json(name: &str, value: &OptionValue) -> Result<bool, IoError> {
    let is_word = |words: &[&str]| match value {
        OptionValue::Text(word) => words.iter().any(|known| word.eq_ignore_ascii_case(known)),
        _ => false,
    };
    let is_number = |known: &str| matches!(value, OptionValue::Number(number) if number == known);
    Ok(match name {
        // What there is, is found; only texts of other lines would be something else.
        "format" => is_word(&["auto", "array", "newline_delimited", "nd", "unstructured"]),
        "records" => is_word(&["auto"]),
        // Files belong together by name, and whether there is an array is found, whatever is said.
        "union_by_name" | "array" | "lines" | "multiline" | "newlines_in_values" => {
            boolean(name, value).map(|_| true)?
        }
        "orient" => is_word(&["records"]),
        "convert_strings_to_integers" => !boolean(name, value)?,
        // What is set anyway: no bound, and all keys.
        "maximum_depth" | "map_inference_threshold" => is_number("-1"),
        "field_appearance_threshold" => is_number("0"),
        "maximum_sample_files" => matches!(value, OptionValue::Number(_)),
        _ => false,
    })
}

/// Like [`changes_nothing`], for options that files of Parquet have elsewhere.
///
/// # Errors
/// It does not take the value.
pub(super) fn changes_nothing_of_parquet(name: &str, value: &OptionValue) -> Result<bool, IoError> {
    Ok(match name {
        // Columns of several files belong together by name, whatever is said.
        "union_by_name" | "can_have_nan" => boolean(name, value).map(|_| true)?,
        "binary_as_string" | "file_row_number" => !boolean(name, value)?,
        "explicit_cardinality" => matches!(value, OptionValue::Number(_)),
        _ => false,
    })
}

/// Whether an option of another tool asks for what is done anyway: it says how files are read, and not what they hold.
///
/// # Errors
/// It asks for something else.
pub(super) fn changes_nothing(name: &str, value: &OptionValue) -> Result<bool, IoError> {
    match usual(name) {
        "files_to_sniff" | "buffer_size" | "batch_size" | "block_size" | "n_threads" | "num_threads" => {
            match value {
                OptionValue::Number(_) | OptionValue::Null => Ok(true),
                other => Err(wrong(name, "a number", other)),
            }
        }
        "parallel"
        | "low_memory"
        | "rechunk"
        | "memory_map"
        | "use_threads"
        | "use_pyarrow"
        | "cache"
        | "cache_dates"
        | "infer_datetime_format"
        | "verbose"
        | "progress" => boolean(name, value).map(|_| true),
        "engine" | "float_precision" | "dtype_backend" => text(name, value).map(|_| true),
        "delim_whitespace" | "dayfirst" => Ok(!boolean(name, value)?),
        "try_parse_dates" | "keep_default_na" | "na_filter" | "glob" | "inferschema" | "double_quote"
        | "multiline" | "ignore_empty_lines" | "check_utf8" => boolean(name, value),
        // Without rows and columns it says so.
        "raise_if_empty" => Ok(!boolean(name, value)?),
        "new_line" => match text(name, value)? {
            "\n" | "\r" | "\r\n" | "\\n" | "\\r" | "\\r\\n" | "single" | "carry_on" => Ok(true),
            _ => {
                let hint = "line ends are found, also where they are mixed; others have to be made such first: tr '~' '\\n' < FILE | swath … '-'";
                Err(IoError::bad_option_hint(
                    name,
                    format!("a line ends with '\\n', '\\r' or '\\r\\n', not {value}"),
                    hint,
                ))
            }
        },
        _ => Ok(false),
    }
}
