//! The state of the server: the open documents, what is known of them, and the work that waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::answers::LensCommand;
use super::client::Client;
use super::documents::Document;
use super::jobs::{Done, Job, JobResult, Kind};
use super::session::{Checked, Session, Stored, published};
use super::setup::Setup;
use crate::json_rpc::{
    INTERNAL_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, Message, RpcError, request, response,
};
use crate::project::rule_files::is_rule;

/// A request before `initialize`.
const NOT_INITIALIZED: i64 = -32002;
/// The text changed while the answer was made.
const CONTENT_MODIFIED: i64 = -32801;

/// What a message leads to.
#[derive(Debug, Default)]
pub struct Reaction {
    /// Messages to the client.
    pub messages: Vec<Value>,
    /// The program ends, well or not.
    pub exit: Option<bool>,
}

/// A language server for one project.
pub struct Server {
    session: Session,
    /// What is to be done, and who waits for it.
    pending: BTreeMap<(Kind, String), Vec<PendingCommand>>,
    /// Who waits for the job that runs.
    waiting: Vec<PendingCommand>,
    state: State,
    /// How many requests of ours were sent.
    asked: usize,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Running,
    ShutDown,
}

/// A command whose answer needs a job.
#[derive(Debug)]
pub(super) struct PendingCommand {
    pub(super) id: Value,
    pub(super) command: LensCommand,
}

impl Server {
    /// A server to which nobody has spoken yet.
    pub fn new(setup: Setup) -> Self {
        Self {
            session: Session::new(setup),
            pending: BTreeMap::new(),
            waiting: Vec::new(),
            state: State::New,
            asked: 0,
        }
    }

    /// Takes a message.
    pub fn receive(&mut self, message: Message) -> Reaction {
        match message {
            Message::Request { id, method, params } => self.request(&id, &method, &params),
            Message::Notification { method, params } => self.notified(&method, &params),
            Message::Response { .. } => Reaction::default(),
        }
    }

    fn request(&mut self, id: &Value, method: &str, params: &Value) -> Reaction {
        let answer = match (self.state, method) {
            (State::New, "initialize") => {
                self.state = State::Running;
                self.session.client = Client::new(params);
                Ok(self.session.client.answer())
            }
            (State::New, _) => Err(RpcError::new(NOT_INITIALIZED, "`initialize` comes first")),
            (State::ShutDown, _) => Err(RpcError::new(INVALID_REQUEST, "the server is shut down")),
            (State::Running, "shutdown") => {
                self.state = State::ShutDown;
                Ok(Value::Null)
            }
            (State::Running, "workspace/executeCommand") => match self.session.command(params) {
                Ok(command) => {
                    let (kind, name) = command.job();
                    let waiting = PendingCommand {
                        id: id.clone(),
                        command,
                    };
                    self.pending.entry((kind, name)).or_default().push(waiting);
                    return Reaction::default();
                }
                Err(fault) => Err(fault),
            },
            (State::Running, method) => self.session.answer(method, params).unwrap_or_else(|| {
                let message = format!("there is no method `{method}`");
                Err(RpcError::new(METHOD_NOT_FOUND, message))
            }),
        };
        Reaction {
            messages: vec![response(id, answer)],
            exit: None,
        }
    }

    fn notified(&mut self, method: &str, params: &Value) -> Reaction {
        let mut reaction = Reaction::default();
        match method {
            "exit" => reaction.exit = Some(self.state == State::ShutDown),
            _ if self.state != State::Running => {}
            "initialized" => reaction.messages.extend(self.session.client.registration()),
            "textDocument/didOpen" => self.opened(params),
            "textDocument/didChange" => self.changed(params),
            "textDocument/didSave" => {
                if let Some(name) = self.session.document_name(params) {
                    self.touched(&name);
                }
            }
            "textDocument/didClose" => {
                if let Some(name) = self.session.document_name(params)
                    && let Some(document) = self.session.documents.remove(&name)
                {
                    self.session.checks.remove(&name);
                    self.session.runs.remove(&name);
                    reaction.messages.push(published(&document, &[]));
                }
            }
            "workspace/didChangeWatchedFiles" => {
                let changes = params.get("changes").and_then(Value::as_array);
                let uris = changes.into_iter().flatten().filter_map(|it| it.get("uri"));
                let names: Vec<String> = uris
                    .filter_map(|uri| self.session.name(uri.as_str()?))
                    .collect();
                for name in names {
                    if !self.session.documents.contains_key(&name) {
                        self.touched(&name);
                    }
                }
            }
            _ => {}
        }
        reaction
    }

