//! Trapline, a test harness for detection rules: it replays attack and benign scenarios through an
//! evaluator of Elasticsearch's query languages, in the shape of every data source that a rule
//! claims, and shows every change of behaviour.
//!
//! The library is the handful of types below. The rooms that they come from, in the order of the
//! layers, are described in `ARCHITECTURE.md`; they are private, and open only to the tests of the
//! repository itself (feature `internals`).
//!
//! # Run a project
//!
//! [`Project`] loads rules and scenarios through [`ProjectFiles`], here from memory, and runs them;
//! `trapline test` calls the same.
//!
//! ```
//! use trapline::{Catalogue, Conclusion, ExitCode, Layout, MemoryFiles, Project, RunRequest};
//!
//! let rule = r#"
//! [rule]
//! name = "A shell starts"
//! rule_id = "r-1"
//! type = "eql"
//! language = "eql"
//! severity = "high"
//! risk_score = 73
//! index = ["logs-endpoint.events.process-*"]
//! query = 'process where event.type == "start" and process.name : "cmd.exe"'
//! "#;
//! let scenario = r"
//! attack:
//!   name: cmd starts
//!   events:
//!     shell: {is: process, process.executable: C:\Windows\System32\cmd.exe}
//!   expect: alert
//! cases:
//!   - name: another program
//!     change: {shell: {process.executable: C:\Windows\notepad.exe}}
//!     expect: none
//!     because: process.name
//! ";
//! let files = MemoryFiles::new([
//!     ("rules/shell.toml", rule),
//!     ("scenarios/shell.yaml", scenario),
//! ]);
//! let layouts = [Layout::default()];
//! let project = Project::new(&files, &layouts);
//! let catalogue = Catalogue::builtin()?;
//! let run = project.run(project.load(&[]), &catalogue, &RunRequest::default());
//!
//! let verdicts: Vec<_> = run.outcome.checks().map(|check| check.verdict.word()).collect();
//! assert_eq!(verdicts, ["passed", "passed"]);
//! // Nobody accepted their snapshot yet.
//! assert_eq!(run.conclusion(), Conclusion::Added);
//! assert_eq!(run.conclusion().exit_code(), ExitCode::NewSnapshots);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Read what a run gave
//!
//! A [`TestRun`] has an [`Outcome`] with a [`Check`] for each case and data source. A [`Receiver`]
//! is called for each while the run goes on.
//!
//! ```
//! # let rule = r#"
//! # [rule]
//! # name = "A shell starts"
//! # rule_id = "r-1"
//! # type = "eql"
//! # language = "eql"
//! # severity = "high"
//! # risk_score = 73
//! # index = ["logs-endpoint.events.process-*"]
//! # query = 'process where event.type == "start" and process.name : "cmd.exe"'
//! # "#;
//! use std::sync::Mutex;
//! use trapline::{
//!     Catalogue, Check, CheckKey, Layout, Loaded, MemoryFiles, Observed, Outcome, Project, Receiver,
//!     RunRequest, RunEvent, ScenarioOutcome, Target, TestRun, Verdict,
//! };
//!
//! #[derive(Default)]
//! struct Names(Mutex<Vec<CheckKey>>);
//!
//! impl Receiver for Names {
//!     fn receive(&self, event: RunEvent<'_>) {
//!         if let RunEvent::CheckFinished(check) = event {
//!             self.0.lock().unwrap().push(check.key.clone());
//!         }
//!     }
//! }
//!
//! // The scenario expects an alert that the rule does not give.
//! let scenario = r"
//! attack:
//!   name: cmd starts
//!   events:
//!     shell: {is: process, process.executable: C:\Windows\System32\cmd.exe}
//!   expect: alert
//! cases:
//!   - name: another program
//!     change: {shell: {process.executable: C:\Windows\notepad.exe}}
//!     expect: alert
//! ";
//! let files = MemoryFiles::new([
//!     ("rules/shell.toml", rule),
//!     ("scenarios/shell.yaml", scenario),
//! ]);
//! let layouts = [Layout::default()];
//! let project = Project::new(&files, &layouts);
//! let loaded: Loaded = project.load(&[Target::Path("scenarios/shell.yaml".to_owned())]);
//! assert!(loaded.diagnostics.is_empty());
//! let names = Names::default();
//! let request = RunRequest::default().with_receiver(&names);
//! let run: TestRun = project.run(loaded, &Catalogue::builtin()?, &request);
//!
//! let outcome: &Outcome = &run.outcome;
//! let scenario: &ScenarioOutcome = &outcome.scenarios[0];
//! assert_eq!(scenario.rule_name, "A shell starts");
//! let [attack, case] = &scenario.checks[..] else {
//!     panic!("two checks");
//! };
//! assert!(matches!(attack.observed, Observed::Alert(_)));
//! let failed: &Check = case;
//! assert_eq!(failed.verdict, Verdict::Failed);
//! assert_eq!(failed.message(), "expected an alert, found none");
//! let reason = failed.reason.as_ref().map(|reason| reason.word());
//! assert_eq!(reason, Some("no-alert"));
//! assert_eq!(
//!     failed.key.to_string(),
//!     "scenarios/shell.yaml::another program[elastic_defend]"
//! );
//! assert!(matches!(failed.observed, Observed::None(_)));
//! assert_eq!(names.0.into_inner()?.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Choose what runs
//!
//! A [`Layout`] says where rules and scenarios are, a [`Selection`] which checks run: it is the
//! expression of `trapline test -k`. Options are made of their defaults and setters, so that a later
//! version can add one.
//!
//! ```
//! # let rule = r#"
//! # [rule]
//! # name = "A shell starts"
//! # rule_id = "r-1"
//! # type = "eql"
//! # language = "eql"
//! # severity = "high"
//! # risk_score = 73
//! # index = ["logs-endpoint.events.process-*"]
//! # query = 'process where event.type == "start" and process.name : "cmd.exe"'
//! # "#;
//! # let scenario = r"
//! # attack:
//! #   name: cmd starts
//! #   events:
//! #     shell: {is: process, process.executable: C:\Windows\System32\cmd.exe}
//! #   expect: alert
//! # cases:
//! #   - name: another program
//! #     change: {shell: {process.executable: C:\Windows\notepad.exe}}
//! #     expect: none
//! # ";
//! use trapline::{Catalogue, Layout, MemoryFiles, Project, RunRequest, Selection};
//!
//! let files = MemoryFiles::new([
//!     ("detections/shell.toml", rule),
//!     ("tests/shell.yaml", scenario),
//! ]);
//! let layouts = [Layout::default()
//!     .with_rules(["detections"])
//!     .with_scenarios("tests")];
//! let project = Project::new(&files, &layouts);
//! let selection = Selection::parse("case:another").map_err(|mistake| mistake.message)?;
//! let request = RunRequest::default()
//!     .with_selection(&selection)
//!     .with_jobs(1);
//! let run = project.run(project.load(&[]), &Catalogue::builtin()?, &request);
//! let cases: Vec<_> = run.outcome.checks().map(|check| &check.key.case).collect();
//! assert_eq!(cases, ["another program"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Require tests, accept snapshots, end a run
//!
//! [`Gates`] fail a run whose rules have too few tests. Its [`SnapshotPolicy`] says whether a run
//! writes snapshots, and which changes it accepts into them. A [`Stop`] ends it from another thread.
//!
//! ```
//! # let rule = r#"
//! # [rule]
//! # name = "A shell starts"
//! # rule_id = "r-1"
//! # type = "eql"
//! # language = "eql"
//! # severity = "high"
//! # risk_score = 73
//! # index = ["logs-endpoint.events.process-*"]
//! # query = 'process where event.type == "start" and process.name : "cmd.exe"'
//! # "#;
//! # let scenario = r"
//! # attack:
//! #   name: cmd starts
//! #   events:
//! #     shell: {is: process, process.executable: C:\Windows\System32\cmd.exe}
//! #   expect: alert
//! # ";
//! use trapline::{
//!     Accept, Catalogue, Conclusion, Gates, Layout, MemoryFiles, Project, RequireTested, RunRequest,
//!     SnapshotPolicy, Stop,
//! };
//!
//! let files = MemoryFiles::new([
//!     ("rules/shell.toml", rule),
//!     ("scenarios/shell.yaml", scenario),
//! ]);
//! let layouts = [Layout::default()];
//! let project = Project::new(&files, &layouts);
//! let catalogue = Catalogue::builtin()?;
//!
//! let snapshots = SnapshotPolicy::accepting(Accept::harmless());
//! let request = RunRequest::default().with_snapshots(snapshots);
//! let run = project.run(project.load(&[]), &catalogue, &request);
//! assert_eq!(run.conclusion(), Conclusion::Passed);
//!
//! // The rule is tested, but no case shows when it does not alert.
//! let gates = Gates::default()
//!     .with_require_tested(RequireTested::All)
//!     .with_min_cases(1);
//! let request = RunRequest::default().with_gates(gates);
//! let run = project.run(project.load(&[]), &catalogue, &request);
//! assert_eq!(run.conclusion(), Conclusion::GateMissed);
//! assert_eq!(run.gates[0].gate, "min-cases");
//!
//! let stop = Stop::new();
//! stop.request();
//! let request = RunRequest::default().with_stop(&stop);
//! let run = project.run(project.load(&[]), &catalogue, &request);
//! assert_eq!(run.conclusion(), Conclusion::Interrupted);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Files of your own
//!
//! [`ProjectFiles`] stands between a project and its files: an editor gives the texts of its
//! buffers, a service those of a database.
//!
//! ```
//! use std::sync::Arc;
//! use trapline::{
//!     Code, Diagnostic, FilesBeside, Layout, MemoryFiles, Project, ProjectFiles, ReadSeek, SourceText,
//! };
//!
//! /// Files that are never written.
//! struct ReadOnly(MemoryFiles);
//!
//! impl FilesBeside for ReadOnly {
//!     fn open_beside(
//!         &self,
//!         beside: &str,
//!         path: &str,
//!     ) -> Result<Box<dyn ReadSeek + Send>, Box<Diagnostic>> {
//!         self.0.open_beside(beside, path)
//!     }
//! }
//!
//! static READ_ONLY: Code = Code {
//!     number: "E999",
//!     title: "read-only files",
//!     page: "",
//! };
//!
//! impl ProjectFiles for ReadOnly {
//!     fn exists(&self, name: &str) -> bool {
//!         self.0.exists(name)
//!     }
//!     fn find(&self, directory: &str, extensions: &[&str]) -> Result<Vec<String>, Box<Diagnostic>> {
//!         self.0.find(directory, extensions)
//!     }
//!     fn find_ignored(&self, directory: &str, extensions: &[&str]) -> Vec<String> {
//!         self.0.find_ignored(directory, extensions)
//!     }
//!     fn read(&self, name: &str) -> Result<Arc<SourceText>, Box<Diagnostic>> {
//!         self.0.read(name)
//!     }
//!     fn write(&self, name: &str, _: &str) -> Result<(), Box<Diagnostic>> {
//!         Err(Box::new(Diagnostic::error(&READ_ONLY, format!("`{name}` is read-only"))))
//!     }
//!     fn remove(&self, name: &str) -> Result<(), Box<Diagnostic>> {
//!         self.write(name, "")
//!     }
//!     fn resolve(&self, directory: &str, path: &str) -> String {
//!         self.0.resolve(directory, path)
//!     }
//! }
//!
//! let files = ReadOnly(MemoryFiles::new([("rules/broken.toml", "[rule]\nname = 1\n")]));
//! let layouts = [Layout::default()];
//! let loaded = Project::new(&files, &layouts).load(&[]);
//! assert!(loaded.diagnostics.is_empty(), "no scenario asks for the rule");
//! ```
//!
//! # Match events
//!
//! A [`RuleMatcher`] is one compiled rule; it gives an [`Alert`] for each match among documents.
//!
//! ```
//! use trapline::{Alert, Catalogue, InvalidProfile, MatchError, MatchedEvent, RuleMatcher};
//!
//! let rule = r#"
//! [rule]
//! name = "A shell of a document"
//! rule_id = "r-2"
//! type = "eql"
//! language = "eql"
//! severity = "high"
//! risk_score = 73
//! index = ["logs-endpoint.events.process-*"]
//! query = """
//! sequence by host.id with maxspan=1m
//!   [process where event.type == "start" and process.name : "winword.exe"]
//!   [process where event.type == "start" and process.name : "cmd.exe"]
//! """
//! "#;
//! let documents = r#"
//! {"@timestamp": "2024-01-01T10:00:00Z", "host": {"id": "h"}, "event": {"category": "process", "type": "start"}, "process": {"name": "WINWORD.EXE"}}
//! {"@timestamp": "2024-01-01T10:00:01Z", "host": {"id": "h"}, "event": {"category": "process", "type": "start"}, "process": {"name": "cmd.exe"}}
//! "#;
//! let catalogue: Result<Catalogue, InvalidProfile> = Catalogue::builtin();
//! let matcher = RuleMatcher::new("shell.toml", rule, &catalogue?)?;
//! let alerts: Vec<Alert> = matcher.alerts(documents)?;
//! assert_eq!(alerts.len(), 1);
//! let last: &MatchedEvent = alerts[0].events[1].as_ref().unwrap();
//! assert_eq!(last.line, 3);
//! assert_eq!(last.timestamp.as_deref(), Some("2024-01-01T10:00:01Z"));
//! assert!(matches!(
//!     matcher.alerts("no document"),
//!     Err(MatchError::BadDocument { line: 1, .. })
//! ));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Which room users of the library see is said here alone; a room's own `pub` says what the others
// may use.
#![cfg_attr(
    not(feature = "internals"),
    allow(
        unreachable_pub,
        reason = "a room says with `pub` what other rooms use; with `internals` the lint holds"
    )
)]

