//! What pandas 3.1 answers over the same rows, and where frames differ from it on purpose: no sum of no values is 0, and in joins null
//! is equal to nothing.

use super::*;

/// Values are missing in keys, in numbers and in texts, and all numbers of one group are.
const ROWS: &str = "k,x,y,t\na,1,0.5,u\nb,,1.5,v\na,3,,u\n,4,2.5,\nb,,3.5,w\n,6,,u\n";

#[test]
fn groups_with_values_that_are_missing() {
    with_frame(ROWS, |frame| {
        let groups = frame.group_by(["k"]).agg([
            len().alias("rows"),
            col("x").count().alias("count"),
            col("x").sum().alias("sum"),
            col("x").mean().alias("mean"),
            col("x").var().alias("var"),
            col("t").n_unique().alias("texts"),
            col("y").median().alias("median"),
            col("y").quantile(0.25).alias("quarter"),
        ]);
        assert_eq!(
            sorted_rows(&groups),
            [" 2 2 10 5.0 2.0 1 2.5 2.5", "a 2 2 4 2.0 2.0 1 0.5 0.5", "b 2 0    2 2.5 2.0"]
        );
    });
}

#[test]
fn counts_of_values() {
    with_frame(ROWS, |frame| {
        assert_eq!(rows(&frame.value_counts("t")), ["u 3", "v 1", "w 1", " 1"]);
        assert_eq!(frame.n_unique("t").get().unwrap(), 3);
        assert_eq!(sorted_rows(&frame.drop_duplicates("k").select(["k"])), ["", "a", "b"]);
        let first = frame.sort(["y"]).drop_duplicates(["t"]).select(["t", "y"]);
        assert_eq!(sorted_rows(&first), [" 2.5", "u 0.5", "v 1.5", "w 3.5"]);
        let last = frame.sort([desc("y")]).drop_duplicates(["t"]).select(["t", "y"]);
        assert_eq!(sorted_rows(&last), [" 2.5", "u 0.5", "v 1.5", "w 3.5"]);
    });
}

#[test]
fn statistics_of_a_column() {
    with_frame(ROWS, |frame| {
        let quantiles = [0.0, 0.1, 0.25, 0.5, 0.9, 1.0].map(|q| frame.quantile("x", q));
        let found = compute(quantiles).unwrap().map(|value| (value.unwrap() * 1e9).round() / 1e9);
        assert_eq!(found, [1.0, 1.6, 2.5, 3.5, 5.4, 6.0]);
        let both = compute((frame.cov("x", "y"), frame.var("y"))).unwrap();
        assert_eq!(both, (Some(3.0), Some(5.0 / 3.0)));
        assert!((frame.corr("x", "y").get().unwrap().unwrap() - 1.0).abs() < 1e-12);
        let summary = rows(&frame.select(["x", "t"]).describe());
        assert_eq!(summary[..3], ["count 4.0 5", "null_count 2.0 1", "mean 3.5"]);
        // Quartiles are estimates there.
        assert_eq!([&summary[4], &summary[8]], ["min 1.0 u", "max 6.0 w"]);
    });
}

#[test]
fn rows_with_enough_values() {
    with_frame(ROWS, |frame| {
        let kept = |frame: Frame| sorted_rows(&frame.select(["k", "x", "y"]));
        let whole = ["a 1 0.5", "a 3", "b  1.5", "b  3.5"];
        assert_eq!(kept(frame.drop_nulls_below(3, Vec::<String>::new())), whole);
        assert_eq!(kept(frame.drop_nulls_in(["k", "t"])), whole);
        assert_eq!(frame.drop_nulls_below(1, ["x", "y"]).count().get().unwrap(), 6);
        assert_eq!(kept(frame.drop_nulls_below(2, ["x", "y"])), [" 4 2.5", "a 1 0.5"]);
        assert_eq!(frame.drop_nulls_below(3, ["x", "y"]).count().get().unwrap(), 0);
        assert_eq!(frame.drop_nulls_below(0, ["x"]).count().get().unwrap(), 6);
        let (message, hint) = error(&frame.drop_nulls_below(1, ["x", "z"]));
        assert_eq!(message, "there is no column \"z\"");
        assert!(hint.contains('x'), "{hint}");
    });
}

#[test]
fn joins_and_pivots_with_keys_that_are_missing() {
    with_frame(ROWS, |frame| {
        let numbers = frame.select(["k", "x"]);
        let pairs = numbers.join(&numbers, Join::inner().on("k").suffix("_y"));
        assert_eq!(pairs.columns().unwrap(), ["k", "x", "x_y"]);
        assert_eq!(sorted_rows(&pairs), ["a 1 1", "a 1 3", "a 3 1", "a 3 3", "b", "b", "b", "b"]);
        assert_eq!(numbers.join(&numbers, Join::left().on("k")).count().get().unwrap(), 10);
        let wide = frame.pivot(Pivot::new("t", col("x").sum()).index(["k"])).unwrap();
        assert_eq!(wide.columns().unwrap(), ["k", "u", "v", "w", "null"]);
        assert_eq!(sorted_rows(&wide), [" 6   4", "a 4", "b"]);
    });
}

