//! A query for each value of its domain: a plan with the rows of the query and, behind its columns, those of the domain.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::common::{Column, DFSchema, NullEquality, plan_err};
use datafusion::error::Result;
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Distinct, DistinctOn, Expr, ExprFunctionExt, FetchType, Filter, Join, JoinType,
    Limit, LogicalPlan, LogicalPlanBuilder, Operator, Projection, SkipType, SortExpr, Subquery, Union,
    Window, lit,
};

use super::dependent::Domain;
use super::outer::{is_column_of, outer_refs, query_of, with_query};
use super::{Names, rewritten};
use crate::walk::{Walk, WalkPlan};

/// The rows of a query for each value of a domain.
pub(super) fn push(plan: &LogicalPlan, domain: &Domain, names: &mut Names) -> Result<LogicalPlan> {
    Pushing { domain, names }.push(plan)
}

struct Pushing<'a> {
    domain: &'a Domain,
    names: &'a mut Names,
}

impl Pushing<'_> {
    fn push(&mut self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        if !self.depends(plan)? {
            let rows = LogicalPlanBuilder::from(plan.clone());
            return rows.cross_join(self.domain.values.clone())?.build();
        }
        match plan {
            LogicalPlan::Projection(projection) => {
                let input = self.push(&projection.input)?;
                let own =
                    projection.expr.iter().zip(plan.schema().iter()).map(|(expr, (qualifier, field))| {
                        let expr = self.inside(expr.clone(), projection.input.schema())?;
                        Ok(match &expr {
                            Expr::Column(column)
                                if (column.relation.as_ref(), &column.name) == (qualifier, field.name()) =>
                            {
                                expr
                            }
                            _ => expr.unalias().alias_qualified(qualifier.cloned(), field.name()),
                        })
                    });
                let exprs = own.chain(self.domain.columns().map(Ok)).collect::<Result<Vec<_>>>()?;
                self.looked_at(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input))?))
            }
            LogicalPlan::Filter(filter) => {
                let input = self.push(&filter.input)?;
                let predicate = self.inside(filter.predicate.clone(), filter.input.schema())?;
                self.looked_at(LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(input))?))
            }
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Window(window) => self.window(window),
            LogicalPlan::Limit(limit) => self.limit(limit),
            LogicalPlan::Join(join) => self.join(join),
            // An order means nothing here, but for a limit, which looks for it.
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => self.push(&sort.input),
            LogicalPlan::Subquery(query) => self.push(&query.subquery),
            LogicalPlan::SubqueryAlias(alias) => {
                let input = self.push(&alias.input)?;
                let width = alias.input.schema().fields().len();
                self.restored(input, 0..width, plan.schema())
            }
            LogicalPlan::Distinct(Distinct::All(input)) => {
                Ok(LogicalPlan::Distinct(Distinct::All(Arc::new(self.push(input)?))))
            }
            LogicalPlan::Distinct(Distinct::On(distinct)) => self.distinct_on(distinct),
            LogicalPlan::Union(union) => {
                let inputs = union.inputs.iter().map(|input| self.push(input).map(Arc::new));
                let union = Union::try_new(inputs.collect::<Result<_>>()?)?;
                let width = plan.schema().fields().len();
                self.restored(LogicalPlan::Union(union), 0..width, plan.schema())
            }
            LogicalPlan::Values(values) => {
                let row = |row: &Vec<Expr>| {
                    let exprs = row.iter().zip(plan.schema().fields());
                    let exprs = exprs.map(|(expr, field)| expr.clone().alias(field.name()));
                    let row = LogicalPlanBuilder::empty(true).project(exprs)?.build()?;
                    self.push(&row).map(Arc::new)
                };
                let rows = values.values.iter().map(row).collect::<Result<Vec<_>>>()?;
                let union = Union::try_new_with_loose_types(rows)?;
                let width = plan.schema().fields().len();
                self.restored(LogicalPlan::Union(union), 0..width, plan.schema())
            }
            LogicalPlan::Unnest(unnest) => {
                let input = self.push(&unnest.input)?;
                plan.with_new_exprs(Vec::new(), vec![input])
            }
            _ => plan_err!(
                "Correlated scalar subquery with a step that cannot be computed for all rows at once"
            ),
        }
    }

    /// Whether a plan uses columns of the domain.
    fn depends(&self, plan: &LogicalPlan) -> Result<bool> {
        let is_ours = |outer: &Expr| self.place(outer).is_some();
        Ok(outer_refs(plan)?.iter().any(is_ours))
    }

    /// Which column of the domain a reference means.
    fn place(&self, outer: &Expr) -> Option<usize> {
        let Expr::OuterReferenceColumn(_, column) = outer else { return None };
        self.domain.outside.iter().position(|outside| outside == column)
    }

    /// An expression over rows with this schema and the columns of the domain, which it uses in place of those outside.
    fn inside(&self, expr: Expr, schema: &DFSchema) -> Result<Expr> {
        expr.transform_down_dyn(|expr| {
            if let Some(place) = self.place(&expr) {
                return Ok(Transformed::yes(Expr::Column(self.domain.inside[place].clone())));
            }
            let Some(query) = query_of(&expr) else { return Ok(Transformed::no(expr)) };
            let plan = self.around(query.subquery.as_ref().clone(), schema)?;
            let query = Subquery {
                outer_ref_columns: outer_refs(&plan)?,
                subquery: Arc::new(plan),
                spans: query.spans.clone(),
            };
            Ok(Transformed::yes(with_query(expr, query)))
        })
        .data()
    }

    /// A query inside, for which the columns of the domain are those of rows around it, if they are not hidden by others.
    fn around(&self, plan: LogicalPlan, hidden: &DFSchema) -> Result<LogicalPlan> {
        plan.transform_up_dyn(|plan| {
            let inputs: Vec<LogicalPlan> = plan.inputs().into_iter().cloned().collect();
            let names = NamePreserver::new(&plan);
            plan.map_expressions_dyn(|expr| {
                let name = names.save(&expr);
                let replaced = expr.transform_down_dyn(|expr| {
                    if let (Some(place), Expr::OuterReferenceColumn(field, _)) = (self.place(&expr), &expr)
                        && !is_column_of(&expr, hidden)
                    {
                        let column = self.domain.inside[place].clone();
                        return Ok(Transformed::yes(Expr::OuterReferenceColumn(Arc::clone(field), column)));
                    }
                    let Some(query) = query_of(&expr) else { return Ok(Transformed::no(expr)) };
                    let mut hidden = hidden.clone();
                    for input in &inputs {
                        hidden.merge(input.schema());
                    }
                    let plan = self.around(query.subquery.as_ref().clone(), &hidden)?;
                    let query = Subquery {
                        outer_ref_columns: outer_refs(&plan)?,
                        subquery: Arc::new(plan),
                        spans: query.spans.clone(),
                    };
                    Ok(Transformed::yes(with_query(expr, query)))
                })?;
                Ok(match replaced.transformed {
                    true => replaced.update_data(|expr| name.restore(expr)),
                    false => replaced,
                })
            })
        })
        .data()
    }

    /// A plan whose expressions over queries are looked at once more, now that it has the columns that they depend on.
    fn looked_at(&mut self, plan: LogicalPlan) -> Result<LogicalPlan> {
        rewritten(plan, self.names).data()
    }

    /// The columns of a plan at some places, called as those of a schema, and those of the domain.
    fn restored(
        &self,
        plan: LogicalPlan,
        places: impl IntoIterator<Item = usize>,
        schema: &DFSchema,
    ) -> Result<LogicalPlan> {
        let columns = plan.schema().columns();
        let own = places.into_iter().zip(schema.iter()).map(|(place, (qualifier, field))| {
            let column = columns[place].clone();
            match (column.relation.as_ref(), &column.name) == (qualifier, field.name()) {
                true => Expr::Column(column),
                false => Expr::Column(column).alias_qualified(qualifier.cloned(), field.name()),
            }
        });
        let exprs: Vec<Expr> = own.chain(self.domain.columns()).collect();
        LogicalPlanBuilder::from(plan).project(exprs)?.build()
    }

    fn aggregate(&mut self, aggregate: &Aggregate) -> Result<LogicalPlan> {
        if aggregate.group_expr.iter().any(|key| matches!(key, Expr::GroupingSet(_))) {
            return plan_err!("Correlated scalar subquery with sets of keys");
        }
        let schema = aggregate.input.schema();
        let mut rows = self.push(&aggregate.input)?;
        let mut functions = self.all_inside(&aggregate.aggr_expr, schema)?;
        if aggregate.group_expr.is_empty() {
            // Also where there are no rows: functions over none then.
            let mark;
            (rows, mark) = self.with_empty(rows)?;
            functions =
                functions.into_iter().map(|function| over_marked(function, &mark)).collect::<Result<_>>()?;
        }
        // A key may be a column of the domain itself, which is one then.
        let mut keys: Vec<Expr> = Vec::new();
        let mut place_of = |key: Expr| {
            keys.iter().position(|known| *known == key).unwrap_or_else(|| {
                keys.push(key);
                keys.len() - 1
            })
        };
        let own = self.all_inside(&aggregate.group_expr, schema)?;
        let own: Vec<usize> = own.into_iter().map(&mut place_of).collect();
        self.domain.columns().for_each(|column| {
            place_of(column);
        });
        let (width, count) = (keys.len(), functions.len());
        let plan = LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(rows), keys, functions)?);
        self.restored(plan, own.into_iter().chain(width..width + count), &aggregate.schema)
    }

    fn all_inside(&self, exprs: &[Expr], schema: &DFSchema) -> Result<Vec<Expr>> {
        exprs.iter().map(|expr| self.inside(expr.clone(), schema)).collect()
    }

    /// Rows with one of nulls for each value of the domain that has none, and a column that is null there.
    fn with_empty(&mut self, rows: LogicalPlan) -> Result<(LogicalPlan, Expr)> {
        let mark = self.names.next();
        let (rows, renamed) = self.renamed(rows, Some(lit(true).alias(&mark)))?;
        let all = LogicalPlanBuilder::from(self.domain.values.clone());
        let keys = (self.domain.inside.clone(), renamed);
        let rows = all.join_detailed(rows, JoinType::Left, keys, None, NullEquality::NullEqualsNull)?;
        Ok((rows.build()?, Expr::Column(Column::new_unqualified(mark))))
    }

    /// Rows whose columns of the domain have other names, which are given, too; with a column more, if one is wanted.
    fn renamed(&mut self, rows: LogicalPlan, more: Option<Expr>) -> Result<(LogicalPlan, Vec<Column>)> {
        let name = self.names.next();
        let places = 0..self.domain.inside.len();
        let renamed: Vec<Column> =
            places.map(|place| Column::new_unqualified(format!("{name}_{place}"))).collect();
        let columns = rows.schema().columns().into_iter().map(|column| {
            match self.domain.inside.iter().position(|inside| *inside == column) {
                Some(place) => Expr::Column(column).alias(&renamed[place].name),
                None => Expr::Column(column),
            }
        });
        let columns: Vec<Expr> = columns.chain(more).collect();
        Ok((LogicalPlanBuilder::from(rows).project(columns)?.build()?, renamed))
    }

    fn window(&mut self, window: &Window) -> Result<LogicalPlan> {
        let input = self.push(&window.input)?;
        let (width, pushed) = (window.input.schema().fields().len(), input.schema().fields().len());
        let of_value = |expr: &Expr| {
            self.inside(expr.clone(), window.input.schema())?
                .transform_down_dyn(|expr| match expr {
                    Expr::WindowFunction(mut function) => {
                        function.params.partition_by.extend(self.domain.columns());
                        Ok(Transformed::yes(Expr::WindowFunction(function)))
                    }
                    other => Ok(Transformed::no(other)),
                })
                .data()
        };
        let functions = window.window_expr.iter().map(of_value).collect::<Result<Vec<_>>>()?;
        let count = functions.len();
        let plan = LogicalPlan::Window(Window::try_new(functions, Arc::new(input))?);
        self.restored(plan, (0..width).chain(pushed..pushed + count), &window.schema)
    }

    /// The first rows are those with the first numbers.
    fn limit(&mut self, limit: &Limit) -> Result<LogicalPlan> {
        let (SkipType::Literal(skip), FetchType::Literal(fetch)) =
            (limit.get_skip_type()?, limit.get_fetch_type()?)
        else {
            return plan_err!("Correlated scalar subquery with a limit that is computed");
        };
        let (keys, rows): (&[SortExpr], _) = match limit.input.as_ref() {
            LogicalPlan::Projection(projection) => {
                let below = Limit { input: Arc::clone(&projection.input), ..limit.clone() };
                let mut projection = projection.clone();
                projection.input = Arc::new(LogicalPlan::Limit(below));
                return self.push(&LogicalPlan::Projection(projection));
            }
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => (&sort.expr, &sort.input),
            _ => (&[], &limit.input),
        };
        let input = self.push(rows)?;
        let key_inside = |key: &SortExpr| -> Result<SortExpr> {
            Ok(SortExpr { expr: self.inside(key.expr.clone(), rows.schema())?, ..key.clone() })
        };
        let keys = keys.iter().map(key_inside).collect::<Result<Vec<_>>>()?;
        let number = self.names.next();
        let numbers =
            row_number().partition_by(self.domain.columns().collect()).order_by(keys).build()?.alias(&number);
        let width = rows.schema().fields().len();
        let numbered = LogicalPlan::Window(Window::try_new(vec![numbers], Arc::new(input))?);
        let number = || Expr::Column(Column::new_unqualified(&number));
        let mut first = number().gt(lit(skip as u64));
        if let Some(fetch) = fetch {
            first = first.and(number().lt_eq(lit(skip.saturating_add(fetch) as u64)));
        }
        let rows_left = LogicalPlanBuilder::from(numbered).filter(first)?.build()?;
        self.restored(rows_left, 0..width, rows.schema())
    }

    fn distinct_on(&mut self, distinct: &DistinctOn) -> Result<LogicalPlan> {
        let schema = distinct.input.schema();
        let input = self.push(&distinct.input)?;
        let mut on: Vec<Expr> = self.domain.columns().collect();
        let mut order: Vec<SortExpr> = on.iter().map(|column| column.clone().sort(true, false)).collect();
        on.extend(self.all_inside(&distinct.on_expr, schema)?);
        let mut selected = self.all_inside(&distinct.select_expr, schema)?;
        selected.extend(self.domain.columns());
        for key in distinct.sort_expr.iter().flatten() {
            order.push(SortExpr { expr: self.inside(key.expr.clone(), schema)?, ..key.clone() });
        }
        let plan = DistinctOn::try_new(on, selected, Some(order), Arc::new(input))?;
        let width = distinct.select_expr.len();
        self.restored(LogicalPlan::Distinct(Distinct::On(plan)), 0..width, &distinct.schema)
    }

    fn join(&mut self, join: &Join) -> Result<LogicalPlan> {
        use JoinType::{
            Full, Inner, Left, LeftAnti, LeftMark, LeftSemi, Right, RightAnti, RightMark, RightSemi,
        };
        let (left_depends, right_depends) = (self.depends(&join.left)?, self.depends(&join.right)?);
        let (is_left, is_right) = match join.join_type {
            Inner => (left_depends || !right_depends, right_depends),
            Left | LeftSemi | LeftAnti | LeftMark => (true, right_depends),
            Right | RightSemi | RightAnti | RightMark => (left_depends, true),
            Full => (true, true),
        };
        let mut left = if is_left { self.push(&join.left)? } else { join.left.as_ref().clone() };
        let mut right = if is_right { self.push(&join.right)? } else { join.right.as_ref().clone() };
        let (own_left, own_right) = (join.left.schema().fields().len(), join.right.schema().fields().len());
        let width = left.schema().fields().len();
        let mut other = Vec::new();
        if is_left && is_right {
            // The values of the domain stand on the side that all rows have.
            match join.join_type {
                Right | RightSemi | RightAnti | RightMark => (left, other) = self.renamed(left, None)?,
                _ => (right, other) = self.renamed(right, None)?,
            }
        }
        let schema = join.left.schema().join(join.right.schema())?;
        let on = join.on.iter().map(|(left, right)| {
            Ok((self.inside(left.clone(), &schema)?, self.inside(right.clone(), &schema)?))
        });
        let mut on = on.collect::<Result<Vec<_>>>()?;
        let mut condition = join.filter.clone().map(|filter| self.inside(filter, &schema)).transpose()?;
        let mut null_equality = join.null_equality;
        let equal = self.domain.columns().zip(other.iter().cloned().map(Expr::Column));
        if on.is_empty() && !other.is_empty() {
            on = match join.join_type {
                Right | RightSemi | RightAnti | RightMark => equal.map(|(own, other)| (other, own)).collect(),
                _ => equal.collect(),
            };
            null_equality = NullEquality::NullEqualsNull;
        } else {
            let equal = equal.map(|(left, right)| {
                Expr::BinaryExpr(BinaryExpr::new(
                    Box::new(left),
                    Operator::IsNotDistinctFrom,
                    Box::new(right),
                ))
            });
            condition = equal.chain(condition).reduce(Expr::and);
        }
        let (left, right) = (Arc::new(left), Arc::new(right));
        let constraint = join.join_constraint;
        let joined = Join::try_new(
            left,
            right,
            on,
            condition,
            join.join_type,
            constraint,
            null_equality,
            join.null_aware,
        )?;
        let joined = self.looked_at(LogicalPlan::Join(joined))?;
        let all = joined.schema().fields().len();
        let places: Vec<usize> = match join.join_type {
            LeftSemi | LeftAnti => (0..own_left).collect(),
            RightSemi | RightAnti => (0..own_right).collect(),
            LeftMark => (0..own_left).chain([all - 1]).collect(),
            RightMark => (0..own_right).chain([all - 1]).collect(),
            _ => (0..own_left).chain(width..width + own_right).collect(),
        };
        match join.join_type {
            Full => self.of_either_side(joined, places, &other, &join.schema),
            _ => self.restored(joined, places, &join.schema),
        }
    }

    /// The values of the domain, of a full join, are those of the side that there is.
    fn of_either_side(
        &self,
        joined: LogicalPlan,
        places: Vec<usize>,
        other: &[Column],
        schema: &DFSchema,
    ) -> Result<LogicalPlan> {
        use datafusion::functions::core::expr_fn::coalesce;
        let columns = joined.schema().columns();
        let own = places.into_iter().zip(schema.iter()).map(|(place, (qualifier, field))| {
            Expr::Column(columns[place].clone()).alias_qualified(qualifier.cloned(), field.name())
        });
        let values = self.domain.inside.iter().zip(other).map(|(inside, other)| {
            coalesce(vec![Expr::Column(inside.clone()), Expr::Column(other.clone())]).alias(&inside.name)
        });
        let exprs: Vec<Expr> = own.chain(values).collect();
        LogicalPlanBuilder::from(joined).project(exprs)?.build()
    }
}

/// An aggregate function of the rows alone of which a mark is not null.
fn over_marked(function: Expr, mark: &Expr) -> Result<Expr> {
    function
        .transform_down_dyn(|expr| match expr {
            Expr::AggregateFunction(AggregateFunction { func, mut params }) => {
                let is_row = mark.clone().is_not_null();
                params.filter = Some(Box::new(match params.filter.take() {
                    Some(filter) => is_row.and(*filter),
                    None => is_row,
                }));
                Ok(Transformed::yes(Expr::AggregateFunction(AggregateFunction { func, params })))
            }
            other => Ok(Transformed::no(other)),
        })
        .data()
}
