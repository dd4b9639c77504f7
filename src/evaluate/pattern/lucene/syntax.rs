//! Lucene's regular expressions as a tree (`org.apache.lucene.util.automaton.RegExp`).

use std::iter::Peekable;
use std::str::Chars;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use crate::diagnostic::failure::{EscapeFix, RegexError};

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 100;

/// A node of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// The empty text.
    Empty,
    /// `#`: no text at all.
    Nothing,
    /// `@`: any text.
    AnyText,
    /// One of these characters.
    Class(ClassUnicode),
    /// One after another.
    Concat(Vec<Node>),
    /// `|`
    Any(Vec<Node>),
    /// `&`
    All(Vec<Node>),
    /// `~`
    Not(Box<Node>),
    /// This many times, without limit where there is none.
    Repeat(Box<Node>, u32, Option<u32>),
}

impl Node {
    /// Whether it has a complement, an intersection or the empty language in it.
    pub(super) fn needs_automaton(&self) -> bool {
        match self {
            Self::Nothing | Self::All(_) | Self::Not(_) => true,
            Self::Empty | Self::AnyText | Self::Class(_) => false,
            Self::Concat(parts) | Self::Any(parts) => parts.iter().any(Self::needs_automaton),
            Self::Repeat(inner, ..) => inner.needs_automaton(),
        }
    }
}

/// Reads an expression.
pub(super) fn parse(pattern: &str, insensitive: bool) -> Result<Node, RegexError> {
    if pattern.is_empty() {
        return Ok(Node::Empty);
    }
    let mut parser = Parser {
        rest: pattern.chars().peekable(),
        insensitive,
        depth: 0,
    };
    let node = parser.union()?;
    match parser.rest.next() {
        None => Ok(node),
        Some(c) => Err(RegexError::Unexpected(c)),
    }
}

struct Parser<'p> {
    rest: Peekable<Chars<'p>>,
    insensitive: bool,
    depth: usize,
}

