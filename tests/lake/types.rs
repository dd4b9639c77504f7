//! What the values of columns become.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, MapBuilder, StringBuilder};
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray,
    Float32Array, Float64Array, Int8Array, Int64Array, LargeListArray, LargeStringArray, ListArray,
    StringArray, StructArray, Time32SecondArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt32Array,
    UInt64Array,
};
use arrow_schema::{DataType, Field};

use crate::files::{Writing, lines, parquet};

/// The lines of a file with this column and one beside it that says that columns are fields.
fn of(array: ArrayRef) -> String {
    let beside = Int64Array::from_iter_values((0..).take(array.len()));
    let columns = [("a", array), ("@timestamp", Arc::new(beside) as ArrayRef)];
    lines(&parquet(&columns, &Writing::default()), None).unwrap()
}

fn assert_values(array: impl arrow_array::Array + 'static, expected: &[&str]) {
    let lines = of(Arc::new(array));
    let values: Vec<&str> = lines
        .lines()
        .map(|line| {
            let value = line.strip_prefix("{\"a\":").unwrap_or("");
            value
                .rsplit_once(",\"@timestamp\":")
                .map_or("", |(value, _)| value)
        })
        .collect();
    assert_eq!(values, expected);
}

#[test]
fn numbers_keep_their_digits_and_nulls_are_left_out() {
    assert_values(
        Int8Array::from(vec![Some(-128), None, Some(127)]),
        &["-128", "", "127"],
    );
    assert_values(UInt32Array::from(vec![u32::MAX]), &["4294967295"]);
    assert_values(UInt64Array::from(vec![u64::MAX]), &["18446744073709551615"]);
    assert_values(Float32Array::from(vec![0.1]), &["0.1"]);
    assert_values(
        Float64Array::from(vec![1e300, f64::NAN, f64::NEG_INFINITY]),
        &["1e+300", "\"NaN\"", "\"-inf\""],
    );
    let decimals = Decimal128Array::from(vec![Some(-1250), None, Some(7)]);
    let decimals = decimals.with_precision_and_scale(20, 2).unwrap();
    assert_values(decimals, &["-12.50", "", "0.07"]);
}

#[test]
fn times_of_every_unit_are_dates_with_the_digits_that_they_have() {
    let date = "2023-11-14T00:00:00";
    let second = 1_699_920_000;
    assert_values(
        TimestampSecondArray::from(vec![second]),
        &[&format!("\"{date}.000Z\"")],
    );
    assert_values(
        TimestampMillisecondArray::from(vec![second * 1_000 + 5]),
        &[&format!("\"{date}.005Z\"")],
    );
    assert_values(
        TimestampMicrosecondArray::from(vec![second * 1_000_000 + 5_000, second * 1_000_000 + 7]),
        &[
            &format!("\"{date}.005Z\""),
            &format!("\"{date}.000007000Z\""),
        ],
    );
    let zone = TimestampNanosecondArray::from(vec![second * 1_000_000_000 + 9]);
    assert_values(
        zone.with_timezone("+02:00"),
        &[&format!("\"{date}.000000009Z\"")],
    );
    assert_values(
        Date32Array::from(vec![19_675, -1]),
        &["\"2023-11-14\"", "\"1969-12-31\""],
    );
    let days = Date64Array::from(vec![86_400_000]);
    assert_values(days, &["\"1970-01-02T00:00:00.000Z\""]);
    // Beyond the years that a date is written with, the milliseconds stand for it.
    assert_values(
        TimestampSecondArray::from(vec![i64::MAX]),
        &["9223372036854775807000"],
    );
}

#[test]
fn texts_lists_objects_and_maps_become_what_json_has() {
    assert_values(
        StringArray::from(vec!["a\"b\n", "\u{1}ä"]),
        &["\"a\\\"b\\n\"", "\"\\u0001ä\""],
    );
    let long = "x".repeat(40);
    assert_values(
        LargeStringArray::from(vec![long.as_str()]),
        &[&format!("\"{long}\"")],
    );
    let words: DictionaryArray<Int32Type> = vec![Some("x"), None, Some("x")].into_iter().collect();
    assert_values(words, &["\"x\"", "", "\"x\""]);
    let lists = vec![Some(vec![Some(1), None, Some(2)]), None, Some(vec![])];
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>(lists);
    assert_values(lists, &["[1,2]", "", "[]"]);
    let lists = vec![Some(vec![Some(3)]), None];
    let lists = LargeListArray::from_iter_primitive::<Int64Type, _, _>(lists);
    assert_values(lists, &["[3]", ""]);
    let field = |name: &str| Arc::new(Field::new(name, DataType::Utf8, true));
    let text = |values: Vec<Option<&str>>| Arc::new(StringArray::from(values)) as ArrayRef;
    let object = StructArray::from(vec![
        (field("x"), text(vec![Some("1"), None, None])),
        (field("y.z"), text(vec![Some("2"), Some("3"), None])),
    ]);
    assert_values(
        object,
        &["{\"x\":\"1\",\"y.z\":\"2\"}", "{\"y.z\":\"3\"}", ""],
    );
    let mut labels = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    labels.keys().append_value("k\"");
    labels.values().append_value(1);
    labels.keys().append_value("gone");
    labels.values().append_null();
    labels.append(true).unwrap();
    assert_values(labels.finish(), &["{\"k\\\"\":1}"]);
}

#[test]
fn values_that_no_document_has_are_refused_with_their_column() {
    let time = Arc::new(TimestampMillisecondArray::from(vec![1])) as ArrayRef;
    let columns =
        |name: &'static str, array: ArrayRef| [("@timestamp", time.clone()), (name, array)];
    let refused = |name, array: ArrayRef| {
        let bytes = parquet(&columns(name, array), &Writing::default());
        lines(&bytes, None).unwrap_err().to_string()
    };
    let bytes = Arc::new(BinaryArray::from_iter_values(["x"]));
    let error = refused("hash", bytes);
    assert_eq!(
        error,
        "the column `hash` is of the type binary, which is no value of a document"
    );
    let error = refused("at", Arc::new(Time32SecondArray::from(vec![1])));
    assert!(
        error.contains("the column `at` is of the type Time32"),
        "{error}"
    );
}
