//! The summary of a run, for a reader with five seconds.
//!
//! It has 72 columns (names, paths and overrides stay whole) and fits a screen;
//! `summary.json` has every KPI.

use anstyle::{AnsiColor, Style};

use super::human;
use super::listing::{WIDTH, filled, wrapped};
use super::paint::{Colour, painted};
use super::what_matters::WhatMattersText;
use super::words::{causes_in_words, counted_part, part_of_trace};
use crate::kpi::Kpi;
use crate::results::KpiReport;
use crate::results::export::Request;
use crate::results::failures;
use crate::results::slo::SloJudge;
use crate::results::statistics::sorted_quantile;
use crate::results::what_matters::WhatMatters;
use crate::scenario::{Assumption, ClusterKind, Engine, Scenario};
use crate::text::visible;
use crate::units::{Seed, SimTime};
use crate::workload::Demand;

/// What a summary shows.
#[derive(Clone, Copy, Debug)]
pub struct RunSummary<'a> {
    /// What ran.
    pub scenario: &'a Scenario,
    /// Which engine ran it.
    pub engine: Engine,
    /// Under which seeds, in order.
    pub seeds: &'a [Seed],
    /// What came of it.
    pub kpis: &'a KpiReport,
    /// How far the assumptions move the result, where that was asked.
    pub what_matters: Option<&'a WhatMatters>,
    /// The defaults that the result touched.
    pub assumptions: &'a [&'a Assumption],
    /// What the command asked for beside the inputs.
    pub request: &'a Request,
    /// Where the files are, as the user would open them; empty where none were written.
    pub files: &'a [String],
}

/// The columns of the names before the numbers.
const NAME_WIDTH: usize = 15;

/// The summary as text, with a final newline.
#[must_use]
pub fn render_summary(run: &RunSummary<'_>, colour: Colour) -> String {
    let mut page = Page {
        text: String::new(),
        colour,
    };
    write_head(&mut page, run);
    page.text.push('\n');
    write_numbers(&mut page, run);
    if let Some(matters) = run.what_matters {
        page.text.push('\n');
        let text = WhatMattersText::of(matters, None);
        page.text.push_str(&text.page());
    }
    if !run.files.is_empty() {
        page.text.push('\n');
        for (index, file) in run.files.iter().enumerate() {
            page.line(if index == 0 { "written" } else { "" }, file, Tone::Calm);
        }
    }
    page.text
}

fn write_head(page: &mut Page, run: &RunSummary<'_>) {
    let scenario = run.scenario;
    let bold = Style::new().bold();
    let names = format!("{} under {}", scenario.policy_name, scenario.trace_name);
    let names = page.painted(&names, bold);
    let length = human::duration(scenario.trace.end().as_secs_f64());
    let start = scenario.clock.as_ref().map_or_else(String::new, |clock| {
        format!(" from {}", clock.rfc3339(SimTime::ZERO))
    });
    page.text.push_str(&format!("{names}, {length}{start}\n"));
    let seeds = match run.seeds {
        [] => String::new(),
        [only] => format!(", seed {only}"),
        [first, .., last] => format!(
            ", {} seeds ({first} to {last}): medians (p10 to p90)",
            run.seeds.len()
        ),
    };
    page.text
        .push_str(&format!("{} engine{seeds}\n", run.engine.as_str()));
    if let Some(part) = part_of_trace(run.request) {
        page.text.push_str(&format!("only {part} of the trace\n"));
    }
    if let Some(part) = counted_part(run.request, scenario) {
        page.text.push_str(&format!("{part}, after the warm-up\n"));
    }
    for line in wrapped("with: ", &run.request.set) {
        page.text.push_str(&format!("{line}\n"));
    }
    page.text.push_str(&drawn_cost(run));
    let assumed: Vec<String> = run
        .assumptions
        .iter()
        .map(|assumption| assumed(assumption, scenario))
        .collect();
    for line in wrapped("assumed: ", &assumed) {
        let line = page.painted(&line, Style::new().dimmed());
        page.text.push_str(&line);
        page.text.push('\n');
    }
}

