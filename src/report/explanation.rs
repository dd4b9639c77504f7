//! The sentences of an explanation: what a match lacks, and with which change there would be one.

use std::fmt::{self, Write as _};

use crate::explain::{Change, PrefixEnd, UnmetClause};

impl UnmetClause {
    /// In one line: `stage 2, child: order, 0.541s too early`.
    pub fn words(&self) -> String {
        let mut text = String::new();
        if let Some(stage) = self.stage {
            let _ = write!(text, "stage {stage}, ");
        }
        if let Some(event) = &self.event {
            text.push_str(event);
            text.push_str(": ");
        }
        text.push_str(&self.clause);
        if let Some((outcome, value)) = &self.saw {
            let _ = write!(text, " is {outcome}: {value}");
        }
        if let Some(found) = &self.found {
            let _ = write!(text, ": {found}");
        }
        if let Some(miss) = &self.miss {
            let _ = write!(text, ", {miss}");
        }
        text
    }
}

/// A phrase after `would alert if `.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Selected { event } => write!(f, "an index pattern selected {event}"),
            Self::Shown { event, exclusion } => write!(f, "{exclusion} did not hide {event}"),
            Self::NotTaken { event } => write!(f, "{event} had not taken the sequence"),
            Self::Later { event, by } => write!(f, "{event} came {by} later or more"),
            Self::Sooner { event, by } => write!(f, "{event} came {by} sooner"),
            Self::HasKey { event, field } => write!(
                f,
                "{field} had a value that fits its type on {event} and the event that it joins"
            ),
            Self::Key {
                event,
                field,
                found,
                expected,
            } => write!(f, "{field} were {expected} on {event}, not {found}"),
            Self::NotEnded { event } => write!(f, "{event} had not ended it (until)"),
            Self::Absent { event } => write!(f, "{event} were not there (missing event)"),
            Self::OfCategory { event } => write!(f, "{event} were of the category"),
            Self::Inverted {
                event,
                clause,
                outcome,
            } => {
                let outcome = outcome.map_or("otherwise", |is| if is { "false" } else { "true" });
                write!(f, "{clause} were {outcome} on {event}")
            }
            Self::NotStopped { name } => write!(f, "{name} did not stop it"),
            Self::NotStoppedByClause { clause, event } => {
                write!(f, "`{clause}` did not stop it")?;
                match event {
                    Some(event) => write!(f, " on {event}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for PrefixEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmet(clause) => f.write_str(&clause.words()),
            Self::NoEvent(stage) => write!(f, "no event that meets stage {stage}"),
            Self::NotMissing => f.write_str("an event that must be missing"),
        }
    }
}
