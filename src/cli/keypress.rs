//! Reads single keys from a terminal; the only file that uses console.

use console::{Key, Term};

/// The next letter that a person types, as it is typed; `None` when they leave by Escape or Ctrl-C, or nobody is
/// there.
pub fn typed() -> Option<char> {
    match Term::stdout().read_key() {
        Ok(Key::Char(letter)) => Some(letter),
        Ok(Key::Escape | Key::CtrlC) | Err(_) => None,
        Ok(_) => Some('?'),
    }
}
