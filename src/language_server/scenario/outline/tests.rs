//! The cursor and the keys, in texts that are whole and in texts that are not.

use super::*;

/// The path, the kind and the prefix at the `|` of a text.
fn at(text: &str) -> String {
    let cursor = text.find('|').unwrap();
    let text = text.replacen('|', "", 1);
    let outline = Outline::new(&text, cursor);
    let Some(found) = &outline.cursor else {
        return "nowhere".to_owned();
    };
    let path = outline.path(found.container).join("/");
    format!("{path} {:?} {}", found.kind, found.prefix)
}

#[test]
fn the_cursor_is_found_in_block_and_flow_style() {
    for (text, found) in [
        ("att|", " Either att"),
        ("attack:\n  na|me: x", "attack Key na"),
        (
            "attack:\n  events:\n    a:\n      is: pro|",
            "attack/events/a/is Value pro",
        ),
        (
            "attack:\n  events: {a: {is: pro|}}",
            "attack/events/a/is Value pro",
        ),
        (
            "attack:\n  events: {a: {is: p, pro|",
            "attack/events/a Key pro",
        ),
        ("cases:\n  - name: x\n    |\n", "cases/- Either "),
        ("cases:\n- name: x\n- na|", "cases/- Either na"),
        (
            "cases:\n  - {name: x, because: 'a : \"|b\"'}",
            "cases/-/because Value a : \"",
        ),
        ("sources: [a, b|]", "sources Value b"),
        ("sources:\n  - a\n  - |", "sources/- Either "),
        ("a: 'x'\n---\nb: |", "b Value "),
        ("a: {b: {c: 1\nd: |", "d Value "),
        ("a: >\n  te|xt: no\n", "nowhere"),
        ("# com|ment", "nowhere"),
        ("é: {ü: ö|", "é/ü Value ö"),
    ] {
        assert_eq!(at(text), found, "{text}");
    }
}

#[test]
fn keys_of_the_whole_file_are_known_whatever_is_broken() {
    let text = "attack:\n  events:\n    a: {is: network\n    b:\n      is: process\n  expect: {alert: [a, b]}\n";
    let outline = Outline::new(text, 0);
    let events = outline.find(0, &["attack", "events"]);
    let labels: Vec<&str> = outline
        .below(0, events)
        .filter_map(|(_, node)| node.key.as_deref())
        .collect();
    assert_eq!(labels, ["a", "b"]);
    let alert = outline.find(0, &["attack", "expect", "alert"]);
    let items = outline.below(0, alert).count();
    assert_eq!(items, 2);
}

#[test]
fn no_text_and_no_cursor_is_too_much() {
    let text = "a: [{\"\u{1f600}: '\n- - {]}: &x\n\t- :\n---\n{{{[[: ,\r\n";
    for cursor in 0..=text.len() + 2 {
        let outline = Outline::new(text, cursor);
        assert!(
            outline
                .nodes
                .iter()
                .all(|node| node.parent < Some(usize::MAX))
        );
    }
}
