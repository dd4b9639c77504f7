//! Scenario files: `scenario/` holds good ones, the golden is what they stand for on each data
//! source; `scenario_errors/` holds broken ones, the golden is what their author sees.

use std::fmt::Write;
use std::sync::Arc;

use trapline::data_source::{Catalogue, DataSource};
use trapline::diagnostic::{Diagnostic, SourceText, render::render};
use trapline::event::Scalar;
use trapline::scenario::{
    self, Case, Expanded, ExpandedEvent, Expansion, Expectation, Outcome, PinKind, Scenario, Which,
};

use crate::golden;

#[test]
fn every_good_scenario_has_its_events() {
    let catalogue = Catalogue::builtin().unwrap();
    insta::glob!("scenario/*.yaml", |path| {
        let text = read(path);
        let loaded = scenario::load(&text);
        assert!(
            loaded.diagnostics.is_empty(),
            "{}",
            rendered(&loaded.diagnostics)
        );
        let mut out = String::new();
        for scenario in &loaded.scenarios {
            let sources = sources(&catalogue, scenario);
            let found = scenario::check(scenario, &sources, &catalogue, &text);
            assert!(found.is_empty(), "{}", rendered(&found));
            for source in sources {
                dump(&mut out, scenario, source, &text);
            }
        }
        golden(path, &out);
    });
}

#[test]
fn every_bad_scenario_is_explained() {
    let catalogue = Catalogue::builtin().unwrap();
    insta::glob!("scenario_errors/*.yaml", |path| {
        let text = read(path);
        let loaded = scenario::load(&text);
        let mut found = loaded.diagnostics;
        for scenario in &loaded.scenarios {
            let sources = sources(&catalogue, scenario);
            found.extend(scenario::check(scenario, &sources, &catalogue, &text));
        }
        assert!(!found.is_empty(), "{} is fine", path.display());
        golden(path, &rendered(&found));
    });
}

#[test]
fn what_passes_the_check_expands() {
    let catalogue = Catalogue::builtin().unwrap();
    let name = "scenarios/windows/lateral_movement_incoming_wmi.yaml";
    let text = SourceText::new(name, std::fs::read_to_string(name).unwrap());
    let loaded = scenario::load(&text);
    assert!(
        loaded.diagnostics.is_empty(),
        "{}",
        rendered(&loaded.diagnostics)
    );
    let [scenario] = loaded.scenarios.as_slice() else {
        panic!("one scenario");
    };
    let sources = sources(&catalogue, scenario);
    let found = scenario::check(scenario, &sources, &catalogue, &text);
    assert!(found.is_empty(), "{}", rendered(&found));
    for source in sources {
        let attack = expanded(scenario, Which::Attack, source, &text).unwrap();
        for case in &scenario.cases {
            let Some(events) = expanded(scenario, Which::Case(case), source, &text) else {
                continue;
            };
            let effect = scenario::effect(&attack, &events);
            assert_eq!(
                effect,
                scenario::Effect::Changed,
                "{} [{}]",
                case.name,
                source.name
            );
        }
    }
}

fn read(path: &std::path::Path) -> Arc<SourceText> {
    let name = path.file_name().unwrap().to_str().unwrap();
    SourceText::new(name, std::fs::read_to_string(path).unwrap())
}

/// The sources of a scenario; all of them for one that lists none.
fn sources<'c>(catalogue: &'c Catalogue, scenario: &Scenario) -> Vec<&'c DataSource> {
    match &scenario.sources {
        Some(names) => names
            .iter()
            .filter_map(|name| catalogue.get(&name.text))
            .collect(),
        None => catalogue.sources().iter().collect(),
    }
}

fn expanded(
    scenario: &Scenario,
    which: Which<'_>,
    source: &DataSource,
    text: &Arc<SourceText>,
) -> Option<Expanded> {
    match scenario::expand(scenario, which, source, text) {
        Ok(Expansion::Events(events)) => Some(events),
        Ok(Expansion::Skipped(_) | Expansion::Recorded(_)) => None,
        Err(found) => panic!("{}", rendered(&found)),
    }
}

