//! Lists of field types: those that ship with Trapline, and those of a project.
//!
//! A list is text with one field a line: path, type and attributes, separated by tabs. Attributes
//! are `ignore_above=N` and `unindexed` (neither an index nor doc values). A list is read when a
//! field of it is asked for the first time: a run needs few of the many lists.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::event::field::{KeywordSubfield, Normalizer};
use crate::event::schema::FieldOptions;
use crate::event::{FieldType, Mapping, paths_above};

/// A list of field types.
#[derive(Debug)]
pub struct FieldList {
    text: Cow<'static, str>,
    read: OnceLock<Fields>,
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

#[derive(Debug, Default, PartialEq)]
struct Fields {
    /// Those without a `*`, ascending by path.
    named: Vec<ListedField>,
    patterns: Vec<ListedField>,
    /// Fields with one value in every document, and those values.
    constants: Vec<(Box<str>, Box<str>)>,
}

impl FieldList {
    /// The list with this text.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: text.into(),
            read: OnceLock::new(),
        }
    }

    /// The fields of a mapping that Elasticsearch answered.
    pub fn of(mapping: &Mapping) -> Self {
        let named = mapping.fields().map(|(path, field)| ListedField {
            path: path.into(),
            field_type: field.field_type.clone(),
            read_from: field.read_from.clone(),
            constant: None,
            options: field.options.clone(),
        });
        let mut fields = Fields {
            named: named.collect(),
            ..Fields::default()
        };
        fields.named.sort_by(|one, other| one.path.cmp(&other.path));
        fields.find_constants();
        Self {
            text: Cow::Borrowed(""),
            read: OnceLock::from(fields),
        }
    }

    /// What the list says about `path`: the field of this name, a key below a `flattened` field, a
    /// field below a `nested` one, or what a pattern gives.
    pub fn find(&self, path: &str) -> Option<FoundField> {
        let fields = self.fields_read();
        if let Some(field) = fields.named(path) {
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
            match fields.named(parent).map(|field| &field.field_type) {
                Some(FieldType::Flattened) => return dynamic(FieldType::FlattenedKey),
                Some(FieldType::Nested) => return dynamic(FieldType::Nested),
                _ => {}
            }
        }
        let mut patterns = fields.patterns.iter();
        let pattern = patterns.find(|pattern| fits(&pattern.path, path))?;
        dynamic(pattern.field_type.clone())
    }

    /// The fields that the list names, ascending by path; without patterns.
    pub fn fields(&self) -> &[ListedField] {
        &self.fields_read().named
    }

    /// The fields that have one value in every document, each with that value.
    pub fn constants(&self) -> impl Iterator<Item = (&str, &str)> {
        let constants = self.fields_read().constants.iter();
        constants.map(|(path, value)| (&**path, &**value))
    }

    /// Whether it is the mapping of an index, as Elasticsearch answered it.
    pub fn is_of_mapping(&self) -> bool {
        self.text.is_empty()
    }

    /// How many fields and patterns the list has.
    pub fn len(&self) -> usize {
        let fields = self.fields_read();
        fields.named.len() + fields.patterns.len()
    }

    /// Whether the list names no field.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn fields_read(&self) -> &Fields {
        self.read.get_or_init(|| read(&self.text))
    }
}

/// Two lists with the same text are the same; those of mappings have none.
impl PartialEq for FieldList {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            && (!self.text.is_empty() || self.fields_read() == other.fields_read())
    }
}

impl Fields {
    fn find_constants(&mut self) {
        let constants = self.named.iter().filter_map(|field| {
            let stated = field.field_type.constant_value();
            let value = field.constant.as_deref().or(stated)?;
            // An alias names the value of another field, which documents do not carry under it.
            (field.path == field.read_from).then(|| (field.path.clone(), value.into()))
        });
        self.constants = constants.collect();
    }

