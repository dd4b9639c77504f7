//! Reads rules as Kibana writes them: the lines of an export (NDJSON), the objects and lists of its
//! API, and bodies of the alerting API with keys in camel case.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::exception::{self, ExceptionItem, UnreadList};
use super::load::{self, Loaded, RULE_KEYS};
use super::{Rule, error};
use crate::diagnostic::SourceText;
use crate::located::{self, DiagnosticSink, Entry, Located, Node, Table};

/// The keys that Kibana writes into a rule beside those that its author sets.
const WRITTEN_BY_KIBANA: &[&str] = &[
    "created_at",
    "created_by",
    "execution_summary",
    "id",
    "immutable",
    "rule_source",
    "revision",
    "updated_at",
    "updated_by",
];

/// Reads all rules of a file, each with its items of the exception lists that the file holds.
pub(super) fn load(source: &Arc<SourceText>) -> Vec<Loaded> {
    let mut file = DiagnosticSink::new(source, &error::OF_FILES);
    let values = if source.name().ends_with(".ndjson") {
        located::parse_lines(source.text(), &mut file)
    } else {
        located::parse_json(source.text(), &mut file)
            .into_iter()
            .collect()
    };
    let mut objects = Vec::new();
    for value in values {
        collect(value, &mut objects);
    }
    let exceptions = exceptions(&objects, &mut file);
    let rules = objects.iter().filter(|object| is_rule(object));
    let mut loaded: Vec<Loaded> = rules
        .map(|object| one(source, object, &exceptions))
        .collect();
    // No rule is to blame for what is wrong with the file.
    if !file.diagnostics.is_empty() {
        loaded.push(Loaded::new(None, file));
    }
    loaded
}

/// The objects of a value: itself, those of a list, and those of an answer (`{"data": […]}`).
fn collect<'t>(value: Located<'t>, objects: &mut Vec<Located<'t>>) {
    match value.node {
        Node::List(items) => {
            for item in items {
                collect(item, objects);
            }
        }
        Node::Table(mut entries) => {
            let data = entries
                .iter()
                .position(|entry| entry.key == "data" && matches!(entry.value.node, Node::List(_)));
            match data {
                Some(at) => collect(entries.swap_remove(at).value, objects),
                None => objects.push(snake_case(Located {
                    node: Node::Table(entries),
                    span: value.span,
                })),
            }
        }
        _ => {}
    }
}

/// Whether an object is a rule: an export also has lists, items, connectors and a summary.
fn is_rule(object: &Located<'_>) -> bool {
    let has = |key: &str| object.get(key).is_some();
    has("rule_id") || (has("risk_score") && has("severity") && has("type"))
}

fn one(
    source: &Arc<SourceText>,
    object: &Located<'_>,
    exceptions: &BTreeMap<String, Vec<Arc<ExceptionItem>>>,
) -> Loaded {
    let mut report = DiagnosticSink::new(source, &error::OF_FILES);
    let rule = Table::of(object, "").and_then(|table| {
        let known: Vec<&str> = RULE_KEYS.iter().chain(WRITTEN_BY_KIBANA).copied().collect();
        table.only(&known, &mut report);
        let mut rule: Rule = load::rule(&table, &mut report)?;
        let lists = rule.production.exception_lists.iter();
        let items = lists.filter_map(|list| exceptions.get(&list.list_id));
        rule.exceptions = items.flatten().cloned().collect();
        Some(rule)
    });
    Loaded::new(rule, report)
}

