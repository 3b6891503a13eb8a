//! The airports: where they are, their time zones, and how busy they are.

/// An airport.
#[derive(Debug, Clone, Copy)]
pub(super) struct Airport {
    /// The code of three letters, as in `Origin` and `Dest`.
    pub code: &'static str,
    latitude_deg: f64,
    longitude_deg: f64,
    utc_offset_hours: i32,
    keeps_daylight_time: bool,
    /// Departures in a year, in thousands; a round figure of the years around 2008.
    pub weight: u32,
}

impl Airport {
    /// Returns the offset of local time from UTC.
    pub(super) fn utc_offset_minutes(&self, daylight_time: bool) -> i32 {
        60 * (self.utc_offset_hours + i32::from(daylight_time && self.keeps_daylight_time))
    }

    /// Returns the great-circle distance in statute miles.
    pub(super) fn distance_miles(&self, other: &Self) -> f64 {
        const EARTH_RADIUS_MILES: f64 = 3958.8;
        let (a, b) = (self.latitude_deg.to_radians(), other.latitude_deg.to_radians());
        let east = (other.longitude_deg - self.longitude_deg).to_radians();
        // Haversine, which stays exact for neighbours.
        let h = ((b - a) / 2.0).sin().powi(2) + a.cos() * b.cos() * (east / 2.0).sin().powi(2);
        2.0 * EARTH_RADIUS_MILES * h.sqrt().asin()
    }

    /// Returns the part of the country that decides who flies there.
    pub(super) fn region(&self) -> Region {
        match self.utc_offset_hours {
            -4 => Region::Caribbean,
            -8 | -7 => Region::West,
            _ if self.longitude_deg > -130.0 => Region::East,
            -10 if self.latitude_deg < 30.0 => Region::Hawaii,
            _ => Region::Alaska,
        }
    }
}

/// A part of the country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    /// Central and Eastern time.
    East,
    /// Pacific and Mountain time.
    West,
    Alaska,
    Hawaii,
    Caribbean,
}

/// Returns the index of an airport in [`AIRPORTS`].
pub(super) fn find(code: &str) -> Option<usize> {
    AIRPORTS.binary_search_by(|airport| airport.code.cmp(code)).ok()
}

const fn at(
    code: &'static str,
    latitude_deg: f64,
    longitude_deg: f64,
    utc_offset_hours: i32,
    keeps_daylight_time: bool,
    weight: u32,
) -> Airport {
    Airport { code, latitude_deg, longitude_deg, utc_offset_hours, keeps_daylight_time, weight }
}

