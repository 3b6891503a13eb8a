//! What programs over frames use all the time: `use swath::prelude::*;`

pub use crate::compute::Computable;
pub use crate::expr::{Expr, asc, col, desc, interval, len, lit, null, when};
pub use crate::frame::Frame;
pub use crate::types::*;
