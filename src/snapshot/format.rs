//! Writes a snapshot as text. No other file writes snapshot text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use indexmap::IndexMap;

use super::{Case, Fact, Record, Snapshot, words};
use crate::replay::outcome::{AlertRecord, Check, NoneRecord, Observed, Outcome, ScenarioOutcome};

/// The column in which a fact's value begins, counted from its key.
const COLUMN: usize = 9;
/// Values longer than this many characters are cut in the middle.
const LONGEST: usize = 96;
/// Of more alerts only the first and the last are written.
const MOST_ALERTS: usize = 12;
/// An alert with more events than this shows how many they are, the first and the last.
const MOST_EVENTS: usize = 8;
/// Introduces the sources whose run needed the gap's blocker waived.
pub(super) const WAIVED: &str = "but for the gap: ";

/// The current behaviour of one scenario file, and the checks that contradict their expectation.
#[derive(Debug, Clone)]
pub struct Current {
    /// What it does.
    pub snapshot: Snapshot,
    /// `(case, source)` of the checks that fail; what they do can not be accepted.
    pub failing: BTreeSet<(String, String)>,
}

/// The scenarios of a run by their files, in file order.
pub fn by_file(outcome: &Outcome) -> IndexMap<&str, Vec<&ScenarioOutcome>> {
    let mut files: IndexMap<&str, Vec<&ScenarioOutcome>> = IndexMap::new();
    for scenario in &outcome.scenarios {
        files.entry(&scenario.scenario).or_default().push(scenario);
    }
    files
}

/// What each scenario file of a run does, in file order; several YAML documents of one file are
/// one entry.
pub fn current(outcome: &Outcome) -> Vec<Current> {
    let files = by_file(outcome).into_iter();
    files
        .map(|(file, scenarios)| Current::of(file, &scenarios))
        .collect()
}

impl Current {
    /// What a scenario file does. A skipped check did nothing and has no record.
    pub fn of(file: &str, scenarios: &[&ScenarioOutcome]) -> Self {
        let mut current = Self {
            snapshot: Snapshot {
                scenario: file.to_owned(),
                cases: Vec::new(),
            },
            failing: BTreeSet::new(),
        };
        for scenario in scenarios {
            add(&mut current, scenario);
        }
        current
    }
}

/// The text of a snapshot file, with LF and a final line break.
pub fn text(snapshot: &Snapshot) -> String {
    let scenario = &snapshot.scenario;
    let mut text = format!(
        "---\nexpression: {}\ninput_file: {}\n---\n",
        yaml(&command(scenario)),
        yaml(scenario)
    );
    let mut header = "";
    for (index, case) in snapshot.cases.iter().enumerate() {
        if index == 0 || case.header != header {
            let blank = if index == 0 { "" } else { "\n" };
            let _ = writeln!(text, "{blank}{}", case.header);
            header = &case.header;
        }
        let _ = writeln!(text, "\n# {}", case.name);
        for group in groups(&case.records) {
            let _ = write!(text, "\n{}", entry(&group));
        }
    }
    text
}

/// The command that makes the snapshot of a scenario file.
pub fn command(scenario: &str) -> String {
    format!("trapline test {scenario}")
}

/// One entry: the sources that share it, then one fact a line.
pub(super) fn entry(group: &[&Record]) -> String {
    let names = |waived: bool| {
        let names: Vec<&str> = group
            .iter()
            .filter(|record| record.waived == waived)
            .map(|record| record.source.as_str())
            .collect();
        names.join(", ")
    };
    let (plain, waived) = (names(false), names(true));
    let mut text = plain;
    if !waived.is_empty() {
        let separator = if text.is_empty() { "" } else { "; " };
        let _ = write!(text, "{separator}{WAIVED}{waived}");
    }
    let Some(first) = group.first() else {
        return text;
    };
    if let Some(pin) = &first.pin {
        let _ = write!(text, "  ({pin})");
    }
    text.push('\n');
    for fact in &first.facts {
        text.push_str("  ");
        text.push_str(&fact_line(fact));
        text.push('\n');
    }
    text
}

fn fact_line(fact: &Fact) -> String {
    if fact.value.is_empty() {
        return fact.key.clone();
    }
    let gap = COLUMN.saturating_sub(fact.key.chars().count()).max(1);
    format!("{}{:gap$}{}", fact.key, "", fact.value)
}

