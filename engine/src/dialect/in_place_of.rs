//! Functions of the core that are computed otherwise for some values.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::error::Result;
use datafusion::logical_expr::interval_arithmetic::Interval;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature,
};

use super::interval_parts::column;

/// The values of a function; `None`: they are of other types, and are computed by the core.
pub(super) type Compute = fn(&[ArrayRef]) -> Option<Result<ArrayRef>>;

/// A call of a function, with the core's.
type Invoke = fn(&ScalarUDF, ScalarFunctionArgs) -> Result<ColumnarValue>;

/// A function of the core that is computed otherwise.
#[derive(Debug)]
struct InPlaceOf {
    core: Arc<ScalarUDF>,
    way: Way,
}

#[derive(Debug)]
enum Way {
    OfValues(Compute),
    OfCall(Invoke),
}

/// A function in place of the core's of the same name, by its values.
pub(super) fn in_place_of(core: Arc<ScalarUDF>, compute: Compute) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::from(InPlaceOf { core, way: Way::OfValues(compute) }))
}

/// The same, by the arguments of the whole call.
pub(super) fn called_in_place_of(core: Arc<ScalarUDF>, invoke: Invoke) -> ScalarUDF {
    ScalarUDF::from(InPlaceOf { core, way: Way::OfCall(invoke) })
}

impl PartialEq for InPlaceOf {
    fn eq(&self, other: &Self) -> bool {
        self.core == other.core
    }
}

impl Eq for InPlaceOf {}

impl Hash for InPlaceOf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.core.hash(state);
    }
}

impl ScalarUDFImpl for InPlaceOf {
    fn name(&self) -> &str {
        self.core.name()
    }

    fn aliases(&self) -> &[String] {
        self.core.aliases()
    }

    fn signature(&self) -> &Signature {
        self.core.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.core.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.core.return_field_from_args(args)
    }

    fn is_strict(&self) -> bool {
        self.core.inner().is_strict()
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        self.core.simplify(args, info)
    }

    fn evaluate_bounds(&self, inputs: &[&Interval]) -> Result<Interval> {
        self.core.evaluate_bounds(inputs)
    }

    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        self.core.output_ordering(inputs)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.core.documentation()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let compute = match self.way {
            Way::OfCall(invoke) => return invoke(&self.core, args),
            Way::OfValues(compute) => compute,
        };
        let is_constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let values = args.args.iter().map(|value| value.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let Some(computed) = compute(&values) else { return self.core.invoke_with_args(args) };
        column(cast(&computed?, args.return_field.data_type())?, is_constant)
    }
}
