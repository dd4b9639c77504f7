//! Which checks `-k` names: words joined by `and`, `or`, `not` and `( )`.
//!
//! `text -> tokens -> Selection`; a selection is asked before a run (the verdict is not known yet)
//! and after it.

use std::sync::Arc;

use super::outcome::Verdict;
use crate::diagnostic::replay::BadSelection;
use crate::diagnostic::{Code, Diagnostic, SourceText, Span, suggest};

/// An expression of `-k` that cannot be read.
pub static BAD_SELECTION: Code = Code {
    number: "E020",
    title: "a selection cannot be read",
    page: "`-k` takes words joined by `and`, `or`, `not` and `( )`. A word or a quoted text is a\n\
        part of `rule / case [source]`, upper and lower case alike; `rule:`, `case:`, `source:`,\n\
        `tag:` and `verdict:` restrict it.\n\n\
        ```text\n\
        trapline test -k 'msiexec and not source:sysmon'\n\
        trapline test -k 'case:\"past maxspan\" or verdict:vacuous'\n\
        ```\n",
};

/// All codes of this room.
pub const CODES: &[&Code] = &[&BAD_SELECTION];

/// How deep an expression may be nested.
const DEEPEST: usize = 64;
const PREFIXES: [&str; 5] = ["rule", "case", "source", "tag", "verdict"];

/// What a selection is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The rule's name.
    pub rule: &'a str,
    /// The case's name.
    pub case: &'a str,
    /// The data source's name.
    pub source: &'a str,
    /// The rule's tags.
    pub tags: &'a [String],
    /// The verdict; `None` before the run.
    pub verdict: Option<Verdict>,
}

/// A checked expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    node: Node,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Text(Where, String),
    Verdict(Verdict),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    Anywhere,
    Rule,
    Case,
    Source,
    Tag,
}

impl Selection {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, Box<Diagnostic>> {
        let source = SourceText::new("-k", text);
        let tokens = tokens(&source)?;
        let mut parser = Parser {
            source: &source,
            tokens: &tokens,
            at: 0,
        };
        let node = parser.any_of(0)?;
        match parser.peek() {
            None => Ok(Self { node }),
            Some(token) => Err(error(&source, token.span, &BadSelection::NoOperator)),
        }
    }

    /// Whether the check is selected. While the verdict is not known, a check that some verdict
    /// would select is.
    pub fn matches(&self, candidate: &Candidate<'_>) -> bool {
        self.node.holds(candidate).unwrap_or(true)
    }
}

