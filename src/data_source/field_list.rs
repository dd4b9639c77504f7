//! Lists of field types: those that ship with Trapline, and those of a project.
//!
//! A list is text with one field a line: path, type and attributes, separated by tabs. Attributes
//! are `ignore_above=N` and `unindexed` (neither an index nor doc values). The lines of a list are found
//! when a field of it is asked for the first time, and a line is read when its field is: a run needs
//! few of the many lists, and few of their fields.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::event::field::{KeywordSubfield, Normalizer};
use crate::event::schema::FieldOptions;
use crate::event::{FieldType, Mapping, paths_above};

/// A list of field types.
#[derive(Debug)]
pub struct FieldList {
    text: Cow<'static, str>,
    /// It is the mapping of an index, as Elasticsearch answered it.
    is_of_mapping: bool,
    lines: OnceLock<Lines>,
    /// Fields with one value in every document, and those values.
    constants: OnceLock<Vec<(Box<str>, Box<str>)>>,
}

/// A field of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedField {
    /// Its path. A `*` in it stands for one name, at the end for any number of them.
    pub path: Box<str>,
    /// Its type.
    pub field_type: FieldType,
    /// The path in the document that holds its values: another one for a multi-field and for an
    /// alias.
    pub read_from: Box<str>,
    /// The value that a `constant_keyword` has in the documents of this integration.
    pub constant: Option<Box<str>>,
    /// The mapping parameters besides its type, which only a mapping states.
    pub options: FieldOptions,
}

/// The entry of a path in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundField {
    /// The type.
    pub field_type: FieldType,
    /// The path in the document that holds the values.
    pub read_from: Box<str>,
    /// The path is below a field or pattern of the list, which does not name it: it is mapped as
    /// soon as a document has it.
    pub is_dynamic: bool,
    /// The mapping parameters besides its type.
    pub options: FieldOptions,
}

impl FieldList {
    /// The list with this text.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: text.into(),
            is_of_mapping: false,
            lines: OnceLock::new(),
            constants: OnceLock::new(),
        }
    }

    /// The fields of a mapping that Elasticsearch answered.
    pub fn of(mapping: &Mapping) -> Self {
        let mut text = String::new();
        let mut lines: Vec<Line> = Vec::new();
        for (path, field) in mapping.fields() {
            let field = ListedField {
                path: path.into(),
                field_type: field.field_type.clone(),
                read_from: field.read_from.clone(),
                constant: None,
                options: field.options.clone(),
            };
            lines.push(Line {
                start: text.len(),
                path: path.len(),
                length: path.len(),
                field: OnceLock::from(Box::new(field)),
            });
            text.push_str(path);
        }
        lines.sort_by(|one, other| one.path(&text).cmp(other.path(&text)));
        Self {
            text: Cow::Owned(text),
            is_of_mapping: true,
            lines: OnceLock::from(Lines {
                named: lines,
                patterns: Vec::new(),
            }),
            constants: OnceLock::new(),
        }
    }

    /// What the list says about `path`: the field of this name, a key below a `flattened` field, a
    /// field below a `nested` one, or what a pattern gives.
    pub fn find(&self, path: &str) -> Option<FoundField> {
        if let Some(field) = self.named(path) {
            return Some(FoundField {
                field_type: field.field_type.clone(),
                read_from: field.read_from.clone(),
                is_dynamic: false,
                options: field.options.clone(),
            });
        }
        let dynamic = |field_type| {
            Some(FoundField {
                field_type,
                read_from: path.into(),
                is_dynamic: true,
                options: FieldOptions::default(),
            })
        };
        for parent in paths_above(path) {
            match self.named(parent).map(|field| &field.field_type) {
                Some(FieldType::Flattened) => return dynamic(FieldType::FlattenedKey),
                Some(FieldType::Nested) => return dynamic(FieldType::Nested),
                _ => {}
            }
        }
        let mut patterns = self.lines().patterns.iter();
        let pattern = patterns.find(|pattern| fits(pattern.path(&self.text), path))?;
        dynamic(self.field(pattern).field_type.clone())
    }

    /// The fields that the list names, ascending by path; without patterns.
    pub fn fields(&self) -> impl Iterator<Item = &ListedField> {
        let lines = self.lines().named.iter();
        lines.map(|line| self.field(line))
    }

    /// The fields that have one value in every document, each with that value.
    pub fn constants(&self) -> impl Iterator<Item = (&str, &str)> {
        let constants = self.constants.get_or_init(|| {
            // A constant of a text stands behind a colon.
            let may_have = |text: &str| self.is_of_mapping || text.contains(':');
            if !may_have(&self.text) {
                return Vec::new();
            }
            let lines = self.lines().named.iter();
            let lines = lines.filter(|line| may_have(line.text(&self.text)));
            lines
                .filter_map(|line| constant(self.field(line)))
                .collect()
        });
        let constants = constants.iter();
        constants.map(|(path, value)| (&**path, &**value))
    }

    /// Whether it is the mapping of an index, as Elasticsearch answered it.
    pub fn is_of_mapping(&self) -> bool {
        self.is_of_mapping
    }

    /// How many fields and patterns the list has.
    pub fn len(&self) -> usize {
        let lines = self.lines();
        lines.named.len() + lines.patterns.len()
    }

    /// Whether the list names no field.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::new(&self.text))
    }

    fn line(&self, path: &str) -> Option<&Line> {
        let lines = &self.lines().named;
        let found = lines.binary_search_by(|line| line.path(&self.text).cmp(path));
        lines.get(found.ok()?)
    }

    /// The field of this name.
    pub fn named(&self, path: &str) -> Option<&ListedField> {
        Some(self.field(self.line(path)?))
    }

    /// The fields that the list names below a path.
    pub fn fields_below(&self, path: &str) -> impl Iterator<Item = &ListedField> {
        let lines = self.lines_below(&format!("{path}."));
        lines.iter().map(|line| self.field(line))
    }

    /// The lines of fields whose paths begin so.
    fn lines_below(&self, start: &str) -> &[Line] {
        let lines = &self.lines().named;
        let first = lines.partition_point(|line| line.path(&self.text) < start);
        let rest = lines.get(first..).unwrap_or(&[]);
        let count = rest.partition_point(|line| line.path(&self.text).starts_with(start));
        rest.get(..count).unwrap_or(&[])
    }

    /// The field of a line, which is read when it is asked for the first time.
    fn field<'l>(&'l self, line: &'l Line) -> &'l ListedField {
        line.field.get_or_init(|| Box::new(self.read(line)))
    }
}

