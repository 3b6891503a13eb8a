//! Functions of columns: those of the relational core, as in SQL.
//!
//! Here are the scalar ones, [`aggregate`] has those over groups, [`window`] those over windows.
//!
//! ```
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("t.csv");
//! # std::fs::write(&path, "a,b\n1,x\n3,y\n").unwrap();
//! use swath::functions::{aggregate, upper, window};
//! use swath::prelude::*;
//!
//! let frame = swath::read_csv(&path).scan()?.with_columns([
//!     upper(col("b")).alias("B"),
//!     window::row_number().over_sorted([] as [&str; 0], [desc("a")]).alias("place"),
//! ]);
//! let corr = frame.select([aggregate::corr(col("a"), col("place")).alias("corr")]);
//! assert_eq!(corr.max("corr").get()?, Some(-1.0));
//! # Ok::<(), swath::Error>(())
//! ```

pub use datafusion::functions::expr_fn::*;
pub use datafusion::functions_nested::expr_fn::*;
pub use datafusion::logical_expr::{case, cast, not, try_cast};

pub use crate::expr::when;

/// Functions over groups of rows.
pub mod aggregate {
    pub use datafusion::functions_aggregate::expr_fn::*;
    pub use datafusion::logical_expr::ExprFunctionExt;
}

/// Functions over windows of rows; say which with [`ExprExt::over`](crate::ExprExt::over).
pub mod window {
    pub use datafusion::functions_window::expr_fn::*;

    pub use crate::dialect::{dense_rank, ntile, rank, row_number};
    pub use datafusion::logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits};
}
