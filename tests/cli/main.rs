//! The program as a person meets it: exit code, standard output and standard error, in place.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "these tests write their own input, panic where they fail, and say what they skip"
)]

mod action;
mod archives;
mod basics;
mod captures;
mod check;
mod cloudtrail_rule;
mod compare;
mod conditions;
mod constants;
mod counting_rules;
mod coverage;
mod coverage_settings;
mod date_math;
mod deployment;
mod diff;
mod docs;
mod esql;
mod esql_limits;
mod esql_production;
mod esql_recordings;
#[cfg(unix)]
mod examples;
mod exclusions;
mod explain;
mod filters;
mod first_contact;
mod honest;
mod hooks;
mod hostile;
mod import;
mod import_events;
mod job;
mod kibana;
mod lsp;
mod lsp_languages;
mod mcp;
mod misfits;
mod mutate;
mod mutate_settings;
mod near_miss;
mod new;
mod not_indexed;
mod not_run;
mod object_values;
mod own_sources;
mod page;
mod production;
mod project;
mod pysigma;
mod query;
mod recordings;
mod reports;
mod requests;
mod review;
mod robust;
mod rule_edits;
mod rule_type_tables;
mod rule_types;
mod scan;
mod scan_files;
mod scan_indicators;
mod scenario_causes;
mod shards;
mod shards_hash;
mod suppression;
mod test_command;
mod watch;
