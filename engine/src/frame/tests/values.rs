//! Values computed of the values of one row.

use arrow::datatypes::DataType;

use super::*;

#[test]
fn values_are_compared_and_replaced() {
    with_frame("k,x\na,1\nb,5\nNA,9\nc,NA\n", |frame| {
        let column = |expr: Expr| rows(&frame.select([expr.alias("z")]));
        assert_eq!(column(col("x").is_in([1, 9])), ["true", "false", "true", ""]);
        assert_eq!(column(col("k").is_in(["a"])), ["true", "false", "false", "false"]);
        assert_eq!(column(col("x").is_in([] as [i64; 0])), ["false"; 4]);
        assert_eq!(column(col("x").clip(lit(2), lit(6))), ["2", "5", "6", ""]);
        assert_eq!(column(col("x").replace([(1, 100), (5, 1)])), ["100", "1", "9", ""]);
        assert_eq!(column(col("x").replace([] as [(i64, i64); 0])), ["1", "5", "9", ""]);
        assert_eq!(column(col("x").fill_null(lit(0))), ["1", "5", "9", "0"]);
        let odd = when(col("x").eq(lit(5)), null()).otherwise(col("x"));
        assert_eq!(column(odd), ["1", "", "9", ""]);
    });
}

#[test]
fn quotients_of_integers_have_fractions() {
    with_frame("k,n\na,1\na,2\nb,7\n", |frame| {
        let half = || col("n") / lit(2);
        let halves = frame.select([half().alias("h")]);
        assert_eq!(halves.schema().unwrap().field(0).data_type(), &DataType::Float64);
        assert_eq!(rows(&halves), ["0.5", "1.0", "3.5"]);
        assert_eq!(rows(&frame.filter(half().gt(lit(0.6))).select([col("n")])), ["2", "7"]);
        let means = frame.group_by(["k"]).agg([(col("n").sum() / col("n").count()).alias("mean")]);
        assert_eq!(rows(&means.sort(["k"]).select([col("mean")])), ["1.5", "7.0"]);
    });
}

#[test]
fn numbers_that_are_none() {
    with_frame("x,n\n1.5,1\n0.0,2\nNA,3\n-2.5,4\n", |frame| {
        // A zero becomes what is no number.
        let nan = (col("x") / col("x") * col("x")).alias("x");
        let frame = frame.with_column(nan);
        let column = |expr: Expr| rows(&frame.select([expr.alias("z")]));
        assert_eq!(column(col("x").is_nan()), ["false", "true", "", "false"]);
        assert_eq!(column(col("x").fill_nan(lit(0))), ["1.5", "0.0", "", "-2.5"]);
        assert_eq!(column(col("x").fill_nan(null())), ["1.5", "", "", "-2.5"]);
        assert_eq!(column(col("n").is_nan()), ["false"; 4]);
        assert_eq!(column(col("x").abs()), ["1.5", "NaN", "", "2.5"]);
        assert_eq!(column(col("x").round(0)), ["2.0", "NaN", "", "-3.0"]);
        assert_eq!(column(col("x").floor()), ["1.0", "NaN", "", "-3.0"]);
        assert_eq!(column(col("x").ceil()), ["2.0", "NaN", "", "-2.0"]);
        assert_eq!(column(col("n").sqrt())[3], "2.0");
        assert_eq!(column(col("x").sqrt())[3], "NaN");
        assert_eq!(column(lit(0.0).pow(lit(-1.0)))[0], "inf");
        assert_eq!(column(col("n").pow(lit(2)))[2], "9.0");
        assert!(frame.sum("x").get().unwrap().unwrap().is_nan());
        // It is kept on the way to elements of bags.
        let bag = frame.select(["x"]).to_bag::<Option<f64>>().take(4).get().unwrap();
        assert!(bag[1].unwrap().is_nan() && bag[2].is_none(), "{bag:?}");
        let infinite = frame.select([(col("x") / lit(0.0)).alias("z")]).to_bag::<Option<f64>>();
        assert_eq!(infinite.take(1).get().unwrap(), [Some(f64::INFINITY)]);
    });
}

#[test]
fn cases_have_one_type() {
    with_frame("x,y\n1,0.5\n4,NA\n", |frame| {
        let check = |expr: Expr, ty: DataType, expected: [&str; 2]| {
            let made = frame.select([expr.alias("z")]);
            // The type is known before anything is run.
            assert_eq!(made.schema().unwrap().field(0).data_type(), &ty);
            assert_eq!(made.collect().unwrap()[0].schema().field(0).data_type(), &ty);
            assert_eq!(rows(&made), expected);
        };
        let large = || col("x").gt(lit(2));
        check(when(large(), lit(1i64)).otherwise(lit(2.5)), DataType::Float64, ["2.5", "1.0"]);
        check(when(large(), lit(9i64)).when(large(), lit(1i64)).end(), DataType::Int64, ["", "9"]);
        check(when(col("y").gt(lit(0)), lit(0.0)).otherwise(col("y")), DataType::Float64, ["0.0", ""]);
        check(col("y").clip(lit(1), lit(2)), DataType::Float64, ["1.0", ""]);
        check(col("y").fill_nan(lit(1)), DataType::Float64, ["0.5", ""]);
        let sums = frame.group_by(["x"]).agg([when(large(), lit(1)).otherwise(lit(0.5)).sum().alias("s")]);
        assert_eq!(sums.schema().unwrap().field(1).data_type(), &DataType::Float64);
        assert_eq!(sorted_rows(&sums), ["1 0.5", "4 1.0"]);
    });
}

