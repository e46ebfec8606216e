//! Properties that hold for any scenario.

use super::facts::facts;
use super::scenarios::{Row, prod, trace};
use hpasim::cluster::config::{Container, ReadinessProbe, StartupCpu, WarmUp};
use hpasim::engine::random::Distribution;
use hpasim::scenario::Scenario;
use hpasim::units::{Millicores, Replicas, Seed, SimSpan};
use hpasim::workload::Overload;
use proptest::prelude::*;

fn any_scenario() -> impl Strategy<Value = Scenario> {
    (
        prop::collection::vec((1.0..90.0_f64, 0.0..400.0_f64), 2..40),
        (1..10_i32, 0..30_i32, 0..20_i32),
        (0..9000_i64, 0..20_i64, 0..40_i64),
        (
            prop::option::of((0..400_i64, 1..40_i64)),
            prop::option::of((1.0..20.0_f64, 1..120_i64)),
            prop::option::of((1.0..10.0_f64, 0.0..0.99_f64)),
        ),
        prop::option::of((0..15_i64, 1..20_i64)),
        (1..50_u32, 0..200_u32, 100..20_000_i64),
        (0.0..0.3_f64, 0..20_i64, prop::bool::ANY),
        (0..300_i64, 0.05..2.0_f64, prop::option::of(0..300_i64)),
    )
        .prop_map(
            |(
                rows,
                (min, more, initial),
                (init, lag, pre_stop),
                (burst, warm_up, overload),
                probe,
                queue,
                rest,
                cpu,
            )| {
                let mut seconds = 0.0;
                let rows: Vec<Row> = rows
                    .into_iter()
                    .map(|(length, rps)| {
                        let row = Row { seconds, rps };
                        seconds += length;
                        row
                    })
                    .collect();
                let mut scenario = prod(trace(&rows));
                let hpa = scenario.hpa_mut().expect("prod has one");
                hpa.spec.min_replicas = Replicas(min);
                hpa.spec.max_replicas = Replicas(min + more);
                if rest.2 {
                    hpa.spec.behavior = None;
                }
                hpa.sync_jitter = SimSpan::from_secs(queue.0.into());
                scenario.deployment.replicas = Replicas((min + initial).min(min + more));
                let pod = &mut scenario.deployment.pod;
                pod.init = Distribution::Constant(SimSpan::from_millis(init));
                pod.endpoint_lag = SimSpan::from_secs(lag);
                pod.pre_stop = SimSpan::from_secs(pre_stop);
                pod.startup_cpu = burst.map(|(cpu, duration)| StartupCpu {
                    cpu: Millicores(cpu),
                    duration: SimSpan::from_secs(duration),
                });
                pod.warm_up = warm_up.map(|(factor, duration)| WarmUp {
                    factor,
                    duration: SimSpan::from_secs(duration),
                });
                pod.readiness = probe.map(|(delay, period)| ReadinessProbe {
                    initial_delay: SimSpan::from_secs(delay),
                    period: SimSpan::from_secs(period),
                    success_threshold: 1,
                });
                pod.node_cores = cpu.1;
                let app = &mut scenario.deployment.containers[0];
                app.idle_cpu = Millicores(cpu.0);
                let sidecar = cpu.2.map(|idle| Container {
                    name: "sidecar".to_owned(),
                    idle_cpu: Millicores(idle),
                    ..app.clone()
                });
                scenario.deployment.containers.extend(sidecar);
                scenario.workload.overload =
                    overload.map(|(factor, from)| Overload { factor, from });
                scenario.workload.concurrency = queue.0;
                scenario.workload.queue = queue.1;
                scenario.workload.timeout = SimSpan::from_millis(queue.2);
                scenario.workload.cpu_noise = rest.0;
                scenario.metrics.lag = SimSpan::from_secs(rest.1);
                scenario
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_the_scenario_nothing_is_lost_and_bounds_hold(
        scenario in any_scenario(),
        seed in any::<u64>(),
    ) {
        let facts = facts(&scenario, Seed(seed));
        facts.check(&scenario);
    }
}
