//! Texts of wildcard patterns where nothing is known of the field.

use crate::plan::predicate::WildcardPattern;
use crate::synthesize::sample_values::{SampleField, System};
use crate::synthesize::wildcards;

/// Texts of a pattern.
pub(super) fn texts(pattern: &WildcardPattern) -> Vec<String> {
    wildcards::texts(pattern, &SampleField::new("", System::Linux))
}
