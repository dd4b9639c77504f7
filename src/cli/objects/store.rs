//! Lists objects and reads pieces of them; the only file that knows `object_store` and the
//! asynchronous runtime below it.

use std::fmt;
use std::io;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{
    BackoffConfig, Error, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt as _,
    RetryConfig,
};
use tokio::runtime::Runtime;

use super::ObjectFault;

/// How many bytes are read for a look at the beginning of an object.
pub(super) const FIRST_PIECE: u64 = 256 << 10;

/// One object.
#[derive(Clone)]
pub struct Object {
    bucket: Arc<Bucket>,
    name: String,
    path: Path,
    size: u64,
    /// The version that was listed: pieces of two versions are no file.
    e_tag: Option<String>,
}

/// A bucket and the runtime on which it is asked, by any thread.
pub(super) struct Bucket {
    runtime: Runtime,
    store: Box<dyn ObjectStore>,
    /// What the names of its objects begin with.
    address: String,
}

/// The object of this address, or the objects below it with one of these extensions, sorted by name.
/// Hidden ones are left out, as hidden files are.
pub(in crate::cli) fn list(typed: &str, extensions: &[&str]) -> Result<Vec<Object>, ObjectFault> {
    let (scheme, rest) = typed.split_once("://").unwrap_or(("", typed));
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(ObjectFault::NoBucket);
    }
    let bucket = Bucket {
        runtime: tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| ObjectFault::Service(error.to_string()))?,
        store: store(scheme, bucket).map_err(service)?,
        address: format!("{scheme}://{bucket}/"),
    };
    bucket.list(key, extensions)
}

/// The store of a bucket, as the environment configures it.
fn store(scheme: &str, bucket: &str) -> Result<Box<dyn ObjectStore>, Error> {
    // The defaults try for minutes: a wrong endpoint should be said before that.
    let retry = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 5,
        retry_timeout: std::time::Duration::from_secs(60),
    };
    Ok(match scheme {
        "gs" => Box::new(
            GoogleCloudStorageBuilder::from_env()
                .with_bucket_name(bucket)
                .with_retry(retry)
                .build()?,
        ),
        "az" | "azure" | "abfs" | "abfss" => Box::new(
            MicrosoftAzureBuilder::from_env()
                .with_url(format!("{scheme}://{bucket}"))
                .with_retry(retry)
                .build()?,
        ),
        _ => Box::new(
            AmazonS3Builder::from_env()
                .with_bucket_name(bucket)
                .with_retry(retry)
                .build()?,
        ),
    })
}

impl Bucket {
    fn list(self, key: &str, extensions: &[&str]) -> Result<Vec<Object>, ObjectFault> {
        let path = Path::parse(key.trim_end_matches('/'));
        let path = path.map_err(|error| service(error.into()))?;
        if !key.is_empty() && !key.ends_with('/') {
            match self.runtime.block_on(self.store.head(&path)) {
                Ok(found) => return Ok(Arc::new(self).objects(vec![found])),
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(service(error)),
            }
        }
        let prefix = (!key.is_empty()).then_some(&path);
        let listed = self.store.list(prefix).try_collect();
        let mut found: Vec<ObjectMeta> = self.runtime.block_on(listed).map_err(service)?;
        let depth = path.parts_count();
        found.retain(|object| {
            let mut below = object.location.parts().skip(depth);
            let extension = object.location.extension();
            extension.is_some_and(|extension| extensions.contains(&extension))
                && !below.any(|part| part.as_ref().starts_with('.'))
        });
        found.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(Arc::new(self).objects(found))
    }

    fn objects(self: Arc<Self>, found: Vec<ObjectMeta>) -> Vec<Object> {
        let objects = found.into_iter().map(|object| Object {
            bucket: Arc::clone(&self),
            name: format!("{}{}", self.address, object.location),
            path: object.location,
            size: object.size,
            e_tag: object.e_tag,
        });
        objects.collect()
    }
}

impl Object {
    /// Its address.
    pub(in crate::cli) fn name(&self) -> &str {
        &self.name
    }

