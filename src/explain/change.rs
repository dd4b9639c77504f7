//! Changes with which a rule would alert; `report/explanation.rs` has the sentences.

use crate::diagnostic::observation::{Missed, Values};
use crate::evaluate::{Cause, CauseKind, Shortfall};
use crate::event::Value;
use crate::event::time::format_offset;
use crate::plan::{ClauseKind, Plan};

/// A change with which the rule would alert, on the event of this label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An index pattern selects the event.
    Selected {
        /// The event.
        event: String,
    },
    /// The filter or exception of this name does not hide the event.
    Shown {
        /// The event.
        event: String,
        /// The name.
        exclusion: String,
    },
    /// The event does not take a sequence from the one that is expected.
    NotTaken {
        /// The event.
        event: String,
    },
    /// The event comes at least so much later.
    Later {
        /// The event.
        event: String,
        /// The time.
        by: String,
    },
    /// The event comes so much sooner.
    Sooner {
        /// The event.
        event: String,
        /// The time.
        by: String,
    },
    /// The event and the one that it joins have a value of the key.
    HasKey {
        /// The event.
        event: String,
        /// The key.
        field: String,
    },
    /// The event has another value of the key.
    Key {
        /// The event.
        event: String,
        /// The key.
        field: String,
        /// What it has.
        found: Values,
        /// What it would have.
        expected: Values,
    },
    /// The event does not end the sequence.
    NotEnded {
        /// The event.
        event: String,
    },
    /// The event is not there.
    Absent {
        /// The event.
        event: String,
    },
    /// The event is of the category.
    OfCategory {
        /// The event.
        event: String,
    },
    /// The clause has the other outcome.
    Inverted {
        /// The event.
        event: String,
        /// Its text.
        clause: String,
        /// Its outcome, where it is known.
        outcome: Option<bool>,
    },
    /// Something of production does not stop it.
    NotStopped {
        /// Its name.
        name: String,
    },
    /// The clause of an ES|QL query does not stop it.
    NotStoppedByClause {
        /// Its text.
        clause: String,
        /// The event, where there is one.
        event: Option<String>,
    },
}

impl Change {
    /// The change that would undo a cause; `None` where the plan does not know its clause.
    pub(super) fn of(
        plan: &Plan,
        cause: &Cause,
        outcome: Option<bool>,
        event: String,
    ) -> Option<Self> {
        let clause = match cause.kind {
            CauseKind::NotRouted => return Some(Self::Selected { event }),
            CauseKind::ConsumedBy(_) => return Some(Self::NotTaken { event }),
            CauseKind::Clause(id) => plan.clause(id)?,
        };
        Some(match (clause.kind, &cause.shortfall) {
            (ClauseKind::Order, Some(Shortfall::Order { early })) => Self::Later {
                event,
                by: plain(early.saturating_add(1)),
            },
            (ClauseKind::Maxspan, Some(Shortfall::Maxspan { late })) => Self::Sooner {
                event,
                by: plain(*late),
            },
            (ClauseKind::JoinKey, Some(Shortfall::Join { have, want })) => {
                let field = clause.text.strip_prefix("join ").unwrap_or(&clause.text);
                let field = field.to_owned();
                if have.is_empty() && want.is_empty() {
                    Self::HasKey { event, field }
                } else {
                    Self::Key {
                        event,
                        field,
                        found: values(have),
                        expected: values(want),
                    }
                }
            }
            (ClauseKind::Until, _) => Self::NotEnded { event },
            (ClauseKind::Missing, _) => Self::Absent { event },
            (ClauseKind::Category, _) => Self::OfCategory { event },
            _ => Self::Inverted {
                event,
                clause: clause.text.clone(),
                outcome,
            },
        })
    }
}

/// By how much a structural clause missed.
pub(super) fn missed(miss: &Shortfall) -> Missed {
    match miss {
        Shortfall::Order { early } => Missed::TooEarly { by: plain(*early) },
        Shortfall::Maxspan { late } => Missed::TooLate { by: plain(*late) },
        Shortfall::Join { have, want } => Missed::Key {
            found: values(have),
            expected: values(want),
        },
    }
}

fn plain(millis: i64) -> String {
    format_offset(millis).trim_start_matches('+').to_owned()
}

fn values(values: &[Value]) -> Values {
    Values(values.iter().map(ToString::to_string).collect())
}
