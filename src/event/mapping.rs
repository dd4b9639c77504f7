//! Elasticsearch mappings (`GET INDEX/_mapping`) to [`Mapping`]s.

use serde_json::{Map, Value as Json};

use super::field::{Exact, FieldType};
use super::schema::{Mapping, Origin};
use super::time::DateFormat;

/// Why a JSON document is no mapping.
#[derive(Debug, thiserror::Error)]
pub enum BadMapping {
    /// Not JSON.
    #[error("not valid JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// JSON of another shape.
    #[error(
        "expected {{\"properties\": …}}, {{\"mappings\": …}} or the answer of GET INDEX/_mapping"
    )]
    Shape,
}

/// An explicit null of a field that is indexed as another value (`null_value`).
#[derive(Debug, Clone, PartialEq)]
pub struct NullValue {
    /// The field.
    pub path: String,
    /// What a null is indexed as.
    pub value: Json,
}

/// The mapping of one index as Elasticsearch answers it.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexMapping {
    /// The index; `None` when the document holds one unnamed mapping.
    pub index: Option<String>,
    /// Its fields.
    pub mapping: Mapping,
    /// Its `null_value`s.
    pub null_values: Vec<NullValue>,
}

/// Reads `{"properties": …}`, `{"mappings": …}` or `{INDEX: {"mappings": …}, …}`.
pub fn parse(text: &str) -> Result<Vec<IndexMapping>, BadMapping> {
    let Json::Object(root) = serde_json::from_str(text)? else {
        return Err(BadMapping::Shape);
    };
    if let Some(Json::Object(properties)) = root.get("properties") {
        return Ok(vec![index_mapping(None, properties)]);
    }
    if let Some(Json::Object(mappings)) = root.get("mappings") {
        return Ok(vec![index_mapping(None, properties_of(mappings)?)]);
    }
    let indices = root.iter().map(|(index, body)| {
        let mappings = body.get("mappings").and_then(Json::as_object);
        let mappings = mappings.ok_or(BadMapping::Shape)?;
        Ok(index_mapping(Some(index), properties_of(mappings)?))
    });
    indices.collect()
}

static NO_PROPERTIES: std::sync::LazyLock<Map<String, Json>> = std::sync::LazyLock::new(Map::new);

fn properties_of(mappings: &Map<String, Json>) -> Result<&Map<String, Json>, BadMapping> {
    match mappings.get("properties") {
        Some(Json::Object(properties)) => Ok(properties),
        None => Ok(&NO_PROPERTIES),
        Some(_) => Err(BadMapping::Shape),
    }
}

fn index_mapping(index: Option<&String>, properties: &Map<String, Json>) -> IndexMapping {
    let mut reader = Reader {
        mapping: Mapping::new(index.map_or("the mapping", String::as_str)),
        null_values: Vec::new(),
        aliases: Vec::new(),
    };
    reader.properties("", properties, false);
    reader.resolve_aliases();
    IndexMapping {
        index: index.cloned(),
        mapping: reader.mapping,
        null_values: reader.null_values,
    }
}

struct Reader {
    mapping: Mapping,
    null_values: Vec<NullValue>,
    aliases: Vec<(String, String)>,
}

impl Reader {
    fn properties(&mut self, prefix: &str, properties: &Map<String, Json>, in_nested: bool) {
        for (name, body) in properties {
            let Json::Object(body) = body else { continue };
            let path = if prefix.is_empty() {
                name.clone()
            } else {
                format!("{prefix}.{name}")
            };
            self.field(&path, body, in_nested);
        }
    }

