//! Opens a Parquet file: its footer is read and checked, its columns later.

use std::io::{Cursor, Read};
use std::sync::Arc;

use arrow_schema::Schema;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;

use super::guard::guarded;
use super::layout::{Layout, TIME, as_read, leaf_paths};
use super::lines::ParquetLines;
use super::source::Source;
use super::{Damage, Fault, RowTimes, schema_depth, statistics};
use crate::event::io::ReadSeek;
use crate::event::{FieldSelection, Timestamp};

/// The most rows of a batch.
const ROWS: u64 = 8192;
/// About how many bytes the columns of a batch have.
const BATCH: u64 = 8 << 20;
/// How many rows are read to see when a file begins.
const FIRST_ROWS: usize = 1024;
/// The length of the footer's length and mark.
const TAIL: u64 = 8;

/// A Parquet file.
pub struct ParquetFile {
    source: Source,
    metadata: ArrowReaderMetadata,
    layout: Layout,
    rows: u64,
}

impl ParquetFile {
    /// Reads the footer. `raw_column` is the column of JSON documents that a person named.
    pub fn open(file: Box<dyn ReadSeek + Send>, raw_column: Option<&str>) -> Result<Self, Fault> {
        let source = Source::new(file)?;
        check_footer(&source)?;
        guarded(|| {
            let options = ArrowReaderOptions::new();
            let stored = ArrowReaderMetadata::load(&source, options).map_err(damaged)?;
            check_places(stored.metadata(), &source)?;
            let schema = as_read(stored.schema(), stored.parquet_schema());
            let layout = Layout::of(&schema, raw_column)?;
            let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
            let metadata = ArrowReaderMetadata::try_new(Arc::clone(stored.metadata()), options)
                .map_err(damaged)?;
            let rows = metadata.metadata().row_groups().iter();
            let rows = rows.map(|group| u64::try_from(group.num_rows()).unwrap_or(0));
            Ok(Self {
                rows: rows.fold(0, u64::saturating_add),
                source: source.clone(),
                metadata,
                layout,
            })
        })
    }

    /// The size of the columns, decompressed, as the file states it.
    pub fn unpacked_size(&self) -> u64 {
        let groups = self.metadata.metadata().row_groups().iter();
        let sizes = groups.map(|group| u64::try_from(group.total_byte_size()).unwrap_or(0));
        sizes.fold(0, u64::saturating_add)
    }

    /// The times of the rows, where the statistics of the columns state them.
    pub fn times(&self) -> Option<RowTimes> {
        match self.layout {
            Layout::Fields => statistics::times(self.metadata.metadata(), self.metadata.schema()),
            Layout::Raw(_) => None,
        }
    }

    /// All rows, of columns that are fields only with those that are asked for. A column of documents
    /// gives them whole.
    pub fn lines(self, fields: &FieldSelection) -> Result<ParquetLines, Fault> {
        let columns = self.columns(fields);
        self.rows_of(columns, None)
    }

    /// How many bytes of the file are columns that [`Self::lines`] leaves out.
    pub fn left_out(&self, fields: &FieldSelection) -> u64 {
        let columns = self.columns(fields);
        let groups = self.metadata.metadata().row_groups().iter();
        let sizes = groups.flat_map(|group| {
            let leaves = group.columns().iter().enumerate();
            let left_out = leaves.filter(|(leaf, _)| !columns.leaf_included(*leaf));
            left_out.map(|(_, column)| u64::try_from(column.compressed_size()).unwrap_or(0))
        });
        sizes.fold(0, u64::saturating_add)
    }

    /// The columns that are read for these fields.
    fn columns(&self, fields: &FieldSelection) -> ProjectionMask {
        let (schema, parquet) = (self.metadata.schema(), self.metadata.parquet_schema());
        if let Layout::Raw(_) = self.layout {
            let roots = schema.fields().iter().enumerate();
            let read = roots.filter(|(_, field)| self.layout.reads(field));
            return ProjectionMask::roots(parquet, read.map(|(place, _)| place));
        }
        let paths = leaf_paths(schema);
        if paths.len() != parquet.num_columns() {
            return ProjectionMask::all();
        }
        let leaves = paths.iter().enumerate();
        let read = leaves.filter(|(_, path)| fields.includes(path));
        ProjectionMask::leaves(parquet, read.map(|(leaf, _)| leaf))
    }

