//! What is wrong with a field of an event: how it is written, and which data sources have it.

use super::cause::{Part, causes, phrases};
use super::details::did_you_mean;
use super::names::Names;

causes! {
    /// Why a field of an event is not taken as it is written.
    ScenarioField {
        EmptyMap { name: String } => "`{name}` holds nothing",
            help "write `null` to remove a field";
        NoValue { name: String } => "`{name}` has no value",
            help "write `null` to remove the field, '' for empty text";
        /// `null` with `+` behind the field.
        NothingAppended { name: String } => "nothing can be appended to `{name}`";
        SetTwice { name: String } => "`{name}` is set twice",
            label "the second time", other "the first time",
            help "take one of them out";
        /// By two names that stand for the same field on a data source.
        SetTwiceOnSource { name: String, source: String } => "`{name}` is set twice on `{source}`",
            label "the second time", other "the first time",
            help "take one of them out";
        Timestamp { name: &'static str } => "`{name}` is set by `at`",
            help "write the time from the start of the case: `at: 0.8s`";
        EmptyPath => "an empty key is no field",
            help "a field is a path of names with dots between them: `process.parent.name`";
        InvalidPath { name: String } => "`{name}` is no field",
            help "a field is a path of names with dots between them: `process.parent.name`";
        UnquotedNull { found: String } => "`{found}` is no text without quotes",
            help "write `null` as the whole value to remove the field, '{found}' for the text";
    }
}

causes! {
    /// Why a field cannot be set on the data sources on which a case runs.
    FieldOnSource {
        /// `below` is the first field in it.
        FieldGroup { name: String, below: String } => "`{name}` is no field, but holds fields",
            help "set one of them, such as `{below}`";
        UnknownField { name: String, missing: Names, suggestion: Option<String> } =>
            "`{name}` is no field of {missing}",
            hint suggestion.as_deref().map(did_you_mean),
            hint format!("if events have it all the same, list it: `force: [{name}]`");
        /// Some of the sources have it.
        MissingField { name: String, known: Names, missing: Names, suggestion: Option<String>, fix: RunOnly } =>
            "`{name}` is a field of {known}, but not of {missing}",
            help "if it has another name there, give it a `$name` in `fields` with its path on each source",
            hint fix.with(known);
        /// A field of `force`.
        ForcedField { name: String, suggestion: Option<String> } =>
            "`{name}` is forced, and no event of the case has it",
            hint Some(suggestion.as_deref().map_or_else(
                || "force a field that an event of the case sets".to_owned(),
                did_you_mean,
            ));
    }
}

phrases! {
    /// What to do about a field that some of the sources do not have at all.
    RunOnly {
        OtherCase = "if it does not, set it in a case that runs",
        ThisCase = "if it does not, run the case",
    }
}

impl RunOnly {
    fn with(self, known: &Names) -> String {
        let known = known.part().unwrap_or_default();
        format!("{self} `only: [{known}]`")
    }
}