/// All airports, ordered by code.
///
/// Columns: code, latitude and longitude in degrees, hours from UTC in winter, whether
/// summer time is kept, departures in a year in thousands.
pub(super) const AIRPORTS: [Airport; 294] = [
    at("ABE", 40.65, -75.44, -5, true, 5),
    at("ABI", 32.41, -99.68, -6, true, 3),
    at("ABQ", 35.04, -106.61, -7, true, 41),
    at("ABR", 45.45, -98.42, -6, true, 1),
    at("ABY", 31.54, -84.19, -5, true, 2),
    at("ACT", 31.61, -97.23, -6, true, 2),
    at("ACV", 40.98, -124.11, -8, true, 3),
    at("ACY", 39.46, -74.58, -5, true, 2),
    at("ADK", 51.88, -176.65, -10, true, 1),
    at("ADQ", 57.75, -152.49, -9, true, 1),
    at("AEX", 31.33, -92.55, -6, true, 4),
    at("AGS", 33.37, -81.96, -5, true, 4),
    at("AKN", 58.68, -156.65, -9, true, 1),
    at("ALB", 42.75, -73.80, -5, true, 15),
    at("ALO", 42.56, -92.40, -6, true, 1),
    at("AMA", 35.22, -101.71, -6, true, 9),
    at("ANC", 61.17, -150.00, -9, true, 20),
    at("ASE", 39.22, -106.87, -7, true, 6),
    at("ATL", 33.64, -84.43, -5, true, 414),
    at("ATW", 44.26, -88.51, -6, true, 5),
    at("AUS", 30.19, -97.67, -6, true, 48),
    at("AVL", 35.44, -82.54, -5, true, 7),
    at("AVP", 41.34, -75.72, -5, true, 4),
    at("AZO", 42.23, -85.55, -5, true, 4),
    at("BDL", 41.94, -72.68, -5, true, 29),
    at("BET", 60.78, -161.84, -9, true, 2),
    at("BFL", 35.43, -119.06, -8, true, 6),
    at("BGM", 42.21, -75.98, -5, true, 1),
    at("BGR", 44.81, -68.83, -5, true, 3),
    at("BHM", 33.56, -86.75, -6, true, 24),
    at("BIL", 45.81, -108.54, -7, true, 6),
    at("BIS", 46.78, -100.76, -6, true, 4),
    at("BKG", 36.53, -93.20, -6, true, 1),
    at("BLI", 48.79, -122.54, -8, true, 2),
    at("BMI", 40.48, -88.92, -6, true, 4),
    at("BNA", 36.12, -86.68, -6, true, 54),
    at("BOI", 43.56, -116.22, -7, true, 18),
    at("BOS", 42.36, -71.01, -5, true, 117),
    at("BPT", 29.95, -94.02, -6, true, 1),
    at("BQN", 18.49, -67.13, -4, false, 2),
    at("BRL", 40.78, -91.13, -6, true, 1),
    at("BRO", 25.91, -97.43, -6, true, 3),
    at("BRW", 71.29, -156.77, -9, true, 1),
    at("BTM", 45.95, -112.50, -7, true, 1),
    at("BTR", 30.53, -91.15, -6, true, 11),
    at("BTV", 44.47, -73.15, -5, true, 8),
    at("BUF", 42.94, -78.73, -5, true, 27),
    at("BUR", 34.20, -118.36, -8, true, 32),
    at("BWI", 39.18, -76.67, -5, true, 104),
    at("BZN", 45.78, -111.16, -7, true, 5),
    at("CAE", 33.94, -81.12, -5, true, 10),
    at("CAK", 40.92, -81.44, -5, true, 7),
    at("CDC", 37.70, -113.10, -7, true, 1),
    at("CDV", 60.49, -145.48, -9, true, 1),
    at("CEC", 41.78, -124.24, -8, true, 1),
    at("CHA", 35.04, -85.20, -5, true, 5),
    at("CHO", 38.14, -78.45, -5, true, 3),
    at("CHS", 32.90, -80.04, -5, true, 16),
    at("CIC", 39.80, -121.86, -8, true, 2),
    at("CID", 41.88, -91.71, -6, true, 11),
    at("CLD", 33.13, -117.28, -8, true, 4),
    at("CLE", 41.41, -81.85, -5, true, 62),
    at("CLL", 30.59, -96.36, -6, true, 3),
    at("CLT", 35.21, -80.94, -5, true, 126),
    at("CMH", 40.00, -82.89, -5, true, 43),
    at("CMI", 40.04, -88.28, -6, true, 3),
    at("CMX", 47.17, -88.49, -5, true, 1),
    at("COD", 44.52, -109.02, -7, true, 1),
    at("COS", 38.81, -104.70, -7, true, 15),
    at("CPR", 42.91, -106.46, -7, true, 3),
    at("CRP", 27.77, -97.50, -6, true, 9),
    at("CRW", 38.37, -81.59, -5, true, 7),
    at("CSG", 32.52, -84.94, -5, true, 2),
    at("CVG", 39.05, -84.67, -5, true, 95),
    at("CWA", 44.77, -89.65, -6, true, 3),
    at("DAB", 29.18, -81.06, -5, true, 3),
    at("DAL", 32.85, -96.85, -6, true, 53),
    at("DAY", 39.90, -84.22, -5, true, 18),
    at("DBQ", 42.40, -90.71, -6, true, 2),
    at("DCA", 38.85, -77.04, -5, true, 90),
    at("DEN", 39.86, -104.67, -7, true, 241),
    at("DFW", 32.90, -97.04, -6, true, 281),
    at("DHN", 31.32, -85.45, -6, true, 2),
    at("DLG", 59.04, -158.51, -9, true, 1),
    at("DLH", 46.84, -92.19, -6, true, 3),
    at("DRO", 37.15, -107.75, -7, true, 3),
    at("DSM", 41.53, -93.66, -6, true, 19),
    at("DTW", 42.21, -83.35, -5, true, 162),
    at("EGE", 39.64, -106.92, -7, true, 3),
    at("EKO", 40.82, -115.79, -8, true, 1),
    at("ELM", 42.16, -76.89, -5, true, 1),
    at("ELP", 31.81, -106.38, -7, true, 25),
    at("ERI", 42.08, -80.18, -5, true, 2),
    at("EUG", 44.12, -123.21, -8, true, 6),
    at("EVV", 38.04, -87.53, -6, true, 6),
    at("EWN", 35.07, -77.04, -5, true, 2),
    at("EWR", 40.69, -74.17, -5, true, 138),
    at("EYW", 24.56, -81.76, -5, true, 3),
    at("FAI", 64.82, -147.86, -9, true, 5),
    at("FAR", 46.92, -96.82, -6, true, 7),
    at("FAT", 36.78, -119.72, -8, true, 17),
    at("FAY", 34.99, -78.88, -5, true, 4),
    at("FCA", 48.31, -114.26, -7, true, 3),
    at("FLG", 35.14, -111.67, -7, false, 3),
    at("FLL", 26.07, -80.15, -5, true, 76),
    at("FLO", 34.19, -79.72, -5, true, 1),
    at("FNT", 42.97, -83.74, -5, true, 6),
    at("FOE", 38.95, -95.66, -6, true, 1),
    at("FSD", 43.58, -96.74, -6, true, 9),
    at("FSM", 35.34, -94.37, -6, true, 4),
    at("FWA", 40.98, -85.20, -5, true, 7),
    at("GCC", 44.35, -105.54, -7, true, 2),
    at("GEG", 47.62, -117.53, -8, true, 16),
    at("GFK", 47.95, -97.18, -6, true, 2),
    at("GGG", 32.38, -94.71, -6, true, 1),
    at("GJT", 39.12, -108.53, -7, true, 5),
    at("GNV", 29.69, -82.27, -5, true, 3),
    at("GPT", 30.41, -89.07, -6, true, 8),
    at("GRB", 44.49, -88.13, -6, true, 6),
    at("GRI", 40.97, -98.31, -6, true, 1),
    at("GRK", 31.07, -97.83, -6, true, 4),
    at("GRR", 42.88, -85.52, -5, true, 20),
    at("GSO", 36.10, -79.94, -5, true, 17),
    at("GSP", 34.90, -82.22, -5, true, 13),
    at("GTF", 47.48, -111.37, -7, true, 3),
    at("GTR", 33.45, -88.59, -6, true, 1),
    at("GUC", 38.53, -106.93, -7, true, 1),
    at("HDN", 40.48, -107.22, -7, true, 2),
    at("HHH", 32.22, -80.75, -5, true, 2),
    at("HLN", 46.61, -111.98, -7, true, 2),
    at("HNL", 21.32, -157.92, -10, false, 57),
    at("HOU", 29.65, -95.28, -6, true, 56),
    at("HPN", 41.07, -73.71, -5, true, 9),
    at("HRL", 26.23, -97.65, -6, true, 7),
    at("HSV", 34.64, -86.78, -6, true, 12),
    at("IAD", 38.94, -77.46, -5, true, 80),
    at("IAH", 29.98, -95.34, -6, true, 185),
    at("ICT", 37.65, -97.43, -6, true, 17),
    at("IDA", 43.51, -112.07, -7, true, 4),
    at("ILM", 34.27, -77.90, -5, true, 5),
    at("IND", 39.72, -86.29, -5, true, 46),
    at("IPL", 32.83, -115.58, -8, true, 1),
    at("ISN", 48.18, -103.64, -6, true, 1),
    at("ISP", 40.80, -73.10, -5, true, 10),
    at("ITH", 42.49, -76.46, -5, true, 1),
    at("ITO", 19.72, -155.05, -10, false, 9),
    at("IYK", 35.66, -117.83, -8, true, 1),
    at("JAC", 43.61, -110.74, -7, true, 4),
    at("JAN", 32.31, -90.08, -6, true, 12),
    at("JAX", 30.49, -81.69, -5, true, 33),
    at("JFK", 40.64, -73.78, -5, true, 118),
    at("JNU", 58.35, -134.58, -9, true, 5),
    at("KOA", 19.74, -156.05, -10, false, 18),
    at("KTN", 55.36, -131.71, -9, true, 3),
    at("LAN", 42.78, -84.59, -5, true, 5),
    at("LAS", 36.08, -115.15, -8, true, 172),
    at("LAW", 34.57, -98.42, -6, true, 3),
    at("LAX", 33.94, -118.41, -8, true, 215),
    at("LBB", 33.66, -101.82, -6, true, 10),
    at("LCH", 30.13, -93.22, -6, true, 2),
    at("LEX", 38.04, -84.61, -5, true, 12),
    at("LFT", 30.21, -91.99, -6, true, 6),
    at("LGA", 40.78, -73.87, -5, true, 119),
    at("LGB", 33.82, -118.15, -8, true, 12),
    at("LIH", 21.98, -159.34, -10, false, 16),
    at("LIT", 34.73, -92.22, -6, true, 22),
    at("LMT", 42.16, -121.73, -8, true, 1),
    at("LNK", 40.85, -96.76, -6, true, 4),
    at("LRD", 27.54, -99.46, -6, true, 2),
    at("LSE", 43.88, -91.26, -6, true, 3),
    at("LWB", 37.86, -80.40, -5, true, 1),
    at("LWS", 46.37, -117.02, -8, true, 1),
    at("LYH", 37.33, -79.20, -5, true, 2),
    at("MAF", 31.94, -102.20, -6, true, 10),
    at("MBS", 43.53, -84.08, -5, true, 4),
    at("MCI", 39.30, -94.71, -6, true, 58),
    at("MCN", 32.69, -83.65, -5, true, 1),
    at("MCO", 28.43, -81.31, -5, true, 130),
    at("MDT", 40.19, -76.76, -5, true, 7),
    at("MDW", 41.79, -87.75, -6, true, 92),
    at("MEI", 32.33, -88.75, -6, true, 1),
    at("MEM", 35.04, -89.98, -6, true, 76),
    at("MFE", 26.18, -98.24, -6, true, 7),
    at("MFR", 42.37, -122.87, -8, true, 6),
    at("MHK", 39.14, -96.67, -6, true, 1),
    at("MHT", 42.93, -71.44, -5, true, 16),
    at("MIA", 25.79, -80.29, -5, true, 69),
    at("MKE", 42.95, -87.90, -6, true, 42),
    at("MKG", 43.17, -86.24, -5, true, 2),
    at("MLB", 28.10, -80.65, -5, true, 4),
    at("MLI", 41.45, -90.51, -6, true, 9),
    at("MLU", 32.51, -92.04, -6, true, 5),
    at("MOB", 30.69, -88.24, -6, true, 7),
    at("MOD", 37.63, -120.95, -8, true, 1),
    at("MOT", 48.26, -101.28, -6, true, 2),
    at("MQT", 46.35, -87.40, -5, true, 2),
    at("MRY", 36.59, -121.84, -8, true, 7),
    at("MSN", 43.14, -89.34, -6, true, 15),
    at("MSO", 46.92, -114.09, -7, true, 4),
    at("MSP", 44.88, -93.22, -6, true, 130),
    at("MSY", 29.99, -90.26, -6, true, 43),
    at("MTJ", 38.51, -107.89, -7, true, 2),
    at("MYR", 33.68, -78.93, -5, true, 5),
    at("OAJ", 34.83, -77.61, -5, true, 2),
    at("OAK", 37.72, -122.22, -8, true, 62),
    at("OGG", 20.90, -156.43, -10, false, 28),
    at("OKC", 35.39, -97.60, -6, true, 26),
    at("OMA", 41.30, -95.89, -6, true, 27),
    at("OME", 64.51, -165.45, -9, true, 1),
    at("ONT", 34.06, -117.60, -8, true, 36),
    at("ORD", 41.98, -87.90, -6, true, 350),
    at("ORF", 36.89, -76.20, -5, true, 23),
    at("OTZ", 66.88, -162.60, -9, true, 1),
    at("OXR", 34.20, -119.21, -8, true, 2),
    at("PBI", 26.68, -80.10, -5, true, 27),
    at("PDX", 45.59, -122.60, -8, true, 60),
    at("PFN", 30.21, -85.68, -6, true, 4),
    at("PHF", 37.13, -76.49, -5, true, 5),
    at("PHL", 39.87, -75.24, -5, true, 100),
    at("PHX", 33.43, -112.01, -7, false, 199),
    at("PIA", 40.66, -89.69, -6, true, 7),
    at("PIH", 42.91, -112.60, -7, true, 2),
    at("PIT", 40.49, -80.23, -5, true, 50),
    at("PMD", 34.63, -118.08, -8, true, 1),
    at("PNS", 30.47, -87.19, -6, true, 10),
    at("PSC", 46.26, -119.12, -8, true, 4),
    at("PSE", 18.01, -66.56, -4, false, 1),
    at("PSG", 56.80, -132.95, -9, true, 1),
    at("PSP", 33.83, -116.51, -8, true, 12),
    at("PUB", 38.29, -104.50, -7, true, 1),
    at("PVD", 41.73, -71.42, -5, true, 23),
    at("PWM", 43.65, -70.31, -5, true, 11),
    at("RAP", 44.05, -103.06, -7, true, 5),
    at("RDD", 40.51, -122.29, -8, true, 3),
    at("RDM", 44.25, -121.15, -8, true, 4),
    at("RDU", 35.88, -78.79, -5, true, 54),
    at("RIC", 37.51, -77.32, -5, true, 24),
    at("RKS", 41.59, -109.06, -7, true, 1),
    at("RNO", 39.50, -119.77, -8, true, 26),
    at("ROA", 37.33, -79.98, -5, true, 6),
    at("ROC", 43.12, -77.67, -5, true, 17),
    at("RST", 43.91, -92.50, -6, true, 3),
    at("RSW", 26.54, -81.76, -5, true, 26),
    at("SAN", 32.73, -117.19, -8, true, 98),
    at("SAT", 29.53, -98.47, -6, true, 41),
    at("SAV", 32.13, -81.20, -5, true, 13),
    at("SBA", 34.43, -119.84, -8, true, 11),
    at("SBN", 41.71, -86.32, -5, true, 6),
    at("SBP", 35.24, -120.64, -8, true, 7),
    at("SCC", 70.19, -148.47, -9, true, 1),
    at("SDF", 38.17, -85.74, -5, true, 24),
    at("SEA", 47.45, -122.31, -8, true, 104),
    at("SFO", 37.62, -122.37, -8, true, 140),
    at("SGF", 37.25, -93.39, -6, true, 8),
    at("SGU", 37.09, -113.59, -7, true, 2),
    at("SHV", 32.45, -93.83, -6, true, 10),
    at("SIT", 57.05, -135.36, -9, true, 2),
    at("SJC", 37.36, -121.93, -8, true, 52),
    at("SJT", 31.36, -100.50, -6, true, 2),
    at("SJU", 18.44, -66.00, -4, false, 29),
    at("SLC", 40.79, -111.98, -7, true, 139),
    at("SMF", 38.70, -121.59, -8, true, 50),
    at("SMX", 34.90, -120.46, -8, true, 2),
    at("SNA", 33.68, -117.87, -8, true, 46),
    at("SPI", 39.84, -89.68, -6, true, 2),
    at("SPS", 33.99, -98.49, -6, true, 2),
    at("SRQ", 27.40, -82.55, -5, true, 9),
    at("STL", 38.75, -90.37, -6, true, 60),
    at("STT", 18.34, -64.97, -4, false, 4),
    at("STX", 17.70, -64.80, -4, false, 1),
    at("SUN", 43.50, -114.30, -7, true, 2),
    at("SUX", 42.40, -96.38, -6, true, 2),
    at("SWF", 41.50, -74.10, -5, true, 4),
    at("SYR", 43.11, -76.11, -5, true, 15),
    at("TEX", 37.95, -107.91, -7, true, 1),
    at("TLH", 30.40, -84.35, -5, true, 6),
    at("TOL", 41.59, -83.81, -5, true, 3),
    at("TPA", 27.98, -82.53, -5, true, 77),
    at("TRI", 36.48, -82.41, -5, true, 5),
    at("TUL", 36.20, -95.89, -6, true, 25),
    at("TUS", 32.12, -110.94, -7, false, 25),
    at("TVC", 44.74, -85.58, -5, true, 4),
    at("TWF", 42.48, -114.49, -7, true, 2),
    at("TXK", 33.45, -93.99, -6, true, 1),
    at("TYR", 32.35, -95.40, -6, true, 3),
    at("TYS", 35.81, -83.99, -5, true, 16),
    at("VIS", 36.32, -119.39, -8, true, 1),
    at("VLD", 30.78, -83.28, -5, true, 2),
    at("VPS", 30.48, -86.53, -6, true, 8),
    at("WRG", 56.48, -132.37, -9, true, 1),
    at("XNA", 36.28, -94.31, -6, true, 18),
    at("YAK", 59.30, -139.39, -9, true, 1),
    at("YKM", 46.57, -120.54, -8, true, 1),
    at("YUM", 32.66, -114.61, -7, false, 3),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn airports_are_ordered_by_code() {
        assert!(AIRPORTS.is_sorted_by(|a, b| a.code < b.code));
    }

    #[test]
    fn distances_are_those_of_the_real_data() {
        // The earth is no ball, which costs up to half a hundredth.
        for (origin, dest, miles) in [("SFO", "JFK", 2586), ("LAX", "SFO", 337), ("HNL", "SFO", 2399)] {
            let [a, b] = [origin, dest].map(|code| AIRPORTS[find(code).unwrap()]);
            let found = a.distance_miles(&b).round() as i32;
            assert!((found - miles).abs() <= miles / 200, "{origin}-{dest}: {found}");
        }
    }

    #[test]
    fn regions_follow_place() {
        for (code, region) in [
            ("ORD", Region::East),
            ("DEN", Region::West),
            ("ADK", Region::Alaska),
            ("ANC", Region::Alaska),
            ("OGG", Region::Hawaii),
            ("SJU", Region::Caribbean),
        ] {
            assert_eq!(AIRPORTS[find(code).unwrap()].region(), region, "{code}");
        }
    }
}
