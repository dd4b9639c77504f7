//! An ECS document while it is made, and what several pipelines do alike: names from paths, users,
//! hashes, `related.*`. Called by the pipelines of this folder only.

use serde_json::{Map, Value as Json};

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

    /// Sets the field if there is a value for it.
    pub(super) fn put_some(&mut self, path: &str, value: Option<impl Into<Json>>) {
        if let Some(value) = value {
            self.put(path, value);
        }
    }

    /// The field at a dotted path.
    #[cfg(test)]
    pub(super) fn get(&self, path: &str) -> Option<&Json> {
        let mut steps = path.split('.');
        let first = self.fields.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))
    }

    /// Puts an executable and, where it has a path, the name in it.
    pub(super) fn put_executable(&mut self, prefix: &str, path: String) {
        if let Some((_, name)) = path.rsplit_once('\\').filter(|(_, name)| !name.is_empty()) {
            self.put(&format!("{prefix}.name"), name);
        }
        self.put(&format!("{prefix}.executable"), path);
    }

    /// Puts a file's path and what follows from it.
    pub(super) fn put_file(&mut self, path: String) {
        if let Some((directory, name)) = path.rsplit_once('\\') {
            if !directory.is_empty() {
                self.put("file.directory", directory);
            }
            if !name.is_empty() {
                self.put("file.name", name);
            }
            self.put_some("file.extension", extension(name));
        } else {
            self.put("file.name", path.as_str());
            self.put_some("file.extension", extension(&path));
        }
        self.put("file.path", path);
    }

    /// Puts `ALGORITHM=VALUE,…`: hashes below `prefix.hash`, the import hash below `prefix.pe`.
    pub(super) fn put_hashes(&mut self, prefix: &str, hashes: &str) {
        for (algorithm, value) in hashes.split(',').filter_map(|pair| pair.split_once('=')) {
            let value = value.trim().to_ascii_lowercase();
            if value.is_empty() || value.bytes().all(|byte| byte == b'0') {
                continue;
            }
            let algorithm = algorithm.trim().to_ascii_lowercase();
            let path = if algorithm == "imphash" {
                format!("{prefix}.pe.imphash")
            } else {
                format!("{prefix}.hash.{algorithm}")
            };
            self.put(&path, value.as_str());
            self.relate(Related::Hash, &value);
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

/// What follows the last dot of a name, as pipelines see it.
pub(super) fn extension(name: &str) -> Option<&str> {
    let (_, extension) = name.rsplit_once('.')?;
    (!extension.is_empty()).then_some(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_gives_its_parts_as_far_as_it_has_them() {
        let mut document = Document::new();
        document.put_file(r"C:\Temp\a.b.exe".to_owned());
        assert_eq!(document.get("file.directory").unwrap(), r"C:\Temp");
        assert_eq!(document.get("file.name").unwrap(), "a.b.exe");
        assert_eq!(document.get("file.extension").unwrap(), "exe");
        let mut document = Document::new();
        document.put_executable("process", "System".to_owned());
        assert_eq!(document.get("process.executable").unwrap(), "System");
        assert_eq!(document.get("process.name"), None);
    }

    #[test]
    fn hashes_of_zeros_say_nothing() {
        let mut document = Document::new();
        document.put_hashes("process", "MD5=AB,IMPHASH=00000000000000000000000000000000");
        let document = Json::Object(document.finish());
        assert_eq!(
            document,
            serde_json::json!({"process":{"hash":{"md5":"ab"}},"related":{"hash":["ab"]}})
        );
    }
}
