//! The data sources against the reference material: sample events have their source and types,
//! public rules search known indices only, and few of their fields have no type.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use trapline::data_source::route::stored_in;
use trapline::data_source::{Catalogue, IndexPatterns, known_indices};
use trapline::diagnostic::SourceText;
use trapline::event::{Event, FieldType};
use trapline::language::{eql, kql};
use trapline::rule::{Language, Rule, RuleKind, load};

use crate::shared::shared;

/// What of the samples no list types, as the reference counts it; coordinates belong to their
/// `geo_point` and keys of patterns are typed.
const UNTYPED_LEAVES: &[(&str, usize)] = &[
    ("aws_cloudtrail", 1),
    ("gcp_audit", 2),
    ("google_workspace", 13),
    ("kubernetes_audit", 19),
    ("o365", 1),
    ("okta", 2),
    ("sysmon", 1),
    ("system_auth", 3),
    ("windows_forwarded", 1),
    ("windows_powershell", 1),
    ("windows_security", 1),
];

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_sample_event_has_its_source_and_its_leaves_have_types() {
    let Some(samples) = shared("samples") else {
        return;
    };
    let catalogue = Catalogue::builtin().unwrap();
    let mut untyped: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut count = 0;
    for path in files(&samples, "ndjson") {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let event = Event::from_json_line(line).unwrap();
            let index = stored_in(&event).unwrap_or_default();
            let patterns = IndexPatterns::new([index.as_str()]);
            let claimed = catalogue.claimed(&patterns);
            let [source] = claimed.as_slice() else {
                panic!("{}: {index} has {} sources", path.display(), claimed.len());
            };
            count += 1;
            for (leaf, _) in event.fields() {
                let typed = source.field(&patterns, leaf).is_some();
                let parent = leaf.rsplit_once('.').map_or("", |(parent, _)| parent);
                let parent = source
                    .field(&patterns, parent)
                    .map(|field| field.field_type);
                let is_point = parent == Some(FieldType::Unsupported("geo_point".to_owned()));
                if !typed && !is_point {
                    let leaves = untyped.entry(source.name.as_str()).or_default();
                    leaves.insert(leaf.to_owned());
                }
            }
        }
    }
    assert!(count >= 32, "{count} sample events");
    let counts: Vec<(&str, usize)> = untyped
        .iter()
        .map(|(source, leaves)| (*source, leaves.len()))
        .collect();
    assert_eq!(counts, UNTYPED_LEAVES, "{untyped:#?}");
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_index_pattern_of_a_public_rule_is_known() {
    let catalogue = Catalogue::builtin().unwrap();
    let (mut unknown, mut rules) = (BTreeSet::new(), 0);
    for rule in public_rules() {
        rules += 1;
        for (pattern, _) in &rule.index {
            let patterns = IndexPatterns::new([pattern.as_str()]);
            let unserved = catalogue.unserved(&patterns);
            unknown.extend(
                unserved
                    .into_iter()
                    .filter(|pattern| !known_indices::is_listed(pattern))
                    .map(str::to_owned),
            );
        }
    }
    eprintln!("{rules} rules");
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Fields of public rules that no source which they claim types: fields of models' indices, and
/// those that the published lists of their integrations do not have.
const MOST_UNTYPED: usize = 18;

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn few_fields_of_public_rules_have_no_type() {
    let catalogue = Catalogue::builtin().unwrap();
    let (mut all, mut untyped) = (BTreeSet::new(), BTreeMap::new());
    for rule in public_rules() {
        let patterns = IndexPatterns::new(rule.index.iter().map(|(name, _)| name.as_str()));
        let claimed = catalogue.claimed(&patterns);
        let listed: Vec<_> = known_indices::listed(&patterns).collect();
        for path in fields(&rule) {
            let typed = claimed
                .iter()
                .any(|source| source.field(&patterns, &path).is_some())
                || listed.iter().any(|(_, index)| index.find(&path).is_some());
            if !typed {
                let rules: &mut Vec<String> = untyped.entry(path.clone()).or_default();
                rules.push(rule.name.clone());
            }
            all.insert(path);
        }
    }
    eprintln!(
        "{} of {} fields have no type: {untyped:#?}",
        untyped.len(),
        all.len()
    );
    assert!(untyped.len() <= MOST_UNTYPED, "{}", untyped.len());
}

/// The fields that a rule's query names, in EQL without the optional ones.
fn fields(rule: &Rule) -> Vec<String> {
    let Some(query) = &rule.query else {
        return Vec::new();
    };
    let text = query.text.text();
    match query.language {
        Language::Eql => {
            let parsed = eql::parse(text).query.unwrap();
            let names = eql::fields(&parsed);
            names
                .into_iter()
                .filter(|name| !text.contains(&format!("?{name}")))
                .map(str::to_owned)
                .collect()
        }
        Language::Kuery => {
            let parsed = kql::parse(text).unwrap();
            let names = parsed.fields().into_iter().map(|name| name.text());
            names.filter(|name| !name.contains('*')).collect()
        }
        Language::Lucene | Language::Esql => Vec::new(),
    }
}

fn public_rules() -> Vec<Rule> {
    let Some(corpus) = shared("corpus") else {
        return Vec::new();
    };
    let paths = files(&corpus.join("rules"), "toml");
    let rules = paths.iter().filter_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        load(&SourceText::new(path.display().to_string(), text)).rule
    });
    rules
        .filter(|rule| !matches!(rule.kind, RuleKind::MachineLearning))
        .collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}