    fn named(&self, path: &str) -> Option<&ListedField> {
        let found = self.named.binary_search_by(|field| (*field.path).cmp(path));
        self.named.get(found.ok()?)
    }
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

/// One line of a list.
struct Line<'t> {
    type_name: &'t str,
    attributes: &'t str,
}

/// The lines of a list, ascending by path.
struct Lines<'t>(Vec<(&'t str, Line<'t>)>);

impl<'t> Lines<'t> {
    /// The lines of a text; of two with one path the later counts.
    fn new(text: &'t str) -> Self {
        let mut lines: Vec<(&str, Line<'_>)> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            if let (Some(path), Some(type_name)) = (columns.next(), columns.next()) {
                let line = Line {
                    type_name: type_name.trim(),
                    attributes: columns.next().unwrap_or("").trim(),
                };
                lines.push((path, line));
            }
        }
        lines.sort_by_key(|(path, _)| *path);
        lines.dedup_by(|later, earlier| {
            let is_again = later.0 == earlier.0;
            if is_again {
                std::mem::swap(later, earlier);
            }
            is_again
        });
        Self(lines)
    }

    fn get(&self, path: &str) -> Option<&Line<'t>> {
        let found = self.0.binary_search_by_key(&path, |(path, _)| path);
        Some(&self.0.get(found.ok()?)?.1)
    }

    /// The lines of paths that begin so.
    fn below<'l>(&'l self, start: &str) -> impl Iterator<Item = &'l Line<'t>> {
        let first = self.0.partition_point(|(path, _)| *path < start);
        let rest = self.0.get(first..).unwrap_or(&[]).iter();
        let start = start.to_owned();
        let below = rest.take_while(move |(path, _)| path.starts_with(&start));
        below.map(|(_, line)| line)
    }
}

/// Reads the text of a list; `#` begins a comment.
fn read(text: &str) -> Fields {
    let lines = Lines::new(text);
    let mut fields = Fields::default();
    for (path, line) in &lines.0 {
        let field = field(path, line, &lines);
        if path.contains('*') {
            fields.patterns.push(field);
        } else {
            fields.named.push(field);
        }
    }
    fields.find_constants();
    fields
}

