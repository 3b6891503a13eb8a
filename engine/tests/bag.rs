//! Bags against the same work on vectors, over several files, partitions and threads.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_derive::{Deserialize, Serialize};
use swath::arrow::array::AsArray;
use swath::arrow::datatypes::{DataType, Field, Int64Type, Schema};
use swath::{Bag, Session, bag};

fn session() -> Session {
    Session::builder().threads(4).build().unwrap()
}

/// Files of lines `n`, `n + 1`, …, as many in each as are given.
fn files(dir: &Path, lengths: &[usize]) -> (PathBuf, Vec<String>) {
    let mut all = Vec::new();
    for (file, &length) in lengths.iter().enumerate() {
        let lines: Vec<String> =
            (0..length).map(|line| format!("{} w{} f{file}", all.len() + line, line % 7)).collect();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(dir.join(format!("part-{file:03}.txt")), text).unwrap();
        all.extend(lines);
    }
    (dir.join("part-*.txt"), all)
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort();
    values
}

fn numbers(lines: &Bag<str>) -> Bag<i64> {
    lines.split_pluck(" ", 0).try_map(|number| number.parse::<i64>())
}

#[test]
fn operations_over_files_match_vectors() {
    let dir = tempfile::tempdir().unwrap();
    for lengths in [&[0][..], &[1], &[3, 0, 5], &[9000, 20, 17_000, 1, 1, 300]] {
        let (glob, all) = files(dir.path(), lengths);
        let lines = session().read_text(&glob).bag();
        let numbers = numbers(&lines);
        let count = all.len() as i64;
        let got = swath::compute((
            (lines.count(), lines.contains("w3").count(), lines.filter_regex("w[12] ").count()),
            (numbers.sum(), numbers.min(), numbers.max(), numbers.mean(), numbers.var()),
            (lines.split_pluck(" ", 1).frequencies(), lines.pluck(|line| &line[..1]).distinct()),
            (numbers.topk(3), numbers.topk_by(2, |&n| Reverse(n)), &lines),
            numbers.any(|&n| n == 5),
            numbers.all(|&n| n < 10),
        ))
        .unwrap();
        let has = |text: &str| all.iter().filter(|line| line.contains(text)).count() as u64;
        assert_eq!(got.0, (all.len() as u64, has("w3"), has("w1 ") + has("w2 ")));
        assert_eq!(
            (got.1.0, got.1.1, got.1.2),
            ((0..count).sum(), (count > 0).then_some(0), (0..count).max())
        );
        let mean = (count - 1) as f64 / 2.0;
        assert_eq!(got.1.3, (count > 0).then_some(mean));
        let var = (0..count).map(|n| (n as f64 - mean).powi(2)).sum::<f64>() / (count - 1) as f64;
        assert!(got.1.4.map_or(count < 2, |got| (got / var - 1.0).abs() < 1e-9));
        let mut frequencies: HashMap<String, u64> = HashMap::new();
        for line in &all {
            *frequencies.entry(line.split(' ').nth(1).unwrap().to_owned()).or_default() += 1;
        }
        assert_eq!(got.2.0, frequencies);
        assert_eq!(got.2.1, all.iter().map(|line| line[..1].to_owned()).collect::<HashSet<_>>());
        assert_eq!(got.3.0, (0..count).rev().take(3).collect::<Vec<_>>());
        assert_eq!(got.3.1, (0..count).take(2).collect::<Vec<_>>());
        assert_eq!(sorted(got.3.2), sorted(all.clone()));
        assert_eq!((got.4, got.5), (count > 5, count <= 10));
    }
}

