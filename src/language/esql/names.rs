//! The names that a query reads or makes.

use std::collections::BTreeSet;

use super::syntax::{CommandKind, Expr, ExprKind, Query};

/// The names of columns that the query uses, in expressions and commands, patterns aside. Names
/// that the query makes itself are among them where it uses them.
pub fn names(query: &Query) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for expr in query.expressions() {
        add(&mut names, expr);
    }
    for command in &query.commands {
        match &command.kind {
            CommandKind::Keep(kept) | CommandKind::Drop(kept) => {
                let plain = kept.iter().filter(|name| !name.is_pattern);
                names.extend(plain.map(|name| name.text.as_str()));
            }
            CommandKind::Rename(renamings) => {
                names.extend(renamings.iter().map(|renaming| renaming.from.text.as_str()));
            }
            CommandKind::MvExpand(name) => {
                names.insert(&name.text);
            }
            CommandKind::LookupJoin { on, .. } => {
                names.extend(on.iter().map(|name| name.text.as_str()));
            }
            CommandKind::Enrich { on, .. } => names.extend(on.iter().map(|name| &*name.text)),
            _ => {}
        }
    }
    names
}

fn add<'q>(names: &mut BTreeSet<&'q str>, expr: &'q Expr) {
    match &expr.kind {
        ExprKind::Column(name) => {
            names.insert(&name.text);
        }
        ExprKind::Match { field, .. } => {
            names.insert(&field.text);
        }
        _ => {}
    }
    for child in expr.children() {
        add(names, child);
    }
}

/// The names that the query's own commands make.
pub fn made(query: &Query) -> BTreeSet<&str> {
    let mut made = BTreeSet::new();
    if let super::syntax::Source::Row { fields, .. } = &query.source {
        made.extend(
            fields
                .iter()
                .filter_map(|field| field.name.as_ref())
                .map(|name| &*name.text),
        );
    }
    for command in &query.commands {
        match &command.kind {
            CommandKind::Eval(fields) => {
                let names = fields.iter().filter_map(|field| field.name.as_ref());
                made.extend(names.map(|name| name.text.as_str()));
            }
            CommandKind::Stats(stats) | CommandKind::InlineStats(stats) => {
                let aggregates = stats.aggregates.iter().map(|aggregate| &aggregate.field);
                let names = aggregates
                    .chain(&stats.by)
                    .filter_map(|field| field.name.as_ref());
                made.extend(names.map(|name| name.text.as_str()));
            }
            CommandKind::Rename(renamings) => {
                made.extend(renamings.iter().map(|renaming| renaming.to.text.as_str()));
            }
            _ => {}
        }
    }
    made
}
