//! `trapline test` as a whole process: on this repository, and on many copies of its rule and
//! scenario. Run with `cargo bench --bench test_command`.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a benchmark writes its own input, and panics where it fails"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Of the repository, and of the WMI rule's scenario that is copied.
const CHECKS: u64 = 528;
const COPIED_CHECKS: u64 = 226;
const COPIES: u64 = 200;

fn run(project: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_trapline"))
        .args(["test", "--format", "json"])
        .env("CI", "1")
        .current_dir(project)
        .output()
        .unwrap();
    assert!(matches!(output.status.code(), Some(0 | 6)));
}

fn benches(criterion: &mut Criterion) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut group = criterion.benchmark_group("trapline test");
    group.sample_size(20);
    group.throughput(Throughput::Elements(CHECKS));
    group.bench_function("this repository", |bencher| {
        bencher.iter(|| run(repository));
    });

    let project = tempfile::tempdir().unwrap();
    for folder in ["rules", "scenarios"] {
        fs::create_dir(project.path().join(folder)).unwrap();
    }
    let name = "windows/lateral_movement_incoming_wmi";
    for copy in 0..COPIES {
        for (folder, suffix) in [("rules", "toml"), ("scenarios", "yaml")] {
            let from = repository.join(format!("{folder}/{name}.{suffix}"));
            let to = project.path().join(format!("{folder}/r{copy}.{suffix}"));
            fs::copy(from, to).unwrap();
        }
    }
    group.sample_size(10);
    group.throughput(Throughput::Elements(COPIED_CHECKS * COPIES));
    group.bench_function("200 copies", |bencher| bencher.iter(|| run(project.path())));
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
