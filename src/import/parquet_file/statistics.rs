//! What the statistics of the row groups say about the times of a file's events.

use arrow_schema::{DataType, Schema, TimeUnit};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

use super::RowTimes;
use super::layout::TIME;

/// The times of all rows; `None` where a row group does not tell.
pub(super) fn times(metadata: &ParquetMetaData, schema: &Schema) -> Option<RowTimes> {
    let (_, field) = schema.column_with_name(TIME)?;
    let DataType::Timestamp(unit, _) = field.data_type() else {
        return None;
    };
    let leaves = metadata.file_metadata().schema_descr().columns();
    let leaf = leaves
        .iter()
        .position(|leaf| leaf.path().parts() == [TIME])?;
    let mut times = RowTimes {
        rows: 0,
        untimed: 0,
        span: None,
    };
    for group in metadata.row_groups() {
        let rows = u64::try_from(group.num_rows()).ok()?;
        times.rows = times.rows.checked_add(rows)?;
        if rows == 0 {
            continue;
        }
        // The legacy times of 96 bits have no order that statistics could state.
        let Statistics::Int64(values) = group.columns().get(leaf)?.statistics()? else {
            return None;
        };
        let untimed = values.null_count_opt()?;
        times.untimed = times.untimed.checked_add(untimed)?;
        if untimed == rows {
            continue;
        }
        let first = millis(*values.min_opt()?, *unit)?;
        let last = millis(*values.max_opt()?, *unit)?;
        let (from, to) = times.span.get_or_insert((first, last));
        (*from, *to) = (first.min(*from), last.max(*to));
    }
    Some(times)
}

fn millis(value: i64, unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Second => value.checked_mul(1_000),
        TimeUnit::Millisecond => Some(value),
        TimeUnit::Microsecond => Some(value.div_euclid(1_000)),
        TimeUnit::Nanosecond => Some(value.div_euclid(1_000_000)),
    }
}
