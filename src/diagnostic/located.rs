//! What is wrong with a TOML or JSON file, whatever its keys mean.

use super::cause::{causes, phrases};
use super::details::did_you_mean;

causes! {
    /// Why a TOML or JSON file, or a value in it, is not taken.
    BadFile {
        /// Not TOML; what the library that reads it says.
        Toml(said: String) => "{said}", word "InvalidToml";
        /// Not JSON; what the library that reads it says, without the place.
        Json(said: String) => "not valid JSON: {said}", word "InvalidJson";
        NestedTooDeeply { most: usize } => "values lie more than {most} deep";
        DuplicateKey { name: String } => "duplicate key `{name}` in an object";
        UnknownKey { name: String, path: String, suggestion: Option<String> } =>
            "unknown key `{path}`",
            hint suggestion.as_deref().map(did_you_mean);
        /// Those that are not reported one by one.
        MoreUnknownKeys { count: usize, path: String } =>
            "{count} more unknown keys, the first `{path}`";
        MissingKey { name: String } => "missing key `{name}`";
        WrongKind { name: String, found: &'static str, expected: ValueKind } =>
            "`{name}` must be {expected}";
    }
}

phrases! {
    /// The kind of value that a key takes.
    ValueKind {
        Text = "a string",
        Texts = "a list of strings",
        Integer = "an integer",
        Boolean = "`true` or `false`",
        List = "a list",
        Table = "a table",
        Tables = "a list of tables",
    }
}
