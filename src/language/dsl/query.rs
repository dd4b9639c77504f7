//! The queries, as a tree.

/// A query: a condition on one document.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// Every document.
    MatchAll,
    /// No document.
    MatchNone,
    /// Several queries together.
    Bool(Bool),
    /// A test of a field, or of several.
    Field {
        /// Which.
        fields: Fields,
        /// The test; one field that meets it is enough.
        test: FieldTest,
        /// A value that the field's type does not take is no error.
        lenient: bool,
    },
    /// A query that one object of an array meets.
    Nested {
        /// The path of the objects.
        path: String,
        /// The query; its fields have whole names.
        query: Box<Query>,
        /// Where the path is not mapped nothing matches; else that is an error.
        ignore_unmapped: bool,
    },
    /// A query string of Lucene's.
    QueryString(QueryString),
    /// The documents of these ids.
    Ids(Vec<String>),
}

/// `bool`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bool {
    /// All of them hold.
    pub must: Vec<Query>,
    /// All of them hold; without a score.
    pub filter: Vec<Query>,
    /// Some of them hold: see [`Bool::least`].
    pub should: Vec<Query>,
    /// None of them holds.
    pub must_not: Vec<Query>,
    /// `minimum_should_match`
    pub minimum: Option<Minimum>,
}

/// `minimum_should_match`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Minimum {
    /// At least this many; a negative number: all but this many.
    Count(i64),
    /// At least this percentage; a negative number: all but this percentage.
    Percent(i64),
}

/// The fields that a test is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fields {
    /// One.
    Name(String),
    /// All whose names fit a pattern with `*`.
    Pattern(String),
    /// All.
    All,
}

/// A test of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldTest {
    /// It has a value.
    Exists,
    /// A value is exactly this.
    Term {
        /// The value.
        value: String,
        /// Without regard to case.
        ignore_case: bool,
    },
    /// A value is exactly one of these.
    Terms(Vec<String>),
    /// Any word of the text, or all of them; as [`FieldTest::Term`] where the field is no text.
    Match {
        /// The text.
        text: String,
        /// All of its words.
        all: bool,
    },
    /// The words of the text in a row; as [`FieldTest::Term`] where the field is no text.
    Phrase {
        /// The text.
        text: String,
        /// How far the words may be apart.
        slop: u32,
        /// The last word may go on.
        is_prefix: bool,
    },
    /// `*` and `?`, a backslash escapes.
    Wildcard {
        /// The pattern.
        pattern: String,
        /// Without regard to case.
        ignore_case: bool,
        /// What a text field makes of it.
        preparation: Preparation,
    },
    /// A value begins so.
    Prefix {
        /// The beginning.
        text: String,
        /// Without regard to case.
        ignore_case: bool,
        /// What a text field makes of it.
        preparation: Preparation,
    },
    /// A regular expression of Lucene's.
    Regexp {
        /// The expression.
        pattern: String,
        /// Without regard to case.
        ignore_case: bool,
    },
    /// A value is the text but for a few edits.
    Fuzzy {
        /// The text.
        text: String,
        /// The most edits.
        edits: u8,
        /// How many characters at the beginning are the same.
        prefix: usize,
        /// Two neighbours that changed places count as one edit.
        transpositions: bool,
        /// What a text field makes of it.
        preparation: Preparation,
    },
    /// A value lies in a range.
    Range(Range),
    /// `null` as a value, which Elasticsearch refuses.
    Null,
}

/// What a text field makes of a pattern before it is held against words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preparation {
    /// Nothing.
    #[default]
    None,
    /// Lower case, as its words have.
    Normalized,
    /// Cut into words, of which the last is the pattern.
    Words {
        /// All of the words; else any of them.
        all: bool,
    },
}

/// A range.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Range {
    /// `gt`, `gte`, `lt`, `lte`, each with its value.
    pub bounds: Vec<(Bound, String)>,
    /// The time zone of dates without one.
    pub time_zone: Option<String>,
    /// The format of dates, where it is not the field's.
    pub format: Option<String>,
    /// From a query string: a text field folds the ends.
    pub prepared: bool,
}

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// `gt`
    Above,
    /// `gte`
    From,
    /// `lt`
    Below,
    /// `lte`
    To,
}

