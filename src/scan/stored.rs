//! One event outside of its batch, and its encoding in a temporary file.

use super::batch::{Batch, BatchEvent};
use crate::engine::SlotId;
use crate::event::Timestamp;
use crate::event::external_sort::time_key;
use crate::plan::index_vec::{item, part};

/// The length of [`sort_key`].
pub(super) const KEY: usize = 1 + 16 + 4 + 8;

/// The key of an event: whether it has a time, its time, file and line.
pub(super) fn sort_key(batch: &Batch, event: &BatchEvent) -> [u8; KEY] {
    let mut key = [0; KEY];
    let parts = [
        &[u8::from(event.time.is_some())][..],
        &time_key(event.time.unwrap_or_default()),
        &batch.file.to_be_bytes(),
        &(batch.first_line + event.line).to_be_bytes(),
    ];
    for (to, from) in key.iter_mut().zip(parts.into_iter().flatten()) {
        *to = *from;
    }
    key
}

/// Stands for a part of an event that is not there.
const NONE: u32 = u32::MAX;

impl Batch {
    /// A batch of one event, so that one which waits long does not keep the others in memory.
    pub(super) fn single(&self, place: u32) -> Self {
        self.kept(place, |stage, _| Some(stage))
    }

    /// A batch of one event with the hits that `keep` gives a number for their stage, by stage and
    /// key; `None` if there is none.
    pub(super) fn single_with(
        &self,
        place: u32,
        keep: impl Fn(u32, &[u8]) -> Option<u32>,
    ) -> Option<Self> {
        let single = self.kept(place, keep);
        (!single.hits.is_empty()).then_some(single)
    }

    fn kept(&self, place: u32, keep: impl Fn(u32, &[u8]) -> Option<u32>) -> Self {
        let event = item(&self.events, place);
        let mut single = Self {
            file: self.file,
            first_line: self.first_line,
            ..Self::default()
        };
        for (stage, place) in part(&self.hits, event.hits) {
            let key = part(&self.keys, *place);
            let Some(stage) = keep(*stage, key) else {
                continue;
            };
            let start = length(single.keys.len());
            single.keys.extend_from_slice(key);
            single
                .hits
                .push((stage, (start, length(single.keys.len()))));
        }
        let identity = event.identity.map(|piece| {
            let piece = self.piece(piece)?;
            Some(single.append(piece))
        });
        for (slot, value) in self.values_of(event) {
            let piece = single.append(value);
            single.values.push((slot, piece));
        }
        single.events.push(BatchEvent {
            time: event.time,
            line: event.line,
            number: 0,
            hits: (0, length(single.hits.len())),
            identity,
            values: (0, length(single.values.len())),
        });
        single
    }

    fn append(&mut self, piece: &str) -> (u32, u32) {
        let start = length(self.text.len());
        self.text.push_str(piece);
        (start, length(self.text.len()))
    }

