//! The language server on rules in KQL and ES|QL, and the commands of its lenses.

use serde_json::json;

use crate::lsp::Editor;
use crate::project::{Project, SCENARIO};

const KQL: &str = "rules/azure/defense_evasion_diagnostic_settings_deleted.toml";
const KQL_CASES: &str = "scenarios/azure/defense_evasion_diagnostic_settings_deleted.yaml";
const ESQL: &str = "rules/windows/discovery_burst_by_one_user.toml";
const ESQL_CASES: &str = "scenarios/windows/discovery_burst_by_one_user.yaml";

/// The coverage behind the clauses of a rule, and above its query.
fn coverage(editor: &mut Editor, rule: &str) -> (usize, String) {
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 999, "character": 0}});
    let about = json!({"textDocument": {"uri": editor.uri(rule)}, "range": range});
    let hints = editor.ask("textDocument/inlayHint", about).unwrap();
    let lenses = editor.lenses(rule);
    let title = lenses[0]["command"]["title"].as_str().unwrap().to_owned();
    (hints.as_array().unwrap().len(), title)
}

#[test]
fn a_rule_in_kql_is_explained_completed_and_laid_out() {
    let folder = Project::copied(&[KQL, KQL_CASES]);
    let mut editor = Editor::open_project(folder.path());
    let text = editor.open_file(KQL);
    editor.ran();
    let title = "4 of 4 clauses are decided by cases".to_owned();
    assert_eq!(coverage(&mut editor, KQL), (4, title));
    let shown = editor.hover(KQL, &text, "azure.activitylogs.operation_name");
    assert!(shown.contains("- azure_activity: keyword"), "{shown}");
    let found = editor.proposals(KQL, &text.replace("event.outcome:", "event.outc¦:"));
    assert_eq!(found, ["event.outcome"]);
    let untidy = text.replace("activitylogs and\n", "activitylogs   and\n");
    assert_ne!(untidy, text);
    editor.change(KQL, &untidy);
    let about = json!({"textDocument": {"uri": editor.uri(KQL)}, "options": {"tabSize": 2}});
    let edits = editor.ask("textDocument/formatting", about).unwrap();
    let new = edits[0]["newText"].as_str().unwrap();
    assert!(
        new.starts_with("\nevent.dataset: azure.activitylogs and\n"),
        "{new}"
    );
    assert!(editor.end());
}

#[test]
fn a_rule_in_esql_is_explained_and_completed_on_the_sources_of_its_query() {
    let folder = Project::copied(&[ESQL, ESQL_CASES]);
    let mut editor = Editor::open_project(folder.path());
    let text = editor.open_file(ESQL);
    editor.ran();
    let title = "4 of 4 clauses are decided by cases".to_owned();
    assert_eq!(coverage(&mut editor, ESQL).1, title);
    let shown = editor.hover(ESQL, &text, "process.parent.name IS");
    assert_eq!(
        shown,
        "**process.parent.name**\n\n- elastic_defend: keyword"
    );
    let shown = editor.hover(ESQL, &text, "COUNT_DISTINCT");
    assert_eq!(
        shown,
        "**COUNT_DISTINCT**: aggregate of ES|QL, 1 to 2 arguments"
    );
    for (written, typed, expected) in [
        ("COUNT_DISTINCT(", "COUNT_D¦(", "COUNT_DISTINCT"),
        ("VALUES(", "to_lo¦(", "TO_LOWER"),
        ("| KEEP", "| ke¦", "KEEP"),
        ("process.name IN", "process.na¦ IN", "process.name"),
    ] {
        let found = editor.proposals(ESQL, &text.replacen(written, typed, 1));
        assert!(
            found.iter().any(|one| one == expected),
            "{typed}: {found:?}"
        );
    }
    assert!(editor.end());
}

#[test]
fn the_lens_above_a_case_runs_it_alone() {
    let folder = Project::shipped();
    let mut editor = Editor::open_project(folder.path());
    let text = editor.open_file(SCENARIO);
    editor.ran();
    let line = text
        .lines()
        .position(|it| it.contains("{name: past maxspan"));
    let lenses = editor.lenses(SCENARIO);
    let run = lenses.iter().find(|lens| {
        lens["range"]["start"]["line"] == line.unwrap() && lens["command"]["title"] == "run"
    });
    let command = &run.unwrap()["command"];
    let asked = json!({"command": command["command"], "arguments": command["arguments"]});
    let answer = editor.ask("workspace/executeCommand", asked).unwrap();
    let checks = answer["checks"].as_array().unwrap();
    assert!(!checks.is_empty());
    for check in checks {
        let verdict = check["verdict"].as_str().unwrap();
        assert!(["passed", "pinned"].contains(&verdict), "{check}");
        assert!(
            check["key"].as_str().unwrap().contains("::past maxspan["),
            "{check}"
        );
    }
    assert_eq!(answer["accepted"], json!([]));
    assert!(editor.end());
}