/// `query_string`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryString {
    /// The text.
    pub text: String,
    /// The fields of values without a field; none for every field.
    pub fields: Vec<String>,
    /// `default_operator: and`
    pub all: bool,
    /// `analyze_wildcard`
    pub analyze_wildcard: bool,
    /// `lenient`
    pub lenient: bool,
    /// `time_zone`
    pub time_zone: Option<String>,
}

impl Query {
    /// The bytes of the texts of which patterns are made. Exact values, of which a value list may have
    /// tens of thousands, are not among them.
    pub fn pattern_bytes(&self) -> usize {
        match self {
            Self::MatchAll | Self::MatchNone | Self::Ids(_) => 0,
            Self::Bool(parts) => {
                let all = [&parts.must, &parts.filter, &parts.should, &parts.must_not];
                all.into_iter().flatten().map(Self::pattern_bytes).sum()
            }
            Self::Nested { query, .. } => query.pattern_bytes(),
            Self::QueryString(query) => query.text.len(),
            Self::Field { test, .. } => match test {
                FieldTest::Match { text, .. }
                | FieldTest::Phrase { text, .. }
                | FieldTest::Prefix { text, .. }
                | FieldTest::Fuzzy { text, .. } => text.len(),
                FieldTest::Wildcard { pattern, .. } | FieldTest::Regexp { pattern, .. } => {
                    pattern.len()
                }
                FieldTest::Exists
                | FieldTest::Term { .. }
                | FieldTest::Terms(_)
                | FieldTest::Range(_)
                | FieldTest::Null => 0,
            },
        }
    }
}

impl Bound {
    /// As Query DSL names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Above => "gt",
            Self::From => "gte",
            Self::Below => "lt",
            Self::To => "lte",
        }
    }
}

impl Fields {
    /// The field, or the fields, of a name in a query string.
    pub fn named(name: &str) -> Self {
        match name {
            "*" => Self::All,
            name if name.contains('*') => Self::Pattern(name.to_owned()),
            name => Self::Name(name.to_owned()),
        }
    }

    /// As text.
    pub fn text(&self) -> &str {
        match self {
            Self::Name(name) | Self::Pattern(name) => name,
            Self::All => "*",
        }
    }
}

impl Bool {
    /// How many of `should` must hold.
    pub fn least(&self) -> usize {
        let count = self.should.len();
        let of = |part: i64| {
            let all = i64::try_from(count).unwrap_or(i64::MAX);
            let part = if part < 0 {
                all.saturating_add(part)
            } else {
                part
            };
            usize::try_from(part).unwrap_or(0)
        };
        match self.minimum {
            None => usize::from(count > 0 && self.must.is_empty() && self.filter.is_empty()),
            Some(Minimum::Count(count)) => of(count),
            Some(Minimum::Percent(percent)) => {
                let all = i64::try_from(count).unwrap_or(i64::MAX);
                of(all.saturating_mul(percent) / 100)
            }
        }
    }

    /// All parts.
    pub fn parts(&self) -> impl Iterator<Item = &Query> {
        let required = self.must.iter().chain(&self.filter);
        required.chain(&self.should).chain(&self.must_not)
    }
}

impl Query {
    /// A test of one field.
    pub fn field(name: impl Into<String>, test: FieldTest) -> Self {
        Self::Field {
            fields: Fields::Name(name.into()),
            test,
            lenient: false,
        }
    }

    /// The field has a value.
    pub fn exists(name: impl Into<String>) -> Self {
        Self::field(name, FieldTest::Exists)
    }

    /// A value of the field is this text, or has its words in a row.
    pub fn phrase(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::field(
            name,
            FieldTest::Phrase {
                text: text.into(),
                slop: 0,
                is_prefix: false,
            },
        )
    }

    /// All of them hold.
    pub fn all(queries: Vec<Self>) -> Self {
        Self::Bool(Bool {
            filter: queries,
            ..Bool::default()
        })
    }

    /// One of them holds.
    pub fn any(queries: Vec<Self>) -> Self {
        Self::Bool(Bool {
            should: queries,
            minimum: Some(Minimum::Count(1)),
            ..Bool::default()
        })
    }

    /// It does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Bool(Bool {
            must_not: vec![self],
            ..Bool::default()
        })
    }
}
