//! What kept a rule from alerting although its query matches.

use crate::diagnostic::observation::{Missed, Seen};
use crate::replay::outcome::{CauseRecord, NoneRecord};
use crate::replay::reason::{ReasonName, ReasonWord};

/// Why a rule does not alert although its query matches.
pub(in crate::replay) struct AlertStopped {
    /// Each of them, lifted alone, makes an alert.
    pub(in crate::replay) reasons: Vec<ReasonName>,
    /// More that a scenario may give as the reason: a value that was seen, a threshold.
    pub(in crate::replay) also: Vec<String>,
    /// As it is recorded.
    pub(in crate::replay) record: NoneRecord,
}

impl AlertStopped {
    /// Stopped by structural words; `value` is what was seen.
    pub(in crate::replay) fn by_words(words: &[ReasonWord], value: Seen) -> Self {
        let cause = |word: &ReasonWord| CauseRecord {
            stage: None,
            event: None,
            clause: word.word().to_owned(),
            line: None,
        };
        Self {
            reasons: words.iter().copied().map(ReasonName::Word).collect(),
            also: Vec::new(),
            record: NoneRecord {
                blocker: words.iter().map(|word| word.word().to_owned()).collect(),
                causes: words.iter().map(cause).collect(),
                value: Some(value),
                ..NoneRecord::default()
            },
        }
    }

    /// The same at an event, by its label.
    pub(in crate::replay) fn at(mut self, event: Option<String>) -> Self {
        for cause in &mut self.record.causes {
            cause.event.clone_from(&event);
        }
        self.record.event = event;
        self
    }

    /// Adds by how much it missed.
    pub(in crate::replay) fn missed_by(mut self, miss: Option<Missed>) -> Self {
        self.record.miss = miss;
        self
    }
}
