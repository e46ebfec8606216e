//! Why a drawing has no bytes.

use plotters_backend::DrawingErrorKind;

/// Why a drawing cannot become a file.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// The drawing library failed.
    #[error("the plot could not be drawn: {0}")]
    Drawing(String),
    /// The PNG could not be encoded.
    #[error("the plot could not be encoded as PNG: {0}")]
    Encoding(#[from] png::EncodingError),
}

impl<E: std::error::Error + Send + Sync> From<DrawingErrorKind<E>> for DrawError {
    fn from(error: DrawingErrorKind<E>) -> Self {
        Self::Drawing(error.to_string())
    }
}
