//! Settings that SQL can change: `SET memory_limit = '2GB'`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::config::ConfigOptions;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use swath_io::memory;
use swath_planner::{SettingCall, nearest};

use crate::error::{Error, Result};
use crate::resources::Resources;

/// A setting of Swath.
#[derive(Debug, Clone, Copy)]
enum Setting {
    MemoryLimit,
    MaxSpill,
    TempDir,
    Timeout,
    TimeZone,
    NullOrder,
    IntegerDivision,
}

/// All names of settings, the first of each the one that is shown.
const NAMES: [(&str, Setting); 12] = [
    ("memory_limit", Setting::MemoryLimit),
    ("max_memory", Setting::MemoryLimit),
    ("max_spill", Setting::MaxSpill),
    ("max_temp_directory_size", Setting::MaxSpill),
    ("temp_dir", Setting::TempDir),
    ("temp_directory", Setting::TempDir),
    ("timeout", Setting::Timeout),
    ("statement_timeout", Setting::Timeout),
    ("timezone", Setting::TimeZone),
    ("default_null_order", Setting::NullOrder),
    ("null_order", Setting::NullOrder),
    ("integer_division", Setting::IntegerDivision),
];

/// Where nulls stand in an `ORDER BY` that does not say it, under DuckDB's names and the relational core's.
const NULL_ORDERS: [(&str, &str); 10] = [
    ("nulls_last", "nulls_last"),
    ("last", "nulls_last"),
    ("nulls_first", "nulls_first"),
    ("first", "nulls_first"),
    ("nulls_last_on_asc_first_on_desc", "nulls_max"),
    ("postgres", "nulls_max"),
    ("nulls_max", "nulls_max"),
    ("nulls_first_on_asc_last_on_desc", "nulls_min"),
    ("sqlite", "nulls_min"),
    ("nulls_min", "nulls_min"),
];

impl Resources {
    /// Carries out what a statement says of a setting; the rows of its result. `None` if it is no setting of
    /// Swath.
    ///
    /// # Errors
    /// The setting does not take the value, or there is none of the name.
    pub(crate) fn call(
        &self,
        call: &SettingCall,
        options: &mut ConfigOptions,
    ) -> Option<Result<SendableRecordBatchStream>> {
        match call {
            SettingCall::Set { name, value } => Some(match find(name) {
                Some(setting) => self.set(setting, value, options).and_then(|()| rows(None)),
                None => Err(unknown(name)),
            }),
            SettingCall::Show { name } => Some(rows(Some((name, &self.value(find(name)?, options))))),
        }
    }

    fn set(&self, setting: Setting, value: &str, options: &mut ConfigOptions) -> Result<()> {
        let default = value.eq_ignore_ascii_case("default");
        match setting {
            Setting::MemoryLimit => {
                let limit_bytes = match default {
                    true => memory::default_limit_bytes(),
                    false => parse_bytes("memory_limit", value)?,
                };
                self.budget.set_limit_bytes(limit_bytes);
                self.configure(options);
            }
            Setting::MaxSpill => {
                let max_bytes = if default { u64::MAX } else { parse_bytes("max_spill", value)? as u64 };
                self.spills.set_max_bytes(max_bytes);
                swath_io::bound_kept_pipes(max_bytes);
            }
            Setting::Timeout if default => self.set_time_limit(None),
            Setting::Timeout => self.set_time_limit(parse_duration("timeout", value)?),
            Setting::TimeZone if default || is_utc(value) => {
                options.execution.time_zone = Some("+00:00".to_owned());
            }
            Setting::TimeZone => {
                let hint = "say the zone where it is wanted, as in ts AT TIME ZONE 'Asia/Taipei'".to_owned();
                return Err(Error::query(
                    format!("timezone: points in time are told in UTC, expected 'UTC', found '{value}'"),
                    hint,
                ));
            }
            Setting::NullOrder => {
                let order = if default {
                    NULL_ORDERS[0].0.to_owned()
                } else {
                    value.to_lowercase().replace(' ', "_")
                };
                let known = NULL_ORDERS.iter().find(|(name, _)| *name == order);
                let (_, of_core) = known.ok_or_else(|| {
                    let hint = "the others are nulls_first, nulls_last_on_asc_first_on_desc (as in PostgreSQL) and \
                                nulls_first_on_asc_last_on_desc (as in SQLite)";
                    let found = format!("default_null_order: expected 'nulls_last' or another order, found '{value}'");
                    Error::query(found, hint.to_owned())
                })?;
                (*of_core).clone_into(&mut options.sql_parser.default_null_ordering);
            }
            Setting::IntegerDivision => {
                let is_on = !default && parse_bool("integer_division", value)?;
                self.divide_integers.store(is_on, Ordering::Relaxed);
            }
            Setting::TempDir => {
                self.refuse_writes()?;
                let folder = if default { std::env::temp_dir() } else { PathBuf::from(value) };
                if !folder.is_dir() {
                    let hint = "make it first, or name another one".to_owned();
                    return Err(Error::query(format!("temp_dir: '{value}' is no folder"), hint));
                }
                if !self.spills.set_folder(folder.clone()) {
                    let hint = "set it before the first query that needs the disk".to_owned();
                    return Err(Error::query("temp_dir: the folder is in use already", hint));
                }
                swath_io::keep_pipes_in(&folder);
            }
        }
        Ok(())
    }

