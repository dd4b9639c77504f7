//! The exception lists that apply to rules over recordings: those of the project, and those that are
//! named by `--exceptions`.

use camino::Utf8PathBuf;

use super::super::error::Problem;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use crate::compile::ExceptionLists;
use crate::diagnostic::Diagnostic;
use crate::replay::read_list;
use crate::rule::Rule;

/// The extensions of exception lists.
const EXTENSIONS: &[&str] = &["toml", "ndjson"];

/// The exception lists of the project and those that were typed, by their paths. One that cannot be read ends the
/// command: without it there would be alerts that production does not give.
pub(super) fn load(
    settings: &Settings,
    typed: &[Utf8PathBuf],
    console: &mut Console,
) -> Result<ExceptionLists, Box<Problem>> {
    let layouts = settings.layouts.iter();
    let of_project = layouts.flat_map(|layout| &layout.exceptions);
    let of_project = of_project.map(Utf8PathBuf::from);
    let of_project = of_project.filter(|path| settings.files.exists(path));
    let typed = typed.iter().cloned();
    read(settings, of_project.chain(typed).collect(), console)
}

/// Only those that were typed.
pub(super) fn typed(
    settings: &Settings,
    typed: &[Utf8PathBuf],
    console: &mut Console,
) -> Result<ExceptionLists, Box<Problem>> {
    read(settings, typed.to_vec(), console)
}

fn read(
    settings: &Settings,
    places: Vec<Utf8PathBuf>,
    console: &mut Console,
) -> Result<ExceptionLists, Box<Problem>> {
    let mut paths = Vec::new();
    for path in places {
        if settings.files.is_directory(&path) {
            let found = settings.files.find(&path, EXTENSIONS);
            paths.extend(found.map_err(|mistake| Problem::usage(*mistake))?);
        } else {
            paths.push(path);
        }
    }
    paths.sort();
    paths.dedup();
    let mut lists = ExceptionLists::default();
    for path in paths {
        let source = settings.files.read(&path);
        let source = source.map_err(|mistake| Problem::usage(*mistake))?;
        let loaded = read_list(&source, &settings.files);
        if loaded.diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Box::new(Problem {
                exit: ExitCode::NotLoaded,
                diagnostics: loaded.diagnostics,
            }));
        }
        console.diagnostics(&loaded.diagnostics);
        lists.add(loaded.items);
    }
    Ok(lists)
}

/// The lists for one rule; none are read where it refers to none.
pub(super) fn of_rule(
    rule: &Rule,
    settings: &Settings,
    typed: &[Utf8PathBuf],
    console: &mut Console,
) -> Result<ExceptionLists, Box<Problem>> {
    if rule.production.exception_lists.is_empty() && typed.is_empty() {
        return Ok(ExceptionLists::default());
    }
    load(settings, typed, console)
}
