//! Date formats: Elasticsearch's built-in names (`DateFormatters`) and Java's patterns
//! (`DateTimeFormatter`). A name stands for a pattern; the lenient names take fewer digits.

use std::iter::Peekable;
use std::str::Chars;

use super::Timestamp;
use super::calendar::Fields;

/// One format.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Format {
    /// A number of units of so many nanoseconds since the epoch.
    Epoch(u32),
    /// A pattern.
    Pattern(Vec<Item>),
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Item {
    Literal(char),
    /// One of several characters.
    OneOf(&'static str),
    /// A number of so many digits, at least and at most.
    Number(Unit, usize, usize),
    /// A fraction of a second, likewise.
    Fraction(usize, usize),
    /// `yy`: a year of this century.
    ShortYear,
    MonthName,
    DayName,
    HalfDay,
    Offset,
    /// All of these, or none.
    Optional(Vec<Item>),
}

/// The unit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Unit {
    Year,
    Month,
    Day,
    DayOfYear,
    /// Of the year that consists of whole weeks.
    Week,
    /// Monday is 1.
    WeekDay,
    Hour,
    Minute,
    Second,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Patterns of the built-in names. `F` is a fraction of one to nine
/// digits.
const NAMES: &[(&str, &str)] = &[
    (
        "date_optional_time",
        "uuuu[-MM[-dd['T'[HH[:mm[:ss[.F]]]][X]]]]",
    ),
    (
        "date_optional_time_nanos",
        "uuuu[-MM[-dd['T'[HH[:mm[:ss[.F]]]][X]]]]",
    ),
    ("date_time", "uuuu-MM-dd'T'HH:mm:ss.FX"),
    ("date_time_no_millis", "uuuu-MM-dd'T'HH:mm:ssX"),
    ("iso8601", "uuuu[-MM[-dd['T'[HH[:mm[:ss[.F]]]][X]]]]"),
    ("date", "uuuu-MM-dd"),
    ("year", "uuuu"),
    ("weekyear", "uuuu"),
    ("year_month", "uuuu-MM"),
    ("year_month_day", "uuuu-MM-dd"),
    ("date_hour", "uuuu-MM-dd'T'HH"),
    ("date_hour_minute", "uuuu-MM-dd'T'HH:mm"),
    ("date_hour_minute_second", "uuuu-MM-dd'T'HH:mm:ss"),
    ("date_hour_minute_second_millis", "uuuu-MM-dd'T'HH:mm:ss.F"),
    (
        "date_hour_minute_second_fraction",
        "uuuu-MM-dd'T'HH:mm:ss.F",
    ),
    ("ordinal_date", "uuuu-DDD"),
    ("ordinal_date_time", "uuuu-DDD'T'HH:mm:ss.FX"),
    ("ordinal_date_time_no_millis", "uuuu-DDD'T'HH:mm:ssX"),
    ("hour", "HH"),
    ("hour_minute", "HH:mm"),
    ("hour_minute_second", "HH:mm:ss"),
    ("hour_minute_second_millis", "HH:mm:ss.F"),
    ("hour_minute_second_fraction", "HH:mm:ss.F"),
    ("time", "HH:mm:ss.FX"),
    ("time_no_millis", "HH:mm:ssX"),
    ("t_time", "'T'HH:mm:ss.FX"),
    ("t_time_no_millis", "'T'HH:mm:ssX"),
    ("basic_date", "uuuuMMdd"),
    ("basic_date_time", "uuuuMMdd'T'HHmmss.FX"),
    ("basic_date_time_no_millis", "uuuuMMdd'T'HHmmssX"),
    ("basic_time", "HHmmss.FX"),
    ("basic_time_no_millis", "HHmmssX"),
    ("basic_t_time", "'T'HHmmss.FX"),
    ("basic_t_time_no_millis", "'T'HHmmssX"),
    ("basic_ordinal_date", "uuuuDDD"),
    ("basic_ordinal_date_time", "uuuuDDD'T'HHmmss.FX"),
    ("basic_ordinal_date_time_no_millis", "uuuuDDD'T'HHmmssX"),
    ("week_date", "YYYY-'W'ww-e"),
    ("week_date_time", "YYYY-'W'ww-e'T'HH:mm:ss.FX"),
    ("week_date_time_no_millis", "YYYY-'W'ww-e'T'HH:mm:ssX"),
    ("weekyear_week", "YYYY-'W'ww"),
    ("weekyear_week_day", "YYYY-'W'ww-e"),
    ("basic_week_date", "YYYY'W'wwe"),
    ("basic_week_date_time", "YYYY'W'wwe'T'HHmmss.FX"),
    ("basic_week_date_time_no_millis", "YYYY'W'wwe'T'HHmmssX"),
];

impl Format {
    /// A name or a pattern; `None` for a pattern with letters that mean nothing here.
    pub(super) fn new(text: &str) -> Option<Self> {
        match text {
            "epoch_millis" => return Some(Self::Epoch(1_000_000)),
            "epoch_second" => return Some(Self::Epoch(1_000_000_000)),
            _ => {}
        }
        let (name, strict) = match text.strip_prefix("strict_") {
            Some(name) => (name, true),
            None => (text, text.starts_with("basic_") || text == "iso8601"),
        };
        let named = NAMES.iter().find(|(known, _)| *known == name);
        let (pattern, lenient) = named.map_or((text, false), |(_, pattern)| (*pattern, !strict));
        let mut letters = pattern
            .strip_prefix('8')
            .unwrap_or(pattern)
            .chars()
            .peekable();
        let items = items(&mut letters, named.is_some(), lenient, 0)?;
        letters.next().is_none().then_some(Self::Pattern(items))
    }

    /// The first and last instant that the text stands for.
    pub(super) fn parse(&self, text: &str) -> Option<(Timestamp, Timestamp)> {
        match self {
            Self::Epoch(unit) => {
                let instant = Timestamp::from_nanoseconds(epoch(text, *unit)?)?;
                Some((instant, instant))
            }
            Self::Pattern(items) => {
                let mut fields = Fields::default();
                let rest = take_all(items, text, &mut fields)?;
                rest.is_empty().then(|| fields.range()).flatten()
            }
        }
    }
}

/// A whole number of units, or one with a fraction.
fn epoch(text: &str, unit: u32) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 19 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let mut nanos = whole.parse::<i128>().ok()? * i128::from(unit);
    let mut place = i128::from(unit);
    for digit in fraction.chars().filter_map(|digit| digit.to_digit(10)) {
        place /= 10;
        nanos += i128::from(digit) * place;
    }
    Some(if negative { -nanos } else { nanos })
}

