//! `indicator-type-mismatch`: an entry of threat_mapping between fields of different types.

use crate::data_source::IndexPatterns;
use crate::diagnostic::{Code, Severity};
use crate::event::FieldType;
use crate::lint::claims::Basis;
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::subject::SettingsSubject;
use crate::rule::RuleKind;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "indicator-type-mismatch",
        title: "fields of different types are compared",
        page: "An entry of `threat_mapping` holds where the event and the indicator share a value, read \
               by the type of the field that is searched. Between an address and a name, or a number \
               and a text, that is an error as soon as a value does not parse, or matches nothing. \
               Compare fields of one type.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::ThreatMatch(settings) = &subject.rule.kind else {
        return;
    };
    let patterns = IndexPatterns::new(settings.index.iter().map(|(name, _)| name.as_str()));
    let Some(indicators) = subject.catalogue.indicators(&patterns) else {
        return;
    };
    for entry in settings.groups.iter().flatten() {
        let (field, other) = (&entry.event_field, &entry.indicator_field);
        let Some(of_indicator) = indicators.field_type(&other.name).as_ref().and_then(class) else {
            continue;
        };
        let of_event = subject.claims.iter().find_map(|claim| match claim.basis {
            Basis::Shaped(source) => {
                let own = source.field(subject.patterns, &field.name)?;
                let own = class(&own.field_type).filter(|own| *own != of_indicator)?;
                Some((own, claim.names.clone()))
            }
            Basis::Listed(_) | Basis::Inferred => None,
        });
        let Some((of_event, names)) = of_event else {
            continue;
        };
        let message = format!(
            "{} is {of_event}, {} is {of_indicator}",
            field.name, other.name
        );
        findings.push(
            LINT.finding(subject.source, field.span, message, "")
                .also(subject.source, other.span, "")
                .help("compare fields of one type")
                .on(names),
        );
    }
}

/// What the values of a field are; `None` of a type that is not compared.
fn class(field_type: &FieldType) -> Option<&'static str> {
    match field_type {
        FieldType::Keyword { .. }
        | FieldType::ConstantKeyword { .. }
        | FieldType::Wildcard { .. }
        | FieldType::FlattenedKey => Some("a keyword"),
        FieldType::Text { .. } => Some("a text"),
        FieldType::Integer(_) | FieldType::Float(_) => Some("a number"),
        FieldType::Boolean => Some("true or false"),
        FieldType::Date(_) | FieldType::DateNanos(_) => Some("a time"),
        FieldType::Ip => Some("an address"),
        FieldType::Version
        | FieldType::Object
        | FieldType::Nested
        | FieldType::Flattened
        | FieldType::Unindexed(_)
        | FieldType::Unsupported(_) => None,
    }
}
