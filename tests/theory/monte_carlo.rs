//! Two plain simulations that share only the random number generator with the engine: a reference
//! where no formula exists.
//!
//! They are as simple as possible: each step passes over all jobs.

use rand::SeedableRng;
use rand_distr::{Distribution, Exp1};
use rand_pcg::Pcg32;

/// Requests that are left out at the start.
const WARM_UP: usize = 5_000;

fn exponential(generator: &mut Pcg32, mean: f64) -> f64 {
    let unit: f64 = Exp1.sample(generator);
    unit * mean
}

/// Latencies, in service times, of requests that join the shortest of `servers` FIFO queues.
pub(crate) fn shortest_queue(load: f64, servers: usize, requests: usize, seed: u64) -> Vec<f64> {
    let mut generator = Pcg32::seed_from_u64(seed);
    let mut departures: Vec<Vec<f64>> = vec![Vec::new(); servers];
    let mut now = 0.0;
    let mut latencies = Vec::with_capacity(requests);
    for _ in 0..requests {
        now += exponential(&mut generator, 1.0 / (load * servers as f64));
        for queue in &mut departures {
            queue.retain(|departure| *departure > now);
        }
        let shortest = departures
            .iter_mut()
            .min_by_key(|queue| queue.len())
            .expect("a server");
        let free = shortest.last().copied().unwrap_or(now);
        let departure = free + exponential(&mut generator, 1.0);
        shortest.push(departure);
        latencies.push(departure - now);
    }
    latencies.split_off(WARM_UP)
}

/// A pod with a CFS quota.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuotaPod {
    pub(crate) limit_cores: f64,
    pub(crate) node_cores: f64,
    pub(crate) service_seconds: f64,
}

impl QuotaPod {
    /// Mean latency in service times, for requests of exponential demand that share the pod
    /// equally.
    pub(crate) fn mean_latency(self, load: f64, requests: usize, seed: u64) -> f64 {
        const PERIOD: f64 = 0.1;
        // Seconds of work below this are a rounding error, because the clock of a long run cannot
        // resolve them.
        const NOTHING: f64 = 1e-9;
        struct Job {
            arrived: f64,
            left: f64,
        }
        let mut generator = Pcg32::seed_from_u64(seed);
        let gap = self.service_seconds / (load * self.limit_cores);
        let quota = self.limit_cores * PERIOD;
        let mut now = 0.0;
        let mut arrival = exponential(&mut generator, gap);
        let mut renewal = PERIOD;
        let mut quota_left = quota;
        let mut jobs: Vec<Job> = Vec::new();
        let mut latencies = Vec::with_capacity(requests);
        while latencies.len() < requests {
            let number = jobs.len() as f64;
            let speed = if quota_left > NOTHING && number > 0.0 {
                (self.node_cores / number).min(1.0)
            } else {
                0.0
            };
            let shortest = jobs
                .iter()
                .map(|job| job.left)
                .fold(f64::INFINITY, f64::min);
            let mut until = arrival.min(renewal);
            if speed > 0.0 {
                until = until.min(now + shortest / speed);
                until = until.min(now + quota_left / (speed * number));
            }
            let got = speed * (until - now);
            quota_left -= got * number;
            now = until;
            for job in &mut jobs {
                job.left -= got;
            }
            jobs.retain(|job| {
                let is_done = job.left <= NOTHING;
                if is_done {
                    latencies.push(now - job.arrived);
                }
                !is_done
            });
            if now >= renewal {
                renewal += PERIOD;
                quota_left = quota;
            }
            if now >= arrival {
                jobs.push(Job {
                    arrived: now,
                    left: exponential(&mut generator, self.service_seconds),
                });
                arrival = now + exponential(&mut generator, gap);
            }
        }
        let counted = &latencies[WARM_UP..];
        counted.iter().sum::<f64>() / counted.len() as f64 / self.service_seconds
    }
}
