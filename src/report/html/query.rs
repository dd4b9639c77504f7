//! The query of a rule as written, coloured by what the cases decide: a clause is covered if an
//! alert depended on it and it also stopped a case.

use std::fmt::Write as _;

use super::super::markup::escaped;
use super::blocks::{Report, Rule, clause_id};
use super::link;
use crate::coverage::{ClauseCoverage, DecidedChecks, Gap, RuleCoverage};
use crate::diagnostic::{SourceText, Span};
use crate::replay::outcome::Place;

/// How a clause is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClauseColor {
    Both,
    Alerts,
    Stops,
    Never,
    Untestable,
}

impl ClauseColor {
    const ALL: [Self; 5] = [
        Self::Both,
        Self::Alerts,
        Self::Stops,
        Self::Never,
        Self::Untestable,
    ];

    fn of(clause: &ClauseCoverage) -> Self {
        let decisions = &clause.decisions;
        match (decisions.alert.count > 0, decisions.none.count > 0) {
            (true, true) => Self::Both,
            (true, false) => Self::Alerts,
            (false, true) => Self::Stops,
            (false, false) if clause.testable => Self::Never,
            (false, false) => Self::Untestable,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Alerts => "alerts",
            Self::Stops => "stops",
            Self::Never => "never",
            Self::Untestable => "untestable",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Both => "decides both ways",
            Self::Alerts => "decides only alerts",
            Self::Stops => "only stops cases",
            Self::Never => "decides nothing",
            Self::Untestable => "no source has its fields",
        }
    }
}

/// Writes the painted query, what the colours mean, and the clauses one by one.
pub(super) fn write(
    report: &Report<'_>,
    rule: &Rule<'_>,
    coverage: &RuleCoverage,
    text: &mut String,
) {
    let Some(place) = &coverage.query else {
        return;
    };
    text.push_str("<section>\n<h4>Query</h4>\n<p class=\"legend\">");
    for paint in ClauseColor::ALL {
        let of_it = |clause: &&ClauseCoverage| ClauseColor::of(clause) == paint;
        let number = coverage.clauses.iter().filter(of_it).count();
        if number > 0 {
            let (class, words) = (paint.class(), paint.words());
            let _ = write!(
                text,
                "<span><mark class=\"{class}\">{number}</mark> {words}</span> "
            );
        }
    }
    text.push_str("</p>\n");
    code(&rule.id, place, &coverage.clauses, text);
    clauses(report, rule, coverage, text);
    text.push_str("</section>\n");
}

/// The lines of the rule file that hold the query, with their numbers.
fn code(rule: &str, place: &Place, clauses: &[ClauseCoverage], text: &mut String) {
    let query = place.source.slice(place.span);
    let first = place.line();
    text.push_str(
        "<div class=\"code scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Query\">\
         <pre class=\"lines\" aria-hidden=\"true\">",
    );
    for (number, _) in query.lines().enumerate() {
        let _ = writeln!(text, "{}", first + number);
    }
    text.push_str("</pre><pre><code>");
    colored(rule, place, clauses, text);
    text.push_str("</code></pre></div>\n");
}

/// The query with each clause marked; a clause within another is marked within it.
fn colored(rule: &str, place: &Place, clauses: &[ClauseCoverage], text: &mut String) {
    let inside = |own: &Place| place.span.contains(own.span) && own.span.start < own.span.end;
    let mut marks: Vec<(usize, &ClauseCoverage)> = clauses
        .iter()
        .enumerate()
        .filter(|(_, clause)| inside(&clause.place))
        .collect();
    marks.sort_by_key(|(_, clause)| {
        let span = clause.place.span;
        (span.start, std::cmp::Reverse(span.end))
    });
    let source = &place.source;
    let mut at = place.span.start;
    let mut ends: Vec<u32> = Vec::new();
    let mut marks = marks.into_iter().peekable();
    loop {
        let start = marks.peek().map(|(_, clause)| clause.place.span.start);
        match (ends.last().copied(), start) {
            (Some(end), start) if start.is_none_or(|start| end <= start) => {
                text.push_str(&escaped(slice(source, at, end)));
                text.push_str("</mark>");
                at = end.max(at);
                ends.pop();
            }
            (_, None) => break,
            (outer, Some(start)) => {
                let Some((number, clause)) = marks.next() else {
                    break;
                };
                text.push_str(&escaped(slice(source, at, start)));
                at = start.max(at);
                let _ = write!(
                    text,
                    "<mark id=\"{}\" class=\"{}\" title=\"{}\">",
                    clause_id(rule, number),
                    ClauseColor::of(clause).class(),
                    escaped(&decisions(clause)),
                );
                let end = clause.place.span.end;
                ends.push(outer.map_or(end, |outer| end.min(outer)));
            }
        }
    }
    text.push_str(&escaped(slice(source, at, place.span.end)));
}

fn slice(source: &SourceText, start: u32, end: u32) -> &str {
    source.slice(Span::new(start, end))
}

/// `decides both ways: holds 3 alerts, stops 2 cases`.
fn decisions(clause: &ClauseCoverage) -> String {
    let decisions = &clause.decisions;
    format!(
        "{}: holds {}, stops {}",
        ClauseColor::of(clause).words(),
        super::count(decisions.alert.count, "alert"),
        super::count(decisions.none.count, "check"),
    )
}

