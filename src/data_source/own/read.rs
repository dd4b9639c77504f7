//! Reads the file of a source into a `Definition`.

use super::super::builtin;
use super::super::catalogue::Catalogue;
use super::super::definition::{Definition, KindDefinition};
use super::super::error::MISSING_KEY;
use super::super::source::{Index, IndexList, Pin};
use super::field_files;
use super::reader::{OpenBeside, Reader, is_word};
use crate::diagnostic::Span;
use crate::diagnostic::data_source::{BadSource, NamedPart};
use crate::event::Scalar;
use crate::event::schema::Origin;
use crate::located::{Located, Table};

/// The keys of the file.
pub(super) const FILE: &[&str] = &[
    "name",
    "title",
    "extends",
    "replaces",
    "kinds_from",
    "os",
    "open",
    "never",
    "index",
    "defaults",
    "pin",
    "kind",
];
/// The keys of `[[index]]`.
pub(super) const INDEX: &[&str] = &["name", "fields", "assumed", "types", "evidence"];
/// The keys of `[[pin]]`.
pub(super) const PIN: &[&str] = &["field", "value", "evidence"];
/// The keys of `[[kind]]`.
pub(super) const KIND: &[&str] = &["name", "index", "os", "never", "defaults", "pin"];
/// The operating systems as `host.os.type` has them.
pub(super) const SYSTEMS: &[&str] = &["windows", "linux", "macos"];

/// What a source has to do with one that is there.
pub(super) enum Relation {
    /// Nothing.
    New,
    /// It adds to that one.
    Extends(String, Span),
    /// It stands in the place of that one.
    Replaces(String, Span),
}

/// Where a field is given values.
pub(super) struct Place {
    pub(super) field: String,
    pub(super) values: Vec<Scalar>,
    pub(super) span: Span,
}

/// A source as its file defines it.
pub(super) struct OwnSource {
    pub(super) definition: Definition,
    pub(super) relation: Relation,
    pub(super) name_span: Span,
    /// The fields that it gives values to.
    pub(super) places: Vec<Place>,
}

/// Reads the file.
pub(super) fn read(
    reader: &mut Reader<'_>,
    open: OpenBeside<'_>,
    catalogue: &Catalogue,
) -> Option<OwnSource> {
    let root = reader.parse();
    let table = Table::of(&root, "")?;
    reader.only(&table, FILE);
    let relation = relation(&table, reader, catalogue);
    let (name, name_span) = name(&table, &relation, reader)?;
    let mut places = Vec::new();
    let indices = indices(&table, open, reader);
    let known = known_indices(&indices, &relation, catalogue);
    let kinds = kinds(&table, &known, &mut places, reader);
    let kinds_from = kinds_from(&table, reader, catalogue);
    require_parts(
        &relation,
        &indices,
        kinds.is_empty() && kinds_from.is_none(),
        reader,
    );
    let mut defaults = defaults(table.value("defaults"), &mut places, reader);
    system(&table, &mut defaults, reader);
    let title = reader.line(&table, "title");
    let definition = Definition {
        title: title.map_or_else(|| name.clone(), |(title, _)| title),
        name,
        open: texts(&table, "open", reader),
        never: texts(&table, "never", reader),
        kinds_from,
        twins: Vec::new(),
        indices,
        defaults,
        pins: pins(&table, "pin", &mut places, reader),
        kinds,
    };
    Some(OwnSource {
        definition,
        relation,
        name_span,
        places,
    })
}

fn relation(table: &Table<'_>, reader: &mut Reader<'_>, catalogue: &Catalogue) -> Relation {
    let extends = source_name(table, "extends", reader, catalogue);
    let replaces = source_name(table, "replaces", reader, catalogue);
    match (extends, replaces) {
        (Some(_), Some((_, span))) => {
            reader.wrong(span, &BadSource::ExtendsAndReplaces);
            Relation::New
        }
        (Some((name, span)), None) => Relation::Extends(name, span),
        (None, Some((name, span))) => Relation::Replaces(name, span),
        (None, None) => Relation::New,
    }
}

