//! Values for `$name` and `$1`.

use std::ops::ControlFlow;

use datafusion_sql::parser::Statement;
use sqlparser::ast::{Array, Expr, Statement as SqlStatement, UnaryOperator, Value, Visitor, VisitorMut};

use crate::error::{Error, Result};
use crate::source_call::OptionValue;
use crate::suggest::nearest;
use crate::walk::{walk, walk_mut};

/// Values by name, without the `$`.
pub type Params = std::collections::BTreeMap<String, OptionValue>;

/// The names of the parameters that a statement uses, without the `$`, each once.
pub fn params_of(statement: &Statement) -> Vec<String> {
    let mut finder = Finder(Vec::new());
    // Nothing breaks the walk.
    let _ = match inner(statement) {
        Some(Inner::Statement(statement)) => walk(statement, &mut finder),
        Some(Inner::Query(query)) => walk(query, &mut finder),
        None => ControlFlow::Continue(()),
    };
    finder.0
}

/// Puts values in place of parameters. What `PREPARE` holds waits for `EXECUTE` instead.
///
/// # Errors
/// A parameter without a value.
pub fn bind(statement: &mut Statement, params: &Params) -> Result<()> {
    let mut binder = Binder { params };
    let bound = match statement {
        Statement::Statement(statement) if matches!(**statement, SqlStatement::Prepare { .. }) => {
            return Ok(());
        }
        Statement::Statement(statement) => walk_mut(statement, &mut binder),
        Statement::Explain(explain) => return bind(&mut explain.statement, params),
        Statement::CopyTo(copy) => match &mut copy.source {
            datafusion_sql::parser::CopyToSource::Query(query) => walk_mut(query, &mut binder),
            datafusion_sql::parser::CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => ControlFlow::Continue(()),
    };
    match bound {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

enum Inner<'a> {
    Statement(&'a SqlStatement),
    Query(&'a sqlparser::ast::Query),
}

fn inner(statement: &Statement) -> Option<Inner<'_>> {
    match statement {
        Statement::Statement(statement) if matches!(**statement, SqlStatement::Prepare { .. }) => None,
        Statement::Statement(statement) => Some(Inner::Statement(statement)),
        Statement::Explain(explain) => inner(&explain.statement),
        Statement::CopyTo(copy) => match &copy.source {
            datafusion_sql::parser::CopyToSource::Query(query) => Some(Inner::Query(query)),
            datafusion_sql::parser::CopyToSource::Relation(_) => None,
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => None,
    }
}

/// The name of a parameter, if the expression is one.
fn name_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => Some(name.strip_prefix('$').unwrap_or(name)),
            _ => None,
        },
        _ => None,
    }
}

struct Finder(Vec<String>);

impl Visitor for Finder {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Some(name) = name_of(expr)
            && !self.0.iter().any(|known| known == name)
        {
            self.0.push(name.to_owned());
        }
        ControlFlow::Continue(())
    }
}

struct Binder<'a> {
    params: &'a Params,
}

impl VisitorMut for Binder<'_> {
    type Break = Error;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let Some(name) = name_of(expr) else { return ControlFlow::Continue(()) };
        match self.params.get(name) {
            Some(value) => match literal(name, value) {
                Ok(value) => *expr = value,
                Err(error) => return ControlFlow::Break(error),
            },
            None => return ControlFlow::Break(self.no_value(name)),
        }
        ControlFlow::Continue(())
    }
}

impl Binder<'_> {
    fn no_value(&self, name: &str) -> Error {
        if name == "?" {
            return Error::new("a parameter has no name").with_hint("number it: $1, or name it: $name");
        }
        let hint = match nearest(name, self.params.keys().map(String::as_str)) {
            Some(known) => format!("did you mean ${known}?"),
            None => format!("set it: --param {name}=VALUE on the command line, set_param in the library"),
        };
        Error::new(format!("the parameter ${name} has no value")).with_hint(hint)
    }
}

/// A value as it would be written.
fn literal(name: &str, value: &OptionValue) -> Result<Expr> {
    let value = match value {
        OptionValue::Boolean(value) => Value::Boolean(*value),
        OptionValue::Null => Value::Null,
        OptionValue::Text(text) => Value::SingleQuotedString(text.clone()),
        OptionValue::Number(number) => match number.strip_prefix('-') {
            Some(digits) => {
                let expr = Box::new(Expr::Value(Value::Number(digits.to_owned(), false).into()));
                return Ok(Expr::Nested(Box::new(Expr::UnaryOp { op: UnaryOperator::Minus, expr })));
            }
            None => Value::Number(number.clone(), false),
        },
        OptionValue::List(items) => {
            let elem = items.iter().map(|item| literal(name, item)).collect::<Result<_>>()?;
            return Ok(Expr::Array(Array { elem, named: false }));
        }
        OptionValue::Map(_) => {
            return Err(Error::new(format!("the parameter ${name} is a map"))
                .with_hint("parameters are numbers, texts, true, false, null, or lists of these"));
        }
    };
    Ok(Expr::Value(value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    fn bound(sql: &str, params: &[(&str, OptionValue)]) -> Result<String> {
        let mut statement = parse(sql)?.remove(0);
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        bind(&mut statement, &params)?;
        Ok(statement.to_string())
    }

    #[test]
    fn values_take_their_places() {
        let params = [
            ("1", OptionValue::Number("-2.5".into())),
            ("who", OptionValue::Text("it's".into())),
            ("n", OptionValue::Null),
        ];
        assert_eq!(
            bound("SELECT $1, $who FROM 'a' WHERE x = $n LIMIT 3", &params).unwrap(),
            "SELECT (-2.5), 'it''s' FROM 'a' WHERE x = NULL LIMIT 3"
        );
        assert_eq!(bound("PREPARE p AS SELECT $1", &[]).unwrap(), "PREPARE p AS SELECT $1");
    }

    #[test]
    fn a_parameter_without_a_value() {
        let error = bound("SELECT $carier", &[("carrier", OptionValue::Null)]).unwrap_err();
        assert_eq!(error.to_string(), "the parameter $carier has no value");
        assert_eq!(error.hint(), Some("did you mean $carrier?"));
        assert!(bound("SELECT $1", &[]).unwrap_err().hint().unwrap().contains("--param 1=VALUE"));
    }

    #[test]
    fn names_are_found() {
        let statement = parse("EXPLAIN SELECT $a, $b WHERE $a > 1").unwrap().remove(0);
        assert_eq!(params_of(&statement), ["a", "b"]);
    }
}
