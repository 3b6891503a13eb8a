//! Functions that users of other engines type, as the relational core knows them.
//!
//! `year(x)` is `date_part('year', x)`, `arg_max(a, b)` the first `a` by descending `b`. The rewriting
//! comes after result columns have their names, so that they keep the words of the user.

mod calls;
mod extremes;
mod forms;
mod json_shapes;
mod other_names;
mod quantiles;
mod regular_expressions;
mod structs;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use datafusion_sql::parser::Statement;
use sqlparser::ast::BinaryOperator::{PGILikeMatch, PGLikeMatch, PGNotILikeMatch, PGNotLikeMatch};
use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastKind, DataType, DateTimeField, DuplicateTreatment, Expr,
    Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, NamedWindowDefinition, ObjectNamePart,
    Query, Select, Statement as SqlStatement, Subscript, TypedString, UnaryOperator, Value, VisitMut,
    VisitorMut,
};

use self::calls::{arguments, is_distinct, one, wrong_arguments};
use self::extremes::{by_extreme, several_extremes};
use self::forms::{
    add_separator, first_known, format_last, leave_null_lists, leave_nulls, leave_order, order_once,
    order_window, ordered_in_frames, part_of_text, parts_of_times, sorted_list, take_first_values, tried,
    unnested, zipped,
};
use self::json_shapes::shaped;
use self::other_names::{ALIASES, DATE_PARTS, LIST_AGGREGATES, known_part};
use self::quantiles::{approx_quantiles, quantiles, within_group};
use self::regular_expressions::{keep_dollars, regexp_extract, similar, take_options};
use self::structs::{
    check_fields, json_object, name_rows, named_row, named_values, row_as_struct, struct_pack, with_fields,
};
use crate::dialect::any_items::compared_with_any;
use crate::dialect::bytes::escaped_bytes;
use crate::dialect::cast_keys::tell_keys_apart;
use crate::dialect::casts::tell_casts_apart;
use crate::dialect::collations::{compare_collated, no_order_here, order_collated};
use crate::dialect::distinct_on::order_first_rows;
use crate::dialect::exact_numbers::exact;
use crate::dialect::excluded_rows::without_excluded;
use crate::dialect::intervals::{plain_interval, plain_text};
use crate::dialect::json_operators::{as_call, step_first};
use crate::dialect::limits::whole_limit;
use crate::dialect::literals::{folded, written};
use crate::dialect::neighbours::of_rows;
use crate::dialect::patterns::{escape_with_backslash, like_of_operator};
use crate::dialect::rows::{compared_rows, row_conditions};
use crate::dialect::sliding::{respell_window, slid, write_out_windows};
use crate::dialect::table_keys::forget_keys;
use crate::dialect::templates::Template;
use crate::dialect::type_names::{TIME_OF, known_type};
use crate::dialect::typed_values::type_texts;
use crate::dialect::unnest_order::order_unnested;
use crate::error::{Error, Result};
use crate::walk::walk_mut;

