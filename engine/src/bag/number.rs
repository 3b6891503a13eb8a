//! Numbers that bags can add up.

/// A number: any of the integers up to 64 bits, or a float.
///
/// Integers are added and multiplied without loss; a result that does not fit is an error.
pub trait Number: Copy + PartialOrd + Send + Sync + 'static {
    /// What sums and products are computed in.
    #[doc(hidden)]
    type Total: Copy + Send + Sync + 'static;

    /// What a sum or product is: `i64`, `u64` or `f64`.
    type Sum: Send + 'static;

    /// What a sum begins with.
    #[doc(hidden)]
    const ZERO: Self::Total;

    /// What a product begins with.
    #[doc(hidden)]
    const ONE: Self::Total;

    #[doc(hidden)]
    fn to_total(self) -> Self::Total;

    #[doc(hidden)]
    fn plus(a: Self::Total, b: Self::Total) -> Option<Self::Total>;

    #[doc(hidden)]
    fn times(a: Self::Total, b: Self::Total) -> Option<Self::Total>;

    #[doc(hidden)]
    fn to_sum(total: Self::Total) -> Option<Self::Sum>;

    #[doc(hidden)]
    fn total_to_f64(total: Self::Total) -> f64;

    /// The number as a float, the nearest if there is none equal to it.
    fn to_f64(self) -> f64;
}

macro_rules! integers {
    ($sum:ty: $($ty:ty)+) => {
        $(impl Number for $ty {
            type Total = i128;
            type Sum = $sum;
            const ZERO: i128 = 0;
            const ONE: i128 = 1;

            fn to_total(self) -> i128 {
                self as i128
            }

            fn plus(a: i128, b: i128) -> Option<i128> {
                a.checked_add(b)
            }

            fn times(a: i128, b: i128) -> Option<i128> {
                a.checked_mul(b)
            }

            fn to_sum(total: i128) -> Option<$sum> {
                total.try_into().ok()
            }

            fn total_to_f64(total: i128) -> f64 {
                total as f64
            }

            fn to_f64(self) -> f64 {
                self as f64
            }
        })+
    };
}

macro_rules! floats {
    ($($ty:ty)+) => {
        $(impl Number for $ty {
            type Total = f64;
            type Sum = f64;
            const ZERO: f64 = 0.0;
            const ONE: f64 = 1.0;

            fn to_total(self) -> f64 {
                self.into()
            }

            fn plus(a: f64, b: f64) -> Option<f64> {
                Some(a + b)
            }

            fn times(a: f64, b: f64) -> Option<f64> {
                Some(a * b)
            }

            fn to_sum(total: f64) -> Option<f64> {
                Some(total)
            }

            fn total_to_f64(total: f64) -> f64 {
                total
            }

            fn to_f64(self) -> f64 {
                self.into()
            }
        })+
    };
}

integers!(i64: i8 i16 i32 i64 isize);
integers!(u64: u8 u16 u32 u64 usize);
floats!(f32 f64);
