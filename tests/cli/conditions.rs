//! KQL and Lucene queries: the documents that `trapline query` finds, the errors that it says, and
//! rules of type `query` in `test`. The tables are those of the semantics reference.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value as Json;

const MAPPING: &str = r#"{"properties":{
    "name":{"type":"keyword"},"cmd":{"type":"wildcard"},"msg":{"type":"text"},"ip":{"type":"ip"},
    "port":{"type":"long"},"flag":{"type":"boolean"},"t":{"type":"date"},"tags":{"type":"keyword"},
    "low":{"type":"keyword","normalizer":"lowercase"},"flat":{"type":"flattened"},
    "ratio":{"type":"scaled_float","scaling_factor":100},"v":{"type":"version"},
    "o":{"type":"nested","properties":{"a":{"type":"keyword"},"b":{"type":"long"}}}}}"#;

const DOCUMENTS: &str = r#"{"_id":"d1","name":"cmd.exe","cmd":"C:\\x\\cmd.exe /c foo bar","msg":"Set-PSBreakpoint done","ip":"10.1.2.3","port":80,"flag":true,"tags":["a","b"],"t":"2024-01-01T10:00:00Z","low":"MiXed","flat":{"k":"v1","n":{"x":5}},"o":[{"a":"x","b":1},{"a":"y","b":2}],"ratio":0.25,"v":"1.10.0"}
{"_id":"d2","name":"CMD.EXE","msg":"breakpoint set","port":443,"flag":false,"o":{"a":"x","b":2},"v":"1.9.0"}
{"_id":"d3","port":8080,"tags":["b"]}
{"_id":"d4","name":"","msg":"*","ip":"::1"}
"#;

struct Here(tempfile::TempDir);

impl Here {
    fn new() -> Self {
        let here = Self(tempfile::tempdir().unwrap());
        here.write("mapping.json", MAPPING);
        here.write("documents.ndjson", DOCUMENTS);
        here
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trapline"));
        command.args(arguments).current_dir(self.0.path());
        command
            .env_remove("CI")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100");
        command.output().unwrap()
    }

    fn query(&self, language: &str, query: &str) -> Result<Vec<String>, String> {
        let arguments = [
            "query",
            "--language",
            language,
            "--mapping",
            "mapping.json",
            query,
            "documents.ndjson",
        ];
        let output = self.run(&arguments);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => Ok(ids(&output)),
            code => {
                assert_eq!(code, Some(3), "{query}: {err}");
                Err(err)
            }
        }
    }
}

fn ids(output: &Output) -> Vec<String> {
    let body: Json = serde_json::from_slice(&output.stdout).unwrap();
    let hits = body["hits"]["hits"].as_array().unwrap();
    assert_eq!(body["hits"]["total"]["value"], hits.len());
    let id = |hit: &Json| hit["_id"].as_str().unwrap().to_owned();
    hits.iter().map(id).collect()
}

