//! The latency of a pod under a steady load, as a table over its utilization.
//!
//! The simulation fills the table ([`LatencyTable::new`]); this module only stores and reads it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The number of points of a distribution.
pub const LEVELS: usize = 20;

/// The share of requests that take longer than each point of a distribution. Between two points the
/// logarithm of the share is linear: an exponential tail is exact.
pub const SHARES_BEYOND: [f64; LEVELS] = [
    1.0, 0.9, 0.8, 0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.125, 0.1, 0.075, 0.05, 0.035, 0.025,
    0.01, 0.005, 0.002, 0.001,
];

/// For each piece between two points: the logarithm of the share at its start by that at its end.
const FALLS: [f64; LEVELS - 1] = [
    0.105_360_515_657_826_35,
    0.117_783_035_656_383_46,
    0.133_531_392_624_522_77,
    0.336_472_236_621_212_9,
    0.223_143_551_314_209_76,
    0.287_682_072_451_781,
    0.182_321_556_793_954_6,
    0.223_143_551_314_209_76,
    0.287_682_072_451_781,
    0.182_321_556_793_954_6,
    0.223_143_551_314_209_76,
    0.287_682_072_451_781,
    0.405_465_108_108_164_2,
    0.356_674_943_938_732_4,
    0.336_472_236_621_213,
    0.916_290_731_874_155_1,
    std::f64::consts::LN_2,
    0.916_290_731_874_155_1,
    std::f64::consts::LN_2,
];

/// For each piece between two points: the mean of the share over it.
const MEAN_SHARES: [f64; LEVELS - 1] = [
    0.949_122_158_102_989_6,
    0.849_018_701_570_376,
    0.748_887_568_941_861_7,
    0.594_402_682_397_692_2,
    0.448_142_011_772_454_9,
    0.347_605_949_678_220_7,
    0.274_240_747_387_353_8,
    0.224_071_005_886_227_44,
    0.173_802_974_839_110_36,
    0.137_120_373_693_676_9,
    0.112_035_502_943_113_72,
    0.086_901_487_419_555_18,
    0.061_657_586_559_410_8,
    0.042_055_098_780_856_934,
    0.029_720_134_119_884_615,
    0.016_370_350_019_059_37,
    0.007_213_475_204_444_817,
    0.003_274_070_003_811_874_4,
    0.001_442_695_040_888_963_6,
];

/// The latency of requests at one load, without the delay by a backlog.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StationaryLatency {
    /// The latency in seconds that a share [`SHARES_BEYOND`] of requests exceeds. It never falls
    /// from one point to the next.
    pub seconds: [f64; LEVELS],
}

impl StationaryLatency {
    /// Requests that all take this long.
    #[cfg(test)]
    pub(crate) const fn constant(seconds: f64) -> Self {
        Self {
            seconds: [seconds; LEVELS],
        }
    }

    /// A constant part, and an exponential wait with this mean for a share of the requests
    /// (seconds).
    #[cfg(test)]
    pub(crate) fn constant_and_exponential(
        constant: f64,
        waiting_share: f64,
        mean_wait: f64,
    ) -> Self {
        let beyond = |share: f64| {
            let wait = (waiting_share / share).ln().max(0.0) * mean_wait;
            constant + if waiting_share > 0.0 { wait } else { 0.0 }
        };
        Self {
            seconds: SHARES_BEYOND.map(beyond),
        }
    }

