//! The findings of `trapline check`: as text, one line each, and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::diagnostic::{Details, Diagnostic, Severity, render};
use crate::lint::Finding;

/// Up to this many findings of one kind are all drawn.
const FEW: usize = 5;
/// Of a kind with more, this many are drawn and this many named in a line.
const DRAWN: usize = 2;
const NAMED: usize = 3;

/// Lints whose findings are limits of Trapline: it has no shape for what the rule searches.
const LIMITS: [&str; 1] = ["unserved-index"];

/// Everything that a run of `check` found.
#[derive(Debug, Default)]
pub struct Checked {
    /// Files that cannot be loaded, and why.
    pub broken: Vec<Diagnostic>,
    /// What the lints found, in the order of the files; their severities are final.
    pub findings: Vec<Finding>,
    /// How many rules were checked.
    pub rules: usize,
    /// How many rules are of a type that Trapline does not run, by type.
    pub unsupported: BTreeMap<&'static str, usize>,
    /// How many scenario files were checked.
    pub scenarios: usize,
}

impl Checked {
    fn all(&self) -> impl Iterator<Item = (Option<&Finding>, &Diagnostic)> {
        let broken = self.broken.iter().map(|diagnostic| (None, diagnostic));
        let findings = self.findings.iter();
        broken.chain(findings.map(|finding| (Some(finding), &finding.diagnostic)))
    }

    fn count(&self, severity: Severity) -> usize {
        self.all()
            .filter(|(_, diagnostic)| diagnostic.severity == severity)
            .count()
    }

    /// The findings drawn at their places, those of one kind together, then the summary. Of a kind
    /// with many findings only the first ones are drawn, unless all are asked for.
    pub fn human(&self, colour: bool, width: Option<usize>, verbose: bool) -> String {
        let mut kinds: Vec<(&str, Vec<&Diagnostic>)> = Vec::new();
        for (finding, diagnostic) in self.all() {
            let kind = finding.map_or("", |finding| finding.lint.name());
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, group)) => group.push(diagnostic),
                None => kinds.push((kind, vec![diagnostic])),
            }
        }
        // Errors in files first; a limitation of Trapline cannot be fixed in a rule.
        kinds.sort_by_key(|(kind, _)| LIMITS.contains(kind));
        let mut text = String::new();
        for (kind, group) in kinds {
            let shown = if verbose || group.len() <= FEW {
                group.len()
            } else {
                DRAWN
            };
            let (drawn, rest) = group.split_at(shown.min(group.len()));
            for diagnostic in drawn {
                text.push_str(&render::render_within(diagnostic, colour, width));
                text.push('\n');
            }
            if rest.is_empty() {
                continue;
            }
            let limit = if LIMITS.contains(&kind) {
                ", a limit of Trapline and no fault of a rule"
            } else {
                ""
            };
            let _ = writeln!(text, "{} more of {kind}{limit}:", rest.len());
            for diagnostic in rest.iter().take(NAMED) {
                text.push_str("  ");
                text.push_str(&render::concise(diagnostic));
            }
            if rest.len() > NAMED {
                let _ = writeln!(
                    text,
                    "  and {} more; --verbose draws all",
                    rest.len() - NAMED
                );
            }
            text.push('\n');
        }
        text + &self.summary()
    }

    /// A finding a line, then the summary.
    pub fn concise(&self) -> String {
        let lines = self
            .all()
            .map(|(_, diagnostic)| render::concise(diagnostic));
        lines.collect::<String>() + &self.summary()
    }

    /// The lints that found something, then how it went, in one line.
    pub fn summary(&self) -> String {
        let mut parts = vec![format!("{} checked", plural(self.rules, "rule"))];
        if !self.unsupported.is_empty() {
            let types = self.unsupported.iter();
            let types: Vec<String> = types
                .map(|(name, count)| format!("{count} {name}"))
                .collect();
            let all: usize = self.unsupported.values().sum();
            parts.push(format!("{all} of unsupported types ({})", types.join(", ")));
        }
        if self.scenarios > 0 {
            parts.push(plural(self.scenarios, "scenario file"));
        }
        let mut text = String::new();
        let mut lints: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &self.findings {
            *lints.entry(finding.lint.name()).or_default() += 1;
        }
        let (limits, faults): (Vec<_>, Vec<_>) =
            lints.iter().partition(|(name, _)| LIMITS.contains(*name));
        for (key, lints) in [("found", faults), ("limits of Trapline", limits)] {
            if !lints.is_empty() {
                let lints = lints.iter().map(|(name, count)| format!("{name} {count}"));
                let _ = writeln!(text, "{key}: {}", lints.collect::<Vec<_>>().join(", "));
            }
        }
        let _ = writeln!(
            text,
            "{}: {}, {}",
            parts.join(", "),
            plural(self.count(Severity::Error), "error"),
            plural(self.count(Severity::Warning), "warning")
        );
        text
    }

    /// One JSON object and a line break.
    pub fn json(&self) -> String {
        let report = Report {
            summary: Summary {
                rules: self.rules,
                scenarios: self.scenarios,
                unsupported: &self.unsupported,
                errors: self.count(Severity::Error),
                warnings: self.count(Severity::Warning),
                broken: self.broken.len(),
            },
            findings: self
                .all()
                .map(|(finding, diagnostic)| entry(finding, diagnostic))
                .collect(),
        };
        // Strings and numbers only: this cannot fail.
        serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
    }
}

fn plural(count: usize, word: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {word}{s}")
}

#[derive(Serialize)]
struct Report<'a> {
    summary: Summary<'a>,
    findings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Summary<'a> {
    rules: usize,
    scenarios: usize,
    unsupported: &'a BTreeMap<&'static str, usize>,
    errors: usize,
    warnings: usize,
    broken: usize,
}

#[derive(Serialize)]
struct Entry<'a> {
    /// `null`: the file cannot be loaded.
    lint: Option<&'static str>,
    code: &'static str,
    severity: &'static str,
    /// What is wrong, narrower than the code; `null` where the code says all.
    cause: Option<&'a str>,
    message: &'a str,
    /// What the message names; `null` where it names nothing.
    details: Option<&'a Details>,
    sources: &'a [String],
    places: Vec<Place<'a>>,
    help: &'a [String],
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    message: &'a str,
}

fn entry<'a>(finding: Option<&'a Finding>, diagnostic: &'a Diagnostic) -> Entry<'a> {
    let places = diagnostic.labels.iter().map(|label| {
        let (line, column) = label.source.line_column(label.span.start);
        let (end_line, end_column) = label.source.line_column(label.span.end);
        Place {
            file: label.source.name(),
            line,
            column,
            end_line,
            end_column,
            message: &label.message,
        }
    });
    Entry {
        lint: finding.map(|finding| finding.lint.name()),
        code: diagnostic.code.number,
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        cause: diagnostic.cause.as_deref(),
        message: &diagnostic.message,
        details: (!diagnostic.details.is_empty()).then_some(&*diagnostic.details),
        sources: finding.map_or(&[], |finding| &finding.sources),
        places: places.collect(),
        help: &diagnostic.help,
    }
}
