//! Tests of the terminal report on hand-made outcomes.

use super::{Options, write};
use crate::compile::{RefusedBy, Unsupported};
use crate::diagnostic::query::EsqlCommand;
use crate::diagnostic::query::text_part::Near;
use crate::evaluate::FailureKind;
use crate::project::{Conclusion, ConclusionInputs};
use crate::replay::census::TestedState;
use crate::replay::outcome::{CheckWarning, NoneRecord, Observed, Outcome, Verdict};
use crate::replay::reason::{NotRun, Reason, RefusedQuery, Uncertainty};
use crate::replay::test_fixtures::{self, ATTACK, alert, check, rule, stopped};
use crate::report::View;
use crate::snapshot::{Accept, Scope, compare, current, resolve};

const AGENT: &str = "management agents / SCCM 32-bit launcher";
const CCM: &str = "process.executable : \"?:\\\\Windows\\\\CCM\\\\Ccm32BitLauncher.exe\"";

/// Everything passes.
fn calm() -> Outcome {
    let service = || stopped("user.id : \"S-1-5-18\"", "S-1-5-18, pinned by the sensor");
    let agent = || stopped(CCM, "C:\\Windows\\CCM\\Ccm32BitLauncher.exe");
    test_fixtures::outcome(vec![
        check(ATTACK, "elastic_defend", alert()),
        check(ATTACK, "sysmon", service()).gap("the service's SID"),
        check(AGENT, "elastic_defend", agent()),
        check(AGENT, "sysmon", agent()).waived(),
    ])
}

struct Asked {
    colour: bool,
    strict: bool,
    accept: bool,
}

const PLAIN: Asked = Asked {
    colour: false,
    strict: false,
    accept: false,
};

