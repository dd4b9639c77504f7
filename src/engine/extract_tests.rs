//! Tests that both JSON readers agree.

use proptest::prelude::*;

use super::*;
use crate::event::Scalar;

const PATHS: [&str; 8] = ["a", "b", "a.b", "a.b.c", "b.c.d", "é", "c", "_index"];

fn read(slots: &Slots, line: &str) -> Result<Vec<Vec<Scalar>>, BadDocument> {
    let mut row = Row::new(slots.count());
    Extractor::new(slots, false).read(line, &mut row)?;
    Ok(values(slots, &row, line))
}

/// The values of all slots, then `_index` and `_id`.
fn values(slots: &Slots, row: &Row, line: &str) -> Vec<Vec<Scalar>> {
    let mut buffer = String::new();
    let mut all = Vec::new();
    for slot in 0..slots.count() {
        let slot = SlotId(u32::try_from(slot).unwrap());
        let values = row.values(line, slot);
        let values = values.map(|cell| match cell.decode(&mut buffer) {
            crate::event::Raw::Text(text) => Scalar::text(text),
            crate::event::Raw::Number(text) => Scalar::Number(text.into()),
            crate::event::Raw::Bool(value) => Scalar::Bool(value),
        });
        all.push(values.collect());
    }
    for cell in [row.index(line), row.id(line)] {
        let text = cell.map(|cell| Scalar::text(cell.decode(&mut buffer).as_text()));
        all.push(text.into_iter().collect());
    }
    all
}

fn by_serde(line: &str) -> Option<Vec<Vec<Scalar>>> {
    Some(all_values(&Event::from_json_line(line).ok()?))
}

fn all_values(event: &Event) -> Vec<Vec<Scalar>> {
    let mut all: Vec<Vec<Scalar>> = PATHS
        .iter()
        .map(|path| event.values(path).to_vec())
        .collect();
    all.push(
        event
            .index
            .as_deref()
            .map(Scalar::text)
            .into_iter()
            .collect(),
    );
    all.push(event.id.as_deref().map(Scalar::text).into_iter().collect());
    all
}

fn is_duplicate(line: &str) -> bool {
    matches!(parse_object(line), Err(BadDocument::Duplicate(_)))
}

#[test]
fn a_key_that_is_read_and_stands_twice_is_refused() {
    let slots = Slots::new(PATHS);
    for line in [
        r#"{"a":1,"a":2}"#,
        r#"{"x":{"y":1},"b":{"c":{"d":1,"d":1}}}"#,
        r#"{"a":1,"\u0061":2}"#,
    ] {
        let refused = read(&slots, line);
        assert!(matches!(refused, Err(BadDocument::Duplicate(_))), "{line}");
    }
}

#[test]
fn a_malformed_number_is_refused_whether_or_not_it_is_read() {
    let slots = Slots::new(PATHS);
    for number in [
        "01", "-01", "00", "-", "--1", "1.", "1.e1", ".1", "1e", "1e+", "1E-", "1e1.5", "1.2.3",
        "1-2", "+1", "0x1", "-.5", "1_0",
    ] {
        for key in ["a", "z"] {
            for line in [
                format!("{{\"{key}\":{number}}}"),
                format!("{{\"{key}\":[1,{number}],\"b\":2}}"),
                format!("{{\"{key}\":{{\"y\":{number}}}}}"),
            ] {
                assert!(read(&slots, &line).is_err(), "{line}");
                agree(&line);
            }
        }
    }
    for number in [
        "0", "-0", "7", "10", "-10", "0.50", "-1.25", "1e5", "1E+05", "0e0", "1.5e-3", "1e999",
    ] {
        for key in ["a", "z"] {
            let line = format!("{{\"{key}\":{number},\"b\":[{number}]}}");
            assert!(read(&slots, &line).is_ok(), "{line}");
            agree(&line);
        }
    }
}

