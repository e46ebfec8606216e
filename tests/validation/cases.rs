//! The recorded runs, each with what was known before it.

use std::path::Path;

use hpasim::scenario::formats::RecordedUtilization;
use hpasim::scenario::{Engine, MemoryLoader};
use hpasim::units::{Millicores, SimSpan};

use super::forecast::Forecast;
use super::recording::{self, Decided, Recorded};

/// A condition: one autoscaler under one load, recorded once or several times.
pub(crate) struct Condition {
    /// Its name on the page.
    pub(crate) name: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) recordings: &'static [&'static str],
    /// The column that they are compared with.
    pub(crate) decided: Decided,
    /// The part of the traces before the recording's time 0.
    pub(crate) lead_in_seconds: f64,
    /// How it is simulated; the first is drawn with its band.
    pub(crate) simulations: &'static [Simulation],
}

/// One way to simulate a condition.
pub(crate) struct Simulation {
    pub(crate) engine: Engine,
    /// Its name on the page.
    pub(crate) name: &'static str,
    pub(crate) load: Load,
    /// Settings, as for `--set`.
    pub(crate) set: &'static [&'static str],
    /// The greatest error of a seed that the test permits, in replicas.
    pub(crate) error_max: f64,
}

/// Where the load comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// A trace of this folder.
    File(&'static str),
    /// CPU by recorded utilization and this column of replicas, which are those of the time that a reading is about.
    PodsOfThen(&'static str),
    /// The same with the replicas of the time at which a reading was recorded.
    PodsOfNow(&'static str),
    /// CPU as of the time at which a reading was recorded, without its age.
    AsRead(&'static str),
}

/// The mean age, to its middle, of the reading that a sync sees, in three parts: 7.5 s because a
/// scrape comes every 15 s; 7.8 s because the last of two counter readings, every 10 to 20 s, is
/// that old at the scrape; and half of the 15 s between the two readings.
const READING_AGE: SimSpan = SimSpan::from_secs(23);

impl Condition {
    /// The recordings in `folder`.
    pub(crate) fn recorded(&self, folder: &Path) -> Vec<Recorded> {
        let names = self.recordings.iter();
        names
            .map(|name| recording::read(folder, name, self.decided))
            .collect()
    }

    pub(crate) fn forecast(&self, simulation: &Simulation) -> Forecast {
        let (trace, recorded) = match simulation.load {
            Load::File(name) => (name, MemoryLoader::default()),
            Load::PodsOfThen(replicas) | Load::PodsOfNow(replicas) | Load::AsRead(replicas) => {
                let columns = RecordedUtilization {
                    utilization_column: "cpu_utilization_pct".to_owned(),
                    replicas_column: replicas.to_owned(),
                    cpu_request: Millicores(100),
                    age: match simulation.load {
                        Load::AsRead(_) => SimSpan::ZERO,
                        _ => READING_AGE,
                    },
                };
                let csv = match simulation.load {
                    Load::PodsOfNow(_) => recording::cpu_by_pods_of_now(self.name, &columns),
                    _ => recording::cpu_by_pods_of_then(self.name, &columns),
                };
                let in_memory = MemoryLoader::default().with("tests/validation/cpu.csv", csv);
                ("cpu.csv", in_memory)
            }
        };
        Forecast {
            policy: self.policy,
            trace: trace.to_owned(),
            recorded,
            engine: simulation.engine,
            lead_in_seconds: self.lead_in_seconds,
            set: simulation.set.iter().map(|&set| set.to_owned()).collect(),
        }
    }
}

const fn request(trace: &'static str, error_max: f64) -> Simulation {
    Simulation {
        engine: Engine::Request,
        name: "request engine",
        load: Load::File(trace),
        set: &[],
        error_max,
    }
}

const fn fluid(trace: &'static str, error_max: f64) -> Simulation {
    Simulation {
        engine: Engine::Fluid,
        name: "fluid engine",
        load: Load::File(trace),
        set: &[],
        error_max,
    }
}

const fn gke(
    recordings: &'static [&'static str],
    policy: &'static str,
    simulations: &'static [Simulation],
) -> Condition {
    Condition {
        name: recordings[0],
        policy,
        recordings,
        decided: Decided::Desired,
        lead_in_seconds: 60.0,
        simulations,
    }
}

/// The runs on GKE, under users of Locust.
pub(crate) const GKE: [Condition; 4] = [
    gke(
        &["gke_flash_stock_rep1"],
        "gke-stock.toml",
        &[
            request("gke_flash_stock_rep1.users.csv", 1.6),
            fluid("gke_flash_stock_rep1.rps.csv", 1.6),
        ],
    ),
    gke(
        &["gke_flash_tuned_rep2"],
        "gke-tuned.toml",
        &[
            request("gke_flash_tuned_rep2.users.csv", 1.15),
            fluid("gke_flash_tuned_rep2.rps.csv", 1.15),
        ],
    ),
    gke(
        &["gke_ramp_tuned_rep2"],
        "gke-tuned.toml",
        &[
            request("gke_ramp_tuned_rep2.users.csv", 1.4),
            fluid("gke_ramp_tuned_rep2.rps.csv", 1.4),
        ],
    ),
    gke(
        &["gke_periodic_tuned_rep1"],
        "gke-tuned.toml",
        &[
            request("gke_periodic_tuned_rep1.users.csv", 1.65),
            fluid("gke_periodic_tuned_rep1.rps.csv", 1.7),
        ],
    ),
];

const fn aks(
    name: &'static str,
    policy: &'static str,
    recordings: &'static [&'static str],
    simulations: &'static [Simulation],
) -> Condition {
    Condition {
        name,
        policy,
        recordings,
        decided: Decided::Desired,
        lead_in_seconds: 30.0,
        simulations,
    }
}

/// An autoscaler of requests per second. The events of its rescales are incomplete: in h3 oscillating they say 3 and 4 replicas for
/// minutes in which 5 run.
const fn aks_h3(
    name: &'static str,
    recordings: &'static [&'static str],
    simulations: &'static [Simulation],
) -> Condition {
    Condition {
        decided: Decided::Current,
        ..aks(name, "aks-h3.toml", recordings, simulations)
    }
}

