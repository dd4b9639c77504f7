//! What a field and its value mean on a data source, and what is wrong where they mean nothing.
//! Called by `expand`, which has one source, and by `check`, which has them all.

use std::sync::Arc;

use super::error::{FIELD_ELSEWHERE, TYPE, UNKNOWN_FIELD, YAML_WORD};
use super::event::{FieldChange, Operation, Text};
use super::names::{FieldName, Names};
use super::reader::listed;
use super::typed::{self, BadValue};
use crate::data_source::DataSource;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::Scalar;
use crate::event::field::FieldType;

/// A change of one field on one source.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Meaning {
    /// The field's path there.
    pub(super) path: String,
    /// What happens to it.
    pub(super) operation: Typed,
}

/// What happens to a field, with values of its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Typed {
    Set(Vec<Scalar>),
    Append(Vec<Scalar>),
    Remove,
}

/// Why a change means nothing on a source.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// A `$name` that has no field there.
    NoPath,
    /// The source has no such field.
    Unknown(String),
    /// A value is none of the field's type.
    Value(String, FieldType, Text, BadValue),
}

/// What a change means on `source`; a forced field needs no type.
pub(super) fn of(
    change: &FieldChange,
    names: &Names,
    source: &DataSource,
    forced: bool,
) -> Result<Meaning, Fault> {
    let path = names
        .path(&change.field, &source.name)
        .ok_or(Fault::NoPath)?;
    let field_type = source.field_type(path);
    if field_type.is_none() && !forced && !is_known(source, path) {
        return Err(Fault::Unknown(path.to_owned()));
    }
    let typed = |values: &[Text]| -> Result<Vec<Scalar>, Fault> {
        let Some(field_type) = &field_type else {
            return Ok(values.iter().map(typed::dynamic).collect());
        };
        let fault =
            |text: &Text, bad| Fault::Value(path.to_owned(), field_type.clone(), text.clone(), bad);
        let scalars = values
            .iter()
            .map(|text| typed::scalar(field_type, text).map_err(|bad| fault(text, bad)));
        scalars.collect()
    };
    let operation = match &change.operation {
        Operation::Set(values) => Typed::Set(typed(values)?),
        Operation::Append(values) => Typed::Append(typed(values)?),
        Operation::Remove => Typed::Remove,
    };
    Ok(Meaning {
        path: path.to_owned(),
        operation,
    })
}

/// Whether the source says something of the field, though no list of its gives it a type.
pub(super) fn is_known(source: &DataSource, path: &str) -> bool {
    let kinds = source.kinds.iter().flat_map(|kind| &kind.defaults);
    let mut defaults = source.defaults.iter().chain(kinds);
    source.field_type(path).is_some()
        || defaults.any(|(field, _)| field == path)
        || ALWAYS.contains(&path)
}

/// Fields that the agent and the pipeline set on every event, whatever a source's list says.
const ALWAYS: &[&str] = &[
    "agent.ephemeral_id",
    "agent.id",
    "agent.name",
    "agent.type",
    "agent.version",
    "ecs.version",
    "event.ingested",
    "host.architecture",
    "host.hostname",
    "host.id",
    "host.ip",
    "host.mac",
    "host.name",
    "host.os.family",
    "host.os.full",
    "host.os.kernel",
    "host.os.name",
    "host.os.platform",
    "host.os.type",
    "host.os.version",
    "message",
    "tags",
];

/// Says what is wrong with one change: the sources where it means nothing, each with the reason,
/// and the sources where it means something.
pub(super) fn explain(
    text: &Arc<SourceText>,
    names: &Names,
    field: &FieldName,
    faults: &[(&DataSource, Fault)],
    fine: &[&DataSource],
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let of = |wanted: fn(&Fault) -> bool| {
        let matching = faults.iter().filter(|(_, fault)| wanted(fault));
        let sources: Vec<&DataSource> = matching.map(|(source, _)| *source).collect();
        (!sources.is_empty()).then_some(sources)
    };
    if let Some(lacking) = of(|fault| matches!(fault, Fault::NoPath)) {
        diagnostics.push(no_path(text, names, field, &lacking));
    }
    if let Some(lacking) = of(|fault| matches!(fault, Fault::Unknown(_))) {
        diagnostics.push(if fine.is_empty() {
            unknown(text, field, &lacking, faults)
        } else {
            elsewhere(text, field, &lacking, fine, faults)
        });
    }
    for (source, fault) in faults {
        if let Fault::Value(path, field_type, value, bad) = fault {
            let same = diagnostics.iter().any(|old: &Diagnostic| {
                old.labels
                    .first()
                    .is_some_and(|label| label.span == value.span)
            });
            if !same {
                diagnostics.push(bad_value(text, source, path, field_type, value, bad));
            }
        }
    }
    diagnostics
}

