//! Load balancing: the choice of an endpoint for a connection or a request.
//!
//! The balancer knows only its endpoints and the number of requests in flight at each.
//!
//! One balancer stands for all clients. So round robin and least request are as good as with a
//! single proxy in front of the pods.

use rand::RngExt;
use rand_pcg::Pcg32;

use crate::workload::Balancer;

/// A server, by its index in the engine's arrays.
pub type ServerId = u32;

/// The position of a server that is not an endpoint.
const NOWHERE: u32 = u32::MAX;

/// The endpoints and their requests in flight.
#[derive(Clone, Debug)]
pub struct Endpoints {
    balancer: Balancer,
    /// The endpoints. For least request they are sorted by requests in flight; otherwise the order
    /// has no meaning.
    members: Vec<ServerId>,
    /// By server: its index in `members`.
    position: Vec<u32>,
    /// By server: requests whose clients still wait for an answer.
    outstanding: Vec<u32>,
    /// For least request: entry n is the index of the first member with at least n requests in
    /// flight.
    first_with: Vec<u32>,
    turn: usize,
}

impl Endpoints {
    /// A balancer without endpoints.
    #[must_use]
    pub fn new(balancer: Balancer) -> Self {
        Self {
            balancer,
            members: Vec::new(),
            position: Vec::new(),
            outstanding: Vec::new(),
            first_with: vec![0],
            turn: 0,
        }
    }

    /// Whether `server` is an endpoint.
    #[inline]
    #[must_use]
    pub fn contains(&self, server: ServerId) -> bool {
        self.position
            .get(server as usize)
            .is_some_and(|position| *position != NOWHERE)
    }

    /// Makes `server` an endpoint.
    pub fn add(&mut self, server: ServerId) {
        let known = self.position.len().max(server as usize + 1);
        self.position.resize(known, NOWHERE);
        self.outstanding.resize(known, 0);
        if self.contains(server) {
            return;
        }
        self.position[server as usize] = self.members.len() as u32;
        self.members.push(server);
        if self.balancer == Balancer::LeastRequest {
            self.move_into_order(server);
        }
    }

    /// Makes `server` an endpoint no more.
    pub fn remove(&mut self, server: ServerId) {
        if !self.contains(server) {
            return;
        }
        if self.balancer == Balancer::LeastRequest {
            self.move_to_end(server);
        }
        let position = self.position[server as usize] as usize;
        self.position[server as usize] = NOWHERE;
        self.members.swap_remove(position);
        if let Some(moved) = self.members.get(position) {
            self.position[*moved as usize] = position as u32;
        }
    }

    /// Counts a request that was sent to `server`.
    #[inline]
    pub fn sent(&mut self, server: ServerId) {
        let before = self.outstanding[server as usize];
        self.outstanding[server as usize] = before + 1;
        if self.balancer == Balancer::LeastRequest && self.contains(server) {
            // The last member with the old number of requests becomes the first with one more.
            let after = before as usize + 1;
            if after == self.first_with.len() {
                self.first_with.push(self.members.len() as u32);
            }
            self.first_with[after] -= 1;
            self.swap_to(server, self.first_with[after]);
        }
    }

    /// Counts a request at `server` that was answered, or that its client gave up.
    #[inline]
    pub fn answered(&mut self, server: ServerId) {
        let before = self.outstanding[server as usize];
        self.outstanding[server as usize] = before - 1;
        if self.balancer == Balancer::LeastRequest && self.contains(server) {
            let first = self.first_with[before as usize];
            self.first_with[before as usize] += 1;
            self.swap_to(server, first);
        }
    }

    /// Chooses an endpoint; `None` without endpoints.
    #[inline]
    pub fn choose(&mut self, generator: &mut Pcg32) -> Option<ServerId> {
        let number = self.members.len();
        if number <= 1 {
            return self.members.first().copied();
        }
        match self.balancer {
            Balancer::Random => Some(self.members[below(number, generator)]),
            Balancer::RoundRobin => {
                self.turn = if self.turn + 1 < number {
                    self.turn + 1
                } else {
                    0
                };
                Some(self.members[self.turn])
            }
            Balancer::LeastRequest => {
                let least = self.outstanding[self.members[0] as usize] as usize;
                let behind = self
                    .first_with
                    .get(least + 1)
                    .map_or(number, |first| *first as usize);
                Some(self.members[below(behind, generator)])
            }
            Balancer::PowerOfTwo => {
                let first = below(number, generator);
                // Any member but the first choice.
                let other = (first + 1 + below(number - 1, generator)) % number;
                let (first, other) = (self.members[first], self.members[other]);
                let in_hand = |server: ServerId| self.outstanding[server as usize];
                Some(if in_hand(other) < in_hand(first) {
                    other
                } else {
                    first
                })
            }
        }
    }

    /// Swaps `server` with the member at `position`.
    fn swap_to(&mut self, server: ServerId, position: u32) {
        let from = self.position[server as usize];
        let other = self.members[position as usize];
        self.members.swap(from as usize, position as usize);
        self.position[server as usize] = position;
        self.position[other as usize] = from;
    }