    fn opened(&mut self, params: &Value) {
        let Some(name) = self.session.document_name(params) else {
            return;
        };
        let text = |key: &str| params.pointer(&format!("/textDocument/{key}"));
        let version = text("version").and_then(Value::as_i64).unwrap_or(0);
        let own = |key: &str| text(key).and_then(Value::as_str).unwrap_or("");
        let document = Document::new(own("uri"), &name, version, own("text").to_owned());
        self.session.documents.insert(name.clone(), document);
        self.queue(Kind::Check, &name);
        self.touched(&name);
    }

    fn changed(&mut self, params: &Value) {
        let Some(name) = self.session.document_name(params) else {
            return;
        };
        let Some(document) = self.session.documents.get(&name) else {
            return;
        };
        let version = params
            .pointer("/textDocument/version")
            .and_then(Value::as_i64);
        let changes = params.get("contentChanges").and_then(Value::as_array);
        let changes = changes.map_or(&[][..], Vec::as_slice);
        let version = version.unwrap_or(document.version + 1);
        let changed = document.changed(version, changes, self.session.client.encoding);
        self.session.documents.insert(name.clone(), changed);
        self.queue(Kind::Check, &name);
    }

    /// Checks and runs all that is open with the data sources as they are now.
    fn sources_touched(&mut self) {
        self.session.read_sources();
        let open: Vec<String> = self.session.documents.keys().cloned().collect();
        for name in open {
            self.queue(Kind::Check, &name);
            if self.session.is_scenario(&name) {
                self.queue(Kind::Run, &name);
            }
        }
    }

    /// Runs the scenarios that a file touches: itself, those that have read it, and that of a rule.
    /// A data source touches everything.
    fn touched(&mut self, name: &str) {
        if self.session.is_of_sources(name) {
            return self.sources_touched();
        }
        let mut scenarios: Vec<String> = self
            .session
            .runs
            .iter()
            .filter(|(_, stored)| stored.run.depends.contains(name))
            .map(|(scenario, _)| scenario.clone())
            .collect();
        if self.session.is_scenario(name) {
            scenarios.push(name.to_owned());
        }
        if is_rule(name) {
            scenarios.extend(self.session.scenario_of(name));
        }
        for scenario in scenarios {
            self.queue(Kind::Run, &scenario);
        }
    }

    fn queue(&mut self, kind: Kind, name: &str) {
        let is_known = self.session.is_scenario(name)
            || (kind == Kind::Check && (is_rule(name) || name.ends_with("trapline.toml")));
        if is_known {
            self.pending.entry((kind, name.to_owned())).or_default();
        }
    }

    /// The work that comes next. What somebody types is checked before anything is run.
    pub fn next_job(&mut self) -> Option<Job> {
        let ((kind, name), waiting) = self.pending.pop_first()?;
        self.waiting = waiting;
        Some(Job {
            setup: Arc::clone(&self.session.setup),
            texts: self.session.texts(),
            name,
            kind,
        })
    }

    /// Takes what came of a job.
    pub fn done(&mut self, done: Done) -> Vec<Value> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut messages = Vec::new();
        let is_fresh = self.is_fresh(&done);
        match done.found {
            JobResult::Checked(notices) if is_fresh => {
                let checked = Checked {
                    texts: done.texts,
                    notices,
                };
                self.session.checks.insert(done.name.clone(), checked);
                messages.extend(self.session.publish(&done.name));
            }
            JobResult::Ran(run) if is_fresh => {
                for one in waiting {
                    messages.push(response(&one.id, Ok(one.command.answer(&run))));
                }
                let stored = Stored {
                    run: *run,
                    texts: done.texts,
                };
                self.session.runs.insert(done.name.clone(), stored);
                messages.extend(self.session.publish(&done.name));
                messages.extend(self.refresh());
            }
            found => {
                let failed = matches!(found, JobResult::Failed);
                let fault = if failed {
                    RpcError::new(INTERNAL_ERROR, "the run panicked")
                } else {
                    RpcError::new(CONTENT_MODIFIED, "the text changed during the run")
                };
                let answers = waiting.iter();
                messages.extend(answers.map(|one| response(&one.id, Err(fault.clone()))));
            }
        }
        messages
    }

    /// Whether what a job read of the editor is still there.
    fn is_fresh(&self, done: &Done) -> bool {
        match &done.found {
            JobResult::Checked(_) => self.session.is_same(&done.name, &done.texts),
            JobResult::Ran(run) => run
                .depends
                .iter()
                .all(|name| self.session.is_same(name, &done.texts)),
            JobResult::Failed => false,
        }
    }

    /// Asks the client to request again what runs have changed.
    fn refresh(&mut self) -> Vec<Value> {
        let methods = self.session.client.refreshes();
        let mut messages = Vec::new();
        for method in methods {
            self.asked += 1;
            let id = format!("trapline-{}", self.asked);
            messages.push(request(&id, method, &Value::Null));
        }
        messages
    }
}
