//! Functions of regular expressions, with the options that other engines have.

use sqlparser::ast::{BinaryOperator, CastKind, DataType, Expr, Function, Value};

use super::calls::{argument_list, call, one, positional, text, wrong_arguments};
use crate::dialect::literals::written;
use crate::dialect::templates::Template;
use crate::error::{Error, Result};

/// A pattern of `SIMILAR TO`, a regular expression of the whole text, as one of a part of it.
pub(super) fn similar(pattern: &Expr) -> Result<Expr> {
    match written(pattern) {
        Some(pattern) => Ok(text(&format!("^(?:{pattern})$"))),
        None => Template::new("'^(?:' || $1 || ')$'", 1).filled(std::slice::from_ref(pattern)),
    }
}

/// `regexp_extract(text, pattern, group = 0)`: what a group matched, an empty text where nothing did. The whole
/// pattern becomes the first group, so that group 0 is the whole match whatever groups there are.
pub(super) fn regexp_extract(function: &mut Function) -> Result<Expr> {
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
        Expr::Value(value) if value.value == Value::Null => {
            let ty = DataType::Varchar(None);
            let null = Box::new(pattern.clone());
            Expr::Cast { kind: CastKind::Cast, expr: null, data_type: ty, array: false, format: None }
        }
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
    Template::new(
        "coalesce(array_element(regexp_match($1, $2), $3), CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN '' END)",
        3,
    )
    .filled(&[subject, whole, index])
}

/// Brings the options of a function, as `'i'`, to those that the relational core has; where it takes none, into the pattern.
///
/// # Errors
/// There is no such option, or it is not known which they are.
pub(super) fn take_options(function: &mut Function, name: &str) -> Result<()> {
    let (at, is_own) = match name {
        "regexp_matches" | "regexp_like" => (2, true),
        "regexp_replace" => (3, true),
        "regexp_full_match" => (2, false),
        "regexp_extract" | "regexp_extract_all" => (3, false),
        _ => return Ok(()),
    };
    if name == "regexp_extract" {
        with_group(function);
    }
    let Some(mut given) = positional(function).filter(|given| given.len() == at + 1) else { return Ok(()) };
    let options = given.pop();
    let options = match options.as_ref().map(|options| (options, written(options))) {
        Some((_, Some(options))) => Options::of(&options, name)?,
        Some((Expr::Value(null), _)) if null.value == Value::Null => Options::default(),
        _ if is_own => return Ok(()),
        _ => return Err(wrong_arguments(name, "options in quotes, as 'i'")),
    };
    if options.is_text {
        let pattern =
            written(&given[1]).ok_or_else(|| wrong_arguments(name, "a text in quotes, with the option l"))?;
        given[1] = text(&regex_syntax::escape(&pattern));
    }
    if is_own && !options.flags.is_empty() {
        given.push(text(&options.flags));
    } else if !options.flags.is_empty() {
        let flags = format!("(?{})", options.flags);
        given[1] = match written(&given[1]) {
            Some(pattern) => text(&(flags + &pattern)),
            None => Expr::Nested(Box::new(Expr::BinaryOp {
                left: Box::new(text(&flags)),
                op: BinaryOperator::StringConcat,
                right: Box::new(given[1].clone()),
            })),
        };
    }
    function.args = argument_list(given, Vec::new());
    Ok(())
}

/// `regexp_extract(text, pattern, 'i')`, options in the place of the group: it is the whole match.
fn with_group(function: &mut Function) {
    let Some(mut given) = positional(function).filter(|given| given.len() == 3) else { return };
    if written(&given[2]).is_some() {
        given.insert(2, Expr::Value(Value::Number("0".to_owned(), false).into()));
        function.args = argument_list(given, Vec::new());
    }
}

/// A `$` in what `regexp_replace` puts in is one: groups are `\\1`, and the relational core takes `$1` for one, too, and `$x` for nothing.
pub(super) fn keep_dollars(function: &mut Function) {
    let Some(mut given) = positional(function).filter(|given| given.len() > 2) else { return };
    given[2] = match written(&given[2]) {
        Some(put_in) if !put_in.contains('$') => return,
        Some(put_in) => text(&put_in.replace('$', "$$")),
        None => Expr::Function(call("replace", vec![given[2].clone(), text("$"), text("$$")])),
    };
    function.args = argument_list(given, Vec::new());
}

/// What options say.
#[derive(Default)]
struct Options {
    /// As the relational core writes them.
    flags: String,
    /// The pattern is a text as it stands.
    is_text: bool,
}

impl Options {
    fn of(written: &str, name: &str) -> Result<Self> {
        let mut options = Self::default();
        for option in written.chars().filter(|char| !char.is_whitespace()) {
            match option {
                'c' => options.flags.retain(|flag| flag != 'i'),
                'l' => options.is_text = true,
                // A dot is no end of a line, as it is not anyway.
                'n' | 'p' => {}
                'i' | 'm' | 's' | 'x' | 'U' => options.flags.push(option),
                'g' if name == "regexp_replace" => options.flags.push(option),
                other => {
                    return Err(Error::new(format!("{name}: there is no option \"{other}\"")).with_hint(
                        "i: letters of either case; s: a dot is also an end of a line; m: ^ and $ are of lines; l: the text as it stands; g: all places",
                    ));
                }
            }
        }
        Ok(options)
    }
}
