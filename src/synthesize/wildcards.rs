//! Texts for wildcard patterns: the intersection of two patterns, and realistic values for their
//! open parts. Called by [`super::value`].

use super::sample_values::{SampleField, System};
use crate::plan::predicate::{WildcardPattern, WildcardToken};

/// More pieces than these are not put together.
const LONGEST: usize = 2000;
/// How many texts of a pattern are made.
const VARIANTS: usize = 5;

/// A text as the pattern that only it matches.
pub(super) fn exact(text: &str) -> WildcardPattern {
    WildcardPattern(text.chars().map(WildcardToken::Char).collect())
}

/// A pattern whose texts both patterns match; of the many that there may be the first that a walk
/// through both finds. Letters are the same whatever their case.
pub(super) fn common(a: &WildcardPattern, b: &WildcardPattern) -> Option<WildcardPattern> {
    let (a, b) = (&a.0, &b.0);
    if a.len().saturating_mul(b.len()) > LONGEST * LONGEST / 4 {
        return None;
    }
    let mut seen = vec![false; (a.len() + 1) * (b.len() + 1)];
    // Depth first, with the pieces so far: (place in a, place in b, how many pieces, the piece).
    let mut open = vec![(0, 0, 0, None)];
    let mut pieces: Vec<WildcardToken> = Vec::new();
    while let Some((i, j, length, piece)) = open.pop() {
        pieces.truncate(length);
        pieces.extend(piece);
        if i == a.len() && j == b.len() {
            return Some(WildcardPattern(pieces));
        }
        let place = i * (b.len() + 1) + j;
        match seen.get_mut(place) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        // The last step pushed is the first tried: literal pieces before gaps.
        for step in steps(a.get(i).copied(), b.get(j).copied())
            .into_iter()
            .rev()
        {
            open.push((i + step.0, j + step.1, pieces.len(), step.2));
        }
    }
    None
}

/// `(on in a, on in b, the piece that both take)`
type Step = (usize, usize, Option<WildcardToken>);

fn steps(a: Option<WildcardToken>, b: Option<WildcardToken>) -> Vec<Step> {
    use WildcardToken::{Char, Many, One};
    match (a, b) {
        (Some(Many), Some(Many)) => vec![(1, 0, Some(Many)), (0, 1, Some(Many))],
        (Some(Many), Some(piece)) => vec![(0, 1, Some(piece)), (1, 0, None)],
        (Some(piece), Some(Many)) => vec![(1, 0, Some(piece)), (0, 1, None)],
        (Some(Many), None) => vec![(1, 0, None)],
        (None, Some(Many)) => vec![(0, 1, None)],
        (Some(Char(x)), Some(Char(y))) if same(x, y) => vec![(1, 1, Some(Char(x)))],
        (Some(One), Some(piece)) | (Some(piece), Some(One)) => vec![(1, 1, Some(piece))],
        _ => Vec::new(),
    }
}

fn same(x: char, y: char) -> bool {
    x == y || x.to_lowercase().eq(y.to_lowercase())
}

