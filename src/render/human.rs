//! Numbers as a person reads them: `4m 35s`, `1.2 %`, `380 ms`.
//!
//! Two or three significant digits. A program reads the JSON instead.

/// A length of time in seconds as `12 s`, `4m 35s`, `2h 10m`, `1d 4h`; below a minute with a digit behind the point where it is not whole.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if seconds < 60.0 {
        let rounded = (seconds * 10.0).round() / 10.0;
        return if rounded < 60.0 {
            format!("{} s", rounded + 0.0)
        } else {
            "1m 0s".to_owned()
        };
    }
    let whole = seconds.round() as u64;
    let (days, hours, minutes, rest) = (
        whole / 86_400,
        whole / 3600 % 24,
        whole / 60 % 60,
        whole % 60,
    );
    match (days, hours) {
        (0, 0) => format!("{minutes}m {rest}s"),
        (0, _) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}

/// A latency in seconds as `850 µs`, `12.3 ms`, `380 ms`, `4.56 s`.
#[must_use]
pub fn latency(seconds: f64) -> String {
    if seconds < 0.000_999_5 {
        format!("{:.0} µs", seconds * 1e6)
    } else if seconds < 0.999_5 {
        format!("{} ms", significant(seconds * 1e3))
    } else {
        format!("{} s", significant(seconds))
    }
}

/// A share (0..1) as `0 %`, `0.03 %`, `1.2 %`, `37 %`; what is not zero never shows as zero, nor what is not all as all.
#[must_use]
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value == 0.0 {
        "0 %".to_owned()
    } else if value < 0.01 {
        "<0.01 %".to_owned()
    } else if value < 1.0 {
        format!("{} %", trimmed(value, 2))
    } else if value < 10.0 {
        format!("{} %", trimmed(value, 1))
    } else if (99.5..100.0).contains(&value) {
        ">99 %".to_owned()
    } else {
        format!("{value:.0} %")
    }
}

/// A count that may be a mean: `987`, `12.3 k`, `4.56 M`.
#[must_use]
pub fn count(value: f64) -> String {
    if value < 9_999.5 {
        format!("{value:.0}")
    } else if value < 999_500.0 {
        format!("{} k", significant(value / 1e3))
    } else if value < 999_500_000.0 {
        format!("{} M", significant(value / 1e6))
    } else {
        format!("{} G", significant(value / 1e9))
    }
}

/// Three significant digits, no trailing zeros behind the point; whole numbers stay whole.
#[must_use]
pub fn significant(value: f64) -> String {
    let size = value.abs();
    if size >= 99.95 {
        format!("{value:.0}")
    } else if size >= 9.995 {
        trimmed(value, 1)
    } else if size >= 0.1 || size == 0.0 {
        trimmed(value, 2)
    } else {
        // 0.003472 becomes 0.0035.
        let decimals = (1.0 - size.log10().floor()).min(12.0) as usize;
        trimmed(value, decimals)
    }
}

/// At most `decimals` digits behind the point, without trailing zeros.
#[must_use]
pub fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if text == "-0" { "0" } else { text }.to_owned()
}

/// Each item but the last with a comma behind it.
pub(super) fn with_commas(items: &[String]) -> Vec<String> {
    let last = items.len().saturating_sub(1);
    items
        .iter()
        .enumerate()
        .map(|(index, item)| format!("{item}{}", if index < last { "," } else { "" }))
        .collect()
}

/// `parts` joined by spaces in as few lines as `fits` allows; a part that fits nowhere has a line of its own.
pub(super) fn lines_of(parts: &[String], fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {part}");
            if fits(&longer) {
                *line = longer;
                continue;
            }
        }
        lines.push(part.clone());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_clock() {
        let cases = [
            (0.0, "0 s"),
            (12.34, "12.3 s"),
            (59.99, "1m 0s"),
            (275.0, "4m 35s"),
            (7800.0, "2h 10m"),
            (100_800.0, "1d 4h"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn latencies_have_a_fitting_unit() {
        let cases = [
            (0.000_85, "850 µs"),
            (0.0123, "12.3 ms"),
            (0.38, "380 ms"),
            (0.9996, "1 s"),
            (4.56, "4.56 s"),
        ];
        for (seconds, text) in cases {
            assert_eq!(latency(seconds), text);
        }
    }

    #[test]
    fn a_small_share_is_above_0_and_a_great_one_below_100() {
        let cases = [
            (0.0, "0 %"),
            (0.000_01, "<0.01 %"),
            (0.0003, "0.03 %"),
            (0.012, "1.2 %"),
            (0.37, "37 %"),
            (0.994, "99 %"),
            (0.996, ">99 %"),
            (1.0, "100 %"),
        ];
        for (share, text) in cases {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn small_numbers_keep_two_digits() {
        let cases = [
            (0.0, "0"),
            (0.003_472, "0.0035"),
            (0.05, "0.05"),
            (0.383, "0.38"),
        ];
        for (value, text) in cases {
            assert_eq!(significant(value), text);
        }
    }

    #[test]
    fn counts_keep_three_digits() {
        let cases = [
            (987.0, "987"),
            (12_345.0, "12.3 k"),
            (4_560_000.0, "4.56 M"),
        ];
        for (value, text) in cases {
            assert_eq!(count(value), text);
        }
    }
}
