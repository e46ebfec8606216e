//! Pods as servers: places, queue, and the CPU of their containers.
//!
//! This module holds the state; `traffic` moves the requests.

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

/// A container in which requests cost CPU.
#[derive(Clone, Copy, Debug)]
struct WorkContainer {
    /// Its index in the template.
    container: usize,
    /// CPU time of a request in core-nanoseconds. For the first container it is drawn for each
    /// request instead.
    demand: f64,
    normal: Speed,
    bursting: Speed,
}

/// A pod's CPU use and periods since its creation, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct CpuMark {
    /// CPU use in core-nanoseconds, including own use.
    pub(super) used: f64,
    pub(super) periods: PeriodCounts,
}

/// One pod.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) number: u32,
    pub(super) status: PodStatus,
    /// Requests in process, including those in I/O.
    pub(super) working: u32,
    pub(super) queue: VecDeque<AttemptId>,
    /// Requests in the queue that are not cancelled.
    pub(super) queued: u32,
    /// Requests in I/O, in no particular order.
    pub(super) in_io: Vec<AttemptId>,
    /// Whether the pod is removed as soon as it has no requests.
    pub(super) drains: bool,
    /// Requests that arrived at the pod.
    pub(super) reached: u64,
    /// Requests that had arrived at the last scrape.
    pub(super) reached_at_scrape: u64,
    /// Requests that had arrived when the process began to count them.
    pub(super) counts_from: u64,
    /// Distinguishes the pod from earlier ones with the same entry.
    pub(super) incarnation: u32,
    /// Cores of own use, and core-nanoseconds of own use until `own_until`.
    own_cores: f64,
    own_used: f64,
    own_until: SimTime,
    /// Work of the first container before its last restart, which its counter does not show.
    work_before_restart: f64,
    /// CPU use at the end of the last segment.
    pub(super) segment: CpuMark,
    /// CPU use at the end of the last interval, or at creation.
    pub(super) interval: CpuMark,
    pub(super) interval_start: SimTime,
}

impl Server {
    /// The number of requests in the pod, in process or waiting.
    #[inline]
    pub(super) fn present(&self) -> u32 {
        self.working + self.queued
    }
}

/// All pods. The entry of a removed pod is reused.
#[derive(Clone, Debug)]
pub(super) struct Servers {
    entries: Vec<Server>,
    free: Vec<ServerId>,
    /// The numbers of the pods in ascending order, and their places. At most half of the places are
    /// [`GONE`], for removed pods.
    numbers: Vec<u32>,
    places: Vec<ServerId>,
    gone: usize,
    stations: Vec<Station>,
    containers: Vec<WorkContainer>,
    cpu: PodCpu,
    seed: Seed,
}

/// The place of a removed pod.
const GONE: ServerId = ServerId::MAX;

/// The first member of [`Stream::Phases`] for CFS phases, above those of the grids (0..) and of the
/// counters' jitter (2^32..).
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

    /// The number of rows of pods; see [`Servers::place_in`].
    pub(super) fn rows(&self) -> usize {
        self.places.len()
    }

    /// The place of the pod in `row`; `None` if it was removed. Rows are in the order of the pods'
    /// numbers.
    pub(super) fn place_in(&self, row: usize) -> Option<ServerId> {
        let place = self.places[row];
        (place != GONE).then_some(place)
    }

    pub(super) fn place_of(&self, number: u32) -> Option<ServerId> {
        let row = self.numbers.binary_search(&number).ok()?;
        self.place_in(row)
    }

    /// The number of stations, including those of unused places.
    pub(super) fn stations(&self) -> usize {
        self.stations.len()
    }

    /// The number of stages: the containers of a pod that work on a request, one after the other.
    #[inline]
    pub(super) fn stages(&self) -> usize {
        self.containers.len()
    }

    /// The index of the station of a pod's stage.
    #[inline]
    pub(super) fn station_index(&self, server: ServerId, stage: usize) -> usize {
        server as usize * self.containers.len() + stage
    }

    #[inline]
    pub(super) fn station(&mut self, index: usize) -> &mut Station {
        &mut self.stations[index]
    }

    /// CPU time of a request at a stage after the first, in core-nanoseconds.
    #[inline]
    pub(super) fn demand(&self, stage: usize) -> f64 {
        self.containers[stage].demand
    }

    /// Adds a pod at a free place.
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
            counts_from: 0,
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
        // Pods are created with rising numbers, so the columns stay sorted.
        self.numbers.push(number);
        self.places.push(place);
        place
    }

    /// Removes a pod.
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
        // Rows are deleted together, because each deletion moves all rows behind it.
        if 2 * self.gone > self.places.len() {
            let mut places = self.places.iter();
            self.numbers
                .retain(|_| places.next().is_some_and(|place| *place != GONE));
            self.places.retain(|place| *place != GONE);
            self.gone = 0;
        }
    }

    /// Sets a pod's status, and with it its own use and the speed of its stations.
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

    /// Restarts the counter of a pod's first container at zero.
    pub(super) fn restarted(&mut self, place: ServerId, now: SimTime) {
        let first = self.station_index(place, 0);
        self.stations[first].advance(now);
        self.entries[place as usize].work_before_restart = self.stations[first].used();
    }

    /// Core-nanoseconds of request work in a container, as its counter shows them.
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

    /// A pod's CPU use and periods at `now`.
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

/// The speed of request work in a container: the CPU that remains after the own use of all
/// containers of the pod.
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
