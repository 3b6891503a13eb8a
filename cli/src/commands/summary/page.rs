//! The summary as one HTML page that needs nothing beside itself.

use std::fmt::Write;

use swath::{ColumnProfile, Profile};

use crate::format::html::escape;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1d2733;--soft:#66727f;--line:#d9dfe5;--fill:#3b7dd8;--back:#fff;--bar:#e8f0fb}
@media(prefers-color-scheme:dark){:root{--ink:#e4e9ee;--soft:#98a4b0;--line:#37414b;--fill:#6aa5f2;--back:#161b20;--bar:#22303f}}
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--back);margin:2rem auto;max-width:72rem;padding:0 1rem}
h1{font-size:1.3rem;margin:0;overflow-wrap:anywhere}p{color:var(--soft);margin:.2rem 0 1.2rem}
section{border-top:1px solid var(--line);padding:.9rem 0;display:grid;grid-template-columns:15rem 13rem 1fr 19rem;gap:1.2rem;align-items:start}
@media(max-width:60rem){section{grid-template-columns:1fr 1fr}}
h2{font-size:1rem;margin:0;overflow-wrap:anywhere}h2 small{display:block;font-weight:normal;color:var(--soft);font-size:.8rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:0 .8rem;margin:0;font-size:.88rem}dt{color:var(--soft)}dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
svg{width:100%;height:5rem;display:block}svg rect{fill:var(--fill)}.ends{display:flex;justify-content:space-between;color:var(--soft);font-size:.78rem}
table{border-collapse:collapse;width:100%;font-size:.85rem;table-layout:fixed}td{padding:.08rem .4rem;overflow:hidden;white-space:nowrap;text-overflow:ellipsis}
td.n{text-align:right;width:6.5rem;font-variant-numeric:tabular-nums}";

/// Height and width of a bar's place in a histogram, in the units of the drawing.
const BAR_HEIGHT: f64 = 80.0;
const BAR_WIDTH: f64 = 10.0;

/// The page.
pub fn page(title: &str, profile: &Profile) -> String {
    let mut html = String::new();
    let title = escape(title);
    let (rows, columns) = (grouped(profile.rows), profile.columns.len());
    html.push_str("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
    push(
        &mut html,
        format_args!("<title>{title}</title><style>{STYLE}</style></head>\n<body><h1>{title}</h1>"),
    );
    push(&mut html, format_args!("<p>{rows} rows, {columns} columns</p>\n"));
    for column in &profile.columns {
        push_column(&mut html, column, profile.rows);
    }
    html.push_str("</body></html>\n");
    html
}

fn push_column(html: &mut String, column: &ColumnProfile, rows: u64) {
    let (name, data_type) = (escape(&column.name), escape(&column.data_type.to_lowercase()));
    push(html, format_args!("<section><h2>{name}<small>{data_type}</small></h2>\n<dl>"));
    let nulls = match column.nulls {
        0 => "none".to_owned(),
        nulls => format!("{} ({})", grouped(nulls), percent(nulls, rows)),
    };
    let distinct = match column.distinct {
        // Below that the estimate is almost always right.
        few if few < 100 => grouped(few),
        many => format!("about {}", grouped(many)),
    };
    push_fact(html, "nulls", &nulls);
    push_fact(html, "distinct", &distinct);
    if let Some(mean) = column.mean {
        push_fact(html, "mean", &number(mean));
    }
    html.push_str("</dl>\n<dl>");
    let bound = |value: &Option<String>| value.as_deref().map(|value| shown_bound(column, value));
    let quartiles = column.quartiles.map(|quartiles| quartiles.map(number));
    let facts = [
        ("min", bound(&column.min)),
        ("25 %", quartiles.clone().map(|[lower, _, _]| lower)),
        ("median", quartiles.clone().map(|[_, median, _]| median)),
        ("75 %", quartiles.map(|[_, _, upper]| upper)),
        ("max", bound(&column.max)),
    ];
    for (label, value) in facts {
        if let Some(value) = value {
            push_fact(html, label, &value);
        }
    }
    html.push_str("</dl>\n<div>");
    match column.histogram.is_empty() {
        false => push_histogram(html, column),
        true => push_top(html, column, rows),
    }
    html.push_str("</div></section>\n");
}

fn push_fact(html: &mut String, label: &str, value: &str) {
    push(html, format_args!("<dt>{label}</dt><dd>{}</dd>", escape(value)));
}

fn push_histogram(html: &mut String, column: &ColumnProfile) {
    let highest = column.histogram.iter().copied().fold(0.0, f64::max);
    let width = BAR_WIDTH * column.histogram.len() as f64;
    push(
        html,
        format_args!(
            "<svg viewBox=\"0 0 {width} {BAR_HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"histogram\">"
        ),
    );
    for (bar, share) in column.histogram.iter().enumerate().filter(|(_, share)| **share > 0.0) {
        // A bar that is not empty can be seen.
        let height = (share / highest * BAR_HEIGHT).max(1.0);
        let (x, y) = (bar as f64 * BAR_WIDTH + 0.5, BAR_HEIGHT - height);
        push(
            html,
            format_args!(
                "<rect x=\"{x}\" y=\"{y:.2}\" width=\"{}\" height=\"{height:.2}\"><title>{:.1} %</title></rect>",
                BAR_WIDTH - 1.0,
                share * 100.0
            ),
        );
    }
    let end = |value: &Option<String>| {
        value.as_deref().map_or_else(String::new, |value| escape(&shown_bound(column, value)))
    };
    let (low, high) = (end(&column.min), end(&column.max));
    // Of one value alone there is one end.
    let ends = if low == high {
        format!("<span>{low}</span>")
    } else {
        format!("<span>{low}</span><span>{high}</span>")
    };
    push(html, format_args!("</svg><div class=\"ends\">{ends}</div>"));
}

/// The most frequent values, each on a bar of its share.
fn push_top(html: &mut String, column: &ColumnProfile, rows: u64) {
    if column.top.is_empty() {
        return;
    }
    html.push_str("<table>");
    for top in &column.top {
        let share = percent(top.count, rows);
        let about = if top.is_exact { "" } else { "≥ " };
        let (value, count) = (escape(&top.value), grouped(top.count));
        let width = top.count as f64 * 100.0 / rows.max(1) as f64;
        push(
            html,
            format_args!(
                "<tr title=\"{share}\"><td style=\"background:linear-gradient(90deg,var(--bar) {width:.1}%,transparent {width:.1}%)\">{value}</td><td class=\"n\">{about}{count}</td></tr>"
            ),
        );
    }
    html.push_str("</table>");
}

fn push(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text).expect("a string takes any text");
}

