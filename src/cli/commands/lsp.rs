//! `trapline lsp`: the language server on standard input and output. One thread reads messages, one
//! does the work that takes long, and this one answers.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use camino::Utf8Path;
use serde_json::Value;

use super::super::console::Stream;
use super::super::lint_levels::Level;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use crate::data_source::InvalidProfile;
use crate::json_rpc::{self, Framing, INTERNAL_ERROR, Message, RpcError, response};
use crate::language_server::{Done, Job, Reaction, Server, Setup, uri};

/// The client does not want the answer any more.
const CANCELLED: i64 = -32800;

/// What comes to the thread that answers.
enum Event {
    Message(Result<Message, RpcError>),
    Done(Box<Done>),
    /// Standard input has ended.
    Closed,
}

/// Runs the verb.
pub fn run(settings: &Settings, console: &mut Console) -> ExitCode {
    let (sender, events) = channel();
    read(sender.clone());
    let jobs = work(sender);
    let mut server = None;
    let mut queue = VecDeque::new();
    let mut is_busy = false;
    loop {
        // What is typed meanwhile counts before work on it begins.
        queue.extend(events.try_iter());
        cancel(&mut queue, console);
        if queue.is_empty() {
            if !is_busy && let Some(job) = server.as_mut().and_then(Server::next_job) {
                is_busy = jobs.send(job).is_ok();
            }
            let Ok(event) = events.recv() else {
                return ExitCode::Passed;
            };
            queue.push_back(event);
            continue;
        }
        let reaction = match queue.pop_front() {
            None => continue,
            Some(Event::Closed) => return ExitCode::Passed,
            Some(Event::Done(done)) => {
                is_busy = false;
                let messages = server.as_mut().map(|server| server.done(*done));
                Reaction {
                    messages: messages.unwrap_or_default(),
                    exit: None,
                }
            }
            Some(Event::Message(Err(fault))) => Reaction {
                messages: vec![response(&Value::Null, Err(fault))],
                exit: None,
            },
            Some(Event::Message(Ok(message))) => {
                if server.is_none() {
                    match start(settings, &message, console) {
                        Ok(started) => server = Some(started),
                        Err(error) => return console.internal(&error.to_string()),
                    }
                }
                let server = server.as_mut();
                let reaction = server.map(|server| receive(server, message));
                reaction.unwrap_or_default()
            }
        };
        send(&reaction.messages, console);
        if let Some(well) = reaction.exit {
            return if well {
                ExitCode::Passed
            } else {
                ExitCode::Failed
            };
        }
    }
}

fn send(messages: &[Value], console: &mut Console) {
    for message in messages {
        let out = console.stream(Stream::Out);
        // A client that is gone is noticed when standard input ends.
        let _ = json_rpc::write(&mut { out }, Framing::Headers, message);
    }
}

/// Takes a message; a panic is the answer to its request and nothing else.
fn receive(server: &mut Server, message: Message) -> Reaction {
    let id = match &message {
        Message::Request { id, .. } => Some(id.clone()),
        _ => None,
    };
    let received = catch_unwind(AssertUnwindSafe(|| server.receive(message)));
    received.unwrap_or_else(|_| {
        let fault = || RpcError::new(INTERNAL_ERROR, "the request panicked");
        Reaction {
            messages: id.iter().map(|id| response(id, Err(fault()))).collect(),
            exit: None,
        }
    })
}

/// Answers the requests that wait and were cancelled.
fn cancel(queue: &mut VecDeque<Event>, console: &mut Console) {
    let cancelled: Vec<Value> = queue
        .iter()
        .filter_map(|event| match event {
            Event::Message(Ok(Message::Notification { method, params }))
                if method == "$/cancelRequest" =>
            {
                params.get("id").cloned()
            }
            _ => None,
        })
        .collect();
    queue.retain(|event| {
        let Event::Message(Ok(Message::Request { id, .. })) = event else {
            return true;
        };
        if !cancelled.contains(id) {
            return true;
        }
        let fault = RpcError::new(CANCELLED, "cancelled");
        let out = console.stream(Stream::Out);
        let _ = json_rpc::write(&mut { out }, Framing::Headers, &response(id, Err(fault)));
        false
    });
}

/// Reads messages until standard input ends or cannot be understood any more.
fn read(events: Sender<Event>) {
    thread::spawn(move || {
        let mut input = BufReader::new(io::stdin());
        while let Ok(Some(message)) = json_rpc::read(&mut input, Framing::Headers) {
            if events.send(Event::Message(message)).is_err() {
                return;
            }
        }
        let _ = events.send(Event::Closed);
    });
}

/// Does one job after the other.
fn work(events: Sender<Event>) -> Sender<Job> {
    let (jobs, waiting): (Sender<Job>, Receiver<Job>) = channel();
    thread::spawn(move || {
        for job in waiting {
            let failed = job.failed();
            let done = catch_unwind(AssertUnwindSafe(|| job.execute())).unwrap_or(failed);
            if events.send(Event::Done(Box::new(done))).is_err() {
                return;
            }
        }
    });
    jobs
}

/// A server for the project that the client names, or else for the one that we are in.
fn start(
    settings: &Settings,
    message: &Message,
    console: &mut Console,
) -> Result<Server, InvalidProfile> {
    let named = match message {
        Message::Request { method, params, .. } if method == "initialize" => {
            let folder = params.pointer("/workspaceFolders/0/uri");
            let root = folder
                .or_else(|| params.get("rootUri"))
                .and_then(Value::as_str);
            root.and_then(uri::path)
        }
        _ => None,
    };
    let opened = named.and_then(|root| settings.in_directory(Utf8Path::new(&root)).ok());
    let settings = opened.as_ref().unwrap_or(settings);
    let (catalogue, mistakes) = settings.project().catalogue()?;
    console.diagnostics(&mistakes);
    let levels = settings.configured_lints();
    let of_level = |wanted: Level| -> BTreeSet<&'static str> {
        let levels = levels.iter().filter(|(_, level)| **level == wanted);
        levels.map(|(name, _)| *name).collect()
    };
    Ok(Server::new(Setup {
        root: settings.files.root().as_str().replace('\\', "/"),
        files: Arc::new(settings.files.clone()),
        layouts: settings.layouts.clone(),
        allowed: of_level(Level::Allow),
        denied: of_level(Level::Deny),
        clauses: crate::language_server::ClauseCache::default(),
        catalogue,
    }))
}
