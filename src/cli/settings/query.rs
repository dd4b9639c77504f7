//! The settings of `query`.

use camino::Utf8PathBuf;

use super::super::args::{End, Optional, QueryArgs, QueryFormat, QueryLanguage};
use super::super::environment;
use super::super::error::{self, Problem};
use super::{Input, Settings};
use crate::diagnostic::Diagnostic;
use crate::evaluate::{Request, ResultPosition};
use crate::event::Timestamp;
use crate::event::time::DateFormat;
use crate::language::eql;
use crate::search::Parameters;

/// The settings of `query`.
#[derive(Debug, Clone)]
pub struct QuerySettings {
    /// The query.
    pub query: String,
    /// Its language.
    pub language: QueryLanguage,
    /// Where the documents come from. There is at least one, but for an ES|QL query with ROW.
    pub inputs: Vec<Input>,
    /// The mappings; absolute.
    pub mappings: Vec<Utf8PathBuf>,
    /// What the request says.
    pub parameters: Parameters,
    /// `--format`.
    pub format: Option<QueryFormat>,
}

impl Settings {
    /// What the options of `query` mean.
    pub fn query(&self, args: &QueryArgs) -> Result<QuerySettings, Box<Problem>> {
        if args.files.is_empty() && args.language != QueryLanguage::Esql {
            let message = "no FILE with documents is given";
            let help = "only an ES|QL query that begins with ROW needs none";
            return Err(Problem::usage(
                Diagnostic::error(&error::NO_DOCUMENTS, message).help(help),
            ));
        }
        let mut inputs = Vec::new();
        for file in &args.files {
            match file.as_str() {
                "-" => inputs.push(Input::Standard),
                file => inputs.extend(self.paths(file)?.into_iter().map(Input::File)),
            }
        }
        let mut mappings = Vec::new();
        for mapping in &args.mapping {
            let path = self.working_directory.join(mapping);
            self.must_exist(&path)?;
            mappings.push(path);
        }
        Ok(QuerySettings {
            query: args.query.clone(),
            language: args.language,
            inputs,
            mappings,
            parameters: parameters(args)?,
            format: args.format,
        })
    }
}

fn parameters(args: &QueryArgs) -> Result<Parameters, Box<Problem>> {
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Parameters {
        settings: eql::RequestFieldNames {
            timestamp: args.timestamp_field.clone(),
            category: args.event_category_field.clone(),
            tiebreaker: args.tiebreaker_field.clone(),
        },
        request: Request {
            size: Some(args.size),
            position: match args.result_position {
                End::Head => ResultPosition::Head,
                End::Tail => ResultPosition::Tail,
            },
            max_samples_per_key: count(args.max_samples_per_key),
        },
        optional: match args.optional {
            Optional::Missing => eql::OptionalFields::Missing,
            Optional::Folded => eql::OptionalFields::Folded,
        },
        now: Some(now(args)?),
    })
}

/// The time of `now`: what was typed, else the clock's.
fn now(args: &QueryArgs) -> Result<Timestamp, Box<Problem>> {
    let Some(text) = &args.now else {
        return Ok(environment::now());
    };
    DateFormat::default().parse(text).ok_or_else(|| {
        let message = format!("`--now {text}` is no date");
        Problem::usage(
            Diagnostic::error(&error::BAD_TIME, message).help("write it as `2024-01-31T12:00:00Z`"),
        )
    })
}
