//! Values for the parameters of statements.

use std::sync::{Arc, PoisonError, RwLock};

use swath_planner::Statement;

use crate::error::{Error, Result};
use crate::options::OptionValue;

/// Values for `$name` and `$1`, by name. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Arc<RwLock<swath_planner::Params>>);

impl Params {
    /// Sets or replaces a value; the name may begin with `$`.
    pub(crate) fn set(&self, name: &str, value: OptionValue) -> Result<()> {
        let name = name.strip_prefix('$').unwrap_or(name);
        if name.is_empty() || !name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
            let hint = "a name has letters, digits and underscores, as in $carrier or $1";
            return Err(Error::query(format!("\"{name}\" is no name of a parameter"), hint.to_owned()));
        }
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value);
        Ok(())
    }

    /// Puts the values into a statement.
    pub(crate) fn bind(&self, statement: &mut Statement) -> Result<()> {
        let params = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Ok(swath_planner::bind(statement, &params)?)
    }
}
