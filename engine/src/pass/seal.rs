//! From plans that each scan for themselves to plans that share their scans.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use swath_io::{ScanFormat, SourceFile};
use swath_planner::fuse::{ScanNeed, passes};

use super::early::begin_early;
use super::in_order::{in_streams, is_read_in_order, keep_order};
use super::log::{Log, LogMemory};
use super::partition::{PassPartition, SourceFactory};
use super::reader::{PassReaderExec, View};
use super::scan::{PassScan, Wanted};
use super::{Pass, PassSource, Scans, Seat};
use crate::budget::Budget;
use crate::scan::{ScanSource, source_file};
use crate::scan_condition::ScanCondition;
use crate::spill_store::SpillStore;
use crate::walk::Walk;

/// What is read of columnar files may take this part of the limit: 1 / 4.
const READING_SHARE: usize = 4;

/// Where passes keep what waits.
#[derive(Debug, Clone)]
pub(crate) struct PassSpace {
    budget: Arc<Budget>,
    memory: Arc<LogMemory>,
    store: Arc<SpillStore>,
    /// All scans that begin here.
    scans: Arc<Scans>,
}

impl PassSpace {
    /// A part of a budget or a limit of its own, and beyond it the store.
    pub(crate) fn new(budget: &Arc<Budget>, own_limit_bytes: Option<usize>, store: &Arc<SpillStore>) -> Self {
        let memory = Arc::new(LogMemory::new(budget, own_limit_bytes));
        Self { budget: Arc::clone(budget), memory, store: Arc::clone(store), scans: Arc::default() }
    }

    /// A space like this one, for what is measured by itself.
    pub(crate) fn apart(&self) -> Self {
        Self { memory: Arc::new(self.memory.apart()), ..self.clone() }
    }

    /// The scans.
    pub(crate) fn scans(&self) -> &Arc<Scans> {
        &self.scans
    }

    /// The most bytes that ever waited in memory.
    pub(crate) fn peak_bytes(&self) -> usize {
        self.memory.peak_bytes()
    }

    /// An empty log.
    pub(crate) fn log(&self) -> Log {
        Log::new(Arc::clone(&self.memory), &self.store)
    }

    /// A pass over partitions, and the seats of its readers.
    pub(super) fn pass(
        &self,
        source: PassSource,
        readers: usize,
        partitions: impl Iterator<Item = SourceFactory>,
    ) -> (Arc<Pass>, Vec<Seat>) {
        let partitions =
            partitions.map(|source| Arc::new(PassPartition::new(self.log(), readers, source))).collect();
        let pass = Arc::new(Pass { partitions, source, readers });
        let seats = (0..readers).map(|reader| Seat { pass: Arc::clone(&pass), reader }).collect();
        (pass, seats)
    }
}

/// Plans, or leaves of plans.
type Execs = Vec<Arc<dyn ExecutionPlan>>;

/// A scan of files in a plan.
struct Leaf {
    plan: usize,
    exec: Arc<dyn ExecutionPlan>,
    files: Vec<SourceFile>,
    /// The plan gives its rows in the order of the files.
    in_order: bool,
}

impl Leaf {
    fn config(&self) -> &FileScanConfig {
        scan_config(&self.exec).expect("leaves are made of scans").0
    }

    fn source(&self) -> &ScanSource {
        scan_config(&self.exec).expect("leaves are made of scans").1
    }

    fn format(&self) -> &Arc<ScanFormat> {
        &self.source().format
    }

    /// Whether one read can serve both.
    fn reads_the_same(&self, other: &Self) -> bool {
        self.files == other.files
            && (Arc::ptr_eq(self.format(), other.format()) || self.format() == other.format())
    }

    /// The columns of the files that it needs.
    fn columns(&self) -> Vec<usize> {
        let file_columns = self.source().schema.file_schema().fields().len();
        let used = self.source().projection.source.column_indices();
        used.into_iter().filter(|column| *column < file_columns).collect()
    }
}

/// Replaces scans of the same files, in one plan or in several, by readers of one pass.
pub(crate) fn share_scans(
    plans: Vec<Arc<dyn ExecutionPlan>>,
    space: &PassSpace,
) -> Result<(Execs, Vec<Arc<Pass>>)> {
    let plans = plans.into_iter().map(in_streams).collect::<Result<Vec<_>>>()?;
    let mut leaves = Vec::new();
    for (number, plan) in plans.iter().enumerate() {
        find_leaves(plan, number, &mut leaves)?;
    }
    let mut sources: Vec<usize> = Vec::new();
    for leaf in 0..leaves.len() {
        let same = (0..leaf).find(|other| leaves[leaf].reads_the_same(&leaves[*other]));
        sources.push(same.map_or(leaf, |other| sources[other]));
    }
    let needs: Vec<ScanNeed> = leaves
        .iter()
        .zip(&sources)
        .map(|(leaf, source)| ScanNeed { source: *source, columns: leaf.columns() })
        .collect();

    let mut readers: Vec<Option<Arc<dyn ExecutionPlan>>> = leaves.iter().map(|_| None).collect();
    let mut shared = Vec::new();
    for pass in passes(&needs) {
        let members: Vec<&Leaf> = pass.readers.iter().map(|reader| &leaves[*reader]).collect();
        let (made, execs) = seal(&members, pass.columns, space)?;
        for (leaf, exec) in pass.readers.into_iter().zip(execs) {
            readers[leaf] = Some(exec);
        }
        shared.push(made);
    }
    let plan_of: Vec<usize> = leaves.iter().map(|leaf| leaf.plan).collect();
    let plans = plans.into_iter().enumerate().map(|(number, plan)| {
        let own = plan_of.iter().zip(&readers).filter(|(plan, _)| **plan == number);
        begin_early(keep_order(replace_leaves(plan, own.map(|(_, reader)| reader.clone()))?)?)
    });
    Ok((plans.collect::<Result<_>>()?, shared))
}

