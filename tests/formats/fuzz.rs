//! No reader panics or hangs, whatever the bytes. `PROPTEST_CASES=100000` tests more.

use hpasim::scenario::formats::{RecordedUtilization, RecordingFormat, SeriesChoice};
use proptest::prelude::*;

use super::*;

const SEEDS: [&str; 24] = [
    "time_s,rps,depth\n0,4,1\n60,5,2\n",
    "metric_name,timestamp,metric_value\nhttp_reqs,1645006050,1\nvus,1645006050,1\nhttp_reqs,1645006053,1\n",
    "{\"metric\":\"http_reqs\",\"type\":\"Point\",\"data\":{\"time\":\"2024-03-19T14:59:30.714081-04:00\",\"value\":1}}\n",
    "{\"stages\":[{\"duration\":\"30s\",\"target\":11},{\"target\":11,\"duration\":\"1h30m\"}]}",
    "{\"scenarios\":{\"a\":{\"executor\":\"ramping-arrival-rate\",\"startRate\":60,\"timeUnit\":\"1m\",\"stages\":[{\"target\":120,\"duration\":\"10s\"}]}}}",
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"a_total\"},\"values\":[[1788935810,\"18.63\"],[1788935825,\"1\"],[1788935840.5,\"NaN\"]]}]}}",
    "Timestamp,User Count,Type,Name,Requests/s\n1783649530,5,,Aggregated,16.5\n1783649531,5,,Aggregated,17\n",
    "h - - [01/Jul/1995:00:00:01 -0400] \"GET / HTTP/1.0\" 200 1\nh - - [01/Jul/1995:00:00:09 -0400] \"-\"\n",
    "https 2026-03-02T09:00:00.150000Z app/shop/0 192.0.2.0:2817 10.0.0.1:80 0.0 \"GET https://a HTTP/1.1\"\nhttps 2026-03-02T09:00:02Z app/shop/0 192.0.2.0:2817 - 0.0 \"-\"\n",
    "#Fields: date time cs-method\n2026-03-02 09:00:00 GET\n2026-03-02 09:00:04 GET\n",
    "{\"ts\":1772442000.5,\"status\":200}\n{\"log\":\"{\\\"ts\\\":1772442003,\\\"url\\\":1}\",\"stream\":\"stdout\"}\n",
    "[{\"timestamp\":\"2026-03-02T09:00:00Z\",\"httpRequest\":{}},\n{\"timestamp\":\"2026-03-02T09:00:09Z\",\"httpRequest\":{}}]",
    "[{\"metric\":{\"__name__\":\"a\",\"container\":\"POD\"},\"values\":[[1788935810,\"18\"],[1788935825,\"19\"]]}]{\"warnings\":[\"w\"],\"data\":{\"result\":[]}}",
    "\"Time\";\"web\"\n2026-03-02 09:00:00;2,5 req/s\n2026-03-02 09:01:00;10K\n",
    "{\"MetricDataResults\":[{\"Label\":\"RequestCount\",\"Timestamps\":[\"2026-03-02T09:00:00Z\",\"2026-03-02T09:09:00Z\"],\"Values\":[600.0,6]}]}",
    "{\"aggregate\":{\"counters\":{}},\"intermediate\":[{\"counters\":{\"http.requests\":1},\"period\":\"1772442000000\"}]}",
    "timeStamp,elapsed,label\n1772442000150,43,a\n1772442000650,43,a\n",
    "<httpSample t=\"4\" ts=\"1772442000150\">\n</httpSample>\n<httpSample t=\"4\" ts=\"1772442003150\"/>\n",
    "REQUEST\t\treq\t1772442000150\t1772442000151\tOK\nUSER\ta\n",
    "response-time,offset\n0.1,0.15\n0.2,3.5\n",
    "up{a=\"b\", c=\"d, e\"} =>\n1 @[1796089715.767]\n2 @[1796089717.767]\nup =>\n3 @[1796089715.767]\n",
    "#Date: 2026-03-01 23:59:58\n#Fields: time c-ip\n23:59:59 a\n00:00:02 a\n",
    "2026-03-02T09:00:00.1Z stdout P {\"ts\":17724\n2026-03-02T09:00:00.1Z stderr F e\n2026-03-02T09:00:00.1Z stdout F 42000.5,\"status\":200}\n2026-03-02T09:00:00.1Z stdout F {\"ts\":1772442003,\"status\":200}\n",
    "\"Time\";\"web\"\n\"11/12/2026, 2:00:00 PM\";1.100 req/s\n\"11/13/2026, 2:00:00 PM\";2,5\n",
];

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(300)
}

