//! Reads the profiles and field lists that ship in the binary.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use toml::Value;

use super::profile::{DataSource, FieldList, Index, Kind, Pin};
use crate::event::field::{FieldType, Normalizer};
use crate::event::schema::Origin;
use crate::event::{Mapping, Scalar};

/// The profiles in the order in which reports list the sources; a profile may take the kinds of
/// one before it.
const PROFILES: &[(&str, &str)] = &[
    (
        "elastic_defend",
        include_str!("builtin/elastic_defend.toml"),
    ),
    ("sysmon", include_str!("builtin/sysmon.toml")),
    ("winlogbeat", include_str!("builtin/winlogbeat.toml")),
    (
        "aws_cloudtrail",
        include_str!("builtin/aws_cloudtrail.toml"),
    ),
];

/// The field lists by name.
const FIELDS: &[(&str, &str)] = &[
    ("ecs", include_str!("builtin/fields/ecs.tsv")),
    ("winlogbeat", include_str!("builtin/fields/winlogbeat.tsv")),
    (
        "elastic_defend.process",
        include_str!("builtin/fields/elastic_defend.process.tsv"),
    ),
    (
        "elastic_defend.network",
        include_str!("builtin/fields/elastic_defend.network.tsv"),
    ),
    (
        "elastic_defend.file",
        include_str!("builtin/fields/elastic_defend.file.tsv"),
    ),
    (
        "elastic_defend.registry",
        include_str!("builtin/fields/elastic_defend.registry.tsv"),
    ),
    (
        "elastic_defend.library",
        include_str!("builtin/fields/elastic_defend.library.tsv"),
    ),
    (
        "elastic_defend.security",
        include_str!("builtin/fields/elastic_defend.security.tsv"),
    ),
    (
        "elastic_defend.device",
        include_str!("builtin/fields/elastic_defend.device.tsv"),
    ),
    (
        "elastic_defend.api",
        include_str!("builtin/fields/elastic_defend.api.tsv"),
    ),
    (
        "aws_cloudtrail",
        include_str!("builtin/fields/aws_cloudtrail.tsv"),
    ),
];

