//! The guide as a reader follows it: every code block of a page in `docs/` is run, in a folder of the
//! page's own. `TRAPLINE_UPDATE=1` writes the real output into the page; `TRAPLINE_PAGE=cli/test`
//! runs only the pages whose names have that in them.
//!
//! - A block with `title="FILE"` is written to that file.
//! - A `console` block runs the lines that begin with `$ ` and holds the lines below each against
//!   what is printed; `…` stands for any text or, alone on a line, for any lines. The last line
//!   `(exit code N)` names an exit code other than 0.
//! - A YAML block is a scenario or a part of one, a TOML block a configuration: each fits the JSON
//!   Schema. Other JSON blocks must parse.
//! - `<!-- setup: COMMANDS -->` runs commands that a reader does not see.
//! - `<!-- project: shipped -->` starts from the rules and scenarios of this repository,
//!   `<!-- project: examples/NAME -->` from that folder; else the folder is empty.
//! - `<!-- not run: REASON -->` above a block leaves it out. Any other block is an error.
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// Commands that a reader does not see.
const SETUP: &str = "setup";

/// A fenced block of a page, or a comment with commands.
struct Block<'p> {
    language: &'p str,
    title: Option<&'p str>,
    /// The line above names a reason not to run it.
    is_left_out: bool,
    /// The text between the fences, without the indentation of the fence.
    text: String,
    /// Where the text stands in the page.
    place: std::ops::Range<usize>,
    indent: usize,
    line: usize,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    let (mut at, mut above) = (0, "");
    for (number, line) in page.split_inclusive('\n').enumerate() {
        let text = line.trim_start_matches(' ');
        let fence = text.starts_with("```");
        if let (None, Some(rest)) = (&open, page[at..].strip_prefix("<!-- setup:")) {
            let commands = rest.split("-->").next().unwrap();
            blocks.push(Block {
                language: SETUP,
                title: None,
                is_left_out: false,
                text: commands.to_owned(),
                place: at..at,
                indent: 0,
                line: number + 1,
            });
        }
        match &mut open {
            Some(block) if fence => {
                block.place.end = at;
                blocks.extend(open.take());
            }
            Some(block) => {
                let cut = block.indent.min(line.len() - text.len());
                block.text.push_str(&line[cut..]);
            }
            None if fence => {
                let (language, rest) = text[3..]
                    .trim()
                    .split_once(' ')
                    .unwrap_or((text[3..].trim(), ""));
                let title = rest.strip_prefix("title=\"");
                open = Some(Block {
                    language,
                    title: title.and_then(|title| title.split('"').next()),
                    is_left_out: above.trim().starts_with("<!-- not run: "),
                    text: String::new(),
                    place: at + line.len()..0,
                    indent: line.len() - text.len(),
                    line: number + 1,
                });
            }
            None => {}
        }
        if !line.trim().is_empty() {
            above = line;
        }
        at += line.len();
    }
    assert!(open.is_none(), "a code block is not closed");
    blocks
}

/// The folder that a page's commands run in.
fn project(page: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let Some(from) = page.split("<!-- project: ").nth(1) else {
        return folder;
    };
    let from = from.split(" -->").next().unwrap();
    let copied: Vec<PathBuf> = match from {
        "shipped" => ["rules", "scenarios", "exceptions"]
            .map(|name| root().join(name))
            .into(),
        example => vec![root().join(example).join(".")],
    };
    for path in copied {
        let done = Command::new("cp")
            .arg("-R")
            .arg(path)
            .arg(folder.path())
            .status();
        assert!(done.unwrap().success());
    }
    folder
}

/// Runs a command of a page: what it prints, and the exit code.
fn run(command: &str, folder: &Path, home: &Path) -> (String, i32) {
    let program = Path::new(env!("CARGO_BIN_EXE_trapline"));
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("bash")
        .args(["-c", &format!("{command}\n")])
        .current_dir(folder)
        .env(
            "PATH",
            format!("{}:{path}", program.parent().unwrap().display()),
        )
        .env_remove("CI")
        .env_remove("GITHUB_ACTIONS")
        .env("HOME", home)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .stderr(std::process::Stdio::piped())
        .output()
        .unwrap();
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (text, output.status.code().unwrap())
}

