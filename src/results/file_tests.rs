//! Tests of what a run writes: each file's form, as its reader sees it.
//!
//! These tests check the form of the files. Other tests check the numbers.

use super::Kpis;
use super::export::{InputFile, Summary};
use super::kpi_report::{KpiReport, fold};
use super::tests::{near, scenario, story_kpis, story_timeline, timeline_csv};
use crate::kpi::Kpi;
use crate::scenario::Engine;
use crate::units::Seed;

#[test]
fn timeline_csv_has_units_and_leaves_blank_what_is_not_known() {
    let csv = timeline_csv(&story_timeline().rows);
    let text = String::from_utf8(csv).expect("UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    insta::assert_snapshot!(
        [lines[0], lines[1], lines[130], lines[133]].join("\n"),
        @"
    time_s,offered_rps,succeeded_rps,failed_rps,requests_in_flight,cpu_cores,cpu_percent,cpu_percent_seen,replicas_desired,replicas_current,replicas_ready,replicas_needed,latency_seconds_p50,latency_seconds_p95,latency_seconds_p99,throttled_share,slo_violated,rescaled_to,failed_no_endpoint_rps,failed_not_initialised_rps,failed_queue_full_rps,failed_timed_out_rps,failed_pod_gone_rps,failed_oom_killed_rps,retried_rps,cpu_percent_pod_min,cpu_percent_pod_mean,cpu_percent_pod_max,throttled_share_pod_max,users
    0,10,10,0,0,0.1,50,,2,2,2,2,0.01,0.0904719,0.170944,0,0,,0,0,0,0,0,0,,,,,,
    645,20,12,4,200,0.1,50,200,2,2,2,4,5,5,5,1,1,4,0,0,4,0,0,0,,,,,,
    660,20,23,12,165,0.1,50,200,4,4,4,4,5,5,5,0,1,,0,0,0,0,12,0,,,,,,
    "
    );
}

#[test]
fn several_seeds_fold_over_those_that_answer() {
    let run = |p50: Option<f64>, rescales: u32| Kpis {
        latency_seconds_p50: p50,
        rescales,
        ..Kpis::default()
    };
    let folded = fold(&[
        run(Some(3.0), 10),
        run(None, 20),
        run(Some(1.0), 40),
        run(None, 30),
    ]);
    let find = |kpi: Kpi| {
        *folded
            .iter()
            .find(|it| it.kpi == kpi)
            .expect("every KPI is folded")
    };
    let p50 = find(Kpi::LatencySecondsP50);
    assert_eq!(p50.seeds, 2);
    assert!(near(p50.median, 2.0) && near(p50.p10, 1.2) && near(p50.p90, 2.8));
    let rescales = find(Kpi::Rescales);
    assert!(near(rescales.median, 25.0) && near(rescales.p10, 13.0) && near(rescales.p90, 37.0));
    let offered = find(Kpi::RequestsOffered);
    assert_eq!((offered.seeds, offered.median), (0, None));
}

#[test]
fn the_summary_names_what_ran_and_what_came_of_it() {
    let scenario = scenario(3600.0);
    let summary = Summary::new(
        &scenario,
        Engine::Fluid,
        &[Seed(1)],
        vec![InputFile {
            path: "policies/prod.toml".to_owned(),
            sha256: "00ff".to_owned(),
        }],
        &scenario.touched(Engine::Fluid, &[story_kpis()]),
        KpiReport::One(story_kpis()),
    );
    let text = String::from_utf8(summary.to_json().expect("in memory")).expect("UTF-8");
    insta::assert_snapshot!(text, @r#"
    {
      "schema_version": 1,
      "hpasim_version": "0.1.0",
      "command": "run",
      "engine": "fluid",
      "seeds": [
        1
      ],
      "policy": "prod",
      "trace": "spike",
      "duration_seconds": 3600.0,
      "inputs": [
        {
          "path": "policies/prod.toml",
          "sha256": "00ff"
        }
      ],
      "request": {
        "set": [],
        "from_seconds": null,
        "to_seconds": null
      },
      "files": [],
      "assumptions": [
        {
          "key": "workload.cpu_per_request",
          "value": "10ms"
        }
      ],
      "kpis": {
        "requests_offered": 37200.0,
        "requests_succeeded": 36900.0,
        "requests_failed": 300.0,
        "requests_in_flight": 0.0,
        "failed_share": 0.00806452,
        "failed_no_endpoint": 0.0,
        "failed_not_initialised": 0.0,
        "failed_queue_full": 240.0,
        "failed_timed_out": 0.0,
        "failed_pod_gone": 60.0,
        "failed_oom_killed": 0.0,
        "retries": null,
        "requests_queued": null,
        "peak_replicas": 4,
        "mean_replicas": 3.63333,
        "pod_hours": 3.65,
        "requested_core_hours": 0.365,
        "cost": 14.6,
        "slo_violation_seconds": 120.0,
        "good_request_share": 0.938603,
        "error_budget_used": 1.03188,
        "latency_seconds_p50": 0.01,
        "latency_seconds_p95": 1.06758,
        "latency_seconds_p99": 5.0,
        "latency_seconds_p999": null,
        "latency_seconds_mean": null,
        "latency_seconds_max": null,
        "rescales": 3,
        "reversals": 1,
        "pod_starts": 2,
        "seconds_at_min": 0.0,
        "seconds_at_max": 0.0,
        "under_provisioned_percent": 0.833333,
        "over_provisioned_percent": 80.0,
        "under_provisioned_time_percent": 1.66667,
        "over_provisioned_time_percent": 80.0,
        "instability_percent": 1.25523,
        "needed_undefined_seconds": 0.0,
        "first_decision_seconds": 45.0,
        "enough_ready_seconds": 60.0,
        "recovery_seconds": 120.0,
        "throttled_share": 0.00917431,
        "cpu_utilization_mean": 0.5,
        "oom_kills": null
      }
    }
    "#);
}
