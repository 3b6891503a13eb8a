//! Operators in words: what a person thinks of, and nothing of how it is brought about.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::common::tree_node::Transformed;
use datafusion::physical_expr::expressions::{Column, Literal, lit};
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::{LexOrdering, PhysicalExprRef};
use datafusion::physical_expr_common::physical_expr::fmt_sql;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{
    CrossJoinExec, HashJoinExec, NestedLoopJoinExec, PiecewiseMergeJoinExec, SortMergeJoinExec,
};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::{InterleaveExec, UnionExec};

use super::Summary;
use crate::operators::{BlockJoinExec, GroupPartsExec, windows_of};
use crate::overflow::unchecked;
use crate::walk::Walk;

/// Operators that move rows about, and change none.
const UNSEEN: [&str; 12] = [
    "OneStreamExec",
    "RepartitionExec",
    "CoalesceBatchesExec",
    "CooperativeExec",
    "CompactExec",
    "RefusalExec",
    "SortPreservingMergeExec",
    "OutputRequirementExec",
    "BufferExec",
    "ScalarSubqueryExec",
    "KnownExec",
    "EarlyExec",
];

/// How names are cleaned of what only the relational core needs.
pub(super) struct Words {
    /// What stands before the columns of files: `'air/*.csv'.`
    qualifiers: Vec<String>,
}

impl Words {
    /// For tables of files with these labels.
    pub(super) fn new(labels: HashSet<String>) -> Self {
        let mut qualifiers: Vec<String> = labels.into_iter().map(|label| format!("{label}.")).collect();
        // The longest first: one may be the end of another one.
        qualifiers.sort_by(|left, right| right.len().cmp(&left.len()).then(left.cmp(right)));
        Self { qualifiers }
    }

    /// A text in which columns have no qualifiers, and what is counted in `count(*)` has no name.
    pub(super) fn clean(&self, text: &str) -> String {
        let clean = |text: String, qualifier: &String| text.replace(qualifier, "");
        let text = self.qualifiers.iter().fold(text.trim().to_owned(), clean);
        text.replace("count(Int64(1))", "count(*)").replace("count(1)", "count(*)")
    }

    /// The line of an operator, in which columns have no numbers, either.
    pub(super) fn operator(&self, plan: &Arc<dyn ExecutionPlan>, line: &str) -> String {
        let mut names: Vec<String> = Vec::new();
        for schema in plan.children().into_iter().map(|child| child.schema()).chain([plan.schema()]) {
            names.extend(schema.fields().iter().map(|field| field.name().clone()));
        }
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.dedup();
        let line = names.iter().fold(line.to_owned(), |line, name| without_numbers(&line, name));
        self.clean(&line)
    }

    fn expr(&self, expr: &PhysicalExprRef) -> String {
        self.clean(&sql_text(&with_quotes(expr)))
    }

    fn exprs<'e>(&self, exprs: impl IntoIterator<Item = &'e PhysicalExprRef>) -> String {
        exprs.into_iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join(", ")
    }

    fn ordering(&self, ordering: &LexOrdering) -> String {
        let term = |term: &datafusion::physical_expr::PhysicalSortExpr| {
            let expr = self.expr(&term.expr);
            if term.options.descending { format!("{expr} desc") } else { expr }
        };
        ordering.iter().map(term).collect::<Vec<_>>().join(", ")
    }
}

/// An expression whose texts stand in quotes, to be shown: the core shows them without.
fn with_quotes(expr: &PhysicalExprRef) -> PhysicalExprRef {
    let quoted = Arc::clone(expr).transform_up_dyn(|expr| {
        let text = expr.downcast_ref::<Literal>().and_then(|literal| literal.value().try_as_str().flatten());
        Ok(match text {
            Some(text) => Transformed::yes(lit(format!("'{}'", text.replace('\'', "''")))),
            None => Transformed::no(expr),
        })
    });
    // What cannot be put together again is shown as the core shows it.
    quoted.map_or_else(|_| Arc::clone(expr), |quoted| quoted.data)
}

/// `name@3` becomes `name`.
fn without_numbers(line: &str, name: &str) -> String {
    let mark = format!("{name}@");
    let mut result = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(&mark) {
        let (before, behind) = rest.split_at(at);
        let behind = &behind[mark.len()..];
        let number_len = behind.bytes().take_while(u8::is_ascii_digit).count();
        let begins = !before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        result.push_str(before);
        result.push_str(if begins && number_len > 0 { name } else { &mark });
        rest = if begins && number_len > 0 { &behind[number_len..] } else { behind };
    }
    result.push_str(rest);
    result
}

