//! The pictures: what each shows as marks on a sheet, which cannot fail. Their bytes are `draw`'s.

mod acted_on;
mod axis;
pub mod backtest;
pub mod bands;
pub mod compared;
pub mod foot;
pub mod front;
mod ink;
mod page;
mod panel;
mod panels;
mod plane;
mod run;
pub mod sensitivity;
mod series;
pub mod sweep_heat;
pub mod sweep_parameters;
mod symbols;

pub use self::page::WIDTH;
pub use self::run::{Picture, SeedsPicture, draw_run, draw_seeds};
