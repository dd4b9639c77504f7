//! Snapshots as a whole: their bytes, insta's reader, the law of writing and reading, the classes.

use proptest::prelude::*;

use super::{Accept, Class, Scope, Snapshot, compare, current, format, read, resolve};
use crate::compile::RefusedBy;
use crate::diagnostic::SourceText;
use crate::diagnostic::observation::Missed;
use crate::diagnostic::query::EsqlCommand;
use crate::replay::outcome::{
    AlertRecord, Check, EventRecord, NoneRecord, Observed, Outcome, Pin, PinKind, Verdict,
};
use crate::replay::reason::{NotRun, Reason, RefusedQuery, Uncertainty};
use crate::replay::test_fixtures::{self, ATTACK, SCENARIO, alert, check, stopped};
use crate::scenario::Skipped;

const CCM: &str = "process.executable : \"?:\\\\Windows\\\\CCM\\\\Ccm32BitLauncher.exe\"";
const AGENT: &str = "management agents / SCCM 32-bit launcher";

/// The smallest complete snapshot.
fn example() -> Outcome {
    let service = || stopped("user.id : \"S-1-5-18\"", "S-1-5-18, pinned by the sensor");
    let agent = || stopped(CCM, "C:\\Windows\\CCM\\Ccm32BitLauncher.exe");
    test_fixtures::outcome(vec![
        check(ATTACK, "elastic_defend", alert()),
        check(ATTACK, "sysmon", service()).gap("the service's SID"),
        check(ATTACK, "winlogbeat", service()).gap("as on sysmon"),
        check(AGENT, "elastic_defend", agent()),
        check(AGENT, "sysmon", agent()).waived(),
        check(AGENT, "winlogbeat", agent()).waived(),
    ])
}

fn snapshot(outcome: &Outcome) -> Snapshot {
    current(outcome).remove(0).snapshot
}

fn reread(text: &str) -> Snapshot {
    read(&SourceText::new("a.snap", text)).unwrap()
}

const EXAMPLE: &str = r#"---
expression: trapline test scenarios/windows/lateral_movement_incoming_wmi.yaml
input_file: scenarios/windows/lateral_movement_incoming_wmi.yaml
---
WMI Incoming Lateral Movement, medium 47

# remote WMI starts PowerShell

elastic_defend
  alert    rpc 0s, child +0.8s
  join     host.id = host-1
  shared   host.os.type = windows

sysmon, winlogbeat  (gap)
  none     stage 2, child
  blocker  user.id : "S-1-5-18"
  value    S-1-5-18, pinned by the sensor

# management agents / SCCM 32-bit launcher

elastic_defend; but for the gap: sysmon, winlogbeat
  none     stage 2, child
  blocker  process.executable : "?:\\Windows\\CCM\\Ccm32BitLauncher.exe"
  value    C:\Windows\CCM\Ccm32BitLauncher.exe
"#;

#[test]
fn the_bytes_are_those_of_the_design() {
    assert_eq!(format::text(&snapshot(&example())), EXAMPLE);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "insta reads files, not texts")]
