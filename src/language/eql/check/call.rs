//! Function calls: names, numbers and types of arguments (`EqlFunctionRegistry` and the classes of
//! the functions).

use std::borrow::Cow;

use super::super::error::EqlError;
use super::super::syntax::{Call, Expr, ExprKind};
use super::{Checker, Typed, codes, is_constant};
use crate::diagnostic::Span;
use crate::diagnostic::query::EqlType;
use crate::diagnostic::query::eql_type::{Arity, Place};
use crate::diagnostic::suggest::nearest;
use crate::event::field::Family;
use crate::plan::Function;

/// What an argument must be.
#[derive(Clone, Copy)]
enum ExpectedArgument {
    Text,
    ConstantText,
    Number,
    Integer,
    Boolean,
    Ip,
    Anything,
}

impl Checker<'_> {
    /// The type of a call's result.
    pub(super) fn call(&mut self, call: &Call, span: Span) -> Typed {
        let Some(function) = Function::named(&call.name.text) else {
            self.error(unknown_function(&call.name.text, call.name.span));
            for argument in &call.arguments {
                self.expression(argument);
            }
            return Typed::null();
        };
        if call.insensitive && !function.has_insensitive_form() {
            let name = function.name();
            let cause = EqlType::NotInsensitive { name };
            self.error(EqlError::new(
                &codes::WRONG_ARGUMENTS,
                call.name.span,
                cause,
            ));
        }
        self.count_arguments(function, call, span);
        let mut constant = true;
        let mut widest = Cow::Borrowed("integer");
        for (index, argument) in call.arguments.iter().enumerate() {
            let typed = self.expression(argument);
            constant &= typed.constant;
            if matches!(&*typed.name, "double" | "float") || index == 0 {
                widest.clone_from(&typed.name);
            }
            self.argument(function, index, argument, &typed);
        }
        result_type(function, widest, constant)
    }

    fn count_arguments(&mut self, function: Function, call: &Call, span: Span) {
        let (low, high, expected) = arity(function);
        let found = call.arguments.len();
        if found < low || found > high {
            let name = function.name();
            let cause = EqlType::ArgumentCount {
                name,
                found,
                expected,
            };
            self.error(EqlError::new(&codes::WRONG_ARGUMENTS, span, cause));
        }
    }

    fn argument(&mut self, function: Function, index: usize, argument: &Expr, typed: &Typed) {
        let wanted = expected_argument(function, index);
        let (fits, word) = match wanted {
            ExpectedArgument::Text | ExpectedArgument::ConstantText => {
                (typed.is(Family::Text), "string")
            }
            ExpectedArgument::Number => (typed.is(Family::Number), "numeric"),
            ExpectedArgument::Integer => (typed.is_integer(), "integer"),
            ExpectedArgument::Boolean => (typed.is(Family::Boolean), "boolean"),
            ExpectedArgument::Ip => (
                typed.is(Family::Ip)
                    || (typed.family == Some(Family::Text) && is_constant(argument)),
                "ip",
            ),
            ExpectedArgument::Anything => (true, ""),
        };
        let (name, place) = (function.name(), Place(index + 1));
        if !fits {
            let cause = EqlType::ArgumentType {
                name,
                place,
                value: argument.to_string(),
                found: typed.name.to_string(),
                expected: word,
            };
            self.error(EqlError::new(&codes::WRONG_TYPE, argument.span, cause));
        } else if matches!(wanted, ExpectedArgument::ConstantText) && !is_constant(argument) {
            let cause = EqlType::ArgumentNotConstant {
                name,
                place,
                found: argument.to_string(),
                expected: "constant",
            };
            self.error(EqlError::new(&codes::WRONG_TYPE, argument.span, cause));
        } else if function == Function::CidrMatch
            && index > 0
            && let ExprKind::String(text) = &argument.kind
            && super::super::lower::cidr_block(text).is_none()
        {
            let cause = EqlType::NoAddressBlock {
                found: text.clone(),
                expected: "address or block",
            };
            self.error(EqlError::new(&codes::BAD_CONSTANT, argument.span, cause));
        }
    }
}

/// The least and the greatest number of arguments.
fn arity(function: Function) -> (usize, usize, Arity) {
    match function {
        Function::Add
        | Function::Divide
        | Function::EndsWith
        | Function::Modulo
        | Function::Multiply
        | Function::StartsWith
        | Function::StringContains
        | Function::Subtract => (2, 2, Arity::Two),
        Function::Between => (3, 4, Arity::ThreeOrFour),
        Function::CidrMatch | Function::Wildcard => (2, usize::MAX, Arity::AtLeastTwo),
        Function::Concat => (1, usize::MAX, Arity::AtLeastOne),
        Function::IndexOf | Function::Substring => (2, 3, Arity::TwoOrThree),
        Function::Length | Function::String | Function::Negate => (1, 1, Arity::One),
        Function::Number => (1, 2, Arity::OneOrTwo),
    }
}

fn expected_argument(function: Function, index: usize) -> ExpectedArgument {
    match (function, index) {
        (
            Function::Add
            | Function::Divide
            | Function::Modulo
            | Function::Multiply
            | Function::Subtract
            | Function::Negate,
            _,
        ) => ExpectedArgument::Number,
        (Function::IndexOf, 2) | (Function::Substring, 1 | 2) | (Function::Number, 1) => {
            ExpectedArgument::Integer
        }
        (Function::Between, 3) => ExpectedArgument::Boolean,
        (Function::CidrMatch, 0) => ExpectedArgument::Ip,
        (Function::CidrMatch | Function::Wildcard, 1..) => ExpectedArgument::ConstantText,
        (Function::Concat | Function::String, _) => ExpectedArgument::Anything,
        _ => ExpectedArgument::Text,
    }
}

fn result_type(function: Function, widest: Cow<'static, str>, constant: bool) -> Typed {
    let (family, name) = match function {
        Function::Between | Function::Concat | Function::String | Function::Substring => {
            (Family::Text, "keyword".into())
        }
        Function::IndexOf | Function::Length => (Family::Number, "integer".into()),
        Function::Number => (Family::Number, "double".into()),
        function if function.is_boolean() => (Family::Boolean, "boolean".into()),
        _ => (Family::Number, widest),
    };
    Typed::computed(family, name, constant)
}

fn unknown_function(name: &str, span: Span) -> EqlError {
    let folded = name.to_ascii_lowercase();
    let near = match folded.as_str() {
        "arraycontains" => Some("stringContains"),
        "match" => Some("cidrMatch"),
        _ => nearest(name, Function::NAMED.map(Function::name)),
    };
    let cause = EqlType::UnknownFunction {
        name: name.to_owned(),
        suggestion: near.map(str::to_owned),
    };
    EqlError::new(&codes::UNKNOWN_FUNCTION, span, cause)
}