impl Parser<'_> {
    fn eat(&mut self, c: char) -> bool {
        self.rest.next_if_eq(&c).is_some()
    }

    fn next(&mut self) -> Result<char, RegexError> {
        self.rest.next().ok_or(RegexError::UnexpectedEnd)
    }

    fn union(&mut self) -> Result<Node, RegexError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(RegexError::TooDeep);
        }
        let mut parts = vec![self.intersection()?];
        while self.eat('|') {
            parts.push(self.intersection()?);
        }
        self.depth -= 1;
        Ok(one_or(parts, Node::Any))
    }

    fn intersection(&mut self) -> Result<Node, RegexError> {
        let mut parts = vec![self.concat()?];
        while self.eat('&') {
            parts.push(self.concat()?);
        }
        Ok(one_or(parts, Node::All))
    }

    fn concat(&mut self) -> Result<Node, RegexError> {
        let mut parts = vec![self.repeat()?];
        while self
            .rest
            .peek()
            .is_some_and(|c| !matches!(c, ')' | '|' | '&'))
        {
            parts.push(self.repeat()?);
        }
        Ok(one_or(parts, Node::Concat))
    }

    fn repeat(&mut self) -> Result<Node, RegexError> {
        let mut node = self.complement()?;
        let mut repeats = 0;
        while let Some(c) = self.rest.next_if(|c| matches!(c, '?' | '*' | '+' | '{')) {
            repeats += 1;
            if repeats > MAX_DEPTH {
                return Err(RegexError::RepeatedTooOften);
            }
            let (min, max) = match c {
                '?' => (0, Some(1)),
                '*' => (0, None),
                '+' => (1, None),
                _ => self.bounds()?,
            };
            node = Node::Repeat(Box::new(node), min, max);
        }
        Ok(node)
    }

    /// `n}`, `n,}`, `n,m}`
    fn bounds(&mut self) -> Result<(u32, Option<u32>), RegexError> {
        let min = self.integer()?;
        let max = if !self.eat(',') {
            Some(min)
        } else if self.rest.peek() == Some(&'}') {
            None
        } else {
            Some(self.integer()?)
        };
        if !self.eat('}') {
            return Err(RegexError::Expected('}'));
        }
        if max.is_some_and(|max| max < min) {
            return Err(RegexError::ReversedRepetition);
        }
        Ok((min, max))
    }

    fn integer(&mut self) -> Result<u32, RegexError> {
        let mut digits = String::new();
        while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        digits.parse().map_err(|_| RegexError::ExpectedInteger)
    }

    fn complement(&mut self) -> Result<Node, RegexError> {
        let mut negated = false;
        let mut any = false;
        while self.eat('~') {
            negated = !negated;
            any = true;
        }
        let node = self.simple()?;
        Ok(match (any, negated) {
            (_, true) => Node::Not(Box::new(node)),
            (_, false) => node,
        })
    }

    fn simple(&mut self) -> Result<Node, RegexError> {
        Ok(match self.next()? {
            '.' => Node::Class(super::any_class()),
            '#' => Node::Nothing,
            '@' => Node::AnyText,
            '"' => self.quoted()?,
            '(' if self.eat(')') => Node::Empty,
            '(' => {
                let node = self.union()?;
                if !self.eat(')') {
                    return Err(RegexError::Expected(')'));
                }
                node
            }
            '<' => self.interval()?,
            '[' => self.class()?,
            '\\' => {
                let c = self.next()?;
                match predefined(c) {
                    Some(class) => Node::Class(class),
                    None => self.character(escaped(c)?),
                }
            }
            c => self.character(c),
        })
    }

    fn character(&self, c: char) -> Node {
        Node::Class(self.folded(class_of(c, c)))
    }

    fn folded(&self, mut class: ClassUnicode) -> ClassUnicode {
        if self.insensitive {
            // Fails only when regex-syntax is built without its Unicode tables.
            let _ = class.try_case_fold_simple();
        }
        class
    }

    fn quoted(&mut self) -> Result<Node, RegexError> {
        let mut parts = Vec::new();
        loop {
            match self.next()? {
                '"' if parts.is_empty() => return Ok(Node::Empty),
                '"' => return Ok(one_or(parts, Node::Concat)),
                c => parts.push(self.character(c)),
            }
        }
    }

    fn class(&mut self) -> Result<Node, RegexError> {
        let negated = self.eat('^');
        let mut class = ClassUnicode::empty();
        loop {
            class.union(&self.class_item()?);
            if self.eat(']') {
                break;
            }
        }
        let mut class = self.folded(class);
        if negated {
            class.negate();
        }
        Ok(Node::Class(class))
    }

    fn class_item(&mut self) -> Result<ClassUnicode, RegexError> {
        let mut low = self.next()?;
        if low == '\\' {
            low = self.next()?;
            if let Some(class) = predefined(low) {
                return Ok(class);
            }
            escaped(low)?;
        }
        if !self.eat('-') {
            return Ok(class_of(low, low));
        }
        let mut high = self.next()?;
        if high == '\\' {
            high = self.next()?;
        }
        if low > high {
            return Err(RegexError::EmptyRange(low, high));
        }
        Ok(class_of(low, high))
    }

    /// `<n-m>`: as many digits as both ends have, if both have as many; else with any number of
    /// leading zeros (`Automata.makeDecimalInterval`).
    fn interval(&mut self) -> Result<Node, RegexError> {
        let mut text = String::new();
        loop {
            match self.next()? {
                '>' => break,
                c => text.push(c),
            }
        }
        let wrong = || RegexError::NoInterval(text.clone());
        let (low, high) = text.split_once('-').ok_or_else(wrong)?;
        let number = |text: &str| -> Result<u32, RegexError> {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            let number = text.parse::<i32>().ok().filter(|_| digits);
            number.and_then(|n| u32::try_from(n).ok()).ok_or_else(wrong)
        };
        let (mut from, mut to) = (number(low)?, number(high)?);
        if from > to {
            std::mem::swap(&mut from, &mut to);
        }
        if low.len() == high.len() {
            return Ok(digits_between(
                &format!("{from:0width$}", width = low.len()),
                &format!("{to:0width$}", width = low.len()),
            ));
        }
        let zeros = Node::Repeat(Box::new(Node::Class(class_of('0', '0'))), 0, None);
        let mut lengths = Vec::new();
        for length in from.to_string().len()..=to.to_string().len() {
            let least = "1".to_owned() + &"0".repeat(length - 1);
            let low = if from.to_string().len() == length {
                from.to_string()
            } else {
                least
            };
            let high = if to.to_string().len() == length {
                to.to_string()
            } else {
                "9".repeat(length)
            };
            lengths.push(digits_between(&low, &high));
        }
        Ok(Node::Concat(vec![zeros, one_or(lengths, Node::Any)]))
    }
}

