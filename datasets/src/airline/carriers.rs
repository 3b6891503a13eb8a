//! The carriers: their shares, years, hubs and where they fly.

use super::airports::{Airport, Region};
use crate::random::hash;

/// A carrier.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carrier {
    /// The code of two characters, as in `UniqueCarrier`.
    pub code: &'static str,
    /// Share of all flights, in thousandths, while all carriers fly.
    pub share: u32,
    /// First and last year with flights.
    years: (i32, i32),
    kind: Kind,
    /// Codes of the airports that every flight begins or ends at, the main one first.
    pub hubs: &'static [&'static str],
}

/// What a carrier's network looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Flies to the larger airports of the whole country.
    Trunk,
    /// Flies from its hubs to airports nearby, small ones too.
    Regional,
    /// Alaska and the west, and the largest airports elsewhere.
    Alaskan,
    /// Among the islands of Hawaii.
    Island,
}

impl Carrier {
    /// Returns whether the carrier has flights in this year.
    pub(super) fn flies_in(&self, year: i32) -> bool {
        (self.years.0..=self.years.1).contains(&year)
    }

    /// Returns whether the carrier has flights between this hub of its own and `airport`.
    pub(super) fn flies_to(&self, hub: &Airport, airport: &Airport) -> bool {
        if hub.code == airport.code {
            return false;
        }
        let near = hub.distance_miles(airport) <= 1100.0;
        match (self.kind, airport.region()) {
            (Kind::Trunk, Region::Alaska) => airport.weight >= 20,
            (Kind::Trunk, Region::Hawaii) => airport.weight >= 16 && hub.region() != Region::Caribbean,
            (Kind::Trunk, Region::Caribbean) => airport.weight >= 29 || self.code == "AA",
            (Kind::Trunk, _) => self.picks(airport, 5, 90),
            (Kind::Regional, Region::East | Region::West) => near && self.picks(airport, 1, 24),
            (Kind::Regional, _) => false,
            (Kind::Alaskan, Region::Alaska) => near || hub.code == "SEA" && airport.weight >= 2,
            (Kind::Alaskan, Region::West) => airport.weight >= 10,
            (Kind::Alaskan, Region::East) => airport.weight >= 110 && hub.code == "SEA",
            (Kind::Alaskan, _) => false,
            (Kind::Island, region) => region == Region::Hawaii,
        }
    }

    /// Returns the two letters that the registrations of the carrier's aircraft end with.
    pub(super) fn tail_suffix(&self) -> [u8; 2] {
        match self.code.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => [*a, *b],
            // Registrations end with letters: 9E flies as XJ, F9 as FR, B6 as JB.
            [b'9', _] => *b"XJ",
            [b'F', _] => *b"FR",
            _ => *b"JB",
        }
    }

    /// Returns the number of aircraft, at most 899 so that three digits tell them apart.
    pub(super) fn fleet_count(&self) -> u64 {
        u64::from(20 + 6 * self.share).min(899)
    }

    /// Chooses the airports of the carrier: none below `least`, all from `most`, between
    /// them some, always the same ones.
    fn picks(&self, airport: &Airport, least: u32, most: u32) -> bool {
        let keys = self.code.bytes().chain(airport.code.bytes());
        let keys: Vec<u64> = keys.map(u64::from).collect();
        let drawn = hash(&keys) % u64::from(most - least);
        airport.weight >= least && u64::from(airport.weight - least) * 3 + 8 > drawn
    }
}

const fn carrier(
    code: &'static str,
    share: u32,
    years: (i32, i32),
    kind: Kind,
    hubs: &'static [&'static str],
) -> Carrier {
    Carrier { code, share, years, kind, hubs }
}

/// All carriers, ordered by code.
pub(super) const CARRIERS: [Carrier; 22] = [
    carrier("9E", 20, (2007, 2008), Kind::Regional, &["MEM", "MSP", "DTW"]),
    carrier("AA", 130, (1987, 2008), Kind::Trunk, &["DFW", "ORD", "MIA", "SJU", "LGA", "BOS", "LAX", "STL"]),
    carrier("AQ", 6, (2001, 2008), Kind::Island, &["HNL", "OGG"]),
    carrier("AS", 30, (1987, 2008), Kind::Alaskan, &["SEA", "ANC", "PDX", "FAI", "JNU"]),
    carrier("B6", 22, (2003, 2008), Kind::Trunk, &["JFK", "BOS", "FLL"]),
    carrier("CO", 60, (1987, 2008), Kind::Trunk, &["IAH", "EWR", "CLE"]),
    carrier("DL", 125, (1987, 2008), Kind::Trunk, &["ATL", "CVG", "SLC", "DFW", "BOS", "MCO", "JFK"]),
    carrier("EV", 42, (2003, 2008), Kind::Regional, &["ATL", "CVG"]),
    carrier("F9", 14, (2005, 2008), Kind::Trunk, &["DEN"]),
    carrier("FL", 30, (2003, 2008), Kind::Trunk, &["ATL", "MCO"]),
    carrier("HA", 14, (2003, 2008), Kind::Island, &["HNL", "OGG", "KOA", "LIH"]),
    carrier("HP", 38, (1987, 2005), Kind::Trunk, &["PHX", "LAS", "CMH"]),
    carrier("MQ", 70, (2001, 2008), Kind::Regional, &["DFW", "ORD", "LAX", "XNA"]),
    carrier("NW", 72, (1987, 2008), Kind::Trunk, &["MSP", "DTW", "MEM"]),
    carrier("OH", 32, (2003, 2008), Kind::Regional, &["CVG", "JFK"]),
    carrier("OO", 80, (2003, 2008), Kind::Regional, &["SLC", "DEN", "SFO", "LAX", "ORD"]),
    carrier("TW", 40, (1987, 2001), Kind::Trunk, &["STL", "JFK"]),
    carrier("UA", 105, (1987, 2008), Kind::Trunk, &["ORD", "DEN", "SFO", "IAD", "LAX"]),
    carrier("US", 90, (1987, 2008), Kind::Trunk, &["CLT", "PIT", "PHL", "DCA", "LGA", "BOS"]),
    carrier(
        "WN",
        165,
        (1987, 2008),
        Kind::Trunk,
        &["MDW", "PHX", "LAS", "BWI", "HOU", "DAL", "OAK", "STL", "MCI", "BNA", "LAX", "SAN", "SJC", "TPA"],
    ),
    carrier("XE", 55, (2003, 2008), Kind::Regional, &["IAH", "EWR", "CLE"]),
    carrier("YV", 32, (2006, 2008), Kind::Regional, &["PHX", "IAD", "CLT", "ORD"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::airline::airports::find;

    #[test]
    fn every_hub_is_an_airport() {
        for hub in CARRIERS.iter().flat_map(|carrier| carrier.hubs) {
            assert!(find(hub).is_some(), "{hub}");
        }
        assert!(CARRIERS.is_sorted_by(|a, b| a.code < b.code));
    }
}
