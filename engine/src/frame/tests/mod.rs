//! Frames over small files: what they give, and what they say when they cannot.

mod edges;
mod in_order;
mod pandas;
mod values;

use std::path::PathBuf;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::util::pretty::pretty_format_batches;
use tempfile::TempDir;

use super::{Frame, Join, Pivot, concat};
use crate::prelude::*;
use crate::{Session, compute, read_csv};

const FLIGHTS: &str = "Carrier,Origin,Dest,DepDelay,Tail\n\
    UA,SFO,ACV,26,N1\nUA,SFO,BOS,9,NA\nUA,SFO,BOS,11,N2\nAA,SFO,BOS,NA,N3\nAA,JFK,ACV,-3,N4\n";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn frame(&self, text: &str) -> Frame {
        read_csv(self.file("t.csv", text)).scan().unwrap()
    }
}

fn with_frame(text: &str, test: impl FnOnce(Frame)) {
    let folder = Folder::new();
    test(folder.frame(text));
}

/// The rows as text, fields separated by spaces, sorted unless the frame is.
fn rows(frame: &Frame) -> Vec<String> {
    let batches = frame.collect().unwrap();
    let table = pretty_format_batches(&batches).unwrap().to_string();
    table
        .lines()
        .skip(3)
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join(" "))
        .map(|row| row.trim_end().to_owned())
        .collect()
}

fn vec_of<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

fn sorted_rows(frame: &Frame) -> Vec<String> {
    let mut rows = rows(frame);
    rows.sort();
    rows
}

fn error(frame: &Frame) -> (String, String) {
    let error = frame.collect().unwrap_err();
    (error.to_string(), error.hint().unwrap_or_default())
}

