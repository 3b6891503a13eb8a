//! Which files a statement reads, and how: `FROM 'glob'`, `read_csv('glob', header = true)`.

use std::fmt;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    Ident, ObjectName, ObjectNamePart, TableFactor, UnaryOperator, Value, Visitor,
};

use crate::dialect::functions::positional;
use crate::error::{Error, Result};
use crate::parse::Statement;
use crate::sniff_csv::sniffed_call_of;
use crate::suggest::nearest;
use crate::walk::walk;

/// How the files of a call are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceFunction {
    /// A quoted path: by its name.
    Path,
    /// `read_csv`.
    ReadCsv,
    /// `read_json`: an object a row.
    ReadJson,
    /// `read_parquet`.
    ReadParquet,
    /// `read_text`, also called `lines`: one row a line.
    ReadText,
}

/// Names of the functions; the first name of each is the one shown. Those of `_objects` say that objects are not looked into.
const FUNCTIONS: [(&str, SourceFunction); 14] = [
    ("read_csv", SourceFunction::ReadCsv),
    ("read_csv_auto", SourceFunction::ReadCsv),
    ("read_json", SourceFunction::ReadJson),
    ("read_json_auto", SourceFunction::ReadJson),
    ("read_ndjson", SourceFunction::ReadJson),
    ("read_ndjson_auto", SourceFunction::ReadJson),
    ("read_json_objects", SourceFunction::ReadJson),
    ("read_json_objects_auto", SourceFunction::ReadJson),
    ("read_ndjson_objects", SourceFunction::ReadJson),
    ("read_parquet", SourceFunction::ReadParquet),
    ("parquet_scan", SourceFunction::ReadParquet),
    ("read_text", SourceFunction::ReadText),
    ("read_lines", SourceFunction::ReadText),
    ("lines", SourceFunction::ReadText),
];

/// The value of an option: plain data. What it means is for the reader of the files to say.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OptionValue {
    /// `true`, `false`.
    Boolean(bool),
    /// A number, as it was written.
    Number(String),
    /// A text; also a bare word, as in `header = auto`.
    Text(String),
    /// `['a', 'b']`.
    List(Vec<OptionValue>),
    /// `{'a': 'INTEGER', 'b': 'TEXT'}`.
    Map(Vec<(String, OptionValue)>),
    /// `NULL`.
    Null,
}

/// Files to read: paths or globs, and options by name in the order in which they were written.
///
/// `Display` gives it as it would be written in SQL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceCall {
    /// How they are read.
    pub function: SourceFunction,
    /// Paths or globs.
    pub paths: Vec<String>,
    /// Options, their names in lower case.
    pub options: Vec<(String, OptionValue)>,
}

/// The calls in a statement, in the order in which they stand, each once.
///
/// # Errors
/// A call whose arguments cannot be understood.
pub fn source_calls(statement: &Statement) -> Result<Vec<SourceCall>> {
    let mut finder = Finder { calls: Vec::new() };
    let found = match statement {
        Statement::Statement(statement) => walk(statement, &mut finder),
        Statement::Explain(explain) => {
            finder.calls = source_calls(&explain.statement)?;
            ControlFlow::Continue(())
        }
        Statement::CopyTo(copy) => match &copy.source {
            datafusion_sql::parser::CopyToSource::Query(query) => walk(query, &mut finder),
            datafusion_sql::parser::CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => ControlFlow::Continue(()),
    };
    match found {
        ControlFlow::Continue(()) => Ok(finder.calls),
        ControlFlow::Break(error) => Err(error),
    }
}

/// The call that a table factor is, or `None` if it is something else.
///
/// # Errors
/// It is a call whose arguments cannot be understood.
pub fn source_call_of(factor: &TableFactor) -> Result<Option<SourceCall>> {
    match factor {
        TableFactor::Table { name, args: None, .. } => Ok(path_of(name).map(|path| SourceCall {
            function: SourceFunction::Path,
            paths: vec![path.to_owned()],
            options: Vec::new(),
        })),
        TableFactor::Table { name, args: Some(args), .. } => match path_of(name) {
            Some(path) => path_call(path, &args.args).map(Some),
            None => named_call(name, &args.args),
        },
        TableFactor::Function { name, args, .. } => named_call(name, args),
        _ => Ok(None),
    }
}

/// A name in single quotes is a path; so is one in double quotes that looks like one. Where that is a table,
/// [`keep_table_names`](crate::keep_table_names) has given it other quotes.
fn path_of(name: &ObjectName) -> Option<&str> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(Ident { value, quote_style: Some('\''), .. })] => Some(value),
        [ObjectNamePart::Identifier(ident)] if looks_like_path(ident) => Some(&ident.value),
        _ => None,
    }
}

