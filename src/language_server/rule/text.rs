//! The text of a rule file as far as it is written: where the query is, its language, the indices.
//! Reads line by line and never fails; a file that loads is read by [`crate::rule`].

use std::ops::Range;

use crate::data_source::IndexPatterns;
use crate::rule::Language;

/// What can be seen of a rule file of TOML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::language_server) struct RuleText {
    /// Between the quotes of `query`.
    pub(in crate::language_server) query: Option<Range<usize>>,
    /// Whether the query stands in the file as it is, without escapes.
    pub(in crate::language_server) is_plain: bool,
    /// The word of `language`.
    language: Option<String>,
    /// The index patterns.
    index: Vec<String>,
    /// The tables, each with the place behind its header.
    tables: Vec<(usize, String)>,
}

impl RuleText {
    pub(in crate::language_server) fn new(text: &str) -> Self {
        let mut found = Self::default();
        let mut at = 0;
        while at < text.len() {
            let rest = text.get(at..).unwrap_or("");
            let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let line = rest.get(..end).unwrap_or("");
            let next = at + end + 1;
            at = found.line(text, line, at).unwrap_or(next);
        }
        // A rule in ES|QL has no `index`; its query names them.
        if found.index.is_empty() && found.language() == Some(Language::Esql) {
            let query = found.query.clone().and_then(|query| text.get(query));
            found.index = query.map_or_else(Vec::new, sources_of_query);
        }
        found
    }

    /// Reads a line; where to go on if it begins a value of several lines.
    fn line(&mut self, text: &str, line: &str, at: usize) -> Option<usize> {
        let bare = line.trim();
        if bare.starts_with('[') && bare.ends_with(']') && !bare.contains('=') {
            let name = bare.trim_matches(['[', ']']).trim().to_owned();
            self.tables.push((at + line.len(), name));
            return None;
        }
        let (key, value) = line.split_once('=')?;
        let start = at + key.len() + 1 + (value.len() - value.trim_start().len());
        let value = text.get(start..)?;
        match key.trim() {
            "query" => {
                let quote = quote(value)?;
                let body = start + quote.len();
                let rest = text.get(body..)?;
                let is_long = quote.len() == 3;
                let end = if is_long {
                    rest.find(quote)
                } else {
                    let line = rest.lines().next().unwrap_or("");
                    line.find(quote).or(Some(line.len()))
                };
                let end = body + end.unwrap_or(rest.len());
                let query = text.get(body..end)?;
                self.is_plain = quote.starts_with('\'') || !query.contains('\\');
                self.query = Some(body..end);
                Some(end + quote.len())
            }
            "language" => {
                self.language = strings(value.lines().next()?).pop();
                None
            }
            "index" if self.index.is_empty() => {
                let end = value
                    .find(']')
                    .unwrap_or_else(|| value.find('\n').unwrap_or(0));
                self.index = strings(value.get(..end)?);
                None
            }
            // The text of another value must not be taken for keys.
            _ => {
                let quote = quote(value).filter(|quote| quote.len() == 3)?;
                let end = value.get(3..)?.find(quote)?;
                Some(start + 3 + end + 3)
            }
        }
    }

    pub(in crate::language_server) fn language(&self) -> Option<Language> {
        match self.language.as_deref() {
            Some("eql") => Some(Language::Eql),
            Some("kuery") => Some(Language::Kuery),
            Some("lucene") => Some(Language::Lucene),
            Some("esql") => Some(Language::Esql),
            _ => None,
        }
    }

    pub(in crate::language_server) fn patterns(&self) -> IndexPatterns {
        IndexPatterns::new(self.index.iter().map(String::as_str))
    }

    /// The table that a place is in.
    pub(in crate::language_server) fn table(&self, at: usize) -> &str {
        let mut before = self.tables.iter().rev();
        let table = before.find(|(behind, _)| *behind <= at);
        table.map_or("", |(_, name)| name)
    }

    /// Whether a place is within the query.
    pub(in crate::language_server) fn in_query(&self, at: usize) -> bool {
        let query = self.query.as_ref();
        query.is_some_and(|query| query.start <= at && at <= query.end)
    }
}

/// The index patterns of `FROM a-*, b-* METADATA _id`, the first command of a query in ES|QL.
fn sources_of_query(query: &str) -> Vec<String> {
    let mut lines = query.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with("//"));
    let Some((command, rest)) = first.and_then(|line| line.split_once(char::is_whitespace)) else {
        return Vec::new();
    };
    if !command.eq_ignore_ascii_case("from") {
        return Vec::new();
    }
    let named = rest.split('|').next().unwrap_or("");
    let metadata = named.to_ascii_lowercase().find(" metadata");
    let named = named.get(..metadata.unwrap_or(named.len())).unwrap_or("");
    let patterns = named.split(',').map(|one| one.trim().trim_matches('"'));
    patterns.map(str::to_owned).collect()
}

/// The quotes that a value begins with.
fn quote(value: &str) -> Option<&'static str> {
    let quotes = ["'''", "\"\"\"", "'", "\""];
    quotes.into_iter().find(|quote| value.starts_with(quote))
}

/// The strings of a line or a list.
fn strings(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['"', '\'']) {
        let quote = rest.get(start..=start).unwrap_or("\"");
        let body = rest.get(start + 1..).unwrap_or("");
        let Some(end) = body.find(quote) else { break };
        found.push(body.get(..end).unwrap_or("").to_owned());
        rest = body.get(end + 1..).unwrap_or("");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_found_in_a_file_that_is_no_toml_any_more() {
        let text = "[rule]\nnote = '''\nquery = 'no'\n'''\nindex = [\n  \"a-*\",\n  'b-*'\n]\nlanguage = \"eql\"\nname = \nquery = '''\nany where x\n'''\n[[rule.threat]]\n";
        let found = RuleText::new(text);
        let query = found.query.clone().unwrap();
        assert_eq!(text.get(query.clone()), Some("\nany where x\n"));
        assert_eq!(found.language(), Some(Language::Eql));
        assert_eq!(found.index, ["a-*", "b-*"]);
        assert!(found.in_query(query.start) && !found.in_query(3));
        assert_eq!(found.table(query.start), "rule");
        assert_eq!(found.table(text.len()), "rule.threat");
        let esql = "query = '''\n// a\nfrom a-*, \"b-*\" METADATA _id, _index | LIMIT 1\n'''\nlanguage = \"esql\"\n";
        assert_eq!(RuleText::new(esql).index, ["a-*", "b-*"]);
        let open = RuleText::new("query = '''\nany where");
        assert_eq!(open.query, Some(11..21));
    }
}
