//! Stage hits that are split by owner give each owner the alerts that the unsplit give it.

use std::collections::BTreeSet;
use std::io::Cursor;

use proptest::prelude::*;
use trapline::compile::CompiledRule;
use trapline::event::Timestamp;
use trapline::event::io::Stop;
use trapline::scan::shards::{Division, Slice};
use trapline::scan::stage_hits::{HitsError, HitsFile, OwnedHits, Owner, RulesHash};
use trapline::scan::{self, Alert, Inputs as _, Options};

use crate::scan::{Kept, Memory, START, file, rule, rules};

/// The inputs of each part: all files by name, of which it has every `parts`-th.
fn parts(files: &[String], parts: usize) -> Vec<Memory> {
    let part = |own: usize| {
        let texts = files.iter().enumerate().map(|(number, text)| {
            let is_own = number % parts == own;
            if is_own { text.clone() } else { String::new() }
        });
        Memory(texts.collect())
    };
    (0..parts).map(part).collect()
}

/// The files of stage hits of one part, one for each of so many owners.
fn written(rules: &[CompiledRule], part: &Memory, owners: usize) -> Vec<Vec<u8>> {
    let mut outs = vec![Vec::new(); owners];
    let (options, never) = (Options::default(), Stop::new());
    let mut kept = Kept::default();
    let to = (part as &dyn scan::Inputs, outs.as_mut_slice());
    scan::write_hits(rules, |_| true, to, &options, &mut kept, &never).unwrap();
    assert!(kept.0.is_empty());
    outs
}

/// The alerts of an owner, from a file of each part.
fn correlated(
    rules: &[CompiledRule],
    files: &[&[u8]],
    owner: Owner,
) -> Result<Vec<Alert>, HitsError> {
    let hash = RulesHash::of(rules);
    let open = |bytes: &&[u8]| HitsFile::open(Box::new(Cursor::new(bytes.to_vec())), &hash, owner);
    let files: Vec<HitsFile> = files.iter().map(open).collect::<Result<_, _>>()?;
    let mut names: Vec<String> = files
        .iter()
        .flat_map(|file| file.files().to_vec())
        .collect();
    names.sort_unstable();
    names.dedup();
    let hits = OwnedHits {
        files,
        names: &names,
        owner,
    };
    let mut kept = Kept::default();
    let (inputs, options) = (Memory(Vec::new()), Options::default());
    scan::correlate_hits(rules, hits, &inputs, &options, &mut kept, &Stop::new())?;
    Ok(kept.0)
}

/// The alerts and the stage hits of a slice, read at once: of rules whose matches span more than
/// `window` milliseconds the hits, of the others the alerts.
fn divided(
    rules: &[CompiledRule],
    files: &Memory,
    (slice, window): (Slice, i64),
    owners: usize,
) -> (Vec<Alert>, Vec<Vec<u8>>) {
    let mut outs = vec![Vec::new(); owners];
    let options = Options {
        slice: Some(slice),
        ..Options::default()
    };
    let (mut kept, never) = (Kept::default(), Stop::new());
    let is_written = |rule: &CompiledRule| !is_of_slice(rule, window);
    let to = (files as &dyn scan::Inputs, outs.as_mut_slice());
    scan::write_hits(rules, is_written, to, &options, &mut kept, &never).unwrap();
    (kept.0, outs)
}

fn is_of_slice(rule: &CompiledRule, window: i64) -> bool {
    matches!(Division::of(rule, window), Division::Slice(_))
}

/// The slices between these cuts, in milliseconds; the first and the last have one end.
fn slices(cuts: &BTreeSet<i64>) -> Vec<Slice> {
    let cuts = cuts.iter().map(|cut| Some(Timestamp::from_millis(*cut)));
    let edges: Vec<Option<Timestamp>> = [None].into_iter().chain(cuts).chain([None]).collect();
    let pairs = edges.windows(2).map(|pair| Slice {
        from: pair[0],
        to: pair[1],
    });
    pairs.collect()
}

/// Alerts in an order of their own, each the name of its rule, its key and its events.
fn sorted(alerts: impl IntoIterator<Item = Alert>, names: &[usize]) -> Vec<String> {
    let told = alerts.into_iter().map(|alert| {
        let events: Vec<_> = alert.events.iter().flatten().collect();
        let events = events.iter().map(|event| (event.file, event.line));
        let events: Vec<(u32, u64)> = events.collect();
        format!("{} {:?} {events:?}", names[alert.rule as usize], alert.join)
    });
    let mut told: Vec<String> = told.collect();
    told.sort_unstable();
    told
}

/// What stands between the header and the end mark.
fn records(file: &[u8]) -> &[u8] {
    let header = file.iter().position(|byte| *byte == b'\n').unwrap();
    &file[header + 1..file.len() - END]
}

/// The length of the end mark.
const END: usize = 29 + 8;