    /// The mean in seconds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let pieces = self.seconds.windows(2).zip(&MEAN_SHARES);
        let between: f64 = pieces
            .map(|(piece, share)| (piece[1] - piece[0]) * share)
            .sum();
        self.seconds[0] + between + self.mean_tail()
    }

    /// The integral of the share of requests beyond the last point.
    fn mean_tail(&self) -> f64 {
        SHARES_BEYOND[LEVELS - 1] * self.tail_scale()
    }

    /// The rise of latency beyond the last point, in seconds for a factor e of the share.
    fn tail_scale(&self) -> f64 {
        let last = LEVELS - 1;
        (self.seconds[last] - self.seconds[last - 1]) / FALLS[last - 1]
    }

    /// The last point that is not above `seconds`; `None` if all are.
    fn point_below(&self, seconds: f64) -> Option<usize> {
        let above = self.seconds.iter().position(|point| *point > seconds);
        above.unwrap_or(LEVELS).checked_sub(1)
    }

    /// Share of requests that take longer than `seconds`, if the backlog adds `delay_seconds`.
    #[must_use]
    pub fn share_beyond(&self, seconds: f64, delay_seconds: f64) -> f64 {
        let seconds = seconds - delay_seconds;
        let Some(point) = self.point_below(seconds) else {
            return 1.0;
        };
        SHARES_BEYOND[point] * (-self.falls(point, seconds)).exp()
    }

    /// The fall of the logarithm of the share from `point` to `seconds`, which is not beyond the
    /// next point.
    fn falls(&self, point: usize, seconds: f64) -> f64 {
        let passed = seconds - self.seconds[point];
        if point + 1 < LEVELS {
            let width = self.seconds[point + 1] - self.seconds[point];
            return FALLS[point] * passed / width;
        }
        let scale = self.tail_scale();
        if scale > 0.0 {
            passed / scale
        } else {
            f64::INFINITY
        }
    }

    /// The integral of the share of requests that take longer than t, over t from `seconds` on.
    #[must_use]
    pub fn integral_beyond(&self, seconds: f64) -> f64 {
        let Some(point) = self.point_below(seconds) else {
            return self.seconds[0] - seconds + self.integral_beyond(self.seconds[0]);
        };
        let tail = self.mean_tail();
        if point + 1 == LEVELS {
            let rest = (-self.falls(point, seconds)).exp();
            return tail * rest;
        }
        let later: f64 = (point + 1..LEVELS - 1)
            .map(|index| (self.seconds[index + 1] - self.seconds[index]) * MEAN_SHARES[index])
            .sum();
        let width = self.seconds[point + 1] - self.seconds[point];
        let here = SHARES_BEYOND[point] * (-self.falls(point, seconds)).exp();
        let rest = (here - SHARES_BEYOND[point + 1]) * width / FALLS[point];
        rest + later + tail
    }

    /// The `quantile` (0..1) in seconds, without the delay by a backlog.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> f64 {
        let beyond = (1.0 - quantile).min(1.0);
        let last = LEVELS - 1;
        if beyond < SHARES_BEYOND[last] {
            let falls = (SHARES_BEYOND[last] / beyond.max(f64::MIN_POSITIVE)).ln();
            return self.seconds[last] + falls * self.tail_scale();
        }
        let after = SHARES_BEYOND.iter().position(|share| *share <= beyond);
        match after.unwrap_or(last) {
            0 => self.seconds[0],
            after => {
                let part = (SHARES_BEYOND[after - 1] / beyond).ln() / FALLS[after - 1];
                let width = self.seconds[after] - self.seconds[after - 1];
                self.seconds[after - 1] + part * width
            }
        }
    }

    /// The latency of the requests that take at most `seconds`.
    #[must_use]
    pub fn within(&self, seconds: f64) -> Self {
        if self.seconds[LEVELS - 1] <= seconds {
            // A longer latency is rarer than the last point tells.
            return *self;
        }
        let later = self.share_beyond(seconds, 0.0);
        let point = |share: f64| {
            let of_all = later + share * (1.0 - later);
            self.quantile(1.0 - of_all).min(seconds)
        };
        Self {
            seconds: SHARES_BEYOND.map(point),
        }
    }

    /// `factor` times this latency.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        Self {
            seconds: self.seconds.map(|point| point * factor),
        }
    }

    /// The points between this latency and `other`, at `part` (0..1) of the way.
    fn towards(&self, other: &Self, part: f64) -> Self {
        let mut seconds = self.seconds;
        for (point, to) in seconds.iter_mut().zip(&other.seconds) {
            *point += part * (to - *point);
        }
        Self { seconds }
    }
}

/// How likely an interval breaks the SLO, by the number of requests in it.
///
/// Short intervals break the SLO by chance: a pod is slow for some seconds, and then its requests
/// are slow together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SloOdds {
    /// Requests in one independent part of an interval, above 0.
    pub requests_per_part: f64,
    /// The probability for an interval of 1, 2, 4, ... parts.
    pub chances: [f64; Self::SIZES],
}

impl SloOdds {
    /// The numbers of parts: 1 to 512, each twice the one before. An interval of more parts has the
    /// probability of one of 512.
    pub const SIZES: usize = 10;

    /// The probability for an interval of so many requests, of which each part has its share.
    fn of(&self, requests: f64) -> f64 {
        let parts = requests / self.requests_per_part;
        if parts <= 1.0 {
            return self.chances[0] * parts;
        }
        let most = (1_u64 << (Self::SIZES - 1)) as f64;
        let doublings = (parts.min(most) as u64).ilog2() as usize;
        let below = doublings.min(Self::SIZES - 2);
        let part = (parts / (1_u64 << below) as f64 - 1.0).min(1.0);
        let (from, to) = (self.chances[below], self.chances[below + 1]);
        from + part * (to - from)
    }
}

