//! Regular expressions that find parts of a text: replacing and capturing.

use regex_automata::meta;
use regex_automata::util::captures::Captures;

use super::java;
use crate::diagnostic::esql_warning::ReplacementError;
use crate::diagnostic::failure::{FailureKind, RegexConstruct, RegexError};
use crate::evaluate::failure::QueryFailure;

/// The largest automaton that an expression may need.
const SIZE: usize = 16 << 20;

/// An expression that is searched for anywhere in a text.
#[derive(Debug, Clone)]
pub struct Finder {
    expression: Box<meta::Regex>,
}

impl Finder {
    /// An expression of Java's dialect (`java.util.regex`).
    pub fn java(pattern: &str) -> Result<Self, QueryFailure> {
        Self::build(&java::translate(pattern)?)
    }

    /// An expression of Oniguruma's dialect, as far as both mean the same: look-around,
    /// back-references, possessive and atomic groups are unsupported.
    pub fn oniguruma(pattern: &str) -> Result<Self, QueryFailure> {
        for (sign, construct) in [
            ("(?=", RegexConstruct::LookAround),
            ("(?!", RegexConstruct::LookAround),
            ("(?<=", RegexConstruct::LookAround),
            ("(?<!", RegexConstruct::LookAround),
            ("(?>", RegexConstruct::AtomicGroup),
        ] {
            if pattern.contains(sign) {
                return Err(FailureKind::OnigurumaRegex(construct).into());
            }
        }
        Self::build(pattern)
    }

    fn build(pattern: &str) -> Result<Self, QueryFailure> {
        meta::Regex::builder()
            .configure(meta::Config::new().nfa_size_limit(Some(SIZE)))
            .build(pattern)
            .map(|expression| Self {
                expression: Box::new(expression),
            })
            .map_err(|error| FailureKind::from(RegexError::Library(error.to_string())).into())
    }

    /// The texts of the groups `g0`, `g1`, … of the first match; `None` without a match.
    pub fn groups<'t>(&self, text: &'t str, count: usize) -> Option<Vec<Option<&'t str>>> {
        let mut captures = self.expression.create_captures();
        self.expression.captures(text, &mut captures);
        if !captures.is_match() {
            return None;
        }
        let group = |index: usize| {
            let span = captures.get_group_by_name(&format!("g{index}"))?;
            text.get(span.range())
        };
        Some((0..count).map(group).collect())
    }

    /// Replaces every match. In the replacement `$1` and `${name}` are groups, and a backslash
    /// makes the next character literal. A replacement that Java refuses is an error.
    pub fn replace_all(&self, text: &str, replacement: &str) -> Result<String, ReplacementError> {
        let mut out = String::new();
        let mut after = 0;
        for captures in self.expression.captures_iter(text) {
            let Some(found) = captures.get_match() else {
                continue;
            };
            out.push_str(text.get(after..found.start()).unwrap_or(""));
            expand(&mut out, replacement, text, &captures)?;
            after = found.end();
        }
        out.push_str(text.get(after..).unwrap_or(""));
        Ok(out)
    }
}

fn expand(
    out: &mut String,
    replacement: &str,
    text: &str,
    found: &Captures,
) -> Result<(), ReplacementError> {
    let mut rest = replacement.chars().peekable();
    let group_text = |span: Option<regex_automata::Span>| {
        span.and_then(|span| text.get(span.range())).unwrap_or("")
    };
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some(literal) => out.push(literal),
                None => return Err(ReplacementError::LoneBackslash),
            },
            '$' if rest.peek() == Some(&'{') => {
                rest.next();
                let name: String = rest.by_ref().take_while(|c| *c != '}').collect();
                out.push_str(group_text(found.get_group_by_name(&name)));
            }
            '$' => {
                let Some(digit) = rest.next().and_then(|c| c.to_digit(10)) else {
                    return Err(ReplacementError::NoGroupNumber);
                };
                let mut group = digit as usize;
                if group >= found.group_len() {
                    return Err(ReplacementError::NoGroup(group));
                }
                // More digits belong to the number as long as there is such a group.
                while let Some(next) = rest.peek().and_then(|c| c.to_digit(10)) {
                    let longer = group * 10 + next as usize;
                    if longer >= found.group_len() {
                        break;
                    }
                    group = longer;
                    rest.next();
                }
                out.push_str(group_text(found.get_group(group)));
            }
            c => out.push(c),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_name_groups_and_escape() {
        let replace = |pattern: &str, text: &str, new: &str| {
            Finder::java(pattern).unwrap().replace_all(text, new)
        };
        assert_eq!(replace("a(b)", "xabab", "[$1]").as_deref(), Ok("x[b][b]"));
        assert_eq!(replace("(?<n>a)", "a", "${n}\\$").as_deref(), Ok("a$"));
        assert_eq!(replace("(a)", "a", "$12").as_deref(), Ok("a2"));
        assert_eq!(replace("x*", "ab", "-").as_deref(), Ok("-a-b-"));
        assert!(replace("a", "a", "$1").is_err() && replace("a", "a", "$").is_err());
    }

    #[test]
    fn groups_are_taken_from_the_first_match() {
        let finder = Finder::oniguruma(r"(?P<g0>\w+) (?P<g1>x)?").unwrap();
        assert_eq!(finder.groups("ab c", 2), Some(vec![Some("ab"), None]));
        assert_eq!(finder.groups("ab", 2), None);
        assert!(Finder::oniguruma("(?<!a)b").unwrap_err().is_unsupported());
    }
}
