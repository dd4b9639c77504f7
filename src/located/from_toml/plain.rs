//! Reads the usual document in one pass over its bytes, several times as fast as through the TOML
//! crate. A document with anything but headers, strings, decimal numbers, booleans, lists and inline
//! tables of one line (a dotted key, a date, a duplicate key, an error) is left to the crate, so that
//! one place says what those mean.

use std::borrow::Cow;

use super::super::{Entry, Located, Node};
use super::scalar::{bare, is_plain_text, quoted};
use crate::diagnostic::Span;

/// The deepest nesting of lists and inline tables, and the longest path of a header.
const MAX_DEPTH: usize = 16;
/// The most keys of a table that headers add to: each is inserted in its order.
const MAX_KEYS: usize = 256;

/// The entries of a document, each table in the order of its keys; `None` where the crate is to be
/// asked.
pub(super) fn read(text: &str) -> Option<Vec<Entry<'_>>> {
    if text.starts_with('\u{feff}') || !is_plain_text(text) {
        return None;
    }
    let mut reader = Reader { text, at: 0 };
    let mut root = reader.lines()?;
    while reader.peek().is_some() {
        let header = reader.header()?;
        let entries = reader.lines()?;
        place(text, &mut root, header, entries)?;
    }
    Some(root)
}

struct Header<'t> {
    path: Vec<Key<'t>>,
    span: Span,
    /// Written in double brackets.
    is_of_list: bool,
}

struct Key<'t> {
    text: Cow<'t, str>,
    span: Span,
}

/// Each method reads from `at` and moves on; `None` leaves the document to the crate.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Moves on if this byte is next.
    fn next_is(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.next_is(byte).then_some(())
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
        self.at += rest.iter().take_while(|byte| skipped(**byte)).count();
    }

    fn blanks(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t'));
    }

    /// What may stand behind a value or header: blanks, a comment, and the end of the line.
    fn end_of_line(&mut self) -> Option<()> {
        self.blanks();
        if self.peek() == Some(b'#') {
            let rest = self.text.as_bytes().get(self.at..)?;
            self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        }
        if self.next_is(b'\r') {
            return self.expect(b'\n');
        }
        (self.next_is(b'\n') || self.peek().is_none()).then_some(())
    }

    /// Empty lines and comments.
    fn gap(&mut self) -> Option<()> {
        loop {
            self.blanks();
            match self.peek() {
                Some(b'#' | b'\r' | b'\n') => self.end_of_line()?,
                _ => return Some(()),
            }
        }
    }

    /// The entries up to the next header, in the order of their keys.
    fn lines(&mut self) -> Option<Vec<Entry<'t>>> {
        let mut entries = Vec::new();
        loop {
            self.gap()?;
            if matches!(self.peek(), None | Some(b'[')) {
                break;
            }
            entries.push(self.entry(0)?);
            self.end_of_line()?;
        }
        sort(&mut entries).then_some(entries)
    }

    /// A key with its value.
    fn entry(&mut self, depth: usize) -> Option<Entry<'t>> {
        let key = self.key()?;
        self.blanks();
        self.expect(b'=')?;
        self.blanks();
        Some(Entry {
            key: key.text,
            key_span: key.span,
            value: self.value(depth)?,
        })
    }

    fn header(&mut self) -> Option<Header<'t>> {
        let start = self.at;
        self.expect(b'[')?;
        let is_of_list = self.next_is(b'[');
        let mut path = Vec::new();
        loop {
            self.blanks();
            path.push(self.key()?);
            self.blanks();
            if !self.next_is(b'.') {
                break;
            }
        }
        self.expect(b']')?;
        if is_of_list {
            self.expect(b']')?;
        }
        let span = Span::of(start..self.at);
        self.end_of_line()?;
        Some(Header {
            path,
            span,
            is_of_list,
        })
    }

    /// A key that is bare or a string of one line.
    fn key(&mut self) -> Option<Key<'t>> {
        let start = self.at;
        let text = if let Some(mark @ (b'"' | b'\'')) = self.peek() {
            let has_lines = self.is_tripled(mark);
            (!has_lines).then(|| self.string(mark))??
        } else {
            self.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
            let text = self.text.get(start..self.at)?;
            (!text.is_empty()).then_some(Cow::Borrowed(text))?
        };
        let span = Span::of(start..self.at);
        Some(Key { text, span })
    }

    fn is_tripled(&self, mark: u8) -> bool {
        let rest = self.text.as_bytes().get(self.at..);
        rest.is_some_and(|rest| rest.starts_with(&[mark; 3]))
    }

    fn string(&mut self, mark: u8) -> Option<Cow<'t, str>> {
        let (value, length) = quoted(self.text.get(self.at..)?, mark, self.is_tripled(mark))?;
        self.at += length;
        Some(value)
    }

    /// A value inside of so many lists and tables.
    fn value(&mut self, depth: usize) -> Option<Located<'t>> {
        let start = self.at;
        let node = match self.peek()? {
            mark @ (b'"' | b'\'') => Node::Text(self.string(mark)?),
            b'[' if depth < MAX_DEPTH => Node::List(self.list(depth + 1)?),
            b'{' if depth < MAX_DEPTH => Node::Table(self.table(depth + 1)?),
            _ => {
                self.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                bare(self.text.get(start..self.at)?)?
            }
        };
        let span = Span::of(start..self.at);
        Some(Located { node, span })
    }

    fn list(&mut self, depth: usize) -> Option<Vec<Located<'t>>> {
        self.expect(b'[')?;
        let mut items = Vec::new();
        loop {
            self.gap()?;
            if self.next_is(b']') {
                return Some(items);
            }
            items.push(self.value(depth)?);
            self.gap()?;
            if !self.next_is(b',') {
                self.expect(b']')?;
                return Some(items);
            }
        }
    }

    /// An inline table of one line.
    fn table(&mut self, depth: usize) -> Option<Vec<Entry<'t>>> {
        self.expect(b'{')?;
        let mut entries = Vec::new();
        self.blanks();
        if !self.next_is(b'}') {
            loop {
                self.blanks();
                entries.push(self.entry(depth)?);
                self.blanks();
                if !self.next_is(b',') {
                    break;
                }
            }
            self.expect(b'}')?;
        }
        sort(&mut entries).then_some(entries)
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