/// One pod under a steady load.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SteadyPod {
    /// Its utilization, below 1.
    pub utilization: f64,
    /// The latency of its requests.
    pub latency: StationaryLatency,
    /// How likely its latency breaks the SLO.
    pub odds: SloOdds,
}

/// The latency of one pod at some utilizations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LatencyTable {
    /// By ascending utilization. Latency never falls from row to row.
    rows: Vec<SteadyPod>,
}

/// The mean wait grows about linearly with this number.
fn crowding(utilization: f64) -> f64 {
    1.0 / (1.0 - utilization)
}

/// Chances are interpolated by the logarithm, from this one up.
const LEAST_CHANCE: f64 = 1e-5;

/// Two neighbouring rows of a table, and the place between them (0..1).
struct Between<'t> {
    below: &'t SteadyPod,
    above: &'t SteadyPod,
    part: f64,
}

impl LatencyTable {
    /// A table of the measured rows, by ascending utilization.
    #[must_use]
    pub fn new(measured: impl IntoIterator<Item = SteadyPod>) -> Self {
        let mut rows: Vec<SteadyPod> = Vec::new();
        for mut row in measured {
            if let Some(before) = rows.last() {
                let below = before.latency.seconds;
                for (point, least) in row.latency.seconds.iter_mut().zip(below) {
                    *point = point.max(least);
                }
            }
            rows.push(row);
        }
        Self { rows }
    }

    /// The rows around `utilization`; outside of the table, its nearest row.
    fn around(&self, utilization: f64) -> Option<Between<'_>> {
        let above = self
            .rows
            .partition_point(|row| row.utilization <= utilization);
        let last = self.rows.len().checked_sub(1)?;
        let (below, above) = (above.saturating_sub(1), above.min(last));
        let (below, above) = (&self.rows[below], &self.rows[above]);
        let low = crowding(below.utilization);
        let width = crowding(above.utilization) - low;
        let part = if width > 0.0 {
            (crowding(utilization) - low) / width
        } else {
            0.0
        };
        Some(Between { below, above, part })
    }

    /// The latency at `utilization`.
    #[must_use]
    pub fn at(&self, utilization: f64) -> StationaryLatency {
        self.around(utilization).map_or_else(
            StationaryLatency::default,
            |Between { below, above, part }| below.latency.towards(&above.latency, part),
        )
    }

    /// The probability that an interval breaks the SLO, in which pods at `utilization` serve so many
    /// requests.
    #[must_use]
    pub fn chance(&self, utilization: f64, requests: f64) -> f64 {
        let Some(Between { below, above, part }) = self.around(utilization) else {
            return 0.0;
        };
        let (from, to) = (below.odds.of(requests), above.odds.of(requests));
        if from.max(to) <= LEAST_CHANCE {
            return 0.0;
        }
        let (from, to) = (from.max(LEAST_CHANCE), to.max(LEAST_CHANCE));
        from * (to / from).powf(part)
    }
}

/// Tables of latency, each filled once for all the scenarios that share it.
///
/// All variants of one policy share this store, so that a thousand of them fill one table.
#[derive(Clone, Debug, Default)]
pub struct LatencyTables {
    /// The table of all keys, if it is given.
    given: Option<Arc<LatencyTable>>,
    tables: Arc<Mutex<BTreeMap<String, Filling>>>,
}

/// A table that one thread fills, while others wait for it.
type Filling = Arc<OnceLock<Arc<LatencyTable>>>;

impl LatencyTables {
    /// A store that has this table for all pods and requests.
    #[must_use]
    pub fn given(table: LatencyTable) -> Self {
        Self {
            given: Some(Arc::new(table)),
            ..Self::default()
        }
    }

    /// The table of the pods and requests that `key` describes completely; `fill` makes it where
    /// there is none.
    pub fn get(&self, key: String, fill: impl FnOnce() -> LatencyTable) -> Arc<LatencyTable> {
        if let Some(given) = &self.given {
            return Arc::clone(given);
        }
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let filling = Arc::clone(tables.entry(key).or_default());
        drop(tables);
        Arc::clone(filling.get_or_init(|| Arc::new(fill())))
    }
}

/// Stores are equal: a table follows from the scenario, and says nothing beyond it.
impl PartialEq for LatencyTables {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_constants_of_the_pieces_follow_from_the_shares() {
        for index in 0..LEVELS - 1 {
            let (from, to) = (SHARES_BEYOND[index], SHARES_BEYOND[index + 1]);
            let fall = (from / to).ln();
            assert!((FALLS[index] - fall).abs() < 1e-12);
            assert!((MEAN_SHARES[index] - (from - to) / fall).abs() < 1e-12);
        }
    }

