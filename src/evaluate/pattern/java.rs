//! Translates Java's regular expressions to the dialect of `regex-syntax`. What a finite automaton
//! cannot do is unsupported.

use regex_automata::meta;
use regex_automata::util::syntax;

use crate::diagnostic::failure::{FailureKind, RegexConstruct, RegexError};
use crate::evaluate::failure::QueryFailure;

/// Compiles a pattern that must match whole texts.
pub(super) fn compile(pattern: &str, insensitive: bool) -> Result<Box<meta::Regex>, QueryFailure> {
    let translated = translate(pattern)?;
    meta::Regex::builder()
        .syntax(syntax::Config::new().case_insensitive(insensitive))
        .configure(meta::Config::new().nfa_size_limit(Some(16 << 20)))
        .build(&format!("\\A(?:{translated})\\z"))
        .map(Box::new)
        .map_err(|error| FailureKind::from(RegexError::Library(error.to_string())).into())
}

/// The expression in the dialect of `regex-syntax`.
pub(super) fn translate(pattern: &str) -> Result<String, QueryFailure> {
    Translator::new(pattern).translate()
}

/// The expression as a tree, to find texts of it.
pub(super) fn sketch(pattern: &str) -> Option<regex_syntax::hir::Hir> {
    regex_syntax::parse(&Translator::new(pattern).translate().ok()?).ok()
}

struct Translator<'p> {
    rest: std::iter::Peekable<std::str::Chars<'p>>,
    out: String,
    class_depth: usize,
}

impl<'p> Translator<'p> {
    fn new(pattern: &'p str) -> Self {
        Self {
            rest: pattern.chars().peekable(),
            out: String::new(),
            class_depth: 0,
        }
    }

    fn translate(mut self) -> Result<String, QueryFailure> {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escape()?,
                '[' => {
                    self.class_depth += 1;
                    self.out.push(c);
                }
                ']' if self.class_depth > 0 => {
                    self.class_depth -= 1;
                    self.out.push(c);
                }
                _ if self.class_depth > 0 => self.in_class(c),
                '.' => self.out.push_str(r"[^\n\r\x{85}\x{2028}\x{2029}]"),
                '(' => self.group()?,
                '*' | '+' | '?' | '}' => {
                    self.out.push(c);
                    self.no_possessive()?;
                }
                _ => self.out.push(c),
            }
        }
        Ok(self.out)
    }

    /// Inside a class `--` and `~~` are operators of the target but not of Java.
    fn in_class(&mut self, c: char) {
        if matches!(c, '-' | '~') && self.rest.peek() == Some(&c) {
            self.out.push('\\');
        }
        self.out.push(c);
    }

    fn group(&mut self) -> Result<(), QueryFailure> {
        self.out.push('(');
        if self.rest.peek() != Some(&'?') {
            return Ok(());
        }
        self.rest.next();
        self.out.push('?');
        match self.rest.peek() {
            Some('=' | '!') => Err(unsupported(RegexConstruct::LookAround)),
            Some('>') => Err(unsupported(RegexConstruct::AtomicGroup)),
            Some('<') => {
                self.rest.next();
                self.out.push('<');
                match self.rest.peek() {
                    Some('=' | '!') => Err(unsupported(RegexConstruct::LookAround)),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn no_possessive(&mut self) -> Result<(), QueryFailure> {
        match self.rest.peek() {
            Some('+') => Err(unsupported(RegexConstruct::PossessiveQuantifier)),
            _ => Ok(()),
        }
    }

    fn escape(&mut self) -> Result<(), QueryFailure> {
        let Some(c) = self.rest.next() else {
            return Err(FailureKind::from(RegexError::LoneBackslash).into());
        };
        let bracketed = self.class_depth == 0;
        let mut class = |members: &str, negated: bool| {
            let open = if negated { "[^" } else { "[" };
            if bracketed || negated {
                self.out.push_str(open);
                self.out.push_str(members);
                self.out.push(']');
            } else {
                self.out.push_str(members);
            }
        };
        match c {
            'd' | 'D' => class("0-9", c == 'D'),
            'w' | 'W' => class("a-zA-Z0-9_", c == 'W'),
            's' | 'S' => class(r" \t\n\x0B\f\r", c == 'S'),
            'h' | 'H' => class(
                r" \t\xA0\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}",
                c == 'H',
            ),
            'e' => self.out.push_str(r"\x1B"),
            'R' => self
                .out
                .push_str(r"(?:\r\n|[\n\x0B\f\r\x{85}\x{2028}\x{2029}])"),
            'Z' => self.out.push_str(r"\z"),
            'Q' => self.quoted(),
            '1'..='9' | 'k' => return Err(unsupported(RegexConstruct::BackReference)),
            'G' => return Err(unsupported(RegexConstruct::EndOfMatch)),
            'X' => return Err(unsupported(RegexConstruct::GraphemeCluster)),
            c if c.is_ascii_alphanumeric() => {
                self.out.push('\\');
                self.out.push(c);
            }
            c => self.literal(c),
        }
        Ok(())
    }

    /// `\Q…\E`
    fn quoted(&mut self) {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.peek() == Some(&'E') {
                self.rest.next();
                return;
            }
            self.literal(c);
        }
    }

    fn literal(&mut self, c: char) {
        let mut buffer = [0; 4];
        self.out
            .push_str(&regex_syntax::escape(c.encode_utf8(&mut buffer)));
    }
}

fn unsupported(construct: RegexConstruct) -> QueryFailure {
    FailureKind::JavaRegex(construct).into()
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;

    #[test]
    fn java_expressions_match_whole_texts() {
        let cases = [
            (r"\d+", "123", true),
            (r"\d+", "12a", false),
            ("a.c", "a\nc", false),
            ("^a$", "a", true),
            (r"\Qa.b\E+", "a.bb", true),
            (r"[\w.-]+", "a-b.c", true),
            ("a@b~&<>#", "a@b~&<>#", true),
            ("(?i)ABC", "abc", true),
        ];
        for (pattern, text, expected) in cases {
            let compiled = Pattern::java(pattern, false).unwrap();
            assert_eq!(compiled.matches(text), expected, "{pattern} {text}");
        }
        assert!(Pattern::java("ab", true).unwrap().matches("AB"));
    }

    #[test]
    fn what_an_automaton_cannot_do_is_unsupported() {
        for pattern in ["(?=a)", "(?<!a)b", r"(a)\1", "a*+", "(?>a)"] {
            let failure = Pattern::java(pattern, false).unwrap_err();
            assert!(failure.is_unsupported() && failure.to_string().contains("unsupported"));
        }
        assert!(!Pattern::java("(", false).unwrap_err().is_unsupported());
    }
}