#[test]
fn order_is_kept_where_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let (glob, all) = files(dir.path(), &[30, 9000, 0, 12]);
    let lines = session().read_text(&glob).bag();
    assert_eq!(lines.take(35).get().unwrap(), all[..35]);
    assert_eq!(lines.take(0).get().unwrap(), [""; 0]);
    assert_eq!(lines.take(1 << 20).get().unwrap(), all);
    let late = lines.filter(|line| line.ends_with("f1")).contains("w6").take(2).get().unwrap();
    assert_eq!(late, ["36 w6 f1", "43 w6 f1"]);
    assert_eq!(lines.contains("f3").take(1).get().unwrap(), ["9030 w0 f3"]);
    let last = numbers(&lines).accumulate(0, |sum, n| sum + n).collect().unwrap();
    assert_eq!((last.len(), last.last()), (all.len(), Some(&(0..9042).sum())));
    let zipped = lines.zip(&numbers(&lines)).get().unwrap();
    assert!(zipped.iter().all(|(line, number)| line.starts_with(&number.to_string())));
    let error = lines.zip(&lines.contains("w1")).get().unwrap_err();
    assert!(error.to_string().contains("zip needs as many"), "{error}");
}

#[test]
fn a_sample_is_the_same_however_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    // One of them is long enough to be read by several threads.
    let (glob, _) = files(dir.path(), &[5000, 150_000, 5000, 300]);
    let sample = |session: Session| session.read_text(&glob).random_sample(0.2, 7);
    let (four, one) = (sample(session()), sample(Session::builder().threads(1).build().unwrap()));
    let expected = sorted(one.collect().unwrap());
    assert!((31_000..33_000).contains(&expected.len()));
    let drawn = |session: Session| sorted(session.read_text(&glob).sample(50, 7).get().unwrap());
    assert_eq!(drawn(session()), drawn(Session::builder().threads(1).build().unwrap()));
    for _ in 0..3 {
        assert_eq!(sorted(four.collect().unwrap()), expected);
    }
    assert_eq!(sorted(four.take(1 << 20).get().unwrap()), expected);
    assert_ne!(sorted(session().read_text(&glob).random_sample(0.2, 8).collect().unwrap()), expected);
    assert_eq!(four.random_sample(0.0, 1).count().get().unwrap(), 0);
    let error = four.random_sample(1.5, 1).count().get().unwrap_err().to_string();
    assert!(error.contains("1.5 is not between 0 and 1"), "{error}");
}

#[test]
fn values_can_be_computed_again() {
    let numbers = bag::range(0..10_000, 3);
    let sum = numbers.sum();
    assert_eq!(sum.get().unwrap(), 49_995_000);
    assert_eq!(swath::compute((&sum, &sum)).unwrap(), (49_995_000, 49_995_000));
    let frame = numbers.to_frame(["n"]).unwrap();
    assert_eq!(frame.collect().unwrap().iter().map(|batch| batch.num_rows()).sum::<usize>(), 10_000);
    assert_eq!(frame.collect().unwrap().iter().map(|batch| batch.num_rows()).sum::<usize>(), 10_000);
}

