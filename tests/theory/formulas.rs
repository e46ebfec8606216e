//! Closed forms of queueing theory. Times are in the unit of the service time.
//!
//! Source of all formulas: Kleinrock, "Queueing Systems", volume 1 (1975) and 2 (1976).

/// Mean time in an M/M/1 queue under FIFO, and in an M/G/1 queue under processor sharing for any
/// distribution.
pub(crate) fn one_server(service: f64, load: f64) -> f64 {
    service / (1.0 - load)
}

/// Pollaczek-Khinchine: mean time in an M/G/1 queue under FIFO.
pub(crate) fn pollaczek_khinchine(service: f64, load: f64, cv: f64) -> f64 {
    service + load * service * (1.0 + cv * cv) / (2.0 * (1.0 - load))
}

/// Mean time in an M/M/c queue by Erlang's C formula; `load` is the load of each server.
pub(crate) fn erlang_c(service: f64, load: f64, servers: u32) -> f64 {
    let offered = load * f64::from(servers);
    let mut term = 1.0;
    let mut sum = 0.0;
    for busy in 0..servers {
        sum += term;
        term *= offered / f64::from(busy + 1);
    }
    let all_busy = term / (1.0 - load);
    let waits = all_busy / (sum + all_busy);
    service + waits * service / (f64::from(servers) * (1.0 - load))
}

/// The steady state of an M/M/c/K queue.
pub(crate) struct Lossy {
    /// Share of arrivals that find the queue full.
    pub(crate) loss_share: f64,
    /// Mean time in the queue of the accepted requests.
    pub(crate) mean_time: f64,
}

/// An M/M/c/K queue. `places` includes the requests in service; `load` is the offered load of each
/// server.
pub(crate) fn lossy(service: f64, load: f64, servers: u32, places: u32) -> Lossy {
    let offered = load * f64::from(servers);
    let mut weight = 1.0;
    let mut total = 0.0;
    let mut number = 0.0;
    let mut full = 0.0;
    for present in 0..=places {
        total += weight;
        number += f64::from(present) * weight;
        full = weight;
        weight *= offered / f64::from((present + 1).min(servers));
    }
    let loss_share = full / total;
    let entering_rate = offered / service * (1.0 - loss_share);
    Lossy {
        loss_share,
        mean_time: number / total / entering_rate,
    }
}

/// The steady state of a closed queue.
pub(crate) struct MachineRepair {
    /// Requests per unit of time.
    pub(crate) throughput: f64,
    /// Mean time from request to answer.
    pub(crate) mean_response: f64,
}

/// M/M/1//N: `users` with a mean think time of `think` and one server.
pub(crate) fn machine_repair(service: f64, think: f64, users: u32) -> MachineRepair {
    let mut weight = 1.0;
    let mut total = 0.0;
    for waiting in 0..=users {
        total += weight;
        weight *= f64::from(users - waiting) * service / think;
    }
    let throughput = (1.0 - 1.0 / total) / service;
    MachineRepair {
        throughput,
        mean_response: f64::from(users) / throughput - think,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn the_general_forms_contain_the_simple_ones() {
        for load in [0.3, 0.7, 0.9] {
            assert!(close(
                pollaczek_khinchine(2.0, load, 1.0),
                one_server(2.0, load)
            ));
            assert!(close(erlang_c(2.0, load, 1), one_server(2.0, load)));
            let roomy = lossy(2.0, load, 3, 2000);
            assert!(close(roomy.mean_time, erlang_c(2.0, load, 3)));
            assert!(close(roomy.loss_share, 0.0));
        }
        // A single user never waits.
        let alone = machine_repair(1.0, 3.0, 1);
        assert!(close(alone.mean_response, 1.0) && close(alone.throughput, 0.25));
        // Erlang B for one server with an offered load of one: half of the requests are lost.
        assert!(close(lossy(1.0, 1.0, 1, 1).loss_share, 0.5));
    }
}
