//! `SET VARIABLE name = value` and `getvariable('name')`.
//!
//! To the parser a variable is a setting of two words, `SET variable.name = value`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion_sql::parser::{CopyToSource, ResetStatement, Statement};
use sqlparser::ast::{Expr, ObjectName, Set, Statement as SqlStatement, Value, VisitorMut};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::copy::change_computed;
use crate::dialect::functions::positional;
use crate::dialect::literals::written;
use crate::error::Result;
use crate::parse::{parse, parse_piece};
use crate::tokens::{is_solid, is_word};
use crate::walk::walk_mut;

/// What a statement does with a variable.
#[derive(Debug, Clone)]
pub struct VariableCall {
    /// The name of the variable, in lower case.
    pub name: String,
    /// The query of its value; none if it has none any more.
    pub value: Option<Statement>,
}

/// Values of variables by their names in lower case, as they are written.
pub type Variables = BTreeMap<String, Expr>;

const PREFIX: &str = "variable";

/// The statements that set variables, as the parser takes them.
pub(crate) fn with_prefixes(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    for (place, words) in solid.windows(3).enumerate() {
        let [set, variable, name] = words.iter().map(|at| &tokens[*at]).collect::<Vec<_>>()[..] else {
            continue;
        };
        let begins = place == 0 || tokens[solid[place - 1]].token == Token::SemiColon;
        let is_set = is_word(set, "SET") || is_word(set, "RESET");
        if begins && is_set && is_word(variable, PREFIX) && matches!(name.token, Token::Word(_)) {
            // There are blanks between two words.
            tokens[words[1] + 1].token = Token::Period;
        }
    }
    tokens
}

/// What a statement does with a variable; `None` for other statements.
///
/// # Errors
/// Its value cannot be parsed.
pub fn variable_of(statement: &Statement) -> Result<Option<VariableCall>> {
    match statement {
        Statement::Reset(ResetStatement::Variable(name)) => {
            Ok(name_of(name).map(|name| VariableCall { name, value: None }))
        }
        Statement::Statement(statement) => match statement.as_ref() {
            SqlStatement::Set(Set::SingleAssignment { variable, values, .. }) => {
                let (Some(name), [value]) = (name_of(variable), values.as_slice()) else { return Ok(None) };
                let value = parse(&format!("SELECT {value}"))?.pop();
                Ok(Some(VariableCall { name, value }))
            }
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

fn name_of(name: &ObjectName) -> Option<String> {
    match name.0.as_slice() {
        [prefix, name] if prefix.as_ident()?.value.eq_ignore_ascii_case(PREFIX) => {
            Some(name.as_ident()?.value.to_lowercase())
        }
        _ => None,
    }
}

/// A value of a type, both as texts.
///
/// # Errors
/// There is no such type.
pub fn value_of_type(text: &str, ty: &str) -> Result<Expr> {
    let text = Value::SingleQuotedString(text.to_owned());
    parse_piece(&format!("CAST({text} AS {ty})"), |parser| parser.parse_expr())
}

/// Puts values in place of `getvariable('name')`. What has none is null.
pub fn bind_variables(statement: &mut Statement, variables: &Variables) {
    let mut binder = Binder { variables };
    // Nothing breaks the walk.
    let _ = match statement {
        Statement::Statement(statement) => walk_mut(statement, &mut binder),
        Statement::Explain(explain) => return bind_variables(&mut explain.statement, variables),
        Statement::CopyTo(copy) => {
            change_computed(&mut copy.target, |path| {
                let _ = walk_mut(path, &mut binder);
            });
            match &mut copy.source {
                CopyToSource::Query(query) => walk_mut(query, &mut binder),
                CopyToSource::Relation(_) => ControlFlow::Continue(()),
            }
        }
        Statement::CreateExternalTable(_) | Statement::Reset(_) => ControlFlow::Continue(()),
    };
}

struct Binder<'a> {
    variables: &'a Variables,
}

impl VisitorMut for Binder<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr
            && function.name.to_string().eq_ignore_ascii_case("getvariable")
            && let Some([name]) = positional(function).as_deref()
            && let Some(name) = written(name)
        {
            let null = || Expr::Value(Value::Null.into());
            *expr = self.variables.get(&name.to_lowercase()).cloned().unwrap_or_else(null);
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_told_from_settings() {
        let of = |sql: &str| {
            let call = variable_of(&parse(sql).unwrap()[0]).unwrap();
            call.map(|call| (call.name, call.value.map(|value| value.to_string())))
        };
        let value = |sql: &str| Some(sql.to_owned());
        assert_eq!(of("set variable  N = 1 + 2"), Some(("n".into(), value("SELECT 1 + 2"))));
        assert_eq!(of("SET VARIABLE l TO (SELECT 1)"), Some(("l".into(), value("SELECT (SELECT 1)"))));
        assert_eq!(of("RESET VARIABLE n"), Some(("n".into(), None)));
        assert_eq!(of("SET threads = 2"), None);
        assert_eq!(of("SET variable = 2"), None);
    }

    #[test]
    fn values_take_their_places() {
        let mut statement =
            parse("SELECT getvariable('A'), GETVARIABLE('b') FROM read_csv(getvariable('a'))")
                .unwrap()
                .remove(0);
        let one = parse_piece("'x'", |parser| parser.parse_expr()).unwrap();
        bind_variables(&mut statement, &Variables::from([("a".to_owned(), one)]));
        assert_eq!(statement.to_string(), "SELECT 'x', NULL FROM read_csv('x')");
    }
}
