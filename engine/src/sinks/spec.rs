//! What is written and where, with nothing left to doubt.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use swath_io::{Codec, CompressionLimits, Compressor, Delim, Error as IoError, ErrorKind};

use super::atomic_file::{AtomicFile, is_standard_output};
use super::folders::{Existing, Folders};
use super::format::{
    CsvStyle, CsvWriter, ForceQuote, JsonWriter, ParquetCodec, ParquetStyle, ParquetWriter, RowWriter,
    TextWriter,
};
use super::memory::WriterMemory;
use super::options::{FileFormat, WriteOptions};
use super::target::Target;
use super::temporary::NewFolder;
use super::texts::Encode;
use crate::error::{Error, Result};

/// What standard output is called, and its file.
const STANDARD_OUTPUT: &str = "-";
const STANDARD_OUTPUT_FILE: &str = "/dev/stdout";

/// What is written and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct WriteSpec {
    pub(crate) target: Target,
    format: Format,
    codec: Codec,
    level: Option<u32>,
    /// How long a file gets before the next one begins.
    file_len_bytes: Option<u64>,
    /// Whether there is a file where there are no rows.
    pub(crate) writes_empty_files: bool,
    /// Whether files of an earlier write may be among those of this one.
    keeps_left_over: bool,
    /// Whether the files are told.
    pub(crate) returns_files: bool,
}

/// What was written.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) row_count: u64,
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Format {
    Csv(CsvStyle),
    Json { lines: bool, date_format: Option<String>, timestamp_format: Option<String> },
    Parquet(ParquetStyle),
    Text { nullstr: Option<String> },
}

impl WriteSpec {
    /// Finds out from the path what the options do not say.
    pub(crate) fn new(path: &Path, options: &WriteOptions) -> Result<Self> {
        if path.as_os_str().is_empty() {
            return Err(Error::query("there is no file to write to", "its name is empty".to_owned()));
        }
        let path = match path.to_str() {
            Some(text) => PathBuf::from(&*swath_io::from_home(text)),
            None => path.to_owned(),
        };
        let path = path.as_path();
        // As results have it that go into a pipe.
        let path = if path == Path::new(STANDARD_OUTPUT) { Path::new(STANDARD_OUTPUT_FILE) } else { path };
        let usual = is_standard_output(path).then_some(FileFormat::Csv);
        let named_codec = Codec::of_name(path);
        // Options that only CSV has say it, too, where a name says nothing, or no more than that it is text.
        let by_name = match FileFormat::of_name(path) {
            None | Some(FileFormat::Text) if options.ask_for_csv() => Some(FileFormat::Csv),
            by_name => by_name,
        };
        let Some(format) = options.format.or(by_name).or(usual) else {
            if path.is_dir() {
                let folder = path.display().to_string();
                let hint = format!(
                    "name a file in it, as in '{}/out.csv', or say the format of the files: csv, tsv, json, jsonl, parquet or text",
                    folder.trim_end_matches('/')
                );
                return Err(Error::query(format!("'{folder}' is a folder"), hint));
            }
            let hint = "say it with the option format: csv, tsv, json, jsonl, parquet or text";
            let message = format!("cannot tell a format from the name '{}'", path.display());
            return Err(Error::query(message, hint.to_owned()));
        };
        options.check_for(format)?;
        let codec = match (format, options.compression, named_codec) {
            (FileFormat::Parquet, _, Some(codec)) => {
                let hint = "its columns are compressed in it: leave the ending away".to_owned();
                return Err(Error::query(
                    format!("a Parquet file is not compressed with {codec} as a whole"),
                    hint,
                ));
            }
            (FileFormat::Parquet, None, None) => Codec::Zstd,
            (FileFormat::Parquet, Some(codec), None) if ParquetCodec::of(codec, None).is_none() => {
                let problem = format!("columns of Parquet cannot be compressed with {codec}");
                let hint = "zstd, snappy, gzip, lz4, or none";
                return Err(IoError::bad_option_hint("compression", problem, hint).into());
            }
            (_, Some(codec), _) => codec,
            (_, None, named) => named.unwrap_or(Codec::Plain),
        };
        codec.check_level(options.compression_level)?;
        if format == FileFormat::Parquet
            && (options.snappy || codec == Codec::Lz4)
            && options.compression_level.is_some()
        {
            return Err(
                IoError::bad_option("compression_level", "this codec of columns has no levels").into()
            );
        }
        let ending = ending(options.file_extension.as_deref().unwrap_or(format.extension()), format, codec);
        let target = match options.partition_by.is_empty() {
            true => {
                let is_numbered = options.per_partition.or(options.file_size_bytes.map(|_| true));
                let target = Target::new(path, is_numbered, &ending)?;
                Folders::refuse_options(options, &target)?;
                target
            }
            false => Target::Folders(Folders::new(path, options, &ending)?),
        };
        // As .ndjson (FORMAT json) is meant.
        let format = match FileFormat::of_name(path) {
            Some(FileFormat::JsonLines) if format == FileFormat::Json => FileFormat::JsonLines,
            _ => format,
        };
        let format = Format::new(format, codec, options)?;
        // Parquet compresses inside.
        let (codec, level) = match format {
            Format::Parquet(_) => (Codec::Plain, None),
            _ => (codec, options.compression_level),
        };
        Ok(Self {
            target,
            format,
            codec,
            level,
            file_len_bytes: options.file_size_bytes,
            writes_empty_files: options.write_empty_file != Some(false),
            keeps_left_over: options.existing == Some(Existing::OverwriteOrIgnore),
            returns_files: options.return_files,
        })
    }

