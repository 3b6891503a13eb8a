//! The flights that one year's timetable holds.

use super::airports::{self, AIRPORTS};
use super::carriers::CARRIERS;
use crate::random::{Random, hash};

/// A flight of the timetable. Airports and carrier are indexes into their tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scheduled {
    pub carrier: u8,
    pub origin: u16,
    pub dest: u16,
    /// Scheduled departure, minutes after local midnight.
    pub departure_minute: i32,
    pub flight_number: i32,
    pub distance_miles: i32,
    /// From gate to gate, as scheduled.
    pub elapsed_minutes: i32,
}

/// Makes a timetable of `count` flights, ordered by carrier, origin, destination, time.
pub(super) fn timetable(seed: u64, year: i32, count: usize) -> Vec<Scheduled> {
    let mut random = Random::new(&[seed, year as u64, TIMETABLE]);
    let flying: Vec<usize> =
        (0..CARRIERS.len()).filter(|&carrier| CARRIERS[carrier].flies_in(year)).collect();
    let shares: Vec<u32> = flying.iter().map(|&carrier| CARRIERS[carrier].share).collect();
    let total: u64 = shares.iter().map(|&share| u64::from(share)).sum();
    let mut flights = Vec::with_capacity(count);
    let mut before = 0;
    for (&carrier, &share) in flying.iter().zip(&shares) {
        // Rounded on the running sum, so that the parts add up to the whole.
        let first = (count as u64 * before / total) as usize;
        before += u64::from(share);
        let end = (count as u64 * before / total) as usize;
        let routes = Routes::new(carrier);
        flights.extend((first..end).map(|_| draw(carrier, &routes, &mut random)));
    }
    flights.sort_unstable();
    flights
}

/// Draws one flight of a carrier.
fn draw(carrier: usize, routes: &Routes, random: &mut Random) -> Scheduled {
    let (origin, dest) = routes.draw(random);
    let distance = AIRPORTS[origin].distance_miles(&AIRPORTS[dest]);
    let route_key = hash(&[origin as u64, dest as u64]);
    // Most flights leave between 6 and 20 o'clock, at a multiple of five minutes.
    let hour = HOURS[random.index(HOURS.len())];
    let minute = if random.chance(0.85) { 5 * random.between(0, 11) } else { random.between(0, 59) };
    let departure_minute = 60 * hour + minute;
    let flight_key = [carrier as u64, route_key, departure_minute as u64];
    Scheduled {
        carrier: carrier as u8,
        origin: origin as u16,
        dest: dest as u16,
        departure_minute,
        flight_number: 1 + (hash(&flight_key) % 6800) as i32,
        distance_miles: distance.round() as i32,
        // 456 miles an hour, and what a route spends on the ground and in the queue.
        elapsed_minutes: (distance / 7.6 + 38.0) as i32 + (route_key % 9) as i32,
    }
}

/// The routes of one carrier and how often each is flown.
struct Routes {
    /// Origin, destination, and the sum of weights up to and with this one.
    cumulative: Vec<(usize, usize, u64)>,
}

impl Routes {
    fn new(carrier: usize) -> Self {
        let carrier = &CARRIERS[carrier];
        let mut cumulative = Vec::new();
        let mut sum = 0;
        for (rank, code) in carrier.hubs.iter().enumerate() {
            let hub = airports::find(code).expect("a test looks up every hub");
            for (other, airport) in AIRPORTS.iter().enumerate() {
                if carrier.flies_to(&AIRPORTS[hub], airport) {
                    // Large airports get more flights, though not in full proportion.
                    let weight = (2 + airport.weight.isqrt()) * 100 / (4 + rank as u32);
                    for (origin, dest) in [(hub, other), (other, hub)] {
                        sum += u64::from(weight);
                        cumulative.push((origin, dest, sum));
                    }
                }
            }
        }
        Self { cumulative }
    }

    fn draw(&self, random: &mut Random) -> (usize, usize) {
        let total = self.cumulative.last().map_or(0, |route| route.2);
        let drawn = random.below(total);
        let at = self.cumulative.partition_point(|route| route.2 <= drawn);
        let (origin, dest, _) = self.cumulative[at];
        (origin, dest)
    }
}

/// Keeps the stream of the timetable apart from those of the days.
const TIMETABLE: u64 = 0x7469_6d65;

/// Hours of departure; an hour that is listed twice has twice the flights.
const HOURS: [i32; 34] = [
    5, 6, 6, 6, 7, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 17, 18,
    18, 19, 19, 20, 21,
];

/// Returns the most flights a day has a use for: as many as the busiest, and some more.
pub(super) fn timetable_count(busiest_day: u64) -> usize {
    // Below the first, small data would fly to few places; above the last, memory goes
    // to flights that nobody can tell apart.
    const LEAST: u64 = 16_000;
    const MOST: u64 = 100_000;
    (busiest_day + busiest_day / 8).clamp(LEAST, MOST) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn country_is_covered() {
        let flights = timetable(1, 2008, 16_000);
        assert_eq!(flights.len(), 16_000);
        let origins: BTreeSet<_> = flights.iter().map(|flight| flight.origin).collect();
        assert!(origins.len() >= 250, "{} airports", origins.len());
        let carriers: BTreeSet<_> = flights.iter().map(|flight| flight.carrier).collect();
        assert_eq!(carriers.len(), 20); // all but HP and TW
    }

    #[test]
    fn united_flies_from_san_francisco() {
        let sfo = airports::find("SFO").unwrap() as u16;
        for year in 1987..=2008 {
            let dests: BTreeSet<_> = timetable(1, year, 16_000)
                .iter()
                .filter(|flight| CARRIERS[usize::from(flight.carrier)].code == "UA" && flight.origin == sfo)
                .map(|flight| flight.dest)
                .collect();
            assert!(dests.len() >= 20, "{year}: {}", dests.len());
        }
    }
}
