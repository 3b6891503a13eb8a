//! Small differences of calls: arguments that are left out or stand elsewhere.

use std::ops::ControlFlow;

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    CaseWhen, CastKind, DataType, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, OrderByExpr, Select, Value, VisitorMut, WindowFrame,
    WindowFrameBound, WindowFrameUnits, WindowType,
};

use super::calls::{
    and, argument_list, arguments, call, is_distinct, is_not_null, one, positional, rename, text,
    wrong_arguments,
};
use crate::dialect::literals::written;
use crate::dialect::templates::Template;
use crate::error::{Error, Result};
use crate::walk::{walk_expressions, walk_mut};

/// `string_agg(x)` has commas between the texts.
pub(super) fn add_separator(function: &mut Function) {
    if let FunctionArguments::List(list) = &mut function.args
        && list.args.len() == 1
    {
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(text(","))));
    }
}

/// `strftime('%Y', d)` has its form in front.
pub(super) fn format_last(function: &mut Function, name: &str) {
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

/// What stands behind `%` in a form of times, as DuckDB has it, and as the relational core does: `%f` are microseconds, as in C and Python,
/// `%g` milliseconds and `%n` nanoseconds; dates are written as elsewhere, and the zone, which is that of UTC, by its hours.
const PARTS_OF_TIMES: [(char, &str); 6] =
    [('c', "%Y-%m-%d %H:%M:%S"), ('f', "%6f"), ('g', "%3f"), ('n', "%9f"), ('x', "%Y-%m-%d"), ('z', "+00")];

/// Writes the form of a call as the relational core knows it.
pub(super) fn parts_of_times(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    for arg in list.args.iter_mut().skip(1) {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(form)) = arg
            && let Some(written) = written(form)
        {
            let known = known_form(&written);
            if known != written {
                *form = text(&known);
            }
        }
    }
}

/// A form of times as the relational core knows it.
pub fn known_form(form: &str) -> String {
    let mut known = String::new();
    let mut chars = form.chars();
    while let Some(char) = chars.next() {
        let part = if char == '%' { chars.next() } else { None };
        match part.and_then(|part| PARTS_OF_TIMES.iter().find(|(own, _)| *own == part)) {
            Some((_, instead)) => known.push_str(instead),
            None => known.extend(std::iter::once(char).chain(part)),
        }
    }
    known
}

/// Aggregates that are the same in every order.
const WITHOUT_ORDER: [&str; 6] = ["avg", "count", "max", "mean", "min", "sum"];

/// Whether an aggregate is of values in an order.
pub(super) fn has_order(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    list.clauses.iter().any(|clause| matches!(clause, FunctionArgumentClause::OrderBy(_)))
}

/// `any_value(x ORDER BY y)`, and `any_value(x)` beside aggregates that have an order, as the first value that is not null: the relational
/// core's own looks at no order, and rows have that of the others.
pub(super) fn take_first_values(select: &mut Select) {
    struct First {
        are_ordered: bool,
    }
    impl VisitorMut for First {
        type Break = std::convert::Infallible;

        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
            if let Expr::Function(function) = expr
                && function.name.to_string().eq_ignore_ascii_case("any_value")
                && (has_order(function) || self.are_ordered && function.over.is_none())
                && !is_distinct(function)
                && let Some([value]) = positional(function).as_deref()
            {
                rename(function, "first_value");
                function.filter = Some(Box::new(and(is_not_null(value), function.filter.take())));
            }
            ControlFlow::Continue(())
        }
    }
    let mut are_ordered = false;
    for item in &select.projection {
        let _: ControlFlow<()> = walk_expressions(item, |expr| {
            are_ordered |=
                matches!(expr, Expr::Function(function) if function.over.is_none() && has_order(function));
            ControlFlow::Continue(())
        });
    }
    for item in &mut select.projection {
        let ControlFlow::Continue(()) = walk_mut(item, &mut First { are_ordered });
    }
    if let Some(having) = &mut select.having {
        let ControlFlow::Continue(()) = walk_mut(having, &mut First { are_ordered });
    }
}

