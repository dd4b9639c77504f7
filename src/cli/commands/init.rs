//! `trapline init`: sets up a project. Existing files are not changed.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::console::Stream;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use crate::project::{Layout, Project};
use crate::replay::census::RuleCensus;

/// The configuration.
const CONFIG: &str = "trapline.toml";

/// What `init` sets up: the file and its text.
const FILES: [(&str, &str); 6] = [
    (CONFIG, include_str!("init/trapline.toml")),
    ("rules/example.toml", include_str!("init/example.toml")),
    ("scenarios/example.yaml", include_str!("init/example.yaml")),
    (
        ".github/workflows/trapline.yml",
        include_str!("init/workflow.yml"),
    ),
    (
        ".pre-commit-config.yaml",
        include_str!("init/pre-commit.yaml"),
    ),
    (".gitignore", "*.snap.new\n"),
];

/// Runs the verb.
pub fn run(settings: &Settings, console: &mut Console) -> ExitCode {
    let files = &settings.files;
    let layout = layout(settings);
    // A project that has rules or scenarios needs no example of them.
    let own = layout.rules.iter().chain([&layout.scenarios]);
    let own = own
        .into_iter()
        .any(|folder| files.exists(Utf8Path::new(folder)));
    let mut kept = Vec::new();
    for (name, text) in FILES {
        let path = Utf8PathBuf::from(name);
        if name.contains("example.") && own {
            continue;
        }
        if files.exists(&path) {
            kept.push(name);
            continue;
        }
        let text = if name == CONFIG {
            text.replace("rules = [\"rules\"]", &directories(&layout.rules))
        } else {
            // The action of the same version as the program that was run here.
            text.replace("VERSION", env!("CARGO_PKG_VERSION"))
        };
        if let Err(diagnostic) = files.write(&path, &text) {
            console.diagnostics([&*diagnostic]);
            return ExitCode::Usage;
        }
        console.write(Stream::Out, &format!("wrote    {name}\n"));
    }
    for name in &kept {
        console.write(Stream::Out, &format!("kept     {name}\n"));
    }
    if kept.contains(&".gitignore") {
        console.write(
            Stream::Out,
            "add      *.snap.new to .gitignore, unless it is there\n",
        );
    }
    console.write(Stream::Out, &next(settings, layout));
    ExitCode::Passed
}

/// Where rules and scenarios are: what was typed, else what a checkout of detection-rules says or
/// has, else the usual folders.
fn layout(settings: &Settings) -> Layout {
    let mut layout = settings.layouts.first().cloned().unwrap_or_default();
    let configured = settings.files.exists(Utf8Path::new(CONFIG));
    if settings.has_typed_rules() || configured {
        return layout;
    }
    let stated = rule_directories(settings);
    if !stated.is_empty() {
        layout.rules = stated;
    } else if settings.files.exists(Utf8Path::new("rules_building_block")) {
        layout.rules.push("rules_building_block".to_owned());
    }
    layout
}

/// The `rule_dirs` of the `_config.yaml` of a detection-rules checkout, those that exist.
fn rule_directories(settings: &Settings) -> Vec<String> {
    let places = ["_config.yaml", "detection_rules/etc/_config.yaml"];
    let text = places
        .iter()
        .find_map(|place| settings.files.read(Utf8Path::new(place)).ok());
    let Some(text) = text else {
        return Vec::new();
    };
    let mut lines = text.text().lines();
    let mut directories = Vec::new();
    if lines.any(|line| line.trim_end() == "rule_dirs:") {
        for line in lines {
            let Some(item) = line.trim_start().strip_prefix("- ") else {
                break;
            };
            let name = item.trim().trim_matches(['"', '\'']);
            directories.push(name.trim_end_matches('/').to_owned());
        }
    }
    directories.retain(|name| settings.files.is_directory(Utf8Path::new(name)));
    directories
}

/// The key `rules` of the configuration.
fn directories(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    format!("rules = [{}]", quoted.join(", "))
}

/// What to do next: accept the example, or write scenarios for the rules that are there.
fn next(settings: &Settings, layout: Layout) -> String {
    let folders = layout.rules.join(" ");
    let layouts = [layout];
    let project = Project::new(&settings.files, &layouts);
    let loaded = project.load(&[]);
    let Ok((catalogue, _)) = project.catalogue() else {
        return String::new();
    };
    let rules = project.census(&loaded, &catalogue);
    let untested = rules.count("untested");
    if untested == 0 {
        return "next     trapline test --accept\n".to_owned();
    }
    format!(
        "rules    {}\nnext     trapline new {folders}\n",
        words(&rules)
    )
}

/// `12 rules, 9 of them can be run, none has a scenario`.
pub(super) fn words(rules: &RuleCensus) -> String {
    let all = rules.0.len();
    let tested = rules.count("tested");
    let can = tested + rules.count("untested");
    let plural = if all == 1 { "" } else { "s" };
    let with = match tested {
        0 => "none has a scenario".to_owned(),
        1 => "1 has a scenario".to_owned(),
        many => format!("{many} have a scenario"),
    };
    format!("{all} rule{plural}, {can} of them can be run, {with}")
}
