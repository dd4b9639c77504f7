//! Writes a scenario as text, in the style of hand-written ones. [`super::read`] reads it back
//! unchanged.

use std::fmt::Write as _;

use super::expand::seconds;
use crate::event::Scalar;

/// More lines than these are not read at a glance: events then stand on one line each.
const GLANCE: usize = 15;

/// A line that changes more than one field is no longer than these characters.
const WIDTH: usize = 110;

/// A scenario that is to be written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sketch {
    /// The rule file relative to the scenario file, where it is not the mirrored one.
    pub rule: Option<String>,
    /// The data sources to run on; every source that the rule claims when empty.
    pub sources: Vec<String>,
    /// The files of exceptions, relative to the scenario file.
    pub exceptions: Vec<String>,
    /// The attack's name.
    pub name: String,
    /// The attack's events.
    pub events: Vec<SketchEvent>,
    /// Indicators of compromise beside them.
    pub indicators: Vec<SketchEvent>,
    /// What COMPLETION answers.
    pub completions: Option<String>,
    /// Fields that override what the sensor pins.
    pub force: Vec<String>,
    /// What must come of the attack.
    pub expect: Expect,
    /// The sources on which the rule is known to miss the attack, and why.
    pub gaps: Vec<(String, String)>,
    /// The cases.
    pub cases: Vec<SketchCase>,
}

/// A case of a [`Sketch`]: the attack with changes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SketchCase {
    /// Its name.
    pub name: String,
    /// The sources that it is for; all of the scenario when empty.
    pub only: Vec<String>,
    /// How the attack's events differ in this case.
    pub changes: Vec<SketchChange>,
    /// Events beside the attack's.
    pub add: Vec<SketchEvent>,
    /// What happened before.
    pub history: Vec<SketchEvent>,
    /// Indicators beside the attack's.
    pub indicators: Vec<SketchEvent>,
    /// What must come of it.
    pub expect: Expect,
    /// The clause that stops it.
    pub because: Option<String>,
}

/// A case's change of an event.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SketchChange {
    /// The event's label.
    pub label: String,
    /// Its time, where that is another.
    pub at: Option<i64>,
    /// The fields that it has otherwise; a field without values is taken out (`null`).
    pub fields: Vec<(String, Vec<Scalar>)>,
    /// How often it happens, where that is otherwise.
    pub copies: Option<SketchCopies>,
}

/// An event of a [`Sketch`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SketchEvent {
    /// The label.
    pub label: String,
    /// The kind.
    pub kind: String,
    /// Milliseconds from the start of the case.
    pub at: i64,
    /// The fields that it sets; a field without values is taken out (`null`).
    pub fields: Vec<(String, Vec<Scalar>)>,
    /// It happens several times.
    pub copies: Option<SketchCopies>,
}

/// How often an event of a [`Sketch`] happens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SketchCopies {
    /// How often.
    pub times: usize,
    /// Milliseconds between two of them.
    pub every: i64,
    /// Fields with a value for each time, from the first again where there are fewer.
    pub varied: Vec<(String, Vec<Scalar>)>,
}

/// The expected outcome of an attack or a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expect {
    /// An alert; of an attack one of all its events.
    #[default]
    Alert,
    /// An alert of whatever events.
    SomeAlert,
    /// No alert.
    None,
}

impl Sketch {
    /// The text: a line a field, or a line an event where that would be too long.
    pub fn text(&self) -> String {
        let open = self.lines(false);
        if self.cases.len() <= 1 && open.lines().count() > GLANCE {
            self.lines(true)
        } else {
            open
        }
    }

    fn lines(&self, flow: bool) -> String {
        let mut text = String::new();
        if let Some(rule) = &self.rule {
            let _ = writeln!(text, "rule: {}", plain_or_quoted(rule));
        }
        if !self.sources.is_empty() {
            let _ = writeln!(text, "sources: {}", list(&self.sources));
        }
        if !self.exceptions.is_empty() {
            let _ = writeln!(text, "exceptions: {}", list(&self.exceptions));
        }
        if let Some(answer) = &self.completions {
            let _ = writeln!(text, "completions: {}", plain_or_quoted(answer));
        }
        let _ = writeln!(text, "attack:\n  name: {}", plain_or_quoted(&self.name));
        if !self.force.is_empty() {
            let _ = writeln!(text, "  force: {}", list(&self.force));
        }
        text.push_str("  events:\n");
        for (index, event) in self.events.iter().enumerate() {
            let first = index == 0;
            if flow {
                let _ = writeln!(text, "    {}", event.flow(first));
                continue;
            }
            let _ = writeln!(text, "    {}:", plain_or_quoted(&event.label));
            for setting in event.settings(first) {
                let _ = writeln!(text, "      {setting}");
            }
        }
        if !self.indicators.is_empty() {
            text.push_str("  indicators:\n");
        }
        for indicator in &self.indicators {
            let _ = writeln!(text, "    {}", indicator.flow(false));
        }
        self.write_expect(&mut text);
        if !self.cases.is_empty() {
            text.push_str("cases:\n");
        }
        for case in &self.cases {
            text.push_str(&case.text("  "));
        }
        text
    }

    fn write_expect(&self, text: &mut String) {
        let expect = match self.expect {
            Expect::None => "none".to_owned(),
            Expect::SomeAlert => "alert".to_owned(),
            Expect::Alert if self.events.iter().any(|event| event.copies.is_some()) => {
                let copies = self.events.iter().filter_map(|event| event.copies.as_ref());
                let count: usize = copies.map(|copies| copies.times).sum();
                format!("{{alert: {{count: {count}}}}}")
            }
            Expect::Alert => {
                let labels: Vec<String> = self.events.iter().map(|e| e.label.clone()).collect();
                format!("{{alert: {}}}", list(&labels))
            }
        };
        if self.gaps.is_empty() {
            let _ = writeln!(text, "  expect: {expect}");
            return;
        }
        text.push_str("  expect:\n");
        for source in &self.sources {
            let gap = self.gaps.iter().find(|(name, _)| name == source);
            let source = plain_or_quoted(source);
            let _ = match gap {
                Some((_, reason)) => {
                    writeln!(text, "    {source}: {{gap: {}}}", plain_or_quoted(reason))
                }
                None => writeln!(text, "    {source}: {expect}"),
            };
        }
    }
}

