//! `COPY table FROM 'file'`: files that are put into a table, read as the table has its columns.
//!
//! It becomes `INSERT INTO table FROM read_csv('file', …)`, token by token, that errors keep their places. Whoever knows the
//! table then says what types it has ([`fit_copy`]): what is inferred would be other values, as `7` for the text `007`.

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, ObjectNamePart, Query, Select, SelectFlavor,
    SelectItem, SetExpr, Statement as SqlStatement, TableFactor, TableObject, WildcardAdditionalOptions,
};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::copy::{in_parentheses, is, word};
use crate::error::{Error, Result};
use crate::parse::{Statement, parse_piece};
use crate::source_call::{OptionValue, SourceCall, SourceFunction, source_call_of};

/// What PostgreSQL calls text: fields between tabs, escapes and no quotes. An option that is given comes in place of these.
const POSTGRES_TEXT: [(&str, &str); 5] =
    [("delim", "\t"), ("quote", ""), ("escape", "\\"), ("nullstr", "\\N"), ("header", "false")];

/// Options of PostgreSQL that say how a table is written, or what is so in any case.
const NEEDLESS: [&str; 2] = ["freeze", "force_null"];

/// Brings a `COPY … FROM` into a form that the parser knows. `from` is where its `FROM` stands.
///
/// # Errors
/// There is no table, or no file; a format that is not read.
pub(crate) fn rewrite_copy_from(
    tokens: &[&TokenWithSpan],
    copy: usize,
    from: usize,
) -> Result<Vec<TokenWithSpan>> {
    let table = &tokens[copy + 1..from];
    if table.is_empty() || table[0].token == Token::LParen {
        return Err(Error::new("syntax error: COPY … FROM has no table")
            .with_hint("COPY table FROM 'file.csv'; a query is written to a file by COPY (SELECT …) TO"));
    }
    let computed = in_parentheses(&tokens[from + 1..]);
    let path = match tokens.get(from + 1).map(|token| &token.token) {
        Some(Token::SingleQuotedString(path)) => path.clone(),
        Some(Token::Word(name)) if name.value.eq_ignore_ascii_case("stdin") => "-".to_owned(),
        // What it is called is not known yet.
        _ if computed.is_some() => String::new(),
        _ => {
            return Err(Error::new("syntax error: COPY … FROM has no file")
                .with_hint("a path goes in single quotes: COPY table FROM 'file.csv'"));
        }
    };
    let ending = tokens.last().filter(|token| token.token == Token::SemiColon);
    let path_len = computed.map_or(1, <[_]>::len);
    let rest = &tokens[from + 1 + path_len..tokens.len() - usize::from(ending.is_some())];
    let mut options = options_of(rest);
    let format = options.iter().position(|option| option.name == "format").map(|at| options.remove(at));
    let function = function_of(&path, format.as_ref(), &mut options)?;
    options.retain(|option| !NEEDLESS.contains(&option.name.as_str()));

    let mut out: Vec<TokenWithSpan> = tokens[..copy].iter().map(|token| (*token).clone()).collect();
    let mut push = |token: Token| out.push(TokenWithSpan::new(token, tokens[copy].span));
    push(word("INSERT"));
    push(word("INTO"));
    table.iter().for_each(|token| push(token.token.clone()));
    for token in [word("FROM"), word(function), Token::LParen] {
        push(token);
    }
    match computed {
        Some(path) => path.iter().for_each(|token| push(token.token.clone())),
        None => push(Token::SingleQuotedString(path)),
    }
    for option in options {
        push(Token::Comma);
        push(word(&option.name));
        push(Token::Eq);
        option.value.into_iter().for_each(&mut push);
    }
    push(Token::RParen);
    ending.into_iter().for_each(|token| push(token.token.clone()));
    Ok(out)
}

/// An option, as it was written.
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) value: Vec<Token>,
}

/// The options behind the file, in parentheses, or one after the other as older programs write them.
pub(crate) fn options_of(tokens: &[&TokenWithSpan]) -> Vec<Given> {
    let is_with = tokens.first().is_some_and(|token| is(token, Keyword::WITH));
    let tokens = &tokens[usize::from(is_with)..];
    match tokens {
        [open, list @ .., close] if open.token == Token::LParen && close.token == Token::RParen => {
            listed(list)
        }
        _ => in_a_row(tokens),
    }
}

