//! What `docs/conformance.md` names is there: tests, files, pages.

use std::fs;

use crate::sources::root;

#[test]
fn every_test_and_file_that_the_page_names_exists() {
    let page = fs::read_to_string(root().join("docs/conformance.md")).unwrap();
    let mut named = 0;
    for word in page.split('`').skip(1).step_by(2) {
        if let Some((place, test)) = word.rsplit_once("::") {
            named += 1;
            let files = files_of(place);
            let found = files.iter().find_map(|file| fs::read_to_string(file).ok());
            let text = found.unwrap_or_else(|| panic!("{word}: none of {files:?}"));
            assert!(has_test(&text, test), "{word}: no such test");
        } else if word.starts_with("src/") {
            assert!(root().join(word).is_file(), "{word}: no such file");
        }
    }
    assert!(named > 15, "{named} tests are named");
    for link in page.split("](").skip(1) {
        let link = link.split(')').next().unwrap();
        let target = root().join("docs").join(link);
        assert!(target.is_file(), "{link}: no such page");
    }
}

/// Where the tests of a module may stand.
fn files_of(place: &str) -> Vec<std::path::PathBuf> {
    let (binary, module) = place.split_once("::").unwrap();
    let module = module.replace("::", "/");
    let folder = match binary {
        "lib" => "src".to_owned(),
        binary => format!("tests/{binary}"),
    };
    [
        format!("{folder}/{module}.rs"),
        format!("{folder}/{module}/mod.rs"),
    ]
    .map(|file| root().join(file))
    .to_vec()
}

/// Whether the text has this test, `#[test]` before it.
fn has_test(text: &str, test: &str) -> bool {
    let Some((before, _)) = text.split_once(&format!("fn {test}(")) else {
        return false;
    };
    let before = before.trim_end();
    before.ends_with("#[test]")
        || before.ends_with(']') && before.rfind("#[test]") > before.rfind('}')
}
