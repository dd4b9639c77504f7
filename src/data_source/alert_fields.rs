//! The fields of ECS that the index of alerts maps, as Kibana's `ecs_field_map.ts` chooses them.

use super::builtin::list;
use super::field_list::{FieldList, ListedField};
use crate::event::{FieldType, Scalar, paths_above};

/// What the index of alerts has at a path.
#[derive(Debug, Clone, PartialEq)]
pub enum AlertEntry {
    /// A field of this type.
    Field(FieldType),
    /// No field of its own, but fields below it: `process`.
    Object,
}

/// Why a path of an alert has no values.
#[derive(Debug, Clone, PartialEq)]
pub enum Misplaced {
    /// Objects are there.
    Object,
    /// It lies below this field, which is of this type.
    Below(String, FieldType),
}

/// Fields that ECS calls experimental.
const EXPERIMENTAL: [&str; 15] = [
    "faas.trigger",
    "faas.trigger.request_id",
    "faas.trigger.type",
    "host.cpu.system.norm.pct",
    "host.cpu.user.norm.pct",
    "host.fsstats.total_size.total",
    "host.fsstats.total_size.used",
    "host.fsstats.total_size.used.pct",
    "host.load.norm.1",
    "host.load.norm.15",
    "host.load.norm.5",
    "host.memory.actual.used.bytes",
    "host.memory.actual.used.pct",
    "host.memory.total",
    "process.io.bytes",
];

/// Whether a type of field of ECS is left out of the index of alerts.
fn is_left_out(field_type: &FieldType) -> bool {
    matches!(
        field_type,
        FieldType::ConstantKeyword { .. } | FieldType::Nested | FieldType::Flattened
    )
}

/// Whether Kibana looks at a field of ECS in alerts.
fn is_kept(ecs: &FieldList, field: &ListedField) -> bool {
    // Of a type that is left out Kibana itself looks at `nested` alone.
    let is_kept = field.field_type == FieldType::Nested || !is_left_out(&field.field_type);
    let is_own = field.read_from == field.path;
    let mut above = paths_above(&field.path).filter_map(|above| ecs.named(above));
    is_kept
        && is_own
        && !EXPERIMENTAL.contains(&&*field.path)
        && !above.any(|above| is_left_out(&above.field_type))
}

/// What the index of alerts has at this path of ECS; `None` also of a multi-field.
pub fn alert_entry(path: &str) -> Option<AlertEntry> {
    let ecs = list("ecs")?;
    let ecs = &*ecs;
    if let Some(field) = ecs.named(path).filter(|field| is_kept(ecs, field)) {
        return Some(AlertEntry::Field(field.field_type.clone()));
    }
    let mut below = ecs.fields_below(path);
    let has_any = below.any(|field| is_kept(ecs, field));
    has_any.then_some(AlertEntry::Object)
}

/// Why no value can be in an alert at this path, if that is so: the path has objects, or lies below a
/// field.
pub fn never_takes(path: &str) -> Option<Misplaced> {
    let dots = path.match_indices('.');
    for parent in dots.filter_map(|(dot, _)| path.get(..dot)) {
        if let Some(AlertEntry::Field(field_type)) = alert_entry(parent) {
            // Below `nested` nothing is looked at, and a point may be an object.
            let is_open = matches!(
                field_type,
                FieldType::Object | FieldType::Nested | FieldType::Unsupported(_)
            );
            if !is_open {
                return Some(Misplaced::Below(parent.to_owned(), field_type));
            }
        }
    }
    let is_object = match alert_entry(path)? {
        AlertEntry::Object => true,
        AlertEntry::Field(own) => matches!(own, FieldType::Object | FieldType::Nested),
    };
    is_object.then_some(Misplaced::Object)
}

/// Whether Kibana leaves a value at this path of an alert (`computeIsEcsCompliant`).
pub fn takes(path: &str, value: &Scalar) -> bool {
    if never_takes(path).is_some() {
        return false;
    }
    let Some(AlertEntry::Field(field_type)) = alert_entry(path) else {
        return true;
    };
    let text = value.to_string();
    let is_bool = matches!(value, Scalar::Bool(_));
    let is_number = !is_bool && !text.is_empty() && text.trim().parse::<f64>().is_ok();
    match field_type {
        FieldType::Integer(_) => is_number && !text.contains(' '),
        FieldType::Float(_) => is_number,
        FieldType::Ip => text.parse::<std::net::IpAddr>().is_ok(),
        // Texts that are no dates are not looked for.
        FieldType::Date(_) | FieldType::DateNanos(_) => !is_bool,
        FieldType::Boolean => is_bool || ["true", "false", ""].contains(&text.as_str()),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_field_or_an_object_or_neither() {
        let field = |path: &str| match alert_entry(path) {
            Some(AlertEntry::Field(field_type)) => field_type.to_string(),
            other => panic!("{path}: {other:?}"),
        };
        assert_eq!(field("process.pid"), "long");
        assert_eq!(field("source.ip"), "ip");
        assert_eq!(field("dns.answers"), "object");
        assert_eq!(field("email.attachments"), "nested");
        assert_eq!(alert_entry("process"), Some(AlertEntry::Object));
        assert_eq!(alert_entry("process.parent"), Some(AlertEntry::Object));
        let others = [
            "process.name.text",
            "proc",
            "Esql.count",
            "email.attachments.file.name",
            "data_stream",
            "data_stream.dataset",
            "host.memory.total",
            "process.elf.exports",
        ];
        for other in others {
            assert_eq!(alert_entry(other), None, "{other}");
        }
    }
}
