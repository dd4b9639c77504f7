//! Predicts the next key of a document: events of one kind have the same keys in the same order,
//! and comparing is cheaper than finding the end of a key and looking it up. Used by `extract.rs`.

use rustc_hash::FxHashMap;

use super::slots::{EdgeId, NodeId};

/// The number of keys that are learned.
const MAX_KEYS: usize = 16_384;
/// Keys longer than this are not learned.
const MAX_KEY_LENGTH: usize = 256;
/// The number of successors remembered for each key: events of several kinds alternate.
const CHOICES: usize = 4;
/// The number of bytes of a key that are compared at once.
const HEAD: usize = 16;

/// What precedes the key to be predicted: the number of a list of successors.
#[derive(Debug, Clone, Copy)]
pub(super) struct PrecedingKey(u32);

impl PrecedingKey {
    /// A key that is not known.
    const UNKNOWN: Self = Self(u32::MAX);

    /// None: the key is the first of an object at this node.
    pub(super) fn none(node: NodeId) -> Self {
        Self(node)
    }
}

/// The numbers, plus one, of the keys that may come next; the most recent first, 0 for none.
type Choices = [u32; CHOICES];

/// A key that may come.
#[derive(Debug)]
struct KnownKey {
    /// The first bytes of the key with the quote and the colon behind it, and where they count.
    head: u128,
    mask: u128,
    /// What does not fit in there.
    tail: Box<[u8]>,
    length: u32,
    edge: Option<EdgeId>,
}

/// A guess that was right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prediction {
    /// The key, for the prediction of the next one.
    pub(super) key: PrecedingKey,
    /// How long the key is, with the quote and the colon behind it.
    pub(super) length: usize,
    /// The edge that it names, if it is one of the trie.
    pub(super) edge: Option<EdgeId>,
}

/// The keys seen, each with those that followed it.
#[derive(Debug)]
pub(super) struct KeyPredictor {
    keys: Vec<KnownKey>,
    /// The keys that came first at each node, then those that followed each key.
    successors: Vec<Choices>,
    nodes: u32,
    numbers: FxHashMap<(NodeId, Box<[u8]>), u32>,
}

impl KeyPredictor {
    /// Creates a predictor for a trie of this many nodes, without any key.
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            keys: Vec::new(),
            successors: vec![Choices::default(); nodes],
            nodes: u32::try_from(nodes).unwrap_or(u32::MAX),
            numbers: FxHashMap::default(),
        }
    }

    /// Returns the learned key that follows `before` and with which `rest` begins.
    #[inline]
    pub(super) fn predict(&mut self, before: PrecedingKey, rest: &[u8]) -> Option<Prediction> {
        // Usually the most recent key is the right one.
        let choices = self.successors.get(before.0 as usize)?;
        let number = choices.first()?.checked_sub(1)?;
        let key = self.keys.get(number as usize)?;
        if let Some(begins) = rest.first_chunk()
            && key.begins(u128::from_le_bytes(*begins), rest)
        {
            return Some(self.prediction(number, key));
        }
        self.predict_any(before, rest)
    }

    /// Tries all remembered keys.
    #[inline(never)]
    fn predict_any(&mut self, before: PrecedingKey, rest: &[u8]) -> Option<Prediction> {
        let choices = *self.successors.get(before.0 as usize)?;
        let begins = head(rest);
        for (place, choice) in choices.into_iter().enumerate() {
            let number = choice.checked_sub(1)?;
            let key = self.keys.get(number as usize)?;
            if !key.begins(begins, rest) {
                continue;
            }
            let prediction = self.prediction(number, key);
            if place > 0 {
                self.note(before, number);
            }
            return Some(prediction);
        }
        None
    }

    #[inline]
    fn prediction(&self, number: u32, key: &KnownKey) -> Prediction {
        Prediction {
            key: PrecedingKey(self.nodes + number),
            length: key.length as usize,
            edge: key.edge,
        }
    }

    /// Notes that the key of this number came last behind `before`.
    fn note(&mut self, before: PrecedingKey, number: u32) {
        let Some(choices) = self.successors.get_mut(before.0 as usize) else {
            return;
        };
        // Moves the key to the front; the keys ahead of its old place move back by one. If it is new,
        // all of them do, and the oldest is dropped.
        let choice = number + 1;
        let mut carried = choice;
        for place in choices {
            std::mem::swap(place, &mut carried);
            if carried == choice {
                break;
            }
        }
    }

    /// Notes that `key`, which has no escapes, follows `before` at a node.
    pub(super) fn learn(
        &mut self,
        before: PrecedingKey,
        node: NodeId,
        key: &[u8],
        edge: Option<EdgeId>,
    ) -> PrecedingKey {
        if key.len() > MAX_KEY_LENGTH {
            return PrecedingKey::UNKNOWN;
        }
        let text = [key, b"\":"].concat();
        let name = (node, text.into_boxed_slice());
        let number = match self.numbers.get(&name) {
            Some(number) => *number,
            None if self.keys.len() < MAX_KEYS => {
                let number = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
                self.keys.push(KnownKey::new(&name.1, edge));
                self.successors.push(Choices::default());
                self.numbers.insert(name, number);
                number
            }
            None => return PrecedingKey::UNKNOWN,
        };
        self.note(before, number);
        PrecedingKey(self.nodes + number)
    }
}

