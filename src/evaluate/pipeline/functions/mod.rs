//! What the functions compute. One file a group; the table of their arguments and types is
//! [`crate::plan::pipeline::signature`].

pub(super) mod convert;
pub(super) mod date;
pub(super) mod ip;
mod json;
mod multivalue;
pub(super) mod number;
mod place;
pub(super) mod text;

use std::borrow::Cow;
use std::sync::Arc;

use ipnet::IpNet;

use super::node::Node;
use super::warning::Failure;
use crate::diagnostic::esql_warning::{BadArgument, InvalidBlock};
use crate::evaluate::QueryFailure;
use crate::evaluate::pattern::Finder;
use crate::event::{Timestamp, Value};
use crate::plan::pipeline::signature::Values;
use crate::plan::pipeline::{Cell, DataType, Function, Timespan};

/// A call with its arguments compiled.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Vec<Node>,
    pub(super) values: Values,
    pub(super) prepared: Prepared,
}

/// Values computed once from constant arguments.
#[derive(Debug)]
pub(super) enum Prepared {
    Nothing,
    /// The first argument, which leaves the arguments.
    Timespan(Timespan),
    /// An expression, or why it is none.
    Finder(Result<Finder, QueryFailure>),
    /// Blocks of addresses; an error names the one that is none.
    Blocks(Vec<Result<IpNet, InvalidBlock>>),
}

/// The result of a function for one value per argument.
pub(super) type Computed = Result<Option<Value>, Failure>;

/// A function of single values.
#[expect(
    clippy::too_many_lines,
    reason = "one line a function, so that the compiler names the one that is missing"
)]
pub(super) fn single(call: &Call, values: &[&Value], now: Timestamp) -> Computed {
    use Function as F;
    let args = Arguments(values);
    match call.function {
        F::Concat => text::concat(args),
        F::Length => text::length(args, |text| text.chars().count()),
        F::ByteLength => text::length(args, str::len),
        F::BitLength => text::length(args, |text| text.len() * 8),
        F::Left => text::left(args),
        F::Right => text::right(args),
        F::Substring => text::substring(args),
        F::Trim => text::mapped(args, |text| text::trim(text, true, true)),
        F::TrimLeft => text::mapped(args, |text| text::trim(text, true, false)),
        F::TrimRight => text::mapped(args, |text| text::trim(text, false, true)),
        F::Replace => text::replace(args, &call.prepared),
        F::StartsWith => text::compared(args, |text, part| text.starts_with(part)),
        F::EndsWith => text::compared(args, |text, part| text.ends_with(part)),
        F::Contains => text::compared(args, |text, part| text.contains(part)),
        F::Locate => text::locate(args),
        F::Repeat => text::repeat(args),
        F::Reverse => text::mapped(args, |text| text.chars().rev().collect()),
        F::Space => text::space(args),
        F::UrlEncode => text::mapped(args, |text| text::url_encode(text, true)),
        F::UrlEncodeComponent => text::mapped(args, |text| text::url_encode(text, false)),
        F::UrlDecode => text::url_decode(args),
        F::ToBase64 => text::mapped(args, |text| text::base64_encode(text.as_bytes())),
        F::FromBase64 => text::base64_decode(args),
        F::JsonExtract => json::extract(args),
        F::Abs => number::abs(args),
        F::Ceil => number::rounded(args, f64::ceil),
        F::Floor => number::rounded(args, f64::floor),
        F::Round => number::round(args),
        F::Signum => number::real(args, |x| if x == 0.0 { x } else { x.signum() }),
        F::SquareRoot => number::square_root(args),
        F::CubeRoot => number::real(args, f64::cbrt),
        F::Power => number::real_pair(args, f64::powf),
        F::Exponential => number::real(args, f64::exp),
        F::Logarithm => number::logarithm(args),
        F::Logarithm10 => number::logarithm_10(args),
        F::Hypotenuse => number::real_pair(args, f64::hypot),
        F::Sine => number::real(args, f64::sin),
        F::Cosine => number::real(args, f64::cos),
        F::Tangent => number::real(args, f64::tan),
        F::ArcSine => number::arc(args, f64::asin, "Arcsine"),
        F::ArcCosine => number::arc(args, f64::acos, "Arccosine"),
        F::ArcTangent => number::real(args, f64::atan),
        F::ArcTangent2 => number::real_pair(args, f64::atan2),
        F::HyperbolicSine => number::real(args, f64::sinh),
        F::HyperbolicCosine => number::real(args, f64::cosh),
        F::HyperbolicTangent => number::real(args, f64::tanh),
        F::Pi => Ok(Some(Value::Double(std::f64::consts::PI))),
        F::Euler => Ok(Some(Value::Double(std::f64::consts::E))),
        F::Tau => Ok(Some(Value::Double(std::f64::consts::TAU))),
        F::NumberBucket => number::bucket(args),
        F::Now => Ok(Some(Value::Date(now.truncated()))),
        F::DateTruncate => date::truncate(args, &call.prepared),
        F::DateDifference => date::difference(args),
        F::DateExtract => date::extract(args),
        F::DateFormat => date::format(args),
        F::DateParse => date::parse(args),
        F::DayName => date::day_name(args),
        F::MonthName => date::month_name(args),
        F::CidrMatch => ip::cidr_match(args, &call.prepared),
        F::IpPrefix => ip::prefix(args),
        F::Distance => place::distance(args),
        F::Longitude => place::coordinate(args, 0),
        F::Latitude => place::coordinate(args, 1),
        // These see cells or each value, and never come here.
        F::Split
        | F::ToLower
        | F::ToUpper
        | F::Case
        | F::Coalesce
        | F::Greatest
        | F::Least
        | F::ToString
        | F::ToInteger
        | F::ToLong
        | F::ToUnsignedLong
        | F::ToDouble
        | F::ToBoolean
        | F::ToIp
        | F::ToVersion
        | F::ToDate
        | F::ToDateNanos
        | F::ToGeoPoint
        | F::ToDegrees
        | F::ToRadians
        | F::MvAppend
        | F::MvAverage
        | F::MvConcat
        | F::MvContains
        | F::MvCount
        | F::MvDedupe
        | F::MvFirst
        | F::MvIntersection
        | F::MvIntersects
        | F::MvUnion
        | F::MvLast
        | F::MvMaximum
        | F::MvMedian
        | F::MvMinimum
        | F::MvSlice
        | F::MvSort
        | F::MvSum
        | F::MvZip => Err(wrong_call(call.function)),
    }
}

