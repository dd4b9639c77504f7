//! The program as a person meets it: exit code, standard output and standard error, in place.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "these tests write their own input, and panic where they fail"
)]

mod basics;
mod captures;
mod rule_edits;
mod test_command;
