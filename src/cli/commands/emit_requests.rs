//! `trapline scan --emit-requests FILE`: writes the search requests of the rules for a cluster.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::{RequestSettings, ScanInput, Settings};
use super::super::{Console, ExitCode, interrupt};
use super::exception_lists;
use super::rule_list::{LeftOut, RuleList};
use super::scan_inputs::CliInputs;
use crate::cluster::{self, RequestOptions, TimeRange};
use crate::compile::{ExceptionLists, RuleCompiler};
use crate::diagnostic::{Diagnostic, escape};
use crate::event::Timestamp;
use crate::scan::Inputs;

/// Writes a line for each rule.
pub fn run(
    settings: &Settings,
    asked: &RequestSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let catalogue = settings.catalogue()?;
    let lists = exception_lists::load(settings, &asked.exceptions, console)?;
    let mut list = RuleList::load(settings, console)?;
    if list.rules.is_empty() && list.left_out.is_empty() {
        let nothing = Diagnostic::error(&error::NOTHING_SELECTED, "no rules were found");
        return Err(Problem::new(ExitCode::NothingSelected, nothing));
    }
    let options = RequestOptions {
        range: range(settings, asked, &list)?,
        size: asked.size,
    };
    let mut compiler = RuleCompiler::new(&catalogue, &lists, Timestamp::default());
    let (mut lines, mut count) = (String::new(), 0_usize);
    for (file, rule) in &list.rules {
        match cluster::request(&mut compiler, rule, file, options) {
            Ok(request) => {
                let _ = writeln!(lines, "{}", escape::json(&request.to_json().to_string()));
                count += 1;
            }
            Err(why) => list.left_out.push(LeftOut {
                file: file.clone(),
                reason: why.to_string(),
                is_fault: false,
            }),
        }
    }
    match &asked.output {
        None => console.write_json(&lines),
        Some(path) => {
            let written = settings.files.write(path, &lines);
            written.map_err(|mistake| Problem::usage(*mistake))?;
        }
    }
    let to = asked.output.as_ref();
    let to = to.map_or_else(|| "-".to_owned(), |path| settings.files.name(path));
    let said = summary(count, &to, options.range, &list, &lists);
    console.write(Stream::Err, &said);
    let is_broken = list.left_out.iter().any(|one| one.is_fault || asked.strict);
    Ok(if is_broken {
        ExitCode::NotLoaded
    } else {
        ExitCode::Passed
    })
}

/// The time range that was typed, else that of the recordings.
fn range(
    settings: &Settings,
    asked: &RequestSettings,
    list: &RuleList,
) -> Result<TimeRange, Box<Problem>> {
    let range = match (asked.from, asked.to) {
        (Some(from), Some(to)) => TimeRange { from, to },
        (from, to) => {
            let span = span(settings, &asked.inputs, list)?;
            TimeRange {
                from: from.unwrap_or(span.from),
                to: to.unwrap_or(span.to),
            }
        }
    };
    if range.from > range.to {
        let message = format!(
            "the time range ends before it begins: {} to {}",
            range.from, range.to
        );
        return Err(Problem::usage(Diagnostic::error(&error::BAD_TIME, message)));
    }
    Ok(range)
}

/// The time range of recordings, which are read for it.
pub(super) fn span(
    settings: &Settings,
    inputs: &[ScanInput],
    list: &RuleList,
) -> Result<TimeRange, Box<Problem>> {
    let inputs = CliInputs::new(&settings.files, inputs, interrupt::stop());
    if inputs.count() == 0 {
        let message = "a request has a time range, and none is given";
        let help = "give --from and --to, or a FILE whose time range is taken";
        return Err(Problem::usage(
            Diagnostic::error(&error::BAD_TIME, message).help(help),
        ));
    }
    let span = cluster::span(&list.rules, &inputs).map_err(|reason| {
        let message = format!("a recording cannot be read to its end: {reason}");
        Problem::new(
            ExitCode::NotLoaded,
            Diagnostic::error(&error::UNREADABLE, message),
        )
    })?;
    span.ok_or_else(|| {
        let message = "no document has a time that gives the requests their range";
        let help = "give --from and --to";
        Problem::usage(Diagnostic::error(&error::BAD_TIME, message).help(help))
    })
}

fn summary(
    count: usize,
    to: &str,
    range: TimeRange,
    list: &RuleList,
    lists: &ExceptionLists,
) -> String {
    let mut text = String::new();
    let requests = if count == 1 { "request" } else { "requests" };
    // Writing to memory does not fail.
    let _ = writeln!(
        text,
        "{count} {requests} written to {to}; {} to {}",
        range.from, range.to
    );
    if !list.left_out.is_empty() {
        let rules = if list.left_out.len() == 1 {
            "rule has"
        } else {
            "rules have"
        };
        let _ = writeln!(text, "{} {rules} no request", list.left_out.len());
    }
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &list.left_out {
        by_reason.entry(&one.reason).or_default().push(&one.file);
    }
    for (reason, files) in by_reason {
        let _ = writeln!(text, "    {reason} ({})", files.len());
        for file in files {
            let _ = writeln!(text, "        {file}");
        }
    }
    text.push_str(&missing_lists(list, lists));
    text
}

/// Names the exception lists that rules refer to and that were not given.
pub(super) fn missing_lists(list: &RuleList, lists: &ExceptionLists) -> String {
    let mut missing: BTreeMap<String, usize> = BTreeMap::new();
    for (_, rule) in &list.rules {
        for id in lists.of(rule).missing {
            *missing.entry(id).or_default() += 1;
        }
    }
    let mut text = String::new();
    for (id, count) in missing {
        let rules = if count == 1 {
            "rule refers"
        } else {
            "rules refer"
        };
        let _ = writeln!(
            text,
            "{count} {rules} to the exception list {id}, which was not given (--exceptions PATH)"
        );
    }
    text
}
