//! A query laid out for people: the same tokens and comments with other white space. For editors.

use super::syntax::Syntax;
use crate::rule::Language;

/// A longer line is broken behind `and` and `or`.
const WIDEST: usize = 100;

/// The query with its lines indented by their brackets, one blank between tokens, and long lines
/// broken; `None` for a query that does not parse, or in a language that is not laid out.
///
/// The author's lines stay lines. What comes out parses to the same tree, or nothing does.
pub fn layout(language: Language, text: &str) -> Option<String> {
    if !matches!(language, Language::Eql | Language::Kuery) {
        return None;
    }
    let before = Syntax::parse(language, text).ok()?.to_string();
    let is_eql = language == Language::Eql;
    let mut printer = Printer {
        is_eql,
        is_sequence: is_eql && is_sequence(text),
        depth: 0,
        is_first: true,
        text: String::new(),
    };
    for line in lines(&tokens(text, is_eql)) {
        printer.line(&line);
    }
    let laid_out = printer.text.trim_end().to_owned();
    let after = Syntax::parse(language, &laid_out).ok()?.to_string();
    (after == before).then_some(laid_out)
}

fn is_sequence(text: &str) -> bool {
    let mut words = text.split(|it: char| !it.is_alphanumeric());
    words.any(|word| matches!(word, "sequence" | "sample" | "join"))
}

/// A piece of the text that stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'t> {
    /// Its text, and whether white space stands before it.
    Text(&'t str, bool),
    /// The end of a line; twice for a blank line.
    Break,
}

/// Takes a text apart at white space, brackets, commas and operators.
fn tokens(text: &str, is_eql: bool) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut spaced) = (0, false);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        if first == '\n' {
            tokens.push(Token::Break);
        }
        if first.is_whitespace() {
            spaced = true;
            at += first.len_utf8();
            continue;
        }
        let length = token_length(rest, is_eql);
        tokens.push(Token::Text(rest.get(..length).unwrap_or(rest), spaced));
        spaced = false;
        at += length;
    }
    tokens
}

fn token_length(rest: &str, is_eql: bool) -> usize {
    let first = rest.chars().next().unwrap_or(' ');
    if is_eql && rest.starts_with("/*") {
        return rest.find("*/").map_or(rest.len(), |end| end + 2);
    }
    if is_eql && rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("\"\"\"") {
        let end = rest.get(3..).and_then(|body| body.find("\"\"\""));
        return end.map_or(rest.len(), |end| {
            // A quote may stand before the three that end the text.
            let behind = rest.get(end + 6..).unwrap_or("");
            end + 6 + behind.len().min(usize::from(behind.starts_with('"')))
        });
    }
    if first == '"' || (is_eql && matches!(first, '\'' | '`')) {
        return quoted_length(rest, first);
    }
    for operator in ["![", "==", "!=", "<=", ">="] {
        if rest.starts_with(operator) {
            return operator.len();
        }
    }
    if is_punctuation(first) {
        return first.len_utf8();
    }
    let mut escaped = false;
    let end = rest.char_indices().find(|(_, character)| {
        let ends = !escaped && (character.is_whitespace() || is_punctuation(*character));
        escaped = *character == '\\' && !escaped;
        ends || (*character == '"' && !escaped)
    });
    end.map_or(rest.len(), |(end, _)| end.max(first.len_utf8()))
}

fn is_punctuation(character: char) -> bool {
    "()[]{},:<>=!|".contains(character)
}

fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' && quote != '`' {
            escaped = true;
        } else if character == quote {
            return at + character.len_utf8();
        }
    }
    rest.len()
}

/// A line: its tokens, none for a blank one.
type Line<'t> = Vec<(&'t str, bool)>;

/// The lines as their author wrote them, no two blank ones after each other.
fn lines<'t>(tokens: &[Token<'t>]) -> Vec<Line<'t>> {
    let mut lines: Vec<Line<'t>> = vec![Vec::new()];
    for token in tokens {
        match (token, lines.last_mut()) {
            (Token::Text(text, spaced), Some(line)) => line.push((text, *spaced)),
            _ => lines.push(Vec::new()),
        }
    }
    let first = lines.iter().position(|line| !line.is_empty());
    lines.drain(..first.unwrap_or(0));
    lines.dedup_by(|one, other| one.is_empty() && other.is_empty());
    lines
}

struct Printer {
    is_eql: bool,
    is_sequence: bool,
    /// How many brackets are open.
    depth: usize,
    is_first: bool,
    text: String,
}

impl Printer {
    fn line(&mut self, tokens: &[(&str, bool)]) {
        let mut rest = tokens;
        loop {
            let indent = self.indent(rest);
            let taken = self.fitting(rest, indent);
            let (line, more) = rest.split_at(taken.min(rest.len()));
            self.text.push_str(&" ".repeat(indent));
            self.text.push_str(&self.joined(line));
            while self.text.ends_with(' ') {
                self.text.pop();
            }
            self.text.push('\n');
            for (token, _) in line {
                self.depth = depth_after(self.depth, token);
            }
            self.is_first &= line.is_empty();
            rest = more;
            if rest.is_empty() {
                return;
            }
        }
    }

    fn indent(&self, tokens: &[(&str, bool)]) -> usize {
        let closing = tokens
            .iter()
            .take_while(|(token, _)| is_closing(token))
            .count();
        let depth = self.depth.saturating_sub(closing);
        let first = tokens.first().map_or("", |(token, _)| *token);
        let is_outer = depth == 0 && closing == 0;
        let starts = matches!(first, "until" | "|") || (self.is_sequence && first == "with");
        if self.is_first || (is_outer && starts) || (!self.is_eql && is_outer) {
            return 0;
        }
        let is_comment = first.starts_with("/*") || first.starts_with("//");
        if is_outer && !self.is_sequence && is_comment {
            return 0;
        }
        2 + 2 * depth - if self.is_eql { 0 } else { 2 }
    }

    /// How many tokens go on the line: all that fit, else up to an `and` or `or` outside of the
    /// brackets of the line.
    fn fitting(&self, tokens: &[(&str, bool)], indent: usize) -> usize {
        if indent + self.joined(tokens).chars().count() <= WIDEST {
            return tokens.len();
        }
        let mut depth = 0_usize;
        let mut ends: Vec<(usize, usize)> = Vec::new();
        for (at, (token, _)) in tokens.iter().enumerate() {
            depth = depth_after(depth, token);
            if token.eq_ignore_ascii_case("and") || token.eq_ignore_ascii_case("or") {
                ends.push((depth, at + 1));
            }
        }
        ends.retain(|(_, end)| *end < tokens.len());
        let Some(outermost) = ends.iter().map(|(depth, _)| *depth).min() else {
            return tokens.len();
        };
        let outer = ends.iter().filter(|(depth, _)| *depth == outermost);
        let outer: Vec<usize> = outer.map(|(_, end)| *end).collect();
        let fits = |end: &usize| {
            let line = tokens.get(..*end).unwrap_or(tokens);
            indent + self.joined(line).chars().count() <= WIDEST
        };
        let last = outer.iter().rev().find(|end| fits(end));
        last.or(outer.first()).copied().unwrap_or(tokens.len())
    }

    /// The tokens of a line with the blanks between them.
    fn joined(&self, tokens: &[(&str, bool)]) -> String {
        let mut text = String::new();
        let mut before = "";
        for (token, spaced) in tokens {
            if !before.is_empty() && self.is_spaced(before, token, *spaced) {
                text.push(' ');
            }
            text.push_str(token);
            before = token;
        }
        text
    }

    fn is_spaced(&self, before: &str, token: &str, spaced: bool) -> bool {
        let opens = matches!(before, "(" | "[" | "![");
        if opens || matches!(token, ")" | "]" | ",") {
            return false;
        }
        let operator = |it: &str| matches!(it, "==" | "!=" | "<=" | ">=" | "<" | ">" | ":");
        if before == "," || (self.is_eql && (operator(before) || operator(token))) {
            return true;
        }
        spaced
    }
}

fn is_closing(token: &str) -> bool {
    matches!(token, ")" | "]" | "}")
}

fn depth_after(depth: usize, token: &str) -> usize {
    match token {
        "(" | "[" | "![" | "{" => depth + 1,
        _ if is_closing(token) => depth.saturating_sub(1),
        _ => depth,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_changes_and_nothing_else() {
        let text = "\nsequence by host.id with maxspan=2s\n/* a  comment */\n  [network where a==\"x  y\" and\n b :  ( \"1\" ,\"2\")\n ]\n[process where not (c  == 1\nor ?d == 2)] // end\n\n\nuntil [process where e==1]\n| head  3\n";
        let expected = "sequence by host.id with maxspan=2s\n  /* a  comment */\n  [network where a == \"x  y\" and\n    b : (\"1\", \"2\")\n  ]\n  [process where not (c == 1\n      or ?d == 2)] // end\n\nuntil [process where e == 1]\n| head 3";
        assert_eq!(layout(Language::Eql, text).as_deref(), Some(expected));
        assert_eq!(layout(Language::Eql, expected).as_deref(), Some(expected));
        assert_eq!(layout(Language::Eql, "process where"), None);
    }

    #[test]
    fn a_long_line_is_broken_behind_its_outer_conjunctions() {
        let part = "(process.name : \"a long name\" or process.args : \"a long argument\")";
        let text = format!("process where {part} and {part} and x == 1");
        let laid_out = layout(Language::Eql, &text).unwrap();
        let expected = format!("process where {part} and\n  {part} and x == 1");
        assert_eq!(laid_out, expected);
    }

    #[test]
    fn kql_keeps_its_values() {
        let text = "a :  (x   or y )   and\nnot b: \"c  d\"";
        let laid_out = layout(Language::Kuery, text);
        assert_eq!(
            laid_out.as_deref(),
            Some("a : (x or y) and\nnot b: \"c  d\"")
        );
    }
}