#[test]
fn a_file_that_is_cut_anywhere_or_goes_on_is_refused() {
    let rules = [rule(
        "sequence by k [any where a == \"x\"] [any where a == \"y\"]",
        &[],
    )];
    let whole = written(&rules, &events(), 1).remove(0);
    let owner = Owner { index: 0, count: 1 };
    assert!(!correlated(&rules, &[&whole], owner).unwrap().is_empty());
    for length in 0..whole.len() {
        assert!(
            correlated(&rules, &[&whole[..length]], owner).is_err(),
            "{length}"
        );
    }
    assert!(correlated(&rules, &[&[whole.as_slice(), b"x"].concat()], owner).is_err());
    // A record is missing in the middle.
    let start = whole.len() - records(&whole).len() - END;
    let length = u64::from_le_bytes(whole[start + 29..start + END].try_into().unwrap());
    let end = start + END + usize::try_from(length).unwrap();
    let lacking = [&whole[..start], &whole[end..]].concat();
    assert!(matches!(
        correlated(&rules, &[&lacking], owner),
        Err(HitsError::Damaged)
    ));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn split_by_owner_they_give_the_alerts_of_the_unsplit(
        files in prop::collection::vec(file(), 1..5),
        count in 1..4_usize,
        owners in 1..6_usize,
    ) {
        let rules = rules();
        let parts = parts(&files, count);
        let whole: Vec<Vec<u8>> = parts.iter().flat_map(|part| written(&rules, part, 1)).collect();
        let whole: Vec<&[u8]> = whole.iter().map(Vec::as_slice).collect();
        let split: Vec<Vec<Vec<u8>>> = parts.iter().map(|part| written(&rules, part, owners)).collect();
        let mut found = 0;
        for index in 0..owners {
            let owner = Owner { index: index as u64, count: owners as u64 };
            let own: Vec<&[u8]> = split.iter().map(|part| part[index].as_slice()).collect();
            let expected = correlated(&rules, &whole, owner).unwrap();
            prop_assert_eq!(&correlated(&rules, &own, owner).unwrap(), &expected);
            found += expected.len();
        }
        let all = correlated(&rules, &whole, Owner { index: 0, count: 1 }).unwrap();
        prop_assert_eq!(found, all.len());
    }

    #[test]
    fn slices_that_give_alerts_and_stage_hits_come_to_one_scan(
        files in prop::collection::vec(file(), 1..3),
        cuts in prop::collection::btree_set(START..START + 40_000, 0..5),
        window in prop::sample::select(&[0, 2_000, 3_000][..]),
        owners in 1..4_usize,
    ) {
        let rules = rules();
        let every: Vec<usize> = (0..rules.len()).collect();
        let (of_keys, mut found) = (written_rules(window), Vec::new());
        let mut hits = vec![Vec::new(); owners];
        for slice in slices(&cuts) {
            let (alerts, outs) = divided(&rules, &Memory(files.clone()), (slice, window), owners);
            found.extend(sorted(alerts, &every));
            for (all, own) in hits.iter_mut().zip(outs) {
                all.push(own);
            }
        }
        let (places, own): (Vec<usize>, Vec<CompiledRule>) = of_keys.into_iter().unzip();
        for (index, parts) in (0..).zip(&hits) {
            let owner = Owner { index, count: owners as u64 };
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            found.extend(sorted(correlated(&own, &parts, owner).unwrap(), &places));
        }
        found.sort_unstable();
        let (options, mut whole) = (Options::default(), Kept::default());
        scan::run(&rules, &Memory(files), &options, &mut whole, &Stop::new());
        prop_assert_eq!(found, sorted(whole.0, &every));
    }
}

/// The rules that a window leaves to join keys, each with its place among all.
fn written_rules(window: i64) -> Vec<(usize, CompiledRule)> {
    let rules = rules().into_iter().enumerate();
    rules
        .filter(|(_, rule)| !is_of_slice(rule, window))
        .collect()
}

/// Events of three keys, some of which meet stages of two rules.
fn events() -> Memory {
    let line = |number: usize| {
        let (time, a, k) = (
            1_700_000_000_000_u64 + number as u64,
            ["x", "y", "z"][number % 3],
            number / 3 % 7,
        );
        format!("{{\"@timestamp\":{time},\"a\":\"{a}\",\"k\":\"{k}\"}}\n")
    };
    Memory(vec![(0..210).map(line).collect()])
}

#[test]
fn a_rule_that_is_not_divided_goes_to_one_owner_and_each_hit_of_a_key_to_one() {
    let x = "[any where a == \"x\"]";
    let whole = [rule("any where a == \"z\" | tail 2", &[])];
    let files = written(&whole, &events(), 4);
    assert_eq!(
        files
            .iter()
            .filter(|file| !records(file).is_empty())
            .count(),
        1
    );

    let by_key = [rule(
        &format!("sequence by k {x} [any where a == \"y\"]"),
        &[],
    )];
    let files = written(&by_key, &events(), 4);
    let sizes: Vec<usize> = files.iter().map(|file| records(file).len()).collect();
    assert!(
        sizes.iter().filter(|size| **size > 0).count() > 1,
        "{sizes:?}"
    );
    let unsplit = written(&by_key, &events(), 1);
    assert_eq!(sizes.iter().sum::<usize>(), records(&unsplit[0]).len());

    // The event is there for each owner, with that owner's hits only.
    let both = [whole, by_key].map(|[rule]| rule);
    let files = written(&both, &events(), 4);
    let alerts = (0..4).map(|index| {
        let owner = Owner { index, count: 4 };
        let own = usize::try_from(index).unwrap();
        correlated(&both, &[&files[own]], owner).unwrap().len()
    });
    // Two of the tail, and one of each neighbouring x and y.
    assert_eq!(alerts.sum::<usize>(), 2 + 70);
}

#[test]
fn the_hits_of_another_owner_are_refused() {
    let rules = rules();
    let inputs = events();
    assert_eq!(inputs.count(), 1);
    let files = written(&rules, &inputs, 2);
    let read = |index, count| correlated(&rules, &[&files[1]], Owner { index, count });
    assert!(read(1, 2).is_ok());
    for (index, count) in [(0, 2), (0, 1), (1, 3)] {
        let refused = read(index, count);
        assert!(matches!(
            refused,
            Err(HitsError::OtherOwner { index: 1, count: 2 })
        ));
    }
}
