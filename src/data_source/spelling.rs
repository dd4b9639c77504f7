//! Values of which there is one spelling: no event has them in another case.
//!
//! A sensor, a service or an enrichment writes some fields itself, out of a fixed vocabulary
//! (`event.action`, `winlog.logon.type`, `kubernetes.audit.verb`); an attacker, the operating
//! system or an administrator chooses the case of the others. Identifiers have one spelling in
//! every field but those that hold what somebody typed.

use std::net::IpAddr;

/// Fields of a fixed vocabulary. A name that ends with a dot stands for all below it, one that
/// begins with a dot for every field that ends so, one with both for every field that has the part.
const VOCABULARY: &[&str] = &[
    // ECS
    "agent.type",
    "cloud.provider",
    "cloud.region",
    "cloud.service.name",
    "data_stream.",
    "dns.question.class",
    "dns.question.type",
    "dns.response_code",
    "dns.type",
    "ecs.version",
    "event.action",
    "event.category",
    "event.code",
    "event.dataset",
    "event.kind",
    "event.module",
    "event.outcome",
    "event.provider",
    "event.type",
    "fileset.name",
    "host.architecture",
    "host.os.",
    "input.type",
    "network.application",
    "network.direction",
    "network.protocol",
    "network.transport",
    "network.type",
    "observer.product",
    "observer.type",
    "observer.vendor",
    "service.type",
    ".as.organization.name",
    ".geo.",
    // The file itself, on whatever host: its digests, its signature, the header that was compiled.
    ".hash.",
    ".code_signature.",
    ".pe.",
    // Elastic Defend
    "file.type",
    "registry.data.type",
    "registry.hive",
    ".Ext.api.behaviors",
    ".Ext.api.name",
    ".Ext.device.",
    ".Ext.header_bytes",
    ".Ext.protection",
    ".allocation_protection",
    ".allocation_type",
    ".capabilities.",
    ".entry_meta.type",
    ".region_protection",
    ".region_state",
    // Windows
    "winlog.api",
    "winlog.channel",
    "winlog.keywords",
    "winlog.level",
    "winlog.logon.failure.",
    "winlog.opcode",
    "winlog.provider_guid",
    "winlog.provider_name",
    "winlog.task",
    "winlog.event_data.AccessList",
    "winlog.event_data.AccessMask",
    "winlog.event_data.AccessMaskDescription",
    "winlog.event_data.AttributeLDAPDisplayName",
    "winlog.event_data.AuthenticationPackageName",
    "winlog.event_data.ElevatedToken",
    "winlog.event_data.EnabledPrivilegeList",
    "winlog.event_data.EventType",
    "winlog.event_data.FailureReason",
    "winlog.event_data.GrantedAccess",
    "winlog.event_data.Hashes",
    "winlog.event_data.ImpersonationLevel",
    "winlog.event_data.LmPackageName",
    "winlog.event_data.NewUACList",
    "winlog.event_data.ObjectClass",
    "winlog.event_data.ObjectServer",
    "winlog.event_data.ObjectType",
    "winlog.event_data.OperationType",
    "winlog.event_data.PrivilegeList",
    "winlog.event_data.Signature",
    "winlog.event_data.SignatureStatus",
    "winlog.event_data.Signed",
    "winlog.event_data.Status",
    "winlog.event_data.SubStatus",
    "winlog.event_data.TicketEncryptionType",
    "winlog.event_data.TicketOptions",
    "winlog.event_data.TokenElevationType",
    "winlog.event_data.UserAccountControl",
    // Linux
    "auditd.data.a0",
    "auditd.data.a1",
    "auditd.data.a2",
    "auditd.data.a3",
    "auditd.data.arch",
    "auditd.data.syscall",
    "auditd.message_type",
    "auditd.result",
    "auditd.summary.object.type",
    // Services
    "aws.cloudtrail.error_code",
    "aws.cloudtrail.event_category",
    "aws.cloudtrail.event_type",
    "aws.cloudtrail.user_identity.access_key_id",
    "aws.cloudtrail.user_identity.type",
    "azure.auditlogs.category",
    "azure.auditlogs.operation_name",
    "azure.signinlogs.category",
    "azure.signinlogs.properties.authentication_protocol",
    "azure.signinlogs.properties.authentication_requirement",
    "azure.signinlogs.properties.conditional_access_status",
    "azure.signinlogs.properties.device_detail.trust_type",
    "azure.signinlogs.properties.incoming_token_type",
    "azure.signinlogs.properties.risk_detail",
    "azure.signinlogs.properties.risk_level_aggregated",
    "azure.signinlogs.properties.risk_level_during_signin",
    "azure.signinlogs.properties.risk_state",
    "azure.signinlogs.properties.token_issuer_type",
    "azure.signinlogs.properties.token_protection_status_details.",
    "azure.signinlogs.properties.user_type",
    "azure.signinlogs.result_signature",
    "fortinet.firewall.action",
    "fortinet.firewall.cfgpath",
    "fortinet.firewall.method",
    "fortinet.firewall.subtype",
    "fortinet.firewall.type",
    "github.category",
    "github.operation_type",
    "github.permission",
    "github.visibility",
    "google_workspace.drive.copy_type",
    "google_workspace.drive.file.type",
    "google_workspace.drive.visibility",
    "google_workspace.event.type",
    "kubernetes.audit.annotations.",
    "kubernetes.audit.level",
    "kubernetes.audit.objectRef.apiGroup",
    "kubernetes.audit.objectRef.apiVersion",
    "kubernetes.audit.objectRef.resource",
    "kubernetes.audit.objectRef.subresource",
    "kubernetes.audit.stage",
    "kubernetes.audit.verb",
    "o365.audit.ExtendedProperties.RequestType",
    "o365.audit.ExtendedProperties.ResultStatusDetail",
    "o365.audit.Operation",
    "o365.audit.RecordType",
    "o365.audit.ResultStatus",
    "o365.audit.Workload",
    "okta.debug_context.debug_data.factor",
    "okta.event_type",
    "okta.outcome.",
    "okta.severity",
];