pub(crate) use self::calls::{and, argument_list, call, positional, rename, text};
pub(crate) use self::forms::keep_first_keys;
pub use self::forms::known_form;

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

    fn pre_visit_statement(&mut self, statement: &mut SqlStatement) -> ControlFlow<Error> {
        let types: Vec<&mut DataType> = match statement {
            // All tables and views last as long as the session.
            SqlStatement::CreateView(view) => {
                view.temporary = false;
                Vec::new()
            }
            SqlStatement::CreateTable(table) => {
                table.temporary = false;
                forget_keys(table);
                table.columns.iter_mut().map(|column| &mut column.data_type).collect()
            }
            SqlStatement::Prepare { data_types, .. } => data_types.iter_mut().collect(),
            _ => Vec::new(),
        };
        for ty in types {
            if let Some(known) = known_type(ty) {
                *ty = known;
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        whole_limit(query);
        tell_keys_apart(query);
        type_texts(query);
        if let Err(error) = order_first_rows(query) {
            return ControlFlow::Break(error);
        }
        if let Err(error) = order_unnested(query) {
            return ControlFlow::Break(error);
        }
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
        tell_casts_apart(select);
        take_first_values(select);
        name_rows(select);
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
        if let Expr::Function(function) = &*expr {
            match without_excluded(function) {
                Ok(Some(parts)) => *expr = parts,
                Ok(None) => {}
                Err(error) => return ControlFlow::Break(error),
            }
        }
        if let Expr::Function(function) = expr {
            let windows = self.windows.last().map_or(&[] as &[_], Vec::as_slice);
            if let Err(error) = respell_window(function, windows) {
                return ControlFlow::Break(error);
            }
        }
        if let Some(exact) = exact(expr) {
            *expr = exact;
        }
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
                rewritten(function, windows)
            }
            Expr::Cast { data_type: DataType::JSON | DataType::JSONB, expr, .. } => {
                Ok(Some(Expr::Function(call("json", vec![(**expr).clone()]))))
            }
            Expr::Cast { data_type: DataType::Interval { .. }, expr, .. } => {
                if let Some(interval) = written(expr).and_then(|interval| plain_text(&interval)) {
                    **expr = text(&interval);
                }
                Ok(None)
            }
            Expr::Cast { data_type: DataType::Blob(_) | DataType::Bytea, expr: bytes, .. }
                if written(bytes).is_some_and(|text| text.contains("\\x")) =>
            {
                written(bytes).map_or(Ok(None), |text| escaped_bytes(&text).map(Some))
            }
            Expr::Cast { data_type: DataType::Uuid, expr, kind, .. } => {
                let function = if *kind == CastKind::TryCast { "try_as_uuid" } else { "as_uuid" };
                Ok(Some(Expr::Function(call(function, vec![(**expr).clone()]))))
            }
            Expr::TypedString(TypedString { data_type: DataType::Uuid, value, .. }) => {
                Ok(Some(Expr::Function(call("as_uuid", vec![Expr::Value(value.clone())]))))
            }
            Expr::Cast { data_type: DataType::Struct(fields, _), expr, .. } => {
                if let Some(named) = row_as_struct(expr, fields) {
                    **expr = named;
                }
                Ok(None)
            }
            Expr::Cast { data_type, .. }
            | Expr::Convert { data_type: Some(data_type), .. }
            | Expr::TypedString(TypedString { data_type, .. }) => {
                if let Some(known) = known_type(data_type) {
                    *data_type = known;
                }
                time_of(expr);
                Ok(None)
            }
            Expr::AtTimeZone { timestamp, time_zone } => {
                Ok(Some(Expr::Function(call("timezone", vec![(**time_zone).clone(), (**timestamp).clone()]))))
            }
            Expr::Collate { collation, .. } => Err(no_order_here(collation)),
            Expr::BinaryOp { left, op: BinaryOperator::DuckIntegerDivide, right } => {
                Template::INTEGER_QUOTIENT.filled(&[(**left).clone(), (**right).clone()]).map(Some)
            }
            Expr::BinaryOp { op: PGLikeMatch | PGILikeMatch | PGNotLikeMatch | PGNotILikeMatch, .. } => {
                like_of_operator(expr)
            }
            Expr::BinaryOp { op: BinaryOperator::Arrow | BinaryOperator::LongArrow, .. } => Ok(as_call(expr)),
            Expr::Like { .. } | Expr::ILike { .. } => escape_with_backslash(expr).map(|()| None),
            Expr::Interval(interval) => Ok(plain_interval(interval)),
            Expr::InUnnest { expr, array_expr, negated } => {
                let has = Expr::Function(call("array_has", vec![(**array_expr).clone(), (**expr).clone()]));
                Ok(Some(match negated {
                    true => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(has) },
                    false => has,
                }))
            }
            // In a list that is written down, the relational core finds no columns of rows around.
            Expr::Array(list) if !list.elem.iter().all(|item| matches!(item, Expr::Value(_))) => {
                Ok(Some(Expr::Function(call("make_array", std::mem::take(&mut list.elem)))))
            }
            Expr::Dictionary(fields) => check_fields(fields).map(|()| None),
            Expr::Extract { field, expr, .. } => part_of(field, expr),
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
            Expr::Substring { expr: text, substring_from: Some(from), substring_for, .. } => {
                places_of_substring(text, from, substring_for.as_deref_mut()).map(|()| None)
            }
            Expr::SimilarTo { pattern, .. } => similar(pattern).map(|regex| {
                **pattern = regex;
                None
            }),
            ref other => {
                match folded(other).map_or_else(|| compared_with_any(other), |folded| Ok(Some(folded))) {
                    Ok(None) => compared_rows(other),
                    known => known,
                }
            }
        };
        match rewritten {
            Ok(Some(better)) => *expr = better,
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}

