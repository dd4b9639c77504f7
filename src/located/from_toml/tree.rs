//! Reads a document from the events of the parser that the TOML crate is built on: the usual way,
//! more than twice as fast as through the crate. A document with anything but headers, strings,
//! decimal numbers, booleans, lists and inline tables (a dotted key, a date, a duplicate key, an
//! error) is left to the crate, so that one place says what those mean.

use std::borrow::Cow;

use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Source};

use super::super::{Entry, Located, Node};
use super::scalar::{self, bare, is_comment, string};
use crate::diagnostic::Span;

/// The deepest nesting of lists and inline tables, and the longest path of a header.
const MAX_DEPTH: usize = 16;
/// The most keys of a table that headers add to: each is inserted in its order.
const MAX_KEYS: usize = 256;

/// The entries of a document, each table in the order of its keys; `None` where the crate is to be
/// asked.
pub(super) fn read(text: &str) -> Option<Vec<Entry<'_>>> {
    if text.starts_with('\u{feff}') {
        return None;
    }
    let mut tree = Tree {
        text,
        root: Vec::new(),
        current: Vec::new(),
        header: None,
        open: Vec::new(),
        keys: Vec::new(),
    };
    let tokens = Source::new(text).lex().into_vec();
    let mut refused = Refused(false);
    parse_document(&tokens, &mut tree, &mut refused);
    tree.finish_table(&mut refused);
    let is_complete = tree.open.is_empty() && tree.keys.is_empty();
    (!refused.0 && is_complete).then_some(tree.root)
}

/// Whether the document is left to the crate: there is an error, or something that only the crate
/// reads. The crate finds errors again and says what they are.
struct Refused(bool);

impl ErrorSink for Refused {
    fn report_error(&mut self, _: ParseError) {
        self.0 = true;
    }
}

/// Leaves the document to the crate.
fn refuse(errors: &mut dyn ErrorSink) {
    errors.report_error(ParseError::new(""));
}

struct Tree<'t> {
    text: &'t str,
    /// The tables that are complete.
    root: Vec<Entry<'t>>,
    /// The entries of the table whose lines are read.
    current: Vec<Entry<'t>>,
    /// The header of that table; none before the first header.
    header: Option<Header<'t>>,
    /// The lists and inline tables that are not closed yet.
    open: Vec<Open<'t>>,
    /// The keys whose values are not complete yet.
    keys: Vec<Key<'t>>,
}

struct Header<'t> {
    path: Vec<Key<'t>>,
    span: Span,
    /// Written in double brackets.
    is_of_list: bool,
    is_closed: bool,
}

struct Key<'t> {
    text: Cow<'t, str>,
    span: Span,
}

struct Open<'t> {
    start: usize,
    value: Node<'t>,
}

/// A place in the text as the parser gives it.
type Place = toml_parser::Span;

fn span(place: Place) -> Span {
    Span::of(place.start()..place.end())
}

impl<'t> Tree<'t> {
    fn open_header(&mut self, place: Place, is_of_list: bool, errors: &mut dyn ErrorSink) {
        self.finish_table(errors);
        self.header = Some(Header {
            path: Vec::new(),
            span: span(place),
            is_of_list,
            is_closed: false,
        });
    }

    fn close_header(&mut self, place: Place) {
        if let Some(header) = &mut self.header {
            header.span = header.span.to(span(place));
            header.is_closed = true;
        }
    }

    /// Puts the table whose lines were read where its header says.
    fn finish_table(&mut self, errors: &mut dyn ErrorSink) {
        let mut entries = std::mem::take(&mut self.current);
        let is_sorted = sort(&mut entries);
        let placed = match self.header.take() {
            None => {
                self.root = entries;
                Some(())
            }
            Some(header) => place(self.text, &mut self.root, header, entries),
        };
        if !is_sorted || placed.is_none() {
            refuse(errors);
        }
    }

    /// Gives a value to the list or the key that waits for one.
    fn take(&mut self, place: Place, start: usize, node: Node<'t>, errors: &mut dyn ErrorSink) {
        let value = Located {
            node,
            span: Span::of(start..place.end()),
        };
        let entries = match self.open.last_mut().map(|open| &mut open.value) {
            Some(Node::List(items)) => return items.push(value),
            Some(Node::Table(entries)) => entries,
            _ => &mut self.current,
        };
        match self.keys.pop() {
            Some(key) => entries.push(Entry {
                key: key.text,
                key_span: key.span,
                value,
            }),
            None => refuse(errors),
        }
    }

    /// Opens a list or an inline table. Returns whether its content is read.
    fn open(&mut self, place: Place, value: Node<'t>, errors: &mut dyn ErrorSink) -> bool {
        let start = place.start();
        self.open.push(Open { start, value });
        let is_read = self.open.len() <= MAX_DEPTH;
        if !is_read {
            refuse(errors);
        }
        is_read
    }

