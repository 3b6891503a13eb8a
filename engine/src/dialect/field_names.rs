//! Fields of structs without regard to case, as columns are found: `s.Name` of a struct with a field `name`.

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Column, DFSchema, ExprSchema, ScalarValue, TableReference};
use datafusion::error::Result;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawFieldAccessExpr};
use datafusion::logical_expr::{Expr, ExprSchemable, GetFieldAccess};

#[derive(Debug)]
pub(super) struct FieldNames;

impl ExprPlanner for FieldNames {
    fn plan_field_access(
        &self,
        mut access: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        if let GetFieldAccess::NamedStructField { name } = &mut access.field_access
            && let Ok(ty) = access.expr.get_type(schema as &dyn ExprSchema)
            && let Some(field) = name.try_as_str().flatten().and_then(|name| field_of(&ty, name))
        {
            *name = ScalarValue::from(field.name().as_str());
        }
        Ok(PlannerResult::Original(access))
    }

    fn plan_compound_identifier(
        &self,
        field: &Field,
        qualifier: Option<&TableReference>,
        nested_names: &[String],
    ) -> Result<PlannerResult<Vec<Expr>>> {
        let mut expr = Expr::Column(Column::from((qualifier, field)));
        let mut ty = field.data_type();
        for name in nested_names {
            let Some(field) = field_of(ty, name) else { return Ok(PlannerResult::Original(Vec::new())) };
            expr = get_field(expr, field.name().as_str());
            ty = field.data_type();
        }
        Ok(PlannerResult::Planned(expr))
    }
}

/// The field that is called so, or the only one that is in other cases.
fn field_of<'a>(ty: &'a DataType, name: &str) -> Option<&'a Field> {
    let DataType::Struct(fields) = ty else { return None };
    if let Some((_, field)) = fields.find(name) {
        return Some(field);
    }
    let mut alike = fields.iter().filter(|field| field.name().to_lowercase() == name.to_lowercase());
    match (alike.next(), alike.next()) {
        (Some(field), None) => Some(field),
        _ => None,
    }
}
