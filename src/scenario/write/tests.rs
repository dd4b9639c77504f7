//! What is written is read back as it was.

use super::*;
use crate::diagnostic::SourceText;
use crate::scenario::model::{Base, FieldAction};
use crate::scenario::read;

fn sketch(values: &[Scalar]) -> Sketch {
    let fields = values.iter().enumerate();
    Sketch {
        sources: vec!["sysmon".to_owned()],
        name: "a: name, with #".to_owned(),
        events: vec![SketchEvent {
            label: "child".to_owned(),
            kind: "process".to_owned(),
            at: -214,
            copies: None,
            fields: fields
                .map(|(at, value)| (format!("winlog.event_data.F{at}"), vec![value.clone()]))
                .collect(),
        }],
        ..Sketch::default()
    }
}

/// The texts that the reader finds, and whether each is quoted.
fn read_back(text: &str) -> Vec<String> {
    let read = read(&SourceText::new("a.yaml", text));
    assert!(
        read.diagnostics.is_empty(),
        "{text}\n{:?}",
        read.diagnostics
    );
    let Base::Written(events) = &read.scenarios[0].attack.base else {
        panic!("a capture");
    };
    assert_eq!(events[0].at.as_ref().unwrap().value, -214);
    let of = |action: &FieldAction| match action {
        FieldAction::Set(values) => values.value[0].text.clone(),
        other => panic!("{other:?}"),
    };
    events[0]
        .fields
        .iter()
        .map(|field| of(&field.action))
        .collect()
}

#[test]
fn what_is_written_is_read_back() {
    let texts = [
        r"C:\Windows\System32\cmd.exe",
        "",
        "no",
        "50112",
        "0x1f",
        "1.5",
        "10.0.0.1",
        "S-1-5-18",
        "a: b",
        "a #b",
        "#a",
        "- a",
        "[x]",
        "{x}",
        "it's",
        "a\"b",
        "line\nbreak",
        "tab\there",
        " space ",
        "$name",
        "$$",
        "?x",
        "*x",
        "&x",
        "!x",
        "%x",
        "@x",
        "`x`",
        "~",
        "null",
        "x:",
        "2024-01-01",
        "12:30:45",
        "é",
        "\u{7}",
        "a,b",
        "=",
        "<<",
        "::1",
        "fe80::1",
        "1e3",
        "\\\\host\\share",
        "|",
        ">",
        "\u{2028}",
        "-",
        "---",
        "...",
        "NaN",
        ".inf",
    ];
    let values: Vec<Scalar> = texts.iter().map(|text| Scalar::text(*text)).collect();
    let sketch = sketch(&values);
    for text in [sketch.lines(false), sketch.lines(true)] {
        let read = read_back(&text);
        let wanted: Vec<&str> = texts.to_vec();
        assert_eq!(read, wanted, "{text}");
    }
}

#[test]
fn a_long_scenario_has_a_line_an_event() {
    let short = sketch(&[Scalar::Bool(true)]);
    assert_eq!(short.text(), short.lines(false));
    let long = sketch(&vec![Scalar::Number("1".into()); 20]);
    assert_eq!(long.text(), long.lines(true));
    assert!(long.text().lines().count() <= GLANCE);
}
