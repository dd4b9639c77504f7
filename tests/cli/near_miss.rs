//! Reasons that say by how little an event misses a clause, what suppression adds to an alert, and
//! events of the past that a rule does not count.

use crate::cloudtrail_rule::{LOGIN, RULE, SCENARIO, project, rule};

#[test]
fn a_value_that_differs_in_case_and_words_out_of_order_are_reasons() {
    let query = "event.action: Console* and message: \"root has signed in\"";
    let scenario = "attack:
  name: a login
  events:
    e: {is: api, event.action: ConsoleLogin, message: The root has signed in today}
cases:
  - {name: in capitals, change: {e: {event.action: CONSOLELOGIN}}, expect: none, because: case}
  - {name: the words elsewhere, change: {e: {message: signed in as root it has}}, expect: none, because: words}
  - {name: the clause still has its name, change: {e: {event.action: CONSOLELOGIN}}, expect: none, because: event.action}
";
    let project = project(&rule("type = \"query\"\n", query), scenario);
    let (code, text, err) = project.run_apart(&["test", "--accept"]);
    assert_eq!(code, 0, "{text}{err}");
    let (_, text) = project.run(&["explain", RULE, "--case", "in capitals"]);
    assert!(text.contains("differs in case only"), "{text}");
    let (_, text) = project.run(&["explain", RULE, "--case", "the words elsewhere"]);
    assert!(text.contains("the words are there, not in a row"), "{text}");
    let wrong = project.with(
        SCENARIO,
        "event.action: CONSOLELOGIN}}, expect: none, because: case",
        "event.action: Other}}, expect: none, because: case",
    );
    let (code, text) = wrong.run(&["test"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("expected case to stop it"), "{text}");
}

#[test]
fn an_alert_has_what_suppression_adds() {
    let suppression = "type = \"query\"\n[rule.alert_suppression]\ngroup_by = [\"user.name\"]\n\
                       duration = {value = 30, unit = \"m\"}\n";
    let scenario = "attack:
  name: three logins
  schedule: {phase: 1m}
  events:
    a: {is: api, event.action: ConsoleLogin, user.name: alice}
    b: {is: api, at: 10s, event.action: ConsoleLogin, user.name: alice}
    c: {is: api, at: 20s, event.action: ConsoleLogin, user.name: alice}
  expect:
    alert: [a]
    with:
      kibana.alert.suppression.terms.field: user.name
      kibana.alert.suppression.terms.value: alice
      kibana.alert.suppression.start: '2024-01-01T00:00:00.000Z'
      kibana.alert.suppression.end: '2024-01-01T00:00:20.000Z'
      kibana.alert.suppression.docs_count: 2
";
    let project = project(&rule(suppression, LOGIN), scenario);
    let (code, text, err) = project.run_apart(&["test", "--accept"]);
    assert_eq!(code, 0, "{text}{err}");
}

#[test]
fn a_past_that_the_rule_does_not_count_is_a_finding() {
    let terms = "type = \"new_terms\"\n[rule.new_terms]\nfield = \"new_terms_fields\"\n\
                 value = [\"user.name\"]\n[[rule.new_terms.history_window_start]]\n\
                 field = \"history_window_start\"\nvalue = \"now-7d\"\n";
    let scenario = "attack:
  name: a new user
  events:
    e: {is: api, event.action: ConsoleLogin, event.outcome: success, user.name: alice}
  history:
    old: {is: api, at: -3d, event.action: ConsoleLogin, event.outcome: failure, user.name: alice}
  expect: alert
";
    let query = "event.action: ConsoleLogin and event.outcome: success";
    let project = project(&rule(terms, query), scenario);
    let (_, text) = project.run(&["check"]);
    assert!(text.contains("history-does-not-meet-query"), "{text}");
    assert!(
        text.contains("a past that the rule does not count: old"),
        "{text}"
    );
    let counted = project.with(
        SCENARIO,
        "event.outcome: failure, user.name: alice",
        "event.outcome: success, user.name: bob",
    );
    let (_, text) = counted.run(&["check"]);
    assert!(!text.contains("history-does-not-meet-query"), "{text}");
}
