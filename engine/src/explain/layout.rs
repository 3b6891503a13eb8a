//! Where the boxes of a graph are, from left to right: passes, shared results, outputs.
//!
//! Every tree has rows of its own, and in it every leaf; a node stands in the middle of its inputs. So a
//! line that goes straight on in its row meets no other box of the trees. Shared results stand beside the
//! middle of their readers, where no line goes past them.

use super::ReadFrom;
use super::graph::{Graph, Kind, Node};

/// Space between two columns: lines bend here.
pub(super) const COLUMN_GAP: f64 = 56.0;
/// Space behind what is read, where lines spread.
pub(super) const SPREAD_GAP: f64 = 110.0;
const ROW_GAP: f64 = 12.0;
const TREE_GAP: f64 = 22.0;
const MARGIN: f64 = 24.0;
/// Height of the title and of what is around the text.
pub(super) const TITLE_HEIGHT: f64 = 26.0;
pub(super) const LINE_HEIGHT: f64 = 15.0;
const PADDING: f64 = 8.0;
/// Width of a letter of the lines, in a font of fixed width.
const LETTER_WIDTH: f64 = 6.65;

/// A graph with all places.
pub(super) struct Layout {
    pub(super) boxes: Vec<Place>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The place of a box, and its text in lines that fit.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) x: f64,
    /// Of the middle.
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) lines: Vec<String>,
}

impl Layout {
    /// Finds a place for each node.
    pub(super) fn of(graph: &Graph) -> Self {
        let boxes = graph.nodes.iter().map(sized).collect();
        let mut layout = Self { boxes, width: 0.0, height: 0.0 };
        let mut top = 0.0;
        for root in &graph.outputs {
            top += layout.stack(graph, *root, top) + TREE_GAP;
        }
        layout.place_shared(graph);
        layout.place_passes(graph);
        layout.set_columns(graph);
        layout.fit();
        layout
    }

    /// Puts a tree below `top` and returns its height.
    fn stack(&mut self, graph: &Graph, node: usize, top: f64) -> f64 {
        let own = self.boxes[node].height;
        let inputs = &graph.nodes[node].inputs;
        let mut height = 0.0;
        for input in inputs {
            let gap = if height > 0.0 { ROW_GAP } else { 0.0 };
            height += gap + self.stack(graph, *input, top + height + gap);
        }
        if height < own {
            for input in inputs {
                self.shift(graph, *input, (own - height) / 2.0);
            }
            height = own;
        }
        let count = inputs.len();
        #[expect(clippy::cast_precision_loss, reason = "few inputs")]
        let mean = inputs.iter().map(|input| self.boxes[*input].y).sum::<f64>() / count.max(1) as f64;
        let y = if count == 0 { top + height / 2.0 } else { mean };
        self.boxes[node].y = y.clamp(top + own / 2.0, top + height - own / 2.0);
        height
    }

    fn shift(&mut self, graph: &Graph, node: usize, by: f64) {
        self.boxes[node].y += by;
        for input in &graph.nodes[node].inputs {
            self.shift(graph, *input, by);
        }
    }

    /// Puts shared results beside the middle of their readers, clear of each other and of the lines from
    /// passes to outputs.
    fn place_shared(&mut self, graph: &Graph) {
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for root in &graph.outputs {
            for read in reads(graph, *root) {
                if let Kind::Read(ReadFrom::Pass(_)) = graph.nodes[read].kind {
                    taken.push((self.boxes[read].y - 8.0, self.boxes[read].y + 8.0));
                }
            }
        }
        for (number, root) in graph.shared.iter().enumerate() {
            let height = self.stack(graph, *root, 0.0);
            let wanted = self.middle_of_readers(graph, ReadFrom::Shared(number)) - self.boxes[*root].y;
            let is_free = |top: f64| taken.iter().all(|(from, to)| top + height <= *from || top >= *to);
            let steps = (0..4000).flat_map(|step| [f64::from(step) * 4.0, f64::from(step) * -4.0]);
            let top = steps.map(|step| wanted + step).find(|top| is_free(*top)).unwrap_or(wanted);
            self.shift(graph, *root, top);
            taken.push((top - ROW_GAP, top + height + ROW_GAP));
        }
    }

    /// Puts passes beside the middle of their readers, one below the other.
    fn place_passes(&mut self, graph: &Graph) {
        let wanted = |number: &usize| self.middle_of_readers(graph, ReadFrom::Pass(*number));
        let mut order: Vec<(usize, f64)> =
            (0..graph.passes.len()).map(|number| (number, wanted(&number))).collect();
        order.sort_by(|left, right| left.1.total_cmp(&right.1));
        let mut bottom = f64::NEG_INFINITY;
        for (number, wanted) in order {
            let place = &mut self.boxes[graph.passes[number]];
            place.y = wanted.max(bottom + TREE_GAP + place.height / 2.0);
            bottom = place.y + place.height / 2.0;
        }
    }

    fn middle_of_readers(&self, graph: &Graph, from: ReadFrom) -> f64 {
        let readers = graph.nodes.iter().zip(&self.boxes).filter(|(node, _)| node.kind == Kind::Read(from));
        let (top, bottom) = readers.fold((f64::INFINITY, f64::NEG_INFINITY), |(top, bottom), (_, place)| {
            (top.min(place.y), bottom.max(place.y))
        });
        if top.is_finite() { f64::midpoint(top, bottom) } else { 0.0 }
    }

