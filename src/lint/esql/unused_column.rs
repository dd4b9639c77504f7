//! `unused-column`: a column is computed and never used.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::{Command, CommandKind, Expr, ExprKind};
use crate::lint::esql::walk::{EsqlSubject, every, selects};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "unused-column",
        title: "a column is computed and never used",
        page: "A column that EVAL computes, that no later command reads and no KEEP keeps has no effect: most \
               often STATS was to group by it.\n\n\
               ```esql\nFROM logs-* | EVAL window = DATE_TRUNC(5 minutes, @timestamp)\n| STATS n = COUNT(*) BY host.id | KEEP host.id, n\n```\n\n\
               counts over all windows together. Write `BY host.id, window`, or leave the column out.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let commands = &subject.query.commands;
    for (number, command) in commands.iter().enumerate() {
        let made = command.kind.computed();
        for (place, field) in made.iter().enumerate() {
            let Some(name) = &field.name else { continue };
            let others = made.iter().skip(place + 1);
            let is_eval = matches!(command.kind, CommandKind::Eval(_));
            let beside = is_eval && others.clone().any(|other| reads(&other.expr, &name.text));
            let rest = commands.get(number + 1..).unwrap_or(&[]);
            if !beside && !is_used(&name.text, rest) {
                let message = format!("`{}` is computed and never used", name.text);
                findings.push(
                    subject
                        .finding(&LINT, name.span, message, "no command reads or keeps it")
                        .help("group by it, keep it, or leave it out"),
                );
            }
        }
    }
}

/// Whether a later command reads a column, or it is there in the end.
fn is_used(name: &str, commands: &[Command]) -> bool {
    for command in commands {
        if command
            .kind
            .expressions()
            .iter()
            .any(|expr| reads(expr, name))
        {
            return true;
        }
        match &command.kind {
            CommandKind::Keep(names) if !names.iter().any(|own| selects(&own.text, name)) => {
                return false;
            }
            CommandKind::Drop(names) if names.iter().any(|own| selects(&own.text, name)) => {
                // Taken away by its author.
                return true;
            }
            CommandKind::Rename(renamings) if renamings.iter().any(|own| own.from.text == name) => {
                return true;
            }
            CommandKind::MvExpand(own) if own.text == name => return true,
            CommandKind::Enrich { on: Some(on), .. } if on.text == name => return true,
            CommandKind::LookupJoin { on, .. } if on.iter().any(|own| own.text == name) => {
                return true;
            }
            CommandKind::Unsupported(_) | CommandKind::Broken => return true,
            // Groups have no other columns than their own.
            CommandKind::Stats(_) => return false,
            _ => {}
        }
    }
    true
}

fn reads(expr: &Expr, name: &str) -> bool {
    let mut found = false;
    every(expr, &mut |expr| match &expr.kind {
        ExprKind::Column(own) => found |= own.text == name,
        ExprKind::Match { field, .. } => found |= field.text == name,
        _ => {}
    });
    found
}
