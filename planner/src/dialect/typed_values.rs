//! `VALUES (DATE '2020-01-01'), ('2020-01-02')`: a text beside a value whose type is written down is one of this type.

use sqlparser::ast::{CastKind, DataType, Expr, Query, SetExpr, TypedString, Value};

/// Writes the texts of such columns as what they are.
pub(crate) fn type_texts(query: &mut Query) {
    let SetExpr::Values(values) = query.body.as_mut() else { return };
    let width = values.rows.first().map_or(0, |row| row.len());
    for place in 0..width {
        let written = values.rows.iter().find_map(|row| row.get(place).and_then(written_type));
        let Some(data_type) = written.cloned() else { continue };
        for value in values.rows.iter_mut().filter_map(|row| row.get_mut(place)) {
            if matches!(value, Expr::Value(text) if matches!(text.value, Value::SingleQuotedString(_))) {
                *value = Expr::Cast {
                    kind: CastKind::Cast,
                    expr: Box::new(value.clone()),
                    data_type: data_type.clone(),
                    array: false,
                    format: None,
                };
            }
        }
    }
}

fn written_type(value: &Expr) -> Option<&DataType> {
    match value {
        Expr::TypedString(TypedString { data_type, .. }) => Some(data_type),
        Expr::Cast { data_type, expr, .. } if matches!(**expr, Expr::Value(_)) => Some(data_type),
        Expr::Nested(inner) => written_type(inner),
        _ => None,
    }
}
