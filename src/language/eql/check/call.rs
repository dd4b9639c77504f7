//! Function calls: names, numbers and types of arguments (`EqlFunctionRegistry` and the classes of
//! the functions).

use super::super::error::EqlError;
use super::super::syntax::{Call, Expr, ExprKind};
use super::expression::ordinal;
use super::{Checker, Typed, codes, is_constant};
use crate::diagnostic::Span;
use crate::diagnostic::suggest::nearest;
use crate::event::field::Family;
use crate::plan::Function;

/// What an argument must be.
#[derive(Clone, Copy)]
enum Wants {
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
            self.error(
                EqlError::new(
                    &codes::WRONG_ARGUMENTS,
                    call.name.span,
                    format!(
                        "function [{}] does not support the case-insensitive operator [~]",
                        function.name()
                    ),
                )
                .named(function.name()),
            );
        }
        self.count_arguments(function, call, span);
        let mut constant = true;
        let mut widest = String::from("integer");
        for (index, argument) in call.arguments.iter().enumerate() {
            let typed = self.expression(argument);
            constant &= typed.constant;
            if matches!(typed.name.as_str(), "double" | "float") || index == 0 {
                widest.clone_from(&typed.name);
            }
            self.argument(function, index, argument, &typed);
        }
        result_type(function, &widest, constant)
    }

    fn count_arguments(&mut self, function: Function, call: &Call, span: Span) {
        let (low, high, words) = arity(function);
        let found = call.arguments.len();
        if found < low || found > high {
            self.error(
                EqlError::new(
                    &codes::WRONG_ARGUMENTS,
                    span,
                    format!(
                        "error building [{}]: expects {words}, found [{found}]",
                        function.name()
                    ),
                )
                .named(function.name())
                .found(found, words),
            );
        }
    }

    fn argument(&mut self, function: Function, index: usize, argument: &Expr, typed: &Typed) {
        let wanted = wants(function, index);
        let (fits, word) = match wanted {
            Wants::Text | Wants::ConstantText => (typed.is(Family::Text), "string"),
            Wants::Number => (typed.is(Family::Number), "numeric"),
            Wants::Integer => (typed.is_integer(), "integer"),
            Wants::Boolean => (typed.is(Family::Boolean), "boolean"),
            Wants::Ip => (
                typed.is(Family::Ip)
                    || (typed.family == Some(Family::Text) && is_constant(argument)),
                "ip",
            ),
            Wants::Anything => (true, ""),
        };
        let place = match index {
            0 => "first".to_owned(),
            1 => "second".to_owned(),
            2 => "third".to_owned(),
            3 => "fourth".to_owned(),
            more => ordinal(more + 1),
        };
        if !fits {
            self.error(EqlError::new(
                &codes::WRONG_TYPE,
                argument.span,
                format!(
                    "{place} argument of [{}] must be [{word}], found value [{argument}] type [{}]",
                    function.name(),
                    typed.name
                ),
            ).named(function.name()).found(&typed.name, word));
        } else if matches!(wanted, Wants::ConstantText) && !is_constant(argument) {
            self.error(
                EqlError::new(
                    &codes::WRONG_TYPE,
                    argument.span,
                    format!(
                        "{place} argument of [{}] must be a constant, received [{argument}]",
                        function.name()
                    ),
                )
                .named(function.name())
                .found(argument, "constant"),
            );
        } else if function == Function::CidrMatch
            && index > 0
            && let ExprKind::String(text) = &argument.kind
            && super::super::lower::cidr_block(text).is_none()
        {
            self.error(
                EqlError::new(
                    &codes::BAD_CONSTANT,
                    argument.span,
                    format!("[{text}] is not an IP address or CIDR block"),
                )
                .found(text, "address or block"),
            );
        }
    }
}

/// The least and the greatest number of arguments.
fn arity(function: Function) -> (usize, usize, &'static str) {
    match function {
        Function::Add
        | Function::Divide
        | Function::EndsWith
        | Function::Modulo
        | Function::Multiply
        | Function::StartsWith
        | Function::StringContains
        | Function::Subtract => (2, 2, "exactly two arguments"),
        Function::Between => (3, 4, "three or four arguments"),
        Function::CidrMatch | Function::Wildcard => (2, usize::MAX, "at least two arguments"),
        Function::Concat => (1, usize::MAX, "at least one argument"),
        Function::IndexOf | Function::Substring => (2, 3, "two or three arguments"),
        Function::Length | Function::String | Function::Negate => (1, 1, "exactly one argument"),
        Function::Number => (1, 2, "one or two arguments"),
    }
}

fn wants(function: Function, index: usize) -> Wants {
    match (function, index) {
        (
            Function::Add
            | Function::Divide
            | Function::Modulo
            | Function::Multiply
            | Function::Subtract
            | Function::Negate,
            _,
        ) => Wants::Number,
        (Function::IndexOf, 2) | (Function::Substring, 1 | 2) | (Function::Number, 1) => {
            Wants::Integer
        }
        (Function::Between, 3) => Wants::Boolean,
        (Function::CidrMatch, 0) => Wants::Ip,
        (Function::CidrMatch | Function::Wildcard, 1..) => Wants::ConstantText,
        (Function::Concat | Function::String, _) => Wants::Anything,
        _ => Wants::Text,
    }
}

fn result_type(function: Function, widest: &str, constant: bool) -> Typed {
    let (family, name) = match function {
        Function::Between | Function::Concat | Function::String | Function::Substring => {
            (Family::Text, "keyword")
        }
        Function::IndexOf | Function::Length => (Family::Number, "integer"),
        Function::Number => (Family::Number, "double"),
        function if function.is_boolean() => (Family::Boolean, "boolean"),
        _ => (Family::Number, widest),
    };
    Typed::computed(family, name, constant)
}

fn unknown_function(name: &str, span: Span) -> EqlError {
    let error = EqlError::new(
        &codes::UNKNOWN_FUNCTION,
        span,
        format!("unknown function [{name}]"),
    )
    .named(name);
    let folded = name.to_ascii_lowercase();
    let near = match folded.as_str() {
        "arraycontains" => Some("stringContains"),
        "match" => Some("cidrMatch"),
        _ => nearest(name, Function::NAMED.map(Function::name)),
    };
    match near {
        Some(near) => error.suggest(near),
        None => error,
    }
}