fn no_path(
    text: &Arc<SourceText>,
    names: &Names,
    field: &FieldName,
    lacking: &[&DataSource],
) -> Diagnostic {
    let message = format!(
        "`{}` names no field for {}",
        field.text,
        source_names(lacking)
    );
    let diagnostic = Diagnostic::error(FIELD_ELSEWHERE, message).at(text, field.span, "used here");
    let diagnostic = match names.get(&field.text) {
        Some(name) => diagnostic.at(text, name.span, "defined here"),
        None => diagnostic,
    };
    diagnostic.help("add the source to the name, or restrict the case with `only:`")
}

fn unknown(
    text: &Arc<SourceText>,
    field: &FieldName,
    lacking: &[&DataSource],
    faults: &[(&DataSource, Fault)],
) -> Diagnostic {
    let path = path_of(field, faults);
    let message = format!("no field is called `{path}` on {}", source_names(lacking));
    let suggestion = lacking.iter().find_map(|source| source.suggest(path));
    let help = match suggestion {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("if events carry it all the same, say so with `force: [{path}]`"),
    };
    Diagnostic::error(UNKNOWN_FIELD, message)
        .at(text, field.span, "unknown field")
        .help(help)
}

fn elsewhere(
    text: &Arc<SourceText>,
    field: &FieldName,
    lacking: &[&DataSource],
    fine: &[&DataSource],
    faults: &[(&DataSource, Fault)],
) -> Diagnostic {
    let path = path_of(field, faults);
    let message = format!(
        "{} has no field `{path}`, which {} has",
        source_names(lacking),
        source_names(fine)
    );
    Diagnostic::error(FIELD_ELSEWHERE, message)
        .at(text, field.span, "not on every source")
        .help(format!(
            "name the field of each source under `fields` and use the `$name`, or restrict the case with `only: [{}]`",
            plain_names(fine)
        ))
}

fn bad_value(
    text: &Arc<SourceText>,
    source: &DataSource,
    path: &str,
    field_type: &FieldType,
    value: &Text,
    bad: &BadValue,
) -> Diagnostic {
    let on = format!("on `{}`", source.name);
    let written = shortened(&value.text);
    match bad {
        BadValue::Word => {
            let message =
                format!("`{written}` without quotes is a word of YAML, and `{path}` is a text");
            Diagnostic::error(YAML_WORD, message)
                .at(
                    text,
                    value.span,
                    "other readers take it for a boolean or null",
                )
                .help(format!("write '{written}' in quotes"))
        }
        BadValue::Parent => Diagnostic::error(
            TYPE,
            format!("`{path}` holds other fields {on}, so it has no value"),
        )
        .at(text, value.span, "a value")
        .help(format!("set a field below it: `{path}.…`")),
        BadValue::Type(wanted) => {
            let message =
                format!("`{path}` is of type {field_type} {on}, and `{written}` is not {wanted}");
            Diagnostic::error(TYPE, message)
                .at(text, value.span, format!("not {wanted}"))
                .help(format!("write {wanted}"))
        }
    }
}

/// The path that the sources lack; the field's own text for a plain field.
fn path_of<'a>(field: &'a FieldName, faults: &'a [(&DataSource, Fault)]) -> &'a str {
    let path = faults.iter().find_map(|(_, fault)| match fault {
        Fault::Unknown(path) => Some(path.as_str()),
        _ => None,
    });
    path.unwrap_or(&field.text)
}

fn source_names(sources: &[&DataSource]) -> String {
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    listed(&names)
}

fn plain_names(sources: &[&DataSource]) -> String {
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    names.join(", ")
}

/// At most forty characters, so that the message stays a line.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let short: String = line.chars().take(40).collect();
    if short.len() < text.len() {
        format!("{short}…")
    } else {
        short
    }
}
