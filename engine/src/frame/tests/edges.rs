//! Frames at their edges: no rows, nulls alone, one row, keys in expressions, executors in each other.

use arrow::datatypes::DataType;

use super::*;
use crate::bag;

#[test]
fn a_header_alone() {
    with_frame("a,b\n", |frame| {
        assert_eq!(frame.count().get().unwrap(), 0);
        assert_eq!(frame.max("a").get().unwrap(), None);
        assert_eq!(frame.n_unique("a").get().unwrap(), 0);
        assert_eq!(frame.value_counts("a").count().get().unwrap(), 0);
        assert_eq!(frame.group_by(["a"]).agg([col("b").max(), len()]).count().get().unwrap(), 0);
        assert_eq!(rows(&frame.null_count()), ["0 0"]);
        assert_eq!(rows(&frame.select([len(), col("a").first().alias("f")])), ["0"]);
        let pivot = Pivot::new("a", col("b").max());
        let error = frame.pivot(pivot.clone()).unwrap_err();
        assert_eq!(error.to_string(), "the column \"a\" has no values to make columns of");
        assert_eq!(frame.pivot(pivot.clone().index("b")).unwrap().columns().unwrap(), ["b"]);
        assert_eq!(rows(&frame.pivot(pivot.values(["x"])).unwrap()), [""]);
        assert_eq!(frame.to_bag::<(String, String)>().count().get().unwrap(), 0);
    });
}

#[test]
fn a_column_computed_of_itself_again_and_again() {
    with_frame("k,x\na,1\nb,5\n", |frame| {
        let doubled = |frame: &Frame| frame.with_column((col("x") * lit(2)).alias("x"));
        assert_eq!(rows(&doubled(&doubled(&frame))), ["a 4", "b 20"]);
        let often = (0..5).fold(frame.clone(), |frame, _| doubled(&frame));
        assert_eq!(rows(&often), ["a 32", "b 160"]);
        assert_eq!(often.sum("x").get().unwrap(), Some(192.0));
    });
}

#[test]
fn nulls_alone() {
    with_frame("k,x\na,NA\nb,NA\na,1\n", |frame| {
        let nulls = frame.filter(col("x").is_null());
        let numbers = [nulls.mean("x"), nulls.sum("x"), nulls.median("x"), nulls.std("x"), nulls.max("x")];
        assert_eq!(compute(numbers).unwrap(), [None; 5]);
        assert_eq!((nulls.n_unique("x").get().unwrap(), nulls.count().get().unwrap()), (0, 2));
        assert_eq!(rows(&nulls.null_count()), ["0 2"]);
        assert_eq!(rows(&nulls.value_counts("x")), ["2"].map(|count| format!(" {count}")));
        assert_eq!(nulls.drop_duplicates("x").count().get().unwrap(), 1);
        assert_eq!(nulls.nlargest(5, "x").count().get().unwrap(), 2);
        assert_eq!(nulls.join(&nulls, Join::inner().on("x")).count().get().unwrap(), 0);
        let groups = nulls.group_by(["k"]).agg([
            col("x").null_count().alias("nulls"),
            col("x").first().alias("first"),
            col("x").gt(lit(0)).any().alias("any"),
            col("x").gt(lit(0)).all().alias("all"),
        ]);
        assert_eq!(sorted_rows(&groups), ["a 1", "b 1"]);
        assert_eq!(nulls.corr("x", "x").get().unwrap(), None);
        assert_eq!(frame.filter(col("x").is_not_null()).std("x").get().unwrap(), None);
    });
}

#[test]
fn keys_may_be_computed_with() {
    with_frame("k,x\n1,1\n1,3\n2,5\n", |frame| {
        let groups =
            frame.group_by(["k"]).agg([(col("x").sum() * col("k")).alias("z"), col("k").alias("again")]);
        assert_eq!(sorted_rows(&groups), ["1 4 1", "2 10 2"]);
        let odd = (col("x") % lit(4)).alias("odd");
        let groups =
            frame.group_by([odd]).agg([(col("odd") + len()).alias("z"), (col("x") % lit(4)).alias("w")]);
        assert_eq!(sorted_rows(&groups), ["1 3 1", "3 4 3"]);
        assert!(error(&frame.group_by(["k"]).agg([col("x").alias("k2")])).0.contains("neither a key"));
    });
}

