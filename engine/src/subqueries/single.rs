//! Queries in the place of a value, above all correlated ones: `(SELECT name FROM planes p WHERE p.id = f.plane)`.
//!
//! The relational core takes aggregates there, as they have one row. Others become aggregates: of at most one row, or of the first by an
//! order.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{ScalarValue, exec_err, internal_err};
use datafusion::error::Result;
use datafusion::functions_aggregate::first_last::first_value;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, Expr, FetchType, LogicalPlan,
    LogicalPlanBuilder, Projection, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, SkipType, Sort,
    SortExpr, Subquery, Volatility,
};

use super::outer::core_takes;
use super::{Names, domain};
use crate::walk::{Walk, WalkPlan};

/// A plan whose correlated queries are aggregates, as far as they can be.
pub(super) fn with_single_values(plan: LogicalPlan, names: &mut Names) -> Result<LogicalPlan> {
    let inputs: Vec<LogicalPlan> = plan.inputs().into_iter().cloned().collect();
    let changed = plan.map_expressions_dyn(|expr| {
        expr.transform_up_dyn(|expr| match expr {
            Expr::ScalarSubquery(subquery)
                if !subquery.outer_ref_columns.is_empty() || is_never_null(&subquery.subquery) =>
            {
                let (query, is_list) = aggregated(&subquery.subquery)?;
                let over =
                    |query| Expr::ScalarSubquery(Subquery { subquery: Arc::new(query), ..subquery.clone() });
                let mut value = over(query.clone());
                if !subquery.outer_ref_columns.is_empty()
                    && let [input] = inputs.as_slice()
                    && !core_takes(&value, input)?
                {
                    let other = over(domain::with_equality(query, input, names)?);
                    if core_takes(&other, input)? {
                        value = other;
                    }
                }
                let query = value;
                let value = if is_list { only(query) } else { query };
                // What is inside has been seen, and is not met again.
                Ok(Transformed::new(value, true, TreeNodeRecursion::Jump))
            }
            other => Ok(Transformed::no(other)),
        })
    })?;
    Ok(changed.data)
}

/// Whether the core takes the value of a query for one that is never null, though the query may have no row.
fn is_never_null(query: &LogicalPlan) -> bool {
    query.schema().fields().iter().all(|field| !field.is_nullable()) && !has_row(query)
}

/// Whether there is always a row of a query.
fn has_row(query: &LogicalPlan) -> bool {
    match query {
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        LogicalPlan::EmptyRelation(empty) => empty.produce_one_row,
        LogicalPlan::Projection(projection) => has_row(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => has_row(&alias.input),
        LogicalPlan::Sort(sort) => has_row(&sort.input),
        _ => false,
    }
}

/// The query as an aggregate, and whether its value is a list of those of its rows.
fn aggregated(query: &Arc<LogicalPlan>) -> Result<(LogicalPlan, bool)> {
    if is_aggregate(query) || query.schema().fields().len() != 1 {
        return Ok(((**query).clone(), false));
    }
    let column = |plan: &LogicalPlan| Expr::Column(plan.schema().columns()[0].clone());
    let (rows, value, is_list) = match first_of(query) {
        Some((input, value, order)) => {
            let value = value.unwrap_or_else(|| column(&input));
            (input, first_value(value, order), false)
        }
        None => ((**query).clone(), first_two(column(query)), true),
    };
    // No column that the condition uses is called so.
    let rows = LogicalPlanBuilder::from(rows).aggregate(Vec::<Expr>::new(), [value.alias("__value")])?;
    Ok((rows.build()?, is_list))
}

/// Whether it has one row for each that it is asked for.
fn is_aggregate(query: &LogicalPlan) -> bool {
    match query {
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        LogicalPlan::Projection(projection) => is_aggregate(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => is_aggregate(&alias.input),
        LogicalPlan::Filter(filter) => {
            matches!(filter.input.as_ref(), LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty())
        }
        _ => false,
    }
}

/// The rows of which a query gives the first, what it gives of it, if it is not the column there is, and the order.
type First = (LogicalPlan, Option<Expr>, Vec<SortExpr>);

fn first_of(query: &LogicalPlan) -> Option<First> {
    let (query, above) = under_projection(query);
    let LogicalPlan::Limit(limit) = query else { return None };
    let one = matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(1))));
    let none = matches!(limit.get_skip_type(), Ok(SkipType::Literal(0)));
    let (rows, below) = under_projection(&limit.input);
    // One projection, above or below; of several, nobody knows which column is which here.
    let value = match (above, below) {
        (Some(_), Some(_)) => return None,
        (above, below) => above.or(below).map(Expr::unalias),
    };
    let first = match rows {
        LogicalPlan::Sort(Sort { expr, input, fetch: None }) => ((**input).clone(), value, expr.clone()),
        other => (other.clone(), value, Vec::new()),
    };
    (one && none).then_some(first)
}