/// Fields whose vocabulary is known word by word; some people write it otherwise in rules.
const WRITTEN: &[(&str, &[&str])] = &[
    (
        "process.Ext.token.integrity_level_name",
        &["system", "high", "medium", "low", "untrusted"],
    ),
    (
        "winlog.event_data.IntegrityLevel",
        &["System", "High", "Medium", "Low"],
    ),
    (
        "winlog.logon.type",
        &[
            "Batch",
            "CachedInteractive",
            "CachedRemoteInteractive",
            "CachedUnlock",
            "Interactive",
            "Network",
            "NetworkCleartext",
            "NewCredentials",
            "RemoteInteractive",
            "Service",
            "System",
            "Unlock",
        ],
    ),
    ("event.outcome", &["success", "failure", "unknown"]),
    ("network.transport", &["tcp", "udp", "icmp", "ipv6-icmp"]),
];

/// Fields that hold values typed or chosen by people, in which an identifier can have any case.
const TYPED: &[&str] = &[
    ".args",
    ".command_line",
    ".env_vars",
    "file.",
    "http.",
    "powershell.",
    "registry.",
    "url.",
];

/// The values that sensors write into a field; empty where they are not known one by one.
pub fn written(field: &str) -> &'static [&'static str] {
    let known = WRITTEN.iter().find(|(path, _)| *path == field);
    known.map_or(&[], |(_, values)| values)
}

/// Whether no event has this value or pattern of a field in another case.
pub fn has_one_case(field: &str, value: &str) -> bool {
    if !value.chars().any(char::is_alphabetic) {
        return true;
    }
    let written = written(field);
    if !written.is_empty() {
        return written.contains(&value);
    }
    is_one_of(VOCABULARY, field) || (is_identifier(value) && !is_one_of(TYPED, field))
}

fn is_one_of(names: &[&str], field: &str) -> bool {
    names
        .iter()
        .any(|name| match (name.starts_with('.'), name.ends_with('.')) {
            (true, true) => field.contains(name),
            (true, false) => field.ends_with(name),
            (false, true) => field.starts_with(name),
            (false, false) => field == *name,
        })
}

/// Text of at least this many hexadecimal digits is not a word.
const LONG: usize = 8;

