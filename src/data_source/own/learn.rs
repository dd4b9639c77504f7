//! Learns a source from recorded events: its indices with the types of their fields, and its kinds
//! of event. Writes them as a file for `sources/`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::builtin;
use super::super::field_list::FieldList;
use super::super::route::stored_in;
use super::reader::is_word;
use crate::diagnostic::data_source::TooMany;
use crate::event::field::Reading;
use crate::event::schema::{MappedField, Origin};
use crate::event::{Event, FieldType, Scalar};

/// The most fields, indices and kinds that are kept, so that a recording of any size is learnt in
/// bounded memory.
const MOST: usize = 10_000;
/// The fields that make a kind of event.
const OF_KIND: &[&str] = &[
    "event.action",
    "event.category",
    "event.code",
    "event.dataset",
    "event.kind",
    "event.module",
    "event.provider",
    "event.type",
];
/// The index of events that do not say theirs.
const NO_INDEX: &str = "logs-learnt-default";

/// What a recording shows of its source.
#[derive(Debug, Default)]
pub struct Learnt {
    events: usize,
    /// The types of the fields by index.
    indices: BTreeMap<String, BTreeMap<String, Shape>>,
    /// The values that all events of a kind have, by the kind's index and name.
    kinds: BTreeMap<(String, String), BTreeMap<&'static str, Vec<Scalar>>>,
    /// The values of `host.os.type`.
    systems: BTreeMap<String, usize>,
    /// The number of fields that are kept.
    fields: usize,
}

/// The values that a field was seen with.
#[derive(Debug, Clone, Copy, Default)]
struct Shape {
    text: bool,
    /// A text that is no date.
    no_date: bool,
    whole: bool,
    fraction: bool,
    boolean: bool,
    /// A value that the type which ECS gives to the field refuses.
    not_ecs: bool,
}

impl Learnt {
    /// Learns from one event.
    pub fn add(&mut self, event: &Event) -> Result<(), TooMany> {
        self.events += 1;
        let index =
            stored_in(event).map_or_else(|| NO_INDEX.to_owned(), |name| without_date(&name));
        let ecs = builtin::list("ecs");
        let fields = self.indices.entry(index.clone()).or_default();
        for (path, values) in event.fields() {
            if values.is_empty() || !super::field_type::is_path(path) {
                continue;
            }
            let shape = fields.entry(path.to_owned()).or_insert_with(|| {
                self.fields += 1;
                Shape::default()
            });
            let known = ecs.as_deref().and_then(|ecs| of_ecs(ecs, path));
            for value in values {
                shape.add(value, known.as_ref());
            }
        }
        if let [Scalar::Text(system)] = event.values("host.os.type") {
            *self.systems.entry(system.to_string()).or_default() += 1;
        }
        self.kind(index, event);
        let kept = self.fields + self.indices.len() + self.kinds.len() + self.systems.len();
        if kept > MOST {
            Err(TooMany::Parts(MOST))
        } else {
            Ok(())
        }
    }

    /// Whether no event was learnt from.
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Keeps what all events of the kind have in common.
    fn kind(&mut self, index: String, event: &Event) {
        let of_event = || {
            let fields = OF_KIND
                .iter()
                .map(|field| (*field, event.values(field).to_vec()));
            fields.filter(|(_, values)| !values.is_empty()).collect()
        };
        let kind = self.kinds.entry((index, kind_of(event)));
        let common: &mut BTreeMap<_, Vec<Scalar>> = kind.or_insert_with(of_event);
        common.retain(|field, values| event.values(field) == values.as_slice());
    }

    /// The text of the file.
    pub fn file(&self, name: &str, recording: &str) -> String {
        let mut text = String::new();
        let recording = one_line(recording);
        let events = if self.events == 1 { "event" } else { "events" };
        let learnt = format!("learnt from {recording}, {} {events}", self.events);
        // A `String` takes whatever is written.
        let _ = writeln!(
            text,
            "# The data source as `trapline sources learn` found it in {recording}. A recording shows\n\
             # values and not the mapping: compare the types with `GET INDEX/_mapping`.\n\
             name = {}\ntitle = {}",
            quoted(name),
            quoted(name)
        );
        let mut systems = self.systems.keys();
        if let (Some(system), None) = (systems.next(), systems.next())
            && super::read::SYSTEMS.contains(&system.as_str())
        {
            let _ = writeln!(text, "os = {}", quoted(system));
        }
        for (index, fields) in &self.indices {
            let _ = writeln!(
                text,
                "\n[[index]]\nname = {}\nassumed = [\"ecs\"]\nevidence = {}",
                quoted(index),
                quoted(&learnt)
            );
            write_types(fields, &mut text);
        }
        let mut written = Vec::new();
        for ((index, kind), common) in &self.kinds {
            if written.contains(&kind) {
                let _ = writeln!(text, "\n# Events of the kind {kind} are in {index}, too.");
                continue;
            }
            written.push(kind);
            let name = quoted(kind);
            let _ = writeln!(text, "\n[[kind]]\nname = {name}\nindex = {}", quoted(index));
            if !common.is_empty() {
                text.push_str("\n[kind.defaults]\n");
            }
            for (field, values) in common {
                let values: Vec<String> = values.iter().map(value).collect();
                let _ = writeln!(text, "{} = [{}]", quoted(field), values.join(", "));
            }
        }
        text
    }
}

