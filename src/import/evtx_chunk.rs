//! The bytes of a chunk of an event log, looked at before they are parsed: which records there
//! are, whatever the chunk's header says. A header that was damaged, or not written when the log
//! was copied, would hide them. Called by the reader of event logs.

const HEADER: usize = 512;
const MAGIC: &[u8] = b"ElfChnk\0";
const RECORD: &[u8] = b"\x2a\x2a\0\0";
/// Magic, size, id, time, and the size once more at the end.
const SMALLEST: usize = 28;

/// What a chunk contains that its header does not mention, and what was repaired in the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RepairedHeader {
    /// The header could not be used; this many records are in the chunk.
    Header(usize),
    /// The header ends before the last record; this many are after it.
    Stale(usize),
}

/// A record as it lies in the chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Record {
    start: usize,
    end: usize,
    id: u64,
}

/// Mends the header of a chunk where it hides records. Says also how many records of an earlier
/// use of the chunk lie behind its last one.
pub(super) fn repair_header(data: &mut [u8]) -> (Option<RepairedHeader>, u64) {
    let all = records(data);
    let Some(end) = usable_end(data, &all) else {
        let run = consecutive(&all);
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return (None, 0);
        };
        write_header(data, first.id, last);
        return (
            Some(RepairedHeader::Header(run.len())),
            (all.len() - run.len()) as u64,
        );
    };
    let mut position = end;
    let mut id = number(data, 32);
    let mut behind = Vec::new();
    while let Some(record) = record_at(data, position) {
        if id.and_then(|id| id.checked_add(1)) != Some(record.id) {
            break;
        }
        position = record.end;
        id = Some(record.id);
        behind.push(record);
    }
    let earlier = all.iter().filter(|record| record.start >= position).count();
    let mended = behind.last().map(|last| {
        write_end(data, last);
        RepairedHeader::Stale(behind.len())
    });
    (mended, earlier as u64)
}

/// Takes away the tables of strings and templates that the header keeps: what they point to is
/// found where it stands as well.
pub(super) fn forget_tables(data: &mut [u8]) {
    if let Some(tables) = data.get_mut(128..HEADER) {
        tables.fill(0);
    }
}

/// Where the records end as the header says, if what it says agrees with the records.
fn usable_end(data: &[u8], all: &[Record]) -> Option<usize> {
    if !data.starts_with(MAGIC) || short(data, 40)? != 128 {
        return None;
    }
    let (first, last) = (number(data, 24)?, number(data, 32)?);
    let end = short(data, 48)? as usize;
    let is_within = all
        .iter()
        .any(|record| record.start < end && end < record.end);
    let listed = all.iter().take_while(|record| record.end <= end).last();
    let is_usable = first <= last
        && (HEADER..=data.len()).contains(&end)
        && !is_within
        && listed.is_none_or(|record| record.id <= last);
    is_usable.then_some(end)
}

/// Every record of the chunk.
fn records(data: &[u8]) -> Vec<Record> {
    let mut found = Vec::new();
    let mut position = HEADER;
    while position + SMALLEST <= data.len() {
        match record_at(data, position) {
            Some(record) => {
                position = record.end;
                found.push(record);
            }
            None => position += 1,
        }
    }
    found
}

fn record_at(data: &[u8], start: usize) -> Option<Record> {
    if !data.get(start..)?.starts_with(RECORD) {
        return None;
    }
    let size = short(data, start + 4)? as usize;
    let end = start.checked_add(size).filter(|end| *end <= data.len())?;
    let again = short(data, end.checked_sub(4)?)? as usize;
    let id = number(data, start + 8)?;
    (size >= SMALLEST && again == size).then_some(Record { start, end, id })
}

/// The records that follow one another: the ids count up, and where one is missing there is room
/// for it. What comes after the first that does not follow is of an earlier use of the chunk.
fn consecutive(records: &[Record]) -> &[Record] {
    let follows = |one: &Record, next: &Record| {
        let missing = next.id.checked_sub(one.id)?.checked_sub(1)?;
        let room = (next.start.checked_sub(one.end)? / SMALLEST) as u64;
        Some(missing <= room && (missing > 0) == (room > 0))
    };
    let pairs = records.iter().zip(records.iter().skip(1));
    let run = pairs.take_while(|(one, next)| follows(one, next) == Some(true));
    records.get(..=run.count()).unwrap_or(records)
}

fn write_header(data: &mut [u8], first: u64, last: &Record) {
    put(data, 0, MAGIC);
    put(data, 24, &first.to_le_bytes());
    put(data, 40, &128_u32.to_le_bytes());
    write_end(data, last);
}

fn write_end(data: &mut [u8], last: &Record) {
    put(data, 32, &last.id.to_le_bytes());
    for (at, offset) in [(44, last.start), (48, last.end)] {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        put(data, at, &offset.to_le_bytes());
    }
}

fn put(data: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = data.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

fn short(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn number(data: &[u8], at: usize) -> Option<u64> {
    let bytes = data.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: usize = 65_536;

    /// A chunk with records of these ids, the header ending after `listed` of them.
    fn chunk(ids: &[u64], listed: usize) -> Vec<u8> {
        let mut data = vec![0; CHUNK];
        let mut position = HEADER;
        for (index, id) in ids.iter().enumerate() {
            let size = 32 + 8 * index;
            put(&mut data, position, RECORD);
            let length = u32::try_from(size).unwrap().to_le_bytes();
            put(&mut data, position + 4, &length);
            put(&mut data, position + 8, &id.to_le_bytes());
            put(&mut data, position + size - 4, &length);
            let record = record_at(&data, position).unwrap();
            if index < listed {
                write_header(&mut data, ids[0], &record);
            }
            position += size;
        }
        data
    }

    #[test]
    fn a_header_that_lists_all_is_left_alone() {
        let mut data = chunk(&[7, 8, 9], 3);
        let before = data.clone();
        assert_eq!(repair_header(&mut data), (None, 0));
        assert_eq!(data, before);
    }

    #[test]
    fn a_stale_header_is_moved_on_to_the_last_record() {
        let mut data = chunk(&[7, 8, 9, 10], 2);
        assert_eq!(
            repair_header(&mut data),
            (Some(RepairedHeader::Stale(2)), 0)
        );
        assert_eq!(data, chunk(&[7, 8, 9, 10], 4));
    }

    #[test]
    fn records_of_an_earlier_use_are_counted_and_not_read() {
        let mut data = chunk(&[70, 71, 8, 9], 2);
        assert_eq!(repair_header(&mut data), (None, 2));
        let mut data = chunk(&[70, 71, 8, 9], 4);
        put(&mut data, 0, b"notchunk");
        assert_eq!(
            repair_header(&mut data),
            (Some(RepairedHeader::Header(2)), 2)
        );
    }

    #[test]
    fn a_damaged_header_is_written_anew() {
        let whole = chunk(&[7, 8, 9], 3);
        for (at, damage) in [(0, b"?!"), (40, b"?!"), (32, b"\x07\0"), (48, b"\x01\x02")] {
            let mut data = whole.clone();
            put(&mut data, at, damage);
            assert_eq!(
                repair_header(&mut data),
                (Some(RepairedHeader::Header(3)), 0),
                "{at}"
            );
            assert_eq!(data, whole);
        }
        assert_eq!(repair_header(&mut vec![1; CHUNK]), (None, 0));
        assert_eq!(repair_header(&mut []), (None, 0));
    }
}
