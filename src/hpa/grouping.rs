//! Groups the pods of one metric in one pass (ready, unready, missing, ignored) and sums usage and
//! request of each group.
//!
//! The module only sums; `replicas` interprets the sums.
//!
//! The pass is the hot part of a decision, so it has three forms:
//!
//! - If all pods are ready, each column is summed by itself.
//! - Otherwise the pods come in words of eight. States and samples take one byte each, so eight
//!   pods fit into one integer. If all eight have the same request (pods of one template have), a
//!   few operations on whole words group them.
//! - Any other word is grouped pod by pod, which is the plain form of the rules.
//!
//! Property tests compare the first two forms with the plain one. A whole decision over 1,000 pods
//! (`benches/hpa.rs`) takes 3.1 µs pod by pod, 0.44 µs if all are ready, and 1.45 µs if a fifth are
//! unready and a fifth missing.
//!
//! Source: `groupPods` in `pkg/controller/podautoscaler/replica_calculator.go`.

use super::decision::PodGroups;
use super::observation::{PodColumns, PodSamples, PodState};
use super::rules::{GroupingBits, Rules};
use super::spec::MetricSource;
use crate::units::{MilliValue, Percent, SimSpan, SimTime};

/// The number of pods in a word.
const WORD: usize = 8;
/// The lowest bit of every byte.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of every byte.
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Usage and request of each group of pods, in milli-units. Sums wrap on overflow, as the
/// controller's do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GroupSums {
    /// The number of pods in each group.
    pub(super) groups: PodGroups,
    /// Usage of the ready pods.
    pub(super) ready_usage: i64,
    /// Request of the ready pods.
    pub(super) ready_request: i64,
    /// Request of the unready pods.
    pub(super) unready_request: i64,
    /// Request of the missing pods.
    pub(super) missing_request: i64,
    /// The usage of the missing pods at full use (the `full_use` share of their requests); each
    /// term is truncated before the sum.
    pub(super) missing_full_use: i64,
    /// Usage of the ready pods, plus the samples that match no pod.
    pub(super) all_usage: i64,
    unmatched: u32,
}

impl GroupSums {
    /// The number of samples that count: those of ready pods, and those that match no pod.
    pub(super) fn sample_count(&self) -> i64 {
        i64::from(self.groups.ready) + i64::from(self.unmatched)
    }

    fn add_ready(&mut self, pods: u32, usage: i64, request: i64) {
        self.groups.ready += pods;
        self.ready_usage = self.ready_usage.wrapping_add(usage);
        self.ready_request = self.ready_request.wrapping_add(request);
    }

    fn add_unready(&mut self, pods: u32, request: i64) {
        self.groups.unready += pods;
        self.unready_request = self.unready_request.wrapping_add(request);
    }

    fn add_missing(&mut self, pods: u32, request: i64, full_use: i64) {
        self.groups.missing += pods;
        self.missing_request = self.missing_request.wrapping_add(request);
        self.missing_full_use = self.missing_full_use.wrapping_add(full_use);
    }
}

/// How to group the pods of one metric at one time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grouping {
    bits: GroupingBits,
    /// Pods that started later than this count as young.
    young_since: SimTime,
    initial_readiness_delay: SimSpan,
    full_use: Percent,
}

/// The columns of some pods. All columns have the same length.
#[derive(Clone, Copy)]
struct Rows<'a> {
    state: &'a [PodState],
    start_time: &'a [SimTime],
    ready_transition: &'a [SimTime],
    sampled: &'a [bool],
    value: &'a [MilliValue],
    timestamp: &'a [SimTime],
    window: &'a [SimSpan],
    request: &'a [MilliValue],
}

/// The columns of eight pods.
struct Word<'a> {
    state: &'a [PodState; WORD],
    start_time: &'a [SimTime; WORD],
    ready_transition: &'a [SimTime; WORD],
    sampled: &'a [bool; WORD],
    value: &'a [MilliValue; WORD],
    timestamp: &'a [SimTime; WORD],
    window: &'a [SimSpan; WORD],
    request: &'a [MilliValue; WORD],
}

