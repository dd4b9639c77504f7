//! The YAML reader against its limits, and against serde_yaml.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;

fn nodes(text: &str) -> (Vec<Node>, Vec<String>) {
    let (nodes, diagnostics) = read(&SourceText::new("a.yaml", text));
    let messages = diagnostics.into_iter().map(|found| found.message);
    (nodes, messages.collect())
}

fn scalars(node: &Node, out: &mut Vec<(String, bool)>) {
    match &node.kind {
        NodeKind::Scalar { text, quoted } => out.push((text.clone(), *quoted)),
        NodeKind::List(items) => items.iter().for_each(|item| scalars(item, out)),
        NodeKind::Map(entries) => entries.iter().for_each(|(_, value)| scalars(value, out)),
    }
}

#[test]
fn plain_values_stay_as_they_are_written() {
    let text = "a: 007\nb: 1e3\nc: yes\nd: ~\ne: 0x1F\nf: 1_000\ng: .nan\nh: 1e999\ni:\nj: true\n";
    let (nodes, errors) = nodes(text);
    assert_eq!(errors, Vec::<String>::new());
    let mut found = Vec::new();
    scalars(&nodes[0], &mut found);
    let expected = [
        "007", "1e3", "yes", "~", "0x1F", "1_000", ".nan", "1e999", "", "true",
    ];
    assert_eq!(found, expected.map(|text| (text.to_owned(), false)));
}

#[test]
fn quoted_and_block_values_are_decoded() {
    let text =
        "a: 'it''s'\nb: \"q\\n\"\nc: |\n  x\n  y\nd: >-\n  x\n  y\ne: ''\nf: plain\n  goes on\n";
    let (nodes, errors) = nodes(text);
    assert_eq!(errors, Vec::<String>::new());
    let mut found = Vec::new();
    scalars(&nodes[0], &mut found);
    let expected = [
        ("it's", true),
        ("q\n", true),
        ("x\ny\n", true),
        ("x y", true),
        ("", true),
        ("plain goes on", false),
    ];
    assert_eq!(
        found,
        expected.map(|(text, quoted)| (text.to_owned(), quoted))
    );
}

#[test]
fn a_span_is_the_text_in_any_encoding_of_lines() {
    for text in [
        "\u{feff}é: ü\r\n",
        "# é\r\n---\r\né: ü\r\n",
        "a: b\n---\né: [x, ü]\n",
    ] {
        let (nodes, errors) = nodes(text);
        assert_eq!(errors, Vec::<String>::new());
        let NodeKind::Map(entries) = &nodes.last().unwrap().kind else {
            panic!("no map");
        };
        let (key, value) = &entries[0];
        assert_eq!(&text[key.span.range()], "é");
        assert!(text[value.span.range()].ends_with('ü'));
    }
}

#[test]
fn an_alias_stands_where_its_anchor_is() {
    let text = "a: &x {k: v}\nb: *x\n";
    let (nodes, _) = nodes(text);
    let NodeKind::Map(entries) = &nodes[0].kind else {
        panic!("no map");
    };
    assert_eq!(entries[0].1, entries[1].1);
}

#[test]
fn one_run_finds_the_errors_of_every_document() {
    let text = "a: \"\\W\"\nb: \"\\Q\"\n---\na: 1\na: 2\n---\na: [\n---\nb:\n\tx: y\n";
    let (_, errors) = nodes(text);
    assert_eq!(
        errors,
        [
            "a backslash in double quotes begins an escape",
            "a backslash in double quotes begins an escape",
            "duplicate key `a` in a map",
            "the bracket is never closed",
            "YAML allows no tabs in the indentation",
        ]
    );
}

#[test]
fn deep_nesting_is_refused_whatever_it_is_made_of() {
    let blocks: String = (0..10_000).map(|i| " ".repeat(i % 300) + "a:\n").collect();
    let stairs: String = (0..2_000).map(|i| " ".repeat(i) + "a:\n").collect();
    for text in [
        "[".repeat(10_000),
        "{a: ".repeat(10_000),
        "- ".repeat(10_000),
        "? ".repeat(10_000),
        "[{a: ".repeat(10_000),
        blocks,
        stairs,
    ] {
        let (found, errors) = nodes(&text);
        assert!(found.is_empty());
        assert_eq!(errors.len(), 1, "{errors:?}");
    }
}

