//! The data sources of a project: `sources/*.toml`, each of which defines a source, adds to one that
//! ships with Trapline, or replaces it.
//!
//! text → [`Table`] → `Definition` → [`Catalogue`]
//!
//! Types of fields stand in the file itself, or in a file beside it that it names: the answer to
//! `GET INDEX/_mapping`, or the `fields.yml` of an integration. `learn` writes such a file from a
//! recording.

mod field_files;
mod field_type;
mod fields_yml;
pub mod learn;
mod read;
mod reader;
pub mod schema;
mod verify;

use std::sync::Arc;

use super::catalogue::Catalogue;
use super::definition::Missing;
use super::error::SOURCE_CLASH;
use super::source::DataSource;
use crate::diagnostic::data_source::{BadSource, SourceClash};
use crate::diagnostic::{Diagnostic, SourceText, Span};
use read::{OwnSource, Relation};
pub use reader::{OpenBeside, is_word as is_name};

/// Adds the source that a file defines; all mistakes of the file are reported in one run.
pub fn add(
    source: &Arc<SourceText>,
    open: OpenBeside<'_>,
    catalogue: &mut Catalogue,
) -> Vec<Diagnostic> {
    let mut reader = reader::Reader::new(source);
    let own = read::read(&mut reader, open, catalogue);
    if let Some(own) = own
        && reader.is_sound()
    {
        put(own, &mut reader, catalogue);
    }
    reader.into_diagnostics()
}

/// Builds the source and puts it into the catalogue.
fn put(own: OwnSource, reader: &mut reader::Reader<'_>, catalogue: &mut Catalogue) {
    let replaced = match &own.relation {
        Relation::New => None,
        Relation::Extends(other, _) | Relation::Replaces(other, _) => Some(other.clone()),
    };
    if let Some((clash, span)) = clash(&own, catalogue) {
        reader.caused(&SOURCE_CLASH, span, &clash);
        return;
    }
    let places = own.places;
    let built: Result<DataSource, Missing> = match &own.relation {
        Relation::Extends(other, _) => match catalogue.get(other).cloned() {
            Some(mut source) => own.definition.extend(&mut source).map(|()| source),
            None => Err(Missing::Source(other.clone())),
        },
        _ => own.definition.build(catalogue.sources()),
    };
    match built {
        Ok(source) => {
            verify::verify(&source, &places, reader);
            if reader.is_sound() {
                let file = reader.name().to_owned();
                catalogue.put(source, replaced.as_deref(), &file);
            }
        }
        // The reader has looked every name up, so this is said of the file as a whole.
        Err(what) => {
            let cause = BadSource::NotThere(what);
            reader.caused(&super::error::UNKNOWN_NAME, Span::default(), &cause);
        }
    }
}

/// Another source that has the name, or another file about the same source.
fn clash(own: &OwnSource, catalogue: &Catalogue) -> Option<(SourceClash, Span)> {
    let name = own.definition.name.clone();
    match &own.relation {
        Relation::Extends(other, span) | Relation::Replaces(other, span) => {
            if let Some(file) = catalogue.file(other) {
                let clash = SourceClash::TwoFiles {
                    file: file.to_owned(),
                    name: other.clone(),
                };
                return Some((clash, *span));
            }
            let is_other = name != *other && catalogue.get(&name).is_some();
            is_other.then_some((SourceClash::TakenName { name }, own.name_span))
        }
        Relation::New => {
            catalogue.get(&name)?;
            let clash = match catalogue.file(&name).map(str::to_owned) {
                Some(file) => SourceClash::OfFile { name, file },
                None => SourceClash::OfTrapline { name },
            };
            Some((clash, own.name_span))
        }
    }
}
