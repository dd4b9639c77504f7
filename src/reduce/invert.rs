//! Turns a benign sketch into an attack that alerts and a case with the one change that stops it.
//! The attack differs from the recording in the value or time of the one blocking clause; where no
//! single change alerts, the sketch is unchanged.

use super::trial::Trials;
use crate::scenario::write::{Expect, Sketch, SketchCase, SketchChange, SketchEvent};

/// So much later or earlier than another event, in milliseconds.
const STEP: i64 = 500;

/// The attack and its case, or nothing.
pub(super) fn invert(sketch: &Sketch, clause: &str, trials: &mut Trials<'_>) -> Option<Sketch> {
    let mut attack = Sketch {
        expect: Expect::Alert,
        name: format!("{} but not stopped", sketch.name),
        ..sketch.clone()
    };
    for (at, event) in sketch.events.iter().enumerate() {
        for change in changes(sketch, event) {
            attack.events.clone_from(&sketch.events);
            let Some(changed) = attack.events.get_mut(at) else {
                continue;
            };
            let back = apply(changed, event, &change);
            attack.cases.clear();
            if !trials.alerts(&attack) {
                continue;
            }
            attack.cases.push(SketchCase {
                name: sketch.name.clone(),
                changes: vec![back],
                expect: Expect::None,
                because: Some(clause.to_owned()),
                ..SketchCase::default()
            });
            if trials.holds(&attack) {
                return Some(attack);
            }
        }
    }
    None
}

/// What may be otherwise about an event.
enum Change {
    /// A field that it does not have.
    Without(usize),
    /// Its time.
    At(i64),
}

fn changes(sketch: &Sketch, event: &SketchEvent) -> Vec<Change> {
    let mut changes: Vec<Change> = (0..event.fields.len()).map(Change::Without).collect();
    let others = sketch.events.iter().filter(|other| *other != event);
    let others: Vec<i64> = others.map(|other| other.at).collect();
    changes.extend(others.iter().map(|at| Change::At(at + STEP)));
    changes.extend(others.iter().min().map(|at| Change::At(at - STEP)));
    changes
}

/// Applies it; what takes it back.
fn apply(changed: &mut SketchEvent, event: &SketchEvent, change: &Change) -> SketchChange {
    let mut back = SketchChange {
        label: event.label.clone(),
        ..SketchChange::default()
    };
    match change {
        Change::Without(field) => {
            if *field < changed.fields.len() {
                back.fields.push(changed.fields.remove(*field));
            }
        }
        Change::At(at) => {
            changed.at = *at;
            back.at = Some(event.at);
        }
    }
    back
}
