//! What is found by looking at files, as the call that states it.

use std::collections::{BTreeMap, BTreeSet};

use swath_io::{CsvTable, Encoding, FileKind, FileLook, JsonOptions, SourceFile, TextOptions, TimeFormat};
use swath_planner::{OptionValue, SourceCall, SourceFunction};

use crate::error::Result;
use crate::options::NO_DELIM;
use crate::paths::Paths;
use crate::session::Session;
use crate::table::{SourceTable, is_json_by_name};

impl Session {
    /// Looks at the heads of files, and returns the call that states what was found: `read_csv(…)` with dialect,
    /// encoding, header, lines above it, and types; `read_json(…)` for objects of JSON; `read_parquet(…)`; `read_text(…)` for lines
    /// without fields. What the options of the session say is not guessed. If the files are of different kinds, there
    /// is a call for each on a line of its own, and a note says so. Blocks.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a.csv");
    /// std::fs::write(&path, "made by hand\nid;name\n1;'x;y'\n2;z\n")?;
    /// let call = swath::Session::new()?.sniff(&path)?;
    /// assert!(call.contains("delim = ';', quote = '\'\''"), "{call}");
    /// assert!(call.contains("skip = 1, header = true, encoding = 'utf8', types = {'id': 'bigint', 'name': 'text'}"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// No file, files that cannot be read, types for columns that are not there.
    pub fn sniff(&self, paths: impl Paths) -> Result<String> {
        let paths = paths.into_paths()?;
        let files = swath_io::expand(&paths)?;
        if files.iter().all(swath_io::is_parquet) {
            let function = SourceFunction::ReadParquet;
            return Ok(SourceCall { function, paths, options: Vec::new() }.to_string());
        }
        let mut looks = swath_io::look_at(&files, self.sources().defaults().csv())?;
        let is_csv = self.sources().defaults().csv().delim.is_some();
        for (file, look) in files.iter().zip(&mut looks) {
            if !is_csv && is_json_by_name(&file.path.to_string_lossy()) {
                look.kind = Some(FileKind::Json);
            }
        }
        let found: Vec<(SourceFile, FileLook)> = files.into_iter().zip(looks).collect();
        found_codecs(&found).into_iter().for_each(|note| self.sources().notes().add(note));
        let kinds: BTreeSet<FileKind> = found.iter().filter_map(|(_, look)| look.kind).collect();
        let kinds: Vec<FileKind> = kinds.into_iter().collect();
        if let [] | [_] = *kinds {
            return Ok(self
                .call_of(kinds.first().copied().unwrap_or(FileKind::Csv), paths, &found)?
                .to_string());
        }
        let mut calls = Vec::new();
        let mut counts = Vec::new();
        for kind in kinds {
            let files: Vec<_> = found.iter().filter(|(_, look)| look.kind == Some(kind)).cloned().collect();
            let paths = files.iter().map(|(file, _)| file.path.to_string_lossy().into_owned()).collect();
            let call = self.call_of(kind, paths, &files)?;
            counts.push(format!("{} for {}", files.len(), call.function));
            calls.push(call.to_string());
        }
        let note =
            format!("the files are of different kinds: {}; there is a call for each kind", counts.join(", "));
        self.sources().notes().add(note);
        Ok(calls.join("\n"))
    }

    /// The call that reads files of one kind.
    fn call_of(
        &self,
        kind: FileKind,
        paths: Vec<String>,
        found: &[(SourceFile, FileLook)],
    ) -> Result<SourceCall> {
        let files: Vec<SourceFile> = found.iter().map(|(file, _)| file.clone()).collect();
        let defaults = self.sources().defaults();
        let (function, mut options) = match kind {
            FileKind::Csv => {
                let table = swath_io::infer_csv(&files, defaults.csv())?;
                table.notes().iter().for_each(|note| self.sources().notes().add(note.clone()));
                (SourceFunction::ReadCsv, stated(&table, &files))
            }
            FileKind::Json => {
                let text = TextOptions { encoding: common_encoding(found), ..defaults.text() };
                let options = JsonOptions { text, ..defaults.json() };
                let table = swath_io::infer_json(&files, &options)?;
                let type_of = |column: &swath_io::JsonColumn| type_entry(&column.name, column.ty.to_string());
                let types: Vec<_> = table.columns().iter().map(type_of).collect();
                let types = (!types.is_empty()).then_some(("types", OptionValue::Map(types)));
                (SourceFunction::ReadJson, [encoding(found)].into_iter().chain(types).collect())
            }
            FileKind::Text => (SourceFunction::ReadText, vec![encoding(found)]),
        };
        options.extend(common_codec(found, defaults.csv().compression.is_some()));
        let options = options.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(SourceCall { function, paths, options })
    }
}

/// How the files are compressed, if that is not the same for all.
fn found_codecs(found: &[(SourceFile, FileLook)]) -> Option<String> {
    let mut codecs: BTreeMap<String, (usize, &SourceFile)> = BTreeMap::new();
    for (file, look) in found {
        codecs.entry(look.codec.to_string()).or_insert((0, file)).0 += 1;
    }
    let told = |(codec, (count, first)): (String, (usize, &SourceFile))| match count {
        1 => format!("{codec} ({})", first.path.display()),
        _ => format!("{codec} ({count} files, as {})", first.path.display()),
    };
    (codecs.len() > 1).then(|| {
        let told: Vec<String> = codecs.into_iter().map(told).collect();
        format!(
            "the files are compressed in different ways, and each is read by its own: {}",
            told.join(", ")
        )
    })
}