/// Texts of a pattern, the likeliest first.
pub(super) fn texts(pattern: &WildcardPattern, sample: &SampleField<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    for variant in 0..VARIANTS {
        let text = fill(&pattern.0, variant, sample);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

fn fill(pattern: &[WildcardToken], variant: usize, sample: &SampleField<'_>) -> String {
    let mut text = String::new();
    for (at, token) in pattern.iter().enumerate() {
        let next = pattern.get(at + 1).copied();
        match token {
            WildcardToken::Char(c) => text.push(*c),
            WildcardToken::One if next == Some(WildcardToken::Char(':')) => text.push('C'),
            WildcardToken::One => text.extend(['1', 'a', 'x', '2', 'b'].get(variant)),
            WildcardToken::Many => text.push_str(&gap(&text, next, variant, sample)),
        }
    }
    text
}

/// What stands for `*` after this text and before that piece.
fn gap(
    before: &str,
    next: Option<WildcardToken>,
    variant: usize,
    sample: &SampleField<'_>,
) -> String {
    let separator = |c: char| matches!(c, '\\' | '/');
    let after_separator = before.ends_with(separator);
    let chosen: [&str; VARIANTS] = match next {
        Some(WildcardToken::Char('\\')) if before.is_empty() => [
            r"C:\Users\ada\Downloads",
            r"C:\Windows\System32",
            r"C:\ProgramData\Sample",
            r"D:\Tools",
            "",
        ],
        Some(WildcardToken::Char('/')) if before.is_empty() => {
            ["/usr/local", "/tmp", "/opt/sample", "/home/ada", ""]
        }
        Some(WildcardToken::Char('\\' | '/')) if after_separator => {
            ["ada", "Sample", "1.0", "x", ""]
        }
        Some(WildcardToken::Char('.')) if after_separator || before.is_empty() => {
            ["sample", "update", "a1", "x", ""]
        }
        None if after_separator => match (sample.is_program(), sample.system()) {
            (true, System::Windows) => ["sample.exe", "update.exe", "a1.exe", "x", ""],
            (true, _) => ["sample", "update", "a1", "x", ""],
            (false, _) => ["sample.txt", "sample", "a1", "x", ""],
        },
        _ if sample.is_line() => match (before.is_empty(), next.is_none(), sample.system()) {
            (true, _, System::Windows) => ["sample.exe ", "", "sample.exe -x ", "1", "sample"],
            (true, ..) => ["sample ", "", "sample -x ", "1", "sample"],
            (_, true, _) => ["", " -x", " ", "1", "sample"],
            _ => [" ", "", " -x ", "1", "sample"],
        },
        _ if after_separator => ["sample", "ada", "a1", "x", ""],
        None if sample.is_domain() && before.ends_with('.') => ["com", "example", "a1", "x", ""],
        _ if sample.is_domain() && before.is_empty() => ["sample.", "update.", "a1", "x", ""],
        // Text, so that a pattern that loses its `*` does not match as well.
        _ => ["1", "", "sample", "-x", "a1 "],
    };
    chosen
        .get(variant)
        .map_or(String::new(), |gap| (*gap).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::pattern::Pattern;

    fn meet(a: &str, b: &str) -> Option<String> {
        let (a, b) = (WildcardPattern::eql(a), WildcardPattern::eql(b));
        let both = common(&a, &b)?;
        let sample = SampleField::new("process.command_line", System::Windows);
        for text in texts(&both, &sample) {
            for pattern in [&a, &b] {
                assert!(Pattern::wildcard(pattern, true).matches(&text), "{text}");
            }
        }
        texts(&both, &sample).into_iter().next()
    }

    #[test]
    fn what_two_patterns_have_in_common_matches_both() {
        assert_eq!(meet("a*", "*b").as_deref(), Some("a b"));
        assert_eq!(
            meet("*foo*", "*bar*").as_deref(),
            Some("sample.exe foo bar")
        );
        assert_eq!(meet("A?c", "abC").as_deref(), Some("Abc"));
        assert!(meet("*a*b*", "b*").is_some() && meet("**", "").is_some());
        assert_eq!(meet("a*", "b*"), None);
        assert_eq!(meet("?", ""), None);
        assert_eq!(meet("ab", "abc"), None);
    }

    #[test]
    fn there_is_text_for_each_star() {
        let of = |field: &str, pattern: &str| {
            let sample = SampleField::new(field, System::Windows);
            texts(&WildcardPattern::eql(pattern), &sample).remove(0)
        };
        assert_eq!(of("process.args", "-p*"), "-p1");
        assert_eq!(of("process.args", "*password*"), "1password1");
        assert_eq!(of("file.name", "lsass*.dmp"), "lsass1.dmp");
        assert_eq!(of("dns.question.name", "pastebin.*"), "pastebin.com");
        assert_eq!(of("dns.question.name", "*.ngrok.io"), "sample.ngrok.io");
        assert_eq!(of("dns.question.name", "*ngrok.io"), "sample.ngrok.io");
    }

    #[test]
    fn an_open_path_looks_like_one() {
        let of = |pattern: &str| {
            let sample = SampleField::new("process.executable", System::Windows);
            texts(&WildcardPattern::eql(pattern), &sample).remove(0)
        };
        assert_eq!(of(r"?:\Windows\CCM\*"), r"C:\Windows\CCM\sample.exe");
        assert_eq!(of(r"*\cmd.exe"), r"C:\Users\ada\Downloads\cmd.exe");
        assert_eq!(
            of(r"C:\Users\*\AppData\*.exe"),
            r"C:\Users\ada\AppData\sample.exe"
        );
    }
}
