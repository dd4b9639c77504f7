//! The parts of a domain's name as Elasticsearch's processor `registered_domain` finds them, by the
//! public suffix list. Called by the Sysmon pipeline; the only file that knows the list.

/// The parts of a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Domain {
    /// What was registered: `example.co.uk`.
    pub(super) registered: Option<String>,
    /// Below what it was registered: `co.uk`.
    pub(super) top_level: String,
    /// What stands before it: `www`.
    pub(super) subdomain: Option<String>,
}

/// Splits a name; `None` where it ends with no suffix of the list, as names of a local network do.
///
/// A private suffix (`github.io`) counts as registered itself, whatever stands before it: so does
/// the library that the processor uses.
pub(super) fn split(name: &str) -> Option<Domain> {
    let lower = name.to_lowercase();
    if lower.starts_with('.') {
        return None;
    }
    let suffix = psl::suffix(lower.as_bytes()).filter(psl::Suffix::is_known)?;
    let whole = std::str::from_utf8(suffix.as_bytes()).ok()?;
    let registered = if suffix.typ() == Some(psl::Type::Private) {
        Some(whole)
    } else {
        psl::domain_str(&lower)
    };
    let Some(registered) = registered else {
        return Some(Domain {
            registered: None,
            top_level: name.to_owned(),
            subdomain: None,
        });
    };
    let (_, top_level) = registered.split_once('.')?;
    // Compared with the name as it was written: a subdomain is found only where that is lower case.
    let subdomain = name
        .strip_suffix(registered)
        .and_then(|rest| rest.strip_suffix('.'));
    Some(Domain {
        registered: Some(registered.to_owned()),
        top_level: top_level.to_owned(),
        subdomain: subdomain.filter(|rest| !rest.is_empty()).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_as_the_processor_s_own_tests_say() {
        for (name, registered, top_level, subdomain) in [
            (
                "www.google.co.uk",
                Some("google.co.uk"),
                "co.uk",
                Some("www"),
            ),
            ("example.com", Some("example.com"), "com", None),
            ("com", None, "com", None),
            ("googleapis.com", Some("googleapis.com"), "com", None),
            (
                "content-autofill.googleapis.com",
                Some("googleapis.com"),
                "com",
                Some("content-autofill"),
            ),
            (
                "1.www.global.ssl.fastly.net",
                Some("global.ssl.fastly.net"),
                "ssl.fastly.net",
                Some("1.www"),
            ),
        ] {
            let expected = Domain {
                registered: registered.map(str::to_owned),
                top_level: top_level.to_owned(),
                subdomain: subdomain.map(str::to_owned),
            };
            assert_eq!(split(name), Some(expected), "{name}");
        }
        for name in ["", ".", "$", "foo.bar.baz", "WORKSTATION6", ".com"] {
            assert_eq!(split(name), None, "{name}");
        }
    }
}
