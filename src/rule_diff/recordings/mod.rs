//! Compares two versions of the rules on recordings: which alerts only one of them gives, and which
//! clause of the other one stopped them. Called by `trapline diff --captures`.
//!
//! Both versions run in one scan, in bounded memory. The events of the alerts to be explained are
//! then read once more, and after them the events of the same keys.

mod pairing;
mod why;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::pairing::{Pairing, UnpairedAlerts};
use self::why::CauseAnalysis;
use super::{Decider, RuleChange};
use crate::compile::{CompileError, CompiledRule, ExceptionLists, RuleCompiler};
use crate::data_source::Catalogue;
use crate::diagnostic::document::BrokenFile;
use crate::diagnostic::failure::{EngineRefusal, FailureKind};
use crate::event::io::Stop;
use crate::event::{Event, Timestamp};
use crate::replay::Subject;
use crate::scan::{self, Alert, EventRecord, Inputs, Options, Stats, Watcher};
use crate::snapshot::Class;

/// How many alerts of a rule and class are explained.
const EXPLAINED: usize = 3;
/// How many alerts are explained in all.
const MOST_EXPLAINED: usize = 150;

/// A rule of both sides.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'s> {
    /// How it differs.
    pub change: &'s RuleChange,
    /// The older one.
    pub old: Option<&'s Subject>,
    /// The newer one.
    pub new: Option<&'s Subject>,
}

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The rules of both sides.
    pub pairs: &'a [Pair<'a>],
    /// The exception lists of the older and of the newer side.
    pub lists: [&'a ExceptionLists; 2],
    /// The data sources of the older and of the newer side.
    pub catalogues: [&'a Catalogue; 2],
}

/// Why a rule is not compared.
#[derive(Debug)]
pub enum NotCompared {
    /// It cannot be compiled.
    Compile(CompileError),
    /// The engine cannot run it.
    Engine(EngineRefusal),
    /// It fails on an event.
    Fails(FailureKind),
}

/// The differences between two versions of the rules on recordings.
#[derive(Debug, Default)]
pub struct Recordings {
    /// How many files there are.
    pub files: usize,
    /// The figures of the scan.
    pub stats: Stats,
    /// Files that could not be read to their end, and why; `None` stands for all of them, where
    /// they could not be sorted.
    pub broken: Vec<(Option<String>, BrokenFile)>,
    /// How many alerts the older and the newer version give.
    pub alerts: (u64, u64),
    /// Alerts that only one version gives, by rule and class; worst first.
    pub differences: Vec<AlertDifference>,
    /// Rules that could not be compared, by file.
    pub not_run: Vec<(String, NotCompared)>,
    /// The exception lists that were applied.
    pub lists_applied: BTreeSet<String>,
    /// The exception lists that rules refer to and that were not there.
    pub lists_missing: BTreeSet<String>,
    /// Some alerts may be counted as lost and as new although both versions give them.
    pub is_approximate: bool,
}

/// Alerts of one rule that only one version gives.
#[derive(Debug)]
pub struct AlertDifference {
    /// Lost or new.
    pub class: Class,
    /// `rule_id`.
    pub rule_id: String,
    /// The rule's name.
    pub rule_name: String,
    /// The rule file.
    pub file: String,
    /// How many alerts.
    pub count: u64,
    /// The first of them.
    pub alerts: Vec<RecordedAlert>,
}

/// One such alert.
#[derive(Debug, Default)]
pub struct RecordedAlert {
    /// `FILE:LINE` and time of its events; `None` is a missing event.
    pub events: Vec<Option<(String, Option<String>)>>,
    /// Its join keys.
    pub join: Vec<Option<String>>,
    /// Why the other version does not give it; `None` where that was not asked.
    pub explanation: Option<CauseExplanation>,
}

/// Why a version of a rule does not alert on these events.
#[derive(Debug, Default)]
pub struct CauseExplanation {
    /// The clauses that stopped it.
    pub decided: Vec<Decider>,
    /// It alerts on other events of the same key: those of its alert.
    pub instead: Vec<String>,
}

impl Recordings {
    /// How many alerts are of this class.
    pub fn count(&self, class: Class) -> u64 {
        let all = self.differences.iter();
        all.filter(|one| one.class == class)
            .map(|one| one.count)
            .sum()
    }
}

/// One version of a rule.
#[derive(Debug)]
struct Version<'s> {
    subject: &'s Subject,
    before: bool,
}

/// The rules of a scan, and whose they are.
#[derive(Default)]
struct Versions<'s> {
    rules: Vec<CompiledRule>,
    /// By place among the rules: the version, and its pair.
    of: Vec<(Version<'s>, usize)>,
    /// By pair: the places of the older and of the newer one.
    places: Vec<[Option<usize>; 2]>,
}

