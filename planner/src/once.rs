//! Queries of `WITH` that give other rows each time, and are named more than once: `WITH r AS (SELECT random() AS x …) SELECT … FROM r a, r b`.
//!
//! The relational core plans such a query wherever it is named. [`computed_once`] puts a table in the place of the first, and gives the
//! statement that makes the table.

use std::ops::ControlFlow;

use datafusion_sql::parser::{CopyToSource, Statement};
use sqlparser::ast::{Cte, Expr, Query, Statement as SqlStatement, TableFactor, Visit, Visitor};

use crate::error::Result;
use crate::parse::{parse, parse_piece};
use crate::scope::same_name;
use crate::walk::{walk, walk_expressions};

/// Functions that give another value each time.
const VOLATILE: [&str; 5] = ["random", "rand", "uuid", "uuidv4", "gen_random_uuid"];

/// Puts a table, called so, into the place of the first query that has to be computed once; the statement that makes the table. `None`
/// where there is no such query.
///
/// # Errors
/// The statement that is made of it cannot be parsed.
pub fn computed_once(statement: &mut Statement, table: &str) -> Result<Option<Statement>> {
    let Some(query) = query_of(statement) else { return Ok(None) };
    let Some(at) = first_volatile(query) else { return Ok(None) };
    let Some(with) = &mut query.with else { return Ok(None) };
    let recursive = if with.recursive { "RECURSIVE " } else { "" };
    let known: Vec<String> = with.cte_tables[..at].iter().map(ToString::to_string).collect();
    let with_known = match known.is_empty() {
        true => String::new(),
        false => format!("WITH {recursive}{} ", known.join(", ")),
    };
    let rows = parse_piece(&format!("SELECT * FROM \"{table}\""), |parser| parser.parse_query())?;
    let volatile = std::mem::replace(&mut with.cte_tables[at].query, rows);
    let sql = format!("CREATE TABLE \"{table}\" AS {with_known}SELECT * FROM ({volatile}) AS __once");
    Ok(parse(&sql)?.pop())
}

fn query_of(statement: &mut Statement) -> Option<&mut Query> {
    match statement {
        Statement::Statement(statement) => match statement.as_mut() {
            SqlStatement::Query(query) => Some(query),
            _ => None,
        },
        Statement::Explain(explain) => query_of(&mut explain.statement),
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => Some(query),
            CopyToSource::Relation(_) => None,
        },
        _ => None,
    }
}

/// The place of the first query that is volatile, by itself or by those before it, and named more than once. One that names itself is left.
fn first_volatile(query: &Query) -> Option<usize> {
    let mut volatile: Vec<&Cte> = Vec::new();
    for (at, cte) in query.with.as_ref()?.cte_tables.iter().enumerate() {
        let is_volatile = calls_volatile(&cte.query)
            || volatile.iter().any(|known| times_named(&cte.query, &known.alias.name.value) > 0);
        if !is_volatile {
            continue;
        }
        let name = &cte.alias.name.value;
        let names_itself = times_named(&cte.query, name) > 0;
        if !names_itself && times_named(query, name) > 1 {
            return Some(at);
        }
        volatile.push(cte);
    }
    None
}

fn calls_volatile(query: &Query) -> bool {
    let found = walk_expressions(query, |expr| match expr {
        Expr::Function(call) if VOLATILE.contains(&call.name.to_string().to_lowercase().as_str()) => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// How often a query takes rows of a table of this name.
fn times_named<T: Visit>(query: &T, name: &str) -> usize {
    struct Names<'a> {
        name: &'a str,
        count: usize,
    }

    impl Visitor for Names<'_> {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            if let TableFactor::Table { name, args: None, .. } = factor
                && let [part] = name.0.as_slice()
                && part.as_ident().is_some_and(|ident| same_name(&ident.value, self.name))
            {
                self.count += 1;
            }
            ControlFlow::Continue(())
        }
    }

    let mut names = Names { name, count: 0 };
    let _: ControlFlow<()> = walk(query, &mut names);
    names.count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once(sql: &str) -> Option<(String, String)> {
        let mut statement = parse(sql).unwrap().remove(0);
        let made = computed_once(&mut statement, "__t").unwrap()?.to_string();
        assert!(computed_once(&mut statement, "__t").unwrap().is_none());
        Some((made, statement.to_string()))
    }

    #[test]
    fn what_is_named_twice() {
        let (made, rest) = once("WITH r AS (SELECT random() AS x) SELECT a.x FROM r a, R b").unwrap();
        assert_eq!(made, "CREATE TABLE \"__t\" AS SELECT * FROM (SELECT random() AS x) AS __once");
        assert_eq!(rest, "WITH r AS (SELECT * FROM \"__t\") SELECT a.x FROM r a, R b");
        let (made, _) = once(
            "WITH r AS (SELECT uuid() AS x), s (y) AS (SELECT x FROM r) SELECT * FROM s, (SELECT * FROM s) t",
        )
        .unwrap();
        assert_eq!(
            made,
            "CREATE TABLE \"__t\" AS WITH r AS (SELECT uuid() AS x) SELECT * FROM (SELECT x FROM r) AS __once"
        );
    }

    #[test]
    fn other_queries_stay() {
        for sql in [
            "WITH r AS (SELECT random() AS x) SELECT x FROM r",
            "WITH r AS (SELECT 1 AS x) SELECT x FROM r a, r b",
            "SELECT random() FROM r a, r b",
            "CREATE VIEW v AS WITH r AS (SELECT random()) SELECT * FROM r a, r b",
        ] {
            assert!(once(sql).is_none(), "{sql}");
        }
    }
}