    #[test]
    fn an_exponential_latency_has_its_closed_forms() {
        let latency = StationaryLatency::constant_and_exponential(0.05, 1.0, 0.2);
        assert!((latency.mean() - 0.25).abs() < 1e-12);
        for seconds in [0.0, 0.05, 0.06, 0.3, 1.0, 3.0] {
            let exact = (-(seconds - 0.05_f64).max(0.0) / 0.2).exp();
            assert!(
                (latency.share_beyond(seconds, 0.0) - exact).abs() < 1e-9,
                "{seconds}"
            );
        }
        for quantile in [0.1, 0.5, 0.95, 0.99, 0.9999] {
            let exact = 0.05 - 0.2 * (1.0_f64 - quantile).ln();
            assert!(
                (latency.quantile(quantile) - exact).abs() < 1e-9,
                "{quantile}"
            );
        }
    }

    #[test]
    fn the_latency_of_requests_in_time_leaves_the_later_ones_out() {
        let latency = StationaryLatency::constant_and_exponential(0.0, 1.0, 1.0);
        let in_time = latency.within(2.0);
        let later = (-2.0_f64).exp();
        for seconds in [0.105_f64, 0.5, 1.0, 1.5] {
            let exact = ((-seconds).exp() - later) / (1.0 - later);
            let found = in_time.share_beyond(seconds, 0.0);
            assert!(
                (found - exact).abs() < 0.01,
                "{seconds}: {found}, not {exact}"
            );
        }
        assert!(in_time.share_beyond(2.0, 0.0) <= 0.001);
        assert_eq!(latency.within(1e9), latency);
    }

    #[test]
    fn requests_that_all_take_the_same_time_have_one_quantile() {
        let latency = StationaryLatency::constant(0.01);
        assert!((latency.mean() - 0.01).abs() < 1e-15);
        assert!((latency.quantile(0.99) - 0.01).abs() < 1e-15);
        assert!(latency.share_beyond(0.0099, 0.0) >= 1.0);
        assert!(latency.share_beyond(0.01, 0.0) <= 0.0);
    }

    #[test]
    fn between_two_utilizations_latency_follows_the_mean_wait() {
        // The wait of this server is rho / (1 - rho), that is 1 / (1 - rho) - 1.
        let server = |utilization: f64| {
            let wait = utilization / (1.0 - utilization);
            StationaryLatency::constant(wait)
        };
        let row = |utilization| SteadyPod {
            utilization,
            latency: server(utilization),
            ..SteadyPod::default()
        };
        let table = LatencyTable::new([0.0, 0.5, 0.98].map(row));
        for utilization in [0.0, 0.2, 0.5, 0.7, 0.9, 0.98] {
            let exact = server(utilization).mean();
            let read = table.at(utilization).mean();
            assert!(
                (read - exact).abs() < 1e-9 * exact.max(1.0),
                "{utilization}: {read}"
            );
        }
        assert_eq!(table.at(0.99), table.at(0.98));
        assert_eq!(table.at(7.0), table.at(0.98));
    }

    #[test]
    fn a_store_fills_each_table_once() {
        let store = LatencyTables::default();
        let shared = store.clone();
        let row = |seconds| {
            LatencyTable::new([SteadyPod {
                latency: StationaryLatency::constant(seconds),
                ..SteadyPod::default()
            }])
        };
        let first = store.get("a".to_owned(), || row(1.0));
        let again = shared.get("a".to_owned(), || row(2.0));
        let other = shared.get("b".to_owned(), || row(2.0));
        assert!(Arc::ptr_eq(&first, &again));
        assert_ne!(first, other);
    }

    proptest! {
        #[test]
        fn the_integral_is_that_of_the_share(
            steps in prop::collection::vec(0.0_f64..0.5, LEVELS),
            from in -0.5_f64..4.0,
        ) {
            let mut sum = 0.0;
            let mut latency = StationaryLatency::default();
            for (point, step) in latency.seconds.iter_mut().zip(&steps) {
                sum += step;
                *point = sum;
            }
            let (to, count) = (from + 0.3, 20_000);
            let width = (to - from) / f64::from(count);
            let numeric: f64 = (0..count)
                .map(|step| latency.share_beyond(from + (f64::from(step) + 0.5) * width, 0.0) * width)
                .sum();
            let exact = latency.integral_beyond(from) - latency.integral_beyond(to);
            prop_assert!((exact - numeric).abs() < 1e-4, "{exact}, not {numeric}");
        }
    }
}
