//! What is wrong with the grammar of an EQL query: operands, lists, categories, brackets.

use crate::diagnostic::cause::{Found, Part, Written, causes, phrases};

/// How a query is written that has an event category alone.
const EVENT_QUERY: &str = "write `category where condition`, for example `any where true`";

causes! {
    /// Why tokens are no query of EQL.
    EqlSyntax {
        TooDeep { most: u64 } => "the expression is nested more than {most} deep",
            label "this is one level too many",
            help "take redundant parentheses away, or write a list: `x in (\"a\", \"b\")`";
        KeywordCase { expected: String } => "keyword `{expected}` must be lower case",
            label "read as the name of a field",
            help "write `{expected}`";
        KeywordAsName { name: String } => "keyword `{name}` cannot be a name without backticks",
            label "a keyword",
            help "write it as `` `{name}` ``";
        ForeignWord { found: Found, word: ForeignWord } => "unexpected {found} after an operand",
            label "not an operator of EQL",
            hint word.fix;
        NameBeginsWithDigit { found: Found } => "unexpected {found} after an operand",
            label "a bare name cannot begin with a digit",
            help "put this part of the field's name in backticks, without the dot";
        UnknownAfterOperand { found: Found } => "unexpected {found} after an operand";
        AfterOperand { found: Found, fix: Join } => "unexpected {found} after an operand",
            label "expected `and`, `or` or an operator",
            hint fix;
        NotClosed { bracket: String, expected: &'static str, found: Found } =>
            "`{bracket}` is not closed before {found}",
            label "opened here",
            help "add `{expected}` before {found}";
        NeverOpened { found: String } => "`{found}` has no opening bracket",
            label "closes nothing",
            help "remove it";
        NoCallAfterTilde { found: Found } => "expected `(` after a function's name with `~`, found {found}",
            help "`~` makes a function ignore case: `startsWith~(a, \"b\")`";
        MissingOperand { found: Found, fix: Option<OperandFix> } =>
            "expected a field, a value or a condition, found {found}",
            label "an operand is missing here",
            hint fix;
        MissingName { expected: NameOf, found: Found, fix: Option<NameFix> } =>
            "expected {expected}, found {found}",
            label "a name is missing here",
            hint fix;
        LoneList => "a list cannot stand alone",
            label "expected `)`",
            help "a list follows `in`, `:`, `like` or `regex`: `x in (1, 2)`";
        ArrayIndex { name: String } => "array indexes are not supported",
            label "the order of values is not kept",
            help "write `{name}`: a condition holds when any value satisfies it";
        NotInComparison => "`not` cannot stand within a comparison",
            label "expected a value",
            help "`not` stands before the whole condition: `not a == b`";
        NoLeftOperand { found: String } => "`{found}` needs an operand on its left",
            label "an operand is missing before this";
        ProcessRelationship => "process relationships are not supported",
            label "belongs to the EQL of Endgame",
            help "test fields of the parent (`process.parent.name`), or write a sequence";
        SecondPredicate => "one value takes one predicate",
            label "second predicate",
            help "write two conditions joined by `and`, or a list: `x : (\"a\", \"b\")`";
        NotBeforePredicate { operator: &'static str, value: String } =>
            "`not` cannot stand before `{operator}`",
            label "only `in` has a form with `not` inside",
            help "write `not {value} {operator} …`";
        NoList { operator: &'static str, found: Found, item: Option<Written> } =>
            "`{operator}` takes a list in parentheses, found {found}",
            label "expected `(`",
            hint Some(match item {
                Some(item) => format!("write `{operator} ({item:#})`"),
                None => format!("write `{operator} (a, b)`"),
            });
        ListInBrackets => "a list stands in parentheses, not in brackets",
            label "expected `(`",
            help "write `(\"a\", \"b\")`";
        SignedPattern => "a pattern must be a constant",
            label "a signed number is an expression",
            help "compare numbers with `==`";
        PatternNotConstant => "a pattern must be a constant",
            label "not a constant",
            help "to compare two fields use a function: `stringContains(a, b)`";
        EmptyList { operator: &'static str } => "the list of `{operator}` is empty",
            label "no item",
            help "write at least one item";
        TrailingComma => "a list cannot end with a comma",
            label "nothing follows",
            help "remove the comma";
        AfterItem { what: ItemEnd } => "{what}",
            label "expected `,` or `)`",
            help "write `(\"a\", \"b\")`";
        ChainedComparison => "comparisons cannot be chained",
            label "second comparison",
            help "write two comparisons joined by `and`: `1 < x and x < 5`";
        Assignment => "`=` is not a comparison",
            label "not EQL",
            help "write `==`, or `:` to ignore case";
        PredicateInArithmetic { operator: &'static str, value: String } =>
            "`{operator}` binds to `{value}` alone, and its result is no number",
            label "a condition, not a number",
            help "put what `{operator}` tests in parentheses: `(a + b) {operator} …`";
        Empty => "the query is empty", hint EVENT_QUERY;
        NoCategory => "expected a category before `where`",
            label "the category is missing",
            help "write `any where …`, or name the category: `process where …`";
        CategoryInBackticks { name: String } => "an event category cannot stand in backticks",
            label "backticks make a field's name",
            help "write `\"{name}\" where …`";
        KeywordAsCategory { name: String } =>
            "keyword `{name}` cannot be an event category without quotes",
            label "a keyword",
            help "write `\"{name}\" where …`";
        /// `category` is what stands before, if anything does.
        NoWhere { found: Found, category: Option<Written> } =>
            "expected `where` and a condition, found {found}",
            hint Some(match category {
                None => EVENT_QUERY.to_owned(),
                Some(category) => format!("`{category:#} where true` matches every event of the category"),
            });
        SeveralCategories { found: Found } => "expected a category and `where`, found {found}",
            label "expected one category before `where`",
            help "to match several write `any where event.category in (\"a\", \"b\") and …`";
        BareCondition => "expected a category and `where` before the condition",
            label "the query begins here",
            help "write `any where …`, or name the category: `process where …`";
        /// `part_of_sequence` says whether it belongs to a query of several terms.
        AfterQuery { found: Found, part_of_sequence: bool } => "unexpected {found} after the query",
            label "expected a pipe or the end",
            hint part_of_sequence.then_some(
                "`by`, `with`, `until` and `[ ]` belong to `sequence` (or `sample`)",
            );
        NoPipeName { found: Found } => "expected the name of a pipe after `|`, found {found}",
            help "write `| head 10` or `| tail 10`";
    }
}

phrases! {
    /// How to mend what follows an operand and cannot.
    Join {
        TwoStrings = "strings side by side are not joined; in a list they are parted by commas",
        QuestionMark = "the `?` of an optional field stands before its whole name: `?a.b`",
        Dot = "only the name of a field has parts",
        Condition = "join two conditions with `and` or `or`",
    }
}

phrases! {
    /// What was meant where an operand should be.
    OperandFix {
        Wildcard = "a wildcard stands in a string: `x : \"*\"`",
        List = "lists are written in parentheses: `x in (1, 2)`",
    }
}

phrases! {
    /// Which name is missing.
    NameOf {
        Field = "a field's name",
        OptionalField = "a field's name after `?`",
        Part = "a name after `.`",
    }
}

phrases! {
    /// What was meant where a name should be.
    NameFix {
        Wildcard = "the name of a field cannot hold a wildcard",
        QuestionMark = "the `?` of an optional field stands before its whole name",
        Digit = "a name that begins with a digit stands in backticks",
    }
}

phrases! {
    /// What is wrong behind an item of a list.
    ItemEnd {
        Operator = "items of a list are parted by commas",
        NoComma = "a comma is missing between two items",
        Expression = "a pattern must be a constant",
    }
}

/// A word of another language that stands between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForeignWord {
    word: &'static str,
    fix: &'static str,
}

impl ForeignWord {
    /// The word in any case, if it is one.
    pub fn of(word: &str) -> Option<Self> {
        let mut known = FOREIGN_WORDS.iter();
        known
            .find(|one| one.word.eq_ignore_ascii_case(word))
            .copied()
    }
}

impl Part for ForeignWord {
    fn part(&self) -> Option<String> {
        Some(self.word.to_owned())
    }
}

const fn foreign(word: &'static str, fix: &'static str) -> ForeignWord {
    ForeignWord { word, fix }
}

const PATTERNS: &str = "write `like \"…\"` for wildcards, `regex \"…\"` for a regular expression";

/// The words, and what EQL has instead.
const FOREIGN_WORDS: [ForeignWord; 9] = [
    foreign(
        "contains",
        "write `: \"*text*\"`, or `stringContains(field, \"text\")`",
    ),
    foreign(
        "startswith",
        "write `: \"text*\"`, or `startsWith(field, \"text\")`",
    ),
    foreign(
        "endswith",
        "write `: \"*text\"`, or `endsWith(field, \"text\")`",
    ),
    foreign("matches", PATTERNS),
    foreign("match", PATTERNS),
    foreign("rlike", "write `regex \"…\"`"),
    foreign("is", "write `== null` or `!= null`"),
    foreign("equals", "write `==`"),
    foreign("eq", "write `==`"),
];