/// One pod of the columns.
struct PodRow {
    state: PodState,
    start_time: SimTime,
    ready_transition: SimTime,
    sampled: bool,
    value: i64,
    timestamp: SimTime,
    window: SimSpan,
    request: i64,
}

impl<'a> Rows<'a> {
    fn of(pods: &PodColumns<'a>, samples: &PodSamples<'a>) -> Self {
        let count = pods.len();
        Self {
            state: pods.state,
            start_time: &pods.start_time[..count],
            ready_transition: &pods.ready_transition[..count],
            sampled: &samples.sampled[..count],
            value: &samples.value[..count],
            timestamp: &samples.timestamp[..count],
            window: &samples.window[..count],
            // Metrics without a utilization target have no request column. Any column of the right
            // length will do, because nothing reads these sums then.
            request: if samples.request.is_empty() {
                &samples.value[..count]
            } else {
                &samples.request[..count]
            },
        }
    }

    /// The pods in words of eight, and the remaining pods.
    fn split_words(self) -> (impl Iterator<Item = Word<'a>>, Self) {
        let (state, state_rest) = self.state.as_chunks();
        let (start_time, start_time_rest) = self.start_time.as_chunks();
        let (ready_transition, ready_transition_rest) = self.ready_transition.as_chunks();
        let (sampled, sampled_rest) = self.sampled.as_chunks();
        let (value, value_rest) = self.value.as_chunks();
        let (timestamp, timestamp_rest) = self.timestamp.as_chunks();
        let (window, window_rest) = self.window.as_chunks();
        let (request, request_rest) = self.request.as_chunks();
        let words = (0..state.len()).map(move |word| Word {
            state: &state[word],
            start_time: &start_time[word],
            ready_transition: &ready_transition[word],
            sampled: &sampled[word],
            value: &value[word],
            timestamp: &timestamp[word],
            window: &window[word],
            request: &request[word],
        });
        let rest = Self {
            state: state_rest,
            start_time: start_time_rest,
            ready_transition: ready_transition_rest,
            sampled: sampled_rest,
            value: value_rest,
            timestamp: timestamp_rest,
            window: window_rest,
            request: request_rest,
        };
        (words, rest)
    }

    /// The pods one by one.
    fn pods(self) -> impl Iterator<Item = PodRow> {
        // One length for all columns lets the compiler check it once.
        let count = self.state.len();
        let start_time = &self.start_time[..count];
        let ready_transition = &self.ready_transition[..count];
        let sampled = &self.sampled[..count];
        let value = &self.value[..count];
        let timestamp = &self.timestamp[..count];
        let window = &self.window[..count];
        let request = &self.request[..count];
        (0..count).map(move |pod| PodRow {
            state: self.state[pod],
            start_time: start_time[pod],
            ready_transition: ready_transition[pod],
            sampled: sampled[pod],
            value: value[pod].0,
            timestamp: timestamp[pod],
            window: window[pod],
            request: request[pod].0,
        })
    }
}

impl<'a> Word<'a> {
    fn rows(&self) -> Rows<'a> {
        Rows {
            state: self.state,
            start_time: self.start_time,
            ready_transition: self.ready_transition,
            sampled: self.sampled,
            value: self.value,
            timestamp: self.timestamp,
            window: self.window,
            request: self.request,
        }
    }
}

impl Grouping {
    /// The grouping for samples of `source` at `now`. `full_use` is the share of its request that a
    /// missing pod is assumed to use.
    #[inline]
    pub(super) fn new(
        rules: &Rules,
        source: &MetricSource,
        now: SimTime,
        full_use: Percent,
    ) -> Self {
        Self {
            bits: rules.grouping_bits(source),
            young_since: if source.is_cpu() {
                now - rules.settings.cpu_initialization_period
            } else {
                // The age of a pod matters only for cpu.
                SimTime::DISTANT_FUTURE
            },
            initial_readiness_delay: rules.settings.initial_readiness_delay,
            full_use,
        }
    }

