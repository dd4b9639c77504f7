//! A rule's own filters and the exceptions that it is linked to, in every form that Kibana writes
//! and for every type of rule.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::project::Project;

/// JSON as a value of TOML.
fn toml(json: &Json) -> String {
    match json {
        Json::Object(fields) => {
            let fields = fields.iter();
            let fields: Vec<String> = fields
                .map(|(key, value)| format!("{key:?} = {}", toml(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(toml).collect();
            format!("[{}]", items.join(", "))
        }
        Json::String(text) => format!("'{text}'"),
        other => other.to_string(),
    }
}

fn eql(id: &str, more: &str) -> String {
    rule(
        id,
        "type = 'eql'\nlanguage = 'eql'\nquery = 'process where process.name == \"cmd.exe\"'",
        more,
    )
}

fn rule(id: &str, kind: &str, more: &str) -> String {
    let index = if kind.contains("'esql'") {
        ""
    } else {
        "index = ['logs-endpoint.events.process-*']\n"
    };
    format!(
        "[rule]\nname = '{id}'\nrule_id = '{id}'\nseverity = 'low'\nrisk_score = 21\n{index}\
         from = 'now-10m'\ninterval = '5m'\n{kind}\n{more}"
    )
}

const BOB: &str = r#"{"@timestamp":"2024-01-01T00:00:00Z","_index":"logs-endpoint.events.process-default",
    "event":{"category":"process","type":"start"},
    "process":{"name":"cmd.exe","pid":4242,"executable":"C:\\Temp\\cmd.exe","working_directory":"C:\\Temp"},
    "host":{"ip":"10.0.5.23"},"user":{"name":"bob"}}"#;
const ANNA: &str = r#"{"@timestamp":"2024-01-01T00:00:01Z","_index":"logs-endpoint.events.process-default",
    "event":{"category":"process","type":"start"},
    "process":{"name":"cmd.exe","pid":7,"executable":"C:\\Windows\\cmd.exe"},
    "host":{"ip":"192.168.0.9"},"user":{"name":"anna"}}"#;

/// The same two events, as the attack and a case.
const SCENARIO: &str = r"sources: [elastic_defend]
attack:
  name: anna
  events:
    shell: {is: process, process.executable: C:\Windows\cmd.exe, process.pid: 7, user.name: anna, host.ip: 192.168.0.9}
  expect: alert
cases:
  - name: bob
    change:
      shell:
        process.executable: C:\Temp\cmd.exe
        process.pid: 4242
        process.working_directory: C:\Temp
        user.name: bob
        host.ip: 10.0.5.23
    expect: none
    because: filters
";

/// Queries that find bob's event and not anna's.
fn queries() -> Vec<Json> {
    let bob = || json!({"match_phrase": {"user.name": "bob"}});
    let high = || json!({"range": {"process.pid": {"gte": 1000, "lt": 5000}}});
    vec![
        bob(),
        json!({"match_phrase": {"user.name": {"query": "bob"}}}),
        json!({"match": {"user.name": {"query": "bob", "type": "phrase"}}}),
        json!({"match": {"user.name": "bob"}}),
        json!({"term": {"user.name": "bob"}}),
        json!({"term": {"user.name": {"value": "BOB", "case_insensitive": true}}}),
        json!({"terms": {"user.name": ["eve", "bob"]}}),
        json!({"terms": {"process.pid": [1, 4242]}}),
        json!({"exists": {"field": "process.working_directory"}}),
        high(),
        json!({"range": {"host.ip": {"gte": "10.0.0.0", "lte": "10.255.255.255"}}}),
        json!({"match_phrase": {"host.ip": "10.0.0.0/8"}}),
        json!({"wildcard": {"process.executable": {"value": "c:\\\\temp\\\\*", "case_insensitive": true}}}),
        json!({"prefix": {"user.name": "bo"}}),
        json!({"regexp": {"user.name": "b.b"}}),
        json!({"bool": {"must": [bob()], "filter": [high()], "must_not": [{"term": {"user.name": "anna"}}]}}),
        json!({"bool": {"should": [bob(), {"term": {"user.name": "eve"}}], "minimum_should_match": 1}}),
        json!({"bool": {"should": [bob(), high(), {"match_none": {}}], "minimum_should_match": "60%"}}),
        json!({"query_string": {"query": "user.name: bob AND process.pid: [4000 TO 5000]"}}),
        json!({"query_string": {"query": "b?b", "default_field": "user.name"}}),
        json!({"query_string": {"query": "bob"}}),
        json!({"multi_match": {"query": "bob", "fields": ["user.name", "user.id"]}}),
        json!({"constant_score": {"filter": bob()}}),
    ]
}

/// Pills that leave bob's event out.
fn pills() -> Vec<Json> {
    let negated = |query| json!({"meta": {"negate": true}, "query": query});
    let mut pills: Vec<Json> = queries().into_iter().map(negated).collect();
    let one = |name: &str| json!({"meta": {}, "query": {"term": {"user.name": name}}});
    pills.push(
        json!({"meta": {"negate": true, "type": "combined", "relation": "OR",
        "params": [one("eve"), one("bob")]}}),
    );
    pills.push(json!({"meta": {"type": "combined", "relation": "AND",
        "params": [one("anna"), {"meta": {"negate": true}, "query": {"term": {"user.name": "bob"}}}]}}));
    // The form of old, with the query beside `meta`.
    pills.push(json!({"meta": {"negate": true}, "term": {"user.name": "bob"}}));
    pills.push(one("anna"));
    pills
}

#[test]
fn every_form_of_a_filter_decides_alike_in_scan_and_in_test() {
    let pills = pills();
    let mut files = vec![("log.ndjson".to_owned(), lines(&[BOB, ANNA]))];
    for (number, pill) in pills.iter().enumerate() {
        let filter = format!("filters = [{}]\n", toml(pill));
        files.push((
            format!("rules/r{number}.toml"),
            eql(&format!("r{number}"), &filter),
        ));
        files.push((format!("scenarios/r{number}.yaml"), SCENARIO.to_owned()));
    }
    let project = project(&files);
    let (code, found, said) = project.run_apart(&["scan", "log.ndjson", "--rules", "rules"]);
    assert!(code == 0 && !said.contains("not run"), "{said}");
    for (number, pill) in pills.iter().enumerate() {
        let name = format!("\"r{number}\"");
        let own: Vec<&str> = found.lines().filter(|line| line.contains(&name)).collect();
        assert!(
            matches!(own[..], [one] if one.contains("00:00:01")),
            "{pill}: {own:?}"
        );
    }
    project.run(&["test", "--accept"]);
    let (code, said) = project.run(&["test"]);
    assert_eq!(code, 0, "{said}");
}

fn lines(events: &[&str]) -> String {
    events.iter().fold(String::new(), |mut lines, event| {
        let _ = writeln!(lines, "{}", event.replace('\n', " "));
        lines
    })
}

fn project(files: &[(String, String)]) -> Project {
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Project::of(&files)
}

/// One object of an array must meet the whole of a nested condition; the path must be mapped so.
#[test]
fn a_nested_filter_looks_at_one_object() {
    let nested = |path: &str, name: &str, trusted: &str| {
        let phrase = |field: &str, value| {
            let field = format!("{path}.{field}");
            json!({"match_phrase": {field: value}})
        };
        let inner = json!([phrase("subject_name", name), phrase("trusted", trusted)]);
        json!({"nested": {"path": path, "query": {"bool": {"filter": inner}}}})
    };
    let signed = BOB.replace(
        "\"pid\":4242",
        r#""pid":4242,"Ext":{"code_signature":[{"subject_name":"Good","trusted":true},{"subject_name":"Evil","trusted":false}]}"#,
    );
    let scan = |path: &str, name: &str, trusted: &str| {
        let pill = json!({"meta": {"negate": true}, "query": nested(path, name, trusted)});
        let rule = eql("r", &format!("filters = [{}]\n", toml(&pill)));
        let project = Project::of(&[("rules/r.toml", &rule), ("log.ndjson", &lines(&[&signed]))]);
        project.run_apart(&["scan", "log.ndjson", "--rules", "rules"])
    };
    let signatures = "process.Ext.code_signature";
    assert_eq!(scan(signatures, "Evil", "false").1, "");
    assert_eq!(scan(signatures, "Evil", "true").1.lines().count(), 1);
    let (_, found, said) = scan("process.pe", "Evil", "true");
    assert_eq!(found, "");
    let why = "failed to find nested object under path [process.pe]";
    assert!(said.contains(why), "{said}");
}

/// Elasticsearch fails the whole search where a filter or an exception asks a field for a value that
/// its type does not take; so does every command.
#[test]
fn a_filter_that_does_not_fit_the_type_of_its_field_is_refused() {
    let pill = json!({"query": {"match_phrase": {"process.pid": "many"}}});
    let filtered = eql("r", &format!("filters = [{}]\n", toml(&pill)));
    let why = "the rule's filters: failed to create query on [process.pid]";
    let files = [
        ("rules/r.toml", filtered.as_str()),
        ("scenarios/r.yaml", SCENARIO),
        ("log.ndjson", &lines(&[BOB])),
    ];
    let project = Project::of(&files);
    for command in [
        &["scan", "log.ndjson", "--rules", "rules"][..],
        &["test"],
        &["explain", "rules/r.toml", "--events", "log.ndjson"],
        &[
            "import",
            "log.ndjson",
            "--rule",
            "rules/r.toml",
            "--minimise",
            "--no-scrub",
            "-o",
            "-",
        ],
    ] {
        let (code, out, err) = project.run_apart(command);
        let said = out + &err;
        assert!(said.contains(why), "{command:?}: {said}");
        assert!(code != 0 || command[0] == "scan", "{command:?}: {code}");
    }
    let strict = ["scan", "log.ndjson", "--rules", "rules", "--strict"];
    assert_eq!(project.run(&strict).0, 3);
}

/// A field that no list names has the type of the values that an event has in it.
#[test]
fn an_unknown_field_has_the_type_of_its_values() {
    let pill = json!({"meta": {"negate": true}, "query": {"range": {"my.score": {"gte": 10}}}});
    let rule = eql("r", &format!("filters = [{}]\n", toml(&pill)));
    let scored = |score: &str| {
        BOB.replace("\"pid\":4242", "\"pid\":4242},\"my\":{\"score\":SCORE")
            .replace("SCORE", score)
    };
    let log = lines(&[
        &scored("9"),
        &scored("10"),
        &scored("9.5"),
        &scored("10.5"),
        BOB,
    ]);
    let project = Project::of(&[("rules/r.toml", &rule), ("log.ndjson", &log)]);
    let (code, found, said) = project.run_apart(&["scan", "log.ndjson", "--rules", "rules"]);
    assert_eq!((code, found.lines().count()), (0, 3), "{found}{said}");
}

/// Each type of rule and its scenario.
fn types() -> Vec<(&'static str, String, &'static str)> {
    const ONE: &str = "    shell: {is: process, process.executable: C:\\Windows\\cmd.exe, user.name: anna, host.id: h}\n";
    const TWO: &str = "    shell: {is: process, process.executable: C:\\Windows\\cmd.exe, user.name: anna, host.id: h, repeat: {times: 2, every: 1s}}\n";
    const THEN: &str = "    shell: {is: process, process.executable: C:\\Windows\\cmd.exe, user.name: anna, host.id: h}\n    \
                        next: {is: process, at: 1s, process.executable: C:\\Windows\\whoami.exe, user.name: anna, host.id: h}\n";
    let one = |kind: &str, language: &str, query: &str| {
        format!("type = '{kind}'\nlanguage = '{language}'\nquery = '''{query}'''")
    };
    let threshold = one("threshold", "kuery", "process.name: cmd.exe");
    let new_terms = one("new_terms", "kuery", "process.name: cmd.exe");
    let esql = "FROM logs-endpoint.events.process-* METADATA _id, _index, _version | WHERE process.name == \"cmd.exe\"";
    let counted =
        format!("{esql} | STATS Esql.count = COUNT(*) BY host.id | WHERE Esql.count >= 2");
    vec![
        (
            "eql",
            one("eql", "eql", "process where process.name == \"cmd.exe\""),
            ONE,
        ),
        (
            "sequence",
            one(
                "eql",
                "eql",
                "sequence by host.id [process where process.name == \"cmd.exe\"] [process where process.name == \"whoami.exe\"]",
            ),
            THEN,
        ),
        ("kuery", one("query", "kuery", "process.name: cmd.exe"), ONE),
        (
            "lucene",
            one("query", "lucene", "process.name: cmd.exe"),
            ONE,
        ),
        (
            "saved",
            one("saved_query", "kuery", "process.name: cmd.exe") + "\nsaved_id = 's'",
            ONE,
        ),
        (
            "threshold",
            threshold + "\nthreshold = {field = ['host.id'], value = 2}",
            TWO,
        ),
        (
            "new_terms",
            new_terms
                + "\n[rule.new_terms]\nfield = 'new_terms_fields'\nvalue = ['host.id']\n\
                         [[rule.new_terms.history_window_start]]\nfield = 'history_window_start'\nvalue = 'now-7d'",
            ONE,
        ),
        ("esql", one("esql", "esql", esql), ONE),
        ("esql_stats", one("esql", "esql", &counted), TWO),
    ]
}

const LIST: &str = "[[exceptions]]\n[exceptions.container]\nlist_id = 'admins'\n[[exceptions.items]]\n\
                    name = 'bob may'\n[[exceptions.items.entries]]\nfield = 'user.name'\n\
                    type = 'match'\noperator = 'included'\nvalue = 'bob'\n";
const REFERENCE: &str = "exceptions_list = [{id = 'x', list_id = 'admins', namespace_type = 'single', type = 'detection'}]\n";

#[test]
fn every_type_of_rule_honours_filters_and_exceptions() {
    let pill = json!({"meta": {"negate": true}, "query": {"match_phrase": {"user.name": "bob"}}});
    let filter = format!("filters = [{}]\n", toml(&pill));
    let log = lines(&[
        BOB,
        &BOB.replace("00:00:00", "00:00:03"),
        &BOB.replace("cmd.exe\",\"pid", "whoami.exe\",\"pid")
            .replace("00:00:00", "00:00:02"),
    ]);
    let log = log.replace("\"host\":{", "\"host\":{\"id\":\"h\",");
    for (name, kind, events) in types() {
        for (what, more, because) in [
            ("filter", filter.as_str(), "filters"),
            ("exception", REFERENCE, "exception bob may"),
        ] {
            let mut scenario = format!(
                "sources: [elastic_defend]\nattack:\n  name: anna\n  events:\n{events}  expect: alert\ncases:\n"
            );
            if what == "exception" {
                scenario =
                    scenario.replace("\nattack:", "\nexceptions: [../exceptions/a.toml]\nattack:");
            }
            let _ = write!(
                scenario,
                "  - name: bob\n    change: {{shell: {{user.name: bob}}}}\n    expect: none\n    because: {because}\n"
            );
            let text = match kind.split_once("\n[rule.") {
                Some((kind, table)) => rule(name, kind, more) + "[rule." + table,
                None => rule(name, &kind, more),
            };
            let without = rule(name, &kind, "");
            let project = Project::of(&[
                ("rules/r.toml", &text),
                ("scenarios/r.yaml", &scenario),
                ("exceptions/a.toml", LIST),
                ("log.ndjson", &log),
                ("without/r.toml", &without),
            ]);
            project.run(&["test", "--accept"]);
            let (code, said) = project.run(&["test"]);
            assert_eq!(code, 0, "{name}, {what}: {said}");
            let (code, said) = project.run(&["test", "-k", "case:bob"]);
            assert!(code == 0 && said.contains('1'), "{name}, {what}: {said}");
            let scan = |rules: &str| {
                let (_, found, said) = project.run_apart(&["scan", "log.ndjson", "--rules", rules]);
                assert!(!said.contains("not run"), "{name}, {what}: {said}");
                found.lines().count()
            };
            assert!(scan("without") > 0, "{name}, {what}");
            assert_eq!(scan("rules"), 0, "{name}, {what}");
        }
    }
}

const RULE: &str = "rules/r.toml";

/// A rule that refers to the list `admins`, with these files beside it.
fn linked(files: &[(&str, &str)]) -> Project {
    let rule = eql("r", REFERENCE);
    let (bob, anna) = (lines(&[BOB]), lines(&[ANNA]));
    let own = [
        (RULE, rule.as_str()),
        ("bob.ndjson", bob.as_str()),
        ("anna.ndjson", anna.as_str()),
    ];
    Project::of(&[&own, files].concat())
}

/// Both streams, run without the list, with the project's and with one that was typed.
fn with_and_without(command: &[&str]) -> [String; 3] {
    let said = |project: &Project, more: &[&str]| {
        let (_, out, err) = project.run_apart(&[command, more].concat());
        format!("{out}\n{err}")
    };
    let typed = ["--exceptions", "lists/a.toml"];
    [
        said(&linked(&[]), &[]),
        said(&linked(&[("exceptions/a.toml", LIST)]), &[]),
        said(&linked(&[("lists/a.toml", LIST)]), &typed),
    ]
}

const NOT_APPLIED: &str = "exception lists that were not applied: admins (--exceptions PATH)";

#[test]
fn explain_applies_the_lists_that_the_rule_refers_to() {
    let [without, of_project, typed] =
        with_and_without(&["explain", RULE, "--events", "bob.ndjson"]);
    assert!(without.starts_with("alert"), "{without}");
    assert!(without.contains(NOT_APPLIED), "{without}");
    for said in [of_project, typed] {
        assert!(said.starts_with("none"), "{said}");
        assert!(said.contains("exception bob may"), "{said}");
        let left_out = "1 of them left out by the rule's filters and exceptions";
        assert!(
            said.contains(left_out) && !said.contains("not applied"),
            "{said}"
        );
    }
    let project = linked(&[]);
    let json = [
        "explain",
        RULE,
        "--events",
        "bob.ndjson",
        "--format",
        "json",
    ];
    let said: Json = serde_json::from_str(&project.run(&json).1).unwrap();
    let lists = &said[0]["recording"]["exception_lists"];
    assert_eq!(
        lists,
        &json!({"applied": [], "missing": ["admins"]}),
        "{said}"
    );
    let broken = LIST.replace("'match'", "'fits'");
    let unread = linked(&[("exceptions/a.toml", &broken)]);
    assert_eq!(unread.run(&json).0, 3);
}

#[test]
fn import_minimises_with_the_lists_that_the_rule_refers_to() {
    let import = ["import", "bob.ndjson", "--rule", RULE, "--minimise"];
    let [without, of_project, typed] = with_and_without(&import);
    assert!(
        without.contains(NOT_APPLIED) && without.contains("alert process"),
        "{without}"
    );
    for said in [&of_project, &typed] {
        assert!(said.contains("these events: exception bob may"), "{said}");
    }
    // What is written names the list, and is passed as it stands.
    let project = linked(&[("exceptions/a.toml", LIST)]);
    let (code, said) = project.run(&[&import[..], &["--as", "benign"]].concat());
    assert_eq!(code, 0, "{said}");
    let scenario = std::fs::read_to_string(project.file("scenarios/r.yaml")).unwrap();
    assert!(
        scenario.contains("exceptions: ['../exceptions/a.toml']"),
        "{scenario}"
    );
    let (code, said) = project.run(&["test"]);
    assert_eq!(code, 0, "{said}");
    let anna = linked(&[("exceptions/a.toml", LIST)]);
    let import = import.map(|part| {
        if part == "bob.ndjson" {
            "anna.ndjson"
        } else {
            part
        }
    });
    let (_, _, said) = anna.run_apart(&import);
    assert!(said.contains("exception lists applied: admins"), "{said}");
    let scenario = std::fs::read_to_string(anna.file("scenarios/r.yaml")).unwrap();
    assert!(!scenario.contains("exceptions"), "{scenario}");
}

/// The lists of each side apply to its rules; a list that changed makes a rule differ.
#[test]
fn diff_compares_recordings_with_the_lists_of_each_side() {
    let rule = eql("r", REFERENCE);
    let log = lines(&[BOB, ANNA]);
    let wider = LIST.replace("'bob'", "'anna'");
    let project = |old: &str, new: &str| {
        let files = [
            ("old/rules/r.toml", rule.as_str()),
            ("new/rules/r.toml", &rule),
            ("old/exceptions/a.toml", old),
            ("new/exceptions/a.toml", new),
            ("logs/log.ndjson", &log),
        ];
        let files = files.into_iter().filter(|(_, text)| !text.is_empty());
        Project::of(&files.collect::<Vec<_>>())
    };
    let diff = [
        "diff",
        "./old",
        "./new",
        "--captures",
        "logs",
        "--format",
        "json",
    ];
    let recordings = |project: &Project| -> Json {
        let (_, out, err) = project.run_apart(&diff);
        let report: Json = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
        report["recordings"].clone()
    };
    let found = recordings(&project(LIST, &wider));
    assert_eq!(found["alerts"], json!({"before": 1, "after": 1}), "{found}");
    assert_eq!(
        (&found["lost"], &found["new"]),
        (&json!(1), &json!(1)),
        "{found}"
    );
    assert!(found.to_string().contains("exception bob may"), "{found}");
    let found = recordings(&project("", LIST));
    assert_eq!(found["alerts"], json!({"before": 2, "after": 1}), "{found}");
    assert_eq!(
        found["exception_lists"],
        json!({"applied": ["admins"], "missing": ["admins"]})
    );
    let (_, said) = project("", LIST).run(&diff[..5]);
    assert!(said.contains(NOT_APPLIED), "{said}");
}

/// A mutant of a rule over a recording sees what the rule sees: no event that an exception hides.
#[test]
fn mutants_over_recordings_see_what_the_rule_sees() {
    let scenario = "sources: [elastic_defend]\nEXCEPTIONSattack:\n  name: anna\n  \
                    events_from: {file: ../log.ndjson, source: elastic_defend}\n  \
                    expect: {alerts: COUNT}\n";
    let project = |exceptions: &str, count: &str| {
        let scenario = scenario
            .replace("EXCEPTIONS", exceptions)
            .replace("COUNT", count);
        let rule = eql("r", REFERENCE).replace(
            "process where process.name == \"cmd.exe\"",
            "process where process.name == \"cmd.exe\" and user.name in (\"anna\", \"bob\")",
        );
        Project::of(&[
            (RULE, &rule),
            ("scenarios/r.yaml", &scenario),
            ("exceptions/a.toml", LIST),
            ("log.ndjson", &lines(&[BOB, ANNA])),
        ])
    };
    let survivors = |project: &Project| {
        project.run(&["test", "--accept"]);
        let (code, said) = project.run(&["mutate", "--format", "json"]);
        let report: Json = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{code}: {said}"));
        report.to_string().matches("\"survived\"").count()
    };
    let all = survivors(&project("", "2"));
    let hidden = survivors(&project("exceptions: [../exceptions/a.toml]\n", "1"));
    assert!(hidden > all, "{hidden} {all}");
}
