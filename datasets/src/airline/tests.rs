use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn text(options: Options, file: usize) -> Vec<u8> {
    let mut text = Vec::new();
    write_csv(options, file, &mut text).unwrap();
    text
}

fn options(rows: u64, files: usize) -> Options {
    Options { rows, files, seed: 3, latin1: false }
}

/// Returns the rows of a year as maps from column to value; those with NA are left out.
fn year(year: i32, rows: u64) -> Vec<BTreeMap<String, String>> {
    let files = (LAST_YEAR - year + 1) as usize;
    let text = String::from_utf8(text(options(rows * files as u64, files), 0)).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows: Vec<_> = lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            assert_eq!(fields.len(), 29, "{line}");
            let pairs = header.iter().zip(fields).filter(|pair| pair.1 != "NA");
            pairs.map(|(name, value)| (name.to_string(), value.to_string())).collect()
        })
        .collect();
    assert_eq!(text.lines().count() as u64, rows.len() as u64 + 1);
    rows
}

fn int(row: &BTreeMap<String, String>, column: &str) -> i32 {
    row[column].parse().unwrap()
}

/// Returns minutes after midnight.
fn time(row: &BTreeMap<String, String>, column: &str) -> i32 {
    let clock = int(row, column);
    assert!(clock % 100 < 60 && (0..=2400).contains(&clock), "{clock}");
    (clock / 100 * 60 + clock % 100) % 1440
}

#[test]
fn header_is_that_of_the_real_files() {
    assert_eq!(
        HEADER,
        "Year,Month,DayofMonth,DayOfWeek,DepTime,CRSDepTime,ArrTime,CRSArrTime,UniqueCarrier,\
         FlightNum,TailNum,ActualElapsedTime,CRSElapsedTime,AirTime,ArrDelay,DepDelay,Origin,Dest,\
         Distance,TaxiIn,TaxiOut,Cancelled,CancellationCode,Diverted,CarrierDelay,WeatherDelay,\
         NASDelay,SecurityDelay,LateAircraftDelay\n"
    );
    assert_eq!(text(options(0, 1), 0), HEADER.as_bytes());
}

#[test]
fn columns_agree_with_each_other() {
    for a_year in [1990, 2001, 2005, 2008] {
        let rows = year(a_year, 20_000);
        assert_eq!(rows.len(), 20_000);
        let arrived = |row: &&BTreeMap<_, _>| int(row, "Cancelled") + int(row, "Diverted") == 0;
        for row in rows.iter().filter(arrived) {
            let [arrival, departure] = ["ArrDelay", "DepDelay"].map(|column| int(row, column));
            let [actual, scheduled] = ["ActualElapsedTime", "CRSElapsedTime"].map(|column| int(row, column));
            assert_eq!(arrival - departure, actual - scheduled, "{row:?}");
            let late = |column, scheduled| (time(row, column) - time(row, scheduled)).rem_euclid(1440);
            assert_eq!(late("DepTime", "CRSDepTime"), departure.rem_euclid(1440), "{row:?}");
            assert_eq!(late("ArrTime", "CRSArrTime"), arrival.rem_euclid(1440), "{row:?}");
            if a_year >= 1995 {
                assert!(int(row, "AirTime") > 0);
                let parts = ["TaxiIn", "TaxiOut", "AirTime"].map(|column| int(row, column));
                assert_eq!(parts.iter().sum::<i32>(), actual, "{row:?}");
            }
            let causes: Vec<i32> =
                ["CarrierDelay", "WeatherDelay", "NASDelay", "SecurityDelay", "LateAircraftDelay"]
                    .iter()
                    .filter_map(|column| row.get(*column)?.parse().ok())
                    .collect();
            if a_year >= 2005 && arrival >= 15 {
                assert_eq!((causes.len(), causes.iter().sum()), (5, arrival), "{row:?}");
            } else {
                assert_eq!(causes.iter().sum::<i32>(), 0, "{row:?}");
                assert_eq!(causes.len(), if a_year == 2005 { 5 } else { 0 });
            }
        }
    }
}

#[test]
fn values_are_missing_where_a_flight_did_not_happen() {
    let rows = year(2005, 50_000);
    let missing = |row: &BTreeMap<_, _>| -> Vec<&str> {
        HEADER.trim_end().split(',').filter(|column| !row.contains_key(*column)).collect()
    };
    let cancelled: Vec<_> = rows.iter().filter(|row| int(row, "Cancelled") == 1).collect();
    let diverted: Vec<_> = rows.iter().filter(|row| int(row, "Diverted") == 1).collect();
    assert!((500..2500).contains(&cancelled.len()), "{}", cancelled.len());
    assert!((50..250).contains(&diverted.len()), "{}", diverted.len());
    let times = ["ArrTime", "ActualElapsedTime", "AirTime", "ArrDelay", "TaxiIn"];
    for row in diverted {
        assert_eq!(BTreeSet::from_iter(missing(row)), BTreeSet::from(times));
    }
    for row in cancelled {
        let mut none = BTreeSet::from(times);
        none.extend(["DepTime", "DepDelay", "TaxiOut"]);
        assert_eq!(BTreeSet::from_iter(missing(row)), none);
        assert!("ABCD".contains(&row["CancellationCode"]));
    }
}

#[test]
fn days_are_in_order_and_delays_have_a_tail() {
    let rows = year(2007, 100_000);
    let day = |row| (int(row, "Month"), int(row, "DayofMonth"));
    assert!(rows.iter().is_sorted_by_key(day));
    assert_eq!(rows.iter().map(day).collect::<BTreeSet<_>>().len(), 365);
    let delays: Vec<i32> = rows.iter().filter_map(|row| row.get("DepDelay")?.parse().ok()).collect();
    let mean = delays.iter().sum::<i32>() as f64 / delays.len() as f64;
    assert!((5.0..15.0).contains(&mean), "mean {mean}");
    let early = delays.iter().filter(|&&delay| delay <= 0).count() as f64 / delays.len() as f64;
    assert!((0.4..0.75).contains(&early), "{early} early or on time");
    assert!(delays.iter().max() > Some(&400));
    assert!(delays.iter().min() < Some(&-8));
}

#[test]
fn united_leaves_san_francisco_in_small_data_too() {
    let dests: BTreeSet<String> = year(2008, 20_000)
        .into_iter()
        .filter(|row| row["UniqueCarrier"] == "UA" && row["Origin"] == "SFO")
        .map(|row| row["Dest"].clone())
        .collect();
    assert!(dests.len() >= 20, "{}", dests.len());
}

#[test]
fn latin1_bytes_come_only_when_asked_for() {
    let count = |options, file| {
        let text = text(options, file);
        text.windows(5).filter(|part| part == b"\xc6NKN\xc6").count()
    };
    let options = options(8 * 20_000, 8);
    assert_eq!(count(options, 0), 0);
    let options = Options { latin1: true, ..options };
    assert!((10..60).contains(&count(options, 0)), "{}", count(options, 0));
    assert_eq!(count(options, 1), 0);
}

#[test]
fn options_that_cannot_be_met_are_refused() {
    for (files, latin1) in [(0, false), (23, false), (7, true)] {
        let options = Options { latin1, ..options(10, files) };
        assert!(matches!(Airline::new(options), Err(Error::Options(_))), "{files} {latin1}");
    }
}

#[test]
fn rows_take_as_many_bytes_as_real_ones() {
    for (files, file) in [(1, 0), (8, 0)] {
        let len = text(options(10_000 * files as u64, files), file).len() - HEADER.len();
        assert!((85..=105).contains(&(len / 10_000)), "{}", len / 10_000);
    }
}