#[test]
fn no_rows_are_wanted() {
    with_frame("k,x\na,1\nb,2\n", |frame| {
        let sorted = frame.sort(["x"]);
        for none in
            [frame.head(0), frame.nlargest(0, "x"), frame.nsmallest(0, "x"), sorted.head(0), sorted.tail(0)]
        {
            assert_eq!(none.count().get().unwrap(), 0);
            assert_eq!(none.columns().unwrap(), ["k", "x"]);
            assert!(rows(&none).is_empty());
        }
        assert_eq!(error(&frame.nlargest(0, "nope")).0, "there is no column \"nope\"");
    });
}

#[test]
fn types_that_meet() {
    with_frame("k,x,y,b,d\na,1,0.5,true,2020-01-31\nb,2,1.5,false,NA\n", |frame| {
        let with = |name: &str| concat([frame.select(["x"]), frame.select([col(name).alias("x")])]);
        let number = with("y").unwrap();
        assert_eq!(number.schema().unwrap().field(0).data_type(), &DataType::Float64);
        assert_eq!(sorted_rows(&number), ["0.5", "1.0", "1.5", "2.0"]);
        let text = with("k").unwrap();
        assert!(text.schema().unwrap().field(0).data_type().is_string());
        assert_eq!(sorted_rows(&text), ["1", "2", "a", "b"]);
        let dates = concat([frame.select(["d"]), frame.select([col("k").alias("d")])]).unwrap();
        assert_eq!(sorted_rows(&dates), ["", "2020-01-31", "a", "b"]);
        // Numbers are no days, as they are in the core.
        let day = concat([frame.select(["x"]), frame.select([col("d").alias("x")])]).unwrap();
        assert_eq!(error(&day).0, "the column \"x\" is bigint in one frame and date in another");
        let (message, hint) = error(&with("b").unwrap());
        assert_eq!(message, "the column \"x\" is bigint in one frame and boolean in another");
        assert!(hint.contains("frame.cast(\"x\", Text)"), "{hint}");
        assert_eq!(sorted_rows(&frame.melt("k", ["x", "y"]))[0], "a x 1.0");
        let texts = frame.melt("k", ["x", "d", "b"]);
        assert_eq!(sorted_rows(&texts)[..3], ["a b true", "a d 2020-01-31", "a x 1"]);
        // What is true counts 1.
        let late = col("y").gt(lit(1));
        let counts =
            [late.clone().sum().alias("n"), late.clone().mean().alias("share"), col("b").sum().alias("b")];
        assert_eq!(rows(&frame.select(counts)), ["1 0.5 1"]);
        assert_eq!(frame.sum(late.clone()).get().unwrap(), Some(1.0));
        assert_eq!(
            rows(&frame.with_column(late.sum().over(["k"]).alias("n")).select(["k", "n"]).sort(["k"])),
            ["a 0", "b 1"]
        );
        let (message, hint) = error(&frame.filter("x"));
        assert_eq!(message, "expected a condition, found x, which is bigint");
        assert!(hint.contains(".gt(0)"), "{hint}");
    });
}

#[test]
fn several_cells_of_a_pivot() {
    with_frame("k,m,x\na,1,1\na,2,2\nb,1,3\nb,1,5\n", |frame| {
        let pivot = Pivot::new("m", col("x").sum().alias("sum")).cell(len()).index("k");
        let wide = frame.pivot(pivot).unwrap();
        assert_eq!(wide.columns().unwrap(), ["k", "1_sum", "1_len", "2_sum", "2_len"]);
        assert_eq!(sorted_rows(&wide), ["a 1 1 2 1", "b 8 2  0"]);
        let twice = Pivot::new("m", col("x").sum()).cell(col("x").sum()).index("k");
        assert!(frame.pivot(twice).unwrap_err().to_string().starts_with("two columns are named"));
        assert!(frame.pivot(Pivot::new("m", len()).cell(col("x"))).is_err());
    });
}

