//! An explanation as boxes and lines: only what a person thinks of.

use super::text::{columns, first_of, name, one_line};
use super::{ExplainedOutput, ExplainedPass, ExplainedShared, Explanation, ReadFrom, Step};
use crate::units::{bytes, counted, time};

/// What is drawn. Passes are on their own; each shared result and each output is a tree of nodes.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// The nodes of passes, in their order.
    pub(super) passes: Vec<usize>,
    /// The roots of shared results, in their order.
    pub(super) shared: Vec<usize>,
    /// The roots of outputs, in their order.
    pub(super) outputs: Vec<usize>,
}

/// A box.
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    /// What was measured.
    pub(super) measured: Option<String>,
    /// What its rows come from, in the same tree.
    pub(super) inputs: Vec<usize>,
}

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Pass(usize),
    /// The place where a tree reads a pass or a shared result.
    Read(ReadFrom),
    Step,
    Shared(usize),
    Output(usize),
}

/// Columns that a read names, at most.
const SHOWN_COLUMNS: usize = 8;

impl Graph {
    /// The graph of an explanation.
    pub(super) fn of(explanation: &Explanation) -> Self {
        let mut graph =
            Self { nodes: Vec::new(), passes: Vec::new(), shared: Vec::new(), outputs: Vec::new() };
        for (number, pass) in explanation.passes.iter().enumerate() {
            let node = graph.add(of_pass(number, pass));
            graph.passes.push(node);
        }
        for (number, shared) in explanation.shared.iter().enumerate() {
            let inputs = graph.add_step(&shared.plan);
            let node = graph.add(of_shared(number, shared, inputs));
            graph.shared.push(node);
        }
        for (number, output) in explanation.outputs.iter().enumerate() {
            let inputs = graph.add_step(&output.plan);
            let node = graph.add(of_output(number, output, inputs));
            graph.outputs.push(node);
        }
        graph
    }

    /// All lines: from which node to which.
    pub(super) fn edges(&self) -> Vec<(usize, usize)> {
        let mut edges = Vec::new();
        for (number, node) in self.nodes.iter().enumerate() {
            match node.kind {
                Kind::Read(from) => edges.push((self.source(from), number)),
                _ => edges.extend(node.inputs.iter().map(|input| (*input, number))),
            }
        }
        edges
    }

    /// The node of what is read.
    pub(super) fn source(&self, from: ReadFrom) -> usize {
        match from {
            ReadFrom::Pass(number) => self.passes[number],
            ReadFrom::Shared(number) => self.shared[number],
        }
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Adds what is worth showing of a step and those below it; returns the topmost of these.
    fn add_step(&mut self, step: &Step) -> Vec<usize> {
        let mut inputs: Vec<usize> = Vec::new();
        for input in &step.inputs {
            inputs.extend(self.add_step(input));
        }
        let rows = step.run.and_then(|run| run.rows).map(|rows| counted(rows, "row"));
        if let Some((from, columns)) = &step.read {
            let title = name(*from);
            let columns = match columns.as_slice() {
                [] => "no column".to_owned(),
                columns => first_of(columns, SHOWN_COLUMNS),
            };
            let kind = Kind::Read(*from);
            inputs =
                vec![self.add(Node { kind, title, lines: vec![columns], measured: None, inputs: vec![] })];
        }
        let Some(summary) = &step.summary else { return inputs };
        let elapsed = step.run.and_then(|run| run.elapsed).map(time);
        let measured: Vec<String> = [rows, elapsed].into_iter().flatten().collect();
        let node = Node {
            kind: Kind::Step,
            title: summary.title.clone(),
            lines: summary.lines.clone(),
            measured: (!measured.is_empty()).then(|| measured.join(", ")),
            inputs,
        };
        vec![self.add(node)]
    }
}

fn of_pass(number: usize, pass: &ExplainedPass) -> Node {
    let size = format!("{}, {}", counted(pass.files as u64, "file"), bytes(pass.file_bytes));
    let measured = pass.run.as_ref().map(|run| {
        let opened = format!("opened {}", counted(run.opened_files, "file"));
        format!("{opened}, {}, {} of work", counted(run.rows, "row"), time(run.busy))
    });
    Node {
        kind: Kind::Pass(number),
        title: format!("{}: {}", name(ReadFrom::Pass(number)), pass.kind),
        lines: [pass.source.clone(), size]
            .into_iter()
            .chain(pass.salvage.then(|| "damage is passed over".to_owned()))
            .chain([format!("columns {}", columns(pass))])
            .collect(),
        measured,
        inputs: vec![],
    }
}

fn of_shared(number: usize, shared: &ExplainedShared, inputs: Vec<usize>) -> Node {
    Node {
        kind: Kind::Shared(number),
        title: name(ReadFrom::Shared(number)),
        lines: vec![format!("computed once, read {} times", shared.readers.len())],
        measured: None,
        inputs,
    }
}

fn of_output(number: usize, output: &ExplainedOutput, inputs: Vec<usize>) -> Node {
    Node {
        kind: Kind::Output(number),
        title: format!("output {}", number + 1),
        lines: output.statement.iter().map(|statement| one_line(statement)).collect(),
        measured: output.rows.map(|rows| counted(rows, "row")),
        inputs,
    }
}
