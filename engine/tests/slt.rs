//! Runs the SQL files of `tests/sql` through the engine.
//!
//! Each file gets a session of its own and two variables: `$DATASETS`, the samples that ship, and
//! `$DIR`, a scratch folder with the files that [`scratch`] makes. Files named `codec_*.slt` run once
//! for every codec, with `$EXT` as the ending of its files. `SWATH_UPDATE_SLT=1` writes what is found
//! into the files instead of comparing, to be read in review.
#![allow(clippy::unwrap_used)]

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sqllogictest::{DBOutput, DefaultColumnType, Runner, default_normalizer, default_validator};
use swath::Session;
use swath::arrow::array::{Array, ArrayRef, RecordBatch};
use swath::arrow::datatypes::DataType;
use swath::arrow::util::display::array_value_to_string;
use swath_datasets::Codec;

#[test]
fn sql_files() {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root().join("engine/tests/sql")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5, "the SQL files are not where they should be");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut failures = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let codecs: &[Codec] = if name.starts_with("codec_damage") {
            &Codec::ALL[1..]
        } else if name.starts_with("codec_") {
            &Codec::ALL
        } else {
            &Codec::ALL[..1]
        };
        for codec in codecs {
            if let Err(error) = runtime.block_on(run(&file, *codec)) {
                failures.push(format!("{name} {codec:?}: {error}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

async fn run(file: &Path, codec: Codec) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    scratch(dir.path(), codec);
    let engine = || async { Ok(Engine::new(dir.path())) };
    let mut runner = Runner::new(engine);
    runner.set_var("DIR".into(), dir.path().display().to_string());
    runner.set_var("DATASETS".into(), root().join("datasets").display().to_string());
    runner.set_var("EXT".into(), codec.suffix().into());
    if std::env::var_os("SWATH_UPDATE_SLT").is_some() {
        let update = runner.update_test_file(file, " ", default_validator, default_normalizer, |_, _| true);
        return update.await.map_err(|error| error.to_string());
    }
    runner.run_file_async(file).await.map_err(|error| error.display(false).to_string())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Makes the files of the codec tests: whole ones, and damaged ones.
fn scratch(dir: &Path, codec: Codec) {
    let file = |name: &str, bytes: &[u8]| {
        fs::write(dir.join(format!("{name}{}", codec.suffix())), bytes).unwrap();
    };
    let table: String = (0..5000).map(|row| format!("{row},name {}\n", row * row % 1013)).collect();
    let whole = encode(codec, &format!("id,name\n{table}"));
    file("nothing.csv", b"");
    file("no_records.csv", &encode(codec, ""));
    file("header.csv", &encode(codec, "id,name\n"));
    file("one.csv", &encode(codec, "id,name\n1,x\n"));
    file("words.csv", &encode(codec, "ok,note,late\nyes,maybe,ja\nno,yes,\n"));
    file("headed.csv", &encode(codec, "a,b\n1,2\n"));
    let feature = |name: &str, geometry: &str| {
        format!("{{\"type\": \"Feature\", \"properties\": {{\"name\": {name}}}, \"geometry\": {geometry}}}")
    };
    let features =
        [feature("\"a\"", "{\"type\": \"Point\", \"coordinates\": [1, 2.5]}"), feature("null", "null")];
    let features = format!(
        "{{\"type\": \"FeatureCollection\", \"features\": [\n{}\n], \"n\": 2}}\n",
        features.join(",\n")
    );
    file("places.geojson", &encode(codec, &features));
    file("objects.json", &encode(codec, "[{\"id\": 1, \"x\": [\"a\", {\"b\": 1}]},\n {\"id\": 2}]\n"));
    file("no_newline.csv", &encode(codec, "id,name\n1,x\n2,y"));
    file("two_members.csv", &[encode(codec, "id,name\n1,x\n2,"), encode(codec, "y\n3,z\n")].concat());
    file("whole.csv", &whole);
    file("cut.csv", &whole[..whole.len() / 2]);
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0x20;
    file("flipped.csv", &flipped);
    // The data is whole; its checksum, where the codec has one behind it, is another one's.
    let mut other_sum = whole.clone();
    let at = if codec == Codec::Gz { whole.len() - 8 } else { whole.len() / 2 };
    other_sum[at] ^= 1;
    file("other_sum.csv", &other_sum);
    file("garbage.csv", &[encode(codec, "id,name\n1,x\n"), b"garbage".to_vec()].concat());
    let padding = vec![0; if codec == Codec::Plain { 0 } else { 512 }];
    file("padded.csv", &[encode(codec, "id,name\n1,x\n"), padding].concat());
    file("na.csv", &encode(codec, "v\n1\nNA\n7\n"));
    file("short.csv", &encode(codec, "id,name\n1,x\n2\n"));
    fs::create_dir(dir.join("empty")).unwrap();
    fs::create_dir(dir.join("mixed")).unwrap();
    fs::write(dir.join("mixed/1.csv"), "id,name\n1,x\n").unwrap();
    fs::write(dir.join("mixed/2.csv"), "").unwrap();
    file("mixed/3.csv", &encode(codec, "id,name\n2,y\n"));
    file("lines.txt", &encode(codec, "one\ntwo\r\n\nfour"));
    file("part1.csv", &encode(codec, "id,name\n1,x\n"));
    file("part2.csv", b"");
    file("part3.csv", &encode(codec, "name,id\ny,2.5\n"));
    // A name that promises another codec.
    let wrong = if codec == Codec::Gz { ".bz2" } else { ".gz" };
    fs::write(dir.join(format!("wrong.csv{wrong}")), &whole).unwrap();
    for (folder, text) in [
        ("year=2001/part=a", "id,name\n1,x\n2,y\n"),
        ("year=2002/part=__HIVE_DEFAULT_PARTITION__", "id,name\n3,z\n"),
        ("year=2002/part=b%2Fc", "name,more\nu,7\n"),
    ] {
        fs::create_dir_all(dir.join("hive").join(folder)).unwrap();
        fs::write(dir.join("hive").join(folder).join("x.csv"), text).unwrap();
    }
    fs::write(dir.join("latin1.csv"), b"id,name\n1,\xc6NK\n").unwrap();
    fs::write(
        dir.join("utf16.csv"),
        "\u{feff}id,name\n1,\u{c6}\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
    )
    .unwrap();
}

fn encode(codec: Codec, text: &str) -> Vec<u8> {
    let mut encoder = codec.encoder(Vec::new(), None).unwrap();
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A session, with the scratch folder's path masked in what it says.
struct Engine {
    session: Session,
    dir: String,
}

impl Engine {
    fn new(dir: &Path) -> Self {
        Self { session: Session::new().unwrap(), dir: dir.display().to_string() }
    }

    fn mask(&self, text: &str) -> String {
        let datasets = root().join("datasets").display().to_string();
        text.replace(&self.dir, "DIR").replace(&datasets, "DATASETS")
    }
}

/// An error with its detail and its hint.
#[derive(Debug)]
struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

#[async_trait::async_trait]
impl sqllogictest::AsyncDB for Engine {
    type Error = Failure;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failure> {
        let batches = self.session.collect(sql).await.map_err(|error| {
            let mut text = error.to_string();
            for (name, more) in [("detail", error.detail()), ("hint", error.hint())] {
                text.extend(more.map(|more| format!("\n  {name}: {more}")));
            }
            Failure(self.mask(&text))
        })?;
        let Some(first) = batches.first().filter(|batch| batch.num_columns() > 0) else {
            return Ok(DBOutput::Rows { types: vec![], rows: vec![] });
        };
        let types = first.schema().fields().iter().map(|field| column_type(field.data_type())).collect();
        let rows =
            batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| self.row(batch, row))).collect();
        Ok(DBOutput::Rows { types, rows })
    }

    async fn shutdown(&mut self) {}
}

impl Engine {
    fn row(&self, batch: &RecordBatch, row: usize) -> Vec<String> {
        let cell = |column: &ArrayRef| {
            if column.is_null(row) {
                return "NULL".to_owned();
            }
            match array_value_to_string(column, row).unwrap() {
                text if text.is_empty() => "(empty)".to_owned(),
                text => self.mask(&text),
            }
        };
        batch.columns().iter().map(cell).collect()
    }
}

fn column_type(ty: &DataType) -> DefaultColumnType {
    match ty {
        ty if ty.is_integer() => DefaultColumnType::Integer,
        ty if ty.is_floating() => DefaultColumnType::FloatingPoint,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DefaultColumnType::Text,
        _ => DefaultColumnType::Any,
    }
}
