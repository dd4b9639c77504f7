//! What lists of field types say of paths.

use super::*;

fn type_of(list: &FieldList, path: &str) -> Option<String> {
    list.find(path).map(|found| found.field_type.to_string())
}

#[test]
fn multi_fields_are_read_from_their_parent_and_aliases_from_their_target() {
    let list = FieldList::new(
        "# head\na\tkeyword\na.text\ttext\nb\talias:a\nc\tobject\nc.d\tip\ne\tflattened\n\
         e.f\tkeyword\n",
    );
    let read_from = |path: &str| list.find(path).map(|found| found.read_from);
    for (path, from) in [("a.text", "a"), ("b", "a"), ("c.d", "c.d"), ("e.f", "e.f")] {
        assert_eq!(read_from(path).as_deref(), Some(from));
    }
}

#[test]
fn a_caseless_sub_field_has_a_normalizer_and_a_field_of_that_name_has_none() {
    let list = FieldList::new("a\tkeyword\na.caseless\tkeyword\nb.caseless\tkeyword\n");
    let normalized = |path: &str| {
        let found = list.find(path).map(|found| found.field_type);
        matches!(
            found,
            Some(FieldType::Keyword {
                normalizer: Normalizer::Lowercase,
                ..
            })
        )
    };
    assert!(normalized("a.caseless"));
    assert!(!normalized("a"));
    assert!(!normalized("b.caseless"));
}

#[test]
fn keys_below_flattened_and_nested_fields_and_patterns_have_a_type() {
    let list = FieldList::new(
        "a\tflattened\nn\tnested\nn.x\tlong\np.*\tkeyword\tdynamic\nq.*.id\tlong\n\
         q.*.y.*.z\tip\no.*\tobject\n",
    );
    let types = [
        ("a", Some("flattened")),
        ("a.b.c", Some("flattened")),
        ("n.x", Some("long")),
        ("n.y", Some("nested")),
        ("p.b.c", Some("keyword")),
        ("p", None),
        ("q.0.id", Some("long")),
        ("q.id", None),
        ("q.0.1.id", None),
        ("q.3.y.7.z", Some("ip")),
        ("o.b", Some("keyword")),
    ];
    for (path, wanted) in types {
        assert_eq!(type_of(&list, path).as_deref(), wanted, "{path}");
    }
}

#[test]
fn limits_constants_and_exact_sub_fields_are_kept() {
    let list = FieldList::new(
        "a\tkeyword\tignore_above=8191\nc\tconstant_keyword:okta\nt\ttext\n\
         t.keyword\tkeyword\tignore_above=256\nu\tmatch_only_text\n",
    );
    let field = |path: &str| {
        let mut fields = list.fields();
        fields.find(|field| &*field.path == path).unwrap()
    };
    let keyword = FieldType::Keyword {
        ignore_above: Some(8191),
        normalizer: Normalizer::Keep,
    };
    assert_eq!(field("a").field_type, keyword);
    assert_eq!(field("c").constant.as_deref(), Some("okta"));
    let exact = |path: &str| match field(path).field_type {
        FieldType::Text { exact } => exact,
        _ => KeywordSubfield::Several,
    };
    assert_eq!(
        exact("t"),
        KeywordSubfield::One {
            ignore_above: Some(256),
            normalizer: Normalizer::Keep,
        }
    );
    assert_eq!(exact("u"), KeywordSubfield::Missing);
}
