//! `lucene-mixed-operators`: AND and OR beside each other, which have no precedence.

use crate::diagnostic::{Code, QueryText, Severity, Span};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "lucene-mixed-operators",
        title: "AND and OR without parentheses between them",
        page: "Lucene's operators have no precedence: `AND` makes the clauses on both its sides \
               required, and a clause beside `OR` alone is optional, which beside required ones decides \
               nothing.\n\n```lucene\nprocess.name:cmd.exe OR event.code:1 AND \
               user.name:x\n```\n\nneeds `event.code:1` and `user.name:x`, and does not look at the \
               name. Write parentheses around what belongs together.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(text: &QueryText, findings: &mut Vec<Finding>) {
    if let Some(span) = mixed(text.text()) {
        let message = "AND and OR are mixed, and Lucene gives neither precedence";
        findings.push(
            LINT.finding(text.source(), text.locate(span), message, "")
                .help("write parentheses around what belongs together"),
        );
    }
}

/// The second of two different operators in one group.
fn mixed(text: &str) -> Option<Span> {
    // For each open group the operator that it has had.
    let mut groups: Vec<Option<bool>> = vec![None];
    let mut word = String::new();
    let mut closing: Option<char> = None;
    let mut chars = text.char_indices().chain([(text.len(), ' ')]);
    while let Some((at, c)) = chars.next() {
        if let Some(end) = closing {
            match c {
                '\\' => drop(chars.next()),
                c if c == end => closing = None,
                _ => {}
            }
            continue;
        }
        let ends = c.is_whitespace() || matches!(c, '(' | ')');
        if ends {
            let is_and = match word.as_str() {
                "AND" | "&&" => Some(true),
                "OR" | "||" => Some(false),
                _ => None,
            };
            if let (Some(is_and), Some(group)) = (is_and, groups.last_mut()) {
                if group.is_some_and(|own| own != is_and) {
                    return Some(Span::of(at - word.len()..at));
                }
                *group = Some(is_and);
            }
            word.clear();
        }
        match c {
            '\\' => {
                word.push(c);
                word.extend(chars.next().map(|(_, c)| c));
            }
            '"' => closing = Some('"'),
            '/' if word.is_empty() || word.ends_with(':') => closing = Some('/'),
            '(' => groups.push(None),
            ')' if groups.len() > 1 => drop(groups.pop()),
            c if !ends => word.push(c),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::mixed;

    #[test]
    fn only_operators_of_one_group_are_compared() {
        for text in [
            "a:x OR b:y AND c:z",
            "(a:x && b:y || c:z)",
            "a:x OR (b:y) AND c:z",
        ] {
            assert!(mixed(text).is_some(), "{text}");
        }
        for text in [
            "a:x OR b:y OR c:z",
            "(a:x OR b:y) AND c:z",
            "a:\"x OR y\" AND b:z",
            "a:/x OR y/ AND b:z",
            "a:(x OR y) AND NOT b:z",
        ] {
            assert!(mixed(text).is_none(), "{text}");
        }
    }
}