/// The stated cost of a request and those that the seeds drew, as a line; nothing if all are the stated one.
fn drawn_cost(run: &RunSummary<'_>) -> String {
    let mut costs = run.scenario.drawn_costs(run.seeds);
    costs.sort_by(f64::total_cmp);
    let latency = |share| human::latency(sorted_quantile(&costs, share).unwrap_or_default());
    let stated = run.scenario.workload.cpu_per_request.mean_seconds();
    let stated = format!("{} stated", human::latency(stated));
    match costs.as_slice() {
        [] => String::new(),
        [only] => format!(
            "cost of a request: {stated}, drawn {}\n",
            human::latency(*only)
        ),
        _ => format!(
            "cost of a request: {stated}, drawn {} ({} to {})\n",
            latency(0.5),
            latency(0.1),
            latency(0.9)
        ),
    }
}

/// An assumption in words; a table stays as one would write it.
#[must_use]
pub fn assumed(assumption: &Assumption, scenario: &Scenario) -> String {
    let key = &assumption.key;
    if key == "slo.latency" {
        return format!(
            "{key} = p{} within {}",
            human::trimmed(scenario.slo.latency_quantile * 100.0, 3),
            human::latency(scenario.slo.latency_limit.as_secs_f64()),
        );
    }
    let value = assumption.value.trim_matches('"');
    let interval = human::duration(scenario.metrics.scrape_interval.as_secs_f64());
    let of_cluster = ClusterKind::default().defaults().scrape_interval;
    let remark = match (key.as_str(), &assumption.found_in) {
        (_, Some(place)) => place.clone(),
        // Another key or a manifest may state the interval.
        ("cluster", None) if scenario.metrics.scrape_interval == of_cluster => {
            format!("CPU measured every {interval}")
        }
        ("metrics.custom", None) => {
            format!(
                "Pods, Object and External metrics read every {interval}, without a rate window"
            )
        }
        _ => return format!("{key} = {value}"),
    };
    format!("{key} = {value} ({remark})")
}

fn write_numbers(page: &mut Page, run: &RunSummary<'_>) {
    let kpis = Numbers { kpis: run.kpis };
    let start = run.scenario.deployment.replicas;
    let mean = kpis.shown(Kpi::MeanReplicas, human::significant);
    let peak = kpis.shown(Kpi::PeakReplicas, human::significant);
    let replicas = [
        format!("{start} at the start"),
        format!("{mean} on average"),
        format!("{peak} at most"),
    ];
    page.list("replicas", &replicas, Tone::Calm);
    let at_max = kpis.typical(Kpi::SecondsAtMax).filter(|it| *it > 0.0);
    if at_max.is_some() {
        let max = run.scenario.hpa();
        let max = max.map_or(0, |autoscaler| autoscaler.spec.max_replicas.0);
        let time = kpis.shown(Kpi::SecondsAtMax, human::duration);
        let text = format!("at the maximum of {max} for {time}");
        page.line("", &text, Tone::Warn);
    }
    let pod_hours = kpis.shown(Kpi::PodHours, human::significant);
    page.line("pod hours", &pod_hours, Tone::Calm);
    write_cost(page, run.scenario, &kpis);
    if let Demand::CpuMillicores(_) = run.scenario.trace.demand {
        page.line("requests", "unknown: the trace has CPU demand", Tone::Calm);
    } else {
        write_requests(page, run, &kpis);
    }
    if run.scenario.hpa().is_none() {
        page.line("autoscaler", "none: the replicas are fixed", Tone::Calm);
        return;
    }
    let rescales: Vec<String> = if kpis.most(Kpi::Rescales) > 0.0 {
        let count = kpis.shown(Kpi::Rescales, human::count);
        let reversals = kpis.shown(Kpi::Reversals, human::count);
        let reversals = match reversals.as_str() {
            "0" => "no reversal".to_owned(),
            "1" => "1 of them a reversal".to_owned(),
            several => format!("{several} of them reversals"),
        };
        vec![count, format!("{reversals} within 10 min")]
    } else {
        vec!["none".to_owned()]
    };
    page.list("rescales", &rescales, Tone::Calm);
    if kpis.typical(Kpi::FirstDecisionSeconds).is_some() {
        let time = kpis.shown(Kpi::FirstDecisionSeconds, human::duration);
        let text = format!("{time} after pods first fell short");
        page.line("first decision", &text, Tone::Calm);
    }
}

/// Hours of a day, and of a month of 365 / 12 days.
const DAY_HOURS: f64 = 24.0;
const MONTH_HOURS: f64 = 730.0;

