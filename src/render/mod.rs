//! Tables, plots and messages: results in, text or bytes out.
//!
//! Self-imposed limit: no file system and no terminal.

pub mod diagnostic;
