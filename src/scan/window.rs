//! The reorder window.

/// The window within which events are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// In milliseconds.
    pub millis: i64,
    /// In events of one file.
    pub events: u64,
}

impl Default for Window {
    /// 5 minutes or 100,000 events, whichever is less.
    fn default() -> Self {
        Self {
            millis: 5 * 60_000,
            events: 100_000,
        }
    }
}
