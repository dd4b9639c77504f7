//! Functions: their names, the number and types of their arguments, the type of their result.

use super::super::error::{
    BAD_VALUE, NOT_CONSTANT, UNKNOWN_FUNCTION, WRONG_COUNT, WRONG_TYPE, not_supported,
};
use super::super::syntax::{Expr, ExprKind, Text};
use super::{Checker, Result};
use crate::diagnostic::Span;
use crate::diagnostic::query::EsqlType;
use crate::diagnostic::query::esql_type::{Counts, WhichArgument};
use crate::diagnostic::query::text_part::Near;
use crate::diagnostic::suggest::nearest;
use crate::event::Value;
use crate::language::QueryError;
use crate::plan::pipeline::signature::{self, Parameter, Returns, Signature};
use crate::plan::pipeline::{self as plan, DataType, Function, TypeSet, aggregate};

/// An argument and where it stands.
pub(super) type Argument = (plan::Expr, Span);

impl Checker<'_> {
    pub(super) fn call(&mut self, expr: &Expr) -> Result<plan::Expr> {
        let ExprKind::Call {
            name,
            arguments,
            star,
            ..
        } = &expr.kind
        else {
            return Err(super::Failed);
        };
        let upper = name.value.to_ascii_uppercase();
        if aggregate::named(&upper).is_some() {
            return self.aggregate(expr);
        }
        if *star {
            let cause = EsqlType::StarArgument { name: upper };
            return Err(self.fail(QueryError::new(WRONG_COUNT, expr.span, cause)));
        }
        match upper.as_str() {
            "KQL" | "QSTR" | "MATCH" | "MATCH_PHRASE" => return self.search_function(expr),
            "BUCKET" | "BIN" => return self.bucket(arguments, expr.span),
            _ => {}
        }
        let Some(found) = signature::named(&upper) else {
            return Err(self.unknown_function(name, &upper));
        };
        if let ([argument], true) = (arguments.as_slice(), is_conversion(found.function)) {
            return self.convert(found.function, argument, expr.span);
        }
        let mut lowered = Vec::new();
        for argument in arguments {
            lowered.push((self.expression(argument), argument.span));
        }
        let lowered: Result<Vec<Argument>> = lowered
            .into_iter()
            .map(|(argument, span)| Ok((argument?, span)))
            .collect();
        self.checked_call(found.function, lowered?, expr.span)
    }

    fn unknown_function(&mut self, name: &Text, upper: &str) -> super::Failed {
        if signature::UNSUPPORTED.contains(&upper) {
            let upper = upper.to_owned();
            let cause = EsqlType::FunctionNotSupported { name: upper };
            return self.fail(not_supported(name.span, cause));
        }
        let scalars = signature::SIGNATURES
            .iter()
            .flat_map(|row| row.names)
            .copied();
        let names = scalars.chain(aggregate::AGGREGATES.iter().map(|row| row.name));
        let near = nearest(upper, names).map(str::to_lowercase);
        let cause = EsqlType::UnknownFunction {
            name: name.value.clone(),
            suggestion: Near(near),
        };
        self.fail(QueryError::new(UNKNOWN_FUNCTION, name.span, cause))
    }

    /// A call whose arguments are typed.
    pub(super) fn checked_call(
        &mut self,
        function: Function,
        arguments: Vec<Argument>,
        span: Span,
    ) -> Result<plan::Expr> {
        let Some(row) = signature::of(function) else {
            return Err(super::Failed);
        };
        self.check_count(row, arguments.len(), span)?;
        let mut checked = Vec::new();
        for (index, (argument, place)) in arguments.into_iter().enumerate() {
            let Some(parameter) = row.parameter(index) else {
                continue;
            };
            checked.push((
                self.check_argument(row, parameter, index, argument, place, span)?,
                place,
            ));
        }
        if function == Function::Case {
            checked = self.check_case(checked, span)?;
        }
        if row.function == Function::MvSort {
            self.check_order(checked.get(1))?;
        }
        let data_type = self.result_type(row, &checked, span)?;
        let arguments = checked.into_iter().map(|(argument, _)| argument).collect();
        Ok(self.typed(plan::ExprKind::Call(function, arguments), data_type, span))
    }

    fn check_count(&mut self, row: &Signature, given: usize, span: Span) -> Result<()> {
        let most = row.parameters.len();
        if given >= row.required && (row.repeats || given <= most) {
            return Ok(());
        }
        let expected = match (row.repeats, row.required, most) {
            (true, least, _) => Counts::AtLeast(least),
            (false, least, most) if least == most => Counts::Exactly(most),
            (false, least, most) => Counts::Between(least, most),
        };
        let cause = EsqlType::ArgumentCount {
            name: row.name().to_lowercase(),
            found: given,
            expected,
        };
        Err(self.fail(QueryError::new(WRONG_COUNT, span, cause)))
    }

    fn check_argument(
        &mut self,
        row: &Signature,
        parameter: Parameter,
        index: usize,
        argument: plan::Expr,
        place: Span,
        span: Span,
    ) -> Result<plan::Expr> {
        let argument = self.cast_argument(argument, parameter.types)?;
        if !parameter.types.contains(argument.data_type) {
            let name = Some(row.name().to_lowercase());
            let expression = self.text_of(span).to_owned();
            let value = self.text_of(place).to_owned();
            let found = argument.data_type.in_message();
            let expected = parameter.types.in_message();
            let cause = if row.parameters.len() == 1 && !row.repeats {
                EsqlType::OperandType {
                    name,
                    expression,
                    value,
                    found,
                    expected,
                }
            } else {
                EsqlType::ArgumentType {
                    name,
                    place: WhichArgument(index),
                    expression,
                    value,
                    found,
                    expected,
                }
            };
            return Err(self.fail(QueryError::new(WRONG_TYPE, place, cause)));
        }
        if parameter.constant && !argument.is_constant() {
            let cause = EsqlType::ArgumentNotConstant {
                name: row.name().to_lowercase(),
                place: WhichArgument(index),
                expression: self.text_of(span).to_owned(),
                found: self.text_of(place).to_owned(),
                expected: "constant",
            };
            return Err(self.fail(QueryError::new(NOT_CONSTANT, place, cause)));
        }
        Ok(argument)
    }

    /// A string literal becomes what the parameter takes, if that is no string.
    fn cast_argument(&mut self, argument: plan::Expr, types: TypeSet) -> Result<plan::Expr> {
        if argument.data_type != DataType::Keyword || types.contains(DataType::Keyword) {
            return Ok(argument);
        }
        let targets = [
            DataType::Date,
            DataType::Ip,
            DataType::Version,
            DataType::Boolean,
            DataType::DatePeriod,
        ];
        match targets.into_iter().find(|target| types.contains(*target)) {
            Some(target) => self.cast_literal(argument, target),
            None => Ok(argument),
        }
    }

    /// The conditions are boolean; a string literal beside results of another type is cast.
    fn check_case(&mut self, arguments: Vec<Argument>, span: Span) -> Result<Vec<Argument>> {
        let count = arguments.len();
        let is_condition = |index: usize| index.is_multiple_of(2) && index + 1 < count;
        for (index, (argument, place)) in arguments.iter().enumerate() {
            let fits = matches!(argument.data_type, DataType::Boolean | DataType::Null);
            if is_condition(index) && !fits {
                let cause = EsqlType::ArgumentType {
                    name: None,
                    place: WhichArgument(index),
                    expression: self.text_of(span).to_owned(),
                    value: self.text_of(*place).to_owned(),
                    found: argument.data_type.in_message(),
                    expected: "boolean".to_owned(),
                };
                return Err(self.fail(QueryError::new(WRONG_TYPE, *place, cause)));
            }
        }
        Ok(arguments)
    }

    fn check_order(&mut self, order: Option<&Argument>) -> Result<()> {
        let Some((order, place)) = order else {
            return Ok(());
        };
        let is_order = matches!(&order.kind, plan::ExprKind::Constant(cell)
            if matches!(cell.values(), [Value::Text(text)]
                if text.eq_ignore_ascii_case("asc") || text.eq_ignore_ascii_case("desc")));
        if is_order {
            return Ok(());
        }
        let cause = EsqlType::OrderValue {
            found: self.text_of(*place).to_owned(),
            expected: "ASC or DESC",
        };
        Err(self.fail(QueryError::new(BAD_VALUE, *place, cause)))
    }

    fn result_type(
        &mut self,
        row: &Signature,
        arguments: &[Argument],
        span: Span,
    ) -> Result<DataType> {
        let first = arguments
            .first()
            .map_or(DataType::Null, |(argument, _)| argument.data_type);
        let results: Vec<&Argument> = match row.returns {
            Returns::Type(_) if row.function == Function::DateTruncate => {
                let date = arguments.get(1).map(|(argument, _)| argument.data_type);
                return Ok(match date {
                    Some(DataType::DateNanos) => DataType::DateNanos,
                    _ => DataType::Date,
                });
            }
            Returns::Type(data_type) => return Ok(data_type),
            Returns::First => return Ok(first.computed()),
            Returns::Common => arguments.iter().collect(),
            Returns::Case => {
                let count = arguments.len();
                let is_result = |index: &usize| index % 2 == 1 || index + 1 == count;
                (0..count)
                    .filter(is_result)
                    .filter_map(|index| arguments.get(index))
                    .collect()
            }
        };
        let mut common = DataType::Null;
        for (argument, place) in results {
            let Some(wider) = common.common(argument.data_type) else {
                let index = arguments
                    .iter()
                    .position(|(_, own)| own == place)
                    .unwrap_or(0);
                let cause = EsqlType::ArgumentType {
                    name: Some(row.name().to_lowercase()),
                    place: WhichArgument(index),
                    expression: self.text_of(span).to_owned(),
                    value: self.text_of(*place).to_owned(),
                    found: argument.data_type.in_message(),
                    expected: common.in_message().to_owned(),
                };
                return Err(self.fail(QueryError::new(WRONG_TYPE, *place, cause)));
            };
            common = wider;
        }
        Ok(common)
    }

    /// `BUCKET(date, timespan)` truncates; `BUCKET(number, width)` rounds down to a multiple.
    fn bucket(&mut self, arguments: &[Expr], span: Span) -> Result<plan::Expr> {
        let [value, width] = arguments else {
            return Err(self.fail(not_supported(span, EsqlType::NumberOfBuckets)));
        };
        let (value_span, width_span) = (value.span, width.span);
        let (value, width) = (self.expression(value)?, self.expression(width)?);
        if value.data_type.is_number() && width.data_type.is_number() {
            let kind = plan::ExprKind::Call(Function::NumberBucket, vec![value, width]);
            return Ok(self.typed(kind, DataType::Double, span));
        }
        let arguments = vec![(width, width_span), (value, value_span)];
        self.checked_call(Function::DateTruncate, arguments, span)
    }
}

