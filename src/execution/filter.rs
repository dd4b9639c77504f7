//! Which documents a filter selects, as an Elasticsearch query does: by the mapping's type of each
//! field, with Elasticsearch's own case and escape rules (not EQL's).

use std::net::Ipv6Addr;

use ipnet::IpNet;

use crate::evaluate::pattern::Pattern;
use crate::event::field::Reading;
use crate::event::{Event, FieldType, Scalar, Timestamp, Value};
use crate::plan::predicate::WildcardPattern;
use crate::rule::Filter;
use crate::rule::filter::Bound;

/// What a filter is held against.
pub struct Documents<'a> {
    /// The type of a field; `None` for one that no mapping names, whose values then say it.
    pub types: &'a dyn Fn(&str) -> Option<FieldType>,
    /// What date math counts from.
    pub now: Timestamp,
}

impl Documents<'_> {
    /// Whether the filter selects the event.
    pub fn selects(&self, filter: &Filter, event: &Event) -> bool {
        match filter {
            Filter::Everything => true,
            Filter::All(filters) => filters.iter().all(|filter| self.selects(filter, event)),
            Filter::AtLeast(least, filters) => {
                let mut hold = filters.iter().filter(|filter| self.selects(filter, event));
                *least == 0 || hold.nth(least - 1).is_some()
            }
            Filter::Not(inner) => !self.selects(inner, event),
            Filter::Exists(field) => !event.values(field).is_empty(),
            Filter::Phrase(field, text) => {
                self.any(event, field, &|kind, value| self.phrase(kind, value, text))
            }
            Filter::Words(field, text) => self.any(event, field, &|kind, value| match kind {
                FieldType::Text { .. } => {
                    let have = words(value.raw().as_text());
                    words(text).iter().all(|word| have.contains(word))
                }
                _ => self.phrase(kind, value, text),
            }),
            Filter::Wildcard {
                field,
                pattern,
                ignore_case,
            } => {
                let pattern = Pattern::wildcard(&WildcardPattern::lucene(pattern), *ignore_case);
                self.any(event, field, &|kind, value| match kind {
                    FieldType::Text { .. } => {
                        let words = words(value.raw().as_text());
                        words.iter().any(|word| pattern.matches(word))
                    }
                    kind => {
                        let text = kind.read_text(value.raw());
                        text.is_some_and(|text| pattern.matches(&text))
                    }
                })
            }
            Filter::Range { field, bounds } => self.any(event, field, &|kind, value| {
                let mut all = bounds.iter();
                all.all(|(bound, text)| self.within(kind, value, *bound, text))
            }),
            Filter::Nested(path, inner) => self.nested(path, inner, event),
        }
    }

    fn any(&self, event: &Event, field: &str, test: &dyn Fn(&FieldType, &Scalar) -> bool) -> bool {
        let values = event.values(field);
        let Some(first) = values.first() else {
            return false;
        };
        let kind = (self.types)(field).unwrap_or_else(|| FieldType::dynamic(first));
        values.iter().any(|value| test(&kind, value))
    }

    /// `match_phrase` and `term`.
    fn phrase(&self, kind: &FieldType, value: &Scalar, text: &str) -> bool {
        match kind {
            FieldType::Text { .. } => {
                let (have, want) = (words(value.raw().as_text()), words(text));
                !want.is_empty() && have.windows(want.len()).any(|part| part == want)
            }
            FieldType::Ip => match (kind.read(value.raw()), text.contains('/')) {
                (Reading::Value(Value::Ip(address)), true) => in_block(address, text),
                (reading, _) => equal(&reading, &kind.read(Scalar::text(text).raw())),
            },
            FieldType::Date(format) | FieldType::DateNanos(format) => {
                let Reading::Value(Value::Date(instant)) = kind.read(value.raw()) else {
                    return false;
                };
                let range = format.parse_range(text, self.now);
                range.is_some_and(|(low, high)| low <= instant && instant <= high)
            }
            kind => equal(
                &kind.read(value.raw()),
                &kind.read(Scalar::text(text).raw()),
            ),
        }
    }

    fn within(&self, kind: &FieldType, value: &Scalar, bound: Bound, text: &str) -> bool {
        let Reading::Value(value) = kind.read(value.raw()) else {
            return false;
        };
        let limit = match kind {
            FieldType::Date(format) | FieldType::DateNanos(format) => {
                let range = format.parse_range(text, self.now);
                // A rounded date is filled up for `gt` and `lte`, and not for the other two.
                range.map(|(low, high)| match bound {
                    Bound::Above | Bound::To => Value::Date(high),
                    Bound::From | Bound::Below => Value::Date(low),
                })
            }
            kind => match kind.read(Scalar::text(text).raw()) {
                Reading::Value(limit) => Some(limit),
                Reading::Ignored | Reading::Malformed => None,
            },
        };
        let order = limit.and_then(|limit| value.compare(&limit));
        order.is_some_and(|order| match bound {
            Bound::Above => order.is_gt(),
            Bound::From => order.is_ge(),
            Bound::Below => order.is_lt(),
            Bound::To => order.is_le(),
        })
    }

    /// Objects of an array are told apart where each has all the fields that are asked for: the
    /// values then stand in the order of the objects. Otherwise the array is one object.
    fn nested(&self, path: &str, inner: &Filter, event: &Event) -> bool {
        let below = format!("{path}.");
        let fields = inner.fields();
        let mut fields = fields.iter().filter(|field| field.starts_with(&below));
        let count = fields.next().map_or(0, |field| event.values(field).len());
        if count < 2 || fields.any(|field| event.values(field).len() != count) {
            return self.selects(inner, event);
        }
        (0..count).any(|number| {
            let mut object = Event::default();
            for (field, values) in event
                .fields()
                .filter(|(field, _)| field.starts_with(&below))
            {
                object.set(field, values.get(number).cloned().into_iter().collect());
            }
            self.selects(inner, &object)
        })
    }
}

