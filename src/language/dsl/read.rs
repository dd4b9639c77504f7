//! Query DSL from JSON: the filters of a rule as Kibana writes them, and the queries in them.

use serde_json::{Map, Value as Json};

use super::query::{
    Bool, Bound, FieldTest, Fields, Minimum, Preparation, Query, QueryString, Range,
};
use crate::diagnostic::query::dsl::{BadQuery, MalformedQuery, UnsupportedQuery};
use crate::language::lucene::query::auto_edits;

fn malformed<T>(what: MalformedQuery) -> Result<T, BadQuery> {
    Err(what.into())
}

fn unsupported<T>(what: UnsupportedQuery) -> Result<T, BadQuery> {
    Err(what.into())
}

/// One pill of a rule's `filters`; `None` when it is disabled.
pub fn pill(json: &Json) -> Result<Option<Query>, BadQuery> {
    let Json::Object(pill) = json else {
        return malformed(MalformedQuery::NoFilter);
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
    let query = if let Some((meta, params)) = combined {
        let mut queries = Vec::new();
        for param in params {
            queries.extend(self::pill(param)?);
        }
        match meta.get("relation").and_then(Json::as_str) {
            Some("OR") => Query::any(queries),
            _ => Query::all(queries),
        }
    } else if let Some(query) = pill.get("query") {
        read(query)?
    } else {
        let beside = ["meta", "$state", "state"];
        let own = pill
            .iter()
            .filter(|(key, _)| !beside.contains(&key.as_str()));
        let own: Map<String, Json> = own
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        read(&Json::Object(own))?
    };
    Ok(Some(if flag("negate") {
        query.negated()
    } else {
        query
    }))
}

/// A query.
pub fn read(json: &Json) -> Result<Query, BadQuery> {
    let Json::Object(query) = json else {
        return malformed(MalformedQuery::NoTable);
    };
    let mut entries = query.iter();
    let (Some((kind, body)), None) = (entries.next(), entries.next()) else {
        return malformed(MalformedQuery::NoKind);
    };
    match kind.as_str() {
        "match_all" => Ok(Query::MatchAll),
        "match_none" => Ok(Query::MatchNone),
        "exists" => Ok(Query::exists(text(body, "field")?)),
        "bool" => Ok(Query::Bool(boolean(body)?)),
        "constant_score" => read(body.get("filter").unwrap_or(&Json::Null)),
        "nested" => Ok(Query::Nested {
            path: text(body, "path")?,
            query: Box::new(read(body.get("query").unwrap_or(&Json::Null))?),
            ignore_unmapped: flag(body, "ignore_unmapped"),
        }),
        "ids" => Ok(Query::Ids(values(body.get("values"), "ids")?)),
        "query_string" => Ok(Query::QueryString(query_string(body)?)),
        "multi_match" => multi_match(body),
        "terms" => {
            let (field, value) = field(body)?;
            let values = values(Some(value), "terms")?;
            Ok(Query::field(field, FieldTest::Terms(values)))
        }
        "match_phrase"
        | "match_phrase_prefix"
        | "match"
        | "term"
        | "wildcard"
        | "prefix"
        | "regexp"
        | "fuzzy"
        | "range" => {
            let (field, body) = field(body)?;
            Ok(Query::Field {
                fields: Fields::Name(field),
                test: test(kind, body)?,
                lenient: flag(body, "lenient"),
            })
        }
        other => unsupported(UnsupportedQuery::Kind(other.to_owned())),
    }
}

/// What a query of one field asks of it.
fn test(kind: &str, body: &Json) -> Result<FieldTest, BadQuery> {
    let value = |keys: &[&str]| {
        let named = keys.iter().find_map(|key| body.get(key));
        scalar(named.unwrap_or(body))
    };
    let ignore_case = flag(body, "case_insensitive");
    Ok(match kind {
        "match" if body.get("type").and_then(Json::as_str) == Some("phrase") => {
            phrase(value(&["query"])?, body, false)
        }
        "match" => matched(&value(&["query"])?, body)?,
        "match_phrase" => phrase(value(&["query"])?, body, false),
        "match_phrase_prefix" => phrase(value(&["query"])?, body, true),
        "term" => FieldTest::Term {
            value: value(&["value", "query"])?,
            ignore_case,
        },
        "wildcard" => FieldTest::Wildcard {
            pattern: value(&["value", "wildcard"])?,
            ignore_case,
            preparation: Preparation::None,
        },
        "prefix" => FieldTest::Prefix {
            text: value(&["value", "prefix"])?,
            ignore_case,
            preparation: Preparation::None,
        },
        "regexp" => FieldTest::Regexp {
            pattern: value(&["value", "regexp"])?,
            ignore_case,
        },
        "fuzzy" => fuzzy(value(&["value"])?, body)?,
        _ => FieldTest::Range(range(body)?),
    })
}

fn matched(text: &str, body: &Json) -> Result<FieldTest, BadQuery> {
    for key in ["fuzziness", "minimum_should_match", "analyzer"] {
        if body.get(key).is_some() {
            return unsupported(UnsupportedQuery::MatchOption(key.to_string()));
        }
    }
    Ok(FieldTest::Match {
        text: text.to_owned(),
        all: is_and(body.get("operator")),
    })
}

fn phrase(text: String, body: &Json, is_prefix: bool) -> FieldTest {
    let slop = body.get("slop").and_then(Json::as_u64).unwrap_or(0);
    FieldTest::Phrase {
        text,
        slop: u32::try_from(slop).unwrap_or(u32::MAX),
        is_prefix,
    }
}

fn fuzzy(text: String, body: &Json) -> Result<FieldTest, BadQuery> {
    let edits = match body.get("fuzziness").map(scalar).transpose()?.as_deref() {
        None | Some("AUTO" | "auto") => auto_edits(text.chars().count()),
        Some("0") => 0,
        Some("1") => 1,
        Some("2") => 2,
        Some(other) => return unsupported(UnsupportedQuery::Fuzziness(other.to_string())),
    };
    let prefix = body.get("prefix_length").and_then(Json::as_u64);
    Ok(FieldTest::Fuzzy {
        text,
        edits,
        prefix: usize::try_from(prefix.unwrap_or(0)).unwrap_or(usize::MAX),
        transpositions: body.get("transpositions") != Some(&Json::Bool(false)),
        preparation: Preparation::None,
    })
}

fn boolean(body: &Json) -> Result<Bool, BadQuery> {
    let clauses = |key: &str| -> Result<Vec<Query>, BadQuery> {
        match body.get(key) {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => items.iter().map(read).collect(),
            Some(one) => Ok(vec![read(one)?]),
        }
    };
    let minimum = body.get("minimum_should_match").map(scalar).transpose()?;
    Ok(Bool {
        must: clauses("must")?,
        filter: clauses("filter")?,
        should: clauses("should")?,
        must_not: clauses("must_not")?,
        minimum: minimum.map(|minimum| minimum_of(&minimum)).transpose()?,
    })
}

fn minimum_of(text: &str) -> Result<Minimum, BadQuery> {
    let text = text.trim();
    let parsed = match text.strip_suffix('%') {
        Some(percent) => percent.parse().ok().map(Minimum::Percent),
        None => text.parse().ok().map(Minimum::Count),
    };
    match parsed {
        Some(minimum) => Ok(minimum),
        None => unsupported(UnsupportedQuery::MinimumShouldMatch(text.to_owned())),
    }
}

fn query_string(body: &Json) -> Result<QueryString, BadQuery> {
    for key in [
        "analyzer",
        "minimum_should_match",
        "type",
        "phrase_slop",
        "fuzziness",
    ] {
        if body.get(key).is_some() {
            return unsupported(UnsupportedQuery::QueryStringOption(key.to_string()));
        }
    }
    let own = body.get("default_field").map(scalar).transpose()?;
    let fields = match body.get("fields") {
        Some(fields) => values(Some(fields), "fields")?,
        None => own.into_iter().filter(|field| field != "*").collect(),
    };
    Ok(QueryString {
        text: text(body, "query")?,
        fields,
        all: is_and(body.get("default_operator")),
        analyze_wildcard: flag(body, "analyze_wildcard"),
        lenient: flag(body, "lenient"),
        time_zone: body.get("time_zone").map(scalar).transpose()?,
    })
}

fn multi_match(body: &Json) -> Result<Query, BadQuery> {
    let query = scalar(body.get("query").unwrap_or(&Json::Null))?;
    let test = match body.get("type").and_then(Json::as_str) {
        None | Some("best_fields" | "most_fields") => FieldTest::Match {
            text: query,
            all: is_and(body.get("operator")),
        },
        Some("phrase") => phrase(query, body, false),
        Some("phrase_prefix") => phrase(query, body, true),
        Some(other) => return unsupported(UnsupportedQuery::MultiMatch(other.to_string())),
    };
    let lenient = flag(body, "lenient");
    let of = |fields, lenient| Query::Field {
        fields,
        test: test.clone(),
        lenient,
    };
    match body.get("fields") {
        None => Ok(of(Fields::All, true)),
        Some(fields) => {
            let names = values(Some(fields), "fields")?;
            let fields = names.iter().map(|name| of(Fields::named(name), lenient));
            Ok(Query::any(fields.collect()))
        }
    }
}

fn range(body: &Json) -> Result<Range, BadQuery> {
    let Json::Object(body) = body else {
        return malformed(MalformedQuery::NoBounds);
    };
    let mut range = Range::default();
    let is_included = |key: &str| body.get(key) != Some(&Json::Bool(false));
    for (key, value) in body {
        let bound = match key.as_str() {
            "gt" => Bound::Above,
            "gte" => Bound::From,
            "lt" => Bound::Below,
            "lte" => Bound::To,
            "from" if is_included("include_lower") => Bound::From,
            "from" => Bound::Above,
            "to" if is_included("include_upper") => Bound::To,
            "to" => Bound::Below,
            "format" => {
                range.format = Some(scalar(value)?);
                continue;
            }
            "time_zone" => {
                range.time_zone = Some(scalar(value)?);
                continue;
            }
            "relation" | "boost" | "include_lower" | "include_upper" | "_name" => continue,
            other => return malformed(MalformedQuery::UnknownBound(other.to_owned())),
        };
        if *value != Json::Null {
            range.bounds.push((bound, scalar(value)?));
        }
    }
    Ok(range)
}

/// The one field of a query and what is asked of it.
fn field(body: &Json) -> Result<(String, &Json), BadQuery> {
    let entries = body.as_object().map(|body| {
        let fields = body
            .iter()
            .filter(|(key, _)| !["boost", "_name"].contains(&key.as_str()));
        fields.collect::<Vec<_>>()
    });
    match entries.as_deref() {
        Some([(field, value)]) => Ok(((*field).clone(), *value)),
        _ => malformed(MalformedQuery::NoField),
    }
}

fn text(body: &Json, key: &str) -> Result<String, BadQuery> {
    match body.get(key).and_then(Json::as_str) {
        Some(text) => Ok(text.to_owned()),
        None => malformed(MalformedQuery::MissingKey(key.to_owned())),
    }
}

fn values(json: Option<&Json>, of: &str) -> Result<Vec<String>, BadQuery> {
    match json {
        Some(Json::Array(values)) => values.iter().map(scalar).collect(),
        _ => malformed(MalformedQuery::NoList(of.to_owned())),
    }
}

fn flag(body: &Json, key: &str) -> bool {
    matches!(body.get(key), Some(Json::Bool(true)))
        || body.get(key).and_then(Json::as_str) == Some("true")
}

fn is_and(json: Option<&Json>) -> bool {
    let word = json.and_then(Json::as_str);
    word.is_some_and(|word| word.eq_ignore_ascii_case("and"))
}

/// The text of a value that is no list and no table.
pub fn scalar(value: &Json) -> Result<String, BadQuery> {
    match value {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(value) => Ok(value.to_string()),
        _ => malformed(MalformedQuery::NoScalar),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pill_is_negated_disabled_or_neither() {
        let query = json!({"match_phrase": {"host.name": "a"}});
        let phrase = Query::phrase("host.name", "a");
        let with = |meta: Json| pill(&json!({"meta": meta, "query": query}));
        assert_eq!(with(json!({})), Ok(Some(phrase.clone())));
        assert_eq!(with(json!({"negate": true})), Ok(Some(phrase.negated())));
        assert_eq!(with(json!({"disabled": true})), Ok(None));
    }

    #[test]
    fn what_is_not_known_is_unsupported_and_what_is_wrong_is_said() {
        for unknown in [
            json!({"script": {"source": "x"}}),
            json!({"match": {"a": {"query": "b", "fuzziness": 1}}}),
            json!({"bool": {"should": [], "minimum_should_match": "2<50%"}}),
        ] {
            assert!(
                matches!(read(&unknown), Err(BadQuery::Unsupported(_))),
                "{unknown}"
            );
        }
        let wrong = read(&json!({"match_phrase": {"a": 1, "b": 2}}));
        assert!(matches!(wrong, Err(BadQuery::Malformed(_))));
    }

    #[test]
    fn the_least_of_should_is_elasticsearchs() {
        let least = |body: Json| boolean(&body).map(|parts| parts.least());
        let five = json!([{"match_all": {}}, {"match_all": {}}, {"match_all": {}},
            {"match_all": {}}, {"match_all": {}}]);
        assert_eq!(least(json!({"should": five})), Ok(1));
        assert_eq!(least(json!({"should": five, "filter": five})), Ok(0));
        assert_eq!(
            least(json!({"should": five, "minimum_should_match": 3})),
            Ok(3)
        );
        assert_eq!(
            least(json!({"should": five, "minimum_should_match": "-2"})),
            Ok(3)
        );
        assert_eq!(
            least(json!({"should": five, "minimum_should_match": "50%"})),
            Ok(2)
        );
        assert_eq!(
            least(json!({"should": five, "minimum_should_match": "-25%"})),
            Ok(4)
        );
        assert_eq!(least(json!({"must_not": five})), Ok(0));
    }
}
