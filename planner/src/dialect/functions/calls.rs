//! Calls of functions: what they are given, and how others are made.

use sqlparser::ast::{
    BinaryOperator, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArgumentList, FunctionArguments, Ident, ObjectName, ObjectNamePart, Value,
};

use crate::error::{Error, Result};

/// The arguments of a call that takes exactly so many.
pub(crate) fn arguments<const N: usize>(
    function: &Function,
    name: &str,
    expected: &str,
) -> Result<[Expr; N]> {
    let given = positional(function).unwrap_or_default();
    given.try_into().map_err(|_| wrong_arguments(name, expected))
}

pub(crate) fn wrong_arguments(name: &str, expected: &str) -> Error {
    Error::new(format!("{name}: expected {expected}"))
}

/// The arguments of a call, if all are plain expressions.
pub(crate) fn positional(function: &Function) -> Option<Vec<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let plain = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    list.args.iter().map(plain).collect()
}

/// A call of a function with plain arguments.
pub(crate) fn call(name: &str, args: Vec<Expr>) -> Function {
    Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: argument_list(args, Vec::new()),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    }
}

pub(crate) fn argument_list(args: Vec<Expr>, clauses: Vec<FunctionArgumentClause>) -> FunctionArguments {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses })
}

/// The name of a call whose name has one part.
pub(crate) fn ident_of(function: &mut Function) -> &mut Ident {
    match &mut function.name.0[0] {
        ObjectNamePart::Identifier(ident) => ident,
        ObjectNamePart::Function(part) => &mut part.name,
    }
}

/// Calls another function with the same arguments.
pub(crate) fn rename(function: &mut Function, name: &str) {
    *ident_of(function) = Ident::new(name);
}

pub(crate) fn text(value: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(value.to_owned()).into())
}

pub(crate) fn one() -> Expr {
    Expr::Value(Value::Number("1".to_owned(), false).into())
}

pub(crate) fn is_not_null(expr: &Expr) -> Expr {
    Expr::IsNotNull(Box::new(expr.clone()))
}

pub(crate) fn and(condition: Expr, more: Option<Box<Expr>>) -> Expr {
    match more {
        None => condition,
        Some(more) => Expr::BinaryOp {
            left: Box::new(Expr::Nested(Box::new(condition))),
            op: BinaryOperator::And,
            right: Box::new(Expr::Nested(more)),
        },
    }
}

pub(crate) fn is_distinct(function: &Function) -> bool {
    matches!(&function.args, FunctionArguments::List(list)
        if list.duplicate_treatment == Some(DuplicateTreatment::Distinct))
}
