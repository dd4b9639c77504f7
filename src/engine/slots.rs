//! Slots: the fields that the loaded rules read, as a trie of keys, so that nothing else is taken
//! from a line. Built once by `RuleSet::compile`; walked by `extract.rs` for each line.
//!
//! A node stands for a path. Its edges lead to every path below it, named by all that is left of
//! that path: `{"a.b": …}` and `{"a": {"b": …}}` are one look-up for each key, never a split.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use crate::event::paths_above;

/// The number of a field that some rule reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(pub u32);

impl SlotId {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The number of a node.
pub(super) type NodeId = u32;

/// The role of a key of the document besides being a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meta {
    /// `_index`
    Index,
    /// `_id`
    Id,
    /// `_source`: the document proper, in a search response or an export.
    Source,
}

/// The number of an edge among all of the trie, one higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EdgeId(NonZeroU32);

impl EdgeId {
    /// As an index.
    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Where a key leads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child {
    /// The node behind it.
    pub(super) node: NodeId,
    /// The slot of the node.
    pub(super) slot: Option<SlotId>,
    /// What the key means for the document itself.
    pub(super) meta: Option<Meta>,
    /// Whether any field lies below the node.
    pub(super) has_children: bool,
}

/// The keys of a node, and where they lead.
type Keys = Vec<(Box<[u8]>, NodeId)>;

/// The fields to be read, as a trie.
#[derive(Debug, Clone, Default)]
pub struct Slots {
    paths: Vec<Box<str>>,
    nodes: Vec<Node>,
    /// Where each edge leads.
    children: Vec<Child>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    slot: Option<SlotId>,
    meta: Option<Meta>,
    /// By hash of the key: a part of the hash, and the number of an edge of the node, one higher.
    /// A power of two long, or empty; small, because most keys are in no rule and end here.
    table: Box<[(u32, u32)]>,
    edges: Box<[Edge]>,
}

#[derive(Debug, Clone)]
struct Edge {
    signature: Signature,
    id: EdgeId,
    key: Box<[u8]>,
}

/// The length, the first and the last eight bytes: enough to tell field names apart in most cases,
/// and all of a key of up to sixteen bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Signature {
    len: usize,
    first: u64,
    last: u64,
}

impl Slots {
    /// The root of the trie.
    pub(super) const ROOT: NodeId = 0;