/// A change to some bytes.
#[derive(Clone, Debug)]
enum Change {
    Put(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize, usize),
    Digits(usize, u64),
}

fn change() -> impl Strategy<Value = Change> {
    let telling = prop::sample::select(b"\"{}[],:.-+eE0919\n\r\t #\\NaI\x00\xff\xc3".to_vec());
    prop_oneof![
        (any::<usize>(), prop_oneof![any::<u8>(), telling])
            .prop_map(|(at, byte)| Change::Put(at, byte)),
        (any::<usize>(), 0_usize..30).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<usize>(), 0_usize..60, 0_usize..20)
            .prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        (any::<usize>(), any::<u64>()).prop_map(|(at, number)| Change::Digits(at, number)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let at = |index: usize| index.checked_rem(bytes.len()).unwrap_or(0);
    match *change {
        Change::Put(index, byte) => {
            let at = at(index);
            bytes.insert(at, byte);
        }
        Change::Remove(index, length) => {
            let from = at(index);
            let to = (from + length).min(bytes.len());
            bytes.drain(from..to);
        }
        Change::Repeat(index, length, times) => {
            let from = at(index);
            let part = bytes[from..(from + length).min(bytes.len())].to_vec();
            for _ in 0..times {
                bytes.splice(from..from, part.iter().copied());
            }
        }
        Change::Digits(index, number) => {
            let at = at(index);
            bytes.splice(at..at, number.to_string().bytes());
        }
    }
}

/// Reads the bytes as what they look like, and as every format; what comes out is a trace.
fn read_all_ways(bytes: &[u8]) {
    let mut ways = vec![ReadOptions::default()];
    for format in RecordingFormat::ALL {
        ways.push(ReadOptions {
            format: Some(format),
            ..ReadOptions::default()
        });
    }
    for what in [What::Users, What::CpuCores] {
        ways.push(ReadOptions {
            what: Some(what),
            series: Some(SeriesChoice::Number(1)),
            ..ReadOptions::default()
        });
        ways.push(ReadOptions {
            what: Some(what),
            ..ReadOptions::default()
        });
    }
    ways.push(ReadOptions {
        utilization: Some(RecordedUtilization {
            utilization_column: "rps".to_owned(),
            replicas_column: "depth".to_owned(),
            cpu_request: hpasim::units::Millicores(100),
            age: hpasim::units::SimSpan::from_secs(1),
        }),
        ..ReadOptions::default()
    });
    for options in ways {
        let Ok(recording) = read_recording("in", bytes, &options) else {
            continue;
        };
        let times = &recording.trace.times;
        assert!(times.len() >= 2 && times[0].as_nanos() == 0);
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
        let _ = hpasim::scenario::formats::describe::describe(&recording, None, None);
        let step = hpasim::units::SimSpan::from_secs(15);
        for step in [None, Some(step)] {
            let shaping = Shaping {
                step,
                ..Shaping::default()
            };
            if let Ok(shaped) = shape(recording.clone(), &shaping) {
                let text = to_csv(&shaped, None);
                assert!(
                    hpasim::scenario::parse_trace(std::path::Path::new("out.csv"), text.as_bytes())
                        .is_ok(),
                    "{text}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_recordings_are_read_or_refused(
        seed in prop::sample::select(SEEDS.to_vec()),
        changes in prop::collection::vec(change(), 0..6),
    ) {
        let mut bytes = seed.as_bytes().to_vec();
        for change in &changes {
            apply(&mut bytes, change);
        }
        read_all_ways(&bytes);
    }

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all_ways(&bytes);
        read_all_ways(&packed(&bytes));
        let mut broken = vec![0x1f, 0x8b];
        broken.extend(&bytes);
        read_all_ways(&broken);
    }
}

#[test]
fn each_seed_is_a_recording_as_it_stands() {
    for seed in SEEDS {
        assert!(
            read_recording("in", seed.as_bytes(), &ReadOptions::default()).is_ok(),
            "{seed}"
        );
    }
}