    /// Groups all pods and sums what the groups use and request.
    pub(super) fn sum(&self, pods: &PodColumns<'_>, samples: &PodSamples<'_>) -> GroupSums {
        let rows = Rows::of(pods, samples);
        let mut sums = GroupSums::default();
        if !self.add_all_ready(rows, &mut sums) {
            let (words, rest) = rows.split_words();
            for word in words {
                if !self.add_word(&word, &mut sums) {
                    self.add_each(word.rows(), &mut sums);
                }
            }
            self.add_each(rest, &mut sums);
        }
        sums.all_usage = sums.ready_usage;
        for value in samples.unmatched {
            sums.all_usage = sums.all_usage.wrapping_add(value.0);
            sums.unmatched += 1;
        }
        sums
    }

    /// The steady state, column by column: all pods ready, none young, one request for all.
    /// Otherwise returns false and adds nothing.
    #[inline]
    fn add_all_ready(&self, rows: Rows<'_>, sums: &mut GroupSums) -> bool {
        let states = any_bits(rows.state, PodState::bits);
        let unsampled = any_bits(rows.sampled, |sampled| u8::from(!sampled));
        if states != 0 || unsampled != 0 {
            return false;
        }
        let young_since = self.young_since.as_nanos();
        // Times lie between `SimTime::DISTANT_PAST` and `SimTime::DISTANT_FUTURE`, so no difference
        // wraps; the subtraction of `SimTime` saturates, which takes four times the instructions.
        let age_signs = rows.start_time.iter().fold(0, |signs, start| {
            signs | young_since.wrapping_sub(start.as_nanos())
        });
        let request = rows.request.first().map_or(0, |request| request.0);
        let differences = rows
            .request
            .iter()
            .fold(0, |bits, other| bits | (other.0 ^ request));
        if age_signs < 0 || differences != 0 {
            return false;
        }
        let usage = rows
            .value
            .iter()
            .fold(0_i64, |usage, value| usage.wrapping_add(value.0));
        let pods = rows.state.len();
        sums.add_ready(pods as u32, usage, request.wrapping_mul(pods as i64));
        true
    }

    /// The plain form of the rules, pod by pod.
    fn add_each(&self, rows: Rows<'_>, sums: &mut GroupSums) {
        for pod in rows.pods() {
            let bits = pod.state.bits();
            if bits & self.bits.ignored != 0 {
                sums.groups.ignored += 1;
            } else if bits & self.bits.pending != 0 {
                sums.add_unready(1, pod.request);
            } else if !pod.sampled {
                sums.add_missing(1, pod.request, self.in_full_use(pod.request));
            } else if self.is_unready(&pod) {
                sums.add_unready(1, pod.request);
            } else {
                sums.add_ready(1, pod.value, pod.request);
            }
        }
    }

    /// Whether a pod with a sample is too young or too unready for its sample to count.
    fn is_unready(&self, pod: &PodRow) -> bool {
        let bits = pod.state.bits();
        let not_ready = bits & self.bits.not_ready != 0;
        if bits & self.bits.undetermined != 0 {
            true
        } else if pod.start_time > self.young_since {
            not_ready || pod.timestamp < pod.ready_transition + pod.window
        } else {
            not_ready && self.was_never_ready(pod.start_time, pod.ready_transition)
        }
    }

    fn was_never_ready(&self, start_time: SimTime, ready_transition: SimTime) -> bool {
        start_time + self.initial_readiness_delay > ready_transition
    }

    /// The usage that a scale-down assumes for a missing pod.
    fn in_full_use(&self, request: i64) -> i64 {
        request.wrapping_mul(i64::from(self.full_use.0)) / 100
    }

