//! The language server as an editor meets it: a scripted client over standard input and output.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::project::{Project, RULE, SCENARIO, SNAPSHOT};

/// Longer than any answer takes on a machine that does other work.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Editor {
    root: PathBuf,
    server: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Messages that nobody has asked for yet.
    kept: VecDeque<Value>,
    asked: i64,
    version: i64,
}

impl Editor {
    fn start(root: &Path) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_trapline"))
            .arg("lsp")
            .current_dir(std::env::temp_dir())
            .env_remove("CI")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = server.stdin.take();
        let mut output = BufReader::new(server.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            loop {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if output.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                    let value = line.trim().strip_prefix("Content-Length: ").unwrap();
                    length = value.parse().unwrap();
                }
                let mut body = vec![0; length];
                output.read_exact(&mut body).unwrap();
                if sender.send(serde_json::from_slice(&body).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self {
            root: root.canonicalize().unwrap(),
            server,
            input,
            messages,
            kept: VecDeque::new(),
            asked: 0,
            version: 0,
        }
    }

    /// A server that has shaken hands.
    pub(crate) fn open_project(root: &Path) -> Self {
        let mut editor = Self::start(root);
        let root = editor.uri("");
        let capabilities = json!({"workspace": {
            "codeLens": {"refreshSupport": true},
            "inlayHint": {"refreshSupport": true},
        }});
        editor
            .ask(
                "initialize",
                json!({"rootUri": root, "capabilities": capabilities}),
            )
            .unwrap();
        editor.tell("initialized", json!({}));
        editor
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        let path = format!("{}/{name}", self.root.display());
        format!("file://{}", path.trim_end_matches('/'))
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        input.flush().unwrap();
    }

    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        let mut message = json!({"jsonrpc": "2.0", "method": method});
        message["params"] = params;
        self.send(&message);
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.request(method, params);
        self.answer(id)
    }

