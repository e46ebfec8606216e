//! The interfaces of a run: a scaler decides inside or outside of it, and observers receive its
//! events and may end it.

#[path = "plant/scenarios.rs"]
#[expect(dead_code, reason = "shared with other tests, which use all of it")]
mod scenarios;

use hpasim::cluster::config::{Container, StartupCpu};
use hpasim::control::caller::Caller;
use hpasim::control::hpa::HpaScaler;
use hpasim::control::seen::MetricObservation;
use hpasim::control::{
    Autoscaler, Bounds, Decided, DecisionListener, MetricQuery, ScheduledScale, Seen,
};
use hpasim::results::export::TimelineCsv;
use hpasim::results::{DecisionLog, KpiObserver, TimelineRecorder};
use hpasim::scenario::{Engine, Scenario};
use hpasim::simulation::observer::{FlowSegment, PodChange, PodTransition, RequestSegment};
use hpasim::simulation::{DecideError, Observer, Run, simulate_observed, simulate_scaled_by};
use hpasim::units::{MilliValue, Millicores, Replicas, Seed, SimSpan, SimTime};
use scenarios::{Row, prod, trace};

const ENGINES: [Engine; 2] = [Engine::Fluid, Engine::Request];

fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs(seconds)
}

/// Ten minutes: a low load, a tenfold load, a low load.
fn ten_minutes() -> Scenario {
    let row = |seconds, rps| Row { seconds, rps };
    prod(trace(&[
        row(0.0, 4.0),
        row(120.0, 40.0),
        row(300.0, 4.0),
        row(600.0, 4.0),
    ]))
}

/// Everything that an observer receives.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    segments: Vec<FlowSegment>,
    served: Vec<RequestSegment>,
    pods: Vec<PodChange>,
    rescales: Vec<ScheduledScale>,
    by: Vec<&'static str>,
}

impl Observer for Heard {
    fn flowed(&mut self, segment: &FlowSegment) {
        self.segments.push(*segment);
    }

    fn served(&mut self, segment: &RequestSegment) {
        self.served.push(*segment);
    }

    fn pod_changed(&mut self, change: &PodChange) {
        self.pods.push(*change);
    }

    fn decided(&mut self, decision: &Decided<'_>) {
        self.by.push(decision.by);
        if decision.direction().is_some() {
            self.rescales.push(ScheduledScale {
                time: decision.time,
                replicas: decision.replicas(),
            });
        }
    }
}

struct Deaf;

impl DecisionListener for Deaf {
    fn decided(&mut self, _: &Decided<'_>) {}
}

#[test]
fn a_caller_that_decides_as_the_hpa_has_the_run_of_the_hpa() {
    let scenario = ten_minutes();
    let hpa = scenario.hpa().expect("prod has one");
    for engine in ENGINES {
        let mut inside = Heard::default();
        let mut scaler = HpaScaler::new(hpa, at(7));
        simulate_scaled_by(&mut scaler, &scenario, engine, Seed(5), &mut inside);
        assert!(inside.rescales.len() > 2, "{engine:?}");
        assert!(inside.by.iter().all(|by| *by == "hpa"));

        let mut outside = Heard::default();
        let mut scaler = HpaScaler::new(hpa, at(7));
        let caller = Caller {
            asks: scaler.asks().to_vec(),
            first_wake: at(7),
            period: hpa.sync_period,
        };
        let mut run = Run::new(&scenario, engine, Seed(5), &caller);
        let mut now = at(7);
        while let Some(seen) = run.advance(&mut outside) {
            let written = scaler.wake(now, &seen, &mut Deaf);
            assert_eq!(run.now(), now);
            now += hpa.sync_period;
            if let Some(replicas) = written {
                run.decide(replicas).expect("a number within the bounds");
            }
        }
        run.finish(&mut outside);
        assert!(outside.by.iter().all(|by| *by == "caller"));
        outside.by.clone_from(&inside.by);
        assert_eq!(inside, outside, "{engine:?}");
    }
}

#[test]
fn a_caller_that_decides_nothing_leaves_the_replicas_as_they_are() {
    let scenario = ten_minutes();
    for engine in ENGINES {
        let mut heard = Heard::default();
        let caller = Caller::of_cpu(SimSpan::from_secs(60));
        let mut run = Run::new(&scenario, engine, Seed(5), &caller);
        let mut wakes = Vec::new();
        while let Some(seen) = run.advance(&mut heard) {
            assert_eq!(seen.scale.spec_replicas, Replicas(1));
            assert_eq!(seen.pods.len(), 1);
            wakes.push(run.now());
        }
        let finished = run.finish(&mut heard);
        assert_eq!(finished.end, at(600));
        // The trace ends at 600 s, and the scaler does not wake then.
        let minutes: Vec<SimTime> = (1..10).map(|minute| at(60 * minute)).collect();
        assert_eq!(wakes, minutes, "{engine:?}");
        assert!(heard.rescales.is_empty());
        let created = |change: &PodChange| change.state == PodTransition::Created;
        assert!(!heard.pods.iter().any(created));
    }
}

#[test]
fn a_decision_that_cannot_be_written_is_refused_and_changes_nothing() {
    let scenario = ten_minutes();
    let caller = Caller::of_cpu(SimSpan::from_secs(60));
    let mut run = Run::new(&scenario, Engine::Fluid, Seed(5), &caller);
    let mut heard = Heard::default();
    assert_eq!(run.decide(Replicas(2)), Err(DecideError::NotAwake));
    assert!(run.advance(&mut heard).is_some());
    let negative = run.decide(Replicas(-1)).expect_err("no such number");
    assert_eq!(
        negative.to_string(),
        "spec.replicas cannot be -1; decide on 0 to 100000 replicas"
    );
    assert_eq!(
        run.decide(Replicas(100_001)),
        Err(DecideError::OutOfRange(100_001))
    );
    run.decide(Replicas(9)).expect("a number");
    run.decide(Replicas(3)).expect("the last number counts");
    run.finish(&mut heard);
    let rescale = ScheduledScale {
        time: at(60),
        replicas: Replicas(3),
    };
    assert_eq!(heard.rescales, [rescale]);
}

/// A custom controller: a pod for every four requests per second that arrive at the pods, decided
/// every 20 s.
struct PodPerFour {
    asks: [MetricQuery; 1],
    next: SimTime,
}

impl Autoscaler for PodPerFour {
    fn asks(&self) -> &[MetricQuery] {
        &self.asks
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            min: Replicas(1),
            max: Replicas(20),
        }
    }

