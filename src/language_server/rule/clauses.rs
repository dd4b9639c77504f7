//! The clauses of a rule with their places in its file, without a run: what `because` may name.

use crate::compile::{Exclusions, FieldTypes, SourceCompiler, Syntax};
use crate::data_source::{Catalogue, IndexPatterns};
use crate::diagnostic::Span;
use crate::event::Timestamp;
use crate::plan::{ClauseKind, Plan};
use crate::rule::Rule;

/// A clause, or a larger part of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::language_server) struct Clause {
    /// Its canonical text, which `because` may be a part of.
    pub(in crate::language_server) text: String,
    /// Its place in the rule file.
    pub(in crate::language_server) span: Span,
    /// Whether the whole text of a case's reason is looked for in it, or a word names it.
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Condition,
    Join,
    Word,
    Part,
}

impl Clause {
    /// Whether `because` names it.
    pub(in crate::language_server) fn is_named(&self, because: &str) -> bool {
        match self.kind {
            Kind::Condition | Kind::Part => self.text.contains(because),
            Kind::Word => self.text == because,
            Kind::Join => {
                let names = self.text.strip_prefix("join ").unwrap_or(&self.text);
                let field = because.strip_prefix("join ");
                field
                    .is_some_and(|field| names == field || names.split(" = ").any(|it| it == field))
            }
        }
    }

    /// Whether it is a text that a person would write behind `because`.
    pub(in crate::language_server) fn is_reason(&self) -> bool {
        self.kind != Kind::Part
    }
}

/// The clauses of a rule on the sources that it claims, in the order of the text.
pub(in crate::language_server) fn clauses(rule: &Rule, catalogue: &Catalogue) -> Vec<Clause> {
    let mut found: Vec<Clause> = Vec::new();
    let Some(query) = &rule.query else {
        return found;
    };
    let Ok(syntax) = Syntax::parse(query.language, query.text.text()) else {
        return found;
    };
    let patterns = IndexPatterns::new(rule.index.iter().map(|(pattern, _)| pattern.as_str()));
    let none = Exclusions::new(rule, Vec::new());
    for source in catalogue.claimed(&patterns) {
        let types = FieldTypes::new(source, [], &patterns);
        let now = Timestamp::from_millis(0);
        let on_source = SourceCompiler::new(rule, &query.text, &syntax, types, &none, now);
        let Ok(compiled) = on_source.compile(&[]) else {
            continue;
        };
        for (text, span, kind) in named(&compiled.plan) {
            let span = query.text.locate(span);
            if found
                .iter()
                .all(|known| known.text != text || known.span != span)
            {
                found.push(Clause { text, span, kind });
            }
        }
    }
    found.sort_by_key(|clause| (clause.kind == Kind::Part, clause.span));
    found
}

fn named(plan: &Plan) -> Vec<(String, Span, Kind)> {
    let clauses = plan.clauses.iter().filter_map(|clause| {
        let kind = match clause.kind {
            ClauseKind::Constant => return None,
            ClauseKind::JoinKey => Kind::Join,
            kind if kind.is_condition() => Kind::Condition,
            _ => Kind::Word,
        };
        Some((clause.text.clone(), clause.span, kind))
    });
    // The first part is the whole query.
    let parts = plan.parts.iter().skip(1);
    let parts = parts.map(|part| (part.text.clone(), part.span, Kind::Part));
    clauses.chain(parts).collect()
}

/// The places that `because` names: its clauses, or the smallest part of the query that has it.
pub(in crate::language_server) fn places<'c>(
    clauses: &'c [Clause],
    because: &str,
) -> Vec<&'c Clause> {
    let named = |clause: &&Clause| clause.is_named(because);
    let own: Vec<&Clause> = clauses
        .iter()
        .filter(|it| it.is_reason())
        .filter(named)
        .collect();
    if !own.is_empty() {
        return own;
    }
    let parts = clauses.iter().filter(named);
    let smallest = parts.min_by_key(|part| part.span.end - part.span.start);
    smallest.into_iter().collect()
}
