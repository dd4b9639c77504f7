//! Guesses which key comes next: events of one kind have the same keys in the same order, and to
//! compare is cheaper than to find the end of a key and look it up. Only `extract.rs` asks.

use rustc_hash::FxHashMap;

use super::same::same;
use super::slots::NodeId;

/// So many keys are learnt.
const MAX_GUESSES: usize = 16_384;
/// Longer keys are not.
const MAX_KEY: usize = 256;

/// What stood before a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Before {
    /// It is the first of an object at this node.
    Node(NodeId),
    /// The key of this guess.
    Guess(u32),
    /// A key that is not known.
    Unknown,
}

/// A key that may come.
#[derive(Debug)]
struct Guess {
    /// The key with the quote and the colon behind it.
    text: Box<[u8]>,
    /// Where it leads.
    child: Option<(u32, NodeId)>,
    /// The key that followed it last, one higher.
    next: u32,
}

/// A guess that was right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Right {
    /// Its number.
    pub(super) number: u32,
    /// How long the key is, with the quote and the colon behind it.
    pub(super) length: usize,
    /// Where it leads.
    pub(super) child: Option<(u32, NodeId)>,
}

/// The keys seen, each with the one that followed it.
#[derive(Debug)]
pub(super) struct Guesses {
    keys: Vec<Guess>,
    /// For each node the key that came first, one higher.
    first: Vec<u32>,
    numbers: FxHashMap<(NodeId, Box<[u8]>), u32>,
}

impl Guesses {
    /// Nothing is known of so many nodes.
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            keys: Vec::new(),
            first: vec![0; nodes],
            numbers: FxHashMap::default(),
        }
    }

    /// The guess for what follows `before`, if `rest` begins with it.
    #[inline]
    pub(super) fn right(&self, before: Before, rest: &[u8]) -> Option<Right> {
        let next = match before {
            Before::Node(node) => *self.first.get(node as usize)?,
            Before::Guess(number) => self.keys.get(number as usize)?.next,
            Before::Unknown => 0,
        };
        let number = next.checked_sub(1)?;
        let guess = self.keys.get(number as usize)?;
        let length = guess.text.len();
        same(rest.get(..length)?, &guess.text).then_some(Right {
            number,
            length,
            child: guess.child,
        })
    }

    /// Notes that `key`, which has no escapes, follows `before` at a node.
    pub(super) fn learn(
        &mut self,
        before: Before,
        node: NodeId,
        key: &[u8],
        child: Option<(u32, NodeId)>,
    ) -> Before {
        let mut text = Vec::with_capacity(key.len() + 2);
        text.extend_from_slice(key);
        text.extend_from_slice(b"\":");
        let name = (node, text.into_boxed_slice());
        let number = match self.numbers.get(&name) {
            Some(number) => *number,
            None if self.keys.len() < MAX_GUESSES && key.len() <= MAX_KEY => {
                let number = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
                self.keys.push(Guess {
                    text: name.1.clone(),
                    child,
                    next: 0,
                });
                self.numbers.insert(name, number);
                number
            }
            None => return Before::Unknown,
        };
        let next = match before {
            Before::Node(node) => self.first.get_mut(node as usize),
            Before::Guess(before) => {
                let before = self.keys.get_mut(before as usize);
                before.map(|before| &mut before.next)
            }
            Before::Unknown => None,
        };
        if let Some(next) = next {
            *next = number + 1;
        }
        Before::Guess(number)
    }
}
