//! Filters: the part of Elasticsearch's query language that Kibana's filter pills and exception
//! items are made of. Read here from JSON, held against events in `schedule::filter`.

use serde_json::{Map, Value as Json};

/// A condition on one document.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Every document.
    Everything,
    /// All of them hold.
    All(Vec<Filter>),
    /// So many of them hold.
    AtLeast(usize, Vec<Filter>),
    /// It does not hold, be it for want of a value.
    Not(Box<Filter>),
    /// The field has a value.
    Exists(String),
    /// A value equals the text in the way of the field's type: exactly for keyword, word by word
    /// for text, by value for numbers, as address or CIDR block for ip.
    Phrase(String, String),
    /// All words of the text are in a value; as [`Filter::Phrase`] where the field is no text.
    Words(String, String),
    /// `*` and `?`, a backslash escapes.
    Wildcard {
        /// The field.
        field: String,
        /// The pattern.
        pattern: String,
        /// `case_insensitive`.
        ignore_case: bool,
    },
    /// A value lies between the bounds.
    Range {
        /// The field.
        field: String,
        /// `gt`, `gte`, `lt`, `lte`, each with its value.
        bounds: Vec<(Bound, String)>,
    },
    /// The condition holds for one object of an array.
    Nested(String, Box<Filter>),
}

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// `gt`
    Above,
    /// `gte`
    From,
    /// `lt`
    Below,
    /// `lte`
    To,
}

/// Why a filter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadFilter {
    /// It is not what Kibana writes.
    Malformed(String),
    /// Elasticsearch knows it and Trapline does not.
    Unsupported(String),
}

impl Filter {
    /// One of them holds.
    pub fn any(filters: Vec<Filter>) -> Self {
        Self::AtLeast(1, filters)
    }

    /// It does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// The fields that it reads.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Self::Everything => Vec::new(),
            Self::All(filters) | Self::AtLeast(_, filters) => {
                filters.iter().flat_map(Self::fields).collect()
            }
            Self::Not(inner) | Self::Nested(_, inner) => inner.fields(),
            Self::Exists(field)
            | Self::Phrase(field, _)
            | Self::Words(field, _)
            | Self::Wildcard { field, .. }
            | Self::Range { field, .. } => vec![field],
        }
    }
}

fn malformed<T>(what: impl Into<String>) -> Result<T, BadFilter> {
    Err(BadFilter::Malformed(what.into()))
}

/// One pill of a rule's `filters`; `None` when it is disabled.
pub fn pill(json: &Json) -> Result<Option<Filter>, BadFilter> {
    let Json::Object(pill) = json else {
        return malformed("a filter is a table with `meta` and `query`");
    };
    let meta = pill.get("meta").and_then(Json::as_object);
    let flag = |name: &str| {
        let value = meta.and_then(|meta| meta.get(name));
        value.is_some_and(|value| *value == Json::Bool(true))
    };
    if flag("disabled") {
        return Ok(None);
    }
    let combined = meta
        .filter(|meta| meta.get("type").and_then(Json::as_str) == Some("combined"))
        .and_then(|meta| Some((meta, meta.get("params")?.as_array()?)));
    let filter = if let Some((meta, params)) = combined {
        let mut filters = Vec::new();
        for param in params {
            filters.extend(self::pill(param)?);
        }
        match meta.get("relation").and_then(Json::as_str) {
            Some("OR") => Filter::any(filters),
            _ => Filter::All(filters),
        }
    } else if let Some(query) = pill.get("query") {
        dsl(query)?
    } else {
        let own = pill.iter().filter(|(key, _)| {
            let beside = ["meta", "$state", "state"];
            !beside.contains(&key.as_str())
        });
        let own: Map<String, Json> = own
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        dsl(&Json::Object(own))?
    };
    Ok(Some(if flag("negate") {
        filter.negated()
    } else {
        filter
    }))
}

/// A query of Elasticsearch's query language.
pub fn dsl(json: &Json) -> Result<Filter, BadFilter> {
    let Json::Object(query) = json else {
        return malformed("a query is a table such as `{match_phrase: {FIELD: VALUE}}`");
    };
    let mut entries = query.iter();
    let (Some((kind, body)), None) = (entries.next(), entries.next()) else {
        return malformed("a query has one key, its kind, such as `match_phrase`");
    };
    match kind.as_str() {
        "match_all" => Ok(Filter::Everything),
        "match_none" => Ok(Filter::Everything.negated()),
        "exists" => Ok(Filter::Exists(text(body, "field")?)),
        "bool" => boolean(body),
        "nested" => {
            let inner = body.get("query").unwrap_or(&Json::Null);
            Ok(Filter::Nested(text(body, "path")?, Box::new(dsl(inner)?)))
        }
        "match_phrase" | "term" | "match" => {
            let (field, value) = field(body)?;
            let value = value
                .get("query")
                .or_else(|| value.get("value"))
                .unwrap_or(value);
            let value = scalar(value)?;
            Ok(match kind.as_str() {
                "match" if value.split_whitespace().count() > 1 => Filter::Words(field, value),
                _ => Filter::Phrase(field, value),
            })
        }
        "terms" => {
            let (field, value) = field(body)?;
            let Json::Array(values) = value else {
                return malformed("`terms` takes a list of values");
            };
            let values = values.iter().map(|value| {
                let value = scalar(value)?;
                Ok(Filter::Phrase(field.clone(), value))
            });
            Ok(Filter::any(values.collect::<Result<_, _>>()?))
        }
        "wildcard" | "prefix" => {
            let (field, value) = field(body)?;
            let flag = value.get("case_insensitive");
            let pattern = value.get("value").or_else(|| value.get("wildcard"));
            let pattern = scalar(pattern.unwrap_or(value))?;
            Ok(Filter::Wildcard {
                field,
                pattern: if kind == "prefix" {
                    format!("{}*", escaped(&pattern))
                } else {
                    pattern
                },
                ignore_case: flag == Some(&Json::Bool(true)),
            })
        }
        "range" => range(body),
        other => Err(BadFilter::Unsupported(format!("a filter with `{other}`"))),
    }
}

