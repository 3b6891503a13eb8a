//! What is found by looking at files, as the call that states it.

use std::collections::BTreeSet;

use swath_io::{CsvTable, SourceFile};
use swath_planner::{OptionValue, SourceCall, SourceFunction};

use crate::error::Result;
use crate::paths::Paths;
use crate::session::Session;
use crate::table::{is_json_by_content, is_json_by_name};

impl Session {
    /// Looks at the heads of CSV files, and returns the `read_csv(…)` call that states what was found: dialect,
    /// encoding, header, lines above it, and types. What the options of the session say is not guessed. For JSON it is the
    /// `read_json(…)` call. Blocks.
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
        let (first, defaults) = (paths.first().map_or("", String::as_str), self.sources().defaults());
        if is_json_by_name(first) || is_json_by_content(first, &files, defaults) {
            return Ok(
                SourceCall { function: SourceFunction::ReadJson, paths, options: Vec::new() }.to_string()
            );
        }
        let table = swath_io::infer_csv(&files, self.sources().defaults().csv())?;
        table.notes().iter().for_each(|note| self.sources().notes().add(note.clone()));
        let options = stated(&table, &files);
        Ok(SourceCall { function: SourceFunction::ReadCsv, paths, options }.to_string())
    }
}

/// What was found, as options. What differs from file to file is left to be found.
fn stated(table: &CsvTable, files: &[SourceFile]) -> Vec<(String, OptionValue)> {
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
    let options = table.options();
    let type_of = |column: &swath_io::Column| (column.name.clone(), OptionValue::Text(column.ty.to_string()));
    let all = [
        Some(("delim", character(Some(table.delim())))),
        Some(("quote", character(table.quote()))),
        Some(("escape", character(table.escape()))),
        Some(("comment", character(table.comment()))),
        skips.iter().next().filter(|_| skips.len() == 1).map(|lines| ("skip", number(*lines))),
        table.header().map(|header| ("header", OptionValue::Boolean(header))),
        Some(("encoding", OptionValue::Text(table.encoding().to_string().to_lowercase()))),
        (!options.nullstr.is_empty()).then(|| ("nullstr", texts(&options.nullstr))),
        options.compression.map(|codec| ("compression", OptionValue::Text(codec.to_string()))),
        Some(("types", OptionValue::Map(table.columns().iter().map(type_of).collect()))),
    ];
    all.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect()
}
