//! `trapline query QUERY FILE…`: runs one query over NDJSON and prints the answer of `_eql/search`
//! or `_search`.

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::{QueryFormat, QueryLanguage, QuerySettings, Settings};
use super::super::{Console, ExitCode};
use super::query_input::{mappings, open_all, read_all, refused};
use super::query_rows;
use crate::diagnostic::Diagnostic;
use crate::report::hits;
use crate::rule::Language;
use crate::search::{Answer, Index};

/// Runs the verb.
pub fn run(
    settings: &Settings,
    query: &QuerySettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let language = match query.language {
        QueryLanguage::Eql => Language::Eql,
        QueryLanguage::Kuery => Language::Kuery,
        QueryLanguage::Lucene => Language::Lucene,
        QueryLanguage::Esql => return query_rows::run(settings, query, console),
    };
    let index = index(settings, query, language, console)?;
    let answer = match language {
        Language::Eql => index.answer(&query.query, &query.parameters),
        other => index.hits(other, &query.query, &query.parameters),
    };
    let answer = answer.map_err(|refusal| Box::new(refused(&query.query, refusal)))?;
    if let Some(warning) = uncertain(&answer) {
        console.diagnostics([&warning]);
    }
    write(&answer, query, language, console);
    Ok(ExitCode::Passed)
}

/// The documents, with the types of the fields that the query reads.
fn index(
    settings: &Settings,
    query: &QuerySettings,
    language: Language,
    console: &mut Console,
) -> Result<Index, Box<Problem>> {
    let mut index = if query.mappings.is_empty() {
        Index::dynamic(settings.catalogue()?.field_types())
    } else {
        Index::mapped(mappings(&settings.files, &query.mappings)?)
    };
    let opened = open_all(&settings.files, &query.inputs)?;
    let expected = match language {
        Language::Eql => index.expect(&query.query, &query.parameters.settings),
        other => index.expect_condition(other, &query.query, &query.parameters),
    };
    expected.map_err(|refusal| Box::new(refused(&query.query, refusal)))?;
    read_all(opened, &mut |_, line| index.add_line(line), console)?;
    Ok(index)
}

/// A warning where the answer depends on a point that Elasticsearch leaves open.
fn uncertain(answer: &Answer) -> Option<Diagnostic> {
    let open = answer.uncertain.as_ref()?;
    let fields: Vec<String> = open.fields.iter().map(|path| format!("?{path}")).collect();
    let message = format!(
        "what is found is open: no mapping has {}; as a missing field {} found, folded to null {}",
        fields.join(", "),
        open.missing,
        open.folded
    );
    Some(Diagnostic::warning(&error::UNCERTAIN_OPTIONAL, message))
}

fn write(answer: &Answer, query: &QuerySettings, language: Language, console: &mut Console) {
    let is_table = match query.format {
        Some(format) => format == QueryFormat::Table,
        None => console.terminal(),
    };
    if !is_table {
        // A closed pipe (`| head`) is not an error.
        let _ = answer.write(console.json_stream());
        return;
    }
    let options = hits::TableOptions {
        width: console.width(Stream::Out),
        time: query.parameters.settings.timestamp.clone(),
        category: query.parameters.settings.category.clone(),
        fields: match language {
            Language::Eql => Index::fields_of(&query.query),
            other => Index::fields_of_condition(other, &query.query),
        },
    };
    console.write(Stream::Out, &hits::table(&answer.table_body(), &options));
}
