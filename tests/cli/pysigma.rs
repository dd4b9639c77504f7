//! The rules that pySigma's Elasticsearch backend writes: `tests/cli/pysigma/` has a Sigma rule of our
//! own and what each backend made of it, as `siem_rule` (`.json`) and `siem_rule_ndjson`.

use std::fs;
use std::path::Path;

use crate::project::Project;

const EVENTS: &str = r#"{"@timestamp":"2024-01-01T00:00:00Z","_index":"logs-endpoint.events.process-default","event":{"category":["process"],"type":["start"]},"process":{"executable":"C:\\Program Files\\7-Zip\\7z.exe","command_line":"7z.exe a x.7z \\\\srv\\share"},"user":{"name":"alice"}}
{"@timestamp":"2024-01-01T00:00:01Z","_index":"logs-endpoint.events.process-default","event":{"category":["process"],"type":["start"]},"process":{"executable":"C:\\Program Files\\7-Zip\\7z.exe","command_line":"7z.exe a x.7z \\\\srv\\share"},"user":{"name":"SYSTEM"}}
{"@timestamp":"2024-01-01T00:00:02Z","_index":"logs-endpoint.events.process-default","event":{"category":["process"],"type":["start"]},"process":{"executable":"C:\\Windows\\notepad.exe","command_line":"notepad.exe \\\\srv\\share"},"user":{"name":"alice"}}
"#;

#[test]
fn what_each_backend_writes_loads_and_finds_the_same_event() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/pysigma");
    for language in ["lucene", "eql", "esql"] {
        for extension in ["json", "ndjson"] {
            let file = format!("{language}.{extension}");
            let rule = fs::read_to_string(folder.join(&file)).unwrap();
            let name = format!("rules/{file}");
            let project = Project::of(&[(name.as_str(), rule.as_str()), ("e.ndjson", EVENTS)]);
            let scan = ["scan", "--rules", "rules", "e.ndjson"];
            let (code, alerts, said) = project.run_apart(&scan);
            assert_eq!(code, 0, "{file}: {said}");
            assert_eq!(alerts.lines().count(), 1, "{file}: {alerts}");
            assert!(alerts.contains("\"line\":1,"), "{file}: {alerts}");
            assert!(
                alerts.contains("\"severity\":\"medium\""),
                "{file}: {alerts}"
            );
            let (_, text, said) = project.run_apart(&["check"]);
            assert!(
                said.contains("1 rule checked") || text.contains("1 rule checked"),
                "{file}: {text}{said}"
            );
        }
    }
}
