//! What the bytes of a row must hold for a condition to be true of it.
//!
//! A scan that knows it can pass over rows without looking at their values. From `lang = 'en' AND title LIKE
//! '%Obama%'` follows that `Obama` stands somewhere in the row, and `en`, too: the longest literal is the one
//! to look for. (ripgrep does so with the literals of a regular expression before it runs it.)

use datafusion_common::{Column, ScalarValue};
use datafusion_expr::expr::{InList, Like, ScalarFunction};
use datafusion_expr::{BinaryExpr, Expr, Operator};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Literals to look for at once, at most.
const MAX_LITERALS: usize = 64;

/// Literals of which one stands in every row for which all conditions hold; `None` if nothing is known.
///
/// `is_text` tells which columns are of text that stands in the row as it is. Numbers and dates can be
/// written in several ways.
pub fn required_literals(conditions: &[Expr], is_text: &dyn Fn(&Column) -> bool) -> Option<Vec<String>> {
    let mut literals =
        conditions.iter().filter_map(|condition| of_condition(condition, is_text)).reduce(better)?;
    literals.sort();
    literals.dedup();
    Some(literals)
}

/// The set of literals that is found in fewer rows, as far as can be told: that with the longer ones, or with
/// fewer of them.
fn better(left: Vec<String>, right: Vec<String>) -> Vec<String> {
    let rank = |literals: &[String]| {
        (literals.iter().map(String::len).min().unwrap_or(0), std::cmp::Reverse(literals.len()))
    };
    if rank(&right) > rank(&left) { right } else { left }
}

/// Both sets: one or the other condition holds.
fn either(mut left: Vec<String>, right: Vec<String>) -> Option<Vec<String>> {
    left.extend(right);
    (left.len() <= MAX_LITERALS).then_some(left)
}

fn one(literal: &str) -> Option<Vec<String>> {
    (!literal.is_empty()).then(|| vec![literal.to_owned()])
}

fn of_condition(condition: &Expr, is_text: &dyn Fn(&Column) -> bool) -> Option<Vec<String>> {
    let part = |expr: &Expr| is_part_of_row(expr, is_text);
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
            Operator::And => match (of_condition(left, is_text), of_condition(right, is_text)) {
                (Some(left), Some(right)) => Some(better(left, right)),
                (left, right) => left.or(right),
            },
            Operator::Or => either(of_condition(left, is_text)?, of_condition(right, is_text)?),
            Operator::Eq => match (text(left), text(right)) {
                (None, Some(literal)) if part(left) => one(literal),
                (Some(literal), None) if part(right) => one(literal),
                _ => None,
            },
            Operator::RegexMatch if part(left) => of_pattern(text(right)?),
            // Positions count from 1: `strpos(x, 'a') > 0`.
            Operator::Gt | Operator::NotEq if is_zero(right) => of_position(left, is_text),
            _ => None,
        },
        Expr::InList(InList { expr, list, negated: false }) if part(expr) => {
            list.iter().map(|item| one(text(item)?)).try_fold(Vec::new(), |all, item| either(all, item?))
        }
        Expr::Like(Like { negated: false, expr, pattern, escape_char, case_insensitive: false })
            if part(expr) =>
        {
            of_like(text(pattern)?, escape_char.unwrap_or('\\'))
        }
        Expr::SimilarTo(_) => None,
        Expr::ScalarFunction(function) => of_function(function, is_text),
        Expr::Alias(alias) => of_condition(&alias.expr, is_text),
        Expr::IsTrue(inner) => of_condition(inner, is_text),
        _ => None,
    }
}

/// Functions that are true or not.
fn of_function(function: &ScalarFunction, is_text: &dyn Fn(&Column) -> bool) -> Option<Vec<String>> {
    let part = |expr: &Expr| is_part_of_row(expr, is_text);
    match (function.func.name(), function.args.as_slice()) {
        ("contains" | "starts_with" | "ends_with", [whole, literal]) if part(whole) => one(text(literal)?),
        ("regexp_like", [whole, pattern]) if part(whole) => of_pattern(text(pattern)?),
        _ => None,
    }
}

fn of_position(expr: &Expr, is_text: &dyn Fn(&Column) -> bool) -> Option<Vec<String>> {
    let Expr::ScalarFunction(function) = expr else { return None };
    match (function.func.name(), function.args.as_slice()) {
        ("strpos", [whole, literal]) if is_part_of_row(whole, is_text) => one(text(literal)?),
        _ => None,
    }
}

/// Whether a text is one that stands in the row, without gaps and letter for letter.
fn is_part_of_row(expr: &Expr, is_text: &dyn Fn(&Column) -> bool) -> bool {
    match expr {
        Expr::Column(column) => is_text(column),
        Expr::Alias(alias) => is_part_of_row(&alias.expr, is_text),
        Expr::Cast(cast) => cast.field.data_type().is_string() && is_part_of_row(&cast.expr, is_text),
        Expr::TryCast(cast) => cast.field.data_type().is_string() && is_part_of_row(&cast.expr, is_text),
        Expr::ScalarFunction(function) => {
            let cuts = matches!(
                function.func.name(),
                "split_part"
                    | "substr"
                    | "substring"
                    | "left"
                    | "right"
                    | "trim"
                    | "btrim"
                    | "ltrim"
                    | "rtrim"
            );
            cuts && function.args.first().is_some_and(|whole| is_part_of_row(whole, is_text))
        }
        _ => false,
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(
            ScalarValue::Utf8(Some(text))
            | ScalarValue::LargeUtf8(Some(text))
            | ScalarValue::Utf8View(Some(text)),
            _,
        ) => Some(text),
        Expr::Cast(cast) if cast.field.data_type().is_string() => text(&cast.expr),
        _ => None,
    }
}

