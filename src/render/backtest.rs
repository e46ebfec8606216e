//! A backtest as a page: the answer in a sentence, the scores, the course of the day, the cost, and what may explain the difference.

use super::human;
use super::prose::folded;
use super::table::{Column, TableFormat, render_table};
use crate::results::backtest::{Backtest, CostOrigin, FoundUsage, LeftOut, SeedRange};
use crate::results::calibration::Coefficient;
use crate::results::usage::StartupUse;
use crate::scenario::TraceClock;
use crate::scenario::judged::{JudgedQuantity, ScoreKind};
use crate::scenario::recorded::JudgedSpan;
use crate::search::backtest::Explanation;
use crate::text::visible;
use crate::units::SimTime;

/// A backtest and how it came about.
#[derive(Clone, Copy, Debug)]
pub struct BacktestPage<'a> {
    /// The name of the folder.
    pub name: &'a str,
    /// What came of it.
    pub backtest: &'a Backtest,
    /// The engine's name.
    pub engine: &'static str,
    /// The judged time.
    pub span: &'a JudgedSpan,
    /// The clock of the trace, if it has dates.
    pub clock: Option<&'a TraceClock>,
    /// The cost of a request.
    pub usage: &'a FoundUsage,
    /// What the assumptions explain; `None` if chance alone explains the difference.
    pub explanation: Option<&'a Explanation>,
    /// Where the files are, as the user would open them.
    pub files: &'a [String],
}

/// The answer in one or two sentences.
#[must_use]
pub fn backtest_sentence(backtest: &Backtest) -> String {
    let Some(score) = backtest.score(JudgedQuantity::Replicas) else {
        return "No row has recorded replicas to judge.".to_owned();
    };
    let figure = |kind| human::trimmed(score.figure(kind), 2);
    let told = figure(ScoreKind::Error);
    let noise = format!(
        "two seeds of the simulation differ by {}, and 95 % of the seeds by at most {}",
        figure(ScoreKind::NoiseFloor),
        human::trimmed(score.noise_p95, 2)
    );
    let mut sentence = if score.is_noise() {
        format!(
            "The simulation reproduces the day within {told} replicas; repetitions of one load differ by about as much ({noise})."
        )
    } else {
        format!(
            "The simulation is off by {told} replicas, which is more than repetitions of one load differ ({noise})."
        )
    };
    let constant = score.figure(ScoreKind::BestConstant);
    if constant < score.figure(ScoreKind::Error) {
        sentence.push_str(&format!(
            " The best constant number of replicas is off by less: {}.",
            figure(ScoreKind::BestConstant)
        ));
    }
    sentence
}

/// The page as text, with a final newline.
#[must_use]
pub fn render_backtest(page: &BacktestPage<'_>) -> String {
    let mut text = folded("", &visible(&heading(page)));
    text.push('\n');
    text.push_str(&folded("", &backtest_sentence(page.backtest)));
    text.push('\n');
    text.push_str(&score_table(page.backtest));
    text.push('\n');
    text.push_str(&course_table(page));
    text.push('\n');
    text.push_str(&folded("cost: ", &usage_in_words(page)));
    text.push_str(&folded(
        "left out: ",
        &visible(&left_out_in_words(&page.backtest.left_out)),
    ));
    text.push_str(&folded(
        "difference: ",
        &visible(&explanation_in_words(page.explanation)),
    ));
    if !page.files.is_empty() {
        text.push('\n');
        for (index, file) in page.files.iter().enumerate() {
            let lead = if index == 0 { "written" } else { "" };
            text.push_str(&format!("{lead:<8} {}\n", visible(file)));
        }
    }
    text
}

fn heading(page: &BacktestPage<'_>) -> String {
    let span = page.span;
    let lead = (span.from - span.simulate_from).as_secs_f64();
    let lead = if lead > 0.0 {
        format!(
            "; the simulation begins {} before, to fill the windows",
            human::duration(lead)
        )
    } else {
        "; nothing fills the windows before".to_owned()
    };
    format!(
        "{}, {}: recorded beside {} seeds ({} engine){lead}",
        page.name,
        between(page, span.from, span.to),
        page.backtest.seeds.len(),
        page.engine,
    )
}

/// `2026-11-28T00:00:00Z to 2026-11-29T00:00:00Z`.
fn between(page: &BacktestPage<'_>, from: SimTime, to: SimTime) -> String {
    match page.clock {
        Some(clock) => format!("{} to {}", clock.rfc3339(from), clock.rfc3339(to)),
        None => format!("{from} to {to}"),
    }
}

fn score_table(backtest: &Backtest) -> String {
    let columns = [
        Column::left(""),
        Column::right("rows"),
        Column::right("error of a seed"),
        Column::right("noise floor"),
        Column::right("best constant"),
        Column::right("CRPS"),
        Column::right("in p10-p90"),
        Column::right("bias"),
    ];
    let rows = backtest.scores.iter().map(|score| {
        let figure = |kind| human::significant(score.figure(kind));
        let bias = score.figure(ScoreKind::Bias);
        let sign = if bias > 0.0 { "+" } else { "" };
        vec![
            score.quantity.in_words().to_owned(),
            score.rows.to_string(),
            figure(ScoreKind::Error),
            figure(ScoreKind::NoiseFloor),
            figure(ScoreKind::BestConstant),
            figure(ScoreKind::Crps),
            human::percent(score.figure(ScoreKind::Coverage)),
            format!("{sign}{}", human::significant(bias)),
        ]
    });
    render_table(&columns, &rows.collect::<Vec<_>>(), TableFormat::Plain)
}

