//! Indices whose field types are known although no shape of their events is: the other Beats,
//! Defend's alerts, and ECS for any integration. They make a rule checkable where no scenario can
//! be replayed. Called by the lints only: a rule does not *claim* them as data sources.

use std::sync::{Arc, LazyLock};

use super::builtin::field_list;
use super::profile::{FieldList, Index};
use super::route::IndexPatterns;
use crate::event::FieldType;
use crate::event::schema::Origin;

static ECS: LazyLock<Arc<FieldList>> =
    LazyLock::new(|| Arc::new(field_list(include_str!("builtin/fields/ecs.tsv"))));

static AUDITBEAT: LazyLock<Index> = LazyLock::new(|| {
    let own = include_str!("builtin/fields/auditbeat.tsv");
    beat("auditbeat-9.5.0", "Auditbeat 9.5.0", own)
});

// Filebeat's list names the fields of a fileset without their module (`cloudtrail.x` for
// `aws.cloudtrail.x`) and is not complete, so it cannot prove that a field is unknown.
static FILEBEAT: LazyLock<Index> = LazyLock::new(|| Index {
    origin: Origin::Assumed,
    ..beat(
        "filebeat-9.5.0",
        "Filebeat 9.5.0",
        include_str!("builtin/fields/filebeat.tsv"),
    )
});

static PACKETBEAT: LazyLock<Index> = LazyLock::new(|| {
    let own = include_str!("builtin/fields/packetbeat.tsv");
    beat("packetbeat-9.5.0", "Packetbeat 9.5.0", own)
});

static ALERTS: LazyLock<Index> = LazyLock::new(|| Index {
    name: "logs-endpoint.alerts-default".to_owned(),
    fields: vec![Arc::new(field_list(include_str!(
        "builtin/fields/elastic_defend.alerts.tsv"
    )))],
    origin: Origin::Declared,
    evidence: "the endpoint integration's field list for alerts".to_owned(),
});

static INTEGRATION: LazyLock<Index> = LazyLock::new(|| Index {
    name: String::new(),
    fields: vec![Arc::clone(&ECS)],
    origin: Origin::Assumed,
    evidence: "ECS; the integration's own list is not at hand".to_owned(),
});

/// The short names of the listed indices; their lists are read when a rule names one of them.
static LISTED: [(&str, &str, &LazyLock<Index>); 4] = [
    ("auditbeat", "auditbeat-9.5.0", &AUDITBEAT),
    ("filebeat", "filebeat-9.5.0", &FILEBEAT),
    ("packetbeat", "packetbeat-9.5.0", &PACKETBEAT),
    (
        "elastic_defend alerts",
        "logs-endpoint.alerts-default",
        &ALERTS,
    ),
];

fn beat(index: &str, title: &str, own: &str) -> Index {
    Index {
        name: index.to_owned(),
        fields: vec![Arc::clone(&ECS), Arc::new(field_list(own))],
        origin: Origin::Declared,
        evidence: format!("{title} maps all of ECS and its own fields"),
    }
}

/// The listed indices that the patterns select, each with the name that findings give it.
pub fn listed(patterns: &IndexPatterns) -> impl Iterator<Item = (&'static str, &'static Index)> {
    LISTED
        .iter()
        .filter(|(_, index, _)| patterns.selects(index))
        .map(|(name, _, index)| (*name, &***index))
}

/// Whether some listed index is among those that this one pattern selects.
pub fn is_listed(pattern: &str) -> bool {
    let patterns = IndexPatterns::new([pattern]);
    LISTED.iter().any(|(_, index, _)| patterns.selects(index))
}

/// The names of the listed indices.
pub fn names() -> impl Iterator<Item = &'static str> {
    LISTED.iter().map(|(_, index, _)| *index)
}

/// The type of a field of a listed index; of a fileset's field without its module, too.
pub fn field<'i>(index: &'i Index, path: &str) -> Option<&'i FieldType> {
    let listed = index.get(path).map(|(field_type, _)| field_type);
    let assumed = index.origin == Origin::Assumed;
    listed.or_else(|| {
        let (_, without_module) = path.split_once('.').filter(|_| assumed)?;
        index.get(without_module).map(|(field_type, _)| field_type)
    })
}

/// What any other integration is taken for: an index with the fields of ECS.
pub fn integration() -> &'static Index {
    &INTEGRATION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_maps_its_own_fields_and_all_of_ecs() {
        let patterns = IndexPatterns::new(["auditbeat-*", "logs-*"]);
        let found: Vec<_> = listed(&patterns).collect();
        assert_eq!(found[0].0, "auditbeat");
        assert!(found[0].1.get("auditd.data.a0").is_some());
        assert!(found[0].1.get("process.name").is_some());
        assert_eq!(found[1].0, "elastic_defend alerts");
        let filebeat = IndexPatterns::new(["filebeat-*"]);
        let (_, filebeat) = listed(&filebeat).next().unwrap();
        assert!(field(filebeat, "aws.cloudtrail.user_identity.type").is_some());
        assert!(is_listed("filebeat-*") && !is_listed("endgame-*"));
    }
}