    fn field(&mut self, path: &str, body: &Map<String, Json>, in_nested: bool) {
        let type_name = body.get("type").and_then(Json::as_str).unwrap_or("object");
        if type_name == "alias" {
            if let Some(target) = body.get("path").and_then(Json::as_str) {
                self.aliases.push((path.to_owned(), target.to_owned()));
            }
            return;
        }
        let nested = in_nested || type_name == "nested";
        let field_type = if nested {
            FieldType::Nested
        } else {
            type_of(type_name, body)
        };
        self.mapping.add(path, field_type, Origin::Declared);
        if let Some(value) = body.get("null_value") {
            self.null_values.push(NullValue {
                path: path.to_owned(),
                value: value.clone(),
            });
        }
        if let Some(Json::Object(properties)) = body.get("properties") {
            self.properties(path, properties, nested);
        }
        if let Some(Json::Object(fields)) = body.get("fields") {
            for (name, body) in fields {
                let (Json::Object(body), false) = (body, nested) else {
                    continue;
                };
                let type_name = body.get("type").and_then(Json::as_str).unwrap_or("keyword");
                let field_type = type_of(type_name, body);
                let sub_field = format!("{path}.{name}");
                self.mapping
                    .add_read_from(&sub_field, path, field_type, Origin::Declared);
            }
        }
    }

    /// An alias has its target's type and is read from where the target is read.
    fn resolve_aliases(&mut self) {
        for (path, target) in std::mem::take(&mut self.aliases) {
            if let Some(field) = self.mapping.get(&target).cloned() {
                self.mapping.add_read_from(
                    &path,
                    &field.read_from,
                    field.field_type,
                    Origin::Declared,
                );
            }
        }
    }
}

fn type_of(type_name: &str, body: &Map<String, Json>) -> FieldType {
    let limit = body
        .get("ignore_above")
        .and_then(Json::as_u64)
        .map(|limit| u32::try_from(limit).unwrap_or(u32::MAX));
    let format = || match body.get("format").and_then(Json::as_str) {
        Some(format) => DateFormat::new(format),
        None => DateFormat::default(),
    };
    match type_name {
        "keyword" => FieldType::Keyword {
            ignore_above: limit,
            normalized: body.contains_key("normalizer"),
        },
        "wildcard" => FieldType::Wildcard {
            ignore_above: limit,
        },
        "text" | "match_only_text" => FieldType::Text {
            exact: exact_sub_field(body),
        },
        "date" => FieldType::Date(format()),
        "date_nanos" => FieldType::DateNanos(format()),
        other => FieldType::named(other),
    }
}

/// The keyword sub-field without a normalizer.
fn exact_sub_field(body: &Map<String, Json>) -> Exact {
    let fields = body.get("fields").and_then(Json::as_object);
    let mut exact = fields.into_iter().flatten().filter_map(|(_, field)| {
        match type_of(field.get("type")?.as_str()?, field.as_object()?) {
            FieldType::Keyword {
                ignore_above,
                normalized: false,
            }
            | FieldType::Wildcard { ignore_above } => Some(Exact::One { ignore_above }),
            FieldType::ConstantKeyword => Some(Exact::One { ignore_above: None }),
            _ => None,
        }
    });
    match (exact.next(), exact.next()) {
        (None, _) => Exact::Missing,
        (Some(one), None) => one,
        _ => Exact::Several,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::field::Family;
    use crate::event::{Resolution, Schema};

    #[test]
    fn aliases_multi_fields_and_custom_formats_are_honoured() {
        let text = r#"{"i":{"mappings":{"properties":{
            "name":{"type":"text","fields":{"keyword":{"type":"keyword","ignore_above":4}}},
            "event":{"properties":{"category":{"type":"alias","path":"kind"}}},
            "kind":{"type":"keyword"},
            "day":{"type":"date","format":"dd-MM-yyyy"},
            "deep":{"type":"nested","properties":{"x":{"type":"keyword"}}}}}}}"#;
        let mappings = parse(text).unwrap();
        let mapping = &mappings[0].mapping;
        assert_eq!(&*mapping.get("event.category").unwrap().read_from, "kind");
        assert_eq!(&*mapping.get("name.keyword").unwrap().read_from, "name");
        let schema = Schema::new(vec![mapping.clone()]);
        let Resolution::Mapped(name) = schema.resolve("name") else {
            panic!("text with an exact sub-field is usable");
        };
        assert_eq!(name.family, Family::Text);
        assert!(matches!(schema.resolve("deep.x"), Resolution::Unusable(_)));
    }
}
