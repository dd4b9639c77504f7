//! The events of the Security log that its pipeline knows: class, and whom `Target…` names. Called
//! by the Security pipeline. An event that is absent here (5156, handles, objects) reaches the
//! index with its header, its user and its event data only.

use super::Class;

/// What is known of an event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    id: u32,
    pub(super) class: Class,
    pub(super) target: Target,
}

/// Whom `TargetUserName` and its kin name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// Nobody.
    None,
    /// The one who acts: `user`.
    User,
    /// On whose behalf the subject acts: `user.effective`.
    Effective,
    /// Whose account is changed: `user.target`.
    Managed,
}

/// Finds an event.
pub(super) fn find(id: u32) -> Option<&'static Known> {
    let index = EVENTS.binary_search_by_key(&id, |known| known.id).ok()?;
    EVENTS.get(index)
}

const AUTHENTICATION: &[&str] = &["authentication"];
const CONFIGURATION: &[&str] = &["configuration"];
const IAM: &[&str] = &["iam"];
const IAM_CONFIGURATION: &[&str] = &["iam", "configuration"];
const PROCESS: &[&str] = &["process"];
const SHARE: &[&str] = &["network", "file"];

const fn known(
    id: u32,
    categories: &'static [&'static str],
    types: &'static [&'static str],
    action: &'static str,
    target: Target,
) -> Known {
    Known {
        id,
        class: (categories, types, action),
        target,
    }
}

const fn user_management(id: u32, types: &'static [&'static str], action: &'static str) -> Known {
    known(id, IAM, types, action, Target::Managed)
}

const fn group(id: u32, types: &'static [&'static str], action: &'static str) -> Known {
    known(id, IAM, types, action, Target::None)
}

const ADDED: &[&str] = &["user", "creation"];
const CHANGED: &[&str] = &["user", "change"];
const DELETED: &[&str] = &["user", "deletion"];
const GROUP_ADDED: &[&str] = &["group", "creation"];
const GROUP_CHANGED: &[&str] = &["group", "change"];
const GROUP_DELETED: &[&str] = &["group", "deletion"];

