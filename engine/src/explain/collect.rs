//! From physical plans to plain data.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, displayable};

use super::summary::{Words, computed, of_read, summary, with_names};
use super::{
    ExplainedOutput, ExplainedPass, ExplainedShared, Explanation, PassRun, ReadFrom, Reader, Span, Step,
    StepRun, Work,
};
use crate::operators::{PassageExec, Refusal};
use crate::pass::{Pass, PassReaderExec, PassSource, scan_config};
use crate::scan::ScanCounters;
use crate::table::kind_of;

/// An explanation of plans, and what is needed to measure their run.
pub(super) struct Collected {
    pub(super) explanation: Explanation,
    /// For each pass, what counts.
    passes: Vec<Counts>,
    /// For each shared plan, the pass in which it is read.
    shared: Vec<Option<Arc<Pass>>>,
}

/// What counts in a pass.
enum Counts {
    Shared(Arc<Pass>),
    Alone(Arc<ScanCounters>),
}

/// Collects the plans of outputs, each with its statement, and the shared plans that they read.
pub(super) fn collect(
    outputs: &[(Arc<dyn ExecutionPlan>, Option<String>)],
    shared: &[Arc<dyn ExecutionPlan>],
) -> Collected {
    let mut labels = HashSet::new();
    for plan in outputs.iter().map(|(plan, _)| plan).chain(shared) {
        find_labels(plan, &mut labels);
    }
    let mut collector = Collector {
        words: Words::new(labels),
        plans: shared,
        numbers: HashMap::new(),
        explanation: Explanation::default(),
        passes: Vec::new(),
        shared: vec![None; shared.len()],
        shared_readers: vec![Vec::new(); shared.len()],
    };
    for (number, (plan, statement)) in outputs.iter().enumerate() {
        let mut plan = collector.step(plan, Place { reader: Reader::Output(number), repeated: false });
        name_shared_columns(&mut plan, shared, &collector.words);
        let output = ExplainedOutput { statement: statement.clone(), plan, rows: None };
        collector.explanation.outputs.push(output);
    }
    for (number, plan) in shared.iter().enumerate() {
        let plan = collector.step(plan, Place { reader: Reader::Shared(number), repeated: false });
        let readers = std::mem::take(&mut collector.shared_readers[number]);
        collector.explanation.shared.push(ExplainedShared { plan, readers, spilled_bytes: None });
    }
    Collected { explanation: collector.explanation, passes: collector.passes, shared: collector.shared }
}

impl Collected {
    /// Adds what passes have counted.
    pub(super) fn measure_passes(&mut self) {
        for (pass, counts) in self.explanation.passes.iter_mut().zip(&self.passes) {
            pass.run = Some(counts.run());
        }
        for (shared, pass) in self.explanation.shared.iter_mut().zip(&self.shared) {
            shared.spilled_bytes = pass.as_ref().map(|pass| pass.spilled_bytes());
        }
    }
}

impl Counts {
    fn run(&self) -> PassRun {
        match self {
            Self::Alone(counters) => pass_run(counters, 0, Vec::new()),
            Self::Shared(pass) => match pass.source() {
                PassSource::Scan(scan) => pass_run(scan.counters(), pass.spilled_bytes(), scan.work()),
                PassSource::Plan(_) => pass_run(&ScanCounters::default(), pass.spilled_bytes(), Vec::new()),
            },
        }
    }
}

fn pass_run(counters: &ScanCounters, spilled_bytes: u64, work: Vec<Work>) -> PassRun {
    PassRun {
        opened_files: counters.opened_files.load(Ordering::Relaxed),
        rows: counters.rows.load(Ordering::Relaxed),
        read_bytes: counters.read_bytes.load(Ordering::Relaxed),
        busy: Duration::from_nanos(counters.busy_nanos.load(Ordering::Relaxed)),
        spilled_bytes,
        work,
    }
}

/// Adds to steps what their operators have counted: to those that [`collect`] made of the same plan.
pub(super) fn measure(plan: &Arc<dyn ExecutionPlan>, step: &mut Step) {
    let plan = shown(plan);
    if let Some(metrics) = plan.metrics() {
        step.spans = spans(&metrics);
        let metrics = metrics.aggregate_by_name();
        let elapsed = metrics.elapsed_compute().map(|nanos| Duration::from_nanos(nanos as u64));
        // What a reader takes is decoded and scanned by whoever comes first: that is told of the pass.
        let elapsed = elapsed.filter(|_| step.read.is_none());
        let rows = metrics.output_rows().map(|rows| rows as u64);
        step.run =
            Some(StepRun { rows, elapsed, spilled_bytes: metrics.spilled_bytes().unwrap_or(0) as u64 });
    }
    for (plan, step) in plan.children().into_iter().zip(&mut step.inputs) {
        measure(plan, step);
    }
}

