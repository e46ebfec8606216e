//! The terminal: data to stdout, messages to stderr; colour only where the stream and NO_COLOR allow it.

use std::borrow::Cow;
use std::io::{ErrorKind, Write};

use anstream::{AutoStream, ColorChoice};

use super::error::{CommandError, Completion};
use super::near_file::with_near_names;
use crate::render::diagnostic::{render_diagnostic, render_diagnostics};
use crate::render::paint::Colour;
use crate::scenario::Diagnostic;
use crate::text::csv_cell::visible_csv;
use crate::text::{visible, visible_coloured, visible_lines};

/// The two streams of a command.
#[derive(Debug, Default)]
pub(super) struct Screen;

impl Screen {
    /// The process's own streams.
    pub(super) fn new() -> Self {
        Self
    }

    /// Whether what goes to stdout may carry colours.
    pub(super) fn stdout_colour(&self) -> Colour {
        colour_of(AutoStream::choice(&std::io::stdout()))
    }

    fn stderr_colour(&self) -> Colour {
        colour_of(AutoStream::choice(&std::io::stderr()))
    }

    /// Writes a page to stdout, coloured or not.
    ///
    /// The renderers make text from outside visible; what they missed becomes so here.
    pub(super) fn print(&mut self, text: &str) -> Result<(), CommandError> {
        let colour = self.stdout_colour();
        self.write(&shown(text, colour))
    }

    /// Writes data, which has no colours, to stdout.
    pub(super) fn print_data(&mut self, text: &str) -> Result<(), CommandError> {
        self.write(&visible_lines(text))
    }

    /// Writes CSV to stdout: a cell stays on its line.
    pub(super) fn print_csv(&mut self, text: &str) -> Result<(), CommandError> {
        self.write(&visible_csv(text))
    }

    /// Writes a script of our own, which another program reads, to stdout.
    pub(super) fn print_script(&mut self, script: &[u8]) -> Result<(), CommandError> {
        let mut stdout = std::io::stdout().lock();
        Self::written(stdout.write_all(script).and_then(|()| stdout.flush()))
    }

    fn write(&mut self, text: &str) -> Result<(), CommandError> {
        let mut stdout = anstream::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        Self::written(written)
    }

    fn written(outcome: std::io::Result<()>) -> Result<(), CommandError> {
        match outcome {
            // The reader of the pipe, such as `head`, may stop early.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(CommandError::Stdout),
        }
    }

    /// Writes a message of one line to stderr; a stderr that is gone is no reason to fail.
    pub(super) fn note(&mut self, line: &str) {
        self.note_lines(&visible(line));
    }

    /// The same of several lines, each made visible before.
    pub(super) fn note_lines(&mut self, text: &str) {
        let text = shown(text, self.stderr_colour());
        let mut stderr = anstream::stderr().lock();
        // If stderr is closed, there is no other place to report that.
        let _ = writeln!(stderr, "{text}");
    }

    /// Writes what a user should know beside the result.
    pub(super) fn warn(&mut self, warnings: &[Diagnostic]) {
        for warning in warnings {
            let text = render_diagnostic(warning, self.stderr_colour());
            self.note_lines(&format!("{text}\n"));
        }
    }

    /// Says how a command ended, and gives its exit code.
    pub(super) fn finish(&mut self, result: Result<Completion, CommandError>) -> u8 {
        match result {
            Ok(completion) => completion.exit_code(),
            Err(error) => {
                let text = match &error {
                    CommandError::Input(diagnostics) => {
                        let diagnostics = with_near_names(diagnostics);
                        render_diagnostics(&diagnostics, self.stderr_colour())
                    }
                    CommandError::Variant { diagnostics, .. } => format!(
                        "{}\n\nerror: {}",
                        render_diagnostics(diagnostics, self.stderr_colour()),
                        visible(&error.to_string())
                    ),
                    other => format!("error: {}", visible(&other.to_string())),
                };
                self.note_lines(&text);
                error.exit_code()
            }
        }
    }
}

fn colour_of(choice: ColorChoice) -> Colour {
    match choice {
        ColorChoice::Never => Colour::Plain,
        _ => Colour::Ansi,
    }
}

/// Text of several lines as a stream shows it: only a coloured one has escapes, those of colours.
fn shown(text: &str, colour: Colour) -> Cow<'_, str> {
    match colour {
        Colour::Plain => visible_lines(text),
        Colour::Ansi => visible_coloured(text),
    }
}
