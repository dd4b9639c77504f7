//! The text of one file, places in it, and a query embedded in it.

use std::sync::{Arc, OnceLock};

/// A range of bytes `start..end` in one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` to before `end`; an `end` before `start` gives an empty span.
    #[must_use]
    pub fn new(start: u32, end: u32) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }

    /// The same from `usize` offsets; texts are at most 16 MiB, so nothing is lost.
    #[must_use]
    pub fn of(range: std::ops::Range<usize>) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self::new(clamp(range.start), clamp(range.end))
    }

    /// The span as a range for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// Whether `other` lies within this span.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// The text of one file together with its name as it is shown to people: relative to the
/// project's root and written with `/`.
#[derive(Debug)]
pub struct SourceText {
    name: String,
    text: String,
    /// Line and column at every [`STEP`] bytes, once somebody asks for a place behind the first.
    marks: OnceLock<Vec<(usize, usize)>>,
}

/// A query of hundreds of kilobytes is asked for thousands of places.
const STEP: usize = 1 << 10;

impl PartialEq for SourceText {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.text) == (&other.name, &other.text)
    }
}

impl Eq for SourceText {}

impl SourceText {
    /// Takes the name that people see and the whole text.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
            marks: OnceLock::new(),
        })
    }

    /// The name that people see.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text at `span`; empty when the span is not one of this text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let (mut mark, mut place) = (0, (1, 1));
        if offset >= STEP {
            let marks = self.marks.get_or_init(|| marks(&self.text));
            if let Some(found) = marks.get(offset / STEP - 1) {
                (mark, place) = (offset / STEP * STEP, *found);
            }
        }
        advanced(place, self.text.as_bytes().get(mark..offset).unwrap_or(&[]))
    }
}

/// Line and column at every [`STEP`] bytes of a text.
fn marks(text: &str) -> Vec<(usize, usize)> {
    let mut place = (1, 1);
    let steps = text.as_bytes().chunks_exact(STEP);
    let marks = steps.map(|step| {
        place = advanced(place, step);
        place
    });
    marks.collect()
}

/// Line and column behind some bytes; the column counts those that begin a character.
fn advanced((line, column): (usize, usize), bytes: &[u8]) -> (usize, usize) {
    let begun = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    match memchr::memrchr(b'\n', bytes) {
        Some(last) => {
            let lines = memchr::memchr_iter(b'\n', bytes).count();
            let rest = bytes.get(last + 1..).unwrap_or(&[]);
            (line + lines, begun(rest) + 1)
        }
        None => (line, column + begun(bytes)),
    }
}

/// A query as it is run, and where each of its bytes stands in the file that holds it.
///
/// A query is usually a slice of its TOML file; an escape in a basic string makes one byte of the
/// query several bytes of the file. The caret under such a byte covers the whole escape.
#[derive(Debug, Clone)]
pub struct QueryText {
    source: Arc<SourceText>,
    text: Arc<str>,
    /// `(offset in the query, place in the file)`, ascending. Between two entries both advance
    /// byte by byte.
    map: Vec<(u32, u32)>,
    end: u32,
}

impl QueryText {
    /// A query that is a text of its own, for example one from the command line.
    #[must_use]
    pub fn whole(source: &Arc<SourceText>) -> Self {
        let end = u32::try_from(source.text().len()).unwrap_or(u32::MAX);
        Self {
            source: Arc::clone(source),
            text: Arc::from(source.text()),
            map: vec![(0, 0)],
            end,
        }
    }

    /// A query decoded from `source`. `map` holds `(offset in the query, offset in the file)`,
    /// ascending in both and beginning with offset 0, one entry wherever the two stop advancing
    /// together; `end` is the offset in the file after the query's last byte.
    #[must_use]
    pub fn embedded(
        source: &Arc<SourceText>,
        text: impl Into<Arc<str>>,
        map: Vec<(u32, u32)>,
        end: u32,
    ) -> Self {
        Self {
            source: Arc::clone(source),
            text: text.into(),
            map,
            end,
        }
    }

    /// The query as it is run.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file that holds the query.
    pub fn source(&self) -> &Arc<SourceText> {
        &self.source
    }

    /// Where `span` of the query stands in the file. A span ends where the next byte begins, so
    /// that an escape is covered whole.
    pub fn locate(&self, span: Span) -> Span {
        let start = self.offset(span.start);
        let end = if span.end > span.start {
            self.offset(span.end)
        } else {
            start
        };
        Span::new(start, end)
    }

    fn offset(&self, offset: u32) -> u32 {
        if offset as usize >= self.text.len() {
            return self.end;
        }
        let index = self.map.partition_point(|(from, _)| *from <= offset);
        match index.checked_sub(1).and_then(|index| self.map.get(index)) {
            Some((from, to)) => to + (offset - from),
            None => offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_and_column_count_from_one_and_in_characters() {
        let source = SourceText::new("a", "né\nxy");
        assert_eq!(source.line_column(0), (1, 1));
        assert_eq!(source.line_column(3), (1, 3));
        assert_eq!(source.line_column(4), (2, 1));
        assert_eq!(source.line_column(99), (2, 3));
    }

    #[test]
    fn places_far_into_a_text_are_those_that_counting_gives() {
        let text = "né\nxyé\n\nlonger line with ü ".repeat(400);
        let source = SourceText::new("a", text.as_str());
        for (offset, _) in text.char_indices().step_by(7) {
            let before = text.get(..offset).unwrap();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            let place = u32::try_from(offset).unwrap();
            assert_eq!(source.line_column(place), (line, column), "{offset}");
        }
        assert_eq!(source, SourceText::new("a", text));
    }

    #[test]
    fn a_caret_under_an_escape_covers_the_escape() {
        // The file holds `query = "a\tb"`; the query is `a<TAB>b`.
        let source = SourceText::new("r.toml", "query = \"a\\tb\"");
        let query = QueryText::embedded(&source, "a\tb", vec![(0, 9), (2, 12)], 13);
        assert_eq!(source.slice(query.locate(Span::new(0, 1))), "a");
        assert_eq!(source.slice(query.locate(Span::new(1, 2))), "\\t");
        assert_eq!(source.slice(query.locate(Span::new(2, 3))), "b");
    }
}
