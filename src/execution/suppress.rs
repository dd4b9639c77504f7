//! Alert suppression: one alert for a group of alike ones (`eql-semantics` §10.10).

use std::collections::BTreeMap;

use super::window::{Found, Outcome};
use crate::rule::Suppression;

/// The values of the fields that a match is grouped by; `None` for a field that it lacks.
pub type Group = Vec<Option<String>>;

/// What becomes of the hits of executions, in their order: each match is alerted once, those of
/// one group under the first of them, and what `max_signals` cut off is lost unless another
/// execution finds it.
pub fn settle(
    ran: &[(i64, &Found)],
    suppression: Option<&Suppression>,
    group: &dyn Fn(usize) -> Group,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut open: BTreeMap<Group, i64> = BTreeMap::new();
    for (start, found) in ran {
        let Some(suppression) = suppression else {
            for hit in &found.hits {
                add(&mut outcome.alerts, *hit);
            }
            continue;
        };
        if suppression.duration.is_none() {
            open.clear();
        }
        for hit in &found.hits {
            if outcome.alerts.contains(hit) || outcome.suppressed.contains(hit) {
                continue;
            }
            let group = group(*hit);
            if group.iter().any(Option::is_none) && !suppression.group_missing {
                outcome.alerts.push(*hit);
                continue;
            }
            let lasts = |since: &i64| {
                suppression
                    .duration
                    .is_none_or(|lasts| start - since <= lasts)
            };
            if open.get(&group).is_some_and(lasts) {
                outcome.suppressed.push(*hit);
            } else {
                open.insert(group, *start);
                outcome.alerts.push(*hit);
            }
        }
    }
    for (_, found) in ran {
        for hit in &found.cut {
            if !outcome.alerts.contains(hit) && !outcome.suppressed.contains(hit) {
                add(&mut outcome.cut, *hit);
            }
        }
    }
    outcome
}

fn add(list: &mut Vec<usize>, hit: usize) {
    if !list.contains(&hit) {
        list.push(hit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(hits: &[usize], cut: &[usize]) -> Found {
        Found {
            from: 0,
            until: 1,
            shift: 0,
            hits: hits.to_vec(),
            cut: cut.to_vec(),
        }
    }

    #[test]
    fn a_match_that_two_executions_find_is_one_alert() {
        let (first, second) = (found(&[0, 1], &[]), found(&[1, 2], &[0, 3]));
        let outcome = settle(&[(0, &first), (5, &second)], None, &|_| Vec::new());
        assert_eq!(outcome.alerts, [0, 1, 2]);
        assert_eq!(outcome.cut, [3]);
    }

    #[test]
    fn alike_matches_are_one_alert_for_as_long_as_it_lasts() {
        let mut suppression = Suppression {
            group_by: vec!["host.id".to_owned()],
            duration: None,
            group_missing: true,
        };
        let (first, second) = (found(&[0, 1, 2], &[]), found(&[3], &[]));
        let group = |hit: usize| vec![(hit != 2).then(|| "a".to_owned())];
        let ran = [(0, &first), (500, &second)];
        let each = settle(&ran, Some(&suppression), &group);
        assert_eq!((each.alerts, each.suppressed), (vec![0, 2, 3], vec![1]));
        suppression.duration = Some(600);
        let longer = settle(&ran, Some(&suppression), &group);
        assert_eq!((longer.alerts, longer.suppressed), (vec![0, 2], vec![1, 3]));
    }

    #[test]
    fn what_lacks_a_field_is_grouped_or_alerted_one_by_one() {
        let mut suppression = Suppression {
            group_by: vec!["host.id".to_owned()],
            duration: None,
            group_missing: true,
        };
        let both = found(&[0, 1], &[]);
        let ran = [(0, &both)];
        assert_eq!(
            settle(&ran, Some(&suppression), &|_| vec![None]).alerts,
            [0]
        );
        suppression.group_missing = false;
        assert_eq!(
            settle(&ran, Some(&suppression), &|_| vec![None]).alerts,
            [0, 1]
        );
    }
}
