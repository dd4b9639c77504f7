//! Extracts a [`Row`] from a line of JSON: reads only the slots and skips everything else, sixteen
//! bytes at a time. Only a scan uses it; other readers use `event/json.rs`.
//!
//! The law: for any bytes both readers refuse, or both give the same slots; where only
//! `event/json.rs` refuses, a key that nobody reads occurs twice in its object. What this reader
//! takes, `Event::from_hit_line` takes, which reads the same line again. A line with a key that is
//! written with escapes, a key that is read twice in one object, or a key of `serde_json`'s own is
//! rare and is left to `event/json.rs`.
//!
//! Longer than 500 lines: one state machine, whose parts must be inlined into each other.

use wide::u8x16;

use super::key_predictor::{KeyPredictor, PrecedingKey};
use super::row::{CellKind, Row};
use super::slots::{Child, EdgeId, Meta, NodeId, SlotId, Slots};
use crate::diagnostic::document::{BadDocument, LineFault};
use crate::event::json::{RESERVED_KEY, parse_object};
use crate::event::{Event, Raw};

/// The nesting that `event/json.rs` refuses.
const MAX_DEPTH: u32 = 128;

/// The reason to leave the fast path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Not JSON; [`Walker::at`] is the place of the fault.
    Syntax(LineFault),
    /// A key with escapes, a second time in its object or of `serde_json`'s own: for
    /// `event/json.rs`.
    Unusual,
}

/// Reads lines for one set of slots.
#[derive(Debug)]
pub struct Extractor<'s> {
    slots: &'s Slots,
    targets: Vec<Target>,
    object: u64,
    predictor: KeyPredictor,
    unwrap_source: bool,
}

/// Where an edge leads.
#[derive(Debug)]
struct Target {
    /// The object in which its key was last seen.
    seen: u64,
    child: Child,
}

impl<'s> Extractor<'s> {
    /// A reader for these slots. With `unwrap_source` the document is the object under
    /// `_source`, if a line has one.
    pub fn new(slots: &'s Slots, unwrap_source: bool) -> Self {
        let targets = slots.children().map(|child| Target { seen: 0, child });
        Self {
            slots,
            targets: targets.collect(),
            object: 0,
            predictor: KeyPredictor::new(slots.node_count()),
            unwrap_source,
        }
    }

    /// Reads a line into `row`. After a refusal the row holds nothing of use.
    pub fn read(&mut self, line: &str, row: &mut Row) -> Result<(), BadDocument> {
        row.clear();
        if u32::try_from(line.len()).is_err() {
            return Err(BadDocument::TooLong);
        }
        let mut walker = Walker {
            bytes: line.as_bytes(),
            at: 0,
            extractor: self,
            row,
        };
        match walker.document() {
            Ok(true) => Ok(()),
            Ok(false) => Err(BadDocument::NoObject),
            Err(Stop::Syntax(why)) => Err(BadDocument::SyntaxAt {
                why,
                column: walker.at + 1,
            }),
            Err(Stop::Unusual) => self.read_slowly(line, row),
        }
    }

    fn read_slowly(&self, line: &str, row: &mut Row) -> Result<(), BadDocument> {
        row.clear();
        let mut document = parse_object(line).map_err(|bad| match bad {
            BadDocument::OtherKind(_) => BadDocument::NoObject,
            other => other,
        })?;
        if self.unwrap_source
            && let Some(serde_json::Value::Object(source)) = document.get_mut("_source")
        {
            let mut source = std::mem::take(source);
            for meta in ["_index", "_id"] {
                if let Some(value) = document.get(meta) {
                    source.insert(meta.to_owned(), value.clone());
                }
            }
            document = source;
        }
        let event = Event::from_document(&document);
        for (slot, path) in (0u32..).map(SlotId).zip(self.slots.paths()) {
            for scalar in event.values(path) {
                row.push_owned(slot, scalar.raw());
            }
        }
        if let Some(index) = &event.index {
            row.own_index(index);
        }
        if let Some(id) = &event.id {
            row.own_id(id);
        }
        Ok(())
    }
}

