//! Arithmetic, and conditions made of conditions, by operators.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Rem, Sub};

use super::{Expr, IntoValue};

/// `expression + value` and `number + expression`, and so on.
macro_rules! arithmetic {
    ($($operator:ident :: $method:ident),*) => {$(
        impl<V: IntoValue> $operator<V> for Expr {
            type Output = Expr;

            fn $method(self, other: V) -> Expr {
                Self(self.0.$method(other.into_value().0))
            }
        }

        of_numbers! { $operator::$method: i64, f64 }
    )*};
}

macro_rules! of_numbers {
    ($operator:ident :: $method:ident : $($number:ty),*) => {$(
        impl $operator<Expr> for $number {
            type Output = Expr;

            fn $method(self, other: Expr) -> Expr {
                self.into_value().$method(other)
            }
        }
    )*};
}

arithmetic! { Add::add, Sub::sub, Mul::mul, Div::div, Rem::rem }

impl Neg for Expr {
    type Output = Expr;

    fn neg(self) -> Expr {
        Self(-self.0)
    }
}

/// Whether the condition is false.
impl Not for Expr {
    type Output = Expr;

    fn not(self) -> Expr {
        Self(!self.0)
    }
}

/// Whether both conditions are true, as [`Expr::and`].
impl BitAnd for Expr {
    type Output = Expr;

    fn bitand(self, other: Expr) -> Expr {
        self.and(other)
    }
}

/// Whether one of the conditions is true, as [`Expr::or`].
impl BitOr for Expr {
    type Output = Expr;

    fn bitor(self, other: Expr) -> Expr {
        self.or(other)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{col, lit};

    #[test]
    fn values_stand_on_either_side() {
        assert_eq!((1 - col("x") * 2).to_string(), "Int64(1) - x * Int32(2)");
        assert_eq!((2.5 / col("x") % &col("y")).to_string(), "Float64(2.5) / x % y");
        assert_eq!(col("x") + lit("a"), col("x") + "a");
    }

    #[test]
    fn conditions_are_joined_by_operators() {
        let (a, b) = (col("a").gt(1), col("b").eq("x"));
        assert_eq!(a.clone() & b.clone(), a.clone().and(b.clone()));
        assert_eq!(a.clone() | !b.clone(), a.or(!b));
    }
}
