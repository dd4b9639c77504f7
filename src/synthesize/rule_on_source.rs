//! The data sources that a rule is written for, and its plan on one of them.

use super::attack::Ground;
use super::unsolved::UnsolvedReason;
use super::{Impossible, Request};
use crate::compile::{Exclusions, FieldTypes, Refused, SourceCompiler, indicator_query};
use crate::data_source::{DataSource, IndexPatterns};
use crate::evaluate::Prepared;
use crate::replay::START;
use crate::replay::reason::RefusedQuery;
use crate::rule::{RuleType, ThreatMatch};

/// The sources to write for.
pub(super) fn sources<'a>(
    request: &Request<'a>,
    patterns: &IndexPatterns,
) -> Result<Vec<&'a DataSource>, Impossible> {
    let is_esql = request.subject.rule.kind.rule_type() == RuleType::Esql;
    let on_streams = request.subject.unsupported_on_streams().filter(|_| is_esql);
    if let Some(what) = request.subject.unsupported().or(on_streams) {
        return Err(Impossible::Unsupported(what.to_string()));
    }
    let mut claimed = request.catalogue.claimed(patterns);
    let unknown = |name: &&String| claimed.iter().all(|source| source.name != **name);
    if let Some(name) = request.sources.iter().find(unknown) {
        return Err(Impossible::UnknownSource(name.clone()));
    }
    claimed.retain(|source| request.sources.is_empty() || request.sources.contains(&source.name));
    if claimed.is_empty() {
        return Err(Impossible::NoSource);
    }
    Ok(claimed)
}

/// Runs what needs the rule's plan on a source; the error is Elasticsearch's refusal.
pub(super) fn on_plan<T>(
    request: &Request<'_>,
    source: &DataSource,
    patterns: &IndexPatterns,
    run: impl FnOnce(&Ground<'_>) -> Result<T, UnsolvedReason>,
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
    run(&Ground {
        prepared: &prepared,
        source,
        patterns,
    })
}

/// Runs what needs the plan of a rule's indicator query on the source of its indicators; the error
/// is Elasticsearch's refusal.
pub(super) fn on_indicators<T>(
    request: &Request<'_>,
    settings: &ThreatMatch,
    run: impl FnOnce(&DataSource, &Ground<'_>) -> Result<T, UnsolvedReason>,
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
    let ground = Ground {
        prepared: &prepared,
        source,
        patterns: &patterns,
    };
    run(source, &ground)
}
