//! `trapline mcp`: a server of the Model Context Protocol on standard input and output, for
//! assistants that write rules.

use std::io::{self, BufReader};

use serde_json::{Value, json};

use super::super::console::Stream;
use super::super::mcp;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use crate::json_rpc::{
    self, Framing, INVALID_REQUEST, METHOD_NOT_FOUND, Message, RpcError, response,
};

/// The versions of the protocol that are spoken, the newest first.
const VERSIONS: [&str; 3] = ["2025-06-18", "2025-03-26", "2024-11-05"];

/// What an assistant should know before it calls a tool.
const INSTRUCTIONS: &str = "Trapline tests detection rules of Elastic Security. `run` says whether \
    the cases of a rule's scenario behave as expected; `explain_case` says why not. A scenario is an \
    attack and cases that are the attack plus one change; start one with `draft_scenario`, then add \
    what `coverage` misses. Paths are relative to the project's root. Only `accept`, \
    `write_scenario` and tools with `output` write files.";

/// Runs the verb.
pub fn run(settings: &Settings, console: &mut Console) -> ExitCode {
    let mut input = BufReader::new(io::stdin());
    let mut is_greeted = false;
    while let Ok(Some(message)) = json_rpc::read(&mut input, Framing::Lines) {
        let answer = match message {
            Err(fault) => response(&Value::Null, Err(fault)),
            Ok(Message::Request { id, method, params }) => {
                let answer = match method.as_str() {
                    "initialize" => {
                        is_greeted = true;
                        Ok(greeting(&params))
                    }
                    "ping" => Ok(json!({})),
                    _ if !is_greeted => {
                        Err(RpcError::new(INVALID_REQUEST, "`initialize` comes first"))
                    }
                    "tools/list" => Ok(json!({"tools": mcp::list()})),
                    "tools/call" => mcp::call(&params, settings),
                    _ => {
                        let message = format!("there is no method `{method}`");
                        Err(RpcError::new(METHOD_NOT_FOUND, message))
                    }
                };
                response(&id, answer)
            }
            Ok(Message::Notification { .. } | Message::Response { .. }) => continue,
        };
        let out = console.stream(Stream::Out);
        // A client that is gone is noticed when standard input ends.
        let _ = json_rpc::write(&mut { out }, Framing::Lines, &answer);
    }
    ExitCode::Passed
}

fn greeting(params: &Value) -> Value {
    let asked = params.get("protocolVersion").and_then(Value::as_str);
    let spoken = VERSIONS.into_iter().find(|version| Some(*version) == asked);
    json!({
        "protocolVersion": spoken.or(VERSIONS.first().copied()),
        "capabilities": {"tools": {"listChanged": false}},
        "serverInfo": {"name": "trapline", "version": env!("CARGO_PKG_VERSION")},
        "instructions": INSTRUCTIONS,
    })
}
