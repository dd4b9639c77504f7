//! A rule file → its rules, TOML or JSON.

use std::sync::Arc;

use super::load::{Loaded, METADATA_KEYS, RULE_KEYS, rule};
use super::{StackVersion, error, kibana};
use crate::diagnostic::SourceText;
use crate::located::{self, DiagnosticSink, Table};

/// Reads a rule file that holds one rule; of one that holds several, the first.
pub fn load(source: &Arc<SourceText>) -> Loaded {
    load_file(source).into_iter().next().unwrap_or(Loaded {
        rule: None,
        diagnostics: Vec::new(),
    })
}

/// Reads all rules of a file, in their order: one of TOML, those of an object, a list or the lines
/// of JSON as Kibana exports them. What is wrong with the file as a whole is said with the first.
pub fn load_file(source: &Arc<SourceText>) -> Vec<Loaded> {
    if is_json(source) {
        return kibana::load(source);
    }
    let mut report = DiagnosticSink::new(source, &error::OF_FILES);
    let document = located::parse_toml(source.text(), &mut report);
    let root = Table::of(&document, "").filter(|_| report.diagnostics.is_empty());
    let loaded = root.and_then(|root| {
        root.only(&["metadata", "rule", "transform", "hunt"], &mut report);
        root.require("rule", &mut report);
        let metadata = root.table("metadata", "metadata", &mut report);
        if let Some(metadata) = &metadata {
            metadata.only(METADATA_KEYS, &mut report);
        }
        let maturity = metadata.and_then(|metadata| metadata.text("maturity", &mut report));
        let version = metadata.and_then(|metadata| {
            let version = metadata.text("min_stack_version", &mut report)?;
            let span = metadata.span("min_stack_version");
            Some((StackVersion::parse(&version)?, span))
        });
        let table = root.table("rule", "rule", &mut report)?;
        table.only(RULE_KEYS, &mut report);
        let mut rule = rule(&table, &mut report)?;
        rule.maturity = maturity;
        rule.min_stack_version = version;
        Some(rule)
    });
    vec![Loaded::new(loaded, report)]
}

/// Whether a file holds JSON: what its name says, else its first character.
fn is_json(source: &SourceText) -> bool {
    let extension = source.name().rsplit('.').next();
    match extension {
        Some("json" | "ndjson") => true,
        Some("toml") => false,
        _ => source.text().trim_start().starts_with('{'),
    }
}
