//! The pictures of policies side by side, by file.
//!
//! Self-imposed limit: which files there are; what is drawn is `render`'s.

use super::choices::{PictureKind, PlotChoice};
use super::result_files::{ResultFile, path_safe};
use crate::render::plot::PlotError;
use crate::render::plot::bands::{render_bands_png, render_bands_svg};
use crate::render::plot::compared::{ComparedPicture, compared_chart};

/// The picture of one trace in each kind asked for; of several traces each has its name in the file's.
///
/// # Errors
/// When the picture cannot be drawn.
pub(super) fn compared_pictures(
    picture: &ComparedPicture<'_>,
    trace_count: usize,
    choice: PlotChoice,
) -> Result<Vec<ResultFile<'static>>, PlotError> {
    if choice == PlotChoice::None {
        return Ok(Vec::new());
    }
    let stem = stem(picture.trace, trace_count);
    let chart = compared_chart(picture);
    let draw = |kind: &PictureKind| {
        let bytes = match kind {
            PictureKind::Png => render_bands_png(&chart)?,
            PictureKind::Svg => render_bands_svg(&chart)?.into_bytes(),
        };
        Ok(ResultFile {
            name: format!("{stem}.{}", kind.extension()),
            bytes: bytes.into(),
        })
    };
    choice.kinds().iter().map(draw).collect()
}

fn stem(trace: &str, trace_count: usize) -> String {
    match trace_count {
        1 => "plot".to_owned(),
        _ => format!("plot-{}", path_safe(trace)),
    }
}