#[test]
fn the_example_of_the_front_page() {
    with_frame(FLIGHTS, |air| {
        let by_dest = air
            .filter(col("Carrier").eq(lit("UA")).and(col("Origin").eq(lit("SFO"))))
            .group_by(["Dest"])
            .mean("DepDelay");
        let (longest, shortest, count, by_dest) =
            compute((air.max("DepDelay"), air.min("DepDelay"), air.count(), by_dest)).unwrap();
        assert_eq!((longest, shortest, count), (Some(26.0), Some(-3.0), 5));
        assert_eq!(by_dest.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
    });
}

#[test]
fn unknown_columns_are_told_with_the_nearest() {
    with_frame(FLIGHTS, |air| {
        let expected =
            ("there is no column \"DepDelai\"".to_owned(), "did you mean \"DepDelay\"?".to_owned());
        let frames = [
            air.select(["DepDelai"]),
            air.filter(col("DepDelai").gt(lit(1))),
            air.with_column(col("DepDelai").alias("x")),
            air.rename([("DepDelai", "x")]),
            air.drop("DepDelai"),
            air.group_by(["DepDelai"]).size(),
            air.group_by(["Dest"]).mean("DepDelai"),
            air.group_by(["Dest"]).agg([col("DepDelai").mean()]),
            air.sort(["DepDelai"]),
            air.nlargest(1, "DepDelai"),
            air.drop_duplicates("DepDelai"),
            air.value_counts("DepDelai"),
            air.fill_null_in("DepDelai", lit(1)),
            air.drop_nulls_in("DepDelai"),
            air.explode("DepDelai"),
            air.melt(["DepDelai"], ["Dest"]),
            air.max("DepDelai").to_frame(),
            air.join(&air, Join::inner().on("DepDelai")),
        ];
        for frame in frames {
            assert_eq!(error(&frame), expected);
        }
        let hint = air.sql("SELECT DepDelai FROM self").collect().unwrap_err();
        assert!(hint.to_string().contains("DepDelai"), "{hint}");
        // Names are exact.
        assert!(air.select(["depdelay"]).collect().is_err());
    });
}

#[test]
fn errors_stay_and_are_told_once_they_matter() {
    with_frame("a\n1\n", |frame| {
        let failed = frame.select(["b"]).filter(col("a").gt(lit(1))).group_by(["a"]).size().head(1);
        assert_eq!(failed.schema().unwrap_err().to_string(), "there is no column \"b\"");
        assert!(format!("{failed:?}").contains("there is no column \"b\""));
        let error = compute((frame.count(), failed)).unwrap_err();
        assert_eq!(error.to_string(), "there is no column \"b\"");
    });
}

#[test]
fn columns_are_computed() {
    with_frame("a,B c\n1,x\n2,y\n", |frame| {
        let frame = frame.with_columns([(col("a") + lit(1)).alias("a"), (col("a") * lit(10)).alias("d")]);
        assert_eq!(frame.columns().unwrap(), ["a", "B c", "d"]);
        assert_eq!(rows(&frame), ["2 x 10", "3 y 20"]);
        let swapped = frame.rename([("a", "d"), ("d", "a")]);
        assert_eq!(swapped.columns().unwrap(), ["d", "B c", "a"]);
        assert_eq!(error(&frame.rename([("a", "d")])).0, "two columns are named \"d\"");
        let twice = frame.rename([("a", "e"), ("a", "f")]);
        assert_eq!(error(&twice).0, "the column \"a\" gets two names");
        assert_eq!(error(&frame.drop(["a", "B c", "d"])).0, "no column is left");
        assert_eq!(error(&frame.select(["a", "a"])).0, "two columns are named \"a\"");
        assert!(error(&frame.filter(col("a").sum().gt(lit(1)))).0.starts_with("filter has no groups"));
    });
}

#[test]
fn aggregates_can_be_computed_with() {
    with_frame("k,x\na,1\na,3\nb,5\nb,NA\nNA,7\n", |frame| {
        let spread = (col("x").max() - col("x").min()).alias("spread");
        let groups = frame.group_by(["k"]).agg([spread, col("x").count().alias("n")]).sort(["k"]);
        assert_eq!(rows(&groups), ["NA 0 1", "a 2 2", "b 0 1"]);
        let twice = frame.group_by([(col("x") % lit(2)).alias("odd")]).agg([col("x").sum()]);
        assert_eq!(twice.columns().unwrap(), ["odd", "sum(x)"]);
        // A key and a result of one name.
        assert_eq!(frame.group_by(["k"]).count("k").columns().unwrap(), ["k", "k_count"]);
        let (message, hint) = error(&frame.group_by(["k"]).agg([col("x") + col("x").sum()]));
        assert_eq!(message, "the column \"x\" is neither a key of the groups nor in an aggregate");
        assert!(hint.contains("col(\"x\").first()"));
        let all = frame.select([col("x").median().alias("m"), col("x").std().alias("s")]);
        assert_eq!(rows(&all.select(["m"])), ["4.0"]);
    });
}

#[test]
fn quantiles_are_shares() {
    with_frame("k,x\na,1\na,2\na,3\na,10\n", |frame| {
        assert_eq!(frame.quantile("x", 0.25).get().unwrap(), Some(1.75));
        assert_eq!(frame.median("x").get().unwrap(), Some(2.5));
        assert_eq!(rows(&frame.group_by(["k"]).quantile("x", 1.0)), ["a 10.0"]);
        for q in [-0.1, 1.5, f64::NAN] {
            let error = frame.quantile("x", q).get().unwrap_err();
            assert_eq!(error.to_string(), format!("a quantile is from 0 to 1, not {q}"));
            assert!(frame.group_by(["k"]).quantile("x", q).collect().is_err());
            assert!(frame.select([col("x").quantile(q)]).collect().is_err());
        }
        assert!(error(&frame.sample(2.0, 1)).0.contains("from 0 to 1"));
    });
}

#[test]
fn windows_keep_every_row() {
    with_frame("k,day,x\na,1,1\na,2,3\nb,1,5\n", |frame| {
        let frame = frame.with_columns([
            col("x").sum().over(["k"]).alias("total"),
            col("x").sum().over_sorted(["k"], ["day"]).alias("running"),
            (col("x") - col("x").min().over_all()).alias("above"),
        ]);
        assert_eq!(rows(&frame.sort(["k", "day"])), ["a 1 1 4 1 0", "a 2 3 4 4 2", "b 1 5 5 5 4"]);
        let place = crate::functions::window::row_number().over_sorted(["k"], [desc("x")]);
        assert_eq!(sorted_rows(&frame.filter(place.eq(lit(1))).select(["k", "x"])), ["a 3", "b 5"]);
    });
}

#[test]
fn frames_are_joined() {
    let folder = Folder::new();
    let left = read_csv(folder.file("l.csv", "k,x\na,1\nb,2\n,3\n")).scan().unwrap();
    let right = read_csv(folder.file("r.csv", "k,x\na,10\na,11\nc,12\n,13\n")).scan().unwrap();
    let check = |join: Join, expected: &[&str]| {
        assert_eq!(sorted_rows(&left.join(&right, join.clone())), expected, "{join:?}");
    };
    check(Join::inner().on("k"), &["a 1 10", "a 1 11"]);
    check(Join::left().on("k"), &[" 3", "a 1 10", "a 1 11", "b 2"]);
    check(Join::right().on("k"), &["  13", "a 1 10", "a 1 11", "c  12"]);
    check(Join::semi().on("k"), &["a 1"]);
    check(Join::inner().left_on("x").right_on("x").suffix("_2"), &[]);
    check(
        Join::inner().on_expr((col("x") + lit(10)).eq(col("x_right"))),
        &[" 3  13", "a 1 a 11", "b 2 c 12"],
    );
    // A frame with itself.
    let itself = left.join(&left, Join::inner().on("k"));
    assert_eq!(itself.columns().unwrap(), ["k", "x", "x_right"]);
    assert_eq!(sorted_rows(&itself), ["a 1 1", "b 2 2"]);

    assert_eq!(error(&left.join(&right, Join::inner())).0, "a join needs columns to join on");
    assert_eq!(error(&left.join(&right, Join::cross().on("k"))).0, "a cross join has no conditions");
    let uneven = left.join(&right, Join::inner().left_on(["k", "x"]).right_on("k"));
    assert_eq!(error(&uneven).0, "a join on 2 columns of the left side and 1 of the right one");
    let other = read_csv(folder.file("o.csv", "k\na\n")).session(&Session::new().unwrap()).scan().unwrap();
    assert_eq!(error(&left.join(&other, Join::inner().on("k"))).0, "frames of two sessions cannot be joined");
    assert!(concat([left.clone(), other.clone()]).unwrap().collect().is_err());
    assert!(compute((left.count(), other.count())).is_err());
}

#[test]
fn conditions_of_joins_are_computed_as_columns_are() {
    with_frame("x\n1\n2\n-4\n", |frame| {
        let other = frame.rename([("x", "y")]);
        let on = |condition| sorted_rows(&frame.join(&other, Join::inner().on_expr(condition)));
        assert_eq!(on((col("x") / col("y")).eq(0.5)), ["1 2"]);
        assert_eq!(on(col("x").sqrt().eq(col("y"))), ["1 1"]);
    });
}

#[test]
fn rows_are_ordered() {
    with_frame("a,b\n2,x\nNA,y\n1,z\n3,w\n", |frame| {
        let column = |frame: &Frame| rows(&frame.select(["b"]));
        assert_eq!(column(&frame.sort(["a"])), ["z", "x", "w", "y"]);
        assert_eq!(column(&frame.sort([desc("a")])), ["w", "x", "z", "y"]);
        assert_eq!(column(&frame.sort([col("a").sort(true, true)])), ["y", "z", "x", "w"]);
        assert_eq!(column(&frame.nlargest(2, "a")), ["w", "x"]);
        assert_eq!(column(&frame.nsmallest(2, "a")), ["z", "x"]);
        assert_eq!(column(&frame.sort(["a"]).tail(2)), ["w", "y"]);
        assert_eq!(column(&frame.sort(["a"]).slice(1, 2)), ["x", "w"]);
        assert_eq!(column(&frame.head(1)), ["x"]);
        assert_eq!(column(&frame.tail(1)), ["w"]);
        let message = "the frame has no last rows, as its rows come in no order";
        assert_eq!(error(&frame.distinct().tail(1)).0, message);
    });
}

#[test]
fn repetitions_and_counts() {
    with_frame("a,b\n1,x\n1,x\nNA,y\n1,z\nNA,y\n", |frame| {
        assert_eq!(sorted_rows(&frame.distinct()), [" y", "1 x", "1 z"]);
        assert_eq!(frame.drop_duplicates("a").count().get().unwrap(), 2);
        let last = frame.sort([desc("b")]).drop_duplicates("a").select(["b"]);
        assert_eq!(sorted_rows(&last), ["y", "z"]);
        assert_eq!(rows(&frame.value_counts("a")), ["1 3", " 2"]);
        let counts = frame.rename([("a", "count")]).value_counts("count");
        assert_eq!(counts.columns().unwrap(), ["count", "count_"]);
    });
}

#[test]
fn nulls_are_filled_and_dropped() {
    with_frame("a,b,c\n1,x,NA\nNA,,2\n", |frame| {
        assert_eq!(sorted_rows(&frame.fill_null(lit(0))), ["0  2", "1 x 0"]);
        assert_eq!(sorted_rows(&frame.fill_null(lit("-"))), [" - 2", "1 x"]);
        assert_eq!(sorted_rows(&frame.fill_null_in("a", lit(0.5)).select(["a"])), ["0.5", "1.0"]);
        assert_eq!(
            error(&frame.fill_null_in("a", lit("x"))).0,
            "the column \"a\" is bigint, and cannot be filled with varchar"
        );
        assert_eq!(frame.drop_nulls().count().get().unwrap(), 0);
        assert_eq!(frame.drop_nulls_in(["a", "b"]).count().get().unwrap(), 1);
    });
}

#[test]
fn shapes_change() {
    with_frame("k,m,x\na,1,1\na,2,2\nb,1,3\nb,1,5\nb,NA,7\n", |frame| {
        let pivot = Pivot::new("m", col("x").sum()).index("k");
        let wide = frame.pivot(pivot.clone()).unwrap();
        assert_eq!(wide.columns().unwrap(), ["k", "1", "2", "null"]);
        assert_eq!(sorted_rows(&wide), ["a 1 2", "b 8  7"]);
        let wide = frame.pivot(pivot.values([2])).unwrap();
        assert_eq!(sorted_rows(&wide), ["a 2", "b"]);
        assert!(frame.pivot(Pivot::new("m", col("x"))).is_err());
        assert!(frame.pivot(Pivot::new("y", col("x").sum())).is_err());
        let long = frame.melt("k", ["m", "x"]).filter(col("k").eq(lit("a")));
        assert_eq!(sorted_rows(&long), ["a m 1", "a m 2", "a x 1", "a x 2"]);
        assert_eq!(frame.melt(["k"], ()).count().get().unwrap(), 10);
        assert!(error(&frame.explode("x")).0.contains("not a list"));
    });
}

#[test]
fn a_frame_is_described() {
    with_frame("a,b\n1,x\n3,y\nNA,\n", |frame| {
        let expected = [
            "count 2.0 2",
            "null_count 1.0 1",
            "mean 2.0",
            "std 1.4142135623730951",
            "min 1.0 x",
            "25% 1.0",
            "50% 2.0",
            "75% 3.0",
            "max 3.0 y",
        ];
        let found = rows(&frame.describe());
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            // Quartiles of so few values are rough.
            if !found.contains('%') {
                assert_eq!(found.trim_end(), expected);
            }
        }
    });
}

