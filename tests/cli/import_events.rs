//! `trapline import`: whose documents are made, which events alerts stand for, what is said of the
//! rest.

use serde_json::Value as Json;

use crate::project::Project;

/// Ann became a member of a group, as the agent's raw XML reads in JSON.
const MEMBER_ADDED: &str = r##"{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},"EventID":4728,"Channel":"Security","Computer":"dc1.corp.example","TimeCreated":{"#attributes":{"SystemTime":"2024-05-02T09:00:00Z"}}},"EventData":{"Data":[{"#attributes":{"Name":"MemberName"},"#text":"CN=ann,OU=Staff,DC=corp,DC=example"},{"#attributes":{"Name":"TargetUserName"},"#text":"Domain Admins"},{"#attributes":{"Name":"TargetDomainName"},"#text":"CORP"},{"#attributes":{"Name":"TargetSid"},"#text":"S-1-5-21-1-2-3-512"},{"#attributes":{"Name":"SubjectUserName"},"#text":"bob"},{"#attributes":{"Name":"SubjectUserSid"},"#text":"S-1-5-21-1-2-3-500"}]}}}"##;

fn documents(out: &str) -> Vec<Json> {
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_shipper_may_be_said_and_is_one() {
    let project = Project::of(&[("e.json", MEMBER_ADDED)]);
    for (shipper, index, dataset) in [
        ("integration", Json::Null, Some("system.security")),
        ("winlogbeat", Json::from("winlogbeat-9.5.0"), None),
    ] {
        let (code, out, err) = project.run_apart(&["import", "e.json", "--as", shipper]);
        assert_eq!(code, 0, "{err}");
        let document = documents(&out).remove(0);
        assert_eq!(document["_index"], index);
        assert_eq!(document["data_stream"]["dataset"].as_str(), dataset);
        assert_eq!(document["group"]["name"], "Domain Admins");
        assert_eq!(document["user"]["target"]["name"], "ann");
        assert_eq!(document["event"]["action"], "added-member-to-group");
    }
    let both = [
        "import",
        "e.json",
        "--as",
        "integration",
        "--as",
        "winlogbeat",
    ];
    let (code, _, err) = project.run_apart(&both);
    assert_eq!(code, 2);
    assert!(err.contains("E046"), "{err}");
    let (code, _, _) = project.run_apart(&["import", "e.json", "--as", "attack"]);
    assert_eq!(code, 2);
}

fn alert(rule: &str, id: &str, more: &str) -> String {
    format!(
        r#"{{"@timestamp":"2024-05-02T09:10:00Z","kibana.alert.rule.uuid":"{rule}","kibana.alert.original_time":"2024-05-02T09:00:00Z","kibana.alert.ancestors":[{{"id":"{id}","type":"event","index":"logs-x","depth":0}}],"host.id":"h"{more}}}"#
    )
}

#[test]
fn an_event_with_alerts_of_two_rules_is_one_event_in_whatever_file_they_are() {
    let shell = r#","kibana.alert.group.id":"g","kibana.alert.building_block_type":null"#;
    let project = Project::of(&[
        (
            "one.ndjson",
            &format!("{}\n{}", alert("r1", "e1", ""), alert("r2", "e1", "")),
        ),
        (
            "two.ndjson",
            &format!("{}\n{}", alert("r1", "e2", ""), alert("r3", "e1", "")),
        ),
        ("shell.ndjson", &alert("r1", "e3", shell)),
    ]);
    let (code, out, err) = project.run_apart(&["import", "one.ndjson", "two.ndjson"]);
    assert_eq!((code, documents(&out).len()), (0, 2), "{err}");
    assert!(
        err.contains("left out: 2 alerts of an event read before"),
        "{err}"
    );
}

#[test]
fn what_an_event_has_and_ecs_has_not_is_named_and_cannot_steer_the_terminal() {
    let event = r#"{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","UtcTime":"2024-05-02 09:00:00.000","Hostname":"h","Image":"C:\\a.exe","Odd\u001b[31m":"x"}"#;
    let project = Project::of(&[("e.json", event)]);
    let (code, _, err) = project.run_apart(&["import", "e.json"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("not mapped: Odd"), "{err:?}");
    assert!(!err.contains('\u{1b}'), "{err:?}");
}
