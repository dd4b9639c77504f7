//! Words for the codes that Windows writes as `%%4416` (the message table of `msobjs.dll`, the
//! parts that events about files, keys, processes, services, the directory, the audit policy,
//! logons and the filtering platform use), and for the subcategories of the audit policy. Called by
//! `security_words` only.

/// The words of a code.
pub(super) fn message(code: &str) -> Option<&'static str> {
    let code: u32 = code.parse().ok()?;
    let found = MESSAGES.binary_search_by_key(&code, |(known, _)| *known);
    found
        .ok()
        .and_then(|index| MESSAGES.get(index))
        .map(|(_, words)| *words)
}

/// Ascending by code.
const MESSAGES: &[(u32, &str)] = &[
    (1537, "DELETE"),
    (1538, "READ_CONTROL"),
    (1539, "WRITE_DAC"),
    (1540, "WRITE_OWNER"),
    (1541, "SYNCHRONIZE"),
    (1542, "ACCESS_SYS_SEC"),
    (1543, "MAX_ALLOWED"),
    (2304, "An Error occured during Logon."),
    (2305, "The specified user account has expired."),
    (2306, "The NetLogon component is not active."),
    (2307, "Account locked out."),
    (
        2308,
        "The user has not been granted the requested logon type at this machine.",
    ),
    (2309, "The specified account's password has expired."),
    (2310, "Account currently disabled."),
    (2311, "Account logon time restriction violation."),
    (2312, "User not allowed to logon at this computer."),
    (2313, "Unknown user name or bad password."),
    (2314, "Domain sid inconsistent."),
    (2315, "Smartcard logon is required and was not used."),
    (4368, "Query directory"),
    (4369, "Traverse"),
    (4370, "Create object in directory"),
    (4371, "Create sub-directory"),
    (4384, "Query event state"),
    (4385, "Modify event state"),
    (4416, "ReadData (or ListDirectory)"),
    (4417, "WriteData (or AddFile)"),
    (
        4418,
        "AppendData (or AddSubdirectory or CreatePipeInstance)",
    ),
    (4419, "ReadEA"),
    (4420, "WriteEA"),
    (4421, "Execute/Traverse"),
    (4422, "DeleteChild"),
    (4423, "ReadAttributes"),
    (4424, "WriteAttributes"),
    (4432, "Query key value"),
    (4433, "Set key value"),
    (4434, "Create sub-key"),
    (4435, "Enumerate sub-keys"),
    (4436, "Notify about changes to keys"),
    (4437, "Create Link"),
    (4448, "Query mutant state"),
    (4464, "Communicate using port"),
    (4480, "Force process termination"),
    (4481, "Create new thread in process"),
    (4482, "Set process session ID"),
    (4483, "Perform virtual memory operation"),
    (4484, "Read from process memory"),
    (4485, "Write to process memory"),
    (4486, "Duplicate handle into or out of process"),
    (4487, "Create a subprocess of process"),
    (4488, "Set process quotas"),
    (4489, "Set process information"),
    (4490, "Query process information"),
    (4491, "Set process termination port"),
    (4496, "Control profile"),
    (4512, "Query section state"),
    (4513, "Map section for write"),
    (4514, "Map section for read"),
    (4515, "Map section for execute"),
    (4516, "Extend size"),
    (4528, "Query semaphore state"),
    (4529, "Modify semaphore state"),
    (7168, "Connect to service controller"),
    (7169, "Create a new service"),
    (7170, "Enumerate services"),
    (7171, "Lock service database for exclusive access"),
    (7172, "Query service database lock state"),
    (7173, "Set last-known-good state of service database"),
    (7184, "Query service configuration information"),
    (7185, "Set service configuration information"),
    (7186, "Query status of service"),
    (7187, "Enumerate dependencies of service"),
    (7188, "Start the service"),
    (7189, "Stop the service"),
    (7190, "Pause or continue the service"),
    (7191, "Query information from service"),
    (7192, "Issue service-specific control commands"),
    (7680, "Create Child"),
    (7681, "Delete Child"),
    (7682, "List Contents"),
    (7683, "Write Self"),
    (7684, "Read Property"),
    (7685, "Write Property"),
    (7686, "Delete Tree"),
    (7687, "List Object"),
    (7688, "Control Access"),
    (8448, "Success removed"),
    (8449, "Success Added"),
    (8450, "Failure removed"),
    (8451, "Failure Added"),
    (8452, "Success include removed"),
    (8453, "Success include added"),
    (8454, "Success exclude removed"),
    (8455, "Success exclude added"),
    (8456, "Failure include removed"),
    (8457, "Failure include added"),
    (8458, "Failure exclude removed"),
    (8459, "Failure exclude added"),
    (14592, "Inbound"),
    (14593, "Outbound"),
    (14594, "Forward"),
    (14595, "Bidirectional"),
    (14596, "IP Packet"),
    (14597, "Transport"),
    (14598, "Forward"),
    (14599, "Stream"),
    (14600, "Datagram Data"),
    (14601, "ICMP Error"),
    (14602, "MAC 802.3"),
    (14603, "MAC Native"),
    (14604, "vSwitch"),
    (14608, "Resource Assignment"),
    (14609, "Listen"),
    (14610, "Receive/Accept"),
    (14611, "Connect"),
    (14612, "Flow Established"),
    (14614, "Resource Release"),
    (14615, "Endpoint Closure"),
    (14616, "Connect Redirect"),
    (14617, "Bind Redirect"),
    (14624, "Stream Packet"),
    (14640, "ICMP Echo-Request"),
    (14641, "vSwitch Ingress"),
    (14642, "vSwitch Egress"),
];