    fn request(&mut self, method: &str, params: Value) -> i64 {
        self.asked += 1;
        let id = self.asked;
        let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method});
        message["params"] = params;
        self.send(&message);
        id
    }

    fn answer(&mut self, id: i64) -> Result<Value, Value> {
        let is_it = |message: &Value| message["id"] == id && message.get("method").is_none();
        let message = self.wait(is_it);
        match message.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(message["result"].clone()),
        }
    }

    /// The first message that is meant, those of before included.
    fn wait(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&is_it) {
            return self.kept.remove(at).unwrap();
        }
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left).unwrap();
            if is_it(&message) {
                return message;
            }
            self.kept.push_back(message);
        }
    }

    fn open(&mut self, name: &str, text: &str) {
        self.version += 1;
        let language = name.rsplit('.').next().unwrap();
        let document = json!({
            "uri": self.uri(name), "languageId": language, "version": self.version, "text": text,
        });
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    pub(crate) fn open_file(&mut self, name: &str) -> String {
        let text = fs::read_to_string(self.root.join(name)).unwrap();
        self.open(name, &text);
        text
    }

    pub(crate) fn change(&mut self, name: &str, text: &str) {
        self.version += 1;
        let document = json!({"uri": self.uri(name), "version": self.version});
        let changes = json!([{"text": text}]);
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": changes}),
        );
    }

    /// Changes the document and saves it.
    pub(crate) fn save(&mut self, name: &str, text: &str) {
        self.change(name, text);
        fs::write(self.root.join(name), text).unwrap();
        self.tell(
            "textDocument/didSave",
            json!({"textDocument": {"uri": self.uri(name)}}),
        );
    }

    /// The diagnostics of the text as it is now.
    fn diagnostics(&mut self, name: &str) -> Vec<Value> {
        let (uri, version) = (self.uri(name), self.version);
        let message = self.wait(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && message["params"]["version"] == version
        });
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    /// Waits until a run has ended.
    pub(crate) fn ran(&mut self) {
        self.kept
            .retain(|message| message["method"] != "workspace/codeLens/refresh");
        self.wait(|message| message["method"] == "workspace/codeLens/refresh");
    }

    fn about(&self, name: &str, text: &str, offset: usize) -> Value {
        let before = &text[..offset];
        let line = before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let character = before[start..].encode_utf16().count();
        json!({
            "textDocument": {"uri": self.uri(name)},
            "position": {"line": line, "character": character},
            "context": {"includeDeclaration": true},
        })
    }

    /// What is proposed at the `|` of a text that replaces the document.
    pub(crate) fn proposals(&mut self, name: &str, marked: &str) -> Vec<String> {
        let offset = marked.find('¦').unwrap();
        let text = marked.replacen('¦', "", 1);
        self.change(name, &text);
        let about = self.about(name, &text, offset);
        let answer = self.ask("textDocument/completion", about).unwrap();
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        let label = |item: &Value| item["label"].as_str().unwrap().to_owned();
        items.iter().map(label).collect()
    }

    pub(crate) fn hover(&mut self, name: &str, text: &str, word: &str) -> String {
        let offset = text.find(word).unwrap() + 1;
        let about = self.about(name, text, offset);
        let answer = self.ask("textDocument/hover", about).unwrap();
        answer["contents"]["value"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    }

    pub(crate) fn lenses(&mut self, name: &str) -> Vec<Value> {
        let about = json!({"textDocument": {"uri": self.uri(name)}});
        let answer = self.ask("textDocument/codeLens", about).unwrap();
        answer.as_array().cloned().unwrap_or_default()
    }

    /// Ends the server; whether it ended well.
    pub(crate) fn end(mut self) -> bool {
        self.ask("shutdown", Value::Null).unwrap();
        self.tell("exit", Value::Null);
        self.server.wait().unwrap().success()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn titles(lenses: &[Value], line: u64) -> Vec<&str> {
    let of_line = |lens: &&Value| lens["range"]["start"]["line"] == line;
    let of_line = lenses.iter().filter(of_line);
    of_line
        .map(|lens| lens["command"]["title"].as_str().unwrap())
        .collect()
}

fn line_of(text: &str, part: &str) -> u64 {
    let at = text.find(part).unwrap();
    u64::try_from(text[..at].matches('\n').count()).unwrap()
}

#[test]
fn hands_are_shaken_and_the_server_ends_as_it_is_told() {
    let folder = Project::shipped();
    let mut editor = Editor::start(folder.path());
    let early = editor.ask("textDocument/hover", json!({})).unwrap_err();
    assert_eq!(early["code"], -32002);
    let offer = json!({"general": {"positionEncodings": ["utf-32", "utf-8"]}});
    let params = json!({"rootUri": editor.uri(""), "capabilities": offer});
    let answer = editor.ask("initialize", params).unwrap();
    assert_eq!(answer["capabilities"]["positionEncoding"], "utf-8");
    assert_eq!(answer["serverInfo"]["name"], "trapline");
    let unknown = editor.ask("textDocument/nonsense", json!({})).unwrap_err();
    assert_eq!(unknown["code"], -32601);
    let closed = editor.ask("textDocument/hover", json!({})).unwrap_err();
    assert_eq!(closed["code"], -32602);
    editor.ask("shutdown", Value::Null).unwrap();
    let late = editor.ask("textDocument/hover", json!({})).unwrap_err();
    assert_eq!(late["code"], -32600);
    editor.tell("exit", Value::Null);
    assert!(editor.server.wait().unwrap().success());

    let mut editor = Editor::open_project(folder.path());
    editor.tell("exit", Value::Null);
    assert_eq!(editor.server.wait().unwrap().code(), Some(1));
    let mut editor = Editor::open_project(folder.path());
    editor.input = None;
    assert!(editor.server.wait().unwrap().success());
}

#[test]
fn what_may_be_typed_in_a_scenario_is_proposed() {
    let folder = Project::shipped();
    let mut editor = Editor::open_project(folder.path());
    let whole = editor.open_file(SCENARIO);
    let attack = whole.split("\ncases:").next().unwrap();
    for (typed, expected) in [
        ("\nca¦", "cases"),
        ("\ncases:\n  - name: 😀 x\n    bec¦", "because"),
        ("\ncases:\n  - {name: x, expect: ¦}", "none"),
        ("\ncases:\n  - name: x\n    only: [sys¦", "sysmon"),
        ("\ncases:\n  - {name: x, change: {ch¦", "child"),
        ("\ncases:\n  - name: x\n    remove: [rp¦]", "rpc"),
        ("\ncases:\n  - {name: x, change: {child: {$¦", "$integrity"),
        (
            "\ncases:\n  - {name: x, change: {child: {process.par¦",
            "process.parent.name",
        ),
        (
            "\ncases:\n  - name: x\n    change:\n      child:\n        process:\n          par¦",
            "parent.name",
        ),
        ("\ncases:\n  - {name: x, because: max¦", "maxspan"),
        ("\ncases:\n  - name: x\n    because: join¦", "join host.id"),
        (
            "\ncases:\n  - {name: x, because: 'process.par¦'}",
            "process.parent.name : \"WmiPrvSE.exe\"",
        ),
        ("\ncases:\n  - {name: x, add: {z: {is: net¦", "network"),
        ("\ncases:\n  - {name: x, force: [user.i¦]}", "user.id"),
        (
            "\nrule: wmi¦",
            "../../rules/windows/lateral_movement_incoming_wmi.toml",
        ),
    ] {
        let found = editor.proposals(SCENARIO, &format!("{attack}{typed}"));
        assert!(
            found.iter().any(|one| one == expected),
            "{typed}: {found:?}"
        );
    }
    // A field that no sensor reports of this kind of event is not proposed.
    let found = editor.proposals(
        SCENARIO,
        &format!("{attack}\ncases:\n  - {{name: x, change: {{rpc: {{source.po¦"),
    );
    assert!(found.contains(&"source.port".to_owned()), "{found:?}");
    assert!(found.iter().all(|one| !one.starts_with("dns")), "{found:?}");
    assert!(editor.end());
}

#[test]
fn words_of_a_scenario_are_explained_and_lead_to_what_they_name() {
    let folder = Project::shipped();
    let mut editor = Editor::open_project(folder.path());
    let text = editor.open_file(SCENARIO);
    for (word, expected) in [
        ("cases:", "**cases**"),
        ("network.direction: ingress", "- elastic_defend: keyword"),
        (
            "$integrity: High",
            "`process.Ext.token.integrity_level_name`",
        ),
        ("network\n", "event.category = network"),
        ("sysmon, winlogbeat]", "Sysmon ("),
        ("rpc, child]", "network.direction: ingress"),
        ("maxspan}", "maxspan"),
        ("'host.os.type == \"windows\"'", "line "),
    ] {
        let found = editor.hover(SCENARIO, &text, word);
        assert!(found.contains(expected), "{word}: {found}");
    }
    // From a reason to the clause of the rule, and back.
    let rule = fs::read_to_string(editor.root.join(RULE)).unwrap();
    let offset = text.find("because: maxspan").unwrap() + 12;
    let about = editor.about(SCENARIO, &text, offset);
    let found = editor.ask("textDocument/definition", about).unwrap();
    assert_eq!(found[0]["uri"], editor.uri(RULE));
    let line = line_of(&rule, "maxspan");
    assert_eq!(found[0]["range"]["start"]["line"], line, "{found}");
    editor.open_file(RULE);
    let about = editor.about(RULE, &rule, rule.find("maxspan").unwrap() + 2);
    let found = editor.ask("textDocument/references", about).unwrap();
    assert_eq!(found[0]["uri"], editor.uri(SCENARIO));
    let lines: Vec<u64> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["range"]["start"]["line"].as_u64().unwrap())
        .collect();
    assert!(lines.contains(&line_of(&text, "past maxspan")), "{lines:?}");
    assert!(
        lines.contains(&line_of(&text, "three seconds later")),
        "{lines:?}"
    );
    // A label leads to the event.
    let about = editor.about(SCENARIO, &text, text.find("{alert: [rpc").unwrap() + 10);
    let found = editor.ask("textDocument/definition", about).unwrap();
    assert_eq!(
        found[0]["range"]["start"]["line"],
        line_of(&text, "    rpc:")
    );
    assert!(editor.end());
}

#[test]
fn a_scenario_is_run_when_it_is_saved_and_the_verdicts_stand_above_the_cases() {
    let folder = Project::shipped();
    let mut editor = Editor::open_project(folder.path());
    let text = editor.open_file(SCENARIO);
    editor.ran();
    let line = line_of(&text, "- {name: past maxspan");
    let lenses = editor.lenses(SCENARIO);
    let shown = titles(&lenses, line);
    assert!(
        shown[0].starts_with('✓') && shown[1..] == ["run", "explain"],
        "{shown:?}"
    );

    // While a text differs from what was run, its old verdicts are not shown.
    let wrong = text.replace(
        "{name: past maxspan, change: {child: {at: 2.001s}}, expect: none, because: maxspan}",
        "{name: past maxspan, change: {child: {at: 2.001s}}, expect: alert}",
    );
    assert_ne!(wrong, text);
    editor.change(SCENARIO, &wrong);
    assert_eq!(titles(&editor.lenses(SCENARIO), line), ["run"]);
    editor.save(SCENARIO, &wrong);
    editor.ran();
    let lenses = editor.lenses(SCENARIO);
    let shown = titles(&lenses, line);
    assert!(shown[0].starts_with("✗ failed on"), "{shown:?}");
    let diagnostics = loop {
        let found = editor.diagnostics(SCENARIO);
        if !found.is_empty() {
            break found;
        }
    };
    let failed = diagnostics
        .iter()
        .find(|one| one["code"] == "failed")
        .unwrap();
    assert_eq!(failed["range"]["start"]["line"], line);
    assert_eq!(failed["severity"], 1);

    let of_line = |lens: &&Value| lens["range"]["start"]["line"] == line;
    let explain = lenses.iter().rfind(of_line).unwrap();
    let command = json!({
        "command": "trapline.explain",
        "arguments": explain["command"]["arguments"],
    });
    let answer = editor.ask("workspace/executeCommand", command).unwrap();
    let words = answer["text"].as_str().unwrap();
    assert!(
        words.contains("past maxspan") && words.contains("maxspan"),
        "{words}"
    );
    assert!(editor.end());
}

/// What a data source of the project defines is read again when its file is saved.
#[test]
fn a_data_source_that_is_saved_is_read_again() {
    let source = "title = \"Acme\"\n[[index]]\nname = \"acme-*\"\nassumed = [\"ecs\"]\n\
                  evidence = \"e\"\n[[kind]]\nname = \"login\"\n";
    let rule = "[rule]\nname = \"R\"\nrule_id = \"r\"\ntype = \"query\"\nlanguage = \"kuery\"\n\
                severity = \"low\"\nrisk_score = 21\nindex = [\"acme-*\"]\n\
                query = 'event.action: upload'\n";
    let scenario =
        "attack:\n  name: an upload\n  events:\n    e: {is: upload, event.action: upload}\n";
    let project = Project::of(&[
        ("sources/acme.toml", source),
        ("rules/r.toml", rule),
        ("scenarios/r.yaml", scenario),
    ]);
    let mut editor = Editor::open_project(project.path());
    editor.open_file("scenarios/r.yaml");
    editor.ran();
    let line = line_of(scenario, "name: an upload");
    let skipped = editor.lenses("scenarios/r.yaml");
    assert!(!titles(&skipped, line)[0].starts_with('✓'), "{skipped:?}");
    let more = format!("{source}[[kind]]\nname = \"upload\"\n");
    fs::write(project.file("sources/acme.toml"), &more).unwrap();
    editor.save("sources/acme.toml", &more);
    editor.ran();
    let lenses = editor.lenses("scenarios/r.yaml");
    assert!(titles(&lenses, line)[0].starts_with('✓'), "{lenses:?}");
    assert!(editor.end());
}

#[test]
fn changes_of_the_snapshot_are_accepted_from_the_editor() {
    let folder = Project::shipped();
    fs::remove_file(folder.path().join(SNAPSHOT)).unwrap();
    let mut editor = Editor::open_project(folder.path());
    let text = editor.open_file(SCENARIO);
    editor.ran();
    let line = line_of(&text, "name: remote WMI starts PowerShell");
    let lenses = editor.lenses(SCENARIO);
    assert!(titles(&lenses, line).contains(&"accept"), "{lenses:?}");
    assert!(!folder.path().join(SNAPSHOT).exists());
    let accept = lenses
        .iter()
        .find(|lens| lens["command"]["title"] == "accept")
        .unwrap();
    let arguments = accept["command"]["arguments"].clone();
    let command = json!({"command": "trapline.accept", "arguments": arguments});
    editor.change(SCENARIO, &format!("{text}\n# not saved\n"));
    let refused = editor
        .ask("workspace/executeCommand", command.clone())
        .unwrap_err();
    assert!(
        refused["message"].as_str().unwrap().contains("save"),
        "{refused}"
    );
    editor.save(SCENARIO, &text);
    let answer = editor.ask("workspace/executeCommand", command).unwrap();
    assert_eq!(answer["accepted"].as_array().unwrap().len(), 3, "{answer}");
    let snapshot = fs::read_to_string(folder.path().join(SNAPSHOT)).unwrap();
    assert!(
        snapshot.contains("# remote WMI starts PowerShell"),
        "{snapshot}"
    );
    assert!(!snapshot.contains("# past maxspan"), "{snapshot}");
    assert!(editor.end());
}

#[test]
fn a_rule_is_checked_explained_completed_and_laid_out() {
    let folder = Project::shipped();
    let mut editor = Editor::open_project(folder.path());
    let text = editor.open_file(RULE);
    editor.ran();
    let shown = editor.hover(RULE, &text, "network.direction");
    assert!(
        shown.contains("- sysmon: keyword") && shown.contains("- elastic_defend:"),
        "{shown}"
    );

    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 999, "character": 0}});
    let about = json!({"textDocument": {"uri": editor.uri(RULE)}, "range": range});
    let hints = editor.ask("textDocument/inlayHint", about).unwrap();
    let hints = hints.as_array().unwrap();
    assert!(hints.len() > 20, "{hints:?}");
    let covered = hints
        .iter()
        .find(|hint| hint["position"]["line"] == line_of(&text, "source.port >= 49152"));
    let tooltip = covered.unwrap()["tooltip"]["value"].as_str().unwrap();
    assert!(tooltip.contains("stopped by it"), "{tooltip}");
    let lenses = editor.lenses(RULE);
    let title = lenses[0]["command"]["title"].as_str().unwrap();
    assert!(title.contains("clauses are decided by cases"), "{title}");

    let found = editor.proposals(RULE, &text.replace("network.direction", "network.dir¦"));
    assert!(found.contains(&"network.direction".to_owned()), "{found:?}");
    let found = editor.proposals(RULE, &text.replace("process.parent.name", "cidrM¦"));
    assert!(found.contains(&"cidrMatch".to_owned()), "{found:?}");
    let found = editor.proposals(RULE, &text.replace("risk_score", "risk_¦"));
    assert!(found.contains(&"risk_score".to_owned()), "{found:?}");

    // A wrong field is marked where it stands, though the file was not saved.
    let wrong = text.replace("network.direction :", "network.directoin :");
    editor.change(RULE, &wrong);
    let diagnostics = editor.diagnostics(RULE);
    let place = json!({"line": line_of(&wrong, "directoin")});
    let marked = diagnostics.iter().find(|one| {
        one["range"]["start"]["line"] == place["line"]
            && one["message"]
                .as_str()
                .unwrap()
                .contains("network.directoin")
    });
    assert!(marked.is_some(), "{diagnostics:?}");

    let untidy = text.replace(
        " [network where host.os.type ==",
        "[network   where host.os.type==",
    );
    editor.change(RULE, &untidy);
    let about = json!({"textDocument": {"uri": editor.uri(RULE)}, "options": {"tabSize": 2}});
    let edits = editor
        .ask("textDocument/formatting", about.clone())
        .unwrap();
    let new = edits[0]["newText"].as_str().unwrap();
    assert!(
        new.contains("\n  [network where host.os.type == \"windows\""),
        "{new}"
    );
    assert!(
        new.contains("/* Accepted Incoming RPC connection by Winmgmt service */"),
        "{new}"
    );
    editor.change(RULE, &text.replace("sequence by", "sequence bye"));
    assert_eq!(
        editor.ask("textDocument/formatting", about).unwrap(),
        Value::Null
    );
    assert!(editor.end());
}