    fn value(&self, setting: Setting, options: &ConfigOptions) -> String {
        match setting {
            Setting::TimeZone => match options.execution.time_zone.as_deref() {
                Some(zone) if !is_utc(zone) => zone.to_owned(),
                _ => "UTC".to_owned(),
            },
            Setting::NullOrder => {
                let of_core = options.sql_parser.default_null_ordering.as_str();
                let known = NULL_ORDERS.iter().find(|(_, known)| *known == of_core);
                known.map_or(of_core, |(name, _)| name).to_owned()
            }
            Setting::IntegerDivision => self.divide_integers.load(Ordering::Relaxed).to_string(),
            Setting::MemoryLimit => self.budget.limit_bytes().to_string(),
            Setting::MaxSpill if self.spills.max_bytes() == u64::MAX => "unlimited".to_owned(),
            Setting::MaxSpill => self.spills.max_bytes().to_string(),
            Setting::TempDir => self.spills.folder().display().to_string(),
            Setting::Timeout => self.time_limit().map_or("none".to_owned(), |limit| format!("{limit:?}")),
        }
    }
}

/// Whether a time zone is the one in which points in time are told.
fn is_utc(zone: &str) -> bool {
    ["utc", "gmt", "z", "zulu", "etc/utc", "0", "+0", "+00", "+0000", "+00:00"]
        .contains(&zone.to_lowercase().as_str())
}

fn find(name: &str) -> Option<Setting> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, setting)| *setting)
}

fn unknown(name: &str) -> Error {
    let known = NAMES.map(|(name, _)| name);
    let hint = match nearest(name, known) {
        _ if matches!(name, "threads" | "worker_threads") => {
            "it is said when the program begins: --threads 2, and threads(2) of the builder of a session".to_owned()
        }
        Some(nearest) => format!("did you mean {nearest}?"),
        None => "there are memory_limit, max_spill, temp_dir, timeout, timezone, default_null_order and integer_division, and \
                 those of the relational core, as in SET datafusion.execution.batch_size = 4096"
            .to_owned(),
    };
    Error::query(format!("there is no setting \"{name}\""), hint)
}

fn rows(value: Option<(&str, &str)>) -> Result<SendableRecordBatchStream> {
    let (schema, batches) = match value {
        None => (Arc::new(Schema::empty()), Vec::new()),
        Some((name, value)) => {
            let field = |name: &str| Field::new(name, DataType::Utf8, false);
            let schema = Arc::new(Schema::new(vec![field("name"), field("value")]));
            let text = |text: &str| Arc::new(StringArray::from(vec![text.to_owned()])) as _;
            let batch = RecordBatch::try_new(Arc::clone(&schema), vec![text(name), text(value)]);
            (schema, vec![batch.map_err(DataFusionError::from)?])
        }
    };
    let batches = futures::stream::iter(batches.into_iter().map(Ok));
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
}