/// A field below another one that is no object is a multi-field of it; `alias:PATH` is another
/// name of PATH, `constant_keyword:VALUE` has the value in every document.
fn field(path: &str, line: &Line<'_>, lines: &Lines<'_>) -> ListedField {
    if let Some(target) = line.type_name.strip_prefix("alias:") {
        let line = lines.get(target);
        let mut field_type = FieldType::named(line.map_or("keyword", |line| line.type_name));
        if line.is_some_and(is_unindexed) {
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
    let (type_name, constant) = match line.type_name.split_once(':') {
        Some((type_name, value)) => (type_name, Some(value.into())),
        None => (line.type_name, None),
    };
    let parent = parent(path, lines);
    let mut field_type = FieldType::named(type_name);
    let limit = attribute(line.attributes, "ignore_above");
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
        FieldType::Text { exact } => *exact = exact_sub_field(path, lines),
        // An `object_type` that the list does not state is a text's.
        FieldType::Object if path.ends_with('*') => field_type = FieldType::ecs_keyword(),
        _ => {}
    }
    if is_unindexed(line) {
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

/// Neither an index nor doc values hold the field.
fn is_unindexed(line: &Line<'_>) -> bool {
    let mut attributes = line.attributes.split_whitespace();
    attributes.any(|attribute| attribute == "unindexed")
}

/// The field that a multi-field belongs to.
fn parent<'p>(path: &'p str, lines: &Lines<'_>) -> Option<&'p str> {
    let (parent, _) = path.rsplit_once('.')?;
    let line = lines.get(parent)?;
    let holds_fields = ["object", "nested", "group", "array", "flattened"];
    (!holds_fields.contains(&line.type_name)).then_some(parent)
}

/// The keyword that stands in for a text field.
fn exact_sub_field(path: &str, lines: &Lines<'_>) -> KeywordSubfield {
    let below = format!("{path}.");
    let mut exact = lines
        .below(&below)
        .filter_map(|line| match FieldType::named(line.type_name) {
            FieldType::Keyword { ignore_above, .. } | FieldType::Wildcard { ignore_above } => {
                let limit = attribute(line.attributes, "ignore_above");
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

/// The number of an attribute `NAME=NUMBER`; attributes are separated by blanks.
fn attribute(attributes: &str, name: &str) -> Option<u32> {
    attributes.split_whitespace().find_map(|attribute| {
        let (key, value) = attribute.split_once('=')?;
        (key == name).then(|| value.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_of(list: &FieldList, path: &str) -> Option<String> {
        list.find(path).map(|found| found.field_type.to_string())
    }

    #[test]
    fn multi_fields_are_read_from_their_parent_and_aliases_from_their_target() {
        let list = FieldList::new(
            "# head\na\tkeyword\na.text\ttext\nb\talias:a\nc\tobject\nc.d\tip\ne\tflattened\n\
             e.f\tkeyword\n",
        );
        let read_from = |path: &str| list.find(path).map(|found| found.read_from);
        for (path, from) in [("a.text", "a"), ("b", "a"), ("c.d", "c.d"), ("e.f", "e.f")] {
            assert_eq!(read_from(path).as_deref(), Some(from));
        }
    }

    #[test]
    fn a_caseless_sub_field_has_a_normalizer_and_a_field_of_that_name_has_none() {
        let list = FieldList::new("a\tkeyword\na.caseless\tkeyword\nb.caseless\tkeyword\n");
        let normalized = |path: &str| {
            let found = list.find(path).map(|found| found.field_type);
            matches!(
                found,
                Some(FieldType::Keyword {
                    normalizer: Normalizer::Lowercase,
                    ..
                })
            )
        };
        assert!(normalized("a.caseless"));
        assert!(!normalized("a"));
        assert!(!normalized("b.caseless"));
    }

    #[test]
    fn keys_below_flattened_and_nested_fields_and_patterns_have_a_type() {
        let list = FieldList::new(
            "a\tflattened\nn\tnested\nn.x\tlong\np.*\tkeyword\tdynamic\nq.*.id\tlong\n\
             q.*.y.*.z\tip\no.*\tobject\n",
        );
        let types = [
            ("a", Some("flattened")),
            ("a.b.c", Some("flattened")),
            ("n.x", Some("long")),
            ("n.y", Some("nested")),
            ("p.b.c", Some("keyword")),
            ("p", None),
            ("q.0.id", Some("long")),
            ("q.id", None),
            ("q.0.1.id", None),
            ("q.3.y.7.z", Some("ip")),
            ("o.b", Some("keyword")),
        ];
        for (path, wanted) in types {
            assert_eq!(type_of(&list, path).as_deref(), wanted, "{path}");
        }
    }

    #[test]
    fn limits_constants_and_exact_sub_fields_are_kept() {
        let list = FieldList::new(
            "a\tkeyword\tignore_above=8191\nc\tconstant_keyword:okta\nt\ttext\n\
             t.keyword\tkeyword\tignore_above=256\nu\tmatch_only_text\n",
        );
        let field = |path: &str| {
            let mut fields = list.fields().iter();
            fields.find(|field| &*field.path == path).unwrap()
        };
        let keyword = FieldType::Keyword {
            ignore_above: Some(8191),
            normalizer: Normalizer::Keep,
        };
        assert_eq!(field("a").field_type, keyword);
        assert_eq!(field("c").constant.as_deref(), Some("okta"));
        let exact = |path: &str| match field(path).field_type {
            FieldType::Text { exact } => exact,
            _ => KeywordSubfield::Several,
        };
        assert_eq!(
            exact("t"),
            KeywordSubfield::One {
                ignore_above: Some(256),
                normalizer: Normalizer::Keep,
            }
        );
        assert_eq!(exact("u"), KeywordSubfield::Missing);
    }
}