/// The name of a source that exists.
fn source_name(
    table: &Table<'_>,
    key: &str,
    reader: &mut Reader<'_>,
    catalogue: &Catalogue,
) -> Option<(String, Span)> {
    let (name, span) = reader.line(table, key)?;
    if catalogue.get(&name).is_some() {
        return Some((name, span));
    }
    let names = catalogue
        .sources()
        .iter()
        .map(|source| source.name.as_str());
    reader.unknown(span, NamedPart::Source, name, names);
    None
}

fn kinds_from(table: &Table<'_>, reader: &mut Reader<'_>, catalogue: &Catalogue) -> Option<String> {
    let (name, _) = source_name(table, "kinds_from", reader, catalogue)?;
    Some(name)
}

/// The name of the source: the key, that of the source which it extends or replaces, or the file's.
fn name(table: &Table<'_>, relation: &Relation, reader: &mut Reader<'_>) -> Option<(String, Span)> {
    if table.has("name") {
        let (name, span) = reader.word(table, "name")?;
        if let Relation::Extends(other, _) = relation
            && name != *other
        {
            let name = other.clone();
            reader.wrong(span, &BadSource::OtherName { name });
        }
        return Some((name, span));
    }
    if let Relation::Extends(other, span) | Relation::Replaces(other, span) = relation {
        return Some((other.clone(), *span));
    }
    let file = reader.name().rsplit(['/', '\\']).next().unwrap_or("");
    let stem = file.strip_suffix(".toml").unwrap_or(file).to_owned();
    if !is_word(&stem) {
        reader.wrong(Span::default(), &BadSource::NoSourceName { name: stem });
        return None;
    }
    Some((stem, Span::default()))
}

/// A new source needs indices and kinds.
fn require_parts(relation: &Relation, indices: &[Index], no_kinds: bool, reader: &mut Reader<'_>) {
    if matches!(relation, Relation::Extends(..)) {
        return;
    }
    let lacks = [
        (indices.is_empty(), BadSource::NoIndex),
        (no_kinds, BadSource::NoKind),
    ];
    for (lacks, cause) in lacks {
        if lacks && reader.is_sound() {
            reader.caused(&MISSING_KEY, Span::default(), &cause);
        }
    }
}

fn indices(table: &Table<'_>, open: OpenBeside<'_>, reader: &mut Reader<'_>) -> Vec<Index> {
    let mut indices: Vec<Index> = Vec::new();
    for index in table.tables("index", "index", &mut reader.report) {
        reader.only(&index, INDEX);
        reader.require(&index, "name");
        let Some((name, span)) = reader.line(&index, "name") else {
            continue;
        };
        let is_bad = |c: char| c.is_whitespace() || c.is_uppercase() || "\\/?\"<>|,#:".contains(c);
        if name.contains(is_bad) || name.starts_with(['-', '+', '_']) {
            reader.wrong(span, &BadSource::NoIndexName { name });
            continue;
        }
        let pattern = name.contains('*').then(|| name.clone());
        let name = name.replace('*', "default");
        if indices.iter().any(|known| known.name == name) {
            reader.wrong(span, &BadSource::DuplicateIndex { name });
            continue;
        }
        let lists = lists(&index, open, reader);
        let evidence = reader.line(&index, "evidence");
        let file = reader.name().to_owned();
        indices.push(Index {
            name,
            pattern,
            lists,
            evidence: evidence.map_or(file, |(text, _)| text),
        });
    }
    indices
}

/// The field types of an index: those that stand in the file first.
fn lists(index: &Table<'_>, open: OpenBeside<'_>, reader: &mut Reader<'_>) -> Vec<IndexList> {
    let mut lists = Vec::new();
    if let Some(types) = index.value("types") {
        let fields = field_files::inline(types, reader);
        lists.extend(fields.map(|fields| IndexList {
            fields,
            origin: Origin::Declared,
        }));
    }
    for (key, origin) in [("fields", Origin::Declared), ("assumed", Origin::Assumed)] {
        for (name, span) in reader.words(index, key) {
            if field_files::is_file(&name) {
                let read = field_files::read(&name, span, open, reader);
                lists.extend(read.into_iter().map(|fields| IndexList { fields, origin }));
            } else if let Some(fields) = builtin::list(&name) {
                lists.push(IndexList { fields, origin });
            } else {
                reader.unknown(span, NamedPart::FieldList, name, builtin::list_names());
            }
        }
    }
    lists
}