impl SketchCase {
    /// The case as an item of `cases`, each line after `indent`.
    pub fn text(&self, indent: &str) -> String {
        let mut text = format!("{indent}- name: {}\n", plain_or_quoted(&self.name));
        if !self.only.is_empty() {
            let _ = writeln!(text, "{indent}  only: {}", list(&self.only));
        }
        let changes: Vec<String> = self.changes.iter().map(SketchChange::flow).collect();
        let change = format!("{indent}  change: {{{}}}\n", changes.join(", "));
        let few = self.changes.iter().map(|c| c.fields.len()).sum::<usize>() <= 1;
        if !changes.is_empty() && (few || change.chars().count() <= WIDTH) {
            text.push_str(&change);
        } else if !changes.is_empty() {
            let _ = writeln!(text, "{indent}  change:");
            for change in &self.changes {
                let _ = writeln!(text, "{indent}    {}:", plain_or_quoted(&change.label));
                for setting in change.settings() {
                    let _ = writeln!(text, "{indent}      {setting}");
                }
            }
        }
        let beside = [
            ("add", &self.add),
            ("history", &self.history),
            ("indicators", &self.indicators),
        ];
        for (key, events) in beside {
            if !events.is_empty() {
                let _ = writeln!(text, "{indent}  {key}:");
            }
            for event in events {
                let _ = writeln!(text, "{indent}    {}", event.flow(false));
            }
        }
        let expect = match self.expect {
            Expect::Alert | Expect::SomeAlert => "alert",
            Expect::None => "none",
        };
        let _ = writeln!(text, "{indent}  expect: {expect}");
        if let Some(because) = &self.because {
            let _ = writeln!(text, "{indent}  because: {}", plain_or_quoted(because));
        }
        text
    }
}

impl SketchChange {
    fn settings(&self) -> Vec<String> {
        let at = self.at.map(|at| format!("at: {}", seconds(at)));
        let copies = self.copies.iter().flat_map(SketchCopies::settings);
        let at = at.into_iter();
        at.chain(field_lines(&self.fields)).chain(copies).collect()
    }

    fn flow(&self) -> String {
        let label = plain_or_quoted(&self.label);
        format!("{label}: {{{}}}", self.settings().join(", "))
    }
}

impl SketchEvent {
    /// Only the first event happens at 0s without saying so; others follow the one before them.
    fn settings(&self, first: bool) -> Vec<String> {
        let mut settings = vec![format!("is: {}", plain_or_quoted(&self.kind))];
        if !first || self.at != 0 {
            settings.push(format!("at: {}", seconds(self.at)));
        }
        settings.extend(field_lines(&self.fields));
        settings.extend(self.copies.iter().flat_map(SketchCopies::settings));
        settings
    }

    fn flow(&self, first: bool) -> String {
        let label = plain_or_quoted(&self.label);
        format!("{label}: {{{}}}", self.settings(first).join(", "))
    }
}

impl SketchCopies {
    fn settings(&self) -> Vec<String> {
        let (times, every) = (self.times, seconds(self.every));
        let mut settings = vec![format!("repeat: {{times: {times}, every: {every}}}")];
        let varied = self.varied.iter().map(|(field, values)| {
            let values: Vec<String> = values.iter().map(value).collect();
            format!("{}: [{}]", plain_or_quoted(field), values.join(", "))
        });
        let varied: Vec<String> = varied.collect();
        if !varied.is_empty() {
            settings.push(format!("vary: {{{}}}", varied.join(", ")));
        }
        settings
    }
}

fn field_lines(fields: &[(String, Vec<Scalar>)]) -> impl Iterator<Item = String> {
    fields.iter().map(|(field, values)| {
        let values: Vec<String> = values.iter().map(value).collect();
        let written = match values.as_slice() {
            [] => "null".to_owned(),
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        format!("{}: {written}", plain_or_quoted(field))
    })
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| plain_or_quoted(name)).collect();
    format!("[{}]", names.join(", "))
}

/// A value: text that looks like something else stands in quotes, `$x` as `$$x`.
fn value(value: &Scalar) -> String {
    match value {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) if text.starts_with('$') => plain_or_quoted(&format!("${text}")),
        Scalar::Text(text) => plain_or_quoted(text),
    }
}

/// A text as YAML, plain where every reader takes it for the same text, even within `{}`.
fn plain_or_quoted(text: &str) -> String {
    if text.chars().any(is_special) {
        return double_quoted(text);
    }
    if is_plain(text) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// What single quotes cannot hold on one line, or a reader may fold or refuse.
fn is_special(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{85}' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
        )
        || matches!(character, '\u{fffe}' | '\u{ffff}')
}

fn is_plain(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "none",
    ];
    let first = text.chars().next();
    let starts_well = first.is_some_and(|first| first.is_alphabetic() || first == '/');
    let inside = |c: char| c.is_alphanumeric() || r"\/._-:;*+=@()$ ~^".contains(c);
    starts_well
        && text.chars().all(inside)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
        || is_dotted(text)
}

/// An address or a version: digits with more than one dot are no number to any reader.
fn is_dotted(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() > 2 && parts.iter().all(digits)
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            special if is_special(special) => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(special));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
