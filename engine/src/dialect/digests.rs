//! `md5`, `sha1`, `sha256` and their like of texts, as text in hexadecimal digits.

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use sha2::Digest;

/// The functions.
pub(super) fn digests() -> [ScalarUDF; 6] {
    [
        HexDigest::udf("md5", md5::Md5::digest_hex),
        HexDigest::udf("sha1", sha1::Sha1::digest_hex),
        HexDigest::udf("sha224", sha2::Sha224::digest_hex),
        HexDigest::udf("sha256", sha2::Sha256::digest_hex),
        HexDigest::udf("sha384", sha2::Sha384::digest_hex),
        HexDigest::udf("sha512", sha2::Sha512::digest_hex),
    ]
}

trait DigestHex {
    /// The digest of bytes, in hexadecimal digits.
    fn digest_hex(bytes: &[u8]) -> String;
}

impl<D: Digest> DigestHex for D {
    fn digest_hex(bytes: &[u8]) -> String {
        let mut digits = String::new();
        for byte in D::digest(bytes) {
            write!(digits, "{byte:02x}").expect("a text takes all that is written");
        }
        digits
    }
}

#[derive(Debug)]
struct HexDigest {
    name: &'static str,
    digest: fn(&[u8]) -> String,
    signature: Signature,
}

impl HexDigest {
    fn udf(name: &'static str, digest: fn(&[u8]) -> String) -> ScalarUDF {
        ScalarUDF::from(Self { name, digest, signature: Signature::user_defined(Volatility::Immutable) })
    }
}

impl PartialEq for HexDigest {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for HexDigest {}

impl Hash for HexDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for HexDigest {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Bytes as they are, all else as text.
    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [ty] = types else {
            let given = types.len();
            return datafusion::common::plan_err!(
                "{} takes one text, and {given} values are given",
                self.name
            );
        };
        Ok(vec![match ty {
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => DataType::BinaryView,
            _ => DataType::Utf8View,
        }])
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let values = cast(&arrays[0], &DataType::BinaryView)?;
        let mut digests = StringViewBuilder::with_capacity(values.len());
        for bytes in values.as_binary_view() {
            digests.append_option(bytes.map(self.digest));
        }
        Ok(ColumnarValue::Array(Arc::new(digests.finish()) as ArrayRef))
    }
}
