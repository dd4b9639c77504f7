//! What the server is given once: the project, its data sources and lints; and what it remembers of
//! rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::documents::{Overlay, Texts};
use super::rule::clauses::{Clause, clauses};
use super::rule::text::RuleText;
use super::uri::has_extension;
use crate::data_source::{Catalogue, IndexPatterns};
use crate::diagnostic::SourceText;
use crate::project::rule_files::file_of;
use crate::project::{Layout, Project, ProjectFiles};
use crate::rule::{self, Rule};

/// The project that an editor has opened.
pub struct Setup {
    /// The absolute path of its root, with `/`.
    pub root: String,
    /// Its files.
    pub files: Arc<dyn ProjectFiles + Send>,
    /// Where its rules and scenarios are.
    pub layouts: Vec<Layout>,
    /// The data sources.
    pub catalogue: Catalogue,
    /// Lints whose findings are left out.
    pub allowed: BTreeSet<&'static str>,
    /// Lints whose findings are errors.
    pub denied: BTreeSet<&'static str>,
    /// The clauses of rules that were asked for, with the text of each rule's file.
    pub clauses: ClauseCache,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("root", &self.root)
            .field("layouts", &self.layouts)
            .finish_non_exhaustive()
    }
}

/// The clauses of the rules that were asked for last.
#[derive(Debug, Default)]
pub struct ClauseCache(Mutex<BTreeMap<String, Known>>);

#[derive(Debug, Clone)]
struct Known {
    text: Arc<SourceText>,
    clauses: Arc<Vec<Clause>>,
}

/// The number of rules that are cached.
const REMEMBERED: usize = 32;

impl Setup {
    /// The project with its data sources as their files are now; `None` where those that ship with
    /// Trapline cannot be read.
    pub(super) fn with_current_sources(&self, open: &Texts) -> Option<Self> {
        let overlay = self.overlay(open);
        let (catalogue, _) = Project::new(&overlay, &self.layouts).catalogue().ok()?;
        Some(Self {
            root: self.root.clone(),
            files: Arc::clone(&self.files),
            layouts: self.layouts.clone(),
            catalogue,
            allowed: self.allowed.clone(),
            denied: self.denied.clone(),
            clauses: ClauseCache::default(),
        })
    }

    /// The files with the open documents over them.
    pub(super) fn overlay<'s>(&'s self, open: &'s Texts) -> Overlay<'s> {
        Overlay {
            files: self.files.as_ref(),
            open,
        }
    }

    /// The text of the file of a rule.
    pub(super) fn rule_text(&self, open: &Texts, name: &str) -> Option<Arc<SourceText>> {
        self.overlay(open).read(file_of(name)).ok()
    }

    /// The indices that a rule searches, as far as its file says so.
    pub(super) fn patterns(&self, open: &Texts, name: &str) -> IndexPatterns {
        let Some(text) = self.rule_text(open, name) else {
            return IndexPatterns::default();
        };
        if has_extension(text.name(), "toml") {
            return RuleText::new(text.text()).patterns();
        }
        let rule = rule_of(&text, name);
        let index = rule.map(|rule| rule.index).unwrap_or_default();
        IndexPatterns::new(index.iter().map(|(pattern, _)| pattern.as_str()))
    }

    /// The clauses of a rule and the text of its file.
    pub(super) fn clauses(
        &self,
        open: &Texts,
        name: &str,
    ) -> Option<(Arc<SourceText>, Arc<Vec<Clause>>)> {
        let text = self.rule_text(open, name)?;
        let mut known = self
            .clauses
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(name).filter(|found| found.text == text) {
            return Some((text, Arc::clone(&found.clauses)));
        }
        let rule = rule_of(&text, name)?;
        let clauses = Arc::new(clauses(&rule, &self.catalogue));
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let entry = Known {
            text: Arc::clone(&text),
            clauses: Arc::clone(&clauses),
        };
        known.insert(name.to_owned(), entry);
        Some((text, clauses))
    }
}

/// The rule of this name, if its file loads.
fn rule_of(text: &Arc<SourceText>, name: &str) -> Option<Rule> {
    let rules = rule::load_file(text).into_iter().filter_map(|it| it.rule);
    let id = name.rsplit_once('#').map(|(_, id)| id);
    let mut rules = rules.filter(|rule| id.is_none_or(|id| rule.id == id));
    rules.next()
}
