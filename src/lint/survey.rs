//! Statistics over many rules, without naming any: the report about public rules.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::compile::{self, Syntax};
use crate::lint::Linted;
use crate::lint::blind_phases::BlindPhases;
use crate::rule::RuleType;

/// The counts.
#[derive(Debug, Default)]
pub struct Survey {
    files: usize,
    broken: usize,
    types: BTreeMap<RuleType, usize>,
    parsed: usize,
    printed: usize,
    checked: usize,
    unsupported: usize,
    runs_everywhere: usize,
    runs_nowhere: usize,
    sources: BTreeMap<(String, &'static str), OnSource>,
    reasons: BTreeMap<(String, &'static str, &'static str), usize>,
    lints: BTreeMap<&'static str, (usize, usize)>,
    phases: BlindPhases,
}

#[derive(Debug, Default)]
struct OnSource {
    searched: usize,
    refused: usize,
    runs_combined: usize,
}

impl Survey {
    /// Counts one rule file.
    pub fn add(&mut self, linted: &Linted) {
        self.files += 1;
        let Some(rule) = &linted.rule else {
            self.broken += 1;
            return;
        };
        *self.types.entry(rule.kind.rule_type()).or_default() += 1;
        let mut names: BTreeMap<&'static str, usize> = BTreeMap::new();
        for finding in &linted.findings {
            *names.entry(finding.lint.name()).or_default() += 1;
        }
        for (name, count) in names {
            let entry = self.lints.entry(name).or_default();
            entry.0 += 1;
            entry.1 += count;
        }
        let Some(Syntax::Eql(syntax)) = &linted.syntax else {
            return;
        };
        self.parsed += 1;
        self.phases.add(rule, syntax);
        let printed = syntax.to_string();
        let again = compile::parse(&printed).query;
        if again.is_some_and(|again| again.to_string() == printed) {
            self.printed += 1;
        }
        self.checks(linted);
    }

    fn checks(&mut self, linted: &Linted) {
        self.checked += 1;
        let mut refused = 0;
        for searched in &linted.searched {
            let name = match searched.basis {
                "inferred" => "other index patterns".to_owned(),
                _ => searched.names.join(", "),
            };
            let on = self.sources.entry((name.clone(), searched.basis));
            let on = on.or_default();
            on.searched += 1;
            if let Some(first) = searched.refusals.first() {
                on.refused += 1;
                on.runs_combined += usize::from(first.runs_combined);
                let reason = (name, first.code.number, first.code.title);
                *self.reasons.entry(reason).or_default() += 1;
            }
            refused += usize::from(!searched.refusals.is_empty());
            let unsupported = searched.refusals.iter().any(|refusal| refusal.unsupported);
            self.unsupported += usize::from(unsupported);
        }
        self.runs_everywhere += usize::from(refused == 0);
        self.runs_nowhere += usize::from(refused > 0 && refused == linted.searched.len());
    }

    /// The figures as a page of Markdown.
    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "# Public rules\n\nWhat `trapline check --format markdown PATH` says about a set of published rules: figures only.\n\n## Rules\n\n| | rules |\n|---|---:|\n",
        );
        let mut row = |what: &str, count: usize| {
            let _ = writeln!(text, "| {what} | {count} |");
        };
        let eql = self.types.get(&RuleType::Eql).copied().unwrap_or(0);
        row("files", self.files);
        row("cannot be loaded", self.broken);
        for (rule_type, count) in &self.types {
            row(&format!("type `{}`", rule_type.word()), *count);
        }
        row("EQL: parse", self.parsed);
        row("EQL: print and parse again to the same", self.printed);
        row("EQL: checked", self.checked);
        row("EQL: use something unsupported", self.unsupported);
        row("EQL: do not parse", eql.saturating_sub(self.parsed));
        row(
            "EQL: run on every source that they claim",
            self.runs_everywhere,
        );
        row(
            "EQL: cannot run on some source that they claim",
            self.checked - self.runs_everywhere,
        );
        row("EQL: run on no source that they claim", self.runs_nowhere);
        self.tables(&mut text);
        text
    }

    fn tables(&self, text: &mut String) {
        text.push_str(
            "\n## By data source\n\nEach source is taken alone, as where nothing else is deployed. *Types* says where the field types come from: the source's own list, ECS in its stead, or the query's own use of the fields.\n\n| source | types | rules that claim it | cannot run there alone | of these run beside the rule's other sources |\n|---|---|---:|---:|---:|\n",
        );
        for ((name, basis), on) in &self.sources {
            let _ = writeln!(
                text,
                "| {name} | {basis} | {} | {} | {} |",
                on.searched, on.refused, on.runs_combined
            );
        }
        text.push_str("\n## Why rules cannot run\n\nThe first reason of each rule on each source.\n\n| source | reason | rules |\n|---|---|---:|\n");
        for ((name, number, title), count) in &self.reasons {
            let _ = writeln!(text, "| {name} | {number}: {title} | {count} |");
        }
        self.phases.markdown(text);
        text.push_str("\n## Findings\n\n| lint | rules | findings |\n|---|---:|---:|\n");
        for (name, (rules, findings)) in &self.lints {
            let _ = writeln!(text, "| {name} | {rules} | {findings} |");
        }
    }
}
