//! Scenario files: `scenario/` holds good ones, the golden is every case on every source;
//! `scenario_errors/` holds bad ones, the golden is what their author sees.

use std::fmt::Write;
use std::path::Path;

use trapline::data_source::{Catalogue, DataSource, IndexPatterns};
use trapline::diagnostic::{SourceText, render::render};
use trapline::scenario::expand::{Effect, change_lines, expected_fields, seconds};
use trapline::scenario::model::{Alerts, Case, Expectation, Expected, Scenario};
use trapline::scenario::{self, Expanded, ExpandedCase, Skipped};

#[test]
fn every_good_scenario_gives_its_events() {
    let catalogue = Catalogue::builtin().unwrap();
    insta::glob!("scenario/*.yaml", |path| {
        let (scenarios, errors) = read(path, &catalogue);
        assert_eq!(errors, "", "{}", path.display());
        let dumps = scenarios.iter().map(|scenario| dump(scenario, &catalogue));
        crate::golden(path, &dumps.collect::<Vec<_>>().join("\n"));
    });
}

#[test]
fn every_bad_scenario_is_explained() {
    let catalogue = Catalogue::builtin().unwrap();
    insta::glob!("scenario_errors/*.yaml", |path| {
        let (_, errors) = read(path, &catalogue);
        assert_ne!(errors, "", "{} is good", path.display());
        crate::golden(path, &errors);
    });
}

#[test]
fn the_scenario_of_the_wmi_rule_is_good() {
    let catalogue = Catalogue::builtin().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("scenarios/windows/lateral_movement_incoming_wmi.yaml");
    let (scenarios, errors) = read(&path, &catalogue);
    assert_eq!(errors, "");
    for case in &scenarios[0].cases {
        for source in sources(&scenarios[0], Some(case), &catalogue) {
            let expanded = scenario::Expander::new(&scenarios[0], source)
                .expand(Some(case))
                .unwrap();
            let Expanded::Events(expanded) = expanded else {
                panic!("{} on {} has no events", case.name, source.name);
            };
            let changed = expanded.effect == Effect::Changed;
            assert!(
                changed,
                "{} on {}: {:?}",
                case.name, source.name, expanded.effect
            );
        }
    }
}

/// All that is claimed by the rule for which the scenarios are.
fn claimed(catalogue: &Catalogue) -> Vec<&DataSource> {
    catalogue.claimed(&IndexPatterns::new([
        "logs-endpoint.events.process-*",
        "logs-endpoint.events.network-*",
        "winlogbeat-*",
        "logs-windows.sysmon_operational-*",
    ]))
}

fn sources<'c>(
    scenario: &Scenario,
    case: Option<&Case>,
    catalogue: &'c Catalogue,
) -> Vec<&'c DataSource> {
    scenario::check::sources(scenario, case, catalogue, &claimed(catalogue))
}

/// The scenarios of a file, and all errors as their author sees them.
fn read(path: &Path, catalogue: &Catalogue) -> (Vec<Scenario>, String) {
    let bytes = std::fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let source = SourceText::new(name, String::from_utf8(bytes).unwrap());
    let file = scenario::read(&source);
    let claimed = claimed(catalogue);
    let checked = file
        .scenarios
        .iter()
        .flat_map(|scenario| scenario::check(scenario, catalogue, &claimed, None).diagnostics);
    let mut diagnostics: Vec<_> = file.diagnostics.iter().cloned().chain(checked).collect();
    diagnostics.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let rendered = diagnostics.iter().map(|found| render(found, false));
    (file.scenarios, rendered.collect::<Vec<_>>().join("\n"))
}

fn dump(scenario: &Scenario, catalogue: &Catalogue) -> String {
    let mut out = String::new();
    writeln!(
        out,
        "document {}, rule {:?}",
        scenario.document,
        scenario.rule.as_ref().map(|rule| &rule.value)
    )
    .unwrap();
    one(&mut out, scenario, None, catalogue);
    for case in &scenario.cases {
        one(&mut out, scenario, Some(case), catalogue);
    }
    out
}

/// The attack or a case; sources with the same outcome share one entry.
fn one(out: &mut String, scenario: &Scenario, case: Option<&Case>, catalogue: &Catalogue) {
    let name = case.map_or(&scenario.attack.name.value, |case| &case.name);
    writeln!(out, "\n# {name}").unwrap();
    let mut entries: Vec<(String, String)> = Vec::new();
    for source in sources(scenario, case, catalogue) {
        let text = on_source(scenario, case, source);
        match entries.iter_mut().find(|(_, known)| *known == text) {
            Some((names, _)) => write!(names, ", {}", source.name).unwrap(),
            None => entries.push((source.name.clone(), text)),
        }
    }
    for (names, text) in entries {
        write!(out, "\n{names}\n{text}").unwrap();
    }
}

