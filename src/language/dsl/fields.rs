//! The fields that a query reads.

use super::query::Query;
use crate::language::lucene;

impl Query {
    /// The names of the fields that it reads, patterns as they are written.
    pub fn fields(&self) -> Vec<String> {
        let mut fields = Vec::new();
        self.add_fields(&mut fields);
        fields
    }

    fn add_fields(&self, names: &mut Vec<String>) {
        match self {
            Self::MatchAll | Self::MatchNone | Self::Ids(_) => {}
            Self::Bool(parts) => parts.parts().for_each(|part| part.add_fields(names)),
            Self::Field { fields, .. } => names.push(fields.text().to_owned()),
            Self::Nested { query, .. } => query.add_fields(names),
            Self::QueryString(string) => {
                names.extend(string.fields.iter().cloned());
                if let Ok(group) = lucene::parse(&string.text, string.all) {
                    group.leaves(&mut |leaf| names.extend(leaf.field.clone()));
                }
            }
        }
    }
}
