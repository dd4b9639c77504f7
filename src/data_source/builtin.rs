//! Reads the profiles and field lists that ship in the binary.

use std::sync::{Arc, LazyLock};

use super::definition::Definition;
use super::field_list::FieldList;
use super::profile::{self, Profile};
use super::source::{DataSource, Index, IndexList};
pub use crate::diagnostic::data_source::InvalidProfile;
use crate::diagnostic::data_source::MissingPart;
use crate::event::schema::Origin;
use crate::event::{FieldType, Mapping};

/// The profiles with these names.
macro_rules! profiles {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("builtin/", $name, ".toml")))),*]
    };
}

/// The profiles in the order in which reports list the sources; a profile may take the kinds of
/// one before it.
const PROFILES: &[(&str, &str)] = &profiles![
    "elastic_defend",
    "sysmon",
    "windows_security",
    "windows_powershell",
    "winlogbeat",
    "windows_forwarded",
    "auditd_manager",
    "auditbeat",
    "system_auth",
    "cloud_defend",
    "endgame",
    "crowdstrike",
    "m365_defender",
    "sentinel_one",
    "network_traffic",
    "packetbeat",
    "aws_cloudtrail",
    "okta",
    "entra_signin",
    "entra_audit",
    "entra_risk",
    "azure_activity",
    "azure_platform",
    "azure_graph",
    "o365",
    "gcp_audit",
    "google_workspace",
    "github",
    "kubernetes_audit",
    "filebeat",
    "security_alerts",
    "threat_intel",
];

/// The lists with these names, each read when a field of it is asked for.
macro_rules! lists {
    ($($name:literal),* $(,)?) => {
        vec![$((
            $name,
            Arc::new(FieldList::new(include_str!(concat!("builtin/fields/", $name, ".tsv")))),
        )),*]
    };
}

/// A list and its name.
type Named = (&'static str, Arc<FieldList>);

/// The lists whose fields mean the same wherever they stand. Of two that have a field the first
/// counts where no source is known.
static LISTS: LazyLock<Vec<Named>> = LazyLock::new(|| {
    lists![
        "ecs",
        "winlogbeat",
        "elastic_defend.process",
        "elastic_defend.network",
        "elastic_defend.file",
        "elastic_defend.registry",
        "elastic_defend.library",
        "elastic_defend.security",
        "elastic_defend.device",
        "elastic_defend.api",
        "elastic_defend.alerts",
        "auditd_manager.arguments",
        "auditd_manager.auditd",
        "aws.cloudtrail",
        "azure.aadgraphactivitylogs",
        "azure.activitylogs",
        "azure.auditlogs",
        "azure.graphactivitylogs",
        "azure.identity_protection",
        "azure.platformlogs",
        "azure.signinlogs",
        "cloud_defend.alerts",
        "cloud_defend.file",
        "cloud_defend.process",
        "crowdstrike.fdr",
        "gcp.audit",
        "github.audit",
        "google_workspace.admin",
        "google_workspace.device",
        "google_workspace.drive",
        "google_workspace.login",
        "google_workspace.token",
        "kubernetes.audit_logs",
        "m365_defender.event",
        "network_traffic.dns",
        "network_traffic.flow",
        "network_traffic.http",
        "network_traffic.icmp",
        "network_traffic.memcached",
        "network_traffic.mongodb",
        "network_traffic.nfs",
        "network_traffic.thrift",
        "network_traffic.tls",
        "o365.audit",
        "okta.system",
        "panw.panos",
        "security_alerts",
        "sentinel_one_cloud_funnel.event",
        "system.auth",
        "system.security",
        "system.syslog",
        "ti_abusech.url",
        "windows.forwarded",
        "windows.powershell",
        "windows.powershell_operational",
        "windows.sysmon_operational",
        "zeek.http",
    ]
});

/// The lists of the Beats, which also have short names that mean something else elsewhere.
static BEATS: LazyLock<Vec<Named>> =
    LazyLock::new(|| lists!["auditbeat", "filebeat", "packetbeat"]);

/// The names of all lists.
pub(super) fn list_names() -> impl Iterator<Item = &'static str> + Clone {
    LISTS.iter().chain(&*BEATS).map(|(name, _)| *name)
}

/// The list of this name.
pub(super) fn list(name: &str) -> Option<Arc<FieldList>> {
    let found = LISTS.iter().chain(&*BEATS).find(|(list, _)| *list == name);
    found.map(|(_, fields)| Arc::clone(fields))
}

/// All sources that ship with Trapline. They are read once: `test --watch` and the language server
/// ask for them after every save.
pub(super) fn sources() -> Result<Arc<Vec<DataSource>>, InvalidProfile> {
    static SOURCES: LazyLock<Result<Arc<Vec<DataSource>>, InvalidProfile>> =
        LazyLock::new(|| read_profiles().map(Arc::new));
    SOURCES.clone()
}

