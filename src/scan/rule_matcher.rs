//! One rule over documents that are in memory: what users of the library call. `scan` of the
//! command line runs many rules over files by the same way.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::in_memory::InMemory;
use super::{Alert, Options, Stats, Watcher};
use crate::compile::{CompileError, CompiledRule, ExceptionLists, RuleCompiler, Unsupported};
use crate::data_source::Catalogue;
use crate::diagnostic::document::BadDocument;
use crate::diagnostic::failure::{EngineRefusal, FailureKind};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::Timestamp;
use crate::event::io::Stop;
use crate::rule;

/// A rule that is ready to match events.
///
/// The rule's own filters and the exception items of its file apply; its schedule, its `max_signals`
/// and its suppression only where executions count or remember: rules of type `threshold`,
/// `new_terms` and `esql`.
///
/// ```
/// use trapline::{Catalogue, RuleMatcher};
///
/// let rule = r#"
/// [rule]
/// name = "A shell starts"
/// rule_id = "r-1"
/// type = "eql"
/// language = "eql"
/// severity = "high"
/// risk_score = 73
/// index = ["logs-endpoint.events.process-*"]
/// query = 'process where event.type == "start" and process.name : "cmd.exe"'
/// "#;
/// let documents = r#"
/// {"@timestamp": "2024-01-01T10:00:00Z", "event": {"category": "process", "type": "start"}, "process": {"name": "notepad.exe"}}
/// {"@timestamp": "2024-01-01T10:00:01Z", "event": {"category": "process", "type": "start"}, "process": {"name": "CMD.EXE"}}
/// "#;
/// let matcher = RuleMatcher::new("shell.toml", rule, &Catalogue::builtin()?)?;
/// let alerts = matcher.alerts(documents)?;
/// let lines: Vec<_> = alerts.iter().flat_map(|alert| alert.lines()).collect();
/// assert_eq!(lines, [Some(3)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RuleMatcher(CompiledRule);

/// Why a rule cannot be matched, or documents cannot be read.
///
/// ```
/// use trapline::{Catalogue, MatchError, RuleMatcher, Severity};
///
/// let rule = "[rule]\nname = 1\n";
/// let error = RuleMatcher::new("broken.toml", rule, &Catalogue::builtin()?).unwrap_err();
/// let MatchError::Invalid(diagnostics) = error else {
///     return Err(error.into());
/// };
/// assert!(diagnostics.iter().any(|one| one.severity == Severity::Error));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum MatchError {
    /// The rule file is wrong, or Elasticsearch would refuse the query.
    Invalid(Vec<Diagnostic>),
    /// Trapline does not run such rules over documents.
    Unsupported(Unsupported),
    /// Trapline cannot run the rule's query over documents.
    NotRun(EngineRefusal),
    /// A line is no document.
    BadDocument {
        /// The line, from 1.
        line: u64,
        /// Why.
        reason: BadDocument,
    },
    /// The query fails on an event, as it fails in Elasticsearch.
    Failed {
        /// The line of the event, from 1.
        line: u64,
        /// Why.
        reason: FailureKind,
    },
}

impl std::error::Error for MatchError {}

impl RuleMatcher {
    /// Reads and compiles a rule file, TOML or JSON as Kibana exports it; of several rules the
    /// first. `file` is its name in diagnostics. Types of fields are those of the data sources of
    /// the catalogue.
    pub fn new(file: &str, text: &str, catalogue: &Catalogue) -> Result<Self, MatchError> {
        let loaded = rule::load(&SourceText::new(file, text));
        let Some(rule) = loaded.rule else {
            return Err(MatchError::Invalid(loaded.diagnostics));
        };
        let lists = ExceptionLists::default();
        let mut compiler = RuleCompiler::new(catalogue, &lists, Timestamp::default());
        match compiler.compile(Arc::new(rule)) {
            Ok(rule) => Ok(Self(rule)),
            Err(CompileError::Unsupported(what)) => Err(MatchError::Unsupported(what)),
            Err(CompileError::Refused(refused)) => Err(MatchError::Invalid(refused.diagnostics)),
        }
    }

    /// The alerts of the rule on these documents, in the order of their last events. Documents are
    /// lines of JSON, an array of documents, or a search response; they may stand in any order.
    pub fn alerts(&self, documents: &str) -> Result<Vec<Alert>, MatchError> {
        let mut alerts = Collected::default();
        let inputs = InMemory::new(documents);
        let rules = std::slice::from_ref(&self.0);
        let options = Options::default();
        let (stats, refused) = super::run(rules, &inputs, &options, &mut alerts, &Stop::new());
        if let Some(refused) = refused.into_iter().next() {
            return Err(MatchError::NotRun(refused.reason));
        }
        if let Some((_, ((_, line), reason))) = stats.failed.into_iter().next() {
            return Err(MatchError::Failed { line, reason });
        }
        bad_document(stats.bad)?;
        Ok(alerts.0)
    }
}

fn bad_document(bad: BTreeMap<(u32, u64), BadDocument>) -> Result<(), MatchError> {
    match bad.into_iter().next() {
        Some(((_, line), reason)) => Err(MatchError::BadDocument { line, reason }),
        None => Ok(()),
    }
}

/// The alerts so far.
#[derive(Default)]
struct Collected(Vec<Alert>);

impl Watcher for Collected {
    fn alert(&mut self, alert: Alert) -> bool {
        self.0.push(alert);
        true
    }

    fn restart(&mut self) {
        self.0.clear();
    }

    fn progress(&mut self, _: &Stats) {}
}
