//! Standard output and standard error, and whether they take colours; the only file that knows
//! anstream and terminal_size. Data goes to standard output, everything else to standard error.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};

use super::ExitCode;
use super::args::Color;
use super::error::Problem;
use crate::diagnostic::{Diagnostic, escape, render};

/// Where a command writes to.
#[expect(
    clippy::struct_excessive_bools,
    reason = "two facts of each of two streams"
)]
pub struct Console {
    out: Watched,
    err: Box<dyn Write + Send>,
    out_colour: bool,
    err_colour: bool,
    terminal: bool,
    err_terminal: bool,
    /// The codes and lints whose page was named already.
    named: BTreeSet<&'static str>,
}

/// A stream that remembers the first failed write. A closed pipe (`trapline … | head`) is not a
/// failure.
struct Watched {
    stream: Box<dyn Write + Send>,
    failure: Option<io::Error>,
}

impl Watched {
    fn new(stream: Box<dyn Write + Send>) -> Self {
        Self {
            stream,
            failure: None,
        }
    }

    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && !matches!(
                error.kind(),
                io::ErrorKind::BrokenPipe | io::ErrorKind::Interrupted
            )
            && self.failure.is_none()
        {
            self.failure = Some(io::Error::new(error.kind(), error.to_string()));
        }
        result
    }
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.stream.write(bytes);
        self.note(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.stream.flush();
        self.note(result)
    }
}

/// Escapes JSON on its way to standard output, as [`Console::write_json`] does.
pub struct JsonStream<'c> {
    out: &'c mut Watched,
    waiting: Vec<u8>,
}

/// So much JSON is written at once.
const AT_ONCE: usize = 1 << 16;

impl JsonStream<'_> {
    /// Writes what waits up to `end`, behind which no escape can have begun.
    fn write_to(&mut self, end: usize) -> io::Result<()> {
        let rest = self.waiting.split_off(end);
        let whole = std::mem::replace(&mut self.waiting, rest);
        let text = String::from_utf8_lossy(&whole);
        self.out.write_all(escape::json(&text).as_bytes())
    }
}

impl Write for JsonStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= AT_ONCE {
            let ends = |byte: &u8| matches!(byte, b'"' | b',' | b'}' | b'\n');
            if let Some(last) = self.waiting.iter().rposition(ends) {
                self.write_to(last + 1)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_to(self.waiting.len())?;
        self.out.flush()
    }
}