impl Node {
    /// `None`: it depends on the verdict.
    fn holds(&self, candidate: &Candidate<'_>) -> Option<bool> {
        match self {
            Self::Text(place, text) => Some(place.contains(candidate, text)),
            Self::Verdict(verdict) => candidate.verdict.map(|known| known == *verdict),
            Self::Not(node) => node.holds(candidate).map(|holds| !holds),
            Self::And(left, right) => match (left.holds(candidate), right.holds(candidate)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(left, right) => match (left.holds(candidate), right.holds(candidate)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

impl Where {
    fn contains(self, candidate: &Candidate<'_>, text: &str) -> bool {
        let part = |whole: &str| whole.to_lowercase().contains(text);
        match self {
            Self::Anywhere => part(&format!(
                "{} / {} [{}]",
                candidate.rule, candidate.case, candidate.source
            )),
            Self::Rule => part(candidate.rule),
            Self::Case => part(candidate.case),
            Self::Source => part(candidate.source),
            Self::Tag => candidate.tags.iter().any(|tag| part(tag)),
        }
    }
}

#[derive(Debug, Clone)]
struct Token {
    kind: Kind,
    span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// A word or a quoted text, with its prefix.
    Text(Option<String>, String),
}

fn tokens(source: &Arc<SourceText>) -> Result<Vec<Token>, Box<Diagnostic>> {
    let text = source.text();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            at += blank;
            continue;
        }
        let (kind, length) = match rest.chars().next() {
            Some('(') => (Kind::Open, 1),
            Some(')') => (Kind::Close, 1),
            _ => word(source, at, rest)?,
        };
        let span = Span::of(at..at + length);
        tokens.push(Token { kind, span });
        at += length.max(1);
    }
    Ok(tokens)
}

/// A word, a quoted text, or either behind a prefix; with its length in bytes.
fn word(source: &Arc<SourceText>, at: usize, rest: &str) -> Result<(Kind, usize), Box<Diagnostic>> {
    let (prefix, skip) = prefix(source, at, rest)?;
    let body = rest.get(skip..).unwrap_or("");
    if let Some(quote) = body
        .chars()
        .next()
        .filter(|first| ['"', '\''].contains(first))
    {
        let inner = body.get(1..).unwrap_or("");
        let Some(end) = inner.find(quote) else {
            let span = Span::of(at + skip..at + rest.len());
            return Err(error(source, span, &BadSelection::OpenQuote));
        };
        let text = inner.get(..end).unwrap_or("").to_owned();
        return Ok((Kind::Text(prefix, text), skip + end + 2));
    }
    let length = body
        .find(|character: char| character.is_whitespace() || "()".contains(character))
        .unwrap_or(body.len());
    let word = body.get(..length).unwrap_or("");
    let kind = match (prefix, word) {
        (None, "and") => Kind::And,
        (None, "or") => Kind::Or,
        (None, "not") => Kind::Not,
        (Some(name), "") => {
            let span = Span::of(at..at + skip);
            return Err(error(source, span, &BadSelection::NoText { name }));
        }
        (prefix, word) => Kind::Text(prefix, word.to_owned()),
    };
    Ok((kind, skip + length))
}

/// `rule:` and its like; a slip of the pen is an error, any other colon is text.
fn prefix(
    source: &Arc<SourceText>,
    at: usize,
    rest: &str,
) -> Result<(Option<String>, usize), Box<Diagnostic>> {
    let letters = rest
        .find(|character: char| !character.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    let (word, tail) = rest.split_at(letters);
    if !tail.starts_with(':') {
        return Ok((None, 0));
    }
    if PREFIXES.contains(&word) {
        return Ok((Some(word.to_owned()), letters + 1));
    }
    match suggest::nearest(word, PREFIXES) {
        Some(near) if word.len() > 2 => {
            let cause = BadSelection::UnknownPrefix {
                name: word.to_owned(),
                suggestion: near.to_owned(),
            };
            Err(error(source, Span::of(at..at + letters), &cause))
        }
        _ => Ok((None, 0)),
    }
}

struct Parser<'a> {
    source: &'a Arc<SourceText>,
    tokens: &'a [Token],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next_is(&mut self, kind: &Kind) -> bool {
        let is = self.peek().is_some_and(|token| token.kind == *kind);
        self.at += usize::from(is);
        is
    }

    fn any_of(&mut self, depth: usize) -> Result<Node, Box<Diagnostic>> {
        let mut node = self.all_of(depth)?;
        while self.next_is(&Kind::Or) {
            node = Node::Or(Box::new(node), Box::new(self.all_of(depth)?));
        }
        Ok(node)
    }

    fn all_of(&mut self, depth: usize) -> Result<Node, Box<Diagnostic>> {
        let mut node = self.one(depth)?;
        while self.next_is(&Kind::And) {
            node = Node::And(Box::new(node), Box::new(self.one(depth)?));
        }
        Ok(node)
    }

    fn one(&mut self, depth: usize) -> Result<Node, Box<Diagnostic>> {
        let Some(token) = self.peek().cloned() else {
            let end = self.source.text().len();
            let span = Span::of(end..end);
            return Err(error(self.source, span, &BadSelection::NoWord));
        };
        if depth >= DEEPEST {
            return Err(error(self.source, token.span, &BadSelection::TooDeep));
        }
        self.at += 1;
        match token.kind {
            Kind::Not => Ok(Node::Not(Box::new(self.one(depth + 1)?))),
            Kind::Open => {
                let node = self.any_of(depth + 1)?;
                if self.next_is(&Kind::Close) {
                    Ok(node)
                } else {
                    let cause = BadSelection::OpenParenthesis;
                    Err(error(self.source, token.span, &cause))
                }
            }
            Kind::Text(prefix, text) => self.text(prefix.as_deref(), &text, token.span),
            Kind::And | Kind::Or | Kind::Close => {
                Err(error(self.source, token.span, &BadSelection::NoWord))
            }
        }
    }

    fn text(&self, prefix: Option<&str>, text: &str, span: Span) -> Result<Node, Box<Diagnostic>> {
        let place = match prefix {
            Some("rule") => Where::Rule,
            Some("case") => Where::Case,
            Some("source") => Where::Source,
            Some("tag") => Where::Tag,
            Some("verdict") => return self.verdict(text, span),
            _ => Where::Anywhere,
        };
        Ok(Node::Text(place, text.to_lowercase()))
    }

    fn verdict(&self, text: &str, span: Span) -> Result<Node, Box<Diagnostic>> {
        let known = Verdict::ALL
            .into_iter()
            .find(|verdict| verdict.word().eq_ignore_ascii_case(text));
        if let Some(verdict) = known {
            return Ok(Node::Verdict(verdict));
        }
        let words = Verdict::ALL.map(Verdict::word);
        let cause = BadSelection::UnknownVerdict {
            name: text.to_owned(),
            suggestion: suggest::nearest(text, words).map(str::to_owned),
            known: words.join(", "),
        };
        Err(error(self.source, span, &cause))
    }
}

fn error(source: &Arc<SourceText>, span: Span, cause: &BadSelection) -> Box<Diagnostic> {
    Box::new(Diagnostic::caused(&BAD_SELECTION, cause, source, span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::render::render;
    use proptest::prelude::*;

    fn selects(expression: &str, verdict: Option<Verdict>) -> bool {
        let candidate = Candidate {
            rule: "WMI Incoming Lateral Movement",
            case: "management agents / SCCM",
            source: "sysmon",
            tags: &["OS: Windows".to_owned()],
            verdict,
        };
        Selection::parse(expression).unwrap().matches(&candidate)
    }

    #[test]
    fn words_are_parts_of_rule_case_and_source() {
        for yes in [
            "wmi",
            "sccm and sysmon",
            "nothing or SCCM",
            "not nothing",
            "\"agents / SCCM [sysmon]\"",
            "source:sysmon and case:'management agents'",
            "tag:windows",
            "not (nothing or source:winlogbeat) and rule:lateral",
            "C:\\Windows or wmi",
        ] {
            assert!(selects(yes, None), "{yes}");
        }
        for no in [
            "nothing",
            "not wmi",
            "case:sysmon",
            "wmi and nothing",
            "tag:linux",
        ] {
            assert!(!selects(no, None), "{no}");
        }
    }

    #[test]
    fn not_binds_closer_than_and_and_and_closer_than_or() {
        assert!(selects("wmi or nothing and nothing", None));
        assert!(!selects("not wmi and nothing or nothing", None));
    }

    #[test]
    fn before_the_run_a_verdict_excludes_nothing() {
        assert!(selects("verdict:failed", None));
        assert!(selects("not verdict:failed", None));
        assert!(!selects("verdict:failed and nothing", None));
        assert!(selects("verdict:failed", Some(Verdict::Failed)));
        assert!(!selects("verdict:failed", Some(Verdict::Passed)));
    }

    #[test]
    fn mistakes_have_a_caret_and_a_mend() {
        let mistakes = [
            "a b",
            "",
            "(a",
            "a and",
            "sorce:x",
            "verdict:fail",
            "\"open",
            "case:",
            "a)",
        ];
        let rendered: Vec<String> = mistakes
            .iter()
            .map(|text| render(&Selection::parse(text).unwrap_err(), false))
            .collect();
        insta::assert_snapshot!(rendered.join("\n"));
        assert!(Selection::parse(&"(".repeat(100_000)).is_err());
        assert!(Selection::parse(&"not ".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn reading_a_selection_never_panics(text in "\\PC{0,40}") {
            let _ = Selection::parse(&text);
        }
    }
}
