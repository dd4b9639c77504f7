//! Sequences and samples: how many stages, which keys, what must go with what.

use super::super::error::EqlError;
use super::super::syntax::{Expr, ExprKind, Query, Sample, Sequence, SequenceKeyword, Term};
use super::{Checker, Settings, Typed, codes};
use crate::diagnostic::Span;

impl Checker<'_> {
    pub(super) fn sequence(&mut self, sequence: &Sequence, span: Span, settings: &Settings) {
        if sequence.keyword == SequenceKeyword::Join {
            self.error(
                EqlError::new(
                    &codes::UNSUPPORTED,
                    Span::new(span.start, span.start + 4),
                    "JOIN command is not supported",
                )
                .help("write `sequence`, or `sample` for events in any order"),
            );
        }
        self.enough_stages(sequence, span);
        let global = self.keys(&sequence.keys);
        let mut tuples = Vec::new();
        for term in sequence.terms.iter().chain(sequence.until.as_deref()) {
            self.event_query(&term.query, settings);
            tuples.push((term, self.keys(&term.keys)));
        }
        self.compare_tuples(&global, &tuples);
    }

    pub(super) fn sample(&mut self, sample: &Sample, query: &Query, settings: &Settings) {
        let global = self.keys(&sample.keys);
        let mut tuples = Vec::new();
        for term in &sample.terms {
            self.event_query(&term.query, settings);
            if term.missing || term.runs.is_some() {
                self.error(EqlError::new(
                    &codes::BAD_SEQUENCE,
                    term.span,
                    "samples take neither missing events nor `with runs`",
                ));
            }
            tuples.push((term, self.keys(&term.keys)));
        }
        if global.is_empty() && tuples.iter().any(|(_, keys)| keys.is_empty()) {
            self.error(
                EqlError::new(
                    &codes::BAD_KEYS,
                    query.span,
                    "a sample requires at least one join key for every query",
                )
                .help("write `sample by field`"),
            );
        }
        if let Some(pipe) = query.pipes.first() {
            self.error(EqlError::new(
                &codes::UNSUPPORTED,
                pipe.span,
                "samples do not support pipes",
            ));
        }
        self.compare_tuples(&global, &tuples);
    }

    fn enough_stages(&mut self, sequence: &Sequence, span: Span) {
        let count: usize = sequence
            .terms
            .iter()
            .map(|term| usize::from(term.runs.map_or(1, |runs| runs.count)))
            .sum();
        if count < 2 {
            self.error(
                EqlError::new(
                    &codes::BAD_SEQUENCE,
                    span,
                    format!("a sequence requires a minimum of 2 queries, found [{count}]"),
                ).found(count, 2)
                .help("for one event write it without `sequence`; for several of a kind add `with runs=2`"),
            );
        }
        let Some(missing) = sequence.terms.iter().find(|term| term.missing) else {
            return;
        };
        if sequence.terms.iter().all(|term| term.missing) {
            self.error(EqlError::new(
                &codes::BAD_SEQUENCE,
                span,
                "a sequence requires at least one query that is not a missing event",
            ));
        }
        if sequence.maxspan.is_none() {
            self.error(
                EqlError::new(
                    &codes::BAD_SEQUENCE,
                    missing.span,
                    "missing events are supported only for sequences with maxspan",
                )
                .help("add `with maxspan=5m` after `sequence` and its keys"),
            );
        }
    }

    fn keys(&mut self, keys: &[Expr]) -> Vec<(Expr, Typed)> {
        keys.iter()
            .map(|key| {
                let typed = if let ExprKind::Field(field) = &key.kind {
                    self.field(field, key.span)
                } else {
                    self.error(
                        EqlError::new(
                            &codes::BAD_KEYS,
                            key.span,
                            format!("unsupported join key [{key}]"),
                        )
                        .found(key, "field")
                        .help("a join key is a field"),
                    );
                    Typed::null()
                };
                (key.clone(), typed)
            })
            .collect()
    }

    /// All stages have as many keys as the first, of families that go together.
    fn compare_tuples(&mut self, global: &[(Expr, Typed)], tuples: &[(&Term, Vec<(Expr, Typed)>)]) {
        let Some((_, first)) = tuples.first() else {
            return;
        };
        for (term, keys) in tuples.iter().skip(1) {
            if keys.len() != first.len() {
                self.error(EqlError::new(
                    &codes::BAD_KEYS,
                    term.span,
                    format!(
                        "inconsistent number of join keys specified; expected [{}] but found [{}]",
                        global.len() + first.len(),
                        global.len() + keys.len()
                    ),
                ).found(global.len() + keys.len(), global.len() + first.len()));
                continue;
            }
            for ((expected, a), (key, b)) in first.iter().zip(keys) {
                if matches!((a.family, b.family), (Some(x), Some(y)) if x != y) {
                    self.error(EqlError::new(
                        &codes::BAD_KEYS,
                        key.span,
                        format!(
                            "sequence key [{expected}] type [{}] is incompatible with key [{key}] \
                             type [{}]",
                            a.name, b.name
                        ),
                    ).found(&b.name, &a.name));
                }
            }
        }
    }
}
