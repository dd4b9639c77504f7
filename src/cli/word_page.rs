//! The page of a word for `trapline explain WORD`: a word of the glossary, a code of an error, or a lint.

use crate::lint::LINTS;
use crate::report::glossary;

/// What there is to say about a word; `None` for one that is no word of Trapline.
pub(super) fn of(word: &str) -> Option<String> {
    if let Some((word, text)) = glossary::entry(word) {
        return Some(format!("{word}\n\n{text}\n"));
    }
    let lints = LINTS.iter().map(|lint| &lint.code);
    let mut codes = crate::codes().chain(lints);
    let code = codes.find(|code| code.number.eq_ignore_ascii_case(word))?;
    let page = code.page.trim_end();
    Some(format!("{}: {}\n\n{page}\n", code.number, code.title))
}
