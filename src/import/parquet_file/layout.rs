//! Decides what the columns of a Parquet file are: one holds JSON documents, or all are fields.

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use parquet::basic::Type as PhysicalType;
use parquet::schema::types::SchemaDescriptor;

use super::Fault;

/// Columns that hold JSON documents by custom, the likeliest first.
const RAW: [&str; 10] = [
    "_source",
    "_raw",
    "raw",
    "event.original",
    "message",
    "value",
    "body",
    "json",
    "payload",
    "data",
];

/// The column with the time of an event.
pub(super) const TIME: &str = "@timestamp";
/// The column with the index of a raw document.
pub(super) const INDEX: &str = "_index";
/// The column with the id of a raw document.
pub(super) const ID: &str = "_id";

/// The most names of columns in an error.
const NAMED: usize = 20;

/// What the columns are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Layout {
    /// The column of this name holds JSON documents.
    Raw(String),
    /// Columns are fields.
    Fields,
}

impl Layout {
    /// The layout of a file with columns of the types of [`as_read`], `asked` being the raw column that
    /// a person named.
    pub(super) fn of(schema: &Schema, asked: Option<&str>) -> Result<Self, Fault> {
        if let Some(name) = asked {
            return match schema.column_with_name(name) {
                Some((_, field)) if is_text(field) => Ok(Self::Raw(name.to_owned())),
                Some(_) => Err(Fault::NoText(name.to_owned())),
                None => Err(Fault::NoColumn {
                    name: name.to_owned(),
                    columns: names(schema),
                }),
            };
        }
        let layout = match raw_column(schema) {
            Some(name) => Self::Raw(name.to_owned()),
            None => Self::Fields,
        };
        if layout == Self::Fields {
            for field in schema.fields() {
                check(field, field.name())?;
            }
        }
        Ok(layout)
    }

    /// Whether a column is read.
    pub(super) fn reads(&self, field: &Field) -> bool {
        match self {
            Self::Fields => true,
            Self::Raw(name) => {
                field.name() == name
                    || ([INDEX, ID].contains(&field.name().as_str())
                        && *field.data_type() == DataType::Utf8View)
            }
        }
    }
}

/// The column that holds documents, if one does by its name or because no other column could.
fn raw_column(schema: &Schema) -> Option<&str> {
    let texts = || schema.fields().iter().filter(|field| is_text(field));
    let named = |name: &str| texts().find(|field| field.name() == name);
    let [source, ..] = RAW;
    let found = if let Some(source) = named(source) {
        source
    } else if schema.column_with_name(TIME).is_some() {
        return None;
    } else if texts().count() == 1 {
        texts().next()?
    } else {
        RAW.iter().find_map(|name| named(name))?
    };
    Some(found.name())
}

fn is_text(field: &Field) -> bool {
    matches!(field.data_type(), DataType::Utf8View | DataType::BinaryView)
}

/// The names of the columns, as far as they are of use in an error.
fn names(schema: &Schema) -> String {
    let fields = schema.fields();
    let named = fields.iter().take(NAMED);
    let mut names: Vec<String> = named.map(|field| format!("`{}`", field.name())).collect();
    if fields.len() > NAMED {
        names.push(format!("{} more", fields.len() - NAMED));
    }
    names.join(", ")
}

/// Whether a column's values are values of a document.
fn check(field: &Field, path: &str) -> Result<(), Fault> {
    match field.data_type() {
        DataType::Null
        | DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Float16
        | DataType::Float32
        | DataType::Float64
        | DataType::Utf8View
        | DataType::Date32
        | DataType::Date64
        | DataType::Timestamp(_, _)
        | DataType::Decimal128(_, _)
        | DataType::Decimal256(_, _) => Ok(()),
        DataType::List(item) => check(item, path),
        DataType::Struct(fields) => members(fields, path),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => match &**fields {
                [key, value] if *key.data_type() == DataType::Utf8View => check(value, path),
                _ => members(fields, path),
            },
            _ => Err(no_value(entries, path)),
        },
        _ => Err(no_value(field, path)),
    }
}

fn members(fields: &Fields, path: &str) -> Result<(), Fault> {
    let mut members = fields.iter();
    members.try_for_each(|member| check(member, &format!("{path}.{}", member.name())))
}

fn no_value(field: &Field, path: &str) -> Fault {
    let found = match field.data_type() {
        DataType::BinaryView | DataType::FixedSizeBinary(_) => "binary".to_owned(),
        other => other.to_string(),
    };
    Fault::NoValue {
        name: path.to_owned(),
        found,
    }
}