/// A number of bytes: `1000000`, `512MB`, `1.5 GiB`, or a part of the machine's memory, `80%`.
///
/// # Errors
/// It is written in another way, or is 0; `option` is whose value it is.
pub fn parse_bytes(option: &str, text: &str) -> Result<usize> {
    let (number, unit) = split_number(text.trim());
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" | "bytes" => Some(1.0),
        "k" | "kb" => Some(1e3),
        "m" | "mb" => Some(1e6),
        "g" | "gb" => Some(1e9),
        "t" | "tb" => Some(1e12),
        "kib" => Some(f64::from(1 << 10)),
        "mib" => Some(f64::from(1 << 20)),
        "gib" => Some(f64::from(1 << 30)),
        "tib" => Some((1u64 << 40) as f64),
        "%" => Some(memory::available_bytes() as f64 / 100.0),
        _ => None,
    };
    let bytes = factor.zip(number.parse::<f64>().ok()).map(|(factor, number)| factor * number);
    match bytes.filter(|bytes| *bytes >= 1.0 && *bytes < 1e18) {
        Some(bytes) => Ok(bytes as usize),
        None => {
            let hint = "write a number of bytes, as 512MB, 1.5GiB or 80%".to_owned();
            Err(Error::query(format!("{option}: expected a number of bytes, found \"{text}\""), hint))
        }
    }
}

/// What is on or off.
fn parse_bool(option: &str, text: &str) -> Result<bool> {
    match text.to_lowercase().as_str() {
        "true" | "on" | "yes" | "1" => Ok(true),
        "false" | "off" | "no" | "0" => Ok(false),
        _ => {
            let hint = "write true or false".to_owned();
            Err(Error::query(format!("{option}: expected true or false, found \"{text}\""), hint))
        }
    }
}

/// A duration: `30` and `30s` are seconds, and there are `500ms`, `1.5m`, `2h`. `None` is no bound: `none`, `0`.
///
/// # Errors
/// It is written in another way; `option` is whose value it is.
pub fn parse_duration(option: &str, text: &str) -> Result<Option<Duration>> {
    let trimmed = text.trim();
    if trimmed.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    let (number, unit) = split_number(trimmed);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "ms" => Some(1e-3),
        "" | "s" | "sec" | "second" | "seconds" => Some(1.0),
        "m" | "min" | "minute" | "minutes" => Some(60.0),
        "h" | "hour" | "hours" => Some(3600.0),
        _ => None,
    };
    let seconds = factor.zip(number.parse::<f64>().ok()).map(|(factor, number)| factor * number);
    match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(limit) => Ok((!limit.is_zero()).then_some(limit)),
        None => {
            let hint = "write a number of seconds, or a unit behind it, as 500ms, 30s, 5m or 2h".to_owned();
            Err(Error::query(format!("{option}: expected a duration, found \"{text}\""), hint))
        }
    }
}

/// A number and the unit behind it.
fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_in_many_ways() {
        for (text, millis) in
            [("2", 2000), ("1.5 s", 1500), ("250ms", 250), ("3m", 180_000), ("1h", 3_600_000)]
        {
            assert_eq!(parse_duration("x", text).unwrap(), Some(Duration::from_millis(millis)), "{text}");
        }
        assert_eq!(parse_duration("x", "0").unwrap(), None);
        assert_eq!(parse_duration("x", "None").unwrap(), None);
        for text in ["", "s", "-1", "1d", "1e3", "soon", "99999999999999999999h"] {
            let error = parse_duration("timeout", text).unwrap_err();
            assert!(error.to_string().starts_with("timeout: expected a duration"), "{text}: {error}");
        }
    }

    #[test]
    fn bytes_are_written_in_many_ways() {
        for (text, expected) in [
            ("1000", 1000),
            ("512MB", 512_000_000),
            (" 1.5 GiB", 3 << 29),
            ("64k", 64_000),
            ("2 TB", 2_000_000_000_000),
        ] {
            assert_eq!(parse_bytes("x", text).unwrap(), expected, "{text}");
        }
        assert!(parse_bytes("x", "50%").unwrap() > 1 << 20);
        for text in ["", "MB", "-1", "0", "1 XB", "1e3", "1.2.3", "99999999999TB"] {
            let error = parse_bytes("memory_limit", text).unwrap_err();
            assert!(error.to_string().starts_with("memory_limit: expected"), "{text}: {error}");
        }
    }
}
