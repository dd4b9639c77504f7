//! What the Security pipeline says in words of the codes in an event: flags of accounts and
//! tickets, statuses, rights, subcategories of the audit policy. Called by the Security pipeline.
//!
//! A list of codes is described only where each of them has words here (see `security_messages`).

use super::Shipper;
use super::document::Document;
use super::security_events::PRIVILEGES;
use super::security_messages::{message, subcategory};
use crate::import::windows::{Data, number};

/// Adds the words, most of them beside the codes in the event data.
pub(super) fn describe(id: u32, shipper: Shipper, data: &mut Data, document: &mut Document) {
    logon_type(data, document);
    account_control(data);
    ticket(id, shipper, data);
    service(data, document);
    audit(data);
    failure(id, data, document);
    rights(data);
    filtering(data);
    trust(data, document);
    result(id, data);
    if PRIVILEGES.contains(&id) {
        let list = data.get("PrivilegeList").map(|list| {
            let words = list.split_whitespace();
            words.map(str::to_owned).collect::<Vec<_>>()
        });
        if let Some(list) = list {
            data.set("PrivilegeList", list);
        }
    }
}

/// Whether an operation on a key went well, by its status.
fn result(id: u32, data: &mut Data) {
    let (status, outcome) = match id {
        4692 | 4695 => ("FailureReasons", "FailureReasonsOutcome"),
        5058 | 5059 | 5061 => ("ReturnCode", "ReturnCodeOutcome"),
        _ => return,
    };
    let words = match data.get(status) {
        Some("0x0") => "Success",
        Some(_) => "Failure",
        None => return,
    };
    data.set(outcome, words);
}

fn logon_type(data: &Data, document: &mut Document) {
    let kind = data.get("LogonType").and_then(|kind| {
        Some(match kind {
            "2" => "Interactive",
            "3" => "Network",
            "4" => "Batch",
            "5" => "Service",
            "7" => "Unlock",
            "8" => "NetworkCleartext",
            "9" => "NewCredentials",
            "10" => "RemoteInteractive",
            "11" => "CachedInteractive",
            _ => return None,
        })
    });
    document.put_some("winlog.logon.type", kind);
}

/// From the lowest bit.
const ACCOUNT_FLAGS: &[&str] = &[
    "USER_ACCOUNT_DISABLED",
    "USER_HOME_DIRECTORY_REQUIRED",
    "USER_PASSWORD_NOT_REQUIRED",
    "USER_TEMP_DUPLICATE_ACCOUNT",
    "USER_NORMAL_ACCOUNT",
    "USER_MNS_LOGON_ACCOUNT",
    "USER_INTERDOMAIN_TRUST_ACCOUNT",
    "USER_WORKSTATION_TRUST_ACCOUNT",
    "USER_SERVER_TRUST_ACCOUNT",
    "USER_DONT_EXPIRE_PASSWORD",
    "USER_ACCOUNT_AUTO_LOCKED",
    "USER_ENCRYPTED_TEXT_PASSWORD_ALLOWED",
    "USER_SMARTCARD_REQUIRED",
    "USER_TRUSTED_FOR_DELEGATION",
    "USER_NOT_DELEGATED",
    "USER_USE_DES_KEY_ONLY",
    "USER_DONT_REQUIRE_PREAUTH",
    "USER_PASSWORD_EXPIRED",
    "USER_TRUSTED_TO_AUTHENTICATE_FOR_DELEGATION",
    "USER_NO_AUTH_DATA_REQUIRED",
    "USER_PARTIAL_SECRETS_ACCOUNT",
    "USER_USE_AES_KEYS",
];

fn account_control(data: &mut Data) {
    let Some(bits) = data.get("NewUacValue").and_then(number) else {
        return;
    };
    let flags = ACCOUNT_FLAGS.iter().enumerate();
    let set: Vec<&str> = flags
        .filter(|(bit, _)| bits & (1 << bit) != 0)
        .map(|(_, name)| *name)
        .collect();
    if set.is_empty() {
        return;
    }
    data.set("NewUACList", set);
    let changes = data.get("UserAccountControl").filter(|text| *text != "-");
    let changes = changes.map(|text| {
        let codes = text.lines().map(|code| code.replace("%%", ""));
        let codes = codes.map(|code| code.trim().to_owned());
        codes.filter(|code| !code.is_empty()).collect::<Vec<_>>()
    });
    if let Some(changes) = changes {
        data.set("UserAccountControl", changes);
    }
}

