//! The drawing as SVG. It has a background of its own, so that it looks the same in light and dark.

use super::ReadFrom;
use super::graph::{Graph, Kind, Node};
use super::layout::{COLUMN_GAP, LINE_HEIGHT, Layout, Place, SPREAD_GAP, TITLE_HEIGHT};

/// Colours of what is read, which lines and boxes take: strong, and pale.
const COLOURS: [(&str, &str); 6] = [
    ("#2563eb", "#dbeafe"),
    ("#c2410c", "#ffedd5"),
    ("#0f766e", "#ccfbf1"),
    ("#a16207", "#fef9c3"),
    ("#be185d", "#fce7f3"),
    ("#4d7c0f", "#ecfccb"),
];
const SHARED_COLOUR: (&str, &str) = ("#7c3aed", "#ede9fe");
const OUTPUT_COLOUR: (&str, &str) = ("#15803d", "#dcfce7");
const STEP_COLOUR: (&str, &str) = ("#64748b", "#ffffff");

const STYLE: &str = "\
text { fill: #1e293b; }
.title { font: bold 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif; }
.line { font: 11px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; }
.measured { fill: #475569; font-style: italic; }
.edge { fill: none; stroke-width: 1.6; }";

/// The graph as an SVG document.
pub(super) fn draw(graph: &Graph) -> String {
    let layout = Layout::of(graph);
    let (width, height) = (layout.width, layout.height);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\">\n<style>{STYLE}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#f8fafc\"/>\n"
    );
    for (from, to) in graph.edges() {
        let colour = match graph.nodes[to].kind {
            Kind::Read(read) => source_colour(read).0,
            _ => "#94a3b8",
        };
        let path = path(&layout.boxes[from], &layout.boxes[to], graph.nodes[to].kind);
        svg.push_str(&format!("<path class=\"edge\" stroke=\"{colour}\" d=\"{path}\"/>\n"));
    }
    for (node, place) in graph.nodes.iter().zip(&layout.boxes) {
        draw_box(node, place, &mut svg);
    }
    svg.push_str("</svg>\n");
    svg
}

fn source_colour(read: ReadFrom) -> (&'static str, &'static str) {
    match read {
        ReadFrom::Pass(number) => COLOURS[number % COLOURS.len()],
        ReadFrom::Shared(_) => SHARED_COLOUR,
    }
}

/// A line that spreads right behind what is read, and elsewhere bends before the box that it leads to.
fn path(from: &Place, to: &Place, kind: Kind) -> String {
    let (x1, y1, x2, y2) = (from.x + from.width, from.y, to.x, to.y);
    let (begin, end) = match kind {
        Kind::Read(_) => (x1, (x1 + SPREAD_GAP).min(x2)),
        _ => ((x2 - COLUMN_GAP).max(x1), x2),
    };
    let middle = f64::midpoint(begin, end);
    format!("M{x1:.1} {y1:.1}H{begin:.1}C{middle:.1} {y1:.1} {middle:.1} {y2:.1} {end:.1} {y2:.1}H{x2:.1}")
}

fn draw_box(node: &Node, place: &Place, svg: &mut String) {
    let (strong, pale) = match node.kind {
        Kind::Pass(number) => source_colour(ReadFrom::Pass(number)),
        Kind::Read(read) => (source_colour(read).0, "#ffffff"),
        Kind::Shared(number) => source_colour(ReadFrom::Shared(number)),
        Kind::Output(_) => OUTPUT_COLOUR,
        Kind::Step => STEP_COLOUR,
    };
    let (x, top, width, height) = (place.x, place.y - place.height / 2.0, place.width, place.height);
    let is_read = matches!(node.kind, Kind::Read(_));
    let radius = if is_read { 11.0 } else { 6.0 };
    svg.push_str("<g>\n");
    let whole: Vec<String> = [&node.title]
        .into_iter()
        .chain(&node.lines)
        .chain(&node.measured)
        .map(|line| escaped(line))
        .collect();
    svg.push_str(&format!("<title>{}</title>\n", whole.join("\n")));
    svg.push_str(&format!(
        "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius}\" \
         fill=\"{pale}\" stroke=\"{strong}\" stroke-width=\"1.4\"/>\n"
    ));
    let mut y = top + if is_read { 4.0 } else { TITLE_HEIGHT - 4.0 };
    if !is_read {
        let title = escaped(&node.title);
        svg.push_str(&format!(
            "<text class=\"title\" x=\"{:.1}\" y=\"{:.1}\">{title}</text>\n",
            x + 8.0,
            top + 18.0
        ));
    }
    let measured = place.lines.len() - measured_lines(node, place);
    for (number, line) in place.lines.iter().enumerate() {
        y += LINE_HEIGHT;
        let class = if number >= measured { "line measured" } else { "line" };
        let (line, x) = (escaped(line), x + 8.0);
        svg.push_str(&format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\">{line}</text>\n", y - 1.0));
    }
    svg.push_str("</g>\n");
}

/// How many of the last lines are what was measured.
fn measured_lines(node: &Node, place: &Place) -> usize {
    let Some(measured) = &node.measured else { return 0 };
    let letters: usize = measured.chars().filter(|letter| *letter != ' ').count();
    let mut left = letters;
    let lines = place.lines.iter().rev();
    lines
        .take_while(|line| {
            let goes_on = left > 0;
            left = left.saturating_sub(line.chars().filter(|letter| *letter != ' ').count());
            goes_on
        })
        .count()
}

/// Text as XML has it; what XML cannot have is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}
