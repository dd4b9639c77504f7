//! A test that needs the shared reference material is reported as ignored where that is absent, never
//! as passed.

use std::fs;
use std::path::Path;

use crate::sources::root;

#[test]
fn a_test_that_needs_the_shared_material_is_marked() {
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        rust_files(&root().join(folder), &mut files);
    }
    let mut unmarked = Vec::new();
    for file in files
        .iter()
        .filter(|file| !file.ends_with("house/shared.rs"))
    {
        let text = fs::read_to_string(file).unwrap();
        assert!(
            !text.contains("skipped: ../shared"),
            "{}: passes where it skips",
            file.display()
        );
        for test in text.split("#[test]").skip(1) {
            let body = test.split("\n}\n").next().unwrap_or_default();
            let needs = body.contains("shared(\"") || body.contains("\"../shared/c");
            if needs && !body.contains("cfg_attr(not(shared_corpus), ignore") {
                let name = body.lines().find(|line| line.starts_with("fn "));
                unmarked.push(format!("{}: {}", file.display(), name.unwrap_or_default()));
            }
        }
    }
    assert!(unmarked.is_empty(), "{unmarked:#?}");
}

fn rust_files(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
