//! Runs Sigma rules over NDJSON with an engine that is a library: `sigma_engines ENGINE RULES EVENTS`.
//!
//! `ENGINE` is `rsigma-eval`; `rsigma-eval+NAME` switches on what may make it faster. A line on standard
//! output for every match.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, StdoutLock, Write};
use std::path::Path;

use rsigma_eval::{Engine, JsonEvent, LogSourceExtractor};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [engine, rules, events] = arguments.as_slice() else {
        return Err("usage: sigma_engines ENGINE RULES EVENTS".into());
    };
    let lines = BufReader::with_capacity(1 << 20, File::open(events)?);
    let mut out = BufWriter::new(std::io::stdout().lock());
    match engine.split_once('+').unwrap_or((engine, "")) {
        ("rsigma-eval", option) => rsigma_eval(option, Path::new(rules), lines, &mut out)?,
        _ => return Err(format!("no engine {engine}").into()),
    }
    Ok(out.flush()?)
}

fn rsigma_eval(
    option: &str,
    rules: &Path,
    mut lines: impl BufRead,
    out: &mut BufWriter<StdoutLock>,
) -> Outcome<()> {
    let mut engine = Engine::new();
    match option {
        "" => {}
        "logsource" => engine.set_logsource_extractor(Some(
            LogSourceExtractor::new().with_field_names("host.os.type", "service", "event.category"),
        )),
        "cross-rule-ac" => engine.set_cross_rule_ac(true),
        "bloom" => engine.set_bloom_prefilter(true),
        _ => return Err(format!("no option {option}").into()),
    }
    let collection = rsigma_parser::parse_sigma_directory(rules)?;
    if let Some(error) = collection.errors.first() {
        return Err(format!("a rule was not read: {error}").into());
    }
    engine.add_collection(&collection)?;
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let document: Value = serde_json::from_slice(&line)?;
        for found in engine.evaluate(&JsonEvent::borrow(&document)) {
            writeln!(out, "{}", json!({ "rule": found.header.rule_title }))?;
        }
        line.clear();
    }
    Ok(())
}
