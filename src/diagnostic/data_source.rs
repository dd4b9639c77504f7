//! Why a data source, or a recording to learn one from, is not taken.

use super::cause::{causes, phrases};
use super::details::did_you_mean;
use super::document::BadMapping;
use super::names::NameList;

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

causes! {
    /// What is wrong with the file of a project's own data source.
    BadSource {
        UnknownKey { name: String, suggestion: Option<String>, known: NameList } =>
            "unknown key `{name}`",
            hint match suggestion {
                Some(near) => did_you_mean(near),
                None => format!("known here: {known}"),
            };
        DuplicateKey { name: String } => "duplicate key `{name}`", help "take one of them out";
        NotOneLine { name: String } => "`{name}` must be one line of text",
            help "leave the key out, or write text without line breaks";
        /// A name that scenarios cannot write.
        NoName { name: String } =>
            "`{name}` is no name: a name has lower-case letters, digits, `_` and `.`",
            help "write it as scenarios should: `acme_proxy`, `process.start`";
        /// The name of a file that cannot be the source's.
        NoSourceName { name: String } => "`{name}` is no name of a source",
            help "add `name = \"acme_proxy\"`, in lower-case letters, digits and `_`";
        NoIndexName { name: String } => "`{name}` is no name of an index",
            help "write a name as `GET _cat/indices` shows it, or a pattern with `*`";
        /// A name that stands for nothing.
        Unknown { kind: NamedPart, name: String, suggestion: Option<String> } =>
            "there is no {kind} `{name}`",
            hint suggestion.as_deref().map_or_else(|| kind.fix().to_owned(), did_you_mean);
        /// Something of the definition that is not there.
        NotThere(missing: MissingPart) => "there is no {missing}";
        ExtendsAndReplaces => "`extends` and `replaces` exclude each other",
            help "keep `extends` to add to the source, `replaces` to stand in its place";
        /// A file that extends the source `name`, under another name.
        OtherName { name: String } => "a file that extends `{name}` has no other name",
            help "leave `name` out, or use `kinds_from` for a source of its own";
        NoIndex => "the source has no index",
            help "add `[[index]]` with the `name` of an index";
        NoKind => "the source has no kind",
            help "add `[[kind]]` with a `name`, or `kinds_from` another source";
        DuplicateIndex { name: String } => "duplicate index `{name}`", help "take one of them out";
        DuplicateKind { name: String } => "duplicate kind `{name}`", help "take one of them out";
        NoFields => "expected a table of fields",
            help "write `[defaults]` and below it lines `\"event.action\" = \"login\"`";
        NoValue => "expected a value",
            help "write text, a number, true, false or a list of such";
        /// A field that the source gives a value, and none of its indices has.
        UntypedField { name: String, suggestion: Option<String> } =>
            "no index of the source has a type for `{name}`",
            hint suggestion.as_deref().map_or_else(
                || format!("add `\"{name}\" = \"keyword\"` to `[index.types]`, or `assumed = [\"ecs\"]`"),
                did_you_mean,
            );
        /// A value that its field does not hold.
        Misfit { name: String, found: String, expected: String } => "`{found}` is not a {expected}",
            help "`{name}` has that type in the source's index";
    }
}

phrases! {
    /// What a name in the file of a data source stands for.
    NamedPart {
        Source = "data source",
        FieldList = "field list",
        Index = "index",
        System = "operating system",
    }
}

impl NamedPart {
    /// What to write where no name is near.
    fn fix(self) -> &'static str {
        match self {
            Self::Source => "`trapline sources` lists them",
            Self::FieldList => {
                "a file ends in `.json`, `.yml` or `.yaml`; Trapline's own lists are `ecs`, `winlogbeat`, `system.security` and the like"
            }
            Self::Index => "name one of the `[[index]]` tables",
            Self::System => "write `windows`, `linux` or `macos`",
        }
    }
}

causes! {
    /// Why a data source cannot be beside those that are there.
    SourceClash {
        /// Another file is about the same source.
        TwoFiles { file: String, name: String } =>
            "`{file}` extends or replaces `{name}` already",
            help "put what both files say into one";
        /// A source that replaces another has the name of a third.
        TakenName { name: String } => "there is a data source `{name}` already",
            help "put what both files say into one";
        /// One that ships with Trapline has the name.
        OfTrapline { name: String } => "there is a data source `{name}` already",
            help "`extends = \"{name}\"` adds to it, `replaces = \"{name}\"` stands in its place, another `name` makes a source beside it";
        /// One of the project has the name.
        OfFile { name: String, file: String } =>
            "there is a data source `{name}` already, in `{file}`",
            help "`extends = \"{name}\"` adds to it, `replaces = \"{name}\"` stands in its place, another `name` makes a source beside it";
    }
}

causes! {
    /// What is wrong with the types of an index's fields.
    BadFields {
        NoTypes => "expected a table of types",
            help "write `[index.types]` and below it lines `\"acme.user\" = \"keyword\"`";
        NoTypeName => "expected the name of a type",
            help "write the type in quotes: `\"keyword\"`";
        /// A key of `[index.types]`.
        NoKey { name: String } => "`{name}` is no name of a field",
            word "NoFieldName",
            help "write the name with dots, in quotes: `\"acme.user\"`";
        NoFieldName { name: String } => "`{name}` is no name of a field",
            help "write a name, with dots between its parts";
        UnknownType { name: String, suggestion: Option<String> } => "there is no type `{name}`",
            hint suggestion.as_deref().map_or_else(
                || "write the type as `GET INDEX/_mapping` shows it: `keyword`, `long`, `ip`".to_owned(),
                did_you_mean,
            );
        /// The file cannot be opened; the message of its diagnostic.
        NotOpened { name: String, said: String } => "`{name}` cannot be used: {said}";
        NoField { name: String } => "`{name}` names no field";
        NoMapping { name: String, why: BadMapping } => "`{name}` is no mapping: {why}",
            help "save what Elasticsearch answers to `GET INDEX/_mapping`";
        /// No `fields.yml`; what the library that reads it says.
        NoFieldsYml { name: String, said: String } => "`{name}` is no list of fields: {said}",
            help "a `fields.yml` is a list of `name`, `type` and, for a group, `fields`";
    }
}
