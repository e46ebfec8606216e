//! The summary of a run that is read in five seconds.
//!
//! Self-imposed limit: 72 columns and one screen; every number of it, and more,
//! is in `summary.json`.

use anstyle::{AnsiColor, Style};

use super::human;
use crate::results::KpiReport;
use crate::results::export::{Engine, Request};
use crate::scenario::{Assumption, Scenario};
use crate::units::{Seed, SimSpan};
use crate::workload::Demand;

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coloring {
    /// With ANSI escapes.
    Ansi,
    /// As it is.
    Plain,
}

/// What a summary tells.
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
    /// What the command asked for beside the inputs.
    pub request: &'a Request,
    /// Where the files are, as the user would open them; empty where none were written.
    pub files: &'a [String],
}

/// The columns of the names before the numbers.
const NAME_WIDTH: usize = 15;
/// The most columns of a line.
const WIDTH: usize = 72;

/// The summary as text, with a final newline.
#[must_use]
pub fn render_summary(run: &RunSummary<'_>, coloring: Coloring) -> String {
    let mut page = Page {
        text: String::new(),
        coloring,
    };
    write_head(&mut page, run);
    page.text.push('\n');
    write_numbers(&mut page, run);
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
    page.text.push_str(&format!("{names}, {length}\n"));
    let seeds = match run.seeds {
        [] => String::new(),
        [only] => format!(", seed {only}"),
        [first, .., last] => format!(", {} seeds ({first} to {last})", run.seeds.len()),
    };
    page.text
        .push_str(&format!("{} engine{seeds}\n", run.engine.as_str()));
    if let Some(part) = part_of_trace(run.request) {
        page.text.push_str(&format!("only {part} of the trace\n"));
    }
    for line in wrapped("with: ", &run.request.set) {
        page.text.push_str(&format!("{line}\n"));
    }
    let assumed: Vec<String> = scenario
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

/// An assumption in words; a table stays as one would write it.
fn assumed(assumption: &Assumption, scenario: &Scenario) -> String {
    let key = &assumption.key;
    if key == "slo.latency" {
        return format!(
            "{key} = p{} within {}",
            human::trimmed(scenario.slo.latency_quantile * 100.0, 3),
            human::latency(scenario.slo.latency_limit.as_secs_f64()),
        );
    }
    format!("{key} = {}", assumption.value.trim_matches('"'))
}

/// What `--from` and `--to` leave.
pub(super) fn part_of_trace(request: &Request) -> Option<String> {
    let clock = |span: SimSpan| human::duration(span.as_secs_f64());
    match (request.from, request.to) {
        (None, None) => None,
        (Some(from), None) => Some(format!("from {}", clock(from))),
        (None, Some(to)) => Some(format!("to {}", clock(to))),
        (Some(from), Some(to)) => Some(format!("from {} to {}", clock(from), clock(to))),
    }
}

/// `items` behind `lead`, joined by commas, in lines of at most [`WIDTH`] columns.
fn wrapped(lead: &str, items: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = lead.to_owned();
    for (index, item) in items.iter().enumerate() {
        let comma = if index + 1 < items.len() { "," } else { "" };
        let space = if line.ends_with(' ') { "" } else { " " };
        let longer = line.chars().count() + space.len() + item.chars().count() + comma.len();
        if longer > WIDTH && line.trim() != lead.trim() {
            lines.push(std::mem::replace(&mut line, " ".repeat(lead.len())));
            line.push_str(&format!("{item}{comma}"));
        } else {
            line.push_str(&format!("{space}{item}{comma}"));
        }
    }
    if !items.is_empty() {
        lines.push(line);
    }
    lines
}

fn write_numbers(page: &mut Page, run: &RunSummary<'_>) {
    let kpis = Numbers { kpis: run.kpis };
    let start = run.scenario.deployment.replicas;
    let mut replicas = format!(
        "{start} at the start, {} on average, {} at most",
        kpis.shown("mean_replicas", human::significant),
        kpis.shown("peak_replicas", human::significant),
    );
    let at_max = kpis.typical("seconds_at_max").filter(|it| *it > 0.0);
    if at_max.is_some() {
        let max = run.scenario.autoscaler.as_ref();
        let max = max.map_or(0, |autoscaler| autoscaler.spec.max_replicas.0);
        let time = kpis.shown("seconds_at_max", human::duration);
        page.line("replicas", &replicas, Tone::Calm);
        replicas = format!("at the maximum of {max} for {time}");
        page.line("", &replicas, Tone::Warn);
    } else {
        page.line("replicas", &replicas, Tone::Calm);
    }
    let pod_hours = kpis.shown("pod_hours", human::significant);
    page.line("pod hours", &pod_hours, Tone::Calm);
    if let Demand::CpuMillicores(_) = run.scenario.trace.demand {
        page.line(
            "requests",
            "unknown: the trace knows demand as CPU",
            Tone::Calm,
        );
    } else {
        write_requests(page, run, &kpis);
    }
    if run.scenario.autoscaler.is_none() {
        page.line("autoscaler", "none: the replicas are fixed", Tone::Calm);
        return;
    }
    let rescales = if kpis.most("rescales") > 0.0 {
        let count = kpis.shown("rescales", human::count);
        let reversals = kpis.shown("reversals", human::count);
        let reversals = match reversals.as_str() {
            "0" => "no reversal".to_owned(),
            "1" => "1 of them a reversal".to_owned(),
            several => format!("{several} of them reversals"),
        };
        format!("{count}, {reversals} within 10 min")
    } else {
        "none".to_owned()
    };
    page.line("rescales", &rescales, Tone::Calm);
    if kpis.typical("first_decision_seconds").is_some() {
        let time = kpis.shown("first_decision_seconds", human::duration);
        let text = format!("{time} after pods first fell short");
        page.line("first decision", &text, Tone::Calm);
    }
}

fn write_requests(page: &mut Page, run: &RunSummary<'_>, kpis: &Numbers<'_>) {
    if kpis.most("requests_offered") <= 0.0 {
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
    let broken = kpis.typical("slo_violation_seconds").unwrap_or(0.0);
    let tone = if broken > 0.0 { Tone::Bad } else { Tone::Good };
    let time = kpis.shown("slo_violation_seconds", human::duration);
    let latency = ["p50", "p95", "p99"].map(|name| {
        let shown = kpis.shown(&format!("latency_seconds_{name}"), human::latency);
        format!("{name} {shown}")
    });
    match run.kpis {
        KpiReport::One(_) => {
            page.line("SLO broken for", &format!("{time}  {promise}"), tone);
        }
        KpiReport::Folded(_) => {
            page.line("SLO broken for", &time, tone);
            page.line("", &promise, Tone::Calm);
        }
    }
    // With ranges they may need a line each.
    let on_one_line = latency.join("   ");
    if NAME_WIDTH + 1 + on_one_line.chars().count() <= WIDTH {
        page.line("latency", &on_one_line, Tone::Calm);
    } else {
        for (index, line) in latency.iter().enumerate() {
            page.line(if index == 0 { "latency" } else { "" }, line, Tone::Calm);
        }
    }
    let failed = format!(
        "{} of {} requests",
        kpis.shown("failed_share", human::percent),
        kpis.shown("requests_offered", human::count),
    );
    let tone = if kpis.typical("failed_share").unwrap_or(0.0) > slo.error_rate {
        Tone::Bad
    } else {
        Tone::Calm
    };
    page.line("failed", &failed, tone);
}

/// KPIs in words: for several seeds the median and, where they differ, p10 to p90.
struct Numbers<'a> {
    kpis: &'a KpiReport,
}

impl Numbers<'_> {
    fn typical(&self, name: &str) -> Option<f64> {
        self.kpis.typical(name)
    }

    /// The KPI where it was greatest, or nearly: its 90th percentile for several seeds.
    fn most(&self, name: &str) -> f64 {
        let fold = self.kpis.folded(name);
        let value = fold.map_or_else(|| self.kpis.typical(name), |fold| fold.p90);
        value.unwrap_or(0.0)
    }

    fn shown(&self, name: &str, words: impl Fn(f64) -> String) -> String {
        let Some(value) = self.kpis.typical(name) else {
            return "-".to_owned();
        };
        let typical = words(value);
        let range = self.kpis.folded(name).and_then(|fold| {
            let (low, high) = (words(fold.p10?), words(fold.p90?));
            (low != high).then(|| format!("{typical} ({low} to {high})"))
        });
        range.unwrap_or(typical)
    }
}

