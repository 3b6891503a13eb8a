//! What outputs that are computed together have in common: plain data in, plain data out.

mod groups;
mod passes;
mod shared;
mod widen;

pub use groups::{Files, next_group};
pub use passes::{PassPlan, ScanNeed, passes};
pub use shared::{Fused, SharedPlan, SharedSource, share_aggregates};
pub use widen::{SameTable, widen};