/// Whether a value or a pattern is a security identifier, a GUID, a digest, a number in hexadecimal
/// digits, or an address, which programs write and nobody else.
fn is_identifier(value: &str) -> bool {
    let text = value.trim_matches(['*', '%', '{', '}']);
    let literal = |c: char| !matches!(c, '*' | '?');
    let is_hexadecimal = |text: &str| {
        text.chars()
            .filter(|c| literal(*c))
            .all(|c| c.is_ascii_hexdigit())
    };
    let is_sid = text
        .strip_prefix("S-1-")
        .is_some_and(|rest| !rest.chars().any(char::is_alphabetic));
    let number = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let digits = text.chars().filter(char::is_ascii_hexdigit).count();
    let is_long = digits >= LONG && text.contains(|c: char| c.is_ascii_digit());
    let (address, _) = text.split_once('/').unwrap_or((text, ""));
    is_sid
        || number.is_some_and(is_hexadecimal)
        || (is_long && is_hexadecimal(&text.replace('-', "")))
        || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vocabulary_has_one_spelling() {
        for (field, value) in [
            ("event.action", "creation"),
            ("event.outcome", "success"),
            ("winlog.logon.type", "Network"),
            (
                "winlog.provider_name",
                "Microsoft-Windows-Security-Auditing",
            ),
            (
                "winlog.event_data.AttributeLDAPDisplayName",
                "userAccountControl",
            ),
            ("registry.data.type", "REG_SZ"),
            ("process.Ext.api.name", "VirtualAlloc"),
            ("Target.process.Ext.api.name", "VirtualAlloc"),
            ("file.Ext.header_bytes", "4d5a*"),
            ("process.entry_leader.entry_meta.type", "sshd"),
            ("process.thread.capabilities.effective", "CAP_SET?ID"),
            ("source.geo.country_iso_code", "DE"),
            ("dll.pe.original_file_name", "COMSVCS.DLL"),
            ("kubernetes.audit.verb", "create"),
            ("process.name", "7*"),
        ] {
            assert!(has_one_case(field, value), "{field} {value}");
        }
    }

    #[test]
    fn a_word_that_no_sensor_writes_so_has_another_spelling() {
        for (field, value) in [
            ("process.Ext.token.integrity_level_name", "System"),
            ("winlog.logon.type", "network"),
            ("winlog.logon.type", "Net*"),
            ("event.outcome", "Success"),
        ] {
            assert!(!has_one_case(field, value), "{field} {value}");
        }
    }

    #[test]
    fn identifiers_have_one_spelling_but_where_somebody_typed_them() {
        for value in [
            "S-1-5-21-*-500",
            "S-1-5-18",
            "5b47d60f-6090-40b2-9f37-2a4de88f3063",
            "{5b47d60f-6090-40b2-9f37-2a4de88f3063}",
            "*5b47d60f-6090-40b2-9f37-2a4de88f3063*",
            "%{bf967a86-0de6-11d0-a285-00aa003049e2}",
            "0xC000015B",
            "EADBCCBB324829ACB5F2BBE87E5549A8",
            "fe80::1",
            "fe80::/10",
        ] {
            assert!(
                has_one_case("winlog.event_data.AnyName", value),
                "{value} written by a program"
            );
            assert!(!has_one_case("process.args", value), "{value} typed");
            assert!(
                !has_one_case("registry.value", value),
                "{value} in a name that somebody gave"
            );
        }
    }

    #[test]
    fn what_others_write_has_any_case() {
        for (field, value) in [
            ("process.name", "cmd.exe"),
            ("process.name", "deadbeef"),
            ("process.name", "cafe"),
            ("process.executable", "?:\\Windows\\*"),
            ("user.name", "ANONYMOUS LOGON"),
            ("user.domain", "NT AUTHORITY"),
            ("dns.question.name", "*.example.com"),
            ("registry.path", "HKLM\\SOFTWARE\\*"),
            ("process.capability", "x"),
            ("azure.activitylogs.operation_name", "MICROSOFT.KEYVAULT/*"),
            (
                "winlog.event_data.ServiceFileName",
                "%SystemRoot%\\PSEXESVC.exe",
            ),
            ("winlog.event_data.ObjectDN", "DC=wpad,*"),
            ("process.entry_leader.executable", "/usr/sbin/sshd"),
            ("file.Ext.original.name", "*.vmdk"),
        ] {
            assert!(!has_one_case(field, value), "{field} {value}");
        }
    }
}
