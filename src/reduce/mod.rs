//! Reduces a recording to the smallest scenario with the same verdict for the same reason. Called
//! by `trapline import --minimise`.
//!
//! The reference evaluator finds the few events that matter ([`find`], and [`find_rows`] of ES|QL): the
//! first match, or the nearest miss. They become a sketch of a scenario in the shape of their data source
//! ([`sketch`]). Then events, fields and values are left out one by one, as long as the replay of
//! the written text gives the same alert or the same blocker ([`trial`], [`reduce`]): what is kept
//! has been replayed as `trapline test` replays it.

mod find;
mod find_rows;
mod invert;
#[expect(
    clippy::module_inception,
    reason = "the one step that makes it smaller"
)]
mod reduce;
mod sketch;
mod trial;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::compile::{Exclusions, fields_of, request_fields};
use crate::data_source::constants::Constants;
use crate::data_source::detect::{route, serves_most};
use crate::data_source::route::stored_in;
use crate::data_source::{Catalogue, DataSource, IndexPatterns};
use crate::diagnostic::Cause;
use crate::diagnostic::no_scenario::{NoScenario, StoppingClauses, UnlikeRecording};
use crate::event::{Event, Scalar};
use crate::redact::{Redactor, Replacement};
use crate::replay::Subject;
use crate::replay::dry_run::DryRunPlace;
use crate::rule::ExceptionItem;
use crate::scenario::write::{Expect, Sketch};
pub use trial::TrialFailure;
use trial::{TrialOutcome, Trials};

/// What to make.
#[derive(Debug)]
pub struct Request<'a> {
    /// The rule.
    pub subject: &'a Subject,
    /// The data sources.
    pub catalogue: &'a Catalogue,
    /// The source whose shape the scenario has; the one that serves most events without.
    pub source: Option<&'a str>,
    /// It shows that the rule does not alert.
    pub benign: bool,
    /// The attack's name.
    pub name: String,
    /// What `rule:` says, where the scenario is not the rule's mirrored file.
    pub rule: Option<String>,
    /// The exceptions of the lists that the rule refers to, each with its file as the scenario names
    /// it.
    pub exceptions: Vec<(Arc<ExceptionItem>, String)>,
    /// Where the scenario will stand.
    pub place: DryRunPlace<'a>,
    /// Whether names and addresses get stand-ins.
    pub redact: bool,
}

impl Request<'_> {
    /// What hides documents from the rule.
    fn exclusions(&self) -> Exclusions {
        let items = self.exceptions.iter();
        let items = items.map(|(item, _)| Arc::clone(item));
        Exclusions::new(&self.subject.rule, items.collect())
    }

    /// The files of exceptions of which some are among these clauses.
    fn files_of(&self, clauses: &BTreeSet<String>) -> Vec<String> {
        let items = self.exceptions.iter();
        let named = items.filter(|(item, _)| clauses.contains(&item.to_string()));
        let files: BTreeSet<&String> = named.map(|(_, file)| file).collect();
        files.into_iter().cloned().collect()
    }
}

/// The smallest scenario that was found.
#[derive(Debug)]
pub struct Minimised {
    /// The scenario.
    pub sketch: Sketch,
    /// What it shows, in a few words: `alert network, process`, or the clauses that stop it.
    pub shows: String,
    /// How many matches the recording has.
    pub matches: usize,
    /// How many scenarios were tried.
    pub trials: usize,
    /// What stands in for what.
    pub replaced: Vec<Replacement>,
}

/// Why there is no scenario.
#[derive(Debug, Clone)]
pub enum ReduceError {
    /// The rule or the recording gives none.
    NoScenario(NoScenario),
    /// The scenario that was written does something else than the recording.
    Unlike {
        /// Which scenario.
        why: UnlikeRecording,
        /// What it does.
        trial: Box<TrialFailure>,
    },
}

impl ReduceError {
    /// What is wrong.
    pub fn cause(&self) -> &dyn Cause {
        match self {
            Self::NoScenario(why) => why,
            Self::Unlike { why, .. } => why,
        }
    }
}

impl From<NoScenario> for ReduceError {
    fn from(why: NoScenario) -> Self {
        Self::NoScenario(why)
    }
}

/// The fields that must be kept: those that the query names, and those that identify users and
/// machines, whose names may occur in other fields too.
pub fn fields(subject: &Subject, exceptions: &[Arc<ExceptionItem>]) -> BTreeSet<String> {
    let mut fields: BTreeSet<String> = crate::redact::IDENTITIES
        .iter()
        .map(|path| (*path).to_owned())
        .collect();
    for path in [
        "event.category",
        "event.type",
        "event.action",
        "event.code",
        "event.dataset",
        "data_stream.type",
        "data_stream.dataset",
        "data_stream.namespace",
    ] {
        fields.insert(path.to_owned());
    }
    let exclusions = Exclusions::new(&subject.rule, exceptions.to_vec());
    fields.extend(required_fields(subject, &exclusions));
    fields
}

/// The fields of the query, those that its request orders and sorts events by, and those of the
/// rule's filters.
fn required_fields(subject: &Subject, exclusions: &Exclusions) -> BTreeSet<String> {
    let settings = request_fields(&subject.rule.fields);
    let of_query = subject.syntax.iter();
    let of_query = of_query.map(|syntax| fields_of(syntax, &settings));
    let of_query: Vec<_> = of_query.collect();
    let names = of_query.iter().flat_map(crate::compile::FieldsRead::names);
    let of_exclusions = exclusions.fields();
    names
        .chain(of_exclusions.names())
        .map(str::to_owned)
        .collect()
}

