//! `suppression-column`: alerts are suppressed by a column that the query does not give.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::CommandKind;
use crate::lint::esql::walk::{EsqlSubject, column, selects};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "suppression-column",
        title: "alerts are suppressed by a column that the query does not give",
        page: "The alert of a rule with STATS holds the columns of its row and nothing else. A field of \
               `alert_suppression.group_by` that is none of them is missing in every alert: all are one group, or \
               none is suppressed.\n\n\
               Group by it in STATS, or make it with EVAL and keep it.",
    },
    severity: Severity::Error,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let Some(suppression) = &subject.rule.production.suppression else {
        return;
    };
    if !subject.query.is_aggregating() {
        return;
    }
    // What the last KEEP leaves is all there is, but for what is made after it.
    let mut names: Vec<&str> = Vec::new();
    let mut last = None;
    for command in &subject.query.commands {
        match &command.kind {
            CommandKind::Keep(kept) => {
                names = kept.iter().map(|name| name.text.as_str()).collect();
                last = Some(command.span);
            }
            CommandKind::Stats(stats) => {
                let aggregates = stats.aggregates.iter().map(|aggregate| &aggregate.field);
                let fields = aggregates.chain(&stats.by);
                names = fields
                    .filter_map(|field| match &field.name {
                        Some(name) => Some(name.text.as_str()),
                        None => column(&field.expr),
                    })
                    .collect();
                last = Some(command.span);
            }
            CommandKind::Eval(fields) => {
                let made = fields.iter().filter_map(|field| field.name.as_ref());
                names.extend(made.map(|name| name.text.as_str()));
            }
            CommandKind::Rename(renamings) => {
                names.extend(renamings.iter().map(|renaming| renaming.to.text.as_str()));
            }
            CommandKind::Grok { .. }
            | CommandKind::Dissect { .. }
            | CommandKind::Completion { .. }
            | CommandKind::Enrich { .. }
            | CommandKind::LookupJoin { .. }
            | CommandKind::Unsupported(_) => names.push("*"),
            _ => {}
        }
    }
    let Some(last) = last else { return };
    for field in &suppression.group_by {
        if !names.iter().any(|name| selects(name, field)) {
            let message = format!("alerts are suppressed by `{field}`, which no row has");
            findings.push(subject.finding(&LINT, last, message, "the columns of an alert"));
        }
    }
}
