//! The data sources that a rule is written for, and its plan on one of them.

use std::sync::Arc;

use super::attack::RuleOnSource;
use super::unsolved::UnsolvedReason;
use super::{Request, SynthesizeError};
use crate::compile::{Exclusions, FieldTypes, Refused, SourceCompiler, Syntax, indicator_query};
use crate::data_source::{DataSource, IndexPatterns};
use crate::evaluate::Prepared;
use crate::evaluate::pipeline::{CompletionAnswer, RequestData};
use crate::event::{Event, Scalar};
use crate::plan::pipeline::Pipeline;
use crate::replay::START;
use crate::replay::reason::RefusedQuery;
use crate::rule::ThreatMatch;

/// The sources to write for.
pub(super) fn sources<'a>(
    request: &Request<'a>,
    patterns: &IndexPatterns,
) -> Result<Vec<&'a DataSource>, SynthesizeError> {
    if let Some(what) = request.subject.unsupported() {
        return Err(SynthesizeError::Unsupported(what.to_string()));
    }
    let mut claimed = request.catalogue.claimed(patterns);
    let unknown = |name: &&String| claimed.iter().all(|source| source.name != **name);
    if let Some(name) = request.sources.iter().find(unknown) {
        return Err(SynthesizeError::UnknownSource(name.clone()));
    }
    claimed.retain(|source| request.sources.is_empty() || request.sources.contains(&source.name));
    if claimed.is_empty() {
        return Err(SynthesizeError::NoSource);
    }
    Ok(claimed)
}

/// Runs what needs the rule's plan on a source; the error is Elasticsearch's refusal.
pub(super) fn on_plan<T>(
    request: &Request<'_>,
    source: &DataSource,
    patterns: &IndexPatterns,
    run: impl FnOnce(&RuleOnSource<'_>) -> Result<T, UnsolvedReason>,
) -> Result<T, UnsolvedReason> {
    let subject = request.subject;
    let (Some(query), Some(syntax)) = (&subject.rule.query, &subject.syntax) else {
        return Err(UnsolvedReason::NoQuery);
    };
    let types = FieldTypes::new(source, [], patterns);
    let exclusions = Exclusions::default();
    let rule = &subject.rule;
    let compiler = SourceCompiler::new(rule, &query.text, syntax, types, &exclusions, START);
    let compiled = compiler
        .compile(&[])
        .map_err(|refused| UnsolvedReason::Refused(RefusedQuery::of(&refused)))?;
    let prepared = Prepared::new(&compiled.plan)?;
    run(&RuleOnSource {
        prepared: &prepared,
        source,
        patterns,
    })
}

/// Runs what needs the pipeline of an ES|QL rule on a source; the error is Elasticsearch's refusal.
/// A field below the source's open prefixes is mapped as if an event carried it.
pub(super) fn on_pipeline<T>(
    request: &Request<'_>,
    source: &DataSource,
    patterns: &IndexPatterns,
    run: impl FnOnce(&Pipeline) -> Result<T, UnsolvedReason>,
) -> Result<T, UnsolvedReason> {
    let subject = request.subject;
    let (Some(query), Some(Syntax::Esql(parsed))) = (&subject.rule.query, &subject.syntax) else {
        return Err(UnsolvedReason::NoQuery);
    };
    let given = RequestData {
        answers: vec![CompletionAnswer {
            prompt: String::new(),
            answer: String::new(),
        }],
        ..RequestData::default()
    };
    let syntax = Syntax::Esql(parsed.clone().with(Arc::new(given)));
    let types = FieldTypes::new(source, [], patterns);
    let exclusions = Exclusions::default();
    let compiler = SourceCompiler::new(
        &subject.rule,
        &query.text,
        &syntax,
        types,
        &exclusions,
        START,
    );
    let carried: Vec<Event> = compiler
        .names()
        .filter(|path| source.is_open(path))
        .map(|path| {
            let mut event = Event::default();
            event.set(path, vec![Scalar::text("sample")]);
            event
        })
        .collect();
    let compiled = compiler
        .compile(&carried)
        .map_err(|refused| UnsolvedReason::Refused(RefusedQuery::of(&refused)))?;
    let pipeline = compiled.pipeline.as_ref().ok_or(UnsolvedReason::NoQuery)?;
    run(pipeline)
}

/// Runs what needs the plan of a rule's indicator query on the source of its indicators; the error
/// is Elasticsearch's refusal.
pub(super) fn on_indicators<T>(
    request: &Request<'_>,
    settings: &ThreatMatch,
    run: impl FnOnce(&DataSource, &RuleOnSource<'_>) -> Result<T, UnsolvedReason>,
) -> Result<T, UnsolvedReason> {
    let patterns = request.subject.indicator_patterns();
    let source = request.subject.indicator_source(request.catalogue);
    let source = source.ok_or(UnsolvedReason::NoIndicatorSource)?;
    let refused = |refused: &Refused| UnsolvedReason::Refused(RefusedQuery::of(refused));
    let syntax = indicator_query(settings).map_err(|error| refused(&error))?;
    let types = FieldTypes::new(source, [], &patterns);
    let exclusions = Exclusions::default();
    let compiler = SourceCompiler::of_indicators(settings, &syntax, types, &exclusions, START);
    let compiled = compiler.compile(&[]).map_err(|error| refused(&error))?;
    let prepared = Prepared::new(&compiled.plan)?;
    let on_source = RuleOnSource {
        prepared: &prepared,
        source,
        patterns: &patterns,
    };
    run(source, &on_source)
}
