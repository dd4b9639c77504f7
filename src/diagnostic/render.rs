//! Draws diagnostics for people; the only file that knows annotate-snippets.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Severity};

/// Draws one diagnostic with its snippets, as rustc does, ending in a line break.
///
/// `colour` asks for ANSI escapes; without it the same text comes out plain.
pub fn render(diagnostic: &Diagnostic, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(
        level
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.code.number),
    );
    for (index, label) in diagnostic.labels.iter().enumerate() {
        let kind = if index == 0 {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let mut annotation = kind.span(clamp(label.span.range(), label.source.text()));
        if !label.message.is_empty() {
            annotation = annotation.label(label.message.as_str());
        }
        group = group.element(
            Snippet::source(label.source.text())
                .path(label.source.name())
                .annotation(annotation),
        );
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = renderer.render(&[group]);
    text.push('\n');
    text
}

/// Draws one diagnostic on one line: `FILE:LINE:COLUMN: error[CODE]: message`.
pub fn concise(diagnostic: &Diagnostic) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = diagnostic.labels.first().map_or(String::new(), |label| {
        let (line, column) = label.source.line_column(label.span.start);
        format!("{}:{line}:{column}: ", label.source.name())
    });
    format!(
        "{place}{severity}[{}]: {}\n",
        diagnostic.code.number, diagnostic.message
    )
}

/// A span that annotate-snippets can draw: within the text and on character boundaries.
fn clamp(range: std::ops::Range<usize>, text: &str) -> std::ops::Range<usize> {
    let floor = |mut offset: usize| {
        offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    floor(range.start)..floor(range.end)
}
