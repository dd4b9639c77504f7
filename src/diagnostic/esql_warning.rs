//! The warnings of an ES|QL query, in Elasticsearch's own words, which are part of its answer.

use std::fmt;

use super::cause::{Part, causes};
use super::failure::FailureKind;

/// A place in a query: line and column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineColumn {
    /// The line.
    pub line: usize,
    /// The column in characters.
    pub column: usize,
}

impl fmt::Display for LineColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl Part for LineColumn {
    fn part(&self) -> Option<String> {
        Some(self.to_string())
    }
}

causes! {
    /// A warning.
    EsqlWarning {
        /// A limit above the greatest.
        ResultsLimited { most: u64 } => "The query only returned the first {most} rows";
        /// A query without a limit.
        DefaultLimit { limit: u64 } => "No limit defined, adding default limit of [{limit}]";
        /// A column of STATS by a later one of its name, which stands at `by`.
        Shadowed { place: LineColumn, name: String, by: LineColumn } =>
            "Line {place}: Field '{name}' shadowed by field at line {by}";
        /// A comparison with null.
        AlwaysNull { place: LineColumn, expression: String } =>
            "Line {place}: Expression [{expression}] always evaluates to NULL.";
        /// Rows for which an expression has no value; it is read as `expected`.
        Failed { place: LineColumn, expression: String, expected: &'static str, most: usize } =>
            "Line {place}: evaluation of [{expression}] failed, treating result as {expected}. Only first {most} failures recorded.";
        /// Why it has none for a row.
        FailedBecause { place: LineColumn, why: EsqlFailure } => "Line {place}: {why}";
    }
}

causes! {
    /// Why an expression has no value, by the class of Elasticsearch's exception.
    EsqlFailure {
        /// An argument of the wrong content.
        Argument(why: BadArgument) => "java.lang.IllegalArgumentException: {why}";
        /// A result out of range.
        Arithmetic(why: BadArithmetic) => "java.lang.ArithmeticException: {why}";
        /// A value that cannot be converted.
        Conversion(why: BadConversion) =>
            "org.elasticsearch.xpack.esql.core.InvalidArgumentException: {why}";
        /// A regular expression that cannot be read.
        Pattern(why: FailureKind) => "java.util.regex.PatternSyntaxException: {why}";
    }
}

impl EsqlFailure {
    /// Several values where one is taken.
    pub const SEVERAL: Self = Self::Argument(BadArgument::SeveralValues);
}

causes! {
    /// What of an argument is wrong.
    BadArgument {
        SeveralValues => "single-value function encountered multi-value";
        NoNumbers => "arithmetic on values that are no numbers";
        NoNumber => "not a number";
        NoDate => "not a date";
        InvalidPoint { found: String } => "invalid point [{found}]";
        UnreadablePoint { found: String } => "Failed to parse WKT: invalid point [{found}]";
        ConcatTooLong { most: usize } => "concatenating more than [{most}] bytes is not supported";
        TextTooLong { most: usize } =>
            "Creating strings with more than [{most}] bytes is not supported";
        RepeatedTooLong { most: usize } =>
            "Creating repeated strings with more than [{most}] bytes is not supported";
        NegativeLength { found: i64 } => "Length parameter cannot be negative, found [{found}]";
        NegativeNumber { found: i64 } => "Number parameter cannot be negative, found [{found}]";
        /// What Java's `Matcher` says of a replacement.
        Replacement(why: ReplacementError) => "{why}";
        UrlEncoding(why: BadEscape) => "{why}";
        Base64 { found: String } => "Illegal base64 input [{found}]";
        EmptyInterval => "Zero or negative time interval is not supported";
        MixedInterval => "Time interval is not supported";
        DateUnit { found: String } =>
            "A value of [YEAR, QUARTER, MONTH, DAYOFYEAR, DAY, WEEK, WEEKDAY, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, NANOSECOND] or their aliases is required; received [{found}]";
        DatePart { found: String } => "No enum constant java.time.temporal.ChronoField.{found}";
        DateFormat { found: String } => "Invalid format: [{found}]";
        Date { found: String, format: String } =>
            "failed to parse date field [{found}] with format [{format}]";
        NoNanosecondDate { found: String } => "[{found}] is no nanosecond date";
        JsonPath { found: String } => "invalid path [{found}]";
        Json => "invalid JSON input";
        JsonIndex => "array index out of bounds";
        NoSuchPath { found: String } => "path [{found}] does not exist";
        Block(why: InvalidBlock) => "{why}";
        /// `name` is the version of the address.
        PrefixLength { name: &'static str, most: u8 } =>
            "Prefix length {name} must be in range [0, {most}]";
        Address { found: String } => "'{found}' is not an IP string literal.";
        /// A function that was checked to take something else.
        WrongCall { name: String } => "{name} takes no such values";
    }
}

causes! {
    /// A text that is no block of addresses.
    InvalidBlock {
        NoBlock(found: String) => "invalid CIDR block [{found}]";
    }
}

causes! {
    /// What of a calculation has no result.
    BadArithmetic {
        ByZero => "/ by zero";
        /// `name` is the type.
        Overflow { name: &'static str } => "{name} overflow";
        NotFinite { found: String } => "not a finite double number: {found}";
        NegativeRoot => "Square root of negative";
        /// `name` is the function.
        OutOfRange { name: &'static str } => "{name} input out of range";
        LogNotPositive => "Log of non-positive number";
        LogBaseOne => "Log of base 1";
    }
}

causes! {
    /// What of a value cannot be converted.
    BadConversion {
        NoNumber { found: String } => "Cannot parse number [{found}]";
        /// `expected` is the type.
        OutOfRange { found: String, expected: &'static str } => "[{found}] out of [{expected}] range";
        /// A difference that no type holds.
        DifferenceOutOfRange => "[difference] out of [integer] range";
        ReversedSlice => "Start offset is greater than end offset";
    }
}

causes! {
    /// Why Java refuses a replacement.
    ReplacementError {
        /// A backslash at the end.
        LoneBackslash => "character to be escaped is missing";
        /// A `$` before something else than a digit.
        NoGroupNumber => "Illegal group reference";
        /// The expression has no such group.
        NoGroup(found: usize) => "No group {found}";
    }
}

causes! {
    /// Why a text is not URL-encoded, as Java's `URLDecoder` says it.
    BadEscape {
        Incomplete => "URLDecoder: Incomplete trailing escape (%) pattern";
        NotHex { index: usize, found: String } =>
            "URLDecoder: Illegal hex characters in escape (%) pattern - Error at index {index} in: \"{found}\"";
        Negative => "URLDecoder: Illegal hex characters in escape (%) pattern - negative value";
    }
}
