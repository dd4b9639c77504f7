//! Rule files that are wrong in one way each: the golden is what their author sees.

use trapline::diagnostic::{SourceText, render::render};
use trapline::rule;

use super::golden;

#[test]
fn every_bad_rule_file_is_explained() {
    insta::glob!("rule/*.toml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let loaded = rule::load(&SourceText::new(name, text));
        let said: Vec<String> = loaded
            .diagnostics
            .iter()
            .map(|diagnostic| render(diagnostic, false))
            .collect();
        let verdict = match &loaded.rule {
            Some(rule) => format!("loads as {}", rule.rule_type.word()),
            None => "does not load".to_owned(),
        };
        golden(path, &format!("{verdict}\n\n{}", said.join("\n")));
    });
}
