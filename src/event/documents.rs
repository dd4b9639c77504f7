//! Converts search responses, arrays and pretty-printed documents to NDJSON: [`Documents`] wraps a
//! file for readers that work line by line. NDJSON passes through unchanged.
//!
//! Only the structure is looked at; whether a document is valid is for its reader to say. A
//! document comes on the line on which it begins or, where several begin on one line, on the next
//! free one.

use std::io::{self, Read};

/// A document longer than this is taken as unreadable.
const MAX_DOCUMENT: usize = 512 << 20;
/// How much is read at a time.
const BLOCK: usize = 1 << 16;
/// No key that leads to documents is longer.
const MAX_KEY: usize = 16;

/// Reads documents one a line, whatever holds them.
pub struct Documents {
    input: Box<dyn Read + Send>,
    /// The output for the caller, and how much of it was read.
    out: Vec<u8>,
    taken: usize,
    failure: Option<io::Error>,
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Lines,
    Walk(Box<Walk>),
}

/// The meaning of an open bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Holds documents or answers.
    Answers,
    /// A document, or an answer: nobody knows before a key says so.
    Answer,
    /// `hits` of an answer.
    Hits,
    /// `hits.hits`, `hits.events` and `events` of a sequence.
    Documents,
    /// `hits.sequences`
    Sequences,
    /// One of those.
    Sequence,
    /// Anything else.
    Other,
}

/// Where in the input we are.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing of the place"
)]
struct Walk {
    levels: Vec<Level>,
    /// All bytes so far, while it may still turn out that they are NDJSON.
    undecided: Option<Vec<u8>>,
    /// The first line may go on in the next.
    goes_on: bool,
    /// The text of the document, and how many levels are around it.
    document: Vec<u8>,
    around: Option<usize>,
    /// Whether the document may be an answer.
    may_be_answer: bool,
    /// A bare value where a document should be.
    in_bare: bool,
    in_string: bool,
    escaped: bool,
    /// The string read last: a key, when a value follows.
    key: Vec<u8>,
    line: u64,
    document_line: u64,
    line_out: u64,
    last: u8,
}

impl Documents {
    /// Reads from `input`.
    pub fn new(input: Box<dyn Read + Send>) -> Self {
        let walk = Walk {
            undecided: Some(Vec::new()),
            ..Walk::default()
        };
        Self {
            input,
            out: Vec::new(),
            taken: 0,
            failure: None,
            mode: Mode::Walk(Box::new(walk)),
        }
    }

    /// Reads a block and walks over it.
    fn advance(&mut self) -> io::Result<()> {
        let Mode::Walk(walk) = &mut self.mode else {
            return Ok(());
        };
        let mut block = vec![0; BLOCK];
        let read = self.input.read(&mut block)?;
        let block = block.get(..read).unwrap_or(&[]);
        if walk.undecided.is_none() {
            self.out.clear();
            self.taken = 0;
        }
        let walked = if block.is_empty() {
            walk.end(&mut self.out).map(|()| true)
        } else {
            walk.block(block, &mut self.out)
        };
        // What was read before a failure comes before it.
        let is_over = walked.unwrap_or_else(|failure| {
            self.failure = Some(failure);
            true
        });
        if is_over {
            self.mode = Mode::Lines;
        }
        Ok(())
    }

    /// Whether more must be walked over before the caller gets anything.
    fn is_waiting(&self) -> bool {
        match &self.mode {
            Mode::Lines => false,
            Mode::Walk(walk) => walk.undecided.is_some() || self.taken == self.out.len(),
        }
    }
}

impl Read for Documents {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.is_waiting() {
            self.advance()?;
        }
        let mut ready = self.out.get(self.taken..).unwrap_or(&[]);
        if !ready.is_empty() {
            let read = ready.read(buffer)?;
            self.taken += read;
            return Ok(read);
        }
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => self.input.read(buffer),
        }
    }
}

impl Walk {
    /// Walks over a block; true if the input turned out to be NDJSON, the beginning of which then
    /// is all that `out` holds.
    fn block(&mut self, block: &[u8], out: &mut Vec<u8>) -> io::Result<bool> {
        for (place, byte) in block.iter().enumerate() {
            let walked = self.byte(*byte, out);
            if matches!(walked, Ok(true) | Err(_))
                && let Some(mut before) = self.undecided.take()
            {
                out.clear();
                out.append(&mut before);
                out.extend_from_slice(block.get(place..).unwrap_or(&[]));
                return Ok(true);
            }
            walked?;
            if let Some(undecided) = &mut self.undecided {
                undecided.push(*byte);
            }
        }
        Ok(false)
    }

