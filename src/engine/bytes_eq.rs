//! Compares short texts a machine word at a time. Keys and values are a few bytes long, and a scan
//! compares several per event.

/// Whether both are the same bytes.
#[inline]
pub(super) fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0..4 => a.iter().eq(b),
        4..8 => ends::<4>(a) == ends::<4>(b),
        8..16 => ends::<8>(a) == ends::<8>(b),
        16..=32 => ends::<16>(a) == ends::<16>(b),
        _ => a == b,
    }
}

/// The first and the last `N` bytes; together they cover a text of at most `2 * N` bytes.
#[inline]
fn ends<const N: usize>(text: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
    text.first_chunk().zip(text.last_chunk())
}

#[cfg(test)]
mod tests {
    use super::equal;

    #[test]
    fn it_is_equality() {
        let text: Vec<u8> = (0..80).collect();
        for length in 0..=text.len() {
            let one = text.get(..length).unwrap_or(&[]);
            assert!(equal(one, one));
            assert!(length == text.len() || !equal(one, &text));
            for place in 0..length {
                let mut other = one.to_vec();
                if let Some(byte) = other.get_mut(place) {
                    *byte ^= 0x80;
                }
                assert!(!equal(one, &other), "{length} {place}");
            }
        }
    }
}