const TICKET_OPTIONS: &[(u64, &str)] = &[
    (0x4000_0000, "Forwardable"),
    (0x2000_0000, "Forwarded"),
    (0x1000_0000, "Proxiable"),
    (0x0800_0000, "Proxy"),
    (0x0400_0000, "Allow-postdate"),
    (0x0200_0000, "Postdated"),
    (0x0100_0000, "Invalid"),
    (0x0080_0000, "Renewable"),
    (0x0040_0000, "Initial"),
    (0x0020_0000, "Pre-authent"),
    (0x0010_0000, "Opt-hardware-auth"),
    (0x0008_0000, "Transited-policy-checked"),
    (0x0004_0000, "Ok-as-delegate"),
    (0x0002_0000, "Request-anonymous"),
    (0x0001_0000, "Name-canonicalize"),
    (0x0000_0020, "Disable-transited-check"),
    (0x0000_0010, "Renewable-ok"),
    (0x0000_0008, "Enc-tkt-in-skey"),
    (0x0000_0002, "Renew"),
    (0x0000_0001, "Validate"),
];

fn ticket(id: u32, shipper: Shipper, data: &mut Data) {
    if let Some(bits) = data.get("TicketOptions").and_then(number) {
        let set = TICKET_OPTIONS.iter().filter(|(bit, _)| bits & bit != 0);
        let set: Vec<&str> = set.map(|(_, name)| *name).collect();
        if !set.is_empty() {
            data.set("TicketOptionsDescription", set);
        }
    }
    let encryption = data.get("TicketEncryptionType").and_then(|kind| {
        Some(match kind.to_lowercase().as_str() {
            "0x1" => "DES-CBC-CRC",
            "0x3" => "DES-CBC-MD5",
            "0x11" => "AES128-CTS-HMAC-SHA1-96",
            "0x12" => "AES256-CTS-HMAC-SHA1-96",
            "0x17" => "RC4-HMAC",
            "0x18" => "RC4-HMAC-EXP",
            "0xffffffff" => "FAIL",
            _ => return None,
        })
    });
    if let Some(encryption) = encryption {
        data.set("TicketEncryptionTypeDescription", encryption);
    }
    let status = data
        .get("Status")
        .filter(|_| matches!(id, 4768..=4771 | 4793))
        .and_then(|status| ticket_status(status, shipper));
    if let Some(status) = status {
        data.set("StatusDescription", status);
    }
}

