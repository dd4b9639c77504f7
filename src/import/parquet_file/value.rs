//! Writes the values of a column as JSON. Nulls are left out, also within lists and objects.

use std::io::Write as _;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Decimal256Type, Float16Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Decimal256Array, Float32Array, Float64Array,
    Int32Array, Int64Array, ListArray, MapArray, StringViewArray, StructArray, UInt64Array,
};
use arrow_schema::{DataType, Field, TimeUnit};
use serde::Serialize;

use super::{Damage, Fault};
use crate::event::Timestamp;

/// The most bytes that the documents of a few rows take; a list of long texts that a page has once
/// could be longer than memory.
const LONGEST: usize = 64 << 20;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// The values of a column in one batch of rows.
pub(super) enum Values {
    Null,
    Bool(BooleanArray),
    Integer(Int64Array),
    Unsigned(UInt64Array),
    Float32(Float32Array),
    Float64(Float64Array),
    Decimal128(Decimal128Array),
    Decimal256(Decimal256Array),
    Text(StringViewArray),
    /// Days since 1970.
    Date(Int32Array),
    /// Units since 1970, and the nanoseconds of one.
    Time(Int64Array, i128),
    List(ListArray, Box<Values>),
    Map(MapArray, StringViewArray, Box<Values>),
    Object(StructArray, Vec<Member>),
}

/// A column with its name.
pub(super) struct Member {
    /// The name as JSON, with the colon.
    key: Vec<u8>,
    values: Values,
}

impl Member {
    pub(super) fn new(field: &Field, array: &ArrayRef) -> Result<Self, Fault> {
        let mut key = Vec::new();
        json(field.name(), &mut key);
        key.push(b':');
        let values = Values::new(array)?;
        Ok(Self { key, values })
    }
}

/// Writes an object of the members that have a value in this row.
pub(super) fn object(members: &[Member], row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    out.push(b'{');
    let mut is_first = true;
    for member in members {
        let before = out.len();
        if !is_first {
            out.push(b',');
        }
        out.extend_from_slice(&member.key);
        if member.values.write(row, out)? {
            is_first = false;
        } else {
            out.truncate(before);
        }
    }
    out.push(b'}');
    Ok(())
}

