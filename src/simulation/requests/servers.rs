//! Pods as servers: places, queue, and the CPU of their containers.
//!
//! Self-imposed limit: state and sums by pod. What happens to a request is `traffic`'s.

use std::collections::VecDeque;

use super::attempts::AttemptId;
use crate::cluster::balancer::ServerId;
use crate::cluster::config::{CpuModel, Deployment};
use crate::cluster::cpu::{CpuBound, OwnUse, PodCpu};
use crate::cluster::pods::{PodFact, PodStatus};
use crate::cluster::station::{CFS_PERIOD_NANOS, PeriodCounts, Speed, Station};
use crate::engine::random::Stream;
use crate::units::{Seed, SimTime};
use rand::RngExt;

/// A container on which requests cost CPU.
#[derive(Clone, Copy, Debug)]
struct WorkContainer {
    /// Its place in the template.
    container: usize,
    /// CPU of a request, in core-nanoseconds; of the first container drawn for each request.
    demand: f64,
    normal: Speed,
    bursting: Speed,
}

/// Where a pod stands at a moment, in sums since it was created.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct CpuMark {
    /// Core-nanoseconds, own use included.
    pub(super) used: f64,
    pub(super) periods: PeriodCounts,
}

/// One pod.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) number: u32,
    pub(super) status: PodStatus,
    /// Requests that are worked on, I/O included.
    pub(super) working: u32,
    pub(super) queue: VecDeque<AttemptId>,
    /// Those in the queue that somebody will work on.
    pub(super) queued: u32,
    /// Requests in I/O, in no particular order.
    pub(super) in_io: Vec<AttemptId>,
    /// Whether it goes as soon as it is empty.
    pub(super) drains: bool,
    /// Requests that have reached it.
    pub(super) reached: u64,
    /// The same at the last scrape.
    pub(super) reached_at_scrape: u64,
    /// Tells it from those that had the entry before.
    pub(super) incarnation: u32,
    /// Cores that it uses beside requests, and what that came to until the last mark.
    own_cores: f64,
    own_used: f64,
    own_until: SimTime,
    /// Work of the first container that its counter does not show: it has restarted since.
    work_before_restart: f64,
    /// At the end of the last segment.
    pub(super) segment: CpuMark,
    /// At the end of the last interval, or its creation.
    pub(super) interval: CpuMark,
    pub(super) interval_start: SimTime,
}

impl Server {
    /// Requests in it, worked on or waiting.
    #[inline]
    pub(super) fn present(&self) -> u32 {
        self.working + self.queued
    }
}

/// All pods, each at a place of its own that the next pod takes over.
#[derive(Clone, Debug)]
pub(super) struct Servers {
    entries: Vec<Server>,
    free: Vec<ServerId>,
    /// Numbers of the pods that exist, in order, and their places; of pods that are gone at most half as many, at [`GONE`].
    numbers: Vec<u32>,
    places: Vec<ServerId>,
    gone: usize,
    stations: Vec<Station>,
    containers: Vec<WorkContainer>,
    cpu: PodCpu,
    seed: Seed,
}

/// The place of a pod that is gone.
const GONE: ServerId = ServerId::MAX;

/// CFS phases are drawn after those of the grids and the counters' jitter, which are members 0.. and 2^32.. of their stream.
const CFS_MEMBER: u64 = 1 << 48;

impl Servers {
    pub(super) fn new(deployment: &Deployment, seed: Seed) -> Self {
        let cpu = PodCpu::of(deployment);
        let containers = cpu
            .containers
            .iter()
            .enumerate()
            .filter(|(index, container)| *index == 0 || container.seconds_per_request > 0.0)
            .map(|(index, container)| WorkContainer {
                container: index,
                demand: container.seconds_per_request * 1e9,
                normal: speed(deployment, &cpu, index, OwnUse::Idle),
                bursting: speed(deployment, &cpu, index, OwnUse::Bursting),
            })
            .collect();
        Self {
            entries: Vec::new(),
            free: Vec::new(),
            numbers: Vec::new(),
            places: Vec::new(),
            gone: 0,
            stations: Vec::new(),
            containers,
            cpu,
            seed,
        }
    }

    #[inline]
    pub(super) fn get(&self, id: ServerId) -> &Server {
        &self.entries[id as usize]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: ServerId) -> &mut Server {
        &mut self.entries[id as usize]
    }

    /// How many rows of pods there are: see [`Servers::place_in`].
    pub(super) fn rows(&self) -> usize {
        self.places.len()
    }

    /// The place of the pod in `row`, if it still exists; rows are in the order of the pods' numbers.
    pub(super) fn place_in(&self, row: usize) -> Option<ServerId> {
        let place = self.places[row];
        (place != GONE).then_some(place)
    }

    pub(super) fn place_of(&self, number: u32) -> Option<ServerId> {
        let row = self.numbers.binary_search(&number).ok()?;
        self.place_in(row)
    }

    /// Stations, those of unused places included.
    pub(super) fn stations(&self) -> usize {
        self.stations.len()
    }

    /// How many containers of a pod work on requests, one after the other.
    #[inline]
    pub(super) fn stages(&self) -> usize {
        self.containers.len()
    }

    /// The station of a pod's stage.
    #[inline]
    pub(super) fn station_index(&self, server: ServerId, stage: usize) -> usize {
        server as usize * self.containers.len() + stage
    }

    #[inline]
    pub(super) fn station(&mut self, index: usize) -> &mut Station {
        &mut self.stations[index]
    }

    /// What a request costs at a stage after the first, in core-nanoseconds.
    #[inline]
    pub(super) fn demand(&self, stage: usize) -> f64 {
        self.containers[stage].demand
    }

