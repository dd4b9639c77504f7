//! What the room does as a whole: recordings in, documents out.

mod captures;

use std::io::Cursor;

use super::*;

/// Reads a recording: its documents, its faults in words, its counts.
fn read(name: &str, bytes: &[u8]) -> (Vec<Map<String, Json>>, Vec<String>, Counts) {
    read_with(name, bytes, Options::default())
}

fn read_with(
    name: &str,
    bytes: &[u8],
    options: Options,
) -> (Vec<Map<String, Json>>, Vec<String>, Counts) {
    let mut import = Import::open(name, Cursor::new(bytes), options);
    let mut documents = Vec::new();
    let mut faults = Vec::new();
    for item in &mut import {
        match item {
            Ok(document) => documents.push(document.source),
            Err(fault) => faults.push(fault.to_string()),
        }
    }
    (documents, faults, import.counts().clone())
}