    /// Moves the last member to its place in the order. In each group with more requests in flight,
    /// the first member becomes the last.
    ///
    /// O(requests in flight), independent of the number of members.
    fn move_into_order(&mut self, server: ServerId) {
        let in_hand = self.outstanding[server as usize] as usize;
        let last = self.members.len() as u32 - 1;
        let groups = self.first_with.len().max(in_hand + 1);
        self.first_with.resize(groups, last);
        for group in (in_hand + 1..groups).rev() {
            let first = self.first_with[group];
            self.first_with[group] += 1;
            self.swap_to(server, first);
        }
    }

    /// Moves a member to the end. In each group with more requests in flight, the last member
    /// becomes the first.
    fn move_to_end(&mut self, server: ServerId) {
        let in_hand = self.outstanding[server as usize] as usize;
        for group in in_hand + 1..self.first_with.len() {
            self.first_with[group] -= 1;
            self.swap_to(server, self.first_with[group]);
        }
        self.swap_to(server, self.members.len() as u32 - 1);
    }
}

/// A random number below `number`, uniform to within 2^-32.
#[inline]
fn below(number: usize, generator: &mut Pcg32) -> usize {
    let share: u32 = generator.random();
    ((u64::from(share) * number as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::Stream;
    use crate::units::Seed;
    use proptest::prelude::*;

    fn generator() -> Pcg32 {
        Stream::Balancing.generator(Seed(1), 0)
    }

    fn endpoints(balancer: Balancer, servers: u32) -> Endpoints {
        let mut endpoints = Endpoints::new(balancer);
        for server in 0..servers {
            endpoints.add(server);
        }
        endpoints
    }

    #[test]
    fn no_endpoint_is_chosen_where_there_are_no_endpoints() {
        let mut endpoints = endpoints(Balancer::PowerOfTwo, 1);
        let mut generator = generator();
        assert_eq!(endpoints.choose(&mut generator), Some(0));
        endpoints.remove(0);
        assert_eq!(endpoints.choose(&mut generator), None);
    }

    #[test]
    fn round_robin_takes_turns() {
        let mut endpoints = endpoints(Balancer::RoundRobin, 3);
        let mut generator = generator();
        let turns: Vec<_> = (0..6)
            .filter_map(|_| endpoints.choose(&mut generator))
            .collect();
        assert_eq!(turns, [1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn random_reaches_all_alike() {
        let mut endpoints = endpoints(Balancer::Random, 4);
        let mut generator = generator();
        let mut seen = [0_u32; 4];
        for _ in 0..40_000 {
            seen[endpoints.choose(&mut generator).expect("one") as usize] += 1;
        }
        // 5 standard deviations of a binomial.
        assert!(
            seen.iter().all(|count| count.abs_diff(10_000) < 435),
            "{seen:?}"
        );
    }

    #[test]
    fn of_two_the_less_busy_is_taken_and_never_the_busiest_of_all() {
        let mut endpoints = endpoints(Balancer::PowerOfTwo, 3);
        endpoints.sent(1);
        let mut generator = generator();
        assert!((0..1000).all(|_| endpoints.choose(&mut generator) != Some(1)));
    }

    /// Members are sorted by requests in flight, and each group begins where `first_with` says.
    fn in_order(endpoints: &Endpoints) -> Result<(), TestCaseError> {
        let in_hand = |position: usize| endpoints.outstanding[endpoints.members[position] as usize];
        let members = endpoints.members.len();
        prop_assert!((1..members).all(|position| in_hand(position - 1) <= in_hand(position)));
        for (group, first) in endpoints.first_with.iter().enumerate() {
            let behind = (0..members).filter(|position| (in_hand(*position) as usize) < group);
            prop_assert_eq!(*first as usize, behind.count());
        }
        for (position, server) in endpoints.members.iter().enumerate() {
            prop_assert_eq!(endpoints.position[*server as usize] as usize, position);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn least_request_always_takes_one_with_the_fewest_in_flight(steps in prop::collection::vec(0_u32..100, 1..200)) {
            let mut endpoints = endpoints(Balancer::LeastRequest, 3);
            let mut generator = generator();
            let mut in_hand: Vec<ServerId> = Vec::new();
            for step in steps {
                match step {
                    0..50 => {
                        let Some(chosen) = endpoints.choose(&mut generator) else { continue };
                        let in_hand_of = |server: ServerId| endpoints.outstanding[server as usize];
                        in_order(&endpoints)?;
                        let least = endpoints.members.iter().map(|server| in_hand_of(*server)).min();
                        prop_assert_eq!(Some(in_hand_of(chosen)), least);
                        endpoints.sent(chosen);
                        in_hand.push(chosen);
                    }
                    50..90 if !in_hand.is_empty() => {
                        let done = in_hand.swap_remove(step as usize % in_hand.len());
                        endpoints.answered(done);
                    }
                    90..95 => endpoints.add(step - 90),
                    _ => endpoints.remove(step % 5),
                }
            }
        }
    }
}