/// How a number is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Calm,
    Good,
    Warn,
    Bad,
}

struct Page {
    text: String,
    coloring: Coloring,
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

    fn painted(&self, text: &str, style: Style) -> String {
        match self.coloring {
            Coloring::Ansi if style != Style::new() => {
                format!("{}{text}{}", style.render(), style.render_reset())
            }
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Kpis;
    use crate::results::tests::{scenario, story_kpis};

    fn summary(scenario: &Scenario, runs: &[Kpis], files: &[String]) -> String {
        let seeds: Vec<Seed> = (1..).take(runs.len()).map(Seed).collect();
        let run = RunSummary {
            scenario,
            engine: Engine::Fluid,
            seeds: &seeds,
            kpis: &KpiReport::of(runs).expect("a run"),
            request: &Request::default(),
            files,
        };
        render_summary(&run, Coloring::Plain)
    }

    #[test]
    fn one_seed() {
        let mut kpis = story_kpis();
        kpis.seconds_at_max = Some(275.0);
        let mut scenario = scenario(3600.0);
        for (key, value) in [("pod.start", "1.5s (p99 5s)"), ("pod.init", "3s")] {
            scenario.assumptions.push(Assumption {
                key: key.to_owned(),
                value: value.to_owned(),
            });
        }
        let files = ["output/prod-spike/plot.png", "output/prod-spike/plot.svg"];
        let text = summary(&scenario, &[kpis], &files.map(str::to_owned));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        insta::assert_snapshot!(text, @r#"
        prod under spike, 1h 0m
        fluid engine, seed 1
        assumed: workload.cpu_per_request = 10ms, pod.start = 1.5s (p99 5s),
                 pod.init = 3s

        replicas        2 at the start, 3.63 on average, 4 at most
                        at the maximum of 50 for 4m 35s
        pod hours       3.65
        SLO broken for  2m 0s  (p95 above 500 ms, or over 1 % failed)
        latency         p50 10 ms   p95 1.07 s   p99 5 s
        failed          0.81 % of 37.2 k requests
        rescales        3, 1 of them a reversal within 10 min
        first decision  45 s after pods first fell short

        written         output/prod-spike/plot.png
                        output/prod-spike/plot.svg
        "#);
    }

    #[test]
    fn several_seeds_show_the_median_and_how_far_it_strays() {
        let runs: Vec<Kpis> = (0..10)
            .map(|index| Kpis {
                pod_hours: 3.0 + f64::from(index) / 10.0,
                slo_violation_seconds: Some(60.0 + 5.0 * f64::from(index)),
                ..story_kpis()
            })
            .collect();
        insta::assert_snapshot!(summary(&scenario(3600.0), &runs, &[]), @r#"
        prod under spike, 1h 0m
        fluid engine, 10 seeds (1 to 10)
        assumed: workload.cpu_per_request = 10ms

        replicas        2 at the start, 3.63 on average, 4 at most
        pod hours       3.45 (3.09 to 3.81)
        SLO broken for  1m 23s (1m 5s to 1m 41s)
                        (p95 above 500 ms, or over 1 % failed)
        latency         p50 10 ms   p95 1.07 s   p99 5 s
        failed          0.81 % of 37.2 k requests
        rescales        3, 1 of them a reversal within 10 min
        first decision  45 s after pods first fell short
        "#);
    }

    #[test]
    fn quantiles_whose_ranges_need_the_room_have_a_line_each() {
        let runs: Vec<Kpis> = (0..10)
            .map(|index| {
                let strays = |base: f64| Some(base * (1.0 + f64::from(index) / 7.0));
                Kpis {
                    latency_seconds_p50: strays(0.0123),
                    latency_seconds_p95: strays(0.123),
                    latency_seconds_p99: strays(1.23),
                    ..story_kpis()
                }
            })
            .collect();
        let text = summary(&scenario(3600.0), &runs, &[]);
        let latency: String = text
            .lines()
            .skip_while(|line| !line.starts_with("latency"))
            .take(3)
            .map(|line| format!("{line}\n"))
            .collect();
        insta::assert_snapshot!(latency, @"
        latency         p50 20.2 ms (13.9 ms to 26.5 ms)
                        p95 202 ms (139 ms to 265 ms)
                        p99 2.02 s (1.39 s to 2.65 s)
        ");
    }

    #[test]
    fn rescales_without_a_change_of_mind_and_with_several() {
        let line_with = |reversals: u32| {
            let kpis = Kpis {
                rescales: 17,
                reversals,
                ..story_kpis()
            };
            let text = summary(&scenario(3600.0), &[kpis], &[]);
            let line = text.lines().find(|line| line.starts_with("rescales"));
            line.expect("a line").to_owned()
        };
        assert_eq!(
            line_with(0),
            "rescales        17, no reversal within 10 min"
        );
        assert_eq!(
            line_with(2),
            "rescales        17, 2 of them reversals within 10 min"
        );
    }

    #[test]
    fn what_is_assumed_is_said_in_words() {
        let mut scenario = scenario(3600.0);
        scenario.assumptions = [
            ("pod.image_pull", "\"0s\""),
            ("slo.latency", "{ quantile = 0.95, limit = \"500ms\" }"),
        ]
        .map(|(key, value)| Assumption {
            key: key.to_owned(),
            value: value.to_owned(),
        })
        .to_vec();
        let text = summary(&scenario, &[story_kpis()], &[]);
        assert_eq!(
            text.lines().nth(2),
            Some("assumed: pod.image_pull = 0s, slo.latency = p95 within 500 ms")
        );
    }

    #[test]
    fn a_fixed_deployment_under_cpu_demand() {
        let mut scenario = scenario(3600.0);
        scenario.autoscaler = None;
        scenario.assumptions.clear();
        scenario.trace.demand = Demand::CpuMillicores(vec![100.0, 100.0]);
        let kpis = Kpis {
            mean_replicas: 2.0,
            peak_replicas: 2,
            pod_hours: 2.0,
            ..Kpis::default()
        };
        insta::assert_snapshot!(summary(&scenario, &[kpis], &[]), @r#"
        prod under spike, 1h 0m
        fluid engine, seed 1

        replicas        2 at the start, 2 on average, 2 at most
        pod hours       2
        requests        unknown: the trace knows demand as CPU
        autoscaler      none: the replicas are fixed
        "#);
    }

    #[test]
    fn colour_is_only_where_it_is_asked_for() {
        let scenario = scenario(3600.0);
        let run = RunSummary {
            scenario: &scenario,
            engine: Engine::Fluid,
            seeds: &[Seed(1)],
            kpis: &KpiReport::One(story_kpis()),
            request: &Request {
                set: vec!["hpa.maxReplicas=20".to_owned()],
                from: Some(SimSpan::from_secs(180)),
                to: Some(SimSpan::from_secs(600)),
            },
            files: &[],
        };
        assert!(!render_summary(&run, Coloring::Plain).contains('\u{1b}'));
        assert!(render_summary(&run, Coloring::Ansi).contains("\u{1b}[31m"));
    }
}
