//! Errors of a Parquet file: what is wrong with it, and what to do.

use super::cause::causes;

causes! {
    /// Why a Parquet file cannot be read, or not to its end.
    #[cfg_attr(
        not(feature = "internals"),
        expect(dead_code, reason = "a build has the reader or refuses every file")
    )]
    Fault {
        /// The program was built without the reader.
        NotBuilt => "this build of Trapline reads no Parquet",
            help "build one that does: `cargo install trapline --features parquet`; or convert the file to NDJSON";
        /// The file, or the reader below, failed.
        Io(said: String) => "reading stopped: {said}", help "write or copy the file again";
        /// The reader refuses the bytes.
        Damaged(why: Damage) => "the file is damaged, or laid out in a way that is not read: {why}",
            help "write or copy the file again";
        /// A key is needed.
        Encrypted => "the file is encrypted", help "write the file without encryption";
        /// The schema is nested too deeply.
        Deep(levels: usize) => "its columns are nested more than {levels} levels deep",
            help "write the file with other columns";
        /// `--raw-column` names no column.
        NoColumn { name: String, columns: String } =>
            "there is no column `{name}`; its columns are {columns}",
            help "`--raw-column` takes the column whose values are JSON documents; without it columns are fields";
        /// `--raw-column` names a column of numbers, or one with columns in it.
        NoText(name: String) => "the column `{name}` holds neither text nor bytes",
            help "`--raw-column` takes the column whose values are JSON documents; without it columns are fields";
        /// A type of which no JSON value is made, with the dotted name of its column.
        NoValue { name: String, found: String } =>
            "the column `{name}` is of the type {found}, which is no value of a document",
            help "cast the column to a string or leave it out where the file is written; where one column holds JSON documents, name it with `--raw-column`";
        /// The rows end early.
        Short { found: u64, expected: u64 } => "the file ends after {found} of {expected} rows",
            help "write or copy the file again";
        /// A row is too long.
        LongRow(megabytes: usize) => "a row gives a document of more than {megabytes} MiB",
            help "write the file with other columns";
    }
}

causes! {
    /// What of a Parquet file is damaged, or laid out in a way that is not read.
    #[cfg_attr(
        not(any(feature = "internals", feature = "parquet")),
        expect(dead_code, reason = "only a build with the reader finds damage")
    )]
    Damage {
        /// What the library that reads Parquet says.
        Library(said: String) => "{said}";
        /// The library panicked.
        GaveUp => "the reader gives up on what a column says";
        /// The file is shorter than a footer.
        EndsBeforeFooter => "it ends before its footer";
        /// The last bytes are no mark.
        NoFooter => "it has no footer";
        /// The metadata in the footer are not encoded as they must be.
        UnreadableFooter => "its footer cannot be read";
        /// A place that the footer states.
        ColumnBeyondEnd => "a column lies beyond the end of the file";
        /// A number of rows that the footer states.
        NegativeRows => "a group has less than no rows";
        /// The batches have another type than the schema.
        OtherType(found: String) => "a column is of the type {found}";
        /// The batches lack the column that holds the documents.
        NoRawColumn => "the raw column is gone";
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

impl From<Damage> for Fault {
    fn from(why: Damage) -> Self {
        Self::Damaged(why)
    }
}