#[test]
fn a_key_of_the_json_library_is_refused_wherever_it_stands() {
    let slots = Slots::new(PATHS);
    for key in [
        "$serde_json::private::Number",
        "\\u0024serde_json::private::Number",
    ] {
        for value in ["1", "\"1\"", "\"x\""] {
            for line in [
                format!("{{\"z\":{{\"{key}\":{value}}}}}"),
                format!("{{\"a\":{{\"{key}\":{value}}}}}"),
                format!("{{\"z\":{{\"y\":[{{\"{key}\":{value}}}]}}}}"),
            ] {
                assert!(read(&slots, &line).is_err(), "{line}");
                agree(&line);
            }
        }
        // A value is no key.
        let line = format!("{{\"a\":\"{key}\",\"z\":\"{key}\"}}");
        assert!(read(&slots, &line).is_ok(), "{line}");
        agree(&line);
    }
}

#[test]
fn a_second_key_that_nobody_reads_is_no_fault_when_the_line_is_read_again() {
    for line in [
        r#"{"a":1,"z":1,"z":2}"#,
        r#"{"z":{"a":1,"a":{"b":2}},"b":2}"#,
        r#"{"z":1,"b":"x","z":{"y":[]}}"#,
    ] {
        assert!(is_duplicate(line), "{line}");
        assert!(read(&Slots::new(PATHS), line).is_ok(), "{line}");
        agree(line);
    }
}

fn agree(line: &str) {
    let slots = Slots::new(PATHS);
    let ours = read(&slots, line);
    let theirs = by_serde(line);
    match (ours, theirs) {
        (Ok(ours), Some(theirs)) => {
            assert_eq!(ours, theirs, "{line}");
            assert_eq!(reread(line), Some(theirs), "{line}");
        }
        (Err(_), None) => {}
        (Err(error), Some(_)) => panic!("only ours refuses ({error}): {line}"),
        (Ok(ours), None) => {
            assert!(is_duplicate(line), "only serde refuses: {line}");
            assert_eq!(reread(line), Some(ours), "{line}");
        }
    }
}

/// The same of a line that is read again as a whole.
fn reread(line: &str) -> Option<Vec<Vec<Scalar>>> {
    Some(all_values(&Event::from_hit_line(line).ok()?))
}

#[test]
fn the_examples_read_alike() {
    for line in [
        r#"{"a":1,"b":"x","a.b":true,"_id":"7","_index":"i"}"#,
        r#"{"a":{"b":{"c":[1,2,{"d":3},null,"x"]}},"a.b.c":"é\u00e9\ud83d\ude00\\"}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"\u0061":1,"b":2}"#,
        r#"{"x":{"\u0061":1,"a":1,"a":2}}"#,
        r#"{"a":{"b":1},"a":{"c":2}}"#,
        r#"{"_id":7,"_index":{"x":1}}"#,
        r#"{"_index":["i"],"_id":null}"#,
        r#"{"a":1e5,"b":-0.0E+10,"c":123456789012345678901234567890}"#,
        r#"{"a":01}"#,
        r#"{"a":1.}"#,
        r#"{"a":"\x"}"#,
        r#"{"z":"\x"}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":tru}"#,
        r#" { "a" : [ 1 , "b" , [ false ] ] , "b" : { } } "#,
        r#"{"a":[1,]}"#,
        r#"{"a":1,}"#,
        r#"{"a" 1}"#,
        r#"{"a":1}x"#,
        "[1]",
        "",
        "{",
        "{\"a\":\"\t\"}",
        "{\"z\":\"\t\"}",
        "{\"a\":1}\r",
    ] {
        agree(line);
    }
    for depth in [1, 126, 127, 128, 129] {
        agree(&format!(
            "{{\"a\":{}{}}}",
            "[".repeat(depth),
            "]".repeat(depth)
        ));
        agree(&format!(
            "{{\"z\":{}{}}}",
            "[".repeat(depth),
            "]".repeat(depth)
        ));
        let open = "{\"a\":".repeat(depth);
        agree(&format!("{open}1{}", "}".repeat(depth)));
    }
}

