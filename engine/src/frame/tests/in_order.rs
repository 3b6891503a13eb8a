//! What depends on the order of rows.

use super::*;

const SALES: &str = "k,day,x\na,1,4\nb,1,1\na,2,NA\nb,2,3\na,3,6\na,4,5\n";

#[test]
fn rows_before_and_after() {
    with_frame(SALES, |frame| {
        let a = frame.filter(col("k").eq(lit("a"))).sort(["day"]);
        let column = |expr: Expr| rows(&a.select([col("day"), expr.alias("z")]));
        assert_eq!(column(col("x").shift(1)), ["1", "2 4", "3", "4 6"]);
        assert_eq!(column(col("x").shift(-1)), ["1", "2 6", "3 5", "4"]);
        assert_eq!(column(col("x").shift(0)), ["1 4", "2", "3 6", "4 5"]);
        assert_eq!(column(col("x").shift(100)), ["1", "2", "3", "4"]);
        assert_eq!(column(col("x").diff(1)), ["1", "2", "3", "4 -1"]);
        assert_eq!(column(col("x").diff(-1)), ["1", "2", "3 1", "4"]);
        assert_eq!(column(col("x").pct_change(2)), ["1", "2", "3 0.5", "4"]);
        assert_eq!(column(col("x").forward_fill()), ["1 4", "2 4", "3 6", "4 5"]);
        assert_eq!(column(col("x").backward_fill()), ["1 4", "2 6", "3 6", "4 5"]);
        assert_eq!(column(col("x").cum_sum()), ["1 4", "2", "3 10", "4 15"]);
        assert_eq!(column(col("x").cum_min()), ["1 4", "2", "3 4", "4 4"]);
        assert_eq!(column(col("x").cum_max()), ["1 4", "2", "3 6", "4 6"]);
        assert_eq!(column(col("x").cum_count()), ["1 1", "2 1", "3 2", "4 3"]);
    });
}

#[test]
fn what_is_computed_of_many_sorted_rows_stays_sorted() {
    let mut text = String::from("day,x\n");
    (0..60_000).rev().for_each(|day| text += &format!("{day},{}\n", day * 2));
    with_frame(&text, |frame| {
        let steps = frame.sort(["day"]).select([col("day"), col("x").diff(-1).alias("z")]);
        let expected: Vec<String> =
            (0..59_999).map(|day| format!("{day} -2")).chain(["59999".to_owned()]).collect();
        assert!(rows(&steps) == expected, "the rows are in another order");
        // Also without what they are sorted by.
        let rest = frame.sort(["day"]).select([col("x").shift(-1).alias("z"), col("x")]).select(["z"]);
        let expected: Vec<String> =
            (1..60_000).map(|day| (day * 2).to_string()).chain([String::new()]).collect();
        assert!(rows(&rest) == expected, "the rows without their keys are in another order");
        let found = rest.to_bag::<Option<i64>>().collect().unwrap();
        assert!(found.into_iter().eq((1..60_000).map(|day| Some(day * 2)).chain([None])));
        // And where nothing but a bag is made of them.
        let found = frame.sort(["day"]).select(["x"]).to_bag::<i64>().collect().unwrap();
        assert!(found.into_iter().eq((0..60_000).map(|day| day * 2)), "a bag is in another order");
    });
}

