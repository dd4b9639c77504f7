//! `ecs-type`: a column has the name of an ECS field and a value that the field cannot have.

use crate::data_source::{AlertEntry, Misplaced, alert_entry, never_takes};
use crate::diagnostic::{Code, Severity};
use crate::event::FieldType;
use crate::lint::esql::walk::EsqlSubject;
use crate::lint::finding::{Finding, Lint};
use crate::plan::pipeline::DataType;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "ecs-type",
        title: "a column has the name of an ECS field and a value that the field cannot have",
        page: "The columns of a row are written into the alert, whose index maps the fields of ECS. What does not fit \
               there cannot be indexed: Kibana takes it out of the alert and says so in its debug log alone \
               (`traverse_and_mutate_doc.ts`), and the event's own value of the field, which the column has \
               replaced, is gone as well. Before 8.15 such a column made the whole execution fail \
               (kibana#187384).\n\n\
               Found are columns that a command makes and that never fit: a value where ECS has an object \
               (`process`), one below a field (`event.action.count`), and a type whose values the field's type \
               refuses.\n\n\
               ```esql\nFROM logs-* | STATS process = COUNT(*), source.ip = COUNT_DISTINCT(source.ip) BY host.id\n```\n\n\
               Give the column a name that ECS has not, such as `Esql.count`.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let mut reported: Vec<&str> = Vec::new();
    let mut given: Vec<_> = subject.results.iter().collect();
    given.sort_by_key(|result| !result.has_declared_types);
    for result in given {
        for column in result.columns.iter().filter(|column| column.is_computed) {
            let data_type = result.has_declared_types.then_some(column.data_type);
            let Some(why) = conflict(&column.name, data_type) else {
                continue;
            };
            if reported.contains(&column.name.as_str()) {
                continue;
            }
            reported.push(&column.name);
            let message = format!("`{}` cannot be in the alert: {why}", column.name);
            let span = subject.made_at(&column.name);
            findings.push(
                subject
                    .finding(&LINT, span, message, "Kibana takes it out")
                    .help("give the column a name that ECS has not"),
            );
        }
    }
}

/// Why a column never fits into the alert; without a type only by its name.
fn conflict(name: &str, data_type: Option<DataType>) -> Option<String> {
    match never_takes(name) {
        Some(Misplaced::Object) => return Some(format!("ECS has objects at `{name}`")),
        Some(Misplaced::Below(field, field_type)) => {
            return Some(format!(
                "`{field}`, above it, is a field of ECS ({field_type})"
            ));
        }
        None => {}
    }
    let AlertEntry::Field(field_type) = alert_entry(name)? else {
        return None;
    };
    let data_type = data_type?;
    refuses(&field_type, data_type)
        .then(|| format!("it is of type {data_type}, and in ECS of type {field_type}"))
}

/// Whether Kibana refuses every value of a column's type for a field: numbers may be written as
/// texts, and times as numbers.
fn refuses(field_type: &FieldType, data_type: DataType) -> bool {
    let is_point = data_type == DataType::GeoPoint;
    match field_type {
        FieldType::Integer(_) | FieldType::Float(_) => {
            data_type == DataType::Boolean || data_type.is_date() || is_point
        }
        FieldType::Ip => {
            data_type == DataType::Boolean
                || data_type.is_number()
                || data_type.is_date()
                || is_point
        }
        FieldType::Date(_) | FieldType::DateNanos(_) => data_type == DataType::Boolean,
        FieldType::Boolean => {
            data_type.is_number() || data_type.is_date() || data_type == DataType::Ip || is_point
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_never_fits_is_a_conflict() {
        for (name, data_type, expected) in [
            ("process", DataType::Long, true),
            ("event.action.count", DataType::Long, true),
            ("dns.answers", DataType::Keyword, true),
            ("email.attachments", DataType::Keyword, true),
            ("email.attachments.x", DataType::Keyword, false),
            ("process.elf.exports", DataType::Long, false),
            ("data_stream.dataset", DataType::Long, false),
            ("process.pid", DataType::Date, true),
            ("process.pid", DataType::Keyword, false),
            ("source.ip", DataType::Long, true),
            ("source.ip", DataType::Keyword, false),
            ("event.created", DataType::Boolean, true),
            ("event.created", DataType::Long, false),
            (
                "process.thread.capabilities.effective",
                DataType::Long,
                false,
            ),
            ("client.geo.location", DataType::Long, false),
            ("client.geo.location.lat", DataType::Double, false),
            ("Esql.count", DataType::Long, false),
        ] {
            let found = conflict(name, Some(data_type));
            assert_eq!(found.is_some(), expected, "{name} {data_type}: {found:?}");
        }
        assert!(conflict("source.ip", None).is_none() && conflict("process", None).is_some());
    }
}