/// The cost of the run, and of a day and a month in which every hour costs as much.
fn write_cost(page: &mut Page, scenario: &Scenario, kpis: &Numbers<'_>) {
    if scenario.cost.is_free() {
        return;
    }
    let unit = scenario.cost.stated_currency();
    let unit = unit.map_or_else(String::new, |unit| format!(" {}", visible(unit)));
    let seconds = scenario.counted_span().as_secs_f64();
    let in_hours =
        |hours: f64| kpis.shown(Kpi::Cost, |cost| money(cost * hours * 3600.0 / seconds));
    let items = [
        format!(
            "{}{unit} in {}",
            kpis.shown(Kpi::Cost, money),
            human::duration(seconds)
        ),
        format!("at this rate {}{unit} a day", in_hours(DAY_HOURS)),
        format!("{}{unit} a month (730 h)", in_hours(MONTH_HOURS)),
    ];
    page.list("cost", &items, Tone::Calm);
}

/// An amount of money with three significant digits.
fn money(amount: f64) -> String {
    if amount < 9_999.5 {
        human::significant(amount)
    } else {
        human::count(amount)
    }
}

/// `99.19 %`: with two digits of what is missing to all.
fn good_share(share: f64) -> String {
    let bad_percent = 100.0 * (1.0 - share);
    let decimals = if bad_percent > 0.0 {
        (1.0 - bad_percent.log10().floor()).clamp(0.0, 6.0)
    } else {
        0.0
    };
    format!("{} %", human::trimmed(100.0 * share, decimals as usize))
}

/// Good requests, and the error budget.
fn write_budget(page: &mut Page, scenario: &Scenario, kpis: &Numbers<'_>) {
    let good = kpis.shown(Kpi::GoodRequestShare, good_share);
    let used = kpis.shown(Kpi::ErrorBudgetUsed, human::percent);
    let items = [good, format!("{used} of the error budget used")];
    page.list("good requests", &items, Tone::Calm);
    let judge = SloJudge::new(&scenario.slo, scenario.workload.timeout);
    let allowed = human::trimmed(100.0 * judge.allowed_bad_share(), 3);
    let budget = format!("({allowed} % of requests may be bad)");
    page.line("", &budget, Tone::Calm);
}

fn write_requests(page: &mut Page, run: &RunSummary<'_>, kpis: &Numbers<'_>) {
    if kpis.most(Kpi::RequestsOffered) <= 0.0 {
        page.line("requests", "none offered", Tone::Calm);
        return;
    }
    let slo = &run.scenario.slo;
    let promise = format!(
        "(p{} above {}, or over {} failed)",
        human::trimmed(slo.latency_quantile * 100.0, 3),
        human::latency(slo.latency_limit.as_secs_f64()),
        human::percent(slo.error_rate),
    );
    let broken = kpis.typical(Kpi::SloViolationSeconds).unwrap_or(0.0);
    let tone = if broken > 0.0 { Tone::Bad } else { Tone::Good };
    let time = kpis.shown(Kpi::SloViolationSeconds, human::duration);
    match run.kpis {
        KpiReport::One(_) => {
            page.line("SLO broken for", &format!("{time}  {promise}"), tone);
        }
        KpiReport::Folded(_) => {
            page.line("SLO broken for", &time, tone);
            page.line("", &promise, Tone::Calm);
        }
    }
    write_budget(page, run.scenario, kpis);
    write_latency(page, kpis);
    write_failures(page, kpis, slo.error_rate);
    write_strain(page, run.engine, kpis);
}

fn write_latency(page: &mut Page, kpis: &Numbers<'_>) {
    let named = [
        ("p50", Kpi::LatencySecondsP50),
        ("p95", Kpi::LatencySecondsP95),
        ("p99", Kpi::LatencySecondsP99),
        ("max", Kpi::LatencySecondsMax),
    ];
    let latency: Vec<String> = named
        .into_iter()
        // The fluid engine has no single requests, and so no slowest one.
        .filter(|(name, kpi)| *name != "max" || kpis.typical(*kpi).is_some())
        .map(|(name, kpi)| format!("{name} {}", kpis.shown(kpi, human::latency)))
        .collect();
    // With ranges they may need a line each.
    let on_one_line = latency.join("   ");
    if NAME_WIDTH + 1 + on_one_line.chars().count() <= WIDTH {
        page.line("latency", &on_one_line, Tone::Calm);
    } else {
        for (index, line) in latency.iter().enumerate() {
            page.line(if index == 0 { "latency" } else { "" }, line, Tone::Calm);
        }
    }
}

