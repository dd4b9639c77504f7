//! The aggregate functions of groups.

use super::expression::Expr;
use super::types::{DataType, TypeSet};
use super::{ColumnId, LocationId};

/// One aggregate of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The column of its value.
    pub column: ColumnId,
    /// What is computed.
    pub function: AggregateFunction,
    /// Of what. `COUNT(*)` has none.
    pub arguments: Vec<Expr>,
    /// Only rows for which this is true take part.
    pub filter: Option<Expr>,
    /// Its type.
    pub data_type: DataType,
    /// Where it stands in the query.
    pub location: LocationId,
}

/// An aggregate function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AggregateFunction {
    /// How many values there are; without an argument, how many rows.
    Count,
    /// How many different values there are.
    CountDistinct,
    /// The sum.
    Sum,
    /// The mean.
    Average,
    /// The least value.
    Minimum,
    /// The greatest value.
    Maximum,
    /// The different values.
    Values,
    /// The first values in order, with duplicates.
    Top {
        /// How many.
        limit: usize,
        /// Greatest first.
        descending: bool,
    },
    /// The value of the row whose second argument is least.
    First,
    /// The value of the row whose second argument is greatest.
    Last,
    /// The value below which this many percent lie.
    Percentile(f64),
    /// The standard deviation of the whole population.
    StandardDeviation,
    /// The variance of the whole population.
    Variance,
    /// The median of the distances from the median.
    MedianAbsoluteDeviation,
    /// The mean with weights.
    WeightedAverage,
    /// Whether there is a value.
    Present,
    /// Whether there is no value.
    Absent,
}

/// The signature of an aggregate.
#[derive(Debug, Clone, Copy)]
pub struct AggregateSignature {
    /// The name, in upper case.
    pub name: &'static str,
    /// The types of the values.
    pub types: TypeSet,
    /// The fewest and the most arguments, constants among them.
    pub arguments: (usize, usize),
}

/// Every aggregate by name.
pub const AGGREGATES: &[AggregateSignature] = &[
    signature("COUNT", TypeSet::ANY, 0, 1),
    signature("COUNT_DISTINCT", TypeSet::ORDERED, 1, 2),
    signature("SUM", TypeSet::NUMBER, 1, 1),
    signature("AVG", TypeSet::NUMBER, 1, 1),
    signature("MIN", TypeSet::ORDERED, 1, 1),
    signature("MAX", TypeSet::ORDERED, 1, 1),
    signature("VALUES", TypeSet::ANY, 1, 1),
    signature("TOP", TypeSet::ORDERED, 2, 3),
    signature("FIRST", TypeSet::ANY, 2, 2),
    signature("LAST", TypeSet::ANY, 2, 2),
    signature("MEDIAN", TypeSet::NUMBER, 1, 1),
    signature("PERCENTILE", TypeSet::NUMBER, 2, 2),
    signature("STD_DEV", TypeSet::NUMBER, 1, 1),
    signature("VARIANCE", TypeSet::NUMBER, 1, 1),
    signature("MEDIAN_ABSOLUTE_DEVIATION", TypeSet::NUMBER, 1, 1),
    signature("WEIGHTED_AVG", TypeSet::NUMBER, 2, 2),
    signature("PRESENT", TypeSet::ANY, 1, 1),
    signature("ABSENT", TypeSet::ANY, 1, 1),
];

const fn signature(
    name: &'static str,
    types: TypeSet,
    least: usize,
    most: usize,
) -> AggregateSignature {
    AggregateSignature {
        name,
        types,
        arguments: (least, most),
    }
}

/// The aggregate of a name, in any case.
pub fn named(name: &str) -> Option<&'static AggregateSignature> {
    AGGREGATES
        .iter()
        .find(|signature| signature.name.eq_ignore_ascii_case(name))
}

impl AggregateFunction {
    /// The type of the aggregate of values of a type.
    pub fn data_type(self, argument: DataType) -> DataType {
        match self {
            Self::Count | Self::CountDistinct => DataType::Long,
            Self::Sum => match argument {
                DataType::Null | DataType::Double | DataType::UnsignedLong => argument,
                _ => DataType::Long,
            },
            Self::Average
            | Self::Percentile(_)
            | Self::StandardDeviation
            | Self::Variance
            | Self::MedianAbsoluteDeviation
            | Self::WeightedAverage => DataType::Double,
            Self::Minimum
            | Self::Maximum
            | Self::Values
            | Self::Top { .. }
            | Self::First
            | Self::Last => argument.computed(),
            Self::Present | Self::Absent => DataType::Boolean,
        }
    }
}
