//! The rows of a regression of CPU: load and pods as of the moment that a reading is about, and pods that have just come.

use super::UsageRow;

/// The ages of new pods, in seconds since they were ready, whose excess CPU is estimated apart. A pod starts before it is ready.
pub(super) const AGES: [(f64, f64); 5] = [
    (-120.0, 0.0),
    (0.0, 60.0),
    (60.0, 120.0),
    (120.0, 180.0),
    (180.0, 300.0),
];
/// Over more than this many usual steps, values are not interpolated.
const GAP_STEPS: f64 = 3.5;

/// A reading with the load and the pods that it is about.
#[derive(Clone, Debug)]
pub(super) struct Explained {
    /// When it was read, in seconds.
    pub(super) time_s: f64,
    /// All pods, in millicores.
    pub(super) cpu_millicores: f64,
    pub(super) rps: f64,
    pub(super) replicas: f64,
    /// New pods of each of [`AGES`].
    pub(super) new_pods: [f64; AGES.len()],
}

/// A recording in the order of time.
pub(super) struct RecordedCourse {
    rates: Vec<(f64, f64)>,
    replicas: Vec<(f64, f64)>,
    cpu: Vec<(f64, f64)>,
    /// When pods came, and how many.
    pub(super) scale_ups: Vec<(f64, f64)>,
    pub(super) step_s: f64,
}

impl RecordedCourse {
    pub(super) fn of(rows: &[UsageRow]) -> Self {
        let column = |value: fn(&UsageRow) -> Option<f64>| {
            let mut points: Vec<(f64, f64)> = rows
                .iter()
                .filter_map(|row| Some((row.time_s, value(row)?)))
                .filter(|(time, value)| time.is_finite() && value.is_finite() && *value >= 0.0)
                .collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            points.dedup_by(|later, earlier| later.0.total_cmp(&earlier.0).is_eq());
            points
        };
        let cpu = column(|row| row.cpu_millicores);
        let replicas = column(|row| row.replicas);
        let rates = column(|row| row.rps);
        // The coarsest series decides what is a gap.
        let step_s = [&cpu, &rates, &replicas]
            .into_iter()
            .filter(|points| points.len() > 1)
            .map(|points| usual_step(points))
            .fold(1.0, f64::max);
        let scale_ups = replicas
            .windows(2)
            .filter(|pair| pair[1].1 > pair[0].1 && pair[1].0 - pair[0].0 <= GAP_STEPS * step_s)
            .map(|pair| (pair[1].0, pair[1].1 - pair[0].1))
            .collect();
        Self {
            rates,
            replicas,
            cpu,
            scale_ups,
            step_s,
        }
    }

    /// The readings whose load and pods are known both at `lag_s` and at `lag_max_s` before them.
    pub(super) fn explained(&self, lag_s: f64, lag_max_s: f64) -> Vec<Explained> {
        self.cpu
            .iter()
            .filter_map(|&(time_s, cpu_millicores)| {
                self.load_at(time_s - lag_max_s)?;
                self.load_at(time_s)?;
                let (rps, replicas) = self.load_at(time_s - lag_s)?;
                Some(Explained {
                    time_s,
                    cpu_millicores,
                    rps,
                    replicas,
                    new_pods: self.new_pods_at(time_s - lag_s),
                })
            })
            .collect()
    }

    fn load_at(&self, time_s: f64) -> Option<(f64, f64)> {
        let reach = GAP_STEPS * self.step_s;
        let rps = between(&self.rates, time_s, reach)?;
        if self.replicas.is_empty() {
            return Some((rps, 1.0));
        }
        let (_, pods) =
            *before(&self.replicas, time_s).filter(|(since, _)| time_s - since <= reach)?;
        Some((rps, pods))
    }

    fn new_pods_at(&self, time_s: f64) -> [f64; AGES.len()] {
        AGES.map(|(from, to)| {
            let first = self
                .scale_ups
                .partition_point(|(came, _)| *came <= time_s - to);
            self.scale_ups[first..]
                .iter()
                .take_while(|(came, _)| time_s - came >= from)
                .map(|(_, pods)| pods)
                .sum()
        })
    }
}

fn before(points: &[(f64, f64)], time_s: f64) -> Option<&(f64, f64)> {
    let next = points.partition_point(|(time, _)| *time <= time_s);
    points[..next].last()
}

/// The value at `time_s` on the straight line between its neighbours, if these are no more than `reach` seconds apart.
fn between(points: &[(f64, f64)], time_s: f64, reach: f64) -> Option<f64> {
    let next = points.partition_point(|(time, _)| *time <= time_s);
    let (start, from) = *points[..next].last()?;
    if start.total_cmp(&time_s).is_eq() {
        return Some(from);
    }
    let (end, to) = *points.get(next)?;
    (end - start <= reach).then(|| from + (to - from) * (time_s - start) / (end - start))
}

/// The median time between neighbours, in seconds.
fn usual_step(points: &[(f64, f64)]) -> f64 {
    let mut steps: Vec<f64> = points
        .windows(2)
        .map(|pair| pair[1].0 - pair[0].0)
        .collect();
    if steps.is_empty() {
        return 1.0;
    }
    let middle = steps.len() / 2;
    *steps.select_nth_unstable_by(middle, f64::total_cmp).1
}
