//! `--format html`: one file that a reviewer opens. Nothing is loaded; everything is there without
//! the script, which only filters. The markup is XML as well, so that a test can read it.
//!
//! What needs a look comes first: [`findings`] names it, [`rule`] shows each rule with its checks
//! by source, its query painted by coverage ([`query`]) and its cases ([`case`], [`timeline`]).

mod blocks;
mod case;
mod findings;
mod query;
mod rule;
mod timeline;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::View;
use super::glossary;
use super::headline::{Tone, headline};
use super::links::Links;
use super::markup::escaped;
use super::rules::counts;
use super::share::rounded;
use super::words::counted as count;
use crate::coverage::Coverage;
use crate::explain::timeline::CheckDetails;
use crate::replay::outcome::{CheckKey, Verdict};
use blocks::Report;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// The digest of the script, the only one that a browser may run. A browser that refuses the script
/// names the digest in its console.
const DIGEST: &str = "sha256-cTmgOYDJlU0Q165y/6AW6CA5HSnaql5Vkuq0UhPAExs=";

/// The inputs of this format besides those of every format.
#[derive(Debug, Default)]
pub struct PageDetails {
    /// Which clauses the checks decide.
    pub coverage: Coverage,
    /// What the page says of each check.
    pub details: BTreeMap<CheckKey, CheckDetails>,
}

/// Writes the page.
pub fn write(
    view: &View<'_>,
    depth: &PageDetails,
    links: Option<&Links>,
    out: &mut impl Write,
) -> io::Result<()> {
    let report = Report::new(view, depth, links);
    let mut text = String::new();
    head(&mut text);
    header(view, depth, &mut text);
    text.push_str("<main id=\"main\" tabindex=\"-1\">\n");
    findings::write(&report, &mut text);
    text.push_str("<section aria-labelledby=\"rules\">\n<h2 id=\"rules\">Rules</h2>\n");
    for rule in report.worst_first() {
        rule::write(&report, rule, &mut text);
    }
    text.push_str("<p id=\"none\" hidden=\"hidden\">No case is left by the filter.</p>\n");
    text.push_str("</section>\n");
    legend(view, &mut text);
    text.push_str("</main>\n");
    let _ = write!(text, "<script>{SCRIPT}</script>\n</body>\n</html>\n");
    out.write_all(text.as_bytes())
}

/// The words that a reader may not know.
fn legend(view: &View<'_>, text: &mut String) {
    let words = glossary::legend(view);
    if words.is_empty() {
        return;
    }
    text.push_str("<section aria-labelledby=\"words\">\n<h2 id=\"words\">Words</h2>\n<dl>\n");
    for (word, meaning) in words {
        let _ = writeln!(
            text,
            "<dt>{}</dt>\n<dd>{}</dd>",
            escaped(word),
            escaped(meaning)
        );
    }
    text.push_str("</dl>\n</section>\n");
}

fn head(text: &mut String) {
    let _ = write!(
        text,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <meta name=\"referrer\" content=\"no-referrer\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; \
         style-src &#39;unsafe-inline&#39;; script-src &#39;{DIGEST}&#39;\"/>\n\
         <title>Trapline</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the checks</a>\n"
    );
}

/// How the run went, in one line, then in figures, then the filter.
fn header(view: &View<'_>, depth: &PageDetails, text: &mut String) {
    let (tone, headline) = headline(view);
    let tone = match tone {
        Tone::Good => "good",
        Tone::Look => "warn",
        Tone::Bad => "bad",
    };
    let scenarios = view.outcome.scenarios.len();
    let share = depth.coverage.share();
    let _ = write!(
        text,
        "<header>\n<p class=\"brand\">Trapline</p>\n<h1 class=\"{tone}\">{headline}</h1>\n\
         <p class=\"figures\">{} in {}; rules: {}; \
         {} of {} clauses covered ({:.1} %)</p>\n",
        count(view.outcome.checks().count(), "check"),
        count(scenarios, "scenario"),
        escaped(&counts(&view.outcome.rules)),
        share.good,
        share.all,
        rounded(share),
    );
    text.push_str("</header>\n<div class=\"bar\" id=\"bar\">\n");
    text.push_str("<div class=\"verdicts\" role=\"group\" aria-label=\"Show only the verdict\">\n");
    for verdict in Verdict::ALL {
        let number = view.outcome.count(verdict);
        if number > 0 {
            let _ = writeln!(
                text,
                "<button type=\"button\" disabled=\"disabled\" aria-pressed=\"false\" \
                 data-verdict=\"{verdict}\"><span class=\"mark {}\" aria-hidden=\"true\">{}</span> \
                 <b>{number}</b> {verdict}</button>",
                blocks::tone(verdict, view.strict),
                blocks::sign(verdict),
            );
        }
    }
    text.push_str(
        "</div>\n<div class=\"search\" hidden=\"hidden\" role=\"search\">\n\
         <label for=\"filter\">Filter</label>\n\
         <input id=\"filter\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" \
         placeholder=\"rule, case, source, clause\" aria-describedby=\"keys\"/>\n\
         <span id=\"keys\"><kbd>/</kbd></span>\n\
         <span id=\"shown\" role=\"status\"></span>\n</div>\n</div>\n",
    );
}

/// A place in a file, as a link to the host of the code where that is known.
fn at(report: &Report<'_>, file: &str, line: Option<usize>) -> String {
    let colon = line.map_or_else(String::new, |line| format!(":{line}"));
    let words = escaped(&format!("{file}{colon}"));
    match report.links {
        Some(links) => format!(
            "<a class=\"place\" href=\"{}\"><code>{words}</code></a>",
            escaped(&links.to(file, line))
        ),
        None => format!("<code>{words}</code>"),
    }
}

/// Words of ours with code in backticks.
fn with_code(words: &str) -> String {
    let mut text = String::new();
    for (number, part) in words.split('`').enumerate() {
        match number % 2 {
            0 => text.push_str(&escaped(part)),
            _ => {
                let _ = write!(text, "<code>{}</code>", escaped(part));
            }
        }
    }
    text
}

/// A link to something on the page, or its words where there is nothing.
fn link(target: Option<&str>, words: &str) -> String {
    match target {
        Some(id) => format!("<a href=\"#{id}\">{}</a>", escaped(words)),
        None => escaped(words),
    }
}
