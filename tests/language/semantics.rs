//! The pages in `docs/language/eql/` say what EQL means, and this runs every statement of theirs.
//!
//! A page is prose with blocks. `mapping` gives the types of fields, a line a field (`mapping NAME`
//! those of another index, for the events with that `_index`), `runtime` before it the runtime
//! fields; `events` the documents, a line each:
//! a label, if need be its time, and its fields. Both hold until the next
//! of their kind. `eql` holds whole queries, `conditions` what stands behind `any where`,
//! `constants` expressions without fields; each ends in `//=` and what comes of it: labels,
//! sequences as labels in brackets (`-` for a missing event), `none`, a value, or `error:` with
//! a part of the message. Behind `eql` and `conditions` may stand `size=N`, `position=head`,
//! `samples=N` and `strict` (unmapped optional fields are folded as Elasticsearch does).

use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json, json};
use trapline::evaluate::{self, ResultPosition};
use trapline::event::mapping;
use trapline::language::eql::{self, OptionalFields};
use trapline::search::{Index, Parameters, Refusal};

/// The first event of a block happens then, each further one a second later, unless it says when.
const START: i64 = 1_700_000_000_000;

#[test]
fn every_statement_of_the_pages_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language/eql");
    let mut pages: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    pages.sort();
    let mut wrong = Vec::new();
    for path in &pages {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(path).unwrap().replace("\r\n", "\n");
        if name == "index.md" {
            let unnamed = pages
                .iter()
                .filter_map(|page| page.file_name()?.to_str())
                .filter(|page| *page != name && !text.contains(&format!("]({page})")));
            assert_eq!(unnamed.collect::<Vec<_>>(), [""; 0], "no link in index.md");
            continue;
        }
        let mut page = Page::default();
        for (line, info, block) in blocks(&text) {
            page.block(&info, &block, |problem| {
                wrong.push(format!("{name}:{line}: {problem}"));
            });
        }
        assert!(page.statements > 0, "{name} states nothing");
    }
    assert!(pages.len() > 1);
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The fenced blocks of a page: the line where each begins, what stands behind the fence, content.
fn blocks(text: &str) -> Vec<(usize, String, String)> {
    let mut blocks: Vec<(usize, String, String)> = Vec::new();
    let mut open = false;
    for (number, line) in (1..).zip(text.lines()) {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(info) => {
                blocks.push((number, info.to_owned(), String::new()));
                open = true;
            }
            None => {
                if let Some((_, _, content)) = blocks.last_mut().filter(|_| open) {
                    content.push_str(line);
                    content.push('\n');
                }
            }
        }
    }
    blocks
}

#[derive(Default)]
struct Page {
    /// The mapping of each index, by its name.
    mappings: Map<String, Json>,
    /// The runtime fields of the mapping to come.
    runtime: Map<String, Json>,
    events: Vec<Map<String, Json>>,
    statements: usize,
}

impl Page {
    fn block(&mut self, info: &str, content: &str, mut wrong: impl FnMut(String)) {
        let mut words = info.split_whitespace();
        let kind = words.next().unwrap_or_default();
        let parameters = match kind {
            "eql" | "conditions" => parameters(words),
            _ => Parameters::default(),
        };
        match kind {
            "mapping" => {
                let index = info.split_whitespace().nth(1);
                if index.is_none() {
                    self.mappings.clear();
                }
                let index = index.unwrap_or("events").to_owned();
                let mut mapping = mapping_of(content);
                mapping["mappings"]["runtime"] = std::mem::take(&mut self.runtime).into();
                self.mappings.insert(index, mapping);
            }
            "runtime" => {
                for line in content.lines() {
                    let (path, said) = line.split_once(char::is_whitespace).unwrap();
                    let field = serde_json::from_str(said).unwrap();
                    self.runtime.insert(path.to_owned(), field);
                }
            }
            "events" => self.events = content.lines().enumerate().map(event).collect(),
            "eql" | "conditions" | "constants" => {
                for (text, expected) in statements(content) {
                    self.statements += 1;
                    let found = match kind {
                        "eql" => self.run(text, &parameters),
                        "conditions" => self.run(&format!("any where {text}"), &parameters),
                        _ => constant(text),
                    };
                    let holds = match expected.strip_prefix("error:") {
                        Some(part) => found.starts_with("error:") && found.contains(part.trim()),
                        None => found == expected,
                    };
                    if !holds {
                        wrong(format!(
                            "{}\n    says {expected}\n    is   {found}",
                            text.trim()
                        ));
                    }
                }
            }
            _ => panic!("a block `{info}`"),
        }
    }