/// Leaves keys out of an order that stand further to the front, too: the relational core counts them differently in different places.
pub(super) fn order_once(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    for clause in &mut list.clauses {
        if let FunctionArgumentClause::OrderBy(order) = clause {
            keep_first_keys(order);
        }
    }
}

/// Leaves keys out that stand further to the front, too.
pub(crate) fn keep_first_keys(order: &mut Vec<OrderByExpr>) {
    let mut seen: Vec<Expr> = Vec::new();
    order.retain(|key| {
        let mut expr = &key.expr;
        while let Expr::Nested(inner) = expr {
            expr = inner;
        }
        let is_new = !seen.contains(expr);
        seen.push(expr.clone());
        is_new
    });
}

/// Leaves an order out that makes no difference: the relational core stumbles over it.
pub(super) fn leave_order(function: &mut Function, name: &str) {
    if let FunctionArguments::List(list) = &mut function.args
        && WITHOUT_ORDER.contains(&name)
    {
        list.clauses.retain(|clause| !matches!(clause, FunctionArgumentClause::OrderBy(_)));
    }
}

/// Aggregates that keep values in the order of the rows.
const OF_ORDERED_ROWS: [&str; 9] = [
    "array_agg",
    "first",
    "first_value",
    "group_concat",
    "last",
    "last_value",
    "list",
    "listagg",
    "string_agg",
];

/// `string_agg(x, ',' ORDER BY y) OVER (PARTITION BY g)` has its order from the window: the relational core knows no other there.
pub(super) fn order_window(function: &mut Function, name: &str) {
    let (FunctionArguments::List(list), Some(WindowType::WindowSpec(window))) =
        (&mut function.args, &mut function.over)
    else {
        return;
    };
    let is_whole =
        window.window_name.is_none() && window.order_by.is_empty() && window.window_frame.is_none();
    if !is_whole
        || !OF_ORDERED_ROWS.contains(&name)
        || list.duplicate_treatment == Some(DuplicateTreatment::Distinct)
    {
        return;
    }
    list.clauses.retain_mut(|clause| match clause {
        FunctionArgumentClause::OrderBy(order) => {
            window.order_by.append(order);
            false
        }
        _ => true,
    });
    if !window.order_by.is_empty() {
        window.window_frame = Some(WindowFrame {
            units: WindowFrameUnits::Rows,
            start_bound: WindowFrameBound::Preceding(None),
            end_bound: Some(WindowFrameBound::Following(None)),
        });
    }
}

/// `list(DISTINCT x ORDER BY x) OVER (…)`, and texts of such a list, as the list that is sorted then; `None`: it is none.
pub(super) fn sorted_list(function: &Function, name: &str) -> Result<Option<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return Ok(None) };
    let is_text = match name {
        "list" | "array_agg" => false,
        "string_agg" | "group_concat" | "listagg" => true,
        _ => return Ok(None),
    };
    let (
        [FunctionArgumentClause::OrderBy(order)],
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(value)), rest @ ..],
    ) = (list.clauses.as_slice(), list.args.as_slice())
    else {
        return Ok(None);
    };
    let is_of_window =
        function.over.is_some() && list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
    let [OrderByExpr { expr, options, .. }] = order.as_slice() else { return Ok(None) };
    if !is_of_window || expr != value {
        return Ok(None);
    }
    let mut values = function.clone();
    rename(&mut values, "array_agg");
    values.args = argument_list(vec![value.clone()], Vec::new());
    if let FunctionArguments::List(list) = &mut values.args {
        list.duplicate_treatment = Some(DuplicateTreatment::Distinct);
    }
    if is_text {
        values.filter = Some(Box::new(and(is_not_null(value), values.filter.take())));
    }
    let direction = if options.asc == Some(false) { "DESC" } else { "ASC" };
    let nulls = if options.nulls_first == Some(true) { "NULLS FIRST" } else { "NULLS LAST" };
    let sorted = call("array_sort", vec![Expr::Function(values), text(direction), text(nulls)]);
    if !is_text {
        return Ok(Some(Expr::Function(sorted)));
    }
    let separator = match rest {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(separator))] => separator.clone(),
        _ => text(","),
    };
    Ok(Some(Expr::Function(call("array_to_string", vec![Expr::Function(sorted), separator]))))
}

