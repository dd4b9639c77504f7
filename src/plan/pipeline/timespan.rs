//! Timespan literals: periods of the calendar and durations of exact length.

/// A timespan. Its type says whether it is a period or a duration; a period has no milliseconds,
/// a duration neither months nor days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timespan {
    /// Calendar months and days.
    Period {
        /// Years and quarters are months.
        months: i64,
        /// Weeks are days.
        days: i64,
    },
    /// Milliseconds.
    Duration(i64),
}

impl Timespan {
    /// The timespan of so many units, singular, plural or abbreviated, in any case; `None` for
    /// another word, or where the number is too large.
    pub fn new(amount: i64, unit: &str) -> Option<Self> {
        let duration = |millis: i64| amount.checked_mul(millis).map(Self::Duration);
        let months = |months: i64| {
            let months = amount.checked_mul(months)?;
            Some(Self::Period { months, days: 0 })
        };
        let days = |days: i64| {
            let days = amount.checked_mul(days)?;
            Some(Self::Period { months: 0, days })
        };
        match unit.to_ascii_lowercase().as_str() {
            "millisecond" | "milliseconds" | "ms" => duration(1),
            "second" | "seconds" | "sec" | "s" => duration(1_000),
            "minute" | "minutes" | "min" | "m" => duration(60_000),
            "hour" | "hours" | "h" => duration(3_600_000),
            "day" | "days" | "d" => days(1),
            "week" | "weeks" | "w" => days(7),
            "month" | "months" | "mo" => months(1),
            "quarter" | "quarters" | "q" => months(3),
            "year" | "years" | "yr" | "y" => months(12),
            _ => None,
        }
    }

    /// Whether a word is the name of a unit.
    pub fn is_unit(word: &str) -> bool {
        Self::new(0, word).is_some()
    }

    /// The timespan in the other direction.
    pub fn negated(self) -> Option<Self> {
        Some(match self {
            Self::Period { months, days } => Self::Period {
                months: months.checked_neg()?,
                days: days.checked_neg()?,
            },
            Self::Duration(millis) => Self::Duration(millis.checked_neg()?),
        })
    }

    /// Two timespans of one kind together.
    pub fn plus(self, other: Self) -> Option<Self> {
        match (self, other) {
            (
                Self::Period { months, days },
                Self::Period {
                    months: more_months,
                    days: more_days,
                },
            ) => Some(Self::Period {
                months: months.checked_add(more_months)?,
                days: days.checked_add(more_days)?,
            }),
            (Self::Duration(a), Self::Duration(b)) => a.checked_add(b).map(Self::Duration),
            _ => None,
        }
    }
}