fn instas_own_reader_reads_the_file_and_writes_the_same_bytes() {
    let directory = tempfile::tempdir().unwrap();
    for scenario in [
        SCENARIO,
        "scenarios/a: [b]#\"c\"\\.yaml",
        "-.yaml",
        ".hidden.yaml",
    ] {
        let mut snapshot = snapshot(&example());
        scenario.clone_into(&mut snapshot.scenario);
        let text = format::text(&snapshot);
        let path = directory.path().join("a.snap");
        std::fs::write(&path, &text).unwrap();
        let theirs = insta::Snapshot::from_file(&path).unwrap();
        let command = format::command(scenario);
        assert_eq!(theirs.metadata().expression(), Some(command.as_str()));
        theirs.save(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(reread(&text), snapshot);
    }
}

#[test]
fn any_line_ending_is_read() {
    let unix = reread(EXAMPLE);
    assert_eq!(unix, reread(&EXAMPLE.replace('\n', "\r\n")));
    assert_eq!(unix, reread(&EXAMPLE.replace('\n', "\r")));
}

#[test]
fn a_merge_conflict_is_an_error_that_names_the_command() {
    let text = EXAMPLE.replace("  join ", "<<<<<<< HEAD\n  join ");
    let diagnostic = read(&SourceText::new("a.snap", text)).unwrap_err();
    insta::assert_snapshot!(crate::diagnostic::render::render(&diagnostic, false), @r"
    error[E501]: the snapshot holds a merge conflict
      --> a.snap:11:1
       |
    11 | <<<<<<< HEAD
       | ^^^^^^^^^^^^ git left this marker
       |
       = help: rebuild it with `trapline test scenarios/windows/lateral_movement_incoming_wmi.yaml --accept=all` and look at the difference
    ");
}

#[test]
fn what_is_no_snapshot_is_an_error() {
    for text in [
        "",
        "hello",
        "---\n",
        "---\n---\nrule\n  fact\n",
        "---\n---\nrule\n\nsysmon\n  none\n",
    ] {
        let diagnostic = read(&SourceText::new("a.snap", text)).unwrap_err();
        assert_eq!(diagnostic.code.number, "E502", "{text:?}");
    }
}

/// Written again such an entry would read as the name of a rule.
#[test]
fn an_entry_with_nothing_but_blanks_below_it_is_an_error() {
    for blanks in ["  ", "   \t", "  \n"] {
        let text = format!("{EXAMPLE}\nsysmon\n{blanks}");
        assert!(
            read(&SourceText::new("a.snap", text)).is_err(),
            "{blanks:?}"
        );
    }
}

#[test]
fn an_entry_names_its_data_sources() {
    for entry in [",   sysmon", "sysmon,  winlogbeat"] {
        let text = format!("{EXAMPLE}\n{entry}\n  alert\n");
        assert!(read(&SourceText::new("a.snap", text)).is_err(), "{entry:?}");
    }
}

#[test]
fn several_documents_share_a_file_and_a_second_rule_has_its_own_line() {
    let mut outcome = example();
    let mut second = test_fixtures::outcome(vec![check("other", "sysmon", alert())])
        .scenarios
        .remove(0);
    second.rule_name = "# Another".into();
    outcome.scenarios.push(second);
    let text = format::text(&snapshot(&outcome));
    assert!(
        text.contains("\n\n\\u{23} Another, medium 47\n\n# other\n\nsysmon\n"),
        "{text}"
    );
    assert_eq!(reread(&text), snapshot(&outcome));
}

fn classes(old: &Outcome, new: &Outcome) -> Vec<(Class, String)> {
    let current = current(new).remove(0);
    compare(Some(&snapshot(old)), &current, Scope::All)
        .into_iter()
        .map(|change| {
            (
                change.class,
                format!("{}[{}]", change.key.case, change.key.source),
            )
        })
        .collect()
}

fn edited(edit: impl FnOnce(&mut Vec<Check>)) -> Outcome {
    let mut outcome = example();
    edit(&mut outcome.scenarios[0].checks);
    outcome
}

#[test]
fn every_kind_of_change_has_its_class_and_the_worst_comes_first() {
    let sid = || stopped("user.id : \"S-1-5-19\"", "S-1-5-18");
    let cases: Vec<(Outcome, Vec<Class>)> = vec![
        (example(), vec![]),
        (
            edited(|checks| checks[0].observed = sid()),
            vec![Class::Lost],
        ),
        (
            edited(|checks| checks[1].observed = alert()),
            vec![Class::New],
        ),
        (
            edited(|checks| checks[1].observed = sid()),
            vec![Class::Split],
        ),
        (
            edited(|checks| (checks[1].observed, checks[2].observed) = (sid(), sid())),
            vec![Class::Reason, Class::Reason],
        ),
        (edited(|checks| checks[1].pin = None), vec![Class::Content]),
        (
            edited(|checks| drop(checks.remove(5))),
            vec![Class::Removed],
        ),
        (
            edited(|checks| {
                checks.push(check("new", "sysmon", alert()));
                checks[0].observed = sid();
            }),
            vec![Class::Lost, Class::Added],
        ),
        // An alert that needs the gap waived is none in production, so a mended rule is NEW.
        (
            edited(|checks| {
                checks[4].observed = alert();
                checks[4].waived = None;
            }),
            vec![Class::New],
        ),
    ];
    for (new, expected) in cases {
        let found = classes(&example(), &new);
        assert_eq!(
            found.iter().map(|(class, _)| *class).collect::<Vec<_>>(),
            expected,
            "{found:?}"
        );
    }
}

#[test]
fn a_new_severity_is_one_change_of_content() {
    let mut new = example();
    new.scenarios[0].severity = "high".into();
    assert_eq!(
        classes(&example(), &new),
        [(Class::Content, format!("{ATTACK}[elastic_defend]"))]
    );
    let (old, current) = (snapshot(&example()), current(&new).remove(0));
    let changes = compare(Some(&old), &current, Scope::All);
    let taken = resolve(Some(&old), &current, &changes, Some(&Accept::harmless()));
    assert_eq!(
        taken.snapshot,
        Some(EXAMPLE.replace("medium 47", "high 47"))
    );
    assert_eq!(taken.pending, None);
}

#[test]
fn accept_without_a_list_takes_no_alert_lost_or_new() {
    let new = edited(|checks| {
        checks[0].observed = stopped("maxspan", "3s");
        checks.push(check("new", "sysmon", alert()));
    });
    let (old, current) = (snapshot(&example()), current(&new).remove(0));
    let changes = compare(Some(&old), &current, Scope::All);
    let harmless = resolve(Some(&old), &current, &changes, Some(&Accept::harmless()));
    let expected = format!("{EXAMPLE}\n# new\n\nsysmon\n{}", alert_facts());
    assert_eq!(harmless.snapshot.as_deref(), Some(expected.as_str()));
    assert_eq!(
        harmless
            .open
            .iter()
            .map(|change| change.class)
            .collect::<Vec<_>>(),
        [Class::Lost]
    );
    let everything = format::text(&current.snapshot);
    assert_eq!(harmless.pending.as_deref(), Some(everything.as_str()));

    let key = format!("{SCENARIO}::{ATTACK}[elastic_defend]");
    let by_name = Accept::parse("lost")
        .unwrap()
        .and(Accept::parse("added").unwrap());
    for accept in [
        by_name,
        Accept::harmless().and(Accept::parse(&key).unwrap()),
    ] {
        let all = resolve(Some(&old), &current, &changes, Some(&accept));
        assert_eq!(
            (all.snapshot, all.pending),
            (Some(everything.clone()), None)
        );
    }
}

fn alert_facts() -> &'static str {
    "  alert    rpc 0s, child +0.8s\n  join     host.id = host-1\n  shared   host.os.type = windows\n"
}

#[test]
fn what_contradicts_its_scenario_can_not_be_accepted() {
    let new = edited(|checks| {
        checks[0].observed = stopped("maxspan", "3s");
        checks[0].verdict = Verdict::Failed;
        checks
            .push(check("new", "sysmon", alert()).verdict(Verdict::Failed, Some(Reason::NoAlert)));
    });
    let (old, current) = (snapshot(&example()), current(&new).remove(0));
    let changes = compare(Some(&old), &current, Scope::All);
    assert_eq!(changes.len(), 1);
    assert!(changes[0].contradicts);
    let all = resolve(
        Some(&old),
        &current,
        &changes,
        Some(&Accept::parse("all").unwrap()),
    );
    assert_eq!((all.snapshot, all.pending), (None, None));
    assert_eq!(all.open, changes);
}

#[test]
fn a_selection_leaves_the_rest_as_it_is_recorded() {
    let new = edited(|checks| {
        checks.retain(|check| check.key.source == "sysmon");
        checks[0].observed = alert();
    });
    let (old, current) = (snapshot(&example()), current(&new).remove(0));
    let changes = compare(Some(&old), &current, Scope::Selected);
    assert_eq!(
        changes
            .iter()
            .map(|change| change.class)
            .collect::<Vec<_>>(),
        [Class::New]
    );
    let taken = resolve(
        Some(&old),
        &current,
        &changes,
        Some(&Accept::parse("new").unwrap()),
    );
    let text = taken.snapshot.unwrap();
    let sources = |text: &str| -> Vec<String> {
        let records = &reread(text).cases[0].records;
        records.iter().map(|record| record.source.clone()).collect()
    };
    assert_eq!(sources(&text), ["elastic_defend", "sysmon", "winlogbeat"]);
    assert!(text.contains(CCM));
}

#[test]
fn an_unknown_class_is_named_with_the_nearest() {
    let diagnostic = Accept::parse("reson").unwrap_err();
    assert_eq!(diagnostic.help, ["did you mean `reason`?"]);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 .:/\\\\\"'()\\[\\],;#=-]{0,12}",
        "\\PC{0,6}",
        any::<String>(),
        Just(" (gap)".to_owned()),
        Just("but for the gap: ".to_owned()),
    ]
}