    fn run(&self, query: &str, parameters: &Parameters) -> String {
        let mut index = Index::mapped(mapping::parse(&json!(self.mappings).to_string()).unwrap());
        for event in &self.events {
            index.add(event.clone());
        }
        let body = match index.search(query, parameters) {
            Ok(body) => body,
            Err(Refusal::Query(diagnostics)) => {
                let messages = diagnostics
                    .iter()
                    .flat_map(|it| std::iter::once(&it.message).chain(&it.help))
                    .map(String::as_str);
                return format!("error: {}", messages.collect::<Vec<_>>().join("; "));
            }
            Err(Refusal::Failure { message, .. }) => return format!("error: {message}"),
        };
        let label = |event: &Json| match event["missing"] {
            Json::Bool(true) => "-".to_owned(),
            _ => event["_source"]["label"].as_str().unwrap().to_owned(),
        };
        let labels = |events: &Json| {
            let labels = events.as_array().into_iter().flatten().map(label);
            labels.collect::<Vec<_>>()
        };
        let hits = &body["hits"];
        let mut found = labels(&hits["events"]);
        for sequence in hits["sequences"].as_array().into_iter().flatten() {
            found.push(format!("[{}]", labels(&sequence["events"]).join(" ")));
        }
        if found.is_empty() {
            return "none".to_owned();
        }
        found.join(" ")
    }
}

fn parameters<'a>(words: impl Iterator<Item = &'a str>) -> Parameters {
    let mut parameters = Parameters::default();
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("size", size) => parameters.request.size = Some(size.parse().unwrap()),
            ("samples", most) => parameters.request.max_samples_per_key = most.parse().unwrap(),
            ("position", "head") => parameters.request.position = ResultPosition::Head,
            ("tiebreaker", field) => parameters.settings.tiebreaker = Some(field.to_owned()),
            ("strict", "") => parameters.optional = OptionalFields::Folded,
            _ => panic!("a word `{word}` behind a fence"),
        }
    }
    parameters
}

/// What Elasticsearch would say of the fields, time and category among them.
fn mapping_of(content: &str) -> Json {
    let mut properties = Map::new();
    let assumed = ["@timestamp date", "event.category keyword"];
    for line in assumed.into_iter().chain(content.lines()) {
        let (path, said) = line.split_once(char::is_whitespace).unwrap();
        let said = said.trim();
        let field = if said.starts_with('{') {
            serde_json::from_str(said).unwrap()
        } else {
            json!({ "type": said })
        };
        insert(&mut properties, path, field);
    }
    json!({ "mappings": { "properties": properties } })
}

fn insert(properties: &mut Map<String, Json>, path: &str, field: Json) {
    match path.split_once('.') {
        None => drop(properties.insert(path.to_owned(), field)),
        Some((head, rest)) => {
            let object = properties
                .entry(head)
                .or_insert_with(|| json!({ "properties": {} }));
            insert(object["properties"].as_object_mut().unwrap(), rest, field);
        }
    }
}

/// `label [time] {"field": value}`, the time in milliseconds behind the start, or `never`.
fn event((number, line): (usize, &str)) -> Map<String, Json> {
    let (head, fields) = line.split_at(line.find('{').unwrap());
    let mut words = head.split_whitespace();
    let mut event: Map<String, Json> = serde_json::from_str(fields).unwrap();
    event.insert("label".to_owned(), words.next().unwrap().into());
    let after = match words.next() {
        None => Some(i64::try_from(number).unwrap() * 1000),
        Some("never") => None,
        Some(time) => match time.strip_suffix("ms") {
            Some(millis) => Some(millis.parse().unwrap()),
            None => Some(time.trim_end_matches('s').parse::<i64>().unwrap() * 1000),
        },
    };
    if let Some(after) = after {
        event.insert("@timestamp".to_owned(), (START + after).into());
    }
    event
}

/// The statements of a block, each with what it says comes of it.
fn statements(content: &str) -> Vec<(&str, &str)> {
    let mut statements = Vec::new();
    let mut rest = content;
    while let Some((text, behind)) = rest.split_once("//=") {
        let (expected, behind) = behind.split_once('\n').unwrap();
        statements.push((text.trim(), expected.trim()));
        rest = behind;
    }
    assert_eq!(rest.trim(), "", "a statement without `//=`");
    statements
}

/// What an expression without fields folds to.
fn constant(text: &str) -> String {
    let expr = match eql::parse_expression(text) {
        Ok(expr) => expr,
        Err(errors) => return format!("error: {}", errors[0].message()),
    };
    match evaluate::function::fold(&eql::lower::lower_constant(&expr)) {
        Ok(None) => "null".to_owned(),
        Ok(Some(trapline::event::Value::Text(text))) => format!("\"{text}\""),
        Ok(Some(value)) => value.to_string(),
        Err(failure) => format!("error: {failure}"),
    }
}
