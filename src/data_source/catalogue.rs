//! All data sources, and which of them a rule claims.

use super::builtin::{self, BadProfile};
use super::profile::DataSource;
use super::route::{IndexPatterns, matches};
use crate::diagnostic::suggest::nearest;

/// All data sources that are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    sources: Vec<DataSource>,
}

impl Catalogue {
    /// The sources that ship with Trapline, in the order in which reports list them.
    pub fn builtin() -> Result<Self, BadProfile> {
        Ok(Self {
            sources: builtin::sources()?,
        })
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
        let claims = |source: &&DataSource| {
            let mut indices = source.indices.iter();
            indices.any(|index| patterns.selects(&index.name))
        };
        self.sources.iter().filter(claims).collect()
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
