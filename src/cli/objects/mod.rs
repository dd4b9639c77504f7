//! Objects of S3, Google Cloud Storage and Azure, which a person named on the command line by an
//! address as `s3://bucket/prefix/`. Nothing else of the program reaches a network.
//!
//! Without the feature `object-store` every address is refused with the way to build with it.

#[cfg(not(feature = "object-store"))]
mod absent;
#[cfg(feature = "object-store")]
mod fetch;
#[cfg(feature = "object-store")]
mod ranged;
#[cfg(feature = "object-store")]
mod store;

#[cfg(not(feature = "object-store"))]
pub(super) use absent::{NoFetch as Fetch, NoObject as Object, list};
#[cfg(feature = "object-store")]
pub(super) use fetch::Fetch;
#[cfg(feature = "object-store")]
pub(super) use store::{Object, list};

use std::io::Read;

use crate::event::io::{ReadSeek, TemporaryFile};

/// What an address begins with.
const SCHEMES: [&str; 7] = [
    "s3://", "s3a://", "gs://", "az://", "azure://", "abfs://", "abfss://",
];

/// Whether this is the address of an object, or of a prefix.
pub(super) fn is_address(typed: &str) -> bool {
    SCHEMES.iter().any(|scheme| typed.starts_with(scheme))
}

/// An object that is open.
#[cfg_attr(
    not(feature = "object-store"),
    expect(dead_code, reason = "this build opens none")
)]
pub(super) enum OpenObject {
    /// Its bytes from the first on.
    Stream(Box<dyn Read + Send>),
    /// A copy of all of it.
    Copy(Box<dyn TemporaryFile>),
}

/// Bytes in which one can go back and forth.
pub(super) type Bytes = Box<dyn ReadSeek + Send>;

/// Why objects cannot be listed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ObjectFault {
    /// The program was built without object storage.
    #[cfg(not(feature = "object-store"))]
    #[error("this build of Trapline reads no object storage")]
    NotBuilt,
    /// No bucket is named.
    #[cfg(feature = "object-store")]
    #[error("it names no bucket")]
    NoBucket,
    /// The service, or the way to it, failed.
    #[cfg(feature = "object-store")]
    #[error("{0}")]
    Service(String),
}

impl ObjectFault {
    /// What to do about it.
    pub(super) fn help(&self) -> &'static str {
        match self {
            #[cfg(not(feature = "object-store"))]
            Self::NotBuilt => {
                "build one that does: `cargo install trapline --features object-store,parquet`; or copy or mount the files"
            }
            #[cfg(feature = "object-store")]
            Self::NoBucket => "an address is `s3://BUCKET/PREFIX/`",
            #[cfg(feature = "object-store")]
            Self::Service(_) => {
                "credentials, region and endpoint come from the environment: AWS_…, GOOGLE_…, AZURE_…"
            }
        }
    }
}
