//! How far two texts are from each other: `jaro_winkler_similarity(a, b)` and its like.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::exec_err;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The functions.
pub(super) fn text_distances() -> [ScalarUDF; 5] {
    [
        TextDistance::udf("damerau_levenshtein", DataType::Int64, |a, b| {
            Ok(strsim::damerau_levenshtein(a, b) as f64)
        }),
        TextDistance::udf("hamming", DataType::Int64, |a, b| match strsim::hamming(a, b) {
            Ok(distance) => Ok(distance as f64),
            Err(_) => exec_err!("hamming compares texts of the same length, and \"{a}\" and \"{b}\" are not"),
        }),
        TextDistance::udf("jaccard", DataType::Float64, |a, b| Ok(jaccard(a, b))),
        TextDistance::udf("jaro_similarity", DataType::Float64, |a, b| Ok(of_some(a, b, strsim::jaro))),
        TextDistance::udf("jaro_winkler_similarity", DataType::Float64, |a, b| {
            Ok(of_some(a, b, strsim::jaro_winkler))
        }),
    ]
}

type Distance = fn(&str, &str) -> Result<f64>;

#[derive(Debug)]
struct TextDistance {
    name: &'static str,
    ty: DataType,
    distance: Distance,
    signature: Signature,
}

impl TextDistance {
    fn udf(name: &'static str, ty: DataType, distance: Distance) -> ScalarUDF {
        let types = vec![DataType::Utf8, DataType::Utf8];
        ScalarUDF::from(Self {
            name,
            ty,
            distance,
            signature: Signature::exact(types, Volatility::Immutable),
        })
    }
}

impl PartialEq for TextDistance {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for TextDistance {}

impl Hash for TextDistance {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for TextDistance {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.ty.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let texts = [cast(&arrays[0], &DataType::Utf8)?, cast(&arrays[1], &DataType::Utf8)?];
        let pairs = texts[0].as_string::<i32>().iter().zip(texts[1].as_string::<i32>());
        let distances = pairs.map(|(a, b)| a.zip(b).map(|(a, b)| (self.distance)(a, b)).transpose());
        let distances: ArrayRef = Arc::new(distances.collect::<Result<Float64Array>>()?);
        Ok(ColumnarValue::Array(cast(&distances, &self.ty)?))
    }
}

/// A likeness of texts: of two without characters there is none.
fn of_some(a: &str, b: &str, likeness: impl Fn(&str, &str) -> f64) -> f64 {
    if a.is_empty() && b.is_empty() { 0.0 } else { likeness(a, b) }
}

/// How many of the characters of two texts are in both.
fn jaccard(a: &str, b: &str) -> f64 {
    let (a, b): (HashSet<char>, HashSet<char>) = (a.chars().collect(), b.chars().collect());
    let (both, any) = (a.intersection(&b).count(), a.union(&b).count());
    if any == 0 { 0.0 } else { both as f64 / any as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_in_both() {
        assert_eq!(jaccard("duck", "luck"), 0.6);
        assert_eq!(jaccard("", ""), 0.0);
    }
}
