//! Recordings of the shared corpus, where it is there: the same documents as those that went
//! through Elastic's pipelines, the same numbers as an independent reader.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::*;

/// The folder of captures; tests that need it are ignored where the corpus is absent.
#[allow(
    clippy::unnecessary_wraps,
    reason = "callers read it with `?` and `let … else`"
)]
pub(super) fn captures() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/captures");
    assert!(folder.is_dir(), "../shared is absent");
    Some(folder)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the recordings are read from disk"
)]
fn read_capture(name: &str) -> Option<Read> {
    let bytes = std::fs::read(captures()?.join(name)).unwrap();
    Some(read(name, &bytes))
}

/// Every field by dotted path.
pub(super) fn flatten(document: &Map<String, Json>) -> BTreeMap<String, Json> {
    fn walk(path: &str, value: &Json, fields: &mut BTreeMap<String, Json>) {
        if let Json::Object(object) = value {
            for (key, value) in object {
                let dot = if path.is_empty() { "" } else { "." };
                walk(&format!("{path}{dot}{key}"), value, fields);
            }
        } else {
            fields.insert(path.to_owned(), shipped(value.clone()));
        }
    }
    let mut fields = BTreeMap::new();
    walk("", &Json::Object(document.clone()), &mut fields);
    fields
}

/// The value as the agent ships it: lines end with a line feed, and nothing follows the last.
fn shipped(value: Json) -> Json {
    match value {
        Json::String(text) => Json::from(text.replace("\r\n", "\n").trim_end()),
        value => value,
    }
}

/// Fields that the published pipelines set and the conversion at hand does not.
fn is_added(path: &str) -> bool {
    let parts = ["related.", "dns.question.", "rule.", "powershell."];
    parts.iter().any(|part| path.starts_with(part))
        || path.ends_with("Description")
        || path.ends_with("ReturnCodeOutcome")
        || matches!(
            path,
            "event.action"
                | "network.community_id"
                | "process.args_count"
                | "registry.path"
                | "service.name"
                | "winlog.opcode"
                | "winlog.scheduled_task.name"
                | "winlog.task"
        )
}

/// Where the conversion at hand differs from the published pipelines, which decide: the code of
/// the event, and what the fields begin with.
const DIFFERENCES: &[(&[&str], &[&str])] = &[
    // An image that is signed is not said to be so: there is `status` alone.
    (&["7"], &["file.code_signature.signed"]),
    // PowerShell's events are not taken apart at all.
    (
        &[
            "400", "600", "800", "4103", "4104", "4105", "4106", "40961", "40962", "53504",
        ],
        &["event.", "file.", "process.", "user.", "winlog.event_data."],
    ),
    // The whole text of a script, not up to the first end of line.
    (&["4104"], &["powershell.file.script_block_text"]),
    // `-` stands for no value.
    (&["4624"], &["process.", "source.domain"]),
    (&["4624"], &["winlog.logon.id"]),
    (&["4656", "4658", "4663", "4703"], &["user."]),
    (&["4656"], &["winlog.event_data.TransactionId"]),
    (
        &["4627", "4658", "4690", "5058", "5061"],
        &["event.", "group.", "process.", "user."],
    ),
    (&["5058", "5061"], &["winlog.event_data."]),
    (&["4658"], &["winlog.event_data.Process"]),
    (&["4662"], &["event."]),
    // Lists of codes and privileges are lists.
    (
        &[
            "4656", "4662", "4663", "4672", "4673", "4674", "5140", "5145",
        ],
        &[
            "winlog.event_data.AccessList",
            "winlog.event_data.AccessMask",
            "winlog.event_data.PrivilegeList",
        ],
    ),
    (&["4688"], &["process.args"]),
    (&["4769"], &["source.ip"]),
    (
        &["5156", "5158"],
        &[
            "destination.",
            "event.",
            "network.",
            "process.",
            "source.",
            "winlog.event_data.",
        ],
    ),
];

fn is_known(code: &str, path: &str) -> bool {
    DIFFERENCES.iter().any(|(codes, fields)| {
        codes.contains(&code) && fields.iter().any(|field| path.starts_with(field))
    })
}

