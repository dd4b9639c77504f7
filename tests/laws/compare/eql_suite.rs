//! The answers of Elasticsearch's EQL suite through `compare`: events, sequences and samples.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use trapline::rule::Rule;
use trapline::search::{Index, Parameters};

use super::recorded::{Answered, Tally, whole, with_indices};
use super::rule;
use crate::conformance::index_of;
use crate::shared::shared;

/// The searches that `scan` cannot answer as the suite does, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    (
        "optionalDefaultNullValueFieldEqualDefaultValue",
        "a scan gives a field without a value no `null_value` of its mapping",
    ),
    (
        "customDateFormatsAsKey_DifferentIndicesResults",
        "a scan reads a field in one date format, and the two indices differ in theirs",
    ),
];

/// The searches that find the same events by several join keys, which are one alert: only what was
/// recorded is compared.
const ONE_ALERT: [&str; 2] = [
    "sequenceWithMultivalue_CartesianProduct",
    "sequenceWithMultivalue_RandomOrder",
];

/// The documents of some indices. An `_id` is one of all of them, and each has a time: the suite's
/// requests have no time range.
fn documents(folder: &Path, indices: &[&str]) -> Vec<Json> {
    let mut documents = Vec::new();
    for index in indices {
        let text = std::fs::read_to_string(folder.join(format!("events/{index}.ndjson"))).unwrap();
        for line in text.lines() {
            let mut document: Json = serde_json::from_str(line).unwrap();
            document["_id"] = json!(format!("{index}-{}", document["_id"].as_str().unwrap()));
            if document["@timestamp"].is_null() {
                document["@timestamp"] = json!("2024-01-01T00:00:00Z");
            }
            documents.push(document);
        }
    }
    documents
}

/// A search of the suite with what the suite's own answers lack: how many events a sequence has, and
/// the types of the join keys.
struct Case {
    search: Json,
    /// What the reference evaluator answers.
    reference: Json,
}

impl Case {
    fn name(&self) -> &str {
        self.search["name"].as_str().unwrap()
    }

    fn rule(&self, number: usize) -> (String, Arc<Rule>) {
        let tiebreaker = self.search["tiebreaker"].as_str();
        let tiebreaker = tiebreaker.map(|field| format!("tiebreaker_field = '{field}'\n"));
        rule(
            &format!("{}-{number}", self.name()),
            &format!(
                "type = 'eql'\nlanguage = 'eql'\nindex = {}\nevent_category_override = 'event_type'\n\
                 {}query = '''\n{}\n'''",
                self.search["indices"],
                tiebreaker.unwrap_or_default(),
                self.search["query"].as_str().unwrap(),
            ),
        )
    }

    fn size(&self) -> usize {
        usize::try_from(self.search["size"].as_u64().unwrap()).unwrap()
    }

    /// An answer of the cluster with these ids.
    fn answer(&self, ids: &[Json], documents: &[Json]) -> Json {
        let hit = |(id, own): (&Json, Option<&Json>)| {
            if *id == json!(-1) {
                return json!({"_index": "", "_id": "", "_source": {}, "missing": true});
            }
            let field = self.search["id_field"].as_str().unwrap();
            // Not every index has each id once: if the reference gives an event of this id, that is it.
            let name = |own: &Json| {
                Some(format!(
                    "{}-{}",
                    own["_index"].as_str()?,
                    own["_id"].as_str()?
                ))
            };
            let own = own.and_then(name);
            let mut of_id = documents.iter().filter(|document| document[field] == *id);
            let first = of_id.clone().next();
            let own = own.and_then(|own| of_id.find(|document| document["_id"] == own));
            let own = own.or(first);
            let mut source = own.unwrap().clone();
            let source = source.as_object_mut().unwrap();
            let (index, id) = (source.remove("_index"), source.remove("_id"));
            json!({"_index": index, "_id": id, "_source": source})
        };
        let found = &self.reference["hits"];
        let Some(sequences) = found["sequences"].as_array() else {
            return json!({"hits": {"events": ids.iter().map(|id| hit((id, None))).collect::<Json>()}});
        };
        if ids.is_empty() {
            return json!({"hits": {"sequences": []}});
        }
        let events = sequences[0]["events"].as_array().unwrap().len();
        assert_eq!(ids.len(), events * sequences.len(), "{}", self.name());
        let recorded = self.search["join_keys"].as_array();
        let mut recorded = recorded.map_or(&[][..], Vec::as_slice).iter();
        let sequence = |(ids, own): (&[Json], &Json)| {
            let keys = own["join_keys"].as_array().map_or(&[][..], Vec::as_slice);
            let keys = keys.iter().map(|own| match recorded.next() {
                Some(text) if !own.is_string() => {
                    serde_json::from_str(text.as_str().unwrap()).unwrap()
                }
                Some(text) => text.clone(),
                // The suite does not check the keys of this search.
                None => own.clone(),
            });
            let keys: Vec<Json> = keys.collect();
            let named = own["events"].as_array().unwrap().iter().map(Some);
            let mut sequence = json!({"events": ids.iter().zip(named).map(hit).collect::<Json>()});
            if !keys.is_empty() {
                sequence["join_keys"] = json!(keys);
            }
            sequence
        };
        let sequences: Json = ids.chunks(events).zip(sequences).map(sequence).collect();
        json!({"hits": {"sequences": sequences}})
    }
}

