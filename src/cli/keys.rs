//! One key at a time from a terminal; the only file that knows console.

use console::{Key, Term};

/// What a person types.
#[derive(Debug)]
pub struct Keys {
    terminal: Term,
}

impl Keys {
    /// Those of the process's terminal.
    pub fn new() -> Self {
        Self {
            terminal: Term::stdout(),
        }
    }

    /// The next letter; `None` when the person leaves by Escape or Ctrl-C, or nobody types.
    pub fn next(&mut self) -> Option<char> {
        match self.terminal.read_key() {
            Ok(Key::Char(letter)) => Some(letter.to_ascii_lowercase()),
            Ok(Key::Escape | Key::CtrlC) | Err(_) => None,
            Ok(_) => Some('?'),
        }
    }
}