    fn close(&mut self, place: Place, errors: &mut dyn ErrorSink) {
        let Some(mut open) = self.open.pop() else {
            return refuse(errors);
        };
        if let Node::Table(entries) = &mut open.value
            && !sort(entries)
        {
            refuse(errors);
        }
        self.take(place, open.start, open.value, errors);
    }
}

impl EventReceiver for Tree<'_> {
    fn std_table_open(&mut self, place: Place, errors: &mut dyn ErrorSink) {
        self.open_header(place, false, errors);
    }

    fn std_table_close(&mut self, place: Place, _: &mut dyn ErrorSink) {
        self.close_header(place);
    }

    fn array_table_open(&mut self, place: Place, errors: &mut dyn ErrorSink) {
        self.open_header(place, true, errors);
    }

    fn array_table_close(&mut self, place: Place, _: &mut dyn ErrorSink) {
        self.close_header(place);
    }

    fn inline_table_open(&mut self, place: Place, errors: &mut dyn ErrorSink) -> bool {
        self.open(place, Node::Table(Vec::new()), errors)
    }

    fn inline_table_close(&mut self, place: Place, errors: &mut dyn ErrorSink) {
        self.close(place, errors);
    }

    fn array_open(&mut self, place: Place, errors: &mut dyn ErrorSink) -> bool {
        self.open(place, Node::List(Vec::new()), errors)
    }

    fn array_close(&mut self, place: Place, errors: &mut dyn ErrorSink) {
        self.close(place, errors);
    }

    fn simple_key(&mut self, at: Place, encoding: Option<Encoding>, errors: &mut dyn ErrorSink) {
        let Some(text) = scalar::key(self.text, at, encoding, errors) else {
            return refuse(errors);
        };
        let key = Key {
            text,
            span: span(at),
        };
        match &mut self.header {
            Some(header) if !header.is_closed => header.path.push(key),
            _ => self.keys.push(key),
        }
    }

    fn key_sep(&mut self, _: Place, errors: &mut dyn ErrorSink) {
        let in_header = self.header.as_ref().is_some_and(|header| !header.is_closed);
        if !in_header {
            refuse(errors);
        }
    }

    fn scalar(&mut self, place: Place, encoding: Option<Encoding>, errors: &mut dyn ErrorSink) {
        let node = match encoding {
            Some(encoding) => string(self.text, place, encoding, errors).map(Node::Text),
            None => bare(self.text, place),
        };
        match node {
            Some(node) => self.take(place, place.start(), node, errors),
            None => refuse(errors),
        }
    }

    fn comment(&mut self, place: Place, errors: &mut dyn ErrorSink) {
        if !is_comment(self.text, place) {
            refuse(errors);
        }
    }

    fn newline(&mut self, place: Place, errors: &mut dyn ErrorSink) {
        let written = self.text.get(place.start()..place.end());
        if !matches!(written, Some("\n" | "\r\n")) {
            refuse(errors);
        }
    }

    fn error(&mut self, _: Place, errors: &mut dyn ErrorSink) {
        refuse(errors);
    }
}

/// Sorts entries by their keys. Returns whether every key occurs once.
fn sort(entries: &mut [Entry<'_>]) -> bool {
    entries.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    let mut pairs = entries.windows(2);
    pairs.all(|pair| !matches!(pair, [one, other] if one.key == other.key))
}

fn find(entries: &[Entry<'_>], key: &str) -> Result<usize, usize> {
    entries.binary_search_by(|entry| (*entry.key).cmp(key))
}

/// Adds a key to a table that headers add to, unless it has too many.
fn insert<'t>(
    entries: &mut Vec<Entry<'t>>,
    at: usize,
    key: Key<'t>,
    value: Located<'t>,
) -> Option<()> {
    let entry = Entry {
        key: key.text,
        key_span: key.span,
        value,
    };
    (entries.len() < MAX_KEYS).then(|| entries.insert(at, entry))
}

/// Puts a table where its header says. `None` if what is above it, or stands there already, was not
/// made by headers.
fn place<'t>(
    text: &str,
    root: &mut Vec<Entry<'t>>,
    mut header: Header<'t>,
    entries: Vec<Entry<'t>>,
) -> Option<()> {
    let table = Located {
        node: Node::Table(entries),
        span: header.span,
    };
    let key = header.path.pop()?;
    let mut above = root;
    if header.path.len() > MAX_DEPTH {
        return None;
    }
    for part in header.path {
        let at = match find(above, &part.text) {
            Ok(at) => at,
            Err(at) => {
                let value = Located {
                    node: Node::Table(Vec::new()),
                    span: part.span,
                };
                insert(above, at, part, value)?;
                at
            }
        };
        above = header_table(text, &mut above.get_mut(at)?.value)?;
    }
    match find(above, &key.text) {
        Ok(at) if header.is_of_list => {
            let value = &mut above.get_mut(at)?.value;
            header_table(text, value)?;
            let Node::List(tables) = &mut value.node else {
                return None;
            };
            tables.push(table);
        }
        Err(at) => {
            let span = table.span;
            let value = if header.is_of_list {
                let node = Node::List(vec![table]);
                Located { node, span }
            } else {
                table
            };
            insert(above, at, key, value)?;
        }
        Ok(_) => return None,
    }
    Some(())
}

