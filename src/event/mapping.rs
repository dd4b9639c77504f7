//! Elasticsearch mappings (`GET INDEX/_mapping`) to [`Mapping`]s.

pub use crate::diagnostic::document::BadMapping;
use serde_json::{Map, Value as Json};

use super::field::{FieldType, FloatType, KeywordSubfield, Normalizer};
use super::schema::{FieldOptions, MappedField, Mapping, Origin};
use super::time::DateFormat;
use super::value::Scalar;

/// The mapping of one index as Elasticsearch answers it.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexMapping {
    /// The index; `None` when the document holds one unnamed mapping.
    pub index: Option<String>,
    /// Its fields.
    pub mapping: Mapping,
}

/// Reads `{"properties": …}`, `{"mappings": …}` or `{INDEX: {"mappings": …}, …}`.
pub fn parse(text: &str) -> Result<Vec<IndexMapping>, BadMapping> {
    let root = serde_json::from_str(text).map_err(|why| BadMapping::Syntax(why.into()))?;
    let Json::Object(root) = root else {
        return Err(BadMapping::Shape);
    };
    if let Some(Json::Object(_)) = root.get("properties") {
        return Ok(vec![index_mapping(None, &root)?]);
    }
    if let Some(Json::Object(mappings)) = root.get("mappings") {
        return Ok(vec![index_mapping(None, mappings)?]);
    }
    let indices = root.iter().map(|(index, body)| {
        let mappings = body.get("mappings").and_then(Json::as_object);
        index_mapping(Some(index), mappings.ok_or(BadMapping::Shape)?)
    });
    indices.collect()
}

static NOTHING: std::sync::LazyLock<Map<String, Json>> = std::sync::LazyLock::new(Map::new);

fn object_of<'m>(
    mappings: &'m Map<String, Json>,
    key: &str,
) -> Result<&'m Map<String, Json>, BadMapping> {
    match mappings.get(key) {
        Some(Json::Object(object)) => Ok(object),
        None => Ok(&NOTHING),
        Some(_) => Err(BadMapping::Shape),
    }
}

fn index_mapping(
    index: Option<&String>,
    mappings: &Map<String, Json>,
) -> Result<IndexMapping, BadMapping> {
    let mut reader = Reader {
        mapping: Mapping::new(index.map_or("the mapping", String::as_str)),
        aliases: Vec::new(),
        copies: Vec::new(),
        passthrough: Vec::new(),
    };
    reader.properties("", object_of(mappings, "properties")?);
    reader.resolve_copies();
    reader.runtime("", object_of(mappings, "runtime")?, false);
    reader.resolve_aliases();
    Ok(IndexMapping {
        index: index.cloned(),
        mapping: reader.mapping,
    })
}

struct Reader {
    mapping: Mapping,
    /// `(alias, path)`
    aliases: Vec<(String, String)>,
    /// `copy_to`: `(from, to)`.
    copies: Vec<(String, String)>,
    /// The objects of type `passthrough`: priority and path.
    passthrough: Vec<(i64, String)>,
}

impl Reader {
    fn properties(&mut self, prefix: &str, properties: &Map<String, Json>) {
        for (name, body) in properties {
            if let Json::Object(body) = body {
                self.field(&joined(prefix, name), body);
            }
        }
    }

    fn field(&mut self, path: &str, body: &Map<String, Json>) {
        let type_name = text(body, "type").unwrap_or("object");
        if type_name == "alias" {
            if let Some(target) = text(body, "path") {
                self.aliases.push((path.to_owned(), target.to_owned()));
            }
            return;
        }
        if type_name == "passthrough" {
            let priority = body.get("priority").and_then(Json::as_i64);
            self.passthrough
                .push((priority.unwrap_or(0), path.to_owned()));
        }
        self.add(path, path, type_of(type_name, body), body);
        for target in texts(body, "copy_to") {
            self.copies.push((path.to_owned(), target.to_owned()));
        }
        if let Some(Json::Object(properties)) = body.get("properties")
            && !flag(body, "enabled", false)
        {
            self.properties(path, properties);
        }
        if let Some(Json::Object(fields)) = body.get("fields") {
            for (name, body) in fields {
                let Json::Object(body) = body else { continue };
                let type_name = text(body, "type").unwrap_or("keyword");
                self.add(&joined(path, name), path, type_of(type_name, body), body);
            }
        }
    }

    fn add(
        &mut self,
        path: &str,
        read_from: &str,
        field_type: FieldType,
        body: &Map<String, Json>,
    ) {
        let mut field = MappedField::new(field_type, read_from, Origin::Declared);
        field.options = FieldOptions {
            strict_numbers: flag(body, "coerce", false),
            ignore_malformed: flag(body, "ignore_malformed", true),
            without_doc_values: flag(body, "doc_values", false),
            scripted: false,
            null_value: body.get("null_value").and_then(scalar),
            copied_from: Vec::new(),
        };
        self.mapping.insert(path, field);
    }

