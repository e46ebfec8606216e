//! `--warm-up`: the start of a run that the KPIs leave out.

use clap::Args;

use super::variation::Variation;
use crate::scenario::parse_duration;
use crate::simulation::observer::INTERVAL;
use crate::units::SimSpan;

/// The start of a run that does not count.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct WarmUpArgs {
    /// KPIs count from this time on
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_warm_up)]
    warm_up: Option<SimSpan>,
}

impl WarmUpArgs {
    /// The start that does not count; zero by default.
    pub(super) fn span(self) -> SimSpan {
        self.warm_up.unwrap_or_default()
    }

    /// The same for a summary; `None` if everything counts.
    pub(super) fn asked(self) -> Option<SimSpan> {
        self.warm_up.filter(|span| *span > SimSpan::ZERO)
    }

    /// Names the warm-up in the default folder's name.
    pub(super) fn vary(self, variation: &mut Variation) {
        if let Some(span) = self.asked() {
            variation.add(format!("warm-up-{span}"));
        }
    }
}

/// Reads whole intervals of the SLO: each interval counts as a whole or not at all.
fn parse_warm_up(text: &str) -> Result<SimSpan, String> {
    let span = parse_duration(text)?;
    let beyond = span.as_nanos().rem_euclid(INTERVAL.as_nanos());
    if beyond == 0 {
        return Ok(span);
    }
    let below = SimSpan::from_nanos(span.as_nanos() - beyond);
    Err(format!(
        "hpasim judges the SLO every {INTERVAL}; write \"{below}\" or \"{}\"",
        below + INTERVAL
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warm_up_is_whole_intervals() {
        let read = |text: &str| parse_warm_up(text).map(SimSpan::as_secs_f64);
        assert_eq!(read("0s"), Ok(0.0));
        assert_eq!(read("1m30s"), Ok(90.0));
        assert_eq!(read("10m"), Ok(600.0));
        let fault = |text: &str| read(text).expect_err("a fault");
        insta::assert_snapshot!(fault("7s"), @r#"hpasim judges the SLO every 5s; write "5s" or "10s""#);
        insta::assert_snapshot!(fault("2ms"), @r#"hpasim judges the SLO every 5s; write "0s" or "5s""#);
        insta::assert_snapshot!(fault("-5s"), @r#"`-5s` is not a duration; a duration is not negative; write "5s""#);
    }
}
