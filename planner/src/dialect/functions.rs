//! Functions that users of other engines type, as the relational core knows them.
//!
//! `year(x)` is `date_part('year', x)`, `arg_max(a, b)` the first `a` by descending `b`. The rewriting
//! comes after result columns have their names, so that they keep the words of the user.

mod other_names;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use datafusion_sql::parser::Statement;
use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, DataType, DuplicateTreatment, Expr, Function, FunctionArg,
    FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList, FunctionArguments, Ident,
    NamedWindowDefinition, ObjectName, ObjectNamePart, OrderByExpr, OrderByOptions, Query, Select, Subscript,
    UnaryOperator, Value, VisitMut, VisitorMut,
};

use self::other_names::{ALIASES, DATE_PARTS, LIST_AGGREGATES};
use crate::dialect::collations::{compare_collated, no_order_here, order_collated};
use crate::dialect::intervals::plain_interval;
use crate::dialect::json_operators::{as_call, step_first};
use crate::dialect::literals::{folded, written};
use crate::dialect::patterns::escape_with_backslash;
use crate::dialect::rows::{compared_rows, row_conditions};
use crate::dialect::sliding::{respell_window, slid, write_out_windows};
use crate::dialect::templates::Template;
use crate::dialect::type_names::known_type;
use crate::error::{Error, Result};
use crate::walk::walk_mut;

/// Rewrites the functions of a statement, and arithmetic of written decimals.
pub(crate) fn rewrite_expressions<T: VisitMut>(node: &mut T) -> Result<()> {
    match walk_mut(node, &mut Rewriter::default()) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Like [`rewrite_expressions`], for statements of the relational core's own parser.
pub(crate) fn rewrite_statement(statement: &mut Statement) -> Result<()> {
    match statement {
        Statement::Statement(statement) => rewrite_expressions(statement),
        Statement::Explain(explain) => rewrite_statement(&mut explain.statement),
        Statement::CopyTo(copy) => match &mut copy.source {
            datafusion_sql::parser::CopyToSource::Query(query) => rewrite_expressions(query),
            datafusion_sql::parser::CopyToSource::Relation(_) => Ok(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => Ok(()),
    }
}

#[derive(Default)]
struct Rewriter {
    /// The windows that have names, of the queries that are being looked at.
    windows: Vec<Vec<NamedWindowDefinition>>,
}

impl VisitorMut for Rewriter {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        match order_collated(query) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }

    // Before its parts, as it can be known only here what is a condition.
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        for condition in [&mut select.selection, &mut select.having, &mut select.qualify] {
            if let Some(Err(error)) = condition.as_mut().map(row_conditions) {
                return ControlFlow::Break(error);
            }
        }
        if let Err(error) = write_out_windows(&mut select.named_window) {
            return ControlFlow::Break(error);
        }
        self.windows.push(select.named_window.clone());
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _select: &mut Select) -> ControlFlow<Error> {
        self.windows.pop();
        ControlFlow::Continue(())
    }

    // Before its parts, which are other ones then.
    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        step_first(expr);
        match compare_collated(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }

    // After its parts: what is inside has been rewritten, and what is written here is not met again.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let rewritten = match expr {
            Expr::Function(function) => {
                let windows = self.windows.last().map_or(&[] as &[_], Vec::as_slice);
                respell_window(function, windows).and_then(|()| rewritten(function, windows))
            }
            Expr::Cast { data_type: DataType::JSON | DataType::JSONB, expr, .. } => {
                Ok(Some(Expr::Function(call("json", vec![(**expr).clone()]))))
            }
            Expr::Cast { data_type, .. } | Expr::Convert { data_type: Some(data_type), .. } => {
                if let Some(known) = known_type(data_type) {
                    *data_type = known;
                }
                Ok(None)
            }
            Expr::Collate { collation, .. } => Err(no_order_here(collation)),
            Expr::BinaryOp { left, op: BinaryOperator::DuckIntegerDivide, right } => {
                Template::INTEGER_QUOTIENT.filled(&[(**left).clone(), (**right).clone()]).map(Some)
            }
            Expr::BinaryOp { op: BinaryOperator::Arrow | BinaryOperator::LongArrow, .. } => Ok(as_call(expr)),
            Expr::Like { .. } | Expr::ILike { .. } => escape_with_backslash(expr).map(|()| None),
            Expr::Interval(interval) => Ok(plain_interval(interval)),
            Expr::CompoundFieldAccess { access_chain, .. } => {
                access_chain.iter_mut().for_each(field_in_brackets);
                access_chain.iter_mut().for_each(close_slice);
                Ok(None)
            }
            Expr::UnaryOp { op: UnaryOperator::BitwiseNot, expr } => {
                let all = Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(one()) };
                Ok(Some(Expr::Nested(Box::new(Expr::BinaryOp {
                    left: Box::new(all),
                    op: BinaryOperator::BitwiseXor,
                    right: expr.clone(),
                }))))
            }
            Expr::BinaryOp { left, op: BinaryOperator::PGStartsWith, right } => {
                Ok(Some(Expr::Function(call("starts_with", vec![(**left).clone(), (**right).clone()]))))
            }
            Expr::SimilarTo { pattern, .. } => {
                if let Some(regex) = similar(pattern) {
                    **pattern = regex;
                }
                Ok(None)
            }
            ref other => match folded(other) {
                Some(folded) => Ok(Some(folded)),
                None => compared_rows(other),
            },
        };
        match rewritten {
            Ok(Some(better)) => *expr = better,
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}