struct Walker<'w, 's> {
    bytes: &'w [u8],
    at: usize,
    extractor: &'w mut Extractor<'s>,
    row: &'w mut Row,
}

impl Walker<'_, '_> {
    /// The whole line; false if it is JSON but no object.
    fn document(&mut self) -> Result<bool, Stop> {
        self.blanks();
        let is_object = self.peek() == Some(b'{');
        if is_object {
            self.at += 1;
            self.object(Slots::ROOT, MAX_DEPTH - 1)?;
        } else {
            self.skip(MAX_DEPTH)?;
        }
        self.blanks();
        if self.at < self.bytes.len() {
            return Err(Stop::Syntax(LineFault::TrailingCharacters));
        }
        Ok(is_object)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn blanks(&mut self) {
        // Nearly always there are none.
        if self.peek().is_none_or(|byte| byte > b' ') {
            return;
        }
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// After `{`, to behind `}`; takes what the edges of `node` lead to.
    fn object(&mut self, node: NodeId, depth: u32) -> Result<(), Stop> {
        self.extractor.object += 1;
        let object = self.extractor.object;
        let mut before = PrecedingKey::none(node);
        let mut first = true;
        while self.next_key(first)? {
            first = false;
            let edge = self.key(node, &mut before)?;
            let target = edge.and_then(|edge| self.extractor.targets.get_mut(edge.index()));
            let Some(target) = target else {
                self.unread(depth)?;
                continue;
            };
            if std::mem::replace(&mut target.seen, object) == object {
                return Err(Stop::Unusual);
            }
            let child = target.child;
            match (child.meta, child.slot) {
                (Some(meta), _) => self.meta(meta, child, depth)?,
                (None, Some(slot)) if self.peek() == Some(b'"') => self.text(slot)?,
                (None, _) => self.value(child, depth)?,
            }
        }
        Ok(())
    }

    /// Skips a value that no rule reads; most are strings.
    #[inline]
    fn unread(&mut self, depth: u32) -> Result<(), Stop> {
        if self.peek() != Some(b'"') {
            return self.skip(depth);
        }
        self.at += 1;
        self.string().map(|_| ())
    }

    /// From behind the opening quote of a key to its value, and the edge that the key names.
    #[inline]
    fn key(&mut self, node: NodeId, before: &mut PrecedingKey) -> Result<Option<EdgeId>, Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        if let Some(prediction) = self.extractor.predictor.predict(*before, rest) {
            self.at += prediction.length;
            *before = prediction.key;
            self.blanks();
            return Ok(prediction.edge);
        }
        let start = self.at;
        self.usual_key()?;
        let key = self.bytes.get(start..self.at - 1).unwrap_or(&[]);
        let edge = self.extractor.slots.edge(node, key);
        *before = self.extractor.predictor.learn(*before, node, key, edge);
        self.colon()?;
        Ok(edge)
    }

    /// From behind the opening quote of a key to behind the closing one.
    #[inline]
    fn usual_key(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let escaped = self.string()?;
        let key = self.bytes.get(start..self.at - 1);
        if escaped || key == Some(RESERVED_KEY.as_bytes()) {
            return Err(Stop::Unusual);
        }
        Ok(())
    }

    /// Goes behind the opening quote of the next key, or behind `}`.
    #[inline]
    fn next_key(&mut self, first: bool) -> Result<bool, Stop> {
        let (length, is_key) = match self.bytes.get(self.at..) {
            Some([b',', b'"', ..]) if !first => (2, true),
            Some([b'"', ..]) if first => (1, true),
            Some([b'}', ..]) => (1, false),
            _ => return self.find_key(first),
        };
        self.at += length;
        Ok(is_key)
    }

    /// Like [`Self::next_key`], for lines with blanks.
    #[inline(never)]
    fn find_key(&mut self, first: bool) -> Result<bool, Stop> {
        self.blanks();
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                return Ok(false);
            }
            Some(b',') if !first => {
                self.at += 1;
                self.blanks();
            }
            _ if first => {}
            _ => return Err(Stop::Syntax(LineFault::ExpectedCommaOrBrace)),
        }
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(true);
        }
        Err(Stop::Syntax(LineFault::ExpectedKey))
    }

    /// Goes to the next element of an array, or behind `]`.
    fn next_element(&mut self, first: bool) -> Result<bool, Stop> {
        self.blanks();
        match self.peek() {
            Some(b']') => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.at += 1;
                self.blanks();
                Ok(true)
            }
            Some(_) if first => Ok(true),
            _ => Err(Stop::Syntax(LineFault::ExpectedCommaOrBracket)),
        }
    }

    #[inline]
    fn colon(&mut self) -> Result<(), Stop> {
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(Stop::Syntax(LineFault::ExpectedColon));
        }
        self.at += 1;
        self.blanks();
        Ok(())
    }

    /// `_index`, `_id` and `_source` of the document itself.
    fn meta(&mut self, meta: Meta, child: Child, depth: u32) -> Result<(), Stop> {
        let start = self.at;
        match (meta, self.peek()) {
            (Meta::Source, Some(b'{')) if self.extractor.unwrap_source => {
                self.at += 1;
                self.object(Slots::ROOT, deeper(depth)?)
            }
            (Meta::Index | Meta::Id, Some(b'"')) => {
                self.at += 1;
                let kind = text_kind(self.string()?);
                if meta == Meta::Index {
                    self.row.set_index(kind, start + 1, self.at - 1);
                } else {
                    self.row.set_id(kind, start + 1, self.at - 1);
                }
                Ok(())
            }
            (Meta::Id, Some(first @ (b'-' | b'0'..=b'9'))) => {
                match self.read_number(first)? {
                    None => self.row.set_id(CellKind::Number, start, self.at),
                    Some(text) => self.row.own_id(&text),
                }
                Ok(())
            }
            _ => self.value(child, depth),
        }
    }

    /// A value whose path is that of the node behind `child`.
    fn value(&mut self, child: Child, depth: u32) -> Result<(), Stop> {
        match self.peek() {
            Some(b'{') if child.has_children => {
                self.at += 1;
                self.object(child.node, deeper(depth)?)
            }
            Some(b'[') => {
                self.at += 1;
                let depth = deeper(depth)?;
                let mut first = true;
                while self.next_element(first)? {
                    first = false;
                    self.value(child, depth)?;
                }
                Ok(())
            }
            Some(_) => match child.slot {
                Some(slot) => self.scalar(slot, depth),
                None => self.skip(depth),
            },
            None => Err(Stop::Syntax(LineFault::UnexpectedEnd)),
        }
    }

    fn scalar(&mut self, slot: SlotId, depth: u32) -> Result<(), Stop> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => self.text(slot)?,
            Some(first @ (b'-' | b'0'..=b'9')) => match self.read_number(first)? {
                None => self.row.push(slot, CellKind::Number, start, self.at),
                Some(text) => self.row.push_owned(slot, Raw::Number(&text)),
            },
            first => {
                self.skip(depth)?;
                match first {
                    Some(b't') => self.row.push(slot, CellKind::True, start, self.at),
                    Some(b'f') => self.row.push(slot, CellKind::False, start, self.at),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Reads a string, from its opening quote.
    #[inline]
    fn text(&mut self, slot: SlotId) -> Result<(), Stop> {
        self.at += 1;
        let start = self.at;
        let kind = text_kind(self.string()?);
        self.row.push(slot, kind, start, self.at - 1);
        Ok(())
    }

    /// Skips any value.
    fn skip(&mut self, depth: u32) -> Result<(), Stop> {
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.string()?;
            }
            Some(first @ (b'-' | b'0'..=b'9')) => self.number(first)?,
            Some(b'{') => {
                self.at += 1;
                let depth = deeper(depth)?;
                let mut first = true;
                while self.next_key(first)? {
                    first = false;
                    self.usual_key()?;
                    self.colon()?;
                    self.skip(depth)?;
                }
            }
            Some(b'[') => {
                self.at += 1;
                let depth = deeper(depth)?;
                let mut first = true;
                while self.next_element(first)? {
                    first = false;
                    self.skip(depth)?;
                }
            }
            Some(b't') => self.word(b"true")?,
            Some(b'f') => self.word(b"false")?,
            Some(b'n') => self.word(b"null")?,
            Some(_) => return Err(Stop::Syntax(LineFault::ExpectedValue)),
            None => return Err(Stop::Syntax(LineFault::UnexpectedEnd)),
        }
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Stop> {
        if self.bytes.get(self.at..self.at + word.len()) != Some(word) {
            return Err(Stop::Syntax(LineFault::ExpectedValue));
        }
        self.at += word.len();
        Ok(())
    }

    /// Goes behind a number, which begins with `first`.
    #[inline]
    fn number(&mut self, first: u8) -> Result<(), Stop> {
        let start = self.at;
        self.at += 1;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        let goes_on = matches!(self.peek(), Some(b'.' | b'e' | b'E' | b'+' | b'-'));
        // Most are natural numbers.
        if goes_on || first == b'-' || (first == b'0' && self.at > start + 1) {
            return self.long_number(start);
        }
        Ok(())
    }

    /// Goes behind a number of any form that begins at `start`.
    #[inline(never)]
    fn long_number(&mut self, start: usize) -> Result<(), Stop> {
        while let Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') = self.peek() {
            self.at += 1;
        }
        if is_number(self.bytes.get(start..self.at).unwrap_or(&[])) {
            return Ok(());
        }
        self.at = start;
        Err(Stop::Syntax(LineFault::InvalidNumber))
    }

    /// Goes behind a number that is read, which begins with `first`. One with an exponent is given
    /// as `event/json.rs` gives it, `1e+5`.
    fn read_number(&mut self, first: u8) -> Result<Option<String>, Stop> {
        let start = self.at;
        self.number(first)?;
        let text = self.bytes.get(start..self.at).unwrap_or(&[]);
        let mut parts = text.split(|byte| matches!(byte, b'e' | b'E'));
        let (Some(mantissa), Some(exponent)) = (parts.next(), parts.next()) else {
            return Ok(None);
        };
        let mut number = mantissa.to_vec();
        number.push(b'e');
        if exponent.first().is_some_and(u8::is_ascii_digit) {
            number.push(b'+');
        }
        number.extend(exponent);
        Ok(String::from_utf8(number).ok())
    }

    /// From behind the opening quote to behind the closing one; whether there are escapes.
    #[inline]
    fn string(&mut self) -> Result<bool, Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        // Most strings are short and have no escapes.
        if let Some(chunk) = rest.first_chunk::<16>() {
            let found = special(*chunk);
            let place = found.trailing_zeros() as usize;
            if chunk.get(place) == Some(&b'"') {
                self.at += place + 1;
                return Ok(false);
            }
            if found == 0 {
                self.at += chunk.len();
            }
        }
        self.long_string()
    }

    #[inline(never)]
    fn long_string(&mut self) -> Result<bool, Stop> {
        let mut escaped = false;
        loop {
            let mut rest = self.bytes.get(self.at..).unwrap_or(&[]);
            while let Some((chunk, tail)) = rest.split_first_chunk::<16>() {
                let found = special(*chunk);
                if found == 0 {
                    rest = tail;
                    continue;
                }
                // Windows paths are full of these.
                let doubled = doubled_backslashes(*chunk);
                if found == doubled {
                    escaped = true;
                    rest = tail;
                    continue;
                }
                let place = (found & !doubled).trailing_zeros();
                match rest.get(place as usize..) {
                    Some([b'"', after @ ..]) => {
                        self.at = self.bytes.len() - after.len();
                        return Ok(escaped || doubled.trailing_zeros() < place);
                    }
                    Some(
                        [
                            b'\\',
                            b'\\' | b'"' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                            after @ ..,
                        ],
                    ) => {
                        escaped = true;
                        rest = after;
                    }
                    after => {
                        rest = after.unwrap_or(&[]);
                        break;
                    }
                }
            }
            self.at = self.bytes.len() - rest.len();
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..0x20) => return Err(Stop::Syntax(LineFault::ControlCharacter)),
                Some(_) => self.at += 1,
                None => return Err(Stop::Syntax(LineFault::UnexpectedEndOfString)),
            }
        }
    }

    /// Skips an escape sequence.
    fn escape(&mut self) -> Result<(), Stop> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => {
                let high = match self.hex_unit(self.at + 2) {
                    Some(high @ 0xD800..=0xDBFF) => high,
                    Some(0xDC00..=0xDFFF) | None => {
                        return Err(Stop::Syntax(LineFault::InvalidEscape));
                    }
                    Some(_) => {
                        self.at += 6;
                        return Ok(());
                    }
                };
                let low = self.bytes.get(self.at + 6..self.at + 8) == Some(b"\\u");
                let low = low.then(|| self.hex_unit(self.at + 8)).flatten();
                if !matches!((high, low), (_, Some(0xDC00..=0xDFFF))) {
                    return Err(Stop::Syntax(LineFault::LoneSurrogate));
                }
                self.at += 12;
                Ok(())
            }
            _ => Err(Stop::Syntax(LineFault::InvalidEscape)),
        }
    }

    fn hex_unit(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 4)?;
        digits.iter().try_fold(0, |unit, digit| {
            Some(unit << 4 | char::from(*digit).to_digit(16)?)
        })
    }
}

