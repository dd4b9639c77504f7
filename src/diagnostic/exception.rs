//! Why an exception item is not taken, and why the values of a list are not there.

use std::fmt;

use super::cause::{Part, causes};
use super::document::JsonFault;
use super::query::dsl::BadQuery;

causes! {
    /// Why an exception item is not taken.
    BadException {
        /// A line of the list is no JSON.
        Line(why: JsonFault) => "a line is not valid JSON: {why}";
        /// It cannot be read.
        Unreadable(why: WrongItem) => "an exception item cannot be read: {why}";
        /// It can be read, and Kibana does not apply it.
        NotApplied { name: String, why: NotApplied } =>
            "Kibana does not apply the exception `{name}`: {why}";
    }
}

causes! {
    /// What of an exception item cannot be read.
    WrongItem {
        NoName => "it has no `name`";
        ExpireTime(found: String) => "`expire_time` is `{found}`, which is no date";
        NoEntryList => "it has no list `entries`";
        NoEntries => "it has no entries";
        NoField => "an entry has no `field`";
        NoEntryValue => "an entry has no `value`";
        NoValues => "an entry of type `match_any` has a list as its `value`";
        NoInnerEntries => "an entry of type `nested` has `entries`";
        NoList => "an entry of type `list` names `list: {{id, type}}`";
        UnknownType(found: String) =>
            "an entry is of type `{found}`, but must be of `match`, `match_any`, `exists`, `wildcard`, `list`, `nested`";
        UnknownOperator(found: String) =>
            "an operator is `{found}`, but must be `included` or `excluded`";
        /// The values of a list.
        ValueList { list: String, why: UnreadList } =>
            "the values of the list `{list}` are not read: {why}; they stand in a file `{list}` beside the exceptions, a value a line";
        /// Values that the type of their list does not hold.
        UnfitValues { list: String, kind: String, found: UnfitValues } =>
            "the list `{list}` is of type `{kind}`, but {found}";
        /// The query that the item would be.
        Query(why: BadQuery) => "{why}";
    }
}

causes! {
    /// Why Kibana does not apply an exception item.
    NotApplied {
        ListType { list: String, kind: String } =>
            "the list `{list}` is of type `{kind}`, and an EQL rule takes lists of type `keyword`, `ip` and `ip_range` only";
        TooManyValues { list: String, count: usize, most: usize } =>
            "the list `{list}` has {count} values, more than {most}";
    }
}

causes! {
    /// Why the values of a list are not there.
    UnreadList {
        /// The file beside the exceptions cannot be opened; its diagnostic's message.
        NotOpened(said: String) => "{said}";
        /// The file cannot be read; what the system says.
        NotRead { path: String, said: String } => "`{path}` cannot be read: {said}";
        /// The file is larger than any list.
        TooLarge { path: String, megabytes: u64 } =>
            "`{path}` is larger than {megabytes} MiB, more than any list that Kibana applies";
        /// The file of the rule holds no such list.
        NotInExport(name: String) => "the file holds no value list `{name}`";
    }
}

/// Values of a list that its type does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfitValues {
    /// Whether the type takes addresses alone, and no blocks and ranges.
    pub addresses_only: bool,
    /// The first of them, each with its line.
    pub shown: Vec<(usize, String)>,
    /// How many more there are.
    pub more: usize,
}

impl fmt::Display for UnfitValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (line, value)) in self.shown.iter().enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            write!(f, "{separator}`{value}` on line {line}")?;
        }
        if self.more > 0 {
            write!(f, " and {} more", self.more)?;
        }
        let one = self.shown.len() + self.more == 1;
        write!(f, " {} no ", if one { "is" } else { "are" })?;
        f.write_str(if self.addresses_only {
            "address"
        } else {
            "address, block (`10.0.0.0/8`) or range (`10.0.0.1-10.0.0.9`)"
        })
    }
}

impl Part for UnfitValues {
    fn part(&self) -> Option<String> {
        self.shown.first().map(|(_, value)| value.clone())
    }
}