#[test]
fn windows_roll() {
    with_frame("day,x\n1,4\n2,1\n3,NA\n4,3\n5,5\n6,7\n", |frame| {
        let frame = frame.sort(["day"]);
        let column = |expr: Expr| rows(&frame.select([col("day"), expr.alias("z")]));
        let two = || col("x").rolling(2);
        assert_eq!(column(two().sum()), ["1", "2 5", "3", "4", "5 8", "6 12"]);
        assert_eq!(column(two().mean()), ["1", "2 2.5", "3", "4", "5 4.0", "6 6.0"]);
        assert_eq!(column(two().min_values(1).min()), ["1 4", "2 1", "3 1", "4 3", "5 3", "6 5"]);
        assert_eq!(column(two().min_values(1).max()), ["1 4", "2 4", "3 1", "4 3", "5 5", "6 7"]);
        assert_eq!(column(two().var()), ["1", "2 4.5", "3", "4", "5 2.0", "6 2.0"]);
        assert_eq!(column(two().count()), ["1 1", "2 2", "3 1", "4 1", "5 2", "6 2"]);
        assert_eq!(column(col("x").rolling(3).std())[5], "6 2.0");
        // A window of no rows is one of the row itself; one that is longer than the frame is never full.
        assert_eq!(column(col("x").rolling(0).sum())[..3], ["1 4", "2 1", "3"]);
        assert_eq!(column(col("x").rolling(100).sum())[5], "6");
        assert_eq!(column(col("x").rolling(usize::MAX).min_values(0).sum())[5], "6 20");
        assert_eq!(rows(&frame.head(0).select([two().mean().alias("z")])), [""; 0]);
    });
}

#[test]
fn an_order_is_needed_and_taken_from_the_frame() {
    with_frame(SALES, |frame| {
        let unordered = frame.distinct();
        let (message, hint) = error(&unordered.with_column(col("x").shift(1).alias("z")));
        assert_eq!(message, "lag(x) needs an order of rows, which the frame does not have");
        assert!(hint.contains("frame.sort") && hint.contains("over_sorted"), "{hint}");
        assert!(unordered.filter(col("x").cum_sum().over(["k"]).gt(lit(1))).collect().is_err());

        let said = unordered.with_column(col("x").cum_sum().over_sorted(["k"], ["day"]).alias("z"));
        let expected = ["a 1 4 4", "a 2", "a 3 6 10", "a 4 5 15", "b 1 1 1", "b 2 3 4"];
        assert_eq!(sorted_rows(&said), expected);
        // The order of the frame does as well, also in groups, and stays.
        let sorted = frame.sort(["k", "day"]);
        assert_eq!(rows(&sorted.with_column(col("x").cum_sum().over(["k"]).alias("z"))), expected);
        let rising = sorted.filter(col("x").gt(col("x").shift(1).over(["k"])));
        assert_eq!(rows(&rising), ["b 2 3"]);
        let total = frame.sort([desc("day"), asc("k")]).with_column(col("x").sum().over(["k"]).alias("z"));
        assert_eq!(rows(&total.select(["day", "k", "z"]))[..3], ["4 a 15", "3 a 15", "2 a 15"]);
        // Aggregates over a window with an order run, with equals; those that roll have their own rows.
        let running = frame.with_column(col("x").sum().over_sorted([] as [&str; 0], ["day"]).alias("z"));
        assert_eq!(sorted_rows(&running.select(["day", "z"]))[..2], ["1 5", "1 5"]);
    });
}

#[test]
fn the_order_outlives_other_names() {
    with_frame(SALES, |frame| {
        let sorted = frame.sort(["k", "day"]);
        assert_eq!(rows(&sorted.rename([("day", "d"), ("k", "g")]).tail(2)), ["b 1 1", "b 2 3"]);
        assert_eq!(
            rows(&sorted.select([col("k"), col("day").alias("d"), col("day").alias("e")]).tail(1)),
            ["b 2 2"]
        );
        let swapped = frame.sort(["day"]).rename([("day", "x"), ("x", "day")]).tail(1);
        assert_eq!(rows(&swapped), ["a 4 5"]);
        // Also by what is gone.
        let without_key = frame.sort([desc("day"), asc("k")]).drop("day");
        assert_eq!(rows(&without_key.tail(2)), ["a 4", "b 1"]);
        assert_eq!(rows(&without_key.with_row_index("i").tail(1)), ["5 b 1"]);
    });
}

