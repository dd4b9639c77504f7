//! Pages of the guide that are made from the program: its commands and its configuration.

use std::fmt::Write as _;
use std::fs;

use clap::{Arg, Command, CommandFactory as _};
use serde_json::Value;

use crate::sources::root;

/// Holds a page against what it must say, or with `TRAPLINE_UPDATE=1` writes it.
fn up_to_date(name: &str, page: &str) {
    let path = root().join(name);
    if std::env::var("TRAPLINE_UPDATE").is_ok_and(|update| update == "1") {
        fs::write(path, page).unwrap();
        return;
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    let fix = "run `TRAPLINE_UPDATE=1 cargo test --test house`";
    assert!(
        found.replace("\r\n", "\n") == page,
        "{name} is out of date: {fix}"
    );
}

#[test]
fn the_page_of_the_commands_is_up_to_date() {
    let mut command = trapline::cli::args::Args::command();
    command.build();
    let mut page =
        "# Commands\n\nMade from the program. `trapline COMMAND --help` says the same.\n"
            .to_owned();
    for verb in command
        .get_subcommands()
        .filter(|verb| verb.get_name() != "help")
    {
        of_verb(verb, &mut page);
    }
    page.push_str("\n## Options of every command\n");
    let global = command.get_arguments().filter(|one| one.is_global_set());
    table(&global.collect::<Vec<_>>(), &mut page);
    up_to_date("docs/reference/commands.md", &page);
}

fn of_verb(verb: &Command, page: &mut String) {
    let path = verb.get_bin_name().unwrap_or(verb.get_name());
    let name = path.strip_prefix("trapline ").unwrap_or(path);
    let about = verb
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let _ = write!(page, "\n## {name}\n\n{about}.\n");
    let usage = verb.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let _ = write!(page, "\n```text\n{}\n```\n", usage.trim());
    let own = verb.get_arguments().filter(|one| !one.is_global_set());
    let own = own.filter(|one| one.get_id() != "help");
    table(&own.collect::<Vec<_>>(), page);
    // A page may stand for two commands.
    let on = match name {
        "man" => "completions",
        "sources learn" => "sources",
        _ => name,
    };
    assert!(root().join(format!("docs/cli/{on}.md")).exists(), "{name}");
    let _ = write!(page, "\nMore: [trapline {name}](../cli/{on}.md)\n");
    for part in verb.get_subcommands() {
        if part.get_name() != "help" {
            of_verb(part, page);
        }
    }
}

fn table(arguments: &[&Arg], page: &mut String) {
    if arguments.is_empty() {
        return;
    }
    page.push_str("\n| option | does |\n|---|---|\n");
    for argument in arguments {
        let help = argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let help = help.replace('|', "\\|").replace('\n', " ");
        let _ = writeln!(
            page,
            "| `{}` | {help} |",
            name(argument).replace('|', "\\|")
        );
    }
}

/// `-j, --jobs N`, `PATH`.
fn name(argument: &Arg) -> String {
    let values = argument.get_value_names().unwrap_or_default();
    let takes = argument.get_action().takes_values();
    let value = values.first().filter(|_| takes).map(ToString::to_string);
    let value = value.unwrap_or_default();
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let words: Vec<String> = short.into_iter().chain(long).collect();
    if words.is_empty() {
        return value;
    }
    let joint = if argument.is_require_equals_set() {
        "[="
    } else {
        " "
    };
    let end = if argument.is_require_equals_set() {
        "]"
    } else {
        ""
    };
    match value.as_str() {
        "" => words.join(", "),
        value => format!("{}{joint}{value}{end}", words.join(", ")),
    }
}

#[test]
fn the_page_of_the_configuration_is_up_to_date() {
    let schema = trapline::project::schema::schema();
    let mut page = "# Configuration\n\n`trapline.toml` stands at the root of a project; the nearest one upwards of the working\ndirectory is read. Every key is optional, and what is typed on the command line overrides it.\n`trapline schema config` prints the JSON Schema that this page is made from.\n\n```toml title=\"trapline.toml\"\n[[project]]\nrules = [\"rules\"]\nscenarios = \"scenarios\"\n\n[test]\nstrict = true\n\n[gates]\nrequire-tested = \"changed\"\n```\n\nSeveral `[[project]]` make one project of a [monorepo](../recipes/monorepo.md).\n".to_owned();
    for (table, of_table) in schema["properties"].as_object().unwrap() {
        let is_list = of_table["type"] == "array";
        let of_table = if is_list {
            &of_table["items"]
        } else {
            of_table
        };
        let name = if is_list {
            format!("[[{table}]]")
        } else {
            format!("[{table}]")
        };
        let _ = write!(
            page,
            "\n## {name}\n\n| key | value | meaning |\n|---|---|---|\n"
        );
        for (key, value) in of_table["properties"].as_object().unwrap() {
            let meaning = value["description"].as_str().unwrap();
            assert!(!meaning.is_empty(), "{table}.{key} means nothing");
            let _ = writeln!(page, "| `{key}` | {} | {meaning} |", kind(value));
        }
    }
    up_to_date("docs/reference/configuration.md", &page);
}

/// What a value is, in words.
fn kind(value: &Value) -> String {
    if let Some(words) = value["enum"].as_array() {
        let words: Vec<String> = words
            .iter()
            .map(|word| format!("`{}`", word.as_str().unwrap()))
            .collect();
        return words.join(", ");
    }
    match &value["type"] {
        Value::Array(_) => "a list of texts, or one text".to_owned(),
        Value::String(kind) => match kind.as_str() {
            "string" => "text".to_owned(),
            "boolean" => "`true` or `false`".to_owned(),
            "number" => "a number from 0 to 100".to_owned(),
            other => format!("a whole number ({other})").replace(" (integer)", ""),
        },
        _ => String::new(),
    }
}

#[test]
fn the_page_of_rule_files_names_every_key() {
    let page = fs::read_to_string(root().join("docs/reference/rule-files.md")).unwrap();
    let schema = trapline::rule::schema::schema();
    for table in ["rule", "metadata"] {
        let keys = schema["properties"][table]["properties"]
            .as_object()
            .unwrap();
        for key in keys.keys() {
            assert!(page.contains(&format!("`{key}`")), "{table}.{key}");
        }
    }
}

#[test]
fn the_page_of_the_data_sources_is_up_to_date() {
    let catalogue = trapline::Catalogue::builtin().unwrap();
    let mut page = "# Data sources\n\nMade from the program. A rule is replayed in the shape of every data source that its index patterns\nclaim. `trapline sources` prints this list, `trapline sources NAME` also the fields that the sensor\nalways or never sets, with the evidence for each.\n".to_owned();
    for source in catalogue.sources() {
        let indices: Vec<&str> = source.indices.iter().map(|one| one.name.as_str()).collect();
        let _ = write!(
            page,
            "\n## {}\n\n`{}`, in `{}`\n",
            source.title,
            source.name,
            indices.join("`, `")
        );
        let kinds: Vec<String> = source
            .kinds
            .iter()
            .map(|kind| match &kind.action {
                Some(action) => format!("`{}.{action}`", kind.group),
                None => format!("`{}`", kind.group),
            })
            .collect();
        if !kinds.is_empty() {
            let _ = writeln!(page, "\nKinds of event (`is:`): {}", kinds.join(", "));
        }
    }
    up_to_date("docs/reference/data-sources.md", &page);
}