/// `FORMAT csv, HEADER, DELIM = ';', FORCE_NOT_NULL (a, b)`.
fn listed(tokens: &[&TokenWithSpan]) -> Vec<Given> {
    let mut options: Vec<Given> = Vec::new();
    let (mut depth, mut is_new) = (0_usize, true);
    for token in tokens {
        match &token.token {
            Token::Comma if depth == 0 => {
                is_new = true;
                continue;
            }
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
        match options.last_mut() {
            Some(option) if !is_new => match &token.token {
                Token::Eq | Token::RArrow if option.value.is_empty() => {}
                other => option.value.push(other.clone()),
            },
            _ => options.push(Given { name: name_of(token), value: Vec::new() }),
        }
        is_new = false;
    }
    options.iter_mut().for_each(|option| option.value = as_value(&option.value));
    options
}

/// `DELIMITER AS ';' NULL '' CSV HEADER`.
fn in_a_row(tokens: &[&TokenWithSpan]) -> Vec<Given> {
    let mut options: Vec<Given> = Vec::new();
    for token in tokens.iter().filter(|token| !is(token, Keyword::AS)) {
        match (&token.token, options.last_mut()) {
            (Token::Word(_), _) if is(token, Keyword::CSV) => {
                options.push(Given { name: "format".to_owned(), value: vec![token.token.clone()] });
            }
            (Token::Word(_), _) => options.push(Given { name: name_of(token), value: Vec::new() }),
            (other, Some(option)) => option.value.push(other.clone()),
            (other, None) => options.push(Given { name: other.to_string(), value: Vec::new() }),
        }
    }
    options.iter_mut().for_each(|option| option.value = as_value(&option.value));
    options
}

fn name_of(token: &TokenWithSpan) -> String {
    match &token.token {
        Token::Word(word) => word.value.to_lowercase(),
        Token::SingleQuotedString(text) => text.to_lowercase(),
        other => other.to_string(),
    }
}

/// The value of an option: an option alone is true, and names in parentheses are a list of texts.
fn as_value(value: &[Token]) -> Vec<Token> {
    match value {
        [] => vec![word("true")],
        [Token::LParen, names @ .., Token::RParen] => {
            let as_text = |token: &Token| match token {
                Token::Word(name) => Token::SingleQuotedString(name.value.clone()),
                other => other.clone(),
            };
            let names = names.iter().map(as_text);
            [Token::LBracket].into_iter().chain(names).chain([Token::RBracket]).collect()
        }
        value => value.to_vec(),
    }
}

/// The function that reads the file: by its format, or by its name.
fn function_of(path: &str, format: Option<&Given>, options: &mut Vec<Given>) -> Result<&'static str> {
    let Some(format) = format else {
        let path = path.to_lowercase();
        let has = |endings: &[&str]| endings.iter().any(|ending| path.contains(&format!(".{ending}")));
        return Ok(match () {
            () if has(&["json", "jsonl", "ndjson", "geojson", "geojsonl"]) => "read_json",
            () if has(&["parquet"]) => "read_parquet",
            () => "read_csv",
        });
    };
    let name = match &format.value[..] {
        [Token::Word(name)] => name.value.to_lowercase(),
        [Token::SingleQuotedString(name)] => name.to_lowercase(),
        _ => String::new(),
    };
    match name.as_str() {
        "csv" => Ok("read_csv"),
        "json" => Ok("read_json"),
        "parquet" => Ok("read_parquet"),
        "text" => {
            for (option, value) in POSTGRES_TEXT {
                let is_same = |given: &Given| match given.name.as_str() {
                    "delimiter" | "sep" => option == "delim",
                    "null" => option == "nullstr",
                    other => other == option,
                };
                if !options.iter().any(is_same) {
                    let value = vec![Token::SingleQuotedString(value.to_owned())];
                    options.push(Given { name: option.to_owned(), value });
                }
            }
            Ok("read_csv")
        }
        _ => Err(Error::new(format!(
            "COPY … FROM: expected the format csv, json, parquet or text, found {name}"
        ))),
    }
}

/// The table that a `COPY … FROM` fills, and which of its columns; none are all. `None`: the statement is another one.
pub fn copied_into(statement: &Statement) -> Option<(&ObjectName, Vec<String>)> {
    let statement = match statement {
        Statement::Explain(explain) => return copied_into(&explain.statement),
        Statement::Statement(statement) => statement,
        _ => return None,
    };
    let SqlStatement::Insert(insert) = statement.as_ref() else { return None };
    let SetExpr::Select(select) = insert.source.as_ref()?.body.as_ref() else { return None };
    let TableObject::TableName(table) = &insert.table else { return None };
    let columns = insert.columns.iter().filter_map(|name| match name.0.last()? {
        ObjectNamePart::Identifier(name) => Some(name.value.clone()),
        ObjectNamePart::Function(_) => None,
    });
    (select.flavor == SelectFlavor::FromFirstNoSelect).then(|| (table, columns.collect()))
}