/// The searches by indices. A request of Kibana asks for one sample a key.
fn cases(folder: &Path) -> BTreeMap<String, Vec<Case>> {
    let mut cases: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    let mut indices: BTreeMap<String, Index> = BTreeMap::new();
    let searches = std::fs::read_to_string(folder.join("searches.ndjson")).unwrap();
    for line in searches.lines() {
        let search: Json = serde_json::from_str(line).unwrap();
        let query = search["query"].as_str().unwrap();
        let samples = search["max_samples_per_key"].as_u64().unwrap_or(1);
        if samples > 1 || query.contains("'''") {
            continue;
        }
        let key = search["indices"].to_string();
        let index = indices
            .entry(key.clone())
            .or_insert_with(|| index_of(folder, &search["indices"]));
        let mut parameters = Parameters::default();
        parameters.settings.tiebreaker = search["tiebreaker"].as_str().map(str::to_owned);
        let size = search["size"].as_u64();
        parameters.request.size = size.map(|size| usize::try_from(size).unwrap());
        let reference = index.search(query, &parameters).unwrap();
        cases
            .entry(key)
            .or_default()
            .push(Case { search, reference });
    }
    cases
}

/// The answer with a result less, one twice, one of another document, its events in another order, or
/// another join key.
fn mutants(body: &Json) -> Vec<(&'static str, Json)> {
    let is_sequence = body["hits"]["sequences"].is_array();
    let list = if is_sequence { "sequences" } else { "events" };
    let mut mutants = Vec::new();
    let mut push = |what, change: &dyn Fn(&mut Vec<Json>)| {
        let mut body = body.clone();
        change(body["hits"][list].as_array_mut().unwrap());
        mutants.push((what, body));
    };
    let results = body["hits"][list].as_array().unwrap();
    for (place, result) in results.iter().enumerate() {
        push("one less", &|all| drop(all.remove(place)));
        push("one twice", &|all| all.push(result.clone()));
        let Some(events) = result["events"].as_array() else {
            push("another document", &|all| {
                all[place]["_id"] = json!("other");
            });
            continue;
        };
        let first = events.iter().position(|event| event["missing"] != true);
        let first = first.unwrap();
        push("another document", &|all| {
            all[place]["events"][first]["_id"] = json!("other");
        });
        push("an event less", &|all| {
            all[place]["events"].as_array_mut().unwrap().pop();
        });
        let reversed: Vec<&Json> = events.iter().rev().collect();
        if !reversed.iter().copied().eq(events) {
            push("another order", &|all| {
                all[place]["events"] = json!(reversed);
            });
        }
        if result["join_keys"].is_array() {
            push("another key", &|all| {
                all[place]["join_keys"][0] = json!("other");
            });
        }
    }
    mutants
}

/// The recorded answers of one case and changed ones.
fn answers(case: &Case, rule: &(String, Arc<Rule>), documents: &[Json]) -> Vec<Answered> {
    let mut answered = Vec::new();
    let size = u32::try_from(case.size()).unwrap();
    for ids in case.search["expected_any_of"].as_array().unwrap() {
        let body = case.answer(ids.as_array().unwrap(), documents);
        let list = body["hits"].as_object().unwrap().values().next().unwrap();
        let count = list.as_array().unwrap().len();
        if count >= case.size() {
            answered.push(Answered::new(rule, "as recorded", "cut", body, size));
            continue;
        }
        for (what, body) in mutants(&body) {
            answered.push(Answered::new(rule, what, "different", body, size));
        }
        answered.extend(whole(rule, &body, size, Some(count)));
    }
    answered
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn recorded_answers_of_the_suite_of_eql_are_equal_and_changed_ones_are_not() {
    let Some(folder) = shared("conformance") else {
        return;
    };
    let mut tally = Tally::default();
    for (indices, cases) in cases(&folder) {
        let indices: Vec<String> = serde_json::from_str(&indices).unwrap();
        let indices: Vec<&str> = indices.iter().map(String::as_str).collect();
        let documents = documents(&folder, &indices);
        let numbered = cases.iter().enumerate();
        let rules: Vec<_> = numbered.map(|(number, case)| case.rule(number)).collect();
        let named = cases.iter().zip(&rules);
        let answered: Vec<Answered> = named
            .filter(|(case, _)| LEFT_OUT.iter().all(|(name, _)| *name != case.name()))
            .flat_map(|(case, rule)| {
                let answers = answers(case, rule, &documents).into_iter();
                let is_one = ONE_ALERT.contains(&case.name());
                answers.filter(move |answer| !is_one || answer.what == "as recorded")
            })
            .collect();
        let lines = documents.iter().map(|document| format!("{document}\n"));
        let lines: String = lines.collect();
        tally.add(
            &with_indices(&folder.join("mappings"), &indices),
            &rules,
            &lines,
            &answered,
        );
    }
    tally.check("EQL");
}
