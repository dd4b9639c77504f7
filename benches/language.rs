//! The language on published rules: how fast queries are parsed, how long `trapline check` takes on
//! all of them, and that a pattern cannot make a text expensive. Run with
//! `cargo bench --bench language`; the rules lie beside the project, not in it.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a benchmark reads files, panics where it fails and says what it leaves out"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use trapline::evaluate::pattern::Pattern;
use trapline::plan::predicate::WildcardPattern;

fn benches(criterion: &mut Criterion) {
    pattern(criterion);
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/rules");
    if !rules.is_dir() {
        eprintln!("skipped: ../shared/corpus/rules is absent");
        return;
    }
    let queries = queries(&rules);
    let bytes: usize = queries.iter().map(String::len).sum();
    let mut group = criterion.benchmark_group("published rules");
    group.throughput(Throughput::Bytes(u64::try_from(bytes).unwrap()));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            for query in &queries {
                black_box(trapline::language::eql::parse(query));
            }
        });
    });
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::try_from(queries.len()).unwrap()));
    let scenarios = tempfile::tempdir().unwrap();
    group.bench_function("trapline check", |bencher| {
        bencher.iter(|| check(&rules, scenarios.path()));
    });
    group.finish();
}

/// 10,000 times `*a` on a megabyte without a match: what backtracking would never end.
fn pattern(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("patterns");
    group.sample_size(10);
    let pattern = WildcardPattern::eql(&("*a".repeat(10_000) + "b"));
    let pattern = Pattern::wildcard(&pattern, true);
    let text = "a".repeat(1 << 20);
    group.bench_function("10,000 runs over 1 MB", |bencher| {
        bencher.iter(|| assert!(!pattern.matches(&text)));
    });
    group.finish();
}

/// The queries of the EQL rules.
fn queries(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    toml_files(folder, &mut files);
    let query = |file: &PathBuf| {
        let document: toml::Table = std::fs::read_to_string(file).ok()?.parse().ok()?;
        let rule = document.get("rule")?;
        let is_eql = rule.get("type")?.as_str() == Some("eql");
        let query = rule.get("query").filter(|_| is_eql)?;
        query.as_str().map(str::to_owned)
    };
    files.iter().filter_map(query).collect()
}

fn toml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            toml_files(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
}

fn check(rules: &Path, scenarios: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_trapline"))
        .args(["check", "--format", "json", "--rules"])
        .arg(rules)
        .arg("--scenarios")
        .arg(scenarios)
        .output()
        .unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)));
}

criterion_group!(all, benches);
criterion_main!(all);
