//! Judges a run against its expectation. Verdicts are decided here and nowhere else.

use std::fmt::Write as _;

use super::esql;
use super::outcome::{Observed, Pin, PinKind, Verdict};
use super::production::{CREATES, Counts, ScheduledOutcome, produce};
use super::production_blockers::{created, stopped};
use super::reason_match;
use super::record;
use super::run::Run;
use crate::diagnostic::QueryText;
use crate::evaluate::{BlockerHint, Blockers, Cause, CauseKind, Match, Override};
use crate::event::EventId;
use crate::plan::{ClauseId, ClauseKind};

/// What a scenario wants of a check.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    /// Whether it is to alert.
    pub(super) alert: Alert,
    /// The reasons of which every one must be found, for a check that is not to alert.
    pub(super) because: Vec<String>,
    /// Fields of the alert and the values that they must have.
    pub(super) with: Vec<(String, String)>,
    /// The new terms of an alert, in the order of the rule's fields.
    pub(super) new_terms: Vec<String>,
    /// The indicators that each event matches, by label.
    pub(super) matched: Vec<(String, Vec<String>)>,
    /// A known false positive or known miss.
    pub(super) pin: Option<Pin>,
    /// The expectation names the data source, rather than holding for all.
    pub(super) named: bool,
}

/// Whether a check is to alert.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Alert {
    /// No alert.
    None,
    /// At least one alert.
    Any,
    /// An alert of exactly these events.
    Of(Vec<String>),
    /// So many alerts.
    Count(usize),
    /// An alert of so many events with these values.
    Group {
        /// Field and value.
        fields: Vec<(String, String)>,
        /// How many events.
        count: Option<u64>,
    },
}

impl Wanted {
    /// In a few words.
    pub(super) fn words(&self) -> String {
        let mut words = match &self.alert {
            Alert::None => "none".to_owned(),
            Alert::Any => "alert".to_owned(),
            Alert::Of(labels) => format!("alert {}", labels.join(", ")),
            Alert::Count(count) => format!("{count} alerts"),
            Alert::Group { fields, count } => format!("alert {}", group_words(fields, *count)),
        };
        if !self.because.is_empty() {
            words.push_str(", because ");
            words.push_str(&self.because.join(" and "));
        }
        if let Some(pin) = &self.pin {
            let _ = write!(words, " ({}: {})", pin.kind.word(), pin.reason);
        }
        words
    }
}

/// What the attack did on the source, for the cases that are judged against it.
pub(super) enum Attack<'a, 'c> {
    /// It alerts as expected.
    Alerts(&'a Run<'c>),
    /// It is a gap; with the clause that is waived for the cases, where one clause alone stands
    /// in the way.
    Gap(&'a Run<'c>, Option<Waiver>),
    /// It does not do what it should: nothing can be learnt from its cases.
    Broken(Option<&'a Run<'c>>),
}

/// The clause that makes a source blind.
#[derive(Debug, Clone)]
pub(super) struct Waiver {
    /// Its words.
    pub(super) text: String,
    clause: ClauseId,
    /// The label of the event on which it blocked the attack, and the bit that lets it pass;
    /// `None` for a structural clause, which is lifted.
    fact: Option<(String, bool)>,
}

impl Waiver {
    /// The waiver of a gap with this single blocker; `None` where no single clause can be waived.
    pub(super) fn of(run: &Run<'_>, blockers: &Blockers) -> Option<Self> {
        let cause = blockers.causes.first()?;
        let CauseKind::Clause(clause) = cause.kind else {
            return None;
        };
        let text = record::words(run, std::slice::from_ref(cause)).pop()?;
        let kind = run.plan().clause(clause)?.kind;
        let fact = if kind.is_condition() {
            let event = cause.event?;
            let bit = run.evaluation.fact(clause, event)?;
            Some((run.stage.label(event), !bit))
        } else if matches!(kind, ClauseKind::Order | ClauseKind::Category) {
            return None;
        } else {
            None
        };
        Some(Self { text, clause, fact })
    }

    fn overrides(&self, run: &Run<'_>) -> Vec<Override> {
        match &self.fact {
            None => vec![Override::Relax(self.clause)],
            Some((label, bit)) => {
                let event = run.stage.find(label);
                let fact = event.map(|event| Override::Fact {
                    clause: self.clause,
                    event: Some(event),
                    bit: *bit,
                });
                fact.into_iter().collect()
            }
        }
    }
}

