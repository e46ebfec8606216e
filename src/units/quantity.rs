//! Kubernetes quantities (`100m`, `64Mi`, `0.5`, `1e3`), parsed as the API machinery parses them.
//!
//! The grammar is that of `k8s.io/apimachinery/pkg/api/resource/quantity.go`.

use std::fmt;
use std::str::FromStr;

use super::{MilliValue, NanoValue};

/// A parsed quantity: `mantissa × 10^exponent`. Binary suffixes are multiplied into the mantissa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    mantissa: i128,
    exponent: i32,
}

/// Why a text is not a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// The text is empty.
    Empty,
    /// The text has no digits before the suffix.
    NoDigits,
    /// Kubernetes has no such suffix.
    UnknownSuffix,
    /// The value does not fit into an `i64` of milli-units.
    OutOfRange,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the quantity is empty",
            Self::NoDigits => "a quantity starts with digits",
            Self::UnknownSuffix => {
                "the suffix must be one of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei"
            }
            Self::OutOfRange => "the quantity is out of range",
        })
    }
}

impl std::error::Error for QuantityError {}

/// The factor of a suffix: a power of ten or a power of 1024.
enum Multiplier {
    Decimal(i32),
    Binary(u32),
}

impl Quantity {
    /// The quantity in thousandths; a fraction of a thousandth is rounded away from zero.
    ///
    /// # Errors
    /// [`QuantityError::OutOfRange`] when the value does not fit into an `i64`.
    pub fn milli_value(self) -> Result<MilliValue, QuantityError> {
        i64::try_from(self.scaled(3)?)
            .map(MilliValue)
            .map_err(|_| QuantityError::OutOfRange)
    }

    /// The quantity in billionths; a fraction of a billionth is rounded away from zero.
    ///
    /// # Errors
    /// [`QuantityError::OutOfRange`] when the value does not fit.
    pub fn nano_value(self) -> Result<NanoValue, QuantityError> {
        self.scaled(9).map(NanoValue)
    }

    /// The quantity times 10^`digits`; the rest is rounded away from zero.
    fn scaled(self, digits: i32) -> Result<i128, QuantityError> {
        let shift = self.exponent + digits;
        let factor = 10_i128.checked_pow(shift.unsigned_abs());
        if shift >= 0 {
            return factor
                .and_then(|factor| self.mantissa.checked_mul(factor))
                .ok_or(QuantityError::OutOfRange);
        }
        Ok(factor.map_or(self.mantissa.signum(), |divisor| {
            divide_away_from_zero(self.mantissa, divisor)
        }))
    }

    /// The quantity as a float, computed as the controller does: mantissa × 10^exponent.
    ///
    /// `59m` is 59 × 0.001, which differs from 59 ÷ 1000 (`Quantity.AsApproximateFloat64`).
    #[must_use]
    pub fn as_approximate_f64(self) -> f64 {
        if self.exponent == 0 {
            return self.mantissa as f64;
        }
        self.mantissa as f64 * power_of_ten(self.exponent)
    }

    /// Whether the quantity is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }
}

/// 10^`exponent`, rounded to the nearest float, like the table of Go's `math.Pow10`.
fn power_of_ten(exponent: i32) -> f64 {
    // Rust rounds a decimal literal correctly; `powi` does not.
    format!("1e{exponent}").parse().unwrap_or(f64::NAN)
}

fn divide_away_from_zero(value: i128, divisor: i128) -> i128 {
    let quotient = value / divisor;
    if value % divisor == 0 {
        quotient
    } else {
        quotient + value.signum()
    }
}

fn suffix_multiplier(suffix: &str) -> Result<Multiplier, QuantityError> {
    Ok(match suffix {
        "n" => Multiplier::Decimal(-9),
        "u" => Multiplier::Decimal(-6),
        "m" => Multiplier::Decimal(-3),
        "" => Multiplier::Decimal(0),
        "k" => Multiplier::Decimal(3),
        "M" => Multiplier::Decimal(6),
        "G" => Multiplier::Decimal(9),
        "T" => Multiplier::Decimal(12),
        "P" => Multiplier::Decimal(15),
        "E" => Multiplier::Decimal(18),
        "Ki" => Multiplier::Binary(1),
        "Mi" => Multiplier::Binary(2),
        "Gi" => Multiplier::Binary(3),
        "Ti" => Multiplier::Binary(4),
        "Pi" => Multiplier::Binary(5),
        "Ei" => Multiplier::Binary(6),
        _ => {
            let exponent = suffix
                .strip_prefix(['e', 'E'])
                .and_then(|digits| digits.parse::<i32>().ok())
                .ok_or(QuantityError::UnknownSuffix)?;
            if exponent.abs() > 30 {
                return Err(QuantityError::OutOfRange);
            }
            Multiplier::Decimal(exponent)
        }
    })
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Empty);
        }
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let number_end = unsigned
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(number_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(QuantityError::NoDigits);
        }
        let mut mantissa = 0_i128;
        for digit in whole.bytes().chain(fraction.bytes()) {
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|m| m.checked_add(i128::from(digit - b'0')))
                .ok_or(QuantityError::OutOfRange)?;
        }
        let fraction_digits =
            i32::try_from(fraction.len()).map_err(|_| QuantityError::OutOfRange)?;
        let quantity = match suffix_multiplier(suffix)? {
            Multiplier::Decimal(exponent) => Self {
                mantissa: sign * mantissa,
                exponent: exponent - fraction_digits,
            },
            Multiplier::Binary(power) => Self {
                mantissa: mantissa
                    .checked_mul(1024_i128.pow(power))
                    .ok_or(QuantityError::OutOfRange)?
                    * sign,
                exponent: -fraction_digits,
            },
        };
        quantity.milli_value()?;
        Ok(quantity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milli(text: &str) -> i64 {
        text.parse::<Quantity>()
            .and_then(Quantity::milli_value)
            .map_or(i64::MIN, |value| value.0)
    }

    #[test]
    fn quantities_convert_to_milli_units() {
        let cases = [
            ("100m", 100),
            ("1", 1000),
            ("0.333", 333),
            ("1.5", 1500),
            ("64Mi", 64 * 1024 * 1024 * 1000),
            ("1k", 1_000_000),
            ("1e3", 1_000_000),
            ("-5m", -5),
            (".5", 500),
        ];
        for (text, expected) in cases {
            assert_eq!(milli(text), expected, "{text}");
        }
    }

    #[test]
    fn a_fraction_of_a_milli_unit_rounds_away_from_zero() {
        assert_eq!(milli("100u"), 1);
        assert_eq!(milli("-100u"), -1);
        assert_eq!(milli("1n"), 1);
    }

    #[test]
    fn a_text_that_is_no_quantity_says_why() {
        let cases = [
            ("", QuantityError::Empty),
            ("m", QuantityError::NoDigits),
            ("1.2.3", QuantityError::NoDigits),
            ("100x", QuantityError::UnknownSuffix),
            ("100MB", QuantityError::UnknownSuffix),
            ("2E", QuantityError::OutOfRange),
            ("99999999999999999999", QuantityError::OutOfRange),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Quantity>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_float_is_mantissa_times_power_of_ten() {
        let parsed: Quantity = "59m".parse().expect("a quantity");
        assert_eq!(
            parsed.as_approximate_f64().to_bits(),
            (59.0 * 0.001_f64).to_bits()
        );
        assert_ne!(
            parsed.as_approximate_f64().to_bits(),
            (59.0 / 1000.0_f64).to_bits()
        );
    }
}
