//! `a POSITIONAL JOIN b`: the first row of `a` beside the first of `b`, and so on, as a join by the numbers of the rows.
//!
//! ```text
//! (SELECT *, row_number() OVER () AS "$place" FROM a) AS a
//!   FULL JOIN (SELECT *, row_number() OVER () AS "$place" FROM b) AS b ON a."$place" = b."$place"
//! ```

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, JoinConstraint, JoinOperator, Select, SetExpr, TableAlias,
    TableAliasColumnDef, TableFactor, TableWithJoins,
};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::asof::name_of;
use crate::dialect::functions::call;
use crate::error::{Error, Result};
use crate::joins::{alias_of, constraint_of, is_series};
use crate::parse::parse_piece;
use crate::tokens::{is_solid, is_word};

/// The column with the numbers of rows, which no wildcard stands for.
pub(crate) const PLACE: &str = "$place";

/// `POSITIONAL JOIN` as `GLOBAL FULL JOIN`, of which no other join is made: the parser does not know the word.
pub(crate) fn positional_joins(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    for pair in solid.windows(2).rev() {
        let [word, join] = *pair else { continue };
        if is_word(&tokens[word], "POSITIONAL") && is_word(&tokens[join], "JOIN") {
            let span = tokens[word].span;
            let keyword = |keyword| TokenWithSpan { token: Token::make_keyword(keyword), span };
            let space =
                TokenWithSpan { token: Token::Whitespace(sqlparser::tokenizer::Whitespace::Space), span };
            tokens.splice(word..=word, [keyword("GLOBAL"), space, keyword("FULL")]);
        }
    }
    tokens
}

/// Writes such joins as others.
///
/// # Errors
/// They stand behind other joins.
pub(crate) fn expand_positional(table: &mut TableWithJoins) -> Result<()> {
    let is_positional = |operator: &JoinOperator, global: bool| {
        global && matches!(operator, JoinOperator::FullOuter(JoinConstraint::None))
    };
    let count = table.joins.iter().take_while(|join| is_positional(&join.join_operator, join.global)).count();
    if table.joins[count..].iter().any(|join| is_positional(&join.join_operator, join.global)) {
        return Err(Error::new("POSITIONAL JOIN cannot stand behind another join").with_hint(
            "what is in front of it goes in a query in FROM: (SELECT * FROM a JOIN b USING (k)) POSITIONAL JOIN c",
        ));
    }
    if count == 0 {
        return Ok(());
    }
    let first = number_rows(&mut table.relation, 0)?;
    let place = |name: &Ident| Expr::CompoundIdentifier(vec![name.clone(), Ident::with_quote('"', PLACE)]);
    let mut before = place(&first);
    for (at, join) in table.joins[..count].iter_mut().enumerate() {
        let own = place(&number_rows(&mut join.relation, at + 1)?);
        join.global = false;
        join.join_operator = JoinOperator::FullOuter(JoinConstraint::On(Expr::BinaryOp {
            left: Box::new(before.clone()),
            op: BinaryOperator::Eq,
            right: Box::new(own.clone()),
        }));
        before = Expr::Function(call("coalesce", vec![before, own]));
    }
    Ok(())
}

/// Puts a table into a query that numbers its rows. Returns its name.
fn number_rows(factor: &mut TableFactor, at: usize) -> Result<Ident> {
    let alias = match &mut *factor {
        TableFactor::Derived { alias, .. } => alias.take(),
        _ => alias_of(factor).cloned(),
    };
    let (name, columns) = match alias {
        Some(TableAlias { name, columns, .. }) => (name, columns),
        None => {
            (Ident::with_quote('"', name_of(factor).unwrap_or(format!("positional {}", at + 1))), Vec::new())
        }
    };
    let sql = format!("SELECT *, row_number() OVER () AS \"{PLACE}\" FROM (SELECT 1) AS t");
    let mut subquery = parse_piece(&sql, |parser| parser.parse_query())?;
    if let SetExpr::Select(select) = subquery.body.as_mut()
        && let Some(table) = select.from.first_mut()
    {
        let mut inner = factor.clone();
        keep_series_column(&mut inner);
        if let TableFactor::Derived { alias, .. } = &mut inner {
            *alias = Some(TableAlias { explicit: true, name: name.clone(), columns, at: None });
        }
        table.relation = inner;
    }
    let alias = Some(TableAlias { explicit: true, name: name.clone(), columns: Vec::new(), at: None });
    *factor = TableFactor::Derived { lateral: false, subquery, alias, sample: None };
    Ok(name)
}

/// The column of a list of values is called after its table, which it would no longer be known to be of: it keeps the name of the function.
fn keep_series_column(factor: &mut TableFactor) {
    let function = match &*factor {
        TableFactor::UNNEST { .. } => "unnest".to_owned(),
        TableFactor::Table { name, .. } | TableFactor::Function { name, .. } if is_series(factor) => {
            name.to_string().to_lowercase()
        }
        _ => return,
    };
    if let TableFactor::Table { alias: Some(alias), .. }
    | TableFactor::Function { alias: Some(alias), .. }
    | TableFactor::UNNEST { alias: Some(alias), .. } = factor
        && alias.columns.is_empty()
    {
        let name = Ident::with_quote('"', function);
        alias.columns.push(TableAliasColumnDef { name, data_type: None });
    }
}

/// The order in which rows of such joins come, where a query gives them on as they are.
pub(crate) fn order_of(select: &Select) -> Option<Expr> {
    let [table] = select.from.as_slice() else { return None };
    let is_place = |expr: &Expr| matches!(expr, Expr::CompoundIdentifier(parts) if parts[1].value == PLACE);
    table.joins.iter().rev().find_map(|join| match constraint_of(&mut join.join_operator.clone()) {
        Some(JoinConstraint::On(Expr::BinaryOp { left, op: BinaryOperator::Eq, right }))
            if is_place(right) =>
        {
            Some(Expr::Function(call("coalesce", vec![(**left).clone(), (**right).clone()])))
        }
        _ => None,
    })
}
