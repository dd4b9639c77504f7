//! What can stop an alert, by the names that `because` and snapshots give it.

use std::fmt;

/// What can stop an alert, by the name that `because` and snapshots give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReasonName {
    /// A structural word.
    Word(ReasonWord),
    /// `exception NAME`: an exception of this name.
    Exception(String),
    /// `taken by LABEL`: another event stands in its place.
    ConsumedBy(String),
    /// `join FIELD`: a join key.
    Join(String),
    /// A part of the text of a clause.
    Text(String),
}

impl ReasonName {
    /// Reads what stands in a scenario.
    pub(in crate::replay) fn parse(text: &str) -> Self {
        if let Some(word) = ReasonWord::parse(text) {
            return Self::Word(word);
        }
        if let Some(name) = text.strip_prefix(EXCEPTION) {
            Self::Exception(name.to_owned())
        } else if let Some(label) = text.strip_prefix(TAKEN_BY) {
            Self::ConsumedBy(label.to_owned())
        } else if let Some(field) = text.strip_prefix(JOIN) {
            Self::Join(field.to_owned())
        } else {
            Self::Text(text.to_owned())
        }
    }

    /// Whether it is this structural word.
    pub(in crate::replay) fn is(&self, word: ReasonWord) -> bool {
        *self == Self::Word(word)
    }
}

const EXCEPTION: &str = "exception ";
const TAKEN_BY: &str = "taken by ";
const JOIN: &str = "join ";

impl fmt::Display for ReasonName {
    /// As it stands in a scenario.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word.word()),
            Self::Exception(name) => write!(f, "{EXCEPTION}{name}"),
            Self::ConsumedBy(label) => write!(f, "{TAKEN_BY}{label}"),
            Self::Join(field) => write!(f, "{JOIN}{field}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Declares the structural words with their texts and the list of them.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// A structural word: what can stop an alert beside a condition of the query.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ReasonWord {
            $($(#[$doc])* $name,)+
        }

        impl ReasonWord {
            /// Every word.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// As scenarios and snapshots have it.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

words! {
    /// The events are in another order.
    Order = "order",
    /// The sequence takes too long.
    Maxspan = "maxspan",
    /// The event of `until` comes between.
    Until = "until",
    /// An event that must be missing is there.
    MissingEvent = "missing event",
    /// The event is of another category.
    Category = "category",
    /// The rule's index patterns do not select the event.
    NotRouted = "not routed",
    /// Elasticsearch would refuse the query.
    Unverifiable = "unverifiable",
    /// The events of a match are never in one execution.
    LookBack = "look-back",
    /// Some exception hides the event.
    Exception = "exception",
    /// The rule's own filters hide the event.
    Filters = "filters",
    /// There are more alerts than an execution makes.
    MaxSignals = "max_signals",
    /// Suppression joins the alert to another one.
    Suppressed = "suppressed",
    /// The clause would hold but for the case of the event's value.
    Case = "case",
    /// The event has the words of the clause, not in a row.
    Words = "words",
    /// A group has too few events.
    Count = "count",
    /// A group has too few values of the cardinality field.
    Cardinality = "cardinality",
    /// The events lack a field that groups them.
    NoGroup = "no group",
    /// There are events enough, in several groups.
    Spread = "spread",
    /// There are events enough, never in one execution.
    Window = "window",
    /// There would be events enough, but an earlier alert has counted some of them.
    Counted = "counted",
    /// The term was seen before.
    Seen = "seen",
    /// The event has no value that could be new.
    NoTerm = "no term",
    /// The term is as old as the history at its edge.
    AtTheEdge = "at the edge",
    /// No indicator has the value.
    Indicator = "indicator",
    /// An indicator has the value, and the rule's indicator query, filters or exceptions leave it
    /// out.
    IndicatorQuery = "indicator query",
    /// The entries of a group hold, each for another indicator.
    IndicatorGroup = "indicator group",
    /// A field has several values, and the rule uses it only with one.
    SeveralValues = "several values",
    /// An indicator has a value that it must not have.
    NegatedEntry = "negated entry",
}

impl ReasonWord {
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.word() == text)
    }
}
