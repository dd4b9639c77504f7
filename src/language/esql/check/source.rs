//! FROM and ROW: the first columns.

use std::collections::BTreeSet;

use super::super::error::{
    AMBIGUOUS_TYPE, UNKNOWN_COLUMN, UNKNOWN_INDEX, WRONG_TYPE, not_supported,
};
use super::super::syntax::{Field, Name, Source};
use super::scope::{Binding, ScopeColumn};
use super::{Checker, Failed, Result};
use crate::diagnostic::Span;
use crate::diagnostic::query::EsqlCommand;
use crate::diagnostic::query::esql_command::IndicesByType;
use crate::diagnostic::query::text_part::Near;
use crate::event::FieldType;
use crate::event::field::IntegerType;
use crate::event::schema::MappedField;
use crate::language::QueryError;
use crate::plan::pipeline::{
    self as plan, ColumnId, ColumnOrigin, Computed, DataType, Function, LocationId, Metadata,
};

impl Checker<'_> {
    pub(super) fn source(&mut self, source: &Source) {
        match source {
            Source::From {
                patterns,
                metadata,
                span,
            } => {
                if self.schema.mappings().is_empty() {
                    let names: Vec<&str> = patterns.iter().map(|p| p.text.as_str()).collect();
                    let name = names.join(",");
                    let cause = EsqlCommand::UnknownIndex { name };
                    self.fail(QueryError::new(UNKNOWN_INDEX, *span, cause));
                }
                self.from(metadata);
            }
            Source::Row { fields, .. } => self.row(fields),
        }
    }

    /// All mapped fields in alphabetical order, then the metadata.
    fn from(&mut self, metadata: &[Name]) {
        let mappings = self.schema.mappings().iter();
        let paths: BTreeSet<&str> = mappings
            .flat_map(|mapping| mapping.fields().map(|(path, _)| path))
            .collect();
        let columns: Vec<ScopeColumn> = paths
            .into_iter()
            .filter_map(|path| self.mapped_column(path))
            .collect();
        for column in columns {
            self.scope.put(column);
        }
        for name in metadata {
            if name.text == "_ignored" {
                let fields = self.mapped_fields();
                let id =
                    self.add_column(&name.text, DataType::Keyword, ColumnOrigin::Ignored(fields));
                self.loads.push(id);
                self.define(&name.text, DataType::Keyword, id);
                continue;
            }
            let Some((kind, data_type)) = metadata_named(&name.text) else {
                let cause = EsqlCommand::UnknownMetadata {
                    name: name.text.clone(),
                };
                self.fail(QueryError::new(UNKNOWN_COLUMN, name.span, cause));
                continue;
            };
            if kind == Metadata::Score {
                let cause = EsqlCommand::MetadataNotSupported {
                    name: name.text.clone(),
                };
                self.fail(not_supported(name.span, cause));
            }
            let origin = ColumnOrigin::Metadata(kind);
            let id = self.add_column(&name.text, data_type, origin);
            self.loads.push(id);
            self.define(&name.text, data_type, id);
        }
    }

    /// The fields of all mappings, as each reads them.
    fn mapped_fields(&self) -> Vec<(String, Vec<Option<MappedField>>)> {
        let mappings = || self.schema.mappings().iter();
        let paths: BTreeSet<&str> = mappings()
            .flat_map(|mapping| mapping.fields().map(|(path, _)| path))
            .collect();
        let readers = |path: &str| {
            mappings()
                .map(|mapping| mapping.get(path).cloned())
                .collect()
        };
        let fields = paths.into_iter();
        fields
            .map(|path| (path.to_owned(), readers(path)))
            .collect()
    }

    /// The column of a mapped field; an object is none.
    fn mapped_column(&self, path: &str) -> Option<ScopeColumn> {
        let fields = self.schema.mappings().iter().filter_map(|mapping| {
            let field = mapping.get(path)?;
            Some((&field.field_type, mapping.name.as_str()))
        });
        let fields: Vec<(&FieldType, &str)> = fields
            .filter(|(field_type, _)| !matches!(field_type, FieldType::Object | FieldType::Nested))
            .collect();
        let (first, _) = fields.first()?;
        let mut data_type = data_type_of(first);
        let mut binding = Binding::Field(path.to_owned());
        for (other, _) in &fields {
            let other = data_type_of(other);
            if data_type.is_text() && other.is_text() {
                data_type = if data_type == other {
                    other
                } else {
                    DataType::Keyword
                };
            } else if data_type.is_date() && other.is_date() {
                data_type = data_type.common(other).unwrap_or(other);
            } else if data_type != other {
                let types = fields.iter().map(|(own, index)| {
                    (
                        data_type_of(own).in_message().to_owned(),
                        (*index).to_owned(),
                    )
                });
                binding = Binding::Ambiguous(types.collect());
                break;
            }
        }
        if matches!(binding, Binding::Ambiguous(_)) {
            data_type = DataType::Unsupported;
        } else if data_type == DataType::Unsupported {
            binding = Binding::Unusable(first.to_string());
        }
        Some(ScopeColumn {
            name: path.to_owned(),
            data_type,
            binding,
        })
    }

    fn row(&mut self, fields: &[Field]) {
        let mut computed = Vec::new();
        for field in fields {
            let Ok(expr) = self.expression(&field.expr) else {
                // Later names would be reported as unknown too.
                if let Some(name) = &field.name {
                    let id = self.computed(&name.text, DataType::Null);
                    self.define(&name.text, DataType::Null, id);
                }
                continue;
            };
            let name = self.field_name(field);
            if expr.data_type.is_timespan() {
                let cause = EsqlCommand::TimespanInRow { name };
                self.fail(QueryError::new(WRONG_TYPE, field.expr.span, cause));
                continue;
            }
            let id = self.computed(&name, expr.data_type);
            self.define(&name, expr.data_type, id);
            computed.push(Computed { column: id, expr });
        }
        self.pipeline.source = plan::Source::Row(computed);
    }

    /// The name of the column that a field makes.
    pub(super) fn field_name(&self, field: &Field) -> String {
        match &field.name {
            Some(name) => name.text.clone(),
            None => match &field.expr.kind {
                super::super::syntax::ExprKind::Column(name) => name.text.clone(),
                _ => self.text_of(field.expr.span).to_owned(),
            },
        }
    }

    /// The column of a field, read where it is needed first.
    pub(super) fn field_column(&mut self, path: &str, data_type: DataType) -> ColumnId {
        self.column_of(path, data_type, None)
    }

    /// The column of a field whose values are converted one by one, each from the type that its
    /// index has.
    pub(super) fn converted_column(
        &mut self,
        path: &str,
        data_type: DataType,
        function: Function,
        location: LocationId,
    ) -> ColumnId {
        self.column_of(path, data_type, Some((function, location)))
    }

    fn column_of(
        &mut self,
        path: &str,
        data_type: DataType,
        conversion: Option<(Function, LocationId)>,
    ) -> ColumnId {
        let key = (path.to_owned(), conversion.map(|(function, _)| function));
        if let Some(id) = self.fields.get(&key) {
            return *id;
        }
        let mappings = self.schema.mappings().iter();
        let readers: Vec<Option<MappedField>> =
            mappings.map(|mapping| mapping.get(path).cloned()).collect();
        let origin = ColumnOrigin::Field {
            readers,
            conversion,
        };
        let id = self.add_column(path, data_type, origin);
        self.fields.insert(key, id);
        self.loads.push(id);
        id
    }

    /// The column that a name is bound to, as an expression may use it.
    pub(super) fn resolve(&mut self, name: &str, span: Span) -> Result<(ColumnId, DataType)> {
        let Some(column) = self.scope.get(name).cloned() else {
            return Err(self.unknown_column(name, span));
        };
        match column.binding {
            Binding::Column(id) => Ok((id, column.data_type)),
            Binding::Field(path) => {
                Ok((self.field_column(&path, column.data_type), column.data_type))
            }
            Binding::Ambiguous(types) => Err(self.ambiguous(name, &types, span)),
            Binding::Unusable(type_name) => {
                let cause = EsqlCommand::UnusableField {
                    name: name.to_owned(),
                    found: type_name,
                };
                Err(self.fail(QueryError::new(WRONG_TYPE, span, cause)))
            }
        }
    }

    /// Elasticsearch's message for a name that nothing has, where the name stands first.
    pub(super) fn unknown_column(&mut self, name: &str, span: Span) -> Failed {
        if !self.unknown.insert(name.to_owned()) {
            return Failed;
        }
        let cause = if metadata_named(name).is_some() {
            let name = name.to_owned();
            EsqlCommand::MetadataNotAsked { name }
        } else {
            let near = self.scope.suggest(name);
            EsqlCommand::UnknownColumn {
                name: name.to_owned(),
                suggestion: Near(near.map(ToString::to_string)),
            }
        };
        self.fail(QueryError::new(UNKNOWN_COLUMN, span, cause))
    }

    fn ambiguous(&mut self, name: &str, types: &[(String, String)], span: Span) -> Failed {
        let mut by_type: Vec<(String, Vec<String>)> = Vec::new();
        for (type_name, index) in types {
            match by_type.iter_mut().find(|(own, _)| own == type_name) {
                Some((_, indices)) => indices.push(index.clone()),
                None => by_type.push((type_name.clone(), vec![index.clone()])),
            }
        }
        by_type.sort_unstable();
        let cause = EsqlCommand::AmbiguousField {
            name: name.to_owned(),
            count: by_type.len(),
            types: IndicesByType(by_type),
        };
        self.fail(QueryError::new(AMBIGUOUS_TYPE, span, cause))
    }
}

