//! Recorded answers of the conformance suites through `compare`: each is expected to be equal, and each
//! changed one to be different.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;
use trapline::cluster::{Response, Verdict};
use trapline::data_source::Catalogue;
use trapline::diagnostic::cluster::NotCompared;
use trapline::event::mapping;
use trapline::rule::Rule;

use super::{compared_in, responses};

/// The sources, before them these indices with the types of their mappings.
pub(super) fn with_indices(mappings: &Path, indices: &[&str]) -> Catalogue {
    let mappings = indices.iter().flat_map(|name| {
        let text = std::fs::read_to_string(mappings.join(format!("{name}.json"))).unwrap();
        mapping::parse(&text).unwrap()
    });
    let mut catalogue = Catalogue::builtin().unwrap();
    catalogue.add_mappings("the suite", &mappings.collect::<Vec<_>>());
    catalogue
}

/// An answer and what it is expected to be called.
pub(super) struct Answered {
    pub(super) what: &'static str,
    wanted: &'static str,
    response: Response,
}

impl Answered {
    /// The answer to the request of a rule; `what` was changed in it.
    pub(super) fn new(
        rule: &(String, Arc<Rule>),
        what: &'static str,
        wanted: &'static str,
        body: Json,
        size: u32,
    ) -> Self {
        let mut response = responses(std::slice::from_ref(rule), &[body], size);
        Self {
            what,
            wanted,
            response: response.remove(0),
        }
    }
}

/// What an answer that is not whole says of itself.
const SIGNS: [(&str, &str); 7] = [
    ("timed_out", "true"),
    ("is_partial", "true"),
    ("is_running", "true"),
    ("_shards", r#"{"total": 2, "failed": 1}"#),
    ("_shards", r#"{"total": 0}"#),
    ("shard_failures", "[{}]"),
    ("_clusters", r#"{"total": 2, "skipped": 1}"#),
];

/// A whole answer with so many results, which is equal; the same as one that is not whole; and, where
/// the results alone tell how many there are, the same to a request for no more of them.
pub(super) fn whole(
    rule: &(String, Arc<Rule>),
    body: &Json,
    size: u32,
    results: Option<usize>,
) -> Vec<Answered> {
    let new = |what, wanted, body, size| Answered::new(rule, what, wanted, body, size);
    let mut answered = vec![new("as recorded", "equal", body.clone(), size)];
    for (sign, value) in SIGNS {
        let mut body = body.clone();
        body[sign] = serde_json::from_str(value).unwrap();
        answered.push(new(sign, "not_compared", body, size));
    }
    let full = results.and_then(|count| u32::try_from(count).ok());
    if let Some(full) = full.filter(|count| *count > 0) {
        answered.push(new("full", "cut", body.clone(), full));
    }
    answered
}

/// How many answers were equal and different, and which were called otherwise than expected.
#[derive(Default)]
pub(super) struct Tally {
    equal: usize,
    different: usize,
    wrong: Vec<String>,
}

impl Tally {
    /// Compares answers over these lines.
    pub(super) fn add(
        &mut self,
        catalogue: &Catalogue,
        rules: &[(String, Arc<Rule>)],
        lines: &str,
        answered: &[Answered],
    ) {
        let responses: Vec<Response> = answered.iter().map(|one| one.response.clone()).collect();
        let verdicts = compared_in(catalogue, rules, lines, &responses).verdicts;
        assert_eq!(verdicts.len(), answered.len());
        for (answer, one) in answered.iter().zip(&verdicts) {
            let found = word(&one.verdict);
            self.equal += usize::from(found == "equal");
            self.different += usize::from(found == "different");
            if found != answer.wanted {
                let verdict: String = format!("{:?}", one.verdict).chars().take(400).collect();
                self.wrong
                    .push(format!("{} {}: {verdict}", one.id, answer.what));
            }
        }
    }

    /// Fails if an answer was called otherwise than expected.
    pub(super) fn check(&self, suite: &str) {
        let (equal, different) = (self.equal, self.different);
        eprintln!("{suite}: {equal} answers are equal, {different} changed ones are different");
        let (count, wrong) = (self.wrong.len(), self.wrong.join("\n"));
        assert!(
            equal > 0 && different > 0 && count == 0,
            "{count}:\n{wrong}"
        );
    }
}

/// The verdict in a word; `cut` for an answer that has as many results as were asked for.
fn word(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::NotCompared(NotCompared::Cut { .. }) => "cut",
        other => other.word(),
    }
}
