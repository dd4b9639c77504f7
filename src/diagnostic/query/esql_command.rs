//! What of the commands of an ES|QL query Elasticsearch's verifier refuses, and what Trapline does
//! not run: their columns, patterns and places.

use std::fmt;

use super::text_part::{Capitals, Near};
use crate::diagnostic::cause::{Part, causes};

causes! {
    /// Why a command of ES|QL is refused.
    EsqlCommand {
        UnknownIndex { name: String } => "Unknown index [{name}]";
        UnknownColumn { name: String, suggestion: Near } => "Unknown column [{name}]{suggestion}";
        MetadataNotAsked { name: String } => "Unknown column [{name}]",
            help "ask for it: `FROM … METADATA {name}`";
        UnknownMetadata { name: String } => "unresolved metadata fields: [?{name}]";
        MetadataNotSupported { name: String } => "the metadata field {name} is not supported";
        UnusableField { name: String, found: String } =>
            "Cannot use field [{name}] with unsupported type [{found}]";
        AmbiguousField { name: String, count: usize, types: IndicesByType } =>
            "Cannot use field [{name}] due to ambiguities being mapped as [{count}] incompatible types: {types}",
            help "convert it where it is used, for example `{name}::keyword`";
        TimespanInRow { name: String } => "cannot use [{name}] directly in a row assignment";
        TimespanColumn { expression: String, found: &'static str } =>
            "EVAL does not support type [{found}] as the return data type of expression [{expression}]";
        SortType { found: &'static str } => "cannot sort on {found}";
        LimitValue { value: String, found: &'static str } =>
            "value of [limit {value}] must be a non negative integer, found value [{value}] type [{found}]";
        PatternInRename => "RENAME takes no pattern";
        NoMatch { name: String } => "No matches found for pattern [{name}]";
        NothingToGroup { found: String } =>
            "At least one aggregation or grouping expression required in [{found}]";
        GroupType { name: String, found: &'static str } =>
            "cannot group by on [{found}] type for grouping [{name}]";
        NotGrouped { name: String } =>
            "column [{name}] must appear in the STATS BY clause or be used in an aggregate function";
        InlineStatsAfterLimit =>
            "INLINE STATS cannot be used after an explicit or implicit LIMIT command";
        PromptType { found: &'static str, expected: &'static str } =>
            "prompt must be of type [{expected}] but is [{found}]";
        NoAnswers => "COMPLETION asks a language model, and no answer is given";
        NoPolicy { name: String } => "the enrich policy [{name}] is not given";
        UnknownEnrichField { name: String, policy: String } =>
            "Enrich field [{name}] not found in enrich policy [{policy}]";
        NoLookupIndex { name: String } => "the lookup index [{name}] is not given";
        UnknownJoinColumn { name: String } => "Unknown column [{name}] in right side of join";
        ExtractedType { command: &'static str, expression: String, found: Capitals } =>
            "{command} only supports KEYWORD or TEXT values, found expression [{expression}] type [{found}]";
        DissectPattern { pattern: String, why: DissectMistake } =>
            "Invalid pattern for dissect [{pattern}]: {why}";
        GrokPattern { pattern: String, why: GrokMistake } => "Invalid GROK pattern [{pattern}]: {why}";
        GrokTypes { pattern: String, name: String } =>
            "Invalid GROK pattern [{pattern}]: the attribute [{name}] is defined multiple times with different types";
    }
}

causes! {
    /// Why a pattern of DISSECT cannot be read.
    DissectMistake {
        NoKey => "it has no key";
        UnendedKey => "a key has no end";
        NoNamedKey => "it has no key with a name";
        ReferenceKey => "reference keys are not supported";
        Order => "an order is a number";
    }
}

causes! {
    /// Why a pattern of GROK cannot be read.
    GrokMistake {
        UnknownPattern { name: String } => "unknown grok pattern [{name}]";
        UnknownType { name: String } => "unknown type [{name}] in a grok pattern";
        Unterminated { found: &'static str } => "a `{found}` of the grok pattern has no end";
    }
}

/// The types of one field, each with the indices that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndicesByType(pub Vec<(String, Vec<String>)>);

impl fmt::Display for IndicesByType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (type_name, indices)) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}[{type_name}] in [{}]", indices.join(", "))?;
        }
        Ok(())
    }
}

impl Part for IndicesByType {
    fn part(&self) -> Option<String> {
        let types = self.0.iter();
        let types = types.flat_map(|(name, indices)| {
            indices.iter().map(move |index| format!("{index}: {name}"))
        });
        Some(types.collect::<Vec<_>>().join(", "))
    }
}
