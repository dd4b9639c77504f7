//! Value lists that exceptions refer to: which of them Kibana applies, and what a value finds.

use crate::language::dsl::query::{Bound, FieldTest, Query, Range};

/// The types of value lists that Kibana applies to an EQL rule (`isListTypeProcessable`).
pub(super) const APPLIED: [&str; 3] = ["keyword", "ip", "ip_range"];

/// Whether a value is of the list's type.
pub(super) fn fits(kind: &str, value: &str) -> bool {
    use std::net::IpAddr;
    let address = |text: &str| text.trim().parse::<IpAddr>().ok();
    let block = |value: &str| {
        let (base, length) = value.split_once('/')?;
        let most = if address(base)?.is_ipv4() { 32 } else { 128 };
        length.parse::<u8>().ok().filter(|length| *length <= most)
    };
    match kind {
        "ip" => address(value).is_some(),
        "ip_range" => match value.split_once('-') {
            Some((low, high)) => address(low).is_some() && address(high).is_some(),
            None => address(value).is_some() || block(value).is_some(),
        },
        _ => true,
    }
}

/// One value of a value list.
pub(super) fn listed(kind: &str, field: &str, value: &str) -> Query {
    match (kind, value.split_once('-')) {
        ("ip_range", Some((low, high))) => {
            let bounds = vec![
                (Bound::From, low.trim().to_owned()),
                (Bound::To, high.trim().to_owned()),
            ];
            let range = Range {
                bounds,
                ..Range::default()
            };
            Query::field(field, FieldTest::Range(range))
        }
        _ => Query::phrase(field, value),
    }
}
