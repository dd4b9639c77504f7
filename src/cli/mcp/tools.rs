//! The tools: their names, what they take, and the command line that each stands for.

use serde_json::{Map, Value, json};

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A path within the project.
    Path,
    /// Paths within the project, each behind the last.
    Paths,
    /// A word for an option.
    Text,
    /// Whether a switch is set.
    Switch,
}

/// A parameter of a tool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The option that it is, `--case`; empty for what stands by itself.
    pub(super) option: &'static str,
    pub(super) is_required: bool,
    meaning: &'static str,
}

/// A tool.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: &'static str,
    meaning: &'static str,
    /// The verb and what is always typed behind it.
    pub(super) verb: &'static [&'static str],
    pub(super) parameters: &'static [Parameter],
    /// Whether it changes nothing, whatever the parameters.
    reads_only: bool,
}

const fn parameter(
    name: &'static str,
    kind: Kind,
    option: &'static str,
    meaning: &'static str,
) -> Parameter {
    Parameter {
        name,
        kind,
        option,
        is_required: false,
        meaning,
    }
}

const fn required(parameter: Parameter) -> Parameter {
    Parameter {
        is_required: true,
        ..parameter
    }
}

const WHAT: Parameter = parameter(
    "paths",
    Kind::Paths,
    "",
    "Scenarios, rules, directories or KEYs (SCENARIO::CASE[SOURCE]), relative to the project's root; everything if there is none",
);
const RULE: Parameter = required(parameter(
    "rule",
    Kind::Path,
    "",
    "The rule file, or its scenario",
));
const SOURCE: Parameter = parameter("source", Kind::Text, "--source", "Only this data source");
const RECORDINGS: Parameter = required(parameter(
    "files",
    Kind::Paths,
    "",
    "Recordings within the project: EVTX, NDJSON, exports, packed or not",
));

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        name: "check",
        meaning: "Lint detection rules and find scenarios that prove nothing",
        verb: &["check", "--format=json"],
        parameters: &[WHAT],
        reads_only: true,
    },
    Tool {
        name: "run",
        meaning: "Run scenarios: the verdict of each case on each data source, why, and what differs from the snapshots",
        verb: &["test", "--format=json", "--check"],
        parameters: &[
            WHAT,
            SOURCE,
            parameter(
                "select",
                Kind::Text,
                "-k",
                "Only checks that this expression names: words, and, or, not, rule: case: source: tag: verdict:",
            ),
        ],
        reads_only: true,
    },
    Tool {
        name: "accept",
        meaning: "Run scenarios and take changes of behaviour into their snapshots: writes files",
        verb: &["test", "--format=json"],
        parameters: &[
            required(WHAT),
            required(parameter(
                "changes",
                Kind::Text,
                "--accept",
                "Classes (lost, new, split, reason, content, added, removed, all) or a KEY",
            )),
        ],
        reads_only: false,
    },
    Tool {
        name: "explain_case",
        meaning: "Why a case alerts, or why not: stages, clauses with their values, the nearest miss",
        verb: &["explain", "--format=json"],
        parameters: &[
            RULE,
            parameter(
                "case",
                Kind::Text,
                "--case",
                "The case; the attack if none is named",
            ),
            SOURCE,
        ],
        reads_only: true,
    },
    Tool {
        name: "explain_recording",
        meaning: "Why a rule alerts on a recording, or why not",
        verb: &["explain", "--format=json"],
        parameters: &[
            RULE,
            required(parameter(
                "events",
                Kind::Path,
                "--events",
                "The recording: NDJSON or EVTX, packed or not",
            )),
            SOURCE,
        ],
        reads_only: true,
    },
    Tool {
        name: "coverage",
        meaning: "Which clauses of the rules the cases decide, and which cases are missing",
        verb: &["coverage", "--format=json"],
        parameters: &[WHAT],
        reads_only: true,
    },
    Tool {
        name: "draft_scenario",
        meaning: "A first scenario of a rule: an attack that it alerts on, and a case for each clause; the text, nothing is written",
        verb: &["new", "--output=-"],
        parameters: &[RULE],
        reads_only: true,
    },
    Tool {
        name: "write_scenario",
        meaning: "The same, written to the file that mirrors the rule; with fill_coverage the cases that its scenario lacks",
        verb: &["new"],
        parameters: &[
            RULE,
            parameter(
                "fill_coverage",
                Kind::Switch,
                "--fill-coverage",
                "Add the cases that the scenario lacks",
            ),
        ],
        reads_only: false,
    },
    Tool {
        name: "import_recording",
        meaning: "The events of a recording as ECS documents, one a line; to a file with output",
        verb: &["import"],
        parameters: &[
            RECORDINGS,
            parameter(
                "output",
                Kind::Path,
                "--output",
                "Write to this new file instead",
            ),
        ],
        reads_only: false,
    },
    Tool {
        name: "reduce_recording",
        meaning: "The smallest scenario with the same verdict of a rule as a recording; its text, or a file with output",
        verb: &["import", "--minimise"],
        parameters: &[
            RECORDINGS,
            required(parameter("rule", Kind::Path, "--rule", "The rule file")),
            parameter(
                "as",
                Kind::Text,
                "--as",
                "attack (it alerts) or benign (it does not)",
            ),
            parameter("name", Kind::Text, "--name", "The name of the attack"),
            parameter(
                "output",
                Kind::Path,
                "--output",
                "Write the scenario to this .yaml file, behind what is there",
            ),
        ],
        reads_only: false,
    },
    Tool {
        name: "sources",
        meaning: "The data sources, or one with its kinds of event and what its sensor sets",
        verb: &["sources"],
        parameters: &[parameter("name", Kind::Text, "", "The data source to show")],
        reads_only: true,
    },
    Tool {
        name: "explain_word",
        meaning: "What a word of the reports, an error's code or a lint means",
        verb: &["explain"],
        parameters: &[required(parameter(
            "word",
            Kind::Text,
            "",
            "For example blocker, E310 or unknown-key",
        ))],
        reads_only: true,
    },
];

/// The tools as the protocol lists them.
pub(in crate::cli) fn list() -> Value {
    TOOLS.iter().map(described).collect()
}

fn described(tool: &Tool) -> Value {
    let properties: Map<String, Value> = tool
        .parameters
        .iter()
        .map(|parameter| (parameter.name.to_owned(), schema(parameter)))
        .collect();
    let required = tool.parameters.iter().filter(|one| one.is_required);
    json!({
        "name": tool.name,
        "description": tool.meaning,
        "inputSchema": {
            "type": "object",
            "properties": properties,
            "required": required.map(|one| one.name).collect::<Vec<_>>(),
            "additionalProperties": false,
        },
        "annotations": {"readOnlyHint": tool.reads_only, "openWorldHint": false},
    })
}

fn schema(parameter: &Parameter) -> Value {
    let mut schema = match parameter.kind {
        Kind::Path | Kind::Text => json!({"type": "string"}),
        Kind::Paths => json!({"type": "array", "items": {"type": "string"}}),
        Kind::Switch => json!({"type": "boolean"}),
    };
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".to_owned(), json!(parameter.meaning));
    }
    schema
}
