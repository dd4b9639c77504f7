//! Checks the values that a source gives to fields against the types of its indices.

use super::super::error::UNKNOWN_NAME;
use super::super::source::DataSource;
use super::read::Place;
use super::reader::Reader;
use crate::diagnostic::data_source::BadSource;
use crate::event::field::Reading;
use crate::event::schema::{MappedField, Origin};

/// Reports fields without a type, and values that their type refuses.
pub(super) fn verify(source: &DataSource, places: &[Place], reader: &mut Reader<'_>) {
    for place in places {
        let Some(field_type) = source.field_type(&place.field) else {
            let cause = BadSource::UntypedField {
                name: place.field.clone(),
                suggestion: source.suggest(&place.field),
            };
            reader.caused(&UNKNOWN_NAME, place.span, &cause);
            continue;
        };
        let field = MappedField::new(field_type, &place.field, Origin::Declared);
        let refused = |value: &&crate::event::Scalar| field.read(value.raw()) == Reading::Malformed;
        if let Some(value) = place.values.iter().find(refused) {
            let cause = BadSource::Misfit {
                name: place.field.clone(),
                found: value.to_string(),
                expected: field.field_type.to_string(),
            };
            reader.wrong(place.span, &cause);
        }
    }
}