    /// Fields that are computed when they are searched. They hide mapped fields of their name. One
    /// without a script takes its values from the document, and leaves out those that do not fit.
    fn runtime(&mut self, prefix: &str, fields: &Map<String, Json>, in_composite: bool) {
        for (name, body) in fields {
            let Json::Object(body) = body else { continue };
            let path = joined(prefix, name);
            let type_name = text(body, "type").unwrap_or("keyword");
            if let (Some(Json::Object(fields)), "composite") = (body.get("fields"), type_name) {
                self.runtime(&path, fields, true);
                continue;
            }
            let mut field = MappedField::new(type_of(type_name, body), &path, Origin::Declared);
            field.options.ignore_malformed = true;
            field.options.scripted = in_composite || body.contains_key("script");
            self.mapping.insert(&path, field);
        }
    }

    /// A field that others are copied to, and the multi-fields of it, hold their values as well.
    fn resolve_copies(&mut self) {
        for (from, to) in std::mem::take(&mut self.copies) {
            let holders = self
                .mapping
                .fields()
                .filter(|(_, field)| *field.read_from == *to);
            let holders: Vec<String> = holders.map(|(path, _)| path.to_owned()).collect();
            for holder in holders {
                if let Some(field) = self.mapping.get_mut(&holder) {
                    field.options.copied_from.push(from.as_str().into());
                }
            }
        }
    }

    /// An alias is its target under another name. The fields of a `passthrough` object have their
    /// names without the object's as aliases, where no field has that name; of several objects
    /// that of the greatest priority gives it.
    fn resolve_aliases(&mut self) {
        let mut objects = std::mem::take(&mut self.passthrough);
        objects.sort_by_key(|(priority, _)| std::cmp::Reverse(*priority));
        for (path, target) in std::mem::take(&mut self.aliases) {
            self.alias(&path, &target);
        }
        for (_, object) in objects {
            let below = format!("{object}.");
            let fields = self.mapping.fields().map(|(path, _)| path);
            let targets: Vec<String> = fields
                .filter(|path| path.starts_with(&below))
                .map(str::to_owned)
                .collect();
            for target in targets {
                if let Some(path) = target.strip_prefix(&below) {
                    self.alias(path, &target);
                }
            }
        }
    }

    fn alias(&mut self, path: &str, target: &str) {
        if self.mapping.get(path).is_none()
            && let Some(field) = self.mapping.get(target).cloned()
        {
            self.mapping.insert(path, field);
        }
    }
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

fn text<'b>(body: &'b Map<String, Json>, key: &str) -> Option<&'b str> {
    body.get(key).and_then(Json::as_str)
}

/// A text or a list of texts.
fn texts<'b>(body: &'b Map<String, Json>, key: &str) -> Vec<&'b str> {
    match body.get(key) {
        Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).collect(),
        Some(one) => one.as_str().into_iter().collect(),
        None => Vec::new(),
    }
}

/// Whether the mapping says this; it may say it as a text.
fn flag(body: &Map<String, Json>, key: &str, value: bool) -> bool {
    match body.get(key) {
        Some(Json::Bool(said)) => *said == value,
        Some(Json::String(said)) => *said == value.to_string(),
        _ => false,
    }
}

