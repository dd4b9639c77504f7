//! The server for assistants as an assistant meets it: a scripted client over standard input and
//! output.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::project::{Project, RULE, SCENARIO};

struct Assistant {
    server: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    asked: i64,
}

impl Assistant {
    fn start(root: &Path) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_trapline"))
            .arg("mcp")
            .current_dir(root)
            .env_remove("CI")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            input: server.stdin.take(),
            output: BufReader::new(server.stdout.take().unwrap()),
            server,
            asked: 0,
        }
    }

    /// A server that was greeted.
    fn greeted(root: &Path) -> Self {
        let mut assistant = Self::start(root);
        let params = json!({"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
        let answer = assistant.ask("initialize", &params).unwrap();
        assert_eq!(answer["protocolVersion"], "2025-03-26");
        assistant.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        assistant
    }

    fn send(&mut self, message: &Value) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{message}").unwrap();
        input.flush().unwrap();
    }

    fn ask(&mut self, method: &str, params: &Value) -> Result<Value, Value> {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let message: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(message["id"], id, "{line}");
        match message.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(message["result"].clone()),
        }
    }

    fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.ask("tools/call", &params).unwrap();
        let text = answer["content"][0]["text"].as_str().unwrap();
        let same: Value = serde_json::from_str(text).unwrap();
        assert_eq!(same, answer["structuredContent"]);
        assert_eq!(answer["isError"], false, "{tool}: {answer}");
        answer["structuredContent"].clone()
    }

    fn refused(&mut self, tool: &str, arguments: &Value) -> String {
        let params = json!({"name": tool, "arguments": arguments});
        let error = self.ask("tools/call", &params).unwrap_err();
        assert_eq!(error["code"], -32602, "{error}");
        error["message"].as_str().unwrap().to_owned()
    }
}

