//! Error codes of data sources: `E4…`.

use crate::diagnostic::Code;
use crate::located::Codes;

/// All codes of this room.
pub const CODES: &[&Code] = &[
    &UNKNOWN_SOURCE,
    &SOURCE_SYNTAX,
    &MISSING_KEY,
    &WRONG_VALUE,
    &UNKNOWN_KEY,
    &UNKNOWN_NAME,
    &SOURCE_CLASH,
    &BAD_FIELDS,
];

/// The codes of files of keys and values.
pub(super) static OF_FILES: Codes = Codes {
    syntax: &SOURCE_SYNTAX,
    missing_key: &MISSING_KEY,
    wrong_kind: &WRONG_VALUE,
    unknown_key: &UNKNOWN_KEY,
};

/// A source that does not exist.
pub static UNKNOWN_SOURCE: Code = Code {
    number: "E400",
    title: "unknown data source",
    page: "There is no data source of this name. `trapline sources` lists them.",
};

/// A file of a data source that is not TOML.
pub static SOURCE_SYNTAX: Code = Code {
    number: "E401",
    title: "the file of a data source is not TOML",
    page: "A file in `sources/` does not follow the syntax of TOML. Field names with dots stand in \
           quotes: `\"event.action\" = \"login\"`.",
};

/// A key that must be there.
pub static MISSING_KEY: Code = Code {
    number: "E402",
    title: "a data source lacks a key",
    page: "A source needs at least one `[[index]]` with a `name`, and kinds of event: its own \
           (`[[kind]]`) or those of another source (`kinds_from`). A pin needs `field`, `value` and \
           `evidence`, a kind its `name`. A file with `extends` may leave out indices and kinds. See \
           [own data sources](../reference/sources.md).",
};

/// A value that the key does not take.
pub static WRONG_VALUE: Code = Code {
    number: "E403",
    title: "wrong value in the file of a data source",
    page: "The key takes another kind of value, or the value does not fit the type of the field \
           that it is given to. See [own data sources](../reference/sources.md).",
};

/// A key that is not known.
pub static UNKNOWN_KEY: Code = Code {
    number: "E404",
    title: "unknown key in the file of a data source",
    page: "The table has no key of this name. Field names belong into `[defaults]`, `[kind.defaults]` \
           or `[index.types]`.",
};

/// A name that stands for nothing.
pub static UNKNOWN_NAME: Code = Code {
    number: "E405",
    title: "the file of a data source names something that does not exist",
    page: "`extends`, `replaces` and `kinds_from` name a data source (`trapline sources` lists them), \
           `index` an index of the same file, `fields` and `assumed` a field list of Trapline or a \
           file beside this one that ends in `.json`, `.yml` or `.yaml`. A field that gets a value or \
           a pin needs a type in one of the source's indices.",
};

/// Two sources of one name.
pub static SOURCE_CLASH: Code = Code {
    number: "E406",
    title: "a data source of this name exists",
    page: "A file of the project defines a source whose name is taken. `extends = \"NAME\"` adds to \
           that source, `replaces = \"NAME\"` stands in its place, another `name` makes a source \
           beside it. Two files cannot extend or replace the same source.",
};

/// Field types that cannot be read.
pub static BAD_FIELDS: Code = Code {
    number: "E407",
    title: "field types cannot be read",
    page: "A file that `fields` or `assumed` names is neither an answer to `GET INDEX/_mapping` \
           (`.json`) nor a `fields.yml` of an integration (`.yml`, `.yaml`), or it states a type that \
           Elasticsearch does not have.",
};
