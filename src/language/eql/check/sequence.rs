//! Sequences and samples: how many stages, which keys, what must go with what.

use super::super::error::EqlError;
use super::super::syntax::{Expr, ExprKind, Query, Sample, Sequence, SequenceKeyword, Term};
use super::{Checker, RequestFieldNames, Typed, codes};
use crate::diagnostic::Span;
use crate::diagnostic::query::EqlType;

impl Checker<'_> {
    pub(super) fn sequence(
        &mut self,
        sequence: &Sequence,
        span: Span,
        settings: &RequestFieldNames,
    ) {
        if sequence.keyword == SequenceKeyword::Join {
            let word = Span::new(span.start, span.start + 4);
            self.error(EqlError::new(&codes::UNSUPPORTED, word, EqlType::Join));
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

    pub(super) fn sample(&mut self, sample: &Sample, query: &Query, settings: &RequestFieldNames) {
        let global = self.keys(&sample.keys);
        let mut tuples = Vec::new();
        for term in &sample.terms {
            self.event_query(&term.query, settings);
            if term.missing || term.runs.is_some() {
                let cause = EqlType::SampleTerm;
                self.error(EqlError::new(&codes::BAD_SEQUENCE, term.span, cause));
            }
            tuples.push((term, self.keys(&term.keys)));
        }
        if global.is_empty() && tuples.iter().any(|(_, keys)| keys.is_empty()) {
            let cause = EqlType::SampleWithoutKeys;
            self.error(EqlError::new(&codes::BAD_KEYS, query.span, cause));
        }
        if let Some(pipe) = query.pipes.first() {
            let cause = EqlType::PipeOfSample;
            self.error(EqlError::new(&codes::UNSUPPORTED, pipe.span, cause));
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
            let cause = EqlType::OneStage {
                found: count,
                expected: 2,
            };
            self.error(EqlError::new(&codes::BAD_SEQUENCE, span, cause));
        }
        let Some(missing) = sequence.terms.iter().find(|term| term.missing) else {
            return;
        };
        if sequence.terms.iter().all(|term| term.missing) {
            let cause = EqlType::MissingEventsAlone;
            self.error(EqlError::new(&codes::BAD_SEQUENCE, span, cause));
        }
        if sequence.maxspan.is_none() {
            let cause = EqlType::MissingEventWithoutMaxspan;
            self.error(EqlError::new(&codes::BAD_SEQUENCE, missing.span, cause));
        }
    }

    fn keys(&mut self, keys: &[Expr]) -> Vec<(Expr, Typed)> {
        keys.iter()
            .map(|key| {
                let typed = if let ExprKind::Field(field) = &key.kind {
                    self.field(field, key.span)
                } else {
                    let cause = EqlType::KeyNotField {
                        found: key.to_string(),
                        expected: "field",
                    };
                    self.error(EqlError::new(&codes::BAD_KEYS, key.span, cause));
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
                let cause = EqlType::KeyCount {
                    found: global.len() + keys.len(),
                    expected: global.len() + first.len(),
                };
                self.error(EqlError::new(&codes::BAD_KEYS, term.span, cause));
                continue;
            }
            for ((expected, a), (key, b)) in first.iter().zip(keys) {
                if matches!((a.family, b.family), (Some(x), Some(y)) if x != y) {
                    let cause = EqlType::KeyTypes {
                        first: expected.to_string(),
                        key: key.to_string(),
                        found: b.name.to_string(),
                        expected: a.name.to_string(),
                    };
                    self.error(EqlError::new(&codes::BAD_KEYS, key.span, cause));
                }
            }
        }
    }
}