fn course_table(page: &BacktestPage<'_>) -> String {
    let backtest = page.backtest;
    let (recorded, simulated) = (&backtest.recorded_course, &backtest.simulated_course);
    let lead = page.span.simulate_from - SimTime::ZERO;
    let at = |time: SimTime| match page.clock {
        Some(clock) => clock.time_of_day(time + lead),
        None => (time + lead).to_string(),
    };
    let number = |range: Option<SeedRange>| in_words(range, |value| human::trimmed(value, 1));
    let time =
        |range: Option<SeedRange>| in_words(range, |seconds| at(SimTime::from_secs_f64(seconds)));
    let never = || "none".to_owned();
    let first_rise = recorded.first_rise;
    let rising = match (simulated.rising_seeds, simulated.seeds) {
        (rising, all) if rising == all => String::new(),
        (rising, all) => format!(", in {rising} of {all} seeds"),
    };
    let rows = [
        (
            "first rise at",
            first_rise.map_or_else(never, |rise| at(rise.time)),
            format!("{}{rising}", time(simulated.first_rise_seconds)),
        ),
        (
            "first rise by",
            first_rise.map_or_else(never, |rise| human::trimmed(rise.by, 1)),
            number(simulated.first_rise_by),
        ),
        (
            "peak",
            recorded
                .peak
                .map_or_else(never, |peak| human::trimmed(peak.replicas, 1)),
            number(simulated.peak_replicas),
        ),
        (
            "peak at",
            recorded.peak.map_or_else(never, |peak| at(peak.time)),
            time(simulated.peak_seconds),
        ),
        ("rises", recorded.rises.to_string(), number(simulated.rises)),
        ("falls", recorded.falls.to_string(), number(simulated.falls)),
    ];
    let columns = [
        Column::left("replicas"),
        Column::right("recorded"),
        Column::right("median of the seeds (least to greatest)"),
    ];
    let rows = rows.map(|(name, recorded, simulated)| vec![name.to_owned(), recorded, simulated]);
    render_table(&columns, &rows, TableFormat::Plain)
}

/// `12 (10 to 14)`.
fn in_words(range: Option<SeedRange>, value: impl Fn(f64) -> String) -> String {
    range.map_or_else(
        || "none".to_owned(),
        |SeedRange { low, median, high }| {
            format!("{} ({} to {})", value(median), value(low), value(high))
        },
    )
}

fn usage_in_words(page: &BacktestPage<'_>) -> String {
    let found = page.usage;
    let Some(usage) = &found.usage else {
        let CostOrigin::Stated(reason) = &found.origin else {
            return "as the policy states it".to_owned();
        };
        return format!("as the policy states it, because {reason}");
    };
    let interval = |it: &Coefficient, unit: &str| {
        format!(
            "{} {unit} (95 %: {} to {})",
            human::significant(it.value),
            human::significant(it.low),
            human::significant(it.high)
        )
    };
    let startup = usage.startup.filter(StartupUse::is_beyond_chance);
    let startup = startup.map_or_else(String::new, |startup| {
        format!(
            ", start-up {} over {}",
            interval(&startup.millicore_seconds, "millicore-seconds"),
            human::duration(startup.duration_s)
        )
    });
    let by_hour = match &usage.by_hour {
        Some(by_hour) if by_hour.changes => "; the cost changes by the hour of the day",
        _ => "",
    };
    let origin = match found.origin {
        CostOrigin::Judged => {
            "fitted to the judged time itself, because the time before it is too short or gives no cost; so only the replicas are judged"
                .to_owned()
        }
        _ => format!("from {}", between(page, found.from, found.to)),
    };
    format!(
        "a request {}, idle {}{startup}; {} rows, {origin}{by_hour}",
        interval(&usage.cpu_per_request_ms, "ms"),
        interval(&usage.idle_cpu_millicores, "millicores a pod"),
        usage.rows_used
    )
}

fn left_out_in_words(left_out: &LeftOut) -> String {
    let LeftOut {
        rows,
        by_event,
        with_event,
        without_replicas,
    } = left_out;
    let mut parts: Vec<String> = by_event
        .iter()
        .map(|(event, count)| format!("{count} {event}"))
        .collect();
    if *without_replicas > 0 {
        parts.push(format!("{without_replicas} without recorded replicas"));
    }
    let count = with_event + without_replicas;
    let marks = if *with_event == 0 {
        "; no row has an event, and a backtest looks for none itself"
    } else {
        ""
    };
    let which = match parts.as_slice() {
        [] => String::new(),
        parts => format!(" ({})", parts.join(", ")),
    };
    format!("{count} of {rows} rows{which}{marks}")
}

fn explanation_in_words(explanation: Option<&Explanation>) -> String {
    let Some(Explanation {
        varied,
        seeds,
        best,
    }) = explanation
    else {
        return "chance alone explains it, so no assumption was varied".to_owned();
    };
    if *varied == 0 {
        return "the policy states every value that the result depends on, so no assumption was varied".to_owned();
    }
    let Some(best) = best else {
        return format!(
            "none of {varied} assumptions lowers the error at an end of its range ({seeds} seeds each)"
        );
    };
    format!(
        "of {varied} assumptions, {} explains most: {} in the place of {} lowers the error from {} to {} replicas ({seeds} seeds each). This is an indication; nothing was fitted with it",
        best.key,
        best.value,
        best.assumed,
        human::trimmed(best.error_assumed, 2),
        human::trimmed(best.error, 2)
    )
}
