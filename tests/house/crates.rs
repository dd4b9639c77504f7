//! Which file knows which crate: exchanging a crate touches one file.

use std::fs;

use crate::sources::{Source, root};

/// A crate and the files or folders (ending in `/`) that may name it; none listed: every file, for
/// crates that are vocabulary and no engine.
pub(crate) const OWNERS: &[(&str, &[&str])] = &[
    ("annotate-snippets", &["diagnostic/render.rs"]),
    ("anstream", &["cli/console.rs"]),
    ("anstyle", &["report/terminal/style.rs"]),
    ("arrow-array", &["import/parquet_file/"]),
    ("arrow-schema", &["import/parquet_file/"]),
    (
        "base64",
        &[
            "import/ecs/network.rs",
            "import/ecs/script_block.rs",
            "scan/stage_hits.rs",
            "synthesize/esql/texts.rs",
        ],
    ),
    ("bytes", &["cli/objects/", "import/parquet_file/"]),
    ("camino", &["cli/"]),
    ("cfg-if", &["lib.rs"]),
    (
        "clap",
        &["cli/args/", "cli/mod.rs", "cli/commands/scaffold.rs"],
    ),
    ("clap_complete", &["cli/args/", "cli/commands/scaffold.rs"]),
    ("clap_mangen", &["cli/commands/scaffold.rs"]),
    ("console", &["cli/keypress.rs"]),
    ("ctrlc", &["cli/interrupt.rs"]),
    ("evtx", &["import/evtx.rs"]),
    ("flate2", &["cli/files/opened.rs", "import/"]),
    ("futures-util", &["cli/objects/store.rs"]),
    ("granit-parser", &["scenario/yaml/tree.rs"]),
    ("ignore", &["cli/files.rs"]),
    ("indexmap", &[]),
    ("indicatif", &["cli/progress.rs"]),
    ("ipnet", &["language/", "event/", "evaluate/", "execution/"]),
    ("jiff", &["event/time/"]),
    ("memchr", &[]),
    ("mimalloc", &["main.rs"]),
    ("notify", &["cli/file_watcher.rs"]),
    ("object_store", &["cli/objects/store.rs"]),
    ("parquet", &["import/parquet_file/"]),
    ("psl", &["import/ecs/domain.rs"]),
    (
        "rayon",
        &["replay/", "scan/", "mutation/", "explain/", "project/"],
    ),
    ("regex-automata", &["evaluate/pattern/"]),
    ("regex-syntax", &["evaluate/pattern/"]),
    ("rustc-hash", &[]),
    ("ruzstd", &["cli/zstd.rs", "import/unpack.rs"]),
    ("serde", &[]),
    (
        "serde-saphyr",
        &["data_source/own/fields_yml.rs", "scenario/yaml.rs"],
    ),
    ("serde_json", &[]),
    (
        "sha1_smol",
        &[
            "cluster/request.rs",
            "import/ecs/network.rs",
            "import/ecs/script_block.rs",
            "scan/stage_hits.rs",
        ],
    ),
    ("simdutf8", &["scan/batch.rs"]),
    ("similar", &["snapshot/diff.rs"]),
    ("strsim", &["diagnostic/suggest.rs"]),
    ("tempfile", &["cli/files.rs"]),
    ("terminal_size", &["cli/console.rs"]),
    ("thiserror", &[]),
    ("tokio", &["cli/objects/store.rs"]),
    ("toml", &["located/from_toml.rs", "project/config.rs"]),
    ("toml_parser", &["located/from_toml/"]),
    ("unicode-normalization", &["import/ecs/script_block.rs"]),
    ("unicode-segmentation", &["event/analysis.rs"]),
    (
        "unicode-width",
        &[
            "report/terminal/style.rs",
            "report/hits.rs",
            "report/rows.rs",
        ],
    ),
    ("wide", &["engine/extract.rs"]),
    ("zip", &["import/unpack.rs", "import/tests/"]),
];

#[test]
fn a_crate_is_known_to_its_owner_only() {
    let mut broken = Vec::new();
    for source in Source::all() {
        for (line, code) in source.code() {
            for (name, owners) in OWNERS {
                let owns = |owner: &&str| {
                    source.name == **owner
                        || (owner.ends_with('/') && source.name.starts_with(*owner))
                };
                // A module may have the name of the crate that it alone knows.
                let is_module = || source.text.contains(&format!("mod {name};"));
                if names(code, name)
                    && !owners.is_empty()
                    && !owners.iter().any(owns)
                    && !is_module()
                {
                    let owners = owners.join(", ");
                    broken.push(format!(
                        "src/{}:{line}: {name} belongs to {owners}",
                        source.name
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn every_dependency_has_an_owner() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let dependencies: Vec<&str> = manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" =").map(|(name, _)| name))
        .collect();
    let owned: Vec<&str> = OWNERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        dependencies, owned,
        "Cargo.toml and the table of this test differ"
    );
}

/// Whether a line of code names the crate as the root of a path.
fn names(code: &str, name: &str) -> bool {
    let path = format!("{}::", name.replace('-', "_"));
    code.match_indices(&path).any(|(at, _)| {
        !code[..at].ends_with(|before: char| before.is_alphanumeric() || "_:".contains(before))
    })
}
