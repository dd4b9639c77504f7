//! Asks the `git` program for the contents of revisions and for changed lines. No other file runs
//! it.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

/// Why git gives no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// The program cannot be started.
    #[error("git cannot be run: {0}")]
    NotRun(String),
    /// The program refuses; the first line that it says.
    #[error("git says: {0}")]
    Failed(String),
    /// A text that would be read as an option.
    #[error("`{0}` is no revision")]
    NoRevision(String),
    /// A path, of which git is not asked.
    #[error("`{0}` is a path")]
    IsPath(String),
    /// A status of a file that is not known.
    #[error("git's answer `{0}` is not understood")]
    UnknownAnswer(String),
    /// A file that differs and has no lines in the diff.
    #[error("git shows no lines of `{0}`, which differs")]
    NoLines(String),
    /// The diff has more files than differ.
    #[error("git shows the lines of more files than differ")]
    MoreFiles,
}

/// The lines that changed, by file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changed {
    files: BTreeMap<String, Lines>,
    /// Folders that are repositories of their own and differ, each with `/` at its end: which of
    /// their files do is not known.
    repositories: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
enum Lines {
    /// The file is new.
    All,
    /// From the first to before the second, counted from 1.
    Ranges(Vec<(usize, usize)>),
}

impl Changed {
    /// Asks for the changes below `root` since `revision`, uncommitted ones included.
    ///
    /// The changed files are asked for first, because names in a diff can be written in several
    /// ways; the parts of the diff come in the same order. A part that cannot be read is an error:
    /// otherwise its change would look like one that every case notices.
    pub fn since(root: &Utf8Path, revision: &str) -> Result<Self, GitError> {
        must_be_revision(revision)?;
        let names = git(root, &diff(&["--name-status", "-z"], revision))?;
        let text = git(
            root,
            &diff(&["--unified=0", "--inter-hunk-context=0"], revision),
        )?;
        let mut changed = Self::parse(&names, &text)?;
        for file in untracked(root)?.split_terminator('\0') {
            if file.ends_with('/') {
                changed.repositories.push(file.to_owned());
            }
            changed.files.insert(file.to_owned(), Lines::All);
        }
        Ok(changed)
    }

    /// Whether a line from `first` to `last`, both included, changed.
    pub fn touches(&self, file: &str, first: usize, last: usize) -> bool {
        match self.files.get(file) {
            None => is_below_any(file, &self.repositories),
            Some(Lines::All) => true,
            Some(Lines::Ranges(ranges)) => {
                let overlaps = |(start, end): &(usize, usize)| *start <= last && first < *end;
                ranges.iter().any(overlaps)
            }
        }
    }

    /// Reads `STATUS NUL NAME NUL …` and the unified diff without context of the same files.
    fn parse(names: &str, diff: &str) -> Result<Self, GitError> {
        let mut changed = Self::default();
        let mut parts = Parts(diff.lines().peekable());
        let mut names = names.split_terminator('\0');
        while let Some(status) = names.next() {
            let unknown = || GitError::UnknownAnswer(status.to_owned());
            let name = names.next().ok_or_else(unknown)?;
            let unreadable = || GitError::NoLines(name.to_owned());
            let part = parts.next().ok_or_else(unreadable)?;
            if part.is_repository {
                changed.repositories.push(format!("{name}/"));
                // A repository in the place of a file is a removed file and a new repository.
                if status.starts_with('T') {
                    parts.next().ok_or_else(unreadable)?;
                }
                continue;
            }
            let lines = match status.chars().next() {
                Some('A') => Lines::All,
                // A file in the place of a link is a removed file and a new one.
                Some('T') => {
                    parts.next().ok_or_else(unreadable)?;
                    Lines::All
                }
                Some('D') => continue,
                Some('M') if part.has_content => {
                    if part.hunks.is_empty() {
                        return Err(unreadable());
                    }
                    Lines::Ranges(part.hunks)
                }
                Some('M') => continue,
                _ => return Err(unreadable()),
            };
            changed.files.insert(name.to_owned(), lines);
        }
        match parts.next() {
            Some(_) => Err(GitError::MoreFiles),
            None => Ok(changed),
        }
    }
}

/// The end of a line that gives the mode of a submodule.
const SUBMODULE: &str = " 160000";

/// Whether a file lies in one of these folders.
fn is_below_any(file: &str, folders: &[String]) -> bool {
    folders.iter().any(|folder| file.starts_with(folder))
}

/// The parts of a diff, one a file.
struct Parts<'d>(Peekable<std::str::Lines<'d>>);

/// What a diff says of one file.
struct Part {
    /// The content differs, and not the mode alone.
    has_content: bool,
    /// The file is a submodule.
    is_repository: bool,
    hunks: Vec<(usize, usize)>,
}