/// The call that reads the files of a `COPY … FROM`, all columns as text, if they are CSV.
///
/// # Errors
/// A call that cannot be understood.
pub fn copied_texts(statement: &mut Statement) -> Result<Option<SourceCall>> {
    let Some(select) = select_of(statement) else { return Ok(None) };
    let Some(table) = select.from.first() else { return Ok(None) };
    let call = source_call_of(&table.relation)?.filter(|call| call.function == SourceFunction::ReadCsv);
    Ok(call.map(|mut call| {
        call.options.push(("all_varchar".to_owned(), true.into()));
        call
    }))
}

/// Reads the files of a `COPY … FROM` with the names and types of the columns that they are for. Fields of CSV are found by their
/// places, those of JSON by their names. Whether these columns are all there are, though records end with a delimiter, is for the caller
/// to say.
///
/// # Errors
/// A call that cannot be understood.
pub fn fit_copy(statement: &mut Statement, columns: &[(String, String)], ends_open: bool) -> Result<()> {
    let Some(select) = select_of(statement) else { return Ok(()) };
    select.flavor = SelectFlavor::Standard;
    select.projection = vec![SelectItem::Wildcard(WildcardAdditionalOptions::default())];
    let Some(factor) = select.from.first_mut().map(|table| &mut table.relation) else { return Ok(()) };
    let Some(call) = source_call_of(factor)? else { return Ok(()) };
    if columns.is_empty() {
        return Ok(());
    }
    let says = |names: &[&str]| call.options.iter().any(|(name, _)| names.contains(&name.as_str()));
    let text = |text: &String| OptionValue::Text(text.clone());
    let by_name = || columns.iter().map(|(name, ty)| (name.clone(), text(ty))).collect();
    let in_order = || columns.iter().map(|(_, ty)| text(ty)).collect();
    if call.function == SourceFunction::ReadParquet {
        return Ok(());
    }
    let is_json = call.function == SourceFunction::ReadJson;
    let guesses_nothing = call.options.iter().any(|(name, value)| name == "auto_detect" && !is_true(value));
    if is_json {
        let column = |(name, _): &(String, String)| {
            SelectItem::UnnamedExpr(Expr::Identifier(Ident::with_quote('"', name)))
        };
        select.projection = columns.iter().map(column).collect();
    }
    let mut options = Vec::new();
    match () {
        () if says(&["types", "dtypes", "columns", "all_varchar"]) => {}
        () if guesses_nothing || ends_open => options.push(("columns", OptionValue::Map(by_name()))),
        () if is_json => options.push(("types", OptionValue::Map(by_name()))),
        () => {
            if !says(&["names", "column_names"]) {
                let names = columns.iter().map(|(name, _)| text(name)).collect();
                options.push(("names", OptionValue::List(names)));
            }
            options.push(("types", OptionValue::List(in_order())));
        }
    }
    if !is_json && names_a_null(&call) && !says(&["missing_utf8_is_empty_string"]) {
        options.push(("missing_utf8_is_empty_string", true.into()));
    }
    for (name, value) in options {
        let option = parse_piece(&format!("{name} = {value}"), |parser| parser.parse_expr())?;
        if let TableFactor::Table { args: Some(args), .. } = factor {
            args.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(option)));
        }
    }
    Ok(())
}

/// Whether it is said what stands for null, and that is no empty text, which is one of its own then.
fn names_a_null(call: &SourceCall) -> bool {
    let null = call.options.iter().find(|(name, _)| name == "null" || name == "nullstr");
    let is_empty = |value: &OptionValue| *value == OptionValue::Text(String::new());
    null.is_some_and(|(_, null)| match null {
        OptionValue::Text(_) => !is_empty(null),
        OptionValue::List(nulls) => !nulls.iter().any(is_empty),
        _ => false,
    })
}

fn is_true(value: &OptionValue) -> bool {
    let is_false = |word: &str| word.eq_ignore_ascii_case("false") || word == "0";
    match value {
        OptionValue::Boolean(value) => *value,
        OptionValue::Text(word) | OptionValue::Number(word) => !is_false(word),
        _ => true,
    }
}