/// Attack and cases on one source; of a case's events, what differs from the attack's.
fn dump(out: &mut String, scenario: &Scenario, source: &DataSource, text: &Arc<SourceText>) {
    writeln!(out, "════ {} ════", source.name).unwrap();
    let attack = &scenario.attack;
    writeln!(out, "\n{}", attack.name).unwrap();
    expectation(out, attack.expect.for_source(&source.name));
    let base = expanded(scenario, Which::Attack, source, text);
    dump_one(out, scenario, Which::Attack, source, text, None);
    for case in &scenario.cases {
        writeln!(out, "\n{}", case.name).unwrap();
        change(out, scenario, case, source);
        expectation(out, case.expect.for_source(&source.name));
        dump_one(
            out,
            scenario,
            Which::Case(case),
            source,
            text,
            base.as_ref(),
        );
        let own = expanded(scenario, Which::Case(case), source, text);
        if let (Some(base), Some(own)) = (&base, own) {
            writeln!(out, "  effect: {:?}", scenario::effect(base, &own)).unwrap();
        }
    }
    out.push('\n');
}

fn change(out: &mut String, scenario: &Scenario, case: &Case, source: &DataSource) {
    for line in scenario::describe_change(scenario, case, source) {
        writeln!(out, "  change: {line}").unwrap();
    }
}

fn dump_one(
    out: &mut String,
    scenario: &Scenario,
    which: Which<'_>,
    source: &DataSource,
    text: &Arc<SourceText>,
    base: Option<&Expanded>,
) {
    match scenario::expand(scenario, which, source, text) {
        Err(found) => panic!("{}", rendered(&found)),
        Ok(Expansion::Skipped(reason)) => writeln!(out, "  skipped: {reason}").unwrap(),
        Ok(Expansion::Recorded(from)) => {
            writeln!(out, "  recorded: {}", from.file.text).unwrap();
            for (label, query) in &from.labels {
                writeln!(out, "    {}: {}", label.text, query.text).unwrap();
            }
        }
        Ok(Expansion::Events(events)) => {
            for event in &events.events {
                dump_event(out, event, base.and_then(|base| base.event(&event.label)));
            }
        }
    }
}

/// One event in full, or its differences from the same event of the attack. A star marks what the
/// scenario says.
fn dump_event(out: &mut String, event: &ExpandedEvent, base: Option<&ExpandedEvent>) {
    let index = event.event.index.as_deref().unwrap_or("?");
    writeln!(
        out,
        "  {} at {} ms in {index}",
        event.label, event.at_millis
    )
    .unwrap();
    for (path, values) in event.event.fields() {
        if base.is_some_and(|base| base.event.values(path) == values) {
            continue;
        }
        let set = event.set.iter().any(|set| set == path);
        let mark = if set { "*" } else { " " };
        writeln!(out, "   {mark}{path} = {}", shown(values)).unwrap();
    }
    let before = base.into_iter().flat_map(|base| base.event.fields());
    for (path, _) in before.filter(|(path, _)| event.event.values(path).is_empty()) {
        writeln!(out, "   -{path}").unwrap();
    }
    for pinned in &event.pinned {
        if base.is_some_and(|base| base.pinned.contains(pinned)) {
            continue;
        }
        let (field, wanted) = (&pinned.field, shown(&pinned.wanted));
        writeln!(out, "    pinned {field}, not {wanted}: {}", pinned.evidence).unwrap();
    }
}

/// Texts as they are, numbers and booleans in brackets.
fn shown(values: &[Scalar]) -> String {
    let shown = values.iter().map(|value| match value {
        Scalar::Text(text) => text.to_string(),
        Scalar::Number(number) => format!("<{number}>"),
        Scalar::Bool(value) => format!("<{value}>"),
    });
    shown.collect::<Vec<_>>().join(" | ")
}

fn expectation(out: &mut String, expectation: Option<(&Expectation, bool)>) {
    let Some((expectation, named)) = expectation else {
        out.push_str("  expect: nothing\n");
        return;
    };
    let outcome = match &expectation.outcome {
        Outcome::None => "none".to_owned(),
        Outcome::Alert { labels, count } => {
            let labels: Option<Vec<_>> = labels
                .as_ref()
                .map(|labels| labels.iter().map(|label| label.text.as_str()).collect());
            format!("alert {labels:?} {count:?}")
        }
    };
    write!(out, "  expect: {outcome}").unwrap();
    for because in &expectation.because {
        write!(out, ", because {}", because.text).unwrap();
    }
    for (field, value) in &expectation.with {
        write!(out, ", with {} = {}", field.text, value.text).unwrap();
    }
    if let Some(pin) = &expectation.pin {
        let kind = match pin.kind {
            PinKind::Gap => "gap",
            PinKind::Noise => "noise",
        };
        write!(out, ", {kind}: {}", pin.reason.text).unwrap();
    }
    out.push_str(if named { " (named)\n" } else { "\n" });
}

fn rendered(diagnostics: &[Diagnostic]) -> String {
    let drawn: Vec<String> = diagnostics.iter().map(|one| render(one, false)).collect();
    drawn.join("\n")
}