fn scalar(value: &Json) -> Option<Scalar> {
    match value {
        Json::Bool(value) => Some(Scalar::Bool(*value)),
        Json::Number(number) => Some(Scalar::Number(number.as_str().into())),
        Json::String(text) => Some(Scalar::text(text.as_str())),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn type_of(type_name: &str, body: &Map<String, Json>) -> FieldType {
    let limit = body
        .get("ignore_above")
        .and_then(Json::as_u64)
        .map(|limit| u32::try_from(limit).unwrap_or(u32::MAX));
    let format = || match text(body, "format") {
        Some(format) => DateFormat::new(format),
        None => DateFormat::default(),
    };
    let field_type = match type_name {
        "keyword" => FieldType::Keyword {
            ignore_above: limit,
            normalizer: text(body, "normalizer").map_or(Normalizer::Keep, Normalizer::named),
        },
        "constant_keyword" => FieldType::ConstantKeyword {
            value: body
                .get("value")
                .and_then(scalar)
                .map(|value| value.raw().as_text().into()),
        },
        "wildcard" => FieldType::Wildcard {
            ignore_above: limit,
        },
        "text" | "match_only_text" => return text_type(body),
        "scaled_float" => {
            let factor = body.get("scaling_factor").and_then(Json::as_f64);
            factor.map_or_else(
                || FieldType::named(type_name),
                |factor| FieldType::Float(FloatType::Scaled(factor)),
            )
        }
        "date" => FieldType::Date(format()),
        "date_nanos" => FieldType::DateNanos(format()),
        "passthrough" => FieldType::Object,
        other => FieldType::named(other),
    };
    let unindexed = flag(body, "index", false) && flag(body, "doc_values", false);
    if unindexed && field_type.family().is_some() {
        FieldType::Unindexed(Box::new(field_type))
    } else {
        field_type
    }
}

/// A text field stands for its keyword sub-field; `IndexResolver` takes no normalizer into account.
fn text_type(body: &Map<String, Json>) -> FieldType {
    let fields = body.get("fields").and_then(Json::as_object);
    let types = fields.into_iter().flatten().filter_map(|(_, field)| {
        let field = field.as_object()?;
        Some(type_of(text(field, "type")?, field))
    });
    let mut unindexed = false;
    let mut exact = types.filter_map(|mut field_type| {
        if let FieldType::Unindexed(inner) = field_type {
            unindexed = true;
            field_type = *inner;
        }
        let normalizer = field_type.normalizer();
        match field_type {
            FieldType::Keyword { ignore_above, .. } | FieldType::Wildcard { ignore_above } => {
                Some(KeywordSubfield::One {
                    ignore_above,
                    normalizer,
                })
            }
            FieldType::ConstantKeyword { .. } => Some(KeywordSubfield::One {
                ignore_above: None,
                normalizer,
            }),
            _ => None,
        }
    });
    let exact = match (exact.next(), exact.next()) {
        (None, _) => KeywordSubfield::Missing,
        (Some(one), None) => one,
        _ => KeywordSubfield::Several,
    };
    let text = FieldType::Text { exact };
    if unindexed && matches!(exact, KeywordSubfield::One { .. }) {
        FieldType::Unindexed(Box::new(text))
    } else {
        text
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
    fn one(properties: &str) -> Mapping {
        let text = format!("{{\"mappings\":{properties}}}");
        parse(&text).unwrap().swap_remove(0).mapping
    }

    #[test]
    fn what_a_mapping_says_beside_the_type_is_kept() {
        let mapping = one(r#"{"properties":{
                "raw":{"type":"keyword","index":false,"doc_values":false},
                "stored":{"type":"keyword","index":false},
                "name":{"type":"keyword","normalizer":"lowercase","null_value":"NONE"},
                "load":{"type":"scaled_float","scaling_factor":10,"coerce":false},
                "pid":{"type":"long","ignore_malformed":"true"},
                "off":{"type":"object","enabled":false,"properties":{"x":{"type":"keyword"}}}}}"#);
        let field = |path: &str| mapping.get(path).unwrap();
        assert!(field("raw").field_type.is_unindexed());
        assert!(!field("stored").field_type.is_unindexed());
        assert_eq!(field("name").field_type.normalizer(), Normalizer::Lowercase);
        assert_eq!(field("name").options.null_value, Some(Scalar::text("NONE")));
        assert_eq!(
            field("load").field_type,
            FieldType::Float(FloatType::Scaled(10.0))
        );
        assert!(field("load").options.strict_numbers);
        assert!(field("pid").options.ignore_malformed);
        assert!(mapping.get("off.x").is_none());
    }

    #[test]
    fn copies_runtime_fields_and_passthrough_objects_are_fields() {
        let mapping = one(r#"{"runtime":{
                "day":{"type":"keyword","script":{"source":"emit('x')"}},
                "pid":{"type":"keyword"}},
               "properties":{
                "pid":{"type":"long"},
                "a":{"type":"keyword","copy_to":["all"]},
                "b":{"type":"keyword","copy_to":"all"},
                "all":{"type":"text","fields":{"raw":{"type":"keyword"}}},
                "any":{"type":"alias","path":"all.raw"},
                "resource":{"type":"passthrough","priority":10,"properties":{
                    "host":{"properties":{"name":{"type":"keyword"}}},"a":{"type":"long"}}},
                "attributes":{"type":"passthrough","priority":20,"properties":{
                    "host":{"properties":{"name":{"type":"wildcard"}}}}}}}"#);
        let field = |path: &str| mapping.get(path).unwrap();
        assert!(field("day").options.scripted);
        assert_eq!(field("pid").field_type.to_string(), "keyword");
        for path in ["all", "all.raw", "any"] {
            let sources: Vec<&str> = field(path).sources().collect();
            assert_eq!(sources, ["all", "a", "b"], "{path}");
        }
        assert_eq!(&*field("host.name").read_from, "attributes.host.name");
        assert_eq!(&*field("a").read_from, "a");
    }
}