/// Runs both versions of the rules over the recordings; `progress` receives how far that is.
pub fn compare(
    compared: &Rules<'_>,
    inputs: &dyn Inputs,
    options: &Options,
    stop: &Stop,
    progress: &mut (dyn FnMut(&Stats) + Send),
) -> Recordings {
    let mut found = Recordings {
        files: inputs.count(),
        ..Recordings::default()
    };
    let pairs = compared.pairs;
    let versions = Versions::compile(compared, &mut found);
    let mut watcher = PairedScan {
        versions: &versions,
        pairing: Pairing::new(pairs.len()),
        alerts: (0, 0),
        progress,
    };
    let (stats, refused) = scan::run(&versions.rules, inputs, options, &mut watcher, stop);
    found.alerts = watcher.alerts;
    found.is_approximate = watcher.pairing.is_approximate;
    let unpaired = watcher.pairing.end();
    for refused in refused {
        if let Some((version, _)) = versions.of.get(refused.rule as usize) {
            let file = version.subject.file.clone();
            found
                .not_run
                .push((file, NotCompared::Engine(refused.reason)));
        }
    }
    for (rule, (_, reason)) in &stats.failed {
        if let Some((version, _)) = versions.of.get(*rule as usize) {
            let file = version.subject.file.clone();
            found
                .not_run
                .push((file, NotCompared::Fails(reason.clone())));
        }
    }
    for (file, reason) in &stats.broken {
        found
            .broken
            .push((Some(inputs.name(*file as usize)), reason.clone()));
    }
    if let Some(reason) = &stats.unsorted {
        let reason = BrokenFile::Unreadable(reason.clone());
        found.broken.push((None, reason));
    }
    found.stats = stats;
    found.differences = differences(pairs, unpaired, &versions, inputs);
    found
}

