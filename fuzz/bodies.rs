//! What the fuzz targets do with their bytes, one function a target. A stable test runs the same
//! functions over `corpus/`, so that what was found once is tried on every change.

use std::io::{self, Cursor, Read as _};
use std::sync::LazyLock;

use trapline::cluster::Response;
use trapline::compile::{Query, Syntax};
use trapline::data_source::{Catalogue, DataSource, field_types, own};
use trapline::diagnostic::{QueryText, SourceText, render::render};
use trapline::engine::{Everywhere, LineHits, Matcher, RuleSet};
use trapline::evaluate::pattern::Pattern;
use trapline::evaluate::{Context, evaluate};
use trapline::event::json::BadDocument;
use trapline::event::{Event, FieldSelection, Schema, Timestamp};
use trapline::import::parquet_file::ParquetFile;
use trapline::import::{Import, Options};
use trapline::language::eql::{self, OptionalFields, RequestFieldNames};
use trapline::language::{kql, lucene};
use trapline::plan::Plan;
use trapline::plan::predicate::{WildcardPattern, WildcardToken};
use trapline::rule::Language;
use trapline::scenario::{self, Expander, expand::expected_fields};
use trapline::search::{Index, Parameters};
use trapline::{rule, snapshot};

/// Any text: the parser ends, and its errors stand at places of the text.
pub(crate) fn lexer(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let parsed = eql::parse(text);
    assert_eq!(parsed.query.is_none(), !parsed.errors.is_empty());
    let whole = QueryText::whole(&SourceText::new("query", text));
    for error in &parsed.errors {
        assert!(text.get(error.span.range()).is_some());
    }
    // Drawing is slow beside parsing; a few show what all are like.
    for error in parsed.errors.iter().take(2) {
        let _ = render(&error.diagnostic(&whole), false);
    }
    let _ = eql::parse_expression(text);
}

/// Texts of tokens, one a byte: what parses prints, and parses again to the same.
pub(crate) fn parser(data: &[u8]) {
    let words = data
        .iter()
        .map(|byte| TOKENS[usize::from(*byte) % TOKENS.len()]);
    let text: Vec<&str> = words.take(2000).collect();
    let text = text.join(" ");
    lexer(text.as_bytes());
    if let Some(query) = eql::parse(&text).query {
        let printed = query.to_string();
        let again = eql::parse(&printed).query.map(|query| query.to_string());
        assert_eq!(again, Some(printed));
    }
}

/// A query against the types of ECS, then over two documents: it is refused, or it runs, and with
/// unmapped fields taken either way.
pub(crate) fn checker(data: &[u8]) {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(vec![field_types().clone()]));
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Some(query) = eql::parse(text).query else {
        return;
    };
    let settings = RequestFieldNames::default();
    let Ok(checked) = eql::check(&query, &SCHEMA, &settings) else {
        return;
    };
    let events: Vec<Event> = DOCUMENTS
        .iter()
        .filter_map(|line| Event::from_json_line(line).ok())
        .collect();
    for optional in [OptionalFields::Missing, OptionalFields::Folded] {
        if let Ok(plan) = eql::lower(&checked, optional, Timestamp::from_millis(0)) {
            let _ = evaluate(&plan, &events, &Context::default());
        }
    }
}

/// A rule file: it loads or says why not, at places of the file.
pub(crate) fn rule(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let loaded = rule::load(&SourceText::new("rule.toml", text));
    for diagnostic in &loaded.diagnostics {
        let _ = render(diagnostic, false);
    }
}

/// The file of a project's data source, and after a line `---` a file with field types that it may
/// name as `types.json` or `fields.yml`: it is added to the others, or it is said why not.
pub(crate) fn source(data: &[u8]) {
    static CATALOGUE: LazyLock<Option<Catalogue>> = LazyLock::new(|| Catalogue::builtin().ok());
    let (Ok(text), Some(catalogue)) = (std::str::from_utf8(data), &*CATALOGUE) else {
        return;
    };
    let (text, beside) = text.split_once("\n---\n").unwrap_or((text, ""));
    let file = SourceText::new("sources/own.toml", text);
    let mut catalogue = catalogue.clone();
    let open = |name: &str| Ok(SourceText::new(name, beside));
    let diagnostics = own::add(&file, &open, &mut catalogue);
    for diagnostic in diagnostics.iter().take(20) {
        let _ = render(diagnostic, false);
    }
    for source in catalogue.sources() {
        if catalogue.file(&source.name).is_some() {
            assert!(diagnostics.is_empty());
            assert!(
                source
                    .kinds
                    .iter()
                    .all(|kind| kind.index < source.indices.len())
            );
            let fields = source
                .indices
                .iter()
                .flat_map(trapline::data_source::Index::names);
            assert!(
                fields
                    .take(1000)
                    .all(|path| source.field_type(path).is_some())
            );
        }
    }
}

