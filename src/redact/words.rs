//! Word boundaries, common words that are not names, existing pseudonyms, and names in paths.

/// Accounts, authorities and machines that are the same everywhere.
const NOBODY: &[&str] = &[
    "-",
    "administrator",
    "administrators",
    "all users",
    "anonymous logon",
    "builtin",
    "default",
    "default user",
    "defaultaccount",
    "everyone",
    "font driver host",
    "guest",
    "iusr",
    "local",
    "local service",
    "localhost",
    "localsystem",
    "network service",
    "nobody",
    "nt authority",
    "nt service",
    "nt virtual machine",
    "public",
    "root",
    "service",
    "system",
    "trustedinstaller",
    "wdagutilityaccount",
    "window manager",
    "workgroup",
];

/// Whether the name belongs to nobody in particular.
pub(super) fn is_nobody(name: &str) -> bool {
    let name = name.to_lowercase();
    let numbered = |prefix: &str| {
        let rest = name.strip_prefix(prefix);
        rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    NOBODY.contains(&name.as_str()) || numbered("dwm-") || numbered("umfd-")
}

/// Whether it is a part of a word.
pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Whether a word can begin at `at`.
pub(super) fn starts(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    !before.is_some_and(is_word)
}

/// Whether the `length` bytes at `at` are no part of a longer word.
pub(super) fn boundary(text: &str, at: usize, length: usize) -> bool {
    let after = text.get(at + length..).and_then(|rest| rest.chars().next());
    starts(text, at) && !after.is_some_and(is_word)
}

/// The length of the stand-in of a name that the text begins with: `user-1`, `host-2`, `CORP-1`,
/// `corp-1.example`.
pub(super) fn pseudonym_at(text: &str) -> Option<usize> {
    for prefix in ["user-", "host-", "corp-"] {
        let Some(head) = text.get(..prefix.len()) else {
            continue;
        };
        if !head.eq_ignore_ascii_case(prefix) {
            continue;
        }
        let rest = text.get(prefix.len()..)?;
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let mut length = prefix.len() + digits;
        if prefix == "corp-" && rest.get(digits..)?.starts_with(".example") {
            length += ".example".len();
        }
        if digits > 0 && boundary(text, 0, length) {
            return Some(length);
        }
    }
    None
}

/// Whether the name is a stand-in, or one of several parts that all are.
pub(super) fn is_pseudonym(name: &str) -> bool {
    pseudonym_at(name).is_some_and(|length| length == name.len())
}

/// The texts in quotes of a query, in small letters.
pub(super) fn constants(query: &str) -> Vec<String> {
    let pieces = query.split('"').skip(1).step_by(2);
    pieces
        .map(str::to_lowercase)
        .filter(|text| !text.is_empty())
        .collect()
}

/// The user names in paths such as `C:\Users\NAME\` and `/home/NAME/`.
pub(super) fn users_in_paths(text: &str) -> impl Iterator<Item = &str> {
    const BEFORE: [&str; 5] = [
        "\\users\\",
        "/users/",
        "/home/",
        "\\documents and settings\\",
        "\\profiles\\",
    ];
    // Folding ASCII only, so that places in the one text are places in the other.
    let folded = text.to_ascii_lowercase();
    let mut names = Vec::new();
    for before in BEFORE {
        for (at, _) in folded.match_indices(before) {
            let rest = text.get(at + before.len()..).unwrap_or("");
            names.extend(name_up_to(rest, "\\/\"'*?<>|:;,"));
        }
    }
    names.into_iter()
}

/// The host names of `\\HOST\share`.
pub(super) fn hosts_in_shares(text: &str) -> impl Iterator<Item = &str> {
    let shares = text.match_indices("\\\\").filter_map(|(at, slashes)| {
        let begins = text
            .get(..at)
            .and_then(|before| before.chars().next_back())
            .is_none_or(|before| before.is_whitespace() || "\"'=,(".contains(before));
        let rest = text.get(at + slashes.len()..)?;
        let host = name_up_to(rest, "\\/\"' *?<>|:;,.@")?;
        let digits = host.bytes().all(|byte| byte.is_ascii_digit());
        (begins && !digits && rest.len() > host.len()).then_some(host)
    });
    shares.collect::<Vec<_>>().into_iter()
}

fn name_up_to<'t>(text: &'t str, ends: &str) -> Option<&'t str> {
    let end = text.find(|c: char| ends.contains(c)).unwrap_or(text.len());
    text.get(..end).filter(|name| !name.trim().is_empty())
}