/// A text as code, a link where there is a target.
fn link_around_code(target: Option<&str>, code: &str) -> String {
    let code = format!("<code>{}</code>", escaped(code));
    match target {
        Some(id) => format!("<a href=\"#{id}\">{code}</a>"),
        None => code,
    }
}

/// The cases that are missing.
fn missing(rule: &Rule<'_>, gaps: &[Gap<'_>], text: &mut String) {
    text.push_str("<ul class=\"gaps\">\n");
    for gap in gaps {
        let target = rule.clause(|clause| clause.name == gap.clause.name);
        for missing in &gap.missing_cases {
            let _ = writeln!(
                text,
                "<li><code>{}</code>: {}; add {}</li>",
                link(target.as_deref(), &gap.clause.name.to_string()),
                escaped(missing.lack),
                with_code_spans(&missing.case)
            );
        }
    }
    text.push_str("</ul>\n");
}

/// Words with code between backticks.
fn with_code_spans(words: &str) -> String {
    let mut text = String::new();
    for (number, part) in words.split('`').enumerate() {
        let part = escaped(part);
        if number % 2 == 1 {
            let _ = write!(text, "<code>{part}</code>");
        } else {
            text.push_str(&part);
        }
    }
    text
}

/// A row a clause: the checks that it decided.
fn clauses(report: &Report<'_>, rule: &Rule<'_>, coverage: &RuleCoverage, text: &mut String) {
    let gaps: Vec<_> = coverage.gaps().collect();
    if !gaps.is_empty() {
        missing(rule, &gaps, text);
    }
    let _ = write!(
        text,
        "<details class=\"clauses\">\n<summary>{}, one by one</summary>\n",
        super::count(coverage.clauses.len(), "clause")
    );
    text.push_str(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Clauses\">\n\
         <table>\n<thead><tr><th scope=\"col\">clause</th><th scope=\"col\">alerts that depend on it\
         </th><th scope=\"col\">checks that it stops</th></tr></thead>\n<tbody>\n",
    );
    let mut numbered: Vec<(usize, &ClauseCoverage)> = coverage.clauses.iter().enumerate().collect();
    numbered.sort_by_key(|(_, clause)| ClauseColor::of(clause) == ClauseColor::Both);
    for (number, clause) in numbered {
        let target = clause.is_in_query().then(|| clause_id(&rule.id, number));
        let _ = write!(
            text,
            "<tr><th scope=\"row\"><mark class=\"{}\">{}</mark>",
            ClauseColor::of(clause).class(),
            link_around_code(target.as_deref(), &clause.name.to_string()),
        );
        let _ = writeln!(
            text,
            "</th><td>{}</td><td>{}</td></tr>",
            decided_checks(report, &clause.decisions.alert),
            decided_checks(report, &clause.decisions.none)
        );
    }
    text.push_str("</tbody>\n</table>\n</div>\n</details>\n");
}

fn decided_checks(report: &Report<'_>, decided: &DecidedChecks) -> String {
    let first = decided.first.as_deref();
    let target = first.and_then(|key| report.block_named(key));
    let mut text = link(target, &decided.count.to_string());
    if let Some(mark) = decided.mark() {
        let _ = write!(text, " {mark}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::Decisions;
    use crate::plan::{ClauseKind, ClauseName};

    /// A query in a file, with a clause for each of these texts that decides nothing.
    fn paint(query: &str, clauses: &[&str]) -> String {
        let file = format!("query = '{query}'");
        let source = SourceText::new("r.toml", file.clone());
        let place = |text: &str| Place {
            source: source.clone(),
            span: Span::of(file.find(text).map_or(0..0, |at| at..at + text.len())),
        };
        let clause = |text: &&str| ClauseCoverage {
            name: ClauseName {
                stage: None,
                text: (*text).to_owned(),
                occurrence: 0,
            },
            kind: ClauseKind::Comparison,
            place: place(text),
            wanted: true,
            decisions: Decisions::default(),
            testable: true,
            fields: Vec::new(),
            setting: None,
        };
        let clauses: Vec<ClauseCoverage> = clauses.iter().map(clause).collect();
        let mut text = String::new();
        colored("r1", &place(query), &clauses, &mut text);
        let title = clauses.first().map_or_else(String::new, decisions);
        text.replace(&format!(" class=\"never\" title=\"{title}\""), "")
    }

    #[test]
    fn a_clause_within_another_is_marked_within_it() {
        assert_eq!(
            paint("![x where k] z", &["![x where k]", "k", "z"]),
            "<mark id=\"r1-c1\">![x where <mark id=\"r1-c2\">k</mark>]</mark> \
             <mark id=\"r1-c3\">z</mark>"
        );
    }

    #[test]
    fn clauses_that_cross_stay_well_formed_and_lose_nothing() {
        assert_eq!(
            paint("x < z & w", &["x < z", "z & w"]),
            "<mark id=\"r1-c1\">x &lt; <mark id=\"r1-c2\">z</mark></mark> &amp; w"
        );
    }

    #[test]
    fn two_clauses_of_one_place_are_both_marked() {
        assert_eq!(
            paint("x z", &["x", "x"]),
            "<mark id=\"r1-c1\"><mark id=\"r1-c2\">x</mark></mark> z"
        );
    }

    #[test]
    fn code_stands_between_backticks() {
        assert_eq!(with_code_spans("is `a<b` so"), "is <code>a&lt;b</code> so");
        assert_eq!(with_code_spans("no `end <"), "no <code>end &lt;</code>");
    }
}