fn holds(language: &str, table: &[(&str, &str)]) {
    let here = Here::new();
    let mut wrong = Vec::new();
    for (query, expected) in table {
        let found = match here.query(language, query) {
            Ok(ids) => ids.join(" "),
            Err(_) => "error".to_owned(),
        };
        if found != *expected {
            wrong.push(format!("{query}: expected {expected:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn kql_finds_what_elasticsearch_finds() {
    holds(
        "kuery",
        &[
            (" ", "d1 d2 d3 d4"),
            ("name: cmd.exe", "d1"),
            ("name: \"cmd.exe\"", "d1"),
            ("name: cmd*", "d1"),
            ("name: \"cmd*\"", ""),
            ("name: cmd?exe", ""),
            ("name: *", "d1 d2 d4"),
            ("not name: *", "d3"),
            ("not name: cmd.exe", "d2 d3 d4"),
            ("name: (not cmd.exe)", "d2 d3 d4"),
            ("name: (cmd.exe or CMD.EXE)", "d1 d2"),
            ("name: \"\"", "d4"),
            ("NAME: cmd.exe", ""),
            ("not NAME: x", "d1 d2 d3 d4"),
            ("tags: (a and b)", "d1"),
            ("tags: (b and not a)", "d3"),
            // Two patterns, each over the whole value.
            ("cmd: *foo bar*", ""),
            ("cmd: *foo*bar*", "d1"),
            (r"cmd: C\:\\x\\*", "d1"),
            (r#"cmd: "C:\x\cmd.exe /c foo bar""#, "d1"),
            ("msg: set", "d1 d2"),
            ("msg: \"set psbreakpoint\"", "d1"),
            ("msg: set-psbreakpoint", "d1 d2"),
            ("msg: \"breakpoint set\"", "d2"),
            ("msg: *BREAK*", "d1 d2"),
            ("msg: \"*\"", ""),
            // A text without a word is there all the same: its norm is stored.
            ("msg: *", "d1 d2 d4"),
            ("ip: 10.0.0.0/8", "d1"),
            ("ip: \"10.1.2.3\"", "d1"),
            ("ip: \"0:0:0:0:0:0:0:1\"", "d4"),
            ("ip: 10.*", "error"),
            ("port: 80", "d1"),
            ("port: 80.5", ""),
            ("port >= 80 and port < 1000", "d1 d2"),
            ("port > 79.5", "d1 d2 d3"),
            ("port: abc", "error"),
            ("flag: true", "d1"),
            ("not flag: true", "d2 d3 d4"),
            ("flag: yes", "error"),
            ("t: \"2024-01-01\"", "d1"),
            ("t >= \"2024-01-01T10:00:00Z\"", "d1"),
            ("t > \"2024-01-01\"", ""),
            ("name: cmd.exe or port: 443 and flag: true", "d1"),
            ("not name: cmd.exe and not port: 443", "d3 d4"),
            ("name: cmd.exe and", ""),
            ("a == 1", ""),
            ("not not flag: true", "error"),
            // By type beyond the table.
            ("low: mixed", "d1"),
            ("low: MIXED", "d1"),
            ("low: m*d", "d1"),
            ("flat.k: v1", "d1"),
            ("flat.n.x: 5", "d1"),
            ("flat.k: *", "d1"),
            ("flat.other: *", ""),
            ("flat.k: v*", "d1"),
            ("flat: v1", "d1"),
            ("flat: *", "d1"),
            ("ratio: 0.25", "d1"),
            ("v: \"1.10.0\"", "d1"),
            ("v > \"1.9.5\"", "d1"),
            ("v: 1.*", "d1 d2"),
            ("o: { a: x and b: 1 }", "d1"),
            ("o: { a: x and b: 2 }", "d2"),
            ("o: { not a: x }", "d1"),
            ("not o: { a: x }", "d3 d4"),
            ("o.a: x", "error"),
            ("o: { name: x }", ""),
            ("tags: { a: x }", "error"),
            ("*: 443", "d2"),
            ("*ame: cmd.exe", "d1"),
            ("\"cmd.exe\"", "d1"),
            ("psbreakpoint", "d1"),
            ("_id: d3", "d3"),
        ],
    );
}

#[test]
fn lucene_finds_what_elasticsearch_finds() {
    holds(
        "lucene",
        &[
            ("", "d1 d2 d3 d4"),
            ("name:cmd.exe OR port:443 AND flag:true", ""),
            ("(name:cmd.exe OR port:443) AND flag:true", "d1"),
            ("NOT name:cmd.exe", "d2 d3 d4"),
            ("name:cmd.exe OR NOT port:80", ""),
            ("name:cmd?exe", "d1"),
            (r"name:/[a-z]+\.exe/", "d1"),
            ("_exists_:ip AND NOT ip:\"10.0.0.0/8\"", "d4"),
            ("port:[80 TO 443]", "d1 d2"),
            ("port:{80 TO 443]", "d2"),
            ("port:>443", "d3"),
            ("port:<=80", "d1"),
            ("port:(>=80 AND <443)", "d1"),
            (r"cmd:*foo\ bar*", "d1"),
            ("name:(cmd.exe CMD.EXE)", ""),
            ("name:(cmd.exe OR CMD.EXE)", "d1 d2"),
            ("name:cmd.exe or name:CMD.EXE", "d1 d2"),
            ("name:cmd.exf~", "d1"),
            ("msg:\"set done\"~1", "d1"),
            ("msg:break*", "d2"),
            ("msg:BREAK*", "d2"),
            ("msg:/BREAK.*/", ""),
            ("port:*", "d1 d2 d3"),
            ("*:*", "d1 d2 d3 d4"),
            (r"na\*:cmd.exe", "d1"),
            ("443", "d2"),
            ("nothing:x", ""),
            ("ip:10.*", "error"),
            ("port:abc", "error"),
            ("a:b:c", "error"),
            ("name:[a TO", "error"),
        ],
    );
}

#[test]
fn hits_are_in_the_order_of_time_then_of_the_input() {
    let here = Here::new();
    let documents = "{\"_id\":\"late\",\"@timestamp\":\"2024-01-01T00:00:02Z\"}\n{\"_id\":\"none\"}\n\
                     {\"_id\":\"early\",\"@timestamp\":\"2024-01-01T00:00:01Z\"}\n\
                     {\"_id\":\"same\",\"@timestamp\":\"2024-01-01T00:00:02Z\"}\n";
    here.write("times.ndjson", documents);
    let output = here.run(&["query", "--language", "kuery", "", "times.ndjson"]);
    assert_eq!(ids(&output), ["early", "late", "same", "none"]);
    let output = here.run(&[
        "query",
        "--language",
        "lucene",
        "--size",
        "1",
        "*:*",
        "times.ndjson",
    ]);
    let body: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        body["hits"]["total"],
        serde_json::json!({"value": 4, "relation": "eq"})
    );
    let first = &body["hits"]["hits"][0];
    assert_eq!(first["_source"]["@timestamp"], "2024-01-01T00:00:01Z");
    assert_eq!(first["_index"], "");
}

#[test]
fn errors_point_at_their_place_and_say_how_to_mend() {
    let here = Here::new();
    for (query, parts) in [
        (
            "message: cannot open",
            [
                "Expected AND, OR, end of input but \"n\" found.",
                "quote the value",
            ],
        ),
        ("ip: 10.*", ["not on [ip] which is of type [ip]", "E621"]),
        ("o.a: x", ["not in a nested group", "o: { a: … }"]),
    ] {
        let error = here.query("kuery", query).unwrap_err();
        for part in parts {
            assert!(error.contains(part), "{query}: {error}");
        }
    }
}

const RULE: &str = r#"[metadata]
creation_date = "2024/01/01"
maturity = "production"

[rule]
name = "Renamed shell"
rule_id = "11111111-2222-3333-4444-555555555555"
description = "d"
author = ["a"]
severity = "low"
risk_score = 21
type = "query"
language = "kuery"
index = ["logs-endpoint.events.process-*"]
query = '''
event.category: process and process.name: (cmd.exe or "powershell.exe") and
  not process.args: (/c and *safe*)
'''
"#;

const SCENARIO: &str = "rule: ../rules/r.toml
attack:
  name: shell
  events:
    shell:
      is: process
      process.executable: C:\\Windows\\System32\\cmd.exe
      process.args: [cmd.exe, /c, evil]
  expect: alert
cases:
  - name: in capitals
    change: {shell: {process.name: CMD.EXE}}
    expect: none
    because: 'process.name: cmd.exe'
  - name: a safe argument
    change: {shell: {'process.args+': is-safe-now}}
    expect: none
    because: 'process.args: *safe*'
";

#[test]
fn a_query_rule_is_tested_explained_and_scanned() {
    let here = Here::new();
    here.write("rules/r.toml", RULE);
    here.write("scenarios/r.yaml", SCENARIO);
    let output = here.run(&["test", "--accept"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let json = here.run(&["test", "--format", "json"]);
    let report: Json = serde_json::from_slice(&json.stdout).unwrap();
    let verdicts: Vec<&str> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["verdict"].as_str().unwrap())
        .collect();
    assert!(
        verdicts.len() >= 3 && verdicts.iter().all(|verdict| *verdict == "passed"),
        "{text}"
    );
    let event = r#"{"event":{"category":"process"},"process":{"name":"cmd.exe"},"@timestamp":"2024-01-01T00:00:00Z"}"#;
    here.write("events.ndjson", event);
    let output = here.run(&["scan", "--rules", "rules", "events.ndjson"]);
    let alert: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(alert["rule"], "Renamed shell");
    let output = here.run(&["coverage"]);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("process.name"),
        "{output:?}"
    );
}
