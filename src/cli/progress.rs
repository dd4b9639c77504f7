//! Progress bars on a terminal; the only file that uses indicatif.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::event::io::Progress;

/// A bar on standard error.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// A progress bar. `whole: None` shows a spinner; `is_shown: false` hides it.
    pub fn new(whole: Option<u64>, is_shown: bool) -> Self {
        let template = match whole {
            Some(_) => "{bar:28}  {percent:>3} %  {msg}  {eta} left",
            None => "{spinner}  {msg}  {elapsed}",
        };
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let target = if is_shown {
            ProgressDrawTarget::stderr_with_hz(8)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(whole, target);
        bar.set_style(style.progress_chars("━╸ "));
        Self(bar)
    }

    /// So much is done, and this is to be said about it.
    pub fn set(&self, done: u64, say: impl FnOnce(Duration) -> String) {
        if !self.0.is_hidden() {
            self.0.set_position(done);
            self.0.set_message(say(self.0.elapsed()));
        }
    }

    /// Writes to the same terminal without a tear in the bar.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    /// Takes it off the terminal.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn advance(&self, units: u64) {
        self.0.inc(units);
    }
}
