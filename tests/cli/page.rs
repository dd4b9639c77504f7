//! `--format html`: a page that a browser can read whole, whatever the names in it say.

use std::collections::BTreeSet;
use std::process::Command;

use crate::project::{Project, RULE};

const SMALL: &str = r#"[rule]
name = "Shell from Word"
rule_id = "5f5d5c5e-0000-4000-8000-000000000001"
type = "eql"
language = "eql"
severity = "high"
risk_score = 73
index = ["logs-endpoint.events.process-*"]
query = '''
sequence by host.id with maxspan = 1m
  [process where event.type == "start" and process.name : ("cscript.exe", "wscript.exe")]
  [process where event.type == "start" and process.name : "cmd.exe" and
   not process.args : "/quiet"]
'''
"#;

const CASES: &str = r"attack:
  name: Word starts a shell
  events:
    macro: {is: process, process.executable: 'C:\Windows\wscript.exe'}
    other: {is: process, at: 2s, process.executable: 'C:\Windows\notepad.exe'}
    shell: {is: process, at: 20s, process.executable: 'C:\Windows\cmd.exe', process.args: [cmd.exe]}
  expect: alert
cases:
  - {name: past maxspan, change: {shell: {at: 2m}}, expect: none, because: maxspan}
  - {name: quiet, change: {shell: {process.args: [cmd.exe, /quiet]}}, expect: none, because: process.args}
  - {name: on a host of its own, change: {shell: {host.id: h-2}}, expect: alert}
";

fn small() -> Project {
    Project::of(&[("rules/small.toml", SMALL), ("scenarios/small.yaml", CASES)])
}

/// The page of a project, and the exit code.
fn page(project: &Project, more: &[&str]) -> (i32, String) {
    let arguments = [&["test", "--check", "--format", "html"], more].concat();
    project.run(&arguments)
}

/// What a reader sees of it.
fn body(page: &str) -> &str {
    let (_, body) = page.split_once("<header>").unwrap();
    body.split_once("<script>").unwrap().0
}

fn parsed(page: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    roxmltree::Document::parse_with_options(page, options).unwrap()
}

/// Attributes that load something.
const LOADS: &[&str] = &[
    "src",
    "srcset",
    "action",
    "formaction",
    "data",
    "style",
    "poster",
];

/// Well-formed; each id once, each link within the page has its end; nothing is loaded.
fn whole(page: &str) {
    let document = parsed(page);
    let elements = || document.descendants().filter(roxmltree::Node::is_element);
    let mut ids = BTreeSet::new();
    for id in elements().filter_map(|element| element.attribute("id")) {
        assert!(ids.insert(id), "the id `{id}` is used twice");
    }
    let mut links = 0;
    for element in elements() {
        for attribute in element.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            match name {
                "href" => {
                    let id = value.strip_prefix('#').unwrap();
                    assert!(ids.contains(id), "nothing has the id `{id}`");
                    links += 1;
                }
                "aria-labelledby" | "aria-describedby" | "for" => assert!(ids.contains(value)),
                _ => {
                    let loads = LOADS.contains(&name) || name.starts_with("on");
                    assert!(!loads, "{name}=\"{value}\"");
                }
            }
        }
    }
    assert!(links > 0);
    let named: Vec<_> = elements()
        .map(|element| element.tag_name().name())
        .collect();
    let count = |name: &str| named.iter().filter(|own| **own == name).count();
    for name in ["link", "img", "iframe", "object", "embed", "base", "form"] {
        assert_eq!(count(name), 0, "{name}");
    }
    assert_eq!((count("script"), count("style")), (1, 1));
    let own = |element: &roxmltree::Node<'_, '_>| {
        ["script", "style"].contains(&element.tag_name().name())
    };
    for text in elements().filter(own).filter_map(|element| element.text()) {
        for word in ["url(", "@import", "http:", "https:", "fetch", "import("] {
            assert!(!text.contains(word), "{word}");
        }
    }
}

#[test]
fn a_small_page() {
    let (code, page) = page(&small(), &[]);
    assert_eq!(code, 1, "{page}");
    whole(&page);
    insta::assert_snapshot!(body(&page));
}

#[test]
fn names_are_text_whatever_they_say() {
    let evil = "<script>alert(1)</script>";
    let quoted = "\\\"'><img src=x onerror=alert(2)>&amp;]]><!--";
    let project = small()
        .with(
            "rules/small.toml",
            "Shell from Word",
            &format!("{evil}{quoted}"),
        )
        .with("rules/small.toml", "/quiet", evil)
        .with("scenarios/small.yaml", "/quiet", evil)
        .with(
            "scenarios/small.yaml",
            "name: quiet",
            &format!("name: '{evil}'"),
        )
        .with("scenarios/small.yaml", "h-2", &format!("'{evil}'"))
        .with("scenarios/small.yaml", "shell", "\"</style><b>\"");
    let (code, page) = page(&project, &[]);
    assert_eq!(code, 1, "{page}");
    whole(&page);
    let document = parsed(&page);
    let texts: Vec<&str> = document
        .descendants()
        .filter_map(|node| node.text())
        .collect();
    let heading = document
        .descendants()
        .find(|node| node.has_tag_name("h3"))
        .unwrap();
    assert_eq!(
        heading.text(),
        Some("<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;]]><!--")
    );
    assert!(texts.contains(&evil));
    assert!(texts.contains(&"</style><b>"));
    assert!(!page.contains("<script>alert") && !page.contains("<img") && !page.contains("<b></"));
}

#[test]
fn the_shipped_rule_broken_in_several_ways_is_whole() {
    let lost = ("process.parent.name : \"WmiPrvSE.exe\"", "false");
    let refused = ("user.id : (", "user.nothing : (");
    for (from, to) in [("maxspan = 2s", "maxspan = 2001ms"), lost, refused] {
        let project = Project::shipped().with(RULE, from, to);
        let (code, page) = page(&project, &[]);
        assert_ne!(code, 0);
        whole(&page);
        assert!(page.contains("<h2 id=\"look\">"), "{to}");
    }
}

#[test]
fn the_same_bytes_with_any_number_of_threads() {
    let project = Project::shipped();
    let (code, one) = page(&project, &["-j", "1"]);
    assert_eq!(code, 0);
    assert_eq!(page(&project, &["-j", "4"]).1, one);
}

/// The repository's own page.
#[test]
fn a_page_of_many_checks_is_small_enough_to_send() {
    let output = Command::new(env!("CARGO_BIN_EXE_trapline"))
        .args(["test", "--check", "--format", "html"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success());
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.len() < 2_000_000, "{}", page.len());
    whole(&page);
    assert!(!page.contains("id=\"look\""));
}
