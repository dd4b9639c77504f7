//! Bounds that are moved by one: a number, or a time that counts back from now.

use crate::rule::kind::counted_back;

/// The bound moved by one either way; none of a text that is neither.
pub(super) fn moved(bound: &str) -> Vec<String> {
    if let Ok(number) = bound.parse::<i64>() {
        let moved = [number.checked_sub(1), number.checked_add(1)];
        return moved
            .into_iter()
            .flatten()
            .map(|one| one.to_string())
            .collect();
    }
    let Some((count, rest)) = counted_back(bound) else {
        return Vec::new();
    };
    let moved = [count.checked_sub(1), count.checked_add(1)];
    let moved = moved.into_iter().flatten().filter(|count| *count > 0);
    moved.map(|count| format!("now-{count}{rest}")).collect()
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn numbers_and_ages_move_by_one() {
        assert_eq!(moved("5"), ["4", "6"]);
        assert_eq!(moved("now-30d/d"), ["now-29d/d", "now-31d/d"]);
        assert_eq!(moved("now-1d"), ["now-2d"]);
        for text in ["now", "now-d", "2024-01-01", "x"] {
            assert!(moved(text).is_empty(), "{text}");
        }
    }
}
