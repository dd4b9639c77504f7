//! Scenario files in the editor.

mod complete;
mod context;
mod hover;
mod keys;
pub(super) mod lenses;
pub(super) mod navigate;
mod outline;

pub(super) use complete::complete;
pub(super) use context::Context;
pub(super) use hover::hover;