#[test]
fn a_name_that_is_not_known_is_mended_by_a_quick_fix() {
    let folder = Project::shipped();
    let mut editor = Editor::open_project(folder.path());
    for (name, right, wrong, of) in [
        (
            RULE,
            "network.direction :",
            "network.directoin :",
            "network.direction",
        ),
        (SCENARIO, "attack:", "atack:", "attack"),
    ] {
        let text = editor.open_file(name);
        editor.diagnostics(name);
        editor.change(name, &text.replacen(right, wrong, 1));
        let shown = editor.diagnostics(name);
        let suggests = |one: &&Value| one["data"]["suggestion"] == of;
        let marked = shown.iter().find(suggests);
        let marked = marked.unwrap_or_else(|| panic!("{shown:?}"));
        let mut about = json!({
            "textDocument": {"uri": editor.uri(name)},
            "range": marked["range"],
            "context": {"diagnostics": [marked]},
        });
        let found = editor
            .ask("textDocument/codeAction", about.clone())
            .unwrap();
        let uri = editor.uri(name);
        let edits = &found[0]["edit"]["changes"][&uri];
        assert_eq!(edits[0]["newText"], of, "{found}");
        assert_eq!(edits[0]["range"], marked["range"]);

        // Where the name no longer stands, there is nothing to replace.
        editor.change(name, "\n\n");
        let found = editor
            .ask("textDocument/codeAction", about.clone())
            .unwrap();
        assert_eq!(found, json!([]));
        about["context"] = json!({"diagnostics": "none"});
        let found = editor.ask("textDocument/codeAction", about).unwrap();
        assert_eq!(found, json!([]));
    }
    assert!(editor.end());
}

