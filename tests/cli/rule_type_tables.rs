//! Rules that count, remember or compare, case by case: tables of small cases with fixed answers, run
//! through `trapline test`.

use std::fmt::Write as _;

use crate::cloudtrail_rule::{LOGIN, RULE, SCENARIO, rule};
use crate::project::Project;

/// A project whose scenario consists of this attack and these cases.
fn project(of_type: &str, attack: &str, cases: &str) -> Project {
    let scenario = format!("{attack}\ncases:\n{cases}");
    Project::of(&[(RULE, &rule(of_type, LOGIN)), (SCENARIO, &scenario)])
}

fn passes(project: &Project) {
    let (code, text, err) = project.run_apart(&["test", "--accept"]);
    assert_eq!(code, 0, "{text}{err}");
}

const THRESHOLD: &str = r#"type = "threshold"
[rule.threshold]
field = ["user.name"]
value = 3
"#;

/// One event: its users, its minute, and further fields.
type At<'a> = (&'a str, i64, &'a str);

fn events(events: &[At<'_>]) -> String {
    let mut text = String::new();
    for (number, (users, minute, rest)) in events.iter().enumerate() {
        let more = if rest.is_empty() {
            String::new()
        } else {
            format!(", {rest}")
        };
        let _ = write!(
            text,
            "e{number}: {{is: api, at: {minute}m, event.action: ConsoleLogin, user.name: {users}{more}}}, "
        );
    }
    text
}

/// Executions at 10, 15 and 20 minutes, each over ten minutes, as for all rules here.
#[test]
fn a_threshold_rule_counts_by_group_and_window_and_never_twice() {
    let one = "{alert: {user.name: x, count: 3}}";
    let table: &[(&str, &[At<'_>], &str)] = &[
        (
            "three in one window",
            &[("x", 6, ""), ("x", 7, ""), ("x", 8, "")],
            "{alerts: 1}",
        ),
        (
            "the third in the next",
            &[("x", 6, ""), ("x", 7, ""), ("x", 11, "")],
            one,
        ),
        (
            "two have left",
            &[("x", 2, ""), ("x", 3, ""), ("x", 13, "")],
            "none",
        ),
        (
            "two more",
            &[
                ("x", 6, ""),
                ("x", 7, ""),
                ("x", 8, ""),
                ("x", 12, ""),
                ("x", 13, ""),
            ],
            "{alerts: 1}",
        ),
        (
            "three more",
            &[
                ("x", 6, ""),
                ("x", 7, ""),
                ("x", 8, ""),
                ("x", 12, ""),
                ("x", 13, ""),
                ("x", 14, ""),
            ],
            "{alerts: 2}",
        ),
        (
            "another group",
            &[("x", 6, ""), ("x", 7, ""), ("'y'", 8, "")],
            "none",
        ),
        (
            "two values in one event",
            &[
                ("[x, 'y']", 6, ""),
                ("[x, 'y']", 7, ""),
                ("[x, 'y']", 8, ""),
            ],
            "{alerts: 2}",
        ),
        (
            "no value",
            &[
                ("null", 6, ""),
                ("null", 7, ""),
                ("null", 8, ""),
                ("null", 9, ""),
                ("null", 10, ""),
            ],
            "none",
        ),
    ];
    let mut cases = String::new();
    for (name, rows, expect) in table {
        let add = events(rows);
        let _ = writeln!(
            cases,
            "  - {{name: {name}, remove: [attack], add: {{{add}}}, expect: {expect}}}"
        );
    }
    let attack = "
schedule: {phase: 0s}
attack:
  name: three
  events:
    attack: {is: api, at: 6m, event.action: ConsoleLogin, user.name: x, repeat: {times: 3, every: 1m}}
  expect:
    alert: {user.name: x, count: 3}
    with:
      kibana.alert.threshold_result.count: 3
      kibana.alert.threshold_result.from: 2024-01-01T00:06:00.000Z
      kibana.alert.original_time: 2024-01-01T00:08:00.000Z
      kibana.alert.threshold_result.terms.field: user.name
      kibana.alert.threshold_result.terms.value: x";
    passes(&project(THRESHOLD, attack, &cases));
}

#[test]
fn a_threshold_rule_needs_its_cardinality_as_well() {
    let cardinality =
        format!("{THRESHOLD}[[rule.threshold.cardinality]]\nfield = \"source.ip\"\nvalue = 2\n");
    let attack = "
attack:
  name: three from two addresses
  events:
    login:
      is: api
      event.action: ConsoleLogin
      user.name: x
      repeat: {times: 3, every: 10s}
      vary: {source.ip: [203.0.113.1, 203.0.113.2]}
  expect:
    alert: {user.name: x, count: 3}
    with:
      kibana.alert.threshold_result.cardinality.field: source.ip
      kibana.alert.threshold_result.cardinality.value: 2";
    let cases = "
  - name: three from one
    change: {login: {source.ip: 203.0.113.1, repeat: {times: 3, every: 10s}}}
    expect: none
    because: cardinality
";
    passes(&project(&cardinality, attack, cases));
}

#[test]
fn events_that_an_alert_counted_are_the_reason_that_a_later_window_has_too_few() {
    let attack = "
attack:
  name: three
  events:
    login: {is: api, at: 2m, event.action: ConsoleLogin, user.name: x, repeat: {times: 3, every: 1m}}
";
    let cases = "
  - name: two more after an alert
    schedule: {phase: 0s}
    change: {login: {repeat: {times: 2, every: 1m}}}
    history:
      old: {is: api, at: -4m, event.action: ConsoleLogin, user.name: x, repeat: {times: 3, every: 1m}}
    expect: none
    because: counted
";
    let project = project(THRESHOLD, attack, cases);
    passes(&project);
    let (_, text) = project.run(&["explain", RULE, "--case", "two more after an alert"]);
    assert!(
        text.contains("counted: 3 of 5 in group user.name = x were in an earlier alert"),
        "{text}"
    );
}

const NEW_TERMS: &str = r#"type = "new_terms"
new_terms_fields = ["user.name", "cloud.account.id"]
history_window_start = "now-7d"
"#;

#[test]
fn new_terms_are_new_by_combination_and_only_against_what_the_rule_sees() {
    let attack = "
attack:
  name: first seen
  events:
    e: {is: api.success, event.action: ConsoleLogin, user.name: a, cloud.account.id: '1'}
  expect: {alert: [e], new_terms: [a, '1'], with: {kibana.alert.new_terms: [a, '1']}}";
    let old = "is: api.success, event.action: ConsoleLogin";
    let cases = format!(
        "
  - name: seen
    history: {{old: {{{old}, at: -3d, user.name: a, cloud.account.id: '1'}}}}
    expect: none
    because: seen
  - name: forgotten
    history: {{old: {{{old}, at: -8d, user.name: a, cloud.account.id: '1'}}}}
    expect: {{alert: [e], new_terms: [a, '1']}}
  - name: the parts were seen
    history:
      host: {{{old}, at: -3d, user.name: a, cloud.account.id: '2'}}
      user: {{{old}, at: -3d, user.name: b, cloud.account.id: '1'}}
    expect: {{alert: [e], new_terms: [a, '1']}}
  - name: twice
    add: {{again: {{{old}, at: 1m, user.name: a, cloud.account.id: '1'}}}}
    expect: {{alerts: 1}}
  - name: one of two values was seen
    change: {{e: {{user.name: [a, b]}}}}
    history: {{old: {{{old}, at: -3d, user.name: a, cloud.account.id: '1'}}}}
    expect: {{alert: [e], new_terms: [b, '1']}}
  - name: two values and two values
    change: {{e: {{user.name: [a, b], cloud.account.id: ['1', '2']}}}}
    expect: {{alerts: 4}}
  - name: a field is missing
    change: {{e: {{cloud.account.id: null}}}}
    expect: none
    because: no term
  - name: what was seen does not meet the query
    history: {{old: {{is: api.success, at: -3d, event.action: Other, user.name: a, cloud.account.id: '1'}}}}
    expect: {{alert: [e], new_terms: [a, '1']}}
  - name: an exception hides what was seen
    exceptions: [hides.toml]
    history: {{old: {{{old}, at: -3d, user.name: a, cloud.account.id: '1', source.ip: 203.0.113.1}}}}
    expect: {{alert: [e], new_terms: [a, '1']}}
"
    );
    let project = project(NEW_TERMS, attack, &cases);
    std::fs::write(
        project.file("scenarios/hides.toml"),
        "[[exceptions]]\n[[exceptions.items]]\nname = \"office\"\ndescription = \"d\"\n\
         entries = [{field = \"source.ip\", operator = \"included\", type = \"match\", \
         value = \"203.0.113.1\"}]\n",
    )
    .unwrap();
    passes(&project);
}

/// Just one execution sees the event, and where it lies in the range decides.
#[test]
fn a_term_first_seen_at_the_very_start_of_the_range_is_not_new() {
    let attack = "
schedule: {interval: 1h, phase: 10m}
attack:
  name: within the range
  events:
    e: {is: api.success, at: 1ms, event.action: ConsoleLogin, user.name: a, cloud.account.id: '1'}
  expect: {alert: [e], new_terms: [a, '1']}";
    let cases = "
  - name: five minutes before
    change: {e: {at: 5m}}
    expect: {alert: [e], new_terms: [a, '1']}
  - name: exactly at its start
    change: {e: {at: 0s}}
    expect: none
    because: at the edge
  - name: before its start
    change: {e: {at: -1ms}}
    expect: none
    because: look-back
";
    passes(&project(NEW_TERMS, attack, cases));
}

const THREAT: &str = r#"type = "threat_match"
threat_index = ["logs-ti_*"]
threat_language = "kuery"
threat_query = '@timestamp >= "now-30d/d"'
threat_filters = [{meta = {negate = false}, query = {match_phrase = {"event.kind" = "enrichment"}}}]
threat_mapping = [
  {entries = [{field = "source.ip", type = "mapping", value = "threat.indicator.ip"}]},
  {entries = [
    {field = "user.name", type = "mapping", value = "threat.indicator.email.address"},
    {field = "user_agent.original", type = "mapping", value = "threat.indicator.description"},
  ]},
]
"#;

const MET: &str = "
attack:
  name: an address that a feed names
  events:
    e: {is: api, event.action: ConsoleLogin, source.ip: 203.0.113.1}
  indicators:
    i1: {is: indicator, at: -1d, threat.indicator.ip: 203.0.113.1, threat.feed.name: F}
  expect:
    alert: [e]
    matched: {e: [i1]}
    with:
      threat.enrichments.matched.atomic: 203.0.113.1
      threat.enrichments.matched.field: source.ip
      threat.enrichments.matched.id: i1
      threat.enrichments.matched.index: logs-ti_abusech.url-default
      threat.enrichments.matched.type: indicator_match_rule
      threat.enrichments.indicator.ip: 203.0.113.1
      threat.enrichments.feed.name: F
      kibana.alert.severity: medium";

#[test]
fn an_event_matches_an_indicator_by_all_entries_of_one_group() {
    let cases = "
  - name: two indicators
    indicators: {i2: {at: -1d, threat.indicator.ip: 203.0.113.1}}
    expect: {alert: [e], matched: {e: [i1, i2]}, with: {threat.enrichments.matched.id: [i1, i2]}}
  - name: parts in two indicators
    change: {e: {source.ip: null, user.name: x, user_agent.original: m}}
    indicators:
      i2: {at: -1d, threat.indicator.email.address: x}
      i3: {at: -1d, threat.indicator.description: m}
    expect: none
    because: indicator group
  - name: both parts in one
    change: {e: {source.ip: null, user.name: x, user_agent.original: m}}
    indicators: {i2: {at: -1d, threat.indicator.email.address: x, threat.indicator.description: m}}
    expect:
      alert: [e]
      matched: {e: [i2]}
      with: {threat.enrichments.matched.field: [user.name, user_agent.original], threat.enrichments.matched.id: [i2, i2]}
  - name: a part is missing
    change: {e: {source.ip: null, user.name: x}}
    indicators: {i2: {at: -1d, threat.indicator.email.address: x, threat.indicator.description: m}}
    expect: none
    because: indicator
  - {name: another address, change: {e: {source.ip: 203.0.113.2}}, expect: none, because: indicator}
  - {name: outside the filters, change: {i1: {event.kind: event}}, expect: none, because: indicator query}
  - {name: too old, change: {i1: {at: -40d}}, expect: none, because: indicator query}
  - {name: an exception on indicators, exceptions: [hides.toml], expect: none, because: indicator query}
  - name: more than one address, and the indicators are searched
    change: {e: {source.ip: [203.0.113.2, 203.0.113.1]}}
    indicators: {i2: {at: -1d, threat.indicator.ip: 203.0.113.9}}
    expect: none
    because: several values
  - name: more than one address, and the events are searched
    change: {e: {source.ip: [203.0.113.2, 203.0.113.1]}}
    expect: {alert: [e], matched: {e: [i1]}}
  - name: an event that two executions see
    change: {e: {at: 1m}}
    expect: {alerts: 1}
  - name: an indicator that comes before the second execution
    schedule: {phase: 0s}
    change: {e: {at: 1m}, i1: {at: 6m}}
    expect: {alert: [e]}
  - name: an indicator that comes when no execution sees the event
    schedule: {phase: 0s}
    change: {e: {at: 1m}, i1: {at: 20m}}
    expect: none
    because: look-back
";
    let project = project(THREAT, MET, cases);
    let hides = "[[exceptions]]\n[[exceptions.items]]\nname = \"feed\"\ndescription = \"d\"\n\
                 entries = [{field = \"threat.indicator.ip\", operator = \"included\", \
                 type = \"match\", value = \"203.0.113.1\"}]\n";
    std::fs::write(project.file("scenarios/hides.toml"), hides).unwrap();
    passes(&project);
    let explain = |case: &str| {
        let (_, text) = project.run(&["explain", RULE, "--case", case]);
        text
    };
    let text = explain("another address");
    assert!(
        text.contains("indicator: source.ip = 203.0.113.2"),
        "{text}"
    );
    assert!(text.contains("not in the one indicator"), "{text}");
    let text = explain("too old");
    assert!(
        text.contains("the indicator i1 does not meet @timestamp"),
        "{text}"
    );
    let text = explain("outside the filters");
    assert!(
        text.contains("`threat_filters` leave out the indicator i1"),
        "{text}"
    );
    let text = explain("parts in two indicators");
    assert!(
        text.contains("user.name = x in i2, user_agent.original = m in i3"),
        "{text}"
    );
    let text = explain("more than one address, and the indicators are searched");
    assert!(
        text.contains("source.ip of e has 2 values, and Kibana uses one"),
        "{text}"
    );
}

#[test]
fn a_case_without_indicators_proves_nothing() {
    let cases = "  - {name: none left, remove: [i1], expect: none, because: indicator}\n";
    let (code, text) = project(THREAT, MET, cases).run(&["test", "--accept"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 vacuous"), "{text}");
}

#[test]
fn matched_names_just_the_indicators_of_an_event() {
    let cases = "
  - name: two indicators
    indicators: {i2: {at: -1d, threat.indicator.ip: 203.0.113.1}}
    expect: {alert: [e], matched: {e: [i2]}}
";
    let (code, text) = project(THREAT, MET, cases).run(&["test", "--accept"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("expected e to match i2, found i1, i2"),
        "{text}"
    );
}

#[test]
fn a_negated_entry_must_not_hold_within_the_same_indicator() {
    let of_type = THREAT.replace(
        r#"{field = "user_agent.original", type = "mapping", value = "threat.indicator.description"}"#,
        r#"{field = "user_agent.original", type = "mapping", value = "threat.indicator.description", negate = true}"#,
    );
    let cases = "
  - name: the indicator has another description
    change: {e: {source.ip: null, user.name: x, user_agent.original: m}}
    indicators: {i2: {at: -1d, threat.indicator.email.address: x, threat.indicator.description: other}}
    expect: {alert: [e], matched: {e: [i2]}}
  - name: the indicator has the description
    change: {e: {source.ip: null, user.name: x, user_agent.original: m}}
    indicators: {i2: {at: -1d, threat.indicator.email.address: x, threat.indicator.description: m}}
    expect: none
    because: negated entry
  - name: neither has one
    change: {e: {source.ip: null, user.name: x}}
    indicators: {i2: {at: -1d, threat.indicator.email.address: x}}
    expect: none
    because: negated entry
  - name: another indicator has the description
    change: {e: {source.ip: null, user.name: x, user_agent.original: m}}
    indicators:
      i2: {at: -1d, threat.indicator.email.address: x, threat.indicator.description: other}
      i3: {at: -1d, threat.indicator.email.address: z, threat.indicator.description: m}
    expect: {alert: [e], matched: {e: [i2]}}
";
    passes(&project(&of_type, MET, cases));
}

/// The searched side's type decides: an address field takes a block, a keyword does not.
#[test]
fn a_block_of_addresses_is_found_in_an_address_field_only() {
    let of_type = THREAT.replace(
        "threat.indicator.ip\"}]}",
        "threat.indicator.description\"}]}",
    );
    let cases = "
  - name: events are searched for the block
    change: {i1: {threat.indicator.ip: null, threat.indicator.description: 203.0.113.0/24}}
    expect: {alert: [e], matched: {e: [i1]}}
  - name: indicators are searched for the address
    change: {i1: {threat.indicator.ip: null, threat.indicator.description: 203.0.113.0/24}}
    indicators: {i2: {at: -1d, threat.indicator.description: 198.51.100.7}}
    expect: none
    because: indicator
";
    let attack = MET.replace(
        "threat.indicator.ip: 203.0.113.1, threat.feed",
        "threat.indicator.description: 203.0.113.1, threat.feed",
    );
    let attack = attack.replace(
        "threat.enrichments.indicator.ip:",
        "threat.enrichments.indicator.description:",
    );
    passes(&project(
        &of_type,
        &attack,
        &cases.replace("threat.indicator.ip: null, ", ""),
    ));
}

/// What `new` writes for a rule of each type passes, and says what the type asks for.
#[test]
fn new_makes_counts_terms_and_indicators() {
    let cardinality =
        format!("{THRESHOLD}[[rule.threshold.cardinality]]\nfield = \"source.ip\"\nvalue = 4\n");
    let table = [
        (THRESHOLD, "because: count"),
        (cardinality.as_str(), "because: cardinality"),
        (NEW_TERMS, "because: seen"),
        (THREAT, "threat.indicator.ip:"),
    ];
    for (of_type, made) in table {
        let project = Project::of(&[(RULE, &rule(of_type, LOGIN))]);
        let (code, text, err) = project.run_apart(&["new", RULE]);
        assert_eq!(code, 0, "{text}{err}");
        let written = std::fs::read_to_string(project.file(SCENARIO)).unwrap();
        assert!(written.contains(made), "{written}");
        passes(&project);
    }
}

#[test]
fn an_indicator_query_that_does_not_parse_is_an_error_at_its_place() {
    let of_type = THREAT.replace("@timestamp >= \"now-30d/d\"", "@timestamp >= (");
    let (code, text, err) = project(&of_type, MET, "").run_apart(&["test"]);
    assert_eq!(code, 3, "{text}{err}");
    assert!(
        text.contains("@timestamp >= (") || err.contains("@timestamp >= ("),
        "{text}{err}"
    );
}

/// Each of its executions would fail in Elasticsearch.
#[test]
fn a_rule_that_groups_by_text_is_refused() {
    let table = [
        "type = \"threshold\"\n[rule.threshold]\nfield = [\"message\"]\nvalue = 3\n",
        "type = \"new_terms\"\nnew_terms_fields = [\"message\"]\nhistory_window_start = \"now-7d\"\n",
        "type = \"query\"\nalert_suppression = {group_by = [\"message\"]}\n",
    ];
    let attack = "
attack:
  name: a login
  events:
    e: {is: api.success, event.action: ConsoleLogin, message: m}
";
    for of_type in table {
        let project = project(
            of_type,
            attack,
            "  - {name: other, change: {e: {event.action: Other}}, expect: none}\n",
        );
        let (_, text, err) = project.run_apart(&["test"]);
        let said = "fielddata is disabled on [message]";
        assert!(text.contains(said) || err.contains(said), "{text}{err}");
        assert!(!text.contains("all passed"), "{text}");
        std::fs::write(project.file("events.ndjson"), "{\"message\": \"m\"}\n").unwrap();
        let (code, _, err) = project.run_apart(&["scan", "events.ndjson"]);
        assert_eq!(code, 3, "{err}");
        assert!(err.contains(said), "{err}");
    }
}