/// The failure of a function that was checked to take other values.
fn wrong_call(function: Function) -> Failure {
    let name = format!("{function:?}");
    Failure::Argument(BadArgument::WrongCall { name })
}

/// A function of cells.
pub(super) fn cells(
    call: &Call,
    cells: &[Cow<'_, Cell>],
    data_type: DataType,
) -> Result<Cell, Failure> {
    use Function as F;
    let args = Cells(cells);
    match call.function {
        F::Greatest => multivalue::extreme_of(args, data_type, true),
        F::Least => multivalue::extreme_of(args, data_type, false),
        F::MvAppend => Ok(multivalue::append(args, data_type)),
        F::MvAverage => Ok(multivalue::average(args)),
        F::MvConcat => multivalue::concat(args),
        F::MvContains => Ok(multivalue::contains(args)),
        F::MvCount => Ok(multivalue::count(args)),
        F::MvDedupe => Ok(multivalue::dedupe(args)),
        F::MvFirst => Ok(multivalue::end(args, false)),
        F::MvLast => Ok(multivalue::end(args, true)),
        F::MvIntersection => Ok(multivalue::intersection(args)),
        F::MvIntersects => Ok(multivalue::intersects(args)),
        F::MvUnion => Ok(multivalue::union(args)),
        F::MvMaximum => Ok(multivalue::extreme(args, true)),
        F::MvMinimum => Ok(multivalue::extreme(args, false)),
        F::MvMedian => multivalue::median(args, data_type),
        F::MvSlice => multivalue::slice(args),
        F::MvSort => Ok(multivalue::sort(args)),
        F::MvSum => multivalue::sum(args, data_type),
        F::MvZip => Ok(multivalue::zip(args)),
        other => Err(wrong_call(other)),
    }
}

/// The values of a call, by place and kind. Types were checked before; a value of another kind
/// gives null.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'v>(&'v [&'v Value]);

impl<'v> Arguments<'v> {
    pub(super) fn value(self, index: usize) -> Option<&'v Value> {
        self.0.get(index).copied()
    }

    pub(super) fn len(self) -> usize {
        self.0.len()
    }

    pub(super) fn text(self, index: usize) -> Option<&'v str> {
        match self.value(index)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn whole(self, index: usize) -> Option<i64> {
        match self.value(index)? {
            Value::Integer(number) => Some(*number),
            Value::Unsigned(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    pub(super) fn real(self, index: usize) -> Option<f64> {
        self.value(index).and_then(number::as_real)
    }

    pub(super) fn date(self, index: usize) -> Option<Timestamp> {
        match self.value(index)? {
            Value::Date(instant) => Some(*instant),
            _ => None,
        }
    }
}

/// The cells of a call.
#[derive(Clone, Copy)]
pub(super) struct Cells<'c>(&'c [Cow<'c, Cell>]);

impl<'c> Cells<'c> {
    pub(super) fn get(self, index: usize) -> &'c Cell {
        static NULL: Cell = Cell::NULL;
        self.0.get(index).map_or(&NULL, |cell| cell)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = &'c Cell> {
        self.0.iter().map(|cell| &**cell)
    }

    pub(super) fn len(self) -> usize {
        self.0.len()
    }
}

/// A text as a result.
pub(super) fn of_text(text: impl Into<Arc<str>>) -> Computed {
    Ok(Some(Value::Text(text.into())))
}
