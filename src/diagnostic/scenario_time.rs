//! Why a time of a scenario file is not taken.

use super::cause::causes;

causes! {
    /// Why a time or a length of time is not taken.
    ScenarioTime {
        NotATime { found: String, why: BadTime } => "`{found}` is no time: {why}",
            hint why.fix(found);
        NotALength { name: &'static str, found: String } =>
            "`{name}` is `{found}`, which is no length of time",
            help "a number with a unit: `5m`, `1m30s`, `500ms`";
        NotPositive { name: &'static str } => "`{name}` must be longer than 0";
        NotDateMath { name: &'static str, found: String } =>
            "`{name}` is `{found}`, but must be date math",
            help "such as `now-9m`";
        /// The range of a `schedule`.
        ReversedRange => "`to` is not after `from`",
            help "the range runs from the longer ago to the nearer: `{{from: now-9m, to: now}}`";
        /// An event of `history` that happens in the case.
        NotBeforeCase { name: String } => "`{name}` lies not before the case",
            help "say how long before its start it happened: `at: -3d`";
        /// `seen` without a time, or with one that is not before the case.
        SeenNotBeforeCase => "`seen` has no `at` before the case",
            help "say how long before the case: `seen: {{user.name: alice, at: -2d}}`";
    }
}

causes! {
    /// Why a text is no time.
    BadTime {
        /// A number without a unit.
        NoUnit => "the unit is missing";
        /// Something that is no unit.
        UnknownUnit => "the units are `d`, `h`, `m`, `s` and `ms`";
        /// Units that do not go down from large to small.
        Order => "write units from large to small, each at most once: `1h2m3s`";
        /// No number where one is needed.
        NoNumber => "a number and a unit are expected, such as `0.8s`";
        /// A part of a millisecond.
        Fraction => "times are whole milliseconds";
        /// Too far away.
        TooLong => "a case lasts at most 10000 hours";
    }
}

impl BadTime {
    /// What to write instead of a text.
    fn fix(&self, written: &str) -> String {
        match self {
            Self::NoUnit if written.contains(char::is_whitespace) => {
                "write number and unit without a blank: `2s`".to_owned()
            }
            Self::NoUnit => format!("write `{}s` for seconds", written.trim()),
            _ => {
                "the time from the start of the case: `2s`, `-0.214s`, `1m30s`, `500ms`".to_owned()
            }
        }
    }
}
