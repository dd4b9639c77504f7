//! Line diff of two texts; the only file that uses `similar`.

use similar::{ChangeTag, TextDiff};

/// Whether a line stayed, was removed or was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// It stayed.
    Same,
    /// It went.
    Gone,
    /// It came.
    Came,
}

impl Tag {
    /// The sign in front of the line.
    pub fn sign(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Gone => '-',
            Self::Came => '+',
        }
    }
}

/// The lines of both texts in one list, without their line breaks.
///
/// ```
/// use trapline::snapshot::diff::{Tag, diff};
/// let lines = diff("a\nb\n", "a\nc\n");
/// let expected = [(Tag::Same, "a"), (Tag::Gone, "b"), (Tag::Came, "c")];
/// assert_eq!(lines, expected.map(|(tag, line)| (tag, line.to_owned())));
/// ```
pub fn diff(before: &str, after: &str) -> Vec<(Tag, String)> {
    TextDiff::from_lines(before, after)
        .iter_all_changes()
        .map(|change| {
            let tag = match change.tag() {
                ChangeTag::Equal => Tag::Same,
                ChangeTag::Delete => Tag::Gone,
                ChangeTag::Insert => Tag::Came,
            };
            (tag, change.value().trim_end_matches('\n').to_owned())
        })
        .collect()
}
