//! `trapline compare`: the answers of a cluster against Trapline's.

use serde_json::{Value as Json, json};

use crate::project::Project;

/// A project with this rule of type `eql` or `query`, and its recording.
fn project(settings: &str) -> Project {
    let rule = format!(
        "[rule]\nname = \"A shell\"\nrule_id = \"r-1\"\nseverity = \"low\"\nrisk_score = 21\n\
         index = [\"logs-*\"]\n{settings}"
    );
    Project::of(&[("rules/shell.toml", &rule), ("a.ndjson", EVENTS)])
}

const SHELL: &str =
    "type = \"eql\"\nlanguage = \"eql\"\nquery = 'process where process.name == \"cmd.exe\"'\n";

const EVENTS: &str = r#"{"_id":"1","_index":"logs-endpoint.events.process-default","@timestamp":"2024-03-05T08:00:00Z","event":{"category":["process"]},"process":{"name":"cmd.exe"}}
{"_id":"2","_index":"logs-endpoint.events.process-default","@timestamp":"2024-03-05T08:00:01Z","event":{"category":["process"]},"process":{"name":"other.exe"}}
{"_id":"3","_index":"logs-endpoint.events.process-default","@timestamp":"2024-03-05T08:00:02Z","event":{"category":["process"]},"process":{"name":"cmd.exe"}}
"#;

fn hits(ids: &[&str]) -> Json {
    let hits = ids
        .iter()
        .map(|id| json!({"_index": ".ds-logs-1", "_id": id, "_source": {}}));
    json!({"hits": {"events": hits.collect::<Json>()}})
}

/// The request of the rule with this answer, as a line of RESPONSES.
fn answered(project: &Project, status: u16, response: &Json) {
    let (code, out) = project.run(&["scan", "--emit-requests", "-", "a.ndjson"]);
    assert_eq!(code, 0);
    let mut line: Json = serde_json::from_str(&out).unwrap();
    line["status"] = json!(status);
    line["response"] = response.clone();
    std::fs::write(project.file("responses.ndjson"), format!("{line}\n")).unwrap();
}

const COMPARE: [&str; 3] = ["compare", "responses.ndjson", "a.ndjson"];

/// Exit code and text of comparing this answer.
fn compared(project: &Project, status: u16, response: &Json) -> (i32, String) {
    answered(project, status, response);
    let (code, out, err) = project.run_apart(&COMPARE);
    (code, out + &err)
}

