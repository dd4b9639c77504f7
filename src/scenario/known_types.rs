//! Remembers the types that a data source gives to the fields of a scenario. Used by `shape`.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::data_source::DataSource;
use crate::event::FieldType;

/// The types of fields on one source. Nearly every case of a scenario sets the same fields.
#[derive(Default)]
pub(super) struct KnownTypes(RefCell<FxHashMap<Box<str>, Option<FieldType>>>);

impl KnownTypes {
    /// The type that the source, always the same one, gives to `path`.
    pub(super) fn on(&self, source: &DataSource, path: &str) -> Option<FieldType> {
        if let Some(known) = self.0.borrow().get(path) {
            return known.clone();
        }
        let found = source.field_type(path);
        self.0.borrow_mut().insert(path.into(), found.clone());
        found
    }
}