#[test]
fn aliases_cannot_multiply_without_end() {
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        writeln!(laughs, "a{level}: &a{level} [{below}]").unwrap();
    }
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1_000_000),
        "*a, ".repeat(40_000)
    );
    let spread = format!(
        "a: &a [{}]\nb: [{}]\n---\n",
        "x, ".repeat(500),
        "*a, ".repeat(400)
    );
    for text in [laughs, long, spread.repeat(40)] {
        let (_, errors) = nodes(&text);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(
            errors[0].contains("repeat too much") || errors[0].contains("too much"),
            "{errors:?}"
        );
    }
}

#[test]
fn honest_anchors_are_used_as_often_as_needed() {
    let text = format!("a: &a {{k: v}}\nb: [{}]\n", "*a, ".repeat(5_000));
    assert_eq!(nodes(&text).1, Vec::<String>::new());
}

#[test]
fn a_file_above_sixteen_mebibytes_is_refused_by_its_size() {
    let (found, errors) = nodes(&"#".repeat(MAX_BYTES + 1));
    assert!(found.is_empty());
    assert!(errors[0].contains("at most 16 MiB"), "{errors:?}");
}

/// What serde_yaml makes of a text, in the shape of [`shown`].
fn reference(value: &serde_yaml::Value) -> String {
    match value {
        serde_yaml::Value::Null => "null".to_owned(),
        serde_yaml::Value::Bool(value) => value.to_string(),
        serde_yaml::Value::Number(value) => value.to_string(),
        serde_yaml::Value::String(text) => text.clone(),
        serde_yaml::Value::Sequence(items) => {
            format!(
                "[{}]",
                items.iter().map(reference).collect::<Vec<_>>().join(",")
            )
        }
        serde_yaml::Value::Mapping(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| format!("{}:{}", reference(key), reference(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        serde_yaml::Value::Tagged(tagged) => reference(&tagged.value),
    }
}

fn shown(node: &Node) -> String {
    match &node.kind {
        NodeKind::Scalar { text, .. } => text.clone(),
        NodeKind::List(items) => {
            format!(
                "[{}]",
                items.iter().map(shown).collect::<Vec<_>>().join(",")
            )
        }
        NodeKind::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| format!("{}:{}", key.text, shown(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the shipped scenario is read from disk"
)]
fn the_scenario_of_the_wmi_rule_reads_as_serde_yaml_reads_it() {
    let path = "scenarios/windows/lateral_movement_incoming_wmi.yaml";
    let text = std::fs::read_to_string(path).unwrap();
    let (found, errors) = nodes(&text);
    assert_eq!(errors, Vec::<String>::new());
    let value: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(shown(&found[0]), reference(&value));
}

/// A value as YAML text at an indentation, in one of its styles.
fn yaml_value() -> impl Strategy<Value = String> {
    let word = "[a-z]{2,6}w";
    let scalar = prop_oneof![
        word,
        "[1-9][0-9]{0,8}",
        r"C:\\[A-Z][a-z]{3,5}\\[a-z]{3,5}\.exe",
        r"'[ -&(-~]{0,12}'",
        r#""[ !#-\[\]-~éü]{0,12}""#,
        word.prop_map(|word| format!("|\n      {word}\n      {word}")),
        word.prop_map(|word| format!(">-\n      {word}\n\n      {word}")),
    ];
    let flow = "[a-z]{2,6}w";
    prop_oneof![
        4 => scalar,
        1 => prop::collection::vec(flow, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
        1 => (flow, flow).prop_map(|(key, value)| format!("{{{key}: {value}}}")),
        1 => prop::collection::vec(flow, 1..4)
            .prop_map(|items| format!("\n  - {}", items.join("\n  - "))),
    ]
}

proptest! {
    #[test]
    fn files_without_words_of_yaml_read_as_serde_yaml_reads_them(
        values in prop::collection::vec(yaml_value(), 1..8)
    ) {
        let mut text = String::new();
        for (number, value) in values.iter().enumerate() {
            writeln!(text, "k{number}: {value}").unwrap();
        }
        let (found, errors) = nodes(&text);
        match serde_yaml::from_str::<serde_yaml::Value>(&text) {
            Ok(value) => {
                prop_assert_eq!(&errors, &Vec::<String>::new(), "{}", text);
                prop_assert_eq!(shown(&found[0]), reference(&value), "{}", text);
            }
            Err(_) => prop_assert!(!errors.is_empty(), "{}", text),
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[ -~\t\n\réü&*|>:#'\"\\\\{}\\[\\]-]{0,200}") {
        let _ = nodes(&text);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = nodes(&String::from_utf8_lossy(&bytes));
    }
}
