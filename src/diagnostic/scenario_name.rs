//! What is wrong with a `$name`: one of `fields`, or one of the `each` of a case.

use super::cause::causes;
use super::details::did_you_mean;
use super::names::Names;

causes! {
    /// Why a `$name` is not taken.
    ScenarioName {
        /// A key of `fields`; `bare` is it without dollar signs.
        NotAName { name: String, fix: String } => "`{name}` is no $name",
            help "a name is a dollar sign, a letter, then letters, digits, `_` and `-`: `${fix}`";
        /// `expected` are the names of `fields`, where none is near.
        UndefinedName { name: String, suggestion: Option<String>, expected: Names } =>
            "`{name}` is not defined",
            hint Some(undefined(suggestion.as_deref(), expected)),
            hint suggestion.is_none().then(|| literally(name));
        /// A `$name` among the keys of a nested map.
        NestedName { name: String } => "`{name}` stands for a whole field and cannot be nested",
            help "write it among the keys of the event itself";
        /// The `$name` of a field where a value stands.
        NameAsValue { name: String } => "`{name}` stands for a field and cannot be a value",
            hint literally(name);
        /// A `$name` of an `each` that stands for a list or a map where a key stands.
        NameAsKey { name: String } => "`{name}` is no text, so it cannot be a key";
        NoFieldOnSource { name: String, source: String } => "`{name}` has no field on `{source}`",
            help "add `{source}` to `{name}` in `fields`, or leave that source out with `only`";
    }
}

fn undefined(suggestion: Option<&str>, known: &Names) -> String {
    match suggestion {
        Some(near) => did_you_mean(near),
        None if known.is_empty() => {
            "define it in `fields`, or in the `each` of the case".to_owned()
        }
        None => format!("`fields` defines {known}"),
    }
}

fn literally(name: &str) -> String {
    format!("for the text itself write `${name}`")
}

causes! {
    /// Why an `each` makes no cases.
    ScenarioEach {
        NoNames => "`each` names no values",
            help "`each: {{exe: {{notepad: C:\\Windows\\notepad.exe}}}}`, then `$exe` in the case";
        TooManyCases { most: usize } => "this `each` makes more than {most} cases";
        TooLarge => "the cases that `each` makes are too large together",
            help "test fewer combinations, or split the file";
        UnusedName { name: String } => "nothing in the case uses `{name}`",
            help "write `{name}` where its values belong";
        InvalidName { name: String } => "`{name}` cannot be a name",
            help "a name begins with a letter and has letters, digits, `_` and `-`";
        TakenName { name: String } => "`{name}` is a field of `fields` already",
            help "take another name";
        ValueNoText { name: String } => "a value of `{name}` is no text",
            help "a list names its cases by its values; write a map to name them otherwise";
        OneValue { name: String } => "`{name}` has one value, not several",
            help "`each: {{exe: {{notepad: C:\\Windows\\notepad.exe}}}}`, then `$exe` in the case";
        NoValues { name: String } => "`{name}` has no values, so there are no cases",
            help "`each: {{exe: {{notepad: C:\\Windows\\notepad.exe}}}}`, then `$exe` in the case";
    }
}