fn text_kind(escaped: bool) -> CellKind {
    if escaped {
        CellKind::Escaped
    } else {
        CellKind::Text
    }
}

fn deeper(depth: u32) -> Result<u32, Stop> {
    match depth.checked_sub(1) {
        Some(depth @ 1..) => Ok(depth),
        _ => Err(Stop::Syntax(LineFault::NestedTooDeeply)),
    }
}

/// A bit for each byte that is a quote, a backslash or a control character, the first the lowest.
#[inline]
fn special(chunk: [u8; 16]) -> u32 {
    let bytes = u8x16::new(chunk);
    let control = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
    let quote = bytes.simd_eq(u8x16::splat(b'"'));
    let backslash = bytes.simd_eq(u8x16::splat(b'\\'));
    (control | quote | backslash).to_bitmask()
}

/// The backslashes of a chunk, as bits, if each has a second one beside it and no third: paths of
/// Windows are full of these. 0 if there is another.
#[inline]
fn doubled_backslashes(chunk: [u8; 16]) -> u32 {
    let backslashes = u8x16::new(chunk).simd_eq(u8x16::splat(b'\\')).to_bitmask();
    let starts = backslashes & !(backslashes << 1);
    let pairs = starts | starts << 1;
    if pairs == backslashes { pairs } else { 0 }
}

/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
fn is_number(text: &[u8]) -> bool {
    fn digits(text: &[u8]) -> Option<&[u8]> {
        let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 { None } else { text.get(count..) }
    }
    let rest = text.strip_prefix(b"-").unwrap_or(text);
    let rest = match rest.strip_prefix(b"0") {
        Some(rest) => Some(rest),
        None => digits(rest),
    };
    let rest = rest.and_then(|rest| match rest.strip_prefix(b".") {
        Some(fraction) => digits(fraction),
        None => Some(rest),
    });
    let rest = rest.and_then(|rest| match rest {
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => {
            digits(exponent)
        }
        rest => Some(rest),
    });
    rest.is_some_and(<[u8]>::is_empty)
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