/// Whether the output is what a page says, with `…` for anything.
fn matches(said: &[&str], found: &[&str]) -> bool {
    match said.split_first() {
        None => found.is_empty(),
        Some((&"…", rest)) => (0..=found.len()).any(|skipped| matches(rest, &found[skipped..])),
        Some((line, rest)) => found
            .split_first()
            .is_some_and(|(first, more)| line_matches(line, first) && matches(rest, more)),
    }
}

fn line_matches(said: &str, found: &str) -> bool {
    let mut parts = said.trim_end().split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = found.trim_end().strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        last = Some(part);
    }
    rest.is_empty() || last == Some("")
}

/// A console block with its commands run: its text with the real output, and what differed.
fn console(block: &Block<'_>, folder: &Path, home: &Path) -> (String, Vec<String>) {
    let (mut real, mut wrong) = (String::new(), Vec::new());
    let lines: Vec<&str> = block.text.lines().collect();
    let starts: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at].starts_with("$ "))
        .collect();
    assert_eq!(
        starts.first(),
        Some(&0),
        "line {}: a console block begins with `$ `",
        block.line
    );
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(lines.len());
        let command = &lines[*start][2..];
        let (said, code) = match lines[start + 1..end].split_last() {
            Some((last, rest)) if last.starts_with("(exit code ") => {
                let code = last.trim_start_matches("(exit code ").trim_end_matches(')');
                (rest, code.parse().unwrap())
            }
            _ => (&lines[start + 1..end], 0),
        };
        let (text, found_code) = run(command, folder, home);
        let found: Vec<&str> = text.trim_end().lines().collect();
        let said_trimmed: Vec<&str> = {
            let kept = said.iter().rposition(|line| !line.trim().is_empty());
            said[..kept.map_or(0, |last| last + 1)].to_vec()
        };
        let same = matches(&said_trimmed, &found) && code == found_code;
        writeln!(real, "$ {command}").unwrap();
        for line in if same { &said_trimmed } else { &found } {
            writeln!(real, "{}", line.trim_end()).unwrap();
        }
        if found_code != 0 {
            writeln!(real, "(exit code {found_code})").unwrap();
        }
        if !same {
            wrong.push(format!(
                "line {}: $ {command}\nexit code {found_code}\n{text}",
                block.line
            ));
        }
    }
    (real, wrong)
}

/// Runs a page; what is wrong with it, and its text with the real output.
fn follow(page: &str) -> (Vec<String>, String) {
    let (folder, home) = (project(page), tempfile::tempdir().unwrap());
    let (folder, home) = (folder.path(), home.path());
    let (mut wrong, mut updated, mut last) = (Vec::new(), String::new(), 0);
    for block in blocks(page) {
        if block.is_left_out {
            continue;
        }
        if let Some(title) = block.title {
            let path = folder.join(title);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &block.text).unwrap();
        }
        if block.language == "console" {
            let (real, differs) = console(&block, folder, home);
            wrong.extend(differs);
            updated.push_str(&page[last..block.place.start]);
            for line in real.lines() {
                let indent = if line.is_empty() { 0 } else { block.indent };
                writeln!(updated, "{:indent$}{line}", "").unwrap();
            }
            last = block.place.end;
        } else if block.language == SETUP {
            let (text, code) = run(&block.text, folder, home);
            if code != 0 {
                wrong.push(format!("line {}: exit code {code}\n{text}", block.line));
            }
        } else if block.title.is_none()
            && let Err(error) = parsed(&block)
        {
            wrong.push(format!("line {}: {error}", block.line));
        }
    }
    updated.push_str(&page[last..]);
    (wrong, updated)
}

/// Whether a block that is not run says what it is to say.
fn parsed(block: &Block<'_>) -> Result<(), Box<dyn std::error::Error>> {
    match block.language {
        "yaml" => {
            for document in serde_yaml::Deserializer::from_str(&block.text) {
                let value: Value = serde::Deserialize::deserialize(document)?;
                is_of_a_scenario(&value)?;
            }
        }
        "toml" => {
            let schema = jsonschema::validator_for(&trapline::project::schema::schema())?;
            let value = serde_json::to_value(block.text.parse::<toml::Table>()?)?;
            schema.validate(&value).map_err(|error| error.to_string())?;
        }
        "json" => {
            serde_json::from_str::<Value>(&block.text)?;
        }
        language => {
            let message = format!("a block of `{language}` is not run; say why above it");
            return Err(message.into());
        }
    }
    Ok(())
}

