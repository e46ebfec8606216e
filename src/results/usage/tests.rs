//! Made recordings whose truth is known.

use super::{UsageFitError, UsageRow, UsageSettings, fit_usage};

const SETTINGS: UsageSettings = UsageSettings {
    cpu_limit_millicores: Some(500.0),
    utc_offset_seconds: 0,
};
const COST_MS: f64 = 10.0;
const IDLE: f64 = 40.0;
/// 300m for a minute.
const STARTUP: f64 = 18_000.0;
const LAG_S: f64 = 60.0;

/// Numbers of 0..1 by splitmix64.
fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Seconds between readings.
const STEP_S: f64 = 60.0;

/// A day: a load that rises and falls with noise, replicas that follow it, a lag, noise that resembles its neighbour, and every 25th
/// reading `outlier` times too large.
fn day(seed: u64, outlier: f64, cost_at: impl Fn(f64) -> f64) -> Vec<UsageRow> {
    let mut random = uniform(seed);
    let mut normal = move || (0..12).map(|_| random()).sum::<f64>() - 6.0;
    let times: Vec<f64> = (0..1440).map(|index| f64::from(index) * STEP_S).collect();
    let (mut wander, mut noise, mut pods) = (0.0, 0.0, 4.0_f64);
    let (mut load, mut replicas, mut used) = (Vec::new(), Vec::new(), Vec::new());
    let mut came: Vec<(f64, f64)> = Vec::new();
    for &time in &times {
        wander = 0.95 * wander + 6.0 * normal();
        let rps =
            (120.0 - 80.0 * (time / 86_400.0 * std::f64::consts::TAU).cos() + wander).max(5.0);
        let wanted = (rps * cost_at(time) / 250.0).ceil().max(2.0);
        if wanted > pods {
            came.push((time, wanted - pods));
            pods = wanted;
        } else if wanted < pods - 1.0 {
            pods -= 1.0;
        }
        noise = 0.6 * noise + 12.0 * normal();
        let starting: f64 = came
            .iter()
            .filter(|(at, _)| (0.0..60.0).contains(&(time - at)))
            .map(|it| it.1)
            .sum();
        let cpu = IDLE * pods + cost_at(time) * rps + 300.0 * starting + noise;
        load.push(rps);
        replicas.push(pods);
        used.push(cpu.clamp(0.0, 500.0 * pods));
    }
    let late = (LAG_S / STEP_S) as usize;
    times
        .iter()
        .enumerate()
        .map(|(index, &time_s)| {
            let cpu = used[index.saturating_sub(late)];
            let factor = if index % 25 == 7 { outlier } else { 1.0 };
            UsageRow {
                time_s,
                rps: (index % 97 != 0).then_some(load[index]),
                cpu_millicores: Some(cpu * factor),
                replicas: Some(replicas[index]),
            }
        })
        .collect()
}

/// Of 20 intervals of 95 %, fewer than 16 hold the truth by chance in one case of 390 (binomial distribution).
#[test]
fn made_days_are_recovered_within_their_intervals() {
    const HELD_MIN: usize = 16;
    let (mut cost, mut idle, mut startup) = (0, 0, 0);
    for seed in 0..20 {
        let outlier = if seed % 2 == 0 { 0.3 } else { 3.0 };
        let fit = fit_usage(&day(seed, outlier, |_| COST_MS), &SETTINGS).expect("a fit");
        assert!((fit.lag_s - LAG_S).abs() < 1e-9, "seed {seed}");
        let holds =
            |of: super::Coefficient, truth: f64| usize::from(of.low <= truth && truth <= of.high);
        cost += holds(fit.cpu_per_request_ms, COST_MS);
        idle += holds(fit.idle_cpu_millicores, IDLE);
        startup += holds(fit.startup.expect("pods came").millicore_seconds, STARTUP);
        let left_out = (fit.outliers + fit.at_limit) as f64 / fit.rows as f64;
        assert!((0.03..0.08).contains(&left_out), "{left_out}");
        assert!(fit.by_hour.is_some_and(|it| !it.changes), "seed {seed}");
    }
    let least = cost.min(idle).min(startup);
    assert!(least >= HELD_MIN, "{cost} {idle} {startup} of 20");
}

#[test]
fn a_cost_that_changes_by_the_hour_is_found() {
    let cost_at = |time: f64| {
        if (8.0..20.0).contains(&(time / 3600.0)) {
            12.0
        } else {
            10.0
        }
    };
    let fit = fit_usage(&day(1, 0.3, cost_at), &SETTINGS).expect("a fit");
    let by_hour = fit.by_hour.expect("hours");
    assert!(by_hour.changes);
    for it in by_hour.hours {
        let truth = cost_at(it.hour as f64 * 3600.0);
        assert!((it.cpu_per_request_ms.value - truth).abs() < 0.8, "{it:?}");
    }
    assert!(
        (fit.idle_cpu_millicores.value - IDLE).abs() < 15.0,
        "{:?}",
        fit.idle_cpu_millicores
    );
}

#[test]
fn a_constant_load_on_constant_pods_does_not_tell_cost_from_idle_use() {
    let row = |index: i32| UsageRow {
        time_s: f64::from(index) * 30.0,
        rps: Some(100.0),
        cpu_millicores: Some(1000.0 + f64::from(index % 7)),
        replicas: Some(4.0),
    };
    let rows: Vec<UsageRow> = (0..200).map(row).collect();
    assert_eq!(fit_usage(&rows, &SETTINGS), Err(UsageFitError::Inseparable));
}

#[test]
fn too_few_readings_are_refused() {
    let rows = &day(1, 0.3, |_| COST_MS)[..10];
    assert!(matches!(
        fit_usage(rows, &SETTINGS),
        Err(UsageFitError::TooFewRows { .. })
    ));
}