/// The codec of all files, if they are compressed, and all in one way, or if it was given.
fn common_codec(found: &[(SourceFile, FileLook)], given: bool) -> Option<(&'static str, OptionValue)> {
    let codecs: BTreeSet<String> = found.iter().map(|(_, look)| look.codec.to_string()).collect();
    let plain = swath_io::Codec::Plain.to_string();
    let codec = codecs.first().filter(|codec| codecs.len() == 1 && (given || **codec != plain))?;
    Some(("compression", OptionValue::Text(codec.clone())))
}

/// The encoding that all files that hold something can be in.
fn common_encoding(found: &[(SourceFile, FileLook)]) -> Encoding {
    let mut encodings = found.iter().filter(|(_, look)| look.kind.is_some()).map(|(_, look)| look.encoding);
    let Some(first) = encodings.next() else { return Encoding::Utf8 };
    if encodings.all(|other| other == first) { first } else { Encoding::Utf8 }
}

fn encoding(found: &[(SourceFile, FileLook)]) -> (&'static str, OptionValue) {
    ("encoding", OptionValue::Text(common_encoding(found).to_string().to_lowercase()))
}

fn type_entry(name: &str, ty: String) -> (String, OptionValue) {
    (name.to_owned(), OptionValue::Text(ty))
}

impl SourceTable {
    /// The call that states what was found of files of CSV; another call is as it was.
    pub(crate) fn stated_call(&self) -> SourceCall {
        let mut call = self.call().clone();
        if let Some(table) = self.csv() {
            let said = std::mem::take(&mut call.options);
            let found = stated(table, self.files());
            let is_found = |name: &str| found.iter().any(|(known, _)| *known == name);
            call.options = said.into_iter().filter(|(name, _)| !is_found(name)).collect();
            call.options.splice(0..0, found.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        }
        call
    }

    /// How the lines of the first file end that has any, as an option has it.
    pub(crate) fn line_end(&self) -> Option<&'static str> {
        self.csv().and_then(CsvTable::line_end)
    }
}

/// What was found of CSV, as options. What differs from file to file is left to be found.
fn stated(table: &CsvTable, files: &[SourceFile]) -> Vec<(&'static str, OptionValue)> {
    let character = |byte: Option<u8>| {
        OptionValue::Text(match byte {
            Some(b'\t') => "\\t".into(),
            Some(byte) => char::from(byte).to_string(),
            None => String::new(),
        })
    };
    let skips: BTreeSet<u64> = files.iter().map(|file| table.skip_of(&file.path)).collect();
    let number = |lines: u64| OptionValue::Number(lines.to_string());
    let texts = |words: &[String]| OptionValue::List(words.iter().cloned().map(OptionValue::Text).collect());
    let formats = |formats: &[TimeFormat]| match formats {
        [] => None,
        [one] => Some(OptionValue::Text(one.to_string())),
        many => Some(texts(&many.iter().map(ToString::to_string).collect::<Vec<_>>())),
    };
    let options = table.options();
    let type_of = |column: &swath_io::Column| type_entry(&column.name, column.type_name());
    let all = [
        table.delim().map(|delim| {
            let text = if delim == NO_DELIM { String::new() } else { delim.to_string() };
            ("delim", OptionValue::Text(text))
        }),
        table.quote().map(|quote| ("quote", character(quote))),
        table.escape().map(|escape| ("escape", character(escape))),
        match options.long_comment {
            Some(comment) => Some(("comment", OptionValue::Text(comment.to_string()))),
            None => table.comment().map(|comment| ("comment", character(comment))),
        },
        (table.skips_initial_blanks() == Some(true))
            .then_some(("skipinitialspace", OptionValue::Boolean(true))),
        options.bare_escapes.then_some(("bare_escapes", OptionValue::Boolean(true))),
        options.inline_comments.then_some(("inline_comments", OptionValue::Boolean(true))),
        options.loose_quotes.then_some(("loose_quotes", OptionValue::Boolean(true))),
        skips.iter().next().filter(|_| skips.len() == 1).map(|lines| ("skip", number(*lines))),
        (options.skip_after_header > 0).then(|| ("skip_after_header", number(options.skip_after_header))),
        (options.skip_footer > 0).then(|| ("skip_footer", number(options.skip_footer))),
        table.header().map(|header| ("header", OptionValue::Boolean(header))),
        table.encoding().map(|encoding| ("encoding", OptionValue::Text(encoding.to_string().to_lowercase()))),
        (options.decimal_separator != b'.')
            .then(|| ("decimal_separator", character(Some(options.decimal_separator)))),
        options.thousands.map(|sign| ("thousands", OptionValue::Text(sign.to_string()))),
        formats(&table.times().dates).map(|formats| ("dateformat", formats)),
        formats(&table.times().timestamps).map(|formats| ("timestampformat", formats)),
        (!options.nullstr.is_empty()).then(|| ("nullstr", texts(&options.nullstr))),
        (!options.nullstr_of.is_empty()).then(|| {
            let columns = options.nullstr_of.iter().map(|(name, words)| (name.clone(), texts(words)));
            ("null_values", OptionValue::Map(columns.collect()))
        }),
        (!options.nulls_in_quotes).then_some(("allow_quoted_nulls", OptionValue::Boolean(false))),
        (!options.not_null.is_empty()).then(|| ("force_not_null", texts(&options.not_null))),
        (!options.true_values.is_empty()).then(|| ("true_values", texts(&options.true_values))),
        (!options.false_values.is_empty()).then(|| ("false_values", texts(&options.false_values))),
        options.empty_is_text.then_some(("missing_utf8_is_empty_string", OptionValue::Boolean(true))),
        (!options.names.is_empty()).then(|| ("names", texts(&options.names))),
        options.normalize_names.then_some(("normalize_names", OptionValue::Boolean(true))),
        Some(("types", OptionValue::Map(table.columns().iter().map(type_of).collect()))),
    ];
    all.into_iter().flatten().collect()
}
