//! The syntax tree of a query: what was written, with the bytes where it was written.

use crate::diagnostic::Span;
use crate::plan::pipeline::{Operator, Timespan};

/// A query: where its rows come from, and what is done to them.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// `FROM` or `ROW`.
    pub source: Source,
    /// The commands after it.
    pub commands: Vec<Command>,
}

impl Query {
    /// Whether the columns of its rows are those that it names, whatever fields the indices have:
    /// ROW or STATS makes them, or KEEP names each.
    pub fn names_its_columns(&self) -> bool {
        let names_all = |command: &Command| match &command.kind {
            CommandKind::Stats(_) => true,
            CommandKind::Keep(names) => !names.iter().any(|name| name.is_pattern),
            _ => false,
        };
        matches!(self.source, Source::Row { .. }) || self.commands.iter().any(names_all)
    }
}

/// The first command.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// `FROM a, b METADATA _id`
    From {
        /// The index patterns.
        patterns: Vec<IndexPattern>,
        /// The metadata fields.
        metadata: Vec<Name>,
        /// The whole command.
        span: Span,
    },
    /// `ROW a = 1`
    Row {
        /// The columns.
        fields: Vec<Field>,
        /// The whole command.
        span: Span,
    },
}

/// An index pattern of `FROM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexPattern {
    /// The pattern without quotes.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// One command after a `|`.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// What it does.
    pub kind: CommandKind,
    /// From its name to its end.
    pub span: Span,
}

/// What a command does.
#[derive(Debug, Clone, PartialEq)]
pub enum CommandKind {
    /// `WHERE`
    Where(Expr),
    /// `EVAL`
    Eval(Vec<Field>),
    /// `KEEP`
    Keep(Vec<Name>),
    /// `DROP`
    Drop(Vec<Name>),
    /// `RENAME`
    Rename(Vec<Renaming>),
    /// `STATS`
    Stats(Stats),
    /// `INLINE STATS`
    InlineStats(Stats),
    /// `SORT`
    Sort(Vec<SortKey>),
    /// `LIMIT`
    Limit(Expr),
    /// `MV_EXPAND`
    MvExpand(Name),
    /// `DISSECT`
    Dissect {
        /// The text.
        input: Expr,
        /// The pattern.
        pattern: Text,
        /// `APPEND_SEPARATOR`
        separator: Option<Text>,
    },
    /// `GROK`
    Grok {
        /// The text.
        input: Expr,
        /// The patterns.
        patterns: Vec<Text>,
    },
    /// `COMPLETION`
    Completion {
        /// The column of the answer; `completion` where none is named.
        target: Option<Name>,
        /// What is asked.
        prompt: Expr,
        /// The options.
        options: Vec<(Text, Expr)>,
    },
    /// `ENRICH`
    Enrich {
        /// The policy.
        policy: Text,
        /// The column that is looked up.
        on: Option<Name>,
        /// The columns that are added: `(new name, name in the policy)`.
        with: Vec<(Option<Name>, Name)>,
    },
    /// `LOOKUP JOIN`
    LookupJoin {
        /// The index.
        index: Text,
        /// The columns that are compared.
        on: Vec<Name>,
    },
    /// A command that Elasticsearch has and Trapline has not.
    Unsupported(&'static str),
    /// A command that did not parse; its errors are recorded.
    Broken,
}

/// `STATS aggregates BY keys`
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// The aggregates.
    pub aggregates: Vec<AggregateField>,
    /// The keys.
    pub by: Vec<Field>,
}

/// An aggregate and its own condition.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateField {
    /// The name and the expression.
    pub field: Field,
    /// `WHERE`
    pub filter: Option<Expr>,
}

impl CommandKind {
    /// The columns that EVAL or the aggregates of STATS compute, in the order of the text.
    pub fn computed(&self) -> Vec<&Field> {
        match self {
            Self::Eval(fields) => fields.iter().collect(),
            Self::Stats(stats) | Self::InlineStats(stats) => {
                let aggregates = stats.aggregates.iter();
                aggregates.map(|aggregate| &aggregate.field).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// An expression that makes a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name, where one is written.
    pub name: Option<Name>,
    /// The expression.
    pub expr: Expr,
}

/// The name of a column, its parts joined by dots; in KEEP, DROP and RENAME it may be a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name without backticks.
    pub text: String,
    /// Whether it has a `*` that is not quoted.
    pub is_pattern: bool,
    /// Where it stands.
    pub span: Span,
}

/// A string and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its value.
    pub value: String,
    /// Where it stands.
    pub span: Span,
}

/// `RENAME from AS to`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    /// The old name.
    pub from: Name,
    /// The new name.
    pub to: Name,
}

