//! Tests of patterns and of address blocks, as the index runs them.

use super::builder::Builder;
use super::constant::Literal;
use super::script::block;
use crate::event::Value;
use crate::event::field::Family;
use crate::language::eql::syntax::{Call, Expr, Field, MatchOp};
use crate::plan::predicate::{WildcardPattern, WildcardToken};
use crate::plan::{Comparison, FieldId, Function, Predicate};

impl Builder<'_> {
    pub(super) fn cidr_items(&mut self, field: &Field, blocks: &[Expr]) -> Option<Vec<Predicate>> {
        let family = self.resolved(&field.path).map(|resolved| resolved.family);
        if family.is_some_and(|family| family != Family::Ip) {
            return None;
        }
        let id = self.field(&field.path);
        blocks
            .iter()
            .map(|argument| {
                let (low, high) = block(argument)?;
                Some(Predicate::Between {
                    field: id,
                    low,
                    high,
                })
            })
            .collect()
    }

    pub(super) fn wildcard_items(
        &mut self,
        call: &Call,
        field: &Field,
        patterns: &[Expr],
    ) -> Option<Vec<Predicate>> {
        let id = self.field(&field.path);
        let op = if call.insensitive {
            MatchOp::LikeInsensitive
        } else {
            MatchOp::Like
        };
        patterns
            .iter()
            .map(|pattern| match Literal::of(pattern)? {
                Literal::Text(text) => Some(pattern_test(id, op, &text)),
                _ => None,
            })
            .collect()
    }

    /// `startsWith`, `endsWith`, `stringContains` of a field and a constant run on the index:
    /// the constants of the last two in Lucene's wildcard language, unescaped
    /// (`docs/language/eql/wildcards.md`).
    pub(super) fn affix_test(
        &mut self,
        function: Function,
        call: &Call,
        field: &Field,
        rest: &[Expr],
    ) -> Option<Predicate> {
        let [constant] = rest else { return None };
        let Some(Literal::Text(text)) = Literal::of(constant) else {
            return None;
        };
        let pattern = match function {
            Function::StartsWith => {
                let literal = text.chars().map(WildcardToken::Char);
                let many = WildcardToken::Many;
                WildcardPattern(literal.chain(std::iter::once(many)).collect())
            }
            Function::EndsWith => WildcardPattern::lucene(&format!("*{text}")),
            Function::StringContains => contains_pattern(&text),
            _ => return None,
        };
        Some(Predicate::Wildcard {
            field: self.field(&field.path),
            pattern,
            insensitive: call.insensitive,
        })
    }
}

/// `*text*` in Lucene's language, where a lone backslash at the end of the text is itself.
fn contains_pattern(text: &str) -> WildcardPattern {
    let mut pattern = WildcardPattern::lucene(&format!("*{text}"));
    pattern.0.push(WildcardToken::Many);
    pattern
}

/// One pattern over a field as the index runs it: `*` alone is an existence check, a pattern
/// without wildcards an exact comparison.
pub(super) fn pattern_test(field: FieldId, op: MatchOp, text: &str) -> Predicate {
    let insensitive = !matches!(op, MatchOp::Like | MatchOp::Regex);
    if matches!(op, MatchOp::Regex | MatchOp::RegexInsensitive) {
        if text == ".*" {
            return Predicate::Exists(field);
        }
        return Predicate::Regex {
            field,
            pattern: text.to_owned(),
            insensitive,
        };
    }
    if !text.is_empty() && text.chars().all(|c| c == '*') {
        return Predicate::Exists(field);
    }
    if !text.contains(['*', '?']) {
        return if insensitive {
            Predicate::EqualIgnoringCase {
                field,
                text: text.to_owned(),
            }
        } else {
            Predicate::Compare {
                field,
                comparison: Comparison::Equal,
                value: Value::text(text),
            }
        };
    }
    Predicate::Wildcard {
        field,
        pattern: WildcardPattern::eql(text),
        insensitive,
    }
}
