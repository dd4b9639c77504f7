//! Why a query is refused, or fails when it runs.

use super::cause::{causes, phrases};
use super::query::QueryCause;

causes! {
    /// The kind of a failure; its message is Elasticsearch's in substance.
    #[non_exhaustive]
    FailureKind {
        /// A regular expression that cannot be read.
        Regex(why: RegexError) => "invalid regular expression: {why}";
        /// A regular expression whose automaton needs more states than Elasticsearch allows.
        RegexTooComplex { limit: usize } =>
            "the regular expression is too complex to determinize: it needs more than {limit} states";
        /// A regular expression of Java's dialect that no finite automaton has.
        JavaRegex(found: RegexConstruct) =>
            "unsupported: a regular expression with {found} on the result of a function",
            word "RegexConstruct";
        /// A regular expression of Oniguruma's dialect that no finite automaton has.
        OnigurumaRegex(found: RegexConstruct) =>
            "{found} in a regular expression is not supported",
            word "RegexConstruct";
        /// A field whose values Trapline cannot know.
        UnknownValues { name: String, why: UnknownValues } => "field [{name}] {why}";
        /// A field that a script cannot read.
        NoDocValues { name: String } =>
            "can't load fielddata on [{name}] because the field has no doc values, which a script reads";
        /// A division of whole numbers by zero.
        DivisionByZero => "/ by zero";
        /// A result of whole numbers that is out of range; `name` is `long` or `unsigned_long`.
        Overflow { name: &'static str } => "{name} overflow";
        /// A text that `number()` does not take.
        NotANumber { found: String, base: i64 } =>
            "Unable to convert [{found}] to number of base [{base}]";
        /// `between()` found its right side, at `end`, before the end of its left side.
        Between { start: usize, end: usize } =>
            "begin {start}, end {end}: between() found its right side before its left side";
        /// A text that is no address.
        NotAnAddress(found: String) => "'{found}' is not an IP string literal.";
        /// A text that is no block of addresses.
        NotABlock(found: String) => "'{found}' is not a CIDR block.";
        /// An expression with fields where a constant must stand.
        NotConstant => "the expression is not constant";
        /// Fields with so many values that not all combinations are tried.
        TooManyValues => "a script on fields of many values takes too long";
        /// The groups and rows that an ES|QL query holds at a time take more MiB than they may.
        TooMuchMemory { limit: u64 } =>
            "its groups and rows take more than {limit} MiB; `esql-mib` under `[limits]` in trapline.toml sets the limit";
        /// A part of the rule that is lowered when it runs and that Elasticsearch refuses: a shared
        /// value of an event and an indicator, the indicator query, an exclusion. `error` is the
        /// code of the refusal.
        Refused { error: &'static str, why: Box<RefusedBy> } => "{why}";
    }
}

impl From<RegexError> for FailureKind {
    fn from(why: RegexError) -> Self {
        Self::Regex(why)
    }
}

impl FailureKind {
    /// Whether Elasticsearch would run the query, and Trapline cannot.
    pub fn is_unsupported(&self) -> bool {
        match self {
            Self::JavaRegex(_)
            | Self::OnigurumaRegex(_)
            | Self::UnknownValues { .. }
            | Self::TooMuchMemory { .. } => true,
            Self::Regex(_)
            | Self::RegexTooComplex { .. }
            | Self::NoDocValues { .. }
            | Self::DivisionByZero
            | Self::Overflow { .. }
            | Self::NotANumber { .. }
            | Self::Between { .. }
            | Self::NotAnAddress(_)
            | Self::NotABlock(_)
            | Self::NotConstant
            | Self::TooManyValues
            | Self::Refused { .. } => false,
        }
    }
}

causes! {
    /// Why a text is no regular expression.
    RegexError {
        /// A character that cannot stand there.
        Unexpected(found: char) => "unexpected `{found}`";
        UnexpectedEnd => "unexpected end";
        /// Another character than the one that must stand there.
        Expected(expected: char) => "expected `{expected}`";
        /// Something else than the number of a repetition.
        ExpectedInteger => "expected an integer";
        /// Too many groups in each other.
        TooDeep => "nested too deeply";
        /// Too many signs of repetition in a row.
        RepeatedTooOften => "repeated too often";
        /// `{3,2}`
        ReversedRepetition => "a repetition whose end is before its beginning";
        /// `[z-a]`
        EmptyRange(low: char, high: char) => "the range {low}-{high} is empty";
        /// `<…>` that holds something else than two numbers.
        NoInterval(found: String) => "`<{found}>` is no interval";
        /// A backslash before a letter that has no meaning; `fix` is what to write instead.
        Escape { found: char, fix: EscapeFix } =>
            "invalid character class `\\{found}`; behind a backslash stand `d D s S w W`, digits and punctuation: {fix}";
        LoneBackslash => "a lone backslash at its end";
        /// What the library that compiles expressions says.
        Library(said: String) => "{said}";
    }
}

phrases! {
    /// What to write instead of a backslash and a letter.
    EscapeFix {
        NoAnchors = "there are no anchors and no word boundaries, the expression matches the whole value",
        CharacterItself = "put the character itself into the expression",
        Class = "write the characters as a class, such as `[a-z]`",
        PlainLetter = "a letter stands for itself without a backslash",
    }
}

phrases! {
    /// A construct of regular expressions that a finite automaton does not have.
    RegexConstruct {
        LookAround = "look-around",
        AtomicGroup = "an atomic group",
        PossessiveQuantifier = "a possessive quantifier",
        BackReference = "a back-reference",
        EndOfMatch = "\\G",
        GraphemeCluster = "\\X",
    }
}

phrases! {
    /// What of a field's mapping hides its values from Trapline.
    UnknownValues {
        Scripted = "is computed by a script of its mapping",
        DateFormat = "has a date format that Trapline does not read",
        Normalizer = "has a normalizer that its mapping only names",
    }
}

causes! {
    /// Why a rule is refused: its query, or something that it excludes.
    RefusedBy {
        /// No reason is given.
        Unknown => "no reason is given";
        /// The query.
        Query(why: Box<QueryCause>) => "{why}";
        /// An exclusion.
        Exclusion { exclusion: ExclusionName, why: Box<QueryCause> } => "{exclusion}: {why}";
        /// An exclusion, when it runs.
        FailedExclusion { exclusion: ExclusionName, why: Box<FailureKind> } => "{exclusion}: {why}";
    }
}

causes! {
    /// What hides documents from a rule.
    ExclusionName {
        /// The rule's own filters.
        Filters => "the rule's filters";
        /// The exception item of this name.
        Exception { exception: String } => "the exception {exception}";
    }
}

causes! {
    /// Why the engine of `scan` cannot run a rule.
    EngineRefusal {
        /// The query would fail on every event, or the evaluator cannot run it.
        Failure(why: FailureKind) => "{why}";
        /// A test of several fields stands where a column has one.
        SeveralFields => "a condition over several fields";
    }
}
