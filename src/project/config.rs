//! Reads `trapline.toml`. All mistakes of the file are reported in one run.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error;
use super::layout::Layout;
use crate::diagnostic::{Diagnostic, SourceText, Span, suggest};

/// The name of the file.
pub const FILE: &str = "trapline.toml";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// At least one.
    pub projects: Vec<Layout>,
    /// `[check]`.
    pub check: Check,
    /// `[files]`.
    pub files: FilesOutside,
}

/// Which files outside the root may be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilesOutside {
    /// Directories, relative to the root.
    pub allow: Vec<String>,
}

/// What the file says about lints; names with their places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Check {
    /// Lints whose findings are errors.
    pub deny: Vec<(String, Span)>,
    /// Lints whose findings are left out.
    pub allow: Vec<(String, Span)>,
}

/// Reads the configuration.
pub fn read(source: &Arc<SourceText>) -> Result<Config, Vec<Diagnostic>> {
    let (table, mistakes) = DeTable::parse_recoverable(source.text());
    let mut reader = Reader {
        source,
        diagnostics: Vec::new(),
    };
    for mistake in mistakes {
        let span = mistake.span().unwrap_or(0..0);
        reader.mistake(span, &mistake.message().replace('\n', ", "));
    }
    let mut projects = Vec::new();
    let mut check = Check::default();
    let mut files = FilesOutside::default();
    for (key, value) in table.get_ref() {
        match key.get_ref().as_ref() {
            "project" => reader.projects(value, &mut projects),
            "check" => reader.check(value, &mut check),
            "files" => reader.files(value, &mut files),
            _ => reader.unknown(key, &["check", "files", "project"]),
        }
    }
    if projects.is_empty() {
        projects.push(Layout::default());
    }
    if reader.diagnostics.is_empty() {
        Ok(Config {
            projects,
            check,
            files,
        })
    } else {
        reader
            .diagnostics
            .sort_by(|one, other| one.sort_key().cmp(&other.sort_key()));
        Err(reader.diagnostics)
    }
}

type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;
type Value<'a> = Spanned<DeValue<'a>>;

struct Reader<'a> {
    source: &'a Arc<SourceText>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn projects(&mut self, value: &Value<'_>, projects: &mut Vec<Layout>) {
        let Some(tables) = value.get_ref().as_array() else {
            return self.mistake(value.span(), "expected tables: `[[project]]`");
        };
        for table in tables {
            match table.get_ref().as_table() {
                Some(fields) => projects.push(self.project(fields)),
                None => self.mistake(table.span(), "expected a table"),
            }
        }
    }

    fn project(&mut self, table: &DeTable<'_>) -> Layout {
        let mut project = Layout::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "exceptions" => project.exceptions = self.directories(value),
                "rules" => project.rules = self.directories(value),
                "scenarios" => project.scenarios = self.directory(value),
                _ => self.unknown(key, &["exceptions", "rules", "scenarios"]),
            }
        }
        project
    }

    fn check(&mut self, value: &Value<'_>, check: &mut Check) {
        let Some(table) = value.get_ref().as_table() else {
            return self.mistake(value.span(), "expected a table: `[check]`");
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "deny" => check.deny = self.names(value),
                "allow" => check.allow = self.names(value),
                _ => self.unknown(key, &["allow", "deny"]),
            }
        }
    }

    fn files(&mut self, value: &Value<'_>, files: &mut FilesOutside) {
        let Some(table) = value.get_ref().as_table() else {
            return self.mistake(value.span(), "expected a table: `[files]`");
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "allow" => files.allow = self.directories(value),
                _ => self.unknown(key, &["allow"]),
            }
        }
    }

    fn names(&mut self, value: &Value<'_>) -> Vec<(String, Span)> {
        let Some(items) = value.get_ref().as_array() else {
            self.mistake(value.span(), "expected a list of lints");
            return Vec::new();
        };
        let mut names = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(name) => names.push((name.to_owned(), Span::of(item.span()))),
                None => self.mistake(item.span(), "expected the name of a lint in quotes"),
            }
        }
        names
    }

    fn directories(&mut self, value: &Value<'_>) -> Vec<String> {
        match value.get_ref().as_array() {
            Some(items) => items.iter().map(|item| self.directory(item)).collect(),
            None => vec![self.directory(value)],
        }
    }

    fn directory(&mut self, value: &Value<'_>) -> String {
        match value.get_ref().as_str() {
            Some(text) if !text.is_empty() => text.to_owned(),
            Some(_) => {
                self.mistake(value.span(), "the name of a directory is missing");
                String::new()
            }
            None => {
                self.mistake(value.span(), "expected the name of a directory in quotes");
                String::new()
            }
        }
    }

    fn unknown(&mut self, key: &Key<'_>, known: &[&str]) {
        let name = key.get_ref();
        let diagnostic = Diagnostic::error(&error::UNKNOWN_KEY, format!("unknown key `{name}`"))
            .at(self.source, Span::of(key.span()), "");
        self.diagnostics
            .push(match suggest::nearest(name, known.iter().copied()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help(format!("known here: {}", known.join(", "))),
            });
    }

    fn mistake(&mut self, span: std::ops::Range<usize>, label: &str) {
        let message = "the configuration cannot be read";
        let diagnostic = Diagnostic::error(&error::BAD_CONFIG, message);
        self.diagnostics
            .push(diagnostic.at(self.source, Span::of(span), label));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::render::render;

    #[test]
    fn projects_have_defaults() {
        let text = "[[project]]\nrules = \"r\"\n[[project]]\nrules = ['a', 'b']\nscenarios = 's'\n";
        let config = read(&SourceText::new(FILE, text)).unwrap();
        assert_eq!(config.projects[0].scenarios, "scenarios");
        assert_eq!(config.projects[1].rules, ["a", "b"]);
        assert_eq!(
            read(&SourceText::new(FILE, "")).unwrap().projects,
            [Layout::default()]
        );
    }

    #[test]
    fn every_mistake_is_reported_with_its_place() {
        let text = "projct = 1\n[[project]]\nrule = []\nscenarios = 3\nrules = [1, '']\nx = \n";
        let mistakes = read(&SourceText::new(FILE, text)).unwrap_err();
        let text: Vec<String> = mistakes
            .iter()
            .map(|mistake| render(mistake, false))
            .collect();
        insta::assert_snapshot!(text.join("\n"));
    }
}
