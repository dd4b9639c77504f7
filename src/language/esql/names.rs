//! The names that a query reads from documents, and those that it makes.

use std::collections::BTreeSet;

use super::syntax::{Command, CommandKind, Expr, ExprKind, Field, Query, Source};
use crate::plan::pipeline::GrokPattern;

/// The names of the fields that the query reads: those that no command makes before they are used,
/// patterns of KEEP aside. Behind STATS there are no fields any more.
pub fn names(query: &Query) -> BTreeSet<&str> {
    let mut read = BTreeSet::new();
    for (commands, made) in before_stats(query) {
        let mut own = BTreeSet::new();
        reads(commands, &mut own);
        read.extend(own.into_iter().filter(|name| !made.contains(*name)));
    }
    read
}

/// The texts of the KQL that the query searches with.
pub fn searches(query: &Query) -> Vec<&str> {
    let mut expressions = Vec::new();
    for command in &query.commands {
        command.kind.add_expressions(&mut expressions);
    }
    let mut texts = Vec::new();
    while let Some(expr) = expressions.pop() {
        if let ExprKind::Call {
            name, arguments, ..
        } = &expr.kind
            && name.value.eq_ignore_ascii_case("kql")
            && let [argument] = arguments.as_slice()
            && let ExprKind::Text(text) = &argument.kind
        {
            texts.push(text.as_str());
        }
        expressions.extend(expr.children());
    }
    texts
}

/// Each command up to the first STATS, with the names that are made before it.
pub fn before_stats(query: &Query) -> Vec<(&Command, BTreeSet<String>)> {
    let mut made: BTreeSet<String> = BTreeSet::new();
    match &query.source {
        Source::From { metadata, .. } => {
            made.extend(metadata.iter().map(|name| name.text.clone()));
        }
        Source::Row { fields, .. } => add_fields(fields.iter(), &mut made),
    }
    let mut commands = Vec::new();
    for command in &query.commands {
        commands.push((command, made.clone()));
        if matches!(command.kind, CommandKind::Stats(_)) {
            break;
        }
        makes(command, &mut made);
    }
    commands
}

fn add_fields<'q>(fields: impl Iterator<Item = &'q Field>, made: &mut BTreeSet<String>) {
    made.extend(fields.filter_map(|field| Some(field.name.as_ref()?.text.clone())));
}

/// The names that a command makes.
fn makes(command: &Command, made: &mut BTreeSet<String>) {
    match &command.kind {
        CommandKind::Eval(fields) => add_fields(fields.iter(), made),
        CommandKind::Stats(stats) | CommandKind::InlineStats(stats) => {
            let aggregates = stats.aggregates.iter().map(|aggregate| &aggregate.field);
            add_fields(aggregates.chain(&stats.by), made);
        }
        CommandKind::Rename(renamings) => {
            made.extend(renamings.iter().map(|renaming| renaming.to.text.clone()));
        }
        CommandKind::Dissect { pattern, .. } => {
            let keys = pattern.value.split("%{").skip(1);
            let keys = keys.filter_map(|rest| rest.split_once('}'));
            let name = |key: &str| {
                let key = key.trim_start_matches(['+', '?', '*', '&']);
                let key = key.trim_end_matches("->");
                key.split('/').next().unwrap_or(key).to_owned()
            };
            made.extend(keys.map(|(key, _)| name(key)));
        }
        CommandKind::Grok { patterns, .. } => {
            for pattern in patterns {
                let grok = GrokPattern::new(&pattern.value).unwrap_or_default();
                made.extend(grok.captures.into_iter().map(|(name, _)| name));
            }
        }
        CommandKind::Completion { target, .. } => {
            let name = target.as_ref().map_or("completion", |name| &name.text);
            made.insert(name.to_owned());
        }
        CommandKind::Enrich { with, .. } => {
            let names = with
                .iter()
                .map(|(new, field)| new.as_ref().unwrap_or(field));
            made.extend(names.map(|name| name.text.clone()));
        }
        _ => {}
    }
}

/// The names that a command reads. A field of EVAL that an earlier one of the same EVAL makes is
/// none.
fn reads<'q>(command: &'q Command, read: &mut BTreeSet<&'q str>) {
    if let CommandKind::Eval(fields) = &command.kind {
        let mut made: BTreeSet<&str> = BTreeSet::new();
        for field in fields {
            let mut own = BTreeSet::new();
            add(&mut own, &field.expr);
            read.extend(own.into_iter().filter(|name| !made.contains(name)));
            made.extend(field.name.as_ref().map(|name| name.text.as_str()));
        }
        return;
    }
    let mut expressions = Vec::new();
    command.kind.add_expressions(&mut expressions);
    for expr in expressions {
        add(read, expr);
    }
    match &command.kind {
        CommandKind::Keep(kept) | CommandKind::Drop(kept) => {
            let plain = kept.iter().filter(|name| !name.is_pattern);
            read.extend(plain.map(|name| name.text.as_str()));
        }
        CommandKind::Rename(renamings) => {
            read.extend(renamings.iter().map(|renaming| renaming.from.text.as_str()));
        }
        CommandKind::MvExpand(name) => {
            read.insert(&name.text);
        }
        CommandKind::LookupJoin { on, .. } => {
            read.extend(on.iter().map(|name| name.text.as_str()));
        }
        CommandKind::Enrich { on, .. } => read.extend(on.iter().map(|name| &*name.text)),
        // An alias of BY may stand in the aggregates.
        CommandKind::Stats(stats) | CommandKind::InlineStats(stats) => {
            for field in &stats.by {
                if let Some(name) = &field.name
                    && !matches!(&field.expr.kind, ExprKind::Column(own) if own.text == name.text)
                {
                    let mut own = BTreeSet::new();
                    add(&mut own, &field.expr);
                    if !own.contains(name.text.as_str()) {
                        read.remove(name.text.as_str());
                    }
                }
            }
        }
        _ => {}
    }
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
    let children = expr.children();
    // The fields whose values may not be indexed stand beside `_ignored` as texts.
    let is_ignored =
        |child: &&Expr| matches!(&child.kind, ExprKind::Column(name) if name.text == "_ignored");
    let has_ignored = children.iter().any(is_ignored);
    for child in children {
        match &child.kind {
            ExprKind::Text(path) if has_ignored => drop(names.insert(path)),
            _ => add(names, child),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn names_are_read_until_a_command_makes_them() {
        for (query, expected) in [
            (
                "FROM i METADATA _id | EVAL x = TO_LOWER(x), y = x | WHERE y == z | KEEP _id, y, w*",
                "x z",
            ),
            (
                "FROM i | STATS n = COUNT(a) WHERE k > 1 BY k = b, c | WHERE n > d",
                "a b c",
            ),
            (
                "FROM i | DISSECT a \"%{b} %{+c/1}\" | GROK b \"%{INT:d:int}\" | KEEP b, c, d, e",
                "a e",
            ),
            ("FROM i | RENAME a AS b | MV_EXPAND b | SORT c", "a c"),
            (
                "FROM i METADATA _ignored | WHERE _ignored == \"a.b\" AND c == \"d\"",
                "a.b c",
            ),
        ] {
            let query = parse(query).into_result().unwrap();
            let names: Vec<&str> = names(&query).into_iter().collect();
            assert_eq!(names.join(" "), expected);
        }
    }
}
