//! What the fuzz targets were given and what they found, tried again on every change.

use std::path::Path;

#[path = "../../fuzz/bodies.rs"]
mod bodies;

/// Runs a target's function over its folder of the corpus.
fn replay(target: &str, body: fn(&[u8])) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut inputs = 0;
    for entry in std::fs::read_dir(folder)? {
        body(&std::fs::read(entry?.path())?);
        inputs += 1;
    }
    assert!(inputs > 0, "{target} has no inputs");
    Ok(())
}

macro_rules! replay {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() -> std::io::Result<()> {
            replay(stringify!($target), bodies::$target)
        })*

        #[test]
        fn every_target_is_replayed() -> std::io::Result<()> {
            let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
            for entry in std::fs::read_dir(targets)? {
                let name = entry?.file_name().to_string_lossy().replace(".rs", "");
                assert!([$(stringify!($target)),*].contains(&&*name), "{name} is not replayed");
            }
            Ok(())
        }
    };
}

replay!(
    lexer parser checker rule scenario ndjson mapping pattern snapshot import parquet kql lucene esql dsl kibana config source response
);
