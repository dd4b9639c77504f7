//! Error codes of data sources: `E4…`.

use crate::diagnostic::Code;

/// All codes of this room.
pub const CODES: &[&Code] = &[&UNKNOWN_SOURCE];

/// A source that does not exist.
pub static UNKNOWN_SOURCE: Code = Code {
    number: "E400",
    title: "unknown data source",
    page: "There is no data source of this name. `trapline sources` lists them.",
};