    /// The bytes of a batch of one event.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128 + self.keys.len() + self.text.len());
        let Some(event) = self.events.first() else {
            return bytes;
        };
        let mut number = |number: u32| bytes.extend_from_slice(&number.to_le_bytes());
        number(self.file);
        number(length(self.hits.len()));
        for (stage, (start, end)) in &self.hits {
            [*stage, *start, *end].into_iter().for_each(&mut number);
        }
        for piece in event.identity {
            let (start, end) = piece.unwrap_or((NONE, NONE));
            [start, end].into_iter().for_each(&mut number);
        }
        number(length(self.values.len()));
        for (slot, (start, end)) in &self.values {
            let value = [length(slot.index()), *start, *end];
            value.into_iter().for_each(&mut number);
        }
        number(length(self.keys.len()));
        number(length(self.text.len()));
        bytes.extend_from_slice(&(self.first_line + event.line).to_le_bytes());
        let nanos = event.time.map_or(i128::MIN, Timestamp::nanoseconds);
        bytes.extend_from_slice(&nanos.to_le_bytes());
        bytes.extend_from_slice(&self.keys);
        bytes.extend_from_slice(self.text.as_bytes());
        bytes
    }

    /// The batch of these bytes; `None` if they were not made by [`Self::encode`].
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let mut batch = Self {
            file: reader.number()?,
            ..Self::default()
        };
        for _ in 0..reader.number()? {
            let stage = reader.number()?;
            batch.hits.push((stage, reader.piece()?));
        }
        let mut identity = [None; 3];
        for piece in &mut identity {
            *piece = Some(reader.piece()?).filter(|(start, _)| *start != NONE);
        }
        for _ in 0..reader.number()? {
            let slot = SlotId(reader.number()?);
            batch.values.push((slot, reader.piece()?));
        }
        let (keys, text) = reader.piece()?;
        let line = u64::from_le_bytes(reader.array()?);
        let nanos = i128::from_le_bytes(reader.array()?);
        batch.keys = reader.take(keys as usize)?.to_vec();
        batch.text = String::from_utf8(reader.take(text as usize)?.to_vec()).ok()?;
        batch.events.push(BatchEvent {
            time: Timestamp::from_nanoseconds(nanos).filter(|_| nanos != i128::MIN),
            line,
            number: 0,
            hits: (0, length(batch.hits.len())),
            identity,
            values: (0, length(batch.values.len())),
        });
        (reader.0.is_empty() && batch.is_whole(identity)).then_some(batch)
    }

    /// Whether everything is there that hits, values and this identity point at.
    fn is_whole(&self, identity: [Option<(u32, u32)>; 3]) -> bool {
        let mut keys = self.hits.iter().map(|(_, place)| *place);
        let values = self.values.iter().map(|(_, place)| *place);
        let mut pieces = identity.into_iter().flatten().chain(values);
        keys.all(|(start, end)| self.keys.get(start as usize..end as usize).is_some())
            && pieces.all(|place| self.piece(Some(place)).is_some())
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.array()?))
    }

    fn piece(&mut self) -> Option<(u32, u32)> {
        Some((self.number()?, self.number()?))
    }
}

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_back_from_its_bytes() {
        let event = |identity, hits, values| BatchEvent {
            time: Timestamp::from_nanoseconds(-1_500_000_123),
            line: 7,
            number: 3,
            hits,
            identity,
            values,
        };
        let batch = Batch {
            file: 2,
            first_line: 100,
            hits: vec![(9, (0, 2)), (4, (2, 5)), (6, (5, 5))],
            keys: b"aabbb".to_vec(),
            text: "indexid-äöü".to_owned(),
            values: vec![(SlotId(1), (8, 14))],
            events: vec![
                event([None; 3], (0, 1), (0, 0)),
                event([Some((0, 5)), None, Some((5, 7))], (1, 3), (0, 1)),
            ],
            ..Batch::default()
        };
        let back = Batch::decode(&batch.single(1).encode()).unwrap();
        let event = &back.events[0];
        assert_eq!((back.file, back.first_line + event.line), (2, 107));
        assert_eq!(event.time, batch.events[1].time);
        assert_eq!(back.hits, [(4, (0, 3)), (6, (3, 3))]);
        assert_eq!(back.keys, b"bbb");
        let identity = event.identity.map(|piece| back.piece(piece));
        assert_eq!(identity, [Some("index"), None, Some("id")]);
        let values: Vec<_> = back.values_of(event).collect();
        assert_eq!(values, [(SlotId(1), "äöü")]);
        assert!(Batch::decode(b"nonsense").is_none());
        let part = batch.single_with(1, |stage, _| (stage == 6).then_some(2));
        let part = part.unwrap();
        assert_eq!((part.hits, part.keys), (vec![(2, (0, 0))], Vec::new()));
        let of_key = batch.single_with(1, |stage, key| (key == b"aa").then_some(stage));
        assert!(of_key.is_none());
    }

    #[test]
    fn bytes_that_point_at_what_is_not_there_are_refused() {
        let batch = |key, piece, value| Batch {
            hits: vec![(0, key)],
            keys: b"k".to_vec(),
            text: "ä".to_owned(),
            values: vec![(SlotId(0), value)],
            events: vec![BatchEvent {
                time: None,
                line: 0,
                number: 0,
                hits: (0, 1),
                identity: [None, Some(piece), None],
                values: (0, 1),
            }],
            ..Batch::default()
        };
        let is_read = |key, piece, value| {
            let bytes = batch(key, piece, value).encode();
            Batch::decode(&bytes).is_some()
        };
        assert!(is_read((0, 1), (0, 2), (2, 2)));
        assert!(!is_read((0, 2), (0, 2), (2, 2)));
        assert!(!is_read((1, 0), (0, 2), (2, 2)));
        assert!(!is_read((0, 1), (0, 1), (2, 2)));
        assert!(!is_read((0, 1), (0, 2), (2, 3)));
    }
}
