//! Every verdict, and every bet with its price, word for word.

use super::*;
use crate::results::tests::scenario;
use crate::scenario::Assertion;
use crate::search::tune::caution::SideEffect;
use crate::units::Replicas;

#[test]
fn every_bet_says_its_price() {
    let all = [
        Bet::Bursting {
            label: "targetCPUUtilizationPercentage".to_owned(),
            target: 85.0,
        },
        Bet::Tolerance {
            label: "behavior.scaleUp.tolerance".to_owned(),
            tolerance: 0.3,
        },
        Bet::LowFloor {
            floor: 1.0,
            needed: Replicas(5),
        },
    ];
    let texts: Vec<String> = all.iter().map(bet_text).collect();
    insta::assert_snapshot!(texts.join("\n"), @"
    idle CPU of the nodes: at targetCPUUtilizationPercentage = 85 %, load that grows by 18 % uses all the CPU that the pods request, and only what the nodes have left over serves more
    load that returns by itself: with behavior.scaleUp.tolerance = 0.3, the autoscaler does nothing about a metric that is 30 % off its target, however long
    metrics that never drop without load: the quietest minute of the search's traffic needs 5 pods, and minReplicas = 1 lets an outage upstream take the rest away
    ");
}

#[test]
fn every_verdict_is_one_line() {
    let estimate = |values: &[f64]| Estimate::of(values).expect("a mean");
    let difference = |kpi: Kpi, values: &[f64]| KpiDifference {
        kpi,
        difference: estimate(values),
    };
    let gains = vec![
        difference(Kpi::Cost, &[-0.25, 0.05, -0.1]),
        difference(Kpi::SloViolationSeconds, &[4.0, -6.0, 5.0]),
    ];
    let losses = || vec![difference(Kpi::Rescales, &[3.0, 4.0, 3.5])];
    let all_gains = || GoalGains {
        bounds: vec![Assertion::parse_argument("slo_violation_seconds<=60").expect("a bound")],
        kpis: vec![
            difference(Kpi::Cost, &[-0.25, -0.2, -0.22]),
            difference(Kpi::LatencySecondsP99, &[-0.011, -0.012, -0.013]),
        ],
    };
    let all = [
        HeldOutVerdict::Better { gains: all_gains() },
        HeldOutVerdict::Trade {
            gains: GoalGains {
                bounds: Vec::new(),
                ..all_gains()
            },
            losses: losses(),
        },
        HeldOutVerdict::Felt {
            effects: vec![SideEffect {
                kpi: Kpi::LatencySecondsP95,
                trace: "spike".to_owned(),
                today: 0.1,
                proposed: 0.2,
            }],
        },
        HeldOutVerdict::WithinNoise { gains },
        HeldOutVerdict::WithinNoise { gains: Vec::new() },
        HeldOutVerdict::Worse { losses: losses() },
        HeldOutVerdict::Harmful,
        HeldOutVerdict::BoundMissed,
        HeldOutVerdict::OneSeed,
    ];
    let mut scenario = scenario(600.0);
    scenario.cost.per_pod_hour = 0.04;
    scenario.cost.currency = Some("EUR".to_owned());
    let objectives = Objectives::of(&[scenario]);
    let texts: Vec<String> = all.iter().map(|it| verdict_text(&objectives, it)).collect();
    insta::assert_snapshot!(texts.join("\n"), @"
    better: slo_violation_seconds <= 60 holds, and today's policy misses it; cost -0.22 ± 0.06, latency p99 -12 ± 2 ms, on traffic and seeds that the search did not see
    a trade-off: cost -0.22 ± 0.06, latency p99 -12 ± 2 ms, but rescales +4 ± 1, on traffic and seeds that the search did not see
    keep today's policy: users feel the proposed policy on held-out traffic (latency p95 100 ms -> 200 ms under spike); a goal that names these KPIs allows it
    keep today's policy: on held-out traffic the gain is within the noise (cost -0.1 ± 0.4, SLO-breaking seconds +1 ± 15)
    keep today's policy: the held-out runs have no value of the KPIs that were to become less
    keep today's policy: the proposed policy is worse on held-out traffic (rescales +4 ± 1)
    better in what the goal asks for on traffic that the search did not see, but harmful on the traffic of the search: read the warnings
    the goal is missed on traffic and seeds that the search did not see
    unknown: one seed cannot show the noise; use --seeds 10
    ");
}
