//! An existing scenario file, and the place at its end where a case can be appended without
//! changing another byte.

use crate::diagnostic::SourceText;
use crate::replay::dry_run::DryRunPlace;
use crate::scenario::model::Base;
use crate::scenario::write::SketchCase;
use crate::scenario::{self, Scenario};

/// A scenario file whose last scenario can have cases more.
#[derive(Debug)]
pub struct AppendableScenario<'a> {
    /// Where it stands.
    pub(super) place: DryRunPlace<'a>,
    text: &'a str,
    scenarios: Vec<Scenario>,
    /// What the cases need before them.
    before: &'static str,
    indent: String,
}

/// Why a file cannot have cases more at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotExtended {
    /// It cannot be read, or holds no scenario.
    Unreadable,
    /// The attack of its last scenario is a recording.
    Recorded,
    /// `cases` is not a list of lines at the end of the file.
    NotLast,
}

impl<'a> AppendableScenario<'a> {
    /// The file with this text.
    pub fn new(place: DryRunPlace<'a>, text: &'a str) -> Result<Self, NotExtended> {
        let read = scenario::read(&SourceText::new(place.file, text));
        if read
            .diagnostics
            .iter()
            .any(crate::diagnostic::Diagnostic::is_error)
        {
            return Err(NotExtended::Unreadable);
        }
        let last = read.scenarios.last().ok_or(NotExtended::Unreadable)?;
        if !matches!(last.attack.base, Base::Written(_)) {
            return Err(NotExtended::Recorded);
        }
        let (has_cases, indent) = end(text).ok_or(NotExtended::NotLast)?;
        if !has_cases && !last.cases.is_empty() {
            return Err(NotExtended::NotLast);
        }
        let before = match (text.ends_with('\n'), has_cases) {
            (true, true) => "",
            (false, true) => "\n",
            (true, false) => "cases:\n",
            (false, false) => "\ncases:\n",
        };
        Ok(Self {
            place,
            text,
            scenarios: read.scenarios,
            before,
            indent,
        })
    }

    /// The text with these cases behind it.
    pub fn with<'c>(&self, cases: impl Iterator<Item = &'c SketchCase>) -> String {
        let cases: String = cases.map(|case| case.text(&self.indent)).collect();
        if cases.is_empty() {
            return self.text.to_owned();
        }
        format!("{}{}{cases}", self.text, self.before)
    }

    /// The names that attacks and cases have.
    pub(super) fn names(&self) -> Vec<String> {
        let of = |scenario: &Scenario| {
            let cases = scenario.cases.iter().map(|case| case.name.clone());
            let own = std::iter::once(scenario.attack.name.value.clone());
            own.chain(cases).collect::<Vec<String>>()
        };
        self.scenarios.iter().flat_map(of).collect()
    }
}

/// Whether the last key of the last document is `cases` with an item a line, and the indent of its
/// items; `None` for a form that nothing can be put behind.
fn end(text: &str) -> Option<(bool, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let is_key = |line: &&&str| {
        let first = line.chars().next();
        first.is_some_and(|c| !c.is_whitespace() && !matches!(c, '#' | '-'))
    };
    let at = lines.iter().rposition(|line| is_key(&line))?;
    let (key, rest) = lines.get(at)?.split_once(':')?;
    if lines
        .get(at + 1..)?
        .iter()
        .any(|line| line.starts_with("---") || line.starts_with("..."))
    {
        return None;
    }
    if key != "cases" {
        return Some((false, "  ".to_owned()));
    }
    let rest = rest.trim();
    if !rest.is_empty() && !rest.starts_with('#') {
        return None;
    }
    let item = lines
        .get(at + 1..)?
        .iter()
        .find(|line| line.trim_start().starts_with('-'))?;
    let indent = item.len() - item.trim_start().len();
    Some((true, item.get(..indent)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::end;

    #[test]
    fn a_case_more_stands_only_where_cases_end_the_file() {
        let at = |text: &str| end(text).map(|(cases, indent)| (cases, indent.len()));
        assert_eq!(
            at("attack:\n  name: a\ncases:\n  - name: b\n"),
            Some((true, 2))
        );
        assert_eq!(at("cases:\n- name: b\n"), Some((true, 0)));
        assert_eq!(
            at("cases:   # all\n    - {name: b}\n    # end\n"),
            Some((true, 4))
        );
        assert_eq!(at("attack:\n  name: a\n"), Some((false, 2)));
        assert_eq!(at("cases: [{name: b}]\n"), None);
        assert_eq!(at("attack:\n  name: a\n---\n"), None);
        assert_eq!(at(""), None);
    }
}
