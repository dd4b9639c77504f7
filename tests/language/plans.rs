//! What each language lowers to: add a query to `plans/`, with the name of its language as the
//! extension, run, look at the golden beside it.

use trapline::compile::{Query, Syntax};
use trapline::event::schema::Origin;
use trapline::event::{FieldType, Mapping, Schema, Timestamp};
use trapline::language::eql::{OptionalFields, RequestFieldNames};
use trapline::rule::Language;

use crate::golden;

fn schema() -> Schema {
    let mut mapping = Mapping::new("m");
    for (path, name) in [
        ("@timestamp", "date"),
        ("event.category", "keyword"),
        ("event.type", "keyword"),
        ("host.id", "keyword"),
        ("user.name", "keyword"),
        ("process.name", "keyword"),
        ("process.args", "keyword"),
        ("process.args_count", "long"),
        ("process.exit_code", "long"),
        ("process.pid", "long"),
        ("process.parent.pid", "long"),
        ("file.path", "wildcard"),
        ("source.ip", "ip"),
        ("message", "match_only_text"),
        ("winlog.flag", "boolean"),
    ] {
        mapping.add(path, FieldType::named(name), Origin::Declared);
    }
    Schema::new(vec![mapping])
}

fn lowered(language: Language, text: &str) -> String {
    let syntax = Syntax::parse(language, text).unwrap_or_else(|errors| panic!("{errors:?}"));
    let query = Query {
        syntax: &syntax,
        schema: &schema(),
        settings: &RequestFieldNames::default(),
        now: Timestamp::default(),
    };
    let plan = query.plan(OptionalFields::Missing);
    let plan = plan.unwrap_or_else(|errors| panic!("{errors:?}"));
    format!("{}\n\n{plan}", text.trim_end())
}

#[test]
fn every_query_has_the_plan_of_its_golden() {
    let check = |language: Language, path: &std::path::Path| {
        let text = std::fs::read_to_string(path).unwrap();
        golden(path, &lowered(language, &text));
    };
    insta::glob!("plans/*.eql", |path| check(Language::Eql, path));
    insta::glob!("plans/*.kuery", |path| check(Language::Kuery, path));
    insta::glob!("plans/*.lucene", |path| check(Language::Lucene, path));
}
