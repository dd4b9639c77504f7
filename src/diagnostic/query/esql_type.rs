//! What of a well-formed ES|QL query Elasticsearch's verifier refuses, and what Trapline does not
//! run: expressions, functions, aggregates. Commands are in [`super::esql_command`].

use std::fmt;

use super::text_part::{Capitals, Near};
use crate::diagnostic::cause::{Part, causes};

causes! {
    /// Why an expression of ES|QL is refused.
    EsqlType {
        NoParameter { name: String } => "no value is given for the parameter [?{name}]";
        NumberTooLarge { found: String } => "Number [{found}] is too large";
        MixedList => "the values of a list must be of one type";
        OperandType { name: Option<String>, expression: String, value: String, found: &'static str, expected: String } =>
            "argument of [{expression}] must be [{expected}], found value [{value}] type [{found}]";
        LikeType { expression: String, value: String, found: &'static str, expected: &'static str } =>
            "argument of [{expression}] must be [{expected}], found value [{value}] type [{found}]",
            help "convert it: `TO_STRING({value})`";
        ArgumentType { name: Option<String>, place: WhichArgument, expression: String, value: String, found: &'static str, expected: String } =>
            "{place} argument of [{expression}] must be [{expected}], found value [{value}] type [{found}]";
        ArgumentNotConstant { name: String, place: WhichArgument, expression: String, found: String, expected: &'static str } =>
            "{place} argument of [{expression}] must be a {expected}, received [{found}]";
        MixedUnsigned { expression: String, found: &'static str, expected: &'static str } =>
            "first argument of [{expression}] is [{expected}] and second is [{found}]. \
             [unsigned_long] can only be operated on together with another [unsigned_long]";
        /// `kind` is what the message calls the expected type; `one_is_text` says that the other
        /// operand is none.
        ComparedTypes { expression: String, kind: &'static str, found: &'static str, expected: &'static str, one_is_text: bool } =>
            "first argument of [{expression}] is [{kind}] so second argument must also be [{kind}] \
             but was [{found}]",
            hint one_is_text.then_some("convert one side with `::` or a TO_ function");
        NotOrdered { expression: String, found: &'static str } =>
            "first argument of [{expression}] must be [datetime, double, integer, ip, keyword, long, \
             text, unsigned_long or version], found value type [{found}]";
        UnknownType { name: String } => "Unknown data type named [{name}]";
        CastNotSupported { name: String } => "a cast to [{name}] is not supported";
        IncompatibleTypes { operator: &'static str, first: &'static str, second: &'static str, are_dates: bool } =>
            "[{operator}] has arguments with incompatible types [{first}] and [{second}]",
            hint are_dates.then_some("the time between two instants is `DATE_DIFF(unit, start, end)`");
        LongTimespan { expression: String } => "the timespan [{expression}] is too long";
        BadLiteral { found: String, expected: Capitals } => "Cannot convert string [{found}] to [{expected}]";
        BadTimespan { found: String, expected: &'static str } => "Cannot convert string [{found}] to [{expected}]";
        StarArgument { name: String } => "{name} takes no `*`";
        UnknownFunction { name: String, suggestion: Near } => "Unknown function [{name}]{suggestion}";
        FunctionNotSupported { name: String } => "the function {name} is not supported";
        ArgumentCount { name: String, found: usize, expected: Counts } =>
            "error building [{name}]: expects {expected} arguments, found {found}";
        OrderValue { found: String, expected: &'static str } =>
            "Invalid order value in [{found}], expected one of [ASC, DESC]";
        NumberOfBuckets => "BUCKET with a number of buckets is not supported";
        ConditionNotBoolean { found: Capitals, expected: &'static str } =>
            "Condition expression needs to be boolean, found [{found}]";
        NestedAggregate { name: String } =>
            "nested aggregations [{name}] not allowed inside other aggregations";
        AggregateOutsideStats { name: String } =>
            "aggregate function [{name}] not allowed outside STATS command";
        AggregateArgumentNotConstant { expression: String } => "an argument of [{expression}] must be a constant";
        AggregateArgumentValue { expression: String } => "[{expression}] has an argument of no valid value";
        SearchOption { name: String, function: String } => "the option [{name}] of {function} is not supported";
        SearchArguments { name: String, found: usize } =>
            "error building [{name}]: wrong number of arguments, found {found}";
        NotSearchable { found: String } =>
            "[{found}] is no field of an index, and only such a field can be searched";
        SearchNotConstant { found: String, expected: &'static str } =>
            "a search must be a {expected}, received [{found}]";
        SearchPlace { name: String, command: &'static str } =>
            "[{name}] function cannot be used after {command}";
    }
}

/// Which argument of a function, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhichArgument(pub usize);

impl fmt::Display for WhichArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMED: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
        match NAMED.get(self.0) {
            Some(word) => f.write_str(word),
            None => write!(f, "{}th", self.0 + 1),
        }
    }
}

impl Part for WhichArgument {
    fn part(&self) -> Option<String> {
        (self.0 + 1).part()
    }
}

/// How many arguments a function takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// This many or more.
    AtLeast(usize),
    /// This many.
    Exactly(usize),
    /// From this many to this many.
    Between(usize, usize),
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::Exactly(count) => write!(f, "exactly {count}"),
            Self::Between(least, most) => write!(f, "between {least} and {most}"),
        }
    }
}

impl Part for Counts {
    fn part(&self) -> Option<String> {
        Some(self.to_string())
    }
}