fn refused(name: String) -> NotRun {
    NotRun::Query(RefusedQuery {
        code: "E750",
        why: RefusedBy::Query(Box::new(EsqlCommand::UnknownIndex { name }.into())),
    })
}

fn observed() -> impl Strategy<Value = Observed> {
    let event = proptest::option::of(
        (text(), any::<i64>()).prop_map(|(label, after)| EventRecord { label, after }),
    );
    let pairs = || proptest::collection::vec((text(), text()), 0..2);
    let alert = (
        proptest::collection::vec(event, 0..3),
        pairs(),
        pairs(),
        pairs(),
    )
        .prop_map(|(events, join, shared, with)| AlertRecord {
            events,
            join,
            shared,
            with,
        });
    let none = (
        proptest::option::of(1_u16..4),
        proptest::option::of(text()),
        proptest::collection::vec(text(), 0..3),
        proptest::option::of(text()),
        proptest::option::of(text()),
        any::<[bool; 3]>(),
    )
        .prop_map(
            |(stage, event, blocker, value, miss, [overdetermined, vacuous, approximate])| {
                Observed::None(NoneRecord {
                    stage,
                    event,
                    blocker,
                    causes: Vec::new(),
                    value: value.as_deref().map(test_fixtures::seen),
                    miss: miss.map(|by| Missed::TooLate { by }),
                    overdetermined,
                    vacuous,
                    approximate,
                })
            },
        );
    prop_oneof![
        proptest::collection::vec(alert, 0..3).prop_map(Observed::Alert),
        none,
        (text(), 0..3_usize).prop_map(|(field, missing)| {
            Observed::Uncertain(Uncertainty::OptionalFields {
                fields: vec![field],
                missing,
                folded: 1,
            })
        }),
        text().prop_map(|name| Observed::Unverifiable(refused(name))),
        text().prop_map(|name| Observed::Unsupported(refused(name))),
        text().prop_map(|why| Observed::Skipped(Skipped::Stated(why))),
    ]
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    let one = (
        prop_oneof![text(), Just("case".to_owned())],
        prop_oneof![
            Just("sysmon".to_owned()),
            Just("winlogbeat".to_owned()),
            text()
        ],
        prop_oneof![observed(), Just(test_fixtures::alert())],
        any::<[bool; 3]>(),
    );
    (text(), proptest::collection::vec(one, 1..8)).prop_map(|(name, checks)| {
        let checks = checks.into_iter().enumerate().map(
            |(index, (case, source, observed, [waived, gap, failed]))| {
                // A case has one check a source.
                let source = format!("{source}{index}");
                let mut check = check(&case, &source, observed);
                if waived {
                    check = check.waived();
                }
                check.pin = gap.then(|| Pin {
                    kind: PinKind::Gap,
                    reason: String::new(),
                });
                if failed {
                    check.verdict(Verdict::Failed, None)
                } else {
                    check
                }
            },
        );
        let mut outcome = test_fixtures::outcome(checks.collect());
        outcome.scenarios[0].rule_name = name;
        outcome
    })
}

