//! The users of a closed load: each thinks, sends, and waits for the answer.

use rand_pcg::Pcg32;

use crate::engine::random::{Distribution, Stream};
use crate::units::{Seed, SimSpan};

/// The state of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// Absent.
    Away,
    /// Pausing before the next request.
    Thinking,
    /// Waiting for an answer.
    Waiting,
}

/// A user starts a pause; the next request follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The user's number.
    pub user: u32,
    /// The length of the pause.
    pub length: SimSpan,
}

/// The users, numbered from 0. Those below the number that the trace asks for are present.
#[derive(Clone, Debug)]
pub struct Users {
    think_time: Distribution,
    generator: Pcg32,
    doing: Vec<Doing>,
    present: u32,
}

impl Users {
    /// No users yet; pauses will be drawn from `think_time`.
    #[must_use]
    pub fn new(think_time: Distribution, seed: Seed) -> Self {
        Self {
            think_time,
            generator: Stream::Users.generator(seed, 0),
            doing: Vec::new(),
            present: 0,
        }
    }

    /// The number of present users.
    #[must_use]
    pub fn present(&self) -> u32 {
        self.present
    }

    /// Starts the run with `number` users, each at a random point of a pause. Calls `begins` for
    /// each of them.
    pub fn start(&mut self, number: u32, mut begins: impl FnMut(Pause)) {
        self.doing.clear();
        self.doing.resize(number as usize, Doing::Thinking);
        self.present = number;
        for user in 0..number {
            begins(Pause {
                user,
                length: self.think_time.sample_rest(&mut self.generator),
            });
        }
    }

    /// Changes the number of users to `number`. Calls `begins` for each new user.
    ///
    /// A new user sends at once, as a virtual user of k6 and a user of Locust do; its first pause
    /// follows the first request. The users with the highest numbers leave. A leaving user that
    /// waits for an answer stays until the answer is there.
    pub fn change_number(&mut self, number: u32, mut begins: impl FnMut(Pause)) {
        let room = self.doing.len().max(number as usize);
        self.doing.resize(room, Doing::Away);
        for user in self.present..number {
            // A user whose departure is still pending simply stays.
            if self.doing[user as usize] == Doing::Away {
                self.doing[user as usize] = Doing::Thinking;
                begins(Pause {
                    user,
                    length: SimSpan::ZERO,
                });
            }
        }
        self.present = number;
    }

    /// Ends a user's pause. Returns whether the user sends a request; a user that left does not.
    pub fn thought(&mut self, user: u32) -> AfterThinking {
        let next = if user < self.present {
            AfterThinking::Sends
        } else {
            AfterThinking::Leaves
        };
        self.doing[user as usize] = match next {
            AfterThinking::Sends => Doing::Waiting,
            AfterThinking::Leaves => Doing::Away,
        };
        next
    }

    /// A user got an answer, or gave up for good. Returns the next pause, unless the user leaves.
    pub fn answered(&mut self, user: u32) -> Option<Pause> {
        if user >= self.present {
            self.doing[user as usize] = Doing::Away;
            return None;
        }
        self.doing[user as usize] = Doing::Thinking;
        Some(Pause {
            user,
            length: self.think_time.sample(&mut self.generator),
        })
    }
}

/// What a user does after the pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterThinking {
    /// Sends a request.
    Sends,
    /// Leaves.
    Leaves,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> Users {
        Users::new(Distribution::Constant(SimSpan::from_secs(2)), Seed(1))
    }

    fn change(users: &mut Users, number: u32) -> Vec<u32> {
        let mut begun = Vec::new();
        users.change_number(number, |pause| {
            assert_eq!(pause.length, SimSpan::ZERO);
            begun.push(pause.user);
        });
        begun
    }

    #[test]
    fn who_is_there_at_the_start_is_somewhere_within_a_pause() {
        let mut lengths = Vec::new();
        users().start(1000, |pause| lengths.push(pause.length.as_secs_f64()));
        assert!(lengths.iter().all(|length| (0.0..=2.0).contains(length)));
        let mean = lengths.iter().sum::<f64>() / 1000.0;
        // 5 standard errors of a uniform length up to 2 s.
        assert!(
            (mean - 1.0).abs() < 5.0 * (4.0_f64 / 12.0 / 1000.0).sqrt(),
            "{mean}"
        );
    }

    #[test]
    fn who_comes_sends_at_once_and_thinks_afterwards() {
        let mut users = users();
        assert_eq!(change(&mut users, 3), [0, 1, 2]);
        assert_eq!(change(&mut users, 4), [3]);
        assert_eq!(users.thought(0), AfterThinking::Sends);
        let pause = users.answered(0).expect("stays");
        assert_eq!(pause.length, SimSpan::from_secs(2));
    }

    #[test]
    fn a_leaving_user_sends_no_more_and_a_waiting_one_stays_until_the_answer() {
        let mut users = users();
        change(&mut users, 3);
        assert_eq!(users.thought(2), AfterThinking::Sends);
        change(&mut users, 1);
        assert_eq!(users.thought(1), AfterThinking::Leaves);
        assert_eq!(users.answered(2), None);
        assert_eq!(users.present(), 1);
    }

    #[test]
    fn who_is_called_back_before_the_pause_is_over_goes_on() {
        let mut users = users();
        change(&mut users, 2);
        change(&mut users, 1);
        assert_eq!(change(&mut users, 2), [] as [u32; 0]);
        assert_eq!(users.thought(1), AfterThinking::Sends);
    }
}