/// A text as a pattern that only itself fits.
pub fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '*' | '?' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

fn boolean(body: &Json) -> Result<Filter, BadFilter> {
    let Json::Object(body) = body else {
        return malformed("`bool` is a table");
    };
    let clauses = |key: &str| -> Result<Vec<Filter>, BadFilter> {
        match body.get(key) {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => items.iter().map(dsl).collect(),
            Some(one) => Ok(vec![dsl(one)?]),
        }
    };
    let mut all = clauses("must")?;
    all.extend(clauses("filter")?);
    let should = clauses("should")?;
    let without = clauses("must_not")?;
    if !should.is_empty() {
        let minimum = match body.get("minimum_should_match") {
            Some(minimum) => scalar(minimum)?.parse().map_err(|_| {
                BadFilter::Unsupported("a filter with this `minimum_should_match`".to_owned())
            })?,
            None => usize::from(all.is_empty()),
        };
        all.push(Filter::AtLeast(minimum, should));
    }
    all.extend(without.into_iter().map(Filter::negated));
    Ok(Filter::All(all))
}

fn range(body: &Json) -> Result<Filter, BadFilter> {
    let (field, body) = field(body)?;
    let Json::Object(body) = body else {
        return malformed("`range` takes bounds such as `{gte: 1}`");
    };
    let mut bounds = Vec::new();
    for (key, value) in body {
        let bound = match key.as_str() {
            "gt" => Bound::Above,
            "gte" | "from" => Bound::From,
            "lt" => Bound::Below,
            "lte" | "to" => Bound::To,
            "format" | "time_zone" | "relation" | "boost" => continue,
            other => return malformed(format!("`range` has no bound `{other}`")),
        };
        if *value != Json::Null {
            bounds.push((bound, scalar(value)?));
        }
    }
    Ok(Filter::Range { field, bounds })
}

/// The one field of a leaf and what is asked of it.
fn field(body: &Json) -> Result<(String, &Json), BadFilter> {
    let entries = body.as_object().map(|body| {
        let fields = body.iter().filter(|(key, _)| *key != "boost");
        fields.collect::<Vec<_>>()
    });
    match entries.as_deref() {
        Some([(field, value)]) => Ok(((*field).clone(), *value)),
        _ => malformed("a condition names one field"),
    }
}

fn text(body: &Json, key: &str) -> Result<String, BadFilter> {
    match body.get(key).and_then(Json::as_str) {
        Some(text) => Ok(text.to_owned()),
        None => malformed(format!("`{key}` is missing")),
    }
}

/// The text of a value that is no list and no table.
pub(super) fn scalar(value: &Json) -> Result<String, BadFilter> {
    match value {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(value) => Ok(value.to_string()),
        _ => malformed("a value is text, a number, `true` or `false`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pill_is_negated_disabled_or_neither() {
        let query = json!({"match_phrase": {"host.name": "a"}});
        let phrase = Filter::Phrase("host.name".to_owned(), "a".to_owned());
        let with = |meta: Json| pill(&json!({"meta": meta, "query": query}));
        assert_eq!(with(json!({})), Ok(Some(phrase.clone())));
        assert_eq!(with(json!({"negate": true})), Ok(Some(phrase.negated())));
        assert_eq!(with(json!({"disabled": true})), Ok(None));
    }

    #[test]
    fn what_is_not_known_is_unsupported_and_what_is_wrong_is_said() {
        let unknown = dsl(&json!({"script": {"source": "x"}}));
        assert!(matches!(unknown, Err(BadFilter::Unsupported(_))));
        let wrong = dsl(&json!({"match_phrase": {"a": 1, "b": 2}}));
        assert!(matches!(wrong, Err(BadFilter::Malformed(_))));
    }

    #[test]
    fn should_beside_must_is_no_condition() {
        let filter = dsl(&json!({"bool": {
            "filter": [{"exists": {"field": "a"}}],
            "should": [{"exists": {"field": "b"}}],
        }}));
        let exists = |field: &str| Filter::Exists(field.to_owned());
        let wanted = Filter::All(vec![exists("a"), Filter::AtLeast(0, vec![exists("b")])]);
        assert_eq!(filter, Ok(wanted));
    }
}