/// A verdict and what goes with it.
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) message: Option<String>,
    pub(super) observed: Observed,
    pub(super) waived: Option<String>,
    /// What production makes of it, key and value.
    pub(super) production: Vec<(String, String)>,
    /// Some phases of the schedule have no alert.
    pub(super) blind: Option<String>,
    /// What was overridden to judge it.
    pub(super) overrides: Vec<Override>,
    /// The clauses that stood in the way, for the places in a report.
    pub(super) blockers: Blockers,
}

/// Everything that a case is judged by.
pub(super) struct Case<'a, 'c> {
    pub(super) query: &'a QueryText,
    pub(super) run: &'a Run<'c>,
    pub(super) wanted: &'a Wanted,
    /// `None` when the case is the attack itself or a recording, which is judged for itself.
    pub(super) attack: Option<&'a Attack<'a, 'c>>,
    /// The case forces a pinned field.
    pub(super) forced: bool,
    /// Why the change has no effect on this source.
    pub(super) no_effect: Option<String>,
    /// A recording: its reasons are nearest misses, and it is never vacuous.
    pub(super) recorded: bool,
}

/// Judges a case.
pub(super) fn judge(case: &Case<'_, '_>) -> Judgement {
    let plain = decide(case, &[]);
    if let Some(reason) = &case.no_effect {
        return plain.with(Verdict::Invalid, reason.clone());
    }
    let waiver = match case.attack {
        Some(Attack::Gap(_, waiver)) if !case.wanted.named && !case.forced => waiver,
        _ => return plain,
    };
    let matches = &case.run.produced.matches;
    if !matches.is_empty() && case.wanted.pin.is_none() {
        return plain.with(
            Verdict::Failed,
            "alerts on a source on which the attack is pinned as a gap".to_owned(),
        );
    }
    let Some(waiver) = waiver else {
        return plain.with(
            Verdict::Blind,
            "the attack is a gap here and no single clause can be waived".to_owned(),
        );
    };
    let mut waived = decide(case, &waiver.overrides(case.run));
    waived.waived = Some(waiver.text.clone());
    if waived.verdict == Verdict::Passed {
        waived.verdict = Verdict::Pinned;
    }
    waived
}

impl Judgement {
    fn with(mut self, verdict: Verdict, message: String) -> Self {
        self.verdict = verdict;
        self.message = Some(message);
        self
    }
}

/// The verdict of one run, as it is or with a clause waived.
fn decide(case: &Case<'_, '_>, waived: &[Override]) -> Judgement {
    let run = case.run;
    let produced = if waived.is_empty() {
        run.produced.clone()
    } else {
        produce(run, &run.setting, waived)
    };
    let matches = &produced.matches;
    let labels = run.labels_of(matches);
    let outside = if matches.is_empty() {
        stopped(run, waived)
    } else {
        None
    };
    let mut words: Option<Vec<String>> = None;
    let (observed, blockers, proven) = if let Some(outside) = outside {
        let proven = !outside.record.overdetermined;
        let mut none = outside.record;
        none.vacuous = case.wanted.alert == Alert::None && !proven;
        words = Some(outside.words);
        (Observed::None(none), Blockers::default(), proven)
    } else if matches.is_empty() {
        let blockers = run.evaluation.blockers(&BlockerHint {
            assignment: assignment(case),
            waived: waived
                .iter()
                .cloned()
                .chain(run.stage.without_context())
                .collect(),
        });
        let mut none = record::none(run, case.query, &blockers);
        let proven = is_proven(case, &blockers);
        none.vacuous = case.wanted.alert == Alert::None && !proven;
        (Observed::None(none), blockers, proven)
    } else {
        let alerts = record::alerts(run, matches, &case.wanted.with);
        (Observed::Alert(alerts), Blockers::default(), true)
    };
    let failure = match case.wanted.alert {
        Alert::None => {
            let words = words.unwrap_or_else(|| record::words(run, &blockers.causes));
            wanted_none(case, matches, &labels, &blockers, &words)
        }
        _ => wanted_alert(case, &produced, &labels),
    };
    let (verdict, message) = match failure {
        Some(failure) => failure,
        None => settled(case, proven),
    };
    let observed = match (&run.uncertain, verdict) {
        (Some(why), Verdict::Uncertain) => Observed::Uncertain(why.clone()),
        _ => observed,
    };
    let mut production = produced.facts();
    if !produced.matches.is_empty() {
        if run.setting.stated {
            let lines = record::kibana(run, &produced.matches).into_iter();
            production.extend(lines.map(|line| ("kibana".to_owned(), line)));
        }
        let created = created(run, waived).map(|names| (CREATES.to_owned(), names));
        production.extend(created);
    }
    Judgement {
        verdict,
        message,
        observed,
        waived: None,
        production,
        blind: produced.blind(),
        overrides: waived.to_vec(),
        blockers,
    }
}