/// The integration finds a status only as its table writes it: with upper-case digits.
fn ticket_status(status: &str, shipper: Shipper) -> Option<&'static str> {
    let digits = status.strip_prefix("0x")?;
    let lower = digits.bytes().any(|byte| byte.is_ascii_lowercase());
    if lower && shipper == Shipper::Integration {
        return None;
    }
    Some(match u32::from_str_radix(digits, 16).ok()? {
        0x00 => "KDC_ERR_NONE",
        0x01 => "KDC_ERR_NAME_EXP",
        0x02 => "KDC_ERR_SERVICE_EXP",
        0x03 => "KDC_ERR_BAD_PVNO",
        0x04 => "KDC_ERR_C_OLD_MAST_KVNO",
        0x05 => "KDC_ERR_S_OLD_MAST_KVNO",
        0x06 => "KDC_ERR_C_PRINCIPAL_UNKNOWN",
        0x07 => "KDC_ERR_S_PRINCIPAL_UNKNOWN",
        0x08 => "KDC_ERR_PRINCIPAL_NOT_UNIQUE",
        0x09 => "KDC_ERR_NULL_KEY",
        0x0a => "KDC_ERR_CANNOT_POSTDATE",
        0x0b => "KDC_ERR_NEVER_VALID",
        0x0c => "KDC_ERR_POLICY",
        0x0d => "KDC_ERR_BADOPTION",
        0x0e => "KDC_ERR_ETYPE_NOTSUPP",
        0x0f => "KDC_ERR_SUMTYPE_NOSUPP",
        0x10 => "KDC_ERR_PADATA_TYPE_NOSUPP",
        0x11 => "KDC_ERR_TRTYPE_NO_SUPP",
        0x12 => "KDC_ERR_CLIENT_REVOKED",
        0x13 => "KDC_ERR_SERVICE_REVOKED",
        0x14 => "KDC_ERR_TGT_REVOKED",
        0x15 => "KDC_ERR_CLIENT_NOTYET",
        0x16 => "KDC_ERR_SERVICE_NOTYET",
        0x17 => "KDC_ERR_KEY_EXPIRED",
        0x18 => "KDC_ERR_PREAUTH_FAILED",
        0x19 => "KDC_ERR_PREAUTH_REQUIRED",
        0x1a => "KDC_ERR_SERVER_NOMATCH",
        0x1b => "KDC_ERR_MUST_USE_USER2USER",
        0x1f => "KRB_AP_ERR_BAD_INTEGRITY",
        0x20 => "KRB_AP_ERR_TKT_EXPIRED",
        0x21 => "KRB_AP_ERR_TKT_NYV",
        0x22 => "KRB_AP_ERR_REPEAT",
        0x23 => "KRB_AP_ERR_NOT_US",
        0x24 => "KRB_AP_ERR_BADMATCH",
        0x25 => "KRB_AP_ERR_SKEW",
        0x26 => "KRB_AP_ERR_BADADDR",
        0x27 => "KRB_AP_ERR_BADVERSION",
        0x28 => "KRB_AP_ERR_MSG_TYPE",
        0x29 => "KRB_AP_ERR_MODIFIED",
        0x2a => "KRB_AP_ERR_BADORDER",
        0x2c => "KRB_AP_ERR_BADKEYVER",
        0x2d => "KRB_AP_ERR_NOKEY",
        0x2e => "KRB_AP_ERR_MUT_FAIL",
        0x2f => "KRB_AP_ERR_BADDIRECTION",
        0x30 => "KRB_AP_ERR_METHOD",
        0x31 => "KRB_AP_ERR_BADSEQ",
        0x32 => "KRB_AP_ERR_INAPP_CKSUM",
        0x33 => "KRB_AP_PATH_NOT_ACCEPTED",
        0x34 => "KRB_ERR_RESPONSE_TOO_BIG",
        0x3c => "KRB_ERR_GENERIC",
        0x3d => "KRB_ERR_FIELD_TOOLONG",
        0x3e => "KDC_ERR_CLIENT_NOT_TRUSTED",
        0x3f => "KDC_ERR_KDC_NOT_TRUSTED",
        0x40 => "KDC_ERR_INVALID_SIG",
        0x41 => "KDC_ERR_KEY_TOO_WEAK",
        0x42 => "KRB_AP_ERR_USER_TO_USER_REQUIRED",
        0x43 => "KRB_AP_ERR_NO_TGT",
        0x44 => "KDC_ERR_WRONG_REALM",
        _ => return None,
    })
}

fn service(data: &Data, document: &mut Document) {
    document.copy(data, "ServiceName", "service.name");
    let kind = data.get("ServiceType").and_then(|kind| {
        Some(match kind {
            "0x1" => "Kernel Driver",
            "0x2" => "File System Driver",
            "0x8" => "Recognizer Driver",
            "0x10" => "Win32 Own Process",
            "0x20" => "Win32 Share Process",
            "0x110" => "Interactive Own Process",
            "0x120" => "Interactive Share Process",
            _ => return None,
        })
    });
    document.put_some("service.type", kind);
}

fn audit(data: &mut Data) {
    let found = data.get("SubcategoryGuid").and_then(subcategory);
    if let Some((subcategory, category)) = found {
        data.set("Category", category);
        data.set("SubCategory", subcategory);
    }
    let changes = data
        .get("AuditPolicyChanges")
        .and_then(|changes| described(changes.split(',')));
    if let Some(changes) = changes {
        data.set("AuditPolicyChangesDescription", changes);
    }
}