/// The exception items of a file by their lists. A value list that an item names is made of the
/// file's objects with its `list_id` and a `value`.
fn exceptions(
    objects: &[Located<'_>],
    report: &mut DiagnosticSink<'_>,
) -> BTreeMap<String, Vec<Arc<ExceptionItem>>> {
    let mut values: BTreeMap<&str, String> = BTreeMap::new();
    for object in objects {
        if let (Some(list), Some(value), None) = (
            object.text("list_id"),
            object.text("value"),
            object.get("entries"),
        ) {
            let values = values.entry(list).or_default();
            values.push_str(value);
            values.push('\n');
        }
    }
    let mut by_list: BTreeMap<String, Vec<Arc<ExceptionItem>>> = BTreeMap::new();
    for object in objects
        .iter()
        .filter(|object| object.get("entries").is_some())
    {
        let json = object.to_json();
        let item = exception::item(&json, object.span, report, &mut |list| {
            let values = values.get(list).cloned();
            values.ok_or_else(|| UnreadList::NotInExport(list.to_owned()))
        });
        if let Some(item) = item {
            let items = by_list.entry(item.list_id.clone()).or_default();
            items.push(Arc::new(item));
        }
    }
    by_list
}

/// The rule of a body of the alerting API (`params`, `schedule`, `tags`) with the keys of a rule;
/// any other object as it is.
fn snake_case(object: Located<'_>) -> Located<'_> {
    let is_body = object.get("consumer").is_some() && object.get("params").is_some();
    let Node::Table(entries) = object.node else {
        return object;
    };
    if !is_body {
        return Located {
            node: Node::Table(entries),
            span: object.span,
        };
    }
    let mut rule = Vec::new();
    for entry in entries {
        match (entry.key.as_ref(), entry.value.node) {
            ("params", Node::Table(params)) => rule.extend(params.into_iter().map(renamed)),
            ("schedule", Node::Table(schedule)) => rule.extend(schedule),
            ("name" | "tags" | "enabled", node) => rule.push(Entry {
                key: entry.key,
                key_span: entry.key_span,
                value: Located {
                    node,
                    span: entry.value.span,
                },
            }),
            _ => {}
        }
    }
    Located {
        node: Node::Table(rule),
        span: object.span,
    }
}

/// A parameter of the alerting API; the tables in it that Kibana writes in camel case as well.
fn renamed(entry: Entry<'_>) -> Entry<'_> {
    let key = in_snake_case(&entry.key);
    let node = match (key.as_str(), entry.value.node) {
        ("alert_suppression", Node::Table(entries)) => {
            Node::Table(entries.into_iter().map(renamed).collect())
        }
        (_, node) => node,
    };
    Entry {
        key: key.into(),
        key_span: entry.key_span,
        value: Located {
            node,
            span: entry.value.span,
        },
    }
}

fn in_snake_case(key: &str) -> String {
    let mut snake = String::with_capacity(key.len() + 4);
    for character in key.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::rule::{Language, RuleKind};

    const RULE: &str = r#"{"rule_id":"ID","name":"n","type":"eql","language":"eql","severity":"low","risk_score":21,"query":"any where a == \"b\\/\u00e9\"","exceptions_list":[{"id":"x","list_id":"own","type":"detection","namespace_type":"single"}]}"#;

    fn read(name: &str, text: &str) -> (Arc<SourceText>, Vec<Loaded>) {
        let source = SourceText::new(name, text);
        let loaded = load(&source);
        (source, loaded)
    }

    /// The lines on which the ids of the rules stand.
    fn lines(source: &SourceText, loaded: &[Loaded]) -> Vec<usize> {
        let rules = loaded.iter().filter_map(|loaded| loaded.rule.as_ref());
        let spans = rules.map(|rule| rule.id_span);
        spans.map(|span| source.line_column(span.start).0).collect()
    }

    #[test]
    fn an_export_gives_its_rules_with_their_lines_and_exceptions() {
        let item = r#"{"list_id":"own","item_id":"i","name":"agents","type":"simple","entries":[{"field":"host.name","operator":"included","type":"match","value":"h"}]}"#;
        let other = item.replace("\"own\"", "\"other\"");
        let text = format!(
            "{}\n\n{}\n{{\"list_id\":\"own\",\"type\":\"detection\",\"name\":\"l\"}}\n{item}\n{other}\n\
             {{\"exported_count\":5,\"exported_rules_count\":2}}\n",
            RULE.replace("ID", "one"),
            RULE.replace("ID", "two")
        );
        let (source, loaded) = read("rules/export.ndjson", &text);
        assert_eq!(lines(&source, &loaded), [1, 3]);
        for loaded in &loaded {
            assert_eq!(loaded.diagnostics.len(), 0);
            let rule = loaded.rule.as_ref().unwrap();
            let names: Vec<&str> = rule.exceptions.iter().map(|item| &*item.name).collect();
            assert_eq!(names, ["agents"]);
        }
    }

    #[test]
    fn each_byte_of_a_query_has_its_place_in_the_file() {
        let (source, loaded) = read("a.json", RULE);
        let query = loaded[0].rule.as_ref().unwrap().query.as_ref().unwrap();
        let text = query.text.text();
        assert_eq!(text, "any where a == \"b\\/é\"");
        let place = |part: &str| {
            let at = text.find(part).unwrap();
            source.slice(query.text.locate(Span::of(at..at + part.len())))
        };
        assert_eq!(place("where"), "where");
        assert_eq!(place("\""), "\\\"");
        assert_eq!(place("é"), "\\u00e9");
    }

    #[test]
    fn lists_answers_and_bodies_of_the_alerting_api_hold_rules() {
        let body = r#"[{"name":"n","consumer":"siem","schedule":{"interval":"7m"},"tags":["t"],"rule_type_id":"siem.queryRule","params":{"ruleId":"i","type":"query","language":"lucene","query":"a:b","severity":"high","riskScore":73,"maxSignals":9,"falsePositives":[],"alertSuppression":{"groupBy":["a"],"missingFieldsStrategy":"suppress"}}}]"#;
        let (_, loaded) = read("a.json", body);
        let rule = loaded[0].rule.as_ref().unwrap();
        assert_eq!(loaded[0].diagnostics.len(), 0);
        assert!(matches!(rule.kind, RuleKind::Query));
        assert_eq!(rule.query.as_ref().unwrap().language, Language::Lucene);
        assert_eq!((rule.schedule.interval, rule.max_signals), (420_000, 9));
        let suppression = rule.production.suppression.as_ref().unwrap();
        assert_eq!(suppression.group_by, ["a"]);
        let answer = format!("{{\"page\":1,\"total\":1,\"data\":[{RULE}]}}");
        assert_eq!(read("a.json", &answer).1.len(), 1);
    }

    #[test]
    fn other_json_holds_no_rule_and_a_broken_line_hides_no_rule() {
        assert!(
            read("package.json", "{\"name\":\"x\",\"version\":\"1\"}")
                .1
                .is_empty()
        );
        let (_, loaded) = read("a.ndjson", &format!("{{\n{RULE}\n"));
        assert!(loaded[0].rule.is_some() && loaded[0].diagnostics.is_empty());
        assert!(
            loaded[1].diagnostics[0]
                .message
                .starts_with("not valid JSON")
        );
        let twice = RULE.replace("\"name\":\"n\"", "\"name\":\"n\",\"name\":\"m\"");
        assert!(read("a.json", &twice).1[0].rule.is_none());
    }
}