#[test]
fn failures_name_what_failed() {
    let lines = bag::from_iter(["1", "", "x"], 2);
    let error = lines.map(|line: &&str| line.chars().next().unwrap()).count().get().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("the closure of map at ") && text.contains("bag.rs:"), "{text}");
    assert!(text.contains("panicked: called `Option::unwrap()`"), "{text}");
    let error = lines.try_map(|line| line.parse::<i32>()).sum().get().unwrap_err();
    assert!(error.to_string().contains(r#"failed on """#) || error.to_string().contains(r#"failed on "x""#));
    assert!(error.hint().is_some());
    let error = lines.split_pluck(",", 1).collect().unwrap_err().to_string();
    assert!(error.contains("there is no field 1, only 1"), "{error}");
    let error = lines.filter_regex("(").count().get().unwrap_err().to_string();
    assert!(error.contains(r#""(" is not a regular expression: unclosed group"#), "{error}");
    let error = lines.fold(0, |n, _| n, |_, _| panic!("no")).get().unwrap_err().to_string();
    assert!(error.contains("fold") && error.contains("panicked: no"), "{error}");
    let error = bag::from_fn(|| (0..3).map(|n: i32| assert!(n < 2, "too far")), 2).count().get().unwrap_err();
    assert!(error.to_string().contains("from_fn at "), "{error}");
    let error = bag::from_iter([u64::MAX, 1], 1).sum().get().unwrap_err().to_string();
    assert_eq!(error, "the sum of the bag does not fit u64");
    // The session is as good as before.
    assert_eq!(lines.count().get().unwrap(), 3);
}

#[test]
fn files_that_are_missing_or_no_text() {
    let dir = tempfile::tempdir().unwrap();
    let missing = swath::read_text(dir.path().join("no-*.txt"));
    assert!(missing.count().get().unwrap_err().to_string().contains("no-*.txt"));
    let error = swath::read_text(Vec::<String>::new()).count().get().unwrap_err().to_string();
    assert_eq!(error, "there is no path to read");
    let path = dir.path().join("latin1.txt");
    std::fs::write(&path, b"caf\xe9\n").unwrap();
    let lines = swath::read_text(&path);
    let error = lines.map(str::len).sum().get().unwrap_err().to_string();
    assert!(error.contains("latin1.txt") && error.contains("line 1"), "{error}");
    assert_eq!(lines.clone().encoding("latin1").collect().unwrap(), ["café"]);
    assert_eq!(lines.clone().encoding("utf8-lossy").count().get().unwrap(), 1);
    assert!(lines.encoding("klingon").count().get().is_err());
}

#[derive(Debug, Clone, PartialEq, PartialOrd, Serialize, Deserialize)]
struct Page {
    title: String,
    views: Option<i64>,
    tags: Vec<String>,
}

#[test]
fn json_and_structs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pages.jsonl");
    let text = "{\"title\":\"a\",\"views\":1,\"tags\":[\"x\",\"y\"]}\n\n{\"title\":\"b\",\"views\":null,\"tags\":[]}\n";
    std::fs::write(&path, text).unwrap();
    let pages = session().read_json::<Page>(&path);
    let (tags, views) = swath::compute((
        pages.pluck(|page| &page.tags).flatten(),
        pages.map(|page| page.views).flatten().sum(),
    ))
    .unwrap();
    assert_eq!((tags, views), (vec!["x".to_owned(), "y".to_owned()], 1));

    let tags = DataType::new_list(DataType::Utf8, false);
    let fields = vec![
        Field::new("title", DataType::Utf8View, false),
        Field::new("views", DataType::Int64, true),
        Field::new("tags", tags, false),
    ];
    let frame = pages.to_frame_with(Schema::new(fields)).unwrap();
    let batches = frame.collect().unwrap();
    assert_eq!(batches[0].column_by_name("views").unwrap().null_count(), 1);
    assert_eq!(frame.to_bag::<Page>().collect().unwrap(), pages.collect().unwrap());
    let title_only = pages.map(|page| page.title.clone()).to_frame(["title"]).unwrap();
    assert_eq!(title_only.to_bag::<String>().take(9).get().unwrap(), ["a", "b"]);
    let error = title_only.to_bag::<i64>().collect().unwrap_err().to_string();
    assert!(error.contains("a row is not a i64") && error.contains("title: \"a\""), "{error}");
    let error = frame.to_bag::<(String, i64)>().collect().unwrap_err().to_string();
    assert!(error.contains("the row has 3 columns: expected a tuple of 2"), "{error}");

    std::fs::write(&path, "{\"title\":1}\n").unwrap();
    let error = pages.count().get().unwrap_err().to_string();
    assert!(error.contains("Page in JSON") && error.contains("{\"title\":1}"), "{error}");
}

#[test]
fn frames_of_bags_have_typed_columns() {
    let rows = [("a", Some(1i64), 0.5f64), ("b", None, f64::INFINITY)];
    let frame = bag::from_iter(rows, 1).to_frame(["word", "n", "x"]).unwrap();
    let batch = &frame.collect().unwrap()[0];
    assert_eq!(batch.column(0).as_string_view().value(1), "b");
    assert_eq!(batch.column(1).as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(1), None]);
    let back = bag::from_iter([("a", Some(1i64))], 1).to_frame(["word", "n"]).unwrap();
    assert_eq!(back.to_bag::<(String, Option<i64>)>().collect().unwrap(), [("a".to_owned(), Some(1))]);
    assert!(bag::from_iter([1], 1).to_frame(["a", "b"]).is_err());
    let empty = bag::from_iter(Vec::<i64>::new(), 3).to_frame(["n"]).unwrap();
    assert_eq!(empty.collect().unwrap().iter().map(|batch| batch.num_rows()).sum::<usize>(), 0);
}

#[test]
fn fractions_are_no_integers_of_a_frame() {
    let integer = || Schema::new(vec![Field::new("n", DataType::Int64, true)]);
    let maps = |n: f64| bag::from_iter([HashMap::from([("n", n)])], 1).to_frame_with(integer()).unwrap();
    assert_eq!(maps(2.0).sum("n").get().unwrap(), Some(2.0));
    let error = maps(1.5).collect().unwrap_err().to_string();
    assert!(error.ends_with("column \"n\": expected an integer, found 1.5"), "{error}");
    let bare = bag::from_iter([1.0, 0.5], 1).to_frame_with(integer()).unwrap().collect();
    assert!(bare.unwrap_err().to_string().contains("found 0.5"));
    let inside = DataType::List(Field::new_list_field(integer().field(0).data_type().clone(), true).into());
    let lists = bag::from_iter([(1, vec![1.0, 2.5])], 1);
    let schema = Schema::new(vec![Field::new("n", DataType::Float64, true), Field::new("l", inside, true)]);
    let error = lists.to_frame_with(schema).unwrap().collect().unwrap_err().to_string();
    assert!(error.ends_with("column \"l\": expected an integer, found 2.5"), "{error}");
}

#[test]
fn partitions_run_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (glob, all) = files(dir.path(), &[100_000]);
    let threads = |lines: &Bag<str>| {
        let names = lines.map(|_| {
            std::hint::black_box((0..200).sum::<u64>());
            format!("{:?}", std::thread::current().id())
        });
        names.frequencies().get().unwrap()
    };
    let lines = session().read_text(&glob);
    let spread = threads(&lines.repartition(4));
    assert_eq!(spread.values().sum::<u64>(), all.len() as u64);
    assert!(spread.len() > 1, "{spread:?}");
    assert_eq!(sorted(lines.repartition(3).collect().unwrap()), sorted(all.clone()));
    assert_eq!(lines.repartition(3).take(5).get().unwrap(), all[..5]);
}

