//! Frames one after the other.

use datafusion::logical_expr::LogicalPlanBuilder;

use super::{Frame, without_tables};
use crate::error::{Error, Result};

/// The rows of all frames. Columns are matched by name; where a frame lacks one, its rows are null
/// there. The columns stand in the order in which they are met first.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
/// let frame = swath::read_csv(&path).scan()?;
/// let both = swath::concat([frame.select(["b", "a"]), frame.select(["a"])])?;
/// assert_eq!(both.columns()?, ["b", "a"]);
/// assert_eq!(both.count().get()?, 4);
/// # Ok::<(), swath::Error>(())
/// ```
///
/// # Errors
/// There is no frame at all. What else is wrong is told by the frame.
pub fn concat(frames: impl IntoIterator<Item = Frame>) -> Result<Frame> {
    let mut frames = frames.into_iter();
    let Some(first) = frames.next() else {
        return Err(Error::query("there is no frame to concatenate", "give at least one".to_owned()));
    };
    Ok(frames.fold(first, |all, frame| {
        all.step(|plan| {
            all.check_same_session(&frame, "concatenated")?;
            let plan = LogicalPlanBuilder::from(without_tables(plan)?);
            Ok(plan.union_by_name(without_tables(frame.plan()?)?)?.build()?)
        })
    }))
}
