//! Which instructions of the processor the decoder may use.

/// The instructions to use: found out by default, fewer in tests and when a fault is hunted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cpu {
    /// BMI1, BMI2 and AVX2: shifts by any register, moves of 32 bytes.
    wide: bool,
}

impl Cpu {
    /// What every processor of the target has.
    pub const PORTABLE: Self = Self { wide: false };

    /// All that this processor has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2");
            let bmi = is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2");
            Self { wide: avx2 && bmi }
        }
        #[cfg(not(target_arch = "x86_64"))]
        Self::PORTABLE
    }

    /// Whether BMI1, BMI2 and AVX2 are there and to be used.
    pub(super) fn wide(self) -> bool {
        self.wide
    }
}
