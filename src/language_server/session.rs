//! What is known of the project while it is open in an editor: the documents, what `check` finds in
//! them, and the last run of each scenario.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::client::Client;
use super::documents::{Document, Texts};
use super::jobs::Run;
use super::notice::Notice;
use super::setup::Setup;
use super::uri;
use crate::json_rpc::notification;
use crate::project::{Project, ProjectFiles as _};

/// An open project.
pub(super) struct Session {
    pub(super) setup: Arc<Setup>,
    pub(super) client: Client,
    pub(super) documents: BTreeMap<String, Document>,
    pub(super) checks: BTreeMap<String, Checked>,
    pub(super) runs: BTreeMap<String, Stored>,
    pub(super) scenario_schema: Value,
}

/// What `check` finds in a text.
pub(super) struct Checked {
    pub(super) texts: Texts,
    pub(super) notices: Vec<Notice>,
}

/// A run, and the texts of the editor that it read.
pub(super) struct Stored {
    pub(super) run: Run,
    pub(super) texts: Texts,
}

impl Session {
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            setup: Arc::new(setup),
            client: Client::default(),
            documents: BTreeMap::new(),
            checks: BTreeMap::new(),
            runs: BTreeMap::new(),
            scenario_schema: crate::scenario::schema::schema(),
        }
    }

    /// The project's name of a file, if the URI is one of a file.
    pub(super) fn name(&self, uri: &str) -> Option<String> {
        Some(uri::name(&self.setup.root, &uri::path(uri)?))
    }

    /// The name of the document that a message is about.
    pub(super) fn document_name(&self, params: &Value) -> Option<String> {
        self.name(params.pointer("/textDocument/uri")?.as_str()?)
    }

    /// The scenario file that mirrors a rule, if there is one.
    pub(super) fn scenario_of(&self, rule: &str) -> Option<String> {
        let texts = self.texts();
        let overlay = self.setup.overlay(&texts);
        let project = Project::new(&overlay, &self.setup.layouts);
        project.mirrored(rule).filter(|name| overlay.exists(name))
    }

    /// Whether a file defines a data source of the project, or holds field types beside one.
    pub(super) fn is_of_sources(&self, name: &str) -> bool {
        Project::new(self.setup.files.as_ref(), &self.setup.layouts).holds_source(name)
    }

    /// Reads the data sources again. What was found with the others is forgotten.
    pub(super) fn read_sources(&mut self) {
        let setup = self.setup.with_current_sources(&self.texts());
        let Some(setup) = setup.filter(|setup| setup.catalogue != self.setup.catalogue) else {
            return;
        };
        self.setup = Arc::new(setup);
        self.checks.clear();
        self.runs.clear();
    }

    /// Whether a file of YAML is a scenario rather than something else of the project.
    pub(super) fn is_scenario(&self, name: &str) -> bool {
        let is_yaml = name
            .rsplit_once('.')
            .is_some_and(|(_, it)| matches!(it, "yaml" | "yml"));
        let project = Project::new(self.setup.files.as_ref(), &self.setup.layouts);
        let has_attack = || {
            let document = self.documents.get(name);
            document.is_some_and(|it| {
                it.text
                    .text()
                    .lines()
                    .any(|line| line.starts_with("attack:"))
            })
        };
        is_yaml && (project.holds_scenario(name) || has_attack())
    }

    /// The texts of all open documents.
    pub(super) fn texts(&self) -> Texts {
        let documents = self.documents.iter();
        documents
            .map(|(name, document)| (name.clone(), Arc::clone(&document.text)))
            .collect()
    }

    /// Whether a document is as it was, or was not open then or is not now.
    pub(super) fn is_same(&self, name: &str, texts: &Texts) -> bool {
        match (self.documents.get(name), texts.get(name)) {
            (Some(document), Some(text)) => document.text == *text,
            _ => true,
        }
    }

    /// The run of a scenario file, if the texts that it read are those of the editor.
    pub(super) fn run(&self, scenario: &str) -> Option<&Run> {
        let stored = self.runs.get(scenario)?;
        let mut depends = stored.run.depends.iter();
        let is_fresh = depends.all(|name| self.is_same(name, &stored.texts));
        is_fresh.then_some(&stored.run)
    }

    /// The runs that tell something of a rule.
    pub(super) fn runs_of<'s>(&'s self, rule: &'s str) -> impl Iterator<Item = &'s Run> {
        let scenarios = self.runs.iter();
        let touched = scenarios.filter(move |(_, stored)| stored.run.depends.contains(rule));
        touched.filter_map(|(scenario, _)| self.run(scenario))
    }

    /// The notices of a document as they are known now.
    pub(super) fn publish(&self, name: &str) -> Option<Value> {
        let document = self.documents.get(name)?;
        let mut notices: Vec<&Notice> = Vec::new();
        if let Some(run) = self.run(name) {
            notices.extend(&run.notices);
        }
        if let Some(checked) = self.checks.get(name)
            && self.is_same(name, &checked.texts)
        {
            for notice in &checked.notices {
                let known = |other: &Notice| other.span == notice.span && other.code == notice.code;
                if !notices.iter().any(|other| known(other)) {
                    notices.push(notice);
                }
            }
        }
        notices.sort_by_key(|notice| notice.span);
        let shown: Vec<Value> = notices
            .iter()
            .map(|notice| self.client.diagnostic(notice, document, &self.setup.root))
            .collect();
        Some(published(document, &shown))
    }
}

/// The message that shows diagnostics of a document.
pub(super) fn published(document: &Document, diagnostics: &[Value]) -> Value {
    let params = json!({
        "uri": document.uri,
        "version": document.version,
        "diagnostics": diagnostics,
    });
    notification("textDocument/publishDiagnostics", &params)
}