/// The name of a subcategory and of its category, by GUID.
pub(super) fn subcategory(guid: &str) -> Option<(&'static str, &'static str)> {
    let guid = guid.trim_matches(['{', '}']).to_ascii_uppercase();
    let number = guid
        .strip_prefix("0CCE92")?
        .strip_suffix("-69AE-11D9-BED3-505054503030")?;
    let number = u8::from_str_radix(number, 16).ok()?;
    let found = SUBCATEGORIES.binary_search_by_key(&number, |(known, ..)| *known);
    let found = found.ok().and_then(|index| SUBCATEGORIES.get(index));
    found.map(|(_, subcategory, category)| (*subcategory, *category))
}

const SYSTEM: &str = "System";
const LOGON: &str = "Logon/Logoff";
const OBJECT: &str = "Object Access";
const PRIVILEGE: &str = "Privilege Use";
const TRACKING: &str = "Detailed Tracking";
const POLICY: &str = "Policy Change";
const MANAGEMENT: &str = "Account Management";
const ACCOUNT_LOGON: &str = "Account Logon";

/// Ascending by the number in the GUID. The pipeline counts the directory to account management.
const SUBCATEGORIES: &[(u8, &str, &str)] = &[
    (0x10, "Security State Change", SYSTEM),
    (0x11, "Security System Extension", SYSTEM),
    (0x12, "System Integrity", SYSTEM),
    (0x13, "IPsec Driver", SYSTEM),
    (0x14, "Other System Events", SYSTEM),
    (0x15, "Logon", LOGON),
    (0x16, "Logoff", LOGON),
    (0x17, "Account Lockout", LOGON),
    (0x18, "IPsec Main Mode", LOGON),
    (0x19, "IPsec Quick Mode", LOGON),
    (0x1a, "IPsec Extended Mode", LOGON),
    (0x1b, "Special Logon", LOGON),
    (0x1c, "Other Logon/Logoff Events", LOGON),
    (0x1d, "File System", OBJECT),
    (0x1e, "Registry", OBJECT),
    (0x1f, "Kernel Object", OBJECT),
    (0x20, "SAM", OBJECT),
    (0x21, "Certification Services", OBJECT),
    (0x22, "Application Generated", OBJECT),
    (0x23, "Handle Manipulation", OBJECT),
    (0x24, "File Share", OBJECT),
    (0x25, "Filtering Platform Packet Drop", OBJECT),
    (0x26, "Filtering Platform Connection ", OBJECT),
    (0x27, "Other Object Access Events", OBJECT),
    (0x28, "Sensitive Privilege Use", PRIVILEGE),
    (0x29, "Non Sensitive Privilege Use", PRIVILEGE),
    (0x2a, "Other Privilege Use Events", PRIVILEGE),
    (0x2b, "Process Creation", TRACKING),
    (0x2c, "Process Termination", TRACKING),
    (0x2d, "DPAPI Activity", TRACKING),
    (0x2e, "RPC Events", TRACKING),
    (0x2f, "Audit Policy Change", POLICY),
    (0x30, "Authentication Policy Change", POLICY),
    (0x31, "Authorization Policy Change", POLICY),
    (0x32, "MPSSVC Rule-Level Policy Change", POLICY),
    (0x33, "Filtering Platform Policy Change", POLICY),
    (0x34, "Other Policy Change Events", POLICY),
    (0x35, "User Account Management", MANAGEMENT),
    (0x36, "Computer Account Management", MANAGEMENT),
    (0x37, "Security Group Management", MANAGEMENT),
    (0x38, "Distribution Group Management", MANAGEMENT),
    (0x39, "Application Group Management", MANAGEMENT),
    (0x3a, "Other Account Management Events", MANAGEMENT),
    (0x3b, "Directory Service Access", MANAGEMENT),
    (0x3c, "Directory Service Changes", MANAGEMENT),
    (0x3d, "Directory Service Replication", MANAGEMENT),
    (0x3e, "Detailed Directory Service Replication", MANAGEMENT),
    (0x3f, "Credential Validation", ACCOUNT_LOGON),
    (0x40, "Kerberos Service Ticket Operations", ACCOUNT_LOGON),
    (0x41, "Other Account Logon Events", ACCOUNT_LOGON),
    (0x42, "Kerberos Authentication Service", ACCOUNT_LOGON),
    (0x43, "Network Policy Server", LOGON),
    (0x44, "Detailed File Share", OBJECT),
    (0x45, "Removable Storage", OBJECT),
    (0x46, "Central Policy Staging", OBJECT),
    (0x47, "User / Device Claims", LOGON),
    (0x48, "Plug and Play Events", TRACKING),
    (0x49, "Group Membership", LOGON),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_order_so_that_every_code_is_found() {
        assert!(MESSAGES.is_sorted_by_key(|(code, _)| *code));
        assert!(SUBCATEGORIES.is_sorted_by_key(|(number, ..)| *number));
        assert_eq!(message("4416"), Some("ReadData (or ListDirectory)"));
        assert_eq!(
            subcategory("{0cce922b-69ae-11d9-bed3-505054503030}"),
            Some(("Process Creation", "Detailed Tracking"))
        );
    }
}