/// What to put in place of a call, or nothing.
fn rewritten(function: &mut Function, windows: &[NamedWindowDefinition]) -> Result<Option<Expr>> {
    let [ObjectNamePart::Identifier(ident)] = function.name.0.as_mut_slice() else { return Ok(None) };
    let name = ident.value.to_lowercase();
    if let Some((_, known)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
        *ident = Ident::new(*known);
        add_separator(function);
        format_last(function, known);
        return Ok(None);
    }
    leave_order(function, &name);
    if let Some(slid) = slid(function, &name, windows)? {
        return Ok(Some(slid));
    }
    if let Some((_, part)) = DATE_PARTS.iter().find(|(alias, _)| *alias == name) {
        let [argument] = arguments(function, &name, "one date or timestamp")?;
        return Ok(Some(Expr::Function(call("date_part", vec![text(part), argument]))));
    }
    if let Some(template) = Template::of_aggregate(&name) {
        if is_distinct(function) {
            return Err(Error::new(format!("{name} is of all values, and takes no DISTINCT")));
        }
        let given = positional(function).filter(|given| given.len() == template.takes);
        let given = given.ok_or_else(|| wrong_arguments(&name, template.expected))?;
        return template.filled_over(&given, function).map(Some);
    }
    if let Some(template) = Template::of(&name) {
        if function.over.is_some() || function.filter.is_some() {
            return Err(Error::new(format!("{name} takes neither OVER nor FILTER")));
        }
        let given = positional(function).filter(|given| given.len() == template.takes);
        let given = given.ok_or_else(|| wrong_arguments(&name, template.expected))?;
        return template.filled(&given).map(Some);
    }
    if let Some(extremes) = several_extremes(function, &name)? {
        return Ok(Some(extremes));
    }
    match name.as_str() {
        "date_diff" | "datediff" => {
            let [part, from, to] =
                arguments(function, &name, "a part, as 'day', and two dates or timestamps")?;
            let part = written(&part).ok_or_else(|| wrong_arguments(&name, "a part in quotes, as 'day'"))?;
            let part = part.to_lowercase();
            let template = Template::of_difference(part.strip_suffix('s').unwrap_or(&part));
            let parts = "year, quarter, month, week, day, hour, minute or second";
            template.ok_or_else(|| wrong_arguments(&name, parts))?.filled(&[from, to]).map(Some)
        }
        "date_part" | "datepart" | "date_trunc" => {
            let given = positional(function).unwrap_or_default();
            let [part, time] = given.as_slice() else { return Ok(None) };
            if let Expr::Array(parts) = part {
                let fields = parts
                    .elem
                    .iter()
                    .map(|part| (part.clone(), call("date_part", vec![part.clone(), time.clone()])));
                return Ok(Some(named_values(fields)));
            }
            let Some(part) = written(part).map(|part| part.to_lowercase()) else { return Ok(None) };
            let template = match name.as_str() {
                "date_trunc" => Template::of_start(&part),
                _ => ["era", "decade", "century", "millennium"]
                    .contains(&part.as_str())
                    .then(|| Template::of(&part))
                    .flatten(),
            };
            template.map(|template| template.filled(std::slice::from_ref(time))).transpose()
        }
        "string_agg" => {
            add_separator(function);
            Ok(None)
        }
        "time_bucket" => {
            let [width, time] = arguments(function, &name, "an interval and a timestamp")?;
            // Weeks begin on Mondays, months with their first day.
            let is_of_months = ["month", "quarter", "year", "decade", "century"]
                .iter()
                .any(|unit| width.to_string().to_lowercase().contains(unit));
            let origin = text(if is_of_months { "2000-01-01" } else { "2000-01-03" });
            Ok(Some(Expr::Function(call("date_bin", vec![width, time, origin]))))
        }
        "quantile_cont" | "quantile" | "quantile_disc" | "percentile_disc" => quantiles(function, &name),
        "mode" => within_group(function, &name).map(|()| None),
        "age" => match positional(function).unwrap_or_default().as_slice() {
            [from] => Ok(Some(Expr::Function(call(
                "age",
                vec![Expr::Function(call("current_date", Vec::new())), from.clone()],
            )))),
            _ => Ok(None),
        },
        "strptime" | "try_strptime" => {
            let [value, form] = arguments(function, &name, "a text and its form, or a list of forms")?;
            let forms = match form {
                Expr::Array(array) => array.elem,
                form => vec![form],
            };
            let known = if name == "strptime" { "to_timestamp" } else { "try_to_timestamp" };
            Ok(Some(Expr::Function(call(known, std::iter::once(value).chain(forms).collect()))))
        }
        "json_object" => json_object(function).map(Some),
        "struct_pack" => struct_pack(function).map(Some),
        "list_aggregate" | "list_aggr" | "array_aggregate" | "array_aggr" => {
            let [list, kind] = arguments(function, &name, "a list and the name of an aggregate in quotes")?;
            let kind = written(&kind).unwrap_or_default().to_lowercase();
            match LIST_AGGREGATES.iter().find(|(aggregate, _)| *aggregate == kind) {
                Some((_, known)) => {
                    let mut of_list = call(known, vec![list]);
                    Ok(rewritten(&mut of_list, windows)?.or(Some(Expr::Function(of_list))))
                }
                None => {
                    let known: Vec<&str> = LIST_AGGREGATES.iter().map(|(aggregate, _)| *aggregate).collect();
                    Err(wrong_arguments(&name, &format!("one of {}", known.join(", "))))
                }
            }
        }
        "arg_max" | "argmax" | "max_by" => by_extreme(function, &name, false).map(Some),
        "arg_min" | "argmin" | "min_by" => by_extreme(function, &name, true).map(Some),
        "count_if" | "countif" => {
            let [condition] = arguments(function, &name, "one condition")?;
            *ident_of(function) = Ident::new("count");
            function.args = argument_list(vec![one()], Vec::new());
            function.filter = Some(Box::new(and(condition, function.filter.take())));
            Ok(None)
        }
        "if" | "iff" | "iif" => {
            let [condition, then, otherwise] = arguments(function, &name, "a condition and two values")?;
            Ok(Some(Expr::Case {
                case_token: sqlparser::ast::helpers::attached_token::AttachedToken::empty(),
                end_token: sqlparser::ast::helpers::attached_token::AttachedToken::empty(),
                operand: None,
                conditions: vec![CaseWhen { condition, result: then }],
                else_result: Some(Box::new(otherwise)),
            }))
        }
        "count" if counts_distinct_rows(function) => Err(Error::new("count(DISTINCT *) is not supported")
            .with_hint(
                "SELECT count(*) FROM (SELECT DISTINCT * FROM …), or name columns: count(DISTINCT a)",
            )),
        "regexp_extract" => regexp_extract(function).map(Some),
        _ => Ok(None),
    }
}

