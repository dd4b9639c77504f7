//! `suppression-column`: alerts are suppressed by a column that the query does not give.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::CommandKind;
use crate::lint::esql::walk::EsqlSubject;
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
    let (Some(suppression), Some(names)) = (
        &subject.rule.production.suppression,
        subject.columns_of_groups(),
    ) else {
        return;
    };
    let chooses = |kind: &CommandKind| matches!(kind, CommandKind::Keep(_) | CommandKind::Stats(_));
    let mut commands = subject.query.commands.iter().rev();
    let Some(last) = commands.find(|command| chooses(&command.kind)) else {
        return;
    };
    for field in &suppression.group_by {
        if !names.contains(&field.as_str()) {
            let message = format!("alerts are suppressed by `{field}`, which no row has");
            findings.push(subject.finding(&LINT, last.span, message, "the columns of an alert"));
        }
    }
}
