//! The fields of ECS that the index of alerts maps, as Kibana's `ecs_field_map.ts` chooses them.

use std::sync::LazyLock;

use super::builtin::list;
use crate::event::FieldType;

/// What the index of alerts has at a path.
#[derive(Debug, Clone, PartialEq)]
pub enum AlertEntry {
    /// A field of this type.
    Field(FieldType),
    /// No field of its own, but fields below it: `process`.
    Object,
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

/// Path and type, ascending by path.
static FIELDS: LazyLock<Vec<(Box<str>, FieldType)>> = LazyLock::new(|| {
    let Some(ecs) = list("ecs") else {
        return Vec::new();
    };
    let left_out = |field_type: &FieldType| {
        matches!(
            field_type,
            FieldType::ConstantKeyword { .. } | FieldType::Nested | FieldType::Flattened
        )
    };
    let fields = ecs.fields().iter();
    let above: Vec<String> = fields
        .filter(|field| left_out(&field.field_type))
        .map(|field| format!("{}.", field.path))
        .collect();
    let fields = ecs.fields().iter().filter(|field| {
        let is_below = above.iter().any(|prefix| field.path.starts_with(prefix));
        // Of a type that is left out Kibana itself looks at `nested` alone.
        let is_kept = field.field_type == FieldType::Nested || !left_out(&field.field_type);
        let is_own = field.read_from == field.path;
        is_kept && is_own && !is_below && !EXPERIMENTAL.contains(&&*field.path)
    });
    fields
        .map(|field| (field.path.clone(), field.field_type.clone()))
        .collect()
});

/// What the index of alerts has at this path of ECS; `None` also of a multi-field.
pub fn alert_entry(path: &str) -> Option<AlertEntry> {
    let at = |wanted: &str| FIELDS.partition_point(|(own, _)| &**own < wanted);
    let field = FIELDS.get(at(path)).filter(|(own, _)| &**own == path);
    if let Some((_, field_type)) = field {
        return Some(AlertEntry::Field(field_type.clone()));
    }
    let below = format!("{path}.");
    let (next, _) = FIELDS.get(at(&below))?;
    next.starts_with(&below).then_some(AlertEntry::Object)
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
