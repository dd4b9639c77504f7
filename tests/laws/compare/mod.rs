//! `trapline compare`: answers made of what the reference evaluator finds are equal, and an answer
//! that was changed is not; recorded answers of a real Elasticsearch are equal where it answered.

mod eql_suite;
mod esql_suite;
mod hit_suites;
mod recorded;

use std::io::{self, Read};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use trapline::cluster::{
    self, Comparing, Comparison, Compilers, RequestOptions, Response, TimeRange, Verdict,
};
use trapline::compile::{ExceptionLists, RuleCompiler};
use trapline::data_source::{Catalogue, field_types};
use trapline::diagnostic::SourceText;
use trapline::event::Timestamp;
use trapline::event::io::Stop;
use trapline::language::eql::RequestFieldNames;
use trapline::rule::{self, Language, Rule};
use trapline::scan::{Inputs, Options};
use trapline::search::{Index, Indices, Parameters};

use crate::shared::shared;

/// One text as a file.
struct Memory(String);

impl Inputs for Memory {
    fn count(&self) -> usize {
        1
    }

    fn name(&self, _: usize) -> String {
        "memory".to_owned()
    }

    fn open(&self, _: usize) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::Cursor::new(self.0.clone().into_bytes())))
    }

    fn is_reopened(&self, _: usize) -> bool {
        true
    }

    fn temporary(&self) -> io::Result<Box<dyn trapline::event::io::TemporaryFile>> {
        Ok(Box::new(io::Cursor::new(Vec::new())))
    }
}

fn rule(id: &str, settings: &str) -> (String, Arc<Rule>) {
    let text = format!(
        "[rule]\nname = '{id}'\nrule_id = '{id}'\nseverity = 'low'\nrisk_score = 21\n{settings}\n"
    );
    let loaded = rule::load(&SourceText::new(format!("rules/{id}.toml"), text));
    let rule = loaded
        .rule
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    (format!("rules/{id}.toml"), Arc::new(rule))
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::builtin().unwrap());

const RANGE: TimeRange = TimeRange {
    from: Timestamp::from_millis(0),
    to: Timestamp::from_millis(4_000_000_000_000),
};

/// The responses to the requests of these rules, a body for each.
fn responses(rules: &[(String, Arc<Rule>)], bodies: &[Json], size: u32) -> Vec<Response> {
    let lists = ExceptionLists::default();
    let mut compiler = RuleCompiler::new(&CATALOGUE, &lists, Timestamp::default());
    let options = RequestOptions {
        range: RANGE,
        size: Some(size),
    };
    let answered = rules.iter().zip(bodies).map(|((file, rule), body)| {
        let request = cluster::request(&mut compiler, rule, file, options).unwrap();
        let mut line = request.to_json();
        line["status"] = json!(200);
        line["response"] = body.clone();
        Response::parse(&line.to_string()).unwrap()
    });
    answered.collect()
}

fn compared(rules: &[(String, Arc<Rule>)], lines: &str, responses: &[Response]) -> Comparison {
    compared_in(&CATALOGUE, rules, lines, responses)
}

fn compared_in(
    catalogue: &Catalogue,
    rules: &[(String, Arc<Rule>)],
    lines: &str,
    responses: &[Response],
) -> Comparison {
    let lists = ExceptionLists::default();
    let mut compilers = Compilers {
        requests: RuleCompiler::new(&CATALOGUE, &lists, Timestamp::default()),
        searches: RuleCompiler::new(catalogue, &lists, Timestamp::default()),
    };
    let comparing = Comparing {
        rules,
        inputs: &Memory(lines.to_owned()),
        range: RANGE,
        options: Options {
            threads: 2,
            chunk: 512,
            ..Options::default()
        },
        stop: &Stop::new(),
    };
    comparing.run(&mut compilers, responses).unwrap()
}

const INDEX: &str = "logs-endpoint.events.process-default";
const EVENTS: &str = "process where process.name == \"a\"";
const SEQUENCE: &str = "sequence by host.id [process where process.name == \"a\"] [process where process.name == \"b\"]";
const KQL: &str = "process.name: (a or c)";
const ROWS: &str =
    "FROM logs-* METADATA _id | WHERE process.name == \"b\" | KEEP _id, process.name, host.id";
const GROUPS: &str = "FROM logs-* | STATS n = COUNT(*), names = VALUES(process.name) BY host.id";