/// `quantile_cont(x, 0.5)`, also of several at once: `quantile_cont(x, [0.25, 0.75])`; and `percentile_disc(0.5) WITHIN GROUP (ORDER BY x)`.
fn quantiles(function: &mut Function, name: &str) -> Result<Option<Expr>> {
    within_group(function, name)?;
    let expected = "a value and a number from 0 to 1, or a list of them";
    let [value, parts] = arguments(function, name, expected)?;
    let is_exact = matches!(name, "quantile_disc" | "percentile_disc");
    if is_exact && is_distinct(function) {
        return Err(Error::new(format!("{name} is of all values, and takes no DISTINCT")));
    }
    let of_part = |part: Expr| -> Result<Expr> {
        if is_exact {
            return Template::QUANTILE_DISC.filled_over(&[value.clone(), part], function);
        }
        let mut quantile = function.clone();
        rename(&mut quantile, "percentile_cont");
        quantile.args = argument_list(vec![value.clone(), part], Vec::new());
        if let (FunctionArguments::List(args), true) = (&mut quantile.args, is_distinct(function)) {
            args.duplicate_treatment = Some(DuplicateTreatment::Distinct);
        }
        Ok(Expr::Function(quantile))
    };
    let parts = match parts {
        Expr::Array(array) => array.elem,
        part => return of_part(part).map(Some),
    };
    let quantiles = parts.into_iter().map(of_part).collect::<Result<_>>()?;
    Ok(Some(Expr::Function(call("make_array", quantiles))))
}

