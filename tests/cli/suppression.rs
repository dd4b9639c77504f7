//! The executions of query rules, and alert suppression of every type of rule that is not EQL.

use std::fmt::Write as _;

use crate::cloudtrail_rule::{LOGIN, RULE, SCENARIO, rule};
use crate::project::Project;

/// A case: name, phase, events, what is expected.
type Row<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

/// An attack with one event, and cases.
fn holds(of_type: &str, rest_of_attack: &str, table: &[Row<'_>]) {
    let mut text = format!(
        "attack:\n  name: a login\n  events:\n    e: {{is: api.success, event.action: ConsoleLogin, \
         user.name: a, cloud.account.id: '1', source.ip: 203.0.113.1}}\n{rest_of_attack}cases:\n"
    );
    for (name, phase, events, expect) in table {
        let mut add = String::new();
        for (number, (at, rest)) in events.iter().enumerate() {
            let _ = write!(
                add,
                "e{number}: {{is: api.success, at: {at}, event.action: ConsoleLogin, {rest}}}, "
            );
        }
        let _ = writeln!(
            text,
            "  - name: {name}\n    schedule: {{phase: {phase}}}\n    remove: [e]\n    \
             add: {{{add}}}\n    expect: {expect}"
        );
    }
    let project = Project::of(&[(RULE, &rule(of_type, LOGIN)), (SCENARIO, &text)]);
    let (code, text, err) = project.run_apart(&["test", "--accept"]);
    assert_eq!(code, 0, "{text}{err}");
}

const BURST: &[(&str, &str)] = &[
    ("4s", "user.name: x"),
    ("3s", "user.name: x"),
    ("2s", "user.name: x"),
    ("1s", "user.name: x"),
    ("0s", "user.name: x"),
];

#[test]
fn a_query_rule_takes_the_oldest_and_goes_on_behind_them() {
    holds(
        "type = \"query\"\nmax_signals = 2\n",
        "",
        &[
            // The executions at 1 and 6 minutes see all, that at 11 none.
            (
                "a burst",
                "1m",
                BURST,
                "{alerts: 4}\n    because: max_signals",
            ),
            ("the oldest", "1m", BURST, "{alert: [e4]}"),
            ("the next", "1m", BURST, "{alert: [e1]}"),
            ("two", "1m", &BURST[..2], "{alerts: 2}"),
        ],
    );
}

#[test]
fn a_query_rule_alerts_once_for_each_bucket() {
    let two: &[(&str, &str)] = &[("0s", "user.name: x"), ("1m", "user.name: x")];
    let of_type = "type = \"query\"\nalert_suppression = {group_by = [\"user.name\"]}\n";
    holds(
        of_type,
        "",
        &[
            (
                "one execution",
                "2m",
                two,
                "{alerts: 1}\n    because: suppressed",
            ),
            ("an execution each", "30s", two, "{alerts: 2}"),
            (
                "two users",
                "2m",
                &[("0s", "user.name: x"), ("1m", "user.name: z")],
                "{alerts: 2}",
            ),
            (
                "a user in two buckets",
                "2m",
                &[("0s", "'user.name': [x, z]")],
                "{alerts: 2}",
            ),
            (
                "no user",
                "2m",
                &[("0s", "user.name: null"), ("1m", "user.name: null")],
                "{alerts: 1}\n    because: suppressed",
            ),
        ],
    );
    let lasting = of_type.replace("\"]", "\"], duration = {value = 20, unit = \"m\"}");
    lasting_holds(&lasting, two);
    let single = of_type.replace("\"]", "\"], missing_fields_strategy = \"doNotSuppress\"");
    holds(
        &single,
        "",
        &[(
            "no user",
            "2m",
            &[("0s", "user.name: null"), ("1m", "user.name: null")],
            "{alerts: 2}",
        )],
    );
}

fn lasting_holds(of_type: &str, two: &[(&str, &str)]) {
    holds(
        of_type,
        "",
        &[
            (
                "an execution each",
                "30s",
                two,
                "{alerts: 1}\n    because: suppressed",
            ),
            (
                "after its end",
                "30s",
                &[("0s", "user.name: x"), ("21m", "user.name: x")],
                "{alerts: 2}",
            ),
        ],
    );
}

#[test]
fn a_threshold_rule_makes_one_alert_of_a_group_while_it_lasts() {
    let events: &[(&str, &str)] = &[
        ("6m", "user.name: x"),
        ("7m", "user.name: x"),
        ("12m", "user.name: x"),
        ("13m", "user.name: x"),
    ];
    let plain = "type = \"threshold\"\nthreshold = {field = [\"user.name\"], value = 2}\n";
    let more = "  expect: none\n";
    holds(plain, more, &[("two", "0s", events, "{alerts: 2}")]);
    let lasting =
        format!("{plain}alert_suppression = {{duration = {{value = 1, unit = \"h\"}}}}\n");
    let expect = "{alerts: 1}\n    because: suppressed";
    holds(&lasting, more, &[("two", "0s", events, expect)]);
    let short = lasting.replace("unit = \"h\"", "unit = \"m\"");
    holds(&short, more, &[("two", "0s", events, "{alerts: 2}")]);
}

#[test]
fn new_terms_of_one_group_are_one_alert() {
    let of_type = "type = \"new_terms\"\nnew_terms_fields = [\"user.name\"]\n\
                   history_window_start = \"now-7d\"\n\
                   alert_suppression = {group_by = [\"cloud.account.id\"]}\n";
    let of = |user: &str, account: &str| format!("user.name: {user}, cloud.account.id: {account}");
    let (x, z, other) = (of("x", "'1'"), of("z", "'1'"), of("z", "'2'"));
    let (none, neither) = (of("x", "null"), of("z", "null"));
    let one = "{alerts: 1}\n    because: suppressed";
    holds(
        of_type,
        "",
        &[
            ("one account", "2m", &[("0s", &x), ("1m", &z)], one),
            (
                "two accounts",
                "2m",
                &[("0s", &x), ("1m", &other)],
                "{alerts: 2}",
            ),
            ("no account", "2m", &[("0s", &none), ("1m", &neither)], one),
        ],
    );
}

#[test]
fn an_indicator_match_rule_makes_one_alert_of_a_group_the_oldest_first() {
    let of_type = "type = \"threat_match\"\nthreat_index = [\"logs-ti_*\"]\nthreat_query = \"*:*\"\n\
        threat_mapping = [{entries = [{field = \"source.ip\", type = \"mapping\", value = \"threat.indicator.ip\"}]}]\n\
        alert_suppression = {group_by = [\"user.name\"]}\n";
    let indicators =
        "  indicators:\n    i: {is: indicator, at: -1d, threat.indicator.ip: 203.0.113.1}\n";
    let x = "user.name: x, source.ip: 203.0.113.1";
    let z = "user.name: z, source.ip: 203.0.113.1";
    let two = &[("0s", x), ("1m", x)];
    holds(
        of_type,
        indicators,
        &[
            (
                "one user",
                "2m",
                two,
                "{alerts: 1}\n    because: suppressed",
            ),
            ("the oldest", "2m", two, "{alert: [e0]}"),
            ("two users", "2m", &[("0s", x), ("1m", z)], "{alerts: 2}"),
        ],
    );
}
