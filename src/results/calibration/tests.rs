//! The fit against published figures, by hand, and against whatever can be read.

use std::fmt::Write;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::engine::random::{Distribution, Stream};
use crate::scenario::parse_probe;
use crate::units::{Millicores, Seed, SimSpan};

/// Numbers of all sizes, with repetitions.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        (0u8..4).prop_map(f64::from),
        0.0..100.0f64,
        (-12i32..12).prop_map(|power| 10f64.powi(power)),
        Just(1.0 + 1e-12),
    ]
}

proptest! {
    #[test]
    fn whatever_can_be_read_gives_finite_figures_or_says_why_not(
        rows in prop::collection::vec((number(), number(), 1u8..4), 0..12)
    ) {
        let mut text = "rps,cpu_millicores,replicas\n".to_owned();
        for (rps, cpu, replicas) in &rows {
            let _ = writeln!(text, "{rps},{cpu},{replicas}");
        }
        if let Ok(probe) = parse_probe(Path::new("probe.csv"), text.as_bytes())
            && let Ok(fit) = calibrate(&probe)
        {
            let figures = [
                fit.cpu_per_request_ms.low,
                fit.cpu_per_request_ms.high,
                fit.idle_cpu_millicores.low,
                fit.idle_cpu_millicores.high,
                fit.cpu_per_request_ms_without_idle,
                fit.linearity.cost_ms_at_rps_min.unwrap_or_default(),
                fit.linearity.cost_ms_at_rps_max.unwrap_or_default(),
            ];
            prop_assert!(figures.iter().all(|figure| figure.is_finite()), "{text}{fit:?}");
            prop_assert!((-1e-9..=1.0 + 1e-9).contains(&fit.r_squared), "{text}{fit:?}");
            let p_value = fit.linearity.p_value.unwrap_or(0.5);
            prop_assert!((-1e-9..=1.0 + 1e-9).contains(&p_value), "{text}{fit:?}");
            for outlier in &fit.outliers {
                prop_assert!(outlier.cpu_per_request_ms_without.is_finite(), "{text}{fit:?}");
            }
        }
    }
}

fn probe(points: &[(f64, f64)]) -> Probe {
    Probe {
        rows: points
            .iter()
            .enumerate()
            .map(|(index, (rps, cpu_millicores))| ProbeRow {
                line: index + 2,
                rps: *rps,
                replicas: 1.0,
                cpu_millicores: *cpu_millicores,
            })
            .collect(),
        measured: ProbeMeasurement::Together,
        warnings: Vec::new(),
    }
}

fn near(value: f64, expected: f64, within: f64) {
    assert!(
        (value - expected).abs() <= within,
        "{value}, not {expected}"
    );
}

/// Anscombe's first and second data sets: the same line, and only one of them straight.
const ANSCOMBE_X: [f64; 11] = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
const ANSCOMBE_FIRST: [f64; 11] = [
    8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68,
];
const ANSCOMBE_SECOND: [f64; 11] = [
    9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74,
];
const ANSCOMBE_THIRD: [f64; 11] = [
    7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73,
];

fn anscombe(cpu: [f64; 11]) -> Calibration {
    let points: Vec<(f64, f64)> = ANSCOMBE_X.into_iter().zip(cpu).collect();
    calibrate(&probe(&points)).expect("a rising line")
}

#[test]
fn the_line_of_anscombe_has_the_published_figures() {
    let fit = anscombe(ANSCOMBE_FIRST);
    near(fit.cpu_per_request_ms.value, 0.500_09, 1e-5);
    near(fit.cpu_per_request_ms.standard_error, 0.117_91, 1e-5);
    near(fit.idle_cpu_millicores.value, 3.000_09, 1e-5);
    near(fit.idle_cpu_millicores.standard_error, 1.124_75, 1e-5);
    near(fit.r_squared, 0.666_54, 1e-5);
    near(fit.scatter_millicores, 1.236_60, 1e-5);
    // t of 9 degrees of freedom, 97.5 %: 2.262157.
    near(
        fit.cpu_per_request_ms.low,
        0.500_09 - 2.262_157 * 0.117_91,
        2e-5,
    );
    assert_eq!(fit.linearity.shape, CpuGrowth::Straight);
    assert_eq!(fit.outliers, []);
}

