//! Published rules: the engine finds in recordings what the reference evaluator finds, and in
//! generated documents as many alerts as a real Elasticsearch raised. Both lie beside the project;
//! without them these tests say that they are skipped.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trapline::compile::{CompileError, CompiledRule, ExceptionLists, RuleCompiler};
use trapline::data_source::Catalogue;
use trapline::diagnostic::SourceText;
use trapline::event::io::Stop;
use trapline::event::{Event, Timestamp};
use trapline::rule::{self, RuleType};
use trapline::scan::{self, Alert, Inputs, Options, Stats, Watcher};

use crate::engine::{by_engine, by_evaluate};
use crate::shared::shared;

/// With this set, recordings are taken whole.
const FULL: &str = "TRAPLINE_FULL_LAWS";

/// Rules that Elasticsearch refuses: wildcards on a key below a flattened field (its issue 157064 has
/// them for the index of the first).
const REFUSED: &[&str] = &[
    "collection_azure_storage_account_blob_public_access_enabled.toml",
    "credential_access_azure_aks_secret_access_suspicious_user_agent.toml",
    "persistence_administrator_role_assigned_to_okta_user.toml",
];

/// Rules whose generated documents have a text where the mapping has a flattened field, which takes
/// objects only: Elasticsearch indexes none of them.
const NOT_INDEXED: &[&str] = &["persistence_entra_id_suspicious_adrs_token_request.toml"];

fn rules(folder: &Path, of_type: RuleType) -> Vec<(PathBuf, CompiledRule)> {
    let catalogue = Catalogue::builtin().unwrap();
    let lists = ExceptionLists::default();
    let mut compiler = RuleCompiler::new(&catalogue, &lists, Timestamp::default());
    let mut files = Vec::new();
    toml_files(folder, &mut files);
    files.sort();
    let mut rules = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let source = SourceText::new(file.display().to_string(), text);
        let Some(rule) = rule::load(&source).rule else {
            panic!("{} does not load", file.display());
        };
        if rule.kind.rule_type() != of_type {
            continue;
        }
        match compiler.compile(Arc::new(rule)) {
            Ok(rule) => rules.push((file, rule)),
            Err(CompileError::Refused(_)) if REFUSED.iter().any(|name| file.ends_with(name)) => {}
            Err(why) => panic!("{}: {why}", file.display()),
        }
    }
    rules
}

fn toml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            toml_files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            found.push(path);
        }
    }
}

fn unpacked(path: &Path) -> String {
    let file = std::fs::File::open(path).unwrap();
    let mut text = String::new();
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(file).unwrap();
    decoder.read_to_string(&mut text).unwrap();
    text
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn published_rules_find_in_recordings_what_the_reference_evaluator_finds() {
    let (Some(captures), Some(folder)) = (shared("corpus/captures"), shared("corpus/rules")) else {
        return;
    };
    let plans: Vec<_> = [RuleType::Eql, RuleType::Query]
        .into_iter()
        .flat_map(|of_type| rules(&folder, of_type))
        .map(|(_, rule)| rule.plan)
        .collect();
    let most = if std::env::var_os(FULL).is_some() {
        usize::MAX
    } else {
        60
    };
    let mut matches = 0;
    for entry in std::fs::read_dir(captures).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with(".ndjson.zst") {
            continue;
        }
        let text = unpacked(&path);
        // Spread over the recording, so that its noisy start is not all.
        let step = (text.lines().count() / most).max(1);
        let lines: Vec<String> = text.lines().step_by(step).map(str::to_owned).collect();
        let events: Vec<Event> = lines
            .iter()
            .map(|line| Event::from_json_line(line).unwrap())
            .collect();
        let expected = by_evaluate(&plans, &events);
        let found = by_engine(&plans, &lines);
        for (number, (expected, found)) in expected.iter().zip(&found).enumerate() {
            assert_eq!(found, expected, "rule {number} on {}", path.display());
            matches += expected.as_ref().map_or(0, Vec::len);
        }
    }
    eprintln!("{} rules, {matches} matches", plans.len());
}

/// One text as a file.
struct Memory(String);

impl Inputs for Memory {
    fn count(&self) -> usize {
        1
    }

    fn name(&self, _: usize) -> String {
        "memory".to_owned()
    }

    fn open(&self, _: usize) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::Cursor::new(self.0.clone().into_bytes())))
    }

    fn is_reopened(&self, _: usize) -> bool {
        true
    }

    fn temporary(&self) -> io::Result<Box<dyn trapline::event::io::TemporaryFile>> {
        Ok(Box::new(io::Cursor::new(Vec::new())))
    }
}

struct Count(u64);

impl Watcher for Count {
    fn alert(&mut self, _: Alert) -> bool {
        self.0 += 1;
        true
    }

    fn restart(&mut self) {
        self.0 = 0;
    }

    fn progress(&mut self, _: &Stats) {}
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn generated_documents_raise_the_alerts_that_elasticsearch_raised() {
    raised("eql", RuleType::Eql, &["elasticsearch"]);
}

/// The generator means what Elasticsearch counts, for KQL: its figures hold as well.
#[test]
fn generated_documents_raise_the_alerts_of_query_rules() {
    raised("kuery", RuleType::Query, &["elasticsearch", "generator"]);
}

fn raised(language: &str, of_type: RuleType, established: &[&str]) {
    let (Some(generated), Some(folder)) = (shared("corpus/generated"), shared("corpus/rules"))
    else {
        return;
    };
    let rules: BTreeMap<String, CompiledRule> = rules(&folder, of_type)
        .into_iter()
        .map(|(_, rule)| (rule.rule.id.clone(), rule))
        .collect();
    let expected = std::fs::read_to_string(generated.join("EXPECTED.tsv")).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in expected.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[file, id, own, _, alerts, by] = columns.as_slice() else {
            continue;
        };
        let Some(rule) = rules.get(id) else { continue };
        let is_indexed = !NOT_INDEXED.iter().any(|name| file.ends_with(name));
        if own != language || !established.contains(&by) || !is_indexed {
            continue;
        }
        count += 1;
        let text = unpacked(&generated.join(format!("{id}.ndjson.zst")));
        let mut found = Count(0);
        let rule = std::slice::from_ref(rule);
        let options = Options {
            chunk: 4096,
            threads: 2,
            ..Options::default()
        };
        let never = Stop::new();
        let (stats, refused) = scan::run(rule, &Memory(text), &options, &mut found, &never);
        if found.0.to_string() != alerts || !refused.is_empty() || stats.bad_lines > 0 {
            wrong.push(format!(
                "{file}: expected {alerts}, found {} {refused:?}",
                found.0
            ));
        }
    }
    assert!(count > 0, "no rule of language {language}");
    eprintln!("{count} rules of language {language}");
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