#[test]
fn backslashes_read_alike_wherever_they_stand() {
    for key in ["a", "z"] {
        for (before, count) in (0..34).flat_map(|before| (0..6).map(move |count| (before, count))) {
            for after in ["", "n", "x", "\"", "\\u0041", "\\\\b"] {
                let value = ["p".repeat(before), "\\".repeat(count), after.to_owned()].concat();
                for tail in ["", "a tail of more than sixteen bytes"] {
                    agree(&format!("{{\"{key}\":\"{value}{tail}\"}}"));
                    agree(&format!("{{\"{key}\":\"{value}\\\\{tail}\\\\\"}}"));
                }
            }
        }
    }
}

#[test]
fn a_search_hit_is_read_as_its_source() {
    let slots = Slots::new(["a", "b.c"]);
    let mut row = Row::new(slots.count());
    for line in [
        r#"{"_index":"i","_id":"1","_score":null,"_source":{"a":1,"b":{"c":"x"}}}"#,
        r#"{"_index":"i","_id":"1","_score":null,"_source":{"\u0061":1,"b":{"c":"x"}}}"#,
    ] {
        Extractor::new(&slots, true).read(line, &mut row).unwrap();
        assert_eq!(row.values(line, SlotId(0)).next().unwrap().text, "1");
        assert_eq!(row.values(line, SlotId(1)).next().unwrap().text, "x");
        assert_eq!(row.index(line).unwrap().text, "i");
        assert_eq!(row.id(line).unwrap().text, "1");
    }
}

fn json() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("a"),
        Just("b"),
        Just("c"),
        Just("d"),
        Just("a.b"),
        Just("b.c"),
        Just("a.b.c"),
        Just("z"),
        Just("\\u0061"),
        Just("é"),
        Just("_id"),
        Just("_index"),
        Just(""),
        Just(".c"),
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        "\"[ !#-Z_a-z~\u{e9}]{0,20}\"",
        "\"([a-z]|\\\\[\"\\\\/bfnrt]|\\\\u00[0-9a-f]{2}|\\\\ud83d\\\\ude0[0-9]){0,12}\"",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|entries| {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!("\"{key}\":{value}"))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }),
        ]
    })
}

/// Several lines by one extractor, which learns the order of keys.
fn agree_in_turn(lines: &[String]) {
    let slots = Slots::new(PATHS);
    let mut extractor = Extractor::new(&slots, false);
    let mut row = Row::new(slots.count());
    for line in lines {
        let alone = read(&slots, line);
        let in_turn = extractor.read(line, &mut row);
        assert_eq!(in_turn.is_ok(), alone.is_ok(), "{line}");
        if let Ok(alone) = alone {
            assert_eq!(values(&slots, &row, line), alone, "{line}");
        }
    }
}

proptest! {
    #[test]
    fn what_came_before_changes_nothing(
        lines in prop::collection::vec(json(), 1..6),
        turns in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..12),
    ) {
        // The same lines again and again, some of them cut short.
        let mut all = lines.clone();
        for (which, end) in turns {
            let line = which.get(&lines);
            let ends: Vec<usize> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
            all.push(line.clone());
            all.push(line[..*end.get(&ends)].to_owned());
        }
        agree_in_turn(&all);
    }

    #[test]
    fn both_readers_give_the_same_slots(line in json()) {
        agree(&line);
    }

    #[test]
    fn both_readers_refuse_the_same_broken_lines(
        line in json(),
        at in any::<prop::sample::Index>(),
        with in prop::collection::vec(any::<u8>(), 0..3),
        cut in 0..4_usize,
    ) {
        let mut bytes = line.into_bytes();
        let at = at.index(bytes.len());
        let end = bytes.len().min(at + cut);
        bytes.splice(at..end, with);
        agree(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_bytes_are_read_alike(bytes in prop::collection::vec(
        prop::sample::select(&b"{}[]\",:\\ua0e.-1tfn \n\xc3\xa9"[..]), 0..24)) {
        agree(&String::from_utf8_lossy(&bytes));
    }
}