/// What has no counterpart, by rule and class, worst first; the first alerts of each explained.
fn differences(
    pairs: &[Pair<'_>],
    unpaired: Vec<[UnpairedAlerts; 2]>,
    versions: &Versions<'_>,
    inputs: &dyn Inputs,
) -> Vec<AlertDifference> {
    let mut found = Vec::new();
    for ((number, pair), sides) in pairs.iter().enumerate().zip(unpaired) {
        for (unpaired, class) in sides.into_iter().zip([Class::Lost, Class::New]) {
            if unpaired.count > 0 {
                found.push((number, class, pair.change, unpaired));
            }
        }
    }
    found.sort_by_key(|(_, class, ..)| *class);
    let mut analyses = Vec::new();
    for (place, (number, class, _, unpaired)) in found.iter().enumerate() {
        if let Some((version, rule)) = versions.version(*number, *class == Class::New) {
            let asked = unpaired.alerts.iter().take(EXPLAINED);
            analyses.extend(asked.filter_map(|one| CauseAnalysis::new(place, version, rule, one)));
        }
    }
    analyses.truncate(MOST_EXPLAINED);
    let mut explanations = explain(&mut analyses, inputs);
    let differences = found.into_iter().enumerate();
    let differences = differences.map(|(place, (_, class, change, unpaired))| {
        let mut explanations = explanations.remove(&place).unwrap_or_default().into_iter();
        let alerts = unpaired.alerts.iter();
        AlertDifference {
            class,
            rule_id: change.id.clone(),
            rule_name: change.name.clone(),
            file: change.file.clone(),
            count: unpaired.count,
            alerts: alerts
                .map(|alert| recorded(alert, explanations.next(), inputs))
                .collect(),
        }
    });
    differences.collect()
}

impl<'s> Versions<'s> {
    /// Compiles what can be run. A rule one version of which cannot be run is not compared.
    fn compile(compared: &Rules<'s>, found: &mut Recordings) -> Self {
        let [of_older, of_newer] = compared.catalogues;
        let [older, newer] = compared.lists;
        let [mut older, mut newer] =
            [(of_older, older), (of_newer, newer)].map(|(catalogue, lists)| {
                let compiler = RuleCompiler::new(catalogue, lists, Timestamp::default());
                compiler.with_texts()
            });
        let mut versions = Self::default();
        for (number, pair) in compared.pairs.iter().enumerate() {
            let sides = [(pair.old, true), (pair.new, false)];
            let mut compiled = Vec::new();
            let mut refused = None;
            for (subject, before) in sides {
                let Some(subject) = subject else { continue };
                let compiler = if before { &mut older } else { &mut newer };
                match compiler.compile(Arc::new(subject.rule.clone())) {
                    Ok(rule) => compiled.push((rule, Version { subject, before })),
                    Err(why) => refused = Some(NotCompared::Compile(why)),
                }
            }
            let mut places = [None; 2];
            if let Some(reason) = refused {
                found.not_run.push((pair.change.file.clone(), reason));
                compiled.clear();
            }
            for (rule, version) in compiled {
                let missing = &rule.missing_lists;
                let applied = rule
                    .lists()
                    .filter(|id| !missing.iter().any(|own| own == id));
                found.lists_applied.extend(applied.map(str::to_owned));
                found.lists_missing.extend(missing.iter().cloned());
                if let Some(place) = places.get_mut(usize::from(!version.before)) {
                    *place = Some(versions.rules.len());
                }
                versions.rules.push(rule);
                versions.of.push((version, number));
            }
            versions.places.push(places);
        }
        versions
    }

    /// The version of a pair.
    fn version(&self, pair: usize, before: bool) -> Option<(&Version<'s>, &CompiledRule)> {
        let places = self.places.get(pair)?;
        let place = (*places.get(usize::from(!before))?)?;
        Some((&self.of.get(place)?.0, self.rules.get(place)?))
    }
}

/// Hands the alerts of a scan to their pairs.
struct PairedScan<'b, 's> {
    versions: &'b Versions<'s>,
    pairing: Pairing,
    alerts: (u64, u64),
    progress: &'b mut (dyn FnMut(&Stats) + Send),
}

impl Watcher for PairedScan<'_, '_> {
    fn alert(&mut self, alert: Alert) -> bool {
        let place = alert.rule as usize;
        if let Some((version, pair)) = self.versions.of.get(place) {
            if version.before {
                self.alerts.0 += 1;
            } else {
                self.alerts.1 += 1;
            }
            self.pairing.take(*pair, version.before, alert);
        }
        true
    }

    fn restart(&mut self) {
        self.pairing = Pairing::new(self.versions.places.len());
        self.alerts = (0, 0);
    }

    fn progress(&mut self, stats: &Stats) {
        (self.progress)(stats);
    }
}

/// The answers in the order of the inquiries, by what they are about.
fn explain(
    analyses: &mut [CauseAnalysis<'_>],
    inputs: &dyn Inputs,
) -> BTreeMap<usize, Vec<CauseExplanation>> {
    gather_own(analyses, inputs);
    if analyses.iter().any(CauseAnalysis::asks_for_more) {
        gather_others(analyses, inputs);
    }
    let name = |file: u32| inputs.name(file as usize);
    let mut explanations: BTreeMap<usize, Vec<CauseExplanation>> = BTreeMap::new();
    for analysis in analyses {
        let explanation = analysis.explain(&name);
        explanations
            .entry(analysis.about)
            .or_default()
            .push(explanation);
    }
    explanations
}

/// Reads the alerts' own events. A file that cannot be read any more gives none.
fn gather_own(analyses: &mut [CauseAnalysis<'_>], inputs: &dyn Inputs) {
    let mut wanted: BTreeMap<u32, BTreeMap<u64, Vec<usize>>> = BTreeMap::new();
    for (number, analysis) in analyses.iter().enumerate() {
        for (file, line) in analysis.own() {
            let lines = wanted.entry(file).or_default();
            lines.entry(line).or_default().push(number);
        }
    }
    for (file, mut lines) in wanted {
        let mut read = |number: u64, line: &str| {
            if let Some(analyses_of_line) = lines.remove(&number)
                && let Some(event) = scan::reread::event(line)
            {
                for index in analyses_of_line {
                    if let Some(analysis) = analyses.get_mut(index) {
                        analysis.take((file, number), &event);
                    }
                }
            }
            !lines.is_empty()
        };
        let _ = scan::reread::lines(inputs, file as usize, &mut read);
    }
}

/// Reads the other events of the alerts' keys.
fn gather_others(analyses: &mut [CauseAnalysis<'_>], inputs: &dyn Inputs) {
    for (number, file) in (0..inputs.count()).zip(0u32..) {
        let mut read = |line: u64, text: &str| {
            let mut event: Option<Option<Event>> = None;
            for analysis in analyses.iter_mut().filter(|one| one.may_hold(text)) {
                let event = event.get_or_insert_with(|| scan::reread::event(text));
                if let Some(event) = event {
                    analysis.offer((file, line), event);
                }
            }
            analyses.iter().any(CauseAnalysis::asks_for_more)
        };
        let _ = scan::reread::lines(inputs, number, &mut read);
    }
}

fn recorded(
    alert: &Alert,
    explanation: Option<CauseExplanation>,
    inputs: &dyn Inputs,
) -> RecordedAlert {
    let event = |event: &EventRecord| {
        let place = format!("{}:{}", inputs.name(event.file as usize), event.line);
        (place, event.timestamp.as_deref().map(str::to_owned))
    };
    let events = alert.events.iter();
    let join = alert.join.iter();
    RecordedAlert {
        events: events.map(|one| one.as_deref().map(event)).collect(),
        join: join
            .map(|key| key.as_ref().map(ToString::to_string))
            .collect(),
        explanation,
    }
}
