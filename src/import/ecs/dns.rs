//! What Sysmon says of DNS answers. Called by the Sysmon pipeline.

use std::net::IpAddr;

use serde_json::{Value as Json, json};

/// One answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    kind: String,
    /// An address, or what a record of another type says.
    pub(super) data: String,
}

impl Answer {
    /// Whether it is an address that the name resolved to.
    pub(super) fn is_address(&self) -> bool {
        self.data.parse::<IpAddr>().is_ok()
    }

    /// As it stands in `dns.answers`.
    pub(super) fn to_json(&self) -> Json {
        json!({"type": self.kind, "data": self.data})
    }
}

/// The answers in `type:  5 name;::ffff:192.0.2.1;`.
pub(super) fn answers(results: &str) -> Vec<Answer> {
    let parts = results.split(';').map(str::trim);
    parts.filter_map(answer).collect()
}

fn answer(text: &str) -> Option<Answer> {
    if let Some(typed) = text.strip_prefix("type:") {
        let (number, data) = typed.trim_start().split_once(' ')?;
        return Some(Answer {
            kind: record_type(number).unwrap_or(number).to_owned(),
            data: data.trim().to_owned(),
        });
    }
    let address = text.strip_prefix("::ffff:").unwrap_or(text);
    let kind = match address.parse().ok()? {
        IpAddr::V4(_) => "A",
        IpAddr::V6(_) => "AAAA",
    };
    Some(Answer {
        kind: kind.to_owned(),
        data: address.to_owned(),
    })
}

fn record_type(number: &str) -> Option<&'static str> {
    const TYPES: &[(&str, &str)] = &[
        ("1", "A"),
        ("2", "NS"),
        ("5", "CNAME"),
        ("6", "SOA"),
        ("12", "PTR"),
        ("13", "HINFO"),
        ("15", "MX"),
        ("16", "TXT"),
        ("28", "AAAA"),
        ("29", "LOC"),
        ("33", "SRV"),
        ("35", "NAPTR"),
        ("39", "DNAME"),
        ("43", "DS"),
        ("46", "RRSIG"),
        ("47", "NSEC"),
        ("48", "DNSKEY"),
        ("52", "TLSA"),
        ("65", "HTTPS"),
        ("255", "ANY"),
    ];
    let found = TYPES.iter().find(|(known, _)| *known == number);
    found.map(|(_, name)| *name)
}

/// The name of a query's status.
pub(super) fn status(code: &str) -> &str {
    const CODES: &[(&str, &str)] = &[
        ("0", "SUCCESS"),
        ("5", "ERROR_ACCESS_DENIED"),
        ("8", "ERROR_NOT_ENOUGH_MEMORY"),
        ("13", "ERROR_INVALID_DATA"),
        ("14", "ERROR_OUTOFMEMORY"),
        ("123", "ERROR_INVALID_NAME"),
        ("1214", "ERROR_INVALID_NETNAME"),
        ("1223", "ERROR_CANCELLED"),
        ("1460", "ERROR_TIMEOUT"),
        ("9001", "DNS_ERROR_RCODE_FORMAT_ERROR"),
        ("9002", "DNS_ERROR_RCODE_SERVER_FAILURE"),
        ("9003", "DNS_ERROR_RCODE_NAME_ERROR"),
        ("9004", "DNS_ERROR_RCODE_NOT_IMPLEMENTED"),
        ("9005", "DNS_ERROR_RCODE_REFUSED"),
        ("9006", "DNS_ERROR_RCODE_YXDOMAIN"),
        ("9007", "DNS_ERROR_RCODE_YXRRSET"),
        ("9008", "DNS_ERROR_RCODE_NXRRSET"),
        ("9009", "DNS_ERROR_RCODE_NOTAUTH"),
        ("9010", "DNS_ERROR_RCODE_NOTZONE"),
        ("9016", "DNS_ERROR_RCODE_BADSIG"),
        ("9017", "DNS_ERROR_RCODE_BADKEY"),
        ("9018", "DNS_ERROR_RCODE_BADTIME"),
        ("9501", "DNS_INFO_NO_RECORDS"),
        ("9502", "DNS_ERROR_BAD_PACKET"),
        ("9503", "DNS_ERROR_NO_PACKET"),
        ("9504", "DNS_ERROR_RCODE"),
        ("9505", "DNS_ERROR_UNSECURE_PACKET"),
        ("9560", "DNS_ERROR_INVALID_NAME_CHAR"),
        ("9701", "DNS_ERROR_RECORD_DOES_NOT_EXIST"),
    ];
    let found = CODES.iter().find(|(known, _)| *known == code);
    found.map_or(code, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_names_and_addresses() {
        let found = answers("type:  5 a.example.com;::ffff:192.0.2.1;2001:db8::1;;x;");
        let words: Vec<String> = found
            .iter()
            .map(|answer| format!("{} {} {}", answer.kind, answer.data, answer.is_address()))
            .collect();
        assert_eq!(
            words,
            [
                "CNAME a.example.com false",
                "A 192.0.2.1 true",
                "AAAA 2001:db8::1 true"
            ]
        );
    }

    #[test]
    fn a_status_without_a_name_stays_a_number() {
        assert_eq!(status("9003"), "DNS_ERROR_RCODE_NAME_ERROR");
        assert_eq!(status("77"), "77");
    }
}