#[test]
fn scalars_have_types() {
    with_frame("t,i,f,d,b,n\nx,9007199254740993,1.5,2008-11-13,true,NA\n", |frame| {
        let error = frame.max("t").get().unwrap_err();
        assert_eq!(error.to_string(), "max(t) is x (varchar), which cannot be read as a number");
        assert_eq!(error.hint().unwrap(), "read it as text: .as_type::<String>()");
        assert_eq!(frame.max("i").as_type::<i64>().get().unwrap(), Some(9_007_199_254_740_993));
        assert_eq!(frame.max("i").as_type::<u64>().get().unwrap(), Some(9_007_199_254_740_993));
        assert!(frame.max("f").as_type::<i64>().get().is_err());
        assert!(frame.max("d").get().is_err());
        assert_eq!(frame.max("d").as_type::<String>().get().unwrap().unwrap(), "2008-11-13");
        assert_eq!(frame.max("b").as_type::<bool>().get().unwrap(), Some(true));
        assert_eq!(frame.filter(col("i").lt(lit(0))).max("f").get().unwrap(), None);
        assert_eq!(frame.filter(col("i").lt(lit(0))).count().get().unwrap(), 0);
    });
}

#[test]
fn empty_frames_are_frames() {
    with_frame("k,x\na,1\n", |frame| {
        let empty = frame.filter(col("x").gt(lit(5)));
        assert_eq!(empty.count().get().unwrap(), 0);
        assert_eq!(empty.sum("x").get().unwrap(), None);
        assert_eq!(empty.group_by(["k"]).mean("x").count().get().unwrap(), 0);
        assert_eq!(empty.describe().count().get().unwrap(), 9);
        assert_eq!(empty.persist().unwrap().columns().unwrap(), ["k", "x"]);
        assert_eq!(empty.sort(["x"]).tail(3).count().get().unwrap(), 0);
        assert_eq!(frame.join(&empty, Join::left().on("k")).count().get().unwrap(), 1);
        assert!(empty.to_table(5).unwrap().contains("| k | x |"));
    });
    assert!(concat([]).is_err());
    assert!(crate::from_batches([]).is_err());
}

