//! Keep-alive connections: each carries its requests to the server that was chosen when it was
//! opened.
//!
//! A connection carries any number of requests at the same time (HTTP/2). Opening it takes no time.
//!
//! Connections delay the effect of a scale-up: a new pod gets work only from connections that are
//! opened after it became an endpoint.

use rand_pcg::Pcg32;

use super::balancer::{Endpoints, ServerId};
use crate::engine::random::Distribution;
use crate::units::SimTime;

/// The state of one connection.
#[derive(Clone, Copy, Debug)]
enum Connection {
    /// Opened before the run began; its end is at a random point of its lifetime.
    OfTheStart,
    /// Closed; the next request opens it.
    Closed,
    Open {
        server: ServerId,
        /// Distinguishes a server from an earlier one with the same index.
        incarnation: u32,
        expires: SimTime,
    },
}

/// A pool of connections.
#[derive(Clone, Debug)]
pub struct ConnectionPool {
    lifetime: Distribution,
    connections: Vec<Connection>,
}

impl ConnectionPool {
    /// An empty pool. It grows with the connections that are used.
    #[must_use]
    pub fn new(lifetime: Distribution) -> Self {
        Self {
            lifetime,
            connections: Vec::new(),
        }
    }

    /// Closes connection `number`. The next request on it opens it again.
    pub fn close(&mut self, number: u32) {
        *self.connection(number) = Connection::Closed;
    }

    fn connection(&mut self, number: u32) -> &mut Connection {
        let index = number as usize;
        if index >= self.connections.len() {
            self.connections.resize(index + 1, Connection::OfTheStart);
        }
        &mut self.connections[index]
    }

    /// The endpoint of connection `number`. Opens the connection if it is closed or expired, or if
    /// its endpoint was withdrawn.
    ///
    /// `incarnations` gives the current incarnation of each server.
    pub fn server(
        &mut self,
        number: u32,
        now: SimTime,
        endpoints: &mut Endpoints,
        incarnations: &impl Fn(ServerId) -> u32,
        generator: &mut Pcg32,
    ) -> Option<ServerId> {
        let connection = *self.connection(number);
        if let Connection::Open {
            server,
            incarnation,
            expires,
        } = connection
            && now < expires
            && endpoints.contains(server)
            && incarnations(server) == incarnation
        {
            return Some(server);
        }
        let opened = endpoints.choose(generator).map(|server| {
            let life = match connection {
                // The residual life spreads the ends of these connections.
                Connection::OfTheStart => self.lifetime.sample_rest(generator),
                Connection::Closed | Connection::Open { .. } => self.lifetime.sample(generator),
            };
            Connection::Open {
                server,
                incarnation: incarnations(server),
                expires: now + life,
            }
        });
        *self.connection(number) = opened.unwrap_or(Connection::Closed);
        match opened {
            Some(Connection::Open { server, .. }) => Some(server),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::Stream;
    use crate::units::{Seed, SimSpan};
    use crate::workload::Balancer;

    fn at(seconds: i64) -> SimTime {
        SimTime::ZERO + SimSpan::from_secs(seconds)
    }

    /// The server of connection 0 at each of the `seconds`.
    fn leads(pool: &mut ConnectionPool, endpoints: &mut Endpoints, seconds: &[i64]) -> Vec<u32> {
        let mut generator = Stream::Balancing.generator(Seed(1), 0);
        seconds
            .iter()
            .filter_map(|time| pool.server(0, at(*time), endpoints, &|_| 0, &mut generator))
            .collect()
    }

    #[test]
    fn a_connection_stays_with_its_pod_while_others_come() {
        let mut pool = ConnectionPool::new(Distribution::Constant(SimSpan::from_secs(1000)));
        let mut endpoints = Endpoints::new(Balancer::RoundRobin);
        endpoints.add(0);
        assert_eq!(leads(&mut pool, &mut endpoints, &[0]), [0]);
        endpoints.add(1);
        assert_eq!(leads(&mut pool, &mut endpoints, &[1, 2, 3]), [0, 0, 0]);
    }

    #[test]
    fn a_connection_moves_when_its_endpoint_is_withdrawn() {
        let mut pool = ConnectionPool::new(Distribution::Constant(SimSpan::from_secs(1000)));
        let mut endpoints = Endpoints::new(Balancer::RoundRobin);
        endpoints.add(0);
        assert_eq!(leads(&mut pool, &mut endpoints, &[0]), [0]);
        endpoints.add(1);
        endpoints.remove(0);
        assert_eq!(leads(&mut pool, &mut endpoints, &[1]), [1]);
    }

    #[test]
    fn a_closed_connection_is_opened_anew() {
        let mut pool = ConnectionPool::new(Distribution::Constant(SimSpan::from_secs(1000)));
        let mut endpoints = Endpoints::new(Balancer::RoundRobin);
        endpoints.add(0);
        leads(&mut pool, &mut endpoints, &[0]);
        endpoints.add(1);
        pool.close(0);
        assert_eq!(leads(&mut pool, &mut endpoints, &[1, 2]), [1, 1]);
    }

    #[test]
    fn a_connection_is_opened_anew_when_its_life_is_over() {
        let mut pool = ConnectionPool::new(Distribution::Constant(SimSpan::from_secs(10)));
        let mut endpoints = Endpoints::new(Balancer::RoundRobin);
        endpoints.add(0);
        pool.close(0);
        leads(&mut pool, &mut endpoints, &[0]);
        endpoints.add(1);
        assert_eq!(leads(&mut pool, &mut endpoints, &[10, 15, 19]), [1, 1, 1]);
        assert_eq!(leads(&mut pool, &mut endpoints, &[20]), [0]);
    }

    #[test]
    fn connections_of_the_start_end_evenly_over_a_life() {
        let mut pool = ConnectionPool::new(Distribution::Constant(SimSpan::from_secs(100)));
        let mut endpoints = Endpoints::new(Balancer::RoundRobin);
        endpoints.add(0);
        let mut generator = Stream::Balancing.generator(Seed(1), 0);
        let numbers = (0..1000_u32).rev();
        let mut lead = |pool: &mut ConnectionPool, endpoints: &mut Endpoints, time: i64| {
            numbers
                .clone()
                .filter(|number| {
                    let server = pool.server(*number, at(time), endpoints, &|_| 0, &mut generator);
                    server == Some(1)
                })
                .count()
        };
        lead(&mut pool, &mut endpoints, 0);
        endpoints.add(1);
        // Half of the connections have ended by half a lifetime, and every other one of these leads
        // to the new endpoint: 250, within 4 standard deviations.
        let moved = lead(&mut pool, &mut endpoints, 50);
        assert!(moved.abs_diff(250) < 60, "{moved}");
    }
}
