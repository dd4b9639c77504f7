//! Dates as Elasticsearch reads them.

use super::*;

fn parsed(format: &str, text: &str) -> Option<String> {
    DateFormat::new(format)
        .parse(text)
        .map(|instant| instant.to_string())
}

fn range(text: &str) -> Option<(String, String)> {
    let now = DateFormat::default().parse("2024-03-31T10:20:30.456Z")?;
    let (low, high) = DateFormat::default().parse_range(text, now)?;
    Some((low.truncated().to_string(), high.truncated().to_string()))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "compared with what a fallible function gives"
)]
fn pair(low: &str, high: &str) -> Option<(String, String)> {
    Some((low.to_owned(), high.to_owned()))
}

#[test]
fn the_default_format_takes_iso_dates_and_epoch_milliseconds() {
    let default = |text| DateFormat::default().parse(text).map(Timestamp::millis);
    assert_eq!(default("1970-01-01T00:00:01.5Z"), Some(1500));
    assert_eq!(default("1970-01-01T01:00:00,123+01:00"), Some(123));
    assert_eq!(default("1970-01-01T02:30:00+0230"), Some(0));
    assert_eq!(default("1"), Some(1));
    assert_eq!(default("-1500"), Some(-1500));
    assert_eq!(default("1504126053123"), Some(1_504_126_053_123));
    assert_eq!(default("2024"), Some(1_704_067_200_000));
    assert_eq!(default("2024-01"), default("2024-01-01"));
    for wrong in [
        "",
        "x",
        "2024-13",
        "2024-1-1",
        "2024-02-30",
        "2024-01-01 10:00",
        "12:00",
    ] {
        assert_eq!(default(wrong), None, "{wrong}");
    }
}

#[test]
fn every_form_of_the_default_format_gives_its_instant() {
    let default = |text| DateFormat::default().parse(text).map(Timestamp::millis);
    let noon = 1_706_702_400_000;
    for (text, expected) in [
        ("2024-01-31T", noon - 43_200_000),
        ("2024-01-31T12", noon),
        ("2024-01-31T12Z", noon),
        ("2024-01-31T13+01", noon),
        ("2024-01-31T12:00", noon),
        ("2024-01-31T12:00Z", noon),
        ("2024-01-31T12:00:00", noon),
        ("2024-01-31T12:00:00UTC", noon),
        ("2024-01-31T12:00:00GMT", noon),
        ("2024-01-31T13:00:00GMT+1", noon),
        ("2024-01-31T13:00:00UTC+01:00", noon),
        ("2024-01-31T13:30:00+0130", noon),
        ("2024-01-31T13:00:30+01:00:30", noon),
        ("2024-01-31T13:00:30+010030", noon),
        ("2024-01-31T10:59:30-01:00:30", noon),
        ("2024-01-31T12:00:00.1Z", noon + 100),
        ("2024-01-31T12:00:00,12Z", noon + 120),
        ("2024-01-31T12:00:00.123456789Z", noon + 123),
        ("1706702400000", noon),
        ("1706702400000.5", noon),
        ("-1", -1),
        ("12345", 12_345),
        ("2024", 1_704_067_200_000),
    ] {
        assert_eq!(default(text), Some(expected), "{text}");
    }
    for wrong in [
        "2024-01-31T12:00:00+1",
        "2024-01-31T12:00:00+01:",
        "2024-01-31T12:00:00+01:0030",
        "2024-01-31T12:00:00+0100:30",
        "2024-01-31T12:00:00+19",
        "2024-01-31T12:00:00+18:00:01",
        "2024-01-31T12:00:00+01:60",
        "2024-01-31T12:00:00.",
        "2024-01-31T12:00:00.1234567890Z",
        "2024-01-31T24:00:00Z",
        "2024-01-31T23:59:60Z",
        "2024-01-31t12:00:00z",
        " 2024-01-31",
        "1.7e12",
        "123456789012345678901234567890",
    ] {
        assert_eq!(default(wrong), None, "{wrong}");
    }
}

#[test]
fn nanoseconds_are_kept() {
    let instant = DateFormat::default()
        .parse("2024-01-01T00:00:00.123456789Z")
        .unwrap();
    assert_eq!(instant.nanoseconds() % 1_000_000_000, 123_456_789);
    assert_eq!(instant.to_string(), "2024-01-01T00:00:00.123456789Z");
    assert_eq!(instant.truncated().to_string(), "2024-01-01T00:00:00.123Z");
}

