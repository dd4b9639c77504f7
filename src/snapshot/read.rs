//! `text -> Snapshot`: reads what [`super::format`] wrote, with any line ending.

use std::sync::Arc;

use super::format::WAIVED;
use super::{Case, Fact, Record, Snapshot, error};
use crate::diagnostic::snapshot::{BadSnapshot, MalformedSnapshot};
use crate::diagnostic::{Code, Diagnostic, SourceText, Span};

/// Reads a snapshot file. Merge-conflict markers are an error of their own, which names the
/// command that rebuilds the file.
pub fn read(source: &Arc<SourceText>) -> Result<Snapshot, Box<Diagnostic>> {
    let lines = lines(source.text());
    let mut reader = Reader {
        source,
        snapshot: Snapshot {
            scenario: String::new(),
            cases: Vec::new(),
        },
        header: None,
        bare_header: None,
        case: None,
        sources: Vec::new(),
    };
    let body = reader.front_matter(&lines)?;
    reader.conflict(&lines)?;
    for (index, line) in lines.iter().enumerate().skip(body) {
        let next_is_fact = lines
            .get(index + 1)
            .is_some_and(|next| next.text.trim_end().starts_with("  "));
        reader.line(line, next_is_fact)?;
    }
    reader.end_entry();
    reader.end_case();
    reader.no_bare_header()?;
    Ok(reader.snapshot)
}

/// One line of the file without its line break.
struct Line<'a> {
    text: &'a str,
    span: Span,
}

struct Reader<'a> {
    source: &'a Arc<SourceText>,
    snapshot: Snapshot,
    header: Option<String>,
    /// The place of the header while no case stands below it.
    bare_header: Option<Span>,
    case: Option<Case>,
    /// The records of the entry that is being read.
    sources: Vec<Record>,
}