#[test]
fn an_error_of_a_scenario_has_its_cause_and_a_quick_fix() {
    let folder = Project::shipped();
    let mut editor = Editor::open_project(folder.path());
    let text = editor.open_file(SCENARIO);
    editor.diagnostics(SCENARIO);
    for (right, wrong, cause, name, suggestion) in [
        (
            "    expect: alert",
            "    expect: allert",
            "unknown-outcome",
            "allert",
            "alert",
        ),
        (
            "      $integrity: High",
            "      $integrty: High",
            "undefined-name",
            "$integrty",
            "$integrity",
        ),
        (
            "only: [sysmon, winlogbeat]",
            "only: [sysmn, winlogbeat]",
            "not-among-sources",
            "sysmn",
            "sysmon",
        ),
        (
            "network.direction: ingress",
            "network.directoin: ingress",
            "unknown-field",
            "network.directoin",
            "network.direction",
        ),
    ] {
        editor.change(SCENARIO, &text.replacen(right, wrong, 1));
        let shown = editor.diagnostics(SCENARIO);
        let marked = shown.iter().find(|one| one["data"]["cause"] == cause);
        let marked = marked.unwrap_or_else(|| panic!("{cause}: {shown:?}"));
        assert_eq!(marked["data"]["name"], name);
        assert_eq!(marked["data"]["suggestion"], suggestion);
        let about = json!({
            "textDocument": {"uri": editor.uri(SCENARIO)},
            "range": marked["range"],
            "context": {"diagnostics": [marked]},
        });
        let found = editor.ask("textDocument/codeAction", about).unwrap();
        let edits = &found[0]["edit"]["changes"][&editor.uri(SCENARIO)];
        assert_eq!(edits[0]["newText"], suggestion, "{found}");
    }
    assert!(editor.end());
}

