//! KEEP, DROP and RENAME: which columns the next command sees.

use super::super::error::{NO_MATCH, UNEXPECTED};
use super::super::syntax::{Name, Renaming};
use super::scope::{Scope, ScopeColumn, fits};
use super::{Checker, Result};
use crate::diagnostic::query::EsqlCommand;
use crate::language::QueryError;

/// What a name in KEEP is: a full name beats a pattern, a pattern beats `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precedence {
    Everything,
    Pattern,
    Name,
}

impl Checker<'_> {
    /// The columns in the order written. A column that several names select stands where the
    /// name of the highest precedence selects it, among equals the last.
    pub(super) fn keep(&mut self, names: &[Name]) {
        let mut chosen: Vec<(usize, Precedence, ScopeColumn)> = Vec::new();
        for (position, name) in names.iter().enumerate() {
            let precedence = match name.text.as_str() {
                "*" if name.is_pattern => Precedence::Everything,
                _ if name.is_pattern => Precedence::Pattern,
                _ => Precedence::Name,
            };
            let Ok(columns) = self.selected(name) else {
                continue;
            };
            for column in columns {
                let old = chosen
                    .iter()
                    .position(|(_, _, own)| own.name == column.name);
                if let Some(old) = old {
                    if chosen.get(old).is_some_and(|(_, own, _)| *own > precedence) {
                        continue;
                    }
                    chosen.remove(old);
                }
                chosen.push((position, precedence, column));
            }
        }
        chosen.sort_by_key(|(position, _, _)| *position);
        self.scope = chosen.into_iter().map(|(_, _, column)| column).collect();
    }

    pub(super) fn drop_columns(&mut self, names: &[Name]) {
        for name in names {
            for column in self.selected(name).unwrap_or_default() {
                self.scope.remove(&column.name);
            }
        }
    }

    pub(super) fn rename(&mut self, renamings: &[Renaming]) {
        for renaming in renamings {
            let (from, to) = (&renaming.from, &renaming.to);
            if from.is_pattern || to.is_pattern {
                let cause = EsqlCommand::PatternInRename;
                self.fail(QueryError::new(UNEXPECTED, from.span, cause));
                continue;
            }
            if !self.scope.contains(&from.text) {
                self.unknown_column(&from.text, from.span);
                continue;
            }
            if from.text == to.text {
                continue;
            }
            // The new name stands where the old one stood; another column of that name goes.
            let columns = self.scope.columns().into_iter();
            let renamed: Scope = columns
                .filter(|column| column.name != to.text)
                .map(|mut column| {
                    if column.name == from.text {
                        column.name.clone_from(&to.text);
                    }
                    column
                })
                .collect();
            self.scope = renamed;
        }
    }

    /// The columns that a name or a pattern selects, in the order of the scope.
    fn selected(&mut self, name: &Name) -> Result<Vec<ScopeColumn>> {
        if !name.is_pattern {
            return match self.scope.get(&name.text) {
                Some(column) => Ok(vec![column.clone()]),
                None => Err(self.unknown_column(&name.text, name.span)),
            };
        }
        let mut columns = self.scope.columns();
        columns.retain(|column| fits(&name.text, &column.name));
        if columns.is_empty() && name.text != "*" && !self.settings.is_partial {
            let cause = EsqlCommand::NoMatch {
                name: name.text.clone(),
            };
            return Err(self.fail(QueryError::new(NO_MATCH, name.span, cause)));
        }
        Ok(columns)
    }
}
