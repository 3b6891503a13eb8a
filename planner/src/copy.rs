//! `COPY … TO 'file'`: what is written, where, and how, as plain data.
//!
//! The parser of the relational core knows `COPY (query) TO 'file' STORED AS csv OPTIONS (name value)`.
//! The form that DuckDB and PostgreSQL have, `COPY table TO 'file' WITH (FORMAT csv, HEADER)`, is brought
//! into that form as tokens, so that errors of the parser still tell the place.

use std::mem;

use datafusion_sql::parser::CopyToSource;
use sqlparser::ast::{Expr, Statement as SqlStatement, Value};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::copy_from::{options_of, rewrite_copy_from};
use crate::error::{Error, Result};
use crate::parse::{Statement, parse_piece};
use crate::source_call::{OptionValue, function_named, option_value};

/// What stands in front of a file that is computed, as the text of an expression, where the parser takes a text. No path has it.
const COMPUTED: char = '\0';

/// Where the rows of a `COPY` go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyTarget {
    /// The file, or what names several of them.
    pub path: String,
    /// Options in the order in which they were written, their names in lower case.
    pub options: Vec<(String, OptionValue)>,
}

/// Takes the `COPY` out of a statement, or out of its `EXPLAIN`: what is left is the query. `None` if the
/// statement is no `COPY`.
///
/// # Errors
/// An option that is given twice, and clauses that are not supported.
pub fn split_copy(statement: &mut Statement) -> Result<Option<CopyTarget>> {
    let copy = match statement {
        Statement::Explain(explain) => return split_copy(&mut explain.statement),
        Statement::CopyTo(copy) => copy,
        _ => return Ok(None),
    };
    let mut options = Vec::new();
    let format = copy.stored_as.take().map(|format| ("format".to_owned(), OptionValue::Text(format)));
    let folders = mem::take(&mut copy.partitioned_by);
    let folders = (!folders.is_empty()).then(|| {
        let names = folders.into_iter().map(OptionValue::Text);
        ("partition_by".to_owned(), OptionValue::List(names.collect()))
    });
    let given = mem::take(&mut copy.options).into_iter().map(|(name, value)| option(&name, value));
    for pair in format.into_iter().chain(folders).map(Ok).chain(given) {
        let (name, value) = pair?;
        if options.iter().any(|(known, _)| *known == name) {
            return Err(Error::new(format!("COPY: the option {name} is given twice")));
        }
        options.push((name, value));
    }
    let path = match computed_path(&copy.target)? {
        None => mem::take(&mut copy.target),
        Some(path) => match option_value(&path)? {
            OptionValue::Text(path) => path,
            other => {
                return Err(Error::new(format!("COPY … TO: expected a file, found {other}"))
                    .with_hint("a path is a text; of a variable, SET VARIABLE x = '…' sets it"));
            }
        },
    };
    let target = CopyTarget { path, options };
    let CopyToSource::Query(query) = &copy.source else {
        return Err(Error::new("COPY: expected a query").with_hint("COPY (SELECT * FROM …) TO 'file.csv'"));
    };
    *statement = Statement::Statement(Box::new(SqlStatement::Query(query.clone())));
    Ok(Some(target))
}

/// Whether the file of a `COPY` is computed, so that it is not known yet which one it is.
pub(crate) fn is_computed(target: &str) -> bool {
    target.starts_with(COMPUTED)
}

/// The expression of a file that is computed.
fn computed_path(target: &str) -> Result<Option<Expr>> {
    let text = target.strip_prefix(COMPUTED);
    text.map(|text| parse_piece(text, |parser| parser.parse_expr())).transpose()
}

/// Lets the expression of a file that is computed be changed.
pub(crate) fn change_computed(target: &mut String, change: impl FnOnce(&mut Expr)) {
    if let Ok(Some(mut path)) = computed_path(target) {
        change(&mut path);
        *target = format!("{COMPUTED}{path}");
    }
}