/// Takes the order of `WITHIN GROUP` for the first argument, in front of others.
fn within_group(function: &mut Function, name: &str) -> Result<()> {
    let given = std::mem::take(&mut function.within_group);
    if given.is_empty() {
        return Ok(());
    }
    let [OrderByExpr { expr, options, .. }] = given.as_slice() else {
        return Err(wrong_arguments(name, "one key in WITHIN GROUP (ORDER BY …)"));
    };
    if options.asc == Some(false) {
        return Err(wrong_arguments(name, "an ascending order in WITHIN GROUP"));
    }
    let mut values = vec![expr.clone()];
    values.extend(positional(function).unwrap_or_default());
    function.args = argument_list(values, Vec::new());
    Ok(())
}

/// `struct_pack(a := 1)`: named values.
fn struct_pack(function: &Function) -> Result<Expr> {
    let FunctionArguments::List(list) = &function.args else {
        return Err(wrong_arguments("struct_pack", "named values, as in a := 1"));
    };
    let mut values = Vec::new();
    for arg in &list.args {
        let (name, value) = match arg {
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => (name, value),
            FunctionArg::ExprNamed {
                name: Expr::Identifier(name),
                arg: FunctionArgExpr::Expr(value),
                ..
            } => (name, value),
            _ => return Err(wrong_arguments("struct_pack", "named values, as in a := 1")),
        };
        values.extend([text(&name.value), value.clone()]);
    }
    Ok(Expr::Function(call("named_struct", values)))
}

/// `{'a': 1}.a` as `{'a': 1}['a']`.
fn field_in_brackets(access: &mut AccessExpr) {
    if let AccessExpr::Dot(Expr::Identifier(field)) = access {
        *access = AccessExpr::Subscript(Subscript::Index { index: text(&field.value) });
    }
}

/// A struct of values by their names.
fn named_values(fields: impl Iterator<Item = (Expr, Function)>) -> Expr {
    let fields = fields.flat_map(|(name, value)| [name, Expr::Function(value)]);
    Expr::Function(call("named_struct", fields.collect()))
}

/// `json_object('a', 1, 'b', x)`: keys and values one after the other.
fn json_object(function: &Function) -> Result<Expr> {
    let given = positional(function).unwrap_or_default();
    if given.is_empty() || given.len() % 2 == 1 {
        return Err(wrong_arguments("json_object", "keys and values one after the other, as in 'a', 1"));
    }
    Ok(Expr::Function(call("to_json", vec![Expr::Function(call("named_struct", given))])))
}