impl Shape {
    fn add(&mut self, value: &Scalar, ecs: Option<&MappedField>) {
        match value {
            Scalar::Text(text) => {
                self.text = true;
                self.no_date |= !is_date(text);
            }
            Scalar::Bool(_) => self.boolean = true,
            Scalar::Number(_) => match FieldType::dynamic(value) {
                FieldType::Float(_) => self.fraction = true,
                _ => self.whole = true,
            },
        }
        self.not_ecs |= ecs.is_none_or(|field| field.read(value.raw()) == Reading::Malformed);
    }

    /// The type that takes all values; none where ECS has the field with a type that does.
    fn type_name(self) -> Option<&'static str> {
        if !self.not_ecs {
            return None;
        }
        Some(
            match (self.text, self.whole || self.fraction, self.boolean) {
                (true, false, false) if !self.no_date => "date",
                (false, true, false) if self.fraction => "float",
                (false, true, false) => "long",
                (false, false, true) => "boolean",
                _ => "keyword",
            },
        )
    }
}

fn write_types(fields: &BTreeMap<String, Shape>, text: &mut String) {
    let own = fields.iter();
    let own = own.filter_map(|(path, shape)| Some((path, shape.type_name()?)));
    let own: Vec<_> = own.collect();
    if !own.is_empty() {
        text.push_str("\n[index.types]\n");
    }
    for (path, type_name) in own {
        // A `String` takes whatever is written.
        let _ = writeln!(text, "{} = {}", quoted(path), quoted(type_name));
    }
}

/// The field as ECS has it.
fn of_ecs(ecs: &FieldList, path: &str) -> Option<MappedField> {
    let found = ecs.find(path)?;
    Some(MappedField::new(
        found.field_type,
        &found.read_from,
        Origin::Assumed,
    ))
}

/// A text that Elasticsearch's date detection takes for a date: with a year, a month and a day.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.get(..10).unwrap_or("").split('-').collect();
    let is_day =
        matches!(parts.as_slice(), [y, m, d] if y.len() == 4 && m.len() == 2 && d.len() == 2);
    let date = FieldType::named("date");
    let read = || MappedField::new(date, "date", Origin::Dynamic).read(Scalar::text(text).raw());
    is_day && matches!(read(), Reading::Value(_))
}

/// The name of an index whose name ends in a day, as a pattern.
fn without_date(name: &str) -> String {
    let is_day = |part: &str| {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let lengths: Vec<usize> = part.split('.').map(str::len).collect();
        lengths == [4, 2, 2] && part.split('.').all(digits)
    };
    let mut parts: Vec<&str> = name.split('-').collect();
    let day = parts.iter().position(|part| is_day(part));
    if let Some(day) = day.filter(|day| *day > 0) {
        parts.truncate(day);
        parts.push("*");
    }
    parts.join("-")
}

/// The kind of an event by its category and type: `process.start`.
fn kind_of(event: &Event) -> String {
    let word = |field: &str| {
        let first = event.values(field).first()?.to_string();
        (is_word(&first) && !first.contains('.')).then_some(first)
    };
    match (word("event.category"), word("event.type")) {
        (Some(category), Some(action)) => format!("{category}.{action}"),
        (Some(category), None) => category,
        (None, _) => "event".to_owned(),
    }
}

fn value(value: &Scalar) -> String {
    match value {
        Scalar::Bool(value) => value.to_string(),
        // A number of JSON that TOML cannot hold stays a text.
        Scalar::Number(number) if number.parse::<i64>().is_ok() => number.to_string(),
        other => quoted(&other.to_string()),
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A name in a comment, which must not end the line.
fn one_line(text: &str) -> String {
    let shown = |c: char| if c.is_control() { '?' } else { c };
    text.chars().map(shown).collect()
}