    /// Slots for these paths, numbered in this order; a path that occurs twice has one slot.
    pub fn new<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut slots = Self::default();
        let mut numbers: BTreeMap<&str, SlotId> = BTreeMap::new();
        for path in paths {
            let next = SlotId(u32::try_from(slots.paths.len()).unwrap_or(u32::MAX));
            numbers.entry(path).or_insert_with(|| {
                slots.paths.push(path.into());
                next
            });
        }
        slots.build(&numbers);
        slots
    }

    /// How many slots there are.
    pub fn count(&self) -> usize {
        self.paths.len()
    }

    /// The slot of a path.
    pub fn slot(&self, path: &str) -> Option<SlotId> {
        let place = self.paths.iter().position(|own| &**own == path)?;
        u32::try_from(place).ok().map(SlotId)
    }

    /// The paths by slot.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(|path| &**path)
    }

    /// How many nodes there are.
    pub(super) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Where each edge leads.
    pub(super) fn children(&self) -> impl Iterator<Item = Child> {
        self.children.iter().copied()
    }

    /// The edge that `key` names.
    pub(super) fn edge(&self, node: NodeId, key: &[u8]) -> Option<EdgeId> {
        let node = self.nodes.get(node as usize)?;
        let table = &node.table;
        let mask = table.len().checked_sub(1)?;
        let signature = Signature::of(key);
        let (mut place, tag) = signature.hash();
        loop {
            let (own, edge) = table.get(place & mask)?;
            let edge = edge.checked_sub(1)?;
            if *own == tag
                && let Some(edge) = node.edges.get(edge as usize)
                && edge.signature == signature
                && (key.len() <= 16 || *edge.key == *key)
            {
                return Some(edge.id);
            }
            place += 1;
        }
    }

    fn build(&mut self, numbers: &BTreeMap<&str, SlotId>) {
        let mut nodes: BTreeMap<String, NodeId> = BTreeMap::new();
        self.nodes.push(Node::default());
        let mut keys: Vec<Keys> = vec![Keys::new()];
        for meta in [Meta::Index, Meta::Id, Meta::Source] {
            let key = match meta {
                Meta::Index => "_index",
                Meta::Id => "_id",
                Meta::Source => "_source",
            };
            let node = self.node(key, &mut nodes, &mut keys);
            if let Some(node) = self.nodes.get_mut(node as usize) {
                node.meta = Some(meta);
            }
        }
        for (path, slot) in numbers {
            let mut above: Vec<&str> = paths_above(path).collect();
            above.reverse();
            for prefix in above {
                self.node(prefix, &mut nodes, &mut keys);
            }
            let node = self.node(path, &mut nodes, &mut keys);
            if let Some(node) = self.nodes.get_mut(node as usize) {
                node.slot = Some(*slot);
            }
        }
        let has_children: Vec<bool> = keys.iter().map(|keys| !keys.is_empty()).collect();
        for (number, keys) in (0usize..).zip(keys) {
            self.fill(number, keys, &has_children);
        }
    }

    /// The node of a path, made if it is not there, with an edge from the root and from each node
    /// on its way.
    fn node(
        &mut self,
        path: &str,
        nodes: &mut BTreeMap<String, NodeId>,
        keys: &mut Vec<Keys>,
    ) -> NodeId {
        if let Some(node) = nodes.get(path) {
            return *node;
        }
        let node = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(Node::default());
        keys.push(Vec::new());
        let mut link = |from: NodeId, key: &str| {
            if let Some(edges) = keys.get_mut(from as usize) {
                edges.push((key.as_bytes().into(), node));
            }
        };
        link(Self::ROOT, path);
        for prefix in paths_above(path) {
            if let (Some(node), Some(key)) = (nodes.get(prefix), path.get(prefix.len() + 1..)) {
                link(*node, key);
            }
        }
        nodes.insert(path.to_owned(), node);
        node
    }

    /// Gives a node its edges.
    fn fill(&mut self, number: usize, keys: Keys, has_children: &[bool]) {
        if keys.is_empty() {
            return;
        }
        let mut table = vec![(0, 0); (keys.len() * 2).next_power_of_two()];
        let mask = table.len() - 1;
        let mut edges = Vec::with_capacity(keys.len());
        for (key, node) in keys {
            let signature = Signature::of(&key);
            let Some(target) = self.nodes.get(node as usize) else {
                continue;
            };
            self.children.push(Child {
                node,
                slot: target.slot,
                meta: target.meta,
                has_children: has_children.get(node as usize) == Some(&true),
            });
            let id = u32::try_from(self.children.len()).ok();
            let Some(id) = id.and_then(NonZeroU32::new) else {
                continue;
            };
            edges.push(Edge {
                signature,
                id: EdgeId(id),
                key,
            });
            let (mut place, tag) = signature.hash();
            while table
                .get(place & mask)
                .is_some_and(|(_, taken)| *taken != 0)
            {
                place += 1;
            }
            if let Some(free) = table.get_mut(place & mask) {
                *free = (tag, u32::try_from(edges.len()).unwrap_or(u32::MAX));
            }
        }
        if let Some(node) = self.nodes.get_mut(number) {
            node.table = table.into();
            node.edges = edges.into();
        }
    }
}

impl Signature {
    fn of(key: &[u8]) -> Self {
        let (first, last) = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (key.first_chunk::<4>(), key.last_chunk::<4>()) {
                (Some(first), Some(last)) => (
                    u64::from(u32::from_le_bytes(*first)),
                    u64::from(u32::from_le_bytes(*last)),
                ),
                _ => {
                    let bytes = key.iter();
                    (bytes.fold(0, |word, byte| word << 8 | u64::from(*byte)), 0)
                }
            },
        };
        Self {
            len: key.len(),
            first,
            last,
        }
    }

    /// Where to look, and a part of the hash to compare there.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "two parts of one hash are what is wanted"
    )]
    fn hash(self) -> (usize, u32) {
        let mixed = (self.first ^ self.last.rotate_left(29) ^ (self.len as u64) << 56)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed >> 40) as usize, (mixed >> 16) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(slots: &Slots, keys: &[&str]) -> Option<SlotId> {
        let mut node = Slots::ROOT;
        let mut slot = None;
        for key in keys {
            let edge = slots.edge(node, key.as_bytes())?;
            let child = slots.children().nth(edge.index())?;
            (node, slot) = (child.node, child.slot);
        }
        slot
    }

    #[test]
    fn dotted_and_nested_keys_lead_to_one_slot() {
        let slots = Slots::new(["a.b.c", "a", "a.bc", "a.b.c"]);
        assert_eq!(slots.count(), 3);
        for keys in [
            &["a.b.c"][..],
            &["a", "b.c"],
            &["a.b", "c"],
            &["a", "b", "c"],
        ] {
            assert_eq!(walk(&slots, keys), Some(SlotId(0)), "{keys:?}");
        }
        assert_eq!(walk(&slots, &["a"]), Some(SlotId(1)));
        assert_eq!(walk(&slots, &["a", "b"]), None);
        assert_eq!(walk(&slots, &["b", "c"]), None);
        assert_eq!(walk(&slots, &["a", "bc"]), Some(SlotId(2)));
    }
}