    /// A pod comes to exist at a free place.
    pub(super) fn create(&mut self, number: u32, now: SimTime) -> ServerId {
        let place = self.free.pop().unwrap_or(self.entries.len() as ServerId);
        let server = Server {
            number,
            status: PodStatus::default(),
            working: 0,
            queue: VecDeque::new(),
            queued: 0,
            in_io: Vec::new(),
            drains: false,
            reached: 0,
            reached_at_scrape: 0,
            incarnation: self
                .entries
                .get(place as usize)
                .map_or(0, |before| before.incarnation.wrapping_add(1)),
            own_cores: 0.0,
            own_used: 0.0,
            own_until: now,
            work_before_restart: 0.0,
            segment: CpuMark::default(),
            interval: CpuMark::default(),
            interval_start: now,
        };
        let mut phases = Stream::Phases.generator(self.seed, CFS_MEMBER + u64::from(number));
        let fresh: Vec<Station> = self
            .containers
            .iter()
            .map(|container| {
                let phase = phases.random_range(0..CFS_PERIOD_NANOS);
                Station::new(container.normal, phase)
            })
            .collect();
        if (place as usize) < self.entries.len() {
            self.entries[place as usize] = server;
            let first = self.station_index(place, 0);
            for (offset, station) in fresh.into_iter().enumerate() {
                self.stations[first + offset] = station;
            }
        } else {
            self.entries.push(server);
            self.stations.extend(fresh);
        }
        // Numbers rise from pod to pod.
        self.numbers.push(number);
        self.places.push(place);
        place
    }

    /// A pod is no more.
    pub(super) fn remove(&mut self, number: u32) {
        let Ok(row) = self.numbers.binary_search(&number) else {
            return;
        };
        let Some(place) = self.place_in(row) else {
            return;
        };
        self.free.push(place);
        self.places[row] = GONE;
        self.gone += 1;
        // Together, for a row that is removed moves all rows behind it.
        if 2 * self.gone > self.places.len() {
            let mut places = self.places.iter();
            self.numbers
                .retain(|_| places.next().is_some_and(|place| *place != GONE));
            self.places.retain(|place| *place != GONE);
            self.gone = 0;
        }
    }

    /// A pod is `status` now: what it uses beside requests, and how fast it works, follow.
    pub(super) fn set_status(&mut self, place: ServerId, status: PodStatus, now: SimTime) {
        let server = &mut self.entries[place as usize];
        settle_own_use(server, now);
        let before = std::mem::replace(&mut server.status, status);
        server.own_cores = if status.is(PodFact::Started) {
            self.cpu.own_cores(OwnUse::of(status))
        } else {
            0.0
        };
        if before.is(PodFact::Bursting) != status.is(PodFact::Bursting) {
            self.change_speed(place, status, now);
        }
    }

    fn change_speed(&mut self, place: ServerId, status: PodStatus, now: SimTime) {
        let first = self.station_index(place, 0);
        for (offset, container) in self.containers.iter().enumerate() {
            let speed = match OwnUse::of(status) {
                OwnUse::Idle => container.normal,
                OwnUse::Bursting => container.bursting,
            };
            self.stations[first + offset].set_speed(now, speed);
        }
    }

    /// The first container of a pod starts again: its counter begins at nothing.
    pub(super) fn restarted(&mut self, place: ServerId, now: SimTime) {
        let first = self.station_index(place, 0);
        self.stations[first].advance(now);
        self.entries[place as usize].work_before_restart = self.stations[first].used();
    }

    /// Core-nanoseconds of work in a container, as its counter shows them.
    pub(super) fn work_of(&mut self, place: ServerId, container: usize, now: SimTime) -> f64 {
        let stage = self
            .containers
            .iter()
            .position(|working| working.container == container);
        let Some(stage) = stage else {
            return 0.0;
        };
        let index = self.station_index(place, stage);
        self.stations[index].advance(now);
        let hidden = if container == 0 {
            self.entries[place as usize].work_before_restart
        } else {
            0.0
        };
        self.stations[index].used() - hidden
    }

    /// Where a pod stands at `now`.
    pub(super) fn mark(&mut self, place: ServerId, now: SimTime) -> CpuMark {
        let server = &mut self.entries[place as usize];
        settle_own_use(server, now);
        let mut mark = CpuMark {
            used: server.own_used,
            ..CpuMark::default()
        };
        let first = place as usize * self.containers.len();
        for station in &mut self.stations[first..first + self.containers.len()] {
            station.advance(now);
            mark.used += station.used();
            let periods = station.periods();
            mark.periods.working += periods.working;
            mark.periods.throttled += periods.throttled;
        }
        mark
    }
}

fn settle_own_use(server: &mut Server, now: SimTime) {
    server.own_used += server.own_cores * (now - server.own_until).as_nanos() as f64;
    server.own_until = now;
}

/// How fast requests get on in a container, beside what it and its neighbours in the pod use for themselves.
fn speed(deployment: &Deployment, cpu: &PodCpu, index: usize, own: OwnUse) -> Speed {
    let container = &cpu.containers[index];
    let of_node = (deployment.pod.node_cores - cpu.own_cores(own)).max(0.0);
    let of_limit = (container.bound_cores - container.own_cores(own)).max(0.0);
    match (container.bound, deployment.pod.cpu_model) {
        (CpuBound::Quota, CpuModel::Quota) => Speed {
            cores: of_node,
            quota: of_limit * CFS_PERIOD_NANOS as f64,
        },
        (CpuBound::Quota, CpuModel::Shared) => Speed {
            cores: of_limit.min(of_node),
            quota: f64::INFINITY,
        },
        (CpuBound::Node, _) => Speed {
            cores: of_node,
            quota: f64::INFINITY,
        },
    }
}