#[test]
fn java_patterns_and_names_give_the_same_instant() {
    let day = Some("2024-01-31T00:00:00.000Z".to_owned());
    let cases = [
        ("dd-MM-yyyy", "31-01-2024"),
        ("yyyy-MM-dd", "2024-01-31"),
        ("basic_date", "20240131"),
        ("strict_date", "2024-01-31"),
        ("date_optional_time", "2024-1-31"),
        ("ordinal_date", "2024-31"),
        ("d MMM uuuu", "31 Jan 2024"),
        ("EEE, dd MMM yy", "Wed, 31 Jan 24"),
        ("yyyy-MM-dd HH:mm:ss||dd-MM-yyyy", "31-01-2024"),
        ("uuuu-MM-dd'T'HH:mm:ss.SSSX", "2024-01-31T01:00:00.000+01"),
        ("yyyy/MM/dd hh:mm a", "2024/01/31 12:00 AM"),
        ("epoch_second", "1706659200.000"),
    ];
    for (format, text) in cases {
        assert_eq!(parsed(format, text), day, "{format}");
    }
    assert_eq!(parsed("strict_date", "2024-1-31"), None);
    assert_eq!(parsed("dd-MM-yyyy", "2024-01-31"), None);
    assert_eq!(parsed("no such format", "2024"), None);
}

#[test]
fn the_finest_unit_of_a_constant_is_filled_up() {
    let second = pair("2017-08-30T20:47:33.000Z", "2017-08-30T20:47:33.999Z");
    assert_eq!(range("2017-08-30T20:47:33Z"), second);
    let day = pair("2017-08-30T00:00:00.000Z", "2017-08-30T23:59:59.999Z");
    assert_eq!(range("2017-08-30"), day);
    let month = pair("2024-02-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z");
    assert_eq!(range("2024-02"), month);
    let exact = pair("2017-08-30T20:47:33.120Z", "2017-08-30T20:47:33.120Z");
    assert_eq!(range("2017-08-30T20:47:33.12Z"), exact);
}

#[test]
fn date_math_moves_and_rounds() {
    let now = pair("2024-03-31T10:20:30.456Z", "2024-03-31T10:20:30.456Z");
    assert_eq!(range("now"), now);
    let today = pair("2024-03-31T00:00:00.000Z", "2024-03-31T23:59:59.999Z");
    assert_eq!(range("now/d"), today);
    assert_eq!(range("now-1h/d"), today);
    let month = pair("2023-12-01T00:00:00.000Z", "2023-12-31T23:59:59.999Z");
    assert_eq!(range("2024-01-01||-1M/M"), month);
    let clamped = pair("2024-02-29T10:20:30.456Z", "2024-02-29T10:20:30.456Z");
    assert_eq!(range("now-1M"), clamped);
    let week = pair("2024-03-25T00:00:00.000Z", "2024-03-31T23:59:59.999Z");
    assert_eq!(range("now/w"), week);
    for wrong in [
        "now+",
        "now/2d",
        "now-1x",
        "now*1d",
        "now+99999999999999999999y",
        "now+9999999y",
    ] {
        assert_eq!(range(wrong), None, "{wrong}");
    }
}

#[test]
fn offsets_are_written_in_whole_milliseconds() {
    let written = [
        (0, "0s"),
        (800, "+0.8s"),
        (-214, "-0.214s"),
        (90_000, "+1m30s"),
    ];
    for (millis, text) in written {
        assert_eq!(format_offset(millis), text);
    }
    assert_eq!(format_offset(7_260_001), "+2h1m0.001s");
}

#[test]
fn date_math_before_now_is_read_in_every_unit() {
    const DAY: i64 = 86_400_000;
    for (text, millis) in [
        ("now", 0),
        ("now-9m", 540_000),
        ("now-540s", 540_000),
        ("now-500ms", 500),
        ("now-1h/h", 3_600_000),
        ("now-24H", DAY),
        ("now-7d/d", 7 * DAY),
        ("now-2w", 14 * DAY),
        ("now-1M", 28 * DAY),
        ("now-1y", 365 * DAY),
        ("now-1d-2h", DAY + 7_200_000),
        ("now-1d+2h", DAY - 7_200_000),
        ("now-d", DAY),
    ] {
        assert_eq!(milliseconds_back(text), Some(millis), "{text}");
    }
    for text in [
        "",
        "9m",
        "now9m",
        "now-9",
        "now-9x",
        "now-1d/2d",
        "now/d-1d",
    ] {
        assert_eq!(milliseconds_back(text), None, "{text}");
    }
}

