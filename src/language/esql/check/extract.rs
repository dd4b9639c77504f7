//! DISSECT and GROK: reading their patterns, and the columns that they make.

use super::super::error::{BAD_PATTERN, WRONG_TYPE};
use super::super::syntax::{Expr, Text};
use super::{Checker, Result};
use crate::diagnostic::Span;
use crate::diagnostic::query::EsqlCommand;
use crate::diagnostic::query::esql_command::DissectMistake;
use crate::diagnostic::query::text_part::Capitals;
use crate::language::QueryError;
use crate::plan::pipeline::{
    self as plan, DataType, DissectPart, DissectPattern, GrokColumn, GrokPattern, Operation,
};

impl Checker<'_> {
    pub(super) fn dissect(
        &mut self,
        input: &Expr,
        pattern: &Text,
        separator: Option<&Text>,
        span: Span,
    ) {
        let input = self.extract_input(input, "DISSECT");
        let parsed = match dissect_pattern(&pattern.value) {
            Ok(parsed) => parsed,
            Err(why) => {
                let text = pattern.value.clone();
                let cause = EsqlCommand::DissectPattern { pattern: text, why };
                self.fail(QueryError::new(BAD_PATTERN, pattern.span, cause));
                return;
            }
        };
        let parsed = DissectPattern {
            separator: separator.map(|text| text.value.clone()).unwrap_or_default(),
            ..parsed
        };
        let keys: Vec<String> = parsed.keys().into_iter().map(str::to_owned).collect();
        let mut into = Vec::new();
        for key in keys {
            let id = self.computed(&key, DataType::Keyword);
            into.push((key, id));
        }
        if let Ok(input) = input {
            let operation = Operation::Dissect {
                input,
                pattern: parsed,
                into: into.iter().map(|(_, id)| *id).collect(),
            };
            self.step(span, operation);
        }
        for (key, id) in into {
            self.define(&key, DataType::Keyword, id);
        }
    }

    pub(super) fn grok(&mut self, input: &Expr, patterns: &[Text], span: Span) {
        let input = self.extract_input(input, "GROK");
        let (mut parsed, mut into) = (Vec::new(), Vec::<GrokColumn>::new());
        for pattern in patterns {
            let grok = match GrokPattern::new(&pattern.value) {
                Ok(grok) => grok,
                Err(why) => {
                    let text = pattern.value.clone();
                    let cause = EsqlCommand::GrokPattern { pattern: text, why };
                    self.fail(QueryError::new(BAD_PATTERN, pattern.span, cause));
                    return;
                }
            };
            for (name, data_type) in &grok.captures {
                match into.iter().find(|column| column.name == *name) {
                    Some(column) if column.data_type != *data_type => {
                        let cause = EsqlCommand::GrokTypes {
                            pattern: pattern.value.clone(),
                            name: name.clone(),
                        };
                        self.fail(QueryError::new(BAD_PATTERN, pattern.span, cause));
                    }
                    Some(_) => {}
                    None => {
                        let column = self.computed(name, *data_type);
                        into.push(GrokColumn {
                            name: name.clone(),
                            data_type: *data_type,
                            column,
                        });
                    }
                }
            }
            parsed.push(grok);
        }
        // Elasticsearch gives the columns of one command in alphabetical order of their names.
        if let Ok(input) = input {
            let operation = Operation::Grok {
                input,
                patterns: parsed,
                into: into.clone(),
            };
            self.step(span, operation);
        }
        into.sort_by(|a, b| a.name.cmp(&b.name));
        for column in into {
            self.define(&column.name, column.data_type, column.column);
        }
    }

    fn extract_input(&mut self, input: &Expr, command: &'static str) -> Result<plan::Expr> {
        let span = input.span;
        let input = self.expression(input)?;
        if input.data_type.is_text() || input.data_type == DataType::Null {
            return Ok(input);
        }
        let cause = EsqlCommand::ExtractedType {
            command,
            expression: self.text_of(span).to_owned(),
            found: Capitals(input.data_type.in_message().to_owned()),
        };
        Err(self.fail(QueryError::new(WRONG_TYPE, span, cause)))
    }
}

fn dissect_pattern(text: &str) -> std::result::Result<DissectPattern, DissectMistake> {
    let (prefix, mut rest) = match text.find("%{") {
        Some(start) => text.split_at(start),
        None => return Err(DissectMistake::NoKey),
    };
    let mut parts = Vec::new();
    while let Some(body) = rest.strip_prefix("%{") {
        let (key, tail) = body.split_once('}').ok_or(DissectMistake::UnendedKey)?;
        let end = tail.find("%{").unwrap_or(tail.len());
        let (delimiter, after) = tail.split_at(end);
        parts.push(dissect_part(key, delimiter)?);
        rest = after;
    }
    if parts.iter().all(|part| part.key.is_empty()) {
        return Err(DissectMistake::NoNamedKey);
    }
    Ok(DissectPattern {
        prefix: prefix.to_owned(),
        parts,
        separator: String::new(),
    })
}

fn dissect_part(key: &str, delimiter: &str) -> std::result::Result<DissectPart, DissectMistake> {
    let (key, padded) = match key.strip_suffix("->") {
        Some(key) => (key, true),
        None => (key, false),
    };
    if key.starts_with(['*', '&']) {
        return Err(DissectMistake::ReferenceKey);
    }
    let (key, append) = match key.strip_prefix('+') {
        Some(key) => (key, true),
        None => (key, false),
    };
    let (key, order) = match key.split_once('/') {
        Some((key, order)) if append => {
            (key, Some(order.parse().map_err(|_| DissectMistake::Order)?))
        }
        _ => (key, None),
    };
    let key = if key.starts_with('?') { "" } else { key };
    Ok(DissectPart {
        key: key.to_owned(),
        append,
        order,
        padded,
        delimiter: delimiter.to_owned(),
    })
}