/// The verdict of an expectation that holds.
fn settled(case: &Case<'_, '_>, proven: bool) -> (Verdict, Option<String>) {
    if let Some(why) = &case.run.uncertain {
        return (Verdict::Uncertain, Some(why.clone()));
    }
    if !proven {
        let words = "no alert, but the attack does not prove why: the clauses that stop it stop \
                     the attack as well, or several stop it at once";
        return (Verdict::Vacuous, Some(words.to_owned()));
    }
    match &case.wanted.pin {
        Some(pin) => (Verdict::Pinned, Some(pin.reason.clone())),
        None => (Verdict::Passed, None),
    }
}

fn wanted_alert(
    case: &Case<'_, '_>,
    produced: &ScheduledOutcome,
    labels: &[Vec<String>],
) -> Option<(Verdict, Option<String>)> {
    let failed = |message: String| Some((Verdict::Failed, Some(message)));
    let (matches, counts) = (&produced.matches, produced.counts());
    if matches.is_empty() {
        return match &case.wanted.pin {
            Some(pin) if pin.kind == PinKind::Noise => failed(format!(
                "the known false positive no longer occurs: take the `noise` out ({})",
                pin.reason
            )),
            _ => failed("expected an alert, found none".to_owned()),
        };
    }
    match &case.wanted.alert {
        Alert::Of(wanted) if !labels.iter().any(|found| found == wanted) => failed(format!(
            "expected an alert of {}, found {}",
            wanted.join(", "),
            all_labels(labels)
        )),
        Alert::Count(count) if counts.least != *count || counts.most != *count => {
            let found = if counts.least == counts.most {
                counts.least.to_string()
            } else {
                format!(
                    "{} to {} by phase of the schedule",
                    counts.least, counts.most
                )
            };
            failed(format!("expected {count} alerts, found {found}"))
        }
        Alert::Group { fields, count }
            if !matches
                .iter()
                .any(|found| is_of_group(case.run, found, fields, *count)) =>
        {
            let found: Vec<String> = matches
                .iter()
                .map(|found| {
                    let has = |(field, _): &(String, String)| {
                        let value = record::with_value(case.run, found, field);
                        (field.clone(), value)
                    };
                    let events = found.stages.iter().flatten().count() as u64;
                    let fields: Vec<(String, String)> = fields.iter().map(has).collect();
                    group_words(&fields, count.map(|_| events))
                })
                .collect();
            let wanted = group_words(fields, *count);
            failed(format!(
                "expected an alert of {wanted}, found {}",
                found.join("; ")
            ))
        }
        _ if !case.wanted.new_terms.is_empty()
            && !matches
                .iter()
                .any(|found| terms_of(found) == case.wanted.new_terms) =>
        {
            let found: Vec<String> = matches.iter().map(|it| terms_of(it).join(", ")).collect();
            let wanted = case.wanted.new_terms.join(", ");
            failed(format!(
                "expected the new terms {wanted}, found {}",
                found.join("; ")
            ))
        }
        _ if case.run.setting.every_phase && produced.blind().is_some() => {
            let blind = produced.blind().unwrap_or_default();
            failed(format!("expected an alert in every phase, {blind}"))
        }
        _ if unmet_count(&case.wanted.because, &counts).is_some() => {
            let because = unmet_count(&case.wanted.because, &counts).unwrap_or_default();
            failed(format!(
                "expected {because} to stop other alerts, but it stopped none"
            ))
        }
        _ => case.wanted.with.iter().find_map(|(field, value)| {
            let mut found = matches
                .iter()
                .map(|found| record::with_value(case.run, found, field));
            (!found.clone().any(|found| found == *value)).then(|| {
                let found = found.next().unwrap_or_default();
                let message = format!("expected {field} = {value} in the alert, found {found}");
                (Verdict::Failed, Some(message))
            })
        }),
    }
}

/// The values of the key of a match.
fn terms_of(found: &Match) -> Vec<String> {
    let terms = found.join.iter().flatten();
    terms.map(ToString::to_string).collect()
}

/// Whether an alert is of so many events with these values.
fn is_of_group(
    run: &Run<'_>,
    found: &Match,
    fields: &[(String, String)],
    count: Option<u64>,
) -> bool {
    let events = found.stages.iter().flatten().count() as u64;
    let has = |(field, value): &(String, String)| record::with_value(run, found, field) == *value;
    count.is_none_or(|count| count == events) && fields.iter().all(has)
}

