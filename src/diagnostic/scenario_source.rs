//! What a scenario says of data sources that they do not have, and what they have otherwise.

use super::cause::{causes, phrases};
use super::details::did_you_mean;
use super::names::Names;

causes! {
    /// Why the name of a data source is not taken.
    ScenarioSource {
        /// `expected` are the sources, where none is near.
        UnknownSource { name: String, suggestion: Option<String>, expected: Names } =>
            "there is no data source `{name}`",
            hint Some(suggestion.as_deref().map_or_else(
                || format!("the sources are {expected}"),
                did_you_mean,
            ));
        NoSources { key: &'static str } => "`{key}` names no source",
            help "take the key out to run on every source";
        RepeatedSource { key: &'static str, name: String } => "`{key}` names `{name}` twice",
            help "take one of them out";
        /// A source of `only` that `sources` does not have.
        NotAmongSources { name: String, suggestion: Option<String> } =>
            "the scenario does not run on `{name}`",
            hint Some(suggestion.as_deref().map_or_else(
                || "add it to `sources`".to_owned(),
                did_you_mean,
            ));
        /// `expected` are those that it runs on, where none is near.
        NotRunOn { tested: Tested, name: String, suggestion: Option<String>, expected: Names } =>
            "{tested} does not run on `{name}`",
            hint Some(suggestion.as_deref().map_or_else(
                || format!("it runs on {expected}"),
                did_you_mean,
            ));
        /// Sources on which a case runs and that its `expect` leaves out.
        UnexpectedSources { missing: Names } => "`expect` does not say what comes of it on {missing}",
            help "an expectation by source names every source on which the case runs";
        UnknownKind { name: String, suggestion: Option<String> } =>
            "no data source has `{name}` events",
            hint Some(suggestion.as_deref().map_or_else(
                || "`trapline sources NAME` lists the kinds of a source".to_owned(),
                did_you_mean,
            ));
    }
}

phrases! {
    /// What is run.
    Tested {
        Attack = "the attack",
        Case = "the case",
    }
}

causes! {
    /// How it is known that a data source has a field otherwise than a scenario sets it.
    PinEvidence {
        /// As the definition of the source states it.
        Stated(said: String) => "{said}";
        NoSuchField { source: String, kind: String } =>
            "{source} has no such field in {kind} events";
        OneValue { index: String } => "a constant_keyword of {index}";
    }
}