/// Reads a pattern up to its end or the end of an optional section.
fn items(
    letters: &mut Peekable<Chars<'_>>,
    named: bool,
    lenient: bool,
    depth: usize,
) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    if depth > 20 {
        return None;
    }
    while let Some(letter) = letters.next_if(|letter| *letter != ']') {
        match letter {
            '[' => {
                items.push(Item::Optional(self::items(
                    letters,
                    named,
                    lenient,
                    depth + 1,
                )?));
                letters.next_if_eq(&']')?;
            }
            '\'' => quoted(letters, &mut items)?,
            '.' if named => items.push(Item::OneOf(".,")),
            'F' if named => items.push(Item::Fraction(1, 9)),
            letter if letter.is_ascii_alphabetic() => {
                let mut count = 1;
                while letters.next_if_eq(&letter).is_some() {
                    count += 1;
                }
                items.push(item(letter, count, lenient)?);
            }
            '{' | '}' | '#' => return None,
            literal => items.push(Item::Literal(literal)),
        }
    }
    Some(items)
}

/// `'T'`; two quotes are one.
fn quoted(letters: &mut Peekable<Chars<'_>>, items: &mut Vec<Item>) -> Option<()> {
    if letters.next_if_eq(&'\'').is_some() {
        items.push(Item::Literal('\''));
        return Some(());
    }
    loop {
        match letters.next()? {
            '\'' if letters.next_if_eq(&'\'').is_some() => items.push(Item::Literal('\'')),
            '\'' => return Some(()),
            literal => items.push(Item::Literal(literal)),
        }
    }
}

fn item(letter: char, count: usize, lenient: bool) -> Option<Item> {
    let number = |unit| {
        let most = count.max(2);
        let least = if lenient { 1 } else { count };
        Item::Number(unit, least, most)
    };
    Some(match (letter, count) {
        ('y' | 'u' | 'Y', 2) => Item::ShortYear,
        ('y' | 'u' | 'Y', 1) => Item::Number(Unit::Year, 1, 4),
        ('y' | 'u' | 'Y', _) => {
            Item::Number(Unit::Year, if lenient { 1 } else { count }, count.max(4))
        }
        ('M' | 'L', 1 | 2) => number(Unit::Month),
        ('M' | 'L', _) => Item::MonthName,
        ('d', 1 | 2) => number(Unit::Day),
        ('D', _) => Item::Number(Unit::DayOfYear, if lenient { 1 } else { count }, 3),
        ('w', 1 | 2) => number(Unit::Week),
        ('e', 1) => Item::Number(Unit::WeekDay, 1, 1),
        ('E' | 'e', _) => Item::DayName,
        ('H' | 'h' | 'k' | 'K', 1 | 2) => number(Unit::Hour),
        ('m', 1 | 2) => number(Unit::Minute),
        ('s', 1 | 2) => number(Unit::Second),
        ('S', count) => Item::Fraction(count, count),
        ('n', _) => Item::Fraction(9, 9),
        ('a', _) => Item::HalfDay,
        ('X' | 'x' | 'Z' | 'z' | 'V' | 'O' | 'v', _) => Item::Offset,
        _ => return None,
    })
}