/// Whether a name in double quotes is taken for a path.
pub(crate) fn looks_like_path(name: &Ident) -> bool {
    name.quote_style == Some('"') && name.value.contains(['/', '*', '.'])
}

/// The call that a path with options is: one that was given them because of what is asked of it.
fn path_call(path: &str, args: &[FunctionArg]) -> Result<SourceCall> {
    let path = FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(
        Value::SingleQuotedString(path.to_owned()).into(),
    )));
    let args: Vec<FunctionArg> = std::iter::once(path).chain(args.iter().cloned()).collect();
    function_call(SourceFunction::Path, &args)
}

/// The call of a function that has such a name, if there is one.
fn named_call(name: &ObjectName, args: &[FunctionArg]) -> Result<Option<SourceCall>> {
    let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else { return Ok(None) };
    let Some(function) = function_named(&ident.value) else { return Ok(None) };
    let mut call = function_call(function, args)?;
    if is_of_whole_records(&ident.value) {
        let (name, value) = WHOLE_RECORDS;
        call.options.push((name.to_owned(), OptionValue::Number(value.to_owned())));
    }
    Ok(Some(call))
}

/// The option of `read_json` by which objects are not looked into: what `read_json_objects` is.
const WHOLE_RECORDS: (&str, &str) = ("maximum_depth", "0");

/// Whether a reading function of this name gives objects of JSON as they are written.
fn is_of_whole_records(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.strip_suffix("_auto").unwrap_or(&name).ends_with("_objects")
}

/// The reading function of this name.
pub(crate) fn function_named(name: &str) -> Option<SourceFunction> {
    let known = FUNCTIONS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
    known.map(|(_, function)| *function)
}

pub(crate) fn function_call(function: SourceFunction, args: &[FunctionArg]) -> Result<SourceCall> {
    let mut call = SourceCall { function, paths: Vec::new(), options: Vec::new() };
    for (index, arg) in args.iter().enumerate() {
        if let (0, Some(path)) = (index, bare_path(arg)) {
            return Err(Error::new(format!("{function}: the path \"{path}\" is not in quotes"))
                .with_hint(format!("write {function}('{path}')")));
        }
        match (index, argument(arg)?) {
            (0, Argument::Positional(value)) => call.paths = paths(function, value)?,
            (_, Argument::Named(name, value)) => {
                if call.options.iter().any(|(known, _)| *known == name) {
                    return Err(Error::new(format!("{function}: the option {name} is given twice")));
                }
                call.options.push((name, value));
            }
            (_, Argument::Positional(value)) => {
                return Err(Error::new(format!("{function}: {value} has no name")).with_hint(
                    "the path comes first, then options by name: read_csv('*.csv', header = true)",
                ));
            }
        }
    }
    if call.paths.is_empty() {
        return Err(Error::new(format!("{function}: there is no path"))
            .with_hint(format!("the path or glob comes first, in quotes: {function}('data/*.csv')")));
    }
    Ok(call)
}

/// `air.csv` without quotes, which is a column of a table to the parser.
fn bare_path(arg: &FunctionArg) -> Option<String> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(path @ Expr::CompoundIdentifier(_))) => {
            Some(path.to_string())
        }
        _ => None,
    }
}

fn paths(function: SourceFunction, value: OptionValue) -> Result<Vec<String>> {
    let text = |value: OptionValue| match value {
        OptionValue::Text(path) => Ok(path),
        other => Err(Error::new(format!("{function}: expected a path in quotes, found {other}"))),
    };
    match value {
        OptionValue::List(items) => items.into_iter().map(text).collect(),
        other => Ok(vec![text(other)?]),
    }
}

enum Argument {
    Positional(OptionValue),
    Named(String, OptionValue),
}