#[test]
fn user_code_is_checked() {
    with_frame("a,b\n1,2\n3,4\n", |frame| {
        let schema = frame.schema().unwrap();
        let same = frame.map_partitions("same", &schema, Ok);
        assert_eq!(sorted_rows(&same), ["1 2", "3 4"]);
        let fewer = frame.map_partitions("fewer", &schema, |batch| Ok(batch.project(&[0])?));
        assert_eq!(
            error(&fewer).0,
            "fewer: it promised the columns (a Int64, b Int64) and returned (a Int64)"
        );
        let fails = frame.map_partitions("fails", &schema, |_| Err("no luck".into()));
        assert_eq!(error(&fails).0, "fails: no luck");
        let panics = frame.map_partitions("panics", &schema, |_| panic!("ouch"));
        assert_eq!(error(&panics).0, "panics panicked: ouch");
    });
}

#[test]
fn samples_are_repeatable_and_about_right() {
    let text: String =
        std::iter::once("a\n".to_owned()).chain((0..10_000).map(|n| format!("{}\n", n % 7))).collect();
    with_frame(&text, |frame| {
        let count = |seed| frame.sample(0.2, seed).count().get().unwrap();
        assert!((1800..2200).contains(&count(1)), "{}", count(1));
        assert_eq!(count(1), count(1));
        assert_ne!(frame.sample(0.2, 1).collect().unwrap(), frame.sample(0.2, 2).collect().unwrap());
        assert_eq!(frame.sample(0.0, 1).count().get().unwrap(), 0);
        assert_eq!(frame.sample_rows(300, 1).count().get().unwrap(), 300);
        assert_eq!(frame.sample_rows(0, 1).count().get().unwrap(), 0);
        assert_eq!(frame.sample_rows(20_000, 1).sum("a").get().unwrap(), frame.sum("a").get().unwrap());
    });
}