#[test]
fn diagnostics_belong_to_the_text_that_is_shown() {
    let folder = Project::shipped();
    let mut editor = Editor::open_project(folder.path());
    editor.open(SCENARIO, "attack: {name: é😀, evnts: {}}\n");
    let found = editor.diagnostics(SCENARIO);
    let unknown = found
        .iter()
        .find(|one| one["message"].as_str().unwrap().contains("evnts"));
    // Columns are UTF-16: two units for the face.
    assert_eq!(
        unknown.unwrap()["range"]["start"],
        json!({"line": 0, "character": 20})
    );
    let whole = fs::read_to_string(editor.root.join(SCENARIO)).unwrap();
    editor.change(SCENARIO, &whole);
    assert_eq!(editor.diagnostics(SCENARIO), Vec::<Value>::new());
    let uri = editor.uri(SCENARIO);
    editor.tell(
        "textDocument/didClose",
        json!({"textDocument": {"uri": uri}}),
    );
    let last = editor.wait(|message| {
        message["method"] == "textDocument/publishDiagnostics"
            && message["params"]["diagnostics"] == json!([])
    });
    assert_eq!(last["params"]["uri"], editor.uri(SCENARIO));
    assert!(editor.end());
}

#[test]
fn no_text_is_too_broken() {
    let folder = Project::shipped();
    let mut editor = Editor::open_project(folder.path());
    for name in [SCENARIO, RULE] {
        let text = editor.open_file(name);
        let mut offset = 0;
        while offset < text.len() {
            let broken = format!("{}\u{0}{{[\"'", &text[..offset]);
            editor.change(name, &broken);
            for method in [
                "completion",
                "hover",
                "definition",
                "references",
                "codeLens",
                "inlayHint",
                "formatting",
            ] {
                let about = editor.about(name, &broken, offset);
                editor
                    .ask(&format!("textDocument/{method}"), about)
                    .unwrap();
            }
            offset += 397;
            while offset < text.len() && !text.is_char_boundary(offset) {
                offset += 1;
            }
        }
    }
    // What is no message, and what makes no sense, is answered or passed over.
    editor.send(&json!([1, 2]));
    assert_eq!(
        editor.wait(|it| it.get("error").is_some())["error"]["code"],
        -32600
    );
    editor.tell("textDocument/didChange", json!({"textDocument": 7}));
    let nonsense = json!({"textDocument": {"uri": editor.uri(RULE)}, "position": {"line": -1}});
    assert_eq!(
        editor.ask("textDocument/hover", nonsense).unwrap(),
        Value::Null
    );
    assert!(editor.end());
}

