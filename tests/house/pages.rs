//! Folders of pages that are made from the source: compared, or with `TRAPLINE_UPDATE=1` rewritten.

use std::collections::BTreeMap;
use std::fs;

use crate::sources::root;

/// Holds a folder against the pages that it must hold, by file name.
pub(crate) fn up_to_date(folder: &str, pages: &BTreeMap<String, String>) {
    let directory = root().join(folder);
    if std::env::var("TRAPLINE_UPDATE").is_ok_and(|update| update == "1") {
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        for (name, page) in pages {
            fs::write(directory.join(name), page).unwrap();
        }
        return;
    }
    let fix = "run `TRAPLINE_UPDATE=1 cargo test --test house`";
    for (name, page) in pages {
        let found = fs::read_to_string(directory.join(name)).unwrap_or_default();
        assert!(
            found.replace("\r\n", "\n") == *page,
            "{folder}/{name} is out of date: {fix}"
        );
    }
    for entry in fs::read_dir(&directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            pages.contains_key(&name),
            "{folder}/{name} belongs to nothing: {fix}"
        );
    }
}