impl Parts<'_> {
    fn next(&mut self) -> Option<Part> {
        let is_header = |line: &str| line.starts_with("diff --git ");
        self.0.find(|line| is_header(line))?;
        let mut part = Part {
            has_content: false,
            is_repository: false,
            hunks: Vec::new(),
        };
        // Lines of content begin with a sign.
        while let Some(line) = self.0.next_if(|line| !is_header(line)) {
            let is_index = line.starts_with("index ");
            part.has_content |= is_index;
            part.is_repository |=
                (is_index || line.starts_with("new file mode ")) && line.ends_with(SUBMODULE);
            // Of a submodule at the same commit there is no line of the index.
            part.is_repository |= !part.has_content && line.starts_with("+Subproject commit ");
            part.hunks.extend(hunk(line));
        }
        Some(part)
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
pub fn changed_files(root: &Utf8Path, revision: &str) -> Result<BTreeSet<String>, GitError> {
    must_be_revision(revision)?;
    let differ = git(root, &diff(&["--name-only", "-z"], revision))?;
    let untracked = untracked(root)?;
    let names = differ.split_terminator('\0');
    let names = names.chain(untracked.split_terminator('\0'));
    let mut files = BTreeSet::new();
    for name in names {
        let name = name.trim_end_matches('/');
        let path = root.join(name);
        // A repository within the repository: which of its files differ is not known.
        if path.is_dir() && !path.is_symlink() {
            files_below(&path, name, &mut files);
        } else {
            files.insert(name.to_owned());
        }
    }
    Ok(files)
}

/// Adds the names of the files in a folder; links are not followed.
fn files_below(folder: &Utf8Path, name: &str, files: &mut BTreeSet<String>) {
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        if entry.file_name() == ".git" {
            continue;
        }
        let name = format!("{name}/{}", entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files_below(entry.path(), &name, files);
        } else {
            files.insert(name);
        }
    }
}

/// A revision never begins with a sign; an option does.
fn must_be_revision(text: &str) -> Result<(), GitError> {
    if text.starts_with('-') || text.is_empty() {
        return Err(GitError::NoRevision(text.to_owned()));
    }
    Ok(())
}

/// The arguments of a diff on which neither the configuration nor attributes of files have a say:
/// every file is text, and no other program is run.
fn diff<'a>(options: &[&'a str], revision: &'a str) -> Vec<&'a str> {
    let fixed = [
        "diff",
        "--text",
        "--no-textconv",
        "--no-ext-diff",
        "--no-color",
        "--no-renames",
        "--submodule=short",
        "--ignore-submodules=none",
        "-O/dev/null",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        "--relative",
    ];
    [&fixed[..], options, &[revision, "--", "."]].concat()
}

fn untracked(root: &Utf8Path) -> Result<String, GitError> {
    let options = ["ls-files", "-z", "--others", "--exclude-standard"];
    git(root, &[&options[..], &["--", "."]].concat())
}

/// Writes the files of a revision below `into`, from git's objects: neither the work tree nor the
/// index is touched. Gives where `root` is among them.
pub fn extract(root: &Utf8Path, revision: &str, into: &Utf8Path) -> Result<Utf8PathBuf, GitError> {
    must_be_revision(revision)?;
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

/// The text of a file as a revision has it; an error where it has no such file.
pub fn file_at(root: &Utf8Path, revision: &str, name: &str) -> Result<String, GitError> {
    must_be_revision(revision)?;
    git(root, &["cat-file", "blob", &format!("{revision}:./{name}")])
}

fn git(root: &Utf8Path, arguments: &[&str]) -> Result<String, GitError> {
    run(root, None, arguments)
}

/// Runs git, with an index of our own where one is given.
fn run(root: &Utf8Path, index: Option<&Utf8Path>, arguments: &[&str]) -> Result<String, GitError> {
    let mut command = Command::new("git");
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    // The environment may ask for more context, or for another program.
    for variable in ["GIT_DIFF_OPTS", "GIT_EXTERNAL_DIFF"] {
        command.env_remove(variable);
    }
    let output = command
        .args(["-c", "core.quotepath=off"])
        .args(arguments)
        .current_dir(root)
        .output()
        .map_err(|error| GitError::NotRun(error.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("it says no more");
    let said = first.trim_start_matches("fatal: ").to_owned();
    Err(GitError::Failed(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "diff --git a/rules/a.toml b/rules/a.toml\nindex 1..2 100644\n\
        --- a/rules/a.toml\n+++ b/rules/a.toml\n\
        @@ -3 +3,2 @@ head\n-x\n+y\n+z\n@@ -9,2 +10,0 @@\n-u\n-v\n\
        diff --git a/rules/gone.toml b/rules/gone.toml\n--- a/rules/gone.toml\n+++ /dev/null\n\
        @@ -1,2 +0,0 @@\n-a\n-b\n";

    #[test]
    fn the_new_lines_of_each_hunk_are_changed() {
        let changed = Changed::parse("M\0rules/a.toml\0D\0rules/gone.toml\0", DIFF).unwrap();
        let touches = |line| changed.touches("rules/a.toml", line, line);
        let lines: Vec<usize> = (1..15).filter(|line| touches(*line)).collect();
        assert_eq!(lines, [3, 4, 10, 11]);
        assert!(changed.touches("rules/a.toml", 1, 3));
        assert!(!changed.touches("rules/gone.toml", 1, 99));
        assert!(!changed.touches("rules/other.toml", 1, 99));
    }

    #[test]
    fn a_part_that_cannot_be_read_is_an_error() {
        let parse = |names: &str, diff: &str| Changed::parse(names, diff);
        assert!(parse("M\0rules/a.toml\0", DIFF).is_err());
        assert!(parse("M\0rules/a.toml\0M\0b\0M\0c\0", DIFF).is_err());
        assert!(parse("U\0rules/a.toml\0D\0b\0", DIFF).is_err());
        let binary = "diff --git a/x b/x\nindex 1..2 100644\nBinary files a/x and b/x differ\n";
        assert!(parse("M\0x\0", binary).is_err());
        let mode = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n";
        assert_eq!(parse("M\0x\0", mode), Ok(Changed::default()));
    }

    #[test]
    fn what_begins_like_an_option_is_no_revision() {
        assert!(Changed::since(Utf8Path::new("."), "--output=x").is_err());
    }
}