    /// One byte; true if the input is NDJSON.
    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) -> io::Result<bool> {
        if byte == b'\n' {
            self.goes_on = self.undecided.is_some() && self.last != 0;
            if self.goes_on && self.line_is_whole() {
                return Ok(true);
            }
            self.line += 1;
        }
        if self.goes_on && !byte.is_ascii_whitespace() {
            // An object goes on with a key; anything else is another line.
            if self.last == b'{' && !matches!(byte, b'"' | b'}') {
                return Ok(true);
            }
            self.goes_on = false;
            self.undecided = None;
        }
        if self.in_string {
            self.in_string(byte);
        } else {
            self.structure(byte, out)?;
        }
        let is_mark = self.last == 0 && matches!(byte, 0xEF | 0xBB | 0xBF);
        if !byte.is_ascii_whitespace() && !is_mark {
            self.last = byte;
        }
        if self.document.len() > MAX_DOCUMENT {
            return Err(fault(self.document_line, "a document of more than 512 MiB"));
        }
        Ok(false)
    }

    /// Whether the first line cannot be the beginning of something longer. Nothing but a bracket
    /// ends the first line of a document that is printed over several.
    fn line_is_whole(&self) -> bool {
        self.in_string || self.levels.is_empty() || !matches!(self.last, b'{' | b'[')
    }

    fn in_string(&mut self, byte: u8) {
        self.keep(byte);
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_string = false,
            _ if self.key.len() < MAX_KEY => self.key.push(byte),
            _ => {}
        }
    }

    fn structure(&mut self, byte: u8, out: &mut Vec<u8>) -> io::Result<()> {
        match byte {
            b'{' | b'[' => self.open(byte, out),
            b'}' | b']' => {
                if self.in_bare {
                    self.close(out);
                }
                self.keep(byte);
                if self.levels.pop().is_none() {
                    return Err(fault(self.line, "a bracket closes that was never opened"));
                }
                if self.around == Some(self.levels.len()) {
                    self.close(out);
                }
            }
            0xEF | 0xBB | 0xBF if self.undecided.is_some() && self.last == 0 => {}
            b',' | b' ' | b'\t' | b'\r' | b'\n' => {
                if self.in_bare {
                    self.close(out);
                }
                self.keep(byte);
            }
            _ => {
                self.bare();
                self.keep(byte);
                if byte == b'"' {
                    self.in_string = true;
                    self.key.clear();
                }
            }
        }
        Ok(())
    }

    /// A bracket opens.
    fn open(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.in_bare {
            self.close(out);
        }
        let is_object = byte == b'{';
        let parent = self.levels.last().copied().unwrap_or(Level::Answers);
        let key = std::mem::take(&mut self.key);
        let level = match (parent, key.as_slice(), is_object) {
            (Level::Answers, _, true) | (Level::Answer, b"response" | b"rawResponse", true) => {
                Level::Answer
            }
            (Level::Answers, _, false) | (Level::Answer, b"responses", false) => Level::Answers,
            (Level::Answer, b"hits", true) => Level::Hits,
            (Level::Hits, b"hits" | b"events", false) | (Level::Sequence, b"events", false) => {
                Level::Documents
            }
            (Level::Hits, b"sequences", false) => Level::Sequences,
            (Level::Sequences, _, true) => Level::Sequence,
            _ => Level::Other,
        };
        let is_inside = self.around.is_some() && !self.may_be_answer;
        let level = if is_inside { Level::Other } else { level };
        match level {
            // What looked like a document holds some.
            Level::Documents | Level::Sequences | Level::Answers => {
                self.undecided = None;
                self.around = None;
                self.document.clear();
            }
            _ => {}
        }
        if self.around.is_none() {
            let is_answer = level == Level::Answer;
            if is_answer || parent == Level::Documents {
                self.begin(is_answer);
            }
        }
        self.keep(byte);
        self.levels.push(level);
    }

    /// A value that is no object, where a document should be: its reader will say so.
    fn bare(&mut self) {
        let holder = self.levels.last().copied().unwrap_or(Level::Answers);
        let holds_documents = matches!(holder, Level::Answers | Level::Documents);
        if self.around.is_none() && !self.in_bare && holds_documents {
            self.document_line = self.line;
            self.document.clear();
            self.in_bare = true;
        }
    }

    fn begin(&mut self, may_be_answer: bool) {
        self.around = Some(self.levels.len());
        self.may_be_answer = may_be_answer;
        self.document_line = self.line;
        self.document.clear();
    }

    /// Keeps a byte of the document, on one line.
    fn keep(&mut self, byte: u8) {
        if self.around.is_some() || self.in_bare {
            self.document.push(match byte {
                // No string may hold a line break, and none becomes valid here.
                b'\n' if self.in_string => 1,
                b'\n' => b' ',
                byte => byte,
            });
        }
    }

    /// The document is whole.
    fn close(&mut self, out: &mut Vec<u8>) {
        while self.line_out < self.document_line {
            out.push(b'\n');
            self.line_out += 1;
        }
        out.append(&mut self.document);
        out.push(b'\n');
        self.line_out += 1;
        self.around = None;
        self.in_bare = false;
        self.in_string = false;
    }

    /// The input ends.
    fn end(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if let Some(mut all) = self.undecided.take() {
            out.clear();
            out.append(&mut all);
            return Ok(());
        }
        if self.in_bare {
            self.close(out);
        }
        if self.levels.is_empty() && !self.in_string {
            return Ok(());
        }
        Err(fault(
            self.line,
            "the input ends in the middle of a document",
        ))
    }
}