    fn set_columns(&mut self, graph: &Graph) {
        let mut x = self.widest(&graph.passes);
        if !graph.passes.is_empty() {
            x += SPREAD_GAP;
        }
        if !graph.shared.is_empty() {
            x = self.set_trees(graph, &graph.shared, x) + SPREAD_GAP;
        }
        self.width = self.set_trees(graph, &graph.outputs, x);
    }

    /// Puts trees into columns, the leaves first and all roots in the last one; returns where that ends.
    fn set_trees(&mut self, graph: &Graph, roots: &[usize], mut x: f64) -> f64 {
        let mut columns: Vec<Vec<usize>> = Vec::new();
        for root in roots {
            for input in &graph.nodes[*root].inputs {
                add_to_columns(graph, *input, &mut columns);
            }
        }
        columns.push(roots.to_vec());
        let end = |layout: &Self, column: &[usize]| layout.widest(column);
        for (number, column) in columns.iter().enumerate() {
            if number > 0 {
                x += COLUMN_GAP;
            }
            for node in column {
                self.boxes[*node].x = x;
            }
            x += end(self, column);
        }
        x
    }

    fn widest(&self, nodes: &[usize]) -> f64 {
        nodes.iter().map(|node| self.boxes[*node].width).fold(0.0, f64::max)
    }

    /// Moves all into a frame with a margin.
    fn fit(&mut self) {
        let top = self.boxes.iter().map(|place| place.y - place.height / 2.0).fold(f64::INFINITY, f64::min);
        let top = if top.is_finite() { top } else { 0.0 };
        for place in &mut self.boxes {
            place.x += MARGIN;
            place.y += MARGIN - top;
        }
        let bottom = self.boxes.iter().map(|place| place.y + place.height / 2.0).fold(0.0, f64::max);
        self.width += 2.0 * MARGIN;
        self.height = bottom + MARGIN;
    }
}

/// The reads in a tree.
fn reads(graph: &Graph, node: usize) -> Vec<usize> {
    if matches!(graph.nodes[node].kind, Kind::Read(_)) {
        return vec![node];
    }
    graph.nodes[node].inputs.iter().flat_map(|input| reads(graph, *input)).collect()
}

/// Puts a node into the column behind those of its inputs, and returns which that is. Reads are all in the
/// first one.
fn add_to_columns(graph: &Graph, node: usize, columns: &mut Vec<Vec<usize>>) -> usize {
    let inputs = graph.nodes[node].inputs.iter();
    let behind = inputs.map(|input| add_to_columns(graph, *input, columns) + 1).max().unwrap_or(0);
    if columns.len() <= behind {
        columns.resize(behind + 1, Vec::new());
    }
    columns[behind].push(node);
    behind
}

/// The text in lines, and the size of the box around them.
fn sized(node: &Node) -> Place {
    let (width, line_count) = match node.kind {
        Kind::Pass(_) => (216.0, 8),
        Kind::Read(_) => (150.0, 3),
        Kind::Step => (190.0, 6),
        Kind::Shared(_) => (150.0, 2),
        Kind::Output(_) => (300.0, 5),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    let letters = ((width - 2.0 * PADDING) / LETTER_WIDTH) as usize;
    let mut lines: Vec<String> = node.lines.iter().flat_map(|line| wrapped(line, letters)).collect();
    if lines.len() > line_count {
        lines.truncate(line_count);
        let last = lines.pop().unwrap_or_default();
        lines.push(last.chars().take(letters - 2).chain([' ', '…']).collect());
    }
    lines.extend(node.measured.iter().flat_map(|line| wrapped(line, letters)));
    #[expect(clippy::cast_precision_loss, reason = "few lines")]
    let text_height = lines.len() as f64 * LINE_HEIGHT;
    let title_height = if matches!(node.kind, Kind::Read(_)) { PADDING } else { TITLE_HEIGHT };
    let padding = if lines.is_empty() { 0.0 } else { PADDING };
    Place { width, height: title_height + text_height + padding, lines, ..Place::default() }
}

/// A text in lines of so many letters, cut between words where there are any.
fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut len = 0;
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        if len > 0 && len + 1 + word.len() > letters {
            lines.push(String::new());
            len = 0;
        }
        if len > 0 {
            lines.last_mut().into_iter().for_each(|line| line.push(' '));
            len += 1;
        }
        while word.len() > letters {
            let rest = word.split_off(letters);
            lines.last_mut().into_iter().for_each(|line| line.extend(&word));
            lines.push(String::new());
            word = rest;
        }
        len += word.len();
        lines.last_mut().into_iter().for_each(|line| line.extend(&word));
        if lines.last().is_some_and(String::is_empty) {
            len = 0;
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped() {
        assert_eq!(wrapped("by Dest, Origin", 10), ["by Dest,", "Origin"]);
        assert_eq!(wrapped("abcdefghijkl m", 5), ["abcde", "fghij", "kl m"]);
        assert_eq!(wrapped("", 5), [""; 0]);
    }
}
