//! `SET name = value`, `RESET name` and `SHOW name`: what a statement says of a setting, as plain data.

use datafusion_sql::parser::ResetStatement;
use sqlparser::ast::{Expr, ObjectName, Set, Statement as Sql, Value};

use crate::parse::Statement;

/// What a statement does with a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingCall {
    /// Gives it a value.
    Set {
        /// Its name, in lower case.
        name: String,
        /// The value as text.
        value: String,
    },
    /// Asks for its value.
    Show {
        /// Its name, in lower case.
        name: String,
    },
}

/// What a statement says of a setting; `None` for other statements, and for names with dots, which are those of
/// the relational core.
pub fn setting_of(statement: &Statement) -> Option<SettingCall> {
    let statement = match statement {
        Statement::Statement(statement) => statement,
        Statement::Reset(ResetStatement::Variable(variable)) => {
            return Some(SettingCall::Set { name: bare_name(variable)?, value: "default".to_owned() });
        }
        _ => return None,
    };
    match statement.as_ref() {
        Sql::Set(Set::SingleAssignment { variable, values, .. }) => {
            let [value] = values.as_slice() else { return None };
            Some(SettingCall::Set { name: bare_name(variable)?, value: text_of(value) })
        }
        Sql::Set(Set::SetTimeZone { value, .. }) => {
            Some(SettingCall::Set { name: "timezone".to_owned(), value: text_of(value) })
        }
        Sql::ShowVariable { variable } => match variable.as_slice() {
            [name] => Some(SettingCall::Show { name: name.value.to_lowercase() }),
            _ => None,
        },
        _ => None,
    }
}

fn bare_name(name: &ObjectName) -> Option<String> {
    match name.0.as_slice() {
        [part] => Some(part.as_ident()?.value.to_lowercase()),
        _ => None,
    }
}

fn text_of(value: &Expr) -> String {
    match value {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => text.clone(),
            other => other.to_string(),
        },
        Expr::Identifier(name) => name.value.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn settings_are_told_from_other_statements() {
        let of = |sql: &str| setting_of(&parse(sql).unwrap()[0]);
        let set = |name: &str, value: &str| {
            Some(SettingCall::Set { name: name.to_owned(), value: value.to_owned() })
        };
        assert_eq!(of("SET Memory_Limit = '1GB'"), set("memory_limit", "1GB"));
        assert_eq!(of("SET memory_limit = 1000000"), set("memory_limit", "1000000"));
        assert_eq!(of("SET memory_limit TO default"), set("memory_limit", "default"));
        assert_eq!(of("RESET memory_limit"), set("memory_limit", "default"));
        assert_eq!(of("RESET datafusion.execution.batch_size"), None);
        assert_eq!(of("SHOW memory_limit"), Some(SettingCall::Show { name: "memory_limit".into() }));
        assert_eq!(of("SET TIME ZONE 'UTC'"), set("timezone", "UTC"));
        assert_eq!(of("SET TimeZone = 'UTC'"), set("timezone", "UTC"));
        assert_eq!(of("SET datafusion.execution.batch_size = 1"), None);
        assert_eq!(of("SELECT 1"), None);
    }
}
