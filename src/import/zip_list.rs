//! Inspects the central directory of a zip before the archive is read: the number of entries, and
//! whether entries overlap.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// The longest end of a zip: its fixed part, the longest comment, and the pointer to the part for
/// large zips.
const LONGEST_END: u64 = 22 + 65_535 + 20;

const END: &[u8] = b"PK\x05\x06";
const POINTER: &[u8] = b"PK\x06\x07";
const LARGE_END: &[u8] = b"PK\x06\x06";

/// How many entries the zip says that it has; the most where it says several numbers.
pub(super) fn number_of_entries(bytes: &mut (impl Read + Seek)) -> io::Result<u64> {
    let length = bytes.seek(SeekFrom::End(0))?;
    let tail = read_at(bytes, length.saturating_sub(LONGEST_END), LONGEST_END)?;
    let mut most = 0;
    for at in 0..tail.len() {
        let rest = tail.get(at..).unwrap_or_default();
        let number = if rest.starts_with(END) {
            little(rest, 10, 2)
        } else if rest.starts_with(LARGE_END) {
            little(rest, 32, 8)
        } else if rest.starts_with(POINTER) {
            let place = little(rest, 8, 8).unwrap_or_default();
            let end = read_at(bytes, place, 56)?;
            little(&end, 32, 8).filter(|_| end.starts_with(LARGE_END))
        } else {
            None
        };
        most = most.max(number.unwrap_or_default());
    }
    bytes.seek(SeekFrom::Start(0))?;
    Ok(most)
}

fn read_at(bytes: &mut (impl Read + Seek), place: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    bytes.seek(SeekFrom::Start(place))?;
    bytes.take(length).read_to_end(&mut read)?;
    Ok(read)
}

fn little(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + length)?;
    let digits = bytes.iter().rev().map(|byte| u64::from(*byte));
    Some(digits.fold(0, |number, digit| number << 8 | digit))
}

/// Two entries that share bytes, by name.
pub(super) fn shared(mut places: Vec<(Range<u64>, String)>) -> Option<(String, String)> {
    places.sort_by_key(|(place, _)| place.start);
    let mut places = places.into_iter();
    let (mut place, mut name) = places.next()?;
    for (next, next_name) in places {
        if next.start < place.end {
            return Some((name, next_name));
        }
        (place, name) = (next, next_name);
    }
    None
}
