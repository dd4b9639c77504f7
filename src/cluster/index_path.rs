//! The path of a search over index patterns. A rule may come from somebody else: whatever its
//! patterns hold, the path stays that of a search.

use std::fmt::Write as _;

/// The patterns as one segment of a path; `None` for a pattern that would make it another endpoint.
pub(super) fn segment<'p>(patterns: impl Iterator<Item = &'p str>) -> Option<String> {
    let mut segment = String::new();
    for pattern in patterns {
        let is_endpoint = pattern.starts_with('_') && pattern != "_all";
        if is_endpoint || matches!(pattern, "" | "." | "..") {
            return None;
        }
        if !segment.is_empty() {
            segment.push(',');
        }
        encode(pattern, &mut segment);
    }
    Some(segment)
}

/// Percent-encodes what has a meaning in a URL.
fn encode(pattern: &str, segment: &mut String) {
    for byte in pattern.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' | b':' | b',' => {
                segment.push(char::from(byte));
            }
            // Writing to memory does not fail.
            other => drop(write!(segment, "%{other:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::segment;

    fn of(patterns: &[&str]) -> Option<String> {
        segment(patterns.iter().copied())
    }

    #[test]
    fn patterns_are_one_segment() {
        let usual = of(&["logs-endpoint.events.*", "remote:winlogbeat-*", "-old-*"]);
        let expected = "logs-endpoint.events.*,remote:winlogbeat-*,-old-*";
        assert_eq!(usual.as_deref(), Some(expected));
        assert_eq!(
            of(&["<logs-{now/d}>"]).as_deref(),
            Some("%3Clogs-%7Bnow%2Fd%7D%3E")
        );
        assert_eq!(of(&["é"]).as_deref(), Some("%C3%A9"));
    }

    #[test]
    fn no_pattern_leads_to_another_endpoint() {
        let hostile = of(&["a/_delete_by_query?q=*#", "b%2F"]);
        assert_eq!(
            hostile.as_deref(),
            Some("a%2F_delete_by_query%3Fq%3D*%23,b%252F")
        );
        for pattern in ["..", ".", "", "_bulk", "_security/user"] {
            assert_eq!(of(&[pattern]), None, "{pattern}");
        }
        assert_eq!(of(&["_all"]).as_deref(), Some("_all"));
    }
}
