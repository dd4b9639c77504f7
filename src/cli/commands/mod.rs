//! The commands, one file each.

pub mod check;
pub mod compare;
pub mod coverage;
pub mod diff;
mod diff_captures;
mod diff_exceptions;
pub mod emit_requests;
mod event_log;
mod exception_lists;
pub mod explain;
pub mod explain_events;
pub mod import;
pub mod init;
mod learn_source;
pub mod lsp;
pub mod mcp;
pub mod mutate;
pub mod new;
pub mod plan_shards;
pub mod query;
mod query_input;
mod query_rows;
pub mod review;
mod rule_changes;
mod rule_list;
pub mod scaffold;
pub mod scan;
mod scan_alerts;
mod scan_division;
mod scan_indicators;
mod scan_inputs;
mod scan_rules;
mod scan_summary;
pub mod sources;
pub mod test;
pub mod watch;
mod write_scenario;

use super::args::Verb;
use super::error::Problem;
use super::settings::Settings;
use super::{Console, ExitCode};

/// Does what the verb says.
pub fn run(verb: &Verb, settings: &Settings, console: &mut Console) -> ExitCode {
    dispatch(verb, settings, console).unwrap_or_else(|problem| console.problem(&problem))
}

fn dispatch(
    verb: &Verb,
    settings: &Settings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    match verb {
        Verb::Test(args) if args.watch => watch::run(settings, settings.watch(args)?, console),
        Verb::Test(args) => test::run(settings, &settings.test(args)?, console),
        Verb::Query(args) => query::run(settings, &settings.query(args)?, console),
        Verb::Check(args) => check::run(settings, &settings.check(args)?, console),
        Verb::Coverage(args) => coverage::run(settings, &settings.coverage(args)?, console),
        Verb::Mutate(args) => mutate::run(settings, &settings.mutate(args)?, console),
        Verb::Explain(args) => explain::run(settings, &settings.explain(args)?, console),
        Verb::Diff(args) => diff::run(settings, &settings.diff(args)?, console),
        Verb::New(args) => new::run(settings, &settings.new_scenarios(args)?, console),
        Verb::Scan(args) if args.requests.emit_requests.is_some() => {
            emit_requests::run(settings, &settings.requests(args)?, console)
        }
        Verb::Scan(args) => scan::run(settings, &settings.scan(args)?, console),
        Verb::Compare(args) => compare::run(settings, &settings.compare(args)?, console),
        Verb::PlanShards(args) => plan_shards::run(settings, &settings.plan_shards(args)?, console),
        Verb::Review(args) => review::run(settings, &settings.review(args)?, console),
        Verb::Schema(args) => Ok(scaffold::schema(args.of, console)),
        Verb::Completions(args) => Ok(scaffold::completions(args.shell, console)),
        Verb::Man(args) => {
            let directory = settings.typed(&args.directory);
            scaffold::man(&directory, settings, console)
        }
        Verb::Init => Ok(init::run(settings, console)),
        Verb::Import(args) => import::run(settings, &settings.import(args)?, console),
        Verb::Mcp => Ok(mcp::run(settings, console)),
        Verb::Lsp => Ok(lsp::run(settings, console)),
        Verb::Sources(args) => sources::run(settings, &settings.sources(args)?, console),
    }
}