/// The indices that a kind can name.
fn known_indices(own: &[Index], relation: &Relation, catalogue: &Catalogue) -> Vec<Index> {
    let mut known = own.to_vec();
    if let Relation::Extends(other, _) = relation
        && let Some(source) = catalogue.get(other)
    {
        known.extend(source.indices.iter().cloned());
    }
    known
}

fn kinds(
    table: &Table<'_>,
    indices: &[Index],
    places: &mut Vec<Place>,
    reader: &mut Reader<'_>,
) -> Vec<KindDefinition> {
    let mut kinds: Vec<KindDefinition> = Vec::new();
    for kind in table.tables("kind", "kind", &mut reader.report) {
        reader.only(&kind, KIND);
        reader.require(&kind, "name");
        let index = reader.line(&kind, "index");
        if let Some((name, span)) = &index
            && !indices.iter().any(|index| index.is_called(name))
        {
            let names = indices.iter().map(|index| index.name.as_str());
            reader.unknown(*span, NamedPart::Index, name.clone(), names);
        }
        let mut defaults = defaults(kind.value("defaults"), places, reader);
        system(&kind, &mut defaults, reader);
        let pins = pins(&kind, "pin", places, reader);
        let never = texts(&kind, "never", reader);
        let Some((name, span)) = reader.word(&kind, "name") else {
            continue;
        };
        if kinds.iter().any(|known| known.name == name) {
            let name = name.clone();
            reader.wrong(span, &BadSource::DuplicateKind { name });
        }
        kinds.push(KindDefinition {
            name,
            index: index.map(|(name, _)| name),
            defaults,
            pins,
            never,
        });
    }
    kinds
}

/// `os`, which is the default of `host.os.type`.
fn system(table: &Table<'_>, defaults: &mut Vec<(String, Vec<Scalar>)>, reader: &mut Reader<'_>) {
    let Some((system, span)) = reader.line(table, "os") else {
        return;
    };
    if !SYSTEMS.contains(&system.as_str()) {
        let known = SYSTEMS.iter().copied();
        return reader.unknown(span, NamedPart::System, system, known);
    }
    if !defaults.iter().any(|(field, _)| field == "host.os.type") {
        defaults.push(("host.os.type".to_owned(), vec![Scalar::text(system)]));
    }
}

fn defaults(
    value: Option<&Located<'_>>,
    places: &mut Vec<Place>,
    reader: &mut Reader<'_>,
) -> Vec<(String, Vec<Scalar>)> {
    let mut given = Vec::new();
    if let Some(value) = value {
        reader.fields(value, "", &mut given);
    }
    let mut defaults = Vec::new();
    for (field, values, span) in given {
        places.push(Place {
            field: field.clone(),
            values: values.clone(),
            span,
        });
        defaults.push((field, values));
    }
    defaults
}

fn pins(
    table: &Table<'_>,
    key: &str,
    places: &mut Vec<Place>,
    reader: &mut Reader<'_>,
) -> Vec<Pin> {
    let mut pins = Vec::new();
    for pin in table.tables(key, "pin", &mut reader.report) {
        reader.only(&pin, PIN);
        for key in PIN {
            reader.require(&pin, key);
        }
        let field = reader.line(&pin, "field");
        let value = pin.value("value").and_then(|value| reader.scalars(value));
        let evidence = reader.line(&pin, "evidence");
        if let (Some((field, span)), Some(value), Some((evidence, _))) = (field, value, evidence) {
            places.push(Place {
                field: field.clone(),
                values: value.clone(),
                span,
            });
            pins.push(Pin {
                field,
                value,
                evidence,
            });
        }
    }
    pins
}

fn texts(table: &Table<'_>, key: &str, reader: &mut Reader<'_>) -> Vec<String> {
    let texts = reader.words(table, key).into_iter();
    texts.map(|(text, _)| text).collect()
}