#[test]
fn the_same_events_are_equal() {
    let (code, text) = compared(&project(SHELL), 200, &hits(&["3", "1"]));
    assert_eq!(code, 0, "{text}");
    insta::assert_snapshot!(text, @r"
    EQUAL         A shell (rules/shell.toml): 2 results
    EQUAL: 1 equal, 0 different, 0 refused, 0 not compared
    ");
}

#[test]
fn a_difference_names_the_documents_and_where_they_are() {
    let (code, text) = compared(&project(SHELL), 200, &hits(&["3", "2", "9"]));
    assert_eq!(code, 1, "{text}");
    insta::assert_snapshot!(text, @r#"
    DIFFERENT     A shell (rules/shell.toml): 1 result the same, 1 missing, 2 extra
        missing  a.ndjson:1  {"_index":"logs-endpoint.events.process-default","_id":"1","_source":{"@timestamp":"2024-03-05T08:00:00Z","event":{"category":["process"]},"process":{"name":"cmd.exe"}}}
        extra    a.ndjson:2  {"_index":".ds-logs-1","_id":"2","_source":{}}
        extra    not in the recordings  {"_index":".ds-logs-1","_id":"9","_source":{}}
    DIFFERENT: 0 equal, 1 different, 0 refused, 0 not compared
    "#);
}

#[test]
fn a_refusal_is_held_against_trapline() {
    let error = json!({"error": {"type": "verification_exception", "reason": "Found 1 problem\nline 1"}, "status": 400});
    let (code, text) = compared(&project(SHELL), 400, &error);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("by the cluster alone\n    cluster: verification_exception: Found 1 problem"),
        "{text}"
    );
    let broken = SHELL.replace("==", "= =");
    let (code, text) = compared(&project(&broken), 400, &error);
    assert!(
        code == 0 && text.contains("by both") && text.contains("    Trapline: "),
        "{text}"
    );
    let (code, text) = compared(&project(&broken), 200, &hits(&[]));
    assert!(code == 1 && text.contains("by Trapline alone"), "{text}");
}

#[test]
fn what_is_not_a_whole_answer_is_never_equal() {
    let whole = hits(&["1", "3"]);
    let with = |key: &str, value: Json| {
        let mut body = whole.clone();
        body[key] = value;
        body
    };
    let error = |kind: &str, reason: &str| json!({"error": {"type": kind, "reason": reason}});
    let table = [
        (200, with("timed_out", json!(true)), "the answer timed out"),
        (
            200,
            with("is_partial", json!(true)),
            "the answer is partial",
        ),
        (
            200,
            with("_shards", json!({"total": 3, "failed": 1})),
            "some shards failed",
        ),
        (
            200,
            with("_shards", json!({"total": 0})),
            "no index of the cluster",
        ),
        (
            200,
            with("shard_failures", json!([{}])),
            "some shards failed",
        ),
        (
            200,
            with("_clusters", json!({"skipped": 1})),
            "some clusters did not answer",
        ),
        (200, json!({}), "the answer has no `hits.events`"),
        (200, json!([1]), "the answer has no `hits.events`"),
        (
            401,
            error("security_exception", "missing authentication"),
            "status 401: security_exception",
        ),
        (503, json!({"error": "busy"}), "status 503: busy"),
        (
            400,
            error(
                "illegal_argument_exception",
                "request [/x] contains unrecognized parameter: [y]",
            ),
            "does not know a parameter",
        ),
    ];
    let project = project(SHELL);
    for (status, body, said) in table {
        let (code, text) = compared(&project, status, &body);
        assert!(
            code == 4 && text.contains("NOT COMPARED") && text.contains(said),
            "{text}"
        );
    }
}

#[test]
fn an_answer_that_is_cut_off_is_named_unless_it_has_something_else() {
    let project = project(&format!("max_signals = 1\n{SHELL}"));
    let (code, text) = compared(&project, 200, &hits(&["3"]));
    assert!(
        code == 4 && text.contains("cut off: all 1 results that it has are found, of 2"),
        "{text}"
    );
    let (code, text) = compared(&project, 200, &hits(&["2"]));
    assert!(
        code == 1 && text.contains("the answer is cut off, 1 extra"),
        "{text}"
    );
}

const COUNTED: &str = "type = \"threshold\"\nlanguage = \"kuery\"\nquery = \"process.name: *\"\n\
    [rule.threshold]\nfield = [\"process.name\"]\nvalue = 1\n";

/// A page: the group behind which it begins, and its group with the number of its documents.
type Page<'p> = (Option<&'p str>, Option<(&'p str, u32)>);

/// Writes pages of the answer to the request.
fn paged(project: &Project, pages: &[Page<'_>]) {
    answered(project, 200, &json!({}));
    let line = std::fs::read_to_string(project.file("responses.ndjson")).unwrap();
    let key = |name: &str| json!({"process.name": name});
    let page = |(after, group): &Page<'_>| {
        let mut line: Json = serde_json::from_str(&line).unwrap();
        if let Some(after) = after {
            line["after"] = key(after);
        }
        let buckets = group.map(|(name, count)| json!({"key": key(name), "doc_count": count}));
        let mut groups = json!({"buckets": buckets.into_iter().collect::<Vec<Json>>()});
        if let Some((name, _)) = group {
            groups["after_key"] = key(name);
        }
        line["response"] = json!({"aggregations": {"thresholdTerms": groups}});
        format!("{line}\n")
    };
    let lines: String = pages.iter().map(page).collect();
    std::fs::write(project.file("responses.ndjson"), lines).unwrap();
}

#[test]
fn the_pages_of_an_answer_are_one_answer_and_a_missing_one_is_named() {
    let project = project(COUNTED);
    let first = (None, Some(("cmd.exe", 2)));
    let second = (Some("cmd.exe"), Some(("other.exe", 1)));
    let last = (Some("other.exe"), None);
    paged(&project, &[first, second, last]);
    let (code, text) = project.run(&COMPARE);
    assert!(code == 0 && text.contains("EQUAL: 1 equal"), "{text}");
    paged(&project, &[first, second]);
    let (code, text) = project.run(&COMPARE);
    insta::assert_snapshot!(text, @r#"
    NOT COMPARED  A shell (rules/shell.toml): a page is missing: send the request with `after` {"process.name":"other.exe"}; all 2 results so far are found, of 2
    NOT COMPARED: 0 equal, 0 different, 0 refused, 1 not compared
    "#);
    assert_eq!(code, 4);
    paged(&project, &[first, last]);
    let (code, text) = project.run(&COMPARE);
    insta::assert_snapshot!(text, @r#"
    NOT COMPARED  A shell (rules/shell.toml): a page is missing: send the request with `after` {"process.name":"cmd.exe"}; all 1 results so far are found, of 2
    NOT COMPARED  A shell (rules/shell.toml): a page is missing: this one goes on after {"process.name":"other.exe"}, and no page before it ends there
    NOT COMPARED: 0 equal, 0 different, 0 refused, 2 not compared
    "#);
    assert_eq!(code, 4);
    paged(
        &project,
        &[first, (Some("cmd.exe"), Some(("other.exe", 3))), last],
    );
    let (code, text) = project.run(&COMPARE);
    assert!(
        code == 1 && text.contains("1 result the same, 1 missing, 1 extra"),
        "{text}"
    );
}

const TWO_SHELLS: &str = "type = \"eql\"\nlanguage = \"eql\"\nquery = 'sample by event.category \
    [process where process.name == \"cmd.exe\"] [process where process.name == \"other.exe\"]'\n";

/// The answer with one sample of these events.
fn sample(key: &str, ids: [&str; 2]) -> Json {
    let events = ids.map(|id| json!({"_index": ".ds-logs-1", "_id": id, "_source": {}}));
    json!({"hits": {"sequences": [{"join_keys": [key], "events": events}]}})
}

#[test]
fn a_sample_of_other_events_that_fit_is_equal() {
    let project = project(TWO_SHELLS);
    for ids in [["1", "2"], ["3", "2"]] {
        let (code, text) = compared(&project, 200, &sample("process", ids));
        assert!(code == 0 && text.contains("EQUAL: 1 equal"), "{text}");
    }
    for ids in [["2", "1"], ["1", "3"], ["1", "9"], ["2", "2"]] {
        let (code, text) = compared(&project, 200, &sample("process", ids));
        assert!(
            code == 1 && text.contains("1 missing, 1 extra"),
            "{ids:?}: {text}"
        );
    }
    let (code, text) = compared(&project, 200, &sample("other", ["3", "2"]));
    assert!(
        code == 1
            && text.contains("missing  a.ndjson:1 a.ndjson:2  {\"join_keys\":[\"process\"]")
            && text.contains("extra    a.ndjson:3 a.ndjson:2  {\"join_keys\":[\"other\"]"),
        "{text}"
    );
}

/// Without KEEP the rows of a cluster have all fields of its indices.
#[test]
fn a_row_has_more_columns_than_the_query_names() {
    let columns = ["_id", "@timestamp", "process.name", "process.pid"];
    let columns: Json = columns
        .iter()
        .map(|name| json!({"name": name, "type": "keyword"}))
        .collect();
    let time = |id: &str| {
        if id == "3" {
            "2024-03-05T08:00:02.000Z"
        } else {
            "2024-03-05T08:00:00.000Z"
        }
    };
    let row = |id: &str, name: &str| json!([id, time(id), name, 7]);
    let esql = |more: &str| {
        format!(
            "type = \"esql\"\nlanguage = \"esql\"\n\
             query = 'FROM logs-* METADATA _id | WHERE process.name == \"cmd.exe\"{more}'\n"
        )
    };
    let table = [
        ("", [row("3", "cmd.exe"), row("1", "cmd.exe")], 0),
        (
            " | KEEP _id, process.*",
            [row("3", "cmd.exe"), row("1", "cmd.exe")],
            0,
        ),
        ("", [row("3", "cmd.exe"), row("2", "cmd.exe")], 1),
        ("", [row("3", "cmd.exe"), row("1", "CMD.EXE")], 1),
        (
            " | KEEP _id, process.name",
            [row("3", "cmd.exe"), row("1", "cmd.exe")],
            1,
        ),
    ];
    for (more, rows, expected) in table {
        let response = json!({"columns": columns, "values": rows});
        let (code, text) = compared(&project(&esql(more)), 200, &response);
        assert_eq!(code, expected, "{more} {rows:?}: {text}");
    }
}

/// A cluster counts to 10,000 unless it is told otherwise, and Kibana does not tell it.
#[test]
fn a_count_that_is_not_exact_is_contradicted_by_fewer_documents_alone() {
    let rule = "type = \"threshold\"\nlanguage = \"kuery\"\nquery = \"process.name : *\"\n\
                threshold = {field = [], value = 2}\n";
    let answer = |count: u64, relation: &str| {
        json!({"hits": {"total": {"value": count, "relation": relation}, "hits": []},
               "aggregations": {"max_timestamp": {"value": 1}, "min_timestamp": {"value": 1}}})
    };
    let table = [
        (3, "eq", 0, "EQUAL: 1 equal"),
        (4, "eq", 1, "DIFFERENT: 0 equal"),
        (2, "gte", 4, "1 not compared"),
        (4, "gte", 1, "DIFFERENT: 0 equal"),
    ];
    for (count, relation, expected, said) in table {
        let (code, text) = compared(&project(rule), 200, &answer(count, relation));
        assert_eq!(code, expected, "{count} {relation}: {text}");
        assert!(text.contains(said), "{count} {relation}: {text}");
    }
}

#[test]
fn an_answer_to_another_request_is_not_compared() {
    let project = project(SHELL);
    answered(&project, 200, &hits(&["1", "3"]));
    let project = project.with("rules/shell.toml", "cmd.exe", "other.exe");
    let (code, text) = project.run(&COMPARE);
    assert!(
        code == 4 && text.contains("it answers another request"),
        "{text}"
    );
    let lines = "{\"id\":\"r-9:00\",\"response\":{}}\nno json\n";
    std::fs::write(project.file("responses.ndjson"), lines).unwrap();
    let (code, out, err) = project.run_apart(&COMPARE);
    assert_eq!(code, 4, "{out}{err}");
    assert!(
        out.contains("no rule has the id r-9")
            && out.contains("1 rule has a request and no answer"),
        "{out}"
    );
    assert!(
        err.contains("E047") && err.contains("responses.ndjson:2: the line is not valid JSON"),
        "{err}"
    );
}

#[test]
fn a_line_with_id_status_and_response_alone_is_enough() {
    let project = project(SHELL);
    answered(&project, 200, &hits(&["1", "3"]));
    let text = std::fs::read_to_string(project.file("responses.ndjson")).unwrap();
    let mut line: Json = serde_json::from_str(&text).unwrap();
    let entries = line.as_object_mut().unwrap();
    entries.retain(|key, _| ["id", "status", "response"].contains(&key.as_str()));
    std::fs::write(project.file("responses.ndjson"), line.to_string()).unwrap();
    let (code, text) = project.run(&[&COMPARE[..], &["--strict"]].concat());
    assert!(code == 0 && text.contains("EQUAL: 1 equal"), "{text}");
}

#[test]
fn a_request_that_reads_the_clock_needs_its_time() {
    let rule = "type = \"esql\"\nlanguage = \"esql\"\nquery = 'FROM logs-* METADATA _id | WHERE @timestamp > NOW() - 1 hour | KEEP _id'\n"
        .to_owned();
    let project = Project::of(&[
        (
            "rules/clock.toml",
            &format!(
                "[rule]\nname = \"Clock\"\nrule_id = \"r-1\"\nseverity = \"low\"\nrisk_score = 21\n{rule}"
            ),
        ),
        ("a.ndjson", EVENTS),
    ]);
    let body = json!({"columns": [{"name": "_id", "type": "keyword"}], "values": [["2"], ["3"]], "is_partial": false});
    let (code, text) = compared(&project, 200, &body);
    assert!(code == 4 && text.contains("the cluster's clock"), "{text}");
    let lines = std::fs::read_to_string(project.file("responses.ndjson")).unwrap();
    let mut line: Json = serde_json::from_str(&lines).unwrap();
    line["now"] = json!("2024-03-05T09:00:00.500Z");
    std::fs::write(project.file("responses.ndjson"), line.to_string()).unwrap();
    let (code, text) = project.run(&COMPARE);
    assert!(code == 0 && text.contains("EQUAL: 1 equal"), "{text}");
}

const NOTES: &str = "type = \"query\"\nlanguage = \"kuery\"\nquery = \"acme.note: shell\"\n";

#[test]
fn a_mapping_gives_fields_of_an_unknown_index_their_types() {
    let project = project(NOTES).with("rules/shell.toml", "logs-*", "acme-*");
    let event = r#"{"_id":"1","_index":"acme-7","@timestamp":"2024-03-05T08:00:00Z","acme":{"note":"a shell started"}}"#;
    std::fs::write(project.file("a.ndjson"), format!("{event}\n")).unwrap();
    let of = |index: &str| {
        json!({index: {"mappings": {"properties": {"acme": {"properties": {"note": {"type": "text"}}}}}}})
            .to_string()
    };
    std::fs::write(project.file("mapping.json"), of("acme-7")).unwrap();
    std::fs::write(
        project.file("unnamed.json"),
        r#"{"properties":{"acme.note":{"type":"text"}}}"#,
    )
    .unwrap();
    let hit = json!({"_index": "acme-7", "_id": "1", "_source": {}});
    let body = json!({"hits": {"total": {"value": 1, "relation": "eq"}, "hits": [hit]}});
    let (code, text) = compared(&project, 200, &body);
    assert!(code == 1 && text.contains("1 extra"), "{text}");
    for mapping in ["mapping.json", "unnamed.json"] {
        let (code, text) = project.run(&[&COMPARE[..], &["--mapping", mapping]].concat());
        assert!(
            code == 0 && text.contains("EQUAL: 1 equal"),
            "{mapping}: {text}"
        );
    }
    std::fs::write(project.file("broken.json"), "[]").unwrap();
    let (code, _, err) = project.run_apart(&[&COMPARE[..], &["--mapping", "broken.json"]].concat());
    assert!(
        code == 3 && err.contains("`broken.json` is no mapping"),
        "{code} {err}"
    );
}

#[test]
fn the_report_for_programs_fits_its_schema() {
    let project = project(SHELL);
    answered(&project, 200, &hits(&["3", "9"]));
    let (code, text) = project.run(&[&COMPARE[..], &["--format", "json"]].concat());
    assert_eq!(code, 1);
    let report: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(report["verdict"], "different");
    assert_eq!(
        report["answers"][0]["missing"][0]["places"],
        json!([{"file": "a.ndjson", "line": 1}])
    );
    assert_eq!(report["answers"][0]["extra"][0]["places"], json!([]));
    let (_, schema) = project.run(&["schema", "compare"]);
    let schema: Json = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn the_report_for_programs_has_the_cause_of_each_verdict() {
    let error = json!({"error": {"type": "verification_exception", "reason": "Found 1 problem"}, "status": 400});
    let broken = SHELL.replace("==", "= =");
    let mut partial = hits(&["1", "3"]);
    partial["timed_out"] = json!(true);
    let table = [
        (SHELL, 200, hits(&["1", "3"]), json!(null), json!(null)),
        (
            SHELL,
            200,
            hits(&["1"]),
            json!("missing"),
            json!({"same": "1", "missing": "1"}),
        ),
        (
            SHELL,
            200,
            hits(&["1", "2", "3"]),
            json!("extra"),
            json!({"same": "2", "missing": "0", "extra": "1"}),
        ),
        (
            SHELL,
            200,
            hits(&["1", "2"]),
            json!("missing-and-extra"),
            json!({"same": "1", "missing": "1", "extra": "1"}),
        ),
        (
            SHELL,
            400,
            error.clone(),
            json!("by-cluster"),
            json!({"said": "verification_exception: Found 1 problem"}),
        ),
        (
            SHELL,
            200,
            partial,
            json!("unusable"),
            json!({"why": "timed-out"}),
        ),
    ];
    let (_, schema) = project(SHELL).run(&["schema", "compare"]);
    let schema: Json = serde_json::from_str(&schema).unwrap();
    for (settings, status, response, cause, details) in table {
        let project = project(settings);
        answered(&project, status, &response);
        let (_, text) = project.run(&[&COMPARE[..], &["--format", "json"]].concat());
        let report: Json = serde_json::from_str(&text).unwrap();
        let answer = &report["answers"][0];
        assert_eq!((&answer["cause"], &answer["details"]), (&cause, &details));
        assert!(jsonschema::is_valid(&schema, &report), "{text}");
    }
    for (status, response, cause) in [(200, hits(&[]), "by-trapline"), (400, error, "by-both")] {
        let project = project(&broken);
        answered(&project, status, &response);
        let (_, text) = project.run(&[&COMPARE[..], &["--format", "json"]].concat());
        let report: Json = serde_json::from_str(&text).unwrap();
        let answer = &report["answers"][0];
        assert_eq!(answer["cause"], cause);
        // The refusal, that it is of the query, and what is wrong in it.
        assert_eq!(answer["details"]["why"], "refused/query/assignment");
    }
}