/// What is below a projection, if it is one, with the first of its expressions.
fn under_projection(query: &LogicalPlan) -> (&LogicalPlan, Option<Expr>) {
    match query {
        LogicalPlan::Projection(Projection { expr, input, .. }) => (&**input, expr.first().cloned()),
        other => (other, None),
    }
}

/// The only value of a list, which holds those of the rows that there are; null of none, and an error of several.
///
/// It looks at what a row is given, and not at all groups: a query may have several rows for what no row asks for.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Only {
    signature: Signature,
}

impl ScalarUDFImpl for Only {
    fn name(&self) -> &str {
        "only"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [DataType::List(item)] => Ok(item.data_type().clone()),
            _ => internal_err!("only takes one list"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let lists = arrays[0].as_list::<i32>();
        let place = |row: usize| {
            let offsets = lists.value_offsets();
            match if lists.is_valid(row) { offsets[row + 1] - offsets[row] } else { 0 } {
                0 => Ok(None),
                1 => Ok(Some(offsets[row])),
                _ => exec_err!("Scalar subquery returned more than one row"),
            }
        };
        let places = (0..lists.len()).map(place).collect::<Result<Int32Array>>()?;
        Ok(ColumnarValue::Array(take(lists.values(), &places, None)?))
    }
}

fn only(query: Expr) -> Expr {
    ScalarUDF::from(Only { signature: Signature::any(1, Volatility::Immutable) }).call(vec![query])
}

/// The values of the first rows, as many as it takes to see that there are several.
fn first_two(value: Expr) -> Expr {
    AggregateUDF::from(FirstTwo { signature: Signature::any(1, Volatility::Immutable) }).call(vec![value])
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct FirstTwo {
    signature: Signature,
}

impl AggregateUDFImpl for FirstTwo {
    fn name(&self) -> &str {
        "first_two"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(DataType::new_list(types[0].clone(), true))
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        match args.return_type() {
            DataType::List(item) => Ok(Box::new(Values { ty: item.data_type().clone(), values: Vec::new() })),
            other => internal_err!("first_two makes a list, and no {other}"),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[values]", args.name), args.return_type().clone(), true))])
    }
}

#[derive(Debug)]
struct Values {
    ty: DataType,
    values: Vec<ScalarValue>,
}

impl Values {
    fn add(&mut self, values: &ArrayRef) -> Result<()> {
        for row in 0..values.len().min(2 - self.values.len()) {
            self.values.push(ScalarValue::try_from_array(values, row)?);
        }
        Ok(())
    }
}

impl Accumulator for Values {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(&values[0])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        states[0].as_list::<i32>().iter().flatten().try_for_each(|values| self.add(&values))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.evaluate().map(|values| vec![values])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::List(ScalarValue::new_list(&self.values, &self.ty, true)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + ScalarValue::size_of_vec(&self.values) - size_of_val(&self.values)
    }
}
