//! Indices whose field types are known although no shape of their events is: the other Beats,
//! Defend's alerts, and ECS for any integration. They make a rule checkable where no scenario can
//! be replayed. Called by the lints only: a rule does not *claim* them as data sources.

use std::sync::LazyLock;

use super::builtin::list;
use super::profile::{Index, IndexList};
use super::route::IndexPatterns;
use crate::event::FieldType;
use crate::event::schema::Origin;

static AUDITBEAT: LazyLock<Index> =
    LazyLock::new(|| beat("auditbeat-9.5.0", "Auditbeat 9.5.0", "auditbeat"));

// Filebeat's list names the fields of a fileset without their module (`cloudtrail.x` for
// `aws.cloudtrail.x`) and is not complete, so it cannot prove that a field is unknown.
static FILEBEAT: LazyLock<Index> = LazyLock::new(|| {
    let mut index = beat("filebeat-9.5.0", "Filebeat 9.5.0", "filebeat");
    for list in &mut index.lists {
        list.origin = Origin::Assumed;
    }
    index
});

static PACKETBEAT: LazyLock<Index> =
    LazyLock::new(|| beat("packetbeat-9.5.0", "Packetbeat 9.5.0", "packetbeat"));

static ALERTS: LazyLock<Index> = LazyLock::new(|| {
    index(
        "logs-endpoint.alerts-default",
        &["elastic_defend.alerts"],
        Origin::Declared,
        "the endpoint integration's field list for alerts",
    )
});

static INTEGRATION: LazyLock<Index> = LazyLock::new(|| {
    let evidence = "ECS; the integration's own list is not at hand";
    index("", &["ecs"], Origin::Assumed, evidence)
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

fn index(name: &str, lists: &[&str], origin: Origin, evidence: &str) -> Index {
    let lists = lists.iter().filter_map(|name| list(name));
    Index {
        name: name.to_owned(),
        lists: lists.map(|fields| IndexList { fields, origin }).collect(),
        evidence: evidence.to_owned(),
    }
}

fn beat(name: &str, title: &str, own: &str) -> Index {
    let evidence = format!("{title} maps all of ECS and its own fields");
    index(name, &["ecs", own], Origin::Declared, &evidence)
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
pub fn field(index: &Index, path: &str) -> Option<FieldType> {
    let listed = index.find(path).map(|field| field.field_type);
    let assumed = index.origin() == Origin::Assumed;
    listed.or_else(|| {
        let (_, without_module) = path.split_once('.').filter(|_| assumed)?;
        index.find(without_module).map(|field| field.field_type)
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
        assert!(found[0].1.find("auditd.data.a0").is_some());
        assert!(found[0].1.find("process.name").is_some());
        assert_eq!(found[1].0, "elastic_defend alerts");
        let filebeat = IndexPatterns::new(["filebeat-*"]);
        let (_, filebeat) = listed(&filebeat).next().unwrap();
        assert!(field(filebeat, "aws.cloudtrail.user_identity.type").is_some());
        assert!(is_listed("filebeat-*") && !is_listed("endgame-*"));
    }
}
