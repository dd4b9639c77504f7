//! Removes events, then fields, then values from a sketch, one at a time and repeatedly. The result
//! is minimal: removing any one part changes the verdict or its reason.

use super::trial::Trials;
use crate::event::Scalar;
use crate::scenario::write::Sketch;

/// Longer texts than these are shortened by whole words.
const LONG: usize = 60;

/// So few events are left out one by one.
const FEW: usize = 8;

/// Fields that are given up before others: what they say is said by the rest, or by the host's
/// own name.
const FIRST: &[&str] = &[
    "host.",
    "event.",
    "data_stream.",
    "agent.",
    "process.entity_id",
];

/// The smallest sketch that still holds.
pub(super) fn reduce(mut sketch: Sketch, trials: &mut Trials<'_>) -> Sketch {
    loop {
        let before = sketch.clone();
        events(&mut sketch, trials);
        fields(&mut sketch, trials);
        force(&mut sketch, trials);
        values(&mut sketch, trials);
        times(&mut sketch, trials);
        if sketch == before {
            return sketch;
        }
    }
}

/// Takes a smaller sketch if it holds.
fn attempt(sketch: &mut Sketch, smaller: Sketch, trials: &mut Trials<'_>) -> bool {
    let holds = trials.holds(&smaller);
    if holds {
        *sketch = smaller;
    }
    holds
}

/// One event after the other from the last on; of many, halves, quarters and so on before.
fn events(sketch: &mut Sketch, trials: &mut Trials<'_>) {
    let count = sketch.events.len();
    let mut run = if count > FEW { count / 2 } else { 1 };
    while run > 0 {
        let mut end = sketch.events.len();
        while end >= run && sketch.events.len() > run {
            end -= run;
            let mut smaller = sketch.clone();
            smaller
                .events
                .drain(end..(end + run).min(smaller.events.len()));
            let start = smaller.events.first().map_or(0, |first| first.at);
            for event in &mut smaller.events {
                event.at -= start;
            }
            attempt(sketch, smaller, trials);
        }
        run /= 2;
    }
}

fn fields(sketch: &mut Sketch, trials: &mut Trials<'_>) {
    let mut paths: Vec<(bool, usize, String)> = Vec::new();
    for (event, of) in sketch.events.iter().enumerate() {
        for (path, _) in &of.fields {
            let first = FIRST.iter().any(|prefix| path.starts_with(prefix));
            paths.push((!first, event, path.clone()));
        }
    }
    paths.sort();
    // A key that joins events goes from all of them or from none.
    let mut keys: Vec<String> = paths.iter().map(|(.., path)| path.clone()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let mut smaller = sketch.clone();
        for event in &mut smaller.events {
            event.fields.retain(|(path, _)| *path != key);
        }
        attempt(sketch, smaller, trials);
    }
    for (_, event, path) in paths {
        let mut smaller = sketch.clone();
        let Some(of) = smaller.events.get_mut(event) else {
            continue;
        };
        let before = of.fields.len();
        of.fields.retain(|(own, _)| *own != path);
        if of.fields.len() != before {
            attempt(sketch, smaller, trials);
        }
    }
}

/// Drops what need not be forced.
fn force(sketch: &mut Sketch, trials: &mut Trials<'_>) {
    for path in sketch.force.clone() {
        let mut smaller = sketch.clone();
        smaller.force.retain(|own| *own != path);
        attempt(sketch, smaller, trials);
    }
}

/// Items of lists, and words of long texts.
fn values(sketch: &mut Sketch, trials: &mut Trials<'_>) {
    for event in 0..sketch.events.len() {
        let count = sketch.events.get(event).map_or(0, |of| of.fields.len());
        for field in 0..count {
            items(sketch, (event, field), trials);
            words(sketch, (event, field), trials);
        }
    }
}

type Place = (usize, usize);

fn at(sketch: &Sketch, (event, field): Place) -> Option<&Vec<Scalar>> {
    let (_, values) = sketch.events.get(event)?.fields.get(field)?;
    Some(values)
}

fn with(sketch: &Sketch, (event, field): Place, values: Vec<Scalar>) -> Sketch {
    let mut changed = sketch.clone();
    let of = changed.events.get_mut(event);
    if let Some((_, own)) = of.and_then(|of| of.fields.get_mut(field)) {
        *own = values;
    }
    changed
}

/// The first item names the program in a list of arguments: it goes last.
fn items(sketch: &mut Sketch, place: Place, trials: &mut Trials<'_>) {
    let mut item = at(sketch, place).map_or(0, Vec::len);
    while item > 0 {
        item -= 1;
        let Some(values) = at(sketch, place).filter(|values| values.len() > 1) else {
            return;
        };
        let mut fewer = values.clone();
        if item < fewer.len() {
            fewer.remove(item);
            let smaller = with(sketch, place, fewer);
            attempt(sketch, smaller, trials);
        }
    }
}

/// Runs of words of a long text: halves, quarters, single words.
fn words(sketch: &mut Sketch, place: Place, trials: &mut Trials<'_>) {
    let Some([Scalar::Text(text)]) = at(sketch, place).map(Vec::as_slice) else {
        return;
    };
    if text.chars().count() <= LONG {
        return;
    }
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let mut run = words.len() / 2;
    while run > 0 {
        let mut start = 0;
        while start + run <= words.len() && words.len() > run {
            let mut fewer = words.clone();
            fewer.drain(start..start + run);
            let value = Scalar::text(fewer.join(" "));
            let smaller = with(sketch, place, vec![value]);
            if attempt(sketch, smaller, trials) {
                words = fewer;
            } else {
                start += run;
            }
        }
        run /= 2;
    }
}

/// Whole seconds or tenths, where that is enough; what comes later stays later.
fn times(sketch: &mut Sketch, trials: &mut Trials<'_>) {
    for event in 0..sketch.events.len() {
        let Some(at) = sketch.events.get(event).map(|of| of.at) else {
            return;
        };
        for rounder in [at / 1000 * 1000, at / 100 * 100] {
            if rounder == at {
                break;
            }
            if rounder == 0 {
                continue;
            }
            let mut smaller = sketch.clone();
            if let Some(of) = smaller.events.get_mut(event) {
                of.at = rounder;
            }
            if attempt(sketch, smaller, trials) {
                break;
            }
        }
    }
}
