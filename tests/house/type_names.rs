//! No two types that a folder shows to its neighbours have one name: a search for the name finds
//! the type, and no file imports one of them under another name.

use std::collections::BTreeMap;

use super::sources::Source;

/// Each way of executing a rule has its own `Document`, imported by its module alone.
const KNOWN: [(&str, &str); 1] = [("execution", "Document")];

#[test]
fn no_two_visible_types_of_one_folder_share_a_name() {
    let mut places: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for source in Source::all() {
        let folder = source
            .name
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        for (_, line) in source.code() {
            if let Some(name) = visible_type(line.trim_start()) {
                let key = (folder.to_owned(), name.to_owned());
                places.entry(key).or_default().push(source.name.clone());
            }
        }
    }
    places.retain(|(folder, name), files| {
        files.len() > 1 && !KNOWN.contains(&(folder.as_str(), name.as_str()))
    });
    assert!(places.is_empty(), "types that share a name: {places:#?}");
}

/// The name of a type that the line declares and other files can see.
fn visible_type(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(')')?.1,
        None => rest,
    };
    let (keyword, rest) = rest.trim_start().split_once(' ')?;
    if !["struct", "enum", "trait", "type", "union"].contains(&keyword) {
        return None;
    }
    // A macro's `$name` is none.
    let name = rest
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next();
    name.filter(|name| !name.is_empty())
}