/// `x[:2]` begins with the first, and `x[2:]` goes on to the end.
fn close_slice(access: &mut AccessExpr) {
    if let AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride: None }) = access {
        let last = || Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(one()) };
        lower_bound.get_or_insert_with(one);
        upper_bound.get_or_insert_with(last);
    }
}

/// Calls another function with the same arguments.
pub(crate) fn rename(function: &mut Function, name: &str) {
    *ident_of(function) = Ident::new(name);
}

/// `group_concat(x)` has commas between the texts.
fn add_separator(function: &mut Function) {
    let is_string_agg = function.name.to_string() == "string_agg";
    if let FunctionArguments::List(list) = &mut function.args
        && is_string_agg
        && list.args.len() == 1
    {
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(text(","))));
    }
}

/// `strftime('%Y', d)` has its form in front.
fn format_last(function: &mut Function, name: &str) {
    if let FunctionArguments::List(list) = &mut function.args
        && name == "to_char"
        && let [
            FunctionArg::Unnamed(FunctionArgExpr::Expr(first)),
            FunctionArg::Unnamed(FunctionArgExpr::Expr(second)),
        ] = list.args.as_mut_slice()
        && written(first).is_some_and(|form| form.contains('%'))
        && written(second).is_none()
    {
        std::mem::swap(first, second);
    }
}

/// Aggregates that are the same in every order.
const WITHOUT_ORDER: [&str; 6] = ["avg", "count", "max", "mean", "min", "sum"];

/// Leaves an order out that makes no difference: the relational core stumbles over it.
fn leave_order(function: &mut Function, name: &str) {
    if let FunctionArguments::List(list) = &mut function.args
        && WITHOUT_ORDER.contains(&name)
        && function.over.is_none()
    {
        list.clauses.retain(|clause| !matches!(clause, FunctionArgumentClause::OrderBy(_)));
    }
}

fn is_distinct(function: &Function) -> bool {
    matches!(&function.args, FunctionArguments::List(list)
        if list.duplicate_treatment == Some(DuplicateTreatment::Distinct))
}

/// `count(DISTINCT *)`, which the relational core takes for something else.
fn counts_distinct_rows(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct))
        && matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)])
}

/// A pattern of `SIMILAR TO`, which is one of the whole text, as a regular expression.
fn similar(pattern: &Expr) -> Option<Expr> {
    let mut regex = String::from("^(?:");
    for char in written(pattern)?.chars() {
        match char {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            '.' | '^' | '$' => regex.extend(['\\', char]),
            other => regex.push(other),
        }
    }
    Some(text(&(regex + ")$")))
}

/// The extremes of a call that says how many; `None`: it wants one.
fn several_extremes(function: &Function, name: &str) -> Result<Option<Expr>> {
    let given = positional(function).unwrap_or_default();
    let template = match (name, given.len()) {
        ("max", 2) => Template::GREATEST,
        ("min", 2) => Template::LEAST,
        ("arg_max" | "argmax" | "max_by", 3) => Template::OF_GREATEST,
        ("arg_min" | "argmin" | "min_by", 3) => Template::OF_LEAST,
        _ => return Ok(None),
    };
    if is_distinct(function) {
        return Err(Error::new(format!("{name} of several values takes no DISTINCT")));
    }
    template.filled_over(&given, function).map(Some)
}

/// `arg_max(value, key)`: the value where the key is greatest, of rows in which neither is null.
fn by_extreme(function: &mut Function, name: &str, asc: bool) -> Result<Expr> {
    let [value, key] = arguments(function, name, "a value and what to compare")?;
    let known = and(is_not_null(&value), Some(Box::new(is_not_null(&key))));
    let order = OrderByExpr {
        expr: key,
        options: OrderByOptions { asc: Some(asc), nulls_first: None },
        with_fill: None,
    };
    let mut function = function.clone();
    *ident_of(&mut function) = Ident::new("first_value");
    function.args = argument_list(vec![value], vec![FunctionArgumentClause::OrderBy(vec![order])]);
    function.filter = Some(Box::new(and(known, function.filter.take())));
    Ok(Expr::Function(function))
}

