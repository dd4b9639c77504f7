//! Why a value of a rule is not taken.

use std::fmt;

use super::cause::{Part, causes, phrases};

causes! {
    /// What is wrong with a value of a rule.
    BadValue {
        Empty { name: String } => "`{name}` must not be empty";
        UnknownWord { name: String, found: String, expected: OneOf } =>
            "`{name}` is `{found}`, but must be {expected}";
        BadTime { name: &'static str, found: String, expected: TimeForm } =>
            "`{name}` is `{found}`, but must be {expected}";
        /// `risk_score`
        RiskScore { found: i64 } => "`risk_score` is {found}, but must be 0 to 100";
        TooSmall { name: &'static str, found: i64, least: u64 } =>
            "`{name}` is {found}, but must be at least {least}";
        /// The fields of `group_by`.
        GroupBy { found: usize } => "`group_by` names {found} fields, but must name 1 to 3";
        /// `missing_fields_strategy`
        MissingFields { found: String } =>
            "`missing_fields_strategy` is `{found}`, but must be `suppress` or `doNotSuppress`";
        NoDuration { found: String } =>
            "`{found}` is no duration: a number above 0 and `s`, `m` or `h`";
        /// The fields of a new-terms rule.
        NewTermsFields { found: usize, most: usize } =>
            "a new-terms rule names {found} fields, but must name 1 to {most}";
        /// A history that ends where the rule's window begins.
        EmptyHistory { found: String } =>
            "`history_window_start` is `{found}`, but must be earlier than `from`: the history would be empty";
        /// Kibana refuses a group of indicator mappings without an entry that must hold.
        NegatedGroup => "a group of `threat_mapping` needs an entry that is not negated";
        NoGroup => "`threat_mapping` needs at least one group of `entries`";
    }
}

/// The words of which a value is one; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOf(pub Vec<&'static str>);

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => write!(f, "`{only}`"),
            words => write!(f, "one of {}", words.join(", ")),
        }
    }
}

impl Part for OneOf {
    fn part(&self) -> Option<String> {
        self.0.part()
    }
}

phrases! {
    /// How a time of a rule is written.
    TimeForm {
        Interval = "a number with a unit, such as `5m`",
        From = "date math, such as `now-9m`",
        AfterFrom = "after `from`",
        To = "`now` or date math, such as `now-1m`",
        History = "date math, such as `now-7d`",
    }
}