/// Records that differ in nothing but the source, in the order of the first of each.
fn groups(records: &[Record]) -> Vec<Vec<&Record>> {
    let mut groups: Vec<Vec<&Record>> = Vec::new();
    for record in records {
        let group = groups.iter_mut().find(|group| {
            group
                .first()
                .is_some_and(|first| first.facts == record.facts && first.pin == record.pin)
        });
        match group {
            Some(group) => group.push(record),
            None => groups.push(vec![record]),
        }
    }
    groups
}

fn add(file: &mut Current, scenario: &ScenarioOutcome) {
    let mut header = line(&format!(
        "{}, {} {}",
        scenario.rule_name, scenario.severity, scenario.risk_score
    ));
    if header.starts_with('#') {
        // It would read as a case.
        header.replace_range(..1, "\\u{23}");
    }
    for check in &scenario.checks {
        let Some(record) = record(check) else {
            continue;
        };
        let name = line(&check.key.case);
        if check.verdict.fails() {
            file.failing.insert((name.clone(), record.source.clone()));
        }
        // The checks of a case stand one after the other.
        let mut cases = file.snapshot.cases.iter_mut().rev();
        match cases.find(|case| case.name == name) {
            Some(case) => case.records.push(record),
            None => file.snapshot.cases.push(Case {
                header: header.clone(),
                name,
                records: vec![record],
            }),
        }
    }
}

/// The behaviour of one check; `None` if it was not run.
pub fn record(check: &Check) -> Option<Record> {
    let mut facts = match &check.observed {
        Observed::Alert(alerts) if alerts.is_empty() => vec![fact("alert", line(""))],
        Observed::Alert(alerts) => many_facts(alerts),
        Observed::None(none) => none_facts(none),
        Observed::Uncertain(on) => vec![fact("uncertain", line(&words::uncertainty(on)))],
        Observed::Unverifiable(why) => vec![fact("unverifiable", line(&words::not_run(why)))],
        Observed::Unsupported(what) => vec![fact("unsupported", line(&words::not_run(what)))],
        Observed::Skipped(_) => return None,
    };
    let production = check.production.iter().map(words::production);
    facts.extend(production.map(|(key, value)| fact(key, line(&value))));
    Some(Record {
        source: word(&check.key.source),
        waived: check.waived.is_some(),
        pin: check.pin.as_ref().map(|pin| pin.kind.word().to_owned()),
        facts,
    })
}

/// Each alert; of very many how many there are, the first and the last.
fn many_facts(alerts: &[AlertRecord]) -> Vec<Fact> {
    match alerts {
        [first, .., last] if alerts.len() > MOST_ALERTS => {
            let mut facts = vec![fact("alerts", alerts.len().to_string())];
            facts.extend(alert_facts(first));
            facts.extend(alert_facts(last));
            facts
        }
        alerts => alerts.iter().flat_map(alert_facts).collect(),
    }
}

fn alert_facts(alert: &AlertRecord) -> Vec<Fact> {
    let events: Vec<String> = alert
        .events
        .iter()
        .enumerate()
        .map(|(index, event)| match event {
            Some(event) => format!("{} {}", event.label, offset(event.after, index == 0)),
            None => "(missing)".to_owned(),
        })
        .collect();
    let events = match events.as_slice() {
        // A threshold rule counts hundreds.
        [first, .., last] if events.len() > MOST_EVENTS => {
            format!("{} events: {first} … {last}", events.len())
        }
        events => events.join(", "),
    };
    let mut facts = vec![fact("alert", line(&events))];
    let pairs = [
        ("join", &alert.join),
        ("shared", &alert.shared),
        ("with", &alert.with),
    ];
    for (key, pairs) in pairs {
        for (field, value) in pairs {
            facts.push(fact(key, line(&format!("{field} = {}", cut(value)))));
        }
    }
    facts
}

fn none_facts(none: &NoneRecord) -> Vec<Fact> {
    let place = match (none.stage, &none.event) {
        (Some(stage), Some(event)) => format!("stage {stage}, {event}"),
        (Some(stage), None) => format!("stage {stage}"),
        (None, Some(event)) => event.clone(),
        (None, None) => "between stages".to_owned(),
    };
    let mut facts = vec![fact("none", line(&place))];
    for clause in &none.blocker {
        facts.push(fact("blocker", line(clause)));
    }
    if let Some(value) = &none.value {
        facts.push(fact("value", line(&cut(&value.to_string()))));
    }
    if let Some(miss) = &none.miss {
        facts.push(fact("miss", line(&miss.to_string())));
    }
    if none.vacuous || none.overdetermined {
        facts.push(fact("vacuous", String::new()));
    }
    if none.approximate {
        facts.push(fact("approximate", String::new()));
    }
    facts
}