/// `c0`, `c1` … become the names with these numbers.
pub(super) fn with_names(text: &str, names: &[String]) -> String {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let mut result = String::new();
    for word in text.split_inclusive(|letter| !is_part(letter)) {
        let end = word.find(|letter| !is_part(letter)).unwrap_or(word.len());
        let number = word[..end].strip_prefix('c').and_then(|number| number.parse::<usize>().ok());
        match number.and_then(|number| names.get(number)) {
            Some(name) => result.extend([name, &word[end..]]),
            None => result.push_str(word),
        }
    }
    result
}

fn titled(title: impl Into<String>, lines: Vec<String>) -> Option<Summary> {
    let lines = lines.into_iter().filter(|line| !line.is_empty()).collect();
    Some(Summary { title: title.into(), lines })
}

/// An expression in SQL.
fn sql_text(expr: &PhysicalExprRef) -> String {
    fmt_sql(unchecked(expr).as_ref()).to_string()
}

/// What a read computes on its way.
pub(super) fn of_read(computed: Vec<String>) -> Option<Summary> {
    if computed.is_empty() { None } else { titled("Compute", computed) }
}

/// The expressions that are more than columns.
pub(super) fn computed(exprs: &ProjectionExprs) -> Vec<String> {
    let more = exprs.iter().filter(|expr| !expr.expr.is::<Column>());
    more.map(|expr| sql_text(&expr.expr)).collect()
}

/// An operator in words; `None` for one that a person does not think of.
pub(super) fn summary(plan: &Arc<dyn ExecutionPlan>, words: &Words) -> Option<Summary> {
    if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        let title = plan.fetch().map_or("Filter".to_owned(), |rows| format!("Filter, limit {rows}"));
        return titled(title, vec![words.expr(filter.predicate())]);
    }
    if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
        return of_aggregate(aggregate, words);
    }
    if let Some(groups) = plan.downcast_ref::<GroupPartsExec>() {
        return of_aggregate(groups.core(), words);
    }
    if let Some(sort) = plan.downcast_ref::<SortExec>() {
        let title = sort.fetch().map_or("Sort".to_owned(), |rows| format!("Top {rows}"));
        return titled(title, vec![format!("by {}", words.ordering(sort.expr()))]);
    }
    if let Some(limit) = plan.downcast_ref::<GlobalLimitExec>() {
        let skip = (limit.skip() > 0).then(|| format!("after the first {}", limit.skip()));
        let title = limit.fetch().map_or("Skip".to_owned(), |rows| format!("Limit {rows}"));
        return titled(title, skip.into_iter().collect());
    }
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        let computed: Vec<String> =
            computed(projection.projection_expr()).iter().map(|text| words.clean(text)).collect();
        return if computed.is_empty() { None } else { titled("Compute", computed) };
    }
    if let Some(windows) = windows_of(plan) {
        return titled(
            "Window",
            windows.iter().map(|window| words.clean(without_frame(window.name()))).collect(),
        );
    }
    if plan.is::<CoalescePartitionsExec>() {
        return plan.fetch().and_then(|rows| titled(format!("Limit {rows}"), vec![]));
    }
    of_join(plan, words).or_else(|| of_other(plan, words))
}

fn of_aggregate(aggregate: &AggregateExec, words: &Words) -> Option<Summary> {
    // The first half of two: the second one tells all.
    if matches!(aggregate.mode(), AggregateMode::Partial | AggregateMode::PartialReduce) {
        return None;
    }
    let keys: Vec<String> =
        aggregate.group_expr().expr().iter().map(|(_, alias)| words.clean(alias)).collect();
    let functions: Vec<String> = aggregate
        .aggr_expr()
        .iter()
        .map(|function| words.clean(function.human_display().unwrap_or_else(|| function.name())))
        .collect();
    let by = match (keys.is_empty(), aggregate.group_expr().has_grouping_set()) {
        (true, _) => String::new(),
        (false, true) => format!("by sets of {}", keys.join(", ")),
        (false, false) => format!("by {}", keys.join(", ")),
    };
    let title = if functions.is_empty() { "Distinct" } else { "Aggregate" };
    titled(title, [by].into_iter().chain(functions).collect())
}

