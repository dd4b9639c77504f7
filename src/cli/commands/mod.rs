//! The commands, one file each.

pub mod check;
pub mod coverage;
pub mod diff;
mod diff_captures;
mod diff_exceptions;
mod event_log;
mod exception_lists;
pub mod explain;
pub mod import;
pub mod init;
pub mod lsp;
pub mod mcp;
mod write_scenario;
pub mod mutate;
pub mod new;
pub mod plan_shards;
pub mod query;
mod query_input;
mod query_rows;
mod learn_source;
mod rule_changes;
pub mod scaffold;
pub mod explain_events;
mod explain_word;
pub mod review;
pub mod scan;
mod scan_division;
mod scan_indicators;
mod scan_inputs;
mod scan_rules;
mod scan_summary;
pub mod sources;
pub mod test;
pub mod watch;

use super::args::{Global, Verb};
use super::settings::Settings;
use super::{Console, ExitCode};

/// Does what the verb says.
pub fn run(verb: &Verb, global: &Global, settings: &Settings, console: &mut Console) -> ExitCode {
    match verb {
        Verb::Test(args) if args.watch => match watch::run(settings, global, args, console) {
            Ok(code) => code,
            Err(problem) => console.problem(&problem),
        },
        Verb::Test(args) => match settings.test(args) {
            Ok(test) => test::run(settings, &test, console),
            Err(problem) => console.problem(&problem),
        },
        Verb::Query(args) => match settings.query(args) {
            Ok(query) => query::run(settings, &query, console),
            Err(problem) => console.problem(&problem),
        },
        Verb::Check(args) => match settings.check(args) {
            Ok(check) => check::run(settings, &check, console),
            Err(problem) => console.problem(&problem),
        },
        Verb::Coverage(args) => match coverage::run(settings, args, console) {
            Ok(code) => code,
            Err(problem) => console.problem(&problem),
        },
        Verb::Mutate(args) => match mutate::run(settings, args, console) {
            Ok(code) => code,
            Err(problem) => console.problem(&problem),
        },
        Verb::Explain(args) => match explain::run(settings, args, console) {
            Ok(code) => code,
            Err(problem) => console.problem(&problem),
        },
        Verb::Diff(args) => match diff::run(settings, global, args, console) {
            Ok(code) => code,
            Err(problem) => console.problem(&problem),
        },
        Verb::New(args) => match new::run(settings, args, console) {
            Ok(code) => code,
            Err(problem) => console.problem(&problem),
        },
        Verb::Scan(args) => match scan::run(settings, args, console) {
            Ok(code) => code,
            Err(problem) => console.problem(&problem),
        },
        Verb::PlanShards(args) => match plan_shards::run(settings, args, console) {
            Ok(code) => code,
            Err(problem) => console.problem(&problem),
        },
        Verb::Review(args) => match review::run(settings, args, console) {
            Ok(code) => code,
            Err(problem) => console.problem(&problem),
        },
        Verb::Schema(args) => scaffold::schema(args.of, console),
        Verb::Completions(args) => scaffold::completions(args.shell, console),
        Verb::Man(args) => scaffold::man(&args.directory, settings, console),
        Verb::Init => init::run(settings, !global.rules.is_empty(), console),
        Verb::Import(args) => match import::run(settings, args, console) {
            Ok(code) => code,
            Err(problem) => console.problem(&problem),
        },
        Verb::Mcp => mcp::run(settings, console),
        Verb::Lsp => lsp::run(settings, global, console),
        Verb::Sources(args) => match sources::run(settings, args, console) {
            Ok(code) => code,
            Err(problem) => console.problem(&problem),
        },
    }
}
