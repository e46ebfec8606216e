//! The pictures of a sweep, by file.
//!
//! Self-imposed limit: which files there are and when; what is drawn is `render`'s.

use super::choices::{PictureKind, PlotChoice};
use super::file_names::SWEEP_PICTURES;
use crate::render::plot::PlotError;
use crate::render::plot::sweep_front::{render_sweep_front_png, render_sweep_front_svg};
use crate::render::plot::sweep_heat::{render_heat_png, render_heat_svg};
use crate::render::plot::sweep_parameters::{render_parameters_png, render_parameters_svg};
use crate::render::sweep::SweepAnswer;
use crate::search::grid::Grid;
use crate::search::outcome::SweepOutcome;

/// One picture as one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SweepPlot {
    FrontPng,
    FrontSvg,
    ParametersPng,
    ParametersSvg,
    HeatPng,
    HeatSvg,
}

/// All of them, in the order in which they are written.
pub(super) const PLOTS: [SweepPlot; 6] = [
    SweepPlot::FrontPng,
    SweepPlot::FrontSvg,
    SweepPlot::ParametersPng,
    SweepPlot::ParametersSvg,
    SweepPlot::HeatPng,
    SweepPlot::HeatSvg,
];

impl SweepPlot {
    /// The file's name.
    pub(super) fn name(self) -> &'static str {
        let place = PLOTS.iter().position(|plot| *plot == self);
        place.map_or("", |place| SWEEP_PICTURES[place])
    }

    /// Whether `--plot` asks for it.
    pub(super) fn is_wanted(self, choice: PlotChoice) -> bool {
        choice.kinds().contains(&self.kind())
    }

    const fn kind(self) -> PictureKind {
        match self {
            Self::FrontPng | Self::ParametersPng | Self::HeatPng => PictureKind::Png,
            Self::FrontSvg | Self::ParametersSvg | Self::HeatSvg => PictureKind::Svg,
        }
    }

    /// Whether there is anything to show: a heat map takes two parameters.
    pub(super) fn fits(self, grid: &Grid) -> bool {
        match self {
            Self::HeatPng | Self::HeatSvg => grid.swept().count() == 2,
            _ => true,
        }
    }

    /// The file's bytes.
    pub(super) fn render(
        self,
        answer: &SweepAnswer<'_>,
        outcome: &SweepOutcome,
    ) -> Result<Vec<u8>, PlotError> {
        Ok(match self {
            Self::FrontPng => render_sweep_front_png(answer, outcome)?,
            Self::FrontSvg => render_sweep_front_svg(answer, outcome)?.into_bytes(),
            Self::ParametersPng => render_parameters_png(answer, outcome)?,
            Self::ParametersSvg => render_parameters_svg(answer, outcome)?.into_bytes(),
            Self::HeatPng => render_heat_png(answer, outcome)?,
            Self::HeatSvg => render_heat_svg(answer, outcome)?.into_bytes(),
        })
    }
}