/// `regexp_extract(text, pattern, group = 0)`: what a group matched, null where nothing did. The whole
/// pattern becomes the first group, so that group 0 is the whole match whatever groups there are.
fn regexp_extract(function: &mut Function) -> Result<Expr> {
    let mut given = positional(function).unwrap_or_default();
    if !(2..=3).contains(&given.len()) {
        return Err(wrong_arguments("regexp_extract", "a text, a pattern and, if wanted, a group"));
    }
    let group = if given.len() == 3 { given.pop() } else { None };
    let (Some(pattern), Some(subject)) = (given.pop(), given.pop()) else {
        return Err(wrong_arguments("regexp_extract", "a text and a pattern"));
    };
    // Names of the groups: each by itself.
    if let Some(Expr::Array(names)) = &group {
        let mut fields = Vec::new();
        for (number, name) in (1..).zip(&names.elem) {
            let number = Expr::Value(Value::Number(i32::to_string(&number), false).into());
            let mut of_group = call("regexp_extract", vec![subject.clone(), pattern.clone(), number]);
            fields.extend([name.clone(), regexp_extract(&mut of_group)?]);
        }
        return Ok(Expr::Function(call("named_struct", fields)));
    }
    let concat = |left: Expr, right: Expr| Expr::BinaryOp {
        left: Box::new(left),
        op: BinaryOperator::StringConcat,
        right: Box::new(right),
    };
    let whole = match &pattern {
        Expr::Value(_) => match written(&pattern) {
            Some(pattern) => text(&format!("({pattern})")),
            None => return Err(wrong_arguments("regexp_extract", "a pattern in quotes")),
        },
        _ => concat(concat(text("("), pattern), text(")")),
    };
    let index = match group {
        None => one(),
        Some(group) => {
            Expr::BinaryOp { left: Box::new(group), op: BinaryOperator::Plus, right: Box::new(one()) }
        }
    };
    let groups = Expr::Function(call("regexp_match", vec![subject, whole]));
    Ok(Expr::Function(call("array_element", vec![groups, index])))
}

/// The arguments of a call that takes exactly so many.
fn arguments<const N: usize>(function: &Function, name: &str, expected: &str) -> Result<[Expr; N]> {
    let given = positional(function).unwrap_or_default();
    given.try_into().map_err(|_| wrong_arguments(name, expected))
}

fn wrong_arguments(name: &str, expected: &str) -> Error {
    Error::new(format!("{name}: expected {expected}"))
}

/// The arguments of a call, if all are plain expressions.
pub(crate) fn positional(function: &Function) -> Option<Vec<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let plain = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    list.args.iter().map(plain).collect()
}

/// A call of a function with plain arguments.
pub(crate) fn call(name: &str, args: Vec<Expr>) -> Function {
    Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: argument_list(args, Vec::new()),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    }
}

pub(crate) fn argument_list(args: Vec<Expr>, clauses: Vec<FunctionArgumentClause>) -> FunctionArguments {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses })
}

/// The name of a call whose name has one part.
fn ident_of(function: &mut Function) -> &mut Ident {
    match &mut function.name.0[0] {
        ObjectNamePart::Identifier(ident) => ident,
        ObjectNamePart::Function(part) => &mut part.name,
    }
}

fn text(value: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(value.to_owned()).into())
}

fn one() -> Expr {
    Expr::Value(Value::Number("1".to_owned(), false).into())
}

fn is_not_null(expr: &Expr) -> Expr {
    Expr::IsNotNull(Box::new(expr.clone()))
}

pub(crate) fn and(condition: Expr, more: Option<Box<Expr>>) -> Expr {
    match more {
        None => condition,
        Some(more) => Expr::BinaryOp {
            left: Box::new(Expr::Nested(Box::new(condition))),
            op: BinaryOperator::And,
            right: Box::new(Expr::Nested(more)),
        },
    }
}
