//! What is wrong with the parts of an EQL sequence or sample: keys, options, terms, `until`.

use crate::diagnostic::cause::{Found, causes, phrases};

/// The units of `maxspan`.
const UNITS: &str = "ms, s, m, h, d";

causes! {
    /// Why tokens are no sequence or sample of EQL.
    EqlSequence {
        SequenceByAfterWith => "please specify sequence [by] before [with] not after",
            label "must come first",
            help "write `sequence by key with maxspan=… […]`";
        TermByAfterWith => "please specify [by] before [with] not after",
            label "must come first",
            help "write `[…] by key with runs=…`";
        OptionOfSample => "a sample takes no options",
            label "unexpected",
            help "a sample has no order and no time limit";
        OptionOfSampleTerm => "a term of a sample takes no options",
            label "unexpected",
            help "`with runs=…` belongs to sequences";
        Twice { name: Repeated } => "`{name}` is written twice",
            label "second one",
            hint name.fix();
        NoKey => "expected a field after `by`",
            label "no key follows",
            help "write `by host.id`";
        TermAfterUntil => "a term follows `until`",
            label "expected a pipe or the end",
            help "write `until` last";
        NoTerm { found: Found } => "expected an event query in brackets, found {found}",
            help "write `[category where condition]` for each event";
        UntilOfSample => "a sample has no `until`",
            label "unexpected",
            help "`until` ends sequences";
        NoTermAfterUntil { found: Found } =>
            "expected an event query in brackets after `until`, found {found}",
            help "write `until [category where condition]`";
        BetweenTerms { found: Found, fix: TermFix } => "expected `[`, found {found}", hint fix;
        PipeInBrackets => "a pipe cannot stand within brackets",
            label "unexpected",
            help "pipes stand after the whole query";
        ComparedOption { name: &'static str } => "`{name}` is set with `=`",
            label "a comparison",
            help "write `{name}=`";
        NoOptionSign { name: &'static str, found: Found } => "expected `=` after `{name}`, found {found}";
        NoOption { name: &'static str, found: Found } =>
            "expected `{name}=` after `with`, found {found}";
        UnknownOption { name: String, expected: &'static str } =>
            "unrecognized option [{name}], expecting [{expected}]",
            label "no such option here",
            hint match name.as_str() {
                "maxspan" => "`with maxspan=…` stands before the first term".to_owned(),
                "runs" => "write `with runs=…` after a term: `[…] with runs=3`".to_owned(),
                _ => format!("write `with {expected}=…`"),
            };
        NoTime { found: Found } => "expected a time such as `5m` after `maxspan=`, found {found}",
            hint format!("a whole number and one of the units {UNITS}");
        NoTimeUnit { found: String } =>
            "no time unit specified, did you mean [s] as in [{found}s]?",
            label "no unit",
            hint format!("the units are {UNITS}");
        DecimalTime { found: String } => "decimal time interval [{found}] not supported",
            label "not a whole number",
            help "use a smaller unit: `90m` for an hour and a half";
        UnknownTimeUnit { name: String, found: String } =>
            "unrecognized time unit [{name}] in [{found}], please specify one of [ms, s, m, h, d]",
            label "no such unit",
            help "units are lower case; weeks are written as days: `7d`";
        NoDuration { found: String } => "a positive maxspan value is required, found [{found}]",
            label "not above 0",
            help "leave `with maxspan` out for sequences of any length";
        NoRuns { found: Found, most: u64 } => "expected a number after `runs=`, found {found}",
            help "a whole number from 1 to {most}";
        DecimalRuns { found: String, most: u64 } => "an integer runs value is required, found [{found}]",
            label "not a whole number",
            help "write a whole number from 1 to {most}";
        RunsNotPositive { found: String, most: u64 } => "a positive runs value is required, found [{found}]",
            label "not above 0",
            help "write a whole number from 1 to {most}";
        TooManyRuns { found: String, most: u64 } =>
            "a query cannot be repeated more than {most} times, found [{found}]",
            label "too many",
            help "write a whole number from 1 to {most}";
    }
}

phrases! {
    /// What is written twice, named by its keyword.
    Repeated {
        By = "by",
        SequenceWith = "with",
        TermWith = "with",
    }
}

impl Repeated {
    fn fix(self) -> &'static str {
        match self {
            Self::By => "part several keys by commas: `by a, b`",
            Self::SequenceWith => "a sequence takes one option, `maxspan`",
            Self::TermWith => "a term takes one option, `runs`",
        }
    }
}

phrases! {
    /// What stands between two terms, and how to mend it.
    TermFix {
        Comma = "terms follow each other without commas",
        Fork = "`fork` is no longer part of EQL: remove it",
        Bracket = "remove the bracket",
        Query = "each event of the query stands in brackets: `[process where true]`",
    }
}
