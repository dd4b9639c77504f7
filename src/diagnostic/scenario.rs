//! Why a value of a scenario file cannot be read.

use super::cause::causes;

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