/// An option of the relational core's parser as one of ours.
fn option(name: &str, value: Value) -> Result<(String, OptionValue)> {
    let name = name.to_lowercase();
    let name = match name.strip_prefix("format.").unwrap_or(&name) {
        "has_header" => "header".to_owned(),
        name => name.to_owned(),
    };
    let value = match value {
        Value::Number(number, _) => OptionValue::Number(number.to_string()),
        Value::Boolean(value) => OptionValue::Boolean(value),
        other => match other.clone().into_string() {
            Some(text) => OptionValue::Text(text),
            None => return Err(Error::new(format!("COPY: the option {name} cannot have the value {other}"))),
        },
    };
    Ok((name, value))
}

/// Brings the `COPY` statements among the tokens into the form that the parser knows.
///
/// # Errors
/// A `COPY` without `TO` and `FROM`.
pub(crate) fn rewrite(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>> {
    if !tokens.iter().any(|token| is(token, Keyword::COPY)) {
        return Ok(tokens);
    }
    let mut rewritten = Vec::with_capacity(tokens.len() + 16);
    for statement in tokens.split_inclusive(|token| token.token == Token::SemiColon) {
        // Blanks and comments say nothing to the parser.
        let tokens: Vec<&TokenWithSpan> =
            statement.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
        match copy_of(&tokens) {
            Some(at) => rewritten.extend(rewrite_copy(&tokens, at)?),
            None => rewritten.extend_from_slice(statement),
        }
    }
    Ok(rewritten)
}

/// Where the word `COPY` stands, if it begins the statement or what is explained.
fn copy_of(tokens: &[&TokenWithSpan]) -> Option<usize> {
    let at = tokens.iter().position(|token| is(token, Keyword::COPY))?;
    (at == 0 || is(tokens[0], Keyword::EXPLAIN)).then_some(at).filter(|at| {
        // Between EXPLAIN and COPY are words and a list of options, and no other statement.
        let statement = [Keyword::SELECT, Keyword::WITH, Keyword::FROM, Keyword::CREATE, Keyword::INSERT];
        !tokens[..*at].iter().any(|token| statement.iter().any(|keyword| is(token, *keyword)))
    })
}

fn rewrite_copy(tokens: &[&TokenWithSpan], copy: usize) -> Result<Vec<TokenWithSpan>> {
    let source = copy + 1;
    let Some(to) = at_top(tokens, source, |token| is(token, Keyword::TO)) else {
        return match at_top(tokens, source, |token| is(token, Keyword::FROM)) {
            Some(from) => rewrite_copy_from(tokens, copy, from),
            None => Err(Error::new("syntax error: COPY has no TO")
                .with_hint("COPY (SELECT …) TO 'file.csv'; COPY table FROM 'file.csv'")),
        };
    };
    let owned = |range: &[&TokenWithSpan]| range.iter().map(|token| (*token).clone()).collect::<Vec<_>>();
    let mut out = owned(&tokens[..source]);
    let query = tokens.get(source).is_some_and(|token| token.token == Token::LParen);
    if query || source == to {
        out.extend(owned(&tokens[source..to]));
    } else {
        let (table, columns) = columns_of(&tokens[source..to]);
        out.extend([Token::LParen, word("SELECT")].map(TokenWithSpan::wrap));
        match columns {
            Some(columns) => out.extend(owned(columns)),
            None => out.push(TokenWithSpan::wrap(Token::Mul)),
        }
        out.push(TokenWithSpan::wrap(word("FROM")));
        out.extend(owned(table));
        out.push(TokenWithSpan::wrap(Token::RParen));
    }
    out.push(tokens[to].clone());
    let (file, rest) = file_of(&tokens[to + 1..]);
    out.extend(file);
    let rest = if rest.len() > 1 && is(rest[0], Keyword::WITH) && rest[1].token == Token::LParen {
        &rest[1..]
    } else {
        rest
    };
    if rest.first().is_some_and(|token| token.token == Token::LParen) {
        out.push(TokenWithSpan::wrap(word("OPTIONS")));
        out.extend(complete_options(rest));
    } else if let Some(options) = options_in_a_row(rest) {
        out.extend(options);
    } else {
        let list = rest.iter().position(|token| is(token, Keyword::OPTIONS)).unwrap_or(rest.len());
        out.extend(owned(&rest[..list]));
        out.extend(complete_options(&rest[list..]));
    }
    Ok(out)
}

/// The file behind `TO`, as the parser takes it, and what stands behind it.
fn file_of<'a, 'b>(tokens: &'a [&'b TokenWithSpan]) -> (Option<TokenWithSpan>, &'a [&'b TokenWithSpan]) {
    match (in_parentheses(tokens), tokens) {
        (Some(path), _) => {
            let text: Vec<String> = path.iter().map(ToString::to_string).collect();
            let text = Token::SingleQuotedString(format!("{COMPUTED}{}", text.join(" ")));
            (Some(TokenWithSpan::new(text, tokens[0].span)), &tokens[path.len()..])
        }
        (None, [file, rest @ ..]) => (Some((*file).clone()), rest),
        (None, []) => (None, &[]),
    }
}