fn rules() -> Vec<(String, Arc<Rule>)> {
    let index = "index = ['logs-*']";
    let eql = |id: &str, query: &str| {
        rule(
            id,
            &format!("type = 'eql'\nlanguage = 'eql'\n{index}\nquery = '{query}'"),
        )
    };
    let esql = |id: &str, query: &str| {
        rule(
            id,
            &format!("type = 'esql'\nlanguage = 'esql'\nquery = '{query}'"),
        )
    };
    let kuery = |id: &str, kind: &str| {
        rule(
            id,
            &format!("type = '{id}'\nlanguage = 'kuery'\n{index}\nquery = '{KQL}'\n{kind}"),
        )
    };
    vec![
        eql("events", EVENTS),
        eql("sequence", SEQUENCE),
        kuery("query", ""),
        esql("rows", ROWS),
        esql("groups", GROUPS),
        kuery(
            "threshold",
            "[rule.threshold]\nfield = ['host.id']\nvalue = 2",
        ),
        kuery(
            "new_terms",
            "[rule.new_terms]\nfield = 'new_terms_fields'\nvalue = ['host.id']\n\
             [[rule.new_terms.history_window_start]]\nfield = 'history_window_start'\nvalue = 'now-200y'",
        ),
    ]
}

fn documents(events: &[(u8, u8, u32)]) -> Vec<Json> {
    let document = |(number, (name, host, time)): (usize, &(u8, u8, u32))| {
        let names = ["a", "b", "c"];
        json!({
            "_id": format!("d{number}"),
            "_index": INDEX,
            "@timestamp": Timestamp::from_millis(i64::from(*time)).to_string(),
            "event": {"category": ["process"]},
            "process": {"name": names[usize::from(*name) % 3]},
            "host": {"id": format!("h{}", host % 3)},
        })
    };
    events.iter().enumerate().map(document).collect()
}

/// What Elasticsearch answers to each rule, by the reference evaluator and by counting.
fn bodies(documents: &[Json]) -> Vec<Json> {
    let mut index = Index::dynamic(field_types().clone());
    let mut indices = Indices::dynamic(field_types().clone());
    for document in documents {
        index.add_line(&document.to_string()).unwrap();
        indices.add_line(&document.to_string(), INDEX).unwrap();
    }
    let parameters = Parameters {
        settings: RequestFieldNames::default(),
        ..Parameters::default()
    };
    let eql = |query: &str| index.search(query, &parameters).unwrap();
    let esql = |query: &str| indices.answer(query, RANGE.to).unwrap().body();
    let hits = index
        .hits(Language::Kuery, KQL, &parameters)
        .unwrap()
        .body();
    let selected: Vec<&Json> = hits["hits"]["hits"].as_array().unwrap().iter().collect();
    let mut groups = std::collections::BTreeMap::<String, u64>::new();
    for hit in &selected {
        let host = hit["_source"]["host"]["id"].as_str().unwrap();
        *groups.entry(host.to_owned()).or_default() += 1;
    }
    let total = json!({"value": selected.len(), "relation": "eq"});
    let buckets = |least: u64| -> Json {
        let reached = groups.iter().filter(|(_, count)| **count >= least);
        reached
            .map(|(host, count)| json!({"key": {"host.id": host}, "doc_count": count}))
            .collect()
    };
    let after = groups.keys().last().map(|host| json!({"host.id": host}));
    let aggregated = |name: &str, least: u64| {
        json!({"hits": {"total": total, "hits": []}, "aggregations": {name: {
            "buckets": buckets(least), "after_key": after,
        }}})
    };
    vec![
        eql(EVENTS),
        eql(SEQUENCE),
        hits.clone(),
        esql(ROWS),
        esql(GROUPS),
        aggregated("thresholdTerms", 2),
        aggregated("new_terms", 1),
    ]
}

const LISTS: [&str; 6] = [
    "/hits/events",
    "/hits/sequences",
    "/values",
    "/aggregations/thresholdTerms/buckets",
    "/aggregations/new_terms/buckets",
    "/hits/hits",
];

/// The results of an answer.
fn results(body: &mut Json) -> &mut Vec<Json> {
    let path = LISTS
        .iter()
        .find(|path| body.pointer(path).is_some())
        .unwrap();
    body.pointer_mut(path).unwrap().as_array_mut().unwrap()
}

