//! Steps that people count in, 1, 2 or 5 times a power of ten, and the places on an axis that they mark.

/// What axes and bins are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    // The order of these two is the order of steps.
    exponent: i32,
    /// 1, 2 or 5.
    mantissa: u8,
}

/// A marked place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where it is.
    pub at: f64,
    /// What is written there.
    pub label: String,
}

/// Beyond this, digits of a number in plain notation are no longer exact.
const PLAIN_BELOW: f64 = 1e15;

impl Step {
    /// Whole numbers.
    pub const ONE: Self = Self { exponent: 0, mantissa: 1 };
    /// The finest one: below it, powers of ten lose digits.
    pub const FINEST: Self = Self { exponent: -300, mantissa: 1 };

    /// The finest step with which a span has no more than so many.
    pub fn for_span(low: f64, high: f64, most: usize) -> Self {
        // Halves, as the whole span may be too large for a number.
        let half = high / 2.0 - low / 2.0;
        let wanted = (half / most.max(1) as f64 * 2.0).max(1e-300);
        let mut step = Self { exponent: (wanted.log10().floor() as i32).max(-300), mantissa: 1 };
        while step.width() < wanted * (1.0 - 1e-9) {
            step = step.next();
        }
        step
    }

    /// The next coarser one.
    pub fn next(self) -> Self {
        match self.mantissa {
            1 => Self { mantissa: 2, ..self },
            2 => Self { mantissa: 5, ..self },
            _ => Self { mantissa: 1, exponent: self.exponent + 1 },
        }
    }

    /// How many of these steps make one of a coarser one; nothing if they do not make a whole one.
    pub fn factor_to(self, coarser: Self) -> Option<i64> {
        let powers = u32::try_from(coarser.exponent - self.exponent).ok()?;
        let whole = 10_i64.checked_pow(powers)?.checked_mul(coarser.mantissa.into())?;
        (whole % i64::from(self.mantissa) == 0).then(|| whole / i64::from(self.mantissa))
    }

    /// How wide it is.
    pub fn width(self) -> f64 {
        self.multiple(1.0)
    }

    /// So many steps from zero.
    pub fn multiple(self, count: f64) -> f64 {
        let count = count * f64::from(self.mantissa);
        // Powers of ten with a negative exponent are not exact, and their inverses are.
        match self.exponent {
            ..0 => count / 10_f64.powi(-self.exponent),
            exponent => count * 10_f64.powi(exponent),
        }
    }

    /// In which step from zero a value is, counted down; a value that is a multiple but for rounding begins one.
    pub fn index(self, value: f64) -> f64 {
        let steps = match self.exponent {
            ..0 => value * 10_f64.powi(-self.exponent),
            exponent => value / 10_f64.powi(exponent),
        } / f64::from(self.mantissa);
        let near = steps.round();
        if (steps - near).abs() <= near.abs() * 4.0 * f64::EPSILON { near } else { steps.floor() }
    }

    /// A multiple with as many digits as its step has.
    pub fn label(self, count: f64) -> String {
        let value = self.multiple(count) + 0.0;
        match self.exponent {
            0.. if value.abs() < PLAIN_BELOW => format!("{value:.0}"),
            -6..0 if value.abs() < PLAIN_BELOW => {
                format!("{value:.*}", self.exponent.unsigned_abs() as usize)
            }
            _ => short(value),
        }
    }

    /// The multiples from `low` to `high`, as marks.
    pub fn ticks(self, low: f64, high: f64) -> Vec<Tick> {
        let first = -self.index(-low);
        let mut ticks = Vec::new();
        let mut count = first;
        while count <= self.index(high) {
            ticks.push(Tick { at: self.multiple(count), label: self.label(count) });
            // Where one more makes no difference, there is nothing to count.
            if count + 1.0 <= count {
                break;
            }
            count += 1.0;
        }
        ticks
    }
}

/// A number in six digits or, if it is whole, in all.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let size = value.abs();
    if value.fract() == 0.0 && size < PLAIN_BELOW {
        return format!("{:.0}", value + 0.0);
    }
    if !(1e-4..PLAIN_BELOW).contains(&size) {
        let text = format!("{value:.5e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'));
    }
    let decimals = (5 - size.log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, most: usize) -> Vec<String> {
        Step::for_span(low, high, most).ticks(low, high).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn axes_are_marked_in_round_numbers() {
        assert_eq!(labels(0.0, 10.0, 5), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(-43.0, 1301.0, 4), ["0", "500", "1000"]);
        assert_eq!(labels(0.05, 0.3, 5), ["0.05", "0.10", "0.15", "0.20", "0.25", "0.30"]);
        assert_eq!(labels(-0.2, 0.2, 2), ["-0.2", "0.0", "0.2"]);
        assert_eq!(labels(1e20, 3e20, 2), ["1e20", "2e20", "3e20"]);
        assert_eq!(labels(5e-9, 7e-9, 2), ["5e-9", "6e-9", "7e-9"]);
        assert!(labels(f64::MIN, f64::MAX, 4).len() > 1);
        assert!(!labels(1e300, 1e300, 4).is_empty());
    }

    #[test]
    fn steps_follow_each_other() {
        let step = Step::for_span(0.0, 10.0, 10);
        assert_eq!(step, Step::ONE);
        let widths: Vec<f64> = [step, step.next(), step.next().next(), step.next().next().next()]
            .iter()
            .map(|step| step.width())
            .collect();
        assert_eq!(widths, [1.0, 2.0, 5.0, 10.0]);
        assert_eq!(step.factor_to(step.next()), Some(2));
        assert_eq!(step.next().factor_to(step.next().next()), None);
        assert!(Step::ONE < Step::ONE.next() && Step::FINEST < Step::ONE);
    }

    #[test]
    fn a_multiple_begins_its_step() {
        let hundredth = Step { exponent: -2, mantissa: 1 };
        for count in -2000..2000 {
            let value = f64::from(count) / 100.0;
            assert_eq!(hundredth.index(value), f64::from(count), "{value}");
            assert_eq!(hundredth.multiple(f64::from(count)), value);
        }
        assert_eq!(Step::ONE.index(-0.5), -1.0);
        assert_eq!(Step::ONE.index(9e15 + 1.0), 9e15 + 1.0);
    }

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (12.0, "12"),
            (-0.0, "0"),
            (15.107_954_352, "15.108"),
            (123_456.789, "123457"),
            (0.123_456_789, "0.123457"),
            (1.5e-7, "1.5e-7"),
            (1e18, "1e18"),
            (100_000.5, "100000"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(short(value), expected);
        }
    }
}
