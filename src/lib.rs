//! Trapline, a test harness for detection rules: it replays attack and benign scenarios through an
//! evaluator of Elasticsearch's query languages, in the shape of every data source that a rule
//! claims, and shows every change of behaviour.
//!
//! The modules stand in the order of the layers; each imports only from those above it. The way of
//! the data, and of one event through it, is told in `ARCHITECTURE.md`.
//!
//! # Run a project
//!
//! [`Project`] loads rules and scenarios through [`ProjectFiles`], here from memory, and runs them;
//! `trapline test` calls the same.
//!
//! ```
//! use trapline::{Catalogue, Conclusion, Layout, Memory, Project, Request};
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
//! let files = Memory::new([
//!     ("rules/shell.toml", rule),
//!     ("scenarios/shell.yaml", scenario),
//! ]);
//! let layouts = [Layout::default()];
//! let project = Project::new(&files, &layouts);
//! let catalogue = Catalogue::builtin()?;
//! let run = project.run(project.load(&[]), &catalogue, &Request::default());
//!
//! let verdicts: Vec<_> = run.outcome.checks().map(|check| check.verdict.word()).collect();
//! assert_eq!(verdicts, ["passed", "passed"]);
//! // Nobody accepted their snapshot yet.
//! assert_eq!(run.conclusion(), Conclusion::Added);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod diagnostic;
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
pub mod cli;

pub use data_source::Catalogue;
pub use diagnostic::Diagnostic;
pub use project::{
    Conclusion, ExitCode, Layout, Loaded, Memory, Project, ProjectFiles, Request, Target, TestRun,
};
pub use replay::{Event, Receiver};

/// Every kind of diagnostic, each once; `docs/errors/` is made from this list.
pub fn codes() -> impl Iterator<Item = &'static diagnostic::Code> {
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
