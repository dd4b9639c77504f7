//! Wildcard patterns as sets of texts: whether every text that one matches is matched by another.

use crate::plan::predicate::{WildcardPattern, WildcardToken};

/// The texts that a pattern matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lint) struct Texts {
    tokens: Vec<WildcardToken>,
    insensitive: bool,
}

/// Pairs of patterns larger than this are not compared: a finding is not worth the time.
const LARGEST: usize = 1 << 20;

impl Texts {
    pub(in crate::lint) fn new(pattern: WildcardPattern, insensitive: bool) -> Self {
        Self {
            tokens: canonical(pattern.0),
            insensitive,
        }
    }

    pub(in crate::lint) fn exactly(text: &str, insensitive: bool) -> Self {
        let tokens = text.chars().map(WildcardToken::Char);
        Self {
            tokens: tokens.collect(),
            insensitive,
        }
    }

    /// Whether the pattern is one of stars only: the field exists.
    pub(in crate::lint) fn is_everything(&self) -> bool {
        self.tokens == [WildcardToken::Many]
    }

    /// Whether every text of `other` is one of these. Certain when true; false means unknown.
    ///
    /// This pattern is matched against the other's tokens as though they were text: a star takes
    /// any tokens, a question mark any one that stands for one character.
    pub(in crate::lint) fn cover(&self, other: &Self) -> bool {
        if self.tokens.len().saturating_mul(other.tokens.len()) > LARGEST {
            return false;
        }
        let (mut own, mut theirs) = (0, 0);
        let mut last_star: Option<(usize, usize)> = None;
        loop {
            let token = self.tokens.get(own);
            let Some(against) = other.tokens.get(theirs) else {
                let rest = self.tokens.get(own..).unwrap_or(&[]);
                return rest.iter().all(|token| *token == WildcardToken::Many);
            };
            if token == Some(&WildcardToken::Many) {
                last_star = Some((own, theirs));
                own += 1;
            } else if token.is_some_and(|token| self.takes(*token, *against, other.insensitive)) {
                own += 1;
                theirs += 1;
            } else if let Some((star, at)) = last_star {
                own = star + 1;
                theirs = at + 1;
                last_star = Some((star, at + 1));
            } else {
                return false;
            }
        }
    }

    fn takes(&self, token: WildcardToken, against: WildcardToken, insensitive: bool) -> bool {
        use WildcardToken::{Char, Many, One};
        match (token, against) {
            (One, Char(_) | One) => true,
            (Char(a), Char(b)) if self.insensitive => a.eq_ignore_ascii_case(&b),
            (Char(a), Char(b)) if insensitive => a == b && !a.is_alphabetic(),
            (Char(a), Char(b)) => a == b,
            (Many | One, _) | (Char(_), One | Many) => false,
        }
    }
}

/// In a run of wildcards the question marks first and one star at most.
fn canonical(tokens: Vec<WildcardToken>) -> Vec<WildcardToken> {
    let mut result: Vec<WildcardToken> = Vec::with_capacity(tokens.len());
    let mut star = false;
    for token in tokens {
        match token {
            WildcardToken::Many => star = true,
            WildcardToken::One => result.push(token),
            WildcardToken::Char(_) => {
                if std::mem::take(&mut star) {
                    result.push(WildcardToken::Many);
                }
                result.push(token);
            }
        }
    }
    if star {
        result.push(WildcardToken::Many);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(wide: &str, narrow: &str) -> bool {
        let texts = |pattern: &str| Texts::new(WildcardPattern::eql(pattern), true);
        texts(wide).cover(&texts(narrow))
    }

    #[test]
    fn a_wider_pattern_covers_a_narrower_one() {
        for (wide, narrow) in [
            ("*", ""),
            ("a*", "abc"),
            ("A*", "abc*"),
            ("*\\cmd.exe", "?:\\Windows\\*\\cmd.exe"),
            ("a*c", "abbc"),
            ("?*", "*?"),
            ("*a*", "xay*"),
        ] {
            assert!(covers(wide, narrow), "{wide} {narrow}");
        }
        for (wide, narrow) in [
            ("a?", "a*"),
            ("abc", "a*"),
            ("a*b", "a*"),
            ("?", "*"),
            ("a*a", "a"),
        ] {
            assert!(!covers(wide, narrow), "{wide} {narrow}");
        }
    }

    #[test]
    fn a_case_sensitive_pattern_covers_no_letter_that_ignores_case() {
        let exact = Texts::exactly("ab", false);
        assert!(!exact.cover(&Texts::exactly("ab", true)));
        assert!(Texts::exactly("ab", true).cover(&Texts::exactly("AB", false)));
        assert!(Texts::exactly("1.2", false).cover(&Texts::exactly("1.2", true)));
    }
}
