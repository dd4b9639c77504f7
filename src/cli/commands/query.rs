//! `trapline query QUERY FILE…`: runs one query over NDJSON and prints the answer of `_eql/search`
//! or `_search`.

use super::super::args::{QueryFormat, QueryLanguage};
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::query_settings::QuerySettings;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use super::query_input::{Notes, mappings, open, read, refused};
use super::query_rows;
use crate::diagnostic::Diagnostic;
use crate::report::hits;
use crate::rule::Language;
use crate::search::Index;

/// Runs the verb.
pub fn run(settings: &Settings, query: &QuerySettings, console: &mut Console) -> ExitCode {
    match answer(settings, query, console) {
        Ok(()) => ExitCode::Passed,
        Err(problem) => console.problem(&problem),
    }
}

fn answer(
    settings: &Settings,
    query: &QuerySettings,
    console: &mut Console,
) -> Result<(), Box<Problem>> {
    if query.language == QueryLanguage::Esql {
        return query_rows::answer(settings, query, console);
    }
    let mut index = if query.mappings.is_empty() {
        Index::dynamic(settings.catalogue()?.field_types())
    } else {
        Index::mapped(mappings(&settings.files, &query.mappings)?)
    };
    // Opened before anything is read, so that a wrong path is said at once.
    let mut readers = Vec::new();
    for input in &query.inputs {
        readers.push(open(&settings.files, input)?);
    }
    let language = match query.language {
        QueryLanguage::Kuery => Language::Kuery,
        QueryLanguage::Lucene => Language::Lucene,
        QueryLanguage::Eql | QueryLanguage::Esql => Language::Eql,
    };
    let expected = match language {
        Language::Eql => index.expect(&query.query, &query.parameters.settings),
        other => index.expect_condition(other, &query.query, &query.parameters),
    };
    expected.map_err(|refusal| Box::new(refused(&query.query, refusal)))?;
    let mut notes = Notes::default();
    for (name, reader) in readers {
        read(&name, reader, &mut |line| index.add_line(line), &mut notes)?;
    }
    console.diagnostics(&notes.warnings());
    let errors = notes.errors();
    if !errors.is_empty() {
        return Err(Box::new(Problem {
            exit: ExitCode::NotLoaded,
            diagnostics: errors,
        }));
    }
    let answer = match language {
        Language::Eql => index.answer(&query.query, &query.parameters),
        other => index.hits(other, &query.query, &query.parameters),
    };
    let answer = answer.map_err(|refusal| Box::new(refused(&query.query, refusal)))?;
    if let Some(open) = &answer.uncertain {
        let fields: Vec<String> = open.fields.iter().map(|path| format!("?{path}")).collect();
        let message = format!(
            "what is found is open: no mapping has {}; as a missing field {} found, folded to null {}",
            fields.join(", "),
            open.missing,
            open.folded
        );
        console.diagnostics([&Diagnostic::warning(&error::UNCERTAIN_OPTIONAL, message)]);
    }
    let table = match query.format {
        Some(format) => format == QueryFormat::Table,
        None => console.terminal(),
    };
    if !table {
        // A closed pipe (`| head`) is not an error.
        let _ = answer.write(console.json_stream());
        return Ok(());
    }
    let look = hits::TableOptions {
        width: console.width(Stream::Out),
        time: query.parameters.settings.timestamp.clone(),
        category: query.parameters.settings.category.clone(),
        fields: match language {
            Language::Eql => Index::fields_of(&query.query),
            other => Index::fields_of_condition(other, &query.query),
        },
    };
    console.write(Stream::Out, &hits::table(&answer.table_body(), &look));
    Ok(())
}
