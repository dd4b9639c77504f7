//! The parts of a scenario file, as messages name them.

use super::cause::{causes, phrases};

causes! {
    /// A part of a scenario file.
    ScenarioPart {
        /// The value of a key.
        Key(name: &'static str) => "`{name}`";
        /// The paths of a `$name`.
        FieldName { name: String } => "`{name}`";
        Scenario => "a scenario";
        SkipReason => "the reason to skip the scenario";
        AttackName => "the attack's name";
        Case => "a case";
        CaseName => "the name of a case";
        /// Why a case leaves a source out.
        SkippedSource { name: String } => "the reason to skip `{name}`";
        Event { name: String } => "the event `{name}`";
        /// The path that a `$name` stands for.
        PathOfName { name: String } => "the field of `{name}`";
        Value { name: String } => "a value of `{name}`";
        Values { name: String } => "the values of `{name}`";
        AppendedValue { name: String } => "the value of `{name}+`";
        LabelQuery => "the query of a label";
        Expectation => "an expectation";
        PinReason { name: &'static str } => "the reason of a `{name}`";
        CompletionAnswer => "an answer of COMPLETION";
        Table => "a table";
        TableRow => "a row";
    }
}

phrases! {
    /// What a YAML value may be.
    Shape {
        Map = "a map",
        List = "a list",
        Text = "text",
        Nothing = "nothing",
        TextOrList = "text or a list",
        TextOrNumber = "text or a number",
        ListOrRange = "a list or a range",
        OneTextOrList = "a text or a list",
        RowsByName = "a map of name to rows",
        ValuesByColumn = "a map of column to value",
    }
}

phrases! {
    /// What a scenario has a limited number of.
    Counted {
        Events = "events",
        SeenEvents = "seen events",
        Names = "names",
        EachNames = "names in one `each`",
        Sources = "sources",
        ExceptionFiles = "files with exceptions",
        CompletionAnswers = "answers of COMPLETION",
        TableRows = "rows of a table",
    }
}
