//! `t AT TIME ZONE 'Europe/Berlin'`, which is `timezone('Europe/Berlin', t)`: a point in time as clocks there show it, and the point in
//! time at which they show a time.
//!
//! The relational core gives a point in time of the zone in both cases, of which what is cast or compared is told in UTC again.

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone};
use datafusion::arrow::array::temporal_conversions::as_datetime_with_timezone;
use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{ScalarValue, exec_datafusion_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::nested_as_text::is_text;
use super::refused;

const MICROS: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// The function of a zone and a time.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct AtZone {
    signature: Signature,
}

impl Default for AtZone {
    fn default() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for AtZone {
    fn name(&self) -> &str {
        "timezone"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        plan_err!("timezone has a type by its arguments")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let zone =
            args.scalar_arguments.first().copied().flatten().and_then(|zone| zone.try_as_str()).flatten();
        let Some(zone) = zone else {
            return Err(refused("AT TIME ZONE: expected the name of a zone in quotes", HINT));
        };
        let zone = &known(zone)?;
        let ty = match args.arg_fields[1].data_type() {
            DataType::Timestamp(_, Some(_)) => MICROS,
            DataType::Timestamp(_, None) | DataType::Date32 | DataType::Null => in_zone(zone),
            text if is_text(text) => in_zone(zone),
            other => return plan_err!("AT TIME ZONE is of times, found {other}"),
        };
        Ok(Arc::new(Field::new(self.name(), ty, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [ColumnarValue::Scalar(zone), time] = args.args.as_slice() else {
            return Err(exec_datafusion_err!("timezone: no zone"));
        };
        let Some(Some(zone)) = zone.try_as_str() else {
            return Err(exec_datafusion_err!("timezone: no zone"));
        };
        let of_clocks = args.return_field.data_type() == &MICROS;
        let name = known(zone)?;
        let zone = parsed(&name)?;
        if !of_clocks {
            return point_in(time, zone, &name);
        }
        let points = time.cast_to(&in_zone("+00:00"), None)?;
        Ok(match points {
            ColumnarValue::Array(points) => {
                let points = points.as_primitive::<TimestampMicrosecondType>();
                let shown =
                    points.try_unary::<_, TimestampMicrosecondType, _>(|micros| shown(micros, zone))?;
                ColumnarValue::Array(Arc::new(shown.with_data_type(MICROS)) as ArrayRef)
            }
            ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(micros, _)) => {
                let micros = micros.map(|micros| shown(micros, zone)).transpose()?;
                ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(micros, None))
            }
            ColumnarValue::Scalar(other) => ColumnarValue::Scalar(other.cast_to(&MICROS)?),
        })
    }
}

const HINT: &str = "as in t AT TIME ZONE 'Europe/Berlin'; 'UTC' and '+02:00' are zones, too";

fn in_zone(zone: &str) -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into()))
}

fn parsed(zone: &str) -> Result<Tz> {
    zone.parse().map_err(|_| refused(format!("there is no time zone \"{zone}\""), HINT))
}

/// The name of a zone as it is known, which may be written in other case.
fn known(zone: &str) -> Result<String> {
    let mut title = zone.to_lowercase();
    let begins: Vec<usize> = std::iter::once(0)
        .chain(title.match_indices(['/', '_', '-']).map(|(at, _)| at + 1))
        .filter(|at| title.is_char_boundary(at + 1))
        .collect();
    begins.into_iter().for_each(|at| title[at..=at].make_ascii_uppercase());
    let forms = [zone.to_owned(), zone.to_uppercase(), title];
    let known = forms.into_iter().find(|form| form.parse::<Tz>().is_ok());
    known.ok_or_else(|| refused(format!("there is no time zone \"{zone}\""), HINT))
}

/// The points in time at which clocks of a zone show times.
fn point_in(times: &ColumnarValue, zone: Tz, name: &str) -> Result<ColumnarValue> {
    Ok(match times.cast_to(&MICROS, None)? {
        ColumnarValue::Array(times) => {
            let times = times.as_primitive::<TimestampMicrosecondType>();
            let points = times.try_unary::<_, TimestampMicrosecondType, _>(|micros| point(micros, zone))?;
            ColumnarValue::Array(Arc::new(points.with_timezone(name)))
        }
        ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(micros, _)) => {
            let point = micros.map(|micros| point(micros, zone)).transpose()?;
            ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(point, Some(name.into())))
        }
        ColumnarValue::Scalar(other) => ColumnarValue::Scalar(other.cast_to(&in_zone(name))?),
    })
}

/// The point in time at which clocks of a zone show a time; the later one, if they show it twice. Of a time that they leave out, as they are put
/// forward, it is the one at which those would show it that are not.
fn point(micros: i64, zone: Tz) -> Result<i64> {
    let offset = |local: NaiveDateTime| zone.offset_from_local_datetime(&local).latest();
    DateTime::from_timestamp_micros(micros)
        .map(|shown| shown.naive_utc())
        .and_then(|local| {
            offset(local).or_else(|| offset(local.checked_sub_signed(TimeDelta::hours(HOURS))?))
        })
        .and_then(|offset| micros.checked_sub(i64::from(offset.fix().local_minus_utc()) * 1_000_000))
        .ok_or_else(|| exec_datafusion_err!("the time {micros} microseconds from 1970 is too far away"))
}

/// More than clocks are ever put forward by.
const HOURS: i64 = 25;

/// What clocks of a zone show at a point in time.
fn shown(micros: i64, zone: Tz) -> Result<i64> {
    as_datetime_with_timezone::<TimestampMicrosecondType>(micros, zone)
        .map(|time| time.naive_local().and_utc().timestamp_micros())
        .ok_or_else(|| exec_datafusion_err!("the time {micros} microseconds from 1970 is too far away"))
}