/// A scenario file: read, checked, expanded on every source.
pub(crate) fn scenario(data: &[u8]) {
    static CATALOGUE: LazyLock<Option<Catalogue>> = LazyLock::new(|| Catalogue::builtin().ok());
    let (Ok(text), Some(catalogue)) = (std::str::from_utf8(data), &*CATALOGUE) else {
        return;
    };
    let claimed: Vec<&DataSource> = catalogue.sources().iter().collect();
    let file = scenario::read(&SourceText::new("scenario.yaml", text));
    for diagnostic in &file.diagnostics {
        let _ = render(diagnostic, false);
    }
    for scenario in &file.scenarios {
        let _ = scenario::check(scenario, catalogue, &claimed, None);
        for source in &claimed {
            let expander = Expander::new(scenario, source);
            let _ = expander.expand(None);
            for case in scenario.cases.iter().take(50) {
                let _ = expected_fields(scenario, Some(case), source);
                let _ = expander.expand(Some(case));
            }
        }
    }
}

/// Lines of documents, read by the engine and by `serde_json`: both refuse a line or neither, but
/// for numbers that nobody reads and keys that stand twice; and where both read, the same rules match.
pub(crate) fn ndjson(data: &[u8]) {
    let plans = plans();
    assert_eq!(plans.len(), QUERIES.len());
    let (set, refused) = RuleSet::compile((0u32..).zip(plans), "@timestamp");
    assert!(refused.is_empty());
    let mut matcher = Matcher::new(&set, &Everywhere, false);
    let mut found = LineHits::default();
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(text) = std::str::from_utf8(line) else {
            continue;
        };
        let by_serde = Event::from_json_line(text);
        match (matcher.line(text, &mut found), by_serde) {
            // Without a time of its own an event is in no search.
            (Ok(()), Ok(_)) if found.time.is_none() => {}
            (Ok(()), Ok(event)) => same_rules(&found, &event, text),
            (Ok(()), Err(BadDocument::Duplicate(_))) | (Err(_), Err(_)) => {}
            (Ok(()), Err(_)) if text.contains("$serde_json::private::") => {}
            (Ok(()), Err(_)) => assert!(
                line.iter()
                    .any(|byte| byte.is_ascii_digit() || *byte == b'-'),
                "only serde_json refuses, and no number is at fault: {text}"
            ),
            (Err(error), Ok(_)) => panic!("only the engine refuses ({error}): {text}"),
        }
    }
}

fn same_rules(found: &LineHits, event: &Event, line: &str) {
    let mut by_engine: Vec<u32> = found.hits().map(|(stage, _)| stage).collect();
    by_engine.sort_unstable();
    let events = [event.clone()];
    let matching = (0u32..).zip(plans()).filter(|(_, plan)| {
        let evaluation = evaluate(plan, &events, &Context::default());
        evaluation.is_ok_and(|evaluation| !evaluation.matches().is_empty())
    });
    let by_evaluate: Vec<u32> = matching.map(|(rule, _)| rule).collect();
    assert_eq!(by_engine, by_evaluate, "{line}");
}

fn plans() -> &'static [Plan] {
    static PLANS: LazyLock<Vec<Plan>> =
        LazyLock::new(|| QUERIES.iter().filter_map(|query| plan(query)).collect());
    &PLANS
}

fn plan(query: &str) -> Option<Plan> {
    let query = eql::parse(query).query?;
    let schema = Schema::new(vec![field_types().clone()]);
    let checked = eql::check(&query, &schema, &RequestFieldNames::default()).ok()?;
    eql::lower(&checked, OptionalFields::Missing, Timestamp::from_millis(0)).ok()
}

/// A mapping, and a search over documents that have it.
pub(crate) fn mapping(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(mappings) = trapline::event::mapping::parse(text) else {
        return;
    };
    let mut index = Index::mapped(mappings);
    for line in DOCUMENTS {
        let _ = index.add_line(line);
    }
    for query in QUERIES {
        let _ = index.search(query, &Parameters::default());
    }
}

/// A pattern and a text, parted by a line break: wildcards as the plainest matcher has them, and
/// regular expressions that end.
pub(crate) fn pattern(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (pattern, text) = text.split_once('\n').unwrap_or((text, ""));
    let wildcard = WildcardPattern::eql(pattern);
    let expected = matches_plainly(&wildcard.0, &text.chars().collect::<Vec<char>>());
    assert_eq!(
        Pattern::wildcard(&wildcard, false).matches(text),
        expected,
        "{pattern} / {text}"
    );
    for insensitive in [false, true] {
        let _ = Pattern::wildcard(&wildcard, insensitive).matches(text);
        for compiled in [
            Pattern::lucene(pattern, insensitive),
            Pattern::java(pattern, insensitive),
        ] {
            let _ = compiled.map(|compiled| compiled.matches(text));
        }
    }
}