/// Reads one argument. `name = value` is parsed as a comparison, `name => value` and
/// `name := value` as named arguments: all mean the same.
fn argument(arg: &FunctionArg) -> Result<Argument> {
    let named =
        |name: &Ident, value: &Expr| Ok(Argument::Named(name.value.to_lowercase(), option_value(value)?));
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        })) => match left.as_ref() {
            Expr::Identifier(name) => named(name, right),
            // `null = 'NA'`: the name of an option that is a word of SQL.
            Expr::Value(word) if word.value == Value::Null => named(&Ident::new("null"), right),
            other => Err(Error::new(format!("expected the name of an option, found {other}"))),
        },
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Nested(inner)))
            if matches!(**inner, Expr::BinaryOp { op: BinaryOperator::Eq, .. }) =>
        {
            argument(&FunctionArg::Unnamed(FunctionArgExpr::Expr((**inner).clone())))
        }
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Ok(Argument::Positional(option_value(value)?)),
        FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => named(name, value),
        FunctionArg::ExprNamed {
            name: Expr::Identifier(name), arg: FunctionArgExpr::Expr(value), ..
        } => named(name, value),
        other => Err(Error::new(format!("cannot understand the argument {other}"))),
    }
}

/// The value of an expression that is a constant, or puts some together.
///
/// # Errors
/// It is none.
pub(crate) fn option_value(expr: &Expr) -> Result<OptionValue> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Boolean(value) => Ok(OptionValue::Boolean(*value)),
            Value::Number(value, _) => Ok(OptionValue::Number(value.to_string())),
            Value::Null => Ok(OptionValue::Null),
            Value::EscapedStringLiteral(text) => Ok(OptionValue::Text(text.clone())),
            other => match other.clone().into_string() {
                Some(text) => Ok(OptionValue::Text(text)),
                None => Err(unreadable(expr)),
            },
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } => match option_value(inner)? {
            OptionValue::Number(value) => Ok(OptionValue::Number(format!("-{value}"))),
            _ => Err(unreadable(expr)),
        },
        Expr::Identifier(word) => Ok(OptionValue::Text(word.value.clone())),
        Expr::Nested(inner) => option_value(inner),
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } => {
            joined(&[option_value(left)?, option_value(right)?]).ok_or_else(|| unreadable(expr))
        }
        Expr::Cast {
            kind: CastKind::Cast | CastKind::DoubleColon,
            expr: inner,
            data_type: DataType::Varchar(None) | DataType::Text | DataType::String(None),
            ..
        } => option_value(inner),
        Expr::Array(array) => {
            Ok(OptionValue::List(array.elem.iter().map(option_value).collect::<Result<_>>()?))
        }
        Expr::Dictionary(fields) => {
            let field = |field: &sqlparser::ast::DictionaryField| {
                Ok((field.key.value.clone(), option_value(&field.value)?))
            };
            Ok(OptionValue::Map(fields.iter().map(field).collect::<Result<_>>()?))
        }
        Expr::Function(function) => match packed(function) {
            Some(value) => value,
            None => computed(function).unwrap_or_else(|| Err(unreadable(expr))),
        },
        _ => Err(unreadable(expr)),
    }
}

/// Texts and numbers, one behind the other, as one text.
fn joined(values: &[OptionValue]) -> Option<OptionValue> {
    let text = |value: &OptionValue| match value {
        OptionValue::Text(text) | OptionValue::Number(text) => Some(text.clone()),
        _ => None,
    };
    values.iter().map(text).collect::<Option<String>>().map(OptionValue::Text)
}

/// What some functions make of constants: a list, a text of several, or a character by its number.
fn computed(function: &Function) -> Option<Result<OptionValue>> {
    let name = match function.name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => name,
        [ObjectNamePart::Identifier(schema), ObjectNamePart::Identifier(name)] if schema.value == "main" => {
            name
        }
        _ => return None,
    };
    let values: Result<Vec<OptionValue>> = positional(function)?.iter().map(option_value).collect();
    let of_values = |values: Vec<OptionValue>| match name.value.to_ascii_lowercase().as_str() {
        "make_array" | "list_value" | "array_value" | "list_pack" => Some(OptionValue::List(values)),
        "concat" => joined(&values),
        "chr" => match values.as_slice() {
            [OptionValue::Number(number)] => {
                let character = number.parse().ok().and_then(char::from_u32)?;
                Some(OptionValue::Text(character.to_string()))
            }
            _ => None,
        },
        _ => None,
    };
    match values {
        Ok(values) => of_values(values).map(Ok),
        Err(error) => Some(Err(error)),
    }
}

