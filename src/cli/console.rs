//! Standard output and standard error, and whether they take colours; the only file that knows
//! anstream and terminal_size. Data goes to standard output, everything else to standard error.

use std::io::{self, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};

use super::ExitCode;
use super::args::Color;
use super::error::Problem;
use crate::diagnostic::{Diagnostic, render};

/// Where a command writes to.
#[expect(
    clippy::struct_excessive_bools,
    reason = "two facts of each of two streams"
)]
pub struct Console {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    out_colour: bool,
    err_colour: bool,
    terminal: bool,
    err_terminal: bool,
}

/// One of the two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

impl Console {
    /// The process's own streams.
    pub fn new(color: Color) -> Self {
        let choice = |auto: ColorChoice| match color {
            Color::Auto => auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let out = choice(AutoStream::choice(&io::stdout()));
        let err = choice(AutoStream::choice(&io::stderr()));
        Self {
            out: Box::new(AutoStream::new(io::stdout(), out)),
            err: Box::new(AutoStream::new(io::stderr(), err)),
            out_colour: out != ColorChoice::Never,
            err_colour: err != ColorChoice::Never,
            terminal: io::stdout().is_terminal(),
            err_terminal: io::stderr().is_terminal(),
        }
    }

    /// Streams into memory, for tests.
    pub fn to(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            err,
            out_colour: false,
            err_colour: false,
            terminal: false,
            err_terminal: false,
        }
    }

    /// Whether this stream takes colours.
    pub fn colour(&self, stream: Stream) -> bool {
        match stream {
            Stream::Out => self.out_colour,
            Stream::Err => self.err_colour,
        }
    }

    /// Whether a person looks at standard output.
    pub fn terminal(&self) -> bool {
        self.terminal
    }

    /// Whether a person looks at standard error.
    pub fn err_terminal(&self) -> bool {
        self.err_terminal
    }

    /// How many columns standard output has, where it is a terminal.
    pub fn width(&self) -> Option<usize> {
        let size = self.terminal.then(terminal_size::terminal_size).flatten();
        size.map(|(width, _)| usize::from(width.0))
    }

    /// The stream itself.
    pub fn stream(&mut self, stream: Stream) -> &mut (dyn Write + Send) {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }

    /// Writes a text. A reader that has gone away (`trapline … | head`) is no error of ours, and
    /// there is nobody to tell of any other.
    pub fn write(&mut self, stream: Stream, text: &str) {
        let stream = self.stream(stream);
        let _ = stream.write_all(text.as_bytes());
        let _ = stream.flush();
    }

    /// Draws diagnostics on standard error, one blank line after each.
    pub fn diagnostics<'a>(&mut self, diagnostics: impl IntoIterator<Item = &'a Diagnostic>) {
        for diagnostic in diagnostics {
            let text = render::render(diagnostic, self.err_colour);
            self.write(Stream::Err, &format!("{text}\n"));
        }
    }

    /// Says what must not happen, and gives the code for it.
    pub fn internal(&mut self, message: &str) -> ExitCode {
        self.diagnostics([&Diagnostic::error(&super::error::INTERNAL, message)]);
        ExitCode::Internal
    }

    /// Says what the problem is; the result is how the program ends.
    pub fn problem(&mut self, problem: &Problem) -> ExitCode {
        self.diagnostics(&problem.diagnostics);
        problem.exit
    }
}