impl KnownKey {
    fn new(text: &[u8], edge: Option<EdgeId>) -> Self {
        let mask = [0xff; HEAD];
        Self {
            head: head(text),
            mask: head(mask.get(..text.len()).unwrap_or(&mask)),
            tail: text.get(HEAD..).unwrap_or(&[]).into(),
            length: u32::try_from(text.len()).unwrap_or(u32::MAX),
            edge,
        }
    }

    /// Whether `rest` begins with the key; `begins` is its head.
    #[inline]
    fn begins(&self, begins: u128, rest: &[u8]) -> bool {
        let ends = || {
            let rest = rest.get(HEAD..);
            rest.is_some_and(|rest| rest.starts_with(&self.tail))
        };
        (begins ^ self.head) & self.mask == 0 && (self.tail.is_empty() || ends())
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
    fn learn(predictor: &mut KeyPredictor, keys: &[&str]) {
        let mut before = PrecedingKey::none(0);
        for key in keys {
            before = predictor.learn(before, 0, key.as_bytes(), None);
        }
    }

    fn length(predictor: &mut KeyPredictor, rest: &str) -> Option<usize> {
        let prediction = predictor.predict(PrecedingKey::none(0), rest.as_bytes());
        prediction.map(|prediction| prediction.length)
    }

    #[test]
    fn keys_that_take_turns_are_all_known() {
        let mut predictor = KeyPredictor::new(1);
        for key in ["host", "agent", "a_name_of_more_than_16", "event"] {
            learn(&mut predictor, &[key]);
        }
        for _ in 0..2 {
            assert_eq!(length(&mut predictor, "host\":{}}"), Some(6));
            assert_eq!(length(&mut predictor, "event\":1}"), Some(7));
            assert_eq!(length(&mut predictor, "agent\":{\"name\":\"x\"}}"), Some(7));
            let long = "a_name_of_more_than_16\":true}";
            assert_eq!(length(&mut predictor, long), Some(24));
        }
        assert_eq!(length(&mut predictor, "a_name_of_more_than_17\":1}"), None);
        learn(&mut predictor, &["fifth"]);
        assert_eq!(length(&mut predictor, "fifth\":{}}"), Some(7));
        assert_eq!(length(&mut predictor, "host\":{}}"), None, "the eldest");
    }

    #[test]
    fn a_key_that_the_line_cuts_short_is_none() {
        let mut predictor = KeyPredictor::new(1);
        learn(&mut predictor, &["host"]);
        for rest in ["", "h", "host", "host\"", "host\" :1", "hosts\":1"] {
            assert_eq!(length(&mut predictor, rest), None, "{rest}");
        }
        assert_eq!(length(&mut predictor, "host\":"), Some(6));
    }
}
