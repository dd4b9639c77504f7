//! The keys of a scenario file as far as it is written: what a person types is rarely YAML until it
//! is done, so this reads line by line, never fails, and knows where the cursor is.

mod node;

use std::ops::Range;

pub(super) use self::node::{Cursor, Kind, Node};
use crate::diagnostic::Span;

/// All keys and items of a file in the order of the text, and the cursor.
#[derive(Debug, Clone, Default)]
pub(super) struct Outline {
    pub(super) nodes: Vec<Node>,
    pub(super) cursor: Option<Cursor>,
}

impl Outline {
    /// Reads a text with the cursor at an offset.
    pub(super) fn new(text: &str, cursor: usize) -> Self {
        let mut scanner = Scanner {
            text,
            cursor,
            outline: Self::default(),
            block: Vec::new(),
            document: 0,
            has_content: false,
        };
        let mut at = 0;
        while at <= text.len() {
            at = scanner.line(at).max(at + 1);
        }
        scanner.outline
    }

    /// The keys that lead to a node, it included, `-` for an item.
    pub(super) fn path(&self, node: Option<usize>) -> Vec<&str> {
        let mut path = Vec::new();
        let mut next = node;
        while let Some(node) = next.and_then(|at| self.nodes.get(at)) {
            path.push(node.key.as_deref().unwrap_or("-"));
            next = node.parent;
        }
        path.reverse();
        path
    }

    /// The nodes directly below one, of a document.
    pub(super) fn below(
        &self,
        document: usize,
        parent: Option<usize>,
    ) -> impl Iterator<Item = (usize, &Node)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter(move |(_, node)| node.parent == parent && node.document == document)
    }

    /// The node that a path of keys leads to, of a document.
    pub(super) fn find(&self, document: usize, path: &[&str]) -> Option<usize> {
        let mut found = None;
        for key in path {
            let mut below = self.below(document, found);
            let (at, _) = below.find(|(_, node)| node.key.as_deref() == Some(*key))?;
            found = Some(at);
        }
        found
    }

    /// The nearest case or attack that holds a node.
    pub(super) fn case(&self, node: Option<usize>) -> Option<usize> {
        let mut next = node;
        while let Some(at) = next {
            let path = self.path(Some(at));
            if path == ["cases", "-"] || path == ["attack"] {
                return Some(at);
            }
            next = self.nodes.get(at)?.parent;
        }
        None
    }
}

/// The text at a span without its quotes.
pub(super) fn bare(text: &str) -> &str {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.strip_suffix(quote).unwrap_or(rest);
        }
    }
    text
}

struct Scanner<'t> {
    text: &'t str,
    cursor: usize,
    outline: Outline,
    /// The open nodes of block style, each with its column.
    block: Vec<(usize, usize)>,
    document: usize,
    has_content: bool,
}

/// An open `{` or `[`.
struct Level {
    is_map: bool,
    owner: Option<usize>,
    /// The key of a map behind whose colon the reading is.
    key: Option<usize>,
}

