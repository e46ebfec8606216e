//! The picture of a backtest: the recording as a line over the bands of the seeds, in clock time.

use super::bands::{
    BandChart, BandColour, BandLevel, BandPanel, BandPoint, BandQuantity, BandSeries,
};
use crate::hpa::spec::{MetricSpec, MetricTarget};
use crate::results::backtest::Backtest;
use crate::results::curves::POINTS_MAX;
use crate::scenario::judged::JudgedQuantity;
use crate::scenario::{Scenario, TraceClock};
use crate::units::{SimSpan, SimTime};
use crate::workload::Demand;

/// What a picture of a backtest shows.
#[derive(Clone, Copy, Debug)]
pub struct BacktestPicture<'a> {
    /// The name of the folder.
    pub name: &'a str,
    /// The answer in a sentence.
    pub sentence: &'a str,
    /// What ran; its trace begins at the start of the simulation.
    pub scenario: &'a Scenario,
    /// What came of it.
    pub backtest: &'a Backtest,
}

/// The chart of a backtest.
#[must_use]
pub fn backtest_chart(picture: &BacktestPicture<'_>) -> BandChart {
    let BacktestPicture {
        name,
        sentence,
        scenario,
        backtest,
    } = *picture;
    let start = backtest
        .judged
        .rows
        .first()
        .map_or(SimTime::ZERO, |row| row.time);
    let judged = backtest.scores.iter().map(|score| score.quantity);
    let panels = judged.map(|quantity| quantity_panel(picture, start, quantity));
    // Without any failed request the panel would say nothing.
    let panels = panels.filter(|panel| panel.series.iter().any(BandSeries::is_above_zero));
    let clock = scenario.clock.as_ref().map(|clock| clock.from_time(start));
    let seeds = backtest.seeds.len();
    let left_out = left_out(backtest, start);
    let grey = if left_out.is_empty() {
        ""
    } else {
        "; grey: not judged"
    };
    BandChart {
        title: format!(
            "{name}: recorded, and {seeds} seeds of the simulation{}{grey}",
            day(clock.as_ref())
        ),
        subtitle: sentence.to_owned(),
        end_seconds: (backtest.judged.end - start).as_secs_f64(),
        clock,
        warm_up: SimSpan::ZERO,
        left_out,
        panels: std::iter::once(load_panel(picture, start))
            .chain(panels)
            .collect(),
    }
}

fn day(clock: Option<&TraceClock>) -> String {
    clock.map_or_else(String::new, |clock| {
        format!(", {} ({})", clock.day(SimTime::ZERO), clock.zone_name())
    })
}

/// The stretches of rows with an event, in seconds.
fn left_out(backtest: &Backtest, start: SimTime) -> Vec<[f64; 2]> {
    let edges = backtest.judged.edges();
    let rows = backtest.judged.rows.iter().zip(edges.windows(2));
    let mut stretches: Vec<[f64; 2]> = Vec::new();
    for (_, edges) in rows.filter(|(row, _)| row.event.is_some()) {
        let [from, to] = [edges[0], edges[1]].map(|edge| (edge - start).as_secs_f64());
        match stretches.last_mut() {
            Some(last) if last[1] >= from => last[1] = to,
            _ => stretches.push([from, to]),
        }
    }
    stretches
}

fn load_panel(picture: &BacktestPicture<'_>, start: SimTime) -> BandPanel {
    let trace = &picture.scenario.trace;
    let (heading, values) = match &trace.demand {
        Demand::RequestsPerSecond(values) => ("load in requests/s", values),
        Demand::CpuMillicores(values) => ("demand in millicores", values),
        Demand::Users(values) => ("load in users", values),
    };
    let shown = trace
        .times
        .partition_point(|time| *time <= start)
        .saturating_sub(1);
    let last = values.len().saturating_sub(1);
    let points = trace.times.iter().zip(values).take(last).skip(shown);
    let points = points.map(|(time, value)| point((*time).max(start) - start, [*value; 3]));
    BandPanel {
        heading: heading.to_owned(),
        quantity: BandQuantity::Plain,
        height: 100,
        series: vec![BandSeries {
            name: "recorded".to_owned(),
            band_name: None,
            colour: BandColour::Grey,
            points: thinned(&points.collect::<Vec<_>>()),
        }],
        levels: Vec::new(),
        at_least: 0.0,
    }
}

