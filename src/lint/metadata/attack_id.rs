//! `attack-id`: an ATT&CK id of the wrong form, or in the wrong place.

use std::sync::Arc;

use crate::diagnostic::{Code, Severity, SourceText};
use crate::lint::finding::{Finding, Lint};
use crate::rule::{AttackEntry, Rule};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "attack-id",
        title: "an ATT&CK id of the wrong form",
        page: "A tactic is `TA` with four digits (`TA0008`), a technique `T` with four (`T1021`), a \
               sub-technique has three more after a dot (`T1021.003`) and is listed under its own \
               technique.\n\n\
               Copy the id from the technique's page.",
    },
    severity: Severity::Error,
};

pub(in crate::lint) fn run(rule: &Rule, source: &Arc<SourceText>, findings: &mut Vec<Finding>) {
    for threat in &rule.threat {
        if !threat.is_attack() {
            continue;
        }
        if !is_tactic(&threat.tactic.id) {
            let what = "a tactic's id is `TA` and four digits, such as TA0008";
            findings.push(wrong(&threat.tactic, source, what));
        }
        let mut technique: Option<&AttackEntry> = None;
        for entry in &threat.techniques {
            if is_technique(&entry.id) {
                technique = Some(entry);
            } else if !is_sub_technique(&entry.id) {
                let what = "a technique's id is `T` and four digits, with three more for a \
                            sub-technique, such as T1021.003";
                findings.push(wrong(entry, source, what));
            } else if let Some(technique) = technique
                && !entry.id.starts_with(&technique.id)
            {
                let message = format!("{} is listed under {}", entry.id, technique.id);
                let label = "a sub-technique of another technique";
                findings.push(
                    LINT.finding(source, entry.span, message, label)
                        .also(source, technique.span, "under this technique")
                        .help("move it under its own technique"),
                );
            }
        }
    }
}

fn wrong(entry: &AttackEntry, source: &Arc<SourceText>, what: &str) -> Finding {
    let message = format!("`{}` is no ATT&CK id", entry.id);
    LINT.finding(source, entry.span, message, "").help(what)
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(in crate::lint) fn is_tactic(id: &str) -> bool {
    id.strip_prefix("TA").is_some_and(|rest| digits(rest, 4))
}

pub(in crate::lint) fn is_technique(id: &str) -> bool {
    id.strip_prefix('T').is_some_and(|rest| digits(rest, 4))
}

pub(in crate::lint) fn is_sub_technique(id: &str) -> bool {
    id.split_once('.')
        .is_some_and(|(technique, sub)| is_technique(technique) && digits(sub, 3))
}