/// A table, and some of its columns behind it: `t (a, b)`.
fn columns_of<'a>(
    source: &'a [&'a TokenWithSpan],
) -> (&'a [&'a TokenWithSpan], Option<&'a [&'a TokenWithSpan]>) {
    let is_name = |token: &&TokenWithSpan| matches!(token.token, Token::Word(_) | Token::Comma);
    let is_function = |table: &[&TokenWithSpan]| match table {
        [token] => matches!(&token.token, Token::Word(word) if function_named(&word.value).is_some()),
        _ => false,
    };
    let open = source.iter().position(|token| token.token == Token::LParen);
    match open.map(|open| source.split_at(open)) {
        Some((table, [_, columns @ .., close]))
            if close.token == Token::RParen
                && !columns.is_empty()
                && columns.iter().all(is_name)
                && !is_function(table) =>
        {
            (table, Some(columns))
        }
        _ => (source, None),
    }
}

/// What stands at the start in parentheses, with these.
pub(crate) fn in_parentheses<'a, 'b>(tokens: &'a [&'b TokenWithSpan]) -> Option<&'a [&'b TokenWithSpan]> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (at > 0).then(|| &tokens[..=at]);
        }
    }
    None
}

/// Options without parentheses, as older programs write them: `CSV HEADER DELIMITER ';'`. `None`: the words are others, which the parser knows.
fn options_in_a_row(tokens: &[&TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let first = tokens.iter().find(|token| !is(token, Keyword::WITH))?;
    let is_known = |token: &TokenWithSpan| {
        [Keyword::STORED, Keyword::PARTITIONED, Keyword::OPTIONS].iter().any(|keyword| is(token, *keyword))
    };
    if is_known(first) || !matches!(first.token, Token::Word(_)) {
        return None;
    }
    let ending = tokens.last().filter(|token| token.token == Token::SemiColon);
    let mut out = vec![word("OPTIONS"), Token::LParen];
    for (at, option) in options_of(&tokens[..tokens.len() - usize::from(ending.is_some())]).iter().enumerate()
    {
        if at > 0 {
            out.push(Token::Comma);
        }
        out.push(word(&option.name));
        out.extend(option.value.iter().cloned());
    }
    out.push(Token::RParen);
    out.extend(ending.map(|token| token.token.clone()));
    let span = first.span;
    Some(out.into_iter().map(|token| TokenWithSpan::new(token, span)).collect())
}

/// Gives options without a value the value true, takes `=` away, and makes one text of columns: `(HEADER, DELIM = ';', FORCE_QUOTE (a, "b"))`
/// becomes `(HEADER true, DELIM ';', FORCE_QUOTE '"a","b"')`, and `PARTITION_BY a` becomes `PARTITION_BY '"a"'`.
fn complete_options(tokens: &[&TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut out = Vec::new();
    // Tokens of the option so far.
    let mut len = 0;
    let mut rest = tokens.iter();
    while let Some(token) = rest.next() {
        let is_of_columns = len == 1 && out.last().is_some_and(takes_columns);
        match token.token {
            Token::Mul if is_of_columns => {
                out.push(TokenWithSpan::wrap(Token::SingleQuotedString("*".to_owned())));
                len += 1;
                continue;
            }
            Token::LParen if is_of_columns => {
                let columns: Vec<String> = rest
                    .by_ref()
                    .take_while(|token| token.token != Token::RParen)
                    .filter(|token| token.token != Token::Comma)
                    .map(|token| quoted(&token.token))
                    .collect();
                out.push(TokenWithSpan::wrap(Token::SingleQuotedString(columns.join(","))));
                len += 1;
                continue;
            }
            Token::Word(_) if is_of_columns && !is(token, Keyword::TRUE) && !is(token, Keyword::FALSE) => {
                out.push(TokenWithSpan::wrap(Token::SingleQuotedString(quoted(&token.token))));
                len += 1;
                continue;
            }
            Token::Word(_) if is(token, Keyword::OPTIONS) && out.is_empty() => {}
            // `PARTITION BY a`, which the parser takes in one word.
            Token::Word(_) if len == 1 && is(token, Keyword::BY) && out.last().is_some_and(is_partition) => {
                out.pop();
                out.push(TokenWithSpan::new(word("partition_by"), token.span));
                continue;
            }
            Token::Eq | Token::RArrow if len == 1 => continue,
            Token::Comma | Token::RParen if len == 1 => {
                out.push(TokenWithSpan::wrap(word("true")));
                len = 0;
            }
            Token::Comma | Token::LParen => len = 0,
            _ => len += 1,
        }
        out.push((*token).clone());
    }
    out
}

/// Whether an option has columns for its value.
fn takes_columns(option: &TokenWithSpan) -> bool {
    let Token::Word(word) = &option.token else { return false };
    ["force_quote", "partition_by", "partitioned_by"].iter().any(|name| word.value.eq_ignore_ascii_case(name))
}

fn is_partition(token: &TokenWithSpan) -> bool {
    is(token, Keyword::PARTITION) || is(token, Keyword::PARTITIONED)
}

/// A name in double quotes.
fn quoted(name: &Token) -> String {
    let name = match name {
        Token::Word(word) => word.value.clone(),
        Token::SingleQuotedString(text) => text.clone(),
        other => other.to_string(),
    };
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The first such token that is in no parentheses, from `start` on.
pub(crate) fn at_top(
    tokens: &[&TokenWithSpan],
    start: usize,
    wanted: impl Fn(&TokenWithSpan) -> bool,
) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ if depth == 0 && wanted(token) => return Some(at),
            _ => {}
        }
    }
    None
}

