//! `sum(x) OVER (ORDER BY y ROWS … EXCLUDE CURRENT ROW)`: frames that leave rows in their middle out, as two frames, and a third one
//! where the row itself stays in.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArguments, Ident, Value, WindowFrame, WindowFrameBound,
    WindowFrameUnits, WindowType,
};
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use crate::dialect::functions::rename;
use crate::dialect::templates::Template;
use crate::error::{Error, Result};
use crate::tokens::{is_solid, is_word};

/// In front of what is left out, as the name of a window from which this one goes on, until the parser is through.
const MARK: &str = "$exclude ";
const EXCLUSIONS: [(&str, &str); 3] = [("CURRENT", "ROW"), ("GROUP", ""), ("TIES", "")];

/// Takes what frames leave out to the front of their windows: the parser does not know it.
pub(crate) fn marked_exclusions(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    for place in (1..solid.len()).rev() {
        if !is_word(&tokens[solid[place]], "EXCLUDE") {
            continue;
        }
        let next = |behind: usize| solid.get(place + behind).map(|at| &tokens[*at]);
        let known = EXCLUSIONS.iter().find(|(first, second)| {
            next(1).is_some_and(|token| is_word(token, first))
                && (second.is_empty() || next(2).is_some_and(|token| is_word(token, second)))
        });
        let Some((first, second)) = known else { continue };
        let last = place + if second.is_empty() { 1 } else { 2 };
        // A frame ends with its window.
        let ends = solid.get(last + 1).is_some_and(|at| tokens[*at].token == Token::RParen);
        let Some(open) = opening(&tokens, &solid[..place]).filter(|_| ends) else { continue };
        for at in &solid[place..=last] {
            tokens[*at].token = Token::Whitespace(Whitespace::Space);
        }
        let base = match &tokens[solid[open + 1]].token {
            Token::Word(word)
                if !["PARTITION", "ORDER", "ROWS", "RANGE", "GROUPS"]
                    .iter()
                    .any(|begin| word.quote_style.is_none() && word.value.eq_ignore_ascii_case(begin)) =>
            {
                Some(word.value.clone())
            }
            _ => None,
        };
        let name = format!("{MARK}{} {}", first.to_lowercase(), base.as_deref().unwrap_or_default());
        let mark =
            TokenWithSpan { token: Token::make_word(&name, Some('"')), span: tokens[solid[open]].span };
        match base {
            Some(_) => tokens[solid[open + 1]] = mark,
            None => tokens.insert(solid[open] + 1, mark),
        }
        return marked_exclusions(tokens);
    }
    tokens
}

