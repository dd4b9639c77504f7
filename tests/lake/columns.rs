//! A scan reads the columns that its rules ask for, and all of them where a rule looks at documents
//! as a whole.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, MapBuilder, StringBuilder};
use arrow_array::types::Int64Type;
use arrow_array::{Array as _, ArrayRef, Int64Array, ListArray, StringArray, StructArray};
use arrow_schema::Field;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::{Value as Json, json};
use trapline::event::FieldSelection;

use crate::files::{
    Event, Writing, dotted, events, lines, lines_of, ndjson, nested, opened, parquet, raw,
};
use crate::layouts::{alerts, written};
use crate::project::{Project, eql_rule};

const SHELL: &str = "process where process.name == \"cmd.exe\"";

const FILTER: &str = "[[rule.filters]]\n[rule.filters.meta]\nnegate = true\n\
                      [rule.filters.query.match_phrase]\n\"user.name\" = 'backup'\n";

/// A rule whose condition looks at documents as a whole.
const BY_ID: &str = "[rule]\nname = 'id'\nrule_id = 'id'\ntype = 'query'\nlanguage = 'kuery'\n\
                     severity = 'low'\nrisk_score = 21\nquery = '_id: \"7\"'\n";

/// A project with one rule, at the end of which `more` stands.
fn rule(query: &str, more: &str) -> Project {
    let rule = eql_rule("shell", "shell", query) + more;
    Project::of(&[("rules/shell.toml", &rule)])
}

/// Writes the file with every byte of some columns changed.
fn write_damaged(project: &Project, file: &str, bytes: &[u8], columns: &[&str]) {
    written(project, file, bytes);
    let opened = std::fs::File::open(project.file(file)).unwrap();
    let reader = SerializedFileReader::new(opened).unwrap();
    let mut damaged = bytes.to_vec();
    let groups = reader.metadata().row_groups().iter();
    let chunks = groups.flat_map(RowGroupMetaData::columns);
    let chunks = chunks.filter(|chunk| columns.contains(&&*chunk.column_path().string()));
    let mut count = 0;
    for chunk in chunks {
        let (start, length) = chunk.byte_range();
        let start = usize::try_from(start).unwrap();
        let end = start + usize::try_from(length).unwrap();
        damaged[start..end].fill(0xff);
        count += 1;
    }
    assert!(count >= columns.len(), "not all columns are there");
    written(project, file, &damaged);
}

type Layout = fn(&[Event], &Writing) -> Vec<u8>;

const LAYOUTS: [(&str, Layout); 2] = [("dotted", dotted), ("nested", nested)];

#[test]
fn columns_that_no_rule_asks_for_are_not_read() {
    let events = events(300);
    let unread = ["process.pid", "user.name"];
    for (layout, make) in LAYOUTS {
        let bytes = make(&events, &Writing::default());
        let shell = rule(SHELL, "");
        written(&shell, "events.ndjson", ndjson(&events).as_bytes());
        let expected = alerts(&shell, &[], "events.ndjson");
        assert!(expected.lines().count() > 10, "{expected}");
        write_damaged(&shell, "damaged.parquet", &bytes, &unread);
        assert_eq!(alerts(&shell, &[], "damaged.parquet"), expected, "{layout}");
        // Queries print documents as a whole.
        let asks = rule("process where process.pid == 1", "");
        let excludes = rule(SHELL, FILTER);
        let by_id = Project::of(&[("rules/id.toml", BY_ID)]);
        for (project, arguments) in [
            (&shell, &["query", SHELL][..]),
            (&asks, &["scan", "--rules", "rules"]),
            (&excludes, &["scan", "--rules", "rules"]),
            (&by_id, &["scan", "--rules", "rules"]),
        ] {
            write_damaged(project, "damaged.parquet", &bytes, &unread);
            let arguments = [arguments, &["damaged.parquet"]].concat();
            let (code, _, err) = project.run_apart(&arguments);
            assert_eq!(code, 3, "{layout} {arguments:?}: {err}");
            assert!(err.contains("damaged.parquet"), "{err}");
        }
    }
}

#[test]
fn exclusions_look_at_fields_that_no_query_asks_for() {
    let events = events(300);
    let all = rule(SHELL, "");
    let some = rule(SHELL, FILTER);
    for project in [&all, &some] {
        written(project, "events.ndjson", ndjson(&events).as_bytes());
    }
    let expected = alerts(&some, &[], "events.ndjson");
    assert_ne!(alerts(&all, &[], "events.ndjson"), expected);
    for (layout, make) in LAYOUTS {
        written(&some, "a.parquet", &make(&events, &Writing::default()));
        assert_eq!(alerts(&some, &[], "a.parquet"), expected, "{layout}");
    }
}