fn of_join(plan: &Arc<dyn ExecutionPlan>, words: &Words) -> Option<Summary> {
    let on = |on: &[(PhysicalExprRef, PhysicalExprRef)]| -> Vec<String> {
        on.iter().map(|(left, right)| format!("{} = {}", words.exprs([left]), words.exprs([right]))).collect()
    };
    let filter = |filter: Option<&JoinFilter>| filter.map(|filter| words.expr(filter.expression()));
    let lines = |mut on: Vec<String>, filter: Option<String>| {
        on.extend(filter);
        on
    };
    if let Some(blocks) = plan.downcast_ref::<BlockJoinExec>() {
        return of_join(blocks.join(), words);
    }
    if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        return titled(join_title(*join.join_type()), lines(on(join.on()), filter(join.filter())));
    }
    if let Some(join) = plan.downcast_ref::<SortMergeJoinExec>() {
        return titled(join_title(join.join_type()), lines(on(join.on()), filter(join.filter().as_ref())));
    }
    if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
        return titled(join_title(*join.join_type()), lines(vec![], filter(join.filter())));
    }
    if plan.is::<PiecewiseMergeJoinExec>() {
        return titled("Range join", vec![]);
    }
    plan.is::<CrossJoinExec>().then(|| titled("Cross join", vec![])).flatten()
}

fn join_title(ty: JoinType) -> &'static str {
    match ty {
        JoinType::Inner => "Join",
        JoinType::Left => "Left join",
        JoinType::Right => "Right join",
        JoinType::Full => "Full join",
        JoinType::LeftSemi | JoinType::RightSemi => "Semi join",
        JoinType::LeftAnti | JoinType::RightAnti => "Anti join",
        JoinType::LeftMark | JoinType::RightMark => "Mark join",
    }
}

fn of_other(plan: &Arc<dyn ExecutionPlan>, words: &Words) -> Option<Summary> {
    if UNSEEN.contains(&plan.name()) || plan.is::<LocalLimitExec>() {
        return None;
    }
    if plan.is::<UnionExec>() || plan.is::<InterleaveExec>() || plan.name() == "InTurnExec" {
        return titled("Union", vec![]);
    }
    if plan.is::<PlaceholderRowExec>() {
        return titled("One row", vec![]);
    }
    if plan.is::<EmptyExec>() {
        return titled("No rows", vec![]);
    }
    let line = displayable_line(plan, words);
    match plan.name() {
        "MapPartitionsExec" => titled("Map partitions", vec![line]),
        "DataSourceExec" => titled("Table in memory", vec![]),
        "RecursiveQueryExec" => titled("Recursive query", vec![]),
        "WorkTableExec" => titled("Rows of the round before", vec![]),
        "InOrderExec" => titled("Order of the files", vec![line]),
        "SampleExec" => titled("Sample", vec![line]),
        "UnnestExec" => titled("Unnest", vec![]),
        "LazyMemoryExec" => titled("Series", vec![]),
        name => titled(name.strip_suffix("Exec").unwrap_or(name), vec![line]),
    }
}

/// What an operator says of itself behind its name.
fn displayable_line(plan: &Arc<dyn ExecutionPlan>, words: &Words) -> String {
    let line = datafusion::physical_plan::displayable(plan.as_ref()).one_line().to_string();
    let line = words.operator(plan, &line);
    line.split_once(": ").map_or(String::new(), |(_, rest)| rest.to_owned())
}

/// The frame is what it is by default nearly always, and long.
fn without_frame(name: &str) -> &str {
    let frames = [" ROWS BETWEEN ", " RANGE BETWEEN ", " GROUPS BETWEEN "];
    frames.iter().filter_map(|frame| name.find(frame)).min().map_or(name, |at| &name[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned() {
        let words = Words::new(["'a.csv'".to_owned(), "'x/a.csv'".to_owned()].into());
        assert_eq!(words.clean("max('x/a.csv'.b) + 'a.csv'.c"), "max(b) + c");
        assert_eq!(words.clean("count(Int64(1))"), "count(*)");
        assert_eq!(without_numbers("ab@1 > b@12, b@x, b@1", "b"), "ab@1 > b, b@x, b");
        let names = ["max(a)".to_owned(), "b".to_owned()];
        assert_eq!(
            with_names("c0 as x, c1 > c10, cc0, t.c0, (c1)", &names),
            "max(a) as x, b > c10, cc0, t.c0, (b)"
        );
        assert_eq!(without_frame("sum(x) PARTITION BY [a] ROWS BETWEEN 1 AND 2"), "sum(x) PARTITION BY [a]");
    }
}
