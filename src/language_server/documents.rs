//! The documents that are open in the editor, laid over the files of the project: what the editor
//! shows is what is checked and run, saved or not.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use serde_json::Value;

use super::position::{Encoding, Lines};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::io::{FilesBeside, ReadSeek};
use crate::project::ProjectFiles;

/// The texts of open documents by name.
pub(super) type Texts = BTreeMap<String, Arc<SourceText>>;

/// An open document.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// As the client writes it.
    pub(super) uri: String,
    /// The client's number of the text; answers carry it.
    pub(super) version: i64,
    pub(super) text: Arc<SourceText>,
    pub(super) lines: Lines,
}

impl Document {
    pub(super) fn new(uri: &str, name: &str, version: i64, text: String) -> Self {
        Self {
            uri: uri.to_owned(),
            version,
            lines: Lines::new(&text),
            text: SourceText::new(name, text),
        }
    }

    /// The document after the changes of a notification: each replaces a range, or the whole text.
    pub(super) fn changed(&self, version: i64, changes: &[Value], encoding: Encoding) -> Self {
        let mut text = self.text.text().to_owned();
        let mut lines = self.lines.clone();
        for change in changes {
            let new = change.get("text").and_then(Value::as_str).unwrap_or("");
            let place = |end: &str| {
                let position = change.get("range")?.get(end)?;
                lines.offset(&text, position, encoding)
            };
            match (place("start"), place("end")) {
                (Some(start), Some(end)) => text.replace_range(start.min(end)..end.max(start), new),
                _ => new.clone_into(&mut text),
            }
            lines = Lines::new(&text);
        }
        Self {
            uri: self.uri.clone(),
            version,
            lines,
            text: SourceText::new(self.text.name(), text),
        }
    }
}

/// The files of the project with the open documents over them.
pub(super) struct Overlay<'f> {
    pub(super) files: &'f dyn ProjectFiles,
    pub(super) open: &'f Texts,
}

impl FilesBeside for Overlay<'_> {
    fn open_beside(
        &self,
        beside: &str,
        path: &str,
    ) -> Result<Box<dyn ReadSeek + Send>, Box<Diagnostic>> {
        let directory = beside
            .rsplit_once('/')
            .map_or("", |(directory, _)| directory);
        match self.open.get(&self.files.resolve(directory, path)) {
            Some(text) => Ok(Box::new(Cursor::new(text.text().as_bytes().to_vec()))),
            None => self.files.open_beside(beside, path),
        }
    }
}

impl ProjectFiles for Overlay<'_> {
    fn exists(&self, name: &str) -> bool {
        self.open.contains_key(name) || self.files.exists(name)
    }

    fn find(&self, directory: &str, extensions: &[&str]) -> Result<Vec<String>, Box<Diagnostic>> {
        // A new file that nobody has saved yet is asked for by its own name.
        if self.open.contains_key(directory) {
            return Ok(vec![directory.to_owned()]);
        }
        self.files.find(directory, extensions)
    }

    fn find_ignored(&self, directory: &str, extensions: &[&str]) -> Vec<String> {
        self.files.find_ignored(directory, extensions)
    }

    fn read(&self, name: &str) -> Result<Arc<SourceText>, Box<Diagnostic>> {
        match self.open.get(name) {
            Some(text) => Ok(Arc::clone(text)),
            None => self.files.read(name),
        }
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Box<Diagnostic>> {
        self.files.write(name, text)
    }

    fn remove(&self, name: &str) -> Result<(), Box<Diagnostic>> {
        self.files.remove(name)
    }

    fn resolve(&self, directory: &str, path: &str) -> String {
        self.files.resolve(directory, path)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::project::MemoryFiles;

    #[test]
    fn changes_apply_one_after_the_other() {
        let document = Document::new("file:///a", "a", 1, "one\ntwo\n".to_owned());
        let changes = [
            json!({"range": {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}, "text": ""}),
            json!({"range": {"start": {"line": 0, "character": 3}, "end": {"line": 0, "character": 3}}, "text": "!\nx"}),
        ];
        let changed = document.changed(2, &changes, Encoding::Utf16);
        assert_eq!((changed.version, changed.text.text()), (2, "two!\nx\n"));
        let whole = document.changed(3, &[json!({"text": "new"})], Encoding::Utf16);
        assert_eq!(whole.text.text(), "new");
    }

    #[test]
    fn an_open_document_hides_the_file() {
        let files = MemoryFiles::new([("a.yaml", "saved"), ("b.yaml", "saved")]);
        let open = Texts::from([("a.yaml".to_owned(), SourceText::new("a.yaml", "typed"))]);
        let overlay = Overlay {
            files: &files,
            open: &open,
        };
        assert_eq!(overlay.read("a.yaml").unwrap().text(), "typed");
        assert_eq!(overlay.read("b.yaml").unwrap().text(), "saved");
        let mut bytes = String::new();
        let mut beside = overlay.open_beside("b.yaml", "a.yaml").unwrap();
        beside.read_to_string(&mut bytes).unwrap();
        assert_eq!(bytes, "typed");
    }
}