fn read_profiles() -> Result<Vec<DataSource>, InvalidProfile> {
    let mut sources: Vec<DataSource> = Vec::new();
    for (name, text) in PROFILES {
        let source = source(name, profile::read(name, text)?, &sources)?;
        sources.push(source);
    }
    Ok(sources)
}

/// The types of the fields that are known without a source: those of ECS, and of the other lists
/// where ECS has none. Aliases belong to their source and are left out.
pub fn field_types() -> Mapping {
    let mut mapping = Mapping::new("the embedded field types");
    for (_, list) in &*LISTS {
        for field in list.fields() {
            if field.path.starts_with(&*field.read_from) {
                let field_type = field.field_type.clone();
                mapping.add_read_from(&field.path, &field.read_from, field_type, Origin::Assumed);
            }
        }
    }
    mapping
}

/// The type of a field in ECS, or else in the first other list that names it; `None` also of one
/// that no query can use.
pub fn listed_type(path: &str) -> Option<FieldType> {
    let mut lists = LISTS.iter();
    let found = lists.find_map(|(_, list)| {
        let found = list.find(path)?;
        (!found.is_dynamic && &*found.read_from == path).then_some(found.field_type)
    });
    found.filter(|field_type| field_type.family().is_some())
}

fn source(
    name: &str,
    profile: Profile,
    before: &[DataSource],
) -> Result<DataSource, InvalidProfile> {
    let unknown = |missing| InvalidProfile::Unknown {
        name: name.to_owned(),
        missing,
    };
    let mut indices = Vec::new();
    for index in &profile.indices {
        let own = index.fields.iter().map(|name| (name, Origin::Declared));
        let assumed = index.assumed.iter().map(|name| (name, Origin::Assumed));
        let lists = own.chain(assumed).map(|(name, origin)| {
            let fields = list(name).ok_or_else(|| unknown(MissingPart::FieldList(name.clone())))?;
            Ok(IndexList { fields, origin })
        });
        indices.push(Index {
            name: index.name.clone(),
            pattern: None,
            lists: lists.collect::<Result<_, _>>()?,
            evidence: index.evidence.clone(),
        });
    }
    let definition = Definition {
        name: name.to_owned(),
        title: profile.title,
        open: profile.open,
        never: profile.never,
        kinds_from: profile.kinds_from,
        twins: profile.twins,
        indices,
        defaults: profile.defaults,
        pins: profile.pins,
        kinds: profile.kinds,
    };
    let built = definition.build(before);
    built.map_err(unknown)
}

#[cfg(test)]
mod tests {
    use super::super::source::EventKind;
    use super::*;

    #[test]
    fn every_profile_that_ships_can_be_read() {
        let sources = sources().unwrap();
        assert_eq!(sources.len(), PROFILES.len());
        assert!(sources.iter().all(|source| !source.kinds.is_empty()));
    }

    #[test]
    fn no_source_has_two_kinds_of_a_name() {
        for source in sources().unwrap().iter() {
            let mut names: Vec<String> = source.kinds.iter().map(EventKind::name).collect();
            let count = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), count, "{}", source.name);
        }
    }

    #[test]
    fn only_sysmons_events_of_winlogbeat_are_of_sysmons_service() {
        let sources = sources().unwrap();
        let source = sources.iter().find(|source| source.name == "winlogbeat");
        let source = source.unwrap();
        assert!(source.pins.is_empty());
        let set = |kind: &str, field: &str| {
            let kind = source.kind(kind).unwrap();
            let found = kind.defaults.iter().find(|(known, _)| known == field);
            found.map(|(_, values)| values.iter().map(ToString::to_string).collect::<String>())
        };
        for (kind, module, channel, pinned) in [
            (
                "process",
                "sysmon",
                "Microsoft-Windows-Sysmon/Operational",
                true,
            ),
            ("process.created", "security", "Security", false),
            ("authentication", "security", "Security", false),
            (
                "script",
                "powershell",
                "Microsoft-Windows-PowerShell/Operational",
                false,
            ),
        ] {
            assert_eq!(set(kind, "event.module").as_deref(), Some(module), "{kind}");
            assert_eq!(
                set(kind, "winlog.channel").as_deref(),
                Some(channel),
                "{kind}"
            );
            assert_eq!(set(kind, "event.dataset"), None, "{kind}");
            let pins = &source.kind(kind).unwrap().pins;
            assert_eq!(
                pins.iter().any(|pin| pin.field == "user.id"),
                pinned,
                "{kind}"
            );
        }
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
        for source in sources().unwrap().iter() {
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
