//! Operations whose time must be linear in their input: cancellations, pods that come and go
//! together, Pareto fronts.
//!
//! Each operation is timed at sizes that differ by a factor of ten. If the time per element grows
//! with the size, some code passes over all elements for each one.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hpasim::cluster::balancer::Endpoints;
use hpasim::cluster::station::{Speed, Station};
use hpasim::control::schedule::ScheduleScaler;
use hpasim::control::{
    Autoscaler, Bounds, DecisionListener, MetricQuery, Schedule, ScheduledScale, Seen,
};
use hpasim::scenario::Engine;
use hpasim::search::front::{pareto_front, pareto_fronts};
use hpasim::simulation::simulate_scaled_by;
use hpasim::units::{Replicas, Seed, SimSpan, SimTime};
use hpasim::workload::Balancer;
use scenarios::{Row, prod, trace};

#[path = "../tests/plant/scenarios.rs"]
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
mod scenarios;

/// Cancels every job of a station, in the order of arrival.
fn cancellations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("station/cancel");
    for at_work in [1_000_u32, 10_000, 100_000] {
        group.throughput(Throughput::Elements(u64::from(at_work)));
        group.bench_with_input(
            BenchmarkId::from_parameter(at_work),
            &at_work,
            |bencher, &at_work| {
                bencher.iter(|| {
                    let speed = Speed {
                        cores: 1.0,
                        quota: f64::INFINITY,
                    };
                    let mut station = Station::new(speed, 0);
                    let tickets: Vec<u32> = (0..at_work)
                        .map(|request| station.add(SimTime::ZERO, request, 1e9))
                        .collect();
                    for ticket in tickets {
                        station.cancel(SimTime::ZERO, ticket);
                    }
                    black_box(station.next_done())
                });
            },
        );
    }
    group.finish();
}

/// A schedule that also queries the CPU of the pods, so that it is measured as for an autoscaler.
struct Measuring<'s> {
    schedule: ScheduleScaler<'s>,
    asks: [MetricQuery; 1],
}

impl<'s> Measuring<'s> {
    fn new(schedule: &'s Schedule) -> Self {
        Self {
            schedule: ScheduleScaler::new(schedule),
            asks: [MetricQuery::cpu()],
        }
    }
}

impl Autoscaler for Measuring<'_> {
    fn asks(&self) -> &[MetricQuery] {
        &self.asks
    }

    fn bounds(&self) -> Bounds {
        self.schedule.bounds()
    }

    fn next_wake(&self, now: SimTime) -> Option<SimTime> {
        self.schedule.next_wake(now)
    }

    fn wake<L: DecisionListener>(
        &mut self,
        now: SimTime,
        seen: &Seen<'_>,
        listener: &mut L,
    ) -> Option<Replicas> {
        self.schedule.wake(now, seen, listener)
    }
}

/// One pod becomes many at once, and many become one.
fn pods_at_once(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pods/come_and_go");
    group.sample_size(10);
    for pods in [500_i32, 5_000, 50_000] {
        group.throughput(Throughput::Elements(u64::from(pods.unsigned_abs())));
        for engine in [Engine::Fluid, Engine::Request] {
            // The request engine ends a segment at the start of each pod, which costs O(pods) each.
            if engine == Engine::Request && pods > 5_000 {
                continue;
            }
            let id = BenchmarkId::new(engine.as_str(), pods);
            group.bench_with_input(id, &pods, |bencher, &pods| {
                let row = |seconds| Row { seconds, rps: 10.0 };
                let scenario = prod(trace(&[row(0.0), row(600.0)]));
                let entries = [(60, pods), (300, 1)]
                    .map(|(seconds, pods)| ScheduledScale {
                        time: SimTime::ZERO + SimSpan::from_secs(seconds),
                        replicas: Replicas(pods),
                    })
                    .to_vec();
                let schedule = Schedule { entries };
                bencher.iter(|| {
                    let mut scaler = Measuring::new(&schedule);
                    simulate_scaled_by(&mut scaler, &scenario, engine, Seed(1), &mut ())
                });
            });
        }
    }
    group.finish();
}

/// Adds and removes endpoints of the least-request balancer one by one.
fn endpoints(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("endpoints/least_request");
    for count in [1_000_u32, 10_000, 100_000] {
        group.throughput(Throughput::Elements(u64::from(count)));
        group.bench_with_input(
            BenchmarkId::from_parameter(count),
            &count,
            |bencher, &count| {
                bencher.iter(|| {
                    let mut endpoints = Endpoints::new(Balancer::LeastRequest);
                    (0..count).for_each(|server| endpoints.add(server));
                    (0..count).for_each(|server| endpoints.remove(server));
                    black_box(endpoints.contains(0))
                });
            },
        );
    }
    group.finish();
}

/// Points that are all on one front, and points that are each on a front of their own.
fn fronts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fronts");
    for count in [400_u32, 4_000, 40_000] {
        group.throughput(Throughput::Elements(u64::from(count)));
        let line = |third: fn(f64) -> f64| -> Vec<[f64; 3]> {
            (0..count)
                .map(f64::from)
                .map(|place| [place, f64::from(count) - place, third(place)])
                .collect()
        };
        let flat = line(|_| 0.0);
        let id = BenchmarkId::new("one_front", count);
        group.bench_with_input(id, &flat, |bencher, points| {
            bencher.iter(|| pareto_front(points).len());
        });
        let chain: Vec<[f64; 3]> = (0..count).map(|place| [f64::from(place); 3]).collect();
        let id = BenchmarkId::new("a_front_each", count);
        group.bench_with_input(id, &chain, |bencher, points| {
            bencher.iter(|| pareto_fronts(points).len());
        });
    }
    group.finish();
}

criterion_group!(benches, cancellations, pods_at_once, endpoints, fronts);
criterion_main!(benches);
