//! Error codes of scenario files: `E3…`.
//!
//! `E300`–`E309` are about YAML, `E310`–`E329` about what a scenario says, `E330`–`E349` about what
//! it says of a data source.

use crate::diagnostic::Code;

/// All codes of this room.
pub const CODES: &[&Code] = &[
    &SYNTAX,
    &TAB,
    &BACKSLASH,
    &DUPLICATE_KEY,
    &LIMIT,
    &EMPTY,
    &YAML_WORD,
    &UNKNOWN_KEY,
    &MISSING_KEY,
    &WRONG_SHAPE,
    &BAD_TIME,
    &UNKNOWN_NAME,
    &DUPLICATE_CASE,
    &DUPLICATE_FIELD,
    &UNKNOWN_LABEL,
    &CONTRADICTION,
    &WRONG_SOURCES,
    &BAD_EACH,
    &UNKNOWN_SOURCE,
    &UNKNOWN_FIELD,
    &MISSING_FIELD,
    &WRONG_TYPE,
    &UNKNOWN_KIND,
];

/// No YAML.
pub static SYNTAX: Code = Code {
    number: "E300",
    title: "not valid YAML",
    page: "The file is no YAML at this place. The usual reasons are a value with `: ` or ` #` in it \
           that needs quotes, a line that is indented too far, and a bracket or quote that is \
           never closed.",
};

/// A tab in the indentation.
pub static TAB: Code = Code {
    number: "E301",
    title: "tab in the indentation",
    page: "YAML allows no tabs in the indentation. Indent with spaces; two a level are usual.",
};

/// A backslash in double quotes.
pub static BACKSLASH: Code = Code {
    number: "E302",
    title: "backslash in double quotes",
    page: "In double quotes a backslash begins an escape: `\"C:\\temp\"` holds a tab. Write paths \
           without quotes or in single quotes, where a backslash is a backslash: \
           `'C:\\temp'`.",
};

/// A key twice in one map.
pub static DUPLICATE_KEY: Code = Code {
    number: "E303",
    title: "duplicate key",
    page: "A map has the same key twice; one of the two values would be lost without a word. Take \
           one out, or rename it.",
};

/// More than a scenario file may hold.
pub static LIMIT: Code = Code {
    number: "E304",
    title: "too large",
    page: "A scenario file has at most 16 MiB, 32 levels of nesting and 250,000 values, those that \
           aliases repeat included; a scenario 1,000 events, 1,000 names and 100 sources, and \
           the cases of an `each` 1,000,000 values together. Split the file, and leave \
           recorded events in a capture.",
};

/// Nothing in the file.
pub static EMPTY: Code = Code {
    number: "E305",
    title: "empty scenario",
    page: "The file holds no scenario: it is empty, or has only comments. `trapline new` writes one \
           from the rule, `trapline import --minimise` one from a recording.",
};

/// A word that YAML readers take for something other than text.
pub static YAML_WORD: Code = Code {
    number: "E306",
    title: "a word of YAML",
    page: "`yes`, `no`, `on`, `off`, `y`, `n`, `true`, `false`, `null` and `~` without quotes are \
           no text to many YAML readers. Put the word in quotes where a field holds text; \
           write `null` to remove a field.",
};

/// A key that is not known here.
pub static UNKNOWN_KEY: Code = Code {
    number: "E310",
    title: "unknown key",
    page: "The key means nothing at this place, so what stands below it would have no effect. The \
           page “Scenario file” of the guide (`docs/reference/scenario.md`) lists the keys of a scenario.",
};

/// A key that must be there.
pub static MISSING_KEY: Code = Code {
    number: "E311",
    title: "missing key",
    page: "Something that cannot be guessed is left out: the attack of a scenario, the name or the \
           expectation of a case, the kind of an event, the reason of a pin.",
};

/// Another shape than expected.
pub static WRONG_SHAPE: Code = Code {
    number: "E312",
    title: "wrong shape",
    page: "A map stands where text is expected, or the other way round.",
};

/// No duration.
pub static BAD_TIME: Code = Code {
    number: "E313",
    title: "not a time",
    page: "`at` is the time from the start of the case, in whole milliseconds: `2s`, `-0.214s`, \
           `500ms`, `1m30s`, `2h`.",
};

/// A `$name` that is not defined.
pub static UNKNOWN_NAME: Code = Code {
    number: "E314",
    title: "unknown $name",
    page: "`$name` stands for a field (defined in `fields`) or a value (defined in the `each` of \
           the case), as a whole key or value. Write `$$name` for text that begins with a dollar \
           sign.",
};

/// Two cases of one name.
pub static DUPLICATE_CASE: Code = Code {
    number: "E315",
    title: "two cases of one name",
    page: "Reports, snapshots and filters know a case by its name, so each case of a scenario has \
           its own.",
};

/// A field set twice in one event.
pub static DUPLICATE_FIELD: Code = Code {
    number: "E316",
    title: "a field twice",
    page: "The same field is set twice at one place, perhaps once with a dotted and once with a \
           nested key, or once by a `$name`. Take one out.",
};

/// A label that no event has.
pub static UNKNOWN_LABEL: Code = Code {
    number: "E317",
    title: "unknown label",
    page: "`change`, `remove` and `expect` name events by the labels that the attack (or `add`, or \
           the `label` of `events_from`) gives them.",
};

/// Two statements that exclude each other.
pub static CONTRADICTION: Code = Code {
    number: "E318",
    title: "contradiction",
    page: "Two statements exclude each other: a `gap` (a known miss) beside `alert`, a `noise` (a \
           known false positive) beside `none`, a `because` where an alert is expected.",
};

/// An expectation that does not name exactly the sources on which the case runs.
pub static WRONG_SOURCES: Code = Code {
    number: "E319",
    title: "expectation for the wrong sources",
    page: "An `expect` per source names every source on which the case runs, and no other.",
};

/// An `each` that makes no cases.
pub static BAD_EACH: Code = Code {
    number: "E320",
    title: "each without values",
    page: "`each` maps names to values: a map names the cases by its keys, a list by its values. A \
           name is written without its dollar sign there and with it where it is used.",
};

/// A data source that does not exist.
pub static UNKNOWN_SOURCE: Code = Code {
    number: "E321",
    title: "unknown data source",
    page: "There is no data source of this name, or the scenario does not run on it. `trapline \
           sources` lists them.",
};

/// A field that no source has.
pub static UNKNOWN_FIELD: Code = Code {
    number: "E330",
    title: "unknown field",
    page: "None of the data sources on which the case runs has this field, so an event with it \
           cannot be real. Mend the name, or list the field in `force`.",
};

/// A field that one source lacks.
pub static MISSING_FIELD: Code = Code {
    number: "E331",
    title: "field unknown to a source",
    page: "The field exists on some of the data sources on which the case runs and not on others. \
           Give it a `$name` in `fields` with its path on each source, run the case `only` where \
           the field exists, or list the field in `force`.",
};

/// A value that the field's type refuses.
pub static WRONG_TYPE: Code = Code {
    number: "E332",
    title: "wrong type",
    page: "Elasticsearch would refuse the event, or store something else than what is written: the \
           value does not fit the type of the field.",
};

/// A kind of event that no source produces.
pub static UNKNOWN_KIND: Code = Code {
    number: "E333",
    title: "unknown kind of event",
    page: "`is` names a kind of event that no data source produces. `trapline sources NAME` lists \
           the kinds of a source.",
};
