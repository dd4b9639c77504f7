//! Error codes of rule files: `E2…`; warnings by name.

use crate::diagnostic::Code;
use crate::located::Codes;

/// All codes of this room.
pub const CODES: &[&Code] = &[
    &SYNTAX,
    &MISSING_KEY,
    &WRONG_KIND,
    &BAD_VALUE,
    &BAD_FILTER,
    &UNKNOWN_KEY,
];

/// The codes of files of keys and values.
pub(super) static OF_FILES: Codes = Codes {
    syntax: &SYNTAX,
    missing_key: &MISSING_KEY,
    wrong_kind: &WRONG_KIND,
    unknown_key: &UNKNOWN_KEY,
};

/// Neither TOML nor JSON.
pub static SYNTAX: Code = Code {
    number: "E200",
    title: "rule file is not valid TOML or JSON",
    page: "The file cannot be read as TOML 1.0, or, if its name ends in `.json` or `.ndjson`, as JSON; the \
           place and the reason come from the reader.\n\nIn TOML a query with backslashes is best written as a literal string, between \
           `'''` and `'''`.",
};

/// A key that every rule has.
pub static MISSING_KEY: Code = Code {
    number: "E201",
    title: "rule lacks a key",
    page: "Every rule has a `[rule]` table with `name`, `rule_id`, `type`, `severity` and \
           `risk_score`; a rule with a query has `language` and `query` as well. A rule of type \
           `threshold` has `threshold`, one of type `new_terms` has `new_terms`, one of type \
           `threat_match` has `threat_index`, `threat_query` and `threat_mapping`, one of type \
           `saved_query` has `saved_id`.",
};

/// A value of the wrong kind.
pub static WRONG_KIND: Code = Code {
    number: "E202",
    title: "value is of the wrong kind",
    page: "The key takes another kind of value: a string, an integer, a list of strings, a table.",
};

/// A value that the key cannot have.
pub static BAD_VALUE: Code = Code {
    number: "E203",
    title: "value is not one of those that the key can have",
    page: "`severity` is `low`, `medium`, `high` or `critical`; `risk_score` is 0 to 100; `type` \
           is one of Elastic Security's rule types; `interval` is a number with a unit such as \
           `5m`; `from` and `to` are date math such as `now-9m`, `to` being the \
           later one.\n\nA threshold rule counts to at \
           least 1. A new-terms rule names one to three fields, and its `history_window_start` is \
           date math earlier than `from`. A group of `threat_mapping` has an entry that is not \
           negated.",
};

/// A filter that is none.
pub static BAD_FILTER: Code = Code {
    number: "E204",
    title: "a filter or exception cannot be read",
    page: "`filters` are Kibana's: a table with `meta` (`negate`, `disabled`) and `query`, which has one \
           key such as `match_phrase`, `match`, `multi_match`, `term`, `terms`, `exists`, `range`, \
           `wildcard`, `prefix`, `regexp`, `fuzzy`, `query_string`, `bool` or `nested`.\n\nAn exception item has `name` and `entries`; an entry has \
           `field`, `operator` (`included` or `excluded`), `type` (`match`, `match_any`, `exists`, \
           `wildcard`, `list`, `nested`) and what that type asks for: `value`, `list` or `entries`.",
};

/// A key that no rule has.
pub static UNKNOWN_KEY: Code = Code {
    number: "Wunknown-key",
    title: "unknown key in a rule file",
    page: "Kibana would ignore or refuse the key. It is often a slip of the pen for a known one.",
};
