//! Charts in the terminal: bars of block characters, lines of Braille dots.

use super::bars::Bar;
use super::line::Points;
use super::{Chart, Shape};
use crate::format::Look;
use crate::format::text::{shorten, width};
use crate::style::Tone;

/// Bars of a histogram.
pub const MOST_BARS: usize = 20;
/// The width of a chart where no screen has one.
const USUAL_WIDTH: usize = 80;
/// Characters that a bar is given at least, also where the line then is too long.
const LEAST_BAR_WIDTH: usize = 8;
/// Lines of text that the area of a line chart is high.
const LINE_HEIGHT: usize = 15;
/// Characters from one mark of the lower axis to the next.
const X_TICK_WIDTH: usize = 14;

/// The chart as lines of text.
pub fn draw(chart: &Chart, look: &Look) -> String {
    let screen = if look.width == 0 { USUAL_WIDTH } else { look.width };
    let style = look.style;
    let mut text = style.paint(Tone::Bold, &shorten(&chart.title, screen));
    text.push('\n');
    match &chart.shape {
        Shape::Bars(bars) => push_bars(bars, false, screen, look, &mut text),
        Shape::Histogram { bars, .. } => push_bars(bars, true, screen, look, &mut text),
        Shape::Line(points) if points.points.is_empty() => {}
        Shape::Line(points) => push_line(points, screen, look, &mut text),
    }
    text.push_str(&style.paint(Tone::Dim, &chart.footer));
    text.push('\n');
    text
}

/// Eighths of a character, from the left.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

fn push_bars(bars: &[Bar], labels_right: bool, screen: usize, look: &Look, text: &mut String) {
    let widest = |of: fn(&Bar) -> &str| bars.iter().map(|bar| width(of(bar))).max().unwrap_or(0);
    let label_width = widest(|bar| &bar.label).min(screen / 3).max(1);
    let room = screen.saturating_sub(label_width + widest(|bar| &bar.text) + 2).max(LEAST_BAR_WIDTH);
    let least = bars.iter().fold(0.0, |least, bar| bar.value.min(least));
    let greatest = bars.iter().fold(0.0, |greatest, bar| bar.value.max(greatest));
    // Halves, as the whole span may be too large for a number.
    let share = |value: f64| match greatest / 2.0 - least / 2.0 {
        0.0 => 0.0,
        half => value / 2.0 / half,
    };
    let left_width = (share(-least) * room as f64).round() as usize;
    for bar in bars {
        let label = shorten(&bar.label, label_width);
        let padding = " ".repeat(label_width - width(&label));
        match labels_right {
            true => text.push_str(&format!("{padding}{label} ")),
            false => text.push_str(&format!("{label}{padding} ")),
        }
        let eighths = (share(bar.value.abs()) * room as f64 * 8.0).round() as usize;
        // What is not zero is seen.
        let eighths = if bar.value == 0.0 { 0 } else { eighths.max(1) };
        let (left, right) = match bar.value < 0.0 {
            true => (leftwards(eighths, left_width), String::new()),
            false => (" ".repeat(left_width), format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])),
        };
        let between = if right.is_empty() { "" } else { " " };
        text.push_str(&look.style.paint(Tone::Cyan, &format!("{left}{right}")));
        text.push_str(&format!("{between}{}\n", bar.text));
    }
}

/// A bar from the right to the left; there are no eighths on this side, but halves.
fn leftwards(eighths: usize, width: usize) -> String {
    let halves = (eighths / 4).clamp(1, width.max(1) * 2);
    let bar = format!("{}{}", if halves % 2 == 1 { "▐" } else { "" }, "█".repeat(halves / 2));
    format!("{}{bar} ", " ".repeat(width.saturating_sub(halves.div_ceil(2))))
}

