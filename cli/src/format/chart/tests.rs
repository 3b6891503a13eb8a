use std::sync::Arc;

use swath::arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, StringArray};

use super::*;

/// The chart of some columns, at a width.
fn drawn(columns: Vec<(&str, ArrayRef)>, look: Look, canvas: Canvas) -> String {
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut writer = ChartWriter::new(&batch.schema(), look, canvas, Instant::now()).unwrap();
    let mut out = Vec::new();
    // In pieces, as rows come.
    for row in 0..batch.num_rows() {
        writer.write(&batch.slice(row, 1), &mut out).unwrap();
    }
    writer.finish(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn check(columns: Vec<(&str, ArrayRef)>, width: usize, expected: &str) {
    let text = drawn(columns, Look { width, ..Look::default() }, Canvas::Text);
    assert_eq!(text, expected.trim_start_matches('\n'), "\n{text}");
}

fn texts(texts: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

fn whole(numbers: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(numbers))
}

fn real(numbers: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(numbers))
}

#[test]
fn bars_fit_the_screen() {
    let labels = texts(&[Some("EWR"), None, Some("日本 a long one that is cut"), Some("x\ny")]);
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1000), Some(1), Some(555), None]));
    check(
        vec![("dest", labels), ("n", numbers)],
        40,
        "
n by dest
EWR           █████████████████████ 1000
NULL          ▏ 1
日本 a long … ███████████▋ 555
x y           NULL
4 rows
",
    );
}

#[test]
fn bars_go_to_both_sides_of_zero() {
    check(
        vec![("k", texts(&[Some("a"), Some("b"), Some("c")])), ("v", real([-5.25, 10.0, f64::NAN]))],
        30,
        "
v by k
a ▐███████ -5.25
b         ██████████████▍ 10
c         NaN
3 rows
",
    );
}

#[test]
fn bars_that_are_left_out_are_told() {
    let look = Look { max_rows: 2, width: 20, ..Look::default() };
    let columns = vec![("k", texts(&[Some("a"); 5])), ("v", whole([1; 5]))];
    let text = drawn(columns.clone(), look.clone(), Canvas::Text);
    assert!(text.ends_with("\n5 rows, 3 of them not shown (--max-rows 0 shows all)\n"), "{text}");
    assert_eq!(text.lines().count(), 4);
    let look = Look { in_shell: true, ..look };
    assert!(drawn(columns, look, Canvas::Text).contains("(.maxrows 0 shows all)"));
}

#[test]
fn whole_numbers_are_counted_one_by_one() {
    check(
        vec![("month", whole([1, 2, 2, 4]))],
        20,
        "
month
1 ████████ 1
2 ████████████████ 2
3 0
4 ████████ 1
4 values from 1 to 4, mean 2.25
",
    );
}

#[test]
fn ranges_are_round() {
    let numbers: ArrayRef = Arc::new(Float64Array::from_iter(
        (0..1000).map(|at| (at % 10 > 0).then(|| f64::from(at) / 100.0 - 2.0)).chain([Some(f64::NAN)]),
    ));
    let text = drawn(vec![("x", numbers)], Look { width: 40, ..Look::default() }, Canvas::Text);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 22, "{text}");
    assert_eq!(lines[1], "[-2.0, -1.5) ████████████████████████ 45");
    assert_eq!(lines[5], "  [0.0, 0.5) ████████████████████████ 45");
    assert_eq!(lines[21], "900 values from -1.99 to 7.99, mean 3, 100 nulls, 1 value that is not finite");
}

#[test]
fn one_value_and_none() {
    check(vec![("x", real([0.3, 0.3]))], 10, "x\n0.3 ████████ 2\n2 values from 0.3 to 0.3, mean 0.3\n");
    check(vec![("x", real([]))], 20, "x\nno values\n");
    check(vec![("x", real([])), ("y", real([]))], 20, "y by x\nno points\n");
    check(vec![("x", texts(&[])), ("y", real([]))], 20, "y by x\n0 rows\n");
}

