//! Case folding: the one place that says when two texts are equal but for case.
//!
//! Simple folding, one code point to one code point, over all of Unicode, as Elasticsearch has it
//! with Lucene 10.5 (`CaseFolding`); older versions fold ASCII letters only. `ß`, `İ` and `ı` are
//! equal only to themselves, the Kelvin sign to `k`, `ſ` to `s`, `ς` to `σ`.

use std::borrow::Cow;

/// The code point that stands for all that equal `c` but for case.
pub fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    if c == 'ı' {
        return c;
    }
    single(single(c, char::to_uppercase), char::to_lowercase)
}

/// The text that stands for all that equal `text` but for case.
pub fn fold(text: &str) -> Cow<'_, str> {
    let is_folded = |b: u8| b.is_ascii() && !b.is_ascii_uppercase();
    if text.bytes().all(is_folded) {
        Cow::Borrowed(text)
    } else {
        let mut folded = String::new();
        fold_into(text, &mut folded);
        Cow::Owned(folded)
    }
}

/// Replaces `folded` by the folded text.
pub(in crate::evaluate) fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
    } else {
        folded.extend(text.chars().map(fold_char));
    }
}

/// The mapping where it gives one code point, else the code point itself.
fn single<I: Iterator<Item = char>>(c: char, map: impl Fn(char) -> I) -> char {
    let mut mapped = map(c);
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

    #[test]
    fn letters_that_would_expand_or_depend_on_a_language_stand_for_themselves() {
        for c in ['ß', 'İ', 'ı', 'ŉ'] {
            assert_eq!(fold_char(c), c);
        }
        assert_eq!(fold("ΣΊΣΥΦΟΣ"), "σίσυφοσ");
        assert_eq!(fold("\u{212A}ſÉ"), "ksé");
        assert_eq!(fold("plain.exe"), "plain.exe");
    }

    #[test]
    fn folding_agrees_with_unicodes_simple_case_folding() {
        // These pairs were joined in Unicode 15.1 without a lower-case mapping.
        let newer = [
            '\u{390}', '\u{1fd3}', '\u{3b0}', '\u{1fe3}', '\u{fb05}', '\u{fb06}',
        ];
        for c in ('\0'..=char::MAX).filter(|c| !newer.contains(c)) {
            let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
            class.try_case_fold_simple().unwrap();
            for range in class.ranges() {
                for other in range.start()..=range.end() {
                    assert_eq!(fold_char(c), fold_char(other), "{c:?} {other:?}");
                }
            }
        }
    }
}
