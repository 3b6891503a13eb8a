//! `a ASOF JOIN b ON a.k = b.k AND a.t >= b.t`: to each row of `a` the row of `b` with the same key that is nearest in time, as joins and a
//! window that the relational core has.
//!
//! The keys and times of both tables, one below the other and in the order of time, tell for each time of `a` the last one of `b`
//! before it; a table of these pairs stands between the two, joined by equality:
//!
//! ```text
//! a JOIN (SELECT DISTINCT k, t, last FROM (SELECT …, max(t of b) OVER (PARTITION BY k ORDER BY t) AS last …)) pairs
//!   ON a.k = pairs.k AND a.t = pairs.t
//!   JOIN (SELECT DISTINCT ON (k, t) * FROM b) b ON b.k = pairs.k AND b.t = pairs.last
//! ```

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectNamePart, TableFactor,
    TableWithJoins,
};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::error::{Error, Result};
use crate::joins::{alias_of, constraint_of};
use crate::parse::parse_piece;
use crate::scope::same_name;
use crate::tokens::{is_solid, is_word};
use crate::walk::walk_expressions;

/// `ASOF JOIN … ON` as `GLOBAL JOIN … ON`, of which no other join is made here: the parser knows another form of the first.
pub(crate) fn with_marks(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    for (place, at) in solid.iter().enumerate() {
        let is_join = solid[place + 1..]
            .iter()
            .take(3)
            .take_while(|at| {
                ["LEFT", "INNER", "OUTER", "JOIN"].iter().any(|word| is_word(&tokens[**at], word))
            })
            .any(|at| is_word(&tokens[*at], "JOIN"));
        if is_join && is_word(&tokens[*at], "ASOF") {
            tokens[*at].token = Token::make_keyword("GLOBAL");
        }
    }
    tokens
}

/// How the names of such tables of pairs begin.
const PAIRS: &str = "asof ";

/// Whether a table stands between two others and has no columns of its own.
pub(crate) fn is_between(name: &str) -> bool {
    name.starts_with(PAIRS)
}

/// Writes such joins as others; returns which columns `USING` makes one.
///
/// # Errors
/// The condition is not one of equal keys and one order, or the tables have no names.
pub(crate) fn expand_asof(table: &mut TableWithJoins) -> Result<Vec<Shared>> {
    let Some(at) = table.joins.iter().position(|join| join.global) else { return Ok(Vec::new()) };
    let mut rest = table.joins.split_off(at);
    let asof = rest.remove(0);
    let pairs = format!("{PAIRS}{}", at + 1);
    let shared = shared_of(&asof);
    let two = joined(table, asof, &pairs)?;
    table.joins.extend(two);
    table.joins.extend(rest);
    let mut all = expand_asof(table)?;
    all.extend(shared);
    Ok(all)
}

/// The columns of a table, by its name, that `USING` makes one with those in front of it.
pub(crate) struct Shared {
    pub(crate) table: String,
    pub(crate) columns: Vec<String>,
}

fn shared_of(asof: &Join) -> Option<Shared> {
    let mut operator = asof.join_operator.clone();
    let Some(JoinConstraint::Using(columns)) = constraint_of(&mut operator) else { return None };
    let columns = columns.iter().filter_map(|column| match column.0.last() {
        Some(ObjectNamePart::Identifier(name)) => Some(name.value.clone()),
        _ => None,
    });
    Some(Shared { table: name_of(&asof.relation)?, columns: columns.collect() })
}

/// A comparison of the left side with the right.
struct Comparison {
    left: Expr,
    op: BinaryOperator,
    right: Expr,
}