/// The runs on AKS, under virtual users of k6.
pub(crate) const AKS: [Condition; 9] = [
    aks(
        "aks_auth_h1_gradual",
        "aks-h1.toml",
        &["aks_auth_h1_gradual_rep1", "aks_auth_h1_gradual_rep2"],
        &[request("aks_gradual.users.csv", 0.3)],
    ),
    aks(
        "aks_auth_h1_oscillating",
        "aks-h1.toml",
        &[
            "aks_auth_h1_oscillating_rep1",
            "aks_auth_h1_oscillating_rep2",
        ],
        &[request("aks_oscillating.users.csv", 0.3)],
    ),
    aks(
        "aks_auth_h1_spike",
        "aks-h1.toml",
        &["aks_auth_h1_spike_rep1", "aks_auth_h1_spike_rep2"],
        &[request("aks_spike.users.csv", 0.3)],
    ),
    aks(
        "aks_auth_h2_gradual",
        "aks-h2.toml",
        &["aks_auth_h2_gradual_rep1", "aks_auth_h2_gradual_rep2"],
        &[request("aks_gradual.users.csv", 0.4)],
    ),
    aks(
        "aks_auth_h2_oscillating",
        "aks-h2.toml",
        &[
            "aks_auth_h2_oscillating_rep1",
            "aks_auth_h2_oscillating_rep2",
        ],
        &[request("aks_oscillating.users.csv", 0.4)],
    ),
    aks(
        "aks_auth_h2_spike",
        "aks-h2.toml",
        &["aks_auth_h2_spike_rep1", "aks_auth_h2_spike_rep2"],
        &[request("aks_spike.users.csv", 0.4)],
    ),
    aks_h3(
        "aks_auth_h3_gradual",
        &["aks_auth_h3_gradual_rep1", "aks_auth_h3_gradual_rep2"],
        &[request("aks_gradual_stages.users.csv", 0.35)],
    ),
    aks_h3(
        "aks_auth_h3_oscillating",
        &[
            "aks_auth_h3_oscillating_rep1",
            "aks_auth_h3_oscillating_rep2",
        ],
        &[request("aks_oscillating_stages.users.csv", 0.35)],
    ),
    aks_h3(
        "aks_auth_h3_spike",
        &["aks_auth_h3_spike_rep1", "aks_auth_h3_spike_rep2"],
        &[request("aks_spike_stages.users.csv", 0.35)],
    ),
];

/// The traces without the set-up, for an autoscaler that counts requests: its 4.2 logins a second are fewer than the target, but a user
/// of the simulation sends the average request, three times as often.
pub(crate) const AKS_STAGES: [Load; 3] = [
    Load::File("aks_gradual_stages.users.csv"),
    Load::File("aks_oscillating_stages.users.csv"),
    Load::File("aks_spike_stages.users.csv"),
];

const fn cpu(name: &'static str, load: Load, error_max: f64) -> Simulation {
    Simulation {
        engine: Engine::Fluid,
        name,
        load,
        set: &[],
        error_max,
    }
}

/// The runs whose load is known only as CPU.
pub(crate) const UNKNOWN_LOAD: [Condition; 2] = [
    Condition {
        name: "civic_abdullah_run1",
        policy: "civic-abdullah.toml",
        recordings: &["civic_abdullah_run1"],
        decided: Decided::Desired,
        lead_in_seconds: 0.0,
        simulations: &[
            cpu("pods of then", Load::PodsOfThen("ready_replicas"), 0.3),
            cpu("pods of now", Load::PodsOfNow("ready_replicas"), 0.3),
            cpu("as read", Load::AsRead("ready_replicas"), 0.7),
        ],
    },
    Condition {
        name: "civic_schwifty",
        policy: "civic.toml",
        recordings: &["civic_schwifty"],
        decided: Decided::Desired,
        lead_in_seconds: 0.0,
        simulations: &[
            cpu("pods of then", Load::PodsOfThen("current_replicas"), 0.8),
            cpu("pods of now", Load::PodsOfNow("current_replicas"), 0.8),
            cpu("as read", Load::AsRead("current_replicas"), 1.4),
        ],
    },
];