/// How two conversions differ, by event code and field, with an example of each.
fn differences(ours: &[Map<String, Json>], theirs: &[Map<String, Json>]) -> Vec<String> {
    let key = |fields: &BTreeMap<String, Json>| {
        let parts = ["winlog.channel", "winlog.computer_name", "winlog.record_id"];
        parts.map(|part| fields.get(part).map(Json::to_string))
    };
    let mut left: BTreeMap<_, _> = ours
        .iter()
        .map(flatten)
        .map(|fields| (key(&fields), fields))
        .collect();
    let mut found: BTreeMap<(String, String), (usize, String)> = BTreeMap::new();
    for expected in theirs.iter().map(flatten) {
        let actual = left.remove(&key(&expected)).unwrap_or_default();
        let code = expected["event.code"].as_str().unwrap_or_default();
        let paths: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
        for path in paths.into_iter().filter(|path| *path != "agent.id") {
            let pair = (expected.get(path), actual.get(path));
            let is_expected = pair.0.is_none() && is_added(path) || is_known(code, path);
            if pair.0 == pair.1 || is_expected {
                continue;
            }
            let example = format!("{:?} became {:?}", pair.0, pair.1);
            let entry = found.entry((code.to_owned(), path.clone()));
            entry.or_insert((0, example)).0 += 1;
        }
    }
    let lines = found
        .iter()
        .map(|((code, path), (count, example))| format!("{code} {path}: {count}, {example}"));
    let lost = left.keys().map(|key| format!("only ours: {key:?}"));
    lines.chain(lost).collect()
}

fn agrees(name: &str, events: usize) {
    let Some((ours, faults, _)) = read_capture(&format!("{name}.zip")) else {
        return;
    };
    let Some((theirs, _, counts)) = read_capture(&format!("{name}.ecs.ndjson.zst")) else {
        return;
    };
    assert_eq!(faults, [""; 0]);
    assert_eq!(ours.len(), events);
    assert_eq!(counts.forms[&EventForm::Document], events as u64);
    let differences = differences(&ours, &theirs);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn empire_wmi_is_converted_as_the_pipelines_did() {
    agrees("empire_wmi_dcerpc_wmi_IWbemServices_ExecMethod", 6383);
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn covenant_sharpwmi_is_converted_as_the_pipelines_did() {
    agrees("covenant_sharpwmi_create_dcerpc_wmi", 2343);
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn covenant_wbemcomn_is_converted_as_the_pipelines_did() {
    agrees("covenant_wmi_wbemcomn_dll_hijack", 8947);
}

/// Events by id as python-evtx 0.8.1 counts them in the same file.
#[cfg(feature = "evtx")]
fn holds(name: &str, expected: &[(&str, u64)]) {
    let Some((documents, faults, counts)) = read_capture(name) else {
        return;
    };
    assert_eq!(faults, [""; 0]);
    let found: Vec<_> = counts
        .events
        .iter()
        .map(|(kind, tally)| (kind.id.1.as_str(), tally.events))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(counts.header_only().count(), 0);
    assert_eq!(documents.len() as u64, counts.documents);
}

#[cfg(feature = "evtx")]
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn the_event_logs_hold_what_an_independent_reader_finds() {
    holds(
        "LM_wmiexec_impacket_sysmon_whoami.evtx",
        &[("1", 4), ("3", 3)],
    );
    holds(
        "wmi_remote_registry_sysmon.evtx",
        &[("1", 1), ("3", 3), ("7", 1), ("12", 7), ("13", 1)],
    );
}

#[cfg(feature = "evtx")]
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn a_process_of_an_event_log_has_the_fields_that_rules_read() {
    let name = "LM_wmiexec_impacket_sysmon_whoami.evtx";
    let Some((documents, _, _)) = read_capture(name) else {
        return;
    };
    let started = documents.iter().map(flatten);
    let children: Vec<_> = started
        .filter(|fields| fields.get("process.parent.name") == Some(&"WmiPrvSE.exe".into()))
        .collect();
    assert_eq!(children.len(), 3);
    let child = &children[0];
    for (path, value) in [
        ("@timestamp", Json::from("2019-04-30T20:32:51.168Z")),
        ("event.code", "1".into()),
        ("host.os.type", "windows".into()),
        ("process.name", "cmd.exe".into()),
        ("process.pid", 3840.into()),
        ("process.args_count", 8.into()),
        (
            "process.entity_id",
            "{365abb72-b0f3-5cc8-0000-00105f321d00}".into(),
        ),
        (
            "process.hash.md5",
            "ad7b9c14083b52bc532fba5948342b98".into(),
        ),
        ("user.id", "S-1-5-18".into()),
        ("user.name", "IEUser".into()),
        ("winlog.record_id", "9826".into()),
        ("winlog.event_data.IntegrityLevel", "High".into()),
        ("winlog.event_data.LogonId", "0x1d313d".into()),
        (
            "winlog.provider_guid",
            "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}".into(),
        ),
    ] {
        assert_eq!(child.get(path), Some(&value), "{path}");
    }
    assert_eq!(child.get("process.args").unwrap()[3], "cd");
}
