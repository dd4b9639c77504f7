//! The signatures of the functions: the table that a checker reads.

use super::function::Function;
use super::types::{DataType, TypeSet};

/// How a function treats cells of no or several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// One value an argument: null if one has none, null and a warning if one has several.
    Single,
    /// Each value of the first argument on its own.
    Each,
    /// The function sees the cells.
    Cells,
}

/// The type that a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Always this one.
    Type(DataType),
    /// That of the first argument; text becomes keyword.
    First,
    /// The common type of all arguments.
    Common,
    /// The common type of the results of CASE.
    Case,
}

/// One parameter.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// What it takes.
    pub types: TypeSet,
    /// Only a constant will do.
    pub constant: bool,
}

/// The signature of a function.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// Which function.
    pub function: Function,
    /// Its name in upper case, then its other names.
    pub names: &'static [&'static str],
    /// Its parameters in order.
    pub parameters: &'static [Parameter],
    /// How many of them must be given.
    pub required: usize,
    /// Whether the last parameter may be repeated.
    pub repeats: bool,
    /// What it gives.
    pub returns: Returns,
    /// How it treats cells of no or several values.
    pub values: Values,
}

impl Signature {
    /// The parameter of the argument at a place.
    pub fn parameter(&self, index: usize) -> Option<Parameter> {
        match self.parameters.get(index) {
            Some(parameter) => Some(*parameter),
            None if self.repeats => self.parameters.last().copied(),
            None => None,
        }
    }

    /// The canonical name.
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

/// The signature of a function by one of its names, in any case.
pub fn named(name: &str) -> Option<&'static Signature> {
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    SIGNATURES
        .iter()
        .find(|signature| signature.names.iter().any(|other| is(other)))
}

/// The signature of a function.
pub fn of(function: Function) -> Option<&'static Signature> {
    SIGNATURES
        .iter()
        .find(|signature| signature.function == function)
}

const fn any(types: TypeSet) -> Parameter {
    Parameter {
        types,
        constant: false,
    }
}

const fn constant(types: TypeSet) -> Parameter {
    Parameter {
        types,
        constant: true,
    }
}

const TEXT: Parameter = any(TypeSet::TEXT);
const NUMBER: Parameter = any(TypeSet::NUMBER);
const WHOLE: Parameter = any(TypeSet::WHOLE);
const INTEGER: Parameter = any(TypeSet::INTEGER);
const DATE: Parameter = any(TypeSet::DATE);
const IP: Parameter = any(TypeSet::IP);
const POINT: Parameter = any(TypeSet::POINT);
const ANY: Parameter = any(TypeSet::ANY);
const ORDERED: Parameter = any(TypeSet::ORDERED);
const UNIT: Parameter = any(TypeSet::TEXT);

use Function as F;
use Returns::{Case, Common, First, Type};
use Values::{Cells, Each, Single};

const KEYWORD: Returns = Type(DataType::Keyword);
const BOOLEAN: Returns = Type(DataType::Boolean);
const INT: Returns = Type(DataType::Integer);
const DOUBLE: Returns = Type(DataType::Double);

/// The functions that take a fixed number of arguments end in their required count; `repeats`
/// belongs to those that take more.
macro_rules! table {
    ($($function:ident $names:tt $parameters:tt $required:literal $repeats:literal $returns:expr, $values:expr;)+) => {
        /// Every function that a query can name.
        pub const SIGNATURES: &[Signature] = &[
            $(Signature {
                function: F::$function,
                names: &$names,
                parameters: &$parameters,
                required: $required,
                repeats: $repeats,
                returns: $returns,
                values: $values,
            }),+
        ];
    };
}