/// The table that a header made, or the last of those that headers in double brackets made; an
/// inline table begins with its brace.
fn header_table<'v, 't>(text: &str, value: &'v mut Located<'t>) -> Option<&'v mut Vec<Entry<'t>>> {
    let table = match &value.node {
        Node::List(_) => {
            let Node::List(tables) = &mut value.node else {
                return None;
            };
            tables.last_mut()?
        }
        _ => value,
    };
    let is_inline = text.as_bytes().get(table.span.start as usize) == Some(&b'{');
    match &mut table.node {
        Node::Table(entries) if !is_inline => Some(entries),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::of_crate;
    use super::*;

    /// Whether the short way takes the text; it then gives what the crate gives.
    fn taken(text: &str) -> bool {
        let Some(short) = read(text) else {
            return false;
        };
        let (entries, errors) = of_crate(text);
        assert!(errors.is_empty(), "{text:?}: {errors:?}");
        assert_eq!(short, entries, "{text:?}");
        true
    }

    #[test]
    fn plain_documents_are_taken_and_give_what_the_crate_gives() {
        for text in [
            "",
            "# é\tü\n\n",
            "b = 1\na = -20\r\n\"c d\" = true # x\n'e' = false\n",
            "a = 'x\\y'\nb = \"\"\nc = \"\\t\\u00e9 é\"\nd = ''\n",
            "a = \"\"\"\nx\n\ty \\\n  z\"\"\"\nb = '''\n\n x\\'''\nc = \"\"\"\"\"\"\n",
            "a = \"\"\"x\"\"\"\"\"\nb = ''''x''''\nc = \"\"\"\r\nx\r\n\"\"\"\n",
            "a = [\n  'x', # y\n  [1, 2],\n  {b = 1, \"a\" = []},\n]\n",
            "x = 1\n[b]\ny = 1\na = 2\n[a]\n[b.c]\n[\"a\".'é']\nz = 1\n",
            "[[a]]\nx = 1\n[[a.b]]\n[a.b.c]\n[[a.b]]\n[[a]]\n[[a.b]]\ny = 1\n",
            "[a.b.c]\n[[a.d]]\n[a.b.e]\n",
        ] {
            assert!(taken(text), "{text:?}");
        }
    }

    #[test]
    fn everything_else_is_left_to_the_crate() {
        for text in [
            "\u{feff}a = 1",
            "a.b = 1",
            "a = {b.c = 1}",
            "a = 1.5",
            "a = 0x1f",
            "a = 1_000",
            "a = +1",
            "a = 007",
            "a = 9223372036854775808",
            "a = 2024-01-01",
            "a = 1\na = 2",
            "a = {b = 1, b = 2}",
            "[a.b]\n[a]",
            "[a]\n[a]",
            "[a]\n[[a]]",
            "[[a]]\n[a]",
            "a = 1\n[a]",
            "a = {}\n[a.b]",
            "a = [{}]\n[[a]]",
            "a = [{}]\n[a.b]",
            "a = []\n[[a]]",
            "[]",
            "[a",
            "a",
            "a =",
            "a = [1",
            "a = {b = }",
            "a = \"x",
            "a = \"\\q\"",
            "a = \"\u{1}\"",
            "a = \"\"\"x\r\"\"\"",
            "a = '''x",
            "# \u{1}",
            "a = 1\rb = 2",
            "\"\"\"a\"\"\" = 1",
            "é = 1",
        ] {
            assert!(!taken(text), "{text:?}");
        }
    }

    #[test]
    fn deep_and_wide_documents_are_left_to_the_crate() {
        let nested = |levels: usize| format!("a = {}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(taken(&nested(MAX_DEPTH)));
        assert!(!taken(&nested(MAX_DEPTH + 1)));
        assert!(read(&nested(100_000)).is_none());
        let tables = |count: usize| {
            let headers = (0..count).map(|n| format!("[t{n}]\n"));
            headers.collect::<Vec<String>>().concat()
        };
        assert!(taken(&tables(MAX_KEYS)));
        assert!(!taken(&tables(MAX_KEYS + 1)));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_gives_what_the_crate_gives(
            text in r#"([ab1~é.,=#'"\\\r\n\t -]|\[|\]|\{|\}|"""|'''|a = |\n){0,24}"#,
        ) {
            taken(&text);
        }

        #[test]
        fn lines_of_tables_and_keys_give_what_the_crate_gives(
            lines in prop::collection::vec(
                r#"(\[(a|b|a\.b|b\.a)\]|\[\[(a|b|a\.b|b\.a)\]\]|(a|b|"a"|'c') = (1|-0|01|''|"x\\n"|'''y\n''''|""""z"""|true|\{\}|\[\{a = 1\}, \[\]\]|\{b = 'x', a = \[1,\n2\]\})) ?(# c)?"#,
                0..10,
            ),
        ) {
            taken(&lines.join("\n"));
        }
    }
}
