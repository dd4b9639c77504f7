//! What was seen where a rule made no alert, and by how much it missed: values, and the words that
//! snapshots and reports have for them.

use std::fmt;

use super::cause::{Part, causes, parts, phrases};

causes! {
    /// What was seen where there is no alert.
    Seen {
        /// The values of the fields that the clauses read.
        Fields { fields: FieldsSeen } => "{fields}";
        /// The keys of a sequence.
        Keys { found: Values, expected: Values } => "{found}, not {expected}";
        /// The values for which an exclusion hides the event.
        Excluded { fields: Pairs } => "{fields:#}";
        /// The columns of ES|QL that the clauses read.
        Columns { columns: ColumnsSeen } => "{columns}";
        WithoutFields { events: Events, fields: Alternatives } => "{events} without {fields}";
        GroupCount { found: u64, expected: u64, group: Group } => "{found} of {expected} {group}";
        SpreadCount { found: u64, expected: u64, group: Group, total: u64, groups: usize } =>
            "{found} of {expected} {group}; {total} events in {groups} groups";
        Distinct { found: u64, expected: u64, name: String, group: Group } =>
            "{found} of {expected} distinct {name} {group}";
        CountedBefore { found: usize, all: usize, group: Group } =>
            "{found} of {all} {group} were in an earlier alert";
        InOneExecution { found: usize, expected: u64 } => "at most {found} of {expected} in one execution";
        LookBack { interval: String, look_back: String } =>
            "an execution every {interval} sees the last {look_back}";
        KnownTerms { terms: Pairs, time: String } => "{terms} seen at {time}";
        SeveralValues { name: String, of: String, found: usize } =>
            "{name} of {of} has {found} values, and Kibana uses one";
        FilteredIndicator { name: String } => "`threat_filters` leave out the indicator {name}";
        UnselectedIndicator { name: String } => "`threat_index` does not select the indicator {name}";
        HiddenIndicator { name: String, exception: String } => "{exception} hides the indicator {name}";
        UnmetIndicatorQuery { name: String, clauses: ClausesSeen } =>
            "the indicator {name} does not meet {clauses}";
        NegatedEntry { entry: EntrySeen, indicator: String } => "{entry}: the indicator {indicator} has it";
        SplitGroup { entries: EntriesSeen } => "{entries}";
        NoIndicator { entries: EntriesSeen, among: Among } => "{entries}: {among}";
    }
}

causes! {
    /// By how much it missed.
    Missed {
        TooEarly { by: String } => "{by} too early";
        TooLate { by: String } => "{by} too late";
        Short { by: u64 } => "{by} short";
        Below { found: String, expected: String } => "{found} of {expected}";
        Key { found: Values, expected: Values } => "has {found}, expects {expected}";
        CaseOnly => "differs in case only";
        WordsApart => "the words are there, not in a row";
        CameLate { event: String, by: String } => "{event} came {by} late";
        NoTime { event: String, name: String } =>
            "{event} has no {name}, and the rule falls back on no other time";
        LongSpan { span: String } => "{span} from the first event to the last one's arrival";
    }
}

causes! {
    /// A value that its field does not hold.
    ValueSeen {
        Misfit { found: String, expected: String } => "`{found}` is not a {expected}";
    }
}

/// What would keep a rule silent if its query were met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silencer {
    /// What is seen.
    Seen(Seen),
    /// The clauses, where nothing is seen.
    Clauses(Vec<String>),
}

impl fmt::Display for Silencer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seen(seen) => seen.fmt(f),
            Self::Clauses(clauses) => f.write_str(&clauses.join(", ")),
        }
    }
}

/// Values of one field; none is a missing field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values(pub Vec<String>);

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("(missing)")
        } else {
            f.write_str(&self.0.join(", "))
        }
    }
}

/// A field that a clause reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSeen {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Values,
    /// Whether the sensor sets it itself.
    pub is_pinned: bool,
}

