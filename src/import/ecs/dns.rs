//! What Sysmon says of DNS answers. Called by the Sysmon pipeline.

use std::net::IpAddr;

use serde_json::{Map, Value as Json};

use super::document::{Document, Related};
use super::network::unmapped;

/// Puts the answers in `type:  5 name;::ffff:192.0.2.1;`: the typed ones first, then the addresses,
/// whose type follows from what they are.
pub(super) fn put_answers(document: &mut Document, results: &str) {
    let mut answers = Vec::new();
    let mut addresses = Vec::new();
    for result in results.split(';').filter(|result| !result.is_empty()) {
        if result.starts_with("type:") {
            let mut words = result.split_whitespace().skip(1);
            let kind = words.next().and_then(record_type);
            let data = words.next().filter(|_| words.next().is_none());
            if let Some(name) = data {
                document.relate(Related::Hosts, name);
            }
            answers.push(answer(kind, data));
        } else if unmapped(result).parse::<IpAddr>().is_ok() {
            addresses.push(unmapped(result));
        }
    }
    for address in &addresses {
        document.relate(Related::Ip, address);
        let kind = if address.contains(':') { "AAAA" } else { "A" };
        answers.push(answer(Some(kind), Some(address)));
    }
    if !addresses.is_empty() {
        document.put("dns.resolved_ip", addresses);
    }
    if !answers.is_empty() {
        document.put("dns.answers", answers);
    }
}

/// As it stands in `dns.answers`.
fn answer(kind: Option<&str>, data: Option<&str>) -> Json {
    let parts = [("type", kind), ("data", data)];
    let parts = parts.into_iter();
    let known = parts.filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    Json::Object(known.collect::<Map<_, _>>())
}

/// The name of a record type's number.
fn record_type(number: &str) -> Option<&'static str> {
    /// In the order of their numbers, from 1.
    const FIRST: &[&str] = &[
        "A", "NS", "MD", "MF", "CNAME", "SOA", "MB", "MG", "MR", "NULL", "WKS", "PTR", "HINFO",
        "MINFO", "MX", "TXT", "RP", "AFSDB", "X25", "ISDN", "RT", "NSAP", "NSAPPTR", "SIG", "KEY",
        "PX", "GPOS", "AAAA", "LOC", "NXT", "EID", "NIMLOC", "SRV", "ATMA", "NAPTR", "KX", "CERT",
        "A6", "DNAME", "SINK", "OPT",
    ];
    let number: usize = number.parse().ok()?;
    let first = number.checked_sub(1).and_then(|index| FIRST.get(index));
    first.copied().or(match number {
        43 => Some("DS"),
        46 => Some("RRSIG"),
        47 => Some("NSEC"),
        48 => Some("DNSKEY"),
        49 => Some("DHCID"),
        100 => Some("UINFO"),
        101 => Some("UID"),
        102 => Some("GID"),
        103 => Some("UNSPEC"),
        248 => Some("ADDRS"),
        249 => Some("TKEY"),
        250 => Some("TSIG"),
        251 => Some("IXFR"),
        252 => Some("AXFR"),
        253 => Some("MAILB"),
        254 => Some("MAILA"),
        255 => Some("ANY"),
        65281 => Some("WINS"),
        65282 => Some("WINSR"),
        _ => None,
    })
}

/// The name of a query's status: those of Windows' errors that a query ends with. A number without
/// a name stays.
pub(super) fn status(code: &str) -> &str {
    let number: u32 = code.parse().unwrap_or(u32::MAX);
    let found = STATUS.binary_search_by_key(&number, |(known, _)| *known);
    found
        .ok()
        .and_then(|index| STATUS.get(index))
        .map_or(code, |(_, name)| name)
}