impl Values {
    fn new(array: &ArrayRef) -> Result<Self, Fault> {
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Bool(array.as_boolean().clone()),
            DataType::Int8 => Self::Integer(array.as_primitive::<Int8Type>().unary(i64::from)),
            DataType::Int16 => Self::Integer(array.as_primitive::<Int16Type>().unary(i64::from)),
            DataType::Int32 => Self::Integer(array.as_primitive::<Int32Type>().unary(i64::from)),
            DataType::Int64 => Self::Integer(array.as_primitive::<Int64Type>().clone()),
            DataType::UInt8 => Self::Integer(array.as_primitive::<UInt8Type>().unary(i64::from)),
            DataType::UInt16 => Self::Integer(array.as_primitive::<UInt16Type>().unary(i64::from)),
            DataType::UInt32 => Self::Integer(array.as_primitive::<UInt32Type>().unary(i64::from)),
            DataType::UInt64 => Self::Unsigned(array.as_primitive::<UInt64Type>().clone()),
            DataType::Float16 => {
                let halves = array.as_primitive::<Float16Type>();
                Self::Float32(halves.unary(f32::from))
            }
            DataType::Float32 => Self::Float32(array.as_primitive::<Float32Type>().clone()),
            DataType::Float64 => Self::Float64(array.as_primitive::<Float64Type>().clone()),
            DataType::Decimal128(_, _) => {
                Self::Decimal128(array.as_primitive::<Decimal128Type>().clone())
            }
            DataType::Decimal256(_, _) => {
                Self::Decimal256(array.as_primitive::<Decimal256Type>().clone())
            }
            DataType::Utf8View => Self::Text(array.as_string_view().clone()),
            DataType::Date32 => {
                let days = array.as_primitive::<Date32Type>();
                Self::Date(days.reinterpret_cast::<Int32Type>())
            }
            DataType::Date64 => {
                let millis = array.as_primitive::<Date64Type>();
                Self::Time(millis.reinterpret_cast::<Int64Type>(), 1_000_000)
            }
            DataType::Timestamp(unit, _) => times(array, *unit),
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Self::List(list.clone(), Box::new(Self::new(list.values())?))
            }
            DataType::Map(_, _) => {
                let map = array.as_map();
                let keys = map.keys().as_string_view_opt();
                let keys = keys.ok_or_else(|| unexpected(map.keys().data_type()))?;
                let values = Box::new(Self::new(map.values())?);
                Self::Map(map.clone(), keys.clone(), values)
            }
            DataType::Struct(fields) => {
                let object = array.as_struct();
                let columns = fields.iter().zip(object.columns());
                let members = columns.map(|(field, column)| Member::new(field, column));
                Self::Object(object.clone(), members.collect::<Result<_, _>>()?)
            }
            other => return Err(unexpected(other)),
        })
    }

    /// Writes the value of a row; false if there is none.
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<bool, Fault> {
        if self.is_null(row) {
            return Ok(false);
        }
        if out.len() > LONGEST {
            return Err(Fault::LongRow(LONGEST >> 20));
        }
        match self {
            Self::Null => return Ok(false),
            Self::Bool(values) => json(&values.value(row), out),
            Self::Integer(values) => json(&values.value(row), out),
            Self::Unsigned(values) => json(&values.value(row), out),
            Self::Float32(values) => {
                let value = values.value(row);
                float(&value, f64::from(value), out);
            }
            Self::Float64(values) => float(&values.value(row), values.value(row), out),
            Self::Decimal128(values) => {
                out.extend_from_slice(values.value_as_string(row).as_bytes());
            }
            Self::Decimal256(values) => {
                out.extend_from_slice(values.value_as_string(row).as_bytes());
            }
            Self::Text(values) => json(values.value(row), out),
            Self::Date(values) => {
                let millis = i64::from(values.value(row)) * MILLIS_PER_DAY;
                let time = Timestamp::from_millis(millis).to_string();
                let day = time.split('T').next().unwrap_or_default();
                json(day, out);
            }
            Self::Time(values, nanoseconds) => {
                time(i128::from(values.value(row)) * nanoseconds, out);
            }
            Self::List(list, values) => items(list, values, row, out)?,
            Self::Map(map, keys, values) => entries(map, keys, values, row, out)?,
            Self::Object(_, members) => {
                let before = out.len();
                object(members, row, out)?;
                if out.len() == before + 2 {
                    out.truncate(before);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(values) => values.is_null(row),
            Self::Integer(values) | Self::Time(values, _) => values.is_null(row),
            Self::Unsigned(values) => values.is_null(row),
            Self::Float32(values) => values.is_null(row),
            Self::Float64(values) => values.is_null(row),
            Self::Decimal128(values) => values.is_null(row),
            Self::Decimal256(values) => values.is_null(row),
            Self::Text(values) => values.is_null(row),
            Self::Date(values) => values.is_null(row),
            Self::List(values, _) => values.is_null(row),
            Self::Map(values, _, _) => values.is_null(row),
            Self::Object(values, _) => values.is_null(row),
        }
    }
}

/// Columns of other types are refused before anything is read.
fn unexpected(kind: &DataType) -> Fault {
    Damage::OtherType(kind.to_string()).into()
}

fn times(array: &ArrayRef, unit: TimeUnit) -> Values {
    let (values, nanoseconds) = match unit {
        TimeUnit::Second => {
            let times = array.as_primitive::<TimestampSecondType>();
            (times.reinterpret_cast::<Int64Type>(), 1_000_000_000)
        }
        TimeUnit::Millisecond => {
            let times = array.as_primitive::<TimestampMillisecondType>();
            (times.reinterpret_cast::<Int64Type>(), 1_000_000)
        }
        TimeUnit::Microsecond => {
            let times = array.as_primitive::<TimestampMicrosecondType>();
            (times.reinterpret_cast::<Int64Type>(), 1_000)
        }
        TimeUnit::Nanosecond => {
            let times = array.as_primitive::<TimestampNanosecondType>();
            (times.reinterpret_cast::<Int64Type>(), 1)
        }
    };
    Values::Time(values, nanoseconds)
}

/// Milliseconds, or nanoseconds where there are any: what `date` and `date_nanos` keep.
fn time(nanoseconds: i128, out: &mut Vec<u8>) {
    match Timestamp::from_nanoseconds(nanoseconds) {
        // Writing to memory does not fail.
        Some(time) => drop(write!(out, "\"{time}\"")),
        None => drop(write!(out, "{}", nanoseconds.div_euclid(1_000_000))),
    }
}

/// Numbers that JSON does not have are text, which no field of numbers takes: the event then says so.
fn float(value: &impl Serialize, wide: f64, out: &mut Vec<u8>) {
    if wide.is_finite() {
        json(value, out);
    } else {
        json(&wide.to_string(), out);
    }
}

fn items(list: &ListArray, values: &Values, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    let range = range(list.value_offsets(), row);
    out.push(b'[');
    let mut is_first = true;
    for item in range {
        let before = out.len();
        if !is_first {
            out.push(b',');
        }
        if values.write(item, out)? {
            is_first = false;
        } else {
            out.truncate(before);
        }
    }
    out.push(b']');
    Ok(())
}

fn entries(
    map: &MapArray,
    keys: &StringViewArray,
    values: &Values,
    row: usize,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    let range = range(map.value_offsets(), row);
    out.push(b'{');
    let mut is_first = true;
    for entry in range {
        let before = out.len();
        if !is_first {
            out.push(b',');
        }
        json(keys.value(entry), out);
        out.push(b':');
        if values.write(entry, out)? {
            is_first = false;
        } else {
            out.truncate(before);
        }
    }
    out.push(b'}');
    Ok(())
}

/// The places of the items of a row.
fn range(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    let place = |row: usize| {
        let offset = offsets.get(row).copied().unwrap_or(0);
        usize::try_from(offset).unwrap_or(0)
    };
    place(row)..place(row + 1)
}

/// Writes to memory, which does not fail.
fn json(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, value);
}
