//! `CREATE MACRO add(a, b := 1) AS a + b` and `CREATE MACRO late(n) AS TABLE SELECT … WHERE x > n`: expressions and queries by name.
//!
//! A call is replaced by what the macro stands for, with its arguments in the places of the parameters, before anything else is looked at.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion_sql::parser::{CopyToSource, Statement};
use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, MacroArg,
    MacroDefinition, ObjectName, ObjectNamePart, Select, SelectItem, Statement as SqlStatement, Subscript,
    TableAlias, TableFactor, TableFunctionArgs, Value, VisitMut, VisitorMut,
};
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use crate::dialect::templates::as_operand;
use crate::error::{Error, Result};
use crate::scope::same_name;
use crate::tokens::{is_solid, is_word};
use crate::walk::{walk_expressions, walk_mut};

/// What a statement does with a macro.
#[derive(Debug, Clone)]
pub enum MacroCall {
    /// It makes one, or another one in place of one that there is.
    Create {
        /// Its name, in lower case.
        name: String,
        /// What it stands for.
        made: Box<Macro>,
        /// Whether there may be one already.
        replaces: bool,
    },
    /// It forgets one, which must be there unless this is said.
    Drop {
        /// Its name, in lower case.
        name: String,
        /// Whether there may be none.
        if_exists: bool,
    },
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub struct Macro {
    params: Vec<MacroArg>,
    definition: MacroDefinition,
}

/// Macros by their names in lower case.
pub type Macros = BTreeMap<String, Macro>;

/// Macros that call macros deeper than this are taken for those that call themselves.
const MAX_DEPTH: usize = 32;

/// `CREATE FUNCTION f(a) AS …` as `CREATE MACRO`, and `DROP MACRO f` as `DROP FUNCTION`, as the parser knows them.
pub(crate) fn macro_words(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    for (place, at) in solid.iter().enumerate() {
        let begins = place == 0 || tokens[solid[place - 1]].token == Token::SemiColon;
        let is = |behind: usize, word: &str| {
            solid.get(place + behind).is_some_and(|at| is_word(&tokens[*at], word))
        };
        if begins && is_word(&tokens[*at], "DROP") && is(1, "MACRO") {
            let is_table = is(2, "TABLE");
            tokens[solid[place + 1]].token = Token::make_keyword("FUNCTION");
            if is_table {
                tokens[solid[place + 2]].token = Token::Whitespace(Whitespace::Space);
            }
        } else if begins && is_word(&tokens[*at], "CREATE") {
            let kind = (1..5).find(|behind| is(*behind, "FUNCTION"));
            let is_of_expression = solid[place..]
                .iter()
                .take_while(|at| tokens[**at].token != Token::SemiColon)
                .all(|at| !is_word(&tokens[*at], "RETURNS") && !is_word(&tokens[*at], "LANGUAGE"));
            if let Some(kind) = kind.filter(|_| is_of_expression) {
                tokens[solid[place + kind]].token = Token::make_keyword("MACRO");
            }
        }
    }
    tokens
}

/// What a statement does with a macro; `None` for other statements.
pub fn macro_of(statement: &Statement) -> Option<MacroCall> {
    let Statement::Statement(statement) = statement else { return None };
    match statement.as_ref() {
        SqlStatement::CreateMacro { or_replace, name, args, definition, .. } => Some(MacroCall::Create {
            name: name_of(name)?,
            made: Box::new(Macro {
                params: args.clone().unwrap_or_default(),
                definition: definition.clone(),
            }),
            replaces: *or_replace,
        }),
        SqlStatement::DropFunction(drop) => match drop.func_desc.as_slice() {
            [function] => Some(MacroCall::Drop { name: name_of(&function.name)?, if_exists: drop.if_exists }),
            _ => None,
        },
        _ => None,
    }
}

/// The name of a macro, also behind one of a schema.
fn name_of(name: &ObjectName) -> Option<String> {
    name.0.last().and_then(ObjectNamePart::as_ident).map(|name| name.value.to_lowercase())
}

/// Puts what macros stand for into the places of their calls.
///
/// # Errors
/// A call lacks arguments, or has others; a macro calls itself.
pub fn expand_macros(statement: &mut Statement, macros: &Macros) -> Result<()> {
    if macros.is_empty() {
        return Ok(());
    }
    match statement {
        Statement::Statement(statement) => expand(statement.as_mut(), macros, 0),
        Statement::Explain(explain) => expand_macros(&mut explain.statement, macros),
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => expand(query.as_mut(), macros, 0),
            CopyToSource::Relation(_) => Ok(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => Ok(()),
    }
}

fn expand<T: VisitMut>(node: &mut T, macros: &Macros, depth: usize) -> Result<()> {
    match walk_mut(node, &mut Expander { macros, depth }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Expander<'a> {
    macros: &'a Macros,
    depth: usize,
}

impl VisitorMut for Expander<'_> {
    type Break = Error;

    // A result column is called as it is written.
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(expr) = item
                && self.has_calls(expr)
            {
                let alias = Ident::with_quote('"', expr.to_string());
                *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let Expr::Function(function) = &*expr else { return ControlFlow::Continue(()) };
        match self.value_of(function) {
            Ok(Some(value)) => {
                *expr = value;
                ControlFlow::Continue(())
            }
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        match self.table_of(factor) {
            Ok(Some(table)) => {
                *factor = table;
                ControlFlow::Continue(())
            }
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Expander<'_> {
    fn find(&self, name: &ObjectName) -> Option<(String, &Macro)> {
        let name = name_of(name)?;
        self.macros.get(&name).map(|found| (name, found))
    }

    fn has_calls(&self, expr: &Expr) -> bool {
        let found = walk_expressions(expr, |expr| match expr {
            Expr::Function(function) if self.find(&function.name).is_some() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        found.is_break()
    }

    fn value_of(&self, function: &Function) -> Result<Option<Expr>> {
        let Some((name, found)) = self.find(&function.name) else { return Ok(None) };
        let MacroDefinition::Expr(definition) = &found.definition else {
            return Err(Error::new(format!("the macro \"{name}\" is a table"))
                .with_hint(format!("it goes into FROM: SELECT * FROM {name}(…)")));
        };
        if function.over.is_some() || function.filter.is_some() {
            return Err(Error::new(format!("the macro \"{name}\" takes neither OVER nor FILTER")));
        }
        let FunctionArguments::List(list) = &function.args else { return Ok(None) };
        let mut value = definition.clone();
        self.fill(&mut value, &name, found, &list.args)?;
        Ok(Some(Expr::Nested(Box::new(value))))
    }

    fn table_of(&self, factor: &TableFactor) -> Result<Option<TableFactor>> {
        let (name, args, alias) = match factor {
            TableFactor::Table { name, args: Some(TableFunctionArgs { args, .. }), alias, .. }
            | TableFactor::Function { name, args, alias, .. } => (name, args, alias),
            _ => return Ok(None),
        };
        let Some((name, found)) = self.find(name) else { return Ok(None) };
        let MacroDefinition::Table(query) = &found.definition else {
            return Err(Error::new(format!("the macro \"{name}\" is one value, and no table"))
                .with_hint(format!("SELECT {name}(…) makes a table of it")));
        };
        let mut subquery = query.clone();
        self.fill(subquery.as_mut(), &name, found, args)?;
        let alias = alias.clone().unwrap_or_else(|| TableAlias {
            explicit: true,
            name: Ident::with_quote('"', name),
            columns: Vec::new(),
            at: None,
        });
        Ok(Some(TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None }))
    }

    /// Puts arguments into the places of parameters, and expands what comes of it.
    fn fill<T: VisitMut>(&self, node: &mut T, name: &str, found: &Macro, args: &[FunctionArg]) -> Result<()> {
        if self.depth == MAX_DEPTH {
            return Err(Error::new(format!("the macro \"{name}\" calls itself"))
                .with_hint("WITH RECURSIVE is for what comes of itself"));
        }
        let values = found.values(name, args)?;
        let ControlFlow::Continue(()) = walk_mut(node, &mut Filler { values: &values });
        expand(node, self.macros, self.depth + 1)
    }
}

impl Macro {
    /// The values of the parameters, by their names.
    fn values(&self, name: &str, args: &[FunctionArg]) -> Result<Vec<(String, Expr)>> {
        let names: Vec<&str> = self.params.iter().map(|param| param.name.value.as_str()).collect();
        let wrong = || {
            let takes = if names.is_empty() { "no values".to_owned() } else { names.join(", ") };
            Error::new(format!("the macro \"{name}\" takes {takes}"))
        };
        let mut values: Vec<Option<Expr>> = vec![None; self.params.len()];
        for (at, arg) in args.iter().enumerate() {
            let (place, value) = match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => (Some(at), value),
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. }
                | FunctionArg::ExprNamed {
                    name: Expr::Identifier(name),
                    arg: FunctionArgExpr::Expr(value),
                    ..
                } => (names.iter().position(|own| same_name(own, &name.value)), value),
                _ => return Err(wrong()),
            };
            *place.and_then(|place| values.get_mut(place)).ok_or_else(wrong)? = Some(value.clone());
        }
        let value = |(param, value): (&MacroArg, Option<Expr>)| {
            let value = value.or_else(|| param.default_expr.clone()).ok_or_else(wrong)?;
            Ok((param.name.value.clone(), value))
        };
        self.params.iter().zip(values).map(value).collect()
    }
}

struct Filler<'a> {
    values: &'a [(String, Expr)],
}

impl Filler<'_> {
    fn value(&self, name: &Ident) -> Option<Expr> {
        let (_, value) = self.values.iter().find(|(param, _)| same_name(param, &name.value))?;
        Some(as_operand(value))
    }
}

impl VisitorMut for Filler<'_> {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::Identifier(name) => {
                if let Some(value) = self.value(name) {
                    *expr = value;
                }
            }
            // Fields of a parameter that is a struct.
            Expr::CompoundIdentifier(parts) => {
                if let Some(value) = parts.first().and_then(|first| self.value(first)) {
                    let field = |field: &Ident| {
                        let index = Expr::Value(Value::SingleQuotedString(field.value.clone()).into());
                        AccessExpr::Subscript(Subscript::Index { index })
                    };
                    let access_chain = parts[1..].iter().map(field).collect();
                    *expr = Expr::CompoundFieldAccess { root: Box::new(value), access_chain };
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    fn expanded(macros: &[&str], sql: &str) -> Result<String> {
        let mut known = Macros::new();
        for sql in macros {
            if let Some(MacroCall::Create { name, made, .. }) = macro_of(&parse(sql)?[0]) {
                known.insert(name, *made);
            }
        }
        let mut statement = parse(sql)?.remove(0);
        expand_macros(&mut statement, &known)?;
        Ok(statement.to_string())
    }

    #[test]
    fn calls_become_what_macros_stand_for() {
        let add = "CREATE MACRO add(a, b := 5) AS a + b";
        let twice = "CREATE FUNCTION twice(x) AS Add(x, x)";
        for (sql, expected) in [
            ("SELECT add(1), Add(t.c, b := 2) AS s", "SELECT (1 + 5) AS \"add(1)\", (t.c + 2) AS s"),
            ("SELECT add(2 * 3, -1) AS n", "SELECT ((2 * 3) + (-1)) AS n"),
            ("SELECT 1 WHERE twice(n) > 2", "SELECT 1 WHERE ((n + n)) > 2"),
            ("SELECT other(1)", "SELECT other(1)"),
        ] {
            assert_eq!(expanded(&[add, twice], sql).unwrap(), expected);
        }
        assert_eq!(expanded(&[add], "SELECT add()").unwrap_err().to_string(), "the macro \"add\" takes a, b");
        assert!(expanded(&["CREATE MACRO f(x) AS f(x)"], "SELECT f(1)").is_err());
    }

    #[test]
    fn tables() {
        let late = "CREATE MACRO late(p, n) AS TABLE SELECT * FROM read_csv(p) WHERE delay > n";
        assert_eq!(
            expanded(&[late], "SELECT * FROM late('a.csv', 5) AS l").unwrap(),
            "SELECT * FROM (SELECT * FROM read_csv('a.csv') WHERE delay > 5) AS l"
        );
        assert!(expanded(&[late], "SELECT late('a', 1)").is_err());
        let drop = |sql: &str| macro_of(&parse(sql).unwrap()[0]);
        assert!(matches!(
            drop("DROP MACRO TABLE IF EXISTS Late"),
            Some(MacroCall::Drop { if_exists: true, .. })
        ));
    }
}