fn is_zero(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(ScalarValue::Int64(Some(0)) | ScalarValue::Int32(Some(0)), _))
}

/// The longest run of letters that stand for themselves.
fn of_like(pattern: &str, escape: char) -> Option<Vec<String>> {
    let (mut longest, mut run) = (String::new(), String::new());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' | '_' => run.clear(),
            letter if letter == escape => run.extend(letters.next()),
            letter => run.push(letter),
        }
        if run.len() > longest.len() {
            longest.clone_from(&run);
        }
    }
    one(&longest)
}

/// The literals of which one stands in all that a regular expression matches.
fn of_pattern(pattern: &str) -> Option<Vec<String>> {
    of_hir(&regex_syntax::parse(pattern).ok()?)
}

fn of_hir(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => one(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            let few = |range: &regex_syntax::hir::ClassUnicodeRange| range.len() <= MAX_LITERALS;
            if !class.ranges().iter().all(few) {
                return None;
            }
            let letters = class.ranges().iter().flat_map(|range| range.start()..=range.end());
            let letters: Vec<String> = letters.map(String::from).take(MAX_LITERALS + 1).collect();
            (1..=MAX_LITERALS).contains(&letters.len()).then_some(letters)
        }
        HirKind::Capture(capture) => of_hir(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of_hir(&repetition.sub),
        HirKind::Concat(parts) => of_concat(parts),
        HirKind::Alternation(parts) => {
            parts.iter().map(of_hir).try_fold(Vec::new(), |all, part| either(all, part?))
        }
        HirKind::Class(Class::Bytes(_)) | HirKind::Repetition(_) | HirKind::Empty | HirKind::Look(_) => None,
    }
}

/// The best of the parts, of which small ones in a row are joined: `[Oo]bama` is `Obama` or `obama`.
fn of_concat(parts: &[Hir]) -> Option<Vec<String>> {
    let mut best: Option<Vec<String>> = None;
    let mut run: Vec<String> = Vec::new();
    let mut keep = |run: &mut Vec<String>| {
        let run = std::mem::take(run);
        if !run.is_empty() {
            best = Some(best.take().map_or(run.clone(), |best| better(best, run)));
        }
    };
    for part in parts {
        match of_hir(part).filter(|_| is_exact(part)) {
            Some(literals) if run.is_empty() => run = literals,
            Some(literals) if run.len() * literals.len() <= MAX_LITERALS => {
                let joined = |start: &String| {
                    literals.iter().map(move |end| format!("{start}{end}")).collect::<Vec<_>>()
                };
                run = run.iter().flat_map(joined).collect();
            }
            other => {
                keep(&mut run);
                run = other.unwrap_or_default();
                if run.is_empty()
                    && let Some(literals) = of_hir(part)
                {
                    keep(&mut literals.clone());
                }
            }
        }
    }
    keep(&mut run);
    best
}

/// Whether all that an expression matches are its literals.
fn is_exact(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => true,
        HirKind::Capture(capture) => is_exact(&capture.sub),
        HirKind::Alternation(parts) => parts.iter().all(is_exact),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_patterns() {
        let cases: &[(&str, Option<&str>)] = &[
            ("%Obama%", Some("Obama")),
            ("a%bcd_ef", Some("bcd")),
            ("100\\%_", Some("100%")),
            ("%_%", None),
            ("", None),
            ("exact", Some("exact")),
        ];
        for (pattern, expected) in cases {
            let found = of_like(pattern, '\\');
            assert_eq!(found.as_deref(), expected.map(|text| vec![text.to_owned()]).as_deref(), "{pattern}");
        }
    }

    #[test]
    fn patterns() {
        let cases: &[(&str, &[&str])] = &[
            ("Obama", &["Obama"]),
            ("^Obama$", &["Obama"]),
            ("Barack.*Obama", &["Barack"]),
            ("(Obama|Biden)_x", &["Biden_x", "Obama_x"]),
            ("[Oo]bama", &["Obama", "obama"]),
            ("(ab)+cd?", &["ab"]),
            ("x*", &[]),
            ("a|", &[]),
            ("(?i)ab", &["AB", "Ab", "aB", "ab"]),
            ("\\d+", &[]),
            ("\\.gz$", &[".gz"]),
            ("(?:a{2}|b)c", &["c"]),
            ("(", &[]),
        ];
        for (pattern, expected) in cases {
            let mut found = of_pattern(pattern).unwrap_or_default();
            found.sort();
            let mut expected: Vec<&str> = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
