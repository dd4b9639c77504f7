//! Tells the tests whether the shared reference material lies beside the checkout, so that those
//! that need it are reported as ignored where it is absent. With `TRAPLINE_REQUIRE_CORPUS=1` they
//! run all the same, and fail.
#![expect(
    clippy::disallowed_methods,
    reason = "a build script asks the environment"
)]

/// A file that the material has; cargo runs the script again when it comes or goes.
const MATERIAL: &str = "../shared/conformance/README.md";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(shared_corpus)");
    println!("cargo::rerun-if-env-changed=TRAPLINE_REQUIRE_CORPUS");
    println!("cargo::rerun-if-changed=build.rs");
    let required = std::env::var("TRAPLINE_REQUIRE_CORPUS").is_ok_and(|value| value == "1");
    let is_there = std::path::Path::new(MATERIAL).is_file();
    if is_there {
        // Not where it is absent: cargo would then run the script, and compile, every time.
        println!("cargo::rerun-if-changed={MATERIAL}");
    }
    if required || is_there {
        println!("cargo::rustc-cfg=shared_corpus");
    }
}
