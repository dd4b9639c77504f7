//! Reads the profile of a data source that ships in the binary.

use super::definition::{Defaults, KindDefinition, Twin};
use super::error::OF_FILES;
use super::source::Pin;
use crate::diagnostic::SourceText;
use crate::diagnostic::data_source::InvalidProfile;
use crate::event::Scalar;
use crate::located::{DiagnosticSink, Located, Node, Table, parse_toml};

/// A data source as its profile describes it.
#[derive(Default)]
pub(super) struct Profile {
    pub(super) title: String,
    pub(super) open: Vec<String>,
    pub(super) never: Vec<String>,
    /// The kinds of this source are its own as well.
    pub(super) kinds_from: Option<String>,
    /// The same events as other sources', stored elsewhere.
    pub(super) twins: Vec<Twin>,
    pub(super) indices: Vec<ProfileIndex>,
    pub(super) defaults: Defaults,
    pub(super) pins: Vec<Pin>,
    pub(super) kinds: Vec<KindDefinition>,
}

/// An index of a profile.
pub(super) struct ProfileIndex {
    pub(super) name: String,
    /// The names of its own lists of field types.
    pub(super) fields: Vec<String>,
    /// The names of lists that are taken for its own where no own list is at hand.
    pub(super) assumed: Vec<String>,
    pub(super) evidence: String,
}

/// Reads a profile; the error is the first thing that is wrong with it.
pub(super) fn read(name: &str, text: &str) -> Result<Profile, InvalidProfile> {
    let source = SourceText::new(name, text);
    let mut reader = Reader {
        report: DiagnosticSink::new(&source, &OF_FILES),
    };
    let root = parse_toml(source.text(), &mut reader.report);
    let profile = Table::of(&root, "").map(|table| reader.profile(table));
    match reader.report.diagnostics.into_iter().next() {
        Some(first) => Err(InvalidProfile::Syntax {
            name: name.to_owned(),
            said: first.message,
        }),
        None => Ok(profile.unwrap_or_default()),
    }
}

struct Reader<'s> {
    report: DiagnosticSink<'s>,
}

impl Reader<'_> {
    fn profile(&mut self, table: Table<'_>) -> Profile {
        let known = [
            "title",
            "open",
            "never",
            "kinds_from",
            "twin",
            "index",
            "defaults",
            "pin",
            "kind",
        ];
        table.only(&known, &mut self.report);
        table.require("index", &mut self.report);
        let twins = table.tables("twin", "twin", &mut self.report).into_iter();
        let twins = twins.flat_map(|twin| self.twins(twin)).collect();
        let indices = table.tables("index", "index", &mut self.report).into_iter();
        let indices = indices.map(|index| self.index(index)).collect();
        let kinds = table.tables("kind", "kind", &mut self.report).into_iter();
        let kinds = kinds.map(|kind| self.kind(kind)).collect();
        Profile {
            title: self.text(table, "title"),
            open: self.texts(table, "open"),
            never: self.texts(table, "never"),
            kinds_from: table.text("kinds_from", &mut self.report),
            twins,
            indices,
            defaults: defaults(table),
            pins: self.pins(table),
            kinds,
        }
    }

    fn index(&mut self, table: Table<'_>) -> ProfileIndex {
        let known = ["name", "fields", "assumed", "evidence"];
        table.only(&known, &mut self.report);
        ProfileIndex {
            name: self.text(table, "name"),
            fields: self.texts(table, "fields"),
            assumed: self.texts(table, "assumed"),
            evidence: self.text(table, "evidence"),
        }
    }

    /// The kinds of each of the other sources `of`: `defaults` are set in every event of theirs, an
    /// empty list takes a field away; `names` are kinds that have another name here.
    fn twins(&mut self, table: Table<'_>) -> Vec<Twin> {
        table.only(&["of", "defaults", "names"], &mut self.report);
        table.require("of", &mut self.report);
        let names = table.table("names", "names", &mut self.report);
        let names: Vec<(String, String)> = names.map_or_else(Vec::new, |names| {
            let keys = names.keys().map(|(own, _)| own);
            keys.map(|own| (own.to_owned(), self.text(names, own)))
                .collect()
        });
        let others = self.texts(table, "of").into_iter();
        let twins = others.map(|of| Twin {
            of,
            defaults: defaults(table),
            names: names.clone(),
        });
        twins.collect()
    }

    fn kind(&mut self, table: Table<'_>) -> KindDefinition {
        let known = ["name", "index", "never", "defaults", "pin"];
        table.only(&known, &mut self.report);
        KindDefinition {
            name: self.text(table, "name"),
            index: table.text("index", &mut self.report),
            defaults: defaults(table),
            pins: self.pins(table),
            never: self.texts(table, "never"),
        }
    }

    fn pins(&mut self, table: Table<'_>) -> Vec<Pin> {
        let pins = table.tables("pin", "pin", &mut self.report).into_iter();
        let pins = pins.map(|pin| {
            pin.only(&["field", "value", "evidence"], &mut self.report);
            pin.require("value", &mut self.report);
            Pin {
                field: self.text(pin, "field"),
                value: pin.value("value").map_or_else(Vec::new, scalars),
                evidence: self.text(pin, "evidence"),
            }
        });
        pins.collect()
    }

    /// A string that must be there.
    fn text(&mut self, table: Table<'_>, key: &str) -> String {
        table.require(key, &mut self.report);
        table.text(key, &mut self.report).unwrap_or_default()
    }

    fn texts(&mut self, table: Table<'_>, key: &str) -> Vec<String> {
        let texts = table.texts(key, &mut self.report).into_iter();
        texts.map(|(text, _)| text).collect()
    }
}

/// The fields of the table `defaults` with their values.
fn defaults(table: Table<'_>) -> Defaults {
    match table.value("defaults").map(|defaults| &defaults.node) {
        Some(Node::Table(entries)) => {
            let entries = entries.iter();
            let entries = entries.map(|entry| (entry.key.to_string(), scalars(&entry.value)));
            entries.collect()
        }
        _ => Vec::new(),
    }
}

fn scalars(value: &Located<'_>) -> Vec<Scalar> {
    match &value.node {
        Node::Text(text) => vec![Scalar::text(&**text)],
        Node::Other(text) => vec![Scalar::text(text.as_str())],
        Node::Integer(number) => vec![Scalar::Number(number.to_string().into())],
        Node::Bool(value) => vec![Scalar::Bool(*value)],
        Node::List(items) => items.iter().flat_map(scalars).collect(),
        Node::Null | Node::Table(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_with_an_unknown_or_missing_key_is_refused() {
        let index = "[[index]]\nname = \"a\"\nevidence = \"b\"\n";
        let sound = format!("title = \"A\"\n{index}");
        assert!(read("a", &sound).is_ok());
        for text in [
            index.to_owned(),
            "title = \"A\"\n".to_owned(),
            format!("{sound}[[kind]]\nindex = \"a\"\n"),
            format!("{sound}[[kind]]\nname = \"k\"\nindices = \"a\"\n"),
            format!("{sound}[[pin]]\nfield = \"f\"\nevidence = \"e\"\n"),
            format!("{sound}[[twin]]\nnames = {{}}\n"),
            format!("{sound}x ="),
        ] {
            assert!(read("a", &text).is_err(), "{text}");
        }
    }
}
