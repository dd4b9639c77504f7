//! What the room does as a whole: recordings in, documents out.

mod bad_input;
mod captures;
mod events;
mod reference;

use crate::diagnostic::Cause as _;
use std::io::Cursor;

use super::*;

/// What a recording gave: its documents, its faults in words, its counts.
type Read = (Vec<Map<String, Json>>, Vec<String>, ImportStats);

fn read(name: &str, bytes: &[u8]) -> Read {
    read_with(name, bytes, Options::default())
}

fn read_with(name: &str, bytes: &[u8], options: Options) -> Read {
    let mut import = Import::open(name, Cursor::new(bytes), options);
    let mut documents = Vec::new();
    let mut faults = Vec::new();
    for item in &mut import {
        match item {
            Ok(document) => documents.push(document.source),
            Err(fault) => {
                assert!(!fault.problem.help().is_empty());
                faults.push(fault.to_string());
            }
        }
    }
    (documents, faults, import.counts().clone())
}