/// The command that prints the page of a code or lint, and the others that have one.
fn page_hint(first: &str, others: &[&str]) -> String {
    let others = match others {
        [] => String::new(),
        others => format!(" (or {})", others.join(", ")),
    };
    format!("`trapline explain {first}`{others} explains this error and how to fix it.\n\n")
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
            out: Watched::new(Box::new(AutoStream::new(io::stdout(), out))),
            err: Box::new(AutoStream::new(io::stderr(), err)),
            out_colour: out != ColorChoice::Never,
            err_colour: err != ColorChoice::Never,
            terminal: io::stdout().is_terminal(),
            err_terminal: io::stderr().is_terminal(),
            named: BTreeSet::new(),
        }
    }

    /// Streams into memory.
    pub fn to(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self {
            out: Watched::new(out),
            err,
            out_colour: false,
            err_colour: false,
            terminal: false,
            err_terminal: false,
            named: BTreeSet::new(),
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

    /// How many columns the stream has, where it is a terminal.
    pub fn width(&self, stream: Stream) -> Option<usize> {
        let size = match stream {
            Stream::Out if self.terminal => terminal_size::terminal_size_of(io::stdout()),
            Stream::Err if self.err_terminal => terminal_size::terminal_size_of(io::stderr()),
            Stream::Out | Stream::Err => None,
        };
        size.map(|(width, _)| usize::from(width.0))
    }

    /// The stream itself.
    pub fn stream(&mut self, stream: Stream) -> &mut (dyn Write + Send) {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }

    /// Writes text for people. Escapes everything except our own colours, so that input cannot
    /// control the terminal or CI. [`Self::close`] reports whether standard output took everything.
    pub fn write(&mut self, stream: Stream, text: &str) {
        let text = escape::terminal(text, self.colour(stream));
        self.write_as_is(stream, &text);
    }

    /// Writes JSON, with more escapes where its strings would do something.
    pub fn write_json(&mut self, text: &str) {
        self.write_as_is(Stream::Out, &escape::json(text));
    }

    /// Writes what is meant to do something: commands of the terminal or of CI.
    pub fn write_as_is(&mut self, stream: Stream, text: &str) {
        let stream = self.stream(stream);
        let _ = stream.write_all(text.as_bytes());
        let _ = stream.flush();
    }

    /// Standard output for JSON of any length.
    pub fn json_stream(&mut self) -> JsonStream<'_> {
        JsonStream {
            out: &mut self.out,
            waiting: Vec::new(),
        }
    }

    /// Draws diagnostics on standard error, one blank line after each. On a terminal, the command that
    /// prints the page of a code follows the first diagnostics with that code.
    pub fn diagnostics<'a>(&mut self, diagnostics: impl IntoIterator<Item = &'a Diagnostic>) {
        let mut codes = Vec::new();
        for diagnostic in diagnostics {
            let width = self.width(Stream::Err);
            let text = render::render_within(diagnostic, self.err_colour, width);
            self.write(Stream::Err, &format!("{text}\n"));
            let code = diagnostic.code.number;
            if self.named.insert(code) {
                codes.push(code);
            }
        }
        if self.err_terminal
            && let Some((first, others)) = codes.split_first()
        {
            self.write(Stream::Err, &page_hint(first, others));
        }
    }

    /// Writes what is still held back. Where standard output did not take everything, that is said,
    /// and it decides how the program ends.
    pub fn close(&mut self, exit: ExitCode) -> ExitCode {
        let _ = self.out.flush();
        let Some(failure) = self.out.failure.take() else {
            return exit;
        };
        let message = format!("standard output could not be written: {failure}");
        let diagnostic = Diagnostic::error(&super::error::OUTPUT_LOST, message)
            .help("what was written is not whole; make room and run it again");
        self.diagnostics([&diagnostic]);
        exit.and(ExitCode::Usage)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes this many bytes, then fails.
    struct Full(usize, io::ErrorKind);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(self.1.into());
            }
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A text that stays readable while a console writes to it.
    #[derive(Clone, Default)]
    struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_person_is_told_once_how_to_read_the_page_of_a_code() {
        let first = Diagnostic::error(&crate::cli::error::INTERNAL, "a");
        let other = Diagnostic::error(&crate::cli::error::OUTPUT_LOST, "b");
        for terminal in [true, false] {
            let err = Shared::default();
            let mut console = Console::to(Box::new(io::sink()), Box::new(err.clone()));
            console.err_terminal = terminal;
            console.diagnostics([&first, &other, &first]);
            console.diagnostics([&other]);
            let text = String::from_utf8(err.0.lock().unwrap().clone()).unwrap();
            let hint = page_hint(first.code.number, &[other.code.number]);
            assert_eq!(text.matches(&hint).count(), usize::from(terminal), "{text}");
            assert_eq!(
                text.matches("trapline explain").count(),
                usize::from(terminal)
            );
        }
    }

    #[test]
    fn what_standard_output_does_not_take_decides_the_exit() {
        for (room, kind, exit) in [
            (9, io::ErrorKind::StorageFull, ExitCode::Passed),
            (3, io::ErrorKind::StorageFull, ExitCode::Usage),
            (3, io::ErrorKind::BrokenPipe, ExitCode::Passed),
        ] {
            let mut console = Console::to(Box::new(Full(room, kind)), Box::new(io::sink()));
            console.write(Stream::Out, "an alert");
            assert_eq!(console.close(ExitCode::Passed), exit, "{room} {kind}");
        }
    }
}
