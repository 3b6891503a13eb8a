//! What becomes of a scheduled flight on one day.

use super::airports::AIRPORTS;
use super::schedule::Scheduled;
use crate::calendar::Date;
use crate::random::{Random, hash};

/// A flight of one day. All times are in minutes; times of day are local and may lie
/// outside the day, before 0 or from 1440 on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub scheduled: Scheduled,
    pub scheduled_arrival: i32,
    pub outcome: Outcome,
}

/// How a flight ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    /// Never left; the reason is a letter, `A` (carrier) to `D` (security).
    Cancelled { reason: u8 },
    /// Landed elsewhere.
    Diverted { departure_delay: i32, taxi_out: i32 },
    /// Arrived, `departure_delay + elapsed - scheduled.elapsed_minutes` late.
    Arrived(Arrived),
}

/// The times of a flight that arrived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    pub departure_delay: i32,
    pub arrival_delay: i32,
    /// From gate to gate; taxi in, taxi out and the time in the air add up to it.
    pub elapsed: i32,
    pub taxi_in: i32,
    pub taxi_out: i32,
    pub causes: Causes,
}

/// The minutes of an arrival delay by cause; all 0 if it is less than [`LATE_MINUTES`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Causes {
    pub carrier: i32,
    pub weather: i32,
    pub air_system: i32,
    pub security: i32,
    pub late_aircraft: i32,
}

/// The least arrival delay that counts as late and has its causes reported.
pub(super) const LATE_MINUTES: i32 = 15;

/// What is the same for all flights of one day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    pub seed: u64,
    pub date: Date,
    pub day_number: u64,
    pub daylight_time: bool,
}

impl Day {
    pub(super) fn new(seed: u64, date: Date) -> Self {
        Self { seed, date, day_number: date.day_number() as u64, daylight_time: date.has_daylight_time() }
    }

    /// Draws the fate of one flight.
    pub(super) fn fly(&self, scheduled: Scheduled, random: &mut Random) -> Flight {
        let [origin, dest] = [scheduled.origin, scheduled.dest].map(|i| &AIRPORTS[usize::from(i)]);
        let east =
            dest.utc_offset_minutes(self.daylight_time) - origin.utc_offset_minutes(self.daylight_time);
        let trouble = self.trouble(scheduled.origin);
        let outcome = if random.chance(0.012 + 0.008 * trouble * trouble) {
            Outcome::Cancelled { reason: reason(random) }
        } else {
            let departure_delay = departure_delay(scheduled.departure_minute, trouble, random);
            let taxi_out = (6.0 + random.exponential(4.0) + random.exponential(5.0)) as i32;
            if random.chance(0.0022) {
                Outcome::Diverted { departure_delay, taxi_out }
            } else {
                Outcome::Arrived(arrive(&scheduled, departure_delay, taxi_out, random))
            }
        };
        Flight {
            scheduled,
            scheduled_arrival: scheduled.departure_minute + scheduled.elapsed_minutes + east,
            outcome,
        }
    }

    /// Returns how bad the day is at an airport: 0.5 on a fine day, seldom above 2.
    fn trouble(&self, airport: u16) -> f64 {
        let drawn = hash(&[self.seed, self.day_number, u64::from(airport)]) >> 11;
        let unit = drawn as f64 / (1u64 << 53) as f64;
        // Bad days are few: the fourth power stays near 0 most of the time.
        0.5 + 1.8 * (unit * unit) * (unit * unit)
    }
}

/// Draws the departure delay: mostly a few minutes early, else late with a heavy tail.
///
/// The tail is that of Lomax (a shifted power law), cut at a day: about one late flight
/// in a hundred is later than three hours, one in several thousand later than twelve.
fn departure_delay(departure_minute: i32, trouble: f64, random: &mut Random) -> i32 {
    const LONGEST_MINUTES: f64 = 1500.0;
    const EXPONENT: f64 = 2.6;
    // Lateness builds up during the day.
    let late = (0.30 * trouble + 0.0003 * f64::from(departure_minute)).min(0.9);
    let drawn = random.unit();
    if drawn >= late {
        let rest = (drawn - late) / (1.0 - late);
        return -(12.0 * rest * rest) as i32;
    }
    let scale = 32.0 * (0.6 + 0.4 * trouble);
    let beyond = (1.0 + LONGEST_MINUTES / scale).powf(-EXPONENT);
    let surviving = 1.0 - drawn / late * (1.0 - beyond);
    (scale * (surviving.powf(-1.0 / EXPONENT) - 1.0)) as i32
}

/// Draws the rest of a flight that arrives.
fn arrive(scheduled: &Scheduled, departure_delay: i32, taxi_out: i32, random: &mut Random) -> Arrived {
    const SHORTEST_IN_AIR_MINUTES: i32 = 12;
    let taxi_in = (2.0 + random.exponential(4.5)) as i32;
    let mut gained = -4.0 + 10.0 * random.normal();
    if random.chance(0.02) {
        gained += random.exponential(30.0); // held on the ground or in the air
    }
    let least = taxi_in + taxi_out + SHORTEST_IN_AIR_MINUTES;
    let elapsed = (scheduled.elapsed_minutes + gained.round() as i32).max(least);
    let arrival_delay = departure_delay + elapsed - scheduled.elapsed_minutes;
    Arrived {
        departure_delay,
        arrival_delay,
        elapsed,
        taxi_in,
        taxi_out,
        causes: causes(arrival_delay, random),
    }
}

/// Splits an arrival delay between one cause or two.
fn causes(arrival_delay: i32, random: &mut Random) -> Causes {
    let mut causes = Causes::default();
    if arrival_delay < LATE_MINUTES {
        return causes;
    }
    let first = if random.chance(0.35) { random.between(0, arrival_delay) } else { arrival_delay };
    for minutes in [first, arrival_delay - first] {
        let cause = match random.below(1000) {
            0..280 => &mut causes.carrier,
            280..330 => &mut causes.weather,
            330..700 => &mut causes.air_system,
            700..701 => &mut causes.security,
            _ => &mut causes.late_aircraft,
        };
        *cause += minutes;
    }
    causes
}

/// Draws why a flight was cancelled.
fn reason(random: &mut Random) -> u8 {
    match random.below(1000) {
        0..420 => b'A',
        420..780 => b'B',
        780..999 => b'C',
        _ => b'D',
    }
}
