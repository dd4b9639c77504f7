//! The events of the Security log that its pipeline knows: their class, and which of its steps
//! each goes through. Called by the Security pipeline.
//!
//! An event that is absent here reaches the index with its header, its logon and its event data.
//!
//! Longer than 500 lines: one table, a row for each event.

use super::Class;

/// The class of an event; `None` of one that the pipeline does not know.
pub(super) fn class(id: u32) -> Option<Class> {
    let index = EVENTS.binary_search_by_key(&id, |(known, _)| *known).ok()?;
    EVENTS.get(index).map(|(_, class)| *class)
}

/// Events that the integration knows and Winlogbeat does not.
pub(super) const INTEGRATION_ONLY: &[u32] = &[
    4627, 4658, 4659, 4660, 4664, 4675, 4690, 4691, 4692, 4695, 4704, 4705, 4793, 4800, 4801, 4802,
    4803, 4932, 4933, 4945, 4946, 4948, 4953, 4957, 4985, 5038, 5058, 5059, 5061, 5137, 5141, 5142,
    5152, 5156, 5157, 5158, 6144, 6145, 6416, 6419, 6420, 6421, 6422,
];

/// Events of a logon or ticket: `Target…` is who logs on, `user`.
pub(super) const LOGONS: &[u32] = &[
    4624, 4625, 4627, 4634, 4647, 4648, 4675, 4768, 4769, 4770, 4771, 4776, 4800, 4801, 4802, 4803,
    4964,
];

/// Events about a group: `Target…` is the group, `MemberName` whom it is about.
pub(super) fn is_about_group(id: u32) -> bool {
    matches!(id, 4627 | 4675 | 4727..=4735 | 4737 | 4744..=4764 | 4793 | 4799)
}

/// Events whose subject becomes `user`.
pub(super) fn has_subject(id: u32) -> bool {
    matches!(
        id,
        4627 | 4648 | 4657..=4660 | 4662 | 4664 | 4670 | 4672..=4674 | 4688..=4692 | 4695
            | 4697..=4702 | 4704..=4707 | 4713 | 4716..=4720 | 4722..=4735 | 4737..=4764 | 4767
            | 4781 | 4793 | 4797..=4799 | 4817 | 4904 | 4905 | 4907 | 4912 | 4985 | 5058 | 5059
            | 5061 | 5136 | 5140 | 5142 | 5145 | 5379..=5382 | 6416 | 6419..=6422
    )
}

/// Events whose `Target…` is the account that is changed, `user.target`.
pub(super) const MANAGED: &[u32] = &[
    4627, 4670, 4675, 4704, 4705, 4720, 4722, 4723, 4724, 4725, 4726, 4738, 4740, 4767, 4793, 4797,
    4798, 4800, 4801, 4802, 4803, 4817, 4907,
];

/// Events whose `Target…` is on whose behalf the subject acts, `user.effective`.
pub(super) const EFFECTIVE: &[u32] = &[4627, 4648, 4675, 4688, 4793, 4800, 4801, 4802, 4803];

/// Events of which the acting process and the address that it came from are taken.
pub(super) fn has_origin(id: u32) -> bool {
    matches!(
        id,
        1100 | 1102 | 1104 | 1105 | 1108 | 4624 | 4625 | 4648 | 4658..=4660 | 4670 | 4673 | 4674
            | 4689 | 4691 | 4697 | 4719 | 4720 | 4722..=4735 | 4737 | 4738 | 4740..=4764 | 4767..=4771 | 4798 | 4799
            | 4817 | 4904 | 4905 | 4907 | 4912 | 4985 | 5140 | 5145
    )
}

/// Events whose list of privileges is split.
pub(super) const PRIVILEGES: &[u32] = &[4672, 4673, 4674, 4704, 4705, 4741, 4742, 4743];

const API: &[&str] = &["api"];
const AUTHENTICATION: &[&str] = &["authentication"];
const CONFIGURATION: &[&str] = &["configuration"];
const DRIVER: &[&str] = &["driver"];
const FILE: &[&str] = &["file"];
const FILE_REGISTRY: &[&str] = &["file", "registry"];
const IAM: &[&str] = &["iam"];
const IAM_CONFIGURATION: &[&str] = &["iam", "configuration"];
const NETWORK: &[&str] = &["network"];
const PROCESS: &[&str] = &["process"];
const PROCESS_SESSION: &[&str] = &["process", "session"];
const REGISTRY: &[&str] = &["registry", "configuration"];
const SESSION: &[&str] = &["authentication", "session"];
const SHARE: &[&str] = &["network", "file"];

