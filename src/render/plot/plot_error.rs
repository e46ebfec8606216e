//! Why a picture cannot be drawn.

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// The run has no interval to show.
    #[error("the run is empty: there is nothing to draw")]
    Empty,
    /// The drawing library failed.
    #[error("the plot could not be drawn: {0}")]
    Drawing(String),
    /// The PNG could not be encoded.
    #[error("the plot could not be encoded as PNG: {0}")]
    Encoding(#[from] png::EncodingError),
}