proptest! {
    #[test]
    fn writing_reading_and_writing_again_gives_the_same_bytes(outcome in outcomes()) {
        let snapshot = snapshot(&outcome);
        let text = format::text(&snapshot);
        let again = reread(&text);
        prop_assert_eq!(&format::text(&again), &text);
        let current = current(&outcome).remove(0);
        prop_assert_eq!(compare(Some(&again), &current, Scope::All), vec![]);
    }

    #[test]
    fn accepting_everything_that_may_be_leaves_nothing_to_accept(old in outcomes(), new in outcomes()) {
        let old = snapshot(&old);
        let current = current(&new).remove(0);
        let changes = compare(Some(&old), &current, Scope::All);
        let all = Accept::parse("all").unwrap();
        let taken = resolve(Some(&old), &current, &changes, Some(&all));
        prop_assert_eq!(taken.pending, None);
        let text = taken.snapshot.unwrap_or_else(|| format::text(&old));
        let left = compare(Some(&reread(&text)), &current, Scope::All);
        prop_assert!(left.iter().all(|change| change.contradicts || change.header), "{:?}", left);
    }

    #[test]
    fn reading_never_panics(text in ".{0,200}") {
        let _ = read(&SourceText::new("a.snap", text.as_str()));
        let _ = read(&SourceText::new("a.snap", format!("---\n---\n{text}")));
    }
}
