//! Why a data source, or a recording to learn one from, is not taken.

use super::cause::causes;

causes! {
    /// A data source of the program that cannot be used; a test makes sure that none of ours is.
    InvalidProfile {
        /// No TOML, or not of the right shape; what its reader says.
        Syntax { name: String, said: String } => "data source {name}: {said}";
        /// Names something that is not there.
        Unknown { name: String, missing: MissingPart } => "data source {name}: there is no {missing}";
    }
}

causes! {
    /// A name in the definition of a data source that stands for nothing.
    MissingPart {
        /// Another source.
        Source(source: String) => "source {source}";
        /// An index of the source.
        Index(index: String) => "index {index}";
        /// A list of fields.
        FieldList(list: String) => "field list {list}";
    }
}

causes! {
    /// Why no data source is learned from a recording.
    TooMany {
        Parts(most: usize) => "the recording has more than {most} fields, indices or kinds of event";
    }
}
