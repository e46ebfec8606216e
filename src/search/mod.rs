//! Many simulations from one question: grids and samples of policies, fronts of cost against harm.
//!
//! Templates and parameters come in. Rows, fronts and bytes go out, in the same order for
//! any number of threads.
//!
//! | module | what it holds |
//! |---|---|
//! | [`backtest`] | the runs of a backtest |
//! | [`parameter`] | `path=values` of the command line: lists, ranges, single values |
//! | [`grid`] | the points: every combination, or a Latin hypercube |
//! | [`in_order`] | work on many threads, results in order |
//! | [`front`] | what no other point beats, and its knee |
//! | [`summary`] | `summary.json` of a sweep |
//! | [`table`] | `sweep.csv`: head and rows |
//! | [`parts`] | `sweep.csv` read again: going on, joining parts |
//! | [`outcome`] | cost against harm for each point, the front, the current policy |
//! | [`sweep`] | what a sweep is and what comes of it |
//! | [`tune`] | the search for a better policy |
//! | [`what_matters`] | a result's assumptions at both ends of their ranges |

pub mod backtest;
pub mod front;
pub mod grid;
pub mod in_order;
pub mod outcome;
pub mod overload;
pub mod parameter;
pub mod parts;
pub mod summary;
pub mod sweep;
pub mod table;
pub mod tune;
pub mod what_matters;