#[test]
fn types_are_changed() {
    with_frame("x,s,d\n1,12,2020-01-31\n2,y,NA\n", |frame| {
        let column = |expr: Expr| rows(&frame.select([expr.alias("z")]));
        assert_eq!(column(col("x").cast(Float64)), ["1.0", "2.0"]);
        assert_eq!(column(col("d").cast(Text)), ["2020-01-31", ""]);
        assert_eq!(column(col("s").try_cast(Int64)), ["12", ""]);
        assert_eq!(column((col("x") * lit(100)).try_cast(Int8)), ["100", ""]);
        let (message, _) = error(&frame.select([col("s").cast(Int64)]));
        assert!(message.contains('y'), "{message}");
        assert_eq!(frame.cast(["x", "d"], Text).schema().unwrap().field(2).data_type(), &Text.data_type());
        assert_eq!(error(&frame.cast("nope", Text)).0, "there is no column \"nope\"");
        let upper = frame.rename_with(str::to_uppercase);
        assert_eq!(upper.columns().unwrap(), ["X", "S", "D"]);
        assert_eq!(error(&frame.rename_with(|_| "z".to_owned())).0, "two columns are named \"z\"");
    });
}

#[test]
fn texts_are_taken_apart() {
    with_frame("s,n\nfoo bar,1\n,2\nÜnïcödé,3\n", |frame| {
        let column = |expr: Expr| rows(&frame.select([expr.alias("z")]));
        let s = || col("s").str();
        assert_eq!(column(s().contains("o b")), ["true", "", "false"]);
        assert_eq!(column(s().contains(".")), ["false", "", "false"]);
        assert_eq!(column(s().matches("^f.*r$")), ["true", "", "false"]);
        assert_eq!(column(s().starts_with("foo")), ["true", "", "false"]);
        assert_eq!(column(s().ends_with("dé")), ["false", "", "true"]);
        assert_eq!(column(s().to_uppercase()), ["FOO BAR", "", "ÜNÏCÖDÉ"]);
        assert_eq!(column(s().to_lowercase()), ["foo bar", "", "ünïcödé"]);
        assert_eq!(
            (column(s().len_chars()), column(s().len_bytes())),
            (
                vec!["7".to_owned(), String::new(), "7".to_owned()],
                vec!["7".to_owned(), String::new(), "11".to_owned()],
            )
        );
        assert_eq!(column(s().slice(1, 3)), ["oo", "", "nïc"]);
        assert_eq!(column(s().slice(100, 3)), ["", "", ""]);
        assert_eq!(column(s().pad_start(9, 'ß')), ["ßßfoo bar", "", "ßßÜnïcödé"]);
        assert_eq!(column(s().pad_end(9, '.')), ["foo bar..", "", "Ünïcödé.."]);
        assert_eq!(column(s().pad_start(3, '.')), ["foo bar", "", "Ünïcödé"]);
        assert_eq!(column(s().find("o")), ["1", "", ""]);
        assert_eq!(column(s().find("cö")), ["", "", "3"]);
        assert_eq!(column(s().count_matches("[o-r]")), ["3", "", "0"]);
        assert_eq!(column(s().initcap())[0], "Foo Bar");
        assert_eq!(column(s().replace("o", "0")), ["f00 bar", "", "Ünïcödé"]);
        assert_eq!(column(s().replace_regex("([a-z])", "<$1>"))[0], "<f><o><o> <b><a><r>");
        assert_eq!(column(s().extract("(o+) (b)", 1))[0], "oo");
        assert_eq!(column(s().extract("o+ b", 0)), ["oo b", "", ""]);
        assert_eq!(column(s().extract("o+", 7)), ["", "", ""]);
        assert_eq!(column(s().split(" ")), ["[foo, bar]", "", "[Ünïcödé]"]);
        assert_eq!(column(lit("").str().split(" ").list().len())[0], "1");
        assert_eq!(column(s().extract_all("[o-r]")), ["[o, o, r]", "", "[]"]);
        assert_eq!(
            (column(s().head(2)), column(s().tail(2))),
            (vec_of(["fo", "", "Ün"]), vec_of(["ar", "", "dé"]))
        );
        assert_eq!(column(s().strip_prefix("Ün")), ["foo bar", "", "ïcödé"]);
        assert_eq!(column(s().strip_suffix("ödé")), ["foo bar", "", "Ünïc"]);
        assert_eq!(column(lit("straße").str().to_uppercase())[0], "STRAẞE");
        assert!(frame.filter(s().matches("(")).collect().is_err());
        let blanks = lit(" \t a b\r\n").str().trim().str().len_chars();
        assert_eq!(column(blanks)[0], "3");
        let ends =
            [lit(" a ").str().trim_start(), lit(" a ").str().trim_end()].map(|end| end.str().len_chars());
        assert_eq!(ends.map(|end| column(end).swap_remove(0)), ["2", "2"]);
        let parts = frame.head(1).select([lit("a,,b").str().split(",").alias("z")]).explode("z");
        assert_eq!(parts.count().get().unwrap(), 3);
        assert_eq!(parts.drop_nulls().count().get().unwrap(), 3);
        assert_eq!(column(lit("03.02.2020").str().to_date("%d.%m.%Y"))[0], "2020-02-03");
        assert!(frame.select([s().to_date("%d.%m.%Y")]).collect().is_err());
    });
}