/// `host.id = h1, 20 events`.
fn group_words(fields: &[(String, String)], count: Option<u64>) -> String {
    let fields = fields
        .iter()
        .map(|(field, value)| format!("{field} = {value}"));
    let count = count.map(|count| format!("{count} events"));
    fields.chain(count).collect::<Vec<_>>().join(", ")
}

/// The reason of a counted alert that kept no other alert from being made.
fn unmet_count<'w>(because: &'w [String], counts: &Counts) -> Option<&'w str> {
    let mut because = because.iter().map(String::as_str);
    because.find(|because| match *because {
        "max_signals" => counts.cut == 0,
        _ => counts.suppressed == 0,
    })
}

fn all_labels(labels: &[Vec<String>]) -> String {
    let alerts: Vec<String> = labels.iter().map(|labels| labels.join(", ")).collect();
    alerts.join("; ")
}

fn wanted_none(
    case: &Case<'_, '_>,
    matches: &[Match],
    labels: &[Vec<String>],
    blockers: &Blockers,
    words: &[String],
) -> Option<(Verdict, Option<String>)> {
    let failed = |message: String| Some((Verdict::Failed, Some(message)));
    if !matches.is_empty() {
        return match &case.wanted.pin {
            Some(pin) if pin.kind == PinKind::Gap => failed(format!(
                "the known miss no longer occurs: take the `gap` out ({})",
                pin.reason
            )),
            _ => failed(format!("expected no alert, found {}", all_labels(labels))),
        };
    }
    if let Some(Attack::Broken(_)) = case.attack {
        let words = "the attack does not alert here, so that no alert proves nothing";
        return Some((Verdict::Invalid, Some(words.to_owned())));
    }
    let unmet = case.wanted.because.iter().find(|because| {
        !reason_match::holds(because, case.run.plan(), blockers, words)
            && !esql::names(case.run, because, words)
    })?;
    let stopped = match words {
        [] => "no single clause stops it".to_owned(),
        words => format!("{} did", words.join(", ")),
    };
    failed(match reason_match::known(unmet, case.run.plan()) {
        Err(_) if esql::has(case.run, unmet) => {
            format!("expected {unmet} to stop it, but {stopped}")
        }
        Ok(()) => format!("expected {unmet} to stop it, but {stopped}"),
        Err(near) => {
            let near = near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
            format!("no clause of the rule is `{unmet}`{near}; {stopped}")
        }
    })
}

/// Where the author's labels put the events: as in the attack's own match.
pub(super) fn assignment(case: &Case<'_, '_>) -> Vec<Option<EventId>> {
    let attack = match case.attack {
        Some(Attack::Alerts(run) | Attack::Gap(run, _) | Attack::Broken(Some(run))) => *run,
        _ => case.run,
    };
    let of_case = |found: &&Match| {
        let mut events = found.stages.iter().flatten();
        !events.all(|event| attack.stage.is_context(*event))
    };
    let by_match = attack
        .evaluation
        .matches()
        .iter()
        .find(of_case)
        .map(|found| {
            found
                .stages
                .iter()
                .flatten()
                .map(|event| case.run.stage.find(&attack.stage.label(*event)))
                .collect()
        });
    by_match.unwrap_or_default()
}

/// Whether some cause's outcome differs from the attack's on the same label; always so for a
/// structural clause that held in the attack.
fn is_proven(case: &Case<'_, '_>, blockers: &Blockers) -> bool {
    let (run, waiver) = match case.attack {
        Some(Attack::Alerts(run)) => (*run, None),
        Some(Attack::Gap(run, waiver)) => (*run, waiver.as_ref()),
        Some(Attack::Broken(_)) | None => return true,
    };
    if case.recorded {
        return true;
    }
    blockers
        .causes
        .iter()
        .any(|cause| differs(case.run, run, waiver, cause))
}

fn differs(case: &Run<'_>, attack: &Run<'_>, waiver: Option<&Waiver>, cause: &Cause) -> bool {
    let CauseKind::Clause(clause) = cause.kind else {
        return true;
    };
    let Some(event) = cause.event else {
        return waiver.is_none_or(|waiver| waiver.clause != clause);
    };
    let is_condition = case
        .plan()
        .clause(clause)
        .is_some_and(|clause| clause.kind.is_condition());
    if !is_condition {
        return true;
    }
    let Some(same) = attack.stage.find(&case.stage.label(event)) else {
        return true;
    };
    case.evaluation.fact(clause, event) != attack.evaluation.fact(clause, same)
}
