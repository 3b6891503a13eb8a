//! Profiles of small and large files.

use std::fmt::Write;
use std::fs;

use super::*;

fn profile_of(text: &str) -> Profile {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.csv");
    fs::write(&path, text).unwrap();
    crate::read_csv(&path).scan().unwrap().profile().unwrap()
}

#[test]
fn every_kind_of_column() {
    let profile = profile_of(
        "id,price,day,at,ok,name\n\
         1,1.5,2020-01-31,2020-01-31 10:00:00,true,b\n\
         2,NA,2020-02-01,2020-01-31 11:00:00,false,a\n\
         4,2.5,,,true,b\n",
    );
    assert_eq!(profile.rows, 3);
    let [id, price, day, at, ok, name] = profile.columns.as_slice() else { panic!("{profile:?}") };
    assert_eq!((id.min.as_deref(), id.max.as_deref(), id.distinct, id.nulls), (Some("1"), Some("4"), 3, 0));
    assert_eq!(id.quartiles, Some([1.5, 2.0, 3.0]));
    assert_eq!((price.data_type.as_str(), price.mean, price.nulls), ("DOUBLE", Some(2.0), 1));
    assert_eq!(
        (day.min.as_deref(), day.max.as_deref(), day.mean),
        (Some("2020-01-31"), Some("2020-02-01"), None)
    );
    assert_eq!((day.histogram.len(), day.histogram[0], day.quartiles), (2, 0.5, None));
    assert_eq!((at.max.as_deref(), at.nulls), (Some("2020-01-31T11:00:00"), 1));
    assert_eq!((ok.min.as_deref(), ok.top[0].value.as_str(), ok.top[0].count), (Some("false"), "true", 2));
    assert_eq!(
        (name.min.as_deref(), name.top[0].value.as_str(), name.top[0].is_exact),
        (Some("a"), "b", true)
    );
    assert!(name.histogram.is_empty());
}

#[test]
fn no_rows() {
    let profile = profile_of("a,b\n");
    assert_eq!(profile.rows, 0);
    assert!(profile.columns.iter().all(|column| column.min.is_none() && column.top.is_empty()));
}

#[test]
fn many_rows_in_several_partitions() {
    let mut text = String::from("id,group,value\n");
    for row in 0..300_000 {
        writeln!(text, "{row},g{},{}", row % 7, f64::from(row % 1000) / 8.0).unwrap();
    }
    let profile = profile_of(&text);
    assert_eq!(profile.rows, 300_000);
    let [id, group, value] = profile.columns.as_slice() else { panic!("three columns") };
    assert!(id.distinct.abs_diff(300_000) < 15_000, "{}", id.distinct);
    assert!(id.top.is_empty());
    assert_eq!(id.mean, Some(149_999.5));
    let [lower, median, upper] = id.quartiles.unwrap();
    for (found, expected) in [(lower, 75_000.0), (median, 150_000.0), (upper, 225_000.0)] {
        assert!((found - expected).abs() < 9000.0, "{found}");
    }
    let days: String =
        (0..100_000).map(|row| format!("{},{}\n", row % 7, f64::from(row % 4) / 2.0)).collect();
    let days = profile_of(&format!("day,half\n{days}"));
    let [day, half] = days.columns.as_slice() else { panic!("two columns") };
    assert_eq!((day.quartiles, day.distinct), (Some([1.0, 3.0, 5.0]), 7), "each of few values is counted");
    assert_eq!(half.quartiles, Some([0.375, 0.75, 1.125]));
    assert_eq!((group.distinct, group.top.len(), group.top[0].is_exact), (7, 5, true));
    assert_eq!((value.max.as_deref(), value.distinct.abs_diff(1000) < 50), (Some("124.875"), true));
    assert!((value.histogram.iter().sum::<f64>() - 1.0).abs() < 1e-9);
}