table! {
    Concat ["CONCAT"] [TEXT, TEXT] 2 true KEYWORD, Single;
    Length ["LENGTH"] [TEXT] 1 false INT, Single;
    ByteLength ["BYTE_LENGTH"] [TEXT] 1 false INT, Single;
    BitLength ["BIT_LENGTH"] [TEXT] 1 false INT, Single;
    Left ["LEFT"] [TEXT, INTEGER] 2 false KEYWORD, Single;
    Right ["RIGHT"] [TEXT, INTEGER] 2 false KEYWORD, Single;
    Substring ["SUBSTRING"] [TEXT, INTEGER, INTEGER] 2 false KEYWORD, Single;
    Trim ["TRIM"] [TEXT] 1 false KEYWORD, Single;
    TrimLeft ["LTRIM"] [TEXT] 1 false KEYWORD, Single;
    TrimRight ["RTRIM"] [TEXT] 1 false KEYWORD, Single;
    ToLower ["TO_LOWER"] [TEXT] 1 false KEYWORD, Each;
    ToUpper ["TO_UPPER"] [TEXT] 1 false KEYWORD, Each;
    Replace ["REPLACE"] [TEXT, TEXT, TEXT] 3 false KEYWORD, Single;
    Split ["SPLIT"] [TEXT, TEXT] 2 false KEYWORD, Single;
    StartsWith ["STARTS_WITH"] [TEXT, TEXT] 2 false BOOLEAN, Single;
    EndsWith ["ENDS_WITH"] [TEXT, TEXT] 2 false BOOLEAN, Single;
    Contains ["CONTAINS"] [TEXT, TEXT] 2 false BOOLEAN, Single;
    Locate ["LOCATE"] [TEXT, TEXT, INTEGER] 2 false INT, Single;
    Repeat ["REPEAT"] [TEXT, INTEGER] 2 false KEYWORD, Single;
    Reverse ["REVERSE"] [TEXT] 1 false KEYWORD, Single;
    Space ["SPACE"] [INTEGER] 1 false KEYWORD, Single;
    UrlEncode ["URL_ENCODE"] [TEXT] 1 false KEYWORD, Single;
    UrlEncodeComponent ["URL_ENCODE_COMPONENT"] [TEXT] 1 false KEYWORD, Single;
    UrlDecode ["URL_DECODE"] [TEXT] 1 false KEYWORD, Single;
    ToBase64 ["TO_BASE64"] [TEXT] 1 false KEYWORD, Single;
    FromBase64 ["FROM_BASE64"] [TEXT] 1 false KEYWORD, Single;
    JsonExtract ["JSON_EXTRACT"] [TEXT, TEXT] 2 false KEYWORD, Single;
    Case ["CASE"] [ANY, ANY, ANY] 2 true Case, Cells;
    Coalesce ["COALESCE"] [ANY] 1 true Common, Cells;
    Greatest ["GREATEST"] [ORDERED] 1 true Common, Cells;
    Least ["LEAST"] [ORDERED] 1 true Common, Cells;
    ToString ["TO_STRING", "TO_STR"] [ANY] 1 false KEYWORD, Each;
    ToInteger ["TO_INTEGER", "TO_INT"] [ORDERED] 1 false INT, Each;
    ToLong ["TO_LONG"] [ORDERED] 1 false Type(DataType::Long), Each;
    ToUnsignedLong ["TO_UNSIGNED_LONG", "TO_ULONG", "TO_UL"] [ORDERED] 1 false Type(DataType::UnsignedLong), Each;
    ToDouble ["TO_DOUBLE", "TO_DBL"] [ORDERED] 1 false DOUBLE, Each;
    ToBoolean ["TO_BOOLEAN", "TO_BOOL"] [ORDERED] 1 false BOOLEAN, Each;
    ToIp ["TO_IP"] [any(TypeSet::IP.and(TypeSet::TEXT))] 1 false Type(DataType::Ip), Each;
    ToVersion ["TO_VERSION", "TO_VER"] [any(TypeSet::VERSION.and(TypeSet::TEXT))] 1 false Type(DataType::Version), Each;
    ToDate ["TO_DATETIME", "TO_DT"] [any(TypeSet::DATE.and(TypeSet::NUMBER).and(TypeSet::TEXT))] 1 false Type(DataType::Date), Each;
    ToDateNanos ["TO_DATE_NANOS", "TO_DATENANOS"] [any(TypeSet::DATE.and(TypeSet::NUMBER).and(TypeSet::TEXT))] 1 false Type(DataType::DateNanos), Each;
    ToGeoPoint ["TO_GEOPOINT"] [any(TypeSet::POINT.and(TypeSet::TEXT))] 1 false Type(DataType::GeoPoint), Each;
    ToDegrees ["TO_DEGREES"] [NUMBER] 1 false DOUBLE, Each;
    ToRadians ["TO_RADIANS"] [NUMBER] 1 false DOUBLE, Each;
    Abs ["ABS"] [NUMBER] 1 false First, Single;
    Ceil ["CEIL"] [NUMBER] 1 false First, Single;
    Floor ["FLOOR"] [NUMBER] 1 false First, Single;
    Round ["ROUND"] [NUMBER, any(TypeSet::WHOLE)] 1 false First, Single;
    Signum ["SIGNUM"] [NUMBER] 1 false DOUBLE, Single;
    SquareRoot ["SQRT"] [NUMBER] 1 false DOUBLE, Single;
    CubeRoot ["CBRT"] [NUMBER] 1 false DOUBLE, Single;
    Power ["POW"] [NUMBER, NUMBER] 2 false DOUBLE, Single;
    Exponential ["EXP"] [NUMBER] 1 false DOUBLE, Single;
    Logarithm ["LOG"] [NUMBER, NUMBER] 1 false DOUBLE, Single;
    Logarithm10 ["LOG10"] [NUMBER] 1 false DOUBLE, Single;
    Hypotenuse ["HYPOT"] [NUMBER, NUMBER] 2 false DOUBLE, Single;
    Sine ["SIN"] [NUMBER] 1 false DOUBLE, Single;
    Cosine ["COS"] [NUMBER] 1 false DOUBLE, Single;
    Tangent ["TAN"] [NUMBER] 1 false DOUBLE, Single;
    ArcSine ["ASIN"] [NUMBER] 1 false DOUBLE, Single;
    ArcCosine ["ACOS"] [NUMBER] 1 false DOUBLE, Single;
    ArcTangent ["ATAN"] [NUMBER] 1 false DOUBLE, Single;
    ArcTangent2 ["ATAN2"] [NUMBER, NUMBER] 2 false DOUBLE, Single;
    HyperbolicSine ["SINH"] [NUMBER] 1 false DOUBLE, Single;
    HyperbolicCosine ["COSH"] [NUMBER] 1 false DOUBLE, Single;
    HyperbolicTangent ["TANH"] [NUMBER] 1 false DOUBLE, Single;
    Pi ["PI"] [] 0 false DOUBLE, Single;
    Euler ["E"] [] 0 false DOUBLE, Single;
    Tau ["TAU"] [] 0 false DOUBLE, Single;
    Now ["NOW"] [] 0 false Type(DataType::Date), Single;
    DateTruncate ["DATE_TRUNC"] [constant(TypeSet::TIMESPAN), DATE] 2 false Type(DataType::Date), Single;
    DateDifference ["DATE_DIFF"] [UNIT, DATE, DATE] 3 false INT, Single;
    DateExtract ["DATE_EXTRACT"] [UNIT, DATE] 2 false Type(DataType::Long), Single;
    DateFormat ["DATE_FORMAT"] [any(TypeSet::TEXT.and(TypeSet::DATE)), DATE] 1 false KEYWORD, Single;
    DateParse ["DATE_PARSE"] [TEXT, TEXT] 1 false Type(DataType::Date), Single;
    DayName ["DAY_NAME"] [DATE] 1 false KEYWORD, Single;
    MonthName ["MONTH_NAME"] [DATE] 1 false KEYWORD, Single;
    MvAppend ["MV_APPEND"] [ANY, ANY] 2 false Common, Cells;
    MvAverage ["MV_AVG"] [NUMBER] 1 false DOUBLE, Cells;
    MvConcat ["MV_CONCAT"] [TEXT, TEXT] 2 false KEYWORD, Cells;
    MvContains ["MV_CONTAINS"] [ANY, ANY] 2 false BOOLEAN, Cells;
    MvCount ["MV_COUNT"] [ANY] 1 false INT, Cells;
    MvDedupe ["MV_DEDUPE"] [ANY] 1 false First, Cells;
    MvFirst ["MV_FIRST"] [ANY] 1 false First, Cells;
    MvIntersection ["MV_INTERSECTION"] [ANY, ANY] 2 false Common, Cells;
    MvIntersects ["MV_INTERSECTS"] [ANY, ANY] 2 false BOOLEAN, Cells;
    MvUnion ["MV_UNION"] [ANY, ANY] 2 false Common, Cells;
    MvLast ["MV_LAST"] [ANY] 1 false First, Cells;
    MvMaximum ["MV_MAX"] [ORDERED] 1 false First, Cells;
    MvMedian ["MV_MEDIAN"] [NUMBER] 1 false First, Cells;
    MvMinimum ["MV_MIN"] [ORDERED] 1 false First, Cells;
    MvSlice ["MV_SLICE"] [ANY, INTEGER, INTEGER] 2 false First, Cells;
    MvSort ["MV_SORT"] [ORDERED, constant(TypeSet::TEXT)] 1 false First, Cells;
    MvSum ["MV_SUM"] [NUMBER] 1 false First, Cells;
    MvZip ["MV_ZIP"] [TEXT, TEXT, TEXT] 2 false KEYWORD, Cells;
    CidrMatch ["CIDR_MATCH"] [IP, TEXT] 2 true BOOLEAN, Single;
    IpPrefix ["IP_PREFIX"] [IP, WHOLE, WHOLE] 3 false Type(DataType::Ip), Single;
    Distance ["ST_DISTANCE"] [POINT, POINT] 2 false DOUBLE, Single;
    Longitude ["ST_X"] [POINT] 1 false DOUBLE, Single;
    Latitude ["ST_Y"] [POINT] 1 false DOUBLE, Single;
}

