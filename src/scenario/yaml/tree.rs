//! A document straight from the events of the parser that the YAML crate is built on: the usual
//! way, many times as fast as through the crate. Whatever is not plain lists, maps and scalars
//! (an anchor, a tag, a merge key, a second document, an error) is left to the crate, so that
//! there is one place that says what those mean.

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::{MAX_DEPTH, Raw, RawKind};

/// The value of the only document; `None` where the crate is to be asked.
pub(super) fn read(text: &str, max_nodes: usize) -> Option<Raw> {
    // The crate takes the mark away before it counts bytes.
    if text.starts_with('\u{feff}') {
        return None;
    }
    let mut tree = Tree {
        text,
        parser: Parser::new_from_str(text),
        nodes_left: max_nodes,
    };
    let (Event::StreamStart, _) = tree.next()? else {
        return None;
    };
    let (Event::DocumentStart(_, None), _) = tree.next()? else {
        return None;
    };
    let first = tree.next()?;
    // The crate leaves out documents that hold nothing.
    if matches!(first.0, Event::Scalar(..)) {
        return None;
    }
    let value = tree.value(first, MAX_DEPTH)?;
    let (Event::DocumentEnd, _) = tree.next()? else {
        return None;
    };
    let (Event::StreamEnd, _) = tree.next()? else {
        return None;
    };
    Some(value)
}

struct Tree<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    nodes_left: usize,
}

impl<'t> Tree<'t> {
    fn next(&mut self) -> Option<(Event<'t>, Span)> {
        self.parser.next()?.ok()
    }

    /// The value that begins with this event, within this many levels.
    fn value(&mut self, (event, span): (Event<'t>, Span), depth: usize) -> Option<Raw> {
        self.nodes_left = self.nodes_left.checked_sub(1)?;
        // One level less than the crate takes, which says what is wrong with more.
        let depth = depth.checked_sub(1).filter(|depth| *depth > 0)?;
        let range = span.byte_range()?;
        let kind = match event {
            Event::Scalar(value, style, 0, None) => {
                let written = self.text.get(range.clone())?;
                let is_plain = style == ScalarStyle::Plain;
                let is_written = is_plain && (written.is_empty() || written == value);
                RawKind::Scalar((!is_written).then(|| value.into()))
            }
            Event::SequenceStart(_, 0, None) => self.list(depth)?,
            Event::MappingStart(_, 0, None) => self.map(depth)?,
            _ => return None,
        };
        Some(Raw { range, kind })
    }

    fn list(&mut self, depth: usize) -> Option<RawKind> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Some(RawKind::List(items)),
                first => items.push(self.value(first, depth)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Option<RawKind> {
        let mut entries = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Some(RawKind::Map(entries)),
                first => self.value(first, depth)?,
            };
            if self.text.get(key.range.clone()) == Some("<<") {
                return None;
            }
            let first = self.next()?;
            entries.push((key, self.value(first, depth)?));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::{MAX_NODES, Node, Reader, options};
    use super::*;
    use crate::diagnostic::SourceText;

    fn node(raw: &Raw, text: &str) -> Node {
        let source: Arc<SourceText> = SourceText::new("a.yaml", text);
        let mut reader = Reader {
            source: &source,
            diagnostics: Vec::new(),
            nodes_left: MAX_NODES,
            reread: 0,
        };
        reader.node(raw, text, 0)
    }

    /// Whether the short way takes the text; it then gives what the crate gives.
    fn taken(text: &str) -> bool {
        let Some(short) = read(text, MAX_NODES) else {
            return false;
        };
        let crates = serde_saphyr::from_multiple_with_options::<Raw>(text, options(MAX_NODES));
        let crates = crates.map_err(|error| format!("{text:?}: {error}"));
        let crates: Vec<Node> = crates.unwrap().iter().map(|raw| node(raw, text)).collect();
        assert_eq!(crates, [node(&short, text)], "{text:?}");
        true
    }

    #[test]
    fn plain_documents_are_taken_and_give_what_the_crate_gives() {
        for text in [
            "a: 1\nb: [x, 'y', \"z\\n\", ~, true, 1e999]\nc:\n  - d: |\n      e\n    f: >-\n      g\n",
            "a: x\n  goes on\nb: ''\nc: \"\"\nd: |\n\ne:\nf: {g: , h}\n",
            "# é\n---\né: ü # ö\n...\n",
            "- [1, [2, {a: b}]]\n- ? [k]\n  : v\n-\n",
            "? a\n? b\n",
            "a: 1\r\nb: 'x\r\n\r\n  y'\r\n",
            "a: 1\na: 2\n",
            "{}",
        ] {
            assert!(taken(text), "{text:?}");
        }
    }

    #[test]
    fn what_the_crate_alone_knows_is_left_to_it() {
        for text in [
            "",
            "# nothing\n",
            "~",
            "a",
            "\u{feff}a: b\n",
            "a: &x b\n",
            "a: &x b\nc: *x\n",
            "a: !!str 1\n",
            "<<: {a: b}\n",
            "%YAML 1.2\n---\na: b\n",
            "a: b\n--- c\n",
            "a: [\n",
            "a: \"\\W\"\n",
        ] {
            assert!(!taken(text), "{text:?}");
        }
    }

    #[test]
    fn nesting_that_the_crate_refuses_is_left_to_it() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(taken(&nested(MAX_DEPTH - 2)));
        assert!(!taken(&nested(MAX_DEPTH)));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_gives_what_the_crate_gives(
            text in "([ab1~é:,{}'\"|>?# \n-]|\\[|\\]|: |- |\n  |\n    ){0,24}",
        ) {
            taken(&text);
        }

        #[test]
        fn lines_of_maps_and_lists_give_what_the_crate_gives(
            lines in prop::collection::vec("( |  |    )?(- |a: |b:|\"c\": |'d': )?(x|1|''|\\|\n|>-\n|\\[a, \"b\"\\]|\\{a: b\\}|# c|x # y)?", 0..8),
        ) {
            taken(&lines.join("\n"));
        }
    }
}
