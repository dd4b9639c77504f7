//! What revisions hold and which lines changed since one, asked of the `git` program. The only
//! file that runs it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

/// The lines that changed, by file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changed {
    files: BTreeMap<String, Lines>,
}

#[derive(Debug, PartialEq, Eq)]
enum Lines {
    /// The file is new.
    All,
    /// From the first to before the second, counted from 1.
    Ranges(Vec<(usize, usize)>),
}

impl Changed {
    /// Asks what changed below `root` since `revision`, what is not committed included.
    pub fn since(root: &Utf8Path, revision: &str) -> Result<Self, String> {
        // A revision never begins so; an option does.
        if revision.starts_with('-') || revision.is_empty() {
            return Err(format!("`{revision}` is no revision"));
        }
        let diff = git(
            root,
            &[
                "diff",
                "--unified=0",
                "--no-color",
                "--no-ext-diff",
                "--no-renames",
                "--relative",
                revision,
                "--",
                ".",
            ],
        )?;
        let untracked = git(
            root,
            &["ls-files", "--others", "--exclude-standard", "--", "."],
        )?;
        let mut changed = Self::parse(&diff);
        for file in untracked.lines() {
            changed.files.insert(file.to_owned(), Lines::All);
        }
        Ok(changed)
    }

    /// Whether a line from `first` to `last`, both included, changed.
    pub fn touches(&self, file: &str, first: usize, last: usize) -> bool {
        match self.files.get(file) {
            None => false,
            Some(Lines::All) => true,
            Some(Lines::Ranges(ranges)) => {
                let overlaps = |(start, end): &(usize, usize)| *start <= last && first < *end;
                ranges.iter().any(overlaps)
            }
        }
    }

    /// Reads a unified diff without context.
    fn parse(diff: &str) -> Self {
        let mut changed = Self::default();
        let mut file = None;
        for line in diff.lines() {
            if let Some(path) = line.strip_prefix("+++ ") {
                file = path.strip_prefix("b/").map(str::to_owned);
            } else if let (Some(name), Some(range)) = (&file, hunk(line)) {
                let lines = changed
                    .files
                    .entry(name.clone())
                    .or_insert_with(|| Lines::Ranges(Vec::new()));
                if let Lines::Ranges(ranges) = lines {
                    ranges.push(range);
                }
            }
        }
        changed
    }
}

/// The new lines of `@@ -12,3 +14,2 @@`. Where lines were only taken out, the two around the place.
fn hunk(line: &str) -> Option<(usize, usize)> {
    let rest = line.strip_prefix("@@ -")?;
    let (_, new) = rest.split_once(" +")?;
    let (new, _) = new.split_once(" @@")?;
    let (start, count) = new.split_once(',').unwrap_or((new, "1"));
    let (start, count) = (start.parse::<usize>().ok()?, count.parse::<usize>().ok()?);
    if count == 0 {
        return Some((start, start.saturating_add(2)));
    }
    Some((start, start.saturating_add(count)))
}

/// The files below `root` that differ from a revision, what is not committed or gone included.
pub fn changed_files(root: &Utf8Path, revision: &str) -> Result<BTreeSet<String>, String> {
    if revision.starts_with('-') || revision.is_empty() {
        return Err(format!("`{revision}` is no revision"));
    }
    let diff = [
        "diff",
        "--name-only",
        "-z",
        "--no-ext-diff",
        "--no-renames",
        "--relative",
    ];
    let diff = git(root, &[&diff[..], &[revision, "--", "."]].concat())?;
    let others = [
        "ls-files",
        "-z",
        "--others",
        "--exclude-standard",
        "--",
        ".",
    ];
    let others = git(root, &others)?;
    let names = diff.split('\0').chain(others.split('\0'));
    Ok(names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect())
}

/// Writes the files of a revision below `into`, from git's objects: neither the work tree nor the
/// index is touched. Gives where `root` is among them.
pub fn extract(root: &Utf8Path, revision: &str, into: &Utf8Path) -> Result<Utf8PathBuf, String> {
    if revision.starts_with('-') || revision.is_empty() {
        return Err(format!("`{revision}` is no revision"));
    }
    let commit = format!("{revision}^{{commit}}");
    let commit = git(root, &["rev-parse", "--verify", &commit])?;
    let prefix = git(root, &["rev-parse", "--show-prefix"])?;
    let top = git(root, &["rev-parse", "--show-toplevel"])?;
    let top = Utf8Path::new(top.trim_end_matches(['\r', '\n']));
    let (index, tree) = (into.join("index"), into.join("tree"));
    run(top, Some(&index), &["read-tree", commit.trim()])?;
    // A link could lead out of the tree; it is written as the text that it holds.
    let prefix_option = format!("--prefix={tree}/");
    let checkout = [
        "-c",
        "core.symlinks=false",
        "checkout-index",
        "--all",
        "--quiet",
    ];
    run(
        top,
        Some(&index),
        &[&checkout[..], &[prefix_option.as_str()]].concat(),
    )?;
    Ok(tree.join(prefix.trim_end_matches(['\r', '\n'])))
}

fn git(root: &Utf8Path, arguments: &[&str]) -> Result<String, String> {
    run(root, None, arguments)
}

/// Runs git, with an index of our own where one is given.
fn run(root: &Utf8Path, index: Option<&Utf8Path>, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new("git");
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let output = command
        .args(["-c", "core.quotepath=off", "-c", "diff.noprefix=false"])
        .args(arguments)
        .current_dir(root)
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("it says no more");
    Err(format!("git says: {}", first.trim_start_matches("fatal: ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "diff --git a/rules/a.toml b/rules/a.toml\n\
        --- a/rules/a.toml\n+++ b/rules/a.toml\n\
        @@ -3 +3,2 @@ head\n-x\n+y\n+z\n@@ -9,2 +10,0 @@\n-u\n-v\n\
        diff --git a/rules/gone.toml b/rules/gone.toml\n--- a/rules/gone.toml\n+++ /dev/null\n\
        @@ -1,2 +0,0 @@\n-a\n-b\n";

    #[test]
    fn the_new_lines_of_each_hunk_are_changed() {
        let changed = Changed::parse(DIFF);
        let touches = |line| changed.touches("rules/a.toml", line, line);
        let lines: Vec<usize> = (1..15).filter(|line| touches(*line)).collect();
        assert_eq!(lines, [3, 4, 10, 11]);
        assert!(changed.touches("rules/a.toml", 1, 3));
        assert!(!changed.touches("rules/gone.toml", 1, 99));
        assert!(!changed.touches("rules/other.toml", 1, 99));
    }

    #[test]
    fn what_begins_like_an_option_is_no_revision() {
        assert!(Changed::since(Utf8Path::new("."), "--output=x").is_err());
    }
}