use std::ffi::OsString;

cfg_if::cfg_if! {
    if #[cfg(feature = "internals")] {
        pub mod diagnostic;
        pub mod json_rpc;
        pub mod located;
        pub mod event;
        pub mod plan;
        pub mod language;
        pub mod evaluate;
        pub mod engine;
        pub mod rule;
        pub mod data_source;
        pub mod import;
        pub mod redact;
        pub mod execution;
        pub mod compile;
        pub mod scenario;
        pub mod search;
        pub mod scan;
        pub mod cluster;
        pub mod replay;
        pub mod lint;
        pub mod explain;
        pub mod coverage;
        pub mod mutation;
        pub mod snapshot;
        pub mod rule_diff;
        pub mod reduce;
        pub mod synthesize;
        pub mod project;
        pub mod report;
        pub mod language_server;
        pub mod cli;
    } else {
        mod diagnostic;
        mod json_rpc;
        mod located;
        mod event;
        mod plan;
        mod language;
        mod evaluate;
        mod engine;
        mod rule;
        mod data_source;
        mod import;
        mod redact;
        mod execution;
        mod compile;
        mod scenario;
        mod search;
        mod scan;
        mod cluster;
        mod replay;
        mod lint;
        mod explain;
        mod coverage;
        mod mutation;
        mod snapshot;
        mod rule_diff;
        mod reduce;
        mod synthesize;
        mod project;
        mod report;
        mod language_server;
        mod cli;
    }
}

