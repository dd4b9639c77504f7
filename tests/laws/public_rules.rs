//! The published rules beside the project: each is linted without an internal error, and each fires
//! as often on its generated documents as Elasticsearch itself did. Skipped, and said so, where
//! they are absent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};
use trapline::compile::FieldsRead;
use trapline::data_source::{Catalogue, known_indices};
use trapline::diagnostic::SourceText;
use trapline::evaluate::{Context, Prepared, Request};
use trapline::event::schema::Origin;
use trapline::event::{Event, Mapping, Schema, Timestamp};
use trapline::language::eql::{self, OptionalFields, RequestFieldNames, infer};
use trapline::lint::{self, survey::Survey};
use trapline::rule::{self, RuleType};

use crate::shared::shared;

/// Rules that run on no source alone, each with the reason.
const KNOWN: [(&str, &str); 2] = [
    (
        "azure_service_principal_signin_then_arc_credential_listing.toml",
        "its stages read two data streams, and it runs where both are searched together",
    ),
    (
        "discovery_sharepoint_sensitive_term_search.toml",
        "the field list at hand is older than `o365.audit.SearchQueryText`",
    ),
];

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_public_rule_is_linted_and_runs_somewhere() {
    let Some(folder) = shared("corpus") else {
        return;
    };
    let catalogue = Catalogue::builtin().unwrap();
    let mut files = Vec::new();
    toml_files(&folder.join("rules"), &mut files);
    let (mut wrong, mut count) = (Vec::new(), 0);
    let mut survey = Survey::default();
    for file in files {
        let name = file.display().to_string();
        let source = SourceText::new(&name, fs::read_to_string(&file).unwrap());
        let linted = lint::lint(&source, &catalogue);
        survey.add(&linted);
        for diagnostic in &linted.broken {
            wrong.push(format!("{name}: {}", diagnostic.message));
        }
        let Some(rule) = linted.rule else { continue };
        if rule.kind.rule_type() != RuleType::Eql {
            continue;
        }
        count += 1;
        if linted.syntax.is_none() {
            wrong.push(format!("{name}: does not parse"));
        }
        for searched in &linted.searched {
            if searched.refusals.iter().any(|refusal| refusal.unsupported) {
                wrong.push(format!("{name}: unsupported on {:?}", searched.names));
            }
        }
        let runs = |searched: &lint::Searched| searched.refusals.is_empty();
        let known = KNOWN.iter().any(|(file_name, _)| name.ends_with(file_name));
        if linted.searched.iter().any(runs) == known {
            wrong.push(format!("{name}: runs nowhere, or no longer does"));
        }
    }
    eprintln!("{count} EQL rules");
    assert!(count > 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/public-rules.md");
    if std::env::var("TRAPLINE_UPDATE").is_ok_and(|update| update == "1") {
        fs::write(&page, survey.markdown()).unwrap();
    }
    assert!(
        fs::read_to_string(&page).unwrap_or_default() == survey.markdown(),
        "docs/public-rules.md is out of date: run `TRAPLINE_UPDATE=1 cargo test --test laws`"
    );
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_public_rule_fires_as_often_as_elasticsearch_says() {
    let Some(folder) = shared("corpus") else {
        return;
    };
    let expected = fs::read_to_string(folder.join("generated/EXPECTED.tsv")).unwrap();
    let (mut wrong, mut other, mut count) = (Vec::new(), Vec::new(), BTreeMap::new());
    for line in expected.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [file, id, "eql", documents, alerts, by] = columns.as_slice() else {
            continue;
        };
        *count.entry(by.to_string()).or_insert(0) += 1;
        let path = folder.join("rules").join(file);
        let events = documents_of(&folder.join(format!("generated/{id}.ndjson.zst")));
        assert_eq!(events.len(), documents.parse::<usize>().unwrap(), "{file}");
        let found = match alerts_of(&path, &events) {
            Ok(found) => found.to_string(),
            Err(reason) => reason,
        };
        if found != *alerts {
            let differs = format!("{file}: expected {alerts}, found {found}");
            match *by {
                "elasticsearch" => wrong.push(differs),
                _ => other.push(differs),
            }
        }
    }
    eprintln!(
        "{count:?}; {} differ from what the generator means",
        other.len()
    );
    for differs in other {
        eprintln!("  {differs}");
    }
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// How many alerts a rule raises on events of whatever index.
fn alerts_of(path: &Path, events: &[Event]) -> Result<usize, String> {
    let source = SourceText::new(
        path.display().to_string(),
        fs::read_to_string(path).unwrap(),
    );
    let rule = rule::load(&source).rule.ok_or("does not load")?;
    let query = rule.query.as_ref().ok_or("has no query")?;
    let syntax = eql::parse(query.text.text())
        .query
        .ok_or("does not parse")?;
    let settings = RequestFieldNames {
        tiebreaker: rule.fields.tiebreaker.clone(),
        category: rule
            .fields
            .category
            .clone()
            .unwrap_or_else(|| RequestFieldNames::default().category),
        ..RequestFieldNames::default()
    };
    let mapping = mapping_of(&rule, &syntax, &settings, events);
    let schema = Schema::new(vec![mapping]);
    let checked = eql::check(&syntax, &schema, &settings).map_err(|errors| {
        let messages: Vec<String> = errors
            .iter()
            .map(trapline::language::QueryError::message)
            .collect();
        format!("refused: {}", messages.join("; "))
    })?;
    let now = Timestamp::default();
    let plan = eql::lower(&checked, OptionalFields::Missing, now)
        .map_err(|error| format!("not lowered: {}", error.message()))?;
    let context = Context {
        now,
        request: Request::default(),
    };
    let evaluation = Prepared::new(&plan)
        .and_then(|prepared| prepared.evaluate(events, &context))
        .map_err(|failure| failure.to_string())?;
    Ok(evaluation.matches().len())
}

/// ECS, then the lists of the indices that the rule claims, then what the query's use of a field
/// says.
fn mapping_of(
    rule: &rule::Rule,
    syntax: &eql::syntax::Query,
    settings: &RequestFieldNames,
    events: &[Event],
) -> Mapping {
    let catalogue = Catalogue::builtin().unwrap();
    let patterns = trapline::data_source::IndexPatterns::new(
        rule.index.iter().map(|(pattern, _)| pattern.as_str()),
    );
    let own = [&settings.timestamp, &settings.category];
    let own = own
        .into_iter()
        .chain(&settings.tiebreaker)
        .map(String::as_str);
    let paths: BTreeSet<&str> = eql::fields(syntax).into_iter().chain(own).collect();
    let mut read = FieldsRead::default();
    for path in &paths {
        read.add(path);
    }
    let mut mapping = Mapping::new("generated");
    for path in &paths {
        if let Some(field) = known_indices::integration().find(path) {
            mapping.add_read_from(path, &field.read_from, field.field_type, Origin::Declared);
        }
    }
    for source in catalogue.claimed(&patterns) {
        let types = trapline::compile::FieldTypes::new(source, [], &patterns);
        for (path, field) in types.mapping_of(&read).fields() {
            if mapping.get(path).is_none() {
                mapping.add_read_from(
                    path,
                    &field.read_from,
                    field.field_type.clone(),
                    field.origin,
                );
            }
        }
    }
    let known = |path: &str| mapping.get(path).map(|field| field.field_type.clone());
    let inferred = infer::infer(syntax, known);
    for (path, field_type) in inferred {
        mapping.add(&path, field_type, Origin::Inferred);
    }
    for event in events {
        trapline::compile::add_dynamic(&mut mapping, event);
    }
    mapping
}

fn documents_of(path: &Path) -> Vec<Event> {
    let file = fs::File::open(path).unwrap();
    let mut text = String::new();
    ruzstd::decoding::StreamingDecoder::new(file)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text.lines()
        .map(|line| {
            let document: Map<String, Json> = serde_json::from_str(line).unwrap();
            Event::from_document(&document)
        })
        .collect()
}

pub(crate) fn toml_files(directory: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory).unwrap();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            toml_files(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
}