#[test]
fn times_are_taken_apart() {
    with_frame("d,at\n2024-12-30,2024-12-30 13:14:15.5\nNA,NA\n", |frame| {
        let column = |expr: Expr| rows(&frame.select([expr.alias("z")]));
        let (d, at) = (|| col("d").dt(), || col("at").dt());
        let parts: [(Expr, &str); 8] = [
            (d().year(), "2024"),
            (d().quarter(), "4"),
            (d().month(), "12"),
            (d().week(), "1"),
            (d().day(), "30"),
            (d().weekday(), "1"),
            (d().ordinal_day(), "365"),
            (at().year(), "2024"),
        ];
        for (part, expected) in parts {
            assert_eq!(column(part.clone()), [expected, ""], "{part}");
        }
        assert_eq!(
            (column(at().hour()), column(at().minute())),
            (vec!["13".to_owned(), String::new()], vec!["14".to_owned(), String::new()])
        );
        assert_eq!(column(at().second()), ["15", ""]);
        assert_eq!(column(at().date()), ["2024-12-30", ""]);
        assert_eq!(column(at().truncate("hour")), ["2024-12-30T13:00:00", ""]);
        assert_eq!(column(d().truncate("year").dt().date()), ["2024-01-01", ""]);
        assert_eq!(column(at().truncate("10 minutes")), ["2024-12-30T13:10:00", ""]);
        assert_eq!(column(d().truncate("6 months")), ["2024-07-01", ""]);
        assert_eq!(column(d().truncate("2 weeks")), ["2024-12-30", ""]);
        assert_eq!(column(at().epoch()), ["1735564455.5", ""]);
        assert_eq!(column(at().format("%H:%M:%S.%f")), ["13:14:15.500000", ""]);
        assert_eq!(column((col("at") - col("d")).dt().epoch()), ["47655.5", ""]);
        assert_eq!(column(col("d") + interval("1 month")), ["2025-01-30", ""]);
        let (message, hint) = error(&frame.select([at().truncate("5 moons")]));
        assert_eq!((message.as_str(), hint.is_empty()), ("cannot read \"5 moons\" as interval", false));
        assert_eq!(column(at().format("%d/%m/%y %H")), ["30/12/24 13", ""]);
        assert!(frame.select([at().truncate("fortnight")]).collect().is_err());
        assert!(frame.select([lit(1).dt().year()]).collect().is_err());
    });
}

#[test]
fn lists_are_taken_apart() {
    with_frame("s,n\nb+a+b,1\n,2\n", |frame| {
        let column = |expr: Expr| rows(&frame.select([expr.alias("z")]));
        let list = || col("s").str().split("+").list();
        assert_eq!((column(list().get(1)), column(list().get(-3))), (vec_of(["a", ""]), vec_of(["b", ""])));
        assert_eq!((column(list().get(3)), column(list().get(-4))), (vec_of(["", ""]), vec_of(["", ""])));
        assert_eq!(
            (column(list().slice(1, 5)), column(list().slice(1, 0))),
            (vec_of(["[a, b]", ""]), vec_of(["[]", ""]))
        );
        assert_eq!(
            (column(list().sort()), column(list().distinct())),
            (vec_of(["[a, b, b]", ""]), vec_of(["[b, a]", ""]))
        );
        assert_eq!(
            (column(list().contains("a")), column(list().contains("c"))),
            (vec_of(["true", ""]), vec_of(["false", ""]))
        );
        assert_eq!(
            (column(list().reverse()), column(list().join("-"))),
            (vec_of(["[b, a, b]", ""]), vec_of(["b-a-b", ""]))
        );
        assert_eq!((column(list().min()), column(list().max())), (vec_of(["a", ""]), vec_of(["b", ""])));
        let numbers = || crate::functions::make_array([lit(3), null(), lit(1)]).list();
        assert_eq!(
            [numbers().sum(), numbers().mean(), numbers().len()].map(|z| column(z).swap_remove(0)),
            ["4", "2.0", "3"]
        );
    });
}
