//! The clients of a policy, and the engine that simulates them.

use hpasim::cluster::config::CpuModel;
use hpasim::scenario::Engine;
use hpasim::workload::{AfterTimeout, Arrivals, Balancer, Retries};

use super::*;

#[test]
fn clients_behave_as_the_policy_says() {
    let clients = |lines: &str| {
        scenario(&format!("[workload]\n{lines}"), &[])
            .workload
            .clients
    };
    let processes = [
        ("\"poisson\"", Arrivals::Poisson),
        ("\"even\"", Arrivals::Even),
        ("{ process = \"even\" }", Arrivals::Even),
        (
            "{ process = \"gamma\", cv = 2 }",
            Arrivals::Gamma { cv: 2.0 },
        ),
    ];
    for (written, arrivals) in processes {
        let read = clients(&format!("arrivals = {written}"));
        assert_eq!(read.arrivals, arrivals, "{written}");
    }
    let balancers = [
        ("random", Balancer::Random),
        ("round_robin", Balancer::RoundRobin),
        ("least_request", Balancer::LeastRequest),
        ("power_of_two", Balancer::PowerOfTwo),
    ];
    for (written, balancer) in balancers {
        let read = clients(&format!("balancer = \"{written}\""));
        assert_eq!(read.balancer, balancer);
    }
    let cancelling = clients("after_timeout = \"cancel\"\nretries = 3");
    assert_eq!(cancelling.after_timeout, AfterTimeout::Cancel);
    assert_eq!(cancelling.retries.max, 3);
    let retrying =
        clients("retries = { max = 2, backoff = \"50ms\", max_backoff = \"3s\", budget = 0.2 }");
    assert_eq!(
        retrying.retries,
        Retries {
            max: 2,
            backoff: SimSpan::from_millis(50),
            max_backoff: SimSpan::from_secs(3),
            budget: Some(0.2),
        }
    );
    let connections = |lines: &str| clients(lines).connections.expect("connections");
    assert_eq!(connections("connections = 7").count, 7);
    let kept = connections(
        "connections = { count = 9, lifetime = { dist = \"exponential\", mean = \"5m\" } }",
    );
    let mean = SimSpan::from_secs(300);
    assert_eq!(kept.count, 9);
    assert_eq!(kept.lifetime, Distribution::Exponential { mean });
    let shared = scenario("[pod]\ncpu_model = \"shared\"\n", &[]);
    assert_eq!(shared.deployment.pod.cpu_model, CpuModel::Shared);
}

fn loaded_with(trace: &str, engine: Option<Engine>) -> Loaded {
    let request = LoadRequest {
        engine,
        ..request("p.toml", "t.csv", &[])
    };
    sound(request, &mut Files::of(&[("p.toml", ""), ("t.csv", trace)]))
}

#[test]
fn the_trace_chooses_the_engine_unless_the_user_does() {
    let (rps, cpu, users) = (
        TRACE,
        "time_s,cpu_millicores\n0,1\n60,1\n",
        "time_s,users\n0,1\n60,1\n",
    );
    let cases = [
        (rps, None, Engine::Request),
        (rps, Some(Engine::Request), Engine::Request),
        (rps, Some(Engine::Fluid), Engine::Fluid),
        (users, None, Engine::Request),
        (users, Some(Engine::Request), Engine::Request),
        (cpu, None, Engine::Fluid),
        (cpu, Some(Engine::Fluid), Engine::Fluid),
    ];
    for (trace, asked, chosen) in cases {
        assert_eq!(
            loaded_with(trace, asked).engine,
            chosen,
            "{trace} {asked:?}"
        );
    }
}

#[test]
fn a_trace_of_users_assumes_how_long_they_think() {
    let scenario = loaded_with("time_s,users\n0,4\n60,2.5\n120,4\n", None).scenario;
    assert_eq!(scenario.trace.demand, Demand::Users(vec![4.0, 2.5, 4.0]));
    let touched = scenario.touched(Engine::Request, &[]);
    let think_time = touched.iter().find(|it| it.key == "workload.think_time");
    assert_eq!(think_time.map(|it| it.value.as_str()), Some("\"1s\""));
    let arrivals = touched.iter().find(|it| it.key == "workload.arrivals");
    assert_eq!(arrivals, None);
}
