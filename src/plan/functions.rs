//! The functions that a script expression may call: the complete list of Elasticsearch's EQL
//! functions (`EqlFunctionRegistry`), with their names.

/// A scalar function. Null in, null out, unless its meaning says otherwise
/// (`evaluate/function/mod.rs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Function {
    /// `add(a, b)`, `a + b`
    Add,
    /// `between(source, left, right[, greedy])`
    Between,
    /// `cidrMatch(ip, cidr…)`
    CidrMatch,
    /// `concat(value…)`
    Concat,
    /// `divide(a, b)`, `a / b`
    Divide,
    /// `endsWith(source, suffix)`
    EndsWith,
    /// `indexOf(source, sub[, start])`
    IndexOf,
    /// `length(source)`
    Length,
    /// `modulo(a, b)`, `a % b`
    Modulo,
    /// `multiply(a, b)`, `a * b`
    Multiply,
    /// `-a`
    Negate,
    /// `number(source[, base])`
    Number,
    /// `startsWith(source, prefix)`
    StartsWith,
    /// `string(value)`
    String,
    /// `stringContains(source, sub)`
    StringContains,
    /// `substring(source, start[, end])`
    Substring,
    /// `subtract(a, b)`, `a - b`
    Subtract,
    /// `wildcard(source, pattern…)`
    Wildcard,
}

impl Function {
    /// All functions that can be called by name, in alphabetical order.
    pub const NAMED: [Self; 17] = [
        Self::Add,
        Self::Between,
        Self::CidrMatch,
        Self::Concat,
        Self::Divide,
        Self::EndsWith,
        Self::IndexOf,
        Self::Length,
        Self::Modulo,
        Self::Multiply,
        Self::Number,
        Self::StartsWith,
        Self::String,
        Self::StringContains,
        Self::Substring,
        Self::Subtract,
        Self::Wildcard,
    ];

    /// The name as the documentation writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Between => "between",
            Self::CidrMatch => "cidrMatch",
            Self::Concat => "concat",
            Self::Divide => "divide",
            Self::EndsWith => "endsWith",
            Self::IndexOf => "indexOf",
            Self::Length => "length",
            Self::Modulo => "modulo",
            Self::Multiply => "multiply",
            Self::Negate => "-",
            Self::Number => "number",
            Self::StartsWith => "startsWith",
            Self::String => "string",
            Self::StringContains => "stringContains",
            Self::Substring => "substring",
            Self::Subtract => "subtract",
            Self::Wildcard => "wildcard",
        }
    }

    /// The function of this name, without regard to case.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED
            .into_iter()
            .find(|function| function.name().eq_ignore_ascii_case(name))
    }

    /// Whether it has a case-insensitive form, written with `~`.
    pub fn has_insensitive_form(self) -> bool {
        matches!(
            self,
            Self::Between
                | Self::EndsWith
                | Self::IndexOf
                | Self::StartsWith
                | Self::StringContains
                | Self::Wildcard
        )
    }

    /// Whether null as the argument at this place (from 0) stands for its default; elsewhere null
    /// gives null.
    pub fn takes_null(self, argument: usize) -> bool {
        matches!(
            (self, argument),
            (Self::IndexOf, 2) | (Self::Substring, 1 | 2) | (Self::Number, 1)
        )
    }

    /// Whether its result is a boolean.
    pub fn is_boolean(self) -> bool {
        matches!(
            self,
            Self::CidrMatch
                | Self::EndsWith
                | Self::StartsWith
                | Self::StringContains
                | Self::Wildcard
        )
    }
}