#[test]
fn a_curve_is_told_from_a_line() {
    let fit = anscombe(ANSCOMBE_SECOND);
    assert_eq!(fit.linearity.test, LinearityTest::QuadraticTerm);
    assert_eq!(fit.linearity.shape, CpuGrowth::Flattening);
    assert!(fit.linearity.p_value < Some(1e-9));
    // y = -5.99573 + 2.78084 x - 0.12671 x^2
    near(
        fit.linearity.cost_ms_at_rps_min.expect("a parabola"),
        2.78084 - 0.25343 * 4.0,
        1e-3,
    );
    near(
        fit.linearity.cost_ms_at_rps_max.expect("a parabola"),
        2.78084 - 0.25343 * 14.0,
        1e-3,
    );
}

#[test]
fn a_row_that_lies_far_off_is_named_and_kept() {
    let fit = anscombe(ANSCOMBE_THIRD);
    let [outlier] = fit.outliers.as_slice() else {
        panic!("one outlier: {:?}", fit.outliers);
    };
    assert_eq!(outlier.line, 4);
    // 1,203 standard errors: the others lie on a line of their own.
    assert_eq!(outlier.standard_errors, None);
    near(outlier.expected_millicores, 8.495, 5e-3);
    near(outlier.cpu_per_request_ms_without, 0.3454, 1e-3);
    assert_eq!(fit.rows, 11);
}

#[test]
fn loads_measured_twice_are_tested_for_lack_of_fit() {
    let straight = [
        (1.0, 11.0),
        (1.0, 9.0),
        (2.0, 20.5),
        (2.0, 19.0),
        (3.0, 29.0),
        (3.0, 31.5),
    ];
    let fit = calibrate(&probe(&straight)).expect("a rising line");
    assert_eq!(fit.linearity.test, LinearityTest::LackOfFit);
    assert_eq!(fit.linearity.shape, CpuGrowth::Straight);
    // Pure error 6.25 of 3 degrees of freedom, lack of fit of 1: by hand.
    let bent = [
        (1.0, 11.0),
        (1.0, 9.0),
        (2.0, 20.5),
        (2.0, 19.0),
        (3.0, 59.0),
        (3.0, 61.5),
    ];
    let fit = calibrate(&probe(&bent)).expect("a rising line");
    assert_eq!(fit.linearity.shape, CpuGrowth::Steepening);
    assert!(fit.linearity.cost_ms_at_rps_max > fit.linearity.cost_ms_at_rps_min);
}

#[test]
fn an_exact_line_has_no_errors_and_nothing_to_complain_about() {
    let points: Vec<(f64, f64)> = (1..=10)
        .map(|index| (f64::from(index), 7.0 + 0.1 * f64::from(index)))
        .collect();
    let fit = calibrate(&probe(&points)).expect("a rising line");
    near(fit.cpu_per_request_ms.value, 0.1, 1e-12);
    near(
        fit.cpu_per_request_ms.high - fit.cpu_per_request_ms.low,
        0.0,
        1e-12,
    );
    assert_eq!(fit.linearity.shape, CpuGrowth::Straight);
    assert_eq!(fit.outliers, []);
}

#[test]
fn three_rows_have_wide_intervals_and_no_test() {
    let fit = calibrate(&probe(&[(1.0, 10.0), (2.0, 21.0), (3.0, 29.0)])).expect("a line");
    // t of one degree of freedom, 97.5 %: 12.7062.
    let reach = fit.cpu_per_request_ms.high - fit.cpu_per_request_ms.value;
    near(reach, 12.7062 * fit.cpu_per_request_ms.standard_error, 1e-3);
    assert_eq!(fit.linearity.test, LinearityTest::Untested);
    assert_eq!(fit.linearity.shape, CpuGrowth::Unknown);
}

