//! One proposal of a completion.

use serde_json::{Value, json};

/// The most proposals of one answer; the client asks again when more is typed.
pub(super) const MOST: usize = 200;

/// What a proposal is, with the protocol's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Function = 3,
    Field = 5,
    Property = 10,
    Value = 12,
    Keyword = 14,
    File = 17,
    Reference = 18,
}

/// One proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    pub(super) text: String,
    pub(super) sort: Sort,
    /// Beside it, one line.
    pub(super) detail: String,
    /// Below it.
    pub(super) documentation: String,
    /// What is inserted; the text itself when empty.
    pub(super) insert: String,
}

impl Proposal {
    pub(super) fn new(text: impl Into<String>, sort: Sort) -> Self {
        Self {
            text: text.into(),
            sort,
            detail: String::new(),
            documentation: String::new(),
            insert: String::new(),
        }
    }

    #[must_use]
    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    #[must_use]
    pub(super) fn documented(mut self, documentation: impl Into<String>) -> Self {
        self.documentation = documentation.into();
        self
    }

    #[must_use]
    pub(super) fn inserting(mut self, insert: impl Into<String>) -> Self {
        self.insert = insert.into();
        self
    }

    /// As the protocol has it; it replaces the text at `range`, which begins with `lead`.
    pub(super) fn json(&self, range: &Value, lead: &str) -> Value {
        let insert = if self.insert.is_empty() {
            &self.text
        } else {
            &self.insert
        };
        let mut item = json!({
            "label": self.text,
            "kind": self.sort as u8,
            "textEdit": {"range": range, "newText": insert},
            "filterText": format!("{lead}{}", self.text),
        });
        if let Value::Object(item) = &mut item {
            if !self.detail.is_empty() {
                item.insert("detail".to_owned(), json!(self.detail));
            }
            if !self.documentation.is_empty() {
                let text = json!({"kind": "markdown", "value": self.documentation});
                item.insert("documentation".to_owned(), text);
            }
        }
        item
    }
}

/// Whether a name, or a part of it after a dot, begins with what is typed.
pub(super) fn fits(name: &str, typed: &str) -> bool {
    let starts = |name: &str| {
        let start = name.as_bytes().get(..typed.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(typed.as_bytes()))
    };
    let parts = name.match_indices(['.', ' ', '_']).map(|(at, _)| at + 1);
    starts(name)
        || (typed.len() > 1
            && parts
                .into_iter()
                .any(|at| starts(name.get(at..).unwrap_or(""))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_beginning_or_that_of_a_part() {
        assert!(fits("process.name", "") && fits("process.name", "PROC"));
        assert!(fits("process.parent.name", "par") && !fits("process.name", "roc"));
        assert!(!fits("é", "éé"));
    }
}
