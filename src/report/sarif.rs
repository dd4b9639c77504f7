//! `--format sarif`: SARIF 2.1.0 (OASIS), which code hosts show at the lines of the rule file.

use std::io::{self, Write};

use serde::Serialize;

use super::View;
use super::finding::{Finding, Level, MachineWords, Spot, findings};
use crate::diagnostic::escape;

/// Every kind of finding: its id and what it says.
const KINDS: [(&str, &str); 16] = [
    ("not-loaded", "A file that could not be loaded"),
    ("gate-missed", "A rule that misses a gate of the project"),
    (
        "split-by-deployment",
        "A rule that behaves differently where its data sources are deployed together",
    ),
    ("failed", "A scenario's expectation does not hold"),
    ("invalid", "A case from which nothing can be learnt"),
    (
        "unverifiable",
        "Elasticsearch would refuse the query on this data source",
    ),
    (
        "uncertain",
        "The outcome depends on an open point of Elasticsearch's semantics",
    ),
    ("vacuous", "A case that expects no alert and proves nothing"),
    (
        "unsupported",
        "A rule type or construct that is not implemented",
    ),
    ("lost", "An alert is gone"),
    ("new", "An alert that was not there"),
    ("split", "Data sources that behaved alike now differ"),
    ("reason", "Something else decides a case now"),
    ("content", "The same outcome with other values"),
    ("added", "A case that is not in the snapshot yet"),
    ("removed", "A recorded case that is gone"),
];

/// Writes one run with a result for each finding.
pub fn write(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    let findings = findings(view);
    let rules = KINDS.map(|(id, text)| Rule {
        id,
        short_description: Message { text },
    });
    let report = Report {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "trapline",
                    rules,
                },
            },
            column_kind: "unicodeCodePoints",
            results: findings.iter().map(result).collect(),
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    rules: [Rule; KINDS.len()],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message<&'static str>,
}

#[derive(Serialize)]
struct Message<T> {
    text: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'static str,
    level: &'static str,
    message: Message<String>,
    locations: Vec<Located>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Located>,
    partial_fingerprints: Fingerprints<'a>,
    #[serde(skip_serializing_if = "MachineWords::is_empty")]
    properties: MachineWords<'a>,
}

#[derive(Serialize)]
struct Fingerprints<'a> {
    #[serde(rename = "check/v1")]
    check: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Located {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

fn result<'a>(finding: &'a Finding<'a>) -> Outcome<'a> {
    let mut text = format!("{}\n{}", finding.name, finding.message);
    if !finding.diff.is_empty() {
        text.push_str("\n\n");
        text.push_str(finding.diff.trim_end());
    }
    let mut places = finding.places.iter();
    let first = places.next().map(|place| location(place, None));
    Outcome {
        rule_id: finding.kind,
        level: match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        },
        message: Message { text: plain(&text) },
        locations: Vec::from_iter(first),
        related_locations: (1..)
            .zip(places)
            .map(|(id, place)| location(place, Some(id)))
            .collect(),
        partial_fingerprints: Fingerprints {
            check: &finding.name,
        },
        properties: finding.words.clone(),
    }
}

fn location(place: &Spot<'_>, id: Option<usize>) -> Located {
    let region = place.start.zip(place.end);
    let label = (!place.label.is_empty()).then(|| Message {
        text: plain(place.label),
    });
    Located {
        id,
        physical_location: Physical {
            artifact_location: Artifact {
                uri: uri(place.file),
            },
            region: region.map(|(start, end)| Region {
                start_line: start.0,
                start_column: start.1,
                end_line: end.0,
                end_column: end.1,
            }),
        },
        message: id.and(label),
    }
}

/// Text of a message, in which `[text](target)` would be a link.
fn plain(text: &str) -> String {
    escape::lines(text).replace("](", "\\](")
}

/// A relative path as a reference: what has a meaning in one, or is no ASCII, is escaped.
pub(super) fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
