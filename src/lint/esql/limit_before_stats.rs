//! `limit-before-stats`: STATS counts no more rows than a LIMIT before it leaves.

use crate::diagnostic::{Code, Severity, Span};
use crate::language::esql::syntax::{Command, CommandKind};
use crate::lint::esql::walk::EsqlSubject;
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "limit-before-stats",
        title: "STATS counts no more rows than a LIMIT before it leaves",
        page: "LIMIT cuts the rows that come after it in the query. Before STATS it cuts what is counted: with more \
               events than the limit, counts are too low, groups are missing, and an attacker who makes noise hides \
               behind it.\n\n\
               ```esql\nFROM logs-* | LIMIT 1000 | STATS n = COUNT(*) BY user.name | WHERE n > 50\n```\n\n\
               Limit the groups behind STATS, or leave LIMIT out.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let commands = &subject.query.commands;
    for (number, command) in commands.iter().enumerate() {
        let Some(stats) = counts_behind(commands, number) else {
            continue;
        };
        let message = "STATS counts only the rows that this LIMIT leaves";
        findings.push(
            subject
                .finding(&LINT, command.span, message, "")
                .also(
                    subject.text.source(),
                    subject.text.locate(stats),
                    "what counts them",
                )
                .help("put LIMIT behind STATS, or leave it out"),
        );
    }
}

/// The STATS behind a command, if the command is a LIMIT.
pub(in crate::lint) fn counts_behind(commands: &[Command], number: usize) -> Option<Span> {
    let (limit, behind) = commands.get(number..)?.split_first()?;
    let mut behind = behind.iter();
    let stats = behind.find(|other| matches!(other.kind, CommandKind::Stats(_)))?;
    matches!(limit.kind, CommandKind::Limit(_)).then_some(stats.span)
}
