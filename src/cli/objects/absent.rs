//! Takes the place of object storage in a build without the feature `object-store`.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::{Bytes, ObjectFault, OpenObject};
use crate::event::io::Stop;

/// An object; this build has none.
#[derive(Debug, Clone)]
pub enum NoObject {}

/// An object that is being read; this build has none.
pub(in crate::cli) enum NoFetch {}

/// Says how to build with object storage.
pub(in crate::cli) fn list(_: &str, _: &[&str]) -> Result<Vec<NoObject>, ObjectFault> {
    Err(ObjectFault::NotBuilt)
}

impl NoObject {
    /// Its address.
    pub(in crate::cli) fn name(&self) -> &str {
        match *self {}
    }

    /// Its size in bytes.
    pub(in crate::cli) fn size(&self) -> u64 {
        match *self {}
    }

    /// Its first bytes.
    pub(in crate::cli) fn first_piece(&self) -> io::Result<Vec<u8>> {
        match *self {}
    }

    /// Its bytes, read where they are asked for.
    pub(in crate::cli) fn ranged(&self) -> Bytes {
        match *self {}
    }
}

impl NoFetch {
    /// Begins to read an object.
    pub(in crate::cli) fn new(
        object: &NoObject,
        _: bool,
        _: &Arc<AtomicU64>,
        _: &'static Stop,
    ) -> Self {
        match *object {}
    }

    /// The object, open.
    pub(in crate::cli) fn open(self) -> io::Result<OpenObject> {
        match self {}
    }
}
