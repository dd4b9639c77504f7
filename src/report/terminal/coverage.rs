//! `trapline coverage` on the terminal: one line per rule, the uncovered clauses at their places,
//! and the sum.

use std::fmt::Write as _;

use super::style::{DIM, Painter, clean};
use super::{excerpt, share};
use crate::coverage::{Coverage, RuleCoverage};

/// How the report of `coverage` is to look.
#[derive(Debug, Clone, Copy, Default)]
pub struct CoverageOptions {
    /// Whether to write ANSI colours.
    pub colour: bool,
    /// How many columns there are, where that is known.
    pub width: Option<usize>,
    /// Whether to leave out the rules that are covered.
    pub uncovered: bool,
    /// The least share that is wanted, in per cent.
    pub min: Option<f64>,
}

/// Writes the report.
pub fn write_coverage(coverage: &Coverage, options: CoverageOptions, text: &mut String) {
    let painter = Painter {
        colour: options.colour,
    };
    for rule in &coverage.rules {
        let share = rule.share();
        if options.uncovered && share.good == share.all {
            continue;
        }
        rule_line(rule, painter, text);
        let mut gaps = false;
        for gap in rule.gaps() {
            gaps = true;
            let lacks: Vec<&str> = gap
                .missing_cases
                .iter()
                .map(|missing| missing.lack)
                .collect();
            let words = lacks.join(" and ");
            excerpt::draw(&gap.clause.place, &words, options.width, painter, text);
            for missing in &gap.missing_cases {
                let _ = writeln!(text, "          add {}", clean(&missing.case));
            }
        }
        for clause in rule.untestable() {
            gaps = true;
            let words = format!(
                "not testable: no tested source maps {}",
                fields(&clause.fields)
            );
            excerpt::draw(&clause.place, &words, options.width, painter, text);
        }
        if gaps {
            text.push('\n');
        }
    }
    total(coverage, options.min, painter, text);
}

/// The one line that `trapline test --coverage` adds.
pub fn coverage_line(coverage: &Coverage, colour: bool) -> String {
    let mut text = String::new();
    total(coverage, None, Painter { colour }, &mut text);
    text
}

fn fields(fields: &[String]) -> String {
    let optional: Vec<String> = fields.iter().map(|field| format!("?{field}")).collect();
    optional.join(", ")
}

fn rule_line(rule: &RuleCoverage, painter: Painter, text: &mut String) {
    let (name, file) = (&rule.rule_name, &rule.rule_file);
    share::rule_line(rule.share(), name, file, painter, text);
    let only = |mark: &str| {
        let marked = rule.clauses.iter().filter(|clause| clause.is_covered());
        let marked = marked.filter(|clause| {
            let marks = [&clause.decisions.alert, &clause.decisions.none];
            marks.iter().any(|seen| seen.mark() == Some(mark))
        });
        marked.count()
    };
    for (mark, words) in [
        ("forced", "only by forced cases"),
        ("waived", "only by waived runs"),
        ("forced or waived", "only by forced cases and waived runs"),
    ] {
        let count = only(mark);
        if count > 0 {
            let words = format!("{count} {words}");
            let _ = writeln!(text, "{}  {}", " ".repeat(7), painter.paint(DIM, &words));
        }
    }
}

fn total(coverage: &Coverage, min: Option<f64>, painter: Painter, text: &mut String) {
    let words = format!("clauses in {}", share::rules(coverage.rules.len()));
    share::total("coverage", &words, coverage.share(), min, painter, text);
}