#[test]
fn rows_are_numbered() {
    with_frame(SALES, |frame| {
        let numbered = frame.sort([desc("day"), asc("k")]).with_row_index("i");
        assert_eq!(rows(&numbered.select(["i", "k", "day"]))[..2], ["0 a 4", "1 a 3"]);
        let place = crate::functions::window::row_number().over(["k"]).alias("place");
        let placed = frame.sort([desc("day")]).with_column(place).select(["k", "day", "place"]);
        assert_eq!(rows(&placed)[..2], ["a 4 1", "a 3 2"]);
        let (message, hint) = error(&frame.group_by(["k"]).size().with_row_index("i"));
        assert_eq!(message, "the frame has no row numbers, as its rows come in no order");
        assert!(hint.contains("frame.sort"), "{hint}");
        assert_eq!(error(&frame.sort(["day"]).with_row_index("x")).0, "two columns are named \"x\"");
    });
}

#[test]
fn first_rows_of_groups() {
    with_frame(SALES, |frame| {
        let sorted = frame.sort([desc("x")]);
        assert_eq!(rows(&sorted.group_by(["k"]).head(1)), ["a 3 6", "b 2 3"]);
        assert_eq!(rows(&sorted.group_by([] as [&str; 0]).head(2)), ["a 3 6", "a 4 5"]);
        assert_eq!(rows(&sorted.group_by(["k"]).head(0)), [""; 0]);
        assert_eq!(rows(&sorted.group_by(["k"]).head(99)).len(), 6);
        let odd = sorted.group_by([(col("day") % lit(2)).alias("odd")]).head(1);
        assert_eq!(rows(&odd), ["a 3 6", "a 4 5"]);
        assert_eq!(
            error(&frame.distinct().group_by(["k"]).head(1)).0,
            "the frame has no first rows of its groups, as its rows come in no order"
        );
        assert_eq!(error(&sorted.group_by(["nope"]).head(1)).0, "there is no column \"nope\"");
    });
}

#[test]
fn the_order_of_files_is_one() {
    with_frame(SALES, |frame| {
        let in_files = ["a 1 4", "b 1 1", "a 2", "b 2 3", "a 3 6", "a 4 5"];
        assert_eq!(rows(&frame.tail(2)), in_files[4..]);
        assert_eq!(rows(&frame.tail(99)), in_files);
        assert_eq!(rows(&frame.tail(0)), [""; 0]);
        let column = |expr: Expr| rows(&frame.select([col("day"), expr.alias("z")]));
        assert_eq!(column(col("x").diff(1)), ["1", "1 -3", "2", "2", "3 3", "4 -1"]);
        assert_eq!(column(col("x").cum_sum()), ["1 4", "1 5", "2", "2 8", "3 14", "4 19"]);
        assert_eq!(column(col("x").cum_sum().over(["k"])), ["1 4", "1 1", "2", "2 4", "3 10", "4 15"]);
        // One after the other, and of two frames.
        let twice = frame.with_column(col("x").shift(1).alias("y")).with_column(col("y").shift(1).alias("z"));
        assert_eq!(rows(&twice.select(["z"])), ["", "", "4", "1", "", "3"]);
        let both = concat([frame.filter(col("k").eq(lit("b"))), frame.head(1)]).unwrap();
        assert_eq!(rows(&both.with_row_index("i")), ["0 b 1 1", "1 b 2 3", "2 a 1 4"]);
        assert_eq!(rows(&frame.filter(col("x").gt(col("x").shift(1)))), ["a 3 6"]);
        assert_eq!(rows(&frame.group_by(["k"]).head(1)), ["a 1 4", "b 1 1"]);
        assert_eq!(rows(&frame.group_by(["k"]).tail(1)), ["b 2 3", "a 4 5"]);
        let of_groups =
            [col("x").first().alias("f"), col("x").last().alias("l"), col("day").to_list().alias("d")];
        assert_eq!(
            sorted_rows(&frame.group_by(["k"]).agg(of_groups)),
            ["a 4 5 [1, 2, 3, 4]", "b 1 3 [1, 2]"]
        );
    });
}