#[test]
fn parts_of_bags() {
    let a = bag::range(0..5, 2);
    let both = a.concat(&bag::range(5..2000, 3));
    assert_eq!((both.count().get().unwrap(), both.sum().get().unwrap()), (2000, 1_999_000));
    assert_eq!(both.take(2000).get().unwrap(), (0..2000).collect::<Vec<_>>());
    assert_eq!(both.to_frame(["n"]).unwrap().to_bag::<i64>().sum().get().unwrap(), 1_999_000);
    assert!(
        both.accumulate(0, |sum, n| sum + n).count().get().unwrap_err().to_string().contains("accumulate")
    );
    let chunks = both.map_partitions(|chunk| chunk.into_iter().map(|n| n * 2)).take(3).get().unwrap();
    assert_eq!(chunks, [0, 2, 4]);
    let pairs = a.join([(1, "one"), (1, "uno"), (9, "nine")], |item| item.0, |&n| n).collect().unwrap();
    assert_eq!(pairs, [(1, (1, "one")), (1, (1, "uno"))]);
}

#[test]
fn so_many_elements_are_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let (glob, _) = files(dir.path(), &[3000, 0, 2000, 7]);
    let draw = |threads: usize, count: usize, seed: u64| {
        let session = Session::builder().threads(threads).build().unwrap();
        sorted(session.read_text(&glob).sample(count, seed).get().unwrap())
    };
    let drawn = draw(4, 100, 7);
    assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 100);
    assert_eq!(draw(1, 100, 7), drawn);
    assert_ne!(draw(4, 100, 8), drawn);
    assert_eq!((draw(4, 0, 7).len(), draw(4, 1 << 20, 7).len()), (0, 5007));
    // Each part of the whole is there.
    let numbers = bag::range(0..10_000, 4).sample(2000, 1).get().unwrap();
    let mean = numbers.iter().sum::<i64>() as f64 / 2000.0;
    assert!((4500.0..5500.0).contains(&mean), "{mean}");
    assert!(bag::from_iter(Vec::<i64>::new(), 2).sample(3, 1).get().unwrap().is_empty());
}