/// Ascending by id.
const EVENTS: &[(u32, Class)] = &[
    (1100, (PROCESS, &["end"], "logging-service-shutdown")),
    (1102, (IAM, &["admin", "change"], "audit-log-cleared")),
    (1104, (IAM, &["admin"], "logging-full")),
    (1105, (IAM, &["admin"], "auditlog-archieved")),
    (1108, (IAM, &["admin"], "logging-processing-error")),
    (
        4610,
        (CONFIGURATION, &["access"], "authentication-package-loaded"),
    ),
    (
        4611,
        (
            CONFIGURATION,
            &["change"],
            "trusted-logon-process-registered",
        ),
    ),
    (
        4614,
        (CONFIGURATION, &["access"], "notification-package-loaded"),
    ),
    (4616, (CONFIGURATION, &["change"], "system-time-changed")),
    (
        4622,
        (CONFIGURATION, &["access"], "security-package-loaded"),
    ),
    (4624, (AUTHENTICATION, &["start"], "logged-in")),
    (4625, (AUTHENTICATION, &["start"], "logon-failed")),
    (4627, (IAM, &["info"], "group-membership-info")),
    (4634, (AUTHENTICATION, &["end"], "logged-out")),
    (4647, (AUTHENTICATION, &["end"], "logged-out")),
    (4648, (AUTHENTICATION, &["start"], "logged-in-explicit")),
    (4657, (REGISTRY, &["change"], "registry-value-modified")),
    (
        4658,
        (IAM_CONFIGURATION, &["change"], "handle-closed-object"),
    ),
    (
        4659,
        (
            IAM_CONFIGURATION,
            &["change"],
            "object-was-requested-with-intent-to-delete",
        ),
    ),
    (4660, (FILE_REGISTRY, &["deletion"], "object-deleted")),
    (
        4662,
        (
            IAM_CONFIGURATION,
            &["admin", "change"],
            "object-operation-performed",
        ),
    ),
    (4664, (FILE, &["creation"], "create-hard-link")),
    (
        4670,
        (
            IAM_CONFIGURATION,
            &["admin", "change"],
            "permissions-changed",
        ),
    ),
    (4672, (IAM, &["admin"], "logged-in-special")),
    (4673, (IAM, &["admin"], "privileged-service-called")),
    (4674, (IAM, &["admin"], "privileged-operation")),
    (4675, (AUTHENTICATION, &["info"], "sids-filtered")),
    (4688, (PROCESS, &["start"], "created-process")),
    (4689, (PROCESS, &["end"], "exited-process")),
    (4690, (PROCESS, &["access"], "duplicate-handle-attempt")),
    (
        4691,
        (PROCESS, &["access"], "indirect-object-access-requested"),
    ),
    (
        4692,
        (
            CONFIGURATION,
            &["access"],
            "dpapi-master-key-backup-attempted",
        ),
    ),
    (
        4695,
        (
            CONFIGURATION,
            &["access"],
            "auditable-data-unprotection-attempted",
        ),
    ),
    (
        4697,
        (IAM_CONFIGURATION, &["admin", "change"], "service-installed"),
    ),
    (
        4698,
        (
            IAM_CONFIGURATION,
            &["creation", "admin"],
            "scheduled-task-created",
        ),
    ),
    (
        4699,
        (
            IAM_CONFIGURATION,
            &["deletion", "admin"],
            "scheduled-task-deleted",
        ),
    ),
    (
        4700,
        (
            IAM_CONFIGURATION,
            &["change", "admin"],
            "scheduled-task-enabled",
        ),
    ),
    (
        4701,
        (
            IAM_CONFIGURATION,
            &["change", "admin"],
            "scheduled-task-disabled",
        ),
    ),
    (
        4702,
        (
            IAM_CONFIGURATION,
            &["change", "admin"],
            "scheduled-task-updated",
        ),
    ),
    (4704, (IAM, &["change", "user"], "user-right-assigned")),
    (4705, (IAM, &["change", "user"], "user-right-removed")),
    (4706, (CONFIGURATION, &["creation"], "domain-trust-added")),
    (4707, (CONFIGURATION, &["deletion"], "domain-trust-removed")),
    (
        4713,
        (CONFIGURATION, &["change"], "kerberos-policy-changed"),
    ),
    (
        4714,
        (
            CONFIGURATION,
            &["change"],
            "encrypted-data-recovery-policy-changed",
        ),
    ),
    (
        4715,
        (CONFIGURATION, &["change"], "object-audit-policy-changed"),
    ),
    (
        4716,
        (
            CONFIGURATION,
            &["change"],
            "trusted-domain-information-changed",
        ),
    ),
    (
        4717,
        (
            IAM_CONFIGURATION,
            &["admin", "change"],
            "system-security-access-granted",
        ),
    ),
    (
        4718,
        (
            IAM_CONFIGURATION,
            &["admin", "deletion"],
            "system-security-access-removed",
        ),
    ),
    (
        4719,
        (
            IAM_CONFIGURATION,
            &["admin", "change"],
            "changed-audit-config",
        ),
    ),
    (4720, (IAM, &["user", "creation"], "added-user-account")),
    (4722, (IAM, &["user", "change"], "enabled-user-account")),
    (4723, (IAM, &["user", "change"], "changed-password")),
    (4724, (IAM, &["user", "change"], "reset-password")),
    (4725, (IAM, &["user", "deletion"], "disabled-user-account")),
    (4726, (IAM, &["user", "deletion"], "deleted-user-account")),
    (4727, (IAM, &["group", "creation"], "added-group-account")),
    (4728, (IAM, &["group", "change"], "added-member-to-group")),
    (
        4729,
        (IAM, &["group", "change"], "removed-member-from-group"),
    ),
    (4730, (IAM, &["group", "deletion"], "deleted-group-account")),
    (4731, (IAM, &["group", "creation"], "added-group-account")),
    (4732, (IAM, &["group", "change"], "added-member-to-group")),
    (
        4733,
        (IAM, &["group", "change"], "removed-member-from-group"),
    ),
    (4734, (IAM, &["group", "deletion"], "deleted-group-account")),
    (4735, (IAM, &["group", "change"], "modified-group-account")),
    (4737, (IAM, &["group", "change"], "modified-group-account")),
    (4738, (IAM, &["user", "change"], "modified-user-account")),
    (4739, (CONFIGURATION, &["change"], "domain-policy-changed")),
    (4740, (IAM, &["user", "change"], "locked-out-user-account")),
    (
        4741,
        (IAM, &["creation", "admin"], "added-computer-account"),
    ),
    (
        4742,
        (IAM, &["change", "admin"], "changed-computer-account"),
    ),
    (
        4743,
        (IAM, &["deletion", "admin"], "deleted-computer-account"),
    ),
    (
        4744,
        (
            IAM,
            &["group", "creation"],
            "added-distribution-group-account",
        ),
    ),
    (
        4745,
        (
            IAM,
            &["group", "change"],
            "changed-distribution-group-account",
        ),
    ),
    (
        4746,
        (
            IAM,
            &["group", "change"],
            "added-member-to-distribution-group",
        ),
    ),
    (
        4747,
        (
            IAM,
            &["group", "change"],
            "removed-member-from-distribution-group",
        ),
    ),
    (
        4748,
        (
            IAM,
            &["group", "deletion"],
            "deleted-distribution-group-account",
        ),
    ),
    (
        4749,
        (
            IAM,
            &["group", "creation"],
            "added-distribution-group-account",
        ),
    ),
    (
        4750,
        (
            IAM,
            &["group", "change"],
            "changed-distribution-group-account",
        ),
    ),
    (
        4751,
        (
            IAM,
            &["group", "change"],
            "added-member-to-distribution-group",
        ),
    ),
    (
        4752,
        (
            IAM,
            &["group", "change"],
            "removed-member-from-distribution-group",
        ),
    ),
    (
        4753,
        (
            IAM,
            &["group", "deletion"],
            "deleted-distribution-group-account",
        ),
    ),
    (4754, (IAM, &["group", "creation"], "added-group-account")),
    (4755, (IAM, &["group", "change"], "modified-group-account")),
    (4756, (IAM, &["group", "change"], "added-member-to-group")),
    (
        4757,
        (IAM, &["group", "change"], "removed-member-from-group"),
    ),
    (4758, (IAM, &["group", "deletion"], "deleted-group-account")),
    (
        4759,
        (
            IAM,
            &["group", "creation"],
            "added-distribution-group-account",
        ),
    ),
    (
        4760,
        (
            IAM,
            &["group", "change"],
            "changed-distribution-group-account",
        ),
    ),
    (
        4761,
        (
            IAM,
            &["group", "change"],
            "added-member-to-distribution-group",
        ),
    ),
    (
        4762,
        (
            IAM,
            &["group", "change"],
            "removed-member-from-distribution-group",
        ),
    ),
    (
        4763,
        (
            IAM,
            &["group", "deletion"],
            "deleted-distribution-group-account",
        ),
    ),
    (
        4764,
        (IAM, &["group", "change"], "type-changed-group-account"),
    ),
    (4767, (IAM, &["user", "change"], "unlocked-user-account")),
    (
        4768,
        (
            AUTHENTICATION,
            &["start"],
            "kerberos-authentication-ticket-requested",
        ),
    ),
    (
        4769,
        (
            AUTHENTICATION,
            &["start"],
            "kerberos-service-ticket-requested",
        ),
    ),
    (
        4770,
        (
            AUTHENTICATION,
            &["start"],
            "kerberos-service-ticket-renewed",
        ),
    ),
    (
        4771,
        (AUTHENTICATION, &["start"], "kerberos-preauth-failed"),
    ),
    (4776, (AUTHENTICATION, &["start"], "credential-validated")),
    (4778, (SESSION, &["start"], "session-reconnected")),
    (4779, (SESSION, &["end"], "session-disconnected")),
    (4781, (IAM, &["user", "change"], "renamed-user-account")),
    (
        4793,
        (API, &["info"], "password-policy-checking-api-called"),
    ),
    (
        4797,
        (IAM, &["user", "info"], "query-existence-of-blank-password"),
    ),
    (
        4798,
        (IAM, &["user", "info"], "group-membership-enumerated"),
    ),
    (4799, (IAM, &["group", "info"], "user-member-enumerated")),
    (4800, (AUTHENTICATION, &["info"], "workstation-locked")),
    (4801, (AUTHENTICATION, &["info"], "workstation-unlocked")),
    (4802, (PROCESS_SESSION, &["info"], "screen-saver-invoked")),
    (4803, (PROCESS_SESSION, &["info"], "screen-saver-dismissed")),
    (
        4817,
        (
            IAM_CONFIGURATION,
            &["admin", "change"],
            "object-audit-changed",
        ),
    ),
    (
        4902,
        (
            IAM_CONFIGURATION,
            &["admin", "creation"],
            "user-audit-policy-created",
        ),
    ),
    (
        4904,
        (
            IAM_CONFIGURATION,
            &["admin", "change"],
            "security-event-source-added",
        ),
    ),
    (
        4905,
        (
            IAM_CONFIGURATION,
            &["admin", "deletion"],
            "security-event-source-removed",
        ),
    ),
    (
        4906,
        (
            IAM_CONFIGURATION,
            &["admin", "change"],
            "crash-on-audit-changed",
        ),
    ),
    (
        4907,
        (
            IAM_CONFIGURATION,
            &["admin", "change"],
            "audit-setting-changed",
        ),
    ),
    (
        4908,
        (
            IAM_CONFIGURATION,
            &["admin", "change"],
            "special-group-table-changed",
        ),
    ),
    (
        4912,
        (
            IAM_CONFIGURATION,
            &["admin", "change"],
            "per-user-audit-policy-changed",
        ),
    ),
    (
        4932,
        (
            IAM,
            &["info"],
            "synchronization-of-replica-of-active-directory-naming-context-begun",
        ),
    ),
    (
        4933,
        (
            IAM,
            &["info"],
            "synchronization-of-replica-of-active-directory-naming-context-ended",
        ),
    ),
    (
        4945,
        (
            CONFIGURATION,
            &["info"],
            "rule-listed-when-windows-firewall-started",
        ),
    ),
    (
        4946,
        (
            CONFIGURATION,
            &["creation"],
            "added-rule-to-windows-firewall-exception-list",
        ),
    ),
    (
        4948,
        (
            CONFIGURATION,
            &["deletion"],
            "deleted-rule-from-windows-firewall-exception-list",
        ),
    ),
    (
        4950,
        (
            CONFIGURATION,
            &["change"],
            "windows-firewall-setting-changed",
        ),
    ),
    (
        4953,
        (
            CONFIGURATION,
            &["info"],
            "ignored-rule-by-windows-firewall-because-it-could-not-parse-rule",
        ),
    ),
    (
        4954,
        (
            CONFIGURATION,
            &["change"],
            "windows-firewall-group-policy-changed",
        ),
    ),
    (
        4957,
        (
            CONFIGURATION,
            &["info"],
            "windows-firewall-did-not-apply-following-rule",
        ),
    ),
    (4964, (IAM, &["admin", "group"], "logged-in-special")),
    (
        4985,
        (
            CONFIGURATION,
            &["change"],
            "state-of-transaction-has-changed",
        ),
    ),
    (
        5024,
        (PROCESS, &["start"], "windows-firewall-service-started"),
    ),
    (
        5025,
        (PROCESS, &["end"], "windows-firewall-service-stopped"),
    ),
    (
        5033,
        (DRIVER, &["start"], "windows-firewall-driver-started"),
    ),
    (5034, (DRIVER, &["end"], "windows-firewall-driver-stopped")),
    (5037, (DRIVER, &["end"], "windows-firewall-driver-error")),
    (
        5038,
        (
            FILE,
            &["access"],
            "code-integrity-determined-that-image-hash-of-file-is-not-valid",
        ),
    ),
    (5058, (FILE, &["change"], "key-file-operation")),
    (5059, (FILE, &["change"], "key-migration-operation")),
    (5061, (FILE, &["access"], "cryptographic-operation")),
    (
        5136,
        (
            IAM_CONFIGURATION,
            &["admin", "change"],
            "directory-service-object-modified",
        ),
    ),
    (
        5137,
        (
            IAM_CONFIGURATION,
            &["admin", "creation"],
            "directory-service-object-created",
        ),
    ),
    (
        5140,
        (SHARE, &["info", "access"], "network-share-object-accessed"),
    ),
    (
        5141,
        (
            IAM_CONFIGURATION,
            &["admin", "deletion"],
            "directory-service-object-deleted",
        ),
    ),
    (
        5142,
        (SHARE, &["info", "creation"], "network-share-object-added"),
    ),
    (
        5145,
        (
            SHARE,
            &["info", "access"],
            "network-share-object-access-checked",
        ),
    ),
    (
        5152,
        (
            NETWORK,
            &["connection", "info", "denied"],
            "windows-firewall-packet-drop",
        ),
    ),
    (
        5156,
        (
            NETWORK,
            &["connection", "info", "allowed"],
            "windows-firewall-connection",
        ),
    ),
    (
        5157,
        (
            NETWORK,
            &["connection", "info", "denied"],
            "windows-firewall-packet-block",
        ),
    ),
    (
        5158,
        (NETWORK, &["info"], "windows-firewall-bind-local-port"),
    ),
    (
        5379,
        (
            IAM,
            &["user", "info"],
            "credential-manager-credentials-were-read",
        ),
    ),
    (5380, (IAM, &["user", "info"], "vault-credential-find")),
    (
        5381,
        (IAM, &["user", "info"], "vault-credentials-were-read"),
    ),
    (
        5382,
        (IAM, &["user", "info"], "vault-credentials-were-read"),
    ),
    (
        6144,
        (
            CONFIGURATION,
            &["info"],
            "security-policy-in-group-policy-objects-applied-successfully",
        ),
    ),
    (
        6145,
        (
            CONFIGURATION,
            &["change"],
            "one-or-more-errors-occured-while-processing-security-policy-in-group-policy-objects",
        ),
    ),
    (
        6416,
        (
            PROCESS,
            &["info"],
            "new-external-device-recognized-by-system",
        ),
    ),
    (
        6419,
        (
            CONFIGURATION,
            &["change"],
            "request-was-made-to-disable-device",
        ),
    ),
    (6420, (PROCESS, &["change", "end"], "device-was-disabled")),
    (
        6421,
        (
            CONFIGURATION,
            &["change"],
            "request-was-made-to-enable-device",
        ),
    ),
    (6422, (PROCESS, &["change", "end"], "device-was-enabled")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_so_that_every_event_is_found() {
        assert!(EVENTS.is_sorted_by_key(|(id, _)| *id));
        for (id, found) in EVENTS {
            assert_eq!(class(*id), Some(*found));
        }
        assert_eq!(class(4663), None);
        assert!(INTEGRATION_ONLY.iter().all(|id| class(*id).is_some()));
    }
}
