//! Every Rust file that a comment or a page names exists.

use super::sources::{Source, root};
use std::fs;
use std::path::{Path, PathBuf};

/// The pages for people who change the program.
const PAGES: [&str; 3] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"];

#[test]
fn every_rust_file_that_a_comment_or_a_page_names_is_there() {
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches", "examples", "fuzz/fuzz_targets"] {
        collect(&root().join(folder), "rs", &mut files);
    }
    files.extend(["build.rs", "fuzz/bodies.rs"].map(|file| root().join(file)));
    let is_there = |name: &str| files.iter().any(|file| file.ends_with(Path::new(name)));
    let mut missing = Vec::new();
    for source in Source::all() {
        let comments = source.text.lines().filter_map(|line| {
            let line = line.trim_start();
            line.starts_with("//").then_some(line)
        });
        for name in comments.flat_map(rust_files) {
            if !is_there(name) {
                missing.push(format!("src/{}: `{name}`", source.name));
            }
        }
    }
    let mut pages: Vec<PathBuf> = PAGES.iter().map(|page| root().join(page)).collect();
    collect(&root().join("docs"), "md", &mut pages);
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for name in rust_files(&text) {
            if !is_there(name) {
                let page = page.strip_prefix(root()).unwrap();
                missing.push(format!("{}: `{name}`", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "no such file:\n{}", missing.join("\n"));
}

/// The paths between backticks that end in `.rs`.
fn rust_files(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|quoted| {
        let is_path = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-./".contains(c);
        quoted.len() > ".rs".len()
            && Path::new(quoted).extension().is_some_and(|ext| ext == "rs")
            && quoted.chars().all(is_path)
    })
}

fn collect(folder: &Path, extension: &str, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, extension, paths);
        } else if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
}
