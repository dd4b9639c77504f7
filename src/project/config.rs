//! Reads `trapline.toml`. All mistakes of the file are reported in one run.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error;
use super::layout::Layout;
use crate::diagnostic::project::BadConfig;
use crate::diagnostic::{Code, Diagnostic, NameList, SourceText, Span, suggest};
use crate::event::io::{Limits, RowMemory};

/// The name of the file.
pub const FILE: &str = "trapline.toml";

/// The contents of `trapline.toml`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// At least one.
    pub projects: Vec<Layout>,
    /// `[check]`.
    pub check: Check,
    /// `[files]`.
    pub files: FilesOutside,
    /// `[limits]`.
    pub limits: Limits,
    /// `[test]`.
    pub test: Test,
    /// `[gates]`.
    pub gates: ConfiguredGates,
    /// `[coverage]`: `min`, the least share of covered clauses, in per cent.
    pub least_coverage: Option<f64>,
    /// `[mutate]`.
    pub mutate: Mutate,
}

/// Which files outside the root may be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilesOutside {
    /// Directories, relative to the root.
    pub allow: Vec<String>,
}

/// The section `test`; values with their places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Test {
    /// The reports, as `--format` takes them.
    pub format: Vec<(String, Span)>,
    /// Whether outcomes that are not proven, open or not implemented fail.
    pub strict: bool,
}

/// The gates of `test`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfiguredGates {
    /// `all`, `changed` or `none`.
    pub require_tested: Option<(String, Span)>,
    /// The least number of cases of a tested rule.
    pub min_cases: Option<usize>,
}

/// The section `mutate`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mutate {
    /// The least share of mutants that a case catches, in per cent.
    pub min: Option<f64>,
    /// The kinds of change to try; all when empty.
    pub operators: Vec<(String, Span)>,
}

/// The section of lints; names with their places.
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
        let said = mistake.message().replace('\n', ", ");
        reader.mistake(span, &BadConfig::Syntax { said });
    }
    let mut config = Config::default();
    for (key, value) in table.get_ref() {
        let name = key.get_ref().as_ref();
        match TABLES.iter().find(|(table, _)| *table == name) {
            Some(("project", _)) => reader.projects(value, &mut config.projects),
            Some((name, keys)) => reader.table(value, name, keys, &mut config),
            None => reader.unknown(key, &TABLES.map(|(table, _)| table)),
        }
    }
    if config.projects.is_empty() {
        config.projects.push(Layout::default());
    }
    if reader.diagnostics.is_empty() {
        Ok(config)
    } else {
        reader
            .diagnostics
            .sort_by(|one, other| one.sort_key().cmp(&other.sort_key()));
        Err(reader.diagnostics)
    }
}

/// The tables of the file and their keys, each list in the order of the alphabet.
pub const TABLES: [(&str, &[&str]); 8] = [
    ("check", &["allow", "deny"]),
    ("coverage", &["min"]),
    ("files", &["allow"]),
    ("gates", &["min-cases", "require-tested"]),
    ("limits", &LIMITS),
    ("mutate", &["min", "operators"]),
    ("project", &["exceptions", "rules", "scenarios", "sources"]),
    ("test", &["format", "strict"]),
];

/// The keys of `[limits]`: whole numbers above nothing.
const LIMITS: [&str; 5] = [
    "esql-mib",
    "events-from",
    "events-from-mib",
    "unpack-ratio",
    "unpacked-mib",
];

