//! Rules that compare events with indicators alert alike in `scan` and in `test`, by the same
//! indicators: over generated streams, indicators, schedules and ways of alert suppression.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use trapline::data_source::Catalogue;

use super::executions::{
    Found, Memory, START, SUPPRESSIONS, Spec, compared_by_scan, document, in_order, of_scenario,
    rule, spec, stream, value,
};

/// Groups of entries; the last has a negated one.
fn threat_match() -> impl Strategy<Value = String> {
    let host = "{field = 'host.id', type = 'mapping', value = 'threat.indicator.file.name'}";
    let user = "{field = 'user.name', type = 'mapping', value = 'threat.indicator.email.address'}";
    let other = user.replace("'mapping'", "'mapping', negate = true");
    let groups = prop::sample::select(vec![
        format!("{{entries = [{host}]}}"),
        format!("{{entries = [{host}]}}, {{entries = [{user}]}}"),
        format!("{{entries = [{host}, {user}]}}"),
        format!("{{entries = [{host}, {other}]}}"),
    ]);
    let query = value(&[
        "*:*",
        "@timestamp >= \"now-30d/d\" and not event.dataset: x",
    ]);
    (groups, query).prop_map(|(groups, query)| {
        format!(
            "type = 'threat_match'\nthreat_index = ['logs-ti_*']\nthreat_language = 'kuery'\n\
             threat_query = '{query}'\nthreat_mapping = [{groups}]\n"
        )
    })
}

/// An indicator: its second, its hosts and its users.
type Indicator = (i64, Vec<&'static str>, Vec<&'static str>);

fn indicator() -> impl Strategy<Value = Indicator> {
    let hosts = prop::sample::subsequence(vec!["h1", "h2", "h3"], 0..3);
    let users = prop::sample::subsequence(vec!["anna", "bob", "eve"], 0..3);
    (-600..4000_i64, hosts, users)
}

/// The names of indicators instead of what `test` numbers them by.
fn named(found: Found) -> Found {
    let name = |pair: &[String]| format!("i{}", pair[0]);
    let names = |(terms, events): (Vec<String>, Vec<u64>)| {
        let mut names: Vec<String> = terms.chunks_exact(2).map(name).collect();
        names.dedup();
        (names, events)
    };
    in_order(found.into_iter().map(names).collect())
}

fn check_indicators(
    spec: &Spec,
    documents: &[(i64, i64, Json)],
    indicators: &[Indicator],
) -> Result<(), TestCaseError> {
    let catalogue = Catalogue::builtin().unwrap();
    let (rule, (log, _)) = (rule(spec), stream(documents, spec));
    let list = |values: &Json| match values.as_array().unwrap().as_slice() {
        [] => Json::Null,
        _ => values.clone(),
    };
    let (mut events, mut written, mut stored) = (String::new(), String::new(), Vec::new());
    let mut time = 0;
    for (number, (step, late, document)) in documents.iter().enumerate() {
        time += step;
        let (name, pid) = (&document["process"]["name"], &document["process"]["pid"]);
        let (host, user) = (
            list(&document["host"]["id"]),
            list(&document["user"]["name"]),
        );
        let _ = writeln!(
            events,
            "    e{number}: {{is: process, at: {time}s, ingested: {late}s, process.name: {name}, \
             process.pid: {pid}, host.id: {host}, user.name: {user}}}"
        );
    }
    for (number, (time, hosts, users)) in indicators.iter().enumerate() {
        let fields = json!({
            "threat.indicator.file.name": list(&json!(hosts)),
            "threat.indicator.email.address": list(&json!(users)),
        });
        let fields: Vec<String> = fields
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| format!("{k}: {v}"))
            .collect();
        let _ = writeln!(
            written,
            "    i{number}: {{is: indicator, at: {time}s, {}}}",
            fields.join(", ")
        );
        stored.push(json!({
            "_index": "logs-ti_abusech.url-default",
            "_id": format!("i{number}"),
            "@timestamp": (START + time) * 1000,
            "threat": {"indicator": {"file": {"name": hosts}, "email": {"address": users}}},
        }));
    }
    let scenario = format!(
        "sources: [elastic_defend]\nschedule: {{phase: 0s}}\nattack:\n  name: a\n  events:\n{events}  \
         indicators:\n{written}  expect: alert\n"
    );
    let files = Memory(log);
    let scanned = compared_by_scan(&rule, &files, &catalogue, &stored);
    let tested = named(of_scenario(&rule, &files, &catalogue, &scenario));
    prop_assert_eq!(scanned, tested);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn an_indicator_match_rule_compares_alike_in_scan_and_test(
        spec in spec(threat_match(), SUPPRESSIONS),
        documents in prop::collection::vec(document(), 1..30),
        indicators in prop::collection::vec(indicator(), 1..6),
    ) {
        check_indicators(&spec, &documents, &indicators)?;
    }
}