fn push_line(points: &Points, screen: usize, look: &Look, text: &mut String) {
    let y_ticks = points.y_ticks(5);
    let label_width = y_ticks.iter().map(|tick| tick.label.len()).max().unwrap_or(0);
    let columns = screen.saturating_sub(label_width + 3).max(LEAST_BAR_WIDTH);
    let mut dots = Dots::new(columns, LINE_HEIGHT);
    let (low, high) = (y_ticks[0].at, y_ticks[y_ticks.len() - 1].at);
    let (first, last) = (points.points[0].0, points.points[points.points.len() - 1].0);
    let x = |at: f64| place(at, first, last, columns * 2);
    let y = |at: f64| LINE_HEIGHT * 4 - 1 - place(at, low, high, LINE_HEIGHT * 4);
    let mut before = None;
    for &(at, value) in &points.points {
        let here = (x(at), y(value));
        dots.stroke(before.unwrap_or(here), here);
        before = Some(here);
    }
    let style = look.style;
    for line in 0..LINE_HEIGHT {
        let mark = y_ticks.iter().find(|tick| y(tick.at) / 4 == line);
        let label = mark.map_or("", |tick| &tick.label);
        let axis = style.paint(Tone::Dim, if mark.is_some() { "┤" } else { "│" });
        let dots = style.paint(Tone::Cyan, dots.line(line).trim_end());
        text.push_str(&format!("{label:>label_width$} {axis}{dots}\n"));
    }
    let (mut axis, mut labels) = ("─".repeat(columns), String::new());
    for tick in points.x_ticks(columns / X_TICK_WIDTH) {
        let column = x(tick.at) / 2;
        let room = column.saturating_sub(tick.label.len() / 2).min(columns.saturating_sub(tick.label.len()));
        // A label that would stand in another is left out, with its mark.
        if !labels.is_empty() && room <= labels.len() {
            continue;
        }
        labels.push_str(&" ".repeat(room - labels.len()));
        labels.push_str(&tick.label);
        axis = axis.chars().enumerate().map(|(at, char)| if at == column { '┬' } else { char }).collect();
    }
    let margin = " ".repeat(label_width + 1);
    text.push_str(&format!("{margin}{}\n", style.paint(Tone::Dim, &format!("└{axis}"))));
    text.push_str(&format!("{margin} {labels}\n"));
}

/// In which of so many equal parts from `low` to `high` something is.
fn place(at: f64, low: f64, high: f64, count: usize) -> usize {
    let half = high / 2.0 - low / 2.0;
    if half == 0.0 {
        return count / 2;
    }
    let share = (at / 2.0 - low / 2.0) / half;
    ((share * (count - 1) as f64).round() as usize).min(count - 1)
}

/// A field of dots, two by four in a character.
struct Dots {
    /// Characters in a line.
    columns: usize,
    /// The dots of each character, as Unicode numbers them.
    cells: Vec<u8>,
}

impl Dots {
    fn new(columns: usize, lines: usize) -> Self {
        Self { columns, cells: vec![0; columns * lines] }
    }

    /// Sets the dots from one place to another, by Bresenham's algorithm.
    fn stroke(&mut self, from: (usize, usize), to: (usize, usize)) {
        let (mut x, mut y) = (from.0 as i64, from.1 as i64);
        let (to_x, to_y) = (to.0 as i64, to.1 as i64);
        let (across, down) = ((to_x - x).abs(), -(to_y - y).abs());
        let mut error = across + down;
        loop {
            self.set(x as usize, y as usize);
            if (x, y) == (to_x, to_y) {
                return;
            }
            let twice = error * 2;
            if twice >= down {
                error += down;
                x += (to_x - x).signum();
            }
            if twice <= across {
                error += across;
                y += (to_y - y).signum();
            }
        }
    }

    fn set(&mut self, x: usize, y: usize) {
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        self.cells[y / 4 * self.columns + x / 2] |= BITS[y % 4][x % 2];
    }

    fn line(&self, line: usize) -> String {
        let cells = &self.cells[line * self.columns..(line + 1) * self.columns];
        // U+2800 to U+28FF are the patterns in the order of these bits; some terminals show the one without dots.
        let pattern = |&bits: &u8| char::from_u32(0x2800 + u32::from(bits)).filter(|_| bits > 0);
        cells.iter().map(|bits| pattern(bits).unwrap_or(' ')).collect()
    }
}
