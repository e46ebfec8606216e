//! What is true of a pod, in one byte.

/// What is true of a pod, in one byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodStatus(u8);

/// Something that is true of a pod or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PodFact {
    /// It is bound to a node, whose kubelet set `status.startTime`.
    Scheduled = 1,
    /// Its containers run.
    Started = 1 << 1,
    /// It is able to serve.
    Initialised = 1 << 2,
    /// Its Ready condition is True.
    Ready = 1 << 3,
    /// Traffic is sent to it.
    Endpoint = 1 << 4,
    /// Its start-up burst of CPU lasts.
    Bursting = 1 << 5,
    /// It was deleted and winds down.
    Terminating = 1 << 6,
}

impl PodStatus {
    /// How many different statuses there are.
    pub const COUNT: usize = 128;

    /// A pod that serves, its start behind it.
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
        (0..Self::COUNT as u8).map(Self)
    }

    /// The status in which `fact` holds too.
    #[must_use]
    pub fn with(self, fact: PodFact) -> Self {
        Self(self.0 | fact as u8)
    }

    /// The status in which `fact` holds no more.
    #[must_use]
    pub fn without(self, fact: PodFact) -> Self {
        Self(self.0 & !(fact as u8))
    }

    /// Whether `fact` holds.
    #[must_use]
    pub fn is(self, fact: PodFact) -> bool {
        self.0 & fact as u8 != 0
    }

    /// Whether it is an endpoint that can serve.
    #[must_use]
    pub fn is_serving(self) -> bool {
        self.is(PodFact::Endpoint) && self.is(PodFact::Initialised)
    }

    /// Whether it counts as ready: Ready, able to serve, and not terminating.
    #[must_use]
    pub fn counts_as_ready(self) -> bool {
        self.is(PodFact::Ready) && self.is(PodFact::Initialised) && !self.is(PodFact::Terminating)
    }

    /// Its number below [`PodStatus::COUNT`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0) & (Self::COUNT - 1)
    }
}
