//! Why a value does not fit its field.

use std::fmt;

use super::cause::{Part, causes};

causes! {
    /// Why a field of a data source does not take a value.
    ScenarioValue {
        WrongType { name: String, source: String, found: ShownValue, expected: TypeName, fix: Option<Box<ValueFix>> } =>
            "`{found}` does not fit `{name}`, {expected} on `{source}`",
            hint fix.as_ref().map(ToString::to_string);
        /// A word that YAML readers take for a boolean or for nothing.
        YamlWord { name: String, found: String } =>
            "`{found}` without quotes is no text to many YAML readers, and `{name}` holds text",
            help "write '{found}'";
    }
}

/// A value as it is written; a message shows no more of it than a reader wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownValue(pub String);

impl fmt::Display for ShownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 60;
        match self.0.char_indices().nth(LONGEST) {
            Some((at, _)) => write!(f, "{}…", self.0.get(..at).unwrap_or("")),
            None => f.write_str(&self.0),
        }
    }
}

impl Part for ShownValue {
    fn part(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName(pub String);

impl fmt::Display for TypeName {
    /// With its article.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_vowel = self.0.starts_with(['a', 'e', 'i', 'o', 'u']);
        write!(f, "{} {}", if has_vowel { "an" } else { "a" }, self.0)
    }
}

impl Part for TypeName {
    fn part(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

causes! {
    /// What to write instead of a value that does not fit.
    ValueFix {
        FieldInObject { name: String } => "set a field in it, such as `{name}.name`";
        /// The number that is meant.
        Number { number: String } => "write {number}";
        WholeNumber => "Elasticsearch would cut the fraction off; write a whole number";
        Range { field_type: TypeName, range: &'static str } => "{field_type} holds {range}";
        True => "write `true`";
        False => "write `false`";
        TrueOrFalse => "write `true` or `false`";
        OneAddress { address: String } => "an event has one address, not a network: {address}";
        WithoutPort { address: String } => "the port is a field of its own; write {address}";
        AddressOfLocalhost => "write 127.0.0.1 or \"::1\"";
        Address => "an address such as 10.0.5.23 or \"::1\"";
        Date => "a date such as 2024-01-01T00:00:00.000Z";
    }
}
