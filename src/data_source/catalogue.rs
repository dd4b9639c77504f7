//! All data sources, and which of them a rule claims.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::builtin::{self, InvalidProfile};
use super::field_list::FieldList;
use super::route::{IndexPatterns, index_name, matches};
use super::source::{DataSource, Index, IndexList};
use crate::diagnostic::suggest::nearest;
use crate::event::Mapping;
use crate::event::mapping::IndexMapping;
use crate::event::schema::Origin;

/// All data sources that are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// Shared with other catalogues, unless the project has sources of its own.
    sources: Arc<Vec<DataSource>>,
    /// The files of the project by the sources that they define.
    files: BTreeMap<String, String>,
}

impl Catalogue {
    /// The sources that ship with Trapline, in the order in which reports list them.
    pub fn builtin() -> Result<Self, InvalidProfile> {
        Ok(Self {
            sources: builtin::sources()?,
            files: BTreeMap::new(),
        })
    }

    /// The file of the project that defines or extends the source.
    pub fn file(&self, source: &str) -> Option<&str> {
        self.files.get(source).map(String::as_str)
    }

    /// The types of the fields that are known without a source: those of the project's own sources
    /// before the embedded ones.
    pub fn field_types(&self) -> Mapping {
        let mut mapping = Mapping::new("the known field types");
        let own = self.sources.iter();
        for source in own.filter(|source| self.files.contains_key(&source.name)) {
            for index in &source.indices {
                index.add_all(&mut mapping);
            }
        }
        for (path, field) in builtin::field_types().fields() {
            if mapping.get(path).is_none() {
                mapping.insert(path, field.clone());
            }
        }
        mapping
    }

    /// Puts the source of a project's file into the place of `replaced`, or after all others.
    pub(super) fn put(&mut self, source: DataSource, replaced: Option<&str>, file: &str) {
        if let Some(replaced) = replaced {
            self.files.remove(replaced);
        }
        self.files.insert(source.name.clone(), file.to_owned());
        let of_name = |known: &&mut DataSource| replaced == Some(known.name.as_str());
        let sources = Arc::make_mut(&mut self.sources);
        match sources.iter_mut().find(of_name) {
            Some(known) => *known = source,
            None => sources.push(source),
        }
    }

    /// Puts the indices of a mapping that Elasticsearch answered before all sources: what it says of
    /// a field of its indices counts first. A mapping that names no index says what is known of
    /// fields that no source of a rule has.
    pub fn add_mappings(&mut self, file: &str, mappings: &[IndexMapping]) {
        let index = |one: &IndexMapping| {
            let stored = one.index.as_deref().unwrap_or_default();
            let fields = Arc::new(FieldList::of(&one.mapping));
            let origin = Origin::Declared;
            Index {
                name: index_name(stored).to_owned(),
                pattern: None,
                lists: vec![IndexList { fields, origin }],
                evidence: file.to_owned(),
            }
        };
        let source = DataSource {
            name: file.to_owned(),
            title: file.to_owned(),
            indices: mappings.iter().map(index).collect(),
            kinds: Vec::new(),
            defaults: Vec::new(),
            pins: Vec::new(),
            open: Vec::new(),
        };
        self.files.insert(source.name.clone(), file.to_owned());
        Arc::make_mut(&mut self.sources).insert(0, source);
    }

    /// All sources.
    pub fn sources(&self) -> &[DataSource] {
        &self.sources
    }

    /// The source of this name.
    pub fn get(&self, name: &str) -> Option<&DataSource> {
        self.sources.iter().find(|source| source.name == name)
    }

    /// The known name nearest to `name`.
    pub fn suggest(&self, name: &str) -> Option<&str> {
        nearest(name, self.sources.iter().map(|source| source.name.as_str()))
    }

    /// The sources that a rule with these index patterns claims; all of them for a rule without.
    pub fn claimed(&self, patterns: &IndexPatterns) -> Vec<&DataSource> {
        let sources = self.sources.iter();
        sources.filter(|source| claims(patterns, source)).collect()
    }

    /// Whether a rule with these index patterns claims any source.
    pub fn is_served(&self, patterns: &IndexPatterns) -> bool {
        self.sources.iter().any(|source| claims(patterns, source))
    }

    /// The source that stores the indicators of compromise which these patterns select; without one
    /// among those, the first that stores any.
    pub fn indicators(&self, patterns: &IndexPatterns) -> Option<&DataSource> {
        let stores = |source: &&DataSource| source.kind("indicator").is_some();
        let claimed = self.claimed(patterns).into_iter().find(stores);
        claimed.or_else(|| self.sources.iter().find(stores))
    }

    /// The patterns that select no index of any source, as written.
    pub fn unserved<'p>(&self, patterns: &'p IndexPatterns) -> Vec<&'p str> {
        let served = |pattern: &str| {
            let mut indices = self.sources.iter().flat_map(|source| &source.indices);
            indices.any(|index| matches(pattern, &index.name))
        };
        let wanted = patterns.included();
        wanted.filter(|pattern| !served(pattern)).collect()
    }
}

fn claims(patterns: &IndexPatterns, source: &DataSource) -> bool {
    let mut indices = source.indices.iter();
    indices.any(|index| patterns.selects(&index.name))
}
