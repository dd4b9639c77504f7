//! `trapline query --language esql`: runs one ES|QL query and prints the answer of `_query`.

use std::io::BufWriter;

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::{QueryFormat, QuerySettings, Settings};
use super::super::{Console, ExitCode};
use super::query_input::{mappings, open_all, read_all, refused};
use crate::compile::parse_pipeline;
use crate::diagnostic::Diagnostic;
use crate::report::rows;
use crate::search::Indices;

/// Runs the verb.
pub(super) fn run(
    settings: &Settings,
    query: &QuerySettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let parsed = parse_pipeline(&query.query).query;
    if query.inputs.is_empty() && parsed.is_some_and(|query| !query.is_row()) {
        let message = "no FILE with documents is given";
        let help = "only a query that begins with ROW needs none";
        let diagnostic = Diagnostic::error(&error::NO_DOCUMENTS, message).help(help);
        return Err(Problem::usage(diagnostic));
    }
    let mut indices = if query.mappings.is_empty() {
        Indices::dynamic(settings.catalogue()?.field_types())
    } else {
        Indices::mapped(mappings(&settings.files, &query.mappings)?)
    };
    indices = indices.within(settings.files.limits.rows);
    indices.expect(&query.query);
    let opened = open_all(&settings.files, &query.inputs)?;
    let mut add = |file: &str, line: &str| indices.add_line(line, stem(file));
    read_all(opened, &mut add, console)?;
    let now = query.parameters.now.unwrap_or_default();
    let rows = indices
        .answer(&query.query, now)
        .map_err(|refusal| Box::new(refused(&query.query, refusal)))?;
    let warnings: Vec<Diagnostic> = rows
        .outcome
        .warnings
        .iter()
        .map(|warning| Diagnostic::of(&error::QUERY_WARNING, warning).into_warning())
        .collect();
    console.diagnostics(&warnings);
    let table = match query.format {
        Some(format) => format == QueryFormat::Table,
        None => console.terminal(),
    };
    if table {
        let cells = rows.outcome.rows.iter().map(|row| row.cells.as_slice());
        console.write(Stream::Out, &rows::table(&rows.columns, cells));
    } else {
        // A closed pipe (`| head`) is not an error.
        let out = BufWriter::with_capacity(1 << 16, console.stream(Stream::Out));
        let _ = rows.write(out);
    }
    Ok(ExitCode::Passed)
}

/// The name of a file without its folder and its endings: the index of its documents.
fn stem(name: &str) -> &str {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let file = file.trim_end_matches(".gz").trim_end_matches(".zst");
    match file.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => file,
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn the_index_is_the_name_of_the_file() {
        for (name, index) in [
            ("data/employees.ndjson", "employees"),
            ("logs-x.y.ndjson.gz", "logs-x.y"),
            ("-", "-"),
            (".hidden", ".hidden"),
        ] {
            assert_eq!(stem(name), index);
        }
    }
}