/// A value that is cast to a time, where it may be a number: the function tells, when types are known.
fn time_of(expr: &mut Expr) {
    if let Expr::Cast { data_type: DataType::Timestamp(..) | DataType::Date, expr: value, .. } = expr
        && written(value).is_none()
    {
        **value = Expr::Function(call(TIME_OF, vec![(**value).clone()]));
    }
}

/// `extract(decade FROM d)`, of which the relational core has no word; and others as the function, of which there is one of our own.
fn part_of(field: &DateTimeField, time: &Expr) -> Result<Option<Expr>> {
    let part = field.to_string().to_lowercase();
    let part = part.trim_matches('\'');
    match Template::of_part(part) {
        Some(template) => template.filled(std::slice::from_ref(time)).map(Some),
        None => {
            let part = text(known_part(part).unwrap_or(part));
            Ok(Some(Expr::Function(call("date_part", vec![part, time.clone()]))))
        }
    }
}

/// A start below nothing counts from the end, and a length below nothing goes to the left. What is written as a number needs no look at it.
fn places_of_substring(text: &Expr, from: &mut Expr, len: Option<&mut Expr>) -> Result<()> {
    if !matches!(from, Expr::Value(_)) {
        let sql = match is_negative_number(from) {
            true => "character_length($1) + $2 + 1",
            false => "CASE WHEN $2 < 0 THEN character_length($1) + $2 + 1 ELSE $2 END",
        };
        *from = Template::new(sql, 2).filled(&[text.clone(), from.clone()])?;
    }
    if let Some(len) = len
        && !matches!(len, Expr::Value(_))
    {
        let places = [from.clone(), len.clone()];
        *from = Template::new("CASE WHEN $2 < 0 THEN $1 + $2 ELSE $1 END", 2).filled(&places)?;
        *len = Template::new("abs($1)", 1).filled(&places[1..])?;
    }
    Ok(())
}

/// Whether it is a number behind a minus.
fn is_negative_number(expr: &Expr) -> bool {
    matches!(expr, Expr::UnaryOp { op: UnaryOperator::Minus, expr } if matches!(**expr, Expr::Value(_)))
}