fn joined(left: &TableWithJoins, mut asof: Join, pairs: &str) -> Result<[Join; 2]> {
    let keeps_left = match asof.join_operator {
        JoinOperator::Join(_) | JoinOperator::Inner(_) => false,
        JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => true,
        _ => return Err(Error::new("ASOF: expected ASOF JOIN or ASOF LEFT JOIN")),
    };
    let name = name_of(&asof.relation).ok_or_else(no_names)?;
    let mut comparisons = match constraint_of(&mut asof.join_operator) {
        Some(JoinConstraint::On(condition)) => comparisons(condition, &name)?,
        Some(JoinConstraint::Using(columns)) => {
            let own = name_of(&left.relation).ok_or_else(no_names)?;
            let last = columns.len().saturating_sub(1);
            let columns = columns.iter().enumerate().map(|(at, column)| {
                let column = column.0.last().map(ToString::to_string).unwrap_or_default();
                let of = |table: &str| {
                    Expr::CompoundIdentifier(vec![Ident::with_quote('"', table), Ident::new(&column)])
                };
                let op = if at == last { BinaryOperator::GtEq } else { BinaryOperator::Eq };
                Comparison { left: of(&own), op, right: of(&name) }
            });
            columns.collect()
        }
        _ => return Err(wrong_condition()),
    };
    let place = comparisons.iter().position(|comparison| comparison.op != BinaryOperator::Eq);
    let time = comparisons.swap_remove(place.ok_or_else(wrong_condition)?);
    if comparisons.iter().any(|comparison| comparison.op != BinaryOperator::Eq) {
        return Err(wrong_condition());
    }
    let (order, side_order, extreme) = match time.op {
        BinaryOperator::GtEq => ("ASC", "ASC", "max"),
        BinaryOperator::Gt => ("ASC", "DESC", "max"),
        BinaryOperator::LtEq => ("DESC", "ASC", "min"),
        _ => ("DESC", "DESC", "min"),
    };
    let names: Vec<String> = (1..=comparisons.len()).map(|number| format!("__key{number}")).collect();
    let list = |items: Vec<String>| items.into_iter().map(|item| format!("{item}, ")).collect::<String>();
    let keys = list(names.clone());
    let side = |is_left: bool| {
        let of = |comparison: &Comparison| {
            if is_left { comparison.left.to_string() } else { comparison.right.to_string() }
        };
        let keys = comparisons.iter().zip(&names).map(|(key, name)| format!("{} AS {name}", of(key)));
        let (side, from) = if is_left { (1, left.to_string()) } else { (0, asof.relation.to_string()) };
        let time = of(&time);
        format!(
            "SELECT {}{time} AS __time, {side} AS __side FROM {from} WHERE {time} IS NOT NULL",
            list(keys.collect())
        )
    };
    let partition = match names.is_empty() {
        true => String::new(),
        false => format!("PARTITION BY {} ", names.join(", ")),
    };
    let equal = |expr: &Expr, name: &str| format!("{expr} = \"{pairs}\".{name}");
    let on_keys = |is_left: bool, time: String| {
        let of = |comparison: &Comparison, name: &str| {
            equal(if is_left { &comparison.left } else { &comparison.right }, name)
        };
        let mut conditions: Vec<String> =
            comparisons.iter().zip(&names).map(|(key, name)| of(key, name)).collect();
        conditions.push(time);
        conditions.join(" AND ")
    };
    let join = if keeps_left { "LEFT JOIN" } else { "JOIN" };
    let right_keys: Vec<String> =
        comparisons.iter().chain([&time]).map(|comparison| comparison.right.to_string()).collect();
    let sql = format!(
        "__left {join} (SELECT DISTINCT {keys}__time, __last FROM (SELECT {keys}__time, __side, \
         {extreme}(CASE WHEN __side = 0 THEN __time END) OVER ({partition}ORDER BY __time {order}, __side {side_order} \
         ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS __last \
         FROM ({} UNION ALL {}) AS \"__both\") AS \"__times\" WHERE __side = 1) AS \"{pairs}\" ON {} \
         {join} (SELECT DISTINCT ON ({}) * FROM {}) AS \"{name}\" ON {}",
        side(true),
        side(false),
        on_keys(true, equal(&time.left, "__time")),
        right_keys.join(", "),
        asof.relation,
        on_keys(false, equal(&time.right, "__last")),
    );
    let parsed = parse_piece(&sql, |parser| parser.parse_table_and_joins())?;
    <[Join; 2]>::try_from(parsed.joins).map_err(|_| wrong_condition())
}

