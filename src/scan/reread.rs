//! Re-reads a scanned file line by line. A scan keeps only (file, line) per event; callers that
//! need the document use this.

use std::io;

use super::Inputs;
use super::chunk::{Lines, MARK};
use crate::event::Event;

/// How many bytes are read at a time.
const SIZE: usize = 1 << 18;

/// Hands over each line with its number, from 1; ends early when `each` says `false`.
pub fn lines(
    inputs: &dyn Inputs,
    file: usize,
    each: &mut dyn FnMut(u64, &str) -> bool,
) -> io::Result<()> {
    let mut lines = Lines::new(inputs.open(file)?);
    let (mut number, mut buffer) = (1, Vec::new());
    loop {
        let chunk = lines.next(0, SIZE, buffer);
        let mut bytes = chunk.bytes.as_slice();
        if chunk.is_first {
            bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
        }
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
            let line = bytes.get(start..end).unwrap_or(&[]);
            // What is no text was no event.
            if let Ok(line) = std::str::from_utf8(line)
                && !each(number, line)
            {
                return Ok(());
            }
            if end < bytes.len() {
                number += 1;
            }
            start = end + 1;
        }
        if let Some(reason) = chunk.error {
            return Err(io::Error::other(reason));
        }
        if chunk.is_last {
            return Ok(());
        }
        buffer = chunk.bytes;
    }
}

/// The event of a line, or of the `_source` of a hit; `None` where there is none.
pub fn event(line: &str) -> Option<Event> {
    Event::from_hit_line(line).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    struct One(&'static str);

    impl Inputs for One {
        fn count(&self) -> usize {
            1
        }

        fn name(&self, _: usize) -> String {
            "one".to_owned()
        }

        fn open(&self, _: usize) -> io::Result<Box<dyn Read + Send>> {
            Ok(Box::new(self.0.as_bytes()))
        }

        fn is_reopened(&self, _: usize) -> bool {
            true
        }

        fn temporary(&self) -> io::Result<Box<dyn crate::event::io::TemporaryFile>> {
            Ok(Box::new(io::Cursor::new(Vec::new())))
        }
    }

    #[test]
    fn every_line_has_its_number_and_the_reader_may_go() -> Result<(), Box<dyn std::error::Error>> {
        let mut all = Vec::new();
        lines(
            &One("\u{feff}{\"a\":1}\n\n{\"b\":2}"),
            0,
            &mut |number, line| {
                all.push((number, line.to_owned()));
                true
            },
        )?;
        let expected = [(1, "{\"a\":1}"), (2, ""), (3, "{\"b\":2}")];
        assert_eq!(
            all,
            expected.map(|(number, line)| (number, line.to_owned()))
        );
        let mut seen = 0;
        lines(&One("1\n2\n3\n"), 0, &mut |number, _| {
            seen = number;
            number < 2
        })?;
        assert_eq!(seen, 2);
        Ok(())
    }

    #[test]
    fn the_event_of_a_hit_is_its_source() {
        let found = event(r#"{"_index":"i","_id":"7","_score":null,"_source":{"a":{"b":1}}}"#);
        let found = found.unwrap_or_default();
        assert_eq!(found.index.as_deref(), Some("i"));
        assert_eq!(found.id.as_deref(), Some("7"));
        assert_eq!(found.values("a.b").len(), 1);
        assert_eq!(event("no event"), None);
    }
}