fn quantity_panel(
    picture: &BacktestPicture<'_>,
    start: SimTime,
    quantity: JudgedQuantity,
) -> BandPanel {
    let backtest = picture.backtest;
    let factor = match quantity {
        JudgedQuantity::LatencyP95 | JudgedQuantity::LatencyP99 => 1e-3,
        _ => 1.0,
    };
    let rows = || backtest.judged.rows.iter().enumerate();
    let recorded = rows().map(|(_, row)| {
        let value = row
            .recorded(quantity)
            .map_or(f64::NAN, |value| value * factor);
        point(row.time - start, [value; 3])
    });
    let simulated = rows().map(|(index, row)| {
        let moment = backtest.moment(quantity, index);
        let quantiles = [0.1, 0.5, 0.9].map(|share| {
            moment
                .as_ref()
                .map_or(f64::NAN, |it| it.quantile(share) * factor)
        });
        point(row.time - start, quantiles)
    });
    let (recorded, simulated): (Vec<_>, Vec<_>) = (recorded.collect(), simulated.collect());
    let (recorded, simulated) = match quantity {
        JudgedQuantity::Replicas => (recorded, simulated),
        _ => (thinned(&recorded), thinned(&simulated)),
    };
    let (heading, band_quantity, height) = match quantity {
        JudgedQuantity::Replicas => ("replicas", BandQuantity::Count, 250),
        JudgedQuantity::CpuPercent => (
            "CPU in % of the requests of ready pods",
            BandQuantity::Percent,
            170,
        ),
        JudgedQuantity::LatencyP95 => ("p95 latency", BandQuantity::LatencyByMagnitude, 150),
        JudgedQuantity::LatencyP99 => ("p99 latency", BandQuantity::LatencyByMagnitude, 150),
        JudgedQuantity::FailedPercent => ("failed requests in %", BandQuantity::Percent, 110),
    };
    BandPanel {
        heading: heading.to_owned(),
        quantity: band_quantity,
        height,
        series: vec![
            BandSeries {
                name: "simulated, median".to_owned(),
                band_name: Some("p10 to p90".to_owned()),
                colour: BandColour::Blue,
                points: simulated,
            },
            BandSeries {
                name: "recorded".to_owned(),
                band_name: None,
                colour: BandColour::Black,
                points: recorded,
            },
        ],
        levels: levels(picture.scenario, quantity),
        at_least: 0.0,
    }
}

fn levels(scenario: &Scenario, quantity: JudgedQuantity) -> Vec<BandLevel> {
    let level = |value: f64, name: String| BandLevel {
        value,
        name,
        colour: BandColour::Grey,
    };
    let Some(hpa) = scenario.hpa() else {
        return Vec::new();
    };
    match quantity {
        JudgedQuantity::Replicas => [
            ("min", hpa.spec.min_replicas),
            ("max", hpa.spec.max_replicas),
        ]
        .map(|(name, replicas)| level(f64::from(replicas.0), format!("{name} {}", replicas.0)))
        .to_vec(),
        JudgedQuantity::CpuPercent => {
            let targets = hpa.spec.metrics.iter().filter(|it| it.is_cpu_utilization());
            let percent = |metric: &MetricSpec| match metric.target {
                MetricTarget::Utilization(percent) => Some(percent),
                _ => None,
            };
            let percents = targets.filter_map(percent).take(1);
            let named = percents.map(|it| level(f64::from(it), format!("target {it} %")));
            named.collect()
        }
        _ => Vec::new(),
    }
}

fn point(time: SimSpan, [low, middle, high]: [f64; 3]) -> BandPoint {
    BandPoint {
        seconds: time.as_secs_f64(),
        low,
        middle,
        high,
    }
}

/// The means of neighbours, where there are more points than a picture shows.
fn thinned(points: &[BandPoint]) -> Vec<BandPoint> {
    let together = points.len().div_ceil(POINTS_MAX).max(1);
    let mean = |chunk: &[BandPoint], value: fn(&BandPoint) -> f64| {
        let known: Vec<f64> = chunk.iter().map(value).filter(|it| !it.is_nan()).collect();
        if known.is_empty() {
            f64::NAN
        } else {
            known.iter().sum::<f64>() / known.len() as f64
        }
    };
    let join = |chunk: &[BandPoint]| BandPoint {
        seconds: chunk[0].seconds,
        low: mean(chunk, |it| it.low),
        middle: mean(chunk, |it| it.middle),
        high: mean(chunk, |it| it.high),
    };
    points.chunks(together).map(join).collect()
}
