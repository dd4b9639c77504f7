//! What of a well-formed EQL query Elasticsearch's verifier and planner refuse for the types of
//! the fields.

use std::fmt;

use super::text_part::Capitals;
use crate::diagnostic::cause::{Part, causes, phrases};
use crate::diagnostic::did_you_mean;

causes! {
    /// Why Elasticsearch refuses an EQL query that it can parse.
    EqlType {
        UnknownColumn { name: String, suggestion: Option<String> } => "unknown column [{name}]",
            hint suggestion.as_deref().map(did_you_mean),
            hint format!("if it may be unmapped, write `?{name}`: it is then null");
        AmbiguousField { name: String, types: TypesByIndex } =>
            "cannot use field [{name}] due to ambiguities being mapped as incompatible types: {types}";
        BelowNested { name: String, parent: String } =>
            "cannot use field [{name}] with unsupported nested type in hierarchy (field [{parent}])";
        NestedField { name: String } =>
            "cannot use field [{name}] type [nested] due to nested fields not being supported yet";
        ObjectField { name: String } =>
            "cannot use field [{name}] type [object] only its subfields";
        UnusableField { name: String, found: String } =>
            "cannot use field [{name}] with unsupported type [{found}]";
        SeveralExactFields { name: String } =>
            "cannot operate on field of data type [text]: multiple exact keyword candidates \
             available for [{name}]; specify which one to use";
        NoExactField { name: String } =>
            "cannot operate on field of data type [text]: no keyword/multi-field defined \
             exact matches for [{name}]; define one or use match/query instead";
        NotIndexed { name: String } => "cannot search on field [{name}] since it is not indexed",
            help "compare a field that is searchable: only the document itself holds this one";
        ConditionNotBoolean { found: Capitals, expected: &'static str } =>
            "condition expression needs to be boolean, found [{found}]",
            help "compare it with something: `==`, `:`, `!= null`";
        RefusedPipe { name: String } => "pipe [{name}] is not supported",
            help "Elasticsearch runs `head` and `tail` only";
        UnknownPipe { name: String, suggestion: Option<String> } => "unrecognized pipe [{name}]",
            hint Some(suggestion.as_deref().map_or_else(
                || "there are `head` and `tail`".to_owned(),
                did_you_mean,
            ));
        PipeArguments { name: String, found: usize, expected: usize } =>
            "pipe [{name}] expects exactly one argument but found [{found}]";
        PipeCount { name: String, found: String, expected: &'static str } =>
            "pipe [{name}] expects a {expected} but found [{found}]";
        NotInsensitive { name: &'static str } =>
            "function [{name}] does not support the case-insensitive operator [~]";
        ArgumentCount { name: &'static str, found: usize, expected: Arity } =>
            "error building [{name}]: expects {expected}, found [{found}]";
        ArgumentType { name: &'static str, place: Place, value: String, found: String, expected: &'static str } =>
            "{place} argument of [{name}] must be [{expected}], found value [{value}] type [{found}]";
        ArgumentNotConstant { name: &'static str, place: Place, found: String, expected: &'static str } =>
            "{place} argument of [{name}] must be a {expected}, received [{found}]";
        NoAddressBlock { found: String, expected: &'static str } =>
            "[{found}] is not an IP address or CIDR block";
        UnknownFunction { name: String, suggestion: Option<String> } => "unknown function [{name}]",
            hint suggestion.as_deref().map(did_you_mean);
        OperandType { operator: &'static str, value: String, found: String, expected: &'static str } =>
            "argument of [{operator}] must be [{expected}], found value [{value}] type [{found}]";
        ComparedFields { operator: &'static str, found: String, expected: &'static str } =>
            "comparisons against fields are not (currently) supported; offender [{found}] in [{operator}]",
            help "compare with a constant, or use a function of both fields";
        FieldInList { operator: &'static str, found: String, expected: &'static str } =>
            "comparisons against fields are not (currently) supported; offender [{found}] in [{operator}]";
        ComparedTypes { operator: &'static str, value: String, found: String, expected: String } =>
            "2nd argument of [{operator}] must be [{expected}], found value [{value}] type [{found}]";
        UnfitConstant { name: String, found: String, expected: String, why: UnfitConstant } => "{why}",
            label "[{name}] is [{expected}]";
        MatchedType { operator: &'static str, value: String, found: String, expected: &'static str, fix: Option<MatchedFix> } =>
            "first argument of [{operator}] must be [{expected}], found value [{value}] type [{found}]; \
             consider using [==] instead",
            hint fix;
        PatternType { operator: &'static str, value: String, found: String, expected: &'static str } =>
            "second argument of [{operator}] must be [{expected}], found value [{value}] type [{found}]";
        NullPattern { operator: &'static str, found: &'static str, expected: &'static str } =>
            "second argument of [{operator}] must be [{expected}], found value [{found}]";
        /// `instead` are conditions that say the same.
        ItemType { operator: &'static str, index: Ordinal, value: String, found: String, expected: String, instead: Vec<String> } =>
            "{index} argument of [{operator}] must be [{expected}], found value [{value}] type [{found}]",
            hint instead.first().map(|first| in_place_of_list(first, instead.len() == 1)),
            hint instead.get(1).map(|second| format!("or `{second}`, which Elasticsearch runs since 8.18"));
        Join => "JOIN command is not supported",
            help "write `sequence`, or `sample` for events in any order";
        SampleTerm => "samples take neither missing events nor `with runs`";
        SampleWithoutKeys => "a sample requires at least one join key for every query",
            help "write `sample by field`";
        PipeOfSample => "samples do not support pipes";
        OneStage { found: usize, expected: usize } =>
            "a sequence requires a minimum of {expected} queries, found [{found}]",
            help "for one event write it without `sequence`; for several of a kind add `with runs=2`";
        MissingEventsAlone =>
            "a sequence requires at least one query that is not a missing event";
        MissingEventWithoutMaxspan => "missing events are supported only for sequences with maxspan",
            help "add `with maxspan=5m` after `sequence` and its keys";
        KeyNotField { found: String, expected: &'static str } => "unsupported join key [{found}]",
            help "a join key is a {expected}";
        KeyCount { found: usize, expected: usize } =>
            "inconsistent number of join keys specified; expected [{expected}] but found [{found}]";
        KeyTypes { first: String, key: String, found: String, expected: String } =>
            "sequence key [{first}] type [{expected}] is incompatible with key [{key}] type [{found}]";
        TooManyClauses => "too many clauses: a query may have at most 65,535";
    }
}

causes! {
    /// Why the index does not take a constant for a field.
    UnfitConstant {
        NotANumber { found: String } => "failed to create query: for input string: \"{found}\"";
        NotFinite { field_type: String, found: String } =>
            "failed to create query: [{field_type}] supports only finite values, but got [{found}]";
        NotABoolean { found: String } =>
            "failed to create query: can't parse boolean value [{found}], expected [true] or [false]";
        NoText { found: String } => "failed to create query: '{found}' is not an IP string literal";
        NotAnAddress { found: String } => "'{found}' is not an IP string literal";
        NotInFormat { found: String, format: String } =>
            "failed to parse date field [{found}] with format [{format}]";
        NotADate { found: String } => "failed to parse date field [{found}]";
    }
}

phrases! {
    /// How many arguments a function takes.
    Arity {
        One = "exactly one argument",
        Two = "exactly two arguments",
        OneOrTwo = "one or two arguments",
        TwoOrThree = "two or three arguments",
        ThreeOrFour = "three or four arguments",
        AtLeastOne = "at least one argument",
        AtLeastTwo = "at least two arguments",
    }
}

phrases! {
    /// What to write where something else than a text is matched with a pattern.
    MatchedFix {
        Addresses = "for a block of addresses: `cidrMatch(field, \"10.0.0.0/8\")`",
        Numbers = "or `string(field) : \"12*\"`",
    }
}

fn in_place_of_list(condition: &str, is_all: bool) -> String {
    if is_all {
        format!("write `{condition}`, which Elasticsearch runs since 8.18")
    } else {
        format!("write `{condition}`")
    }
}

/// The types of one field, each with an index that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypesByIndex(pub Vec<(String, String)>);

impl fmt::Display for TypesByIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (field_type, index)) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}[{field_type}] in [{index}]")?;
        }
        Ok(())
    }
}

impl Part for TypesByIndex {
    fn part(&self) -> Option<String> {
        let types = self.0.iter();
        let types: Vec<String> = types
            .map(|(name, index)| format!("{index}: {name}"))
            .collect();
        Some(types.join(", "))
    }
}

/// Which argument of a function, from 1; the first four in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub usize);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("first"),
            2 => f.write_str("second"),
            3 => f.write_str("third"),
            4 => f.write_str("fourth"),
            more => Ordinal(more).fmt(f),
        }
    }
}

impl Part for Place {
    fn part(&self) -> Option<String> {
        self.0.part()
    }
}

/// `1st`, `2nd`, `3rd`, `4th` …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ordinal(pub usize);

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = match (self.0 % 100, self.0 % 10) {
            (11..=13, _) => "th",
            (_, 1) => "st",
            (_, 2) => "nd",
            (_, 3) => "rd",
            _ => "th",
        };
        write!(f, "{}{suffix}", self.0)
    }
}

impl Part for Ordinal {
    fn part(&self) -> Option<String> {
        self.0.part()
    }
}
