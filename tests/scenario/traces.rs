//! Traces: reading, a new time zero, and cuts.

use std::io::Write;
use std::sync::Arc;

use super::*;

#[test]
fn a_trace_may_have_comments_crlf_a_byte_order_mark_quotes_and_gzip() {
    let plain = trace("time_s,rps,depth\n0,4,1\n60.5,8,2\n");
    assert_eq!(plain.times, [SimTime::ZERO, seconds(60.5)]);
    assert_eq!(plain.demand, Demand::RequestsPerSecond(vec![4.0, 8.0]));
    assert_eq!(
        plain.column("depth").map(|c| c.values.as_slice()),
        Some([1.0, 2.0].as_slice())
    );
    let dressed = "\u{feff}# made by hand\r\n\r\n\"time_s\", rps ,depth\r\n0,4,1\r\n# half\r\n60.5,\"8\",2\r\n";
    assert_eq!(trace(dressed), plain);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(dressed.as_bytes()).expect("packed");
    let packed = packer.finish().expect("packed");
    assert_eq!(trace(&packed), plain);
    // A gzip that ends early is a fault, not a shorter trace.
    assert!(parse_trace(Path::new("t.csv.gz"), &packed[..packed.len() - 9]).is_err());
}

#[test]
fn timestamps_are_rebased_whatever_their_form() {
    let expected = [SimTime::ZERO, seconds(15.25)];
    for times in [
        ["100", "115.25"],
        ["1767225600.5", "1767225615.75"],
        ["2026-01-01T00:00:00Z", "2026-01-01T01:00:15.25+01:00"],
        ["2026-01-01 00:00:00Z", "1767225615.25"],
        ["1e3", "1.01525e3"],
    ] {
        let text = format!("timestamp,rps\n{},1\n{},1\n", times[0], times[1]);
        assert_eq!(trace(text).times, expected, "{times:?}");
    }
    assert_eq!(
        trace("time_s,cpu_millicores\n-10,1\n5.25,2\n").times,
        expected
    );
}

/// A time of a trace, in seconds from its start.
fn moment(seconds: f64) -> TraceMoment {
    TraceMoment::After(SimSpan::from_secs_f64(seconds))
}

fn cut(from: Option<f64>, to: Option<f64>) -> Trace {
    let request = LoadRequest {
        from: from.map(moment),
        to: to.map(moment),
        ..request("p.toml", "t.csv", &[])
    };
    let loaded = sound(request, &mut Files::of(&[("p.toml", "")]));
    Arc::unwrap_or_clone(loaded.scenario.trace)
}

#[test]
fn a_cut_starts_at_zero_with_the_value_in_force_and_ends_where_it_should() {
    let rates = |rates: &[f64]| Demand::RequestsPerSecond(rates.to_vec());
    let middle = cut(Some(30.0), Some(90.0));
    assert_eq!(middle.times, [SimTime::ZERO, seconds(30.0), seconds(60.0)]);
    assert_eq!(middle.demand, rates(&[4.0, 8.0, 8.0]));
    let end = cut(Some(60.0), None);
    assert_eq!(end.times, [SimTime::ZERO, seconds(60.0)]);
    assert_eq!(end.demand, rates(&[8.0, 8.0]));
    let within_a_row = cut(Some(10.0), Some(20.0));
    assert_eq!(within_a_row.times, [SimTime::ZERO, seconds(10.0)]);
    assert_eq!(within_a_row.demand, rates(&[4.0, 4.0]));
    assert_eq!(cut(None, Some(60.0)).times, [SimTime::ZERO, seconds(60.0)]);
}
