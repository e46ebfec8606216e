//! Floats in files: short enough to read, precise enough to compute with.
//!
//! Rounding is only for output, never for values that are still in use.

/// `value` with six significant digits, and at least three decimals; negative zero becomes zero.
///
/// A share of a millionth keeps its digits, and a count of millions keeps its units. The last bits have no meaning and would only
/// clutter a diff.
#[must_use]
pub fn readable(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return if value.is_nan() { value } else { value + 0.0 };
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = (5 - magnitude).clamp(3, 15);
    let factor = 10f64.powi(decimals);
    let rounded = (value * factor).round() / factor;
    // A value that is too large to shift has no decimals.
    if rounded.is_finite() {
        rounded + 0.0
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn six_digits_and_at_least_thousandths() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0 / 3.0, "0.333333"),
            (2.0 / 3.0 * 1e-6, "0.000000666667"),
            (123_456.789_012, "123456.789"),
            (9_876_543.219_87, "9876543.22"),
            (50.0, "50"),
            (-1.234_567_89, "-1.23457"),
            (1e300, &format!("{}", 1e300)),
        ];
        for (value, text) in cases {
            assert_eq!(readable(value).to_string(), text);
        }
    }
}
