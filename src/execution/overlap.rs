//! The share of phases in which no execution sees the whole of a sequence of a given length.

use crate::rule::Schedule;

/// Of how many phases, in milliseconds of the interval, no execution holds two events that are
/// `span` apart and arrive at once.
pub fn blind(schedule: Schedule, span: i64) -> i64 {
    let width = schedule.look_back - schedule.until - span;
    // Both ends of a range belong to it.
    let whole = if width < 0 { 0 } else { width + 1 };
    schedule.interval - whole.min(schedule.interval)
}

/// `part` of `whole` in per cent, rounded away from 0 and 100, which only all and nothing are.
pub fn per_cent(part: i64, whole: i64) -> String {
    if part <= 0 || part >= whole {
        return if part <= 0 { "0%" } else { "100%" }.to_owned();
    }
    let tenths = (i128::from(part) * 1000 + i128::from(whole) / 2) / i128::from(whole);
    let tenths = tenths.clamp(1, 999);
    if tenths % 10 == 0 {
        format!("{}%", tenths / 10)
    } else {
        format!("{}.{}%", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blind_share_is_what_the_overlap_lacks() {
        let schedule = Schedule {
            interval: 300_000,
            look_back: 540_000,
            until: 0,
        };
        assert_eq!(blind(schedule, 0), 0);
        assert_eq!(blind(schedule, 240_000), 0);
        assert_eq!(blind(schedule, 300_000), 59_999);
        assert_eq!(blind(schedule, 600_000), 300_000);
    }

    #[test]
    fn only_all_is_a_hundred_per_cent() {
        assert_eq!(per_cent(59_999, 300_000), "20%");
        assert_eq!(per_cent(299_999, 300_000), "99.9%");
        assert_eq!(per_cent(1, 300_000), "0.1%");
        assert_eq!(per_cent(300_000, 300_000), "100%");
    }
}
