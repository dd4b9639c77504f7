//! `attack-reference`: the page that an ATT&CK entry names is not its own.

use std::sync::Arc;

use crate::diagnostic::{Code, Severity, SourceText};
use crate::lint::finding::{Finding, Lint};
use crate::lint::metadata::attack_id::{is_sub_technique, is_tactic, is_technique};
use crate::rule::{AttackEntry, Rule};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "attack-reference",
        title: "an ATT&CK reference of the wrong form",
        page: "The reference of a tactic, technique or sub-technique is its page on attack.mitre.org, \
               with the entry's own id:\n\n\
               ```toml\nid = \"T1021.003\"\nreference = \"https://attack.mitre.org/techniques/T1021/003/\"\n```\n\n\
               A reference to another entry is usually the rest of a copied one.",
    },
    severity: Severity::Error,
};

pub(in crate::lint) fn run(rule: &Rule, source: &Arc<SourceText>, findings: &mut Vec<Finding>) {
    for threat in rule.threat.iter().filter(|threat| threat.is_attack()) {
        for entry in std::iter::once(&threat.tactic).chain(&threat.techniques) {
            let Some(wanted) = page(&entry.id) else {
                // The id itself is wrong, and said to be so.
                continue;
            };
            if entry.reference.trim_end_matches('/') != wanted {
                findings.push(wrong(entry, source, &wanted));
            }
        }
    }
}

fn wrong(entry: &AttackEntry, source: &Arc<SourceText>, wanted: &str) -> Finding {
    let message = format!("`{}` is not the page of {}", entry.reference, entry.id);
    LINT.finding(source, entry.reference_span, message, "")
        .help(format!("write `{wanted}/`"))
}

fn page(id: &str) -> Option<String> {
    let root = "https://attack.mitre.org";
    if is_tactic(id) {
        Some(format!("{root}/tactics/{id}"))
    } else if is_technique(id) || is_sub_technique(id) {
        Some(format!("{root}/techniques/{}", id.replace('.', "/")))
    } else {
        None
    }
}
