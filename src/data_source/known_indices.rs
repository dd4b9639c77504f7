//! Indices that are known although no shape of their events is. They make a rule checkable where no
//! scenario can be replayed. Only the lints use them; a rule does not *claim* them as data sources.

use std::sync::LazyLock;

use super::builtin::list;
use super::route::IndexPatterns;
use super::source::{Index, IndexList};
use crate::event::schema::Origin;

/// Short name, index, and the index's own lists of field types. Without an own list its fields are
/// ECS's.
const KNOWN: &[(&str, &str, &[&str])] = &[
    (
        "elastic_defend alerts",
        "logs-endpoint.alerts-default",
        &["elastic_defend.alerts"],
    ),
    ("panw", "logs-panw.panos-default", &["panw.panos"]),
    ("zeek", "logs-zeek.http-default", &["zeek.http"]),
    (
        "cloud_defend alerts",
        "logs-cloud_defend.alerts-default",
        &["cloud_defend.alerts"],
    ),
    (
        "system syslog",
        "logs-system.syslog-default",
        &["system.syslog"],
    ),
    ("system log", "logs-system.system-default", &[]),
    ("application log", "logs-system.application-default", &[]),
    ("pfsense", "logs-pfsense.log-default", &[]),
    ("corelight", "logs-corelight.connection-default", &[]),
    ("suricata", "logs-suricata.eve-default", &[]),
    ("fortinet", "logs-fortinet_fortigate.log-default", &[]),
    ("sonicwall", "logs-sonicwall_firewall.log-default", &[]),
    ("nginx", "logs-nginx.access-default", &[]),
    ("apache", "logs-apache.access-default", &[]),
    ("tomcat", "logs-apache_tomcat.access-default", &[]),
    ("traefik", "logs-traefik.access-default", &[]),
    ("iis", "logs-iis.access-default", &[]),
    (
        "network_traffic redis",
        "logs-network_traffic.redis-default",
        &[],
    ),
    (
        "network_traffic mysql",
        "logs-network_traffic.mysql-default",
        &[],
    ),
    (
        "google_workspace accounts",
        "logs-google_workspace.user_accounts-default",
        &[],
    ),
    ("cyberark", "logs-cyberarkpas.audit-default", &[]),
    (
        "entity analytics",
        "logs-entityanalytics_entra_id.device-default",
        &[],
    ),
    ("fim", "logs-fim.event-default", &[]),
    ("crowdstrike alerts", "logs-crowdstrike.alert-default", &[]),
    (
        "m365_defender alerts",
        "logs-m365_defender.alert-default",
        &[],
    ),
    (
        "m365_defender incidents",
        "logs-m365_defender.incident-default",
        &[],
    ),
    (
        "sentinel alerts",
        "logs-microsoft_sentinel.alert-default",
        &[],
    ),
    (
        "sentinel_one alerts",
        "logs-sentinel_one.alert-default",
        &[],
    ),
    (
        "elastic_security alerts",
        "logs-elastic_security.alert-default",
        &[],
    ),
    ("apm", "apm-8.0.0-transaction-000001", &[]),
    ("apm traces", "traces-apm-default", &[]),
    ("nginx errors", "logs-nginx.error-default", &[]),
    ("apache errors", "logs-apache.error-default", &[]),
    ("tomcat errors", "logs-apache_tomcat.error-default", &[]),
    ("iis errors", "logs-iis.error-default", &[]),
    ("bedrock", "logs-aws_bedrock.invocation-default", &[]),
    ("azure_openai", "logs-azure_openai.logs-default", &[]),
    (
        "message trace",
        "logs-microsoft_exchange_online_message_trace.log-default",
        &[],
    ),
    (
        "network_traffic dhcp",
        "logs-network_traffic.dhcpv4-default",
        &[],
    ),
    (
        "network_traffic sip",
        "logs-network_traffic.sip-default",
        &[],
    ),
    ("metrics", "metrics-system.cpu-default", &[]),
    ("beaconing", "ml_beaconing.all", &[]),
];

static INDICES: LazyLock<Vec<(&str, Index)>> = LazyLock::new(|| {
    let known = KNOWN.iter();
    known
        .map(|(short, name, own)| (*short, index(name, own)))
        .collect()
});

static INTEGRATION: LazyLock<Index> = LazyLock::new(|| index("", &[]));

fn index(name: &str, own: &[&str]) -> Index {
    let declared = own.iter().filter_map(|name| list(name));
    let declared = declared.map(|fields| IndexList {
        fields,
        origin: Origin::Declared,
    });
    // The list for Defend's alerts holds all that the index maps.
    let is_complete = own.contains(&"elastic_defend.alerts");
    let ecs = list("ecs").filter(|_| !is_complete);
    let ecs = ecs.map(|fields| IndexList {
        fields,
        origin: Origin::Assumed,
    });
    let evidence = if own.is_empty() {
        "ECS; the integration's own list is not at hand"
    } else {
        "the integration's field list"
    };
    Index {
        name: name.to_owned(),
        pattern: None,
        lists: declared.chain(ecs).collect(),
        evidence: evidence.to_owned(),
    }
}

/// The known indices that the patterns select, each with the name that findings give it.
pub fn listed(patterns: &IndexPatterns) -> impl Iterator<Item = (&'static str, &'static Index)> {
    let known = KNOWN.iter().zip(&*INDICES);
    known
        .filter(|((_, index, _), _)| patterns.selects(index))
        .map(|(_, (short, index))| (*short, index))
}

/// Whether some known index is among those that this one pattern selects.
pub fn is_listed(pattern: &str) -> bool {
    let patterns = IndexPatterns::new([pattern]);
    KNOWN.iter().any(|(_, index, _)| patterns.selects(index))
}

/// The names of the known indices.
pub fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|(_, index, _)| *index)
}

/// The default for any other integration: an index with the fields of ECS.
pub fn integration() -> &'static Index {
    &INTEGRATION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_index_has_its_own_fields_and_those_of_ecs() {
        let patterns = IndexPatterns::new(["logs-panw.panos*"]);
        let found: Vec<_> = listed(&patterns).collect();
        let [("panw", panos)] = found.as_slice() else {
            panic!("one index");
        };
        let origin = |path: &str| panos.find(path).map(|field| field.origin);
        assert_eq!(origin("panw.panos.action"), Some(Origin::Declared));
        assert_eq!(origin("process.name"), Some(Origin::Assumed));
        assert!(is_listed("logs-pfsense.log-*") && !is_listed("endgame-*"));
    }

    #[test]
    fn no_known_index_is_a_data_source() {
        let sources = crate::data_source::Catalogue::builtin().unwrap();
        let indices = sources.sources().iter().flat_map(|source| &source.indices);
        let twice: Vec<&str> = indices
            .map(|index| index.name.as_str())
            .filter(|name| names().any(|known| known == *name))
            .collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}
