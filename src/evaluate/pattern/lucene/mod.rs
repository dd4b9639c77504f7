//! Lucene's regular expressions: `text -> syntax -> Hir -> regex-automata`, or, where the
//! expression has a complement or an intersection, which no `Hir` has, `syntax -> automaton`.

mod automaton;
mod syntax;

use regex_automata::meta;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

pub(super) use self::automaton::Automaton;
use self::syntax::Node;
use crate::evaluate::failure::{FailureKind, QueryFailure};

/// A compiled expression.
pub(super) enum Compiled {
    /// By regex-automata.
    Expression(Box<meta::Regex>),
    /// By our own automaton.
    Automaton(Box<Automaton>),
}

/// Compiles an expression that must match whole texts.
pub(super) fn compile(pattern: &str, insensitive: bool) -> Result<Compiled, QueryFailure> {
    let node = syntax::parse(pattern, insensitive).map_err(FailureKind::Regex)?;
    if node.needs_automaton() {
        return Ok(Compiled::Automaton(Box::new(Automaton::new(&node)?)));
    }
    let whole = Hir::concat(vec![
        Hir::look(Look::Start),
        hir(&node),
        Hir::look(Look::End),
    ]);
    meta::Regex::builder()
        .configure(meta::Config::new().nfa_size_limit(Some(16 << 20)))
        .build_from_hir(&whole)
        .map(|regex| Compiled::Expression(Box::new(regex)))
        .map_err(|_| too_complex())
}

/// The expression without its complements, and of an intersection the first part: texts of it are
/// worth a try, no more.
pub(super) fn sketch(pattern: &str, insensitive: bool) -> Option<Hir> {
    Some(hir(&positive(syntax::parse(pattern, insensitive).ok()?)))
}

fn positive(node: Node) -> Node {
    let each = |parts: Vec<Node>| parts.into_iter().map(positive).collect();
    match node {
        Node::All(parts) => parts.into_iter().next().map_or(Node::Empty, positive),
        Node::Not(_) | Node::Nothing => Node::Empty,
        Node::Concat(parts) => Node::Concat(each(parts)),
        Node::Any(parts) => Node::Any(each(parts)),
        Node::Repeat(inner, min, max) => Node::Repeat(Box::new(positive(*inner)), min, max),
        plain => plain,
    }
}

/// Elasticsearch's refusal of an expression that needs too many states.
fn too_complex() -> QueryFailure {
    FailureKind::RegexTooComplex {
        limit: super::MAX_STATES,
    }
    .into()
}

fn any_class() -> ClassUnicode {
    ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)])
}

fn hir(node: &Node) -> Hir {
    match node {
        Node::Empty => Hir::empty(),
        // Never compiled by this way: `needs_automaton`.
        Node::Nothing | Node::All(_) | Node::Not(_) => Hir::fail(),
        Node::AnyText => repeat(Hir::class(Class::Unicode(any_class())), 0, None),
        Node::Class(class) => Hir::class(Class::Unicode(class.clone())),
        Node::Concat(parts) => Hir::concat(parts.iter().map(hir).collect()),
        Node::Any(parts) => Hir::alternation(parts.iter().map(hir).collect()),
        Node::Repeat(inner, min, max) => repeat(hir(inner), *min, *max),
    }
}

fn repeat(sub: Hir, min: u32, max: Option<u32>) -> Hir {
    Hir::repetition(Repetition {
        min,
        max,
        greedy: true,
        sub: Box::new(sub),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::lucene(pattern, false).unwrap().matches(text)
    }

    #[test]
    fn the_whole_value_must_match_and_anchors_are_literals() {
        assert!(matches(r"[a-z]+\.exe", "cmd.exe") && !matches("cmd", "cmd.exe"));
        assert!(!matches("^cmd.exe$", "cmd.exe") && matches("^a$", "^a$"));
        assert!(matches("", "") && !matches("", "a") && matches("a()b", "ab"));
        assert!(matches("a.c", "a\nc") && matches("a{2,3}", "aaa") && !matches("a{2}", "a"));
        assert!(matches(r"\w+\s\d", "ab_1 2") && matches(r"[^\d]", "x"));
        assert!(matches(r#""a.b*""#, "a.b*") && matches(r"a\@b", "a@b"));
        assert!(matches("ab|cd", "cd") && !matches("ab|cd", "abd"));
    }

    #[test]
    fn intervals_any_text_and_the_empty_language_work() {
        assert!(matches("a<10-200>", "a10") && matches("a<10-200>", "a200"));
        assert!(!matches("<10-200>", "201") && !matches("<10-200>", "9"));
        assert!(matches("<10-200>", "0042") && !matches("<010-200>", "42"));
        assert!(matches("<010-200>", "042") && matches("<7-7>", "7"));
        for number in 0..300 {
            assert_eq!(
                matches("<37-256>", &number.to_string()),
                (37..=256).contains(&number)
            );
        }
        assert!(matches("a@", "a\u{e9}x") && !matches("a#", "a") && !matches("#", ""));
    }

    #[test]
    fn complement_and_intersection_work() {
        assert!(matches("~(abc)", "abd") && !matches("~(abc)", "abc") && matches("~(abc)", ""));
        assert!(matches("~abc", "bbc") && !matches("~abc", "abc") && !matches("~abc", "abd"));
        assert!(matches("a~bc", "axc") && matches("a~bc", "ac") && !matches("a~bc", "abc"));
        assert!(matches("@foo@&@bar@", "a bar and foo") && !matches("@foo@&@bar@", "a foo"));
        assert!(matches("[a-z]+&~(root|admin)", "user"));
        assert!(!matches("[a-z]+&~(root|admin)", "root"));
        assert!(matches("a|#", "a") && matches("~#", "x"));
        let insensitive = Pattern::lucene("~(abc)", true).unwrap();
        assert!(!insensitive.matches("aBC") && insensitive.matches("aBd"));
    }

    #[test]
    fn what_is_no_expression_or_too_large_is_a_failure() {
        for pattern in [
            "a|",
            "(a",
            "a)",
            "[a",
            "<1-",
            "a{",
            "\\",
            "<9999999999-1>",
            "[z-a]",
        ] {
            assert!(Pattern::lucene(pattern, false).is_err(), "{pattern}");
        }
        let deep = "(".repeat(100_000);
        assert!(Pattern::lucene(&deep, false).is_err());
        let exponential = format!("~((a|b)*a{})", "(a|b)".repeat(20));
        let failure = Pattern::lucene(&exponential, false).unwrap_err();
        assert!(failure.to_string().contains("too complex"));
        assert!(Pattern::lucene("((a{900}){900}){900}", false).is_err());
    }

    #[test]
    fn case_is_folded_as_everywhere() {
        let pattern = Pattern::lucene("cmd[é-ë]k.*", true).unwrap();
        assert!(pattern.matches("CMDÊ\u{212A}x"));
    }
}
