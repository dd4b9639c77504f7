//! What suppression adds to an alert: the values that group it, when the first and the last of the
//! group happened, and how many went under it.

use super::case_run::Run;
use crate::evaluate::Match;
use crate::event::{Event, Scalar, Timestamp};
use crate::execution::suppress::{Group, group};
use crate::plan::Operator;
use crate::rule::{RuleKind, Suppression};

/// Adds `kibana.alert.suppression.*` to the alert of a match, as far as it is certain: nothing where
/// Kibana makes an alert of each value of an array; no count where several alerts of a run have one
/// group, nor for thresholds, whose arithmetic is not documented.
pub(in crate::replay) fn add(run: &Run<'_>, found: &Match, alert: &mut Event) {
    let rule = run.schedule.rule();
    let Some(suppression) = run.schedule.suppression else {
        return;
    };
    let own = match &rule.kind {
        RuleKind::Threshold(settings) => {
            let fields: Vec<&str> = settings
                .group_by
                .iter()
                .map(|own| own.name.as_str())
                .collect();
            let values = found.join.iter();
            let values = values.map(|value| value.iter().map(ToString::to_string).collect());
            terms(alert, fields.into_iter().zip(values));
            span(run, &[found], alert);
            return;
        }
        _ => group_of(run, suppression, found),
    };
    let is_alone = own.iter().any(Option::is_none) && !suppression.group_missing;
    let is_query = matches!(rule.kind, RuleKind::Query | RuleKind::SavedQuery { .. });
    let several = |values: &Option<Vec<String>>| values.as_ref().is_some_and(|own| own.len() > 1);
    if is_alone || (is_query && own.iter().any(several)) {
        return;
    }
    let fields = suppression.group_by.iter().map(String::as_str);
    let values = own.iter().map(|values| values.clone().unwrap_or_default());
    terms(alert, fields.zip(values));
    let alike = |matches: &[Match]| -> Vec<Match> {
        let matches = matches.iter();
        let same = matches.filter(|other| group_of(run, suppression, other) == own);
        same.cloned().collect()
    };
    if alike(&run.scheduled.matches).len() > 1 {
        return;
    }
    let under = alike(&run.scheduled.suppressed);
    let all: Vec<&Match> = std::iter::once(found).chain(&under).collect();
    span(run, &all, alert);
    let count = Scalar::Number(under.len().to_string().into());
    alert.set("kibana.alert.suppression.docs_count", vec![count]);
}

fn terms<'f>(alert: &mut Event, pairs: impl Iterator<Item = (&'f str, Vec<String>)>) {
    let (mut fields, mut values) = (Vec::new(), Vec::new());
    for (field, own) in pairs {
        fields.push(Scalar::text(field));
        values.extend(own.into_iter().map(Scalar::text));
    }
    alert.set("kibana.alert.suppression.terms.field", fields);
    alert.set("kibana.alert.suppression.terms.value", values);
}

/// The times of the first and of the last event.
fn span(run: &Run<'_>, matches: &[&Match], alert: &mut Event) {
    let ids = matches
        .iter()
        .flat_map(|found| found.stages.iter().flatten());
    let times: Vec<Timestamp> = ids.filter_map(|id| run.time_of(*id)).collect();
    for (name, time) in [("start", times.iter().min()), ("end", times.iter().max())] {
        if let Some(time) = time {
            let path = format!("kibana.alert.suppression.{name}");
            alert.set(&path, vec![Scalar::text(time.to_string())]);
        }
    }
}

fn group_of(run: &Run<'_>, suppression: &Suppression, found: &Match) -> Group {
    let ids = found.stages.iter().flatten();
    let events = ids.filter_map(|id| run.case_events.events.get(id.index()));
    let events: Vec<&Event> = events.collect();
    let sequence = !matches!(run.plan().operator, Operator::Select);
    group(suppression, &events, sequence)
}
