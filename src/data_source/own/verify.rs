//! Checks the values that a source gives to fields against the types of its indices.

use super::super::error::UNKNOWN_NAME;
use super::super::source::DataSource;
use super::read::Place;
use super::reader::Reader;
use crate::event::field::Reading;
use crate::event::schema::{MappedField, Origin};

/// Reports fields without a type, and values that their type refuses.
pub(super) fn verify(source: &DataSource, places: &[Place], reader: &mut Reader<'_>) {
    for place in places {
        let Some(field_type) = source.field_type(&place.field) else {
            let message = format!("no index of the source has a type for `{}`", place.field);
            let fix = match source.suggest(&place.field) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "add `\"{}\" = \"keyword\"` to `[index.types]`, or `assumed = [\"ecs\"]`",
                    place.field
                ),
            };
            reader.error(&UNKNOWN_NAME, place.span, message).help = vec![fix];
            continue;
        };
        let field = MappedField::new(field_type, &place.field, Origin::Declared);
        let refused = |value: &&crate::event::Scalar| field.read(value.raw()) == Reading::Malformed;
        if let Some(value) = place.values.iter().find(refused) {
            let message = format!("`{value}` is not a {}", field.field_type);
            let fix = format!("`{}` has that type in the source's index", place.field);
            reader.wrong(place.span, message, &fix);
        }
    }
}