/// `list(x ORDER BY y) OVER (ORDER BY z)`, and texts, first and last values of such a list: the list of each frame, in the order of another
/// one beside it; `None`: it is none. The relational core knows no order in windows but their own.
pub(super) fn ordered_in_frames(function: &Function, name: &str) -> Result<Option<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return Ok(None) };
    let is_text = matches!(name, "string_agg" | "group_concat" | "listagg");
    let place = match name {
        "first" | "first_value" | "arbitrary" => Some("($1)[1]"),
        "last" | "last_value" => Some("($1)[-1]"),
        "list" | "array_agg" => None,
        _ if is_text => None,
        _ => return Ok(None),
    };
    let (
        Some(_),
        None,
        None,
        [FunctionArgumentClause::OrderBy(order)],
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(value)), rest @ ..],
    ) = (
        &function.over,
        &list.duplicate_treatment,
        &function.null_treatment,
        list.clauses.as_slice(),
        list.args.as_slice(),
    )
    else {
        return Ok(None);
    };
    let [OrderByExpr { expr: key, options, .. }] = order.as_slice() else {
        return Err(Error::new(format!("{name} over a window takes one key in an order of its own"))
            .with_hint(
                "one that tells rows apart is enough: list(x ORDER BY t) OVER (PARTITION BY g ORDER BY s)",
            ));
    };
    let listed = |expr: &Expr| {
        let mut listed = function.clone();
        rename(&mut listed, "array_agg");
        listed.args = argument_list(vec![expr.clone()], Vec::new());
        if is_text {
            listed.filter = Some(Box::new(and(is_not_null(value), listed.filter.take())));
        }
        Expr::Function(listed)
    };
    let direction = if options.asc == Some(false) { "DESC" } else { "ASC" };
    let nulls = if options.nulls_first == Some(true) { "NULLS FIRST" } else { "NULLS LAST" };
    let places = Expr::Function(call("list_grade_up", vec![listed(key), text(direction), text(nulls)]));
    let ordered = Expr::Function(call("list_select", vec![listed(value), places]));
    if let Some(place) = place {
        return Template::new(place, 1).filled(&[ordered]).map(Some);
    }
    if !is_text {
        return Ok(Some(ordered));
    }
    let separator = match rest {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(separator))] => separator.clone(),
        _ => text(","),
    };
    Ok(Some(Expr::Function(call("array_to_string", vec![ordered, separator]))))
}

/// `split_part(x, ',', 0)` is an empty text.
pub(super) fn part_of_text(function: &mut Function) -> Result<()> {
    let Some(mut given) = positional(function).filter(|given| given.len() == 3) else { return Ok(()) };
    if !matches!(&given[2], Expr::Value(place) if matches!(&place.value, Value::Number(place, _) if place != "0"))
    {
        // There is no such part, either.
        given[2] = Template::new("CASE WHEN $1 = 0 THEN 2147483647 ELSE $1 END", 1).filled(&given[2..])?;
        function.args = argument_list(given, Vec::new());
    }
    Ok(())
}

/// `coalesce(day, '1970-01-01')` as a `CASE`, in which a text beside a time is one, too; the function of the relational core takes values of
/// one kind. `None`: the last value is no such text.
pub(super) fn first_known(function: &Function) -> Option<Expr> {
    let given = positional(function)?;
    let (last, others) = given.split_last()?;
    let is_date = |text: &str| {
        let bytes = text.as_bytes();
        bytes.len() >= 10 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-' && bytes[7] == b'-'
    };
    if others.is_empty() || !written(last).is_some_and(|text| is_date(&text)) {
        return None;
    }
    let known = |value: &Expr| CaseWhen { condition: is_not_null(value), result: value.clone() };
    Some(Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: others.iter().map(known).collect(),
        else_result: Some(Box::new(last.clone())),
    })
}