/// When each partition was at work.
fn spans(metrics: &MetricsSet) -> Vec<Span> {
    let mut spans: BTreeMap<usize, (Option<SystemTime>, Option<SystemTime>, u64, Duration)> = BTreeMap::new();
    for metric in metrics.iter() {
        let Some(partition) = metric.partition() else { continue };
        let (begin, end, rows, busy) = spans.entry(partition).or_default();
        match metric.value() {
            MetricValue::StartTimestamp(time) => *begin = time.value().map(SystemTime::from),
            MetricValue::EndTimestamp(time) => *end = time.value().map(SystemTime::from),
            MetricValue::OutputRows(count) => *rows += count.value() as u64,
            MetricValue::ElapsedCompute(time) => *busy += Duration::from_nanos(time.value() as u64),
            _ => {}
        }
    }
    let span = |(partition, (begin, end, rows, busy))| {
        let (begin, end) = (begin?, end?);
        Some(Span { partition, begin, end, rows, busy })
    };
    spans.into_iter().filter_map(span).collect()
}

/// A plan, or what is below it where it only yields to others now and then, or tells errors in another way.
fn shown(plan: &Arc<dyn ExecutionPlan>) -> &Arc<dyn ExecutionPlan> {
    match plan.is::<CooperativeExec>() || plan.is::<PassageExec<Refusal>>() {
        true => shown(plan.children()[0]),
        false => plan,
    }
}

fn find_labels(plan: &Arc<dyn ExecutionPlan>, labels: &mut HashSet<String>) {
    if let Some(reader) = plan.downcast_ref::<PassReaderExec>()
        && let PassSource::Scan(scan) = reader.pass().source()
    {
        labels.extend(scan.labels.iter().map(|label| label.to_string()));
    }
    if let Some((_, source)) = scan_config(plan) {
        labels.insert(source.label.to_string());
    }
    for child in plan.children() {
        find_labels(child, labels);
    }
}

/// Gives the columns of a shared result, which have numbers in the plans that read it, the names that they
/// have where they are computed. Where one is told from another by the number alone, it stays.
fn name_shared_columns(
    step: &mut Step,
    plans: &[Arc<dyn ExecutionPlan>],
    words: &Words,
) -> HashSet<ReadFrom> {
    let mut reads: HashSet<ReadFrom> = step.read.iter().map(|(from, _)| *from).collect();
    for input in &mut step.inputs {
        reads.extend(name_shared_columns(input, plans, words));
    }
    if let [ReadFrom::Shared(number)] = reads.iter().copied().collect::<Vec<_>>().as_slice()
        && let Some(plan) = plans.get(*number)
    {
        let names: Vec<String> =
            plan.schema().fields().iter().map(|field| words.clean(field.name())).collect();
        step.operator = with_names(&step.operator, &names);
        for line in step.summary.iter_mut().flat_map(|summary| &mut summary.lines) {
            *line = with_names(line, &names);
        }
    }
    reads
}

/// Where a step stands.
#[derive(Clone, Copy)]
struct Place {
    reader: Reader,
    /// In the part of a recursive query that is run again and again.
    repeated: bool,
}

/// Which rows of what is read are taken.
struct Chosen {
    limit: Option<usize>,
    /// Columns by which a join or a top-k leaves rows out, once it knows what it looks for.
    late_by: Vec<String>,
}

struct Collector<'a> {
    words: Words,
    plans: &'a [Arc<dyn ExecutionPlan>],
    /// The numbers of passes, by where they are in memory.
    numbers: HashMap<*const Pass, usize>,
    explanation: Explanation,
    passes: Vec<Counts>,
    shared: Vec<Option<Arc<Pass>>>,
    shared_readers: Vec<Vec<Reader>>,
}