#[test]
fn rows_of_files_are_numbered_as_they_stand_there() {
    let folder = Folder::new();
    for file in 0..3 {
        let rows: String = (0..60_000).map(|row| format!("{},{file}\n", file * 60_000 + row)).collect();
        folder.file(&format!("t{file}.csv"), &format!("x,file\n{rows}"));
    }
    let session = Session::builder().threads(4).build().unwrap();
    let frame = read_csv(folder.0.path().join("*.csv")).session(&session).scan().unwrap();
    let numbered = frame.with_row_index("row");
    assert_eq!(numbered.filter(col("row").not_eq(col("x"))).count().get().unwrap(), 0);
    assert_eq!(rows(&frame.tail(2)), ["179998 2", "179999 2"]);
    let of_files = frame.group_by(["file"]).agg([col("x").first().alias("f"), col("x").last().alias("l")]);
    assert_eq!(sorted_rows(&of_files), ["0 0 59999", "1 60000 119999", "2 120000 179999"]);
    let steps = frame.with_column(col("x").diff(1).over(["file"]).alias("step"));
    assert_eq!((steps.min("step").get().unwrap(), steps.max("step").get().unwrap()), (Some(1.0), Some(1.0)));
    let some = frame.filter((col("x") % lit(1000)).eq(lit(7))).select(["x"]).with_row_index("row");
    assert_eq!(rows(&some.sort(["row"]).tail(2)), ["178 178007", "179 179007"]);
    assert_eq!(rows(&frame.slice(60_000, 2).with_row_index("row").sort(["row"])), ["0 60000 1", "1 60001 1"]);
    let steps = numbered.sort(["row"]).with_column(col("x").diff(1).alias("step"));
    assert_eq!((steps.min("step").get().unwrap(), steps.max("step").get().unwrap()), (Some(1.0), Some(1.0)));
    let first = frame.with_column((col("x") % lit(7)).alias("k")).drop_duplicates("k").sort(["k"]);
    assert_eq!(first.columns().unwrap(), ["x", "file", "k"]);
    assert_eq!(rows(&first.select(["x"])), ["0", "1", "2", "3", "4", "5", "6"]);
    // A sample of groups that are sorted is the same, also where the order of what is made of it does not matter.
    let of_groups = |threads| {
        let session = Session::builder().threads(threads).build().unwrap();
        let frame = read_csv(folder.0.path().join("*.csv")).session(&session).scan().unwrap();
        let groups = frame.group_by([(col("x") % lit(5003)).alias("k")]).agg([len()]).sort(["k"]);
        compute((groups.sample(0.1, 3).sum("k"), groups.sample_rows(9, 3).sum("k"))).unwrap()
    };
    assert_eq!(of_groups(4), of_groups(1));
    let kept = frame.sort([desc("x")]).head(5).persist().unwrap();
    assert_eq!(rows(&kept.tail(1).select(["x"])), ["179995"]);
    assert_eq!(rows(&kept.select([col("x").diff(1).alias("d")])), ["", "-1", "-1", "-1", "-1"]);
    // Elements of a bag come so, too, where their order matters.
    let elements = frame.select(["x"]).to_bag::<i64>();
    assert!(elements.take(130_000).get().unwrap().into_iter().eq(0..130_000));
    let sample = |threads| {
        let session = Session::builder().threads(threads).build().unwrap();
        let frame = read_csv(folder.0.path().join("*.csv")).session(&session).scan().unwrap();
        let mut drawn = frame.select(["x"]).to_bag::<i64>().random_sample(0.01, 7).collect().unwrap();
        drawn.sort_unstable();
        drawn
    };
    assert_eq!(sample(4), sample(1));
}