/// The words of every code; `None` where one has none here.
fn described<'a>(codes: impl Iterator<Item = &'a str>) -> Option<Vec<&'static str>> {
    codes.map(|code| message(bare(code))).collect()
}

/// A code without the signs that stand before it.
fn bare(code: &str) -> &str {
    code.trim().trim_start_matches("%%")
}

fn failure(id: u32, data: &Data, document: &mut Document) {
    if let Some(reason) = data.get("FailureReason").map(bare) {
        let words = message(reason).unwrap_or(reason);
        document.put("winlog.logon.failure.reason", words);
    }
    let status = data
        .get("Status")
        .filter(|_| matches!(id, 4625 | 4776 | 4793));
    if let Some(status) = status {
        document.put_some("winlog.logon.failure.status", status_words(status));
        let sub_status = data.get("SubStatus").and_then(status_words);
        document.put_some("winlog.logon.failure.sub_status", sub_status);
    }
}

/// Found only as Windows writes them, with lower-case digits.
fn status_words(status: &str) -> Option<&'static str> {
    Some(match status {
        "0xc000005e" => {
            "There are currently no logon servers available to service the logon request."
        }
        "0xc0000064" => "User logon with misspelled or bad user account",
        "0xc000006a" => "User logon with misspelled or bad password",
        "0xc000006d" => "This is either due to a bad username or authentication information",
        "0xc000006e" => "Unknown user name or bad password.",
        "0xc000006f" => "User logon outside authorized hours",
        "0xc0000070" => "User logon from unauthorized workstation",
        "0xc0000071" => "User logon with expired password",
        "0xc0000072" => "User logon to account disabled by administrator",
        "0xc00000dc" => {
            "Indicates the Sam Server was in the wrong state to perform the desired operation."
        }
        "0xc0000133" => "Clocks between DC and other computer too far out of sync",
        "0xc000015b" => {
            "The user has not been granted the requested logon type (aka logon right) at this machine"
        }
        "0xc000018c" => {
            "The logon request failed because the trust relationship between the primary domain \
             and the trusted domain failed."
        }
        "0xc0000192" => "An attempt was made to logon, but the Netlogon service was not started.",
        "0xc0000193" => "User logon with expired account",
        "0xc0000224" => "User is required to change password at next logon",
        "0xc0000225" => "Evidently a bug in Windows and not a risk",
        "0xc0000234" => "User logon with account locked",
        "0xc00002ee" => "Failure Reason: An Error occurred during Logon",
        "0xc0000371" => {
            "The local account store does not contain secret material for the specified account"
        }
        "0xc0000413" => {
            "Logon Failure: The machine you are logging onto is protected by an authentication \
             firewall. The specified account is not allowed to authenticate to the machine."
        }
        "0x0" => "Status OK.",
        _ => return None,
    })
}

/// The rights of an access mask, as the directory names them.
const RIGHTS: &[(u64, &str)] = &[
    (0x0000_0001, "Create Child"),
    (0x0000_0002, "Delete Child"),
    (0x0000_0004, "List Contents"),
    (0x0000_0008, "SELF"),
    (0x0000_0010, "Read Property"),
    (0x0000_0020, "Write Property"),
    (0x0000_0040, "Delete Treee"),
    (0x0000_0080, "List Object"),
    (0x0000_0100, "Control Access"),
    (0x0001_0000, "DELETE"),
    (0x0002_0000, "READ_CONTROL"),
    (0x0004_0000, "WRITE_DAC"),
    (0x0008_0000, "WRITE_OWNER"),
    (0x0010_0000, "SYNCHRONIZE"),
    (0x0100_0000, "ADS_RIGHT_ACCESS_SYSTEM_SECURITY"),
    (0x1000_0000, "ADS_RIGHT_GENERIC_ALL"),
    (0x2000_0000, "ADS_RIGHT_GENERIC_EXECUTE"),
    (0x4000_0000, "ADS_RIGHT_GENERIC_WRITE"),
    (0x8000_0000, "ADS_RIGHT_GENERIC_READ"),
];

