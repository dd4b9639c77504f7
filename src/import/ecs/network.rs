//! Connections as the processors of Elasticsearch describe them: `community_id`, the name of a
//! protocol's number, IPv4 addresses written as IPv6. Called by the pipelines of this folder only.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1_smol::Sha1;

use super::document::Document;

/// Puts `network.community_id` (version 1, seed 0) where source, destination and protocol are
/// known. ICMP's types are in no Windows event, so it is `0` there as for Elasticsearch.
pub(super) fn put_community_id(document: &mut Document) {
    if let Some(id) = community_id(document) {
        document.put("network.community_id", id);
    }
}

fn community_id(document: &Document) -> Option<String> {
    let address = |path: &str| document.text(path)?.parse::<IpAddr>().ok();
    let port = |path: &str| {
        let port = document
            .get(path)
            .map_or(Some(0), serde_json::Value::as_u64)?;
        u16::try_from(port).ok()
    };
    let protocol = match document.text("network.iana_number") {
        Some(number) => number.parse().ok()?,
        None => number(document.text("network.transport")?)?,
    };
    let mut from = (bytes(address("source.ip")?), 0);
    let mut to = (bytes(address("destination.ip")?), 0);
    let has_ports = matches!(protocol, TCP | UDP | SCTP);
    if has_ports {
        (from.1, to.1) = (port("source.port")?, port("destination.port")?);
    }
    let icmp = matches!(protocol, ICMP | ICMP_V6);
    // An echo's answer (type 0 of ICMP) has the type that it answers.
    if protocol == ICMP {
        to.1 = 8;
    }
    if is_greater(&from, &to) && protocol != ICMP_V6 {
        std::mem::swap(&mut from, &mut to);
    }
    let mut hash = Sha1::new();
    hash.update(&[0, 0]);
    hash.update(&from.0);
    hash.update(&to.0);
    hash.update(&[protocol, 0]);
    if has_ports || icmp {
        hash.update(&from.1.to_be_bytes());
        hash.update(&to.1.to_be_bytes());
    }
    Some(format!("1:{}", STANDARD.encode(hash.digest().bytes())))
}

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP_V6: u8 = 58;
const SCTP: u8 = 132;

fn bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => address.octets().to_vec(),
            None => address.octets().to_vec(),
        },
    }
}

/// Whether the first end is the greater by address and then by port. Addresses of two lengths are
/// compared as numbers.
fn is_greater(from: &(Vec<u8>, u16), to: &(Vec<u8>, u16)) -> bool {
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0_u128, |number, byte| number << 8 | u128::from(*byte))
    };
    (number(&from.0), from.1) >= (number(&to.0), to.1)
}

/// The number of a protocol that `community_id` knows by name.
fn number(name: &str) -> Option<u8> {
    Some(match name.to_ascii_lowercase().as_str() {
        "icmp" => ICMP,
        "igmp" => 2,
        "tcp" => TCP,
        "udp" => UDP,
        "gre" => 47,
        "ipv6-icmp" | "icmp6" | "icmpv6" => ICMP_V6,
        "eigrp" => 88,
        "ospf" => 89,
        "pim" => 103,
        "sctp" => SCTP,
        _ => return None,
    })
}

/// The name of a protocol's number, as the Security pipeline has it.
pub(super) fn transport(number: &str) -> Option<&'static str> {
    Some(match number {
        "1" => "icmp",
        "2" => "igmp",
        "4" => "ipv4",
        "6" => "tcp",
        "8" => "egp",
        "9" => "igp",
        "12" => "pup",
        "17" => "udp",
        "27" => "rdp",
        "28" => "irtp",
        "33" => "dccp",
        "35" => "idpr",
        "41" => "ipv6",
        "43" => "ipv6-route",
        "44" => "ipv6-frag",
        "46" => "rsvp",
        "47" => "gre",
        "50" => "esp",
        "58" => "ipv6-icmp",
        "59" => "ipv6-nonxt",
        "60" => "ipv6-opts",
        _ => return None,
    })
}

/// An IPv4 address that is written as an IPv6 one, as itself.
pub(super) fn unmapped(address: &str) -> &str {
    let bare = address.strip_prefix('[').unwrap_or(address);
    let Some(v4) = bare.strip_prefix("::ffff:") else {
        return address;
    };
    let v4 = v4.split_once(']').map_or(v4, |(v4, _)| v4);
    if v4.parse::<std::net::Ipv4Addr>().is_ok() {
        v4
    } else {
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(from: (&str, u64), to: (&str, u64), transport: &str) -> Option<String> {
        let mut document = Document::new();
        document.put("source.ip", from.0);
        document.put("source.port", from.1);
        document.put("destination.ip", to.0);
        document.put("destination.port", to.1);
        document.put("network.transport", transport);
        community_id(&document)
    }

    #[test]
    fn community_ids_are_those_of_the_specification() {
        let (a, b) = (("128.232.110.120", 34855), ("66.35.250.204", 80));
        let tcp = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=";
        assert_eq!(id(a, b, "tcp").as_deref(), Some(tcp));
        assert_eq!(id(b, a, "tcp").as_deref(), Some(tcp));
        let (a, b) = (("192.168.1.52", 54585), ("8.8.8.8", 53));
        let udp = "1:d/FP5EW3wiY1vCndhwleRRKHowQ=";
        assert_eq!(id(a, b, "udp").as_deref(), Some(udp));
        assert_eq!(id(a, ("x", 1), "udp"), None);
        assert_eq!(id(a, b, "carrier pigeon"), None);
    }

    #[test]
    fn only_a_mapped_address_is_changed() {
        assert_eq!(unmapped("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(unmapped("[::ffff:192.0.2.1]:53"), "192.0.2.1");
        assert_eq!(unmapped("::ffff:0:1"), "::ffff:0:1");
        assert_eq!(unmapped("::1"), "::1");
    }
}