#[test]
fn values_in_order() {
    with_frame(ROWS, |frame| {
        let columns = frame.sort(["y"]).head(4).with_columns([
            col("y").shift(1).alias("shift"),
            col("y").diff(1).alias("diff"),
            col("y").cum_sum().alias("sum"),
            col("y").rolling(2).mean().alias("rolling"),
            col("x").forward_fill().alias("fill"),
            (col("y").pct_change(1) * lit(15)).round(0).alias("change"),
        ]);
        let names = ["y", "shift", "diff", "sum", "rolling", "fill", "change"];
        assert_eq!(
            rows(&columns.select(names)),
            [
                "0.5   0.5  1",
                "1.5 0.5 1.0 2.0 1.0 1 30.0",
                "2.5 1.5 1.0 4.5 2.0 4 10.0",
                "3.5 2.5 1.0 8.0 3.0 4 6.0"
            ]
        );
        assert_eq!(rows(&frame.nlargest(2, "x").select(["x"])), ["6", "4"]);
        assert_eq!(rows(&frame.nlargest(6, "x").select(["x"])), ["6", "4", "3", "1", "", ""]);
    });
}

#[test]
fn deviations_of_all_and_of_samples() {
    with_frame(ROWS, |frame| {
        let groups = frame.group_by(["k"]).agg([
            col("x").std_with_ddof(0).alias("all"),
            col("x").var_with_ddof(1).alias("sample"),
            col("x").var_with_ddof(2).alias("less"),
            col("x").product().alias("product"),
            col("t").mode().alias("mode"),
        ]);
        assert_eq!(sorted_rows(&groups), [" 1.0 2.0  24.0 u", "a 1.0 2.0  3.0 u", "b     v"]);
        let whole = frame.select([
            col("x").std_with_ddof(0).alias("all"),
            col("x").var_with_ddof(2).alias("less"),
            col("x").var_with_ddof(4).alias("none"),
            col("x").product().alias("product"),
        ]);
        assert_eq!(rows(&whole), ["1.8027756377319946 6.5  72.0"]);
    });
}

#[test]
fn rows_without_a_key_find_each_other_where_asked() {
    with_frame(ROWS, |frame| {
        let numbers = frame.select(["k", "x"]);
        let both = |join: Join| numbers.join(&numbers, join.on("k").suffix("_y").nulls_equal());
        let pairs = [" 4 4", " 4 6", " 6 4", " 6 6", "a 1 1", "a 1 3", "a 3 1", "a 3 3", "b", "b", "b", "b"];
        for join in [Join::inner(), Join::left(), Join::right(), Join::full()] {
            assert_eq!(sorted_rows(&both(join)), pairs);
        }
        assert_eq!(both(Join::semi()).count().get().unwrap(), 6);
        assert_eq!(both(Join::anti()).count().get().unwrap(), 0);
    });
}

#[test]
fn largest_by_several_columns() {
    with_frame(ROWS, |frame| {
        let largest = frame.nlargest(3, ["y", "x"]).select(["y", "x"]);
        assert_eq!(rows(&largest), ["3.5", "2.5 4", "1.5"]);
        assert_eq!(rows(&frame.nsmallest(2, ["k", "x"]).select(["k", "x"])), ["a 1", "a 3"]);
        assert_eq!(error(&frame.nlargest(1, ())).0, "there is nothing to sort by");
    });
}

#[test]
fn values_of_groups_beside_each_row() {
    with_frame(ROWS, |frame| {
        let beside = frame.sort(["y", "x"]).with_columns([
            col("y").median().over(["k"]).alias("median"),
            col("x").first().over(["k"]).alias("first"),
            col("y").last().over(["k"]).alias("last"),
            col("y").last_by(["y"]).over(["k"]).alias("largest"),
            col("y").cum_sum().alias("sum"),
        ]);
        let columns = beside.select(["k", "y", "median", "first", "last", "largest", "sum"]);
        let expected = [
            "a 0.5 0.5 1 0.5 0.5 0.5",
            "b 1.5 2.5  3.5 3.5 2.0",
            " 2.5 2.5 4 2.5 2.5 4.5",
            "b 3.5 2.5  3.5 3.5 8.0",
            "a  0.5 1 0.5 0.5",
            "  2.5 4 2.5 2.5",
        ];
        assert_eq!(rows(&columns), expected);
    });
}

#[test]
fn what_has_left_a_window_is_forgotten() {
    with_frame("day,x\n1,NaN\n2,1\n3,2\n4,3\n5,1e20\n6,1\n7,2\n8,4\n", |frame| {
        let frame = frame.cast("x", Float64).sort(["day"]);
        let rolling = || col("x").rolling(2);
        let column = |expr: Expr| rows(&frame.select([col("day"), expr.alias("z")])).split_off(5);
        assert_eq!(column(rolling().mean()), ["6 5e19", "7 1.5", "8 3.0"]);
        assert_eq!(column(rolling().var()).split_off(1), ["7 0.5", "8 2.0"]);
    });
}

#[test]
fn middles_of_times() {
    with_frame("d,t\n2020-01-01,2020-01-01 10:00:00\n2020-01-03,2020-01-01 11:00:00\nNA,NA\n", |frame| {
        let middle = frame.select([col("d").mean().alias("d"), col("t").median().alias("t")]);
        assert_eq!(rows(&middle), ["2020-01-02T00:00:00 2020-01-01T10:30:00"]);
        let late = frame.quantile("t", 1.0).as_type::<String>().get().unwrap();
        assert_eq!(late.as_deref(), Some("2020-01-01T11:00:00"));
    });
}