fn fault(line: u64, what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("line {}: {what}", line + 1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> io::Result<String> {
        let mut all = String::new();
        let input = Box::new(io::Cursor::new(text.as_bytes().to_vec()));
        Documents::new(input).read_to_string(&mut all)?;
        Ok(all)
    }

    #[test]
    fn ndjson_passes_through_untouched() -> io::Result<()> {
        for text in [
            "",
            "\n",
            "{\"a\":1}\n{\"a\":2}\n",
            "\n{\"a\":1}",
            "{\"a\":{\"hits\":[1]}}\n[1]\n",
            "{\"hits\":{\"hits\":1}}\n",
            "\u{feff}{\"a\":1}\n",
            "{\"a\":1\n{\"a\":2}\n",
            "{\"a\":\"[\n{\"a\":2}\n",
            "nonsense\n{\"a\":2}\n",
            "{\n\n{\"a\":2}\n",
            "}\n{}\n",
        ] {
            assert_eq!(read(text)?, text);
        }
        Ok(())
    }

    #[test]
    fn documents_of_a_response_come_one_a_line() -> io::Result<()> {
        let response = r#"{"took":1,"hits":{"total":{"value":2},"hits":[{"_source":{"a":1}},{"_source":{"hits":{"hits":[{}]}}}]},"x":[{}]}"#;
        let documents = "{\"_source\":{\"a\":1}}\n{\"_source\":{\"hits\":{\"hits\":[{}]}}}\n";
        assert_eq!(read(response)?, documents);
        assert_eq!(read(&format!("{response}\n{response}"))?, {
            // The second response begins on line 2, which is taken.
            format!("{documents}{documents}")
        });
        for (before, after) in [
            ("[", "]"),
            ("{\"responses\":[", "]}"),
            ("{\"response\":", "}"),
        ] {
            assert_eq!(
                read(&format!("{before}{response}{after}"))?,
                documents,
                "{before}"
            );
        }
        let sequences =
            r#"{"hits":{"sequences":[{"join_keys":["k"],"events":[{"_id":"1"},{"_id":"2"}]}]}}"#;
        assert_eq!(read(sequences)?, "{\"_id\":\"1\"}\n{\"_id\":\"2\"}\n");
        assert_eq!(read(r#"{"hits":{"hits":[]}}"#)?, "");
        Ok(())
    }

    #[test]
    fn a_document_over_several_lines_stands_where_it_begins() -> io::Result<()> {
        let text = "{\n  \"a\": 1\n}\n{\n  \"a\": [\n    2\n  ]\n}\n";
        assert_eq!(
            read(text)?,
            "{   \"a\": 1 }\n\n\n{   \"a\": [     2   ] }\n"
        );
        assert_eq!(read("[\n  {\"a\": 1},\n  {\"a\": 2}, 3, {\"a\": 4}\n]")?, {
            "\n{\"a\": 1}\n{\"a\": 2}\n3\n{\"a\": 4}\n"
        });
        Ok(())
    }

    #[test]
    fn what_is_cut_off_or_closed_twice_is_said() {
        for text in [
            "{\"hits\":{\"hits\":[{\"a\":1}",
            "[{\"a\":1},{\"a\"",
            "{\n\"a\":1}}\n",
            "[{\"a\":\"",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_line_break_in_a_string_does_not_become_valid() -> io::Result<()> {
        assert_eq!(read("[{\"a\":\"b\nc\"}]")?, "{\"a\":\"b\u{1}c\"}\n");
        Ok(())
    }
}