    /// Whether each partition of rows is written to a file of its own. Where files are to have a length, all rows come in a row.
    pub(crate) fn takes_partitions(&self) -> bool {
        self.target.is_numbered() && self.file_len_bytes.is_none()
    }

    /// Whether the next file is to begin.
    pub(crate) fn is_long_enough(&self, file: &OpenFile) -> bool {
        self.file_len_bytes.is_some_and(|len| file.out.destination().len_bytes() >= len)
    }

    /// Refuses a file of an earlier write that would be taken for one of so many.
    pub(crate) fn refuse_left_over(&self, file_count: usize) -> Result<()> {
        match self.target.left_over(file_count) {
            Some(path) if !self.keeps_left_over => {
                let path = path.display();
                let message =
                    format!("{path} would be taken for one of the {file_count} files that are written");
                let hint = "remove the files of the earlier write, or write to another folder; OVERWRITE_OR_IGNORE keeps them";
                Err(Error::query(message, hint.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Whether rows of these columns can be written.
    pub(crate) fn check(&self, schema: &SchemaRef) -> Result<()> {
        match self.target.folders() {
            Some(folders) => self.check_written(&folders.written(schema)?),
            None => self.check_written(schema),
        }
    }

    /// Whether a file can have these columns.
    fn check_written(&self, schema: &SchemaRef) -> Result<()> {
        if let Format::Text { .. } = self.format {
            let hint = "select one column, or write CSV or JSON";
            TextWriter::check(schema).map_err(|problem| Error::query(problem, hint.to_owned()))?;
        }
        if schema.fields().is_empty() {
            return Err(Error::query("there are no columns to write", None));
        }
        if let Format::Csv(style) = &self.format
            && let Some(name) = style.force_quote.unknown(schema.fields())
        {
            let problem = format!("no column is named \"{name}\"");
            let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            let hint = format!("the columns are: {}", names.join(", "));
            return Err(IoError::bad_option_hint("force_quote", problem, hint).into());
        }
        // Formats refuse some types when they start.
        self.writer(schema, None, 1).start(&mut io::sink()).map_err(|error| {
            let hint = "leave the column away, or cast it to another type: CAST(column AS text)";
            Error::query(format!("cannot write to {}: {error}", self.target), hint.to_owned())
        })
    }

    /// Begins the file of a partition.
    pub(crate) fn open(
        &self,
        partition: usize,
        schema: &SchemaRef,
        memory: Option<WriterMemory>,
        compression: CompressionLimits,
    ) -> Result<OpenFile> {
        let path = self.target.path(partition);
        let new_folder = self.target.new_folder();
        let file = match new_folder {
            Some(_) => AtomicFile::create_for_new_folder(&path),
            None => AtomicFile::create(&path),
        };
        let file = file.map_err(|source| {
            let path = new_folder.filter(|folder| !folder.exists()).unwrap_or(&path).to_owned();
            IoError::from(ErrorKind::Io { path, action: "create", source })
        })?;
        let mut open = self.begin(file, path, schema, memory, compression)?;
        open.partition = partition;
        Ok(open)
    }

    /// Begins a file of rows, which is told as one at `path`.
    pub(super) fn begin(
        &self,
        file: AtomicFile,
        path: PathBuf,
        schema: &SchemaRef,
        memory: Option<WriterMemory>,
        compression: CompressionLimits,
    ) -> Result<OpenFile> {
        let out = Compressor::new(self.codec, self.level, file)?;
        let writer = self.writer(schema, memory, compression.threads);
        let mut open = OpenFile { out, writer, path, partition: 0 };
        open.set_limits(compression);
        let started = open.writer.start(&mut open.out);
        started.map_err(|error| open.cannot_write(error))?;
        Ok(open)
    }

    /// What an open file holds, by estimate: what its codec and its format collect before they hand it on.
    pub(super) fn file_len_bytes(&self, schema: &SchemaRef) -> usize {
        let of_codec = Compressor::<AtomicFile>::len_bytes(self.codec, self.level);
        let of_format = match self.format {
            Format::Parquet(_) => (1 << 20) + schema.fields().len() * (128 << 10),
            _ => 256 << 10,
        };
        of_codec + of_format
    }

    /// How batches become text, if each can without those in front of it.
    pub(crate) fn encode_apart(&self) -> Option<Encode> {
        match self.format {
            Format::Csv(_) | Format::Json { lines: true, .. } | Format::Text { .. } => {}
            Format::Json { lines: false, .. } | Format::Parquet(_) => return None,
        }
        let spec = self.clone();
        Some(Arc::new(move |batch, rows_before| {
            let mut text = Vec::new();
            let mut writer = match &spec.format {
                Format::Text { nullstr } => Box::new(TextWriter::new(nullstr.clone()).behind(rows_before)),
                _ => spec.writer(batch.schema_ref(), None, 1),
            };
            writer.write(batch, &mut text).map(|()| text)
        }))
    }

    /// Gives whole files their names, in a folder that is made for it if it is not there and should be. Returns these.
    pub(crate) fn commit(&self, mut files: Vec<SealedFile>) -> Result<Vec<PathBuf>> {
        files.sort_by_key(|file| file.partition);
        let folder = files.first().filter(|_| self.target.new_folder().is_some());
        let folder = folder.map(|file| file.file.folder().to_owned());
        let made = folder.map(|folder| {
            NewFolder::make(folder.clone())
                .map_err(|source| IoError::from(ErrorKind::Io { path: folder, action: "create", source }))
        });
        let _made = made.transpose()?;
        files.into_iter().map(SealedFile::commit).collect()
    }

    fn writer(&self, schema: &SchemaRef, memory: Option<WriterMemory>, threads: usize) -> Box<dyn RowWriter> {
        let schema = SchemaRef::clone(schema);
        match &self.format {
            Format::Csv(style) => Box::new(CsvWriter::new(schema, style.clone())),
            Format::Json { lines, date_format, timestamp_format } => {
                let (date, timestamp) = (date_format.clone(), timestamp_format.clone());
                Box::new(JsonWriter::new(*lines).with_formats(date, timestamp))
            }
            Format::Parquet(style) => {
                let writer = ParquetWriter::new(schema, *style).with_threads(threads);
                Box::new(match memory {
                    Some(memory) => writer.with_memory(memory),
                    None => writer,
                })
            }
            Format::Text { nullstr } => Box::new(TextWriter::new(nullstr.clone())),
        }
    }
}

/// An error in words, with the file it is about.
fn cannot_write(path: &Path, source: io::Error) -> Error {
    IoError::from(ErrorKind::Io { path: path.to_owned(), action: "write", source }).into()
}

impl Format {
    fn new(format: FileFormat, codec: Codec, options: &WriteOptions) -> Result<Self> {
        let json = |usual: bool| Self::Json {
            lines: options.array.map_or(usual, |array| !array),
            date_format: options.date_format.clone(),
            timestamp_format: options.timestamp_format.clone(),
        };
        Ok(match format {
            FileFormat::Csv | FileFormat::Tsv => {
                let usual = if format == FileFormat::Tsv { b'\t' } else { b',' };
                let style = CsvStyle::default();
                let style = CsvStyle {
                    delim: options.delim.unwrap_or(Delim::byte(usual)),
                    quote: options.quote.unwrap_or(style.quote),
                    escape: options
                        .escape
                        .filter(|escape| Some(*escape) != options.quote.unwrap_or(style.quote)),
                    comment: options.comment,
                    header: options.header.unwrap_or(style.header),
                    nullstr: options.nullstr.clone().unwrap_or(style.nullstr),
                    force_quote: options.force_quote.clone().unwrap_or_default(),
                    date_format: options.date_format.clone(),
                    timestamp_format: options.timestamp_format.clone(),
                    decimal_separator: options.decimal_separator.unwrap_or(style.decimal_separator),
                    crlf: options.crlf.unwrap_or_default(),
                    bom: options.bom.unwrap_or_default(),
                    quotes_misleading: style.quotes_misleading,
                };
                check_style(&style)?;
                Self::Csv(style)
            }
            FileFormat::Json => json(false),
            FileFormat::JsonLines => json(true),
            FileFormat::Parquet => Self::Parquet(ParquetStyle {
                codec: match options.snappy {
                    true => ParquetCodec::Snappy,
                    false => {
                        ParquetCodec::of(codec, options.compression_level).unwrap_or(ParquetCodec::Plain)
                    }
                },
                row_group_rows: options.row_group_size.unwrap_or(ParquetStyle::default().row_group_rows),
                row_group_bytes: options
                    .row_group_size_bytes
                    .unwrap_or(ParquetStyle::default().row_group_bytes),
            }),
            FileFormat::Text => Self::Text { nullstr: options.nullstr.clone() },
        })
    }
}

/// Characters that cannot all be told apart make no file that can be read again.
fn check_style(style: &CsvStyle) -> Result<(), IoError> {
    let delim = style.delim;
    let special =
        |byte: u8| delim.contains(byte) || Some(byte) == style.quote || matches!(byte, b'\n' | b'\r');
    if style.quote.is_some_and(|quote| delim.contains(quote)) {
        return Err(IoError::bad_option("delim", "it is the same as quote"));
    }
    if style.escape.is_some_and(|escape| delim.contains(escape)) {
        return Err(IoError::bad_option("escape", "it is a part of delim"));
    }
    if delim.is_run_of_blanks() || std::str::from_utf8(delim.as_bytes()).is_err() {
        return Err(IoError::bad_option("delim", "expected one to eight bytes of text"));
    }
    for (name, byte) in [("delim", delim.single()), ("quote", style.quote), ("escape", style.escape)] {
        if byte.is_some_and(|byte| matches!(byte, b'\n' | b'\r') || !byte.is_ascii()) {
            return Err(IoError::bad_option(name, "expected one ASCII character that ends no line"));
        }
    }
    if style.quote.is_none() && style.force_quote != ForceQuote::None {
        return Err(IoError::bad_option("force_quote", "there are no quotes: quote is empty"));
    }
    if style.nullstr.bytes().any(special) {
        return Err(IoError::bad_option("nullstr", "it contains the delimiter, the quote or a line end"));
    }
    Ok(())
}

/// The ending of a file in a folder.
fn ending(extension: &str, format: FileFormat, codec: Codec) -> String {
    match (format, codec) {
        (FileFormat::Parquet, _) | (_, Codec::Plain) => format!(".{extension}"),
        _ => format!(".{extension}.{}", codec.extension()),
    }
}

impl fmt::Display for WriteSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = match &self.format {
            Format::Csv(style) if style.delim.single() == Some(b'\t') => "tsv",
            Format::Csv(_) => "csv",
            Format::Json { lines: true, .. } => "jsonl",
            Format::Json { lines: false, .. } => "json",
            Format::Parquet(_) => "parquet",
            Format::Text { .. } => "text",
        };
        write!(f, "{}, {format}", self.target)?;
        match (self.codec, &self.format) {
            (_, Format::Parquet(ParquetStyle { codec, .. })) => write!(f, "{codec}"),
            (Codec::Plain, _) => Ok(()),
            (codec, _) => write!(f, ", {codec}"),
        }
    }
}

/// A file that is being written. Dropped before [`OpenFile::seal`] and commit, it disappears.
pub(crate) struct OpenFile {
    out: Compressor<AtomicFile>,
    writer: Box<dyn RowWriter>,
    path: PathBuf,
    partition: usize,
}

impl OpenFile {
    /// Lets several threads compress from here on, if the codec can be shared.
    pub(super) fn set_limits(&mut self, compression: CompressionLimits) {
        self.out.set_limits(compression);
    }

    /// Writes some rows.
    pub(crate) fn write(&mut self, batch: &arrow::array::RecordBatch) -> Result<()> {
        self.writer.write(batch, &mut self.out).map_err(|error| self.cannot_write(error))
    }

    /// Writes the text of some rows.
    pub(crate) fn write_text(&mut self, text: io::Result<Vec<u8>>) -> Result<()> {
        let written = text.and_then(|text| self.out.write_all(&text));
        written.map_err(|error| self.cannot_write(error))
    }

    /// Writes the end and puts the file on the disk, still without its name.
    pub(crate) fn seal(self) -> Result<SealedFile> {
        let Self { mut out, mut writer, path, partition } = self;
        let sealed = writer.finish(&mut out).and_then(|()| {
            let mut file = out.finish()?;
            file.flush()?;
            file.seal()?;
            Ok(file)
        });
        match sealed {
            Ok(file) => Ok(SealedFile { file, path, partition }),
            Err(error) => Err(cannot_write(&path, error)),
        }
    }

    fn cannot_write(&self, error: io::Error) -> Error {
        cannot_write(&self.path, error)
    }
}

/// A file that is whole and waits for its name.
pub(crate) struct SealedFile {
    file: AtomicFile,
    path: PathBuf,
    partition: usize,
}

impl SealedFile {
    /// Gives the file its name, and returns this.
    fn commit(self) -> Result<PathBuf> {
        let Self { file, path, .. } = self;
        file.commit().map_err(|error| cannot_write(&path, error))?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, options: &WriteOptions) -> Result<String> {
        WriteSpec::new(Path::new(path), options).map(|spec| spec.to_string())
    }

    #[test]
    fn names_tell_format_and_codec() {
        let usual = |path| shown(path, &WriteOptions::default()).unwrap();
        assert_eq!(usual("a.csv"), "'a.csv', csv");
        assert_eq!(usual("A.TSV.GZ"), "'A.TSV.GZ', tsv, gzip");
        assert_eq!(usual("a.json.zst"), "'a.json.zst', json, zstd");
        assert_eq!(usual("a.ndjson.xz"), "'a.ndjson.xz', jsonl, xz");
        assert_eq!(usual("a-*.txt.lz4"), "'a-*.txt.lz4', text, lz4");
        assert_eq!(usual("a.parquet"), "'a.parquet', parquet, zstd");
    }

    #[test]
    fn options_go_before_names() {
        let options = WriteOptions::default().format(FileFormat::Csv).compression(Codec::Bzip2);
        assert_eq!(shown("a.dat", &options).unwrap(), "'a.dat', csv, bzip2");
        let of_csv = WriteOptions::default().delim(b'|');
        assert_eq!(shown("a.tbl", &of_csv).unwrap(), "'a.tbl', csv");
        assert_eq!(shown("a.txt.gz", &of_csv).unwrap(), "'a.txt.gz', csv, gzip");
        assert!(shown("a.json", &of_csv).is_err());
        assert_eq!(shown("out/", &options).unwrap(), "'out/part-*.csv.bz2', csv, bzip2");
        let plain = WriteOptions::default().compression(Codec::Plain);
        assert_eq!(shown("a.csv.gz", &plain).unwrap(), "'a.csv.gz', csv");
        assert_eq!(shown("a.parquet", &plain).unwrap(), "'a.parquet', parquet");
    }

    #[test]
    fn doubt_is_an_error() {
        let error = |path, options: WriteOptions| shown(path, &options).unwrap_err().to_string();
        let usual = WriteOptions::default;
        assert_eq!(error("a.xlsx", usual()), "cannot tell a format from the name 'a.xlsx'");
        assert_eq!(error("a.gz", usual()), "cannot tell a format from the name 'a.gz'");
        assert_eq!(error("", usual()), "there is no file to write to");
        assert_eq!(error("a.parquet.gz", usual()), "a Parquet file is not compressed with gzip as a whole");
        assert_eq!(
            error("a.parquet", usual().compression(Codec::Xz)),
            "option compression: columns of Parquet cannot be compressed with xz"
        );
        assert_eq!(
            error("a.csv", usual().compression_level(3)),
            "option compression_level: nothing is compressed"
        );
        assert_eq!(error("a.csv", usual().delim(b'"')), "option delim: it is the same as quote");
        assert_eq!(
            error("a.csv", usual().nullstr(",")),
            "option nullstr: it contains the delimiter, the quote or a line end"
        );
    }
}