#[test]
fn frames_and_sql_meet() {
    let folder = Folder::new();
    let session = Session::new().unwrap();
    let frame = read_csv(folder.file("t.csv", "Dest,x\nA,1\nB,2\n")).session(&session).scan().unwrap();
    // Names in SQL have no case; `self` is the frame, also twice.
    let sql = "SELECT a.dest, sum(b.X) AS s FROM self a JOIN SELF b ON a.x <= b.x GROUP BY a.dest ORDER BY 1";
    assert_eq!(rows(&frame.sql(sql)), ["A 3", "B 2"]);
    session.register("t", &frame.filter(col("x").gt(lit(1)))).unwrap();
    assert_eq!(rows(&session.sql("SELECT dest FROM t").unwrap()), ["B"]);
    session.register("t", &frame).unwrap();
    assert_eq!(session.sql("SELECT * FROM t").unwrap().count().get().unwrap(), 2);
    assert_eq!(
        frame.sql("SELECT * FROM self; SELECT 1").collect().unwrap_err().to_string(),
        "expected one query, found 2 statements"
    );
    let error = session.sql("CREATE VIEW v AS SELECT 1").unwrap_err();
    assert_eq!(error.to_string(), "the statement is not a query");
    assert!(Session::new().unwrap().register("t", &frame).is_err());
}