fn write_failures(page: &mut Page, kpis: &Numbers<'_>, error_rate: f64) {
    let failed = format!(
        "{} of {} requests",
        kpis.shown(Kpi::FailedShare, human::percent),
        kpis.shown(Kpi::RequestsOffered, human::count),
    );
    let tone = if kpis.typical(Kpi::FailedShare).unwrap_or(0.0) > error_rate {
        Tone::Bad
    } else {
        Tone::Calm
    };
    let causes = failures::ranked(|cause| kpis.typical(cause.kpi()).unwrap_or(0.0));
    if causes.is_empty() {
        page.line("failed", &failed, tone);
        return;
    }
    let causes = causes_in_words(&causes);
    let on_one_line = format!("{failed}: {causes}");
    if NAME_WIDTH + 1 + on_one_line.chars().count() <= WIDTH {
        page.line("failed", &on_one_line, tone);
    } else {
        page.line("failed", &failed, tone);
        page.line("", &causes, tone);
    }
}

/// Throttling, retries and OOM kills.
fn write_strain(page: &mut Page, engine: Engine, kpis: &Numbers<'_>) {
    if kpis.most(Kpi::ThrottledShare) > 0.0 {
        let share = kpis.shown(Kpi::ThrottledShare, human::percent);
        let of = match engine {
            Engine::Request => "of the CFS periods with work",
            Engine::Fluid => "of the pods' working time",
        };
        page.line("throttled", &format!("{share} {of}"), Tone::Calm);
    }
    if kpis.most(Kpi::Retries) > 0.0 {
        let retries = kpis.shown(Kpi::Retries, human::count);
        let text = format!("{retries} further attempts");
        page.line("retries", &text, Tone::Calm);
    }
    if kpis.most(Kpi::OomKills) > 0.0 {
        let kills = kpis.shown(Kpi::OomKills, human::count);
        page.line("OOM kills", &kills, Tone::Bad);
    }
}

/// KPIs in words: for several seeds the median and, where they differ, p10 to p90.
struct Numbers<'a> {
    kpis: &'a KpiReport,
}

impl Numbers<'_> {
    fn typical(&self, kpi: Kpi) -> Option<f64> {
        self.kpis.typical(kpi)
    }

    /// The KPI where it was greatest, or nearly: its 90th percentile for several seeds.
    fn most(&self, kpi: Kpi) -> f64 {
        let fold = self.kpis.folded(kpi);
        let value = fold.map_or_else(|| self.kpis.typical(kpi), |fold| fold.p90);
        value.unwrap_or(0.0)
    }

    fn shown(&self, kpi: Kpi, words: impl Fn(f64) -> String) -> String {
        let Some(value) = self.kpis.typical(kpi) else {
            return "-".to_owned();
        };
        let typical = words(value);
        let range = self.kpis.folded(kpi).and_then(|fold| {
            let (low, high) = (words(fold.p10?), words(fold.p90?));
            (low != high).then(|| format!("{typical} ({low} to {high})"))
        });
        range.unwrap_or(typical)
    }
}

/// The tone of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Calm,
    Good,
    Warn,
    Bad,
}

struct Page {
    text: String,
    colour: Colour,
}

impl Page {
    fn line(&mut self, name: &str, value: &str, tone: Tone) {
        let style = match tone {
            Tone::Calm => Style::new(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Warn => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default(),
        };
        let value = self.painted(value, style);
        self.text
            .push_str(&format!("{name:<NAME_WIDTH$} {value}\n"));
    }

    /// Items that belong together, on one line or several.
    fn list(&mut self, name: &str, items: &[String], tone: Tone) {
        for (index, line) in filled(items, WIDTH - NAME_WIDTH - 1).iter().enumerate() {
            self.line(if index == 0 { name } else { "" }, line, tone);
        }
    }

    fn painted(&self, text: &str, style: Style) -> String {
        painted(text, style, self.colour)
    }
}

#[cfg(test)]
mod tests;
