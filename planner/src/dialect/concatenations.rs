//! `'Q' || n + 1`: the sum comes first, as in DuckDB and PostgreSQL. The parser puts texts together before it adds and multiplies.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, Value, VisitorMut};

/// Computes first what is put together.
pub(crate) struct Concatenations;

impl VisitorMut for Concatenations {
    type Break = std::convert::Infallible;

    // After its parts: in these, what is put together is already on top.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if let Expr::BinaryOp { left, op, right } = expr
            && is_arithmetic(op)
            && (is_concatenation(left) || is_concatenation(right))
        {
            *expr = computed_first(take(left), op.clone(), take(right));
        }
        ControlFlow::Continue(())
    }
}

/// `(a || b) + (c || d)` as `a || (b + c) || d`; what is written in parentheses is another kind of expression.
fn computed_first(left: Expr, op: BinaryOperator, mut right: Expr) -> Expr {
    let (before, last) = match left {
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } => (Some(left), right),
        other => (None, Box::new(other)),
    };
    let mut first = &mut right;
    while let Expr::BinaryOp { left, op: BinaryOperator::StringConcat, .. } = first {
        first = left;
    }
    let computed = Expr::BinaryOp { left: last, op, right: Box::new(take(first)) };
    *first = match before {
        Some(before) => {
            Expr::BinaryOp { left: before, op: BinaryOperator::StringConcat, right: Box::new(computed) }
        }
        None => computed,
    };
    right
}

fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, Expr::Value(Value::Null.into()))
}

fn is_concatenation(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryOp { op: BinaryOperator::StringConcat, .. })
}

fn is_arithmetic(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::DuckIntegerDivide
            | BinaryOperator::Modulo
    )
}

#[cfg(test)]
mod tests {
    use sqlparser::ast::{Expr, SetExpr, Statement as Sql};

    use crate::parse::{Statement, parse};

    /// The expression with parentheses around all of its parts.
    fn parts(expr: &Expr) -> String {
        match expr {
            Expr::BinaryOp { left, op, right } => format!("({} {op} {})", parts(left), parts(right)),
            other => other.to_string(),
        }
    }

    #[test]
    fn sums_come_first() {
        for (written, expected) in [
            ("a || b + c", "(a || (b + c))"),
            ("a + b || c", "((a + b) || c)"),
            ("a || b * c || d", "((a || (b * c)) || d)"),
            ("a - b || c + d || e - f", "(((a - b) || (c + d)) || (e - f))"),
            ("a + b || c + d - e", "((a + b) || ((c + d) - e))"),
            ("a || b || c", "((a || b) || c)"),
            ("a * b || c // d % e", "((a * b) || ((c // d) % e))"),
            ("(a || b) + c", "((a || b) + c)"),
            ("a || b = c || d + 1", "((a || b) = (c || (d + 1)))"),
        ] {
            let Statement::Statement(statement) = parse(&format!("SELECT {written}")).unwrap().remove(0)
            else {
                panic!("{written}")
            };
            let Sql::Query(query) = *statement else { panic!("{written}") };
            let SetExpr::Select(select) = *query.body else { panic!("{written}") };
            let sqlparser::ast::SelectItem::UnnamedExpr(expr) = &select.projection[0] else {
                panic!("{written}")
            };
            assert_eq!(parts(expr), expected, "{written}");
        }
    }
}
