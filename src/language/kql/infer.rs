//! Infers the types of fields from their use, where no list of fields is at hand.

use std::collections::BTreeMap;

use super::syntax::{FieldName, ListKind, ListNode, Literal, LiteralKind, Node, NodeKind, Query};
use crate::event::FieldType;
use crate::event::time::DateFormat;
use crate::language::eql::lower::cidr_block;

/// What is known of a field's use.
#[derive(Debug, Default)]
struct Use {
    /// All its values are addresses or blocks of addresses.
    addresses: bool,
    /// It is compared with numbers, and with nothing else.
    numbers: bool,
    /// It is compared with dates, and with nothing else.
    dates: bool,
    values: usize,
}

/// The types of the fields whose use tells them: addresses, and what is compared for order.
/// Anything else may be a keyword, which a field of an unknown integration usually is.
pub fn infer(query: &Query) -> BTreeMap<String, FieldType> {
    let mut uses = BTreeMap::new();
    if let Some(condition) = &query.condition {
        node(condition, "", &mut uses);
    }
    let types = uses.into_iter().filter_map(|(path, found): (_, Use)| {
        let name = match found {
            Use { numbers: true, .. } => "double",
            Use { dates: true, .. } => "date",
            Use {
                addresses: true, ..
            } => "ip",
            _ => return None,
        };
        Some((path, FieldType::named(name)))
    });
    types.collect()
}

fn node(of: &Node, path: &str, uses: &mut BTreeMap<String, Use>) {
    match &of.kind {
        NodeKind::Or(nodes) | NodeKind::And(nodes) => {
            for of in nodes {
                node(of, path, uses);
            }
        }
        NodeKind::Not(inner) => node(inner, path, uses),
        NodeKind::Nested { path: own, inner } => {
            let own = FieldName::of(own, path).map(|name| name.text());
            node(inner, own.as_deref().unwrap_or(path), uses);
        }
        NodeKind::Is { field, value } => {
            if let Some(field) = field {
                note(field, value, false, path, uses);
            }
        }
        NodeKind::List { field, values } => list(field, values, path, uses),
        NodeKind::Range { field, value, .. } => note(field, value, true, path, uses),
    }
}

fn list(field: &Literal, of: &ListNode, path: &str, uses: &mut BTreeMap<String, Use>) {
    match &of.kind {
        ListKind::Value(value) => note(field, value, false, path, uses),
        ListKind::Or(nodes) | ListKind::And(nodes) => {
            for of in nodes {
                list(field, of, path, uses);
            }
        }
        ListKind::Not(inner) => list(field, inner, path, uses),
    }
}

fn note(
    field: &Literal,
    value: &Literal,
    is_range: bool,
    path: &str,
    uses: &mut BTreeMap<String, Use>,
) {
    let (Some(FieldName::Name(name)), Some(text)) = (FieldName::of(field, path), value.text())
    else {
        return;
    };
    if value.is_lone_star() {
        return;
    }
    let found = uses.entry(name).or_default();
    let is_first = found.values == 0;
    found.values += 1;
    let is_text = !matches!(value.kind, LiteralKind::Wildcard(_) | LiteralKind::Bool(_));
    let is_address = is_text && (text.contains('.') || text.contains(':'));
    let is_address = is_address && cidr_block(&text).is_some();
    let is_number = text.parse::<f64>().is_ok();
    let is_date = DateFormat::default().parse(&text).is_some();
    found.addresses = is_address && (is_first || found.addresses);
    found.numbers = is_range && is_number && (is_first || found.numbers);
    found.dates = is_range && !is_number && is_date && (is_first || found.dates);
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn use_tells_addresses_numbers_and_dates() {
        let query = "a: (10.0.0.0/8 or \"::1\") and b: (10.1.1.1 or x) and c >= 5 and c < 9.5 \
                     and d > \"2024-01-01\" and e: 5 and n: { f: 192.168.0.1 } and g > 1 and g: y";
        let types: Vec<String> = infer(&parse(query).unwrap())
            .into_iter()
            .map(|(path, field_type)| format!("{path}={field_type}"))
            .collect();
        assert_eq!(types, ["a=ip", "c=double", "d=date", "n.f=ip"]);
    }
}