#[test]
fn a_line_over_dates() {
    let days: ArrayRef = Arc::new(Date32Array::from_iter_values((0..365).rev().map(|day| 15_706 + day)));
    let wave = real((0..365).rev().map(|day| 20.0 + 15.0 * (f64::from(day) / 30.0).sin()));
    check(
        vec![("day", days), ("late", wave)],
        60,
        "
late by day
40 ┤
   │      ⢀⣀                           ⣀
   │    ⢠⠞⠉⠈⠙⢦                      ⢀⡔⠋ ⠉⢢⡀
30 ┤   ⣰⠃     ⠳⡀                   ⢠⠋     ⠙⡄
   │  ⡰⠁       ⠱⡀                 ⢠⠋       ⠘⡄
   │ ⢠⠃         ⢱⡀               ⢀⠇         ⠸⡄
   │⢠⠃           ⢣              ⢀⠎           ⠱⡀
20 ┤⠊             ⢇             ⡜             ⢣
   │              ⠈⢆           ⡸               ⢣
   │               ⠘⡄         ⡰⠁               ⠈⢆         ⢀
   │                ⠘⡄       ⣠⠃                 ⠈⣆       ⢀⠇
10 ┤                 ⠙⣄     ⣰⠃                   ⠈⢦     ⢠⠋
   │                  ⠈⠢⣀⢀⣠⠞⠁                     ⠈⠳⣄⡀⣀⡴⠃
   │                     ⠉                           ⠉⠁
 0 ┤
   └┬──────────────────────────┬───────────────────────────
    2013-01                 2013-07
365 points from 2013-01-01 to 2013-12-31
",
    );
}

#[test]
fn a_level_line_and_a_point() {
    check(
        vec![("x", whole([1, 2, 3])), ("y", whole([7, 7, 7]))],
        30,
        "
y by x
12 ┤
   │
   │
10 ┤
   │
   │
 8 ┤
   │⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒
 6 ┤
   │
   │
 4 ┤
   │
   │
 2 ┤
   └────────────┬────────────
                2
3 points from 1 to 3
",
    );
    let text = drawn(vec![("x", whole([1])), ("y", real([0.5]))], Look::default(), Canvas::Text);
    assert!(text.ends_with("1 point from 1 to 1\n"), "{text}");
}

#[test]
fn a_line_of_many_points_is_that_of_all() {
    // Of 300 000 points in a wild order each bin keeps its extremes: the drawing is that of all points.
    let points: Vec<(f64, f64)> = (0..300_000_u64)
        .map(|at| at.wrapping_mul(48_271) % 300_007)
        .map(|at| (at as f64, ((at * at) % 1009) as f64 + at as f64 / 100.0))
        .collect();
    let mut line = Line::over_numbers(false);
    let (x, y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    line.take(&RecordBatch::try_from_iter([("x", real(x)), ("y", real(y))]).unwrap()).unwrap();
    let (Shape::Line(kept), parts) = line.finish() else { panic!("a line was asked for") };
    assert_eq!(parts, ["300000 points from 0 to 300006"]);
    assert!(kept.points.len() < 17_000, "{}", kept.points.len());
    let mut sorted = points;
    sorted.sort_by(|left, right| left.0.total_cmp(&right.0));
    for of in [f64::min, f64::max] {
        let fold = |points: &[(f64, f64)]| points.iter().fold(f64::NAN, |y, point| of(y, point.1));
        for (low, high) in [(0.0, 300_007.0), (100_000.0, 200_000.0)] {
            let part = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
                points.iter().copied().filter(|point| (low..high).contains(&point.0)).collect()
            };
            assert_eq!(fold(&part(&kept.points)), fold(&part(&sorted)));
        }
    }
}

#[test]
fn pictures_are_whole_documents() {
    let names = || texts(&[Some("<a & b>"), Some("c")]);
    for columns in [
        vec![("k", names()), ("v", whole([3, -4]))],
        vec![("v", whole([1, 1, 2, 9]))],
        vec![("v", real([]))],
        vec![("x", real([1.0, 2.0])), ("<y>", real([1.0, 2.0]))],
        vec![("x", real([])), ("y", real([]))],
    ] {
        let svg = drawn(columns, Look::default(), Canvas::Svg);
        assert!(svg.starts_with("<svg xmlns") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("<a &"), "{svg}");
    }
}

#[test]
fn what_no_chart_shows_is_told() {
    let message = |columns: Vec<(&str, ArrayRef)>| {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        ChartWriter::new(&batch.schema(), Look::default(), Canvas::Text, Instant::now()).err().unwrap()
    };
    let text = || texts(&[Some("a")]);
    let one = message(vec![("Dest", text())]);
    assert_eq!(one.message, "no chart shows these columns: Dest (text)");
    assert!(one.hint.unwrap().contains("GROUP BY \"Dest\""));
    let swapped = message(vec![("n", whole([1])), ("Dest", text())]);
    assert!(swapped.hint.unwrap().contains("the number comes last"));
    let many: Vec<(String, ArrayRef)> = (0..29).map(|at| (format!("c{at}"), text())).collect();
    let many = message(many.iter().map(|(name, column)| (name.as_str(), Arc::clone(column))).collect());
    assert!(many.message.ends_with("c3 (text) and 25 more"), "{}", many.message);
}
