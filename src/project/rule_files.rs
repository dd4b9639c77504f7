//! The names of rules. A file of TOML holds one rule, which has the file's name; a file of Kibana's
//! JSON may hold many, and the name of each is `FILE#RULE_ID`.

use super::files::{ProjectFiles, extension};
use crate::compile::{Syntax, indicator_query, is_supported, too_long};
use crate::diagnostic::Diagnostic;
use crate::replay::Subject;
use crate::rule::{self, Loaded, Rule, RuleKind};

/// The extensions of rule files.
pub const EXTENSIONS: &[&str] = &["toml", "ndjson", "json"];

/// Whether a name is that of a rule or a rule file.
pub fn is_rule(name: &str) -> bool {
    extension(file_of(name)).is_some_and(|extension| EXTENSIONS.contains(&extension))
}

/// The file of a rule.
pub fn file_of(name: &str) -> &str {
    apart(name).0
}

/// The file of a rule, and the id of the one that is meant.
pub(super) fn apart(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('#') {
        Some((file, id)) if extension(file).is_some_and(|it| EXTENSIONS.contains(&it)) => {
            (file, Some(id))
        }
        _ => (name, None),
    }
}

/// What became of the rules of a file, each with its name.
pub fn named(file: &str, loaded: Vec<Loaded>) -> Vec<(String, Loaded)> {
    let is_single = loaded.len() == 1;
    let name = |loaded: &Loaded| match &loaded.rule {
        Some(rule) if !is_single => format!("{file}#{}", rule.id),
        _ => file.to_owned(),
    };
    loaded
        .into_iter()
        .map(|loaded| (name(&loaded), loaded))
        .collect()
}

/// Reads the rules that a name stands for: all of a file, or the one with the id behind `#`.
pub(super) fn read(
    files: &dyn ProjectFiles,
    name: &str,
) -> Result<Vec<(String, Loaded)>, Box<Diagnostic>> {
    let (file, id) = apart(name);
    let rules = named(file, rule::load_file(&files.read(file)?));
    Ok(match id {
        None => rules,
        Some(id) => rules
            .into_iter()
            .filter(|(_, loaded)| loaded.rule.as_ref().is_none_or(|rule| rule.id == id))
            .collect(),
    })
}

/// A rule of a file with its parsed query.
pub(super) struct ReadRule {
    /// Errors and warnings.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// `None` if there is an error.
    pub(super) subject: Option<Subject>,
}

/// Reads the rules that a name stands for, and parses their queries.
pub(super) fn read_and_parse(
    files: &dyn ProjectFiles,
    name: &str,
) -> Result<Vec<ReadRule>, Box<Diagnostic>> {
    let subject = |(file, loaded): (String, Loaded)| {
        let mut diagnostics = loaded.diagnostics;
        let subject = loaded.rule.and_then(|rule| match parsed(&rule) {
            Ok(syntax) => Some(Subject { file, rule, syntax }),
            Err(errors) => {
                diagnostics.extend(errors);
                None
            }
        });
        ReadRule {
            diagnostics,
            subject,
        }
    };
    Ok(read(files, name)?.into_iter().map(subject).collect())
}

/// The parsed query of a rule that Trapline runs, or everything that is wrong with its queries.
pub(super) fn parsed(rule: &Rule) -> Result<Option<Syntax>, Vec<Diagnostic>> {
    let is_run = is_supported(rule.kind.rule_type()) && too_long(rule).is_none();
    let Some(query) = rule.query.as_ref().filter(|_| is_run) else {
        return Ok(None);
    };
    let syntax = Syntax::parse(query.language, query.text.text()).map_err(|errors| {
        let errors = errors.iter();
        let diagnostics = errors.map(|error| error.diagnostic(&query.text));
        diagnostics.collect::<Vec<Diagnostic>>()
    })?;
    if let RuleKind::ThreatMatch(settings) = &rule.kind {
        indicator_query(settings).map_err(|refused| refused.diagnostics)?;
    }
    Ok(Some(syntax))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_named_by_its_file_and_in_a_file_of_many_by_its_id() {
        assert_eq!(apart("rules/a.toml"), ("rules/a.toml", None));
        assert_eq!(apart("rules/a.ndjson#x-1"), ("rules/a.ndjson", Some("x-1")));
        assert_eq!(apart("rules/a#b.toml"), ("rules/a#b.toml", None));
        assert!(is_rule("rules/a.json#i") && !is_rule("scenarios/a.yaml"));
    }
}