fn equal(a: &Reading, b: &Reading) -> bool {
    let (Reading::Value(a), Reading::Value(b)) = (a, b) else {
        return false;
    };
    a.compare(b).is_some_and(std::cmp::Ordering::is_eq)
}

/// Lower case, cut at everything that is no letter, digit or underscore: Elasticsearch's standard
/// analyser as far as it matters here.
fn words(text: &str) -> Vec<String> {
    let cuts = |character: char| !(character.is_alphanumeric() || character == '_');
    let words = text.split(cuts).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Whether the address lies in a CIDR block.
fn in_block(address: Ipv6Addr, block: &str) -> bool {
    match (block.parse(), address.to_ipv4_mapped()) {
        (Ok(IpNet::V4(block)), Some(address)) => block.contains(&address),
        (Ok(IpNet::V6(block)), _) => block.contains(&address),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::filter::dsl;
    use serde_json::json;

    const EVENT: &str = r#"{"name": ["CMD.exe", "b"], "path": "C:\\Windows\\a.exe",
        "source": {"ip": "10.0.5.23"}, "pid": 10, "message": "Disk is full",
        "day": "2024-01-01T12:00:00Z", "o": [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]}"#;

    fn selects(query: &serde_json::Value) -> bool {
        let types = |path: &str| {
            Some(FieldType::named(match path {
                "source.ip" => "ip",
                "pid" => "long",
                "message" => "text",
                "day" => "date",
                _ => "keyword",
            }))
        };
        let documents = Documents {
            types: &types,
            now: Timestamp::default(),
        };
        let event = Event::from_json_line(EVENT).unwrap();
        documents.selects(&dsl(query).unwrap(), &event)
    }

    #[test]
    fn a_phrase_is_exact_for_keywords_and_by_the_type_for_the_rest() {
        let phrase = |field: &str, value: &str| selects(&json!({"match_phrase": {field: value}}));
        assert!(phrase("name", "CMD.exe") && phrase("name", "b"));
        assert!(!phrase("name", "cmd.exe") && !phrase("name", "CMD"));
        assert!(phrase("source.ip", "10.0.5.23") && phrase("source.ip", "10.0.0.0/16"));
        assert!(!phrase("source.ip", "10.1.0.0/16") && phrase("source.ip", "0.0.0.0/0"));
        assert!(phrase("pid", "10") && phrase("pid", "10.0") && !phrase("pid", "1"));
        assert!(phrase("message", "is FULL") && !phrase("message", "full is"));
        assert!(phrase("day", "2024-01-01") && !phrase("day", "2024-01-02"));
    }

    #[test]
    fn a_wildcard_keeps_case_and_a_backslash_escapes() {
        let wildcard = |value: &str| selects(&json!({"wildcard": {"path": {"value": value}}}));
        assert!(wildcard(r"C:\\Windows\\*.exe"));
        assert!(!wildcard(r"C:\Windows\*.exe"));
        assert!(!wildcard(r"c:\\windows\\*.exe"));
        let ignoring = json!({"value": r"c:\\windows\\?.exe", "case_insensitive": true});
        assert!(selects(&json!({"wildcard": {"path": ignoring}})));
    }

    #[test]
    fn what_is_excluded_holds_for_want_of_a_value() {
        let phrase = json!({"match_phrase": {"nope": "x"}});
        assert!(selects(&json!({"bool": {"must_not": [phrase]}})));
        assert!(!selects(&json!({"exists": {"field": "nope"}})));
    }

    #[test]
    fn ranges_are_by_type() {
        assert!(selects(&json!({"range": {"pid": {"gte": 10, "lt": 11}}})));
        assert!(!selects(&json!({"range": {"pid": {"gt": 10}}})));
        assert!(selects(
            &json!({"range": {"source.ip": {"gte": "10.0.5.1", "lte": "10.0.5.30"}}})
        ));
    }

    #[test]
    fn a_nested_condition_holds_in_one_object() {
        let both = |a: &str, b: &str| {
            let entries = json!([{"match_phrase": {"o.a": a}}, {"match_phrase": {"o.b": b}}]);
            selects(&json!({"nested": {"path": "o", "query": {"bool": {"filter": entries}}}}))
        };
        assert!(both("1", "2") && both("3", "4"));
        assert!(!both("1", "4"));
    }
}
