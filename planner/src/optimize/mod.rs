//! Rules for logical plans that the relational core lacks: a plan in, an equal and cheaper plan out.

mod estimate;
mod join_order;
mod semi_joins;

pub use join_order::{MOST_RELATIONS, order_joins};
pub use semi_joins::push_semi_join_down;