impl Drop for Assistant {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// All files of a project with their texts.
fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_tools_are_listed_with_what_they_take() {
    let folder = Project::copied(&[RULE, SCENARIO]);
    let mut assistant = Assistant::start(folder.path());
    assert_eq!(
        assistant.ask("tools/list", &json!({})).unwrap_err()["code"],
        -32600
    );
    assert_eq!(assistant.ask("ping", &json!({})).unwrap(), json!({}));
    let params = json!({"protocolVersion": "1999-01-01"});
    let answer = assistant.ask("initialize", &params).unwrap();
    assert_eq!(answer["protocolVersion"], "2025-06-18");
    let tools = assistant.ask("tools/list", &json!({})).unwrap();
    let tools = tools["tools"].as_array().unwrap();
    for tool in tools {
        let schema = &tool["inputSchema"];
        assert!(jsonschema::meta::is_valid(schema), "{tool}");
        let required = schema["required"].as_array().unwrap();
        let known = |name: &Value| schema["properties"].get(name.as_str().unwrap()).is_some();
        assert!(required.iter().all(known), "{tool}");
        assert!(!tool["description"].as_str().unwrap().is_empty());
    }
    let writes = tools
        .iter()
        .filter(|tool| tool["annotations"]["readOnlyHint"] == false);
    let writes: Vec<&str> = writes.map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(
        writes,
        [
            "accept",
            "write_scenario",
            "import_recording",
            "reduce_recording"
        ]
    );
    assert_eq!(
        assistant.ask("nonsense", &json!({})).unwrap_err()["code"],
        -32601
    );
    assistant.send(&json!("no message"));
    let mut line = String::new();
    assistant.output.read_line(&mut line).unwrap();
    assert!(line.contains("-32600"), "{line}");
    assistant.input = None;
    assert!(assistant.server.wait().unwrap().success());
}

#[test]
fn an_assistant_runs_explains_and_covers_a_rule() {
    let folder = Project::copied(&[RULE, SCENARIO]);
    let before = files(folder.path());
    let mut assistant = Assistant::greeted(folder.path());
    let ran = assistant.call("run", &json!({"paths": [SCENARIO]}));
    // Nothing is recorded yet, and nothing is written.
    assert_eq!(ran["report"]["checks"][0]["scenario"], SCENARIO);
    assert_eq!(ran["report"]["conclusion"], "added");
    let one = format!("{SCENARIO}::past maxspan[sysmon]");
    let ran = assistant.call("run", &json!({"paths": [one]}));
    assert_eq!(
        ran["report"]["checks"].as_array().unwrap().len(),
        1,
        "{ran}"
    );
    let found = assistant.call("check", &json!({"paths": [RULE]}));
    assert!(
        found["report"].is_object() || found["report"].is_array(),
        "{found}"
    );
    let why = assistant.call(
        "explain_case",
        &json!({"rule": RULE, "case": "past maxspan", "source": "elastic_defend"}),
    );
    assert_eq!(why["report"][0]["lacks"][0]["clause"], "maxspan", "{why}");
    let covered = assistant.call("coverage", &json!({"paths": [RULE]}));
    assert!(
        covered["report"].to_string().contains("maxspan"),
        "{covered}"
    );
    let draft = assistant.call("draft_scenario", &json!({"rule": RULE}));
    assert!(
        draft["report"].as_str().unwrap().contains("attack:"),
        "{draft}"
    );
    let word = assistant.call("explain_word", &json!({"word": "E310"}));
    assert!(word["report"].as_str().unwrap().contains("E310"), "{word}");
    let sources = assistant.call("sources", &json!({"name": "sysmon"}));
    assert!(
        sources["report"].as_str().unwrap().contains("Sysmon"),
        "{sources}"
    );
    assert_eq!(files(folder.path()), before);
}

#[test]
fn an_assistant_writes_only_where_it_asks_to() {
    let folder = Project::copied(&[RULE, SCENARIO]);
    let scenario = folder.path().join(SCENARIO);
    fs::remove_file(&scenario).unwrap();
    let mut assistant = Assistant::greeted(folder.path());
    assistant.call("write_scenario", &json!({"rule": RULE}));
    assert!(fs::read_to_string(&scenario).unwrap().contains("attack:"));
    let key = fs::read_to_string(&scenario).unwrap();
    let name = key
        .lines()
        .find_map(|line| line.trim().strip_prefix("name: "))
        .unwrap();
    fs::remove_dir_all(scenario.parent().unwrap().join("__snapshots__")).unwrap();
    let accepted = assistant.call("accept", &json!({"paths": [SCENARIO], "changes": "added"}));
    assert_eq!(accepted["exit_code"], 0, "{accepted}");
    let snapshots = scenario.parent().unwrap().join("__snapshots__");
    assert_eq!(fs::read_dir(snapshots).unwrap().count(), 1, "{name}");
    // A recording becomes documents, an explanation and a scenario.
    let mut lines = String::new();
    for (at, event) in [
        (
            0,
            json!({"event": {"category": "network"}, "process": {"executable": "C:\\Windows\\System32\\svchost.exe", "name": "svchost.exe"}, "network": {"direction": "ingress"}, "source": {"ip": "10.0.5.23", "port": 50112}, "destination": {"port": 49667}}),
        ),
        (
            1,
            json!({"event": {"category": "process", "type": "start"}, "process": {"executable": "C:\\x.exe", "name": "x.exe", "parent": {"name": "WmiPrvSE.exe"}}, "user": {"id": "S-1-5-21-1"}}),
        ),
    ] {
        let mut event = event;
        event["@timestamp"] = json!(format!("2024-01-01T00:00:0{at}.000Z"));
        event["host"] = json!({"id": "h", "os": {"type": "windows"}});
        event["data_stream"] = json!({"dataset": format!("endpoint.events.{}", ["network", "process"][at]), "type": "logs", "namespace": "default"});
        event["agent"] = json!({"type": "endpoint"});
        lines.push_str(&format!("{event}\n"));
    }
    fs::write(folder.path().join("attack.ndjson"), lines).unwrap();
    let why = assistant.call(
        "explain_recording",
        &json!({"rule": RULE, "events": "attack.ndjson"}),
    );
    assert_eq!(why["report"][0]["alerted"], true, "{why}");
    let documents = assistant.call("import_recording", &json!({"files": ["attack.ndjson"]}));
    let text = documents["report"].as_str().unwrap();
    assert_eq!(text.lines().count(), 2, "{documents}");
    let before = files(folder.path());
    let small = assistant.call(
        "reduce_recording",
        &json!({"files": ["attack.ndjson"], "rule": RULE}),
    );
    assert!(
        small["report"].as_str().unwrap().contains("attack:"),
        "{small}"
    );
    assert_eq!(files(folder.path()), before);
    assistant.call(
        "reduce_recording",
        &json!({"files": ["attack.ndjson"], "rule": RULE, "output": "scenarios/small.yaml"}),
    );
    assert!(folder.path().join("scenarios/small.yaml").exists());
}

#[test]
fn an_output_replaces_no_file() {
    let folder = Project::copied(&[RULE, SCENARIO]);
    let event = "{\"@timestamp\":\"2024-01-01T00:00:00Z\",\"event\":{\"category\":\"process\"}}\n";
    fs::write(folder.path().join("a.ndjson"), event).unwrap();
    fs::write(folder.path().join("trapline.toml"), "").unwrap();
    let before = files(folder.path());
    let mut assistant = Assistant::greeted(folder.path());
    for output in [RULE, "trapline.toml", ".git/hooks/pre-commit", "./.hidden"] {
        for tool in ["import_recording", "reduce_recording"] {
            let mut arguments = json!({"files": ["a.ndjson"], "output": output});
            if tool == "reduce_recording" {
                arguments["rule"] = json!(RULE);
            }
            let message = assistant.refused(tool, &arguments);
            assert!(message.contains(output), "{message}");
        }
    }
    assert_eq!(files(folder.path()), before);
    let arguments = json!({"files": ["a.ndjson"], "output": "new/b.ndjson"});
    assistant.call("import_recording", &arguments);
    assert!(folder.path().join("new/b.ndjson").exists());
}

#[test]
fn nothing_outside_of_the_root_is_read_or_written() {
    let folder = Project::copied(&[RULE, SCENARIO]);
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.ndjson");
    fs::write(&secret, "{}\n").unwrap();
    let mut assistant = Assistant::greeted(folder.path());
    let path = secret.to_str().unwrap();
    for (tool, arguments) in [
        ("import_recording", json!({"files": [path]})),
        (
            "import_recording",
            json!({"files": ["rules/../../secret.ndjson"]}),
        ),
        ("import_recording", json!({"files": ["/dev/stdin"]})),
        ("explain_recording", json!({"rule": RULE, "events": path})),
        ("run", json!({"paths": [format!("{path}::a[b]")]})),
        (
            "reduce_recording",
            json!({"files": [RULE], "rule": RULE, "output": outside.path().join("new.yaml")}),
        ),
        ("write_scenario", json!({"rule": "../x.toml"})),
    ] {
        let message = assistant.refused(tool, &arguments);
        assert!(
            message.contains("outside of the project"),
            "{tool}: {message}"
        );
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
        let message = assistant.refused(
            "import_recording",
            &json!({"files": ["link/secret.ndjson"]}),
        );
        assert!(message.contains("outside"), "{message}");
        let message = assistant.refused(
            "import_recording",
            &json!({"files": [RULE], "output": "link/new.ndjson"}),
        );
        assert!(message.contains("outside"), "{message}");
    }
    // What looks like an option is a path, and what is no parameter is refused.
    let params = json!({"name": "check", "arguments": {"paths": ["--root=/"]}});
    let answer = assistant.ask("tools/call", &params).unwrap();
    assert_eq!(answer["isError"], true, "{answer}");
    for (tool, arguments) in [
        ("check", json!({"root": "/"})),
        ("check", json!({"paths": 7})),
        ("explain_case", json!({})),
        ("nonsense", json!({})),
    ] {
        assistant.refused(tool, &arguments);
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}
