//! Refuses directories that are tables of Delta or Iceberg: they hold files that are no part of the
//! table any more, and the table's own files of JSON.

use super::super::error::{self, Problem};
use crate::diagnostic::Diagnostic;

/// Refuses what was typed if these files, found below it, are those of a table.
pub(super) fn refuse<'n>(
    typed: &str,
    mut names: impl Iterator<Item = &'n str>,
) -> Result<(), Box<Problem>> {
    let Some(kind) = names.find_map(|name| table(typed, name)) else {
        return Ok(());
    };
    let message = format!("`{typed}` is a table of {kind}, not a directory of events");
    let help = "the table gives the list of its files, for instance through Spark: \
                `docs/recipes/data-lake.md`";
    Err(Problem::usage(
        Diagnostic::error(&error::TABLE, message).help(help),
    ))
}

/// The kind of table that has such a file, unless the file itself was typed.
fn table(typed: &str, name: &str) -> Option<&'static str> {
    let mut parts = name.rsplit(['/', '\\']);
    let (file, folder) = (parts.next()?, parts.next()?);
    let asked = typed.trim_end_matches('/').rsplit('/').next();
    if asked == Some(file) || asked == Some(folder) {
        return None;
    }
    match folder {
        "_delta_log" => Some("Delta"),
        "metadata" if file.ends_with(".metadata.json") => Some("Iceberg"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_known_by_the_files_that_list_them() {
        for (typed, name, is_table) in [
            ("events", "/lake/events/_delta_log/00000.json", true),
            ("s3://b/t/", "s3://b/t/metadata/v1.metadata.json", true),
            ("events", "/lake/events/metadata/hosts.json", false),
            ("events", "/lake/events/a.parquet", false),
            (
                "t/metadata/v1.metadata.json",
                "/t/metadata/v1.metadata.json",
                false,
            ),
        ] {
            let refused = refuse(typed, [name].into_iter());
            assert_eq!(refused.is_err(), is_table, "{name}");
        }
    }
}