/// What to put in place of a call, or nothing.
fn rewritten(function: &mut Function, windows: &[NamedWindowDefinition]) -> Result<Option<Expr>> {
    let [ObjectNamePart::Identifier(ident)] = function.name.0.as_mut_slice() else { return Ok(None) };
    let mut name = ident.value.to_lowercase();
    if matches!(name.as_str(), "group_concat" | "listagg") {
        "string_agg".clone_into(&mut name);
        rename(function, &name);
    }
    if name == "string_agg" {
        add_separator(function);
    }
    take_options(function, &name)?;
    order_window(function, &name);
    if let Some(sorted) = sorted_list(function, &name)? {
        return Ok(Some(sorted));
    }
    if let Some(ordered) = ordered_in_frames(function, &name)? {
        return Ok(Some(ordered));
    }
    if name == "approx_quantile" && is_of_list(function) {
        return approx_quantiles(function).map(Some);
    }
    if matches!(name.as_str(), "coalesce" | "ifnull")
        && let Some(choice) = first_known(function)
    {
        return Ok(Some(choice));
    }
    let [ObjectNamePart::Identifier(ident)] = function.name.0.as_mut_slice() else { return Ok(None) };
    if let Some((_, known)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
        *ident = Ident::new(*known);
        format_last(function, known);
        if name == "strftime" {
            parts_of_times(function);
        }
        return Ok(None);
    }
    if matches!(
        name.as_str(),
        "now" | "current_timestamp" | "get_current_timestamp" | "transaction_timestamp"
    ) && function.over.is_none()
    {
        // Nanoseconds of the core, in which other times would be looked at, too, are of few years.
        let now = Expr::Function(call("now", Vec::new()));
        return Template::new("CAST($1 AS TIMESTAMP(6) WITH TIME ZONE)", 1).filled(&[now]).map(Some);
    }
    if matches!(name.as_str(), "localtimestamp" | "current_localtimestamp") && function.over.is_none() {
        let now = Expr::Function(call("now", Vec::new()));
        return Template::new("CAST($1 AS TIMESTAMP(6))", 1).filled(&[now]).map(Some);
    }
    if name == "localtime" && function.over.is_none() {
        let now = Expr::Function(call("now", Vec::new()));
        return Template::new("CAST(CAST($1 AS TIMESTAMP(6)) AS TIME)", 1).filled(&[now]).map(Some);
    }
    leave_order(function, &name);
    order_once(function);
    if let Some(slid) = slid(function, &name, windows)? {
        return Ok(Some(slid));
    }
    if let Some(choice) = of_rows(function, &name)? {
        return Ok(Some(choice));
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
    if let (Some(template), Some(given)) = (Template::of_one(&name), positional(function))
        && given.len() == 1
    {
        return template.filled(&given).map(Some);
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
            let plural = || part.strip_suffix('s').unwrap_or(&part);
            let template = Template::of_difference(known_part(&part).unwrap_or_else(plural));
            let parts = "year, quarter, month, week, day, hour, minute, second, millisecond or microsecond";
            template.ok_or_else(|| wrong_arguments(&name, parts))?.filled(&[from, to]).map(Some)
        }
        "date_part" | "datepart" | "date_trunc" | "datetrunc" => {
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
            if let Some(known) = known_part(&part) {
                function.args = argument_list(vec![text(known), time.clone()], Vec::new());
                return Ok(None);
            }
            let template = match name.as_str() {
                "date_trunc" | "datetrunc" => Template::of_start(&part),
                _ => Template::of_part(&part),
            };
            template.map(|template| template.filled(std::slice::from_ref(time))).transpose()
        }
        // The core's makes no piece of an empty text.
        "string_to_array" if positional(function).is_some_and(|given| given.len() == 2) => {
            rename(function, "string_split");
            Ok(None)
        }
        "time_bucket" if positional(function).is_some_and(|given| given.len() == 3) => {
            let [width, time, origin] =
                arguments(function, &name, "an interval, a timestamp, and where one begins")?;
            if !matches!(origin, Expr::Interval(_)) {
                return Template::new("kind_of(date_bin($1, $2, $3), $2)", 3)
                    .filled(&[width, time, origin])
                    .map(Some);
            }
            let begin = text(first_bucket(&width));
            Template::new("kind_of(date_bin($1, $2 - $3, CAST($4 AS TIMESTAMP(6))) + $3, $2)", 4)
                .filled(&[width, time, origin, begin])
                .map(Some)
        }
        "time_bucket" => {
            let [width, time] = arguments(function, &name, "an interval and a timestamp")?;
            let origin = text(first_bucket(&width));
            Template::new("kind_of(date_bin($1, $2, $3), $2)", 3).filled(&[width, time, origin]).map(Some)
        }
        // The core's is of one part alone.
        "percentile_cont" if is_of_list(function) => quantiles(function, &name),
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
            if let Expr::Array(forms) = form {
                let given = std::iter::once(value).chain(forms.elem).collect();
                function.args = argument_list(given, Vec::new());
            }
            Ok(None)
        }
        "json_object" => json_object(function).map(Some),
        "from_json" | "from_json_strict" | "json_transform" | "json_transform_strict" => {
            shaped(function, &name).map(Some)
        }
        "list_zip" | "array_zip" => {
            zipped(function);
            Ok(None)
        }
        "row" => Ok(named_row(function)),
        "struct_pack" => struct_pack(function).map(Some),
        "struct_insert" | "struct_update" => with_fields(function, &name).map(Some),
        "try" => tried(function).map(Some),
        "unnest" => unnested(function),
        "list_aggregate" | "list_aggr" | "array_aggregate" | "array_aggr" | "aggregate" => {
            let mut given = positional(function).unwrap_or_default();
            let separator = if given.len() == 3 { given.pop() } else { None };
            let Ok([list, kind]) = <[Expr; 2]>::try_from(given) else {
                return Err(wrong_arguments(&name, "a list and the name of an aggregate in quotes"));
            };
            let kind = written(&kind).unwrap_or_default().to_lowercase();
            if let ("string_agg", Some(separator)) = (kind.as_str(), separator) {
                return Ok(Some(Expr::Function(call("array_to_string", vec![list, separator]))));
            }
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
        "arg_max" | "argmax" | "max_by" | "arg_max_null" => by_extreme(function, &name, false).map(Some),
        "arg_min" | "argmin" | "min_by" | "arg_min_null" => by_extreme(function, &name, true).map(Some),
        "count_if" | "countif" => {
            let [condition] = arguments(function, &name, "one condition")?;
            rename(function, "count");
            match &mut function.args {
                // There is one such value at most.
                FunctionArguments::List(list)
                    if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) =>
                {
                    list.args = vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(condition.clone()))];
                }
                args => *args = argument_list(vec![one()], Vec::new()),
            }
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
        // Nulls are no lists.
        "list_concat" | "list_cat" | "array_concat" | "array_cat" => {
            leave_null_lists(function);
            Ok(None)
        }
        // Of texts, too.
        "array_slice" | "list_slice" if positional(function).is_some_and(|given| given.len() == 3) => {
            let given = positional(function).unwrap_or_default();
            Template::new("($1)[$2:$3]", 3).filled(&given).map(Some)
        }
        "list_contains" | "list_has" | "array_contains" | "array_has" | "contains" => {
            if let FunctionArguments::List(list) = &mut function.args
                && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(list))) = list.args.first_mut()
            {
                leave_nulls(list);
            }
            Ok(None)
        }
        // A length below nothing is none; the relational core fails.
        "lpad" | "rpad" => {
            let mut given = positional(function).unwrap_or_default();
            if let Some(len) = given.get_mut(1).filter(|len| !matches!(len, Expr::Value(_))) {
                *len = Template::new("CASE WHEN $1 < 0 THEN 0 ELSE $1 END", 1)
                    .filled(std::slice::from_ref(len))?;
                function.args = argument_list(given, Vec::new());
            }
            Ok(None)
        }
        "parse_filename" => {
            let given = positional(function).unwrap_or_default();
            let name_of = "regexp_replace($1, '^.*[/\\\\]', '')";
            match given.as_slice() {
                [_] => Template::new(name_of, 1).filled(&given).map(Some),
                [path, Expr::Value(without)] if without.value == Value::Boolean(false) => {
                    Template::new(name_of, 1).filled(std::slice::from_ref(path)).map(Some)
                }
                [path, _] => {
                    let without =
                        "regexp_replace(regexp_replace($1, '^.*[/\\\\]', ''), '(.)[.][^.]*$', '\\1')";
                    Template::new(without, 1).filled(std::slice::from_ref(path)).map(Some)
                }
                _ => Err(wrong_arguments(&name, "one path, and true if its ending is to be left out")),
            }
        }
        "count" if counts_distinct_rows(function) => Err(Error::new("count(DISTINCT *) is not supported")
            .with_hint(
                "SELECT count(*) FROM (SELECT DISTINCT * FROM …), or name columns: count(DISTINCT a)",
            )),
        "regexp_extract" => regexp_extract(function).map(Some),
        "split_part" => part_of_text(function).map(|()| None),
        // Of lists that are written down.
        "concat" if is_of_list(function) => {
            rename(function, "list_concat");
            leave_null_lists(function);
            Ok(None)
        }
        "repeat" if is_of_list(function) => {
            let given = positional(function).unwrap_or_default();
            Template::new("flatten(array_repeat($1, $2))", 2).filled(&given).map(Some)
        }
        // Nulls go last, as in rows.
        "list_sort" | "array_sort" => {
            let Some(mut given) = positional(function).filter(|given| (1..3).contains(&given.len())) else {
                return Ok(None);
            };
            if given.len() == 1 {
                given.push(text("ASC"));
            }
            given.push(text("NULLS LAST"));
            function.args = argument_list(given, Vec::new());
            Ok(None)
        }
        "regexp_replace" => {
            keep_dollars(function);
            Ok(None)
        }
        _ => Ok(None),
    }
}