pub use crate::data_source::{Catalogue, InvalidProfile};
pub use crate::diagnostic::{Code, Diagnostic, Severity, SourceText};
pub use crate::event::io::{FilesBeside, ReadSeek, Stop};
pub use crate::project::{
    Conclusion, ExitCode, Gates, Layout, Loaded, MemoryFiles, Project, ProjectFiles, RequireTested,
    RunRequest, SnapshotPolicy, Target, TestRun,
};
pub use crate::replay::outcome::{CheckKey, ScenarioOutcome};
pub use crate::replay::select::Selection;
pub use crate::replay::{Check, Observed, Outcome, Receiver, RunEvent, Verdict};
pub use crate::scan::{Alert, EventRecord as MatchedEvent, MatchError, RuleMatcher};
pub use crate::snapshot::Accept;

/// Runs the command line `trapline` with these arguments, the first of them being the program's
/// name. It prints, reads and writes files, and may be called once in a process.
///
/// ```
/// use std::process::ExitCode;
///
/// let code = trapline::run_command_line(["trapline".into(), "--version".into()]);
/// assert_eq!(code, ExitCode::SUCCESS);
/// ```
pub fn run_command_line(arguments: impl IntoIterator<Item = OsString>) -> std::process::ExitCode {
    cli::run(arguments).into()
}

/// Every kind of diagnostic, each once; `docs/errors/` is made from this list.
///
/// ```
/// assert!(trapline::codes().any(|code| code.number == "E101"));
/// ```
pub fn codes() -> impl Iterator<Item = &'static Code> {
    [
        language::eql::error::CODES,
        language::eql::check::codes::CODES,
        language::kql::error::CODES,
        language::lucene::error::CODES,
        language::dsl::error::CODES,
        language::esql::error::CODES,
        rule::error::CODES,
        data_source::error::CODES,
        scenario::error::CODES,
        replay::select::CODES,
        replay::error::CODES,
        snapshot::error::CODES,
        project::error::CODES,
        cli::error::CODES,
    ]
    .into_iter()
    .flatten()
    .copied()
}