/// Ascending by id.
const EVENTS: &[Known] = &[
    known(
        1100,
        PROCESS,
        &["end"],
        "logging-service-shutdown",
        Target::None,
    ),
    known(
        1102,
        IAM,
        &["admin", "change"],
        "audit-log-cleared",
        Target::None,
    ),
    known(1104, IAM, &["admin"], "logging-full", Target::None),
    known(1105, IAM, &["admin"], "auditlog-archived", Target::None),
    known(
        1108,
        IAM,
        &["admin"],
        "logging-processing-error",
        Target::None,
    ),
    known(
        4616,
        CONFIGURATION,
        &["change"],
        "system-time-changed",
        Target::None,
    ),
    known(4624, AUTHENTICATION, &["start"], "logged-in", Target::User),
    known(
        4625,
        AUTHENTICATION,
        &["start"],
        "logon-failed",
        Target::User,
    ),
    known(4634, AUTHENTICATION, &["end"], "logged-out", Target::User),
    known(4647, AUTHENTICATION, &["end"], "logged-out", Target::User),
    known(
        4648,
        AUTHENTICATION,
        &["start"],
        "logged-in-explicit",
        Target::Effective,
    ),
    known(
        4657,
        &["registry", "configuration"],
        &["change"],
        "registry-value-modified",
        Target::None,
    ),
    known(
        4670,
        IAM_CONFIGURATION,
        &["admin", "change"],
        "permissions-changed",
        Target::None,
    ),
    known(4672, IAM, &["admin"], "logged-in-special", Target::None),
    known(
        4673,
        IAM,
        &["admin"],
        "privileged-service-called",
        Target::None,
    ),
    known(4674, IAM, &["admin"], "privileged-operation", Target::None),
    known(
        4688,
        PROCESS,
        &["start"],
        "created-process",
        Target::Effective,
    ),
    known(4689, PROCESS, &["end"], "exited-process", Target::None),
    known(
        4697,
        IAM_CONFIGURATION,
        &["admin", "change"],
        "service-installed",
        Target::None,
    ),
    known(
        4698,
        IAM_CONFIGURATION,
        &["creation", "admin"],
        "scheduled-task-created",
        Target::None,
    ),
    known(
        4699,
        IAM_CONFIGURATION,
        &["deletion", "admin"],
        "scheduled-task-deleted",
        Target::None,
    ),
    known(
        4700,
        IAM_CONFIGURATION,
        &["change", "admin"],
        "scheduled-task-enabled",
        Target::None,
    ),
    known(
        4701,
        IAM_CONFIGURATION,
        &["change", "admin"],
        "scheduled-task-disabled",
        Target::None,
    ),
    known(
        4702,
        IAM_CONFIGURATION,
        &["change", "admin"],
        "scheduled-task-updated",
        Target::None,
    ),
    known(
        4719,
        IAM_CONFIGURATION,
        &["admin", "change"],
        "changed-audit-config",
        Target::None,
    ),
    user_management(4720, ADDED, "added-user-account"),
    user_management(4722, CHANGED, "enabled-user-account"),
    user_management(4723, CHANGED, "changed-password"),
    user_management(4724, CHANGED, "reset-password"),
    user_management(4725, DELETED, "disabled-user-account"),
    user_management(4726, DELETED, "deleted-user-account"),
    group(4727, GROUP_ADDED, "added-group-account"),
    group(4728, GROUP_CHANGED, "added-member-to-group"),
    group(4729, GROUP_CHANGED, "removed-member-from-group"),
    group(4730, GROUP_DELETED, "deleted-group-account"),
    group(4731, GROUP_ADDED, "added-group-account"),
    group(4732, GROUP_CHANGED, "added-member-to-group"),
    group(4733, GROUP_CHANGED, "removed-member-from-group"),
    group(4734, GROUP_DELETED, "deleted-group-account"),
    group(4735, GROUP_CHANGED, "modified-group-account"),
    group(4737, GROUP_CHANGED, "modified-group-account"),
    user_management(4738, CHANGED, "modified-user-account"),
    known(
        4739,
        CONFIGURATION,
        &["change"],
        "changed-domain-policy",
        Target::None,
    ),
    user_management(4740, CHANGED, "locked-out-user-account"),
    known(
        4741,
        IAM,
        &["creation", "admin"],
        "added-computer-account",
        Target::None,
    ),
    known(
        4742,
        IAM,
        &["change", "admin"],
        "changed-computer-account",
        Target::None,
    ),
    known(
        4743,
        IAM,
        &["deletion", "admin"],
        "deleted-computer-account",
        Target::None,
    ),
    group(4754, GROUP_ADDED, "added-group-account"),
    group(4755, GROUP_CHANGED, "modified-group-account"),
    group(4756, GROUP_CHANGED, "added-member-to-group"),
    group(4757, GROUP_CHANGED, "removed-member-from-group"),
    group(4758, GROUP_DELETED, "deleted-group-account"),
    user_management(4767, CHANGED, "unlocked-user-account"),
    known(
        4768,
        AUTHENTICATION,
        &["start"],
        "kerberos-authentication-ticket-requested",
        Target::User,
    ),
    known(
        4769,
        AUTHENTICATION,
        &["start"],
        "kerberos-service-ticket-requested",
        Target::User,
    ),
    known(
        4770,
        AUTHENTICATION,
        &["start"],
        "kerberos-service-ticket-renewed",
        Target::User,
    ),
    known(
        4771,
        AUTHENTICATION,
        &["start"],
        "kerberos-preauth-failed",
        Target::User,
    ),
    known(
        4776,
        AUTHENTICATION,
        &["start"],
        "credential-validated",
        Target::User,
    ),
    user_management(4781, CHANGED, "renamed-user-account"),
    known(
        4798,
        IAM,
        &["user", "info"],
        "group-membership-enumerated",
        Target::Managed,
    ),
    known(
        4799,
        IAM,
        &["group", "info"],
        "user-member-enumerated",
        Target::None,
    ),
    known(
        4964,
        IAM,
        &["admin", "group"],
        "logged-in-special",
        Target::None,
    ),
    known(
        5136,
        CONFIGURATION,
        &["change"],
        "directory-service-object-modified",
        Target::None,
    ),
    known(
        5140,
        SHARE,
        &["info", "access"],
        "network-share-object-accessed",
        Target::None,
    ),
    known(
        5145,
        SHARE,
        &["info", "access"],
        "network-share-object-access-checked",
        Target::None,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_so_that_every_event_is_found() {
        assert!(EVENTS.is_sorted_by_key(|known| known.id));
        for known in EVENTS {
            assert_eq!(find(known.id).map(|found| found.id), Some(known.id));
        }
        assert!(find(5156).is_none());
    }
}
