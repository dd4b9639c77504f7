//! Generated sequences and samples, and streams in which they often stand: few hosts, few moments.

use proptest::prelude::*;

use crate::sequence_oracle::{Doc, Field, Key, Sort, Spec, Stage};

/// Fields that may stand at one position of a key tuple.
fn fields_of(family: bool) -> &'static [Field] {
    if family {
        &[Field::K, Field::U]
    } else {
        &[Field::N, Field::D]
    }
}

fn key(families: &[bool]) -> impl Strategy<Value = Vec<Key>> + use<> {
    let one = |family: &bool| {
        (
            prop::sample::select(fields_of(*family)),
            prop::bool::weighted(0.4),
        )
            .prop_map(|(field, optional)| Key { field, optional })
    };
    families.iter().map(one).collect::<Vec<_>>()
}

fn stage(
    sort: Sort,
    families: &[bool],
    runs: BoxedStrategy<usize>,
) -> impl Strategy<Value = Stage> + use<> {
    let letters = if sort == Sort::Until {
        &["u", "uc", "ua", "bu", "mu"][..]
    } else {
        &["a", "b", "c", "ab", "bc", "abc", "abcm", "m"][..]
    };
    (
        prop::sample::select(&[None, None, None, None, None, Some("x"), Some("y")][..]),
        prop::sample::select(letters),
        prop::bool::weighted(0.1),
        key(families),
        runs,
    )
        .prop_map(move |(category, letters, negated, keys, runs)| Stage {
            sort,
            category,
            letters,
            negated,
            keys,
            runs,
        })
}

/// The families of the global keys and of a stage's own.
fn families() -> impl Strategy<Value = (Vec<bool>, Vec<bool>)> {
    let none: &[bool] = &[];
    let of = move |most: &'static [&'static [bool]]| prop::sample::select(most);
    (
        of(&[&[], &[], &[true], &[true], &[false], &[true, false]]),
        of(&[&[], &[], &[], &[true], &[false]]),
    )
        .prop_map(move |(global, own)| {
            let own = if global.len() > 1 { none } else { own };
            (global.to_vec(), own.to_vec())
        })
}

pub(crate) fn sequence() -> impl Strategy<Value = Spec> {
    families().prop_flat_map(|(global, own)| {
        let runs = || prop_oneof![6 => Just(1), 1 => Just(2), 1 => Just(3)].boxed();
        let positive = stage(Sort::Positive, &own, runs());
        let missing = stage(Sort::Missing, &own, (1..3_usize).boxed()).boxed();
        let until = stage(Sort::Until, &own, Just(1).boxed());
        let both_ends = prop::option::weighted(0.1, (missing.clone(), missing.clone()));
        let any = prop_oneof![3 => positive, 1 => missing];
        (
            key(&global),
            prop::sample::select(&[None, None, Some(500), Some(1001), Some(2500), Some(9000)][..]),
            prop::collection::vec(any, 1..4),
            stage(Sort::Positive, &own, runs()),
            prop::option::weighted(0.4, until),
            any_index(),
            both_ends,
        )
            .prop_map(
                |(keys, maxspan, mut stages, sure, until, place, both_ends)| {
                    // One positive clause there must be, and two in all.
                    stages.insert(place.index(stages.len() + 1), sure);
                    if let Some((before, after)) = both_ends {
                        stages.insert(0, before);
                        stages.push(after);
                    }
                    let missing = stages.iter().any(|stage| stage.sort == Sort::Missing);
                    stages.extend(until);
                    Spec {
                        sample: false,
                        keys,
                        maxspan: maxspan.or(missing.then_some(1500)),
                        stages,
                    }
                },
            )
    })
}

fn any_index() -> impl Strategy<Value = prop::sample::Index> {
    any::<prop::sample::Index>()
}

pub(crate) fn sample() -> impl Strategy<Value = Spec> {
    families().prop_flat_map(|(mut global, own)| {
        if global.is_empty() && own.is_empty() {
            global.push(true);
        }
        let stages = stage(Sort::Positive, &own, Just(1).boxed());
        (key(&global), prop::collection::vec(stages, 2..4)).prop_map(|(keys, stages)| Spec {
            sample: true,
            keys,
            maxspan: None,
            stages,
        })
    })
}

fn few<T: Clone + std::fmt::Debug + 'static>(of: &'static [T]) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![
        9 => prop::sample::select(of).prop_map(|one| vec![one]),
        1 => Just(Vec::new()),
        1 => prop::collection::vec(prop::sample::select(of), 2..4),
    ]
}

fn document() -> impl Strategy<Value = Doc> {
    (
        prop::option::weighted(0.97, (0..9_i64).prop_map(|step| step * 500)),
        prop::option::weighted(0.5, 0..3_i64),
        few(&["x", "y"]),
        prop::sample::select(
            &[
                "a", "a", "b", "b", "c", "c", "m", "u", "ab", "bc", "au", "mb", "",
            ][..],
        ),
        few(&[Some("h"), Some("h"), Some("h"), Some("h"), Some("H"), None]),
        few(&[Some("h"), Some("h"), Some("i"), None]),
        few(&[1, 1, 1, 2]),
        few(&[10, 10, 10, 15]),
    )
        .prop_map(
            |(millis, tiebreaker, categories, letters, k, u, n, d)| Doc {
                millis,
                tiebreaker,
                categories,
                letters,
                k,
                u,
                n,
                d,
            },
        )
}

pub(crate) fn documents() -> impl Strategy<Value = Vec<Doc>> {
    prop::collection::vec(document(), 4..20)
}
