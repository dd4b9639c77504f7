//! The WMI rule on real recordings, by `events_from`: what each of them gives is known
//! (`../shared/corpus/README.md`). Ignored where the recordings are absent.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

const SCENARIO: &str = r#"
sources: [sysmon]
attack:
  name: Empire runs PowerShell by WMI
  events_from:
    file: CAPTURES/empire_wmi_dcerpc_wmi_IWbemServices_ExecMethod.ecs.ndjson.zst
    label:
      rpc: 'network where winlog.record_id == "3215292"'
      child: 'process where winlog.record_id == "3215160"'
  expect: {gap: "user.id is S-1-5-18 in every Sysmon event"}
cases:
  - name: Empire, had Sysmon reported the user
    change: {child: {user.id: S-1-5-21-1004-1177-6820-1105}}
    expect: {alert: [rpc, child]}
  - name: Covenant starts a process by WMI
    events_from:
      file: CAPTURES/covenant_sharpwmi_create_dcerpc_wmi.ecs.ndjson.zst
      label:
        child: 'process where event.type == "start" and process.parent.name : "WmiPrvSE.exe" and process.name : "GruntHTTP*"'
    expect: none
  - name: Covenant, had Sysmon reported the user
    events_from:
      file: CAPTURES/covenant_sharpwmi_create_dcerpc_wmi.ecs.ndjson.zst
      label:
        child: 'process where event.type == "start" and process.parent.name : "WmiPrvSE.exe" and process.name : "GruntHTTP*"'
    change: {child: {user.id: S-1-5-21-1004-1177-6820-1105}}
    expect: none
    because: order
  - name: Covenant hijacks a library of WMI
    events_from: {file: CAPTURES/covenant_wmi_wbemcomn_dll_hijack.ecs.ndjson.zst}
    expect: none
"#;

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn the_recordings_give_what_is_known_of_them() {
    let captures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/captures");
    assert!(captures.is_dir(), "../shared/corpus/captures is absent");
    let project = tempfile::tempdir().unwrap();
    let root = project.path();
    fs::create_dir_all(root.join("rules")).unwrap();
    fs::create_dir_all(root.join("scenarios")).unwrap();
    let rule = "rules/windows/lateral_movement_incoming_wmi.toml";
    let rule = Path::new(env!("CARGO_MANIFEST_DIR")).join(rule);
    fs::copy(rule, root.join("rules/wmi.toml")).unwrap();
    let captures = captures.canonicalize().unwrap();
    let scenario = SCENARIO.replace("CAPTURES", captures.to_str().unwrap());
    fs::write(root.join("scenarios/wmi.yaml"), scenario).unwrap();

    let output = Command::new(env!("CARGO_BIN_EXE_trapline"))
        .args(["test", "--format", "json", "--allow-dir"])
        .arg(&captures)
        .env("CI", "1")
        .current_dir(root)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(6),
        "only unreviewed snapshots: {text}"
    );
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    let said: Vec<String> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

/// The case, its verdict, what matched and what stood in the way.
fn line(check: &Json) -> String {
    let mut blockers: Vec<String> = Vec::new();
    for blocker in check["blockers"].as_array().unwrap() {
        let clause = blocker["clause"].as_str().unwrap().to_owned();
        if !blockers.contains(&clause) {
            blockers.push(clause);
        }
    }
    format!(
        "{}: {}, matches {}, blockers {}",
        check["case"].as_str().unwrap(),
        check["verdict"].as_str().unwrap(),
        check["matches"],
        blockers.join(" | ")
    )
}