#[test]
fn sql_over_frames_is_that_of_statements() {
    let folder = Folder::new();
    let session = Session::new().unwrap();
    let frame =
        read_csv(folder.file("t.csv", "k,m,x\na,1,2\na,2,3\nb,1,4\n")).session(&session).scan().unwrap();
    session.collect_blocking("CREATE MACRO twice(x) AS 2 * x; SET VARIABLE least = 3").unwrap();
    session.set_param("most", 3).unwrap();
    let sql = "SELECT twice(x) AS y FROM self WHERE x >= getvariable('least') AND x <= $most";
    assert_eq!(rows(&frame.sql(sql)), ["6"]);
    assert_eq!(rows(&session.sql("SELECT twice(2) AS y").unwrap()), ["4"]);
    // What becomes columns is asked for first.
    let wide = frame.sql("PIVOT self ON m USING sum(x) GROUP BY k ORDER BY k");
    assert_eq!(
        (wide.columns().unwrap().join(" "), rows(&wide)),
        ("k 1 2".to_owned(), vec!["a 2 3".into(), "b 4".into()])
    );
    // A number by chance is the same wherever it is named.
    let once = "WITH n AS (SELECT x, random() AS r FROM self) SELECT count(*) AS c FROM n a JOIN n b ON a.x = b.x AND a.r = b.r";
    assert_eq!(rows(&frame.sql(once)), ["3"]);
    let (message, hint) = error(&frame.sql("WITH self AS (SELECT 1 AS one) SELECT * FROM self"));
    assert_eq!(message, "self is the frame itself, and cannot be a query in WITH");
    assert_eq!(hint, "call the query in WITH otherwise");
}

#[test]
fn columns_of_sql_have_names_of_their_own() {
    with_frame("k,k_1,x\na,b,2\n", |frame| {
        let joined = frame.sql("SELECT * FROM self a JOIN self b ON a.k = b.k ORDER BY a.x");
        assert_eq!(joined.columns().unwrap(), ["k", "k_1", "x", "k_2", "k_1_1", "x_1"]);
        assert_eq!(rows(&joined.select(["k", "k_2", "x_1"])), ["a a 2"]);
    });
}

