//! Clauses of KQL and Lucene that an event nearly meets: but for the case of its value, or but for the
//! order of its words.

use crate::diagnostic::observation::Missed;
use crate::evaluate::document::DocumentTest;
use crate::evaluate::{Blockers, Cause, CauseKind};
use crate::event::{Event, Scalar, Value};
use crate::plan::predicate::TextTest;
use crate::plan::{Comparison, Filter, Plan, Predicate};
use crate::replay::production::case_run::Run;
use crate::replay::reason::ReasonWord;
use crate::rule::RuleKind;

/// By what the causes were missed, each once.
pub(in crate::replay) fn words(run: &Run<'_>, blockers: &Blockers) -> Vec<ReasonWord> {
    let causes = blockers.causes.iter();
    let mut words: Vec<ReasonWord> = Vec::new();
    for word in causes.filter_map(|cause| word(run, cause)) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// By what a cause was missed; `None` of one that is no near miss.
pub(in crate::replay) fn missed(run: &Run<'_>, cause: &Cause) -> Option<Missed> {
    match word(run, cause)? {
        ReasonWord::Case => Some(Missed::CaseOnly),
        _ => Some(Missed::WordsApart),
    }
}

fn word(run: &Run<'_>, cause: &Cause) -> Option<ReasonWord> {
    if matches!(run.schedule.rule().kind, RuleKind::Eql | RuleKind::Esql) {
        return None;
    }
    let (CauseKind::Clause(id), Some(event)) = (cause.kind, cause.event) else {
        return None;
    };
    if run.evaluation.fact(id, event) != Some(false) {
        return None;
    }
    let plan = run.plan();
    let leaf = plan.clause(id)?.leaf?;
    let predicate = &plan.leaves.get(leaf)?.predicate;
    let document = run.case_events.events.get(event.index())?;
    if !may_differ_in_case_alone(predicate, document, plan) {
        return None;
    }
    let holds = |predicate: Predicate| {
        let filter = Filter {
            predicate,
            fields: plan.fields.clone(),
        };
        let test = DocumentTest::of_filter(&filter);
        test.is_ok_and(|test| test.holds(document).unwrap_or(false))
    };
    let of = [
        (folded(predicate), ReasonWord::Case),
        (loose(predicate), ReasonWord::Words),
    ];
    let mut of = of.into_iter();
    of.find_map(|(other, word)| other.is_some_and(holds).then_some(word))
}

/// A quick look at the test that most clauses are: equality with a text. Of any other test nothing is
/// ruled out.
fn may_differ_in_case_alone(predicate: &Predicate, document: &Event, plan: &Plan) -> bool {
    let Predicate::Compare {
        field,
        comparison: Comparison::Equal,
        value: Value::Text(text),
    } = predicate
    else {
        return true;
    };
    let is_alike = |value: &Scalar| value.to_string().to_lowercase() == text.to_lowercase();
    let field = plan.fields.get(*field);
    let readers = field.into_iter().flat_map(|field| &field.readers);
    let mut values = readers
        .flatten()
        .flat_map(|reader| document.values(&reader.read_from));
    values.any(is_alike)
}

/// The test without regard to case, where it has regard.
fn folded(predicate: &Predicate) -> Option<Predicate> {
    match predicate {
        Predicate::Compare {
            field,
            comparison: Comparison::Equal,
            value: Value::Text(text),
        } => Some(Predicate::EqualIgnoringCase {
            field: *field,
            text: text.to_string(),
        }),
        Predicate::Wildcard {
            field,
            pattern,
            insensitive: false,
        } => Some(Predicate::Wildcard {
            field: *field,
            pattern: pattern.clone(),
            insensitive: true,
        }),
        Predicate::Any(parts) => each(parts, folded).map(Predicate::Any),
        Predicate::All(parts) => each(parts, folded).map(Predicate::All),
        _ => None,
    }
}

/// The test of words in any order, where it asks for them in a row.
fn loose(predicate: &Predicate) -> Option<Predicate> {
    match predicate {
        Predicate::Text {
            field,
            test: TextTest::Phrase {
                words, is_prefix, ..
            },
        } if words.len() > 1 => {
            let last = words.len() - 1;
            let words = words
                .iter()
                .enumerate()
                .map(|(number, word)| Predicate::Text {
                    field: *field,
                    test: TextTest::Phrase {
                        words: vec![word.clone()],
                        slop: 0,
                        is_prefix: *is_prefix && number == last,
                    },
                });
            Some(Predicate::All(words.collect()))
        }
        Predicate::Any(parts) => each(parts, loose).map(Predicate::Any),
        Predicate::All(parts) => each(parts, loose).map(Predicate::All),
        _ => None,
    }
}

/// The parts, those changed that can be; `None` where none can.
fn each(
    parts: &[Predicate],
    change: impl Fn(&Predicate) -> Option<Predicate>,
) -> Option<Vec<Predicate>> {
    let changed: Vec<Option<Predicate>> = parts.iter().map(change).collect();
    changed.iter().any(Option::is_some).then(|| {
        let parts = parts.iter().zip(changed);
        parts
            .map(|(own, changed)| changed.unwrap_or_else(|| own.clone()))
            .collect()
    })
}