impl Reader<'_> {
    /// Reads the front matter; the result is the number of the first line after it.
    fn front_matter(&mut self, lines: &[Line<'_>]) -> Result<usize, Box<Diagnostic>> {
        let Some(first) = lines.first() else {
            return Err(Box::new(
                self.malformed(Span::new(0, 0), MalformedSnapshot::Empty),
            ));
        };
        if first.text.trim_end() != "---" {
            self.conflict(lines)?;
            return Err(Box::new(
                self.malformed(first.span, MalformedSnapshot::NoFrontMatter),
            ));
        }
        for (index, line) in lines.iter().enumerate().skip(1) {
            let text = line.text.trim_end();
            if text == "---" {
                return Ok(index + 1);
            }
            if let Some(value) = text.strip_prefix("input_file:") {
                self.snapshot.scenario = scalar(value.trim());
            }
        }
        let why = MalformedSnapshot::OpenFrontMatter;
        Err(Box::new(self.malformed(first.span, why)))
    }

    fn conflict(&self, lines: &[Line<'_>]) -> Result<(), Box<Diagnostic>> {
        let marker = |line: &&Line<'_>| {
            line.text == "======="
                || ["<<<<<<<", ">>>>>>>", "|||||||"].iter().any(|marker| {
                    line.text
                        .strip_prefix(marker)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
                })
        };
        match lines.iter().find(marker) {
            None => Ok(()),
            Some(line) => {
                let command = self.command();
                let cause = BadSnapshot::Conflict { command };
                Err(Box::new(self.bad(&error::CONFLICT, line.span, &cause)))
            }
        }
    }

    fn line(&mut self, line: &Line<'_>, next_is_fact: bool) -> Result<(), Box<Diagnostic>> {
        let text = line.text.trim_end();
        if text.is_empty() {
            self.end_entry();
        } else if self.header.is_none() {
            self.start_header(line)?;
        } else if let Some(fact) = text.strip_prefix("  ") {
            if self.sources.is_empty() {
                return Err(Box::new(
                    self.malformed(line.span, MalformedSnapshot::FactWithoutSource),
                ));
            }
            let fact = self::fact(fact);
            for record in &mut self.sources {
                record.facts.push(fact.clone());
            }
        } else if next_is_fact {
            self.end_entry();
            if self.case.is_none() {
                return Err(Box::new(
                    self.malformed(line.span, MalformedSnapshot::EntryWithoutCase),
                ));
            }
            self.sources = entry(text);
            let is_name = |record: &Record| record.source.trim() == record.source;
            if self.sources.is_empty() || !self.sources.iter().all(is_name) {
                return Err(Box::new(
                    self.malformed(line.span, MalformedSnapshot::EntryWithoutSource),
                ));
            }
        } else if let Some(name) = text.strip_prefix("# ") {
            self.end_entry();
            self.end_case();
            self.bare_header = None;
            self.case = Some(Case {
                header: self.header.clone().unwrap_or_default(),
                name: name.to_owned(),
                records: Vec::new(),
            });
        } else {
            self.end_entry();
            self.end_case();
            self.start_header(line)?;
        }
        Ok(())
    }

    fn start_header(&mut self, line: &Line<'_>) -> Result<(), Box<Diagnostic>> {
        self.no_bare_header()?;
        self.header = Some(line.text.trim_end().to_owned());
        self.bare_header = Some(line.span);
        Ok(())
    }

    /// Nothing that stands in the file may be lost when it is written again.
    fn no_bare_header(&self) -> Result<(), Box<Diagnostic>> {
        match self.bare_header {
            None => Ok(()),
            Some(span) => Err(Box::new(
                self.malformed(span, MalformedSnapshot::RuleWithoutCase),
            )),
        }
    }

    fn end_entry(&mut self) {
        if let Some(case) = &mut self.case {
            case.records.append(&mut self.sources);
        }
    }

    fn end_case(&mut self) {
        self.snapshot.cases.extend(self.case.take());
    }

    fn malformed(&self, span: Span, why: MalformedSnapshot) -> Diagnostic {
        let command = self.command();
        let cause = BadSnapshot::Malformed { why, command };
        self.bad(&error::MALFORMED, span, &cause)
    }

    fn bad(&self, code: &'static Code, span: Span, cause: &BadSnapshot) -> Diagnostic {
        Diagnostic::caused(code, cause, self.source, span)
    }

    /// The command that runs the file's scenario.
    fn command(&self) -> String {
        super::format::command(match self.snapshot.scenario.as_str() {
            "" => "SCENARIO",
            scenario => scenario,
        })
    }
}

/// `elastic_defend; but for the gap: sysmon, winlogbeat  (gap)`.
fn entry(text: &str) -> Vec<Record> {
    let (text, pin) = match text
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once("  ("))
    {
        Some((text, pin)) => (text, Some(pin.to_owned())),
        None => (text, None),
    };
    let (plain, waived) = match text.split_once(WAIVED) {
        Some((plain, waived)) => (plain.trim_end_matches("; "), waived),
        None => (text, ""),
    };
    let record = |name: &str, waived| Record {
        source: name.to_owned(),
        waived,
        pin: pin.clone(),
        facts: Vec::new(),
    };
    let mut records = Vec::new();
    for (list, waived) in [(plain, false), (waived, true)] {
        let names = list.split(", ").filter(|name| !name.is_empty());
        records.extend(names.map(|name| record(name, waived)));
    }
    records
}

fn fact(text: &str) -> Fact {
    let (key, value) = text.split_once(' ').unwrap_or((text, ""));
    Fact {
        key: key.to_owned(),
        value: value.trim_start_matches(' ').to_owned(),
    }
}

/// A YAML scalar as the front matter has it: plain or in double quotes.
fn scalar(text: &str) -> String {
    match serde_json::from_str::<String>(text) {
        Ok(decoded) => decoded,
        Err(_) => text.to_owned(),
    }
}

/// The lines of a text; LF, CRLF and CR all end one.
fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        lines.push(Line {
            text: line,
            span: Span::of(start..start + end),
        });
        let after = tail
            .strip_prefix("\r\n")
            .or_else(|| tail.strip_prefix(['\n', '\r']))
            .unwrap_or(tail);
        start += rest.len() - after.len();
        rest = after;
    }
    lines
}
