//! `strptime(text, form)` and `try_strptime(text, form)`: the time that a text tells in a form.
//!
//! The relational core wants a whole date and a whole time; here what a form does not tell is the beginning of what it tells: `2001-02` in
//! `%Y-%m` is the first of February.

use std::sync::Arc;

use chrono::format::Parsed;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use datafusion::arrow::array::{ArrayRef, AsArray, StringArray, TimestampMicrosecondBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use swath_io::TimeLetters;

use super::refused;

/// `strptime` and `try_strptime`. Behind the text stands the form, or several, of which the first that fits is taken.
pub(crate) fn strptime() -> [ScalarUDF; 2] {
    [false, true].map(|is_try| {
        ScalarUDF::from(Strptime { is_try, signature: Signature::user_defined(Volatility::Immutable) })
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Strptime {
    /// Whether a text that tells no time is null.
    is_try: bool,
    signature: Signature,
}

/// Years of times that tell none.
const NO_YEAR: i32 = 1900;

impl ScalarUDFImpl for Strptime {
    fn name(&self) -> &str {
        if self.is_try { "try_strptime" } else { "strptime" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types.len() {
            0 | 1 => plan_err!("{}: expected a text and its form", self.name()),
            count => Ok(vec![DataType::Utf8; count]),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, None))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let texts = cast(&args.args[0].to_array(rows)?, &DataType::Utf8)?;
        let forms = args.args[1..].iter().map(Forms::of).collect::<Result<Vec<_>>>()?;
        let mut times = TimestampMicrosecondBuilder::with_capacity(rows);
        for (row, text) in texts.as_string::<i32>().iter().enumerate() {
            let Some(text) = text else {
                times.append_null();
                continue;
            };
            let mut first = None;
            let time = forms.iter().find_map(|forms| {
                let form = forms.at(row)?;
                first.get_or_insert_with(|| form.to_string());
                form.time(text)
            });
            match (time, first) {
                (Some(time), _) => times.append_value(time.and_utc().timestamp_micros()),
                (None, Some(form)) if !self.is_try => {
                    return Err(refused(
                        format!("cannot read \"{text}\" as a time in the form '{form}'"),
                        "try_strptime(…) gives null where that is so; a list has several forms: ['%Y-%m-%d', '%d.%m.%Y']",
                    ));
                }
                _ => times.append_null(),
            }
        }
        let times: ArrayRef = Arc::new(times.finish());
        match is_constant {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&times, 0)?)),
            false => Ok(ColumnarValue::Array(times)),
        }
    }
}

/// The forms of all rows.
enum Forms {
    One(Option<Form>),
    EachRow(StringArray),
}

impl Forms {
    fn of(value: &ColumnarValue) -> Result<Self> {
        Ok(match value {
            ColumnarValue::Scalar(form) => Self::One(form.try_as_str().flatten().map(Form::new)),
            ColumnarValue::Array(forms) => {
                Self::EachRow(cast(forms, &DataType::Utf8)?.as_string::<i32>().clone())
            }
        })
    }

    fn at(&self, row: usize) -> Option<std::borrow::Cow<'_, Form>> {
        use datafusion::arrow::array::Array as _;
        use std::borrow::Cow;
        match self {
            Self::One(form) => form.as_ref().map(Cow::Borrowed),
            Self::EachRow(forms) if forms.is_null(row) => None,
            Self::EachRow(forms) => Some(Cow::Owned(Form::new(forms.value(row)))),
        }
    }
}

/// How a time is written.
#[derive(Clone)]
struct Form {
    written: String,
    /// None of a form that there is not, which no text has.
    letters: Option<TimeLetters>,
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written)
    }
}

impl Form {
    fn new(written: &str) -> Self {
        Self { written: written.to_owned(), letters: TimeLetters::new(written).ok() }
    }

    fn time(&self, text: &str) -> Option<NaiveDateTime> {
        // Blanks behind a time are nothing.
        let parsed = self.letters.as_ref()?.parse(text.trim_end())?;
        if let Some(seconds) = parsed.timestamp() {
            return Some(
                chrono::DateTime::from_timestamp(seconds, parsed.nanosecond().unwrap_or(0))?.naive_utc(),
            );
        }
        let time = date_of(&parsed)?.and_time(time_of(&parsed)?);
        match parsed.offset() {
            Some(seconds) => time.checked_sub_signed(TimeDelta::seconds(seconds.into())),
            None => Some(time),
        }
    }
}

fn date_of(parsed: &Parsed) -> Option<NaiveDate> {
    if let Ok(date) = parsed.to_naive_date() {
        return Some(date);
    }
    let mut whole = parsed.clone();
    let is_of_weeks =
        parsed.isoweek().is_some() || parsed.week_from_sun().is_some() || parsed.week_from_mon().is_some();
    if is_of_weeks || parsed.ordinal().is_some() {
        return None;
    }
    if parsed.year().is_none() && parsed.year_mod_100().is_none() {
        whole.set_year(NO_YEAR.into()).ok()?;
    }
    if parsed.month().is_none() {
        whole.set_month(1).ok()?;
    }
    if parsed.day().is_none() {
        whole.set_day(1).ok()?;
    }
    whole.to_naive_date().ok()
}

fn time_of(parsed: &Parsed) -> Option<NaiveTime> {
    let mut whole = parsed.clone();
    if parsed.hour_mod_12().is_none() {
        whole.set_hour(0).ok()?;
    } else if parsed.hour_div_12().is_none() {
        whole.set_ampm(false).ok()?;
    }
    if parsed.minute().is_none() {
        whole.set_minute(0).ok()?;
    }
    whole.to_naive_time().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_forms() {
        for (text, form, time) in [
            ("2001", "%Y", Some("2001-01-01 00:00:00")),
            ("2001-02", "%Y-%m", Some("2001-02-01 00:00:00")),
            ("3/2/01 10", "%d/%m/%y %H", Some("2001-02-03 10:00:00")),
            ("10:11 PM", "%I:%M %p", Some("1900-01-01 22:11:00")),
            ("2001-060", "%Y-%j", Some("2001-03-01 00:00:00")),
            ("2001-02-03T01:00:00.5+02:00", "%Y-%m-%dT%H:%M:%S.%f%z", Some("2001-02-02 23:00:00.500")),
            ("2001-02-03 01:00:00,25", "%x %H:%M:%S,%g", Some("2001-02-03 01:00:00.250")),
            ("2001-02-03 01:00:00-03", "%Y-%m-%d %H:%M:%S%z", Some("2001-02-03 04:00:00")),
            ("86400", "%s", Some("1970-01-02 00:00:00")),
            ("2001-02-30", "%Y-%m-%d", None),
            ("2001-02-03 x", "%Y-%m-%d", None),
            ("Tue 2001-02-03", "%a %Y-%m-%d", None),
            ("x", "%Q", None),
        ] {
            let found = Form::new(form).time(text).map(|time| time.to_string());
            assert_eq!(found.as_deref(), time, "{text} in {form}");
        }
    }
}