/// What a type behind `::` asks for.
pub(super) enum Conversion {
    Function(Function),
    Timespan,
}

/// The conversion to a type by its name.
pub(super) fn conversion(name: &str) -> Option<Conversion> {
    Some(Conversion::Function(
        match name.to_ascii_lowercase().as_str() {
            "boolean" | "bool" => Function::ToBoolean,
            "date" | "datetime" => Function::ToDate,
            "date_nanos" => Function::ToDateNanos,
            "double" => Function::ToDouble,
            "integer" | "int" => Function::ToInteger,
            "ip" => Function::ToIp,
            "keyword" | "string" | "text" => Function::ToString,
            "long" => Function::ToLong,
            "unsigned_long" | "ul" | "ulong" => Function::ToUnsignedLong,
            "version" => Function::ToVersion,
            "geo_point" => Function::ToGeoPoint,
            "date_period" | "time_duration" => return Some(Conversion::Timespan),
            _ => return None,
        },
    ))
}

/// Whether the function only changes the type of its argument.
fn is_conversion(function: Function) -> bool {
    conversion_type(function) != DataType::Unsupported
}

/// The type that a conversion gives.
pub(super) fn conversion_type(function: Function) -> DataType {
    match function {
        Function::ToBoolean => DataType::Boolean,
        Function::ToDate => DataType::Date,
        Function::ToDateNanos => DataType::DateNanos,
        Function::ToDouble => DataType::Double,
        Function::ToInteger => DataType::Integer,
        Function::ToIp => DataType::Ip,
        Function::ToString => DataType::Keyword,
        Function::ToLong => DataType::Long,
        Function::ToUnsignedLong => DataType::UnsignedLong,
        Function::ToVersion => DataType::Version,
        Function::ToGeoPoint => DataType::GeoPoint,
        _ => DataType::Unsupported,
    }
}

/// A number as a double.
#[expect(
    clippy::cast_precision_loss,
    reason = "a double is what the query asks for"
)]
pub(super) fn as_double(value: Value) -> Value {
    match value {
        Value::Integer(number) => Value::Double(number as f64),
        Value::Unsigned(number) => Value::Double(number as f64),
        other => other,
    }
}