/// The query of a `COPY … FROM`.
fn select_of(statement: &mut Statement) -> Option<&mut Select> {
    let statement = match statement {
        Statement::Explain(explain) => return select_of(&mut explain.statement),
        Statement::Statement(statement) => statement,
        _ => return None,
    };
    let SqlStatement::Insert(insert) = statement.as_mut() else { return None };
    let Query { body, .. } = insert.source.as_deref_mut()?;
    match body.as_mut() {
        SetExpr::Select(select) if select.flavor == SelectFlavor::FromFirstNoSelect => Some(select),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    fn fitted(sql: &str) -> Result<String> {
        let mut statement = parse(sql)?.remove(0);
        let (_, named) = copied_into(&statement).expect("a COPY … FROM");
        let all = [("a", "integer"), ("B c", "text")].map(|(name, ty)| (name.to_owned(), ty.to_owned()));
        let is_meant = |name: &String| named.is_empty() || named.contains(name);
        let columns: Vec<_> = all.into_iter().filter(|(name, _)| is_meant(name)).collect();
        fit_copy(&mut statement, &columns, sql.contains(".tbl"))?;
        Ok(statement.to_string())
    }

    #[test]
    fn files_are_read_as_the_table_is() {
        for (sql, expected) in [
            (
                "COPY t FROM 'x.csv'",
                "t SELECT * FROM read_csv('x.csv', names = ['a', 'B c'], types = ['integer', 'text'])",
            ),
            (
                "COPY t (a) FROM 'x.csv';",
                "t (a) SELECT * FROM read_csv('x.csv', names = ['a'], types = ['integer'])",
            ),
            (
                "copy t from stdin (format csv, header, delim = ';', null '')",
                "t SELECT * FROM read_csv('-', header = true, delim = ';', NULL = '', names = ['a', 'B c'], types = ['integer', 'text'])",
            ),
            (
                "COPY t FROM 'x.csv' WITH (FORCE_NOT_NULL (a, b), FREEZE)",
                "t SELECT * FROM read_csv('x.csv', force_not_null = ['a', 'b'], names = ['a', 'B c'], types = ['integer', 'text'])",
            ),
            (
                "COPY t FROM 'x' WITH DELIMITER AS '|' NULL '?' CSV HEADER",
                "t SELECT * FROM read_csv('x', DELIMITER = '|', NULL = '?', header = true, \
                 names = ['a', 'B c'], types = ['integer', 'text'], missing_utf8_is_empty_string = true)",
            ),
            (
                "COPY t FROM 'x.txt' (FORMAT text, DELIMITER ',')",
                "t SELECT * FROM read_csv('x.txt', DELIMITER = ',', quote = '', escape = '\\', nullstr = '\\N', \
                 header = 'false', names = ['a', 'B c'], types = ['integer', 'text'], missing_utf8_is_empty_string = true)",
            ),
            (
                "COPY t FROM 'x.jsonl.gz'",
                "t SELECT \"a\", \"B c\" FROM read_json('x.jsonl.gz', types = {'a': 'integer', 'B c': 'text'})",
            ),
            ("COPY t FROM 'x.parquet'", "t SELECT * FROM read_parquet('x.parquet')"),
            (
                "COPY t FROM ('x' || '.csv') (names ['q', 'r'], NULL ('', 'NA'))",
                "t SELECT * FROM read_csv(('x' || '.csv'), names = ['q', 'r'], NULL = ['', 'NA'], types = ['integer', 'text'])",
            ),
            (
                "COPY t FROM 'x.tbl' (DELIM '|')",
                "t SELECT * FROM read_csv('x.tbl', delim = '|', columns = {'a': 'integer', 'B c': 'text'})",
            ),
            (
                "COPY t FROM 'x.csv' (AUTO_DETECT false)",
                "t SELECT * FROM read_csv('x.csv', auto_detect = false, columns = {'a': 'integer', 'B c': 'text'})",
            ),
            (
                "COPY t FROM 'x.csv' (types ['text', 'text'])",
                "t SELECT * FROM read_csv('x.csv', types = ['text', 'text'])",
            ),
        ] {
            let shown = fitted(sql).unwrap().replace("INSERT INTO ", "");
            assert_eq!(shown.to_lowercase(), expected.to_lowercase(), "{sql}");
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let error = |sql: &str| parse(sql).unwrap_err().to_string();
        assert_eq!(error("COPY FROM 'a'"), "syntax error: COPY … FROM has no table");
        assert_eq!(error("COPY (SELECT 1) FROM 'a'"), "syntax error: COPY … FROM has no table");
        assert_eq!(error("COPY t FROM a.csv"), "syntax error: COPY … FROM has no file");
        assert_eq!(
            error("COPY t FROM 'a' (FORMAT orc)"),
            "COPY … FROM: expected the format csv, json, parquet or text, found orc"
        );
        assert!(copied_into(&parse("INSERT INTO t SELECT * FROM 'x.csv'").unwrap()[0]).is_none());
    }
}