    /// Groups eight pods at once. Returns false, and adds nothing, if their requests differ.
    #[inline]
    fn add_word(&self, word: &Word<'_>, sums: &mut GroupSums) -> bool {
        let request = word.request[0].0;
        let mut age_signs = 0_i64;
        let mut differences = 0_i64;
        for pod in 0..WORD {
            age_signs |= (self.young_since - word.start_time[pod]).as_nanos();
            differences |= word.request[pod].0 ^ request;
        }
        if differences != 0 {
            return false;
        }
        let states = packed(word.state, PodState::bits);
        let sampled = packed(word.sampled, u8::from);
        let ignored = bytes_with(states, self.bits.ignored);
        let pending = bytes_with(states, self.bits.pending) & !ignored;
        let counted = HIGHS & !(ignored | pending);
        let measured = counted & (sampled << 7);
        let missing = counted & !measured;
        let undetermined = bytes_with(states, self.bits.undetermined);
        let mut unready = pending | (measured & undetermined);
        let mut not_ready = measured & bytes_with(states, self.bits.not_ready);
        if age_signs < 0 {
            let young = bytes_where(|pod| word.start_time[pod] > self.young_since);
            let half_measured = bytes_where(|pod| {
                word.timestamp[pod] < word.ready_transition[pod] + word.window[pod]
            });
            unready |= measured & young & (not_ready | half_measured);
            not_ready &= !young;
        }
        if not_ready != 0 {
            unready |= not_ready
                & bytes_where(|pod| {
                    self.was_never_ready(word.start_time[pod], word.ready_transition[pod])
                });
        }
        let ready = measured & !unready;
        let mut usage = 0_i64;
        for (pod, value) in word.value.iter().enumerate() {
            usage = usage.wrapping_add(value.0 & byte_as_mask(ready, pod));
        }
        let times = |pods: u32, each: i64| each.wrapping_mul(i64::from(pods));
        let (ready, unready, missing) = (count(ready), count(unready), count(missing));
        sums.groups.ignored += count(ignored);
        sums.add_ready(ready, usage, times(ready, request));
        sums.add_unready(unready, times(unready, request));
        sums.add_missing(
            missing,
            times(missing, request),
            times(missing, self.in_full_use(request)),
        );
        true
    }
}

/// A word with the highest bit of byte `pod` set where `test(pod)` holds.
#[inline]
fn bytes_where(test: impl Fn(usize) -> bool) -> u64 {
    (0..WORD).fold(0, |bytes, pod| {
        bytes | (u64::from(test(pod)) << (8 * pod + 7))
    })
}

/// The bytes of eight items as one word.
#[inline]
fn packed<T: Copy>(items: &[T; WORD], byte: impl Fn(T) -> u8) -> u64 {
    // Not `items.map`: the compiler does not inline it across codegen units.
    let mut bytes = [0; WORD];
    for pod in 0..WORD {
        bytes[pod] = byte(items[pod]);
    }
    u64::from_le_bytes(bytes)
}

/// The union of the bits of all items.
#[inline]
fn any_bits<T: Copy>(items: &[T], byte: impl Fn(T) -> u8) -> u8 {
    items.iter().fold(0, |bits, item| bits | byte(*item))
}

/// A word with the highest bit of each byte set where that byte of `word` has one of `bits`.
fn bytes_with(word: u64, bits: u8) -> u64 {
    let found = word & (ONES * u64::from(bits));
    // Adding 0x7f carries any of the lower seven bits into the highest bit, and never into the next
    // byte.
    (((found & !HIGHS) + !HIGHS) | found) & HIGHS
}

/// All ones if the highest bit of byte `pod` is set, else zero.
fn byte_as_mask(word: u64, pod: usize) -> i64 {
    ((word << (8 * (WORD - 1 - pod))) as i64) >> 63
}

