//! Predicts the next key of a document: events of one kind have the same keys in the same order,
//! and comparing is cheaper than finding the end of a key and looking it up. Used by `extract.rs`.

use rustc_hash::FxHashMap;

use super::slots::{Child, NodeId};

/// The number of keys that are learned.
const MAX_GUESSES: usize = 16_384;
/// Keys longer than this are not learned.
const MAX_KEY: usize = 256;
/// The number of successors remembered for each key: events of several kinds alternate.
const CHOICES: usize = 4;
/// The number of bytes of a key that are compared at once.
const HEAD: usize = 16;

/// What precedes the key to be predicted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Before {
    /// It is the first of an object at this node.
    Node(NodeId),
    /// The key of this guess.
    Guess(u32),
    /// A key that is not known.
    Unknown,
}

/// The numbers, plus one, of the keys that may come next; the most recent first, 0 for none.
type Choices = [u32; CHOICES];

/// A key that may come.
#[derive(Debug)]
struct Guess {
    /// The first bytes of the key with the quote and the colon behind it, and where they count.
    head: u128,
    mask: u128,
    /// What does not fit in there.
    tail: Box<[u8]>,
    length: u32,
    child: Option<Child>,
    next: Choices,
}

/// A guess that was right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Right {
    /// Its number.
    pub(super) number: u32,
    /// How long the key is, with the quote and the colon behind it.
    pub(super) length: usize,
    /// Where it leads.
    pub(super) child: Option<Child>,
}

/// The keys seen, each with those that followed it.
#[derive(Debug)]
pub(super) struct Guesses {
    keys: Vec<Guess>,
    /// For each node the keys that came first.
    first: Vec<Choices>,
    numbers: FxHashMap<(NodeId, Box<[u8]>), u32>,
}

impl Guesses {
    /// Creates a predictor for a trie of this many nodes, without any key.
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            keys: Vec::new(),
            first: vec![Choices::default(); nodes],
            numbers: FxHashMap::default(),
        }
    }

    /// Returns the learned key that follows `before` and with which `rest` begins.
    #[inline]
    pub(super) fn right(&mut self, before: Before, rest: &[u8]) -> Option<Right> {
        let choices = self.choices(before)?;
        let begins = head(rest);
        for (place, choice) in choices.into_iter().enumerate() {
            let number = choice.checked_sub(1)?;
            let guess = self.keys.get(number as usize)?;
            if (begins ^ guess.head) & guess.mask != 0 || !guess.ends(rest) {
                continue;
            }
            let right = Right {
                number,
                length: guess.length as usize,
                child: guess.child,
            };
            if place > 0 {
                self.note(before, number);
            }
            return Some(right);
        }
        None
    }

    #[inline]
    fn choices(&self, before: Before) -> Option<Choices> {
        match before {
            Before::Node(node) => self.first.get(node as usize).copied(),
            Before::Guess(number) => self.keys.get(number as usize).map(|key| key.next),
            Before::Unknown => None,
        }
    }

    /// Notes that the key of this number came last behind `before`.
    fn note(&mut self, before: Before, number: u32) {
        let choices = match before {
            Before::Node(node) => self.first.get_mut(node as usize),
            Before::Guess(before) => self.keys.get_mut(before as usize).map(|key| &mut key.next),
            Before::Unknown => None,
        };
        let Some(choices) = choices else { return };
        let choice = number + 1;
        let place = choices.iter().position(|known| *known == choice);
        if let Some(moved) = choices.get_mut(..=place.unwrap_or(CHOICES - 1)) {
            moved.rotate_right(1);
        }
        if let Some(first) = choices.first_mut() {
            *first = choice;
        }
    }

    /// Notes that `key`, which has no escapes, follows `before` at a node.
    pub(super) fn learn(
        &mut self,
        before: Before,
        node: NodeId,
        key: &[u8],
        child: Option<Child>,
    ) -> Before {
        if key.len() > MAX_KEY {
            return Before::Unknown;
        }
        let text = [key, b"\":"].concat();
        let name = (node, text.into_boxed_slice());
        let number = match self.numbers.get(&name) {
            Some(number) => *number,
            None if self.keys.len() < MAX_GUESSES => {
                let number = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
                self.keys.push(Guess::new(&name.1, child));
                self.numbers.insert(name, number);
                number
            }
            None => return Before::Unknown,
        };
        self.note(before, number);
        Before::Guess(number)
    }
}

impl Guess {
    fn new(text: &[u8], child: Option<Child>) -> Self {
        let mask = [0xff; HEAD];
        Self {
            head: head(text),
            mask: head(mask.get(..text.len()).unwrap_or(&mask)),
            tail: text.get(HEAD..).unwrap_or(&[]).into(),
            length: u32::try_from(text.len()).unwrap_or(u32::MAX),
            child,
            next: Choices::default(),
        }
    }

    /// Whether the bytes behind the head are those of `rest`.
    #[inline]
    fn ends(&self, rest: &[u8]) -> bool {
        self.tail.is_empty()
            || rest
                .get(HEAD..)
                .is_some_and(|rest| rest.starts_with(&self.tail))
    }
}

/// The first bytes; zeros, which no key has, where there are too few.
#[inline]
fn head(text: &[u8]) -> u128 {
    match text.first_chunk::<HEAD>() {
        Some(head) => u128::from_le_bytes(*head),
        None => text
            .iter()
            .rev()
            .fold(0, |head, byte| head << 8 | u128::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Learns each key behind the one before.
    fn learn(guesses: &mut Guesses, keys: &[&str]) {
        let mut before = Before::Node(0);
        for key in keys {
            before = guesses.learn(before, 0, key.as_bytes(), None);
        }
    }

    fn length(guesses: &mut Guesses, rest: &str) -> Option<usize> {
        let right = guesses.right(Before::Node(0), rest.as_bytes());
        right.map(|right| right.length)
    }

    #[test]
    fn keys_that_take_turns_are_all_known() {
        let mut guesses = Guesses::new(1);
        for key in ["host", "agent", "a_name_of_more_than_16", "event"] {
            learn(&mut guesses, &[key]);
        }
        for _ in 0..2 {
            assert_eq!(length(&mut guesses, "host\":{}}"), Some(6));
            assert_eq!(length(&mut guesses, "event\":1}"), Some(7));
            assert_eq!(length(&mut guesses, "agent\":{\"name\":\"x\"}}"), Some(7));
            let long = "a_name_of_more_than_16\":true}";
            assert_eq!(length(&mut guesses, long), Some(24));
        }
        assert_eq!(length(&mut guesses, "a_name_of_more_than_17\":1}"), None);
        learn(&mut guesses, &["fifth"]);
        assert_eq!(length(&mut guesses, "fifth\":{}}"), Some(7));
        assert_eq!(length(&mut guesses, "host\":{}}"), None, "the eldest");
    }

    #[test]
    fn a_key_that_the_line_cuts_short_is_none() {
        let mut guesses = Guesses::new(1);
        learn(&mut guesses, &["host"]);
        for rest in ["", "h", "host", "host\"", "host\" :1", "hosts\":1"] {
            assert_eq!(length(&mut guesses, rest), None, "{rest}");
        }
        assert_eq!(length(&mut guesses, "host\":"), Some(6));
    }
}
