//! The words of a text as Elasticsearch's standard analyzer gives them: cut by Unicode's rules for
//! word boundaries (UAX #29), in lower case, without stop words. What `text` and `match_only_text`
//! fields are searched by.

use unicode_segmentation::UnicodeSegmentation;

use super::field::lowercase;

/// The longest word in UTF-16 units; a longer one is cut into pieces
/// (`StandardAnalyzer.DEFAULT_MAX_TOKEN_LENGTH`).
const LONGEST: usize = 255;

/// The words of a text, in their order.
///
/// ```
/// use trapline::event::analysis::words;
/// let found: Vec<String> = words("Set-PSBreakpoint mscorlib.dll").collect();
/// assert_eq!(found, ["set", "psbreakpoint", "mscorlib.dll"]);
/// ```
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.unicode_words().flat_map(pieces)
}

/// A text in lower case, character by character, as the analyzer folds it.
pub fn lower_case(text: &str) -> String {
    text.chars().map(lowercase).collect()
}

fn pieces(word: &str) -> Vec<String> {
    if word.len() <= LONGEST {
        return vec![lower_case(word)];
    }
    let mut pieces = vec![String::new()];
    let mut length = 0;
    for c in word.chars() {
        if length + c.len_utf16() > LONGEST {
            pieces.push(String::new());
            length = 0;
        }
        length += c.len_utf16();
        if let Some(piece) = pieces.last_mut() {
            piece.push(lowercase(c));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_unicode_cuts_them() {
        for (text, expected) in [
            ("Set-PSBreakpoint done", "set psbreakpoint done"),
            (r"C:\Windows\a_b.EXE /c", "c windows a_b.exe c"),
            ("*", ""),
            ("- / \\", ""),
            ("can't 3.14 1,000 x.1", "can't 3.14 1,000 x 1"),
            ("foo@bar.com", "foo bar.com"),
            ("Ünïcode ÉTÉ", "ünïcode été"),
            ("日本 ab", "日 本 ab"),
            ("a--b__c", "a b__c"),
        ] {
            let found: Vec<String> = words(text).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_long_word_is_cut() {
        let found: Vec<String> = words(&"a".repeat(300)).collect();
        assert_eq!(found.iter().map(String::len).collect::<Vec<_>>(), [255, 45]);
    }
}