/// The number of bytes whose highest bit is set.
fn count(word: u64) -> u32 {
    (((word >> 7).wrapping_mul(ONES)) >> 56) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::observation::{Deletion, PodPhase, ReadyCondition, StartTime};
    use super::super::rules::{ControllerSettings, Release};
    use super::*;

    prop_compose! {
        fn any_state()(
            phase in prop::sample::select(vec![
                PodPhase::Pending, PodPhase::Running, PodPhase::Running, PodPhase::Running,
                PodPhase::Succeeded, PodPhase::Failed, PodPhase::Unknown,
            ]),
            ready in prop::sample::select(vec![
                ReadyCondition::Absent, ReadyCondition::True, ReadyCondition::True,
                ReadyCondition::False, ReadyCondition::Unknown,
            ]),
            deletion in prop::sample::select(vec![
                Deletion::NotRequested, Deletion::NotRequested, Deletion::Requested,
            ]),
            start in prop::sample::select(vec![StartTime::Set, StartTime::Set, StartTime::NotSet]),
        ) -> PodState {
            PodState::new(phase, ready, deletion, start)
        }
    }

    proptest! {
        #[test]
        fn grouping_eight_pods_at_once_equals_grouping_one_by_one(
            states in prop::collection::vec(any_state(), 8),
            sampled in prop::collection::vec(any::<bool>(), 8),
            values in prop::collection::vec(any::<i64>(), 8),
            times in prop::collection::vec(-600_i64..0, 24),
            request in any::<i64>(),
            release in prop::sample::select(Release::ALL.to_vec()),
            resource in prop::sample::select(vec!["cpu", "memory"]),
        ) {
            let second = |seconds: &i64| SimTime::ZERO + SimSpan::from_secs(*seconds);
            let starts: Vec<SimTime> = times[..8].iter().map(second).collect();
            let transitions: Vec<SimTime> = times[8..16].iter().map(second).collect();
            let timestamps: Vec<SimTime> = times[16..].iter().map(second).collect();
            let values: Vec<MilliValue> = values.into_iter().map(MilliValue).collect();
            let rows = Rows {
                state: &states,
                start_time: &starts,
                ready_transition: &transitions,
                sampled: &sampled,
                value: &values,
                timestamp: &timestamps,
                window: &[SimSpan::from_secs(15); 8],
                request: &[MilliValue(request); 8],
            };
            let rules = Rules::new(release, ControllerSettings::default());
            let source = MetricSource::Resource { resource: resource.to_owned() };
            let grouping = Grouping::new(&rules, &source, SimTime::ZERO, Percent(130));
            let (mut at_once, mut one_by_one) = (GroupSums::default(), GroupSums::default());
            let word = rows.split_words().0.next().expect("eight pods");
            prop_assert!(grouping.add_word(&word, &mut at_once));
            grouping.add_each(rows, &mut one_by_one);
            prop_assert_eq!(at_once, one_by_one);
            let mut all_ready = GroupSums::default();
            if grouping.add_all_ready(rows, &mut all_ready) {
                prop_assert_eq!(all_ready, one_by_one);
            }
        }

        #[test]
        fn the_all_ready_form_equals_grouping_one_by_one(
            values in prop::collection::vec(any::<i64>(), 1..40),
            request in any::<i64>(),
            age in 295_i64..305,
        ) {
            let count = values.len();
            let start = SimTime::ZERO - SimSpan::from_secs(age);
            let values: Vec<MilliValue> = values.into_iter().map(MilliValue).collect();
            let rows = Rows {
                state: &vec![PodState::running_and_ready(); count],
                start_time: &vec![start; count],
                ready_transition: &vec![start; count],
                sampled: &vec![true; count],
                value: &values,
                timestamp: &vec![SimTime::ZERO; count],
                window: &vec![SimSpan::from_secs(15); count],
                request: &vec![MilliValue(request); count],
            };
            let rules = Rules::new(Release::default(), ControllerSettings::default());
            let source = MetricSource::Resource { resource: "cpu".to_owned() };
            let grouping = Grouping::new(&rules, &source, SimTime::ZERO, Percent(100));
            let (mut at_once, mut one_by_one) = (GroupSums::default(), GroupSums::default());
            prop_assert_eq!(grouping.add_all_ready(rows, &mut at_once), age >= 300);
            grouping.add_each(rows, &mut one_by_one);
            if age >= 300 {
                prop_assert_eq!(at_once, one_by_one);
            }
        }
    }
}
