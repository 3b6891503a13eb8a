//! Macros of a session: `CREATE MACRO add(a, b) AS a + b`.

use std::sync::{Arc, PoisonError, RwLock};

use swath_planner::{MacroCall, Statement, expand_macros, nearest};

use crate::error::{Error, Result};

/// Macros by name. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Macros(Arc<RwLock<swath_planner::Macros>>);

impl Macros {
    /// Makes or forgets a macro.
    pub(crate) fn change(&self, call: MacroCall) -> Result<()> {
        let mut macros = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match call {
            MacroCall::Create { name, replaces: false, .. } if macros.contains_key(&name) => {
                Err(Error::query(
                    format!("there is a macro \"{name}\" already"),
                    "CREATE OR REPLACE MACRO makes another one in its place".to_owned(),
                ))
            }
            MacroCall::Create { name, made, .. } => {
                macros.insert(name, *made);
                Ok(())
            }
            MacroCall::Drop { name, if_exists } => match macros.remove(&name) {
                None if !if_exists => {
                    let near = nearest(&name, macros.keys().map(String::as_str));
                    let hint = near.map_or_else(
                        || "CREATE MACRO makes one".to_owned(),
                        |near| format!("did you mean {near}?"),
                    );
                    Err(Error::query(format!("there is no macro \"{name}\""), hint))
                }
                _ => Ok(()),
            },
        }
    }

    /// Puts what they stand for into a statement.
    pub(crate) fn expand(&self, statement: &mut Statement) -> Result<()> {
        Ok(expand_macros(statement, &self.0.read().unwrap_or_else(PoisonError::into_inner))?)
    }
}
