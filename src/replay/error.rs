//! Error codes of a run: `E39…`.

use crate::diagnostic::Code;

/// All codes of this room.
pub const CODES: &[&Code] = &[&EXPECTATION, &BAD_CAPTURE, &BAD_EXCEPTIONS];

/// What a scenario expects does not happen.
pub static EXPECTATION: Code = Code {
    number: "E390",
    title: "an expectation does not hold",
    page: "The rule does something else than the scenario expects: it alerts where it should not, \
           does not alert where it should, or another clause than the stated one stops it.\n\nMend \
           the rule, or the scenario's `expect` and `because` if the change is meant. What is known \
           to be wrong and stays so is pinned with `gap:` or `noise:` and a reason.\n\n\
           A `because` is a part of the text of a clause in canonical form, or a structural word: \
           `order`, `maxspan`, `join FIELD`, `until`, `missing event`, `category`, `not routed`, \
           `unverifiable`, `taken by LABEL`, `look-back`, `exception NAME`, `filters`; beside a \
           number of alerts `max_signals` and `suppressed`.",
};

/// A capture that cannot be replayed.
pub static BAD_CAPTURE: Code = Code {
    number: "E391",
    title: "a capture cannot be replayed",
    page: "`events_from` names a file that cannot be read whole, holds something that is no event, \
           or gives a label by a query that finds no event. Every form that `trapline import` reads \
           is taken: EVTX, Windows events as JSON, documents and alerts from Elastic, packed or not.",
};

/// A file with exceptions that cannot be read.
pub static BAD_EXCEPTIONS: Code = Code {
    number: "E392",
    title: "exceptions cannot be read",
    page: "`exceptions` names a file that cannot be read. It is an exception list in the TOML of the \
           detection-rules repository or in the NDJSON that Kibana exports; the path is relative to \
           the scenario file. The values of a value list stand beside it in a file that has the id \
           of the list as its name, a value a line.",
};
