//! `trapline sources [NAME]`: the data sources, and one with its indices, kinds of event, and
//! sensor facts with their evidence. `sources learn` is in `learn_source.rs`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::console::Stream;
use super::super::error::Problem;
use super::super::settings::{Settings, SourcesSettings};
use super::super::{Console, ExitCode};
use super::learn_source;
use crate::data_source::error::UNKNOWN_SOURCE;
use crate::data_source::{Catalogue, DataSource, EventKind, Pin};
use crate::diagnostic::Diagnostic;
use crate::event::Scalar;
use crate::event::schema::Origin;

/// Prints all sources, or the named one; or learns one.
pub fn run(
    settings: &Settings,
    asked: &SourcesSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    match asked {
        SourcesSettings::List => {
            console.write(Stream::Out, &list(&settings.catalogue()?));
            Ok(ExitCode::Passed)
        }
        SourcesSettings::Show(name) => show(settings, name, console),
        SourcesSettings::Learn(asked) => learn_source::run(settings, asked, console),
    }
}

fn show(settings: &Settings, name: &str, console: &mut Console) -> Result<ExitCode, Box<Problem>> {
    let catalogue = settings.catalogue()?;
    if let Some(source) = catalogue.get(name) {
        console.write(Stream::Out, &one(source, catalogue.file(name)));
        return Ok(ExitCode::Passed);
    }
    let message = format!("there is no data source `{name}`");
    let diagnostic = Diagnostic::error(&UNKNOWN_SOURCE, message);
    let sources = catalogue.sources().iter();
    let names: Vec<&str> = sources.map(|source| source.name.as_str()).collect();
    Err(Problem::usage(match catalogue.suggest(name) {
        Some(near) => diagnostic.suggest(near),
        None => diagnostic.help(format!("there are {}", names.join(", "))),
    }))
}

/// One line an index; the source's name stands on its first, and the file of one of the project.
fn list(catalogue: &Catalogue) -> String {
    let sources = catalogue.sources();
    let width = |text: fn(&DataSource) -> &str| {
        let widths = sources.iter().map(|source| text(source).chars().count());
        widths.max().unwrap_or(0)
    };
    let (names, titles) = (width(|source| &source.name), width(|source| &source.title));
    let mut text = String::new();
    for source in sources {
        let (mut name, mut title) = (source.name.as_str(), source.title.as_str());
        let mut file = catalogue.file(name);
        for index in &source.indices {
            let index = index.pattern.as_ref().unwrap_or(&index.name);
            let file = file
                .take()
                .map_or_else(String::new, |file| format!("  ({file})"));
            let _ = writeln!(text, "{name:names$}  {title:titles$}  {index}{file}");
            (name, title) = ("", "");
        }
    }
    text
}

/// Everything about one source.
fn one(source: &DataSource, file: Option<&str>) -> String {
    let mut text = format!("{}: {}\n", source.name, source.title);
    if let Some(file) = file {
        let _ = writeln!(text, "defined or extended in {file}");
    }
    text.push_str("\nindices\n");
    for index in &source.indices {
        let origin = match index.origin() {
            Origin::Declared => "declared",
            Origin::Assumed => "assumed",
            Origin::Dynamic => "dynamic",
            Origin::Inferred => "inferred",
        };
        let fields: BTreeSet<&str> = index.names().collect();
        let _ = writeln!(
            text,
            "  {}\n    {} fields, {origin}: {}",
            index.pattern.as_ref().unwrap_or(&index.name),
            fields.len(),
            index.evidence
        );
    }
    text.push_str("\nkinds of event\n");
    for kind in &source.kinds {
        let index = source.indices.get(kind.index);
        let index = index.map_or("", |index| index.name.as_str());
        let _ = writeln!(text, "  {}  in {index}", name(kind));
        pairs("", &kind.defaults, &mut text);
        pins(&kind.pins, &mut text);
        if !kind.never.is_empty() {
            let _ = writeln!(text, "    never    {}", kind.never.join(", "));
        }
    }
    if !source.defaults.is_empty() {
        text.push_str("\nevery event, unless the scenario says otherwise\n");
        pairs("", &source.defaults, &mut text);
    }
    if !source.open.is_empty() {
        text.push_str("\nany field below is a keyword\n");
        let _ = writeln!(text, "    {}", source.open.join(", "));
    }
    if !source.pins.is_empty() {
        text.push_str("\nevery event, whatever the scenario says (`force` overrides)\n");
        pins(&source.pins, &mut text);
    }
    text
}

fn name(kind: &EventKind) -> String {
    match &kind.action {
        Some(action) => format!("{}.{action}", kind.group),
        None => kind.group.clone(),
    }
}

fn pairs(key: &str, fields: &[(String, Vec<Scalar>)], text: &mut String) {
    for (field, values) in fields {
        let _ = writeln!(text, "    {key}{field} = {}", joined(values));
    }
}

fn pins(pins: &[Pin], text: &mut String) {
    for pin in pins {
        let value = match pin.value.as_slice() {
            [] => "always missing".to_owned(),
            values => format!("always {}", joined(values)),
        };
        let _ = writeln!(text, "    {} is {value}\n      {}", pin.field, pin.evidence);
    }
}

fn joined(values: &[Scalar]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    values.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_source::Index;
    use crate::data_source::field_list::FieldList;
    use crate::data_source::source::IndexList;
    use std::sync::Arc;

    fn sysmon() -> DataSource {
        let pin = |field: &str, value: &[&str]| Pin {
            field: field.into(),
            value: value.iter().map(|value| Scalar::text(*value)).collect(),
            evidence: "the provider runs as a service".into(),
        };
        DataSource {
            name: "sysmon".into(),
            title: "Sysmon".into(),
            indices: vec![Index {
                name: "logs-windows.sysmon_operational-default".into(),
                pattern: None,
                lists: vec![IndexList {
                    fields: Arc::new(FieldList::new("")),
                    origin: Origin::Assumed,
                }],
                evidence: "ECS 8.11".into(),
            }],
            kinds: vec![EventKind {
                group: "process".into(),
                action: Some("start".into()),
                index: 0,
                defaults: vec![("event.code".into(), vec![Scalar::text("1")])],
                pins: vec![pin("process.code_signature", &[])],
                never: vec!["dns.*".into()],
            }],
            defaults: vec![("host.id".into(), vec![Scalar::text("host-1")])],
            pins: vec![pin("user.id", &["S-1-5-18"])],
            open: vec!["winlog.event_data.".into()],
        }
    }

    #[test]
    fn one_source_is_shown_with_its_pins_and_their_evidence() {
        insta::assert_snapshot!(one(&sysmon(), None));
    }
}