impl fmt::Display for FieldSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pinned = if self.is_pinned {
            ", pinned by the sensor"
        } else {
            ""
        };
        write!(f, "{}{pinned}", self.values)
    }
}

/// The fields that clauses read: the values of one plainly, of several each with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldsSeen(pub Vec<FieldSeen>);

impl fmt::Display for FieldsSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => one.fmt(f),
            several => joined(f, "; ", several, |f, field| {
                write!(f, "{} = {field}", field.name)
            }),
        }
    }
}

/// Names with a value each; `{:#}` parts them by semicolons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs(pub Vec<(String, String)>);

impl fmt::Display for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if f.alternate() { "; " } else { ", " };
        joined(f, separator, &self.0, |f, (name, value)| {
            write!(f, "{name} = {value}")
        })
    }
}

/// A group that a threshold rule counts; without fields all events are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group(pub Pairs);

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.0.is_empty() {
            f.write_str("in all")
        } else {
            write!(f, "in group {}", self.0)
        }
    }
}

/// A number of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Events(pub usize);

impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 event"),
            count => write!(f, "{count} events"),
        }
    }
}

/// Names of which one is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternatives(pub Vec<String>);

impl fmt::Display for Alternatives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" or "))
    }
}

/// A column of ES|QL and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSeen {
    /// Its name.
    pub name: String,
    /// Its cell.
    pub cell: CellSeen,
}

/// What is in a column of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellSeen {
    /// No value.
    Empty(WhyEmpty),
    /// One value.
    One(String),
    /// Several values: how many, and they.
    Many(usize, String),
}

phrases! {
    /// Why a column has no value.
    WhyEmpty {
        Missing = "is missing",
        SeveralValues = "is null: it was computed from several values",
        Failed = "is null: it could not be computed",
    }
}

impl fmt::Display for ColumnSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.cell {
            CellSeen::Empty(why) => write!(f, "{name} {why}"),
            CellSeen::One(value) => write!(f, "{name} = {value}"),
            CellSeen::Many(count, values) => write!(f, "{name} has {count} values: {values}"),
        }
    }
}

/// The columns that clauses read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnsSeen(pub Vec<ColumnSeen>);

impl fmt::Display for ColumnsSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        joined(f, "; ", &self.0, |f, column| column.fmt(f))
    }
}

/// The field of an event that an entry of a rule on indicators compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntrySeen {
    /// The field.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
    /// The indicator that has them, where it is said.
    pub indicator: Option<String>,
}

impl fmt::Display for EntrySeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.values.as_slice() {
            [] => write!(f, "no {}", self.name)?,
            values => write!(f, "{} = {}", self.name, values.join(", "))?,
        }
        match &self.indicator {
            Some(indicator) => write!(f, " in {indicator}"),
            None => Ok(()),
        }
    }
}

/// Several entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntriesSeen(pub Vec<EntrySeen>);

impl fmt::Display for EntriesSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        joined(f, ", ", &self.0, |f, entry| entry.fmt(f))
    }
}

/// Clauses of an indicator query that are not met together; none is the query as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClausesSeen(pub Vec<String>);

impl fmt::Display for ClausesSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("threat_query");
        }
        joined(f, " and ", &self.0, |f, clause| f.write_str(clause))
    }
}

/// How many indicators were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Among(pub usize);

impl fmt::Display for Among {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("there are no indicators"),
            1 => f.write_str("not in the one indicator"),
            count => write!(f, "in none of {count} indicators"),
        }
    }
}

fn joined<T>(
    f: &mut fmt::Formatter<'_>,
    separator: &str,
    all: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (position, one) in all.iter().enumerate() {
        if position > 0 {
            f.write_str(separator)?;
        }
        write(f, one)?;
    }
    Ok(())
}

parts!(
    Values,
    FieldsSeen,
    Pairs,
    Group,
    Events,
    Alternatives,
    ColumnsSeen,
    EntrySeen,
    EntriesSeen,
    ClausesSeen,
    Among
);
