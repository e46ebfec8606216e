//! A capacity probe from bytes to a fit; the time must grow linearly with the rows.

use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hpasim::results::calibration::calibrate;
use hpasim::scenario::parse_probe;

/// Rows near a line; every 997th reading is an outlier.
fn probe(rows: u32) -> String {
    let mut text = "rps,cpu_millicores\n".to_owned();
    for row in 0..rows {
        let rps = f64::from(row % 400).mul_add(0.25, 1.0);
        let scatter = f64::from(row.wrapping_mul(2_654_435_761) >> 16) / 65_536.0;
        let off = if row % 997 == 0 { 200.0 } else { 0.0 };
        let _ = writeln!(text, "{rps},{:.3}", 6.0 * rps + 20.0 + 6.0 * scatter + off);
    }
    text
}

fn calibrations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("calibrate");
    for rows in [1_000, 10_000, 100_000] {
        group.throughput(Throughput::Elements(u64::from(rows)));
        let text = probe(rows);
        group.bench_with_input(BenchmarkId::from_parameter(rows), &text, |bencher, text| {
            bencher.iter(|| {
                let probe = parse_probe(Path::new("probe.csv"), text.as_bytes());
                black_box(probe.map(|probe| calibrate(&probe)))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, calibrations);
criterion_main!(benches);