#[test]
fn last_rows_of_groups() {
    with_frame(SALES, |frame| {
        let sorted = frame.sort(["day"]);
        assert_eq!(rows(&sorted.group_by(["k"]).tail(1)), ["b 2 3", "a 4 5"]);
        assert_eq!(rows(&sorted.group_by(["k"]).tail(0)), [""; 0]);
        assert_eq!(
            error(&frame.distinct().group_by(["k"]).tail(1)).0,
            "the frame has no last rows of its groups, as its rows come in no order"
        );
        let lists = sorted.group_by(["k"]).agg([
            col("x").to_list().alias("list"),
            col("x").first().alias("first"),
            col("x").last().alias("last"),
        ]);
        assert_eq!(sorted_rows(&lists), ["a [4, , 6, 5] 4 5", "b [1, 3] 1 3"]);
    });
}

#[test]
fn windows_over_windows() {
    with_frame(SALES, |frame| {
        let sorted = frame.filter(col("k").eq(lit("a"))).sort(["day"]);
        let column = |expr: Expr| rows(&sorted.select([col("day"), expr.alias("z")]));
        assert_eq!(column(col("x").shift(1).cum_sum()), ["1", "2 4", "3", "4 10"]);
        assert_eq!(column(col("x").shift(-1).rolling(2).mean()), ["1", "2", "3 5.5", "4"]);
        assert_eq!(column(col("x").shift(1).shift(1).shift(1)), ["1", "2", "3", "4 4"]);
        assert_eq!(rows(&sorted.filter(col("x").shift(1).cum_sum().gt(lit(4))).select(["day"])), ["4"]);
        let changes = frame
            .sort(["k", "day"])
            .with_column(col("x").diff(1).over(["k"]).cum_sum().over(["k"]).alias("z"));
        assert_eq!(rows(&changes.select(["k", "z"])), ["a", "a", "a", "a -1", "b", "b 2"]);
    });
    with_frame("x\n1\n", |frame| {
        assert!(error(&frame.sort([col("x").cum_sum()])).1.contains("with_columns"));
        assert!(error(&frame.fill_null(col("x").mean())).1.contains(".over_all()"));
    });
}

/// As pandas has it: `df.groupby("k").rolling("2h", on="t").x.sum()`.
#[test]
fn windows_roll_over_times() {
    let text = "k,t,x\na,2024-01-01 12:00:00,4\na,2024-01-01 10:00:00,1\nb,2024-01-01 10:30:00,7\n\
                a,2024-01-01 11:59:59,NA\na,2024-01-01 15:00:00,NA\nb,2024-01-01 12:29:59,1\n";
    with_frame(text, |frame| {
        let hours = |hours: u64| std::time::Duration::from_secs(hours * 60 * 60);
        let rolled = frame.select([
            col("k"),
            col("t").dt().format("%H:%M").alias("t"),
            col("x").rolling_by("t", hours(2)).sum().over(["k"]).alias("sum"),
            col("x").rolling_by("t", hours(3)).count().alias("count"),
            col("x").rolling_by("t", hours(3)).min_values(2).mean().alias("mean"),
            col("x").rolling_by("t", hours(24)).median().alias("median"),
        ]);
        assert_eq!(
            sorted_rows(&rolled),
            [
                "a 10:00 1 1  1.0",
                "a 11:59 1 2 4.0 4.0",
                "a 12:00 4 3 4.0 4.0",
                "a 15:00  1  2.5",
                "b 10:30 7 2 4.0 4.0",
                "b 12:29 8 4 3.25 2.5"
            ]
        );
        // Days have times, too.
        let days = frame.with_column(col("t").dt().date().alias("day"));
        let of_day = days.select([col("x").rolling_by("day", hours(24)).sum().alias("sum")]);
        assert_eq!(rows(&of_day), ["13"; 6]);
        // The median of rows goes by their order, not by the values.
        let medians = frame.sort(["t"]).select([col("x").rolling(2).min_values(1).median().alias("m")]);
        assert_eq!(rows(&medians), ["1.0", "4.0", "7.0", "4.0", "2.5", "1.0"]);
    });
}
