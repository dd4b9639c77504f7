//! The functions of expressions.

/// Declares the functions and the list of them.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// A function of one row's values. What it takes and gives is in
        /// [`super::signature::SIGNATURES`], what it computes in the evaluator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Function {
            $($(#[$doc])* $name,)+
        }

        /// Every function.
        #[cfg(test)]
        pub(super) const ALL: &[Function] = &[$(Function::$name),+];
    };
}

functions! {
    /// `CONCAT`
    Concat,
    /// `LENGTH`: characters
    Length,
    /// `BYTE_LENGTH`: bytes of UTF-8
    ByteLength,
    /// `BIT_LENGTH`: bits of UTF-8
    BitLength,
    /// `LEFT`
    Left,
    /// `RIGHT`
    Right,
    /// `SUBSTRING`
    Substring,
    /// `TRIM`
    Trim,
    /// `LTRIM`
    TrimLeft,
    /// `RTRIM`
    TrimRight,
    /// `TO_LOWER`
    ToLower,
    /// `TO_UPPER`
    ToUpper,
    /// `REPLACE`, by a regular expression
    Replace,
    /// `SPLIT`
    Split,
    /// `STARTS_WITH`
    StartsWith,
    /// `ENDS_WITH`
    EndsWith,
    /// `CONTAINS`
    Contains,
    /// `LOCATE`
    Locate,
    /// `REPEAT`
    Repeat,
    /// `REVERSE`
    Reverse,
    /// `SPACE`
    Space,
    /// `URL_ENCODE`
    UrlEncode,
    /// `URL_ENCODE_COMPONENT`
    UrlEncodeComponent,
    /// `URL_DECODE`
    UrlDecode,
    /// `TO_BASE64`
    ToBase64,
    /// `FROM_BASE64`
    FromBase64,
    /// `JSON_EXTRACT`
    JsonExtract,
    /// `CASE`
    Case,
    /// `COALESCE`
    Coalesce,
    /// `GREATEST`
    Greatest,
    /// `LEAST`
    Least,
    /// `TO_STRING`
    ToString,
    /// `TO_INTEGER`
    ToInteger,
    /// `TO_LONG`
    ToLong,
    /// `TO_UNSIGNED_LONG`
    ToUnsignedLong,
    /// `TO_DOUBLE`
    ToDouble,
    /// `TO_BOOLEAN`
    ToBoolean,
    /// `TO_IP`
    ToIp,
    /// `TO_VERSION`
    ToVersion,
    /// `TO_DATETIME`
    ToDate,
    /// `TO_DATE_NANOS`
    ToDateNanos,
    /// `TO_GEOPOINT`
    ToGeoPoint,
    /// `TO_DEGREES`
    ToDegrees,
    /// `TO_RADIANS`
    ToRadians,
    /// `ABS`
    Abs,
    /// `CEIL`
    Ceil,
    /// `FLOOR`
    Floor,
    /// `ROUND`
    Round,
    /// `SIGNUM`
    Signum,
    /// `SQRT`
    SquareRoot,
    /// `CBRT`
    CubeRoot,
    /// `POW`
    Power,
    /// `EXP`
    Exponential,
    /// `LOG`
    Logarithm,
    /// `LOG10`
    Logarithm10,
    /// `HYPOT`
    Hypotenuse,
    /// `SIN`
    Sine,
    /// `COS`
    Cosine,
    /// `TAN`
    Tangent,
    /// `ASIN`
    ArcSine,
    /// `ACOS`
    ArcCosine,
    /// `ATAN`
    ArcTangent,
    /// `ATAN2`
    ArcTangent2,
    /// `SINH`
    HyperbolicSine,
    /// `COSH`
    HyperbolicCosine,
    /// `TANH`
    HyperbolicTangent,
    /// `PI`
    Pi,
    /// `E`
    Euler,
    /// `TAU`
    Tau,
    /// `NOW`
    Now,
    /// `DATE_TRUNC`
    DateTruncate,
    /// `DATE_DIFF`
    DateDifference,
    /// `DATE_EXTRACT`
    DateExtract,
    /// `DATE_FORMAT`
    DateFormat,
    /// `DATE_PARSE`
    DateParse,
    /// `DAY_NAME`
    DayName,
    /// `MONTH_NAME`
    MonthName,
    /// `BUCKET` of numbers of one width
    NumberBucket,
    /// `MV_APPEND`
    MvAppend,
    /// `MV_AVG`
    MvAverage,
    /// `MV_CONCAT`
    MvConcat,
    /// `MV_CONTAINS`
    MvContains,
    /// `MV_COUNT`
    MvCount,
    /// `MV_DEDUPE`
    MvDedupe,
    /// `MV_FIRST`
    MvFirst,
    /// `MV_INTERSECTION`
    MvIntersection,
    /// `MV_INTERSECTS`
    MvIntersects,
    /// `MV_UNION`
    MvUnion,
    /// `MV_LAST`
    MvLast,
    /// `MV_MAX`
    MvMaximum,
    /// `MV_MEDIAN`
    MvMedian,
    /// `MV_MIN`
    MvMinimum,
    /// `MV_SLICE`
    MvSlice,
    /// `MV_SORT`
    MvSort,
    /// `MV_SUM`
    MvSum,
    /// `MV_ZIP`
    MvZip,
    /// `CIDR_MATCH`
    CidrMatch,
    /// `IP_PREFIX`
    IpPrefix,
    /// `ST_DISTANCE`
    Distance,
    /// `ST_X`
    Longitude,
    /// `ST_Y`
    Latitude,
}