/// A profile that cannot be used; a test makes sure that none of ours is.
#[derive(Debug, thiserror::Error)]
pub enum BadProfile {
    /// No TOML, or not of the right shape.
    #[error("data source {name}: {reason}")]
    Syntax {
        /// The source.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Names something that is not there.
    #[error("data source {name}: there is no {what}")]
    Unknown {
        /// The source.
        name: String,
        /// What it names.
        what: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    title: String,
    #[serde(default)]
    open: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
    kinds_from: Option<String>,
    index: Vec<ProfileIndex>,
    #[serde(default)]
    defaults: BTreeMap<String, Value>,
    #[serde(default)]
    pin: Vec<ProfilePin>,
    #[serde(default)]
    kind: Vec<ProfileKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileIndex {
    name: String,
    fields: Vec<String>,
    assumed: bool,
    evidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfilePin {
    field: String,
    value: Value,
    evidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileKind {
    name: String,
    index: String,
    #[serde(default)]
    never: Vec<String>,
    #[serde(default)]
    defaults: BTreeMap<String, Value>,
    #[serde(default)]
    pin: Vec<ProfilePin>,
}

/// All sources that ship with Trapline.
pub(super) fn sources() -> Result<Vec<DataSource>, BadProfile> {
    let mut lists: BTreeMap<&str, Arc<FieldList>> = BTreeMap::new();
    for (name, text) in FIELDS {
        lists.insert(name, Arc::new(field_list(text)));
    }
    let mut sources: Vec<DataSource> = Vec::new();
    for (name, text) in PROFILES {
        let profile: Profile = toml::from_str(text).map_err(|error| BadProfile::Syntax {
            name: (*name).to_owned(),
            reason: error.to_string(),
        })?;
        let source = source(name, profile, &lists, &sources)?;
        sources.push(source);
    }
    Ok(sources)
}

/// The types of the fields that are known without a source: those of ECS, and of the other lists
/// where ECS has none. Aliases belong to their source and are left out.
pub fn field_types() -> Mapping {
    let mut mapping = Mapping::new("the embedded field types");
    for (_, text) in FIELDS {
        for (path, field_type, read_from) in field_list(text).fields {
            if path.starts_with(&*read_from) {
                mapping.add_read_from(&path, &read_from, field_type, Origin::Assumed);
            }
        }
    }
    mapping
}

fn source(
    name: &str,
    profile: Profile,
    lists: &BTreeMap<&str, Arc<FieldList>>,
    before: &[DataSource],
) -> Result<DataSource, BadProfile> {
    let unknown = |what: String| BadProfile::Unknown {
        name: name.to_owned(),
        what,
    };
    let mut indices = Vec::new();
    for index in &profile.index {
        let mut fields = Vec::new();
        for list in &index.fields {
            // `ecs` is a whole list, `winlogbeat:winlog.` the part of one below a prefix.
            let (list, below) = list.split_once(':').unwrap_or((list, ""));
            let found = lists
                .get(list)
                .ok_or_else(|| unknown(format!("field list {list}")))?;
            fields.push(if below.is_empty() {
                Arc::clone(found)
            } else {
                Arc::new(part(found, below))
            });
        }
        indices.push(Index {
            name: index.name.clone(),
            fields,
            origin: if index.assumed {
                Origin::Assumed
            } else {
                Origin::Declared
            },
            evidence: index.evidence.clone(),
        });
    }
    let mut kinds = Vec::new();
    if let Some(other) = &profile.kinds_from {
        let other = before.iter().find(|source| source.name == *other);
        let other = other.ok_or_else(|| unknown(format!("source {:?}", profile.kinds_from)))?;
        kinds.extend(other.kinds.iter().cloned());
        for kind in &mut kinds {
            kind.index = 0;
        }
    }
    for kind in profile.kind {
        let index = indices.iter().position(|index| index.name == kind.index);
        let index = index.ok_or_else(|| unknown(format!("index {}", kind.index)))?;
        let (group, action) = match kind.name.split_once('.') {
            Some((group, action)) => (group.to_owned(), Some(action.to_owned())),
            None => (kind.name, None),
        };
        kinds.push(Kind {
            group,
            action,
            index,
            defaults: defaults(kind.defaults),
            pins: pins(kind.pin),
            never: kind
                .never
                .into_iter()
                .chain(profile.never.iter().cloned())
                .collect(),
        });
    }
    Ok(DataSource {
        name: name.to_owned(),
        title: profile.title,
        indices,
        kinds,
        defaults: defaults(profile.defaults),
        pins: pins(profile.pin),
        open: profile.open,
    })
}

fn defaults(table: BTreeMap<String, Value>) -> Vec<(String, Vec<Scalar>)> {
    table
        .into_iter()
        .map(|(field, value)| (field, scalars(&value)))
        .collect()
}

fn pins(pins: Vec<ProfilePin>) -> Vec<Pin> {
    pins.into_iter()
        .map(|pin| Pin {
            value: scalars(&pin.value),
            field: pin.field,
            evidence: pin.evidence,
        })
        .collect()
}

fn scalars(value: &Value) -> Vec<Scalar> {
    match value {
        Value::String(text) => vec![Scalar::text(text.as_str())],
        Value::Integer(number) => vec![Scalar::Number(number.to_string().into())],
        Value::Boolean(value) => vec![Scalar::Bool(*value)],
        Value::Array(items) => items.iter().flat_map(scalars).collect(),
        other => vec![Scalar::text(other.to_string())],
    }
}

/// The fields of a list whose paths begin with `prefix`.
fn part(list: &FieldList, prefix: &str) -> FieldList {
    let fields = list.fields.iter();
    FieldList {
        fields: fields
            .filter(|(path, _, _)| path.starts_with(prefix))
            .cloned()
            .collect(),
    }
}

/// A list of `path<TAB>type` lines; `#` begins a comment. A field below another one that is no
/// object is a multi-field of it; `alias:PATH` is another name of PATH. The attribute `unindexed`
/// in a third column says that the field has neither an index nor doc values.
pub(super) fn field_list(text: &str) -> FieldList {
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    let mut unindexed: BTreeSet<&str> = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t').map(str::trim);
        if let (Some(path), Some(type_name)) = (columns.next(), columns.next()) {
            types.insert(path, type_name);
            if columns.any(|attribute| attribute == "unindexed") {
                unindexed.insert(path);
            }
        }
    }
    let is_parent =
        |type_name: &&str| matches!(*type_name, "object" | "nested" | "group" | "array");
    let fields = types
        .iter()
        .map(|(path, type_name)| {
            if let Some(target) = type_name.strip_prefix("alias:") {
                let target_type = types.get(target).copied().unwrap_or("keyword");
                let mut field_type = FieldType::named(target_type);
                if unindexed.contains(target) {
                    field_type = FieldType::Unindexed(Box::new(field_type));
                }
                return ((*path).into(), field_type, target.into());
            }
            let parent = path.rsplit_once('.').and_then(|(parent, _)| {
                let parent_type = types.get(parent)?;
                (!is_parent(parent_type)).then_some(parent)
            });
            let mut field_type = FieldType::named(type_name);
            // The integrations' `caseless` sub-fields fold case by a normalizer.
            if let FieldType::Keyword { normalizer, .. } = &mut field_type
                && parent.is_some()
                && path.ends_with(".caseless")
            {
                *normalizer = Normalizer::Lowercase;
            }
            if unindexed.contains(path) {
                field_type = FieldType::Unindexed(Box::new(field_type));
            }
            ((*path).into(), field_type, parent.unwrap_or(path).into())
        })
        .collect();
    FieldList { fields }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_that_ships_can_be_read() {
        let sources = sources().unwrap();
        let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
        assert_eq!(
            names,
            ["elastic_defend", "sysmon", "winlogbeat", "aws_cloudtrail"]
        );
    }

    #[test]
    fn embedded_types_are_those_of_ecs_first_and_of_no_alias() {
        let mapping = field_types();
        let type_of = |path: &str| mapping.get(path).map(|field| field.field_type.to_string());
        assert_eq!(type_of("@timestamp").as_deref(), Some("date"));
        assert_eq!(type_of("process.pid").as_deref(), Some("long"));
        assert_eq!(type_of("source.ip").as_deref(), Some("ip"));
        let text = mapping.get("process.name.text").unwrap();
        assert_eq!(&*text.read_from, "process.name");
        let own = |(path, field): (&str, &crate::event::schema::MappedField)| {
            path.starts_with(&*field.read_from)
        };
        assert!(mapping.fields().all(own));
    }

    #[test]
    fn multi_fields_are_read_from_their_parent_and_aliases_from_their_target() {
        let list = field_list("# head\na\tkeyword\na.text\ttext\nb\talias:a\nc\tobject\nc.d\tip\n");
        let read_from = |path: &str| list.get(path).map(|(_, _, read_from)| &**read_from);
        assert_eq!(read_from("a.text"), Some("a"));
        assert_eq!(read_from("b"), Some("a"));
        assert_eq!(read_from("c.d"), Some("c.d"));
    }

    #[test]
    fn a_caseless_sub_field_has_a_normalizer_and_a_field_of_that_name_has_none() {
        let list = field_list("a\tkeyword\na.caseless\tkeyword\nb.caseless\tkeyword\n");
        let normalized = |path: &str| {
            let field_type = list.get(path).map(|(_, field_type, _)| field_type);
            matches!(
                field_type,
                Some(FieldType::Keyword {
                    normalizer: Normalizer::Lowercase,
                    ..
                })
            )
        };
        assert!(normalized("a.caseless"));
        assert!(!normalized("a"));
        assert!(!normalized("b.caseless"));
    }

    #[test]
    fn the_integration_of_sysmon_has_none_of_the_old_names_of_winlogbeat() {
        let sources = sources().unwrap();
        let has = |source: &str, path: &str| {
            let source = sources.iter().find(|other| other.name == source).unwrap();
            source.field_type(path).is_some()
        };
        assert!(has("winlogbeat", "event_id") && !has("sysmon", "event_id"));
        assert!(has("winlogbeat", "process_id") && !has("sysmon", "process_id"));
        assert!(has("sysmon", "winlog.event_id") && has("sysmon", "sysmon.dns.status"));
    }

    #[test]
    fn sysmon_gives_a_loaded_image_as_a_file_and_hashes_only_where_it_has_them() {
        for source in sources()
            .unwrap()
            .iter()
            .filter(|source| ["sysmon", "winlogbeat"].contains(&source.name.as_str()))
        {
            let carries = |kind: &str, path: &str| source.kind(kind).unwrap().carries(path);
            assert!(!carries("library.load", "dll.name"));
            assert!(carries("library.load", "file.path"));
            assert!(carries("process.start", "process.hash.sha256"));
            assert!(carries("file.delete", "process.hash.sha256"));
            assert!(!carries("network", "process.hash.sha256"));
            assert!(!carries("network", "process.pe.original_file_name"));
        }
    }

    #[test]
    fn every_field_that_a_kind_sets_by_default_has_a_type() {
        for source in sources().unwrap() {
            let kinds = source.kinds.iter().flat_map(|kind| &kind.defaults);
            for (field, _) in kinds.chain(&source.defaults) {
                assert!(
                    source.field_type(field).is_some(),
                    "{}: {field}",
                    source.name
                );
            }
        }
    }
}
