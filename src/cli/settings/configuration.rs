//! What trapline.toml says: where rules and scenarios are, levels of lints, and defaults of commands.

use std::sync::Arc;

use camino::Utf8Path;

use super::super::ExitCode;
use super::super::args::{BadFormat, FormatArg, Required, operator};
use super::super::error::Problem;
use super::super::files::Files;
use super::super::lint_levels::{Level, Levels, lint};
use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::mutation::Operator;
use crate::project::config::Config;
use crate::project::error::BAD_CONFIG;
use crate::project::{Layout, config};

/// The configuration, with its words read.
pub(super) struct Configuration {
    /// At least one.
    pub(super) layouts: Vec<Layout>,
    pub(super) lints: Levels,
    pub(super) defaults: Defaults,
}

/// What the configuration says about commands.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    pub(super) reports: Vec<FormatArg>,
    pub(super) strict: bool,
    pub(super) require_tested: Required,
    pub(super) min_cases: Option<usize>,
    pub(super) least_coverage: Option<f64>,
    pub(super) least_caught: Option<f64>,
    pub(super) operators: Vec<Operator>,
}

impl Configuration {
    /// Reads the configuration of a project, if it has one, and takes the limits and the allowed
    /// directories of its files from it.
    pub(super) fn read(files: &mut Files) -> Result<Self, Box<Problem>> {
        let file = Utf8Path::new(config::FILE);
        if !files.exists(file) {
            return Ok(Self {
                layouts: vec![Layout::default()],
                lints: Levels::new(),
                defaults: Defaults::default(),
            });
        }
        let source = files
            .read(file)
            .map_err(|mistake| Problem::usage(*mistake))?;
        let config = config::read(&source).map_err(|diagnostics| {
            Box::new(Problem {
                exit: ExitCode::Usage,
                diagnostics,
            })
        })?;
        files.limits = config.limits;
        for directory in &config.files.allow {
            files.allow(Utf8Path::new(directory));
        }
        Ok(Self {
            defaults: Defaults::new(&config, &source)?,
            lints: levels(&config, &source)?,
            layouts: config.projects,
        })
    }
}

/// `allow` and `deny` of `[check]`.
fn levels(config: &Config, source: &Arc<SourceText>) -> Result<Levels, Box<Problem>> {
    let mut lints = Levels::new();
    let names = [
        (&config.check.allow, Level::Allow),
        (&config.check.deny, Level::Deny),
    ];
    for (names, level) in names {
        for (name, span) in names {
            let place = |diagnostic: Diagnostic| diagnostic.at(source, *span, "");
            lints.insert(lint(name, place)?, level);
        }
    }
    Ok(lints)
}

impl Defaults {
    /// Reads the words of the configuration; a word that is none is an error at its place.
    fn new(config: &Config, source: &Arc<SourceText>) -> Result<Self, Box<Problem>> {
        let at = |span: Span, message: String| {
            let diagnostic = Diagnostic::error(&BAD_CONFIG, "the configuration cannot be read");
            Problem::usage(diagnostic.at(source, span, message))
        };
        let reports = config.test.format.iter();
        let reports = reports.map(|(word, span)| {
            word.parse()
                .map_err(|why: BadFormat| at(*span, why.to_string()))
        });
        let operators = config.mutate.operators.iter();
        let operators =
            operators.map(|(word, span)| operator(word).map_err(|why| at(*span, why.to_string())));
        let require_tested = match &config.gates.require_tested {
            None => Required::None,
            Some((word, span)) => Required::by_word(word)
                .ok_or_else(|| at(*span, "expected `all`, `changed` or `none`".to_owned()))?,
        };
        Ok(Self {
            reports: reports.collect::<Result<_, _>>()?,
            strict: config.test.strict,
            require_tested,
            min_cases: config.gates.min_cases,
            least_coverage: config.least_coverage,
            least_caught: config.mutate.min,
            operators: operators.collect::<Result<_, _>>()?,
        })
    }
}
