//! `trapline compare RESPONSES FILE…`: the answers of a cluster against what Trapline finds.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read as _};

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::{CompareFormat, CompareSettings, Settings};
use super::super::{Console, ExitCode, interrupt};
use super::emit_requests::{missing_lists, span};
use super::exception_lists;
use super::query_input::mappings;
use super::rule_list::RuleList;
use super::scan_inputs::CliInputs;
use crate::cluster::{self, Comparing, Comparison, Compilers, RequestOptions, Response, TimeRange};
use crate::compile::RuleCompiler;
use crate::diagnostic::Diagnostic;
use crate::event::Timestamp;
use crate::report::compared::ComparisonView;
use crate::scan::{self, Inputs, Stats};

/// The longest line that is read.
const LONGEST: u64 = 256 << 20;

/// Compares and reports.
pub fn run(
    settings: &Settings,
    asked: &CompareSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let stop = interrupt::stop();
    let inputs = CliInputs::new(&settings.files, &asked.inputs, stop);
    if !scan::is_finite(&inputs) {
        let message = "a recording is read more than once, so it cannot be a pipe";
        return Err(Problem::usage(Diagnostic::error(&error::NO_FILE, message)));
    }
    let (responses, bad) = responses(settings, asked)?;
    console.diagnostics(&bad);
    let catalogue = settings.catalogue()?;
    let mut mapped = catalogue.clone();
    // Each goes before those that are there, so the first that was given comes last.
    for path in asked.mappings.iter().rev() {
        let found = mappings(&settings.files, &[path])?;
        mapped.add_mappings(&settings.files.name(path), &found);
    }
    let lists = exception_lists::load(settings, &asked.exceptions, console)?;
    let list = RuleList::load(settings, console)?;
    let is_ranged = responses.iter().all(|one| one.range.is_some());
    let range = match responses.first().and_then(|first| first.range) {
        Some(range) if is_ranged => range,
        _ => span(settings, &asked.inputs, &list)?,
    };
    let comparing = Comparing {
        rules: &list.rules,
        inputs: &inputs,
        range,
        options: asked.options.clone(),
        stop,
    };
    let mut compilers = Compilers {
        requests: RuleCompiler::new(&catalogue, &lists, Timestamp::default()),
        searches: RuleCompiler::new(&mapped, &lists, Timestamp::default()),
    };
    let comparison = comparing
        .run(&mut compilers, &responses)
        .map_err(|reason| {
            let message = format!("a recording cannot be read to its end: {reason}");
            let diagnostic = Diagnostic::error(&error::UNREADABLE, message);
            Problem::new(ExitCode::NotLoaded, diagnostic)
        })?;
    if comparison.stats.interrupted {
        return Ok(ExitCode::Interrupted);
    }
    let names: Vec<String> = (0..inputs.count()).map(|file| inputs.name(file)).collect();
    let unanswered = unanswered(&list, &responses, range, &mut compilers.requests);
    let view = ComparisonView {
        comparison: &comparison,
        unanswered: &unanswered,
        names: &names,
    };
    match asked.format {
        CompareFormat::Table => console.write(Stream::Out, &view.text()),
        CompareFormat::Json => console.write_json(&format!("{:#}\n", view.json())),
    }
    console.write(Stream::Err, &missing_lists(&list, &lists));
    let unread = unread(&comparison.stats, &names);
    console.diagnostics(&unread);
    let is_whole = bad.is_empty() && unread.is_empty();
    Ok(exit_code(&comparison, is_whole, &unanswered, asked))
}

fn exit_code(
    comparison: &Comparison,
    is_whole: bool,
    unanswered: &[String],
    asked: &CompareSettings,
) -> ExitCode {
    let verdicts = comparison.verdicts.iter();
    let left_out = verdicts.filter(|one| one.verdict.word() == "not_compared");
    let is_incomplete = left_out.count() > 0 || !unanswered.is_empty();
    let mut code = ExitCode::Passed;
    if !comparison.is_equal() {
        code = code.and(ExitCode::Failed);
    } else if comparison.is_void() {
        code = code.and(ExitCode::NothingSelected);
    }
    if !is_whole || (asked.strict && is_incomplete) {
        code = code.and(ExitCode::NotLoaded);
    }
    code
}

/// The lines of RESPONSES, and what is wrong with those that are none.
fn responses(
    settings: &Settings,
    asked: &CompareSettings,
) -> Result<(Vec<Response>, Vec<Diagnostic>), Box<Problem>> {
    let name = settings.files.name(&asked.responses);
    let opened = settings.files.open(&asked.responses);
    let mut reader = BufReader::new(opened.map_err(|mistake| Problem::usage(*mistake))?);
    let (mut responses, mut bad, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1_usize.. {
        bytes.clear();
        let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut bytes);
        let read = read.map_err(|reason| {
            let message = format!("`{name}` breaks off at line {number}: {reason}");
            let diagnostic = Diagnostic::error(&error::UNREADABLE, message);
            Problem::new(ExitCode::NotLoaded, diagnostic)
        })?;
        if read == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&bytes);
        if text.trim().is_empty() {
            continue;
        }
        match Response::parse(text.trim_start_matches('\u{feff}')) {
            Ok(response) => responses.push(response),
            Err(why) => {
                let message = format!("{name}:{number}: {why}");
                bad.push(Diagnostic::error(&error::BAD_RESPONSE, message));
            }
        }
    }
    Ok((responses, bad))
}

/// The ids of the rules that have a request and no answer.
fn unanswered(
    list: &RuleList,
    responses: &[Response],
    range: TimeRange,
    compiler: &mut RuleCompiler<'_>,
) -> Vec<String> {
    let answered: BTreeSet<&str> = responses.iter().map(Response::rule_id).collect();
    let options = RequestOptions { range, size: None };
    let open = list
        .rules
        .iter()
        .filter(|(_, rule)| !answered.contains(&*rule.id));
    let open = open.filter(|(file, rule)| cluster::request(compiler, rule, file, options).is_ok());
    open.map(|(_, rule)| rule.id.clone()).collect()
}

/// What of the recordings was not read: the comparison is not about all documents.
fn unread(stats: &Stats, names: &[String]) -> Vec<Diagnostic> {
    let name = |file: &u32| names.get(*file as usize).cloned().unwrap_or_default();
    let bad = stats.bad.iter().map(|((file, line), reason)| {
        let message = format!("{}:{line} is no event: {reason}", name(file));
        Diagnostic::error(&error::BAD_EVENT, message)
    });
    let broken = stats.broken.iter().map(|(file, reason)| {
        let message = format!("`{}` cannot be read to its end: {reason}", name(file));
        Diagnostic::error(&error::UNREADABLE, message)
    });
    let unsorted = stats.unsorted.iter().map(|reason| {
        let message = format!("the events could not be sorted: {reason}");
        Diagnostic::error(&error::UNREADABLE, message)
    });
    bad.chain(broken).chain(unsorted).collect()
}
