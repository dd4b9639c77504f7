//! What the lints say: add a rule file to `lints/`, run, look at the golden beside it. A rule that
//! is in order has an empty one.

use trapline::data_source::Catalogue;
use trapline::diagnostic::{Diagnostic, SourceText, render::render};
use trapline::lint::{LINTS, lint};

use crate::golden;

#[test]
fn every_rule_has_the_findings_of_its_golden() {
    let catalogue = Catalogue::builtin().unwrap();
    insta::glob!("lints/*.toml", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let source = SourceText::new(name, std::fs::read_to_string(path).unwrap());
        let linted = lint(&source, &catalogue);
        let findings = linted.findings.iter().map(|finding| &finding.diagnostic);
        let drawn: Vec<String> = linted
            .broken
            .iter()
            .chain(findings)
            .map(|diagnostic: &Diagnostic| render(diagnostic, false))
            .collect();
        golden(path, &drawn.join("\n"));
    });
}

#[test]
fn every_lint_of_one_file_has_a_golden() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language/lints");
    let catalogue = Catalogue::builtin().unwrap();
    let mut found = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            let linted = lint(&SourceText::new("a.toml", text), &catalogue);
            found.extend(linted.findings.iter().map(|finding| finding.lint.name()));
        }
    }
    // These look at more than one file; tests/cli has them.
    let elsewhere = [
        "duplicate-rule-id",
        "exception-creates-alert",
        "exception-hides-attack",
        "exception-never-matches",
        "history-does-not-meet-query",
        "new-terms-exception-hides-past",
        "scenario",
        "vacuous-case",
    ];
    for lint in LINTS {
        let name = lint.name();
        assert!(
            found.contains(name) || elsewhere.contains(&name),
            "{name} has no golden"
        );
    }
}
