//! The codes of what Elasticsearch's verifier and planner refuse: `E150`–`E169`.

use crate::diagnostic::Code;

/// All codes of the checker.
pub const CODES: &[&Code] = &[
    &UNKNOWN_COLUMN,
    &UNUSABLE,
    &AMBIGUOUS,
    &WRONG_TYPE,
    &NOT_BOOLEAN,
    &BAD_CONSTANT,
    &FIELD_COMPARISON,
    &UNKNOWN_FUNCTION,
    &WRONG_ARGUMENTS,
    &BAD_SEQUENCE,
    &BAD_KEYS,
    &UNSUPPORTED,
    &BAD_PIPE,
];

/// A field that no mapping has.
pub static UNKNOWN_COLUMN: Code = Code {
    number: "E150",
    title: "unknown column",
    page: "The query names a field that none of the searched indices maps. Elasticsearch refuses \
           the whole query, so the rule never runs there.\n\nMend the name, or write `?field` if \
           the field may be absent: it is then null.",
};

/// A field whose type EQL cannot use.
pub static UNUSABLE: Code = Code {
    number: "E151",
    title: "field cannot be used",
    page: "The field is mapped with a type that EQL cannot use (`nested`, `object`, ranges, geo, \
           `flattened` …), is `text` without an exact keyword sub-field, or has neither an index \
           nor doc values (`event.original` of ECS), so that a search on it fails.\n\nUse another \
           field that holds the same value.",
};

/// A field with different types in different indices.
pub static AMBIGUOUS: Code = Code {
    number: "E152",
    title: "field has incompatible types",
    page: "Two of the searched indices map the field with types that do not go together. \
           Elasticsearch refuses the query.\n\nNarrow the rule's index patterns, or mend the \
           mapping.",
};

/// An operand or argument of the wrong type.
pub static WRONG_TYPE: Code = Code {
    number: "E153",
    title: "wrong type",
    page: "An operator or function is given a type that it does not take: `:` and `like` take \
           strings only, arithmetic takes numbers, `and`, `or` and `not` take booleans. The items \
           of a list (`in`) are of the field's type: an address, a date or a version written as a \
           text is refused there, though `==` takes it.\n\nFor a \
           number write `pid == 4`, or `string(pid) : \"4*\"`; for an address \
           `cidrMatch(source.ip, \"10.0.0.0/8\")`.",
};

/// A condition that is no boolean.
pub static NOT_BOOLEAN: Code = Code {
    number: "E154",
    title: "condition is not boolean",
    page: "What stands after `where` must be true or false: `process where pid` is not.\n\nCompare \
           it: `process where pid != null`.",
};

/// A constant that the field's type cannot hold.
pub static BAD_CONSTANT: Code = Code {
    number: "E155",
    title: "constant does not fit the field",
    page: "A field is compared with a constant that its type cannot hold, such as a word with a \
           number or something that is no date with a date. Elasticsearch fails when it runs the \
           query.\n\nMend the constant.",
};

/// A field compared with another field.
pub static FIELD_COMPARISON: Code = Code {
    number: "E156",
    title: "comparison against a field",
    page: "Elasticsearch compares fields with constants only: `a == b` with two fields is \
           refused.\n\nA function of several fields compared with a constant works: `a - b == 0`, \
           `startsWith(a, b)`.",
};

/// A function that does not exist.
pub static UNKNOWN_FUNCTION: Code = Code {
    number: "E157",
    title: "unknown function",
    page: "There is no function of this name in Elasticsearch's EQL. Functions of python-eql such \
           as `arrayContains`, `match` or `length` of arrays do not exist there.",
};

/// A function called with the wrong arguments.
pub static WRONG_ARGUMENTS: Code = Code {
    number: "E158",
    title: "wrong arguments",
    page: "A function is given too few or too many arguments, or `~` where it has no \
           case-insensitive form.",
};

/// A sequence that cannot be run.
pub static BAD_SEQUENCE: Code = Code {
    number: "E159",
    title: "sequence cannot be run",
    page: "A sequence needs at least two events (one with `with runs=2` counts as two), at least \
           one that is not missing, and `maxspan` if it has a missing event.",
};

/// Join keys that do not go together.
pub static BAD_KEYS: Code = Code {
    number: "E160",
    title: "join keys have incompatible types",
    page: "Every stage of a sequence or sample has the same number of keys; a key is a field; keys \
           at the same position have types of one family.",
};

/// Something that parses and that Elasticsearch does not run.
pub static UNSUPPORTED: Code = Code {
    number: "E161",
    title: "not supported by Elasticsearch",
    page: "`join` and the pipes `count`, `filter`, `sort`, `unique` and `unique_count` parse, but \
           Elasticsearch does not run them.",
};

/// A pipe with the wrong argument.
pub static BAD_PIPE: Code = Code {
    number: "E162",
    title: "wrong argument of a pipe",
    page: "`head` and `tail` take one constant integer that is not negative.",
};
