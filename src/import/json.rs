//! Reads JSON values one after another from lines, an array or pretty-printed text, and holds one
//! at a time. A search response larger than the limit of one event is read hit by hit.

use std::io::{BufRead, BufReader, Read};

use serde_json::Value as Json;

use super::detect::FileFormat;
use super::response::ResponseHits;
use super::unpack::{Bytes, Limits, problem_of};
use super::value_end::Scan;
use crate::diagnostic::recording::{At, Problem};

/// The values of a file.
pub(super) struct Values<'a> {
    bytes: BufReader<Bytes<'a>>,
    kind: FileFormat,
    limits: Limits,
    hits: Option<ResponseHits>,
    number: u64,
    started: bool,
    ended: bool,
}

impl<'a> Values<'a> {
    /// Reads `bytes` as the kind of JSON that it is.
    pub(super) fn new(kind: FileFormat, bytes: Bytes<'a>, limits: Limits) -> Self {
        Self {
            bytes: BufReader::with_capacity(FileFormat::HEAD, bytes),
            kind,
            limits,
            hits: None,
            number: 0,
            started: false,
            ended: false,
        }
    }

    /// The next value and where it stands; `None` at the end.
    pub(super) fn next_value(&mut self) -> Option<(At, Result<Json, Problem>)> {
        loop {
            if let Some(hit) = self.hits.as_mut().and_then(ResponseHits::next_hit) {
                let is_large = hit.len() as u64 > self.limits.value;
                let hit = if is_large {
                    Err(self.large())
                } else {
                    parse(hit).map(|hit| as_response(&hit))
                };
                return Some((self.at(), hit));
            }
            self.hits = None;
            if self.ended {
                return None;
            }
            let raw = match self.kind {
                FileFormat::JsonLines => self.next_line(),
                _ => self.next_element(),
            };
            self.ended = !matches!(raw, Ok(Some(_)));
            let raw = match raw {
                Ok(raw) => raw?,
                Err(problem) => return Some((self.at(), Err(problem))),
            };
            if raw.len() as u64 <= self.limits.value {
                return Some((self.at(), parse(&raw)));
            }
            match ResponseHits::of(raw) {
                Ok(hits) => self.hits = Some(hits),
                Err(_) => return Some((self.at(), Err(self.large()))),
            }
        }
    }

    fn at(&self) -> At {
        match self.kind {
            FileFormat::JsonLines => At::Line(self.number),
            _ => At::Item(self.number),
        }
    }

    fn large(&self) -> Problem {
        Problem::LargeEvent {
            megabytes: self.limits.value >> 20,
        }
    }

    fn next_line(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        let mut line = Vec::new();
        loop {
            line.clear();
            self.number += 1;
            (&mut self.bytes)
                .take(self.limits.response + 1)
                .read_until(b'\n', &mut line)
                .map_err(problem_of)?;
            if line.is_empty() {
                return Ok(None);
            }
            if line.len() as u64 > self.limits.response {
                return Err(self.too_long());
            }
            if self.number == 1 && line.starts_with(b"\xef\xbb\xbf") {
                line.drain(..3);
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    fn next_element(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        self.number += 1;
        let Some(first) = self.skip_to_value()? else {
            return Ok(None);
        };
        let mut value = Vec::new();
        let mut scan = Scan::starting_with(first);
        loop {
            let buffer = self.bytes.fill_buf().map_err(problem_of)?;
            if buffer.is_empty() {
                return if scan.is_word() {
                    Ok(Some(value))
                } else {
                    Err(Problem::EndsWithinValue)
                };
            }
            let (taken, complete) = scan.take(buffer);
            value.extend_from_slice(buffer.get(..taken).unwrap_or_default());
            self.bytes.consume(taken);
            if complete {
                return Ok(Some(value));
            }
            if value.len() as u64 > self.limits.response {
                return Err(self.too_long());
            }
        }
    }

    /// Skips to the first byte of the next value; `None` at the end of the file.
    fn skip_to_value(&mut self) -> Result<Option<u8>, Problem> {
        loop {
            let buffer = self.bytes.fill_buf().map_err(problem_of)?;
            let Some(&byte) = buffer.first() else {
                return if self.started {
                    Err(Problem::EndsWithinValue)
                } else {
                    Ok(None)
                };
            };
            match byte {
                b'[' if self.kind == FileFormat::JsonArray && !self.started => self.started = true,
                b']' if self.started => self.started = false,
                b',' | 0xef | 0xbb | 0xbf => {}
                _ if byte.is_ascii_whitespace() => {}
                _ => return Ok(Some(byte)),
            }
            self.bytes.consume(1);
        }
    }

    fn too_long(&self) -> Problem {
        Problem::TooLong {
            megabytes: self.limits.response >> 20,
        }
    }
}

fn parse(raw: &[u8]) -> Result<Json, Problem> {
    serde_json::from_slice(raw).map_err(|why| Problem::Json(why.into()))
}

/// A hit as a response of its own.
fn as_response(hit: &Json) -> Json {
    serde_json::json!({"hits": {"hits": [hit]}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<String> {
        let kind = FileFormat::of(text).unwrap();
        let mut values = Values::new(kind, Box::new(text), Limits::default());
        std::iter::from_fn(|| values.next_value())
            .map(|(at, value)| match value {
                Ok(value) => format!("{at:?} {value}"),
                Err(problem) => format!("{at:?} {}", problem.kind()),
            })
            .collect()
    }

    #[test]
    fn a_bad_line_costs_one_event() {
        assert_eq!(
            read(b"{\"a\":1}\n\n{\"a\":\n{\"a\":2}"),
            [
                "Line(1) {\"a\":1}",
                "Line(3) not a JSON object",
                "Line(4) {\"a\":2}"
            ]
        );
    }

    #[test]
    fn an_array_is_read_one_element_at_a_time() {
        assert_eq!(
            read(br#" [{"a":"]}\"{"}, 7 ,{"b":[{}]}]"#),
            [
                r#"Item(1) {"a":"]}\"{"}"#,
                "Item(2) 7",
                r#"Item(3) {"b":[{}]}"#
            ]
        );
    }

    #[test]
    fn arrays_may_follow_one_another_and_strays_end() {
        assert_eq!(read(b"[7]\n[8]"), ["Item(1) 7", "Item(2) 8"]);
        assert_eq!(read(b"{\n}]}").len(), 2);
        assert_eq!(read(b"[]").len(), 0);
    }

    #[test]
    fn pretty_printed_objects_follow_one_another() {
        assert_eq!(
            read(b"{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n"),
            ["Item(1) {\"a\":1}", "Item(2) {\"a\":2}"]
        );
    }

    #[test]
    fn a_cut_off_array_gives_what_came_before() {
        assert_eq!(
            read(br#"[{"a":1},{"a":"#),
            ["Item(1) {\"a\":1}", "Item(2) not a JSON object"]
        );
        assert_eq!(
            read(br#"[{"a":1}"#),
            ["Item(1) {\"a\":1}", "Item(2) not a JSON object"]
        );
    }

    #[test]
    fn a_value_without_end_is_not_held_in_memory() {
        let endless = format!("[\"{}", "x".repeat(5000));
        let limits = Limits {
            response: 1000,
            ..Limits::default()
        };
        let mut values = Values::new(FileFormat::JsonArray, Box::new(endless.as_bytes()), limits);
        let (_, value) = values.next_value().unwrap();
        assert!(value.unwrap_err().to_string().contains("longer than"));
        assert!(values.next_value().is_none());
    }
}