fn fact(key: &str, value: String) -> Fact {
    Fact {
        key: key.to_owned(),
        value,
    }
}

/// `0s` for the first event, then `+0.8s`.
fn offset(milliseconds: i64, first: bool) -> String {
    let sign = match milliseconds {
        ..0 => "-",
        0 if first => "",
        _ => "+",
    };
    format!("{sign}{}", duration(milliseconds.unsigned_abs()))
}

/// `0.8s`, `1m30s`, `2h`: the notation of `at` in a scenario.
fn duration(milliseconds: u64) -> String {
    let (hours, minutes) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60);
    let (seconds, rest) = (milliseconds / 1000 % 60, milliseconds % 1000);
    let mut text = String::new();
    if hours > 0 {
        let _ = write!(text, "{hours}h");
    }
    if minutes > 0 {
        let _ = write!(text, "{minutes}m");
    }
    if rest > 0 {
        let fraction = format!("{rest:03}");
        let _ = write!(text, "{seconds}.{}s", fraction.trim_end_matches('0'));
    } else if seconds > 0 || text.is_empty() {
        let _ = write!(text, "{seconds}s");
    }
    text
}

/// A long value without its middle.
fn cut(value: &str) -> String {
    let count = value.chars().count();
    if count <= LONGEST {
        return value.to_owned();
    }
    let half = (LONGEST - 1) / 2;
    let head: String = value.chars().take(half).collect();
    let tail: String = value.chars().skip(count - half).collect();
    format!("{head}…{tail}")
}

/// A text that stays on its line and survives editors that trim: control characters and a final
/// blank are written as escapes, an empty text as `""`.
pub(super) fn line(text: &str) -> String {
    if text.is_empty() {
        return "\"\"".to_owned();
    }
    // Nearly every text is plain.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain && !text.starts_with(' ') && !text.ends_with(' ') {
        return text.to_owned();
    }
    let last = text.chars().count() - 1;
    let mut safe = String::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
        let breaks = character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
        if breaks || (character.is_whitespace() && (index == last || index == 0)) {
            let _ = write!(safe, "{}", character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// A source's name: whatever would read as punctuation of an entry is escaped.
fn word(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_alphanumeric() || matches!(character, '_' | '-' | '.') {
            safe.push(character);
        } else {
            let _ = write!(safe, "{}", character.escape_unicode());
        }
    }
    if safe.is_empty() { line("") } else { safe }
}

/// A YAML scalar as insta's own writer gives it, so that accepting with insta's tools leaves the
/// same bytes.
fn yaml(text: &str) -> String {
    let special = |character: char| {
        ":{}[],#`\"'\\".contains(character) || (character.is_control() && character != '\u{7f}')
    };
    let quoted = text.is_empty()
        || text.starts_with(' ')
        || text.ends_with(' ')
        || text.starts_with(['&', '*', '?', '|', '-', '<', '>', '=', '!', '%', '@', '.'])
        || text.starts_with("0x")
        || text.contains(special)
        || text.parse::<f64>().is_ok();
    if quoted {
        serde_json::Value::from(text).to_string()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_a_scenario() {
        assert_eq!(offset(0, true), "0s");
        assert_eq!(offset(0, false), "+0s");
        assert_eq!(offset(800, false), "+0.8s");
        assert_eq!(offset(2001, false), "+2.001s");
        assert_eq!(offset(90_000, false), "+1m30s");
        assert_eq!(offset(7_200_000, false), "+2h");
        assert_eq!(offset(-214, false), "-0.214s");
        assert_eq!(offset(i64::MIN, false).chars().next(), Some('-'));
    }

    #[test]
    fn a_long_value_loses_its_middle() {
        let long = format!("{}{}", "a".repeat(500), "b".repeat(500));
        let short = cut(&long);
        assert!(short.starts_with("aaa") && short.ends_with("bbb") && short.contains('…'));
        assert_eq!(short.chars().count(), 95);
        assert_eq!(cut("short"), "short");
    }

    #[test]
    fn no_value_breaks_its_line() {
        assert_eq!(line("a\nb"), "a\\u{a}b");
        assert_eq!(line("a "), "a\\u{20}");
        assert_eq!(line(""), "\"\"");
        assert_eq!(word("a, b"), "a\\u{2c}\\u{20}b");
    }
}
