//! Which files statements read and write, to tell which of them can run together.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use futures::FutureExt;
use swath_planner::Statement;
use swath_planner::fuse::Files;

use crate::paths::absolute;
use crate::session::Session;
use crate::widen::calls_of;

/// The files that statements of a session name.
pub(crate) struct StatementFiles<'a> {
    session: &'a Session,
    /// Views over files, by name, with the paths that they read. Only scripts with a `COPY` need them.
    views: OnceCell<Vec<(String, Vec<String>)>>,
    /// Absolute paths that were found out.
    absolute: RefCell<HashMap<String, String>>,
}

impl<'a> StatementFiles<'a> {
    /// Those that statements of this session name.
    pub(crate) fn new(session: &'a Session) -> Self {
        Self { session, views: OnceCell::new(), absolute: RefCell::default() }
    }

    fn views(&self) -> &[(String, Vec<String>)] {
        self.views.get_or_init(|| {
            // Tables of the session are at hand: nothing is waited for.
            let tables = self.session.registered().now_or_never().unwrap_or_default();
            let view = |(name, table): (String, Arc<dyn TableProvider>)| {
                let calls = calls_of(&*table.get_logical_plan()?);
                let paths = calls.iter().flat_map(|call| &call.paths).map(|path| self.absolute(path));
                Some((name.to_lowercase(), paths.collect()))
            };
            tables.into_iter().filter_map(view).collect()
        })
    }
}

impl Files for StatementFiles<'_> {
    fn absolute(&self, path: &str) -> String {
        let mut known = self.absolute.borrow_mut();
        known.entry(path.to_owned()).or_insert_with(|| absolute(path)).clone()
    }

    fn read_by_name(&self, statement: &Statement) -> Vec<String> {
        if self.views().is_empty() {
            return Vec::new();
        }
        let text = statement.to_string().to_lowercase();
        // A name that stands there for something else begins the next group, too: that costs a read, no rows.
        let named = self.views().iter().filter(|(name, _)| text.contains(name));
        named.flat_map(|(_, paths)| paths).cloned().collect()
    }
}
