//! `file:` URIs and the names of files relative to the project's root.

/// The path of a `file:` URI, written with `/`; `None` for any other URI.
pub fn path(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("file://")?;
    // An authority is the local host, or a share of Windows, which no project of ours is on.
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let mut bytes = Vec::new();
    let mut left = rest.bytes();
    while let Some(byte) = left.next() {
        if byte == b'%' {
            let digits = [left.next()?, left.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let path = String::from_utf8(bytes).ok()?;
    // `/c:/x` is `C:/x`.
    let mut characters = path.chars().skip(1);
    let drive = characters.next().filter(char::is_ascii_alphabetic);
    match (drive, characters.next()) {
        (Some(drive), Some(':')) => {
            let rest = path.get(3..).unwrap_or("");
            Some(format!("{}:{rest}", drive.to_ascii_uppercase()))
        }
        _ => Some(path),
    }
}

/// The URI of an absolute path.
pub fn of_path(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = "file://".to_owned();
    if !path.starts_with('/') {
        uri.push('/');
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// The name of a path relative to the root; the path itself where it is outside.
pub(super) fn name(root: &str, path: &str) -> String {
    let rest = path.strip_prefix(root.trim_end_matches('/'));
    let rest = rest.and_then(|rest| rest.strip_prefix('/'));
    rest.unwrap_or(path).to_owned()
}

/// Whether a file's name has an extension.
pub(super) fn has_extension(name: &str, extension: &str) -> bool {
    let own = std::path::Path::new(name).extension();
    own.is_some_and(|own| own == extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_the_way_through_a_uri() {
        for path_ in ["/a b/é.yaml", "/x/%.toml", "C:/rules/a.toml"] {
            assert_eq!(path(&of_path(path_)).as_deref(), Some(path_));
        }
        assert_eq!(path("file:///c%3A/a").as_deref(), Some("C:/a"));
        assert_eq!(path("untitled:Untitled-1"), None);
        assert_eq!(path("file:///%zz"), None);
        assert_eq!(name("/p", "/p/rules/a.toml"), "rules/a.toml");
        assert_eq!(name("/p", "/pq/a.toml"), "/pq/a.toml");
    }
}
