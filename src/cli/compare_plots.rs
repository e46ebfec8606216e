//! The pictures of policies side by side, by file.
//!
//! Self-imposed limit: which files there are; what is drawn is `render`'s.

use super::choices::{PictureKind, PlotChoice};
use super::file_names::distinct_file_names;
use super::result_files::ResultFile;
use crate::draw::DrawError;
use crate::render::plot::bands::draw_bands;
use crate::render::plot::compared::{ComparedPicture, compared_chart};

/// What the pictures of the traces are called, without the end: of several traces each has its name in the file's.
pub(super) fn picture_stems<'n>(traces: impl Iterator<Item = &'n str>) -> Vec<String> {
    let traces: Vec<&str> = traces.collect();
    match traces[..] {
        [_] => vec!["plot".to_owned()],
        _ => distinct_file_names(&traces)
            .iter()
            .map(|name| format!("plot-{name}"))
            .collect(),
    }
}

/// The picture of one trace in each kind asked for.
///
/// # Errors
/// When the picture cannot be drawn.
pub(super) fn compared_pictures(
    picture: &ComparedPicture<'_>,
    stem: &str,
    choice: PlotChoice,
) -> Result<Vec<ResultFile<'static>>, DrawError> {
    if choice == PlotChoice::None {
        return Ok(Vec::new());
    }
    let drawing = draw_bands(&compared_chart(picture));
    let draw = |kind: &PictureKind| {
        let bytes = match kind {
            PictureKind::Png => drawing.to_png()?,
            PictureKind::Svg => drawing.to_svg()?.into_bytes(),
        };
        Ok(ResultFile {
            name: format!("{stem}.{}", kind.extension()),
            bytes: bytes.into(),
        })
    };
    choice.kinds().iter().map(draw).collect()
}