impl Scanner<'_> {
    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or("")
    }

    fn end_of_line(&self, at: usize) -> usize {
        let rest = self.slice(at..self.text.len());
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        at + rest.get(..end).unwrap_or(rest).trim_end_matches('\r').len()
    }

    fn next_line(&self, at: usize) -> usize {
        let rest = self.slice(at..self.text.len());
        memchr::memchr(b'\n', rest.as_bytes()).map_or(self.text.len() + 1, |end| at + end + 1)
    }

    fn top(&self) -> Option<usize> {
        self.block.last().map(|(_, node)| *node)
    }

    fn add(&mut self, parent: Option<usize>, key: Option<String>, span: Range<usize>) -> usize {
        self.outline.nodes.push(Node {
            parent,
            document: self.document,
            key,
            span: Span::of(span.clone()),
            value: Span::of(span.end..span.end),
        });
        self.outline.nodes.len() - 1
    }

    fn set_value(&mut self, node: usize, value: Range<usize>) {
        if let Some(node) = self.outline.nodes.get_mut(node) {
            node.value = Span::of(value);
        }
    }

    /// Notes the cursor if it is within a range that holds one token and blanks.
    fn note(&mut self, range: Range<usize>, container: Option<usize>, kind: Kind) {
        if self.outline.cursor.is_some() || !(range.start..=range.end).contains(&self.cursor) {
            return;
        }
        let token = self.trimmed(range);
        let start = token.start.min(self.cursor);
        let prefix = self
            .slice(start..self.cursor)
            .trim_start_matches(['"', '\'']);
        self.outline.cursor = Some(Cursor {
            container,
            document: self.document,
            kind,
            prefix: prefix.to_owned(),
            span: Span::of(start..token.end.max(self.cursor)),
        });
    }

    /// A range without the blanks around it.
    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = self.slice(range.clone());
        let start = range.start + (text.len() - text.trim_start().len());
        start..start + text.trim().len()
    }

    /// Reads a line; where the next one begins.
    fn line(&mut self, start: usize) -> usize {
        let end = self.end_of_line(start);
        let line = self.slice(start..end);
        let mut column = line.len() - line.trim_start_matches(' ').len();
        let rest = line.get(column..).unwrap_or("");
        if rest.trim().is_empty() {
            self.blank(start, end);
            return self.next_line(start);
        }
        if rest.starts_with('#') {
            return self.next_line(start);
        }
        if line == "---" || line.starts_with("--- ") {
            self.document += usize::from(self.has_content);
            self.block.clear();
            return self.next_line(start);
        }
        self.has_content = true;
        let mut at = start + column;
        while self.is_dash(at, end) {
            let is_inside = |(own, node): &(usize, usize)| {
                let nodes = self.outline.nodes.get(*node);
                *own > column || (*own == column && nodes.is_some_and(|it| it.key.is_none()))
            };
            let keep = self.block.iter().position(is_inside);
            self.block.truncate(keep.unwrap_or(self.block.len()));
            let item = self.add(self.top(), None, at..at + 1);
            self.block.push((column, item));
            let behind = self.slice(at + 1..end);
            let blanks = behind.len() - behind.trim_start().len();
            if behind.trim().is_empty() {
                self.note(at + 1..end, Some(item), Kind::Either);
                return self.next_line(start);
            }
            at += 1 + blanks;
            column = at - start;
        }
        let keep = self.block.iter().position(|(own, _)| *own >= column);
        self.block.truncate(keep.unwrap_or(self.block.len()));
        match self.colon(at, end) {
            Some(colon) => self.entry(at, colon, column),
            None => self.text_of(at, end),
        }
    }

    /// On a blank line the column of the cursor says what it is in.
    fn blank(&mut self, start: usize, end: usize) {
        if (start..=end).contains(&self.cursor) {
            let column = self.cursor - start;
            let mut open = self.block.iter().rev();
            let container = open.find(|(own, _)| *own < column);
            let container = container.map(|(_, node)| *node);
            self.note(self.cursor..self.cursor, container, Kind::Either);
        }
    }

    fn is_dash(&self, at: usize, end: usize) -> bool {
        let rest = self.slice(at..end);
        rest == "-" || rest.starts_with("- ")
    }

    /// Where the colon of a key stands that begins at `at`.
    fn colon(&self, at: usize, end: usize) -> Option<usize> {
        let text = self.slice(at..end);
        let quoted = text.starts_with(['"', '\'']).then(|| self.quoted(at, end));
        if text.starts_with(['{', '[', '|', '>', '&', '*']) {
            return None;
        }
        let from = quoted.unwrap_or(at);
        let rest = self.slice(from..end);
        let comment = rest.find(" #").unwrap_or(rest.len());
        let rest = rest.get(..comment).unwrap_or(rest);
        let mut colons = rest.match_indices(':').map(|(found, _)| found);
        let is_end = |found: &usize| {
            let next = rest.get(found + 1..).and_then(|it| it.chars().next());
            next.is_none_or(|next| next == ' ' || next == '\t')
        };
        let found = colons.find(is_end)?;
        let is_key = quoted.is_none() || rest.get(..found).unwrap_or("").trim().is_empty();
        is_key.then_some(from + found)
    }

    /// The end of the quoted text at `at`; an open quote ends with its line.
    fn quoted(&self, at: usize, end: usize) -> usize {
        let text = self.slice(at..end);
        let quote = text.chars().next().unwrap_or('"');
        let mut is_escaped = false;
        for (offset, character) in text.char_indices().skip(1) {
            if is_escaped {
                is_escaped = false;
            } else if character == '\\' && quote == '"' {
                is_escaped = true;
            } else if character == quote {
                return at + offset + 1;
            }
        }
        end
    }

    /// A key at `at` and what follows its colon.
    fn entry(&mut self, at: usize, colon: usize, column: usize) -> usize {
        let container = self.top();
        let span = self.trimmed(at..colon);
        self.note(at..colon, container, Kind::Key);
        let key = bare(self.slice(span.clone())).to_owned();
        let node = self.add(container, Some(key), span);
        self.block.push((column, node));
        let end = self.end_of_line(colon);
        let text = self.slice(colon + 1..end);
        let mut value = colon + 1 + (text.len() - text.trim_start().len());
        if self.slice(value..end).starts_with('&') {
            let anchor = self.slice(value..end);
            value += anchor.find(' ').map_or(anchor.len(), |blank| blank + 1);
        }
        match self.slice(value..end).chars().next() {
            Some('{' | '[') => {
                self.note(colon + 1..value, Some(node), Kind::Value);
                self.flow(value, Some(node), column)
            }
            Some('|' | '>') => self.block_text(end, column),
            _ => {
                self.scalar(colon + 1, end, node);
                self.next_line(colon)
            }
        }
    }

    /// Takes the text of one line as a node's value; where it ends.
    fn scalar(&mut self, start: usize, end: usize, node: usize) {
        let text = self.slice(start..end);
        let lead = text.len() - text.trim_start().len();
        let is_quoted = text.trim_start().starts_with(['"', '\'']);
        let end = if is_quoted {
            self.quoted(start + lead, end)
        } else {
            start + text.find(" #").unwrap_or(text.len())
        };
        self.note(start..end, Some(node), Kind::Value);
        let value = self.trimmed(start..end);
        self.set_value(node, value);
    }

    /// A line without a key: a collection, a text, or a key that is being typed.
    fn text_of(&mut self, at: usize, end: usize) -> usize {
        let owner = self.top();
        if self.slice(at..end).starts_with(['{', '[']) {
            let column = self.block.last().map_or(0, |(own, _)| *own);
            return self.flow(at, owner, column);
        }
        let text = self.slice(at..end);
        let comment = text.find(" #").unwrap_or(text.len());
        self.note(at..at + comment, owner, Kind::Either);
        if let Some(owner) = owner
            && self
                .outline
                .nodes
                .get(owner)
                .is_some_and(|it| it.key.is_none())
        {
            let value = self.trimmed(at..at + comment);
            self.set_value(owner, value);
        }
        self.next_line(at)
    }

    /// Skips the lines of a block text, which are indented deeper than its key.
    fn block_text(&mut self, end: usize, column: usize) -> usize {
        let mut at = self.next_line(end);
        while at <= self.text.len() {
            let line = self.slice(at..self.end_of_line(at));
            let indent = line.len() - line.trim_start_matches(' ').len();
            if !line.trim().is_empty() && indent <= column {
                break;
            }
            at = self.next_line(at);
        }
        at
    }

    /// Reads a collection in braces or brackets; it ends at the latest where a line is indented no
    /// deeper than its key, for a closing brace may not be typed yet.
    fn flow(&mut self, start: usize, owner: Option<usize>, column: usize) -> usize {
        let mut levels: Vec<Level> = Vec::new();
        let (mut at, mut token) = (start, start);
        while let Some(character) = self.slice(at..self.text.len()).chars().next() {
            match character {
                '{' | '[' => {
                    self.before(token..at, &levels);
                    let owner = match levels.last() {
                        None => owner,
                        Some(level) if level.is_map => level.key.or(level.owner),
                        Some(level) => {
                            let parent = level.owner;
                            Some(self.add(parent, None, at..at))
                        }
                    };
                    levels.push(Level {
                        is_map: character == '{',
                        owner,
                        key: None,
                    });
                    token = at + 1;
                }
                '}' | ']' | ',' => {
                    self.finish(token..at, &mut levels);
                    token = at + 1;
                    if character != ',' {
                        levels.pop();
                        if levels.is_empty() {
                            return self.next_line(at);
                        }
                        // Nothing stands between a closing brace and the next comma.
                        if let Some(level) = levels.last_mut() {
                            level.key = None;
                        }
                    }
                }
                ':' if self.is_colon(at, &levels) => {
                    self.key_of(token..at, &mut levels);
                    token = at + 1;
                }
                '"' | '\'' if self.slice(token..at).trim().is_empty() => {
                    at = self.quoted(at, self.end_of_line(at));
                    continue;
                }
                '#' if self.slice(start..at).ends_with([' ', '\n']) => {
                    at = self.end_of_line(at);
                    continue;
                }
                '\n' if self.is_over(at + 1, column) => {
                    self.finish(token..at, &mut levels);
                    return at + 1;
                }
                _ => {}
            }
            at += character.len_utf8();
        }
        self.finish(token..self.text.len(), &mut levels);
        self.text.len() + 1
    }

    /// Whether a line ends an open collection.
    fn is_over(&self, line: usize, column: usize) -> bool {
        let text = self.slice(line..self.end_of_line(line));
        let indent = text.len() - text.trim_start_matches(' ').len();
        !text.trim().is_empty() && !text.trim().starts_with(['}', ']']) && indent <= column
    }

    fn is_colon(&self, at: usize, levels: &[Level]) -> bool {
        let next = self.slice(at + 1..self.text.len()).chars().next();
        let ends = next.is_none_or(|next| " \t\r\n,}]".contains(next));
        ends && levels
            .last()
            .is_some_and(|level| level.is_map && level.key.is_none())
    }

    /// What stands before an opening brace: nothing, unless a key waits for its value.
    fn before(&mut self, range: Range<usize>, levels: &[Level]) {
        if let Some(level) = levels.last() {
            let (container, kind) = place(level);
            self.note(range, container, kind);
        }
    }

    fn key_of(&mut self, range: Range<usize>, levels: &mut [Level]) {
        let Some(level) = levels.last_mut() else {
            return;
        };
        let owner = level.owner;
        self.note(range.clone(), owner, Kind::Key);
        let span = self.trimmed(range);
        let key = bare(self.slice(span.clone())).to_owned();
        level.key = Some(self.add(owner, Some(key), span));
    }

    /// A token that a comma or a closing brace ends.
    fn finish(&mut self, range: Range<usize>, levels: &mut [Level]) {
        let Some(level) = levels.last_mut() else {
            return;
        };
        let (container, kind) = place(level);
        self.note(range.clone(), container, kind);
        let token = self.trimmed(range);
        let (is_map, owner, key) = (level.is_map, level.owner, level.key.take());
        if token.is_empty() {
            return;
        }
        match key {
            Some(key) => self.set_value(key, token),
            None => {
                let text = bare(self.slice(token.clone())).to_owned();
                let node = self.add(owner, is_map.then_some(text), token.clone());
                self.set_value(node, token);
            }
        }
    }
}

/// What the cursor is in, between the commas of a collection.
fn place(level: &Level) -> (Option<usize>, Kind) {
    match (level.is_map, level.key) {
        (true, Some(key)) => (Some(key), Kind::Value),
        (true, None) => (level.owner, Kind::Key),
        (false, _) => (level.owner, Kind::Value),
    }
}

#[cfg(test)]
mod tests;