/// The path of the field that each leaf of the columns holds, in the order in which Parquet numbers
/// leaves. The leaves of a map have the path of the map, whose keys are not known before they are read.
pub(super) fn leaf_paths(schema: &Schema) -> Vec<String> {
    let mut paths = Vec::new();
    for field in schema.fields() {
        add_leaves(field.data_type(), field.name(), &mut paths);
    }
    paths
}

fn add_leaves(kind: &DataType, path: &str, paths: &mut Vec<String>) {
    match kind {
        DataType::List(item) => add_leaves(item.data_type(), path, paths),
        DataType::Struct(fields) => {
            for member in fields {
                add_leaves(
                    member.data_type(),
                    &format!("{path}.{}", member.name()),
                    paths,
                );
            }
        }
        DataType::Map(entries, _) => {
            let mut inner = Vec::new();
            add_leaves(entries.data_type(), path, &mut inner);
            paths.extend(inner.iter().map(|_| path.to_owned()));
        }
        _ => paths.push(path.to_owned()),
    }
}

/// The types in which columns are read. Texts are views: a value that a page has once is held once,
/// however many rows have it.
pub(super) fn as_read(schema: &Schema, parquet: &SchemaDescriptor) -> Schema {
    let roots = parquet.root_schema().get_fields();
    let fields = schema.fields().iter().zip(roots).map(|(field, root)| {
        if root.is_primitive() && root.get_physical_type() == PhysicalType::INT96 {
            // Nanoseconds in 64 bits would end in 2262.
            let kind = DataType::Timestamp(TimeUnit::Microsecond, None);
            return field.as_ref().clone().with_data_type(kind);
        }
        viewed(field)
    });
    Schema::new(fields.collect::<Fields>())
}

fn viewed(field: &Field) -> Field {
    field.clone().with_data_type(plain(field.data_type()))
}

/// The type without what only Arrow knows of it: how lists and texts lie in memory.
fn plain(kind: &DataType) -> DataType {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::Dictionary(_, value) => plain(value),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => DataType::List(viewed(item).into()),
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|member| viewed(member)).collect())
        }
        DataType::Map(entries, ordered) => DataType::Map(viewed(entries).into(), *ordered),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(columns: &[(&str, DataType)], asked: Option<&str>) -> Result<Layout, Fault> {
        let fields = columns.iter();
        let fields = fields.map(|(name, kind)| Field::new(*name, kind.clone(), true));
        Layout::of(&Schema::new(fields.collect::<Fields>()), asked)
    }

    #[test]
    fn the_raw_column_is_the_only_text_or_one_that_is_raw_by_custom() {
        let time = DataType::Timestamp(TimeUnit::Millisecond, None);
        let (text, number) = (DataType::Utf8View, DataType::Int64);
        let raw = |name: &str| Layout::Raw(name.to_owned());
        for (columns, expected) in [
            (vec![("anything", &text)], raw("anything")),
            (
                vec![("offset", &number), ("v", &DataType::BinaryView)],
                raw("v"),
            ),
            (vec![("topic", &text), ("value", &text)], raw("value")),
            (
                vec![("@timestamp", &time), ("_source", &text)],
                raw("_source"),
            ),
            (
                vec![("@timestamp", &time), ("message", &text)],
                Layout::Fields,
            ),
            (vec![("host.id", &text), ("user.id", &text)], Layout::Fields),
        ] {
            let columns = columns.into_iter().map(|(name, kind)| (name, kind.clone()));
            let columns: Vec<(&str, DataType)> = columns.collect();
            assert_eq!(of(&columns, None).unwrap(), expected, "{columns:?}");
        }
        let columns = [("@timestamp", time), ("message", text), ("n", number)];
        assert_eq!(of(&columns, Some("message")).unwrap(), raw("message"));
        assert!(matches!(of(&columns, Some("n")), Err(Fault::NoText(_))));
        let missing = of(&columns, Some("massage")).unwrap_err().to_string();
        assert!(
            missing.contains("`@timestamp`, `message`, `n`"),
            "{missing}"
        );
    }

    #[test]
    fn a_column_of_bytes_is_named_by_its_path() {
        let hash = Field::new("raw", DataType::FixedSizeBinary(16), true);
        let columns = [
            ("@timestamp", DataType::Int64),
            ("hash", DataType::Struct([hash].into_iter().collect())),
        ];
        let refused = of(&columns, None).unwrap_err().to_string();
        assert!(
            refused.contains("`hash.raw` is of the type binary"),
            "{refused}"
        );
    }
}