/// `struct_pack(a := 'INTEGER')`, which is `{'a': 'INTEGER'}`; resolved, it is `named_struct('a', 'INTEGER')`.
fn packed(function: &Function) -> Option<Result<OptionValue>> {
    let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return None };
    let FunctionArguments::List(list) = &function.args else { return None };
    if name.value.eq_ignore_ascii_case("struct_pack") {
        let field = |arg: &FunctionArg| match arg {
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. }
            | FunctionArg::ExprNamed {
                name: Expr::Identifier(name),
                arg: FunctionArgExpr::Expr(value),
                ..
            } => Some(option_value(value).map(|value| (name.value.clone(), value))),
            _ => None,
        };
        let fields: Vec<Result<(String, OptionValue)>> =
            list.args.iter().map(field).collect::<Option<_>>()?;
        return Some(fields.into_iter().collect::<Result<_>>().map(OptionValue::Map));
    }
    name.value.eq_ignore_ascii_case("named_struct").then_some(())?;
    let value = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(option_value(value)),
        _ => None,
    };
    let values: Vec<Result<OptionValue>> = list.args.iter().map(value).collect::<Option<_>>()?;
    let values: Result<Vec<OptionValue>> = values.into_iter().collect();
    let field = |field: &[OptionValue]| match field {
        [OptionValue::Text(name), value] => Some((name.clone(), value.clone())),
        _ => None,
    };
    match values {
        Ok(values) => Some(Ok(OptionValue::Map(values.chunks(2).map(field).collect::<Option<_>>()?))),
        Err(error) => Some(Err(error)),
    }
}

fn unreadable(expr: &Expr) -> Error {
    Error::new(format!("expected a constant for an option, found {expr}"))
        .with_hint("options take texts, numbers, true, false, lists ['a', 'b'] and maps {'a': 'b'}")
}