/// A key of `SORT`.
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    /// What is compared.
    pub expr: Expr,
    /// `DESC`
    pub descending: bool,
    /// `NULLS FIRST` or `NULLS LAST`, where it is written.
    pub nulls_first: Option<bool>,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number as it is written.
    Integer(String),
    /// A number with a point or an exponent.
    Decimal(f64),
    /// A string.
    Text(String),
    /// `5 minutes`
    Timespan(Timespan),
    /// `[1, 2]`
    List(Vec<Expr>),
    /// `?`, `?name`, `?1`
    Parameter(String),
    /// A column.
    Column(Name),
    /// `f(a, b)`; `COUNT(*)` has no argument and says so.
    Call {
        /// The name of the function as it is written.
        name: Text,
        /// The arguments.
        arguments: Vec<Expr>,
        /// `*` in place of arguments.
        star: bool,
        /// `{"option": value}` at the end.
        options: Vec<(Text, Expr)>,
    },
    /// `a::type`
    Cast(Box<Expr>, Text),
    /// `-a`
    Negate(Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `a and b`
    And(Vec<Expr>),
    /// `a or b`
    Or(Vec<Expr>),
    /// `a + b`, `a == b`
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `a is null`, `a is not null`
    IsNull {
        /// What is asked.
        value: Box<Expr>,
        /// `not`
        negated: bool,
    },
    /// `a in (1, 2)`, `a not in (1, 2)`
    In {
        /// What is searched for.
        value: Box<Expr>,
        /// Among what.
        items: Vec<Expr>,
        /// `not`
        negated: bool,
    },
    /// `a like "x*"`, `a rlike ("x.*", "y")`
    Like {
        /// The text.
        value: Box<Expr>,
        /// The patterns.
        patterns: Vec<Text>,
        /// Whether they stand in brackets.
        is_list: bool,
        /// `rlike`
        is_regex: bool,
        /// `not`
        negated: bool,
    },
    /// `field : "words"`
    Match {
        /// The field.
        field: Name,
        /// What is searched for.
        query: Box<Expr>,
    },
    /// An expression that did not parse; its error is recorded.
    Broken,
}

impl Expr {
    /// An expression and its place.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// The expressions directly below, in the order of the text.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Integer(_)
            | ExprKind::Decimal(_)
            | ExprKind::Text(_)
            | ExprKind::Timespan(_)
            | ExprKind::Parameter(_)
            | ExprKind::Column(_)
            | ExprKind::Broken => Vec::new(),
            ExprKind::List(parts) | ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter().collect()
            }
            ExprKind::Call { arguments, .. } => arguments.iter().collect(),
            ExprKind::Cast(inner, _)
            | ExprKind::Negate(inner)
            | ExprKind::Not(inner)
            | ExprKind::IsNull { value: inner, .. }
            | ExprKind::Like { value: inner, .. }
            | ExprKind::Match { query: inner, .. } => vec![inner],
            ExprKind::Binary(_, left, right) => vec![left, right],
            ExprKind::In { value, items, .. } => std::iter::once(&**value).chain(items).collect(),
        }
    }
}

impl Query {
    /// Whether the query makes its own rows and reads no document.
    pub fn is_row(&self) -> bool {
        matches!(self.source, Source::Row { .. })
    }

    /// The index patterns of `FROM`.
    pub fn patterns(&self) -> &[IndexPattern] {
        match &self.source {
            Source::From { patterns, .. } => patterns,
            Source::Row { .. } => &[],
        }
    }

    /// Whether it has a `STATS`, so that its rows are groups and no events. `INLINE STATS` keeps
    /// the rows.
    pub fn is_aggregating(&self) -> bool {
        let mut commands = self.commands.iter();
        commands.any(|command| matches!(command.kind, CommandKind::Stats(_)))
    }

    /// The expressions of all commands, in the order of the text.
    pub fn expressions(&self) -> Vec<&Expr> {
        let mut all = Vec::new();
        if let Source::Row { fields, .. } = &self.source {
            all.extend(fields.iter().map(|field| &field.expr));
        }
        for command in &self.commands {
            command.kind.add_expressions(&mut all);
        }
        all
    }
}

impl CommandKind {
    /// The expressions of the command, in the order of the text.
    pub fn expressions(&self) -> Vec<&Expr> {
        let mut all = Vec::new();
        self.add_expressions(&mut all);
        all
    }

    /// Adds the expressions of the command, in the order of the text.
    pub(super) fn add_expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        match self {
            Self::Where(expr) | Self::Limit(expr) => all.push(expr),
            Self::Eval(fields) => all.extend(fields.iter().map(|field| &field.expr)),
            Self::Stats(stats) | Self::InlineStats(stats) => {
                for aggregate in &stats.aggregates {
                    all.push(&aggregate.field.expr);
                    all.extend(&aggregate.filter);
                }
                all.extend(stats.by.iter().map(|field| &field.expr));
            }
            Self::Sort(keys) => all.extend(keys.iter().map(|key| &key.expr)),
            Self::Dissect { input, .. } | Self::Grok { input, .. } => all.push(input),
            Self::Completion { prompt, .. } => all.push(prompt),
            Self::Keep(_)
            | Self::Drop(_)
            | Self::Rename(_)
            | Self::MvExpand(_)
            | Self::Enrich { .. }
            | Self::LookupJoin { .. }
            | Self::Unsupported(_)
            | Self::Broken => {}
        }
    }
}
