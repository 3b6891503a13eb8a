//! The names in statements around queries.

use sqlparser::ast::{ObjectName, ObjectNamePart, ObjectType, Statement as SqlStatement, TableObject};

use super::{Resolver, is_internal};
use crate::dialect::insert_by_name::name_columns;
use crate::dialect::values::name_columns_of_values;
use crate::error::Result;
use crate::scope::{Env, nothing_to_drop, respell};

impl Resolver<'_> {
    pub(super) fn statement(&self, statement: &mut SqlStatement, env: &Env) -> Result<()> {
        match statement {
            SqlStatement::Query(query) => {
                name_columns_of_values(&mut query.body)?;
                self.query(query, env).map(|_| ())
            }
            SqlStatement::Explain { statement, .. } => self.statement(statement, env),
            SqlStatement::CreateView(view) => {
                self.known_table(&mut view.name);
                name_columns_of_values(&mut view.query.body)?;
                self.query(&mut view.query, env).map(|_| ())
            }
            SqlStatement::CreateTable(table) => {
                self.known_table(&mut table.name);
                match &mut table.query {
                    Some(query) => {
                        name_columns_of_values(&mut query.body)?;
                        self.query(query, env).map(|_| ())
                    }
                    None => Ok(()),
                }
            }
            SqlStatement::Insert(insert) => {
                let table = match &mut insert.table {
                    TableObject::TableName(name) => self.table_name(name, env)?.columns,
                    _ => None,
                };
                let columns = match &mut insert.source {
                    Some(query) => self.query(query, env)?,
                    None => None,
                };
                name_columns(insert, columns.as_deref(), table.as_deref())
            }
            SqlStatement::Drop {
                object_type: ObjectType::Table | ObjectType::View,
                if_exists,
                names,
                ..
            } => {
                for name in names {
                    self.known_table(name);
                    if !*if_exists {
                        self.must_be_known(name)?;
                    }
                }
                Ok(())
            }
            SqlStatement::Prepare { statement, .. } => self.statement(statement, env),
            _ => Ok(()),
        }
    }

    /// Gives a name the spelling of the table that has it, if there is one.
    fn known_table(&self, name: &mut ObjectName) {
        if let [ObjectNamePart::Identifier(ident)] = name.0.as_mut_slice() {
            let tables = self.catalog.tables();
            respell(ident, tables.iter().map(String::as_str));
        }
    }

    /// A table that is dropped must be there.
    fn must_be_known(&self, name: &ObjectName) -> Result<()> {
        let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else { return Ok(()) };
        let tables = self.catalog.tables();
        if tables.contains(&ident.value) {
            return Ok(());
        }
        let shown = tables.iter().map(String::as_str).filter(|table| !is_internal(table));
        Err(nothing_to_drop(ident, shown))
    }
}