/// Whether a value is a scenario, or some keys of one, of its attack, of a case or of an event.
fn is_of_a_scenario(value: &Value) -> Result<(), Box<dyn std::error::Error>> {
    let schema = jsonschema::validator_for(&trapline::scenario::schema::schema())?;
    let with = |part: &Value, more: Value| {
        let mut whole = more.as_object().unwrap().clone();
        whole.extend(part.as_object().cloned().unwrap_or_default());
        Value::Object(whole)
    };
    let event = json!({"is": "process"});
    if !value.is_object() {
        let attack = json!({"name": "x", "events": {"one": event}, "expect": "alert"});
        let whole = json!({"attack": attack, "cases": value});
        let valid = schema.validate(&whole);
        return valid.map_err(|error| error.to_string().into());
    }
    let attack = |part: &Value, event: &Value| {
        let more = json!({"name": "x", "events": {"one": event}, "expect": "alert"});
        with(part, more)
    };
    let plain = attack(&json!({}), &event);
    let case = with(
        value,
        json!({"name": "x", "change": {"one": {"a.b": 1}}, "expect": "none"}),
    );
    let wholes = [
        with(value, json!({"attack": plain})),
        json!({"attack": attack(value, &event)}),
        json!({"attack": plain, "cases": [case]}),
    ];
    // An event may have any field; one of the guide has a kind.
    let event = value.get("is").map(|_| attack(&json!({}), value));
    let event = event.map(|attack| json!({"attack": attack}));
    if wholes
        .iter()
        .chain(&event)
        .any(|whole| schema.is_valid(whole))
    {
        return Ok(());
    }
    Err(schema.validate(&wholes[0]).unwrap_err().to_string().into())
}

/// Pages of which each has its own test, and the page that is made from the program.
const HELD_ELSEWHERE: [&str; 4] = [
    "docs/errors",
    "docs/lints",
    "docs/language",
    "docs/reference/commands.md",
];

#[test]
fn every_code_block_of_the_guide_runs_as_it_is_shown() {
    let mut paths = Vec::new();
    pages(&root().join("docs"), &mut paths);
    paths.push(root().join("README.md"));
    let update = std::env::var_os("TRAPLINE_UPDATE").is_some();
    let only = std::env::var("TRAPLINE_PAGE").ok();
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
        if HELD_ELSEWHERE.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        if only.as_ref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let page = fs::read_to_string(&path).unwrap();
        let (differs, updated) = follow(&page);
        if update && updated != page {
            fs::write(&path, updated).unwrap();
        }
        wrong.extend(differs.into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty() || update, "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_page_that_is_wrong_is_found() {
    let page =
        |output: &str| format!("# A\n\n```console\n$ echo one; echo two; exit 3\n{output}```\n");
    let is_right = |output: &str| follow(&page(output)).0.is_empty();
    assert!(is_right("one\ntwo\n(exit code 3)\n"));
    assert!(is_right("…\ntwo\n(exit code 3)\n"));
    assert!(is_right("o…\n…\n(exit code 3)\n"));
    assert!(!is_right("one\ntwo\n"));
    assert!(!is_right("one\n(exit code 3)\n"));
    assert!(!is_right("one\ntw…x\n(exit code 3)\n"));
    assert_eq!(follow(&page("")).1, page("one\ntwo\n(exit code 3)\n"));
    assert!(!follow("```yaml\na: [1\n```\n").0.is_empty());
    assert!(
        follow("<!-- not run: it is wrong -->\n```yaml\na: [1\n```\n")
            .0
            .is_empty()
    );
    assert!(!follow("```sh\ntrapline test\n```\n").0.is_empty());
    assert!(!follow("```yaml\ncases: [{nmae: x}]\n```\n").0.is_empty());
    assert!(
        follow("<!-- setup:\necho here > a\n-->\n\n```console\n$ cat a\nhere\n```\n")
            .0
            .is_empty()
    );
    assert!(
        follow("```text title=\"a/b\"\nhere\n```\n\n```console\n$ cat a/b\nhere\n```\n")
            .0
            .is_empty()
    );
}
