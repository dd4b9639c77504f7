//! `unknown-category`: a category that no event has.

use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Code, Severity};
use crate::language::eql::RequestFieldNames;
use crate::lint::Subject;
use crate::lint::condition::walk::stages;
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "unknown-category",
        title: "a category that ECS does not have",
        page: "What stands before `where` is compared with `event.category`, exactly and with regard to \
               case. ECS has a fixed list of categories; the query asks for another one, so no event \
               that keeps to ECS matches. `Process where …` is a common form: categories are written \
               small.\n\n\
               Mend the word, or write `any where …`.",
    },
    severity: Severity::Warning,
};

/// `event.category` of ECS 9.
const CATEGORIES: &[&str] = &[
    "api",
    "authentication",
    "configuration",
    "database",
    "driver",
    "email",
    "file",
    "host",
    "iam",
    "intrusion_detection",
    "library",
    "malware",
    "network",
    "package",
    "process",
    "registry",
    "session",
    "threat",
    "vulnerability",
    "web",
];

pub(in crate::lint) fn run(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    if subject.settings.category != RequestFieldNames::default().category {
        return;
    }
    for stage in stages(subject.syntax) {
        let category = &stage.query.category;
        let Some(name) = &category.name else { continue };
        if CATEGORIES.contains(&name.as_str()) {
            continue;
        }
        let message = format!("no event of ECS has the category `{name}`");
        let finding = LINT.finding(subject.source(), subject.locate(category.span), message, "");
        findings.push(match nearest(name, CATEGORIES.iter().copied()) {
            Some(near) => finding.suggest(name, near),
            None => finding.help("write `any where` for events of any category"),
        });
    }
}
