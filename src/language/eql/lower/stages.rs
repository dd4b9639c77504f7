//! Whole queries: stages, keys and the structural clauses.

use super::builder::Builder;
use super::constant::constant_count;
use crate::diagnostic::Span;
use crate::diagnostic::query::EqlType;
use crate::language::eql::check::Checked;
use crate::language::eql::codes;
use crate::language::eql::error::EqlError;
use crate::language::eql::syntax::{EventQuery, Expr, ExprKind, Query, QueryKind, Sequence, Term};
use crate::plan::{CategoryTest, Join, Key, Limit};
use crate::plan::{
    ClauseId, ClauseKind, IndexVec, Operator, PartId, Pipe, Plan, Role, Sequence as PlanSequence,
    Stage, StageId,
};

pub(super) fn plan(checked: &Checked<'_>, mut builder: Builder<'_>) -> Result<Plan, EqlError> {
    let query = checked.query;
    let text = builder.words(|| query.to_string());
    let root = builder.part(None, query.span, text);
    let timestamp = builder.field(&checked.settings.timestamp);
    builder.field(&checked.settings.category);
    let tiebreaker = checked.settings.tiebreaker.as_deref();
    let tiebreaker = tiebreaker.map(|path| builder.field(path));
    let (stages, operator) = match &query.kind {
        QueryKind::Event(event) => {
            let stage = builder.stage(0, event, root, event.span);
            (IndexVec::from(vec![stage]), Operator::Select)
        }
        QueryKind::Sequence(sequence) => builder.sequence(query, sequence, root),
        QueryKind::Sample(sample) => {
            let joins = builder.joins(&sample.keys, &sample.terms, root);
            let terms: Vec<&Term> = sample.terms.iter().collect();
            let stages = builder.terms(&sample.keys, &terms, None, root);
            (stages.into(), Operator::Sample { joins })
        }
    };
    if builder.too_large {
        let cause = EqlType::TooManyClauses;
        return Err(EqlError::new(&codes::UNSUPPORTED, query.span, cause));
    }
    let pipes = query.pipes.iter().filter_map(|pipe| {
        let count = constant_count(pipe.arguments.first()?)?;
        Some(if pipe.name.text == "head" {
            Pipe::Head(count)
        } else {
            Pipe::Tail(count)
        })
    });
    Ok(Plan {
        pipes: pipes.collect(),
        fields: builder.fields,
        stages,
        operator,
        clauses: builder.clauses,
        parts: builder.parts,
        leaves: builder.leaves,
        timestamp,
        tiebreaker,
    })
}

impl Builder<'_> {
    fn sequence(
        &mut self,
        query: &Query,
        sequence: &Sequence,
        root: PartId,
    ) -> (IndexVec<StageId, Stage>, Operator) {
        let joins = self.joins(&sequence.keys, &sequence.terms, root);
        let maxspan = sequence.maxspan.map(|maxspan| Limit {
            millis: maxspan.millis(),
            clause: self.structural(ClauseKind::Maxspan, root, maxspan.span, "maxspan"),
        });
        let order_span = Span::new(query.span.start, query.span.start);
        let order = self.structural(ClauseKind::Order, root, order_span, "order");
        let terms: Vec<&Term> = sequence.terms.iter().collect();
        let stages = self.terms(&sequence.keys, &terms, sequence.until.as_deref(), root);
        let sequence = PlanSequence {
            maxspan,
            order,
            joins,
        };
        (stages.into(), Operator::Sequence(sequence))
    }

    /// A clause that stands for how events go together.
    fn structural(&mut self, kind: ClauseKind, parent: PartId, span: Span, text: &str) -> ClauseId {
        let text = self.words(|| text.to_owned());
        let part = self.part(Some(parent), span, text.clone());
        self.clause(kind, part, span, text)
    }

    /// One clause for each position of the key tuple: global keys first.
    fn joins(&mut self, global: &[Expr], terms: &[Term], root: PartId) -> Vec<Join> {
        let mut joins = Vec::new();
        for key in global {
            joins.push(self.join(key.to_string(), key.span, root));
        }
        let own = terms.first().map_or(0, |term| term.keys.len());
        for position in 0..own {
            let mut names: Vec<String> = Vec::new();
            for key in terms.iter().filter_map(|term| term.keys.get(position)) {
                let name = key.to_string();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let first = terms.first().and_then(|term| term.keys.get(position));
            let span = first.map_or(Span::default(), |key| key.span);
            joins.push(self.join(names.join(" = "), span, root));
        }
        joins
    }

    fn join(&mut self, name: String, span: Span, root: PartId) -> Join {
        let text = format!("join {name}");
        let clause = self.structural(ClauseKind::JoinKey, root, span, &text);
        Join { clause, name }
    }

    fn terms(
        &mut self,
        global: &[Expr],
        terms: &[&Term],
        until: Option<&Term>,
        root: PartId,
    ) -> Vec<Stage> {
        let mut stages = Vec::new();
        let all = terms.iter().copied().map(|term| (term, false));
        for (index, (term, is_until)) in all.chain(until.map(|term| (term, true))).enumerate() {
            let mut stage = self.stage(index, &term.query, root, term.span);
            self.stage = Some(StageId(u16::try_from(index).unwrap_or(u16::MAX)));
            stage.runs = term.runs.map_or(1, |runs| runs.count);
            stage.keys = global
                .iter()
                .chain(&term.keys)
                .filter_map(|key| self.key(key))
                .collect();
            if is_until {
                let clause = self.structural(ClauseKind::Until, stage.part, term.span, "until");
                stage.role = Role::Until { clause };
            } else if term.missing {
                let clause =
                    self.structural(ClauseKind::Missing, stage.part, term.span, "missing event");
                stage.role = Role::Missing { clause };
            }
            self.stage = None;
            stages.push(stage);
        }
        stages
    }

    fn key(&mut self, key: &Expr) -> Option<Key> {
        match &key.kind {
            ExprKind::Field(field) => Some(Key {
                field: self.field(&field.path),
                optional: field.optional,
            }),
            _ => None,
        }
    }

    fn stage(&mut self, index: usize, event: &EventQuery, root: PartId, span: Span) -> Stage {
        self.stage = Some(StageId(u16::try_from(index).unwrap_or(u16::MAX)));
        let text = self.words(|| event.to_string());
        let part = self.part(Some(root), span, text);
        let category = self.structural(ClauseKind::Category, part, event.category.span, "category");
        let condition = self.condition(&event.condition, part).into_condition();
        self.stage = None;
        Stage {
            role: Role::Positive,
            runs: 1,
            category: Some(CategoryTest {
                field: self.field(&self.checked.settings.category),
                value: event.category.name.clone(),
                clause: category,
            }),
            condition,
            keys: Vec::new(),
            part,
        }
    }
}