fn rights(data: &mut Data) {
    let codes = |text: &str| -> Vec<String> {
        text.split_whitespace()
            .map(|code| bare(code).to_owned())
            .collect()
    };
    if let Some(list) = data.get("AccessList").map(codes) {
        let words = described(list.iter().map(String::as_str));
        data.set("AccessList", list);
        if let Some(words) = words {
            data.set("AccessListDescription", words);
        }
    }
    let Some(mask) = data.get("AccessMask").map(codes) else {
        return;
    };
    let bits = mask.iter().filter_map(|code| number(code));
    let bits = bits.fold(0, |all, bits| all | bits);
    let words = mask
        .iter()
        .map(|code| message(code).map_or(code.clone(), str::to_owned));
    let words: Vec<String> = words.collect();
    data.set("AccessMask", words);
    let set = RIGHTS.iter().filter(|(bit, _)| bits & bit != 0);
    let set: Vec<&str> = set.map(|(_, name)| *name).collect();
    if !set.is_empty() {
        data.set("AccessMaskDescription", set);
    }
}

fn filtering(data: &mut Data) {
    let words = data.get("Direction").and_then(|code| message(bare(code)));
    if let Some(words) = words {
        data.set("DirectionDescription", words);
    }
    let words = data.get("LayerName").and_then(|code| message(bare(code)));
    if let Some(words) = words {
        data.set("LayerNameDescription", words);
    }
}

fn trust(data: &Data, document: &mut Document) {
    let kind = data.get("TdoType").and_then(|kind| {
        Some(match kind {
            "1" => "TRUST_TYPE_DOWNLEVEL",
            "2" => "TRUST_TYPE_UPLEVEL",
            "3" => "TRUST_TYPE_MIT",
            "4" => "TRUST_TYPE_DCE",
            _ => return None,
        })
    });
    document.put_some("winlog.trustType", kind);
    let direction = data.get("TdoDirection").and_then(|direction| {
        Some(match direction {
            "0" => "TRUST_DIRECTION_DISABLED",
            "1" => "TRUST_DIRECTION_INBOUND",
            "2" => "TRUST_DIRECTION_OUTBOUND",
            "3" => "TRUST_DIRECTION_BIDIRECTIONAL",
            _ => return None,
        })
    });
    document.put_some("winlog.trustDirection", direction);
    let attribute = data.get("TdoAttributes").and_then(|attribute| {
        Some(match attribute {
            "0" => "UNDEFINED",
            "1" => "TRUST_ATTRIBUTE_NON_TRANSITIVE",
            "2" => "TRUST_ATTRIBUTE_UPLEVEL_ONLY",
            "4" => "TRUST_ATTRIBUTE_QUARANTINED_DOMAIN",
            "8" => "TRUST_ATTRIBUTE_FOREST_TRANSITIVE",
            "16" => "TRUST_ATTRIBUTE_CROSS_ORGANIZATION",
            "32" => "TRUST_ATTRIBUTE_WITHIN_FOREST",
            "64" => "TRUST_ATTRIBUTE_TREAT_AS_EXTERNAL",
            "128" => "TRUST_ATTRIBUTE_USES_RC4_ENCRYPTION",
            "512" => "TRUST_ATTRIBUTE_CROSS_ORGANIZATION_NO_TGT_DELEGATION",
            "1024" => "TRUST_ATTRIBUTE_PIM_TRUST",
            _ => return None,
        })
    });
    document.put_some("winlog.trustAttribute", attribute);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_as_each_shipper_writes_it() {
        let status = |text, shipper| ticket_status(text, shipper);
        assert_eq!(
            status("0x1B", Shipper::Integration),
            Some("KDC_ERR_MUST_USE_USER2USER")
        );
        assert_eq!(status("0x1b", Shipper::Integration), None);
        assert_eq!(
            status("0x1b", Shipper::Winlogbeat),
            Some("KDC_ERR_MUST_USE_USER2USER")
        );
    }

    #[test]
    fn a_list_with_an_unknown_code_is_not_described() {
        assert_eq!(
            described("%%1537 %%4432".split(' ')),
            Some(vec!["DELETE", "Query key value"])
        );
        assert_eq!(described("%%1537 %%9".split(' ')), None);
    }
}
