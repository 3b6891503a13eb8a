//! The lambda of `COLUMNS(c -> c LIKE 'a%')`: a condition that the names of columns must meet. It is tested here, while names are looked up,
//! so it knows comparisons, patterns and a few functions of texts, and nothing that rows are needed for.

use regex::Regex;
use sqlparser::ast::{BinaryOperator, Expr, Function, Ident, UnaryOperator};

use crate::dialect::functions::positional;
use crate::dialect::lambdas::lower_arrow;
use crate::dialect::literals::written;
use crate::error::{Error, Result};
use crate::scope::same_name;

/// A condition on a name.
pub(crate) struct NameCondition {
    /// What the condition calls the name.
    parameter: Ident,
    condition: Expr,
}

impl NameCondition {
    /// The condition of a lambda; `None`: it is something else.
    pub(crate) fn of(lambda: &Expr) -> Option<Self> {
        let mut lambda = lambda.clone();
        lower_arrow(&mut lambda, &|op| {
            matches!(op, BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Xor)
        });
        let Expr::BinaryOp { left, op: BinaryOperator::Arrow, right } = lambda else { return None };
        let mut parameter = *left;
        while let Expr::Nested(inner) = parameter {
            parameter = *inner;
        }
        match parameter {
            Expr::Identifier(parameter) => Some(Self { parameter, condition: *right }),
            _ => None,
        }
    }

    /// Whether a name meets it.
    ///
    /// # Errors
    /// It cannot be told of names alone.
    pub(crate) fn holds(&self, name: &str) -> Result<bool> {
        self.is_met(&self.condition, name)
    }

    fn is_met(&self, condition: &Expr, name: &str) -> Result<bool> {
        let matches = |expr: &Expr, pattern: &Expr, flags: &str, regex: fn(&str) -> String| {
            let pattern = self.text(pattern, name)?;
            let regex = compiled(&format!("(?{flags}){}", regex(&pattern)))?;
            Ok::<_, Error>(regex.is_match(&self.text(expr, name)?))
        };
        Ok(match condition {
            Expr::Nested(inner) => self.is_met(inner, name)?,
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => !self.is_met(expr, name)?,
            Expr::Like { negated, expr, pattern, escape_char: None, any: false } => {
                matches(expr, pattern, "s", like_regex)? != *negated
            }
            Expr::ILike { negated, expr, pattern, escape_char: None, any: false } => {
                matches(expr, pattern, "si", like_regex)? != *negated
            }
            Expr::SimilarTo { negated, expr, pattern, escape_char: None } => {
                matches(expr, pattern, "s", whole)? != *negated
            }
            Expr::InList { expr, list, negated } => {
                let text = self.text(expr, name)?;
                let items = list.iter().map(|item| self.text(item, name)).collect::<Result<Vec<_>>>()?;
                items.contains(&text) != *negated
            }
            Expr::BinaryOp { left, op, right } => match op {
                BinaryOperator::And => self.is_met(left, name)? && self.is_met(right, name)?,
                BinaryOperator::Or => self.is_met(left, name)? || self.is_met(right, name)?,
                BinaryOperator::Eq => self.text(left, name)? == self.text(right, name)?,
                BinaryOperator::NotEq => self.text(left, name)? != self.text(right, name)?,
                BinaryOperator::PGRegexMatch => matches(left, right, "s", str::to_owned)?,
                BinaryOperator::PGRegexNotMatch => !matches(left, right, "s", str::to_owned)?,
                BinaryOperator::PGStartsWith => self.text(left, name)?.starts_with(&self.text(right, name)?),
                _ => return Err(not_of_names(condition)),
            },
            Expr::Function(function) => self.is_met_by_call(function, name)?,
            _ => return Err(not_of_names(condition)),
        })
    }

    fn is_met_by_call(&self, function: &Function, name: &str) -> Result<bool> {
        let given = positional(function).unwrap_or_default();
        let [text, part] = given.as_slice() else {
            return Err(not_of_names(&Expr::Function(function.clone())));
        };
        let (text, part) = (self.text(text, name)?, self.text(part, name)?);
        match function.name.to_string().to_lowercase().as_str() {
            "starts_with" | "prefix" => Ok(text.starts_with(&part)),
            "ends_with" | "suffix" => Ok(text.ends_with(&part)),
            "contains" => Ok(text.contains(&part)),
            "regexp_matches" | "regexp_like" => Ok(compiled(&part)?.is_match(&text)),
            "regexp_full_match" => Ok(compiled(&whole(&part))?.is_match(&text)),
            _ => Err(not_of_names(&Expr::Function(function.clone()))),
        }
    }

    /// A text that is written down, the name, or either in other letters.
    fn text(&self, expr: &Expr, name: &str) -> Result<String> {
        match expr {
            Expr::Nested(inner) => self.text(inner, name),
            Expr::Identifier(ident) if same_name(&ident.value, &self.parameter.value) => Ok(name.to_owned()),
            Expr::Function(function) => {
                let given = positional(function).unwrap_or_default();
                match (function.name.to_string().to_lowercase().as_str(), given.as_slice()) {
                    ("lower" | "lcase", [inner]) => Ok(self.text(inner, name)?.to_lowercase()),
                    ("upper" | "ucase", [inner]) => Ok(self.text(inner, name)?.to_uppercase()),
                    _ => Err(not_of_names(expr)),
                }
            }
            other => written(other).ok_or_else(|| not_of_names(other)),
        }
    }
}

/// The pattern of a `LIKE` as a regular expression.
pub(crate) fn like_regex(pattern: &str) -> String {
    let mut regex = String::new();
    for char in pattern.chars() {
        match char {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            other => regex.push_str(&regex_syntax::escape(&other.to_string())),
        }
    }
    whole(&regex)
}

/// A pattern that has to match all of a text.
fn whole(regex: &str) -> String {
    format!("^(?:{regex})$")
}

/// A pattern for names of columns.
///
/// # Errors
/// It is no regular expression.
pub(crate) fn compiled(regex: &str) -> Result<Regex> {
    Regex::new(regex).map_err(|error| {
        let problem = error.to_string();
        let problem = problem.lines().last().unwrap_or_default();
        Error::new(format!(
            "COLUMNS: the pattern \"{regex}\" is wrong: {}",
            problem.trim_start_matches("error: ")
        ))
    })
}

fn not_of_names(expr: &Expr) -> Error {
    Error::new(format!("COLUMNS: \"{expr}\" is nothing that a name can be tested for")).with_hint(
        "names are tested with =, IN, LIKE, ~, starts_with, ends_with, contains and regexp_matches, AND, OR and NOT, \
         as in COLUMNS(c -> c LIKE 'a%' OR c = 'b')",
    )
}
