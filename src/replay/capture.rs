//! Recorded events: read as they are, routed by their index, labelled by queries.

use std::io::{BufRead, BufReader};
use std::sync::Arc;

use super::error;
use super::run::Stage;
use crate::data_source::{Catalogue, IndexPatterns, index_name};
use crate::diagnostic::{Diagnostic, QueryText, SourceText, Span};
use crate::eql::{self, OptionalFields, Settings};
use crate::evaluate::{self, Context};
use crate::event::io::Files;
use crate::event::schema::Origin;
use crate::event::{Event, FieldType, Mapping, Schema, Timestamp};
use crate::scenario::model::{EventsFrom, Located};
use crate::search::add_dynamic;

/// The most events of one capture.
const MOST: usize = 5_000_000;

/// A capture as it is replayed.
pub(super) struct Capture {
    /// The data source that serves most of its routed events.
    pub(super) source: String,
    /// Its events.
    pub(super) stage: Stage,
}

/// What a capture is read beside.
pub(super) struct Beside<'a> {
    pub(super) scenario_file: &'a str,
    pub(super) source: &'a Arc<SourceText>,
    pub(super) catalogue: &'a Catalogue,
    pub(super) patterns: &'a IndexPatterns,
}

/// Reads a capture and gives its events their labels.
pub(super) fn load(
    from: &EventsFrom,
    beside: &Beside<'_>,
    files: &dyn Files,
) -> Result<Capture, Vec<Diagnostic>> {
    let bad = |span: Span, message: String| {
        Diagnostic::error(&error::BAD_CAPTURE, message).at(beside.source, span, "")
    };
    let reader = files
        .open_beside(beside.scenario_file, &from.file.value)
        .map_err(|diagnostic| {
            vec![
                bad(from.file.span, diagnostic.message.clone())
                    .help("the path is relative to the scenario file"),
            ]
        })?;
    let mut events = Vec::new();
    for (number, line) in BufReader::new(reader).lines().enumerate() {
        let place = || format!("{}:{}", from.file.value, number + 1);
        let line = line.map_err(|error| {
            vec![bad(
                from.file.span,
                format!("{}: cannot be read: {error}", place()),
            )]
        })?;
        if line.trim().is_empty() {
            continue;
        }
        let event = Event::from_json_line(&line)
            .map_err(|error| vec![bad(from.file.span, format!("{}: {error}", place()))])?;
        events.push(event);
        if events.len() > MOST {
            let message = format!("{} has more than {MOST} events", from.file.value);
            return Err(vec![bad(from.file.span, message)]);
        }
    }
    for event in &mut events {
        event.unrouted = stored_in(event).is_some_and(|index| !beside.patterns.selects(&index));
    }
    let source = match &from.source {
        Some(source) => source.value.clone(),
        None => serves_most(&events, beside),
    };
    let mut labels = vec![String::new(); events.len()];
    for (label, query) in &from.labels {
        let found = first_match(query, beside.source, &events)?;
        match found.and_then(|found| labels.get_mut(found)) {
            Some(slot) => slot.clone_from(&label.value),
            None => {
                let message = format!("no event of the capture is `{}`", label.value);
                return Err(vec![bad(query.span, message)]);
            }
        }
    }
    let none = vec![Vec::new(); events.len()];
    let hidden = events.len();
    Ok(Capture {
        source,
        stage: Stage {
            events,
            labels,
            set: none.clone(),
            pinned: none,
            hidden: vec![Vec::new(); hidden],
        },
    })
}

/// The index name of an event: of `_index`, or of the data stream's three parts.
pub(crate) fn stored_in(event: &Event) -> Option<String> {
    if let Some(index) = &event.index {
        return Some(index_name(index).to_owned());
    }
    let part = |field: &str| Some(event.values(field).first()?.to_string());
    let (kind, dataset) = (part("data_stream.type")?, part("data_stream.dataset")?);
    let namespace = part("data_stream.namespace")?;
    Some(format!("{kind}-{dataset}-{namespace}"))
}

/// The source whose indices hold most of the routed events; the first that is claimed where none
/// is known.
fn serves_most(events: &[Event], beside: &Beside<'_>) -> String {
    let claimed = beside.catalogue.claimed(beside.patterns);
    let serves = |source: &&crate::data_source::DataSource| {
        let routed = events.iter().filter(|event| !event.unrouted);
        let indices = routed.filter_map(stored_in);
        indices
            .filter(|index| source.indices.iter().any(|own| own.name == *index))
            .count()
    };
    let mut best: Option<(usize, &str)> = None;
    for source in claimed {
        let count = serves(&source);
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, &source.name));
        }
    }
    best.map_or_else(String::new, |(_, name)| name.to_owned())
}

/// The first event that an event query finds.
fn first_match(
    query: &Located<String>,
    source: &Arc<SourceText>,
    events: &[Event],
) -> Result<Option<usize>, Vec<Diagnostic>> {
    let text = query_text(query, source);
    let failed = |errors: Vec<eql::EqlError>| -> Vec<Diagnostic> {
        errors.iter().map(|error| error.diagnostic(&text)).collect()
    };
    let parsed = eql::parse(&query.value);
    let Some(syntax) = parsed.query else {
        return Err(failed(parsed.errors));
    };
    let mut mapping = Mapping::new("the capture");
    let time = FieldType::named("date");
    mapping.add(&Settings::default().timestamp, time, Origin::Declared);
    for event in events {
        add_dynamic(&mut mapping, event);
    }
    let schema = Schema::new(vec![mapping]);
    let checked = eql::check(&syntax, &schema, &Settings::default()).map_err(failed)?;
    let plan = eql::lower(&checked, OptionalFields::Missing, Timestamp::default())
        .map_err(|error| failed(vec![error]))?;
    let evaluation = evaluate::evaluate(&plan, events, &Context::default()).map_err(|failure| {
        let message = format!("the query fails: {failure}");
        vec![Diagnostic::error(&error::BAD_CAPTURE, message).at(source, query.span, "")]
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