pub(crate) fn is(token: &TokenWithSpan, keyword: Keyword) -> bool {
    matches!(&token.token, Token::Word(word) if word.keyword == keyword && word.quote_style.is_none())
}

pub(crate) fn word(text: &str) -> Token {
    Token::make_keyword(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    fn copy(sql: &str) -> Result<(String, CopyTarget)> {
        let mut statement = parse(sql)?.remove(0);
        let target = split_copy(&mut statement)?.expect("a COPY");
        Ok((statement.to_string(), target))
    }

    fn shown(sql: &str) -> String {
        let (query, target) = copy(sql).unwrap();
        let options: Vec<String> =
            target.options.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{query} | {} | {}", target.path, options.join(" "))
    }

    #[test]
    fn every_source() {
        assert_eq!(shown("COPY (SELECT 1) TO 'a.csv'"), "SELECT 1 | a.csv | ");
        assert_eq!(shown("COPY t TO 'a.csv'"), "SELECT * FROM t | a.csv | ");
        assert_eq!(shown("copy s.\"To\" to 'a.csv'"), "SELECT * FROM s.\"To\" | a.csv | ");
        assert_eq!(shown("COPY 'x.csv' TO 'a.csv';"), "SELECT * FROM 'x.csv' | a.csv | ");
        assert_eq!(
            shown("COPY read_csv('x', header = true) TO 'a'"),
            "SELECT * FROM read_csv('x', header = true) | a | "
        );
        assert_eq!(shown("COPY t (a, \"b c\") TO 'a.csv'"), "SELECT a, \"b c\" FROM t | a.csv | ");
        assert_eq!(shown("COPY s.t(a) TO 'a.csv'"), "SELECT a FROM s.t | a.csv | ");
        assert_eq!(
            shown("COPY t TO ('a' || '.' || 'csv') (HEADER)"),
            "SELECT * FROM t | a.csv | header='true'"
        );
        assert_eq!(shown("COPY (SELECT 1) TO (concat('x', 1))"), "SELECT 1 | x1 | ");
        assert_eq!(shown("EXPLAIN ANALYZE COPY t TO 'a.csv'"), "EXPLAIN ANALYZE SELECT * FROM t | a.csv | ");
        assert_eq!(
            shown("EXPLAIN (ANALYZE) COPY t TO 'a.csv'"),
            "EXPLAIN ANALYZE SELECT * FROM t | a.csv | "
        );
    }

    #[test]
    fn every_form_of_options() {
        let expected = "SELECT 1 | a | format='csv' header='true' delim=';' level=9 nullstr=''";
        for sql in [
            "COPY (SELECT 1) TO 'a' (FORMAT csv, HEADER true, DELIM ';', LEVEL 9, NULLSTR '')",
            "COPY (SELECT 1) TO 'a' WITH (FORMAT 'csv', HEADER, \"delim\" = ';', level = 9, nullstr '',)",
            "COPY (SELECT 1) TO 'a' STORED AS csv OPTIONS ('has_header' true, format.delim ';', level 9, nullstr '')",
            "COPY (SELECT 1) -- a\n TO /* b */ 'a' (FORMAT csv /* c */, HEADER\n, DELIM ';', LEVEL 9, NULLSTR '')",
        ] {
            let shown = shown(sql).replace("format='CSV'", "format='csv'");
            assert_eq!(shown, expected, "{sql}");
        }
        for in_a_row in
            ["CSV HEADER DELIMITER AS ';'", "WITH CSV HEADER DELIMITER ';'", "CSV HEADER DELIMITER ';';"]
        {
            let shown = shown(&format!("COPY t TO 'a' {in_a_row}"));
            assert_eq!(
                shown.to_lowercase(),
                "select * from t | a | format='csv' header='true' delimiter=';'"
            );
        }
        let columns = "COPY t TO 'a' (FORCE_QUOTE (a, \"b c\"), HEADER)";
        assert!(
            shown(columns).ends_with("| force_quote='\"a\",\"b c\"' header='true'"),
            "{}",
            shown(columns)
        );
        assert!(shown("COPY t TO 'a' (FORCE_QUOTE *)").ends_with("| force_quote='*'"));
        assert!(shown("COPY t TO 'a' (HEADER)").ends_with("| header='true'"));
        for folders in
            ["(PARTITION_BY (a, \"b c\"))", "(PARTITION_BY = (a, \"b c\"))", "(PARTITION_BY '\"a\",\"b c\"')"]
        {
            let shown = shown(&format!("COPY t TO 'a' {folders}"));
            assert!(shown.ends_with("| partition_by='\"a\",\"b c\"'"), "{shown}");
        }
        assert!(shown("COPY t TO 'a' (PARTITION_BY a, HEADER)").contains("| partition_by='\"a\"' header"));
        assert!(
            shown("COPY t TO 'a' (PARTITIONED_BY (a), HEADER)").contains("| partitioned_by='\"a\"' header")
        );
        assert!(
            shown("COPY t TO 'a' (FORMAT csv, PARTITION BY (a, b))").ends_with("partition_by='\"a\",\"b\"'")
        );
        assert!(shown("COPY t TO 'a' PARTITIONED BY (a, b)").ends_with("| partition_by=['a', 'b']"));
    }

    #[test]
    fn others_stay() {
        assert_eq!(parse("SELECT copy FROM t; COPY t TO 'a' (HEADER); SELECT 2").unwrap().len(), 3);
        assert_eq!(split_copy(&mut parse("EXPLAIN SELECT copy FROM t").unwrap()[0]).unwrap(), None);
    }

    #[test]
    fn wrong_ones_are_told() {
        let error = |sql| copy(sql).unwrap_err().to_string();
        assert_eq!(error("COPY t TO 'a' (HEADER, header)"), "COPY: the option header is given twice");
        assert_eq!(error("COPY"), "syntax error: COPY has no TO");
        assert!(copy("COPY").unwrap_err().hint().unwrap().contains("COPY table FROM"));
        assert_eq!(error("COPY t TO (1)"), "COPY … TO: expected a file, found 1");
        assert!(error("COPY t TO").starts_with("syntax error"), "{}", error("COPY t TO"));
        assert!(error("COPY TO 'a'").starts_with("syntax error"));
        assert!(error("COPY t TO 'a' (HEADER (x, y))").contains("line 1, column "));
    }
}