/// Two lists with the same text are the same; those of mappings have only the paths in it.
impl PartialEq for FieldList {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.is_of_mapping) == (&other.text, other.is_of_mapping)
            && (!self.is_of_mapping || self.fields().eq(other.fields()))
    }
}

/// The path and the value of a field that has one value in every document.
fn constant(field: &ListedField) -> Option<(Box<str>, Box<str>)> {
    let stated = field.field_type.constant_value();
    let value = field.constant.as_deref().or(stated)?;
    // An alias names the value of another field, which documents do not carry under it.
    (field.path == field.read_from).then(|| (field.path.clone(), value.into()))
}

/// Whether a path is one of those that a pattern stands for.
fn fits(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('.'), path.split('.').peekable());
    while let Some(part) = pattern.next() {
        let is_last = path.peek().is_some() && part == "*" && pattern.clone().next().is_none();
        if is_last {
            return true;
        }
        match path.next() {
            Some(name) if part == "*" || part == name => {}
            _ => return false,
        }
    }
    path.next().is_none()
}

/// The lines of a list, ascending by path; of two with one path the later counts.
#[derive(Debug)]
struct Lines {
    /// Those without a `*`.
    named: Vec<Line>,
    patterns: Vec<Line>,
}

/// A line of a list: where it begins, how long it and its path are, and its field once that was
/// asked for.
#[derive(Debug)]
struct Line {
    start: usize,
    path: usize,
    length: usize,
    field: OnceLock<Box<ListedField>>,
}

impl Line {
    fn path<'t>(&self, text: &'t str) -> &'t str {
        let end = self.start + self.path;
        text.get(self.start..end).unwrap_or("")
    }

    fn text<'t>(&self, text: &'t str) -> &'t str {
        let end = self.start + self.length;
        text.get(self.start..end).unwrap_or("")
    }

    fn type_name<'t>(&self, text: &'t str) -> &'t str {
        self.text(text).split('\t').nth(1).unwrap_or("").trim()
    }

    fn attributes<'t>(&self, text: &'t str) -> &'t str {
        self.text(text).split('\t').nth(2).unwrap_or("").trim()
    }
}

impl Lines {
    fn new(text: &str) -> Self {
        let count = memchr::memchr_iter(b'\n', text.as_bytes()).count();
        let mut lines: Vec<Line> = Vec::with_capacity(count);
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            // `#` begins a comment.
            if let Some(path) = memchr::memchr(b'\t', line.as_bytes())
                && !line.starts_with('#')
            {
                lines.push(Line {
                    start,
                    path,
                    length: line.len(),
                    field: OnceLock::new(),
                });
            }
            start += line.len();
        }
        lines.sort_by_key(|line| line.path(text));
        lines.dedup_by(|later, earlier| {
            let is_again = later.path(text) == earlier.path(text);
            if is_again {
                std::mem::swap(later, earlier);
            }
            is_again
        });
        let is_pattern = |line: &Line| line.path(text).contains('*');
        let patterns = lines.extract_if(.., |line| is_pattern(line)).collect();
        Self {
            named: lines,
            patterns,
        }
    }
}