fn percent(part: u64, whole: u64) -> String {
    let share = part as f64 * 100.0 / whole.max(1) as f64;
    if share < 0.1 && part > 0 { "< 0.1 %".to_owned() } else { format!("{share:.1} %") }
}

/// Digits in groups of three.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// The least or greatest value of a column, with fewer digits than a double has.
fn shown_bound(column: &ColumnProfile, value: &str) -> String {
    match value.parse() {
        Ok(double) if column.data_type == "DOUBLE" => number(double),
        _ => value.to_owned(),
    }
}

/// A number with as many digits as people read.
fn number(number: f64) -> String {
    let digits = match number.abs() {
        small if small >= 1000.0 || number.fract() == 0.0 => 0,
        small if small >= 1.0 => 2,
        _ => 4,
    };
    format!("{number:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_grouped() {
        assert_eq!(grouped(1_234_567).replace('\u{202f}', " "), "1 234 567");
        assert_eq!(grouped(12), "12");
        assert_eq!(
            [number(12.0), number(12.345), number(0.12345), number(-4321.5)],
            ["12", "12.35", "0.1235", "-4322"]
        );
        assert_eq!([percent(0, 0), percent(1, 3), percent(1, 100_000)], ["0.0 %", "33.3 %", "< 0.1 %"]);
    }

    #[test]
    fn names_cannot_break_the_page() {
        let column = ColumnProfile {
            name: "<script>".into(),
            data_type: "VARCHAR".into(),
            nulls: 0,
            distinct: 1,
            min: Some("<b>".into()),
            max: Some("\"".into()),
            mean: None,
            quartiles: None,
            top: vec![swath::TopValue { value: "<i>".into(), count: 2, is_exact: true }],
            histogram: Vec::new(),
        };
        let page = page("a<b", &Profile { rows: 2, columns: vec![column] });
        assert!(page.contains("&lt;script&gt;") && page.contains("<title>a&lt;b</title>"));
        assert!(!page.contains("<script>") && !page.contains("<i>"));
    }
}