/// The functions that Elasticsearch has and Trapline has not: named, so that a query with one is
/// unsupported and not wrong.
pub const UNSUPPORTED: &[&str] = &[
    "CATEGORIZE",
    "CLAMP",
    "CLAMP_MAX",
    "CLAMP_MIN",
    "CONFIDENCE_INTERVAL",
    "COPY_SIGN",
    "DECAY",
    "EMBED",
    "FUSE",
    "HASH",
    "HISTOGRAM_PERCENTILE",
    "KNN",
    "MATCH",
    "MATCH_PHRASE",
    "MD5",
    "MULTI_MATCH",
    "MV_PERCENTILE",
    "MV_PSERIES_WEIGHTED_SUM",
    "MV_MEDIAN_ABSOLUTE_DEVIATION",
    "NETWORK_DIRECTION",
    "QSTR",
    "KQL",
    "RATE",
    "ROUND_TO",
    "SAMPLE",
    "SCALB",
    "SCORE",
    "SHA1",
    "SHA256",
    "SINCE",
    "SPARKLINE",
    "ST_CENTROID_AGG",
    "ST_CONTAINS",
    "ST_DISJOINT",
    "ST_EXTENT_AGG",
    "ST_INTERSECTS",
    "ST_WITHIN",
    "ST_XMAX",
    "ST_XMIN",
    "ST_YMAX",
    "ST_YMIN",
    "ST_GEOHASH",
    "ST_GEOTILE",
    "ST_GEOHEX",
    "ST_ENVELOPE",
    "ST_BUFFER",
    "ST_SIMPLIFY",
    "TBUCKET",
    "TERM",
    "TEXT_EMBEDDING",
    "TO_AGGREGATE_METRIC_DOUBLE",
    "TO_CARTESIANPOINT",
    "TO_CARTESIANSHAPE",
    "TO_DATEPERIOD",
    "TO_DENSE_VECTOR",
    "TO_GEOHASH",
    "TO_GEOHEX",
    "TO_GEOSHAPE",
    "TO_GEOTILE",
    "TO_IP_LEADING_ZEROS_DECIMAL",
    "TO_TIMEDURATION",
    "TOP_SNIPPETS",
    "TRANGE",
    "URL_PARTS",
    "V_COSINE",
    "V_DOT_PRODUCT",
    "V_HAMMING",
    "V_L1_NORM",
    "V_L2_NORM",
    "V_MAGNITUDE",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::pipeline::function::ALL;

    #[test]
    fn every_function_has_one_signature() {
        for function in ALL {
            let count = SIGNATURES
                .iter()
                .filter(|row| row.function == *function)
                .count();
            // A bucket is written BUCKET and lowered to a truncation or to this.
            let expected = usize::from(*function != Function::NumberBucket);
            assert_eq!(count, expected, "{function:?}");
        }
    }

    #[test]
    fn no_name_stands_twice() {
        let mut names: Vec<&str> = SIGNATURES
            .iter()
            .flat_map(|row| row.names)
            .copied()
            .collect();
        names.extend(UNSUPPORTED);
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(before, names.len());
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(
            named("to_dt").map(|row| row.function),
            Some(Function::ToDate)
        );
        assert!(named("to_nothing").is_none());
    }
}
