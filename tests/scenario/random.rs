//! Random bytes and text as policies, traces and settings: a fault is reported, and nothing panics.

use hpasim::render::diagnostic::render_diagnostics;
use hpasim::render::paint::Colour;

use super::*;

fn does_not_panic(policy: &[u8], trace: &[u8], set: &[String]) {
    let mut files = MemoryLoader::default()
        .with("p.toml", policy)
        .with("t.csv", trace);
    if let Err(diagnostics) = load(request("p.toml", "t.csv", set), &mut files) {
        let text = render_diagnostics(&diagnostics, Colour::Plain);
        assert!(!text.is_empty(), "a failure without a word");
    }
}

/// Pieces of policies and traces, so that random text gets past the first line.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "[hpa]\n",
            "maxReplicas",
            " = ",
            "3",
            "-1",
            "\"2d\"",
            "metrics",
            "[",
            "]",
            "{",
            "}",
            ",",
            "[pod]\n",
            "start",
            "dist",
            "\"lognormal\"",
            "[[deployment.containers]]\n",
            "name",
            "behavior",
            ".",
            "scaleUp",
            "policies",
            "\n",
            "=",
            "'",
            "\"",
            "é",
            "#",
            "extends",
            "[workload]\n",
            "retries",
            "max",
            "connections",
            "arrivals",
            "\"gamma\"",
            "think_time",
            "users",
            "cpu_millicores",
            "\"p.toml\"",
            "remove",
            "resources",
            "cpu",
            "\"100m\"",
            "1e400",
            "nan",
            "time_s",
            "rps",
            "timestamp",
            "0",
            "15",
            "99999999999999999999",
            "\r\n",
            "\u{feff}",
            "\0",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

#[test]
fn deep_nesting_is_a_fault_and_no_crash() {
    for deep in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1{}", "[".repeat(5_000), "]".repeat(5_000)),
        format!("a = {}", "{ a = ".repeat(50_000)),
        format!("{}a = 1", "a.".repeat(50_000)),
        format!("[{}a]", "a.".repeat(50_000)),
    ] {
        does_not_panic(deep.as_bytes(), TRACE.as_bytes(), &[]);
        does_not_panic(b"", TRACE.as_bytes(), &[deep.replace(" = ", "=")]);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(policy in prop::collection::vec(any::<u8>(), 0..200), trace in prop::collection::vec(any::<u8>(), 0..200)) {
        does_not_panic(&policy, &trace, &[]);
        does_not_panic(&policy, &[&[0x1f, 0x8b], trace.as_slice()].concat(), &[]);
    }

    #[test]
    fn no_text_makes_the_readers_panic(policy in pieces(), trace in pieces(), set in pieces()) {
        does_not_panic(policy.as_bytes(), trace.as_bytes(), std::slice::from_ref(&set));
        does_not_panic(policy.as_bytes(), format!("time_s,rps\n{trace}").as_bytes(), &[]);
        let policy = "[hpa]\nmaxReplicas = 3\n[hpa.behavior.scaleUp]\npolicies = [{ type = \"Pods\", value = 1, periodSeconds = 15 }]\n";
        does_not_panic(policy.as_bytes(), TRACE.as_bytes(), &[set]);
    }

    #[test]
    fn a_written_trace_reads_back(rates in prop::collection::vec(0_u32..1_000_000, 2..50), step in 1_u32..10_000) {
        let mut text = "time_s,rps\n".to_owned();
        for (index, rate) in rates.iter().enumerate() {
            text.push_str(&format!("{},{}\n", f64::from(step) * index as f64 / 1000.0, f64::from(*rate) / 1000.0));
        }
        let read = trace(text);
        prop_assert_eq!(read.times.len(), rates.len());
        let nanos = i64::from(step) * 1_000_000;
        prop_assert!(read.times.iter().enumerate().all(|(index, time)| time.as_nanos() == nanos * index as i64));
        let values: Vec<f64> = rates.iter().map(|rate| f64::from(*rate) / 1000.0).collect();
        prop_assert_eq!(read.demand, Demand::RequestsPerSecond(values));
    }
}