/// The place of the bracket that is open at the end.
fn opening(tokens: &[TokenWithSpan], solid: &[usize]) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, at) in solid.iter().enumerate().rev() {
        match tokens[*at].token {
            Token::RParen => depth += 1,
            Token::LParen if depth == 0 => return Some(place),
            Token::LParen => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Whether a window is called so only as its frame leaves rows out.
pub(crate) fn is_mark(name: &Ident) -> bool {
    name.value.starts_with(MARK)
}

/// A function over a frame that leaves rows out, as one of functions over frames that do not; `None`: it leaves none out.
///
/// # Errors
/// There are no such frames, or nothing can be made of the values over each.
pub(crate) fn without_excluded(function: &Function) -> Result<Option<Expr>> {
    let Some(WindowType::WindowSpec(window)) = &function.over else { return Ok(None) };
    let Some(mark) = window.window_name.as_ref().filter(|name| is_mark(name)) else { return Ok(None) };
    let (kind, base) = mark.value[MARK.len()..].split_once(' ').unwrap_or_default();
    let frames = frames(window.window_frame.as_ref(), kind)?;
    let mut over = window.clone();
    over.window_name = (!base.is_empty()).then(|| Ident::with_quote('"', base));
    let of_frame = |frame: &WindowFrame, name: &str| {
        let mut of_frame = function.clone();
        rename(&mut of_frame, name);
        let mut over = over.clone();
        over.window_frame = Some(frame.clone());
        of_frame.over = Some(WindowType::WindowSpec(over));
        Expr::Function(of_frame)
    };
    let name = function.name.to_string().to_lowercase();
    let together = |name: &str, both: &'static str| {
        let parts: Vec<Expr> = frames.iter().map(|frame| of_frame(frame, name)).collect();
        joined(parts, both)
    };
    if let [frame] = frames.as_slice() {
        return Ok(Some(of_frame(frame, &name)));
    }
    let is_distinct = matches!(&function.args, FunctionArguments::List(list)
        if list.duplicate_treatment == Some(DuplicateTreatment::Distinct));
    if is_distinct {
        return Err(Error::new(format!("{name} of different values takes no EXCLUDE")));
    }
    const SUM: &str = "coalesce($1 + $2, $1, $2)";
    const LIST: &str = "CASE WHEN $1 IS NULL THEN $2 WHEN $2 IS NULL THEN $1 ELSE array_concat($1, $2) END";
    let of_list = |sql: &'static str| Template::new(sql, 1).filled(&[together("array_agg", LIST)?]);
    let value = match name.as_str() {
        "count" if frames.is_empty() => Expr::Value(Value::Number("0".to_owned(), false).into()),
        "count" => together("count", "$1 + $2")?,
        "sum" => together("sum", SUM)?,
        "min" => together("min", "least($1, $2)")?,
        "max" => together("max", "greatest($1, $2)")?,
        "avg" | "mean" => {
            let parts = [together("sum", SUM)?, together("count", "$1 + $2")?];
            Template::new("CAST($1 AS DOUBLE) / nullif($2, 0)", 2).filled(&parts)?
        }
        "list" | "array_agg" => together("array_agg", LIST)?,
        "median" => of_list("list_median($1)")?,
        "stddev" | "stddev_samp" => of_list("list_stddev_samp($1)")?,
        "stddev_pop" => of_list("list_stddev_pop($1)")?,
        "variance" | "var_samp" => of_list("list_var_samp($1)")?,
        "var_pop" => of_list("list_var_pop($1)")?,
        "first" | "first_value" => of_list("array_element($1, 1)")?,
        "last" | "last_value" => of_list("array_element($1, -1)")?,
        _ => {
            return Err(Error::new(format!("{name} takes no EXCLUDE in its frame")).with_hint(
                "make something of the list of the others: list(x) OVER (ROWS … EXCLUDE CURRENT ROW)",
            ));
        }
    };
    Ok(Some(Expr::Nested(Box::new(value))))
}

/// One value of those over several frames, in their order; null where there are no frames.
fn joined(parts: Vec<Expr>, both: &'static str) -> Result<Expr> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Ok(Expr::Value(Value::Null.into())) };
    parts.try_fold(first, |before, part| Template::new(both, 2).filled(&[before, part]))
}

/// The frames that are left, where one is cut in two.
fn frames(frame: Option<&WindowFrame>, kind: &str) -> Result<Vec<WindowFrame>> {
    use WindowFrameBound::{CurrentRow, Following, Preceding};
    let all = WindowFrame { units: WindowFrameUnits::Range, start_bound: Preceding(None), end_bound: None };
    let frame = frame.unwrap_or(&all);
    let (start, end) = (&frame.start_bound, frame.end_bound.as_ref().unwrap_or(&CurrentRow));
    let is_whole = matches!((start, end), (Preceding(None), Following(None)));
    let is_of_groups =
        [start, end].iter().all(|bound| matches!(bound, Preceding(None) | CurrentRow | Following(None)));
    let units = match (kind, frame.units) {
        ("current", WindowFrameUnits::Rows) => WindowFrameUnits::Rows,
        ("current", _) if is_whole => WindowFrameUnits::Rows,
        ("group" | "ties", WindowFrameUnits::Groups) => WindowFrameUnits::Groups,
        ("group" | "ties", WindowFrameUnits::Range) if is_of_groups => WindowFrameUnits::Groups,
        ("group" | "ties", _) if is_whole => WindowFrameUnits::Groups,
        ("current", _) => {
            return Err(Error::new("EXCLUDE CURRENT ROW is of frames of ROWS")
                .with_hint("as in ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING EXCLUDE CURRENT ROW"));
        }
        _ => {
            return Err(Error::new("EXCLUDE GROUP and EXCLUDE TIES are of frames of GROUPS")
                .with_hint("as in GROUPS BETWEEN 3 PRECEDING AND 3 FOLLOWING EXCLUDE TIES"));
        }
    };
    let one = || Some(Box::new(Expr::Value(Value::Number("1".to_owned(), false).into())));
    let frame =
        |units, start_bound, end_bound| WindowFrame { units, start_bound, end_bound: Some(end_bound) };
    // What begins behind the row, or ends in front of it, does not have it in it.
    if matches!(start, Following(_)) || matches!(end, Preceding(_)) {
        return Ok(vec![frame(units, start.clone(), end.clone())]);
    }
    let mut frames = Vec::new();
    if matches!(start, Preceding(_)) {
        frames.push(frame(units, start.clone(), Preceding(one())));
    }
    if kind == "ties" {
        frames.push(frame(WindowFrameUnits::Rows, CurrentRow, CurrentRow));
    }
    if matches!(end, Following(_)) {
        frames.push(frame(units, Following(one()), end.clone()));
    }
    Ok(frames)
}
