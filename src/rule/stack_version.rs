//! Versions of the Elastic Stack, as `min_stack_version` names them.

use std::fmt;

/// `8.18.0`, or `8.18` for the first of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackVersion {
    /// `8`
    pub major: u16,
    /// `18`
    pub minor: u16,
    /// `0`
    pub patch: u16,
}

impl StackVersion {
    /// The first version of a line.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self {
            major,
            minor,
            patch: 0,
        }
    }

    /// Reads two or three numbers with dots between them.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<u16> = text
            .split('.')
            .map(|part| part.parse().ok())
            .collect::<Option<_>>()?;
        let (major, minor, patch) = match parts[..] {
            [major, minor] => (major, minor, 0),
            [major, minor, patch] => (major, minor, patch),
            _ => return None,
        };
        Some(Self {
            major,
            minor,
            patch,
        })
    }
}

impl fmt::Display for StackVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch > 0 {
            write!(f, ".{}", self.patch)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number() {
        let of = |text: &str| StackVersion::parse(text).unwrap();
        assert!(of("8.9.0") < of("8.18.0") && of("8.18") < of("9.0.0"));
        assert_eq!(
            (of("8.18.0").to_string(), of("9.0.5").to_string()),
            ("8.18".to_owned(), "9.0.5".to_owned())
        );
        assert_eq!(StackVersion::parse("8.x"), None);
    }
}