/// How the field of a line is read.
impl FieldList {
    /// A field below another one that is no object is a multi-field of it; `alias:PATH` is another
    /// name of PATH, `constant_keyword:VALUE` has the value in every document.
    fn read(&self, line: &Line) -> ListedField {
        let path = line.path(&self.text);
        let type_name = line.type_name(&self.text);
        if let Some(target) = type_name.strip_prefix("alias:") {
            let line = self.line_or_pattern(target);
            let type_name = line.map_or("keyword", |line| line.type_name(&self.text));
            let mut field_type = FieldType::named(type_name);
            if line.is_some_and(|line| self.is_unindexed(line)) {
                field_type = FieldType::Unindexed(Box::new(field_type));
            }
            return ListedField {
                path: path.into(),
                field_type,
                read_from: target.into(),
                constant: None,
                options: FieldOptions::default(),
            };
        }
        let (type_name, constant) = match type_name.split_once(':') {
            Some((type_name, value)) => (type_name, Some(value.into())),
            None => (type_name, None),
        };
        let parent = self.parent(path);
        let mut field_type = FieldType::named(type_name);
        let limit = attribute(line.attributes(&self.text), "ignore_above");
        match &mut field_type {
            FieldType::Keyword {
                ignore_above,
                normalizer,
            } => {
                *ignore_above = limit.or(*ignore_above);
                // The integrations' `caseless` sub-fields fold case by a normalizer.
                if parent.is_some() && path.ends_with(".caseless") {
                    *normalizer = Normalizer::Lowercase;
                }
            }
            FieldType::Wildcard { ignore_above } => *ignore_above = limit,
            FieldType::Text { exact } => *exact = self.exact_sub_field(path),
            // An `object_type` that the list does not state is a text's.
            FieldType::Object if path.ends_with('*') => field_type = FieldType::ecs_keyword(),
            _ => {}
        }
        if self.is_unindexed(line) {
            field_type = FieldType::Unindexed(Box::new(field_type));
        }
        ListedField {
            path: path.into(),
            field_type,
            read_from: parent.unwrap_or(path).into(),
            constant,
            options: FieldOptions::default(),
        }
    }

    /// The line of this path, which may hold a `*`.
    fn line_or_pattern(&self, path: &str) -> Option<&Line> {
        let mut patterns = self.lines().patterns.iter();
        self.line(path)
            .or_else(|| patterns.find(|line| line.path(&self.text) == path))
    }

    /// Neither an index nor doc values hold the field.
    fn is_unindexed(&self, line: &Line) -> bool {
        let mut attributes = line.attributes(&self.text).split_whitespace();
        attributes.any(|attribute| attribute == "unindexed")
    }

    /// The field that a multi-field belongs to.
    fn parent<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (parent, _) = path.rsplit_once('.')?;
        let type_name = self.line_or_pattern(parent)?.type_name(&self.text);
        let holds_fields = ["object", "nested", "group", "array", "flattened"];
        (!holds_fields.contains(&type_name)).then_some(parent)
    }

    /// The keyword that stands in for a text field.
    fn exact_sub_field(&self, path: &str) -> KeywordSubfield {
        let below = format!("{path}.");
        let patterns = self.lines().patterns.iter();
        let mut exact = self
            .lines_below(&below)
            .iter()
            .chain(patterns.filter(|line| line.path(&self.text).starts_with(&below)))
            .filter_map(|line| match FieldType::named(line.type_name(&self.text)) {
                FieldType::Keyword { ignore_above, .. } | FieldType::Wildcard { ignore_above } => {
                    let limit = attribute(line.attributes(&self.text), "ignore_above");
                    Some(KeywordSubfield::One {
                        ignore_above: limit.or(ignore_above),
                        normalizer: Normalizer::Keep,
                    })
                }
                _ => None,
            });
        match (exact.next(), exact.next()) {
            (None, _) => KeywordSubfield::Missing,
            (Some(one), None) => one,
            _ => KeywordSubfield::Several,
        }
    }
}

/// The number of an attribute `NAME=NUMBER`; attributes are separated by blanks.
fn attribute(attributes: &str, name: &str) -> Option<u32> {
    attributes.split_whitespace().find_map(|attribute| {
        let (key, value) = attribute.split_once('=')?;
        (key == name).then(|| value.parse().ok())?
    })
}

#[cfg(test)]
mod tests;