    /// Its size in bytes.
    pub(in crate::cli) fn size(&self) -> u64 {
        self.size
    }

    /// Its first bytes.
    pub(in crate::cli) fn first_piece(&self) -> io::Result<Vec<u8>> {
        Ok(self.piece(0, FIRST_PIECE)?.into())
    }

    /// Up to `length` bytes from `start` on: fewer at the end, none beyond it.
    pub(super) fn piece(&self, start: u64, length: u64) -> io::Result<bytes::Bytes> {
        let end = start.saturating_add(length).min(self.size);
        if start >= end {
            return Ok(bytes::Bytes::new());
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(start..end)),
            if_match: self.e_tag.clone(),
            ..GetOptions::default()
        };
        let Bucket { runtime, store, .. } = &*self.bucket;
        let piece = runtime.block_on(async {
            let found = store.get_opts(&self.path, options).await?;
            found.bytes().await
        });
        let piece = piece.map_err(|error| io::Error::other(words(&error)))?;
        if piece.len() as u64 != end - start {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(piece)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Object").field(&self.name).finish()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn service(error: Error) -> ObjectFault {
    ObjectFault::Service(words(&error))
}

/// An error with its causes, as far as they add something.
fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}

#[cfg(test)]
pub(super) mod tests {
    use object_store::memory::InMemory;

    use super::*;

    const EXTENSIONS: &[&str] = &["gz", "ndjson"];

    /// A bucket in memory.
    pub(in super::super) fn bucket(objects: &[(&str, &[u8])]) -> Bucket {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let bucket = Bucket {
            runtime: { runtime }.enable_all().build().unwrap(),
            store: Box::new(InMemory::new()),
            address: "memory://bucket/".to_owned(),
        };
        for (path, bytes) in objects {
            let path = Path::from(*path);
            let put = bucket.store.put(&path, bytes.to_vec().into());
            bucket.runtime.block_on(put).unwrap();
        }
        bucket
    }

    /// The only object of a bucket.
    pub(in super::super) fn object(bytes: &[u8]) -> Object {
        let mut found = bucket(&[("a.gz", bytes)]).list("a.gz", EXTENSIONS).unwrap();
        found.remove(0)
    }

    fn names(key: &str) -> Vec<String> {
        let objects: &[(&str, &[u8])] = &[
            ("logs/b.ndjson", b"b"),
            ("logs/a/2.gz", b"2"),
            ("logs/.hidden/x.gz", b"x"),
            ("logs/a/_SUCCESS", b""),
            ("logs-other/c.gz", b"c"),
        ];
        let found = bucket(objects).list(key, EXTENSIONS).unwrap();
        found
            .iter()
            .map(|object| object.name().to_owned())
            .collect()
    }

    #[test]
    fn a_prefix_is_a_directory_and_an_object_is_itself() {
        let below = [
            "memory://bucket/logs/a/2.gz",
            "memory://bucket/logs/b.ndjson",
        ];
        assert_eq!(names("logs/"), below);
        assert_eq!(names("logs"), below);
        assert_eq!(names("logs/a/2.gz"), below[..1]);
        assert_eq!(names("").len(), 3);
        assert_eq!(names("none/").len(), 0);
    }

    #[test]
    fn a_piece_ends_with_its_object() {
        let object = object(b"0123456789");
        assert_eq!(&object.piece(2, 3).unwrap()[..], b"234");
        assert_eq!(&object.piece(8, 100).unwrap()[..], b"89");
        assert_eq!(&object.piece(10, 1).unwrap()[..], b"");
    }

    #[test]
    fn an_object_that_was_replaced_is_an_error() {
        let old = object(b"old");
        let put = old.bucket.store.put(&old.path, b"new".to_vec().into());
        old.bucket.runtime.block_on(put).unwrap();
        assert!(old.piece(0, 3).is_err());
    }

    #[test]
    fn an_address_without_a_bucket_is_refused() {
        assert!(matches!(
            list("s3:///x", EXTENSIONS),
            Err(ObjectFault::NoBucket)
        ));
    }
}
