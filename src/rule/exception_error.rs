//! Why an exception item is not taken, and why the values of a list are not there.

use crate::diagnostic::query::dsl::BadQuery;

/// Why an exception item is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum ItemError {
    /// It cannot be read.
    #[error(transparent)]
    Wrong(#[from] WrongItem),
    /// It can be read, and Kibana does not apply it.
    #[error(transparent)]
    NotApplied(#[from] NotApplied),
}

/// What of an exception item cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum WrongItem {
    #[error("it has no `name`")]
    NoName,
    #[error("`expire_time` is `{0}`, which is no date")]
    ExpireTime(String),
    #[error("it has no list `entries`")]
    NoEntryList,
    #[error("it has no entries")]
    NoEntries,
    #[error("an entry has no `field`")]
    NoField,
    #[error("an entry has no `value`")]
    NoEntryValue,
    #[error("an entry of type `{kind}` {takes}")]
    NoValue {
        kind: &'static str,
        takes: &'static str,
    },
    #[error(
        "an entry is of type `{0}`, but must be of `match`, `match_any`, `exists`, `wildcard`, \
         `list`, `nested`"
    )]
    UnknownType(String),
    #[error("an operator is `{0}`, but must be `included` or `excluded`")]
    UnknownOperator(String),
    #[error(
        "the values of the list `{id}` are not read: {why}; they stand in a file `{id}` beside the \
         exceptions, a value a line"
    )]
    ValueList { id: String, why: UnreadList },
    #[error(
        "the list `{id}` is of type `{kind}`, but {} {} no {}", self::list_values(shown, *more),
        if shown.len() + more == 1 { "is" } else { "are" },
        if kind == "ip" {
            "address"
        } else {
            "address, block (`10.0.0.0/8`) or range (`10.0.0.1-10.0.0.9`)"
        }
    )]
    UnfitValues {
        id: String,
        kind: String,
        /// The first of them, each with its line.
        shown: Vec<(usize, String)>,
        /// How many more there are.
        more: usize,
    },
    #[error(transparent)]
    Query(BadQuery),
}

/// Why Kibana does not apply an exception item.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotApplied {
    #[error(
        "the list `{id}` is of type `{kind}`, and an EQL rule takes lists of type `keyword`, `ip` \
         and `ip_range` only"
    )]
    ListType { id: String, kind: String },
    #[error("the list `{id}` has {count} values, more than {most}")]
    TooManyValues {
        id: String,
        count: usize,
        most: usize,
    },
}

/// Why the values of a list are not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadList {
    /// The file beside the exceptions cannot be opened; its diagnostic's message.
    #[error("{0}")]
    NotOpened(String),
    /// The file cannot be read.
    #[error("`{path}` cannot be read: {error}")]
    NotRead {
        /// The file.
        path: String,
        /// What the system says.
        error: String,
    },
    /// The file is larger than any list.
    #[error("`{path}` is larger than {megabytes} MiB, more than any list that Kibana applies")]
    TooLarge {
        /// The file.
        path: String,
        /// The limit.
        megabytes: u64,
    },
    /// The file of the rule holds no such list.
    #[error("the file holds no value list `{0}`")]
    NotInExport(String),
}

fn list_values(values: &[(usize, String)], more: usize) -> String {
    let named: Vec<String> = values
        .iter()
        .map(|(line, value)| format!("`{value}` on line {line}"))
        .collect();
    let named = named.join(", ");
    match more {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

impl From<BadQuery> for ItemError {
    fn from(bad: BadQuery) -> Self {
        WrongItem::Query(bad).into()
    }
}

pub(super) fn wrong<T>(why: WrongItem) -> Result<T, ItemError> {
    Err(why.into())
}