#[test]
fn under_load_every_request_is_answered_by_the_text_that_it_meant() {
    let folder = Project::shipped();
    let mut editor = Editor::open_project(folder.path());
    let text = editor.open_file(SCENARIO);
    editor.ran();
    let mut requests = Vec::new();
    for number in 0..100 {
        let typed = format!("{text}  - {{name: typed {number}, change: {{child: {{process.par");
        editor.change(SCENARIO, &typed);
        let about = editor.about(SCENARIO, &typed, typed.len());
        requests.push(editor.request("textDocument/completion", about));
    }
    let cancelled = editor.request(
        "textDocument/codeLens",
        json!({"textDocument": {"uri": editor.uri(SCENARIO)}}),
    );
    editor.tell("$/cancelRequest", json!({"id": cancelled}));
    for id in requests {
        let answer = editor.answer(id).unwrap();
        let items = answer["items"].as_array().unwrap();
        assert!(
            items
                .iter()
                .any(|item| item["label"] == "process.parent.name")
        );
    }
    // It came too late to be cancelled, or it was.
    let answer = editor.answer(cancelled);
    assert!(answer.is_ok() || answer.unwrap_err()["code"] == -32800);
    // What was marked last is the last text.
    let found = editor.diagnostics(SCENARIO);
    assert!(!found.is_empty());
    assert!(editor.end());
}
