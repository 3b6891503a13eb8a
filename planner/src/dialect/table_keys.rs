//! Conditions of tables that are made: `PRIMARY KEY`, `UNIQUE`, `REFERENCES` and `CHECK`.
//!
//! Nothing looks at them when rows are put into a table. The relational core believes in them all the same, and leaves out what they make
//! needless: `DISTINCT`, and further keys of groups and sorts. So nothing is left of them but that columns of a primary key have no nulls.

use sqlparser::ast::{ColumnDef, ColumnOption, ColumnOptionDef, CreateTable, Expr, TableConstraint};

use crate::scope::same_name;

/// Whether a table is made with keys.
pub(crate) fn has_keys(table: &CreateTable) -> bool {
    table.constraints.iter().any(is_key) || options_of(table).any(is_key_of_column)
}

/// Whether a table is made with conditions.
pub(crate) fn has_conditions(table: &CreateTable) -> bool {
    table.constraints.iter().any(is_condition) || options_of(table).any(is_condition_of_column)
}

fn options_of(table: &CreateTable) -> impl Iterator<Item = &ColumnOptionDef> {
    table.columns.iter().flat_map(|column| &column.options)
}

/// Makes the table without its keys and conditions.
pub(crate) fn forget_keys(table: &mut CreateTable) {
    for constraint in &table.constraints {
        let TableConstraint::PrimaryKey(key) = constraint else { continue };
        for key in &key.columns {
            let Expr::Identifier(name) = &key.column.expr else { continue };
            let of_key = |column: &&mut ColumnDef| same_name(&column.name.value, &name.value);
            if let Some(column) = table.columns.iter_mut().find(of_key) {
                forbid_nulls(column);
            }
        }
    }
    table.constraints.retain(|constraint| !is_key(constraint) && !is_condition(constraint));
    for column in &mut table.columns {
        if column.options.iter().any(|option| matches!(option.option, ColumnOption::PrimaryKey(_))) {
            forbid_nulls(column);
        }
        column.options.retain(|option| !is_key_of_column(option) && !is_condition_of_column(option));
    }
}

fn is_key(constraint: &TableConstraint) -> bool {
    matches!(
        constraint,
        TableConstraint::PrimaryKey(_) | TableConstraint::Unique(_) | TableConstraint::ForeignKey(_)
    )
}

fn is_key_of_column(option: &ColumnOptionDef) -> bool {
    matches!(
        option.option,
        ColumnOption::PrimaryKey(_) | ColumnOption::Unique(_) | ColumnOption::ForeignKey(_)
    )
}

fn is_condition(constraint: &TableConstraint) -> bool {
    matches!(constraint, TableConstraint::Check(_))
}

fn is_condition_of_column(option: &ColumnOptionDef) -> bool {
    matches!(option.option, ColumnOption::Check(_))
}

fn forbid_nulls(column: &mut ColumnDef) {
    let not_null = ColumnOptionDef { name: None, option: ColumnOption::NotNull };
    if !column.options.contains(&not_null) {
        column.options.push(not_null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Statement, parse};

    #[test]
    fn keys_are_forgotten() {
        let without = |sql: &str| {
            let Statement::Statement(statement) = parse(sql).unwrap().remove(0) else { panic!("{sql}") };
            let sqlparser::ast::Statement::CreateTable(mut table) = *statement else { panic!("{sql}") };
            assert!(has_keys(&table) || has_conditions(&table));
            forget_keys(&mut table);
            assert!(!has_keys(&table) && !has_conditions(&table));
            table.to_string()
        };
        assert_eq!(
            without("CREATE TABLE t (a INT PRIMARY KEY, b INT UNIQUE NOT NULL, c INT REFERENCES u(a))"),
            "CREATE TABLE t (a INT NOT NULL, b INT NOT NULL, c INT)"
        );
        assert_eq!(
            without(
                "CREATE TABLE t (a INT, b INT, PRIMARY KEY (A), UNIQUE (b), FOREIGN KEY (b) REFERENCES u(a))"
            ),
            "CREATE TABLE t (a INT NOT NULL, b INT)"
        );
        assert_eq!(
            without("CREATE TABLE t (a INT CHECK (a > 0), b INT, CHECK (b < 10))"),
            "CREATE TABLE t (a INT, b INT)"
        );
    }
}
