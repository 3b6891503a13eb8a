//! One flight as one line of text, with what each year's files have and have not.

use super::airports::AIRPORTS;
use super::carriers::CARRIERS;
use super::flight::{Arrived, Causes, Day, Flight, LATE_MINUTES, Outcome};
use crate::calendar::Date;
use crate::random::hash;
use crate::text::push_int;

/// The first line of every file: the names of the 29 columns.
pub const HEADER: &str = "Year,Month,DayofMonth,DayOfWeek,DepTime,CRSDepTime,ArrTime,CRSArrTime,\
    UniqueCarrier,FlightNum,TailNum,ActualElapsedTime,CRSElapsedTime,AirTime,ArrDelay,DepDelay,\
    Origin,Dest,Distance,TaxiIn,TaxiOut,Cancelled,CancellationCode,Diverted,CarrierDelay,\
    WeatherDelay,NASDelay,SecurityDelay,LateAircraftDelay\n";

/// Appends the line of one flight, line feed included.
///
/// `prefix` is what the lines of a day begin with, see [`day_prefix`].
pub(super) fn push_record(
    line: &mut Vec<u8>,
    prefix: &[u8],
    day: &Day,
    flight: &Flight,
    tail_number: TailNumber,
) {
    let scheduled = &flight.scheduled;
    let year = day.date.year;
    let arrived = match flight.outcome {
        Outcome::Arrived(arrived) => Some(arrived),
        _ => None,
    };
    let (departure_delay, taxi_out) = match flight.outcome {
        Outcome::Cancelled { .. } => (None, None),
        Outcome::Diverted { departure_delay, taxi_out } => (Some(departure_delay), Some(taxi_out)),
        Outcome::Arrived(arrived) => (Some(arrived.departure_delay), Some(arrived.taxi_out)),
    };
    // Before 1995 nobody reported the time in the air and on the taxiways.
    let has_taxi = year >= FIRST_YEAR_OF_TAXI;

    line.extend_from_slice(prefix);
    number(line, departure_delay.map(|delay| clock(scheduled.departure_minute + delay, MIDNIGHT_END)));
    number(line, Some(clock(scheduled.departure_minute, 0)));
    number(
        line,
        arrived.map(|arrived| clock(flight.scheduled_arrival + arrived.arrival_delay, MIDNIGHT_END)),
    );
    number(line, Some(clock(flight.scheduled_arrival, 0)));
    word(line, CARRIERS[usize::from(scheduled.carrier)].code.as_bytes());
    number(line, Some(scheduled.flight_number));
    push_tail_number(line, day, flight, tail_number);
    number(line, arrived.map(|arrived| arrived.elapsed));
    number(line, Some(scheduled.elapsed_minutes));
    number(line, arrived.filter(|_| has_taxi).map(air_minutes));
    number(line, arrived.map(|arrived| arrived.arrival_delay));
    number(line, departure_delay);
    word(line, AIRPORTS[usize::from(scheduled.origin)].code.as_bytes());
    word(line, AIRPORTS[usize::from(scheduled.dest)].code.as_bytes());
    number(line, Some(scheduled.distance_miles));
    number(line, arrived.filter(|_| has_taxi).map(|arrived| arrived.taxi_in));
    number(line, taxi_out.filter(|_| has_taxi));
    number(line, Some(i32::from(matches!(flight.outcome, Outcome::Cancelled { .. }))));
    match flight.outcome {
        _ if !has_causes(day.date) => word(line, b"NA"),
        Outcome::Cancelled { reason } => word(line, &[reason]),
        _ => word(line, b""), // empty, not NA, in the real files too
    }
    number(line, Some(i32::from(matches!(flight.outcome, Outcome::Diverted { .. }))));
    push_causes(line, day.date, arrived);
    if let Some(last) = line.last_mut() {
        *last = b'\n'; // in place of the last comma
    }
}

/// Returns what every line of a day begins with, the comma after it included.
pub(super) fn day_prefix(date: Date) -> String {
    format!("{},{},{},{},", date.year, date.month, date.day, date.weekday())
}

/// What to write as registration of the aircraft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TailNumber {
    /// That of an aircraft of the carrier.
    Usual,
    /// `\xc6NKN\xc6`, which is not UTF-8: the real file of 2001 has such lines.
    Latin1,
}

const FIRST_YEAR_OF_TAXI: i32 = 1995;

/// How midnight is written as an actual time; as a scheduled one it is 0.
const MIDNIGHT_END: i32 = 2400;

/// Returns a time of day as hours times hundred plus minutes, with midnight as told.
fn clock(minute: i32, midnight: i32) -> i32 {
    match minute.rem_euclid(1440) {
        0 => midnight,
        minute => minute / 60 * 100 + minute % 60,
    }
}

fn air_minutes(arrived: Arrived) -> i32 {
    arrived.elapsed - arrived.taxi_in - arrived.taxi_out
}

/// Returns whether the day's flights have causes of delay and of cancellation.
fn has_causes(date: Date) -> bool {
    (date.year, date.month) >= (2003, 6)
}

fn push_causes(line: &mut Vec<u8>, date: Date, arrived: Option<Arrived>) {
    // The file of 2008 has causes for late flights only, earlier ones have 0 for others.
    let causes = match arrived {
        _ if !has_causes(date) => None,
        Some(arrived) if date.year < 2008 || arrived.arrival_delay >= LATE_MINUTES => Some(arrived.causes),
        None if date.year < 2008 => Some(Causes::default()),
        _ => None,
    };
    let Some(causes) = causes else {
        return line.extend_from_slice(b"NA,NA,NA,NA,NA,");
    };
    let Causes { carrier, weather, air_system, security, late_aircraft } = causes;
    for minutes in [carrier, weather, air_system, security, late_aircraft] {
        number(line, Some(minutes));
    }
}

fn push_tail_number(line: &mut Vec<u8>, day: &Day, flight: &Flight, tail_number: TailNumber) {
    let scheduled = &flight.scheduled;
    let year = day.date.year;
    // An aircraft keeps to a few flights of a day.
    let flights = scheduled.flight_number as u64 / 4;
    let drawn = hash(&[day.day_number, flights, u64::from(scheduled.carrier)]);
    let cancelled = matches!(flight.outcome, Outcome::Cancelled { .. });
    if year < FIRST_YEAR_OF_TAXI {
        return word(line, b"NA");
    }
    if cancelled && drawn % 5 < 3 {
        return word(line, if year <= 2001 || year == 2008 { b"NA" } else { b"0" });
    }
    if tail_number == TailNumber::Latin1 {
        return word(line, b"\xc6NKN\xc6");
    }
    if (1998..=2001).contains(&year) && (drawn >> 32).is_multiple_of(200) {
        return word(line, b"UNKNOW"); // six characters is all the column held
    }
    let carrier = &CARRIERS[usize::from(scheduled.carrier)];
    line.push(b'N');
    push_int(line, (100 + (drawn >> 8) % carrier.fleet_count()) as i32);
    line.extend_from_slice(&carrier.tail_suffix());
    line.push(b',');
}

fn number(line: &mut Vec<u8>, value: Option<i32>) {
    match value {
        Some(value) => push_int(line, value),
        None => line.extend_from_slice(b"NA"),
    }
    line.push(b',');
}

fn word(line: &mut Vec<u8>, value: &[u8]) {
    line.extend_from_slice(value);
    line.push(b',');
}
