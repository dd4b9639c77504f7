//! `indicator-unreachable-group`: a group of threat_mapping that the queries leave nothing for.

use crate::compile::Syntax;
use crate::diagnostic::{Code, Severity, Span};
use crate::language::kql::syntax::{self as kql, Node, NodeKind};
use crate::lint::finding::{Finding, Lint};
use crate::rule::{FieldName, MappingEntry, Query, Rule, RuleKind, ThreatMatch};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "indicator-unreachable-group",
        title: "a group of `threat_mapping` that the query leaves out",
        page: "The query, or the indicator query, asks for fields that other groups of `threat_mapping` \
               read, and not for those of this one: an event or an indicator that has only the fields \
               of this group is never searched.\n\n```toml\nquery = \"url.full:*\"\nthreat_mapping = [ \
               {entries = [{field = \"url.original\", type = \"mapping\", value = \
               \"threat.indicator.url.original\"}]} ]\n```\n\nAsk for either field (`url.full:* or \
               url.original:*`). An indicator that is asked for by a field that no entry reads is \
               fetched in vain.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(rule: &Rule, findings: &mut Vec<Finding>) {
    let (RuleKind::ThreatMatch(settings), Some(query)) = (&rule.kind, &rule.query) else {
        return;
    };
    let sides: [(&Query, Side); 2] = [
        (query, |entry| &entry.event_field),
        (&settings.query, |entry| &entry.indicator_field),
    ];
    for (query, side) in sides {
        let Ok(Syntax::Kuery(parsed)) = Syntax::parse(query.language, query.text.text()) else {
            continue;
        };
        for asked in asked_fields(&parsed) {
            unreachable(query, &asked, settings, side, findings);
        }
    }
}

/// The field of one side of an entry.
type Side = fn(&MappingEntry) -> &FieldName;

/// Fields of which a query needs one to exist, each with its place.
type Asked = Vec<(String, Span)>;

fn unreachable(
    query: &Query,
    asked: &Asked,
    settings: &ThreatMatch,
    side: Side,
    findings: &mut Vec<Finding>,
) {
    let source = query.text.source();
    let is_asked = |field: &FieldName| asked.iter().any(|(name, _)| *name == field.name);
    let entries = || {
        settings
            .groups
            .iter()
            .flatten()
            .filter(|entry| !entry.is_negated)
    };
    if !entries().any(|entry| is_asked(side(entry))) {
        // What is asked for has nothing to do with the mapping.
        return;
    }
    let names: Vec<&str> = asked.iter().map(|(name, _)| name.as_str()).collect();
    let (Some((_, first)), names) = (asked.first(), names.join(" or ")) else {
        return;
    };
    for group in &settings.groups {
        let mut fields = group.iter().filter(|entry| !entry.is_negated).map(side);
        let Some(field) = fields.clone().next() else {
            continue;
        };
        if fields.any(is_asked) {
            continue;
        }
        let message = format!("{} is not looked at where {names} is missing", field.name);
        findings.push(
            LINT.finding(source, field.span, message, "this group")
                .also(
                    source,
                    query.text.locate(*first),
                    "the query asks for others",
                )
                .help(format!("ask for either field: `{}:*`", field.name)),
        );
    }
    for (name, span) in asked {
        if !entries().any(|entry| side(entry).name == *name) {
            let message = format!("no entry of `threat_mapping` reads {name}");
            findings.push(
                LINT.finding(source, query.text.locate(*span), message, "fetched in vain")
                    .help("add an entry that reads it, or do not ask for it"),
            );
        }
    }
}

/// The conditions of a query that are fields of which one must exist.
fn asked_fields(query: &kql::Query) -> Vec<Asked> {
    let conditions = match &query.condition {
        None => return Vec::new(),
        Some(Node {
            kind: NodeKind::And(items),
            ..
        }) => items.as_slice(),
        Some(condition) => std::slice::from_ref(condition),
    };
    let asked = |condition: &Node| -> Option<Asked> {
        let items = match &condition.kind {
            NodeKind::Or(items) => items.as_slice(),
            _ => std::slice::from_ref(condition),
        };
        let exists = |item: &Node| match &item.kind {
            NodeKind::Is {
                field: Some(field),
                value,
            } if value.is_lone_star() => Some((field.text()?, field.span)),
            _ => None,
        };
        items.iter().map(exists).collect()
    };
    conditions.iter().filter_map(asked).collect()
}
