//! The search for a better policy: the parameters, the goal, the methods.
//!
//! Whether a proposal is also better under other traffic is the question of a comparison
//! on held-out traces and seeds.
//!
//! | module | what it holds |
//! |---|---|
//! | [`parameter`] | what may be turned, its values, and which of them is today's |
//! | [`practice`] | the parameters that practitioners turn, with their ranges |
//! | [`question`] | a policy, its training, what may be turned, what is better |
//! | [`choice`] | which finalist is proposed, by what held-out traffic says |
//! | [`chosen`] | `--param`: which of them are searched |
//! | [`space`] | candidates: one value for each parameter |
//! | [`evaluation`] | candidates simulated under all training traces and seeds |
//! | [`goal`] | what is better |
//! | [`bounds`] | the bounds of the goal that a judged policy breaks beyond the noise |
//! | `ranking` | which candidates a search keeps: by the goal, and by the front |
//! | [`method`] | random search, successive halving, evolution |
//! | [`finalists`] | the best, without the changes that change nothing |
//! | [`judge`] | the finalists under the request engine |
//! | [`sensitivity`] | which parameter matters |
//! | [`spike`] | the training's spike, added to held-out traffic without one |
//! | [`split`] | traffic in two parts: to tune on, and to judge by |
//! | [`bets`] | changes that bet on what a simulation cannot know |
//! | [`caution`] | what makes a proposal doubtful |
//! | [`summary`] | `summary.json` and `front.csv` of a tuning |
//! | [`traffic`] | whether the traffic holds a spike |

pub mod bets;
pub mod bounds;
pub mod caution;
pub mod choice;
pub mod chosen;
pub mod evaluation;
pub mod finalists;
pub mod goal;
pub mod judge;
pub mod method;
pub mod parameter;
pub mod practice;
pub mod question;
mod ranking;
pub mod sensitivity;
pub mod space;
pub mod spike;
pub mod split;
pub mod summary;
pub mod traffic;

#[cfg(test)]
mod tests;