/// Where a bucket of `time_bucket` begins: weeks begin on Mondays, months with their first day.
fn first_bucket(width: &Expr) -> &'static str {
    let width = width.to_string().to_lowercase();
    let is_of_months =
        ["month", "quarter", "year", "decade", "century"].iter().any(|unit| width.contains(unit));
    if is_of_months { "2000-01-01" } else { "2000-01-03" }
}

/// `{'a': 1}.a` as `{'a': 1}['a']`.
fn field_in_brackets(access: &mut AccessExpr) {
    if let AccessExpr::Dot(Expr::Identifier(field)) = access {
        *access = AccessExpr::Subscript(Subscript::Index { index: text(&field.value) });
    }
}

/// `x[:2]` begins with the first, and `x[2:]` goes on to the end.
fn close_slice(access: &mut AccessExpr) {
    if let AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride: None }) = access {
        let last = || Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(one()) };
        lower_bound.get_or_insert_with(one);
        upper_bound.get_or_insert_with(last);
    }
}

/// Whether there is a list among the arguments, as of parts of a quantile.
fn is_of_list(function: &Function) -> bool {
    positional(function).is_some_and(|given| given.iter().any(|given| matches!(given, Expr::Array(_))))
}

/// `count(DISTINCT *)`, which the relational core takes for something else.
fn counts_distinct_rows(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    is_distinct(function) && matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)])
}