/// Ascending by number (`winerror.h`).
const STATUS: &[(u32, &str)] = &[
    (0, "SUCCESS"),
    (5, "ERROR_ACCESS_DENIED"),
    (8, "ERROR_NOT_ENOUGH_MEMORY"),
    (13, "ERROR_INVALID_DATA"),
    (14, "ERROR_OUTOFMEMORY"),
    (123, "ERROR_INVALID_NAME"),
    (1214, "ERROR_INVALID_NETNAME"),
    (1223, "ERROR_CANCELLED"),
    (1460, "ERROR_TIMEOUT"),
    (4312, "ERROR_OBJECT_NOT_FOUND"),
    (9001, "DNS_ERROR_RCODE_FORMAT_ERROR"),
    (9002, "DNS_ERROR_RCODE_SERVER_FAILURE"),
    (9003, "DNS_ERROR_RCODE_NAME_ERROR"),
    (9004, "DNS_ERROR_RCODE_NOT_IMPLEMENTED"),
    (9005, "DNS_ERROR_RCODE_REFUSED"),
    (9006, "DNS_ERROR_RCODE_YXDOMAIN"),
    (9007, "DNS_ERROR_RCODE_YXRRSET"),
    (9008, "DNS_ERROR_RCODE_NXRRSET"),
    (9009, "DNS_ERROR_RCODE_NOTAUTH"),
    (9010, "DNS_ERROR_RCODE_NOTZONE"),
    (9016, "DNS_ERROR_RCODE_BADSIG"),
    (9017, "DNS_ERROR_RCODE_BADKEY"),
    (9018, "DNS_ERROR_RCODE_BADTIME"),
    (9101, "DNS_ERROR_KEYMASTER_REQUIRED"),
    (9102, "DNS_ERROR_NOT_ALLOWED_ON_SIGNED_ZONE"),
    (9103, "DNS_ERROR_NSEC3_INCOMPATIBLE_WITH_RSA_SHA1"),
    (9104, "DNS_ERROR_NOT_ENOUGH_SIGNING_KEY_DESCRIPTORS"),
    (9105, "DNS_ERROR_UNSUPPORTED_ALGORITHM"),
    (9106, "DNS_ERROR_INVALID_KEY_SIZE"),
    (9107, "DNS_ERROR_SIGNING_KEY_NOT_ACCESSIBLE"),
    (9108, "DNS_ERROR_KSP_DOES_NOT_SUPPORT_PROTECTION"),
    (9109, "DNS_ERROR_UNEXPECTED_DATA_PROTECTION_ERROR"),
    (9110, "DNS_ERROR_UNEXPECTED_CNG_ERROR"),
    (9111, "DNS_ERROR_UNKNOWN_SIGNING_PARAMETER_VERSION"),
    (9112, "DNS_ERROR_KSP_NOT_ACCESSIBLE"),
    (9113, "DNS_ERROR_TOO_MANY_SKDS"),
    (9114, "DNS_ERROR_INVALID_ROLLOVER_PERIOD"),
    (9115, "DNS_ERROR_INVALID_INITIAL_ROLLOVER_OFFSET"),
    (9116, "DNS_ERROR_ROLLOVER_IN_PROGRESS"),
    (9117, "DNS_ERROR_STANDBY_KEY_NOT_PRESENT"),
    (9118, "DNS_ERROR_NOT_ALLOWED_ON_ZSK"),
    (9119, "DNS_ERROR_NOT_ALLOWED_ON_ACTIVE_SKD"),
    (9120, "DNS_ERROR_ROLLOVER_ALREADY_QUEUED"),
    (9121, "DNS_ERROR_NOT_ALLOWED_ON_UNSIGNED_ZONE"),
    (9122, "DNS_ERROR_BAD_KEYMASTER"),
    (9123, "DNS_ERROR_INVALID_SIGNATURE_VALIDITY_PERIOD"),
    (9124, "DNS_ERROR_INVALID_NSEC3_ITERATION_COUNT"),
    (9125, "DNS_ERROR_DNSSEC_IS_DISABLED"),
    (9126, "DNS_ERROR_INVALID_XML"),
    (9127, "DNS_ERROR_NO_VALID_TRUST_ANCHORS"),
    (9128, "DNS_ERROR_ROLLOVER_NOT_POKEABLE"),
    (9129, "DNS_ERROR_NSEC3_NAME_COLLISION"),
    (9130, "DNS_ERROR_NSEC_INCOMPATIBLE_WITH_NSEC3_RSA_SHA1"),
    (9501, "DNS_INFO_NO_RECORDS"),
    (9502, "DNS_ERROR_BAD_PACKET"),
    (9503, "DNS_ERROR_NO_PACKET"),
    (9504, "DNS_ERROR_RCODE"),
    (9505, "DNS_ERROR_UNSECURE_PACKET"),
    (9506, "DNS_REQUEST_PENDING"),
    (9551, "DNS_ERROR_INVALID_TYPE"),
    (9552, "DNS_ERROR_INVALID_IP_ADDRESS"),
    (9553, "DNS_ERROR_INVALID_PROPERTY"),
    (9554, "DNS_ERROR_TRY_AGAIN_LATER"),
    (9555, "DNS_ERROR_NOT_UNIQUE"),
    (9556, "DNS_ERROR_NON_RFC_NAME"),
    (9557, "DNS_STATUS_FQDN"),
    (9558, "DNS_STATUS_DOTTED_NAME"),
    (9559, "DNS_STATUS_SINGLE_PART_NAME"),
    (9560, "DNS_ERROR_INVALID_NAME_CHAR"),
    (9561, "DNS_ERROR_NUMERIC_NAME"),
    (9562, "DNS_ERROR_NOT_ALLOWED_ON_ROOT_SERVER"),
    (9563, "DNS_ERROR_NOT_ALLOWED_UNDER_DELEGATION"),
    (9564, "DNS_ERROR_CANNOT_FIND_ROOT_HINTS"),
    (9565, "DNS_ERROR_INCONSISTENT_ROOT_HINTS"),
    (9566, "DNS_ERROR_DWORD_VALUE_TOO_SMALL"),
    (9567, "DNS_ERROR_DWORD_VALUE_TOO_LARGE"),
    (9568, "DNS_ERROR_BACKGROUND_LOADING"),
    (9569, "DNS_ERROR_NOT_ALLOWED_ON_RODC"),
    (9570, "DNS_ERROR_NOT_ALLOWED_UNDER_DNAME"),
    (9571, "DNS_ERROR_DELEGATION_REQUIRED"),
    (9572, "DNS_ERROR_INVALID_POLICY_TABLE"),
    (9573, "DNS_ERROR_ADDRESS_REQUIRED"),
    (9701, "DNS_ERROR_RECORD_DOES_NOT_EXIST"),
    (9702, "DNS_ERROR_RECORD_FORMAT"),
    (9703, "DNS_ERROR_NODE_CREATION_FAILED"),
    (9704, "DNS_ERROR_UNKNOWN_RECORD_TYPE"),
    (9705, "DNS_ERROR_RECORD_TIMED_OUT"),
    (9706, "DNS_ERROR_NAME_NOT_IN_ZONE"),
    (9707, "DNS_ERROR_CNAME_LOOP"),
    (9708, "DNS_ERROR_NODE_IS_CNAME"),
    (9709, "DNS_ERROR_CNAME_COLLISION"),
    (9710, "DNS_ERROR_RECORD_ONLY_AT_ZONE_ROOT"),
    (9711, "DNS_ERROR_RECORD_ALREADY_EXISTS"),
    (9712, "DNS_ERROR_SECONDARY_DATA"),
    (9713, "DNS_ERROR_NO_CREATE_CACHE_DATA"),
    (9714, "DNS_ERROR_NAME_DOES_NOT_EXIST"),
    (9715, "DNS_WARNING_PTR_CREATE_FAILED"),
    (9716, "DNS_WARNING_DOMAIN_UNDELETED"),
    (9717, "DNS_ERROR_DS_UNAVAILABLE"),
    (9718, "DNS_ERROR_DS_ZONE_ALREADY_EXISTS"),
    (9719, "DNS_ERROR_NO_BOOTFILE_IF_DS_ZONE"),
    (9720, "DNS_ERROR_NODE_IS_DNAME"),
    (9721, "DNS_ERROR_DNAME_COLLISION"),
    (9722, "DNS_ERROR_ALIAS_LOOP"),
    (9851, "DNS_ERROR_NO_TCPIP"),
    (9852, "DNS_ERROR_NO_DNS_SERVERS"),
    (10054, "WSAECONNRESET"),
    (10055, "WSAENOBUFS"),
    (10060, "WSAETIMEDOUT"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_answers_stand_before_addresses() {
        let mut document = Document::new();
        put_answers(
            &mut document,
            "::ffff:192.0.2.1;type:  5 a.example.com;2001:db8::1;;x;type:  6 ;",
        );
        let document = Json::Object(document.finish());
        assert_eq!(
            document,
            serde_json::json!({
                "dns": {
                    "resolved_ip": ["192.0.2.1", "2001:db8::1"],
                    "answers": [
                        {"type": "CNAME", "data": "a.example.com"},
                        {"type": "SOA"},
                        {"type": "A", "data": "192.0.2.1"},
                        {"type": "AAAA", "data": "2001:db8::1"},
                    ],
                },
                "related": {"hosts": ["a.example.com"], "ip": ["192.0.2.1", "2001:db8::1"]},
            })
        );
    }

    #[test]
    fn a_status_without_a_name_stays_a_number() {
        assert!(STATUS.is_sorted_by_key(|(number, _)| *number));
        assert_eq!(status("9003"), "DNS_ERROR_RCODE_NAME_ERROR");
        assert_eq!(status("77"), "77");
        assert_eq!(status("x"), "x");
    }
}
