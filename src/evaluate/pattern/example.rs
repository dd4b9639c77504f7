//! Generates texts that a regular expression may match, for the search of matching events. The
//! results are candidates: complements, intersections and look-around are ignored, so the caller
//! must test each text.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::{java, lucene};

/// The longest text that is made, in bytes.
const LONGEST: usize = 4096;
/// How many ways through an expression are taken.
const WAYS: usize = 8;
/// Of a class with many characters these come first.
const READABLE: &str = "ax1-/\\. A_:";

/// Texts of an expression of Lucene's dialect.
pub fn lucene(pattern: &str, insensitive: bool) -> Vec<String> {
    lucene::sketch(pattern, insensitive).map_or_else(Vec::new, |hir| texts(&hir))
}

/// Texts of an expression of Java's dialect.
pub fn java(pattern: &str) -> Vec<String> {
    java::sketch(pattern).map_or_else(Vec::new, |hir| texts(&hir))
}

/// Texts of an expression of `regex-syntax`'s dialect in which a group of this name holds this text,
/// whatever the group's own expression says.
pub fn with_group(pattern: &str, name: &str, held: &str) -> Vec<String> {
    let hir = regex_syntax::parse(pattern);
    hir.map_or_else(|_| Vec::new(), |hir| ways(&hir, Some((name, held))))
}

fn texts(hir: &Hir) -> Vec<String> {
    ways(hir, None)
}

fn ways(hir: &Hir, group: Option<(&str, &str)>) -> Vec<String> {
    let mut texts = Vec::new();
    for way in 0..WAYS {
        let mut text = String::new();
        if walk(hir, way, group, &mut text).is_some() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// One way through: which branch of an alternation, how often what may repeat, which character.
fn walk(hir: &Hir, way: usize, group: Option<(&str, &str)>, text: &mut String) -> Option<()> {
    if text.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(character(class, way)?),
        HirKind::Capture(capture) => match (group, &capture.name) {
            (Some((name, held)), Some(own)) if **own == *name => text.push_str(held),
            _ => walk(&capture.sub, way, group, text)?,
        },
        HirKind::Concat(parts) => {
            for part in parts {
                walk(part, way, group, text)?;
            }
        }
        HirKind::Alternation(parts) => {
            walk(parts.get(way % parts.len().max(1))?, way, group, text)?;
        }
        HirKind::Repetition(repetition) => {
            let more = [0, 1, 4].get(way % 3).copied().unwrap_or(0);
            let most = repetition.max.unwrap_or(u32::MAX);
            let times = repetition.min.saturating_add(more).min(most);
            for _ in 0..times {
                walk(&repetition.sub, way, group, text)?;
            }
        }
    }
    Some(())
}

fn character(class: &Class, way: usize) -> Option<char> {
    let Class::Unicode(class) = class else {
        let Class::Bytes(class) = class else {
            return None;
        };
        return class
            .ranges()
            .first()
            .map(|range| char::from(range.start()));
    };
    let within = |c: &char| {
        let mut ranges = class.ranges().iter();
        ranges.any(|range| (range.start()..=range.end()).contains(c))
    };
    let readable: Vec<char> = READABLE.chars().filter(within).collect();
    let chosen = readable.get((way / 2) % readable.len().max(1)).copied();
    chosen.or_else(|| {
        class
            .ranges()
            .first()
            .map(regex_syntax::hir::ClassUnicodeRange::start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::pattern::Pattern;

    #[test]
    fn most_texts_that_are_found_match() {
        for pattern in [
            r"[a-z]{2,4}\.exe",
            "(cmd|powershell)(.exe)?",
            ".*",
            r"\d+-[^a]x@",
            "<10-200>",
            "a{3}b?",
            "[a-z]+&~(root)",
        ] {
            let compiled = Pattern::lucene(pattern, false).unwrap();
            let texts = lucene(pattern, false);
            assert!(
                texts.iter().any(|text| compiled.matches(text)),
                "{pattern}: {texts:?}"
            );
        }
        for pattern in [r"^[a-f0-9]{8}$", r"(?i)abc\s+\w", "a|b.c"] {
            let compiled = Pattern::java(pattern, false).unwrap();
            assert!(
                java(pattern).iter().any(|text| compiled.matches(text)),
                "{pattern}"
            );
        }
    }

    #[test]
    fn what_is_no_expression_or_endless_gives_no_texts() {
        assert!(lucene("(a", false).is_empty());
        assert!(java("(?=a)b").is_empty());
        assert!(lucene("((a{900}){900}){900}", false).is_empty());
    }
}