fn on_source(scenario: &Scenario, case: Option<&Case>, source: &DataSource) -> String {
    let mut out = String::new();
    if let Some(case) = case {
        for line in change_lines(scenario, case, &source.name) {
            writeln!(out, "  change   {line}").unwrap();
        }
        for because in case.because.get(&source.name).into_iter().flatten() {
            let because = scenario.because_on(&because.value, &source.name);
            writeln!(out, "  because  {because}").unwrap();
        }
    }
    let expect = case.map_or(&scenario.attack.expect, |case| &case.expect);
    if let Some(expect) = expect.get(&source.name) {
        writeln!(out, "  expect   {}", expectation(expect)).unwrap();
    }
    for (field, values) in expected_fields(scenario, case, source).unwrap() {
        writeln!(out, "  with     {field} = {values:?}").unwrap();
    }
    match scenario::Expander::new(scenario, source)
        .expand(case)
        .unwrap()
    {
        Expanded::Skipped(Skipped::Stated(why)) => writeln!(out, "  skipped  {why}").unwrap(),
        Expanded::Skipped(Skipped::NoKind { source, kind }) => {
            writeln!(out, "  skipped  {source} has no `{kind}` events").unwrap();
        }
        Expanded::Capture(from) => {
            writeln!(out, "  capture  {}", from.file.value).unwrap();
            for (label, query) in &from.labels {
                writeln!(out, "  label    {} = {}", label.value, query.value).unwrap();
            }
        }
        Expanded::Events(expanded) => events(&mut out, source, case, &expanded),
    }
    out
}

/// Events without the defaults of their source, which the source's own tests show; of a case only
/// what the scenario sets.
fn events(out: &mut String, source: &DataSource, case: Option<&Case>, expanded: &ExpandedCase) {
    match &expanded.effect {
        Effect::PinnedAway(_) => writeln!(out, "  effect   none, pinned away").unwrap(),
        Effect::Equal if case.is_some() => writeln!(out, "  effect   none").unwrap(),
        _ => {}
    }
    for field in &expanded.forced {
        writeln!(out, "  forced   {field}").unwrap();
    }
    for event in &expanded.events {
        let label = event.label.as_deref().unwrap_or("-");
        let kind = event.kind.as_deref().unwrap_or("-");
        let at = seconds(event.at_millis);
        write!(out, "  event    {label} {at}, {kind}").unwrap();
        match (case, &event.event.index) {
            (None, Some(index)) => writeln!(out, ", {index}").unwrap(),
            _ => writeln!(out).unwrap(),
        }
        for (field, values) in event.event.fields() {
            let set = event.set_fields.contains(field);
            let default = source
                .defaults
                .iter()
                .any(|(path, of)| path == field && of == values);
            if set || (case.is_none() && !default) {
                let mark = if set { "" } else { "   (source)" };
                let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
                writeln!(out, "    {field} = {}{mark}", values.join(", ")).unwrap();
            }
        }
        for field in event
            .set_fields
            .iter()
            .filter(|field| event.event.values(field).is_empty())
        {
            writeln!(out, "    {field} is missing").unwrap();
        }
        for pinned in &event.pinned {
            writeln!(
                out,
                "    pinned {}: {:?}, not {:?}: {}",
                pinned.field, pinned.pinned, pinned.wanted, pinned.evidence
            )
            .unwrap();
        }
    }
}

fn expectation(expect: &Expectation) -> String {
    match &expect.expected {
        Expected::Alert { alerts, noise, .. } => {
            let alerts = match alerts {
                Alerts::Some => "alert".to_owned(),
                Alerts::Count(count) => format!("{count} alerts"),
                Alerts::Group { fields, count } => {
                    let keys: Vec<&str> =
                        fields.iter().map(|field| field.key.value.text()).collect();
                    format!("alert of a group by {}, count {count:?}", keys.join(", "))
                }
                Alerts::Labels(labels) => {
                    let labels: Vec<&str> =
                        labels.iter().map(|label| label.value.as_str()).collect();
                    format!("alert {}", labels.join(", "))
                }
            };
            match noise {
                Some(reason) => format!("{alerts}, noise: {}", reason.value),
                None => alerts,
            }
        }
        Expected::None { gap: Some(reason) } => format!("none, gap: {}", reason.value),
        Expected::None { gap: None } => "none".to_owned(),
    }
}
