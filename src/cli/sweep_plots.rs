//! The pictures of a sweep, by file.
//!
//! Self-imposed limit: which files there are and when; what is drawn is `render`'s.

use super::choices::{PictureKind, PlotChoice};
use super::file_names::SWEEP_PICTURES;
use crate::draw::DrawError;
use crate::render::plot::front::draw_sweep_front;
use crate::render::plot::sweep_heat::draw_heatmap;
use crate::render::plot::sweep_parameters::draw_parameters;
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

    /// The file's bytes; none of a picture that does not [fit](Self::fits).
    pub(super) fn render(
        self,
        answer: &SweepAnswer<'_>,
        outcome: &SweepOutcome,
    ) -> Result<Vec<u8>, DrawError> {
        let drawing = match self {
            Self::FrontPng | Self::FrontSvg => Some(draw_sweep_front(answer, outcome)),
            Self::ParametersPng | Self::ParametersSvg => Some(draw_parameters(answer, outcome)),
            Self::HeatPng | Self::HeatSvg => draw_heatmap(answer, outcome),
        };
        let bytes = drawing.map(|drawing| match self.kind() {
            PictureKind::Png => drawing.to_png(),
            PictureKind::Svg => Ok(drawing.to_svg()?.into_bytes()),
        });
        Ok(bytes.transpose()?.unwrap_or_default())
    }
}