/// The digit strings of one length from `low` to `high`.
fn digits_between(low: &str, high: &str) -> Node {
    let (mut lows, mut highs) = (low.chars(), high.chars());
    let (Some(a), Some(b)) = (lows.next(), highs.next()) else {
        return Node::Empty;
    };
    let (low_rest, high_rest) = (lows.as_str(), highs.as_str());
    let after = |class: ClassUnicode, rest: Node| match rest {
        Node::Empty => Node::Class(class),
        rest => Node::Concat(vec![Node::Class(class), rest]),
    };
    if a == b {
        return after(class_of(a, a), digits_between(low_rest, high_rest));
    }
    let (zeros, nines) = ("0".repeat(low_rest.len()), "9".repeat(low_rest.len()));
    let mut parts = vec![after(class_of(a, a), digits_between(low_rest, &nines))];
    let (next, previous) = (
        char::from_u32(u32::from(a) + 1).unwrap_or(a),
        char::from_u32(u32::from(b) - 1).unwrap_or(b),
    );
    if next <= previous {
        let any_digit = Node::Class(class_of('0', '9'));
        let rest = vec![any_digit; low_rest.len()];
        let mut whole = vec![Node::Class(class_of(next, previous))];
        whole.extend(rest);
        parts.push(one_or(whole, Node::Concat));
    }
    parts.push(after(class_of(b, b), digits_between(&zeros, high_rest)));
    Node::Any(parts)
}

fn one_or(mut parts: Vec<Node>, many: impl FnOnce(Vec<Node>) -> Node) -> Node {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            many(parts)
        }
        (None, _) => Node::Empty,
    }
}

fn class_of(low: char, high: char) -> ClassUnicode {
    ClassUnicode::new([ClassUnicodeRange::new(low, high)])
}

/// The character behind a backslash that stands for itself. Since Lucene 9 no other letter than
/// those of [`predefined`] does (`RegExp.matchPredefinedCharacterClass`).
fn escaped(c: char) -> Result<char, RegexError> {
    let fix = match c {
        'A' | 'B' | 'G' | 'Z' | 'b' | 'z' => EscapeFix::NoAnchors,
        'f' | 'n' | 'r' | 't' => EscapeFix::CharacterItself,
        'p' | 'P' | 'u' | 'x' => EscapeFix::Class,
        c if c.is_ascii_alphabetic() => EscapeFix::PlainLetter,
        c => return Ok(c),
    };
    Err(RegexError::Escape { found: c, fix })
}

/// `\d`, `\w`, `\s` and their complements, over ASCII (since Lucene 8.6).
fn predefined(c: char) -> Option<ClassUnicode> {
    let ranges: &[(char, char)] = match c.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        's' => &[('\t', '\n'), ('\r', '\r'), (' ', ' ')],
        _ => return None,
    };
    let ranges = ranges.iter().map(|(a, b)| ClassUnicodeRange::new(*a, *b));
    let mut class = ClassUnicode::new(ranges);
    if c.is_ascii_uppercase() {
        class.negate();
    }
    Some(class)
}
