//! Loads recorded events in any form that `import` reads; routes them by index and labels them by
//! queries.

use std::sync::Arc;

use super::case_events::{CaseEvents, EventFacts};
use crate::compile::{self, add_dynamic};
use crate::data_source::constants::Constants;
use crate::data_source::detect::{route, serves_most};
use crate::data_source::{Catalogue, IndexPatterns};
use crate::diagnostic::replay::BadCapture;
use crate::diagnostic::{Diagnostic, QueryText, SourceText, Span};
use crate::evaluate::{self, Context};
use crate::event::io::FilesBeside;
use crate::event::schema::Origin;
use crate::event::{Event, FieldType, Mapping, Schema, Timestamp};
use crate::import::{self, Import};
use crate::language::eql::{EqlError, OptionalFields, RequestFieldNames};
use crate::replay::error;
use crate::scenario::model::{EventsFrom, Located};
use crate::scenario::{ExpandedCase, Skipped};

/// What the attack or a case is replayed from.
pub(in crate::replay) enum Events {
    /// Nothing, for a reason.
    Skipped(Skipped),
    /// Events that the scenario writes.
    Written(ExpandedCase),
    /// Recorded events.
    Recorded(Capture),
}

/// A capture as it is replayed.
pub(in crate::replay) struct Capture {
    /// The data source that serves most of its routed events.
    pub(in crate::replay) source: String,
    /// Its events.
    pub(in crate::replay) case_events: CaseEvents,
}

/// What a capture is read beside.
pub(in crate::replay) struct CaptureRequest<'a> {
    pub(in crate::replay) scenario_file: &'a str,
    pub(in crate::replay) source: &'a Arc<SourceText>,
    pub(in crate::replay) catalogue: &'a Catalogue,
    pub(in crate::replay) patterns: &'a IndexPatterns,
}

impl CaptureRequest<'_> {
    fn bad(&self, span: Span, cause: &BadCapture) -> Diagnostic {
        Diagnostic::of(&error::BAD_CAPTURE, cause).at(self.source, span, "")
    }
}

/// Reads a capture and gives its events their labels.
pub(in crate::replay) fn load(
    from: &EventsFrom,
    beside: &CaptureRequest<'_>,
    files: &dyn FilesBeside,
) -> Result<Capture, Vec<Diagnostic>> {
    let mut events = read(from, beside, files).map_err(|diagnostic| vec![diagnostic])?;
    route(&mut events, beside.patterns);
    let source = match &from.source {
        Some(source) => source.value.clone(),
        None => serves_most(&events, beside.catalogue, beside.patterns)
            .map_or_else(String::new, |source| source.name.clone()),
    };
    let mut labels = vec![String::new(); events.len()];
    for (label, query) in &from.labels {
        let found = first_match(query, beside.source, &events)?;
        match found.and_then(|found| labels.get_mut(found)) {
            Some(slot) => slot.clone_from(&label.value),
            None => {
                let name = label.value.clone();
                return Err(vec![beside.bad(query.span, &BadCapture::NoEvent { name })]);
            }
        }
    }
    let mut case_events = CaseEvents::default();
    for (event, label) in events.into_iter().zip(labels) {
        case_events.push(event, EventFacts::labelled(label));
    }
    Ok(Capture {
        source,
        case_events,
    })
}

/// The events of the file, up to the limits of the project.
fn read(
    from: &EventsFrom,
    beside: &CaptureRequest<'_>,
    files: &dyn FilesBeside,
) -> Result<Vec<Event>, Diagnostic> {
    let bad = |cause: &BadCapture| beside.bad(from.file.span, cause);
    let file = &from.file.value;
    let reader = files
        .open_beside(beside.scenario_file, file)
        .map_err(|diagnostic| {
            let said = diagnostic.message;
            bad(&BadCapture::NotOpened { said })
        })?;
    let limits = files.limits();
    let mut events: Vec<Event> = Vec::new();
    let mut memory: u64 = 0;
    let options = import::Options {
        limits: limits.into(),
        ..import::Options::default()
    };
    let recording = Import::open(file, reader, options);
    let constants = Constants::new(beside.catalogue);
    for document in recording {
        let document = document.map_err(|fault| {
            let mut diagnostic = Diagnostic::of(&error::BAD_CAPTURE, &fault.problem);
            diagnostic.message = fault.to_string();
            diagnostic.at(beside.source, from.file.span, "")
        })?;
        let mut event = Event::from_document(&document.source);
        constants.fill(&mut event);
        memory += event.memory();
        events.push(event);
        if events.len() > limits.events {
            return Err(bad(&BadCapture::TooManyEvents {
                name: file.clone(),
                most: limits.events,
            }));
        }
        if memory > limits.memory {
            return Err(bad(&BadCapture::TooLarge {
                name: file.clone(),
                megabytes: limits.memory >> 20,
            }));
        }
    }
    Ok(events)
}

/// The first event that an event query finds.
fn first_match(
    query: &Located<String>,
    source: &Arc<SourceText>,
    events: &[Event],
) -> Result<Option<usize>, Vec<Diagnostic>> {
    let text = query_text(query, source);
    let failed = |errors: Vec<EqlError>| -> Vec<Diagnostic> {
        errors.iter().map(|error| error.diagnostic(&text)).collect()
    };
    let parsed = compile::parse(&query.value);
    let Some(syntax) = parsed.query.map(compile::Syntax::Eql) else {
        return Err(failed(parsed.errors));
    };
    let mut mapping = Mapping::new("the capture");
    let settings = RequestFieldNames::default();
    mapping.add(
        &settings.timestamp,
        FieldType::named("date"),
        Origin::Declared,
    );
    for event in events {
        add_dynamic(&mut mapping, event);
    }
    let query_on_capture = compile::Query {
        syntax: &syntax,
        schema: &Schema::new(vec![mapping]),
        settings: &settings,
        now: Timestamp::default(),
    };
    let plan = query_on_capture
        .plan(OptionalFields::Missing)
        .map_err(failed)?;
    let evaluation = evaluate::evaluate(&plan, events, &Context::default()).map_err(|failure| {
        let cause = BadCapture::QueryFails { why: failure.kind };
        vec![Diagnostic::of(&error::BAD_CAPTURE, &cause).at(source, query.span, "")]
    })?;
    let first = evaluation.matches().first();
    Ok(first.and_then(|found| found.stages.iter().flatten().next().map(|id| id.index())))
}

/// A label's query with its place in the scenario, for the messages of its parser.
fn query_text(query: &Located<String>, source: &Arc<SourceText>) -> QueryText {
    let inside = source.slice(query.span).find(&query.value).unwrap_or(0);
    let start = query.span.start + u32::try_from(inside).unwrap_or(0);
    let map = vec![(0, start)];
    QueryText::embedded(source, query.value.as_str(), map, query.span.end)
}
