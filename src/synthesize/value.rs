//! Proposes values of a field that may give tests the wanted results. [`super::search`] verifies
//! each.

use std::net::{IpAddr, Ipv6Addr};

use super::sample_values::SampleField;
use super::{script, wildcards};
use crate::evaluate::pattern::example;
use crate::event::{Scalar, Value};
use crate::plan::predicate::{TextTest, WildcardPattern};
use crate::plan::{FieldId, Predicate};

/// The constraints on a field: tests with their wanted results.
pub(super) type Constraints<'p> = [(&'p Predicate, bool)];

/// Single values, the likeliest first.
pub(super) fn proposals(
    field: FieldId,
    asked: &Constraints<'_>,
    sample: &SampleField<'_>,
) -> Vec<Scalar> {
    let mut values = Vec::new();
    let wanted = asked.iter().filter(|(_, want)| *want);
    let patterns = asked
        .iter()
        .filter_map(|(predicate, want)| pattern(predicate, *want));
    let patterns: Vec<WildcardPattern> = patterns.collect();
    // One pattern for all tests, as far as they can be combined.
    if let Some((first, rest)) = patterns.split_first()
        && !rest.is_empty()
    {
        let all = rest
            .iter()
            .try_fold(first.clone(), |all, next| wildcards::common(&all, next));
        if let Some(all) = all {
            values.extend(wildcards::texts(&all, sample).into_iter().map(Scalar::text));
        }
    }
    for (predicate, _) in wanted {
        values.extend(of(field, predicate, true, sample));
    }
    for (predicate, _) in asked.iter().filter(|(_, want)| !want) {
        values.extend(of(field, predicate, false, sample));
    }
    values
}

/// Texts unlike those of the tests, for fields without other sample values.
pub(super) fn fallback_texts(asked: &Constraints<'_>) -> Vec<Scalar> {
    let beside = |(predicate, _): &(&Predicate, bool)| match predicate {
        Predicate::Compare {
            value: Value::Text(text),
            ..
        } => Some(Scalar::text(format!("{text}1"))),
        _ => None,
    };
    asked.iter().filter_map(beside).collect()
}

/// The wildcard pattern that is equivalent to a text test with this outcome.
fn pattern(predicate: &Predicate, want: bool) -> Option<WildcardPattern> {
    match predicate {
        Predicate::Script(expr) => script::pattern(expr, want),
        _ if !want => None,
        Predicate::Compare {
            comparison: crate::plan::Comparison::Equal,
            value: Value::Text(text),
            ..
        } => Some(wildcards::exact(text)),
        Predicate::EqualIgnoringCase { text, .. } => Some(wildcards::exact(text)),
        Predicate::Wildcard { pattern, .. } => Some(pattern.clone()),
        _ => None,
    }
}

/// Values for one test.
fn of(field: FieldId, predicate: &Predicate, want: bool, sample: &SampleField<'_>) -> Vec<Scalar> {
    match predicate {
        Predicate::Exists(_) => Vec::new(),
        Predicate::Compare {
            value: Value::Text(text),
            ..
        } => want.then(|| Scalar::text(&**text)).into_iter().collect(),
        Predicate::Compare { value, .. } => around(value),
        Predicate::Between { low, high, .. } => {
            let mut values = between(low, high);
            values.extend(around(low));
            values.extend(around(high));
            values
        }
        Predicate::Not(inner) => of(field, inner, !want, sample),
        Predicate::All(parts) | Predicate::Any(parts) => {
            let parts = parts.iter().filter(|part| part.fields().contains(&field));
            parts
                .flat_map(|part| of(field, part, want, sample))
                .collect()
        }
        Predicate::Nested { inner, .. } => of(field, inner, want, sample),
        Predicate::Range { low, high, .. } => {
            let ends = low.iter().chain(high);
            ends.flat_map(|end| around(&end.value)).collect()
        }
        _ if !want && !matches!(predicate, Predicate::Script(_)) => Vec::new(),
        Predicate::Constant(_) => Vec::new(),
        Predicate::Fuzzy { fuzzy, .. } => vec![Scalar::text(fuzzy.text.as_str())],
        Predicate::Text { test, .. } => text(test, sample),
        Predicate::EqualIgnoringCase { text, .. } => vec![Scalar::text(text.as_str())],
        Predicate::Wildcard { pattern, .. } => wildcards::texts(pattern, sample)
            .into_iter()
            .map(Scalar::text)
            .collect(),
        Predicate::Regex {
            pattern,
            insensitive,
            ..
        } => example::lucene(pattern, *insensitive)
            .into_iter()
            .map(Scalar::text)
            .collect(),
        Predicate::Script(expr) => script::values(expr, field, sample),
    }
}

/// Texts whose words meet a test.
fn text(test: &TextTest, sample: &SampleField<'_>) -> Vec<Scalar> {
    let texts = match test {
        TextTest::Phrase { words, .. } => vec![words.join(" ")],
        TextTest::Wildcard { pattern, .. } => wildcards::texts(pattern, sample),
        TextTest::Regex {
            pattern,
            insensitive,
        } => example::lucene(pattern, *insensitive),
        TextTest::Fuzzy(fuzzy) => vec![fuzzy.text.clone()],
        TextTest::Range { low, high } => {
            let ends = low.iter().chain(high);
            ends.map(|(end, _)| end.clone()).collect()
        }
    };
    texts.into_iter().map(Scalar::text).collect()
}

/// The constant and its neighbours.
pub(super) fn around(value: &Value) -> Vec<Scalar> {
    let number = |number: i64| Scalar::Number(number.to_string().into());
    match value {
        Value::Text(text) => vec![Scalar::text(&**text)],
        Value::Integer(at) => [*at, at.saturating_add(1), at.saturating_sub(1)]
            .map(number)
            .to_vec(),
        Value::Unsigned(at) => vec![Scalar::Number(at.to_string().into())],
        Value::Double(at) => [*at, at + 1.0, at - 1.0]
            .iter()
            .map(|at| Scalar::Number(at.to_string().into()))
            .collect(),
        Value::Bool(at) => vec![Scalar::Bool(*at), Scalar::Bool(!at)],
        Value::Date(at) => [0, 1, -1]
            .iter()
            .map(|step| {
                Scalar::text(
                    crate::event::Timestamp::from_millis(at.millis().saturating_add(*step))
                        .to_string(),
                )
            })
            .collect(),
        Value::Ip(at) => vec![
            address(u128::from(*at)),
            address(u128::from(*at).saturating_add(1)),
        ],
        Value::Version(version) => vec![Scalar::text(version.as_str())],
    }
}

fn between(low: &Value, high: &Value) -> Vec<Scalar> {
    match (low, high) {
        (Value::Ip(low), Value::Ip(high)) => {
            let (low, high) = (u128::from(*low), u128::from(*high));
            // A host of the block rather than its first address.
            [21, 1, 0]
                .iter()
                .map(|host| address(low.saturating_add(*host).min(high)))
                .collect()
        }
        (Value::Integer(low), Value::Integer(high)) => {
            let middle = low.midpoint(*high);
            vec![Scalar::Number(middle.to_string().into())]
        }
        _ => Vec::new(),
    }
}

fn address(bits: u128) -> Scalar {
    let address = Ipv6Addr::from(bits);
    let written = address
        .to_ipv4_mapped()
        .map_or(IpAddr::V6(address), IpAddr::V4);
    Scalar::text(written.to_string())
}