#[test]
fn values_of_closures_that_panic_are_errors() {
    let count = bag::range(0..3, 1).count().map(|count| count / (count - 3));
    let error = count.get().unwrap_err().to_string();
    assert!(error.contains("the closure of map at ") && error.contains("divide by zero"), "{error}");
    let found = futures::executor::block_on(async {
        (bag::range(0..3, 1).sum().get_async().await, bag::range(0..3, 1).collect_async().await)
    });
    assert_eq!((found.0.unwrap(), found.1.unwrap()), (3, vec![0, 1, 2]));
}

#[test]
fn rows_become_elements_of_many_types() {
    #[derive(Debug, Clone, PartialEq, Deserialize)]
    enum Kind {
        Page,
        Talk,
    }
    #[derive(Debug, Clone, PartialEq, Deserialize)]
    struct Inner {
        b: i32,
        c: Vec<Option<f32>>,
    }
    #[derive(Debug, Clone, PartialEq, Deserialize)]
    struct Row {
        kind: Kind,
        a: Option<Inner>,
        day: Option<String>,
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.jsonl");
    let text =
        "{\"kind\":\"Page\",\"a\":{\"b\":1,\"c\":[1.5,null]},\"day\":\"2020-01-31\"}\n{\"kind\":\"Talk\"}\n";
    std::fs::write(&path, text).unwrap();
    let frame = session().scan_json(&path, Vec::new()).unwrap();
    let rows = frame.to_bag::<Row>().take(2).get().unwrap();
    let inner = || Inner { b: 1, c: vec![Some(1.5), None] };
    assert_eq!(rows[0], Row { kind: Kind::Page, a: Some(inner()), day: Some("2020-01-31".into()) });
    assert_eq!(rows[1], Row { kind: Kind::Talk, a: None, day: None });
    let only = frame.select(["a"]);
    assert_eq!(only.to_bag::<Option<Inner>>().take(2).get().unwrap(), [Some(inner()), None]);
    let as_tuple = only.to_bag::<Option<(i32, Vec<Option<f64>>)>>().take(1).get().unwrap();
    assert_eq!(as_tuple, [Some((1, vec![Some(1.5), None]))]);
    let as_map = frame.to_bag::<HashMap<String, serde_json::Value>>().take(1).get().unwrap();
    assert_eq!(as_map[0]["a"]["b"], 1);
    let error = frame.select(["kind"]).to_bag::<u8>().collect().unwrap_err().to_string();
    assert!(error.contains("a row is not a u8") && error.contains("kind: \"Page\""), "{error}");
    let error = only.to_bag::<Inner>().collect().unwrap_err().to_string();
    assert!(error.contains("missing field `b`"), "{error}");
    let error = frame.select(["day"]).to_bag::<String>().collect().unwrap_err();
    assert!(error.to_string().contains("invalid type: null, expected a string"), "{error}");
    assert!(error.hint().unwrap().contains("Option"), "{error}");
    let error = bag::range(300..301, 1).to_frame(["n"]).unwrap().to_bag::<u8>().collect().unwrap_err();
    assert!(error.to_string().contains("300"), "{error}");
    let floats = bag::from_iter([f64::NAN, f64::NEG_INFINITY, 1.5], 1).to_frame(["x"]).unwrap();
    let back = floats.to_bag::<f64>().take(3).get().unwrap();
    assert!(back[0].is_nan() && back[1..] == [f64::NEG_INFINITY, 1.5], "{back:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn iterators_match_vectors(
        values in prop::collection::vec(-50i64..50, 0..3000),
        partitions in 1usize..6,
        k in 0usize..5,
    ) {
        let values_bag = bag::from_iter(values.clone(), partitions);
        let doubled = values_bag.filter(|n| n % 3 != 0).map(|n| n * 2);
        let oracle: Vec<i64> = values.iter().filter(|&n| n % 3 != 0).map(|n| n * 2).collect();
        let got = swath::compute((
            &doubled, doubled.sum(), doubled.topk(k), doubled.frequencies(), doubled.min(), doubled.max(),
            doubled.take(k), doubled.fold(0i64, |a, b| a ^ b, |a, b| a ^ b),
            doubled.foldby(|n| n % 5, 0u64, |count, _| count + 1, |a, b| a + b),
            doubled.group_by(|n| n % 5),
            doubled.flat_map(|&n| vec![n; 2]).count(),
            values_bag.accumulate(0, |sum, n| sum + n),
        )).unwrap();
        let ordered = sorted(oracle.clone());
        prop_assert_eq!(sorted(got.0), ordered.clone());
        prop_assert_eq!(got.1, oracle.iter().sum::<i64>());
        prop_assert_eq!(got.2, ordered.iter().rev().take(k).copied().collect::<Vec<_>>());
        let mut frequencies: HashMap<i64, u64> = HashMap::new();
        let mut groups: HashMap<i64, Vec<i64>> = HashMap::new();
        for &n in &oracle {
            *frequencies.entry(n).or_default() += 1;
            groups.entry(n % 5).or_default().push(n);
        }
        prop_assert_eq!(got.3, frequencies);
        prop_assert_eq!((got.4, got.5), (ordered.first().copied(), ordered.last().copied()));
        prop_assert_eq!(got.6, oracle.iter().take(k).copied().collect::<Vec<_>>());
        prop_assert_eq!(got.7, oracle.iter().fold(0, |a, b| a ^ b));
        prop_assert_eq!(got.8, groups.iter().map(|(&key, group)| (key, group.len() as u64)).collect::<HashMap<_, _>>());
        let sort = |groups: HashMap<i64, Vec<i64>>| -> HashMap<i64, Vec<i64>> {
            groups.into_iter().map(|(key, group)| (key, sorted(group))).collect()
        };
        prop_assert_eq!(sort(got.9), sort(groups));
        prop_assert_eq!(got.10, 2 * oracle.len() as u64);
        let sums: Vec<i64> = values.iter().scan(0, |sum, n| { *sum += n; Some(*sum) }).collect();
        prop_assert_eq!(got.11, sums);
    }
}

#[test]
fn one_element_for_each_key() {
    // As in Dask's tests: one partition is empty, and keys are in several.
    let numbers = bag::from_iter([0, 1, 2, 1, 2, 3, 2, 3, 4, 5], 3);
    let all = bag::range(5000..5000, 2).concat(&numbers.map(|&n| n));
    let keys =
        |bag: &Bag<i64>| sorted(bag.distinct_by(|n| n % 3).get().unwrap().iter().map(|n| n % 3).collect());
    assert_eq!(keys(&all), [0, 1, 2]);
    assert_eq!(sorted(all.distinct_by(|&n| n).get().unwrap()), [0, 1, 2, 3, 4, 5]);
    assert!(all.filter(|_| false).distinct_by(|&n| n).get().unwrap().is_empty());
    let error = all.distinct_by(|&n| 1 / n).get().unwrap_err().to_string();
    assert!(error.contains("the closure of distinct_by at "), "{error}");
}
