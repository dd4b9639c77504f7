//! Why queries are refused: a family of causes for each language and stage, and their sentences.

use std::fmt;

use super::{Cause, Details, Part};

pub mod condition;
pub mod dsl;
pub mod eql_sequence;
pub mod eql_syntax;
pub mod eql_token;
pub mod eql_type;
pub mod esql_command;
pub mod esql_syntax;
pub mod esql_type;
pub mod kql;
pub mod lucene;
pub mod text_part;

pub use condition::{RefusedCondition, UnsupportedCondition};
pub use eql_sequence::EqlSequence;
pub use eql_syntax::EqlSyntax;
pub use eql_token::EqlToken;
pub use eql_type::EqlType;
pub use esql_command::EsqlCommand;
pub use esql_syntax::EsqlSyntax;
pub use esql_type::EsqlType;
pub use kql::KqlCause;
pub use lucene::LuceneCause;

/// Why a query of any language is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryCause {
    /// The tokens of EQL.
    EqlToken(EqlToken),
    /// The grammar of EQL.
    EqlSyntax(EqlSyntax),
    /// Sequences and samples of EQL.
    EqlSequence(EqlSequence),
    /// The types of an EQL query.
    EqlType(EqlType),
    /// The tokens and the grammar of ES|QL.
    EsqlSyntax(EsqlSyntax),
    /// The commands of ES|QL.
    EsqlCommand(EsqlCommand),
    /// The expressions of ES|QL.
    EsqlType(EsqlType),
    /// KQL.
    KqlCause(KqlCause),
    /// Lucene query strings.
    LuceneCause(LuceneCause),
    /// A condition that Elasticsearch would fail.
    RefusedCondition(RefusedCondition),
    /// A condition that Trapline cannot run.
    UnsupportedCondition(UnsupportedCondition),
    /// A query within a query that is refused.
    Embedded(Embedded),
}

/// Why a full-text search in a query of ES|QL is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Whether it is a text of KQL and no search of one field.
    pub is_kql: bool,
    /// Why, at least one.
    pub reasons: Vec<QueryCause>,
}

impl fmt::Display for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_kql {
            f.write_str("Invalid query for KQL: ")?;
        }
        for (position, reason) in self.reasons.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{reason}")?;
        }
        Ok(())
    }
}

impl Cause for Embedded {
    fn word(&self) -> String {
        let word = if self.is_kql {
            "invalid-kql"
        } else {
            "refused-search"
        };
        word.to_owned()
    }

    fn label(&self) -> String {
        String::new()
    }

    fn help(&self) -> Vec<String> {
        Vec::new()
    }

    /// Those of the first reason.
    fn details(&self) -> Details {
        let first = self.reasons.first();
        first.map_or_else(Details::default, Cause::details)
    }
}

/// The families, each a variant of its own name.
macro_rules! families {
    ($($family:ident),+) => {
        $(impl From<$family> for QueryCause {
            fn from(cause: $family) -> Self {
                Self::$family(cause)
            }
        })+

        impl QueryCause {
            fn inner(&self) -> &dyn Cause {
                match self {
                    $(Self::$family(cause) => cause),+
                }
            }
        }
    };
}

families!(
    EqlToken,
    EqlSyntax,
    EqlSequence,
    EqlType,
    EsqlSyntax,
    EsqlCommand,
    EsqlType,
    KqlCause,
    LuceneCause,
    RefusedCondition,
    UnsupportedCondition,
    Embedded
);

impl fmt::Display for QueryCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner().fmt(f)
    }
}

impl Cause for QueryCause {
    fn word(&self) -> String {
        self.inner().word()
    }

    fn label(&self) -> String {
        self.inner().label()
    }

    fn details(&self) -> Details {
        self.inner().details()
    }

    fn help(&self) -> Vec<String> {
        self.inner().help()
    }
}

impl Part for QueryCause {
    fn part(&self) -> Option<String> {
        Some(self.word())
    }

    fn inner(&self) -> Details {
        self.details()
    }
}
