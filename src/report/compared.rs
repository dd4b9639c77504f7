//! The answers of a cluster against Trapline's, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::schema::{details, nullable, object, texts};
use super::terminal::clean;
use crate::cluster::{Compared, Comparison, Difference, Item, Verdict};
use crate::diagnostic::cluster::Refusal;

/// How many missing, and how many extra, results of a rule are shown to people.
const SHOWN: usize = 5;
/// How much of a result is shown to people.
const WIDTH: usize = 300;
/// The version of the JSON's shape.
const VERSION: u32 = 1;

/// The verdicts of an answer.
const WORDS: [&str; 4] = ["equal", "different", "refused", "not_compared"];

/// What both formats show.
pub struct ComparisonView<'a> {
    /// The verdicts.
    pub comparison: &'a Comparison,
    /// The ids of the rules that have a request and no answer.
    pub unanswered: &'a [String],
    /// The names of the recordings.
    pub names: &'a [String],
}

impl ComparisonView<'_> {
    fn count(&self, word: &str) -> usize {
        let verdicts = self.comparison.verdicts.iter();
        verdicts.filter(|one| one.verdict.word() == word).count()
    }

    fn place(&self, (file, line): (u32, u64)) -> String {
        let name = self.names.get(file as usize).map_or("", String::as_str);
        format!("{name}:{line}")
    }

    /// The text for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for one in &self.comparison.verdicts {
            self.one(one, &mut text);
        }
        let counts = [
            (self.count("equal"), "equal"),
            (self.count("different"), "different"),
            (self.count("refused"), "refused"),
            (self.count("not_compared"), "not compared"),
        ];
        let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).into();
        if !self.unanswered.is_empty() {
            let count = self.unanswered.len();
            let rules = if count == 1 { "rule has" } else { "rules have" };
            let _ = writeln!(text, "{count} {rules} a request and no answer");
        }
        let verdict = self
            .comparison
            .conclusion()
            .replace('_', " ")
            .to_uppercase();
        // Writing to memory does not fail.
        let _ = writeln!(text, "{verdict}: {}", counts.join(", "));
        text
    }

    fn one(&self, one: &Compared, text: &mut String) {
        let name = match &one.rule {
            Some((rule, file)) => format!("{} ({file})", rule.name),
            None => one.id.clone(),
        };
        let name = clean(&name);
        let _ = match &one.verdict {
            Verdict::Equal(count) => {
                writeln!(text, "EQUAL         {name}: {}", counted(*count, "result"))
            }
            Verdict::Different(difference) => {
                let _ = writeln!(text, "DIFFERENT     {name}: {}", difference.cause());
                self.items("missing", &difference.missing, text);
                self.items("extra", &difference.extra, text);
                Ok(())
            }
            Verdict::Refused(refusal) => {
                let _ = writeln!(text, "REFUSED       {name}: {refusal}");
                let cluster = refusal.cluster().map(str::to_owned);
                let trapline = refusal.trapline().map(ToString::to_string);
                for (side, why) in [("cluster", cluster), ("Trapline", trapline)] {
                    if let Some(why) = why {
                        let _ = writeln!(text, "    {side}: {}", short(&why));
                    }
                }
                Ok(())
            }
            Verdict::NotCompared(why) => {
                writeln!(text, "NOT COMPARED  {name}: {}", short(&why.to_string()))
            }
        };
    }

    fn items(&self, word: &str, items: &[Item], text: &mut String) {
        for item in items.iter().take(SHOWN) {
            let places: Vec<String> = item
                .places
                .iter()
                .take(3)
                .map(|at| self.place(*at))
                .collect();
            let place = match (places.is_empty(), word) {
                (true, "extra") => "not in the recordings".to_owned(),
                _ => places.join(" "),
            };
            let _ = writeln!(
                text,
                "    {word:<7}  {}  {}",
                clean(&place),
                short(&item.shown.to_string())
            );
        }
        if items.len() > SHOWN {
            let _ = writeln!(text, "    and {} more {word}", items.len() - SHOWN);
        }
    }

    /// One JSON object.
    pub fn json(&self) -> Json {
        let verdicts = self.comparison.verdicts.iter();
        let summary: BTreeMap<&str, usize> = WORDS
            .into_iter()
            .map(|word| (word, self.count(word)))
            .collect();
        json!({
            "version": VERSION,
            "verdict": self.comparison.conclusion(),
            "summary": summary,
            "answers": verdicts.map(|one| self.one_json(one)).collect::<Json>(),
            "unanswered": self.unanswered,
        })
    }

    fn one_json(&self, one: &Compared) -> Json {
        let rule = one.rule.as_ref();
        let (mut results, mut reason) = (None, None);
        let (mut refused, mut difference) = (None, None);
        match &one.verdict {
            Verdict::Equal(count) => results = Some(*count),
            Verdict::Different(own) => {
                results = Some(own.same);
                difference = Some(own);
            }
            Verdict::Refused(refusal) => refused = Some(refusal),
            Verdict::NotCompared(why) => reason = Some(why.to_string()),
        }
        let items = |of: fn(&Difference) -> &Vec<Item>| -> Json {
            let items = difference.into_iter().flat_map(of);
            items.map(|item| self.item_json(item)).collect()
        };
        let documents = difference.and_then(|own| own.documents);
        let trapline = refused.and_then(Refusal::trapline);
        let cause = one.verdict.cause();
        let details = cause.as_ref().map(|cause| cause.details());
        json!({
            "id": one.id,
            "rule_id": rule.map(|(rule, _)| &rule.id),
            "rule": rule.map(|(rule, _)| &rule.name),
            "file": rule.map(|(_, file)| file),
            "verdict": one.verdict.word(),
            "same": results,
            "missing": items(|own| &own.missing),
            "extra": items(|own| &own.extra),
            "cut_off": difference.is_some_and(|own| own.is_cut),
            "documents": documents.map(|(there, here)| json!({"cluster": there, "trapline": here})),
            "cluster_error": refused.and_then(Refusal::cluster),
            "trapline_error": trapline.map(ToString::to_string),
            "reason": reason,
            "cause": cause.map(|cause| cause.word()),
            "details": details.filter(|details| !details.is_empty()),
        })
    }

    fn item_json(&self, item: &Item) -> Json {
        let places = item.places.iter();
        let places = places.map(|(file, line)| {
            let name = self.names.get(*file as usize);
            json!({"file": name, "line": line})
        });
        json!({"result": item.shown, "places": places.collect::<Json>()})
    }
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// The schema (draft 2020-12) of the JSON.
pub fn schema() -> Json {
    let count = json!({"type": "integer", "minimum": 0});
    let line = json!({"type": "integer", "minimum": 1});
    let place = object(&[("file", nullable("string")), ("line", line)]);
    let places = json!({"type": "array", "items": place});
    let item = object(&[("result", json!({})), ("places", places)]);
    let items = json!({"type": "array", "items": item});
    let documents = json!({
        "anyOf": [
            object(&[("cluster", count.clone()), ("trapline", count.clone())]),
            {"type": "null"},
        ]
    });
    let answer = object(&[
        ("id", json!({"type": "string"})),
        ("rule_id", nullable("string")),
        ("rule", nullable("string")),
        ("file", nullable("string")),
        ("verdict", json!({"enum": WORDS})),
        ("same", nullable("integer")),
        ("missing", items.clone()),
        ("extra", items),
        ("cut_off", json!({"type": "boolean"})),
        ("documents", documents),
        ("cluster_error", nullable("string")),
        ("trapline_error", nullable("string")),
        ("reason", nullable("string")),
        ("cause", nullable("string")),
        ("details", details()),
    ]);
    let summary: Vec<(&str, Json)> = WORDS.map(|word| (word, count.clone())).into();
    let mut schema = object(&[
        ("version", json!({"const": VERSION})),
        (
            "verdict",
            json!({"enum": ["equal", "different", "not_compared"]}),
        ),
        ("summary", object(&summary)),
        ("answers", json!({"type": "array", "items": answer})),
        ("unanswered", texts()),
    ]);
    if let Some(keys) = schema.as_object_mut() {
        let head = [
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("title", "Trapline compare"),
            ("description", "trapline compare --format json"),
        ];
        keys.extend(head.map(|(key, text)| (key.to_owned(), json!(text))));
    }
    schema
}

/// The beginning of a text, on one line.
fn short(text: &str) -> String {
    let one_line = clean(text);
    match one_line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", one_line.get(..end).unwrap_or("")),
        None => one_line,
    }
}