#[test]
fn results_of_many_shapes() {
    with_frame("x\n1\n4\n", |frame| {
        let both = [frame.min("x"), frame.max("x")];
        let optional = (Some(frame.count()), None::<Frame>);
        let (both, optional, nested) =
            compute((both, optional, vec![(frame.sum("x"), [frame.count()])])).unwrap();
        assert_eq!((both, optional.0, optional.1.is_none()), ([Some(1.0), Some(4.0)], Some(2), true));
        assert_eq!(nested, [(Some(5.0), [2])]);
        assert_eq!(compute(Vec::<Frame>::new()).unwrap().len(), 0);
    });
}

#[test]
fn blocking_methods_may_stand_in_async_code() {
    with_frame("x\n1\n4\n", |frame| {
        let count = async { frame.sql("SELECT x FROM self WHERE x > 1").count().get() };
        assert_eq!(futures::executor::block_on(count).unwrap(), 1);
        // A closure may compute another bag, too.
        let sums = bag::range(0..3, 2).map(|_| bag::range(0..10, 2).sum().get().unwrap_or(-1));
        assert_eq!(sums.collect().unwrap(), [45; 3]);
    });
}

#[test]
fn values_that_become_columns_have_names_for_people() {
    with_frame("k,t,y\n1,2020-01-01 10:00:00,0.5\n2,NA,1.0\n", |frame| {
        let names = |on: &str| {
            let wide = frame.pivot(Pivot::new(on, len()).index("k")).unwrap();
            wide.columns().unwrap().split_off(1)
        };
        assert_eq!(names("t"), ["2020-01-01 10:00:00", "null"]);
        assert_eq!(names("y"), ["0.5", "1.0"]);
    });
}

#[test]
fn types_are_known_before_anything_is_run() {
    with_frame("d,x\n2020-01-31,1\n2020-02-01,2\n", |frame| {
        let months =
            frame.select([col("d").dt().truncate("month").alias("m"), (col("x") / lit(2)).alias("h")]);
        let found = months.collect().unwrap()[0].schema();
        for (known, found) in months.schema().unwrap().fields().iter().zip(found.fields()) {
            assert_eq!(known.data_type(), found.data_type());
        }
        assert_eq!(rows(&months.persist().unwrap()), rows(&months));
        assert_eq!(frame.head(usize::MAX).count().get().unwrap(), 2);
    });
}

#[test]
fn numbers_that_are_none_are_one() {
    with_frame("x\n0.0\n1.0\n0.0\n2.0\n", |frame| {
        let made = when(col("x").gt(lit(0)), lit(f64::NAN)).otherwise(col("x") / col("x"));
        let nan = frame.with_column(made.alias("y"));
        assert_eq!(rows(&nan.select(["y"]).distinct()), ["NaN"]);
        assert_eq!(rows(&nan.select(["y"]).distinct().sort(["y"]).head(5)), ["NaN"]);
        assert_eq!(nan.filter(col("y").gt(lit(1e300))).count().get().unwrap(), 4);
        let groups = nan.group_by(["y"]).agg([len()]).sort([desc("len")]).head(2);
        assert_eq!(rows(&groups), ["NaN 4"]);
        assert!(nan.max("y").get().unwrap().unwrap().is_nan());
    });
}

#[test]
fn fields_of_structs_in_sql_over_a_frame() {
    let folder = Folder::new();
    let path = folder.file("e.jsonl", "{\"user\":{\"name\":\"ann\"},\"tags\":[1,2],\"at\":1}\n");
    let table = crate::scan_json(path).unwrap();
    let names = table.sql("SELECT user.name AS name, count(*) AS n FROM self GROUP BY name");
    assert_eq!(rows(&names), ["ann 1"]);
    let name = crate::functions::get_field(col("user"), "name").alias("name");
    assert_eq!(rows(&table.explode("tags").select([name, col("tags")])), ["ann 1", "ann 2"]);
}
