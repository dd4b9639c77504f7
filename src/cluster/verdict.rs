//! What comparisons came to: the verdict on each answer, and on all of them.

use std::sync::Arc;

use super::item::Item;
use crate::diagnostic::Cause;
use crate::diagnostic::cluster::{Differs, MissingResults, NotCompared, Refusal, SameResults};
use crate::rule::Rule;
use crate::scan::Stats;

/// What became of one response.
#[derive(Debug, Clone)]
pub struct Compared {
    /// The id of the request.
    pub id: String,
    /// The rule and its file; `None` where there is none of that id.
    pub rule: Option<(Arc<Rule>, String)>,
    /// How the answer compares with Trapline's.
    pub verdict: Verdict,
}

/// What a comparison came to.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Both find the same, so many results.
    Equal(usize),
    /// They do not.
    Different(Difference),
    /// One of them refuses the request, or both do.
    Refused(Refusal),
    /// Nothing can be said.
    NotCompared(NotCompared),
}

/// The results that only one of both has.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// What both have.
    pub same: usize,
    /// What Trapline finds and the cluster does not give.
    pub missing: Vec<Item>,
    /// What the cluster gives and Trapline does not find.
    pub extra: Vec<Item>,
    /// The answer is cut off, so nothing is said to be missing.
    pub is_cut: bool,
    /// How many documents the filters select on the cluster and offline, where that differs.
    pub documents: Option<(u64, u64)>,
}

impl Difference {
    /// In what the answer differs.
    pub fn cause(&self) -> Differs {
        let same = SameResults(self.same);
        let (missing, extra) = (self.missing.len(), self.extra.len());
        let counted = if self.is_cut {
            MissingResults::CutOff
        } else {
            MissingResults::Counted(missing)
        };
        match (self.documents, missing, extra) {
            (Some((cluster, trapline)), ..) => Differs::Documents {
                same,
                missing: counted,
                extra,
                cluster,
                trapline,
            },
            (None, _, 0) => Differs::Missing { same, missing },
            (None, 0, _) => Differs::Extra {
                same,
                missing: counted,
                extra,
            },
            (None, ..) => Differs::MissingAndExtra {
                same,
                missing,
                extra,
            },
        }
    }
}

/// The verdicts, in the order of the first pages of the answers, and the figures of the searches.
pub struct Comparison {
    /// The verdicts.
    pub verdicts: Vec<Compared>,
    /// What reading the recordings gave.
    pub stats: Stats,
}

impl Comparison {
    /// Whether nothing differs: every answer that could be compared is equal, or refused by both.
    pub fn is_equal(&self) -> bool {
        !self.verdicts.iter().any(|one| one.verdict.is_difference())
    }

    /// Whether nothing could be compared.
    pub fn is_void(&self) -> bool {
        let mut verdicts = self.verdicts.iter();
        verdicts.all(|one| matches!(one.verdict, Verdict::NotCompared(_)))
    }

    /// In a word: `equal`, `different`, or `not_compared` where there was nothing to compare.
    pub fn conclusion(&self) -> &'static str {
        match (self.is_equal(), self.is_void()) {
            (false, _) => "different",
            (true, true) => "not_compared",
            (true, false) => "equal",
        }
    }
}

impl Verdict {
    /// Whether the cluster does something else than Trapline.
    pub fn is_difference(&self) -> bool {
        match self {
            Self::Different(_) => true,
            Self::Refused(refusal) => !matches!(refusal, Refusal::Both { .. }),
            Self::Equal(_) | Self::NotCompared(_) => false,
        }
    }

    /// Why the answer is not equal; `None` where it is.
    pub fn cause(&self) -> Option<Box<dyn Cause>> {
        match self {
            Self::Equal(_) => None,
            Self::Different(difference) => Some(Box::new(difference.cause())),
            Self::Refused(refusal) => Some(Box::new(refusal.clone())),
            Self::NotCompared(why) => Some(Box::new(why.clone())),
        }
    }

    /// As the JSON report names it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Equal(_) => "equal",
            Self::Different(_) => "different",
            Self::Refused(_) => "refused",
            Self::NotCompared(_) => "not_compared",
        }
    }
}
