//! Samples of one metric by pod, as columns.

use super::gone_rows::GoneRows;
use crate::units::{MilliValue, SimSpan, SimTime};

/// Samples of one metric. All columns have one entry per pod, in the order of the pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodSampleColumns {
    /// Whether the pod has a sample. The other columns are meaningless for a pod without one.
    pub sampled: Vec<bool>,
    /// The value: CPU in millicores, memory in thousandths of a byte.
    pub value: Vec<MilliValue>,
    /// When the sample was taken.
    pub timestamp: Vec<SimTime>,
    /// The time before the timestamp over which the value is an average.
    pub window: Vec<SimSpan>,
}

/// The samples of one metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricSamples {
    /// By pod; for a column of the trace, the same value for each pod.
    pub pods: PodSampleColumns,
    /// The value without a pod, for a column of the trace.
    pub values: Vec<MilliValue>,
}

/// One pod's sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) value: MilliValue,
    pub(super) timestamp: SimTime,
    pub(super) window: SimSpan,
}

impl PodSampleColumns {
    pub(super) fn add_unsampled(&mut self) {
        self.sampled.push(false);
        self.value.push(MilliValue(0));
        self.timestamp.push(SimTime::ZERO);
        self.window.push(SimSpan::ZERO);
    }

    pub(super) fn remove(&mut self, gone: &GoneRows) {
        gone.remove_from(&mut self.sampled);
        gone.remove_from(&mut self.value);
        gone.remove_from(&mut self.timestamp);
        gone.remove_from(&mut self.window);
    }

    pub(super) fn set(&mut self, row: usize, sample: Option<Sample>) {
        self.sampled[row] = sample.is_some();
        if let Some(sample) = sample {
            self.value[row] = sample.value;
            self.timestamp[row] = sample.timestamp;
            self.window[row] = sample.window;
        }
    }

    pub(super) fn get(&self, row: usize) -> Option<Sample> {
        self.sampled[row].then(|| Sample {
            value: self.value[row],
            timestamp: self.timestamp[row],
            window: self.window[row],
        })
    }

    pub(super) fn copy_from(&mut self, other: &Self) {
        self.sampled.clone_from(&other.sampled);
        self.value.clone_from(&other.value);
        self.timestamp.clone_from(&other.timestamp);
        self.window.clone_from(&other.window);
    }
}