/// `try(CAST(x AS int))` as `TRY_CAST(x AS int)`.
///
/// # Errors
/// It is another value, of which errors cannot be told from others.
pub(super) fn tried(function: &Function) -> Result<Expr> {
    let [mut value] = arguments(function, "try", "one value")?;
    let mut inner = &mut value;
    while let Expr::Nested(nested) = inner {
        inner = nested;
    }
    match inner {
        Expr::Cast { kind, .. } => {
            *kind = CastKind::TryCast;
            Ok(value)
        }
        _ => Err(Error::new("try is not supported, but of a value that is cast").with_hint(
            "try(x::int) is null where x is no integer; a quotient is null by zero with x / nullif(y, 0)",
        )),
    }
}

/// `list_zip(a, b, true)` is as long as the shortest list, and with `false`, as without either, as the longest.
pub(super) fn zipped(function: &mut Function) {
    let Some(mut lists) = positional(function) else { return };
    let Some(Value::Boolean(is_cut)) = lists.last().and_then(|last| match last {
        Expr::Value(value) => Some(value.value.clone()),
        _ => None,
    }) else {
        return;
    };
    lists.pop();
    if is_cut {
        let length = |list: &Expr| Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(Expr::Function(call("array_length", vec![list.clone()]))),
            data_type: DataType::BigInt(None),
            array: false,
            format: None,
        };
        let shortest = Expr::Function(call("least", lists.iter().map(length).collect()));
        let cut = |list| Expr::Function(call("array_slice", vec![list, one(), shortest.clone()]));
        lists = lists.into_iter().map(cut).collect();
    }
    function.args = argument_list(lists, Vec::new());
}

/// How deep lists in lists may be unnested.
const MAX_DEPTH: usize = 100;

/// `unnest(l, max_depth := 2)` as `unnest(unnest(l))`; `None`: it is as it is.
///
/// # Errors
/// How deep is not said, or the call is of something else.
pub(super) fn unnested(function: &Function) -> Result<Option<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return Ok(None) };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(values)), option] = list.args.as_slice() else {
        let is_null = matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))]
            if value.value == Value::Null);
        let none = || Expr::Function(call("unnest", vec![Expr::Function(call("make_array", Vec::new()))]));
        return Ok(is_null.then(none));
    };
    let (name, value) = match option {
        FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => (name, value),
        FunctionArg::ExprNamed {
            name: Expr::Identifier(name), arg: FunctionArgExpr::Expr(value), ..
        } => (name, value),
        _ => return Err(wrong_arguments("unnest", "one list or struct")),
    };
    let depth = match (name.value.to_lowercase().as_str(), value) {
        ("max_depth", Expr::Value(depth)) => match &depth.value {
            Value::Number(depth, _) => depth.to_string().parse::<usize>().ok(),
            _ => None,
        },
        ("recursive", Expr::Value(value)) if value.value == Value::Boolean(false) => Some(1),
        _ => None,
    };
    match depth.filter(|depth| (1..=MAX_DEPTH).contains(depth)) {
        Some(depth) => {
            let unnest = |values, _| Expr::Function(call("unnest", vec![values]));
            Ok(Some((0..depth).fold(values.clone(), unnest)))
        }
        None => Err(Error::new("unnest goes as deep as is said")
            .with_hint("unnest(l, max_depth := 2) is of lists in lists, as is unnest(unnest(l))")),
    }
}

/// Leaves nulls out of a list that is written down, in which a value is looked for: it is there or not, whatever is unknown beside it.
pub(super) fn leave_nulls(list: &mut Expr) {
    let is_null = |item: &Expr| matches!(item, Expr::Value(value) if value.value == Value::Null);
    match list {
        Expr::Array(list) => list.elem.retain(|item| !is_null(item)),
        Expr::Nested(list) => leave_nulls(list),
        _ => {}
    }
}

/// Leaves nulls that are written down out of lists that are joined: they are no lists.
pub(super) fn leave_null_lists(function: &mut Function) {
    let is_null = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => value.value == Value::Null,
        _ => false,
    };
    if let FunctionArguments::List(list) = &mut function.args
        && !list.args.iter().all(is_null)
    {
        list.args.retain(|arg| !is_null(arg));
    }
}
