//! `--format github`: workflow commands that GitHub shows as annotations at the lines of a pull
//! request. Its documentation: "Workflow commands for GitHub Actions".

use std::fmt::Write as _;
use std::io::{self, Write};

use super::View;
use super::finding::{Finding, Level, findings};
use crate::diagnostic::escape;

/// GitHub shows no more annotations of one kind and step.
const SHOWN: usize = 10;

/// Writes one command a finding, at most ten of a kind; the tenth says how many more there are.
pub fn write(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    let findings = findings(view);
    for (level, command) in [
        (Level::Error, "error"),
        (Level::Warning, "warning"),
        (Level::Note, "notice"),
    ] {
        let of_level: Vec<&Finding<'_>> = findings
            .iter()
            .filter(|finding| finding.level == level)
            .collect();
        let more = of_level.len().saturating_sub(SHOWN);
        for (index, finding) in of_level.into_iter().take(SHOWN).enumerate() {
            let more = if index + 1 == SHOWN { more } else { 0 };
            writeln!(out, "{}", annotation(command, finding, more))?;
        }
    }
    Ok(())
}

fn annotation(command: &str, finding: &Finding<'_>, more: usize) -> String {
    let mut line = format!("::{command} ");
    if let Some(place) = finding.places.first() {
        let _ = write!(line, "file={},", property(place.file));
        if let Some((start, column)) = place.start {
            let _ = write!(line, "line={start},col={column},");
        }
        if let Some((end, _)) = place.end {
            let _ = write!(line, "endLine={end},");
        }
    }
    let mut message = format!("{}\n{}", finding.name, finding.message);
    if !finding.diff.is_empty() {
        let _ = write!(message, "\n{}", finding.diff.trim_end());
    }
    if more > 0 {
        let _ = write!(
            message,
            "\nand {more} more; the log of `trapline test` has them all"
        );
    }
    let title = format!("trapline: {}", finding.kind);
    let _ = write!(line, "title={}::{}", property(&title), data(&message));
    line
}

/// The escapes of a command's message.
fn data(text: &str) -> String {
    escape::lines(text)
        .replace("##[", "#\\#[")
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The escapes of a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