#[test]
fn a_line_that_does_not_rise_gives_no_cost() {
    for points in [
        [(1.0, 10.0), (2.0, 9.0), (3.0, 8.0)],
        [(1.0, 10.0), (2.0, 10.0), (3.0, 10.0)],
    ] {
        assert!(matches!(
            calibrate(&probe(&points)),
            Err(CalibrationError::NoGrowth(_))
        ));
    }
}

/// A line of 20 loads whose reading at 10 rps is 2.4 % too high; readings have `decimals` behind the point.
fn one_reading_too_high(slope: f64, decimals: usize) -> Calibration {
    let points: Vec<(f64, f64)> = (1..=20)
        .map(|rps| {
            let cpu = slope.mul_add(f64::from(rps), 20.0);
            let read = if rps == 10 { cpu * 1.024 } else { cpu };
            let written: f64 = format!("{read:.decimals$}").parse().expect("a number");
            (f64::from(rps), written)
        })
        .collect();
    calibrate(&probe(&points)).expect("a rising line")
}

#[test]
fn a_row_beside_an_exact_line_is_found_and_has_no_count_of_standard_errors() {
    for (slope, decimals) in [(6.0, 4), (6.123_456_7, 4), (6.123_456_7, 9), (5.0, 2)] {
        let fit = one_reading_too_high(slope, decimals);
        let [outlier] = fit.outliers.as_slice() else {
            panic!("{slope} {decimals}: {:?}", fit.outliers);
        };
        assert_eq!((outlier.line, outlier.standard_errors), (11, None));
        near(outlier.expected_millicores, slope.mul_add(10.0, 20.0), 1e-2);
        near(outlier.cpu_per_request_ms_without, slope, 1e-3);
    }
}

#[test]
fn what_is_left_without_a_row_is_what_a_fit_of_the_others_says() {
    let fit = anscombe(ANSCOMBE_THIRD);
    let outlier = fit.outliers[0];
    let others: Vec<(f64, f64)> = ANSCOMBE_X
        .into_iter()
        .zip(ANSCOMBE_THIRD)
        .filter(|(rps, _)| (rps - outlier.rps).abs() > 1e-9)
        .collect();
    let anew = calibrate(&probe(&others)).expect("a rising line");
    near(
        outlier.cpu_per_request_ms_without,
        anew.cpu_per_request_ms.value,
        1e-12,
    );
    let expected = anew
        .cpu_per_request_ms
        .value
        .mul_add(outlier.rps, anew.idle_cpu_millicores.value);
    near(outlier.expected_millicores, expected, 1e-12);
}

/// A draw with mean 0 and standard deviation 1; it never is below -100.
fn standard_normal(generator: &mut rand_pcg::Pcg32) -> f64 {
    let far = Distribution::Normal {
        mean: SimSpan::from_secs(100),
        std_dev: SimSpan::from_secs(1),
    };
    far.sample(generator).as_secs_f64() - 100.0
}

/// A probe of eight loads on a machine that takes `cost` milliseconds a request, read with the errors of `noise`.
fn probe_of(cost: f64, noise: f64, seed: u64) -> Probe {
    let mut generator = Stream::Generation.generator(Seed(seed), 0);
    let points: Vec<(f64, f64)> = (1..=8)
        .map(|load| {
            let rps = f64::from(load);
            let error = standard_normal(&mut generator);
            (rps, 5.0 + cost * rps + noise * error)
        })
        .collect();
    probe(&points)
}

#[test]
fn several_probes_tell_the_machines_from_the_errors_of_the_probes() {
    let estimated = |machine: f64, noise: f64| {
        let mut generator = Stream::Generation.generator(Seed(99), 1);
        let fits: Vec<Calibration> = (0..400)
            .map(|seed| {
                let speed = standard_normal(&mut generator);
                let cost = 20.0 * (machine * speed).exp();
                calibrate(&probe_of(cost, noise, seed)).expect("a cost")
            })
            .collect();
        CostEstimate::of_several(&fits)
    };
    // The relative standard error of these probes is 4 / sqrt(42) / 20, which is 0.031.
    for machine in [0.0, 0.06, 0.24] {
        let cost = estimated(machine, 4.0);
        near(cost.machine_deviation, machine, 0.02);
        near(cost.mean_ms, 20.0, 0.7);
        let expected = machine.hypot(0.031);
        near(cost.standard_error_ms, expected, 0.15 * expected);
    }
}

