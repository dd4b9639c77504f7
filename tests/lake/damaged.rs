//! Files that are damaged, or made to do harm, are errors with the file's name.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use parquet::basic::{Compression, ZstdLevel};
use proptest::prelude::*;
use serde_json::json;
use trapline::diagnostic::Cause as _;
use trapline::import::parquet_file::Fault;

use crate::files::{Writing, dotted, events, lines, nested, parquet, raw};
use crate::layouts::project;

#[test]
fn a_file_that_is_cut_off_is_named_and_the_others_are_scanned() {
    let project = project();
    let events = events(300);
    let whole = dotted(&events, &Writing::default());
    std::fs::create_dir(project.file("lake")).unwrap();
    std::fs::write(project.file("lake/whole.parquet"), &whole).unwrap();
    std::fs::write(project.file("lake/cut.parquet"), &whole[..whole.len() / 2]).unwrap();
    let (code, out, err) = project.run_apart(&["scan", "--rules", "rules", "lake"]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("lake/cut.parquet"), "{err}");
    assert!(out.contains("lake/whole.parquet") && !out.contains("lake/cut.parquet"));
    let (code, _, err) = project.run_apart(&["query", "any where true", "lake/cut.parquet"]);
    assert_eq!(code, 3);
    assert!(
        err.contains("error[E028]: `lake/cut.parquet` cannot be read: the file is damaged"),
        "{err}"
    );
}

#[test]
fn parquet_from_a_pipe_is_refused_with_what_to_do() {
    let project = project();
    std::fs::write(
        project.file("a.parquet"),
        dotted(&events(3), &Writing::default()),
    )
    .unwrap();
    let mut command = project.trapline(&["scan", "--rules", "rules", "-"]);
    command.stdin(std::fs::File::open(project.file("a.parquet")).unwrap());
    let output = command.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{err}");
    assert!(
        err.contains("a Parquet file is read by its name, not from a pipe"),
        "{err}"
    );
}

#[test]
fn a_raw_column_that_is_not_there_is_an_error_that_lists_the_columns() {
    let project = project();
    std::fs::write(
        project.file("a.parquet"),
        raw(&events(3), &Writing::default()),
    )
    .unwrap();
    let query = [
        "query",
        "any where true",
        "a.parquet",
        "--raw-column",
        "vlaue",
    ];
    let (code, _, err) = project.run_apart(&query);
    assert_eq!(code, 3);
    assert!(
        err.contains("there is no column `vlaue`; its columns are `offset`, `value`"),
        "{err}"
    );
}

#[test]
fn a_row_that_would_be_longer_than_memory_is_an_error() {
    let text = "x".repeat(1 << 20);
    let mut lists = ListBuilder::new(StringBuilder::new());
    for _ in 0..100 {
        lists.values().append_value(&text);
    }
    lists.append(true);
    let array = Arc::new(lists.finish());
    let writing = Writing {
        compression: Compression::ZSTD(ZstdLevel::default()),
        ..Writing::default()
    };
    let bytes = parquet(&[("a", array)], &writing);
    assert!(bytes.len() < 1 << 16, "{}", bytes.len());
    let fault = lines(&bytes, None).unwrap_err();
    assert!(matches!(fault, Fault::Io(_)));
    assert!(
        fault.to_string().contains("a document of more than 64 MiB"),
        "{fault}"
    );
}

#[test]
fn what_is_damaged_has_a_word_for_programs() {
    let whole = nested(&events(5), &Writing::default());
    let mut without_length = whole.clone();
    let end = whole.len();
    without_length[end - 8..end - 4].fill(0);
    for (bytes, why) in [
        (&whole[..3], "ends-before-footer"),
        (&whole[..whole.len() - 1], "no-footer"),
        (&without_length, "unreadable-footer"),
    ] {
        let fault = lines(bytes, None).unwrap_err();
        let details = serde_json::to_value(fault.details()).unwrap();
        assert_eq!((&*fault.word(), details), ("damaged", json!({"why": why})));
    }
}

/// Reading ends, with lines or an error.
fn is_read(bytes: &[u8]) {
    if let Err(fault) = lines(bytes, None) {
        assert!(!fault.to_string().is_empty());
    }
}

#[test]
fn no_changed_byte_of_the_footer_ends_the_program() {
    let whole = nested(&events(5), &Writing::default());
    let length = u32::from_le_bytes(whole[whole.len() - 8..][..4].try_into().unwrap());
    let footer = whole.len() - 8 - usize::try_from(length).unwrap();
    for at in footer..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[at] ^= change;
            is_read(&changed);
        }
    }
}

#[test]
fn what_the_fuzzer_was_given_is_read_again() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/parquet");
    let mut whole = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        is_read(&bytes);
        whole += usize::from(lines(&bytes, None).is_ok());
    }
    assert!(whole > 0);
}

proptest! {
    #[test]
    fn no_changed_bytes_end_the_program(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        kind in 0..3_usize,
    ) {
        let make = [dotted, nested, raw][kind];
        let mut bytes = make(&events(20), &Writing::default());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        is_read(&bytes);
    }
}