/// Makes the scenario; of the events only [`fields`] need be there.
pub fn minimise(mut events: Vec<Event>, request: &Request<'_>) -> Result<Minimised, ReduceError> {
    let subject = request.subject;
    if let Some(what) = subject.unsupported_on_recordings() {
        return Err(NoScenario::Unsupported(what).into());
    }
    if events.is_empty() {
        return Err(NoScenario::NoEvents.into());
    }
    let patterns = IndexPatterns::new(subject.rule.index.iter().map(|(p, _)| p.as_str()));
    let source = routed(&mut events, request, &patterns)?;
    let found = find::find(&mut events, request, source, &patterns)?;
    let settings = request_fields(&subject.rule.fields);
    let write = sketch::Writer {
        request,
        source,
        settings: &settings,
        stopped_by: &found.stopped_by,
    };
    let expected = if request.benign {
        TrialOutcome::Stopped(StoppingClauses(found.stopped_by.clone()))
    } else {
        TrialOutcome::Alerted
    };
    let mut trials = Trials::new(request, source, expected);
    let sketch = first_sketch(&write, &found, &mut trials)?;
    let mut sketch = reduce::reduce(sketch, &mut trials);
    // A single blocking clause: an attack without it can prove that the clause decides.
    if request.benign
        && found.stopped_by.len() == 1
        && let Some(clause) = found.stopped_by.first()
        && let Some(inverted) = invert::invert(&sketch, clause, &mut trials)
    {
        sketch = inverted;
    }
    let mut replaced = Vec::new();
    if request.redact {
        (sketch, replaced) = redacted(&sketch, &found, request, &mut trials)?;
    }
    Ok(Minimised {
        shows: trials.shows(&sketch),
        sketch,
        matches: found.matches,
        trials: trials.count(),
        replaced,
    })
}

/// Routes the events and leaves those of other sources than the scenario's out.
fn routed<'a>(
    events: &mut Vec<Event>,
    request: &Request<'a>,
    patterns: &IndexPatterns,
) -> Result<&'a DataSource, NoScenario> {
    let constants = Constants::new(request.catalogue);
    for event in events.iter_mut() {
        constants.fill(event);
    }
    route(events, patterns);
    let source = source(request, events, patterns)?;
    only_of(source, events);
    Ok(source)
}

/// The scenario of all events that decide, which shows what the recording shows.
fn first_sketch(
    write: &sketch::Writer<'_>,
    found: &find::RecordedResult<'_>,
    trials: &mut Trials<'_>,
) -> Result<Sketch, ReduceError> {
    let unlike = |trial| ReduceError::Unlike {
        why: UnlikeRecording::Shape {
            source: write.source.name.clone(),
        },
        trial: Box::new(trial),
    };
    let mut sketch = write.sketch(&found.events);
    if let Err(trial) = trials.must_hold(&sketch) {
        if found.beside.is_empty() {
            return Err(unlike(trial));
        }
        // The alert may count other events than its own.
        sketch = write.sketch(&found.beside);
        sketch.expect = Expect::SomeAlert;
        trials.must_hold(&sketch).map_err(unlike)?;
    }
    Ok(sketch)
}

fn source<'a>(
    request: &Request<'a>,
    events: &[Event],
    patterns: &IndexPatterns,
) -> Result<&'a DataSource, NoScenario> {
    match request.source {
        Some(name) => {
            let found = request.catalogue.get(name);
            found.ok_or_else(|| NoScenario::UnknownSource {
                name: name.to_owned(),
            })
        }
        None => serves_most(events, request.catalogue, patterns).ok_or(NoScenario::NoSource),
    }
}

/// Removes the events of other sources if the source's own events are known; in this source's shape
/// they would be different events.
fn only_of(source: &DataSource, events: &mut Vec<Event>) {
    let own = |index: &String| source.indices.iter().any(|own| own.stores(index));
    if events
        .iter()
        .any(|event| stored_in(event).is_some_and(|index| own(&index)))
    {
        events.retain(|event| stored_in(event).is_none_or(|index| own(&index)));
    }
}

/// The sketch with stand-ins, and what they stand in for. What the rule's clauses name stays.
fn redacted(
    sketch: &Sketch,
    found: &find::RecordedResult<'_>,
    request: &Request<'_>,
    trials: &mut Trials<'_>,
) -> Result<(Sketch, Vec<Replacement>), ReduceError> {
    let query = request.subject.rule.query.as_ref();
    let query = query.map_or("", |query| query.text.text());
    let mut redactor = Redactor::new(&format!("{query}\n{}", request.exclusions()));
    for event in found.events.iter().chain(&found.beside) {
        redactor.learn(event.event);
    }
    let mut redacted = sketch.clone();
    let events = redacted.events.iter_mut();
    let cases = redacted.cases.iter_mut();
    let changes = cases.flat_map(|case| &mut case.changes);
    let values = events
        .flat_map(|event| &mut event.fields)
        .chain(changes.flat_map(|change| &mut change.fields));
    for (path, values) in values {
        for value in values {
            if let Scalar::Text(text) = value {
                *value = Scalar::text(redactor.redact(path, text));
            }
        }
    }
    redacted.name = redactor.redact("", &sketch.name);
    for case in &mut redacted.cases {
        case.name = redactor.redact("", &case.name);
    }
    let unlike = |trial| ReduceError::Unlike {
        why: UnlikeRecording::StandIns,
        trial: Box::new(trial),
    };
    trials.must_hold(&redacted).map_err(unlike)?;
    Ok((redacted, redactor.replaced()))
}