#[test]
fn one_probe_has_the_machine_of_its_class_and_its_own_error() {
    let fit = calibrate(&probe_of(20.0, 4.0, 1)).expect("a cost");
    for (class, _) in MachineClass::ALL {
        let cost = CostEstimate::of_one(&fit, class);
        near(cost.machine_deviation, class.deviation(), 0.0);
        let error = fit.cpu_per_request_ms.standard_error;
        near(cost.standard_error_ms, error, 0.0);
    }
}

#[test]
fn rows_at_the_limit_are_left_out_and_the_line_is_that_of_the_others() {
    let mut full = probe(&[
        (1.0, 25.0),
        (2.0, 45.0),
        (3.0, 65.0),
        (9.0, 98.0),
        (12.0, 95.0),
    ]);
    let lines = leave_out_at_limit(&mut full, Millicores(100)).expect("three rows");
    assert_eq!(lines, [5, 6]);
    let fit = calibrate(&full).expect("a cost");
    near(fit.cpu_per_request_ms.value, 20.0, 1e-9);
    assert!(
        leave_out_at_limit(&mut full, Millicores(100))
            .expect("all rows")
            .is_empty()
    );
}

#[test]
fn too_few_rows_below_the_limit_are_no_probe() {
    let mut full = probe(&[(1.0, 25.0), (2.0, 45.0), (3.0, 96.0), (9.0, 98.0)]);
    assert_eq!(
        leave_out_at_limit(&mut full, Millicores(100)),
        Err(CalibrationError::AtLimit {
            limit_millicores: 100,
            rows: 2,
            all: 4
        })
    );
}

#[test]
fn a_rate_that_falls_while_cpu_stays_is_found_and_one_that_falls_with_its_cpu_is_not() {
    let overloaded = probe(&[(10.0, 200.0), (20.0, 400.0), (24.0, 500.0), (9.0, 495.0)]);
    let fit = calibrate(&overloaded).expect("a cost");
    let found: Vec<usize> = fit.rate_falls.iter().map(|fall| fall.line).collect();
    assert_eq!(found, [5]);
    let plateau = probe(&[
        (10.0, 200.0),
        (24.0, 500.0),
        (9.0, 495.0),
        (9.0, 494.0),
        (8.9, 496.0),
    ]);
    assert_eq!(calibrate(&plateau).map(|fit| fit.rate_falls.len()), Ok(3));
    for sound in [
        [
            (10.0, 200.0),
            (20.0, 400.0),
            (10.0, 210.0),
            (5.0, 100.0),
            (1.0, 20.0),
        ],
        [
            (1.0, 205.0),
            (2.0, 210.0),
            (1.0, 206.0),
            (3.0, 214.0),
            (1.5, 208.0),
        ],
    ] {
        let fit = calibrate(&probe(&sound)).expect("a cost");
        assert_eq!(fit.rate_falls, [], "{sound:?}");
    }
}

#[test]
fn quantiles_of_chi_squared_are_those_of_tables() {
    for (freedom, share, expected) in [
        (1.0, 0.025, 0.000_982),
        (1.0, 0.975, 5.0239),
        (2.0, 0.025, 0.0506),
        (2.0, 0.975, 7.3778),
        (9.0, 0.025, 2.7004),
        (9.0, 0.975, 19.0228),
    ] {
        let found = machine::chi_squared(freedom, share);
        near(found / expected, 1.0, 1e-3);
    }
}

#[test]
fn two_probes_have_an_interval_that_holds_their_deviation() {
    let fits = [(1, 20.0), (2, 26.0)]
        .map(|(seed, cost)| calibrate(&probe_of(cost, 0.5, seed)).expect("a cost"));
    let cost = CostEstimate::of_several(&fits);
    let (low, high) = cost.machine_interval.expect("an interval");
    assert!(
        low < cost.machine_deviation && cost.machine_deviation < high,
        "{cost:?}"
    );
    assert!(high > 4.0, "{high}");
}
