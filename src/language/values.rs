//! Tests of whether a field has a value, each a clause of its own: what indicator-match rules ask of
//! the documents that they search for the values of others.

use super::dsl::query::{FieldTest, Fields, Query};
use super::error::QueryError;
use super::plan_builder::{PlanBuilder, RequestFields};
use crate::diagnostic::Span;
use crate::event::{Schema, Timestamp};
use crate::plan::{ClauseKind, Condition, ConditionKind, Plan};

/// A plan whose clauses are the tests, in their order: each a `match` query of a field and a value.
///
/// # Errors
///
/// What Elasticsearch would fail on, such as a domain that is searched in a field of addresses.
pub fn lower(
    values: &[(&str, &str)],
    schema: &Schema,
    request: RequestFields<'_>,
    now: Timestamp,
) -> Result<Plan, Vec<QueryError>> {
    let mut builder = PlanBuilder::new(schema, now, false);
    let root = builder.part(None, Span::default(), String::new);
    let mut tests = Vec::new();
    for (field, value) in values {
        let query = Query::Field {
            fields: Fields::Name((*field).to_owned()),
            test: FieldTest::Match {
                text: (*value).to_owned(),
                all: false,
            },
            lenient: false,
        };
        let part = builder.part(Some(root), Span::default(), String::new);
        tests.push(builder.condition(ClauseKind::Comparison, None, part, &query));
    }
    let condition = Condition {
        part: root,
        kind: ConditionKind::Any(tests),
    };
    if builder.errors.is_empty() {
        builder.finish(root, condition, request)
    } else {
        Err(builder.errors)
    }
}