/// The digits of a number.
fn number<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value.get_ref() {
        DeValue::Integer(number) => Some(number.as_str()),
        DeValue::Float(number) => Some(number.as_str()),
        _ => None,
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
            return self.mistake(value.span(), &BadConfig::NoTables { name: "project" });
        };
        for table in tables {
            match table.get_ref().as_table() {
                Some(fields) => projects.push(self.project(fields)),
                None => self.mistake(table.span(), &BadConfig::NoTableOfList),
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
                "sources" => project.sources = self.directories(value),
                _ => self.unknown(key, &["exceptions", "rules", "scenarios", "sources"]),
            }
        }
        project
    }

    /// Reads a table key by key.
    fn table(&mut self, value: &Value<'_>, name: &str, keys: &[&str], config: &mut Config) {
        let Some(table) = value.get_ref().as_table() else {
            let name = name.to_owned();
            return self.mistake(value.span(), &BadConfig::NoTable { name });
        };
        for (key, value) in table {
            if !self.entry((name, key.get_ref().as_ref()), value, config) {
                self.unknown(key, keys);
            }
        }
    }

    /// Reads the value of a key of a table; false for a key that the table does not have.
    fn entry(&mut self, place: (&str, &str), value: &Value<'_>, config: &mut Config) -> bool {
        match place {
            ("check", "deny") => config.check.deny = self.names(value, "a lint"),
            ("check", "allow") => config.check.allow = self.names(value, "a lint"),
            ("files", "allow") => config.files.allow = self.directories(value),
            ("test", "format") => config.test.format = self.names(value, "a format"),
            ("test", "strict") => config.test.strict = self.boolean(value),
            ("gates", "require-tested") => config.gates.require_tested = self.word(value),
            ("gates", "min-cases") => config.gates.min_cases = self.count(value),
            ("coverage", "min") => config.least_coverage = self.percent(value),
            ("mutate", "min") => config.mutate.min = self.percent(value),
            ("mutate", "operators") => {
                config.mutate.operators = self.names(value, "an operator");
            }
            ("limits", key) => return self.limits(key, value, &mut config.limits),
            _ => return false,
        }
        true
    }

    fn limits(&mut self, key: &str, value: &Value<'_>, limits: &mut Limits) -> bool {
        let Some(number) = self.limit(key, value) else {
            return LIMITS.contains(&key);
        };
        match key {
            "esql-mib" => limits.rows = RowMemory(number.saturating_mul(1 << 20)),
            "events-from" => limits.events = usize::try_from(number).unwrap_or(usize::MAX),
            "events-from-mib" => limits.memory = number.saturating_mul(1 << 20),
            "unpacked-mib" => limits.unpacked = number.saturating_mul(1 << 20),
            _ => limits.ratio = number,
        }
        true
    }

    /// A list of names; one name stands for a list of one.
    fn names(&mut self, value: &Value<'_>, kind: &'static str) -> Vec<(String, Span)> {
        if let Some(name) = value.get_ref().as_str() {
            return vec![(name.to_owned(), Span::of(value.span()))];
        }
        let Some(items) = value.get_ref().as_array() else {
            self.mistake(value.span(), &BadConfig::NoListOfNames);
            return Vec::new();
        };
        let mut names = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(name) => names.push((name.to_owned(), Span::of(item.span()))),
                None => self.mistake(item.span(), &BadConfig::NoName { kind }),
            }
        }
        names
    }

    fn word(&mut self, value: &Value<'_>) -> Option<(String, Span)> {
        let word = value.get_ref().as_str().map(str::to_owned);
        if word.is_none() {
            self.mistake(value.span(), &BadConfig::NoWord);
        }
        Some((word?, Span::of(value.span())))
    }

    fn boolean(&mut self, value: &Value<'_>) -> bool {
        let DeValue::Boolean(boolean) = value.get_ref() else {
            self.mistake(value.span(), &BadConfig::NoBoolean);
            return false;
        };
        *boolean
    }

    fn count(&mut self, value: &Value<'_>) -> Option<usize> {
        let number = number(value).and_then(|number| number.parse().ok());
        if number.is_none() {
            self.mistake(value.span(), &BadConfig::NoNumber);
        }
        number
    }

    /// The value of a key of `[limits]`; a bad one is reported.
    fn limit(&mut self, key: &str, value: &Value<'_>) -> Option<u64> {
        if !LIMITS.contains(&key) {
            return None;
        }
        let number = number(value).and_then(|number| number.parse().ok());
        let number = number.filter(|number: &u64| *number > 0);
        if number.is_none() {
            self.mistake(value.span(), &BadConfig::NoPositiveNumber);
        }
        number
    }

    fn percent(&mut self, value: &Value<'_>) -> Option<f64> {
        let number: Option<f64> = number(value).and_then(|number| number.parse().ok());
        let number = number.filter(|number| (0.0..=100.0).contains(number));
        if number.is_none() {
            self.mistake(value.span(), &BadConfig::NoPercentage);
        }
        number
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
                self.mistake(value.span(), &BadConfig::EmptyDirectory);
                String::new()
            }
            None => {
                self.mistake(value.span(), &BadConfig::NoDirectory);
                String::new()
            }
        }
    }

    fn unknown(&mut self, key: &Key<'_>, known: &[&str]) {
        let name = key.get_ref();
        let near = suggest::nearest(name, known.iter().copied());
        let cause = BadConfig::UnknownKey {
            name: name.to_string(),
            suggestion: near.map(str::to_owned),
            known: NameList::of(known),
        };
        self.report(&error::UNKNOWN_KEY, key.span(), &cause);
    }

    fn mistake(&mut self, span: std::ops::Range<usize>, cause: &BadConfig) {
        self.report(&error::BAD_CONFIG, span, cause);
    }

    fn report(&mut self, code: &'static Code, span: std::ops::Range<usize>, cause: &BadConfig) {
        let diagnostic = Diagnostic::caused(code, cause, self.source, Span::of(span));
        self.diagnostics.push(diagnostic);
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
    fn programs_read_which_key_is_wrong() {
        let text = "projct = 1\n[mutate]\nmin = 101\n";
        let mistakes = read(&SourceText::new(FILE, text)).unwrap_err();
        let causes: Vec<_> = mistakes.iter().map(|one| one.cause.as_deref()).collect();
        assert_eq!(causes, [Some("unknown-key"), Some("no-percentage")]);
        let details = &mistakes[0].details;
        assert_eq!(details.name.as_deref(), Some("projct"));
        assert_eq!(details.suggestion.as_deref(), Some("project"));
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