/// The answer with one result less, or with one that is another.
fn mutants(body: &Json) -> Vec<Json> {
    let mut mutants = Vec::new();
    let mut whole = body.clone();
    for place in 0..results(&mut whole).len() {
        let mut less = body.clone();
        results(&mut less).remove(place);
        if less.pointer("/hits/hits/0").is_some() || body.pointer("/hits/hits/0").is_some() {
            less["hits"]["total"]["value"] = json!(results(&mut less.clone()).len());
        }
        mutants.push(less);
        let mut other = body.clone();
        let result = &mut results(&mut other)[place];
        if result.get("_id").is_some() {
            result["_id"] = json!("other");
        } else if result.get("events").is_some() {
            result["events"][0]["_id"] = json!("other");
        } else if result.get("key").is_some() {
            result["key"]["host.id"] = json!("other");
        } else {
            result[0] = json!("other");
        }
        mutants.push(other);
    }
    mutants
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn an_answer_is_equal_to_what_trapline_finds_and_a_changed_one_is_not(
        events in prop::collection::vec((0_u8..3, 0_u8..3, 1_u32..50_000), 1..10)
    ) {
        let rules = rules();
        let documents = documents(&events);
        let lines: String = documents.iter().flat_map(|document| [document.to_string(), "\n".to_owned()]).collect();
        let bodies = bodies(&documents);
        let whole = responses(&rules, &bodies, 1_000);
        for one in compared(&rules, &lines, &whole).verdicts {
            prop_assert!(matches!(one.verdict, Verdict::Equal(_)), "{}: {:?}", one.id, one.verdict);
        }
        let mut changed = Vec::new();
        for (number, body) in bodies.iter().enumerate() {
            for mutant in mutants(body) {
                changed.extend(responses(&rules[number..=number], &[mutant], 1_000));
            }
        }
        for (one, response) in compared(&rules, &lines, &changed).verdicts.iter().zip(&changed) {
            let is_different = matches!(one.verdict, Verdict::Different(_));
            prop_assert!(is_different, "{:?}: {:?}", response, one.verdict);
        }
        // An answer that is full may be cut off, and is never equal.
        for (number, body) in bodies.iter().enumerate().take(4) {
            let count = results(&mut body.clone()).len();
            if count > 0 && number != 2 {
                let full = responses(&rules[number..=number], &bodies[number..=number], u32::try_from(count).unwrap());
                let verdict = &compared(&rules, &lines, &full).verdicts[0].verdict;
                prop_assert!(matches!(verdict, Verdict::NotCompared(_)), "{verdict:?}");
            }
        }
    }
}

/// Documents of which a real Elasticsearch matched every one: the answer is all of them.
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn documents_on_which_elasticsearch_alerted_are_an_equal_answer() {
    let (Some(generated), Some(folder)) = (shared("corpus/generated"), shared("corpus/rules"))
    else {
        return;
    };
    let expected = std::fs::read_to_string(generated.join("EXPECTED.tsv")).unwrap();
    let mut count = 0;
    for line in expected.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[file, id, _, documents, alerts, "elasticsearch"] = columns.as_slice() else {
            continue;
        };
        if documents != alerts || documents.parse::<u32>().unwrap() > 200 {
            continue;
        }
        let path = folder.join(file);
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let Some(rule) = rule::load(&SourceText::new(file, text)).rule else {
            continue;
        };
        let query = rule.query.as_ref().map_or("", |query| query.text.text());
        if query.trim_start().starts_with("sequence") || query.trim_start().starts_with("sample") {
            continue;
        }
        let is_eql = rule
            .query
            .as_ref()
            .is_some_and(|query| query.language == Language::Eql);
        let packed = std::fs::File::open(generated.join(format!("{id}.ndjson.zst"))).unwrap();
        let mut text = String::new();
        let mut decoder = ruzstd::decoding::StreamingDecoder::new(packed).unwrap();
        decoder.read_to_string(&mut text).unwrap();
        let all: Vec<Json> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let hits: Json = all
            .iter()
            .enumerate()
            .map(|(number, source)| json!({"_id": format!("x{number}"), "_source": source}))
            .collect();
        let body = if is_eql {
            json!({"hits": {"events": hits}})
        } else {
            json!({"hits": {"total": {"value": all.len(), "relation": "eq"}, "hits": hits}})
        };
        let rules = [(file.to_owned(), Arc::new(rule))];
        let lists = ExceptionLists::default();
        let mut compiler = RuleCompiler::new(&CATALOGUE, &lists, Timestamp::default());
        let options = RequestOptions {
            range: RANGE,
            size: Some(1_000),
        };
        let request = cluster::request(&mut compiler, &rules[0].1, file, options).unwrap();
        let mut line = request.to_json();
        line["status"] = json!(200);
        line["response"] = body;
        let response = Response::parse(&line.to_string()).unwrap();
        let verdict = &compared(&rules, &text, &[response]).verdicts[0].verdict;
        assert!(matches!(verdict, Verdict::Equal(_)), "{file}: {verdict:?}");
        count += 1;
    }
    eprintln!("{count} rules with the alerts of a real Elasticsearch");
    assert!(count > 0);
}