    fn next_wake(&self, _now: SimTime) -> Option<SimTime> {
        Some(self.next)
    }

    fn wake<L: DecisionListener>(
        &mut self,
        now: SimTime,
        seen: &Seen<'_>,
        listener: &mut L,
    ) -> Option<Replicas> {
        self.next = now + SimSpan::from_secs(20);
        let MetricObservation::Pods(rates) = seen.metric(0) else {
            return None;
        };
        let milli: i64 = rates.value.iter().map(|rate| rate.0).sum();
        let wanted = Replicas(i32::try_from((milli + 3_999) / 4_000).expect("a small number"));
        let bounds = self.bounds();
        let desired = wanted.clamp(bounds.min, bounds.max);
        let rescaled = desired != seen.scale.spec_replicas;
        listener.decided(&Decided {
            time: now,
            by: "pod per four",
            current: seen.scale.spec_replicas,
            desired,
            rescaled,
            metrics: &[],
            line: None,
        });
        rescaled.then_some(desired)
    }
}

#[test]
fn a_controller_of_ones_own_scales_in_both_engines() {
    let scenario = ten_minutes();
    for engine in ENGINES {
        let mut heard = Heard::default();
        let mut scaler = PodPerFour {
            asks: [MetricQuery::Pods {
                metric: "requests_per_second".to_owned(),
            }],
            next: at(10),
        };
        simulate_scaled_by(&mut scaler, &scenario, engine, Seed(5), &mut heard);
        let most = heard.rescales.iter().map(|it| it.replicas).max();
        // 40 requests per second need 10 pods; the counts of the request engine vary at random.
        let near_ten = Replicas(9)..=Replicas(14);
        assert!(
            most.is_some_and(|most| near_ten.contains(&most)),
            "{engine:?}: {:?}",
            heard.rescales
        );
        assert!(heard.by.iter().all(|by| *by == "pod per four"));
    }
}

/// Core-seconds of the pods' own use in one run, counted in two ways.
#[derive(Debug)]
struct OwnCpu {
    /// From the samples that the scaler sees.
    shown: f64,
    /// From the segments that KPIs and timeline use.
    counted: f64,
    /// The highest sample.
    most: MilliValue,
}

