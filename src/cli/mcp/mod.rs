//! What `trapline mcp` offers to assistants: each tool is a verb of the command line, run in place,
//! so that its result is what the verb prints as JSON.

mod call;
mod tools;

pub(super) use call::call;
pub(super) use tools::list;