/// One row of the table of pattern prefix against text prefix after another.
fn matches_plainly(pattern: &[WildcardToken], text: &[char]) -> bool {
    let mut row: Vec<bool> = std::iter::once(true)
        .chain(text.iter().map(|_| false))
        .collect();
    for token in pattern {
        let mut next = vec![false; row.len()];
        for end in 0..row.len() {
            next[end] = match token {
                WildcardToken::Many => row[end] || (end > 0 && next[end - 1]),
                WildcardToken::One => end > 0 && row[end - 1],
                WildcardToken::Char(c) => end > 0 && row[end - 1] && text[end - 1] == *c,
            };
        }
        row = next;
    }
    row.last().copied().unwrap_or(false)
}

/// A snapshot: what is read is written and read again to the same.
pub(crate) fn snapshot(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match snapshot::read(&SourceText::new("a.snap", text)) {
        Err(diagnostic) => drop(render(&diagnostic, false)),
        Ok(read) => {
            let written = snapshot::format::text(&read);
            let again = snapshot::read(&SourceText::new("a.snap", written.as_str()));
            assert_eq!(
                again.map(|again| snapshot::format::text(&again)).ok(),
                Some(written)
            );
        }
    }
}

/// A recording of any kind: it ends, and what cannot be read is said.
pub(crate) fn import(data: &[u8]) {
    let import = Import::open("recording", Cursor::new(data), Options::default());
    for document in import.take(10_000) {
        if let Err(fault) = document {
            assert!(!fault.to_string().is_empty());
        }
    }
}

/// A Parquet file, in a build that reads them: reading ends, with lines or an error.
pub(crate) fn parquet(data: &[u8]) {
    let some = FieldSelection::of(["@timestamp", "a.b"]);
    for (raw_column, fields) in [
        (None, &FieldSelection::Whole),
        (None, &some),
        (Some("raw"), &some),
    ] {
        let file = Box::new(Cursor::new(data.to_vec()));
        let lines = ParquetFile::open(file, raw_column).and_then(|file| file.lines(fields));
        match lines {
            Ok(lines) => drop(io::copy(&mut lines.take(1 << 24), &mut io::sink())),
            Err(fault) => assert!(!fault.to_string().is_empty()),
        }
    }
}

/// A KQL query: it parses or says where not; its canonical text parses to the same.
pub(crate) fn kql(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match kql::parse(text) {
        Err(error) => assert!(text.get(error.span.range()).is_some()),
        Ok(query) => runs(&Syntax::Kuery(query), text),
    }
}

/// A Lucene query string: it parses or says where not, and runs.
pub(crate) fn lucene(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for all in [false, true] {
        match lucene::parse(text, all) {
            Err(error) => assert!(text.get(error.span.range()).is_some()),
            Ok(group) => runs(&Syntax::Lucene(group), text),
        }
    }
}

/// An ES|QL query: it parses or says where not, and is checked.
pub(crate) fn esql(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Syntax::parse(Language::Esql, text) {
        Err(errors) => {
            for error in errors {
                assert!(text.get(error.span.range()).is_some());
            }
        }
        Ok(syntax) => runs(&syntax, text),
    }
}

/// A query that parses: it compiles on the types of ECS or says where not, and its plan runs.
fn runs(syntax: &Syntax, text: &str) {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        let mappings = trapline::event::mapping::parse(FEW_FIELDS).unwrap_or_default();
        Schema::new(mappings.into_iter().map(|index| index.mapping).collect())
    });
    let _ = syntax.to_string();
    let query = Query {
        syntax,
        schema: &SCHEMA,
        settings: &RequestFieldNames::default(),
        now: Timestamp::from_millis(0),
    };
    match query.compile() {
        Err(errors) => {
            for error in errors {
                assert!(text.get(error.span.range()).is_some());
            }
        }
        Ok(compiled) => {
            let events: Vec<Event> = DOCUMENTS
                .iter()
                .filter_map(|line| Event::from_json_line(line).ok())
                .collect();
            let _ = evaluate(&compiled.plan, &events, &Context::default());
        }
    }
}

/// A query of Elasticsearch's as JSON, as filters of rules have it.
pub(crate) fn dsl(data: &[u8]) {
    let Ok(json) = serde_json::from_slice(data) else {
        return;
    };
    let _ = trapline::language::dsl::read::read(&json);
    let _ = trapline::language::dsl::pill(&json);
}