/// Makes one pass for scans of the same files.
fn seal(leaves: &[&Leaf], columns: Vec<usize>, space: &PassSpace) -> Result<(Arc<Pass>, Execs)> {
    let first = leaves[0];
    let view = |leaf: &&Leaf| {
        let config = leaf.config();
        let in_order = config.preserve_order;
        let source = leaf.source();
        let partitioned = config.file_groups.iter().flat_map(|group| group.iter());
        let of_file = partitioned.map(|file| file.partition_values.clone()).collect();
        let files = (source.schema.file_schema().fields().len(), of_file);
        View::of_scan(
            &source.projection.source,
            &source.dynamic_filters,
            source.schema.table_schema(),
            &columns,
            files,
            config.limit,
            in_order,
        )
    };
    let views = leaves.iter().map(view).collect::<Result<Vec<_>>>()?;
    let needs: Vec<HashSet<usize>> = views.iter().map(View::needs).collect();
    let labels = leaves.iter().map(|leaf| Arc::clone(&leaf.source().label)).collect();
    let partition_count = |leaf: &&Leaf| leaf.exec.properties().output_partitioning().partition_count();
    let partitions = leaves.iter().map(partition_count).max().unwrap_or(1);
    let merged = |leaf: &&Leaf| partition_count(leaf) < partitions || leaf.config().preserve_order;
    let in_order = leaves.iter().any(|leaf| leaf.in_order || merged(leaf));
    let sources: Vec<_> = leaves.iter().map(|leaf| leaf.source()).collect();
    let filter = ScanCondition::filter(&sources, &columns, first.source().schema.file_schema())?;
    let reading_bytes = space.budget.limit_bytes() / READING_SHARE;
    let wanted = Wanted { columns, filter, partitions, in_order, reading_bytes };
    let scan = PassScan::begin(first.source(), labels, first.files.clone(), wanted, needs, space.scans());
    let factories = (0..partitions).map(|_| {
        let scan = Arc::clone(&scan);
        Box::new(move || Ok(scan.partition())) as SourceFactory
    });
    let (pass, seats) = space.pass(PassSource::Scan(Arc::clone(&scan)), leaves.len(), factories);
    let reader = |((seat, leaf), mut view): ((Seat, &&Leaf), View)| -> Arc<dyn ExecutionPlan> {
        // One stream for all partitions, if the scan it stands for gave one.
        view.in_order = merged(leaf);
        let properties = Arc::clone(leaf.exec.properties());
        Arc::new(PassReaderExec::new(seat, view, Some(Arc::clone(&leaf.exec)), properties))
    };
    let readers = seats.into_iter().zip(leaves).zip(views).map(reader).collect();
    Ok((pass, readers))
}

/// The scans of a plan, in the order in which [`replace_leaves`] meets them. What a recursive query reads
/// again and again is left out: a pass is read once.
fn find_leaves(plan: &Arc<dyn ExecutionPlan>, number: usize, leaves: &mut Vec<Leaf>) -> Result<()> {
    plan.apply_dyn(|node| {
        if node.is::<RecursiveQueryExec>() {
            return Ok(TreeNodeRecursion::Jump);
        }
        if let Some((config, _)) = scan_config(node) {
            let files = config.file_groups.iter().flat_map(|group| group.iter()).map(source_file);
            leaves.push(Leaf {
                plan: number,
                exec: Arc::clone(node),
                files: files.collect::<Result<_>>()?,
                in_order: is_read_in_order(plan, node),
            });
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

fn replace_leaves(
    plan: Arc<dyn ExecutionPlan>,
    mut readers: impl Iterator<Item = Option<Arc<dyn ExecutionPlan>>>,
) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_down_dyn(|node| {
        if node.is::<RecursiveQueryExec>() {
            return Ok(Transformed::new(node, false, TreeNodeRecursion::Jump));
        }
        if scan_config(&node).is_none() {
            return Ok(Transformed::no(node));
        }
        match readers.next().flatten() {
            Some(reader) => Ok(Transformed::new(reader, true, TreeNodeRecursion::Jump)),
            None => Ok(Transformed::no(node)),
        }
    })
    .data()
}

/// A scan of ours and how it reads.
pub(crate) fn scan_config(node: &Arc<dyn ExecutionPlan>) -> Option<(&FileScanConfig, &ScanSource)> {
    let config = node.downcast_ref::<DataSourceExec>()?.data_source().downcast_ref::<FileScanConfig>()?;
    let source = config.file_source().downcast_ref::<ScanSource>()?;
    Some((config, source))
}