    /// Lines that tell when the rows begin, with as little read as possible.
    pub fn first_times(self) -> Result<Box<dyn Read + Send>, Fault> {
        if let Some((first, _)) = self.times().and_then(|times| times.span) {
            let time = Timestamp::from_millis(first);
            let line = format!("{{\"{TIME}\":\"{time}\"}}\n");
            return Ok(Box::new(Cursor::new(line.into_bytes())));
        }
        let columns = self.columns(&FieldSelection::of([TIME]));
        Ok(Box::new(self.rows_of(columns, Some(FIRST_ROWS))?))
    }

    /// The rows with some columns only, and the first of them only.
    fn rows_of(self, columns: ProjectionMask, limit: Option<usize>) -> Result<ParquetLines, Fault> {
        let stated = limit.map_or(self.rows, |limit| self.rows.min(limit as u64));
        let size = batch_rows(self.unpacked_size(), self.rows);
        let batches = guarded(|| {
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(
                self.source.clone(),
                self.metadata.clone(),
            );
            let reader = reader.with_projection(columns).with_batch_size(size);
            let reader = match limit {
                Some(limit) => reader.with_limit(limit),
                None => reader,
            };
            reader.build().map_err(damaged)
        })?;
        Ok(ParquetLines::new(batches, self.layout, stated))
    }
}

/// The number of rows of a batch of [`BATCH`] bytes, by the size that the file states.
fn batch_rows(bytes: u64, rows: u64) -> usize {
    let of_row = (bytes / rows.max(1)).max(1);
    usize::try_from((BATCH / of_row).clamp(1, ROWS)).unwrap_or(1)
}

/// Checks what the reader of Parquet takes for granted of a footer.
fn check_footer(source: &Source) -> Result<(), Fault> {
    let tail = source.tail(TAIL)?;
    let Some((length, mark)) = tail.split_first_chunk::<4>() else {
        return Err(Damage::EndsBeforeFooter.into());
    };
    match mark {
        b"PAR1" => {}
        b"PARE" => return Err(Fault::Encrypted),
        _ => return Err(Damage::NoFooter.into()),
    }
    let length = u64::from(u32::from_le_bytes(*length));
    let footer = source.tail(length + TAIL)?;
    let end = footer.len().saturating_sub(8);
    schema_depth::check(footer.get(..end).unwrap_or(&[]))
}

/// Checks that all columns lie within the file.
fn check_places(metadata: &ParquetMetaData, source: &Source) -> Result<(), Fault> {
    use parquet::file::reader::Length as _;
    for group in metadata.row_groups() {
        if group.num_rows() < 0 {
            return Err(Damage::NegativeRows.into());
        }
        for column in group.columns() {
            let first = column.dictionary_page_offset();
            let places = [
                first.unwrap_or(0),
                column.data_page_offset(),
                column.compressed_size(),
            ];
            let is_outside = |place: &i64| u64::try_from(*place).is_ok_and(|at| at <= source.len());
            if !places.iter().all(is_outside) || column.num_values() < 0 {
                return Err(Damage::ColumnBeyondEnd.into());
            }
        }
    }
    Ok(())
}

fn damaged(error: ParquetError) -> Fault {
    let words = match error {
        ParquetError::General(words) | ParquetError::ArrowError(words) => words,
        other => other.to_string(),
    };
    Damage::Library(words).into()
}

/// The schema in which columns are read is a part of the metadata.
impl std::fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let schema: &Schema = self.metadata.schema();
        f.debug_struct("ParquetFile")
            .field("schema", schema)
            .field("layout", &self.layout)
            .finish_non_exhaustive()
    }
}