/// Rules and exception lists as Kibana exports them: loaded, or refused at a place of the file.
pub(crate) fn kibana(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let source = SourceText::new("rules.ndjson", text);
    for loaded in rule::load_file(&source) {
        for diagnostic in loaded.diagnostics.iter().take(3) {
            let _ = render(diagnostic, false);
        }
    }
}

/// `trapline.toml`: read, or every mistake at its place.
pub(crate) fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Err(mistakes) = trapline::project::config::read(&SourceText::new("trapline.toml", text))
    {
        for diagnostic in mistakes.iter().take(3) {
            let _ = render(diagnostic, false);
        }
    }
}

/// Event queries that read fields of every type.
const QUERIES: [&str; 4] = [
    r#"process where process.name : "a*" or process.args == "b" or process.pid > 1"#,
    r#"network where cidrMatch(source.ip, "10.0.0.0/8") or source.port == 1 and not source.ip == null"#,
    r#"any where length(process.command_line) == 3 or process.parent.name in~ ("x", "é")"#,
    r#"any where @timestamp > "2020-01-01" or process.Ext.token.integrity_level_name == null and process.pid != 5"#,
];

/// A field of each family. A word without a field is searched in every field, and with the thousands
/// of ECS an execution would take seconds.
const FEW_FIELDS: &str = r#"{"properties":{"@timestamp":{"type":"date"},"event":{"properties":{"category":{"type":"keyword"}}},
"host":{"properties":{"id":{"type":"keyword"}}},"source":{"properties":{"ip":{"type":"ip"},"port":{"type":"long"}}},
"file":{"properties":{"size":{"type":"long"},"path":{"type":"keyword","fields":{"text":{"type":"match_only_text"}}}}},
"process":{"properties":{"name":{"type":"keyword"},"command_line":{"type":"wildcard"},"args":{"type":"keyword"}}},
"risk":{"type":"double"},"is":{"type":"boolean"},"labels":{"type":"flattened"},"items":{"type":"nested","properties":{"k":{"type":"keyword"}}}}}"#;

const DOCUMENTS: [&str; 3] = [
    r#"{"@timestamp":"2024-01-01T00:00:00Z","event":{"category":"process","type":["start"]},"host":{"id":"h"},"process":{"name":"a.exe","pid":4,"args":["a","b"],"command_line":"a b"},"user":{"id":"S-1-5-18"}}"#,
    r#"{"@timestamp":1704067200001,"event.category":"network","host.id":"h","source.ip":["10.1.2.3","::1"],"source.port":49152,"destination.ip":"1.2.3.4"}"#,
    r#"{"@timestamp":"2024-01-01T00:00:00.002Z","event.category":["file","process"],"host.id":["h","i"],"file.size":123456789012345678901,"file.path":"C:\\a"}"#,
];

const TOKENS: [&str; 96] = [
    "and",
    "or",
    "not",
    "in",
    "in~",
    "like",
    "like~",
    "regex",
    "regex~",
    "sequence",
    "sample",
    "join",
    "by",
    "with",
    "maxspan",
    "runs",
    "until",
    "where",
    "any",
    "of",
    "true",
    "false",
    "null",
    "process",
    "network",
    "a",
    "b.c",
    "host.id",
    "process.name",
    "source.port",
    "?",
    "?a",
    "`x`",
    "`",
    "(",
    ")",
    "[",
    "]",
    "![",
    "!",
    ",",
    ".",
    ":",
    "|",
    "||",
    "&&",
    "=",
    "==",
    "===",
    "!=",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "0",
    "1",
    "1.5",
    ".5",
    "1e400",
    "9223372036854775808",
    "2s",
    "1d",
    "=2s",
    "\"a\"",
    "\"a*\"",
    "\"\\u{41}\"",
    "\"\"\"a\"\"\"",
    "\"",
    "'a'",
    "?\"a\"",
    "\\",
    "//",
    "/*",
    "*/",
    "\n",
    "é",
    "length(",
    "f(",
    "f~(",
    "concat(",
    "cidrMatch(",
    "head",
    "tail",
    "| head 5",
    "| unique a",
    "[any where true]",
    "[process where a == 1]",
    "by a",
    "with maxspan=1m",
    "a[0]",
];

/// A line of a file of responses: it is read or refused, and read again the same.
pub(crate) fn response(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Response::parse(text) {
        Ok(response) => {
            assert!(response.id.starts_with(response.rule_id()));
            assert_eq!(Response::parse(text), Ok(response));
        }
        Err(why) => assert!(!why.to_string().is_empty()),
    }
}