#[test]
fn weeks_and_basic_formats_are_read_and_an_unknown_one_is_known_as_such() {
    for (format, text, instant) in [
        ("week_date", "2024-W01-3", "2024-01-03T00:00:00.000Z"),
        (
            "strict_weekyear_week",
            "2025-W01",
            "2024-12-30T00:00:00.000Z",
        ),
        (
            "basic_week_date_time_no_millis",
            "2024W013T120000Z",
            "2024-01-03T12:00:00.000Z",
        ),
        ("basic_ordinal_date", "2024060", "2024-02-29T00:00:00.000Z"),
        (
            "basic_t_time_no_millis",
            "T120000Z",
            "1970-01-01T12:00:00.000Z",
        ),
        ("epoch_second", "1704067200", "2024-01-01T00:00:00.000Z"),
        (
            "yyyy/MM/dd HH:mm:ss||epoch_second",
            "2024/01/01 12:00:00",
            "2024-01-01T12:00:00.000Z",
        ),
    ] {
        assert_eq!(parsed(format, text).as_deref(), Some(instant), "{format}");
        assert!(!DateFormat::new(format).is_unread(), "{format}");
    }
    assert!(DateFormat::new("QQQ-yyyy||epoch_second").is_unread());
}

/// Certificates that never expire say this, by RFC 5280.
#[test]
fn the_last_and_the_first_days_of_the_calendar_are_read_moved_and_written() {
    const END: i64 = 253_402_300_799_999;
    let at = |text: &str| DateFormat::usual().parse(text);
    let millis = |text| at(text).map(Timestamp::millis);
    for (text, expected) in [
        ("9999-12-30T21:59:59.999Z", END - 93_600_000),
        ("9999-12-30T22:00:00.000Z", END - 93_599_999),
        ("9999-12-31T23:59:59Z", END - 999),
        ("9999-12-31T23:59:59", END - 999),
        ("9999-12-31T23:59:59.999999999Z", END),
        ("9999-12-31T23:59:59.999+18:00", END - 64_800_000),
        ("9999-12-31T23:59:59.999-18:00", END + 64_800_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ("0000-01-01T00:00:00+18:00", -62_167_284_000_000),
    ] {
        assert_eq!(millis(text), Some(expected), "{text}");
    }
    for (format, text) in [
        ("yyyy-MM-dd HH:mm:ss.SSS", "9999-12-31 23:59:59.999"),
        ("basic_date_time", "99991231T235959.999Z"),
        ("ordinal_date_time", "9999-365T23:59:59.999Z"),
        ("week_date_time", "9999-W52-5T23:59:59.999Z"),
        ("epoch_millis", "253402300799999"),
    ] {
        let read = DateFormat::new(format).parse(text);
        assert_eq!(read.map(Timestamp::millis), Some(END), "{format}");
    }
    for text in [
        "9999-12-31T23:59:59.999Z",
        "9999-12-31T23:59:59.123456789Z",
        "9999-12-30T22:00:00.000Z",
        "0000-01-01T00:00:00.000Z",
    ] {
        assert_eq!(at(text).map(|read| read.to_string()).as_deref(), Some(text));
    }
    // The first date of the calendar comes only as a number.
    let first = Timestamp::from_millis(-377_705_116_800_000);
    assert_eq!(first.to_string(), "-9999-01-01T00:00:00.000Z");
    assert_eq!(first.parts().map(|parts| parts.year), Some(-9999));
    let last = pair("9999-12-31T00:00:00.000Z", "9999-12-31T23:59:59.999Z");
    assert_eq!(range("9999-12-31"), last);
    assert_eq!(range("9999-12-31T12:00:00Z||/d"), last);
    assert_eq!(range("9999-12-30||+1d/d"), last);
    let year = pair("9999-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z");
    assert_eq!(range("9999"), year);
    assert_eq!(range("9999-12-31||/y"), year);
    let end = Timestamp::from_millis(END);
    assert_eq!(end.plus_calendar(-12, 0), at("9998-12-31T23:59:59.999Z"));
    assert_eq!(end.floor_months(12), at("9999-01-01"));
    assert_eq!(end.floor_week(), at("9999-12-27"));
    assert_eq!(
        at("1970").map(|epoch| epoch.units_until(end, DateUnit::Year)),
        Some(Some(8029))
    );
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    /// Every instant of the calendar is read as it is written.
    #[test]
    fn what_is_written_is_read(
        millis in -62_167_219_200_000_i64..=253_402_300_799_999,
        nanos in 0_i128..1_000_000,
    ) {
        let instant = Timestamp::from_nanoseconds(i128::from(millis) * 1_000_000 + nanos).unwrap();
        let text = instant.to_string();
        proptest::prop_assert_eq!(DateFormat::usual().parse(&text), Some(instant));
    }
}
