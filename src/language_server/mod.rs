//! The Language Server Protocol: what an editor shows of rules and scenarios while they are written.
//! Knows no streams and no threads; `trapline lsp` gives it messages and runs its [`Job`]s.
//!
//! `message -> Server -> answers`, and beside it `Server -> Job -> Done -> Server -> diagnostics,
//! lenses, hints`. Answers are made from the text as it is when the request comes; what a job found
//! is shown only while the texts that it read are still those of the editor.

mod answers;
mod client;
mod code_actions;
mod completion;
mod documents;
mod jobs;
mod notice;
mod position;
mod rule;
mod scenario;
mod server;
mod session;
mod setup;
pub mod uri;

pub use jobs::{Done, Job};
pub use server::{Reaction, Server};
pub use setup::{ClauseCache, Setup};
