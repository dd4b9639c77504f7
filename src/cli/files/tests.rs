//! Files on a disk.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests look at the disk behind our back"
)]

use super::*;

fn project() -> (tempfile::TempDir, Files) {
    let directory = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
    (directory, Files::new(root))
}

fn code(result: Result<Arc<SourceText>, Box<Diagnostic>>) -> (&'static str, String) {
    let diagnostic = result.unwrap_err();
    (diagnostic.code.number, diagnostic.message)
}

#[test]
fn what_cannot_be_read_says_why() {
    let (_directory, files) = project();
    let bad = files.root().join("bad.yaml");
    std::fs::write(&bad, b"a: \xff").unwrap();
    std::fs::create_dir(files.root().join("dir.yaml")).unwrap();
    let large = std::fs::File::create(files.root().join("large.yaml")).unwrap();
    large.set_len(100 * 1024 * 1024).unwrap();
    let read = |name: &str| code(files.read(name.into()));
    assert_eq!(
        read("none.yaml"),
        ("E001", "`none.yaml` does not exist".into())
    );
    assert_eq!(read("dir.yaml").0, "E002");
    assert_eq!(read("bad.yaml"), ("E003", "`bad.yaml` is not UTF-8".into()));
    assert_eq!(read("large.yaml").0, "E004");
}

#[test]
fn files_are_found_below_a_directory_in_order() {
    let (_directory, files) = project();
    for name in [
        "b/z.yaml",
        "a.yaml",
        "b/a.yml",
        "b/c.toml",
        "b/__snapshots__/a.snap",
    ] {
        files.write(name.into(), "").unwrap();
    }
    let names = |path: &str, extensions: &[&str]| -> Vec<String> {
        let found = files.find(path.into(), extensions).unwrap();
        found.iter().map(|path| files.name(path)).collect()
    };
    assert_eq!(
        names("", &["yaml", "yml"]),
        ["a.yaml", "b/a.yml", "b/z.yaml"]
    );
    assert_eq!(names("b/../a.yaml", &["yaml"]), ["a.yaml"]);
    assert_eq!(names("b", &["snap"]), ["b/__snapshots__/a.snap"]);
    assert!(files.find("none".into(), &["yaml"]).is_err());
    let globbed: Vec<String> = files
        .glob("b/*.y*ml")
        .iter()
        .map(|path| files.name(path))
        .collect();
    assert_eq!(globbed, ["b/a.yml", "b/z.yaml"]);
}

#[test]
fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
    let (directory, files) = project();
    for text in ["one", "two"] {
        files.write("x/a.snap".into(), text).unwrap();
        assert_eq!(files.read("x/a.snap".into()).unwrap().text(), text);
    }
    assert_eq!(
        std::fs::read_dir(directory.path().join("x"))
            .unwrap()
            .count(),
        1
    );
    files.remove("x/a.snap".into()).unwrap();
    files.remove("x/a.snap".into()).unwrap();
    assert!(!files.exists("x/a.snap".into()));
}

#[test]
fn packed_files_are_unpacked_and_broken_ones_are_errors() {
    let (_directory, files) = project();
    let path = files.root().join("a.gz");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"{}\n").unwrap();
    std::fs::write(&path, encoder.finish().unwrap()).unwrap();
    let mut text = String::new();
    files
        .open(&path)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "{}\n");
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let packed = ruzstd::encoding::compress_to_vec(&b"{}\n"[..], level);
    std::fs::write(files.root().join("a.zst"), packed).unwrap();
    let mut text = String::new();
    files
        .open("a.zst".into())
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "{}\n");
    std::fs::write(files.root().join("b.zst"), "nonsense").unwrap();
    assert_eq!(
        files.open("b.zst".into()).err().unwrap().code.number,
        "E007"
    );
}
