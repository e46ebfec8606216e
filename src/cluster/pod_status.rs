//! The facts about a pod, as bits of one byte.

/// The status of a pod: the set of [`PodFact`]s that hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodStatus(u8);

/// A fact that holds for a pod or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PodFact {
    /// The pod is bound to a node, and its kubelet set `status.startTime`.
    Scheduled = 1,
    /// The containers run.
    Started = 1 << 1,
    /// The pod is able to serve.
    Initialised = 1 << 2,
    /// The Ready condition is True.
    Ready = 1 << 3,
    /// The pod receives traffic.
    Endpoint = 1 << 4,
    /// The start-up burst of CPU is in progress.
    Bursting = 1 << 5,
    /// The pod was deleted and winds down.
    Terminating = 1 << 6,
    /// The warm-up is in progress: a request costs more than later. The greatest fact, so that the
    /// statuses without it come first.
    Warming = 1 << 7,
}

impl PodStatus {
    /// The number of different statuses.
    pub const COUNT: usize = 256;

    /// The status of a pod that has started and serves.
    #[must_use]
    pub fn serving() -> Self {
        [
            PodFact::Scheduled,
            PodFact::Started,
            PodFact::Initialised,
            PodFact::Ready,
            PodFact::Endpoint,
        ]
        .into_iter()
        .fold(Self::default(), Self::with)
    }

    /// All statuses in the order of [`PodStatus::index`].
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(|index| Self(index as u8))
    }

    /// The status with `fact` added.
    #[must_use]
    pub fn with(self, fact: PodFact) -> Self {
        Self(self.0 | fact as u8)
    }

    /// The status with `fact` removed.
    #[must_use]
    pub fn without(self, fact: PodFact) -> Self {
        Self(self.0 & !(fact as u8))
    }

    /// Whether `fact` holds.
    #[must_use]
    pub fn is(self, fact: PodFact) -> bool {
        self.0 & fact as u8 != 0
    }

    /// Whether the pod is an endpoint that can serve.
    #[must_use]
    pub fn is_serving(self) -> bool {
        self.is(PodFact::Endpoint) && self.is(PodFact::Initialised)
    }

    /// Whether the pod counts as ready: Ready, able to serve, and not terminating.
    #[must_use]
    pub fn counts_as_ready(self) -> bool {
        self.is(PodFact::Ready) && self.is(PodFact::Initialised) && !self.is(PodFact::Terminating)
    }

    /// The number of the status, below [`PodStatus::COUNT`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}
