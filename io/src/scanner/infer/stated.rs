//! Names and types that the options give.

use std::collections::HashSet;

use super::normal_names::normal_names;
use super::{Column, CsvTable};
use crate::error::{Error, Result};
use crate::options::{ColumnType, CsvOptions};
use crate::scanner::fields::Missing;
use crate::scanner::json::JsonType;

/// Applies the names that the options give.
pub(super) fn apply_names(table: &mut CsvTable) -> Result<()> {
    let names = &table.options.names;
    if table.columns.is_empty() {
        // Files without any record say nothing; who asks does.
        table.columns = names.iter().map(|name| Column::new(name.clone(), ColumnType::Text, false)).collect();
    }
    let may_be_filled_up = !table.options.pad_short;
    check_count("names", names.len(), &table.columns, may_be_filled_up)?;
    if table.options.normalize_names {
        let normal = normal_names(table.columns.iter().map(|column| column.name.as_str()));
        table.columns.iter_mut().zip(normal).for_each(|(column, name)| column.name = name);
    }
    for (column, name) in table.columns.iter_mut().zip(names) {
        column.name.clone_from(name);
    }
    let mut met = HashSet::new();
    match table.columns.iter().find(|column| !met.insert(column.name.as_str())) {
        None => Ok(()),
        Some(column) => Err(Error::bad_option_hint(
            "names",
            format!("two columns would be named \"{}\"", column.name),
            "columns without a name of their own keep that of the files",
        )),
    }
}

/// Applies the types that the options give, in order or by name.
pub(super) fn apply_types(table: &mut CsvTable) -> Result<()> {
    check_count("types", table.options.types_in_order.len(), &table.columns, false)?;
    for (column, ty) in table.columns.iter_mut().zip(&table.options.types_in_order) {
        column.set_type(ty);
    }
    for (name, ty) in &table.options.types {
        let index = place_of(name, "types", &table.columns)?;
        table.columns[index].set_type(ty);
    }
    Ok(())
}

/// Applies what the options say of nulls in columns.
pub(super) fn apply_nulls(table: &mut CsvTable) -> Result<()> {
    if table.options.empty_is_text {
        let texts = table
            .columns
            .iter_mut()
            .filter(|column| column.ty == ColumnType::Text && column.nested.is_none());
        texts.for_each(|column| column.missing = Missing::NoText);
    }
    for name in &table.options.not_null {
        let index = place_of(name, "force_not_null", &table.columns)?;
        table.columns[index].missing = Missing::Nothing;
    }
    for (name, texts) in &table.options.nullstr_of {
        let index = place_of(name, "nullstr", &table.columns)?;
        table.columns[index].null_texts.extend_from_slice(texts);
    }
    Ok(())
}

/// The column that an option names.
fn place_of(name: &str, option: &str, columns: &[Column]) -> Result<usize> {
    let exact = columns.iter().position(|column| column.name == *name);
    let found = exact.or_else(|| columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)));
    found.ok_or_else(|| {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        Error::bad_option_hint(
            option,
            format!("no column is named \"{name}\""),
            format!("the columns are: {}", names.join(", ")),
        )
    })
}

/// What is said of columns in order is said of no more than there are, unless an option would make the others.
fn check_count(option: &str, count: usize, columns: &[Column], may_be_filled_up: bool) -> Result<()> {
    if count <= columns.len() {
        return Ok(());
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let others = if may_be_filled_up {
        "; null_padding = true makes the others, of nulls where records are short"
    } else {
        ""
    };
    Err(Error::bad_option_hint(
        option,
        format!("there are {count}, and {} columns", columns.len()),
        format!("the columns are: {}{others}", names.join(", ")),
    ))
}

/// The type that the options give a column.
pub(super) fn given_type<'a>(name: &str, options: &'a CsvOptions) -> Option<&'a JsonType> {
    let mut types = options.types.iter();
    types.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, ty)| ty)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{columns_of, infer};
    use super::*;

    #[test]
    fn types_can_be_stated() {
        let types = vec![("B".to_owned(), ColumnType::Text.into())];
        let options = CsvOptions { types, ..Default::default() };
        assert_eq!(columns_of(&infer(&["a,b\n1,2\n"], &options).unwrap()), "a bigint, b text");
        let error = infer(&["a,c\n1,2\n"], &options).unwrap_err();
        assert_eq!(error.to_string(), "option types: no column is named \"B\"");
        let options = CsvOptions { all_varchar: true, ..Default::default() };
        assert_eq!(columns_of(&infer(&["a,b\n1,2\n"], &options).unwrap()), "a text, b text");
        let columns = Some(vec![("x".to_owned(), ColumnType::Float64.into())]);
        let options = CsvOptions { columns, ..Default::default() };
        assert_eq!(columns_of(&infer(&["1\n"], &options).unwrap()), "x double");
    }

    #[test]
    fn names_may_be_made_normal() {
        let normal = CsvOptions { normalize_names: true, ..Default::default() };
        let found = |text: &str, options: &CsvOptions| columns_of(&infer(&[text], options).unwrap());
        let text = "A b,a  B,order\n1,x,2\n";
        assert_eq!(found(text, &normal), "a_b bigint, a_b_1 text, _order bigint");
        let types = vec![("A_B".to_owned(), ColumnType::Text.into())];
        let named = CsvOptions { types, names: vec!["id".into()], ..normal };
        assert!(infer(&[text], &named).is_err());
        let types = vec![("_ORDER".to_owned(), ColumnType::Text.into())];
        assert_eq!(found(text, &CsvOptions { types, ..named }), "id bigint, a_b_1 text, _order text");
    }

    #[test]
    fn names_that_are_given_stand_for_those_of_each_file() {
        let given = |files: &[&str], names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let table = infer(files, &CsvOptions { names, ..CsvOptions::default() }).unwrap();
            (columns_of(&table), table.notes().len())
        };
        let both = ("x bigint, y text".to_owned(), 0);
        assert_eq!(given(&["a,b\n1,u\n", "A1,B1\n2,v\n", "3,w\n"], &["x", "y"]), both);
        assert_eq!(given(&["a,b\n1,u\n", "b,a\nv,2\n"], &["x", "y"]), both);
        // A file that lacks a column.
        let (columns, notes) = given(&["a,b,c\n1,u,2\n", "b,c\nv,3\n", "b,q\nw,4\n"], &["x", "y"]);
        assert_eq!((columns.as_str(), notes), ("x bigint, y text, c bigint, q bigint", 1));
    }
}