#[test]
fn rows_of_esql_and_the_values_of_a_summary_are_those_of_whole_documents() {
    let events = events(300);
    let query = "FROM logs-* METADATA _id, _index\n| WHERE process.name == \"cmd.exe\"\n\
                 | STATS Esql.count = COUNT(*) BY user.name, process.pid\n| KEEP user.name, process.pid";
    let esql = format!(
        "[rule]\nname = 'rows'\nrule_id = 'rows'\ntype = 'esql'\nlanguage = 'esql'\n\
         severity = 'low'\nrisk_score = 21\nquery = '''\n{query}\n'''\n"
    );
    let rows = Project::of(&[("rules/rows.toml", &esql)]);
    for (project, options) in [(&rows, &[][..]), (&rule(SHELL, ""), &["--summary"])] {
        written(project, "events.ndjson", ndjson(&events).as_bytes());
        let expected = alerts(project, options, "events.ndjson");
        assert!(expected.contains("backup"), "{expected}");
        for (layout, make) in LAYOUTS {
            written(project, "a.parquet", &make(&events, &Writing::default()));
            assert_eq!(alerts(project, options, "a.parquet"), expected, "{layout}");
        }
    }
}

/// A file with columns of columns.
fn deep() -> Vec<u8> {
    let field =
        |name: &str, array: &ArrayRef| Arc::new(Field::new(name, array.data_type().clone(), true));
    let texts = |values: [&str; 2]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let object = |members: Vec<(&str, ArrayRef)>| {
        let members = members.into_iter();
        let members = members.map(|(name, array)| (field(name, &array), array));
        Arc::new(StructArray::from(members.collect::<Vec<_>>())) as ArrayRef
    };
    let mut labels = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    for key in ["env", "zone"] {
        labels.keys().append_value(key);
        labels.values().append_value(1);
        labels.append(true).unwrap();
    }
    let items = object(vec![
        ("name", texts(["x", "y"])),
        ("score", texts(["7", "8"])),
    ]);
    let item = Arc::new(Field::new_list_field(items.data_type().clone(), true));
    let numbers = vec![Some(vec![Some(1)]), Some(vec![Some(2), Some(3)])];
    let offsets = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(0)]); 2]);
    let threats = ListArray::new(item, offsets.offsets().clone(), items, None);
    let os = object(vec![
        ("type", texts(["linux", "macos"])),
        ("name", texts(["a", "b"])),
    ]);
    let numbers = ListArray::from_iter_primitive::<Int64Type, _, _>(numbers);
    let columns = [
        (
            "@timestamp",
            Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef,
        ),
        (
            "host",
            object(vec![("os", os), ("id", texts(["h1", "h2"]))]),
        ),
        ("host.os", object(vec![("family", texts(["f", "g"]))])),
        ("labels", Arc::new(labels.finish())),
        ("threats", Arc::new(threats)),
        ("numbers", Arc::new(numbers)),
    ];
    parquet(&columns, &Writing::default())
}

#[test]
fn parts_of_nested_columns_are_read_by_their_paths() {
    let bytes = deep();
    let read = |paths: &[&str]| -> Vec<Json> {
        let fields = FieldSelection::of(paths.iter().copied());
        let text = lines_of(opened(&bytes, None).unwrap(), &fields).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    for (paths, expected) in [
        (
            &["host.os.type"][..],
            json!({"host": {"os": {"type": "linux"}}}),
        ),
        (
            &["host.os"],
            json!({"host": {"os": {"type": "linux", "name": "a"}}, "host.os": {"family": "f"}}),
        ),
        (&["host.os.family"], json!({"host.os": {"family": "f"}})),
        // The keys of a map are not known before it is read.
        (&["labels.other"], json!({"labels": {"env": 1}})),
        (&["threats.score"], json!({"threats": [{"score": "7"}]})),
        (
            &["numbers.x", "@timestamp"],
            json!({"numbers": [1], "@timestamp": 1}),
        ),
        // Rows keep their number, so that lines have it.
        (&["other"], json!({})),
        (&[], json!({})),
    ] {
        let rows = read(paths);
        assert_eq!((rows.len(), &rows[0]), (2, &expected), "{paths:?}");
    }
    let whole = lines(&bytes, None).unwrap();
    let first: Json = serde_json::from_str(whole.lines().next().unwrap()).unwrap();
    assert_eq!(first.as_object().unwrap().len(), 6);
}

#[test]
fn columns_that_are_left_out_are_counted_and_documents_are_never_cut() {
    let events = events(50);
    let of_time = FieldSelection::of(["@timestamp"]);
    let file = |bytes: &[u8]| opened(bytes, None).unwrap();
    let columns = nested(&events, &Writing::default());
    assert_eq!(file(&columns).left_out(&FieldSelection::Whole), 0);
    let left_out = file(&columns).left_out(&of_time);
    assert!(
        left_out > 0 && left_out < columns.len() as u64,
        "{left_out}"
    );
    let documents = raw(&events, &Writing::default());
    assert_eq!(
        lines_of(file(&documents), &of_time).unwrap(),
        ndjson(&events)
    );
}