/// The report of `new` where `old` is recorded.
fn report(old: &Outcome, new: &Outcome, asked: &Asked) -> String {
    let old = current(old).remove(0).snapshot;
    let now = current(new).remove(0);
    let changes = compare(Some(&old), &now, Scope::All);
    let accept = asked.accept.then(Accept::harmless);
    let resolution = resolve(Some(&old), &now, &changes, accept.as_ref());
    let view = View {
        outcome: new,
        changes: &resolution.open,
        accepted: &resolution.accepted,
        problems: &[],
        gates: &[],
        rules: &[],
        strict: asked.strict,
        conclusion: Conclusion::of(&ConclusionInputs {
            outcome: new,
            changes: &resolution.open,
            problems: &[],
            gates: &[],
            strict: asked.strict,
            may_be_empty: false,
            interrupted: false,
        }),
    };
    let options = Options {
        colour: asked.colour,
        width: None,
        failures_only: false,
    };
    let mut bytes = Vec::new();
    write(&view, options, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn unexpected() -> Reason {
    Reason::UnexpectedAlert(vec![vec!["rpc".to_owned(), "child".to_owned()]])
}

/// The attack is lost on the endpoint, and its benign case tells nothing any more.
fn lost() -> Outcome {
    let mut new = calm();
    let checks = &mut new.scenarios[0].checks;
    let observed = stopped("user.id : \"S-1-5-18\"", "S-1-5-18");
    checks[0] = check(ATTACK, "elastic_defend", observed)
        .expecting("alert rpc, child")
        .verdict(Verdict::Failed, Some(Reason::NoAlert))
        .stopped_at("\"S-1-5-18\"");
    checks[2].verdict = Verdict::Invalid;
    new
}

#[test]
fn all_passed_is_two_lines() {
    let mut new = calm();
    new.scenarios[0]
        .checks
        .retain(|check| check.key.source == "elastic_defend");
    insta::assert_snapshot!(report(&new, &new, &PLAIN));
}

#[test]
fn what_was_not_tested_is_named() {
    let mut new = calm();
    for number in 0..12 {
        let file = format!("rules/u{number}.toml");
        new.rules.0.push(rule(&file, TestedState::Untested));
    }
    let esql = || TestedState::Unsupported(Unsupported::RuleType { name: "esql" });
    new.rules.0.push(rule("rules/e1.toml", esql()));
    new.rules.0.push(rule("rules/e2.toml", esql()));
    let patterns = vec!["logs-cloud_defend.*".to_owned()];
    new.rules
        .0
        .push(rule("rules/c.toml", TestedState::Unshaped(patterns)));
    new.scenarios[0].untested = vec!["winlogbeat".into()];
    new.scenarios[0].unshaped = vec![
        "logs-crowdstrike.fdr*".into(),
        "logs-m365_defender.event-*".into(),
    ];
    insta::assert_snapshot!(report(&new, &new, &PLAIN));
}

#[test]
fn a_lost_attack_stands_once_with_its_clause_and_the_cases_that_hang_on_it() {
    insta::assert_snapshot!(report(&calm(), &lost(), &PLAIN));
}

#[test]
fn a_case_that_fails_alike_on_two_sources_is_one_block() {
    let mut new = calm();
    let checks = &mut new.scenarios[0].checks;
    let failed = |source| {
        check(AGENT, source, alert())
            .expecting("none")
            .verdict(Verdict::Failed, Some(unexpected()))
            .changing("child.process.executable = C:\\Windows\\CCM\\Ccm32BitLauncher.exe")
    };
    checks[2] = failed("elastic_defend");
    checks[3] = failed("sysmon")
        .waived()
        .verdict(Verdict::Failed, Some(unexpected()));
    insta::assert_snapshot!(report(&calm(), &new, &PLAIN));
}

#[test]
fn an_invalid_case_says_what_it_did_and_what_it_changes() {
    let mut new = calm();
    new.scenarios[0].checks.push(
        check("another host", "sysmon", stopped("join host.id", "host-2"))
            .expecting("none, because join host.id")
            .verdict(
                Verdict::Invalid,
                Some(Reason::PinnedBySensor {
                    source: "sysmon".to_owned(),
                    fields: vec!["user.id".to_owned()],
                }),
            )
            .changing("rpc.user.id = S-1-5-21-1"),
    );
    insta::assert_snapshot!(report(&calm(), &new, &PLAIN));
}

/// Vacuous, blind, pinned and uncertain checks.
fn open() -> Outcome {
    let mut new = calm();
    let vacuous = Observed::None(NoneRecord {
        blocker: vec!["maxspan".into(), "order".into()],
        overdetermined: true,
        vacuous: true,
        ..NoneRecord::default()
    });
    let checks = &mut new.scenarios[0].checks;
    checks.push(
        check("late and reversed", "elastic_defend", vacuous)
            .verdict(Verdict::Vacuous, Some(Reason::NotProven)),
    );
    checks.push(
        check("older direction value", "winlogbeat", stopped(CCM, "x"))
            .verdict(Verdict::Blind, Some(Reason::NothingToWaive)),
    );
    checks.push(
        check(
            "no integrity level",
            "sysmon",
            Observed::Uncertain(optional()),
        )
        .verdict(Verdict::Uncertain, Some(Reason::Uncertain(optional()))),
    );
    let mut warned = check("warned", "sysmon", alert());
    warned.warnings.push(CheckWarning::AssumedMapping {
        source: "sysmon".to_owned(),
        fields: 1,
    });
    checks.push(warned);
    new
}

#[test]
fn what_is_open_is_said_in_a_line_each() {
    insta::assert_snapshot!(report(&open(), &open(), &PLAIN));
}

#[test]
fn under_strict_what_is_open_fails() {
    let asked = Asked {
        strict: true,
        ..PLAIN
    };
    insta::assert_snapshot!(report(&open(), &open(), &asked));
}

fn optional() -> Uncertainty {
    Uncertainty::OptionalFields {
        fields: vec!["a.b".to_owned()],
        missing: 0,
        folded: 1,
    }
}

#[test]
fn an_unverifiable_check_shows_what_elasticsearch_would_refuse() {
    let cause = EsqlCommand::UnknownColumn {
        name: "usr.id".to_owned(),
        suggestion: Near(None),
    };
    let refused = RefusedQuery {
        code: "E150",
        why: RefusedBy::Query(Box::new(cause.into())),
    };
    let mut new = calm();
    new.scenarios[0].checks.push(
        check(
            "typo",
            "winlogbeat",
            Observed::Unverifiable(NotRun::Query(refused.clone())),
        )
        .expecting("alert")
        .verdict(Verdict::Unverifiable, Some(Reason::Refused(refused)))
        .stopped_at("user.id"),
    );
    insta::assert_snapshot!(report(&calm(), &new, &PLAIN));
}

#[test]
fn new_entries_are_named_with_the_command_that_accepts_them() {
    let mut old = calm();
    old.scenarios[0].checks.truncate(2);
    insta::assert_snapshot!(report(&old, &calm(), &PLAIN));
}

#[test]
fn changes_that_fit_the_scenario_are_shown_worst_first_with_the_command() {
    let mut new = calm();
    let checks = &mut new.scenarios[0].checks;
    checks[1] = check(ATTACK, "sysmon", alert());
    checks[2].observed = stopped(
        "process.executable : \"*Ccm*\"",
        "C:\\Windows\\CCM\\Ccm32BitLauncher.exe",
    );
    checks[3].observed = checks[2].observed.clone();
    checks.push(check("older direction value", "elastic_defend", alert()));
    insta::assert_snapshot!(report(&calm(), &new, &PLAIN));
    let asked = Asked {
        accept: true,
        ..PLAIN
    };
    insta::assert_snapshot!("accepted", report(&calm(), &new, &asked));
}

/// The text without what stands from each `start` to the next `end`.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut parts = text.split(start);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once(end).map_or("", |(_, rest)| rest)
    })
}

#[test]
fn colours_change_nothing_but_colours() {
    let asked = Asked {
        colour: true,
        ..PLAIN
    };
    let coloured = report(&calm(), &lost(), &asked);
    assert!(coloured.contains("\u{1b}["));
    // Codes of errors are links to their pages.
    let unlinked = without(&coloured, "\u{1b}]8;;", "\u{1b}\\");
    let plain = without(&unlinked, "\u{1b}[", "m");
    assert_eq!(plain, report(&calm(), &lost(), &PLAIN));
}

#[test]
fn a_name_can_not_speak_to_the_terminal() {
    let mut new = calm();
    new.scenarios[0]
        .checks
        .push(check("\u{1b}[2J\u{7}", "sysmon", alert()).verdict(
            Verdict::Failed,
            Some(Reason::QueryFails(FailureKind::NotABlock(
                "\u{1b}[31m\r\n".to_owned(),
            ))),
        ));
    assert!(!report(&calm(), &new, &PLAIN).contains(['\u{1b}', '\u{7}', '\r']));
}
