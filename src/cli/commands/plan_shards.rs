//! `trapline plan-shards`: how a scan is divided among machines, as JSON.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::super::console::Console;
use super::super::error::Problem;
use super::super::settings::{PlanShardsSettings, Settings};
use super::super::{ExitCode, interrupt};
use super::scan_inputs::CliInputs;
use super::scan_rules::Rules;
use crate::compile::CompiledRule;
use crate::event::{FieldSelection, Timestamp};
use crate::scan::shards::Division;
use crate::scan::{self, Alert, Inputs, Options, Stats, Watcher};

/// The times that a year of four digits names, in milliseconds: every program reads these.
const NAMED_TIMES: RangeInclusive<i64> = -30_610_224_000_000..=253_402_300_799_999;
/// The version of the output's shape.
const VERSION: u32 = 1;

/// Prints the plan.
pub fn run(
    settings: &Settings,
    asked: &PlanShardsSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let rules = Rules::load(settings, &asked.exceptions, None, 1, console)?;
    let spans = rules.run.iter().map(|rule| Division::of(rule, i64::MAX));
    let longest = spans.filter_map(|division| match division {
        Division::Slice(span) => Some(span),
        Division::Key | Division::Whole => None,
    });
    let window = asked.window.or(longest.max()).unwrap_or(0);
    let entries: Vec<Value> = rules.run.iter().map(|own| rule(own, window)).collect();
    let not_run: Vec<Value> = rules
        .not_run
        .iter()
        .map(|rule| json!({"rule_id": rule.id, "file": rule.file, "reason": rule.reason}))
        .collect();
    let files = CliInputs::new(&settings.files, &asked.inputs, interrupt::stop());
    let files: Vec<Value> = (0..files.count()).map(|file| range(&files, file)).collect();
    let plan = json!({
        "version": VERSION,
        "window_ms": window,
        "rules": entries,
        "not_run": not_run,
        "files": files,
    });
    console.write_json(&format!("{plan:#}\n"));
    Ok(ExitCode::Passed)
}

fn rule(rule: &CompiledRule, window: i64) -> Value {
    let division = Division::of(rule, window);
    let span = match Division::of(rule, i64::MAX) {
        Division::Slice(span) => Some(span),
        Division::Key | Division::Whole => None,
    };
    let keys: Vec<&str> = rule
        .plan
        .joins()
        .iter()
        .map(|join| join.name.as_str())
        .collect();
    json!({
        "rule_id": rule.rule.id,
        "rule": rule.rule.name,
        "span_ms": span,
        "keys": keys,
        "division": division.word(),
    })
}

/// The times of a file's events, from its first to its last: from the statistics of a Parquet file,
/// or by reading all events.
fn range(files: &CliInputs<'_>, file: usize) -> Value {
    let stated = files.stated(file);
    let bytes = stated.as_ref().map(|stated| stated.bytes);
    if let Some(times) = stated.and_then(|stated| stated.times) {
        let (from, to) = named(times.span);
        return json!({
            "file": files.name(file),
            "times": "statistics",
            "events": times.rows,
            "bytes": bytes,
            "from": from,
            "to": to,
            "untimed": times.untimed,
            "outliers": 0,
            "bad_lines": 0,
            "is_read_to_its_end": true,
        });
    }
    let one = One { files, file };
    let (stats, _) = scan::run(
        &[],
        &one,
        &Options::default(),
        &mut Silent,
        interrupt::stop(),
    );
    let (from, to) = named(stats.span);
    json!({
        "file": files.name(file),
        "times": "events",
        "events": stats.events,
        "bytes": bytes.unwrap_or(stats.bytes),
        "from": from,
        "to": to,
        "untimed": stats.untimed,
        "outliers": stats.outliers,
        "bad_lines": stats.bad_lines,
        "is_read_to_its_end": stats.broken.is_empty(),
    })
}

/// The first and the last time of a file; none where one of them has no name.
fn named(span: Option<(i64, i64)>) -> (Option<String>, Option<String>) {
    let is_named = |(from, to): &(i64, i64)| NAMED_TIMES.contains(from) && NAMED_TIMES.contains(to);
    let time = |millis| Timestamp::from_millis(millis).to_string();
    let named = span.filter(is_named);
    named.map(|(from, to)| (time(from), time(to))).unzip()
}

/// One of several files.
struct One<'f> {
    files: &'f CliInputs<'f>,
    file: usize,
}

impl Inputs for One<'_> {
    fn count(&self) -> usize {
        1
    }

    fn name(&self, _: usize) -> String {
        self.files.name(self.file)
    }

    fn open(&self, _: usize) -> std::io::Result<Box<dyn std::io::Read + Send>> {
        self.files.open(self.file)
    }

    fn open_fields(
        &self,
        _: usize,
        fields: &FieldSelection,
    ) -> std::io::Result<Box<dyn std::io::Read + Send>> {
        self.files.open_fields(self.file, fields)
    }

    fn is_reopened(&self, _: usize) -> bool {
        self.files.is_reopened(self.file)
    }

    fn temporary(&self) -> std::io::Result<Box<dyn crate::event::io::TemporaryFile>> {
        self.files.temporary()
    }
}

/// Shows nothing.
struct Silent;

impl Watcher for Silent {
    fn alert(&mut self, _: Alert) -> bool {
        true
    }

    fn restart(&mut self) {}

    fn progress(&mut self, _: &Stats) {}
}