impl Collector<'_> {
    fn step(&mut self, plan: &Arc<dyn ExecutionPlan>, place: Place) -> Step {
        let plan = shown(plan);
        if let Some(reader) = plan.downcast_ref::<PassReaderExec>() {
            let from = self.shared_read(reader, place);
            return self.read(
                plan,
                from,
                self.columns_of(reader, from),
                computed(reader.exprs()),
                Chosen { limit: reader.fetch(), late_by: reader.dynamic_filter_columns() },
            );
        }
        if let Some((config, source)) = scan_config(plan) {
            let exprs = &source.projection.source;
            let schema = source.schema.file_schema();
            let columns: Vec<String> = source
                .projection
                .file_indices
                .iter()
                .map(|index| schema.field(*index).name().clone())
                .collect();
            let files = config.file_groups.iter().flat_map(|group| group.iter());
            self.explanation.passes.push(ExplainedPass {
                kind: kind_of(&source.format).to_owned(),
                source: source.label.to_string(),
                salvage: source.format.decode().salvage,
                files: config.file_groups.iter().map(|group| group.len()).sum(),
                file_bytes: files.map(|file| file.object_meta.size).sum(),
                columns: columns.clone(),
                file_columns: schema.fields().len(),
                raw_filter: Vec::new(),
                partitions: plan.output_partitioning().partition_count(),
                readers: vec![place.reader],
                repeated: place.repeated,
                run: None,
            });
            self.passes.push(Counts::Alone(Arc::clone(&source.counters)));
            let from = ReadFrom::Pass(self.passes.len() - 1);
            let chosen = Chosen { limit: config.limit, late_by: Vec::new() };
            return self.read(plan, from, columns, computed(exprs), chosen);
        }
        let recursive = plan.downcast_ref::<RecursiveQueryExec>().map(RecursiveQueryExec::recursive_term);
        let mut inputs = Vec::new();
        for child in plan.children() {
            let repeated = place.repeated || recursive.is_some_and(|term| Arc::ptr_eq(term, child));
            inputs.push(self.step(child, Place { repeated, ..place }));
        }
        let operator = self.words.operator(plan, &displayable(plan.as_ref()).one_line().to_string());
        Step {
            operator,
            summary: summary(plan, &self.words),
            read: None,
            inputs,
            run: None,
            spans: Vec::new(),
        }
    }

    fn read(
        &self,
        plan: &Arc<dyn ExecutionPlan>,
        from: ReadFrom,
        columns: Vec<String>,
        computed: Vec<String>,
        chosen: Chosen,
    ) -> Step {
        let computed: Vec<String> = computed.iter().map(|text| self.words.clean(text)).collect();
        let mut operator = format!("{}: ", plan.name());
        let limit_text = chosen.limit.map(|rows| format!("limit={rows}"));
        let late_by = chosen.late_by;
        let late_text = (!late_by.is_empty()).then(|| format!("dynamic_filter=[{}]", late_by.join(", ")));
        let computed_text = (!computed.is_empty()).then(|| format!("computed=[{}]", computed.join(", ")));
        let more: Vec<String> = [limit_text, late_text, computed_text].into_iter().flatten().collect();
        operator.push_str(&more.join(", "));
        let summary = of_read(computed);
        Step {
            operator,
            summary,
            read: Some((from, columns)),
            inputs: Vec::new(),
            run: None,
            spans: Vec::new(),
        }
    }

    /// Notes that a shared pass is read, and says which.
    fn shared_read(&mut self, reader: &PassReaderExec, place: Place) -> ReadFrom {
        let pass = reader.pass();
        match pass.source() {
            PassSource::Plan(late) => {
                let plan = late.get();
                let same =
                    |shared: &Arc<dyn ExecutionPlan>| plan.is_some_and(|plan| Arc::ptr_eq(plan, shared));
                let number = self.plans.iter().position(same).unwrap_or_default();
                self.shared[number] = Some(Arc::clone(pass));
                self.shared_readers[number].push(place.reader);
                ReadFrom::Shared(number)
            }
            PassSource::Scan(scan) => {
                let next = self.passes.len();
                let number = *self.numbers.entry(Arc::as_ptr(pass)).or_insert(next);
                if number == next {
                    self.passes.push(Counts::Shared(Arc::clone(pass)));
                    self.explanation.passes.push(ExplainedPass {
                        kind: scan.kind.to_owned(),
                        source: sources(&scan.labels),
                        salvage: scan.salvage,
                        files: scan.files().len(),
                        file_bytes: scan.files().iter().map(|file| file.len_bytes).sum(),
                        columns: scan.schema.fields().iter().map(|field| field.name().clone()).collect(),
                        file_columns: scan.file_columns,
                        raw_filter: scan.literals.iter().map(|literal| shown_bytes(literal)).collect(),
                        partitions: pass.partition_count(),
                        readers: Vec::new(),
                        repeated: false,
                        run: None,
                    });
                }
                self.explanation.passes[number].readers.push(place.reader);
                ReadFrom::Pass(number)
            }
        }
    }

    /// The columns that a reader takes. Those of a shared result have numbers in the plan, and get the
    /// names back that they have where they are computed.
    fn columns_of(&self, reader: &PassReaderExec, from: ReadFrom) -> Vec<String> {
        let columns = reader.columns();
        let schema = match from {
            ReadFrom::Shared(number) => self.plans.get(number).map(|plan| plan.schema()),
            ReadFrom::Pass(_) => None,
        };
        let name = |column: &str| {
            let number = column.strip_prefix('c').and_then(|number| number.parse::<usize>().ok());
            let field = schema.as_ref().and_then(|schema| Some(schema.fields().get(number?)?.name().clone()));
            field.map_or_else(|| column.to_owned(), |name| self.words.clean(&name))
        };
        columns.into_iter().map(name).collect()
    }
}

/// A literal as text, on one line.
fn shown_bytes(literal: &[u8]) -> String {
    String::from_utf8_lossy(literal).escape_debug().to_string()
}

/// What the readers of a pass call its files: most often all the same.
fn sources(labels: &[Arc<str>]) -> String {
    let mut known: Vec<&str> = Vec::new();
    for label in labels {
        if !known.contains(&label.as_ref()) {
            known.push(label);
        }
    }
    known.join(" = ")
}
