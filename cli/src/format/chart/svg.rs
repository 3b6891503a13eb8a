//! Charts as SVG. They have a background of their own, so that they look the same in light and dark.

use std::fmt::{Arguments, Write};

use super::bars::Bar;
use super::line::Points;
use super::scale::{Step, Tick};
use super::{Chart, Shape};
use crate::format::html::escape;
use crate::format::text::{shorten, width};

/// Bars of a histogram.
pub const MOST_BARS: usize = 40;

const STYLE: &str = "\
text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif; fill: #475569; }
.title { font-size: 15px; font-weight: bold; fill: #1e293b; }
.label { fill: #1e293b; } .end { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: #e2e8f0; } .axis { stroke: #94a3b8; }
.bar, .point { fill: #2563eb; } .line { fill: none; stroke: #2563eb; stroke-width: 1.6; stroke-linejoin: round; }";

/// The size of a picture, in pixels; that of bars is as high as they need.
const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 450.0;
/// What is left free around the chart.
const MARGIN: f64 = 24.0;
/// What the title, and what stands below the chart, take.
const TITLE_HEIGHT: f64 = 34.0;
const FOOTER_HEIGHT: f64 = 22.0;
/// From one bar to the next, and how high they are.
const BAR_PITCH: f64 = 24.0;
const BAR_HEIGHT: f64 = 17.0;
/// How wide a character is, on average, and the longest label.
const CHAR_WIDTH: f64 = 7.2;
const LABEL_CHARS: usize = 32;
/// Up to so many points are drawn as such; more would hide the line.
const MOST_POINTS: usize = 60;

/// The chart as a document.
pub fn draw(chart: &Chart) -> String {
    let height = match &chart.shape {
        Shape::Bars(bars) => MARGIN * 2.0 + TITLE_HEIGHT + FOOTER_HEIGHT + bars.len() as f64 * BAR_PITCH,
        Shape::Histogram { .. } | Shape::Line(_) => HEIGHT,
    };
    let mut svg = Svg(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\">\n<style>{STYLE}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#f8fafc\"/>\n"
    ));
    svg.text("title", MARGIN, MARGIN + 12.0, &chart.title);
    match &chart.shape {
        Shape::Bars(bars) => draw_bars(bars, &mut svg),
        Shape::Histogram { bars, .. } if bars.is_empty() => {}
        Shape::Histogram { bars, low, width } => draw_histogram(bars, *low, *width, &mut svg),
        Shape::Line(points) if points.points.is_empty() => {}
        Shape::Line(points) => draw_line(points, &mut svg),
    }
    svg.text("note", MARGIN, height - MARGIN + 6.0, &chart.footer);
    svg.0.push_str("</svg>\n");
    svg.0
}

fn draw_bars(bars: &[Bar], svg: &mut Svg) {
    let widest = |of: fn(&Bar) -> &str, most: usize| {
        let chars = bars.iter().map(|bar| width(of(bar)).min(most)).max().unwrap_or(0);
        chars as f64 * CHAR_WIDTH
    };
    let texts = widest(|bar| &bar.text, usize::MAX) + 12.0;
    let least = bars.iter().fold(0.0, |least, bar| bar.value.min(least));
    let greatest = bars.iter().fold(0.0, |greatest, bar| bar.value.max(greatest));
    // The numbers of bars to the left stand there, too.
    let left = MARGIN + widest(|bar| &bar.label, LABEL_CHARS) + 8.0 + if least < 0.0 { texts } else { 0.0 };
    let across = Scale::new(least, greatest.max(least), left, WIDTH - MARGIN - texts);
    let zero = across.of(0.0);
    for (index, bar) in bars.iter().enumerate() {
        let top = MARGIN + TITLE_HEIGHT + index as f64 * BAR_PITCH;
        let base = top + BAR_HEIGHT - 4.5;
        let end = across.of(bar.value);
        svg.text(
            "label end",
            left - 8.0 - if least < 0.0 { texts } else { 0.0 },
            base,
            &shorten(&bar.label, LABEL_CHARS),
        );
        let hint = format!("{}: {}", bar.label, bar.text);
        svg.bar(zero.min(end), top, (end - zero).abs(), BAR_HEIGHT, &hint);
        match bar.value < 0.0 {
            true => svg.text("end", end - 6.0, base, &bar.text),
            false => svg.text("value", end + 6.0, base, &bar.text),
        }
    }
    let (top, bottom) =
        (MARGIN + TITLE_HEIGHT - 4.0, MARGIN + TITLE_HEIGHT + bars.len() as f64 * BAR_PITCH - 3.0);
    svg.stroke("axis", zero, top, zero, bottom);
}

fn draw_histogram(bars: &[Bar], low: f64, width: f64, svg: &mut Svg) {
    let greatest = bars.iter().fold(0.0, |greatest, bar| bar.value.max(greatest));
    let high = low + width * bars.len() as f64;
    let step = Step::for_span(0.0, greatest, 5).max(Step::ONE);
    let top = -step.multiple(step.index(-greatest));
    let ticks = step.ticks(0.0, top);
    let x_ticks = match bars {
        // One value has its place in the middle.
        [only] => vec![Tick { at: low + width / 2.0, label: only.label.clone() }],
        // Values that are counted one by one have theirs under their bars.
        _ if !bars[0].label.starts_with('[') => {
            let ticks = Step::for_span(low, high, 12).max(Step::ONE).ticks(low, high - width);
            ticks.into_iter().map(|tick| Tick { at: tick.at + width / 2.0, ..tick }).collect()
        }
        _ => Step::for_span(low, high, 8).ticks(low, high),
    };
    let (across, up) = draw_axes(&ticks, (0.0, top), &x_ticks, (low, high), svg);
    for (index, bar) in bars.iter().enumerate().filter(|(_, bar)| bar.value > 0.0) {
        let (left, right) =
            (across.of(low + width * index as f64), across.of(low + width * (index + 1) as f64));
        // What is not zero is seen.
        let height = (up.of(0.0) - up.of(bar.value)).max(1.0);
        let gap = if right - left > 6.0 { 1.0 } else { 0.25 };
        let hint = format!("{}: {}", bar.label, bar.text);
        svg.bar(left + gap, up.of(0.0) - height, right - left - 2.0 * gap, height, &hint);
    }
    svg.stroke("axis", across.start, up.of(0.0), across.end, up.of(0.0));
}

fn draw_line(points: &Points, svg: &mut Svg) {
    let ticks = points.y_ticks(5);
    let points_of_line = &points.points;
    let (low, high) = (ticks[0].at, ticks[ticks.len() - 1].at);
    let (first, last) = (points_of_line[0].0, points_of_line[points_of_line.len() - 1].0);
    let (across, up) = draw_axes(&ticks, (low, high), &points.x_ticks(7), (first, last), svg);
    let mut path = String::new();
    for (index, &(x, y)) in points_of_line.iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        path.push_str(&format!("{command}{:.1} {:.1}", across.of(x), up.of(y)));
    }
    svg.push(format_args!("<path class=\"line\" d=\"{path}\"/>\n"));
    if points_of_line.len() <= MOST_POINTS {
        for &(x, y) in points_of_line {
            let hint = escape(&format!("{}: {}", points.x_text(x), super::scale::short(y)));
            svg.push(format_args!(
                "<circle class=\"point\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\"><title>{hint}</title></circle>\n",
                across.of(x),
                up.of(y)
            ));
        }
    }
}

/// Draws both axes with their marks, and gives the scales from left to right and from the bottom to the top.
fn draw_axes(
    y_ticks: &[Tick],
    (low, high): (f64, f64),
    x_ticks: &[Tick],
    (first, last): (f64, f64),
    svg: &mut Svg,
) -> (Scale, Scale) {
    let labels = y_ticks.iter().map(|tick| tick.label.len()).max().unwrap_or(0) as f64 * CHAR_WIDTH;
    let bottom = HEIGHT - MARGIN - FOOTER_HEIGHT - 22.0;
    let across = Scale::new(first, last, MARGIN + labels + 10.0, WIDTH - MARGIN - 10.0);
    let up = Scale::new(low, high, bottom, MARGIN + TITLE_HEIGHT);
    for tick in y_ticks {
        let y = up.of(tick.at);
        svg.stroke("grid", across.start, y, across.end, y);
        svg.text("end", across.start - 8.0, y + 4.0, &tick.label);
    }
    for tick in x_ticks {
        let x = across.of(tick.at);
        svg.stroke("axis", x, bottom, x, bottom + 5.0);
        svg.text("middle", x, bottom + 20.0, &tick.label);
    }
    svg.stroke("axis", across.start, bottom, across.end, bottom);
    (across, up)
}

/// From numbers to pixels.
#[derive(Debug, Clone, Copy)]
struct Scale {
    low: f64,
    half_span: f64,
    start: f64,
    end: f64,
}

impl Scale {
    fn new(low: f64, high: f64, start: f64, end: f64) -> Self {
        // Halves, as the whole span may be too large for a number.
        Self { low, half_span: high / 2.0 - low / 2.0, start, end }
    }

    fn of(&self, at: f64) -> f64 {
        match self.half_span {
            0.0 => f64::midpoint(self.start, self.end),
            half => self.start + (at / 2.0 - self.low / 2.0) / half * (self.end - self.start),
        }
    }
}

/// A document that is being written.
struct Svg(String);

impl Svg {
    fn push(&mut self, text: Arguments<'_>) {
        self.0.write_fmt(text).expect("a string takes any text");
    }

    fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let text = escape(text);
        self.push(format_args!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>\n"));
    }

    fn stroke(&mut self, class: &str, x1: f64, y1: f64, x2: f64, y2: f64) {
        self.push(format_args!("<path class=\"{class}\" d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"/>\n"));
    }

    fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, hint: &str) {
        let hint = escape(hint);
        self.push(format_args!(
            "<rect class=\"bar\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">\
             <title>{hint}</title></rect>\n"
        ));
    }
}