impl From<bool> for OptionValue {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<&str> for OptionValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for OptionValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<i32> for OptionValue {
    fn from(value: i32) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<i64> for OptionValue {
    fn from(value: i64) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<f64> for OptionValue {
    /// Not a number and infinity, which cannot be written, become null.
    fn from(value: f64) -> Self {
        if value.is_finite() { Self::Number(format!("{value:?}")) } else { Self::Null }
    }
}

impl<T: Into<OptionValue>> From<Option<T>> for OptionValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

struct Finder {
    calls: Vec<SourceCall>,
}

impl Visitor for Finder {
    type Break = Error;

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Error> {
        let call = match source_call_of(factor) {
            Ok(None) => sniffed_call_of(factor),
            found => found,
        };
        match call {
            Ok(Some(call)) if !self.calls.contains(&call) => self.calls.push(call),
            Ok(Some(_)) => {}
            Ok(None) => return check_function(factor),
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}

/// A reading function with a misspelt name is told here, where the known ones are.
fn check_function(factor: &TableFactor) -> ControlFlow<Error> {
    let TableFactor::Table { name, args: Some(_), .. } = factor else { return ControlFlow::Continue(()) };
    let name = name.to_string();
    let known = FUNCTIONS.iter().map(|(known, _)| *known);
    match nearest(&name, known) {
        Some(known) if name.to_lowercase().starts_with("read") => {
            let error = Error::new(format!("there is no table function \"{name}\""));
            ControlFlow::Break(error.with_hint(format!("did you mean {known}?")))
        }
        _ => ControlFlow::Continue(()),
    }
}

impl fmt::Display for SourceFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "path",
            Self::ReadCsv => "read_csv",
            Self::ReadJson => "read_json",
            Self::ReadText => "read_text",
            Self::ReadParquet => "read_parquet",
        })
    }
}

impl fmt::Display for SourceCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (SourceFunction::Path, [path]) = (self.function, self.paths.as_slice()) {
            return write!(f, "{}", quoted(path));
        }
        write!(f, "{}(", self.function)?;
        match self.paths.as_slice() {
            [path] => write!(f, "{}", quoted(path))?,
            paths => write!(f, "[{}]", paths.iter().map(|path| quoted(path)).collect::<Vec<_>>().join(", "))?,
        }
        for (name, value) in &self.options {
            write!(f, ", {name} = {value}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Number(value) => f.write_str(value),
            Self::Text(value) => f.write_str(&quoted(value)),
            Self::List(items) => {
                write!(f, "[{}]", items.iter().map(Self::to_string).collect::<Vec<_>>().join(", "))
            }
            Self::Map(entries) => {
                let entry = |(key, value): &(String, Self)| format!("{}: {value}", quoted(key));
                write!(f, "{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            Self::Null => f.write_str("NULL"),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    fn calls(sql: &str) -> Result<Vec<String>> {
        let statements = parse(sql)?;
        Ok(source_calls(&statements[0])?.iter().map(SourceCall::to_string).collect())
    }

    #[test]
    fn paths_and_functions_are_found_everywhere() {
        assert_eq!(
            calls(
                "WITH w AS (SELECT * FROM 'w.csv') SELECT (SELECT max(x) FROM \"dir/x.csv\") FROM 'a.csv' AS a \
                 JOIN read_csv('b.csv') b ON true, w WHERE y IN (SELECT line FROM lines('c.txt')) \
                 UNION ALL SELECT * FROM 'a.csv'"
            )
            .unwrap(),
            ["'w.csv'", "'dir/x.csv'", "'a.csv'", "read_csv('b.csv')", "read_text('c.txt')"]
        );
        assert_eq!(calls("EXPLAIN SELECT * FROM 'a.csv'").unwrap(), ["'a.csv'"]);
        assert_eq!(calls("CREATE VIEW v AS SELECT * FROM 'it''s.csv'").unwrap(), ["'it''s.csv'"]);
        assert_eq!(calls("SELECT * FROM t, \"T\", generate_series(1, 2)").unwrap(), [""; 0]);
    }

    #[test]
    fn all_ways_to_name_an_option() {
        let expected = "read_csv(['a', 'b'], header = true, skip = 2, nullstr = ['NA', '-'], \
                        types = {'x': 'INT'}, quote = '')";
        assert_eq!(calls("SELECT * FROM read_csv('a', null = '-')").unwrap(), ["read_csv('a', null = '-')"]);
        for equals in ["=", "=>", ":="] {
            let sql = format!(
                "SELECT * FROM Read_CSV(['a', 'b'], HEADER {equals} true, skip {equals} 2, \
                 nullstr {equals} ['NA', '-'], types {equals} {{'x': 'INT'}}, quote {equals} '')"
            );
            assert_eq!(calls(&sql).unwrap(), [expected], "{equals}");
        }
    }

    #[test]
    fn objects_of_json_may_be_left_whole() {
        for function in ["read_json_objects", "READ_NDJSON_OBJECTS", "read_json_objects_auto"] {
            let sql = format!("SELECT * FROM {function}('a', filename = true)");
            assert_eq!(calls(&sql).unwrap(), ["read_json('a', filename = true, maximum_depth = 0)"]);
        }
    }

    #[test]
    fn packed_structs_are_maps() {
        let sql = "SELECT * FROM read_csv('a', columns = STRUCT_PACK(id := 'INTEGER', \"B c\" := 'TEXT'))";
        assert_eq!(calls(sql).unwrap(), ["read_csv('a', columns = {'id': 'INTEGER', 'B c': 'TEXT'})"]);
        let error = calls("SELECT * FROM read_csv('a', types = row('a', 'b'))").unwrap_err().to_string();
        assert_eq!(error, "expected a constant for an option, found row('a', 'b')");
    }

    #[test]
    fn wrong_arguments_are_told() {
        let error = |sql: &str| calls(sql).unwrap_err().to_string();
        assert_eq!(error("SELECT * FROM read_csv()"), "read_csv: there is no path");
        assert_eq!(error("SELECT * FROM read_csv(3)"), "read_csv: expected a path in quotes, found 3");
        assert_eq!(error("SELECT * FROM read_csv('a', 'b')"), "read_csv: 'b' has no name");
        assert_eq!(
            error("SELECT * FROM read_csv('a', skip = 1, skip = 2)"),
            "read_csv: the option skip is given twice"
        );
        assert_eq!(
            error("SELECT * FROM read_csv('a', skip = 1 + 1)"),
            "expected a constant for an option, found 1 + 1"
        );
        let sniffed = calls("SELECT * FROM sniff_csv('a', skip = 1), 'b'").unwrap();
        assert_eq!(sniffed, calls("SELECT * FROM read_csv('a', skip = 1), 'b'").unwrap());
        assert_eq!(calls("SELECT * FROM read_cvs('a')").unwrap_err().hint(), Some("did you mean read_csv?"));
    }
}
