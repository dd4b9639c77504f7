//! Renders diagnostics for a terminal; the only file that uses annotate-snippets.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::escape::{SITE, line, lines};
use super::{Diagnostic, Severity, SourceText};

/// The most places of a diagnostic that are drawn: each costs as much as its line is long.
const DRAWN: usize = 16;

/// Draws one diagnostic with its snippets, as rustc does, ending in a line break.
///
/// `colour` asks for ANSI escapes; without it the same text comes out plain.
pub fn render(diagnostic: &Diagnostic, colour: bool) -> String {
    render_within(diagnostic, colour, None)
}

/// The fewest columns for which lines of a source are cut: less shows nothing of them.
const NARROW: usize = 40;

/// [`render()`] with the lines of sources cut around their carets to this many columns.
pub fn render_within(diagnostic: &Diagnostic, colour: bool, width: Option<usize>) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = lines(&diagnostic.message);
    let mut title = level
        .primary_title(message.as_ref())
        .id(diagnostic.code.number);
    // A link is an escape sequence as colours are.
    if colour {
        title = title.id_url(page(diagnostic.code.number));
    }
    let mut group = Group::with_title(title);
    for source in sources(diagnostic) {
        let mut snippet = Snippet::source(source.text()).path(line(source.name()));
        // Where the first label of a line begins, by line.
        let mut first: BTreeMap<usize, u32> = BTreeMap::new();
        for (index, label) in diagnostic.labels.iter().enumerate().take(DRAWN) {
            if !Arc::ptr_eq(&label.source, source) {
                continue;
            }
            let begin = label.span.start;
            let number = source.line_column(begin).0;
            let away = begin.abs_diff(*first.entry(number).or_insert(begin));
            // A line is never cut between its labels.
            if width.is_some_and(|width| away as usize > room(width)) {
                continue;
            }
            let kind = if index == 0 {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            let range = clamp(label.span.range(), label.source.text());
            let mut annotation = kind.span(fitting(range, label.source.text(), width));
            if !label.message.is_empty() {
                annotation = annotation.label(lines(&label.message));
            }
            snippet = snippet.annotation(annotation);
        }
        group = group.element(snippet);
    }
    let more = diagnostic.labels.len().saturating_sub(DRAWN);
    if more > 0 {
        group = group.element(Level::NOTE.message(format!("{more} more places are not drawn")));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(lines(help)));
    }
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = match width {
        Some(width) => renderer.term_width(width.max(NARROW)),
        None => renderer,
    };
    let mut text = renderer.render(&[group]);
    text.push('\n');
    text
}

/// The address of the page of a code or a lint.
pub fn page(number: &str) -> String {
    let is_code = number.starts_with(|first: char| first.is_ascii_uppercase());
    let folder = if is_code { "errors" } else { "lints" };
    format!("{SITE}/{folder}/{number}/")
}

/// Draws one diagnostic on one line: `FILE:LINE:COLUMN: error[CODE]: message`.
pub fn concise(diagnostic: &Diagnostic) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = diagnostic.labels.first().map_or(String::new(), |label| {
        let (row, column) = label.source.line_column(label.span.start);
        format!("{}:{row}:{column}: ", line(label.source.name()))
    });
    format!(
        "{place}{severity}[{}]: {}\n",
        diagnostic.code.number,
        line(&diagnostic.message)
    )
}

/// The files that a diagnostic points into, each once, in the order of its labels.
fn sources(diagnostic: &Diagnostic) -> Vec<&Arc<SourceText>> {
    let mut sources: Vec<&Arc<SourceText>> = Vec::new();
    for label in diagnostic.labels.iter().take(DRAWN) {
        if !sources
            .iter()
            .any(|known| Arc::ptr_eq(known, &label.source))
        {
            sources.push(&label.source);
        }
    }
    sources
}

/// How many columns the carets of a line may take; the rest is for the number of the line, the
/// ellipses and a label.
fn room(width: usize) -> usize {
    width.max(NARROW).saturating_sub(36) / 2
}

/// The beginning of a span within one line that is wider than there is room for: a line is cut around
/// its carets, never within them.
fn fitting(range: Range<usize>, text: &str, width: Option<usize>) -> Range<usize> {
    let Some(width) = width else {
        return range;
    };
    let marked = text.get(range.clone()).unwrap_or("");
    match marked.char_indices().nth(room(width)) {
        Some((end, _)) if !marked.contains('\n') => range.start..range.start + end,
        _ => range,
    }
}

/// A span that annotate-snippets can draw: within the text and on character boundaries.
fn clamp(range: Range<usize>, text: &str) -> Range<usize> {
    let floor = |mut offset: usize| {
        offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    floor(range.start)..floor(range.end)
}
