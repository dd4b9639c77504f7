//! Builds an ECS document, with the steps that several pipelines share: names from paths, users,
//! hashes, `related.*`.

use serde_json::{Map, Value as Json};

use crate::import::windows::Data;

/// A document under construction.
#[derive(Debug, Default)]
pub(super) struct Document {
    fields: Map<String, Json>,
    related: [(&'static str, Vec<String>); 4],
}

/// The lists of `related.*`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Related {
    Hash,
    Hosts,
    Ip,
    User,
}

impl Document {
    pub(super) fn new() -> Self {
        let related = ["hash", "hosts", "ip", "user"].map(|name| (name, Vec::new()));
        Self {
            fields: Map::new(),
            related,
        }
    }

    /// Sets the field at a dotted path.
    pub(super) fn put(&mut self, path: &str, value: impl Into<Json>) {
        put(&mut self.fields, path, value.into());
    }

    /// Sets an object whose names may have dots of their own.
    pub(super) fn put_tree(&mut self, path: &str, tree: Map<String, Json>) {
        put(&mut self.fields, path, Json::Object(tree));
    }

    /// Sets the field if there is a value for it.
    pub(super) fn put_some(&mut self, path: &str, value: Option<impl Into<Json>>) {
        if let Some(value) = value {
            self.put(path, value);
        }
    }

    /// The field at a dotted path.
    pub(super) fn get(&self, path: &str) -> Option<&Json> {
        let mut steps = path.split('.');
        let first = self.fields.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))
    }

    /// The text at a dotted path.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.get(path).and_then(Json::as_str)
    }

    /// Moves event data to a field, unless it has a value already: then both stay, as where the
    /// processor `rename` fails.
    pub(super) fn rename(&mut self, data: &mut Data, name: &'static str, path: &str) {
        if self.get(path).is_none() {
            self.put_some(path, data.take(name));
        }
    }

    /// Copies event data to a field, where there are some.
    pub(super) fn copy(&mut self, data: &Data, name: &'static str, path: &str) {
        let value = data.get(name).map(str::to_owned);
        self.put_some(path, value);
    }

    /// Puts `name` after `executable`, where there is a path with a name at its end.
    pub(super) fn name_executable(&mut self, prefix: &str) {
        let path = self.text(&format!("{prefix}.executable"));
        let name = path.and_then(|path| path.rsplit_once('\\'));
        let name = name.map(|(_, name)| name.to_owned());
        let target = format!("{prefix}.name");
        if self.get(&target).is_none() {
            self.put_some(&target, name.filter(|name| !name.is_empty()));
        }
    }

    /// Puts what follows from a file's path. As in the pipelines, the extension is what stands
    /// after the last dot of the whole path, and a name without a path has no parts.
    pub(super) fn put_file_parts(&mut self, path: &str) {
        let Some((directory, name)) = path.rsplit_once('\\') else {
            return;
        };
        self.put("file.name", name);
        self.put("file.directory", directory);
        self.put_some("file.extension", extension(path));
    }

    /// Puts `DOMAIN\name`; of anything else the pipelines make nothing.
    pub(super) fn put_account(&mut self, prefix: &str, account: &str) {
        if let Some((domain, name)) = account.split_once('\\')
            && !name.is_empty()
            && !name.contains('\\')
        {
            if !domain.is_empty() {
                self.put(&format!("{prefix}.domain"), domain);
            }
            self.put(&format!("{prefix}.name"), name);
        }
    }

    /// Puts a command line below `prefix`, and its arguments as Windows splits them.
    pub(super) fn put_arguments(&mut self, prefix: &str) {
        let line = self.text(&format!("{prefix}.command_line"));
        if let Some(args) = line.map(super::args::split) {
            self.put(&format!("{prefix}.args_count"), args.len());
            self.put(&format!("{prefix}.args"), args);
        }
    }

    /// Puts `ALGORITHM=VALUE,…` below `prefix`, the import hash below `pe`; without a prefix they
    /// are only related.
    pub(super) fn put_hashes(&mut self, prefix: Option<&str>, hashes: &str) {
        for (algorithm, value) in hashes.split(',').filter_map(|pair| pair.split_once('=')) {
            let value = value.trim().to_ascii_lowercase();
            if value.is_empty() || value.bytes().all(|byte| byte == b'0') {
                continue;
            }
            self.relate(Related::Hash, &value);
            let algorithm = algorithm.trim().to_ascii_lowercase();
            match (prefix, algorithm.as_str()) {
                (None, _) => {}
                (Some(prefix), "imphash") => self.put(&format!("{prefix}.pe.imphash"), value),
                (Some(prefix), _) => self.put(&format!("{prefix}.hash.{algorithm}"), value),
            }
        }
    }

    /// Adds a value to a list of `related.*`, once.
    pub(super) fn relate(&mut self, list: Related, value: &str) {
        if let Some((_, values)) = self.related.get_mut(list as usize)
            && !value.is_empty()
            && !values.iter().any(|known| known == value)
        {
            values.push(value.to_owned());
        }
    }

    /// Adds the text of a field to a list of `related.*`, if it has one.
    pub(super) fn relate_field(&mut self, list: Related, path: &str) {
        if let Some(value) = self.text(path).map(str::to_owned) {
            self.relate(list, &value);
        }
    }

    /// The finished document.
    pub(super) fn finish(mut self) -> Map<String, Json> {
        for (name, values) in std::mem::take(&mut self.related) {
            if !values.is_empty() {
                self.put(&format!("related.{name}"), values);
            }
        }
        self.fields
    }
}

fn put(fields: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => {
            fields.insert(path.to_owned(), value);
        }
        Some((step, rest)) => {
            let inner = fields
                .entry(step)
                .or_insert_with(|| Json::Object(Map::new()));
            if !inner.is_object() {
                *inner = Json::Object(Map::new());
            }
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// What follows the last dot, as the pipelines see it.
pub(super) fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_gives_its_parts_as_far_as_it_has_them() {
        let mut document = Document::new();
        document.put_file_parts(r"C:\Temp\a.b.exe");
        assert_eq!(document.get("file.directory").unwrap(), r"C:\Temp");
        assert_eq!(document.get("file.name").unwrap(), "a.b.exe");
        assert_eq!(document.get("file.extension").unwrap(), "exe");
        let mut document = Document::new();
        document.put("process.executable", "System");
        document.name_executable("process");
        document.put_file_parts("MEM");
        assert_eq!(document.get("process.name"), None);
        assert_eq!(document.get("file"), None);
    }

    #[test]
    fn hashes_of_zeros_say_nothing() {
        let mut document = Document::new();
        document.put_hashes(
            Some("process"),
            "MD5=AB,IMPHASH=00000000000000000000000000000000",
        );
        let document = Json::Object(document.finish());
        assert_eq!(
            document,
            serde_json::json!({"process":{"hash":{"md5":"ab"}},"related":{"hash":["ab"]}})
        );
    }
}
