//! Errors of a Parquet file: what is wrong with it, and what to do.

/// Why a Parquet file cannot be read, or not to its end.
#[cfg_attr(
    not(feature = "internals"),
    expect(dead_code, reason = "a build has the reader or refuses every file")
)]
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The program was built without the reader.
    #[error("this build of Trapline reads no Parquet")]
    NotBuilt,
    /// The file, or the reader below, failed.
    #[error("reading stopped: {0}")]
    Io(#[from] std::io::Error),
    /// The reader refuses the bytes.
    #[error("the file is damaged, or laid out in a way that is not read: {0}")]
    Damaged(String),
    /// A key is needed.
    #[error("the file is encrypted")]
    Encrypted,
    /// The schema is nested too deeply.
    #[error("its columns are nested more than {0} levels deep")]
    Deep(usize),
    /// `--raw-column` names no column.
    #[error("there is no column `{name}`; its columns are {columns}")]
    NoColumn {
        /// The name.
        name: String,
        /// The names of the columns.
        columns: String,
    },
    /// `--raw-column` names a column of numbers, or one with columns in it.
    #[error("the column `{0}` holds neither text nor bytes")]
    NoText(String),
    /// A type of which no JSON value is made.
    #[error("the column `{column}` is of the type {kind}, which is no value of a document")]
    NoValue {
        /// The column, dotted.
        column: String,
        /// Its type.
        kind: String,
    },
    /// The rows end early.
    #[error("the file ends after {read} of {stated} rows")]
    Short {
        /// The number of rows that were read.
        read: u64,
        /// The number of rows that the file states.
        stated: u64,
    },
    /// A row is too long.
    #[error("a row gives a document of more than {0} MiB")]
    LongRow(usize),
}

impl Fault {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotBuilt => {
                "build one that does: `cargo install trapline --features parquet`; or convert the file to NDJSON"
            }
            Self::NoColumn { .. } | Self::NoText(_) => {
                "`--raw-column` takes the column whose values are JSON documents; without it columns are fields"
            }
            Self::NoValue { .. } => {
                "cast the column to a string or leave it out where the file is written; where one column holds JSON documents, name it with `--raw-column`"
            }
            Self::Encrypted => "write the file without encryption",
            Self::Io(_) | Self::Damaged(_) | Self::Short { .. } => "write or copy the file again",
            Self::Deep(_) | Self::LongRow(_) => "write the file with other columns",
        }
    }
}
