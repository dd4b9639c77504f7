//! The public ES|QL rules that lie in `../shared/corpus/rules`: each parses, and each is checked
//! against the field types that Trapline knows, the others inferred from their use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use trapline::data_source;
use trapline::data_source::Catalogue;
use trapline::diagnostic::SourceText;
use trapline::evaluate::pipeline::Program;
use trapline::event::schema::Origin;
use trapline::event::{Mapping, Schema};
use trapline::language::{QueryError, esql};
use trapline::lint::lint;

use crate::shared::shared;

/// The rules that cannot be run, each with what in it cannot. The list may only become shorter.
const NOT_RUN: &[(&str, &str)] = &[
    (
        "credential_access_aws_bedrock_credentials_in_model_prompt_or_completion.toml",
        "invalid regular expression: unexpected end",
    ),
    (
        "defense_evasion_posh_obfuscation_backtick.toml",
        "a regular expression with look-around",
    ),
    (
        "defense_evasion_posh_obfuscation_backtick_var.toml",
        "a regular expression with a possessive quantifier",
    ),
    (
        "defense_evasion_posh_obfuscation_iex_env_vars_reconstruction.toml",
        "a regular expression with a possessive quantifier",
    ),
    (
        "execution_kubernetes_pod_exec_potential_reverse_shell.toml",
        "the regular expression is too complex",
    ),
];

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_public_rule_parses_and_is_checked() {
    let Some(folder) = shared("corpus/rules") else {
        return;
    };
    let queries = queries(&folder);
    assert!(queries.len() > 100, "{} rules", queries.len());
    let known = data_source::field_types();
    let mut wrong = BTreeMap::new();
    for (name, query) in &queries {
        if let Err(reasons) = compiled(query, &known) {
            wrong.insert(name.clone(), reasons.join("; "));
        }
    }
    println!(
        "{} of {} rules can be run",
        queries.len() - wrong.len(),
        queries.len()
    );
    for (name, reason) in NOT_RUN {
        let found = wrong.remove(*name);
        assert!(
            found.as_ref().is_some_and(|found| found.contains(reason)),
            "{name}: {found:?}"
        );
    }
    let told: Vec<String> = wrong
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} fail:\n{}",
        wrong.len(),
        told.join("\n")
    );
}

/// What the lints find in the public rules, and in how many of them.
const FOUND: &[(&str, usize, usize)] = &[
    ("array-compared", 37, 23),
    ("ecs-type", 2, 2),
    ("explicit-null", 3, 3),
    ("foreign-pattern", 2, 2),
    ("investigation-field", 2, 2),
    ("limit-before-stats", 0, 0),
    ("limit-without-sort", 4, 4),
    ("missing-drops-row", 69, 32),
    ("newer-stack", 0, 0),
    ("null-compared", 0, 0),
    ("order-of-array", 2, 2),
    ("repeated-alerts", 38, 38),
    ("suppression-column", 0, 0),
    ("unused-column", 10, 6),
    ("window-beyond-look-back", 1, 1),
];

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn the_lints_find_the_mistakes_of_the_public_rules() {
    let Some(folder) = shared("corpus/rules") else {
        return;
    };
    let catalogue = Catalogue::builtin().unwrap();
    let mut found: BTreeMap<&str, (usize, BTreeSet<String>)> = BTreeMap::new();
    let mut aggregating = 0;
    for file in files(&folder) {
        let text = fs::read_to_string(&file).unwrap();
        if !text.contains("language = \"esql\"") {
            continue;
        }
        let query = esql::parse(&query_of(&text)).into_result().unwrap();
        aggregating += usize::from(query.is_aggregating());
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let linted = lint(&SourceText::new(name.as_str(), text), &catalogue);
        for finding in &linted.findings {
            let (count, rules) = found.entry(finding.lint.name()).or_default();
            *count += 1;
            rules.insert(name.clone());
            println!(
                "{name}: {}: {}",
                finding.lint.name(),
                finding.diagnostic.message
            );
        }
    }
    // 38 of these look back more than one and a half intervals, with neither guard nor suppression.
    assert_eq!(aggregating, 85);
    for (name, count, rules) in FOUND {
        let (own, own_rules) = found.get(name).cloned().unwrap_or_default();
        assert_eq!((own, own_rules.len()), (*count, *rules), "{name}");
    }
}

fn compiled(text: &str, known: &Mapping) -> Result<(), Vec<String>> {
    let words = |errors: Vec<QueryError>| -> Vec<String> {
        errors
            .iter()
            .map(|error| format!("{} {}", error.code.number, error.message()))
            .collect()
    };
    let query = esql::parse(text).into_result().map_err(words)?;
    let mut mapping = Mapping::new("index");
    for name in esql::names(&query) {
        if let Some(field) = known.get(name) {
            mapping.insert(name, field.clone());
        }
    }
    let of = |name: &str| known.get(name).map(|field| field.field_type.clone());
    for (name, field_type) in esql::infer(&query, of) {
        mapping.add(&name, field_type, Origin::Inferred);
    }
    let schema = Schema::new(vec![mapping]);
    let settings = esql::CheckContext {
        has_answers: true,
        is_partial: true,
        ..esql::CheckContext::default()
    };
    let pipeline = esql::check(text, &query, &schema, settings).map_err(words)?;
    match Program::new(&pipeline) {
        Ok(_) => Ok(()),
        Err(failure) => Err(vec![failure.to_string()]),
    }
}

/// The queries of the ES|QL rules, by file name.
fn queries(folder: &Path) -> BTreeMap<String, String> {
    let mut queries = BTreeMap::new();
    for file in files(folder) {
        let text = fs::read_to_string(&file).unwrap();
        if !text.contains("language = \"esql\"") {
            continue;
        }
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        queries.insert(name, query_of(&text));
    }
    queries
}

/// The query of a rule file, which stands in three single quotes.
fn query_of(text: &str) -> String {
    let (_, rest) = text.split_once("query = '''").unwrap();
    rest.split_once("'''").unwrap().0.to_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    files
}