/// Two minutes without a request. Two more pods are created after 30 s and have a start-up burst.
/// Counters are read and scraped each second.
fn own_cpu(engine: Engine) -> OwnCpu {
    let row = |seconds| Row { seconds, rps: 0.0 };
    let mut scenario = prod(trace(&[row(0.0), row(120.0)]));
    let second = SimSpan::from_secs(1);
    scenario.metrics.scrape_interval = second;
    scenario.metrics.housekeeping = second;
    scenario.metrics.housekeeping_jitter = 0.0;
    let app = &mut scenario.deployment.containers[0];
    app.idle_cpu = Millicores(40);
    let proxy = Container {
        name: "proxy".to_owned(),
        idle_cpu: Millicores(7),
        cpu_seconds_per_request: 0.0,
        ..app.clone()
    };
    scenario.deployment.containers.push(proxy);
    scenario.deployment.pod.startup_cpu = Some(StartupCpu {
        cpu: Millicores(100),
        duration: second * 20,
    });

    let mut heard = Heard::default();
    let mut run = Run::new(&scenario, engine, Seed(5), &Caller::of_cpu(second));
    let mut newest: Vec<(SimTime, MilliValue)> = Vec::new();
    let mut shown = 0.0;
    let mut most = MilliValue(0);
    while let Some(seen) = run.advance(&mut heard) {
        let MetricObservation::Pods(samples) = seen.metric(0) else {
            panic!("the CPU of pods");
        };
        newest.resize(samples.sampled.len(), (SimTime::ZERO, MilliValue(0)));
        for (row, newest) in newest.iter_mut().enumerate() {
            let read = samples.timestamp[row];
            if samples.sampled[row] && read > newest.0 {
                let since = (read + -samples.window[row]).max(SimTime::ZERO);
                shown += samples.value[row].0 as f64 * (read - since).as_secs_f64();
                *newest = (read, samples.value[row]);
                most = most.max(samples.value[row]);
            }
        }
        if run.now() == at(30) {
            run.decide(Replicas(3)).expect("a number");
        }
    }
    let end = run.finish(&mut heard).end;
    // The use is constant at the end, so the last sample of each pod also holds for the time after
    // it.
    for (read, value) in newest {
        shown += value.0 as f64 * (end - read).as_secs_f64();
    }
    let flowed = heard.segments.iter().map(|segment| {
        let seconds = (segment.end - segment.start).as_secs_f64();
        segment.cpu_cores * seconds
    });
    let served = heard.served.iter().map(|segment| segment.cpu_core_seconds);
    OwnCpu {
        shown: shown / 1000.0,
        counted: flowed.chain(served).sum(),
        most,
    }
}

#[test]
fn the_own_cpu_that_a_scaler_sees_is_the_own_cpu_that_the_run_counts() {
    for engine in ENGINES {
        let cpu = own_cpu(engine);
        assert!(
            (cpu.shown - cpu.counted).abs() < 1e-6,
            "{engine:?}: {cpu:?}"
        );
        assert_eq!(cpu.most, MilliValue(147), "{engine:?}: idle use and burst");
    }
}

/// Stops the run at the first rescale.
#[derive(Default)]
struct UntilFirstRescale(Option<SimTime>);

impl Observer for UntilFirstRescale {
    fn decided(&mut self, decision: &Decided<'_>) {
        if decision.direction().is_some() {
            self.0.get_or_insert(decision.time);
        }
    }

    fn has_enough(&self) -> bool {
        self.0.is_some()
    }
}

#[test]
fn an_observer_that_has_enough_ends_the_run_where_it_stands() {
    let scenario = ten_minutes();
    for engine in ENGINES {
        let mut whole = Heard::default();
        simulate_observed(&scenario, engine, Seed(5), &mut whole);
        let mut stopped = (
            Heard::default(),
            UntilFirstRescale::default(),
            KpiObserver::new(&scenario),
        );
        let finished = simulate_observed(&scenario, engine, Seed(5), &mut stopped);
        let (heard, UntilFirstRescale(rescale), kpis) = stopped;

        assert_eq!(Some(finished.end), rescale, "{engine:?}");
        assert!(finished.end < scenario.trace.end());
        assert_eq!(heard.rescales, whole.rescales[..1]);
        let hours = kpis.finish().pod_hours;
        let one_pod = finished.end.as_secs_f64() / 3600.0;
        assert!((hours - one_pod).abs() < 1e-9, "{engine:?}: {hours}");
        // All segments but the one that the end cut short are the same as in the whole run.
        let before = heard.segments.len().saturating_sub(1);
        assert_eq!(heard.segments[..before], whole.segments[..before]);
        let before = heard.served.len().saturating_sub(1);
        assert_eq!(heard.served[..before], whole.served[..before]);
    }
}

/// A file that takes nothing.
struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_run_ends_where_its_decisions_or_its_timeline_cannot_be_written() {
    let scenario = ten_minutes();
    for engine in ENGINES {
        let mut log = DecisionLog::new(Full, None);
        let finished = simulate_observed(&scenario, engine, Seed(5), &mut log);
        assert!(finished.end < scenario.trace.end(), "{engine:?}");
        assert!(log.finish().is_err());

        // A buffer holds the first rows; its first write fails.
        let csv = TimelineCsv::new(std::io::LineWriter::with_capacity(1, Full), None);
        let mut recorder = TimelineRecorder::writing(&scenario, csv);
        let finished = simulate_observed(&scenario, engine, Seed(5), &mut recorder);
        assert!(finished.end <= scenario.trace.end(), "{engine:?}");
        assert!(recorder.finish_writing().1.finish().is_err());
    }
}
