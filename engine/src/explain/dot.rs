//! The drawing as DOT.

use super::graph::{Graph, Kind};

/// A line of a label is cut to this many characters.
const LINE_CHARS: usize = 60;

/// The graph in the language of Graphviz.
pub(super) fn draw(graph: &Graph) -> String {
    let mut dot = String::from(
        "digraph plan {\n  rankdir=LR;\n  bgcolor=\"white\";\n  node [shape=box, style=\"rounded,filled\", \
         fillcolor=\"white\", fontname=\"Helvetica\", fontsize=11];\n",
    );
    for (number, node) in graph.nodes.iter().enumerate() {
        let lines = [&node.title].into_iter().chain(&node.lines).chain(&node.measured);
        let label: Vec<String> = lines.map(|line| quoted(line)).collect();
        let look = match node.kind {
            Kind::Pass(_) => ", shape=cylinder, fillcolor=\"#dbeafe\"",
            Kind::Shared(_) => ", fillcolor=\"#ede9fe\"",
            Kind::Output(_) => ", fillcolor=\"#dcfce7\"",
            Kind::Read(_) => ", shape=plain",
            Kind::Step => "",
        };
        dot.push_str(&format!("  n{number} [label=\"{}\"{look}];\n", label.join("\\n")));
    }
    for (from, to) in graph.edges() {
        dot.push_str(&format!("  n{from} -> n{to};\n"));
    }
    dot.push_str("}\n");
    dot
}

fn quoted(line: &str) -> String {
    let line = if line.chars().count() > LINE_CHARS {
        line.chars().take(LINE_CHARS - 1).chain(['…']).collect()
    } else {
        line.to_owned()
    };
    line.replace('\\', "\\\\").replace('"', "\\\"")
}