fn metadata_named(name: &str) -> Option<(Metadata, DataType)> {
    Some(match name {
        "_id" => (Metadata::Id, DataType::Keyword),
        "_index" => (Metadata::Index, DataType::Keyword),
        "_version" => (Metadata::Version, DataType::Long),
        "_source" => (Metadata::Source, DataType::Keyword),
        "_score" => (Metadata::Score, DataType::Double),
        "_index_mode" => (Metadata::IndexMode, DataType::Keyword),
        _ => return None,
    })
}

/// The type of the column of a field.
pub(super) fn data_type_of(field_type: &FieldType) -> DataType {
    match field_type {
        FieldType::Keyword { .. }
        | FieldType::ConstantKeyword { .. }
        | FieldType::Wildcard { .. } => DataType::Keyword,
        FieldType::Text { .. } => DataType::Text,
        FieldType::Integer(kind) => match kind {
            IntegerType::Byte | IntegerType::Short | IntegerType::Integer => DataType::Integer,
            IntegerType::Long => DataType::Long,
            IntegerType::UnsignedLong => DataType::UnsignedLong,
        },
        FieldType::Float(_) => DataType::Double,
        FieldType::Boolean => DataType::Boolean,
        FieldType::Date(_) => DataType::Date,
        FieldType::DateNanos(_) => DataType::DateNanos,
        FieldType::Ip => DataType::Ip,
        FieldType::Version => DataType::Version,
        // Without doc values the values come from the document.
        FieldType::Unindexed(inner) => data_type_of(inner),
        FieldType::Unsupported(name) if name == "geo_point" => DataType::GeoPoint,
        _ => DataType::Unsupported,
    }
}
