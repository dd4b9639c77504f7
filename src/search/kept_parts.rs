//! What an ES|QL query reads of documents, which is all that is kept of them.

use rustc_hash::FxHashMap;

use crate::compile::{FieldsRead, Syntax};
use crate::event::Event;
use crate::language::esql::syntax::{CommandKind, Query};
use crate::rule::Language;

/// What is kept of each document.
#[derive(Debug)]
pub(super) struct KeptParts {
    /// The fields; all of them where the answer has every column.
    fields: Option<KeptFields>,
    sources: bool,
}

#[derive(Debug)]
struct KeptFields {
    read: FieldsRead,
    /// Further paths from which the fields that are read have their values.
    paths: Vec<String>,
    /// What was decided of each path so far.
    decided: FxHashMap<Box<str>, bool>,
}

impl Default for KeptParts {
    /// Everything.
    fn default() -> Self {
        Self {
            fields: None,
            sources: true,
        }
    }
}

impl KeptParts {
    /// What this query reads; `known` gives the paths from which a field has its values. Everything
    /// for a text that is no query.
    pub(super) fn of(text: &str, known: &dyn Fn(&str) -> Vec<String>) -> Self {
        let Ok(syntax) = Syntax::parse(Language::Esql, text) else {
            return Self::default();
        };
        let Syntax::Esql(query) = &syntax else {
            return Self::default();
        };
        let asks = |name: &str| text.contains(name);
        let read = syntax.fields();
        let is_open = !has_few_columns(&query.tree) || asks("_ignored") || asks("_source");
        let paths = read.names().flat_map(|name| {
            let parts = ["lat", "lon"].map(|part| format!("{name}.{part}"));
            // A field below another one may have the values of that.
            let above = name.rsplit_once('.').map(|(above, _)| above.to_owned());
            known(name).into_iter().chain(parts).chain(above)
        });
        let paths: Vec<String> = paths.collect();
        Self {
            fields: (!is_open).then(|| KeptFields {
                paths,
                read,
                decided: FxHashMap::default(),
            }),
            sources: asks("_source"),
        }
    }

    /// Whether documents are kept as JSON, too.
    pub(super) fn has_sources(&self) -> bool {
        self.sources
    }

    /// What is kept of an event.
    pub(super) fn of_event(&mut self, event: Event) -> Event {
        let Some(fields) = &mut self.fields else {
            return event;
        };
        let paths = event.fields().map(|(path, _)| path);
        let kept = paths.filter(|path| fields.has(path)).map(str::to_owned);
        let mut kept: Vec<String> = kept.collect();
        // Of a field without a value, that the document sets it to null.
        kept.extend(fields.read.names().map(str::to_owned));
        event.only(&kept)
    }
}

impl KeptFields {
    fn has(&mut self, path: &str) -> bool {
        if let Some(decided) = self.decided.get(path) {
            return *decided;
        }
        let has = self.read.reads(path) || self.paths.iter().any(|own| own == path);
        self.decided.insert(path.into(), has);
        has
    }
}

/// Whether the columns of the answer are named by the query: behind STATS, or a KEEP without a
/// pattern.
fn has_few_columns(query: &Query) -> bool {
    query.commands.iter().any(|command| match &command.kind {
        CommandKind::Stats(_) => true,
        CommandKind::Keep(kept) => kept.iter().all(|name| !name.is_pattern),
        _ => false,
    })
}
