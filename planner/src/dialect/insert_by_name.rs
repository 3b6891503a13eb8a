//! `INSERT INTO t BY NAME SELECT …`: values go into the columns of their names.

use sqlparser::ast::{Ident, Insert, ObjectName, ObjectNamePart};
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use crate::error::{Error, Result};
use crate::scope::respell;
use crate::tokens::{is_solid, is_word};

/// What stands for the columns until it is known which the query has.
const BY_NAME: &str = "$by name";

/// Writes `BY NAME` as a list of one column, and leaves `BY POSITION` out: the parser knows neither.
pub(crate) fn columns_by_name(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    for words in solid.windows(5).rev() {
        let [insert, into, _, by, kind] = words else { continue };
        let is_insert = is_word(&tokens[*insert], "INSERT")
            && is_word(&tokens[*into], "INTO")
            && is_word(&tokens[*by], "BY");
        let span = tokens[*by].span;
        let token = |token| TokenWithSpan { token, span };
        let written = if !is_insert {
            continue;
        } else if is_word(&tokens[*kind], "NAME") {
            vec![token(Token::LParen), token(Token::make_word(BY_NAME, Some('"'))), token(Token::RParen)]
        } else if is_word(&tokens[*kind], "POSITION") {
            vec![token(Token::Whitespace(Whitespace::Space))]
        } else {
            continue;
        };
        tokens.splice(*by..=*kind, written);
    }
    tokens
}

/// Names the columns of an `INSERT … BY NAME` of a query with these columns, as a table with those spells them.
///
/// # Errors
/// The columns of the query are not known.
pub(crate) fn name_columns(
    insert: &mut Insert,
    query: Option<&[String]>,
    table: Option<&[String]>,
) -> Result<()> {
    let is_by_name = matches!(insert.columns.as_slice(), [only] if *only == name(BY_NAME));
    if !is_by_name {
        return Ok(());
    }
    let Some(columns) = query else {
        return Err(Error::new("INSERT BY NAME: the columns of the query are not known")
            .with_hint("name them: INSERT INTO t (a, b) SELECT …"));
    };
    let known = table.unwrap_or_default();
    let column = |column: &String| {
        let mut ident = Ident::with_quote('"', column);
        respell(&mut ident, known.iter().map(String::as_str));
        ObjectName(vec![ObjectNamePart::Identifier(ident)])
    };
    insert.columns = columns.iter().map(column).collect();
    Ok(())
}

fn name(name: &str) -> ObjectName {
    ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('"', name))])
}

#[cfg(test)]
mod tests {
    use crate::parse::check;

    #[test]
    fn how_columns_are_found() {
        check("INSERT INTO t BY NAME SELECT 1 AS a", "INSERT INTO t (\"$by name\") SELECT 1 AS a");
        check("INSERT INTO t BY POSITION SELECT 1 AS a", "INSERT INTO t SELECT 1 AS a");
    }
}