#[test]
fn hints_speak_of_methods() {
    with_frame("k,x\na,2\n", |frame| {
        let hint = ".try_cast(Int64) gives null where that is so; a text is compared with a text, as in col(\"name\").eq(\"3\")";
        assert_eq!(
            error(&frame.cast("k", Int64)),
            ("cannot read \"a\" as bigint".to_owned(), hint.to_owned())
        );
        let hint = "where a text holds numbers, .try_cast(Float64) reads them, and gives null for what is none; for a column of a \
                    file, .with_type(\"column\", Float64)";
        assert_eq!(error(&frame.select([col("k").sum()])).1, hint);
    });
}

#[test]
fn what_is_no_condition_is_told() {
    with_frame("k,x\na,2\n", |frame| {
        let told =
            ("expected a condition, found bigint".to_owned(), "compare it with something: .gt(0)".to_owned());
        for condition in [col("x") & col("k").eq("a"), col("k").eq("a").or(col("x")), !col("x")] {
            assert_eq!(error(&frame.filter(condition.clone())), told, "{condition}");
        }
        let (message, hint) = error(&frame.select([col("x").gt(1) + 1]));
        assert_eq!(message, "cannot compute boolean + integer");
        assert_eq!(hint, "of true and false, .cast(Int64) makes 1 and 0 of them");
        assert_eq!(error(&frame.select([-col("k")])).0, "only numbers and intervals have a negative");
        let (message, _) = error(&frame.select([col("k").str().to_date("%d.%m.%Y")]));
        assert_eq!(message, "cannot read \"a\" as a time in the form '%d.%m.%Y'");
        let named = frame.rename([("x", "k_right")]);
        let (message, hint) = error(&named.join(&frame, Join::inner().left_on("k_right").right_on("x")));
        assert_eq!(
            message,
            "the column \"k\" of the right side would be \"k_right\", which the left side has, too"
        );
        assert_eq!(hint, "give it another suffix: .suffix(\"_2\")");
    });
}

#[test]
fn texts_and_numbers_are_not_near() {
    with_frame("t,x\n10,1\n", |frame| {
        let (message, hint) = error(&frame.cast("t", Text).join_asof(&frame, crate::JoinAsof::backward("t")));
        assert_eq!(message, "the column \"t\" is varchar on the left side and bigint on the right side");
        assert_eq!(hint, "give both one type before: frame.cast(\"t\", Int64)");
    });
}

#[test]
fn options_of_files_are_checked_when_scanned() {
    let folder = Folder::new();
    let path = folder.file("t.csv", "a,b\n1,2\n");
    let error = read_csv(&path).option("heder", true).scan().unwrap_err();
    assert_eq!(error.hint().unwrap(), "did you mean header?");
    assert!(read_csv(&path).delimiter('\n').scan().is_err());
    assert!(read_csv(folder.0.path().join("none-*.csv")).scan().is_err());
    assert!(read_csv(Vec::<String>::new()).scan().is_err());
    let frame = read_csv([&path, &path]).with_type("a", Text).with_type("b", Text).with_type("a", Float64);
    let schema = frame.scan().unwrap().schema().unwrap();
    assert!(schema.field(0).data_type().is_floating() && schema.field(1).data_type().is_string());
}

#[test]
fn concat_matches_names() {
    with_frame("a,b\n1,x\n", |frame| {
        let both = concat([frame.clone(), frame.select([lit(2.5).alias("a"), lit("y").alias("c")])]).unwrap();
        assert_eq!(both.columns().unwrap(), ["a", "b", "c"]);
        assert_eq!(sorted_rows(&both), ["1.0 x", "2.5  y"]);
        let ids = both.select(["a"]).collect().unwrap();
        assert!(
            ids.iter().all(|batch| batch
                .column(0)
                .as_primitive::<arrow::datatypes::Float64Type>()
                .null_count()
                == 0)
        );
    });
}