/// The name by which a condition calls a table.
pub(crate) fn name_of(factor: &TableFactor) -> Option<String> {
    let alias = match factor {
        TableFactor::Derived { alias, .. } => alias.as_ref(),
        other => alias_of(other),
    };
    if let Some(alias) = alias {
        return Some(alias.name.value.clone());
    }
    match factor {
        TableFactor::Table { name, args: None, .. } => match name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] if name.quote_style != Some('\'') => Some(name.value.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// The conditions of which all must hold, each with the other side on the left.
fn comparisons(condition: &Expr, right: &str) -> Result<Vec<Comparison>> {
    match condition {
        Expr::Nested(inner) => comparisons(inner, right),
        Expr::BinaryOp { left: one, op: BinaryOperator::And, right: other } => {
            let mut all = comparisons(one, right)?;
            all.extend(comparisons(other, right)?);
            Ok(all)
        }
        Expr::BinaryOp { left: one, op, right: other } => {
            let turned = match op {
                BinaryOperator::Eq => BinaryOperator::Eq,
                BinaryOperator::GtEq => BinaryOperator::LtEq,
                BinaryOperator::Gt => BinaryOperator::Lt,
                BinaryOperator::LtEq => BinaryOperator::GtEq,
                BinaryOperator::Lt => BinaryOperator::Gt,
                _ => return Err(wrong_condition()),
            };
            let [one, other] = [one, other].map(|side| (**side).clone());
            match (is_of(&one, right)?, is_of(&other, right)?) {
                (false, true) => Ok(vec![Comparison { left: one, op: op.clone(), right: other }]),
                (true, false) => Ok(vec![Comparison { left: other, op: turned, right: one }]),
                _ => Err(wrong_condition()),
            }
        }
        _ => Err(wrong_condition()),
    }
}

/// Whether an expression is of columns of a table, and of no others.
fn is_of(expr: &Expr, table: &str) -> Result<bool> {
    let (mut own, mut others, mut bare) = (0, 0, false);
    let _: ControlFlow<()> = walk_expressions(expr, |expr| {
        match expr {
            Expr::CompoundIdentifier(parts) if same_name(&parts[0].value, table) => own += 1,
            Expr::CompoundIdentifier(_) => others += 1,
            Expr::Identifier(_) => bare = true,
            _ => {}
        }
        ControlFlow::Continue(())
    });
    match (own > 0, others > 0, bare) {
        (_, _, true) => Err(Error::new("ASOF: it is not known of which table a column is")
            .with_hint("put the tables' names before them: ON a.k = b.k AND a.t >= b.t")),
        (true, true, _) => Err(wrong_condition()),
        (own, _, _) => Ok(own),
    }
}

fn wrong_condition() -> Error {
    Error::new("ASOF: expected equal keys and one order of times")
        .with_hint("as in a ASOF JOIN b ON a.k = b.k AND a.t >= b.t, or USING (k, t)")
}

fn no_names() -> Error {
    Error::new("ASOF: the tables need names")
        .with_hint("as in FROM 'a.csv' a ASOF JOIN 'b.csv' b ON a.t >= b.t")
}

#[cfg(test)]
mod tests {
    use sqlparser::ast::{SetExpr, Statement as SqlStatement};

    use super::*;
    use crate::parse::{Statement, parse};

    fn expanded(from: &str) -> Result<String> {
        let statement = parse(&format!("SELECT * FROM {from}"))?.remove(0);
        let Statement::Statement(statement) = statement else { return Err(Error::new("no query")) };
        let SqlStatement::Query(query) = *statement else { return Err(Error::new("no query")) };
        let SetExpr::Select(mut select) = *query.body else { return Err(Error::new("no query")) };
        expand_asof(&mut select.from[0])?;
        Ok(select.from[0].to_string())
    }

    #[test]
    fn a_table_of_pairs_stands_between() {
        assert_eq!(
            expanded("a ASOF LEFT JOIN b ON b.k = a.k AND a.t > b.t").unwrap(),
            "a LEFT JOIN (SELECT DISTINCT __key1, __time, __last FROM (SELECT __key1, __time, __side, \
             max(CASE WHEN __side = 0 THEN __time END) OVER (PARTITION BY __key1 ORDER BY __time ASC, __side DESC \
             ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS __last \
             FROM (SELECT a.k AS __key1, a.t AS __time, 1 AS __side FROM a WHERE a.t IS NOT NULL \
             UNION ALL SELECT b.k AS __key1, b.t AS __time, 0 AS __side FROM b WHERE b.t IS NOT NULL) AS \"__both\") \
             AS \"__times\" WHERE __side = 1) AS \"asof 1\" ON a.k = \"asof 1\".__key1 AND a.t = \"asof 1\".__time \
             LEFT JOIN (SELECT DISTINCT ON (b.k, b.t) * FROM b) AS \"b\" \
             ON b.k = \"asof 1\".__key1 AND b.t = \"asof 1\".__last"
        );
        assert!(expanded("a JOIN c ON a.k = c.k ASOF JOIN 'b.csv' b USING (t)").is_ok());
        for from in [
            "a ASOF JOIN b ON a.k = b.k",
            "a ASOF JOIN b ON a.t >= b.t AND a.u >= b.u",
            "a ASOF JOIN b ON t >= u",
            "a ASOF JOIN b ON a.t + b.t >= b.t",
            "'a.csv' ASOF JOIN 'b.csv' USING (t)",
            "a ASOF RIGHT JOIN b ON a.t >= b.t",
        ] {
            assert!(expanded(from).is_err(), "{from}");
        }
    }
}
