//! Functions that the relational core has under one name for texts and under another one for lists: `contains(l, x)`, `concat(a, b)`.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::datatype::DataTypeExt;
use datafusion::error::Result;
use datafusion::functions::string::{concat, contains};
use datafusion::functions_nested::array_has::array_has_udf;
use datafusion::functions_nested::concat::array_concat_udf;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};

/// All of them.
pub(super) fn functions_of_lists() -> Vec<ScalarUDF> {
    let pairs = [(contains(), array_has_udf()), (concat(), array_concat_udf())];
    pairs.map(|(of_text, of_list)| ScalarUDF::from(OfLists::new(of_text, of_list))).into()
}

/// A function of texts that is another one where its first argument is a list.
#[derive(Debug, PartialEq, Eq, Hash)]
struct OfLists {
    signature: Signature,
    of_text: Arc<ScalarUDF>,
    of_list: Arc<ScalarUDF>,
}

impl OfLists {
    fn new(of_text: Arc<ScalarUDF>, of_list: Arc<ScalarUDF>) -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), of_text, of_list }
    }

    fn of(&self, first: Option<&DataType>) -> &ScalarUDF {
        match first {
            Some(DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)) => &self.of_list,
            _ => &self.of_text,
        }
    }
}

impl ScalarUDFImpl for OfLists {
    fn name(&self) -> &str {
        self.of_text.name()
    }

    fn aliases(&self) -> &[String] {
        self.of_text.aliases()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let fields = types.iter().map(|ty| ty.clone().into_nullable_field_ref()).collect::<Vec<_>>();
        let fields = fields_with_udf(&fields, self.of(types.first()))?;
        Ok(fields.iter().map(|field| field.data_type().clone()).collect())
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.of(types.first()).return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.of(args.arg_fields.first().map(|field| field.data_type())).return_field_from_args(args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let function = self.of(args.arg_fields.first().map(|field| field.data_type())).clone();
        function.invoke_with_args(args)
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let first = args.first().and_then(|first| info.get_data_type(first).ok());
        self.of(first.as_ref()).inner().simplify(args, info)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.of_text.documentation()
    }
}