fn take_all<'t>(items: &[Item], text: &'t str, fields: &mut Fields) -> Option<&'t str> {
    let mut rest = text;
    for item in items {
        rest = take(item, rest, fields)?;
    }
    Some(rest)
}

fn take<'t>(item: &Item, text: &'t str, fields: &mut Fields) -> Option<&'t str> {
    match item {
        Item::Literal(literal) => text.strip_prefix(*literal),
        Item::OneOf(characters) => text.strip_prefix(|c| characters.contains(c)),
        Item::Number(unit, least, most) => {
            let (value, rest) = digits(text, *least, *most)?;
            set(fields, *unit, value)?;
            Some(rest)
        }
        Item::ShortYear => {
            let (value, rest) = digits(text, 2, 2)?;
            set(fields, Unit::Year, value + 2000)?;
            Some(rest)
        }
        Item::Fraction(least, most) => {
            let (value, rest) = digits(text, *least, *most)?;
            let missing = 9_usize.checked_sub(text.len() - rest.len())?;
            let scale = 10_i32.checked_pow(u32::try_from(missing).ok()?)?;
            fields.nanos = Some(value.checked_mul(scale)?);
            Some(rest)
        }
        Item::MonthName => {
            let (index, rest) = named(&MONTHS, text)?;
            fields.month = i8::try_from(index + 1).ok();
            Some(rest)
        }
        Item::DayName => named(&DAYS, text).map(|(_, rest)| rest),
        Item::HalfDay => {
            let (half, rest) = text.split_at_checked(2)?;
            fields.afternoon = Some(half.eq_ignore_ascii_case("pm"));
            let known = half.eq_ignore_ascii_case("am") || half.eq_ignore_ascii_case("pm");
            known.then_some(rest)
        }
        Item::Offset => {
            let (offset, rest) = offset(text)?;
            fields.offset = offset;
            Some(rest)
        }
        Item::Optional(items) => {
            let mut tried = *fields;
            Some(match take_all(items, text, &mut tried) {
                Some(rest) => {
                    *fields = tried;
                    rest
                }
                None => text,
            })
        }
    }
}

fn digits(text: &str, least: usize, most: usize) -> Option<(i32, &str)> {
    let count = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    if count < least {
        return None;
    }
    let (number, rest) = text.split_at_checked(count)?;
    Some((number.parse().ok()?, rest))
}

fn set(fields: &mut Fields, unit: Unit, value: i32) -> Option<()> {
    let wide = i16::try_from(value).ok()?;
    let narrow = i8::try_from(value).ok();
    match unit {
        Unit::Year => fields.year = Some(wide),
        Unit::DayOfYear => fields.day_of_year = Some(wide),
        Unit::Week => fields.week = Some(narrow?),
        Unit::WeekDay => fields.weekday = Some(narrow?),
        Unit::Month => fields.month = Some(narrow?),
        Unit::Day => fields.day = Some(narrow?),
        Unit::Hour => fields.hour = Some(narrow?),
        Unit::Minute => fields.minute = Some(narrow?),
        Unit::Second => fields.second = Some(narrow?),
    }
    Some(())
}

/// A whole name or its first three letters.
fn named<'t>(names: &[&str], text: &'t str) -> Option<(usize, &'t str)> {
    let length = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(length)?;
    let fits = |name: &&str| {
        name.eq_ignore_ascii_case(word)
            || name
                .get(..3)
                .is_some_and(|short| short.eq_ignore_ascii_case(word))
    };
    Some((names.iter().position(fits)?, rest))
}

/// `Z`; `+01`, `+0100`, `+01:00`, `+010000`, `+01:00:00`, also behind `UTC`, `GMT` or `UT`, which
/// stand alone as well; in seconds.
fn offset(text: &str) -> Option<(i32, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((0, rest));
    }
    let zones = ["UTC", "GMT", "UT"];
    match zones.iter().find_map(|zone| text.strip_prefix(zone)) {
        Some(rest) if rest.starts_with(['+', '-']) => signed_offset(rest, 1),
        Some(rest) => Some((0, rest)),
        None => signed_offset(text, 2),
    }
}

/// The hour has this many digits at least.
fn signed_offset(text: &str, least: usize) -> Option<(i32, &str)> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, mut rest) = digits(text.get(1..)?, least, 2)?;
    let mut parts = [0; 2];
    let colon = rest.starts_with(':');
    for part in &mut parts {
        let next = if colon {
            rest.strip_prefix(':')
        } else {
            Some(rest)
        };
        let Some((value, after)) = next.and_then(|next| digits(next, 2, 2)) else {
            break;
        };
        (*part, rest) = (value, after);
    }
    let [minutes, seconds] = parts;
    let offset = hours * 3600 + minutes * 60 + seconds;
    let known = offset <= 18 * 3600 && minutes < 60 && seconds < 60;
    known.then_some((sign * offset, rest))
}
