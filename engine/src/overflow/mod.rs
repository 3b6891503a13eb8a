//! Integers and decimals that overflow are errors. (Quotients of floating point numbers come along, for what NaN they are.)
//!
//! The relational core computes with integers modulo 2^64: `9223372036854775807 + 1` would be a negative number, and so
//! would a sum of large ones; shifts take the number of bits modulo 64. Here, `+`, `-`, `*`, `<<` and `>>` of integers become functions
//! that tell (`arithmetic.rs`, `shift.rs`), by a
//! rule that comes after types are known and before anything is computed; and `sum` of integers is computed in 128
//! bits (`sum.rs`), so that it is an error only where the sum itself does not fit, in whatever order the rows come.

mod arithmetic;
mod shift;
mod sum;

pub(crate) use arithmetic::{CheckArithmetic, overflowed, unchecked};
pub(crate) use shift::paired_rows;
pub(crate) use sum::checked_sum;
