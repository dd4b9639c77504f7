//! Failed checks: one block per case, with the difference, the clause at its place, the case's
//! change, and the command to run it again.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::group::{alike, argument, groups, name};
use super::style::{BAD, COLUMN, DIM, NAME, Painter, clean, list_width, wrap};
use super::{Options, View};
use crate::diagnostic::render::render_within;
use crate::replay::outcome::{Check, ScenarioOutcome};
use crate::report::reason::{diagnostics, message, warnings};
use crate::snapshot::{Change, record};

/// How many cases that fail with their attack are named.
const NAMED: usize = 40;
/// Writes a block for each case that fails, in file order.
pub(super) fn write(view: &View<'_>, options: Options, text: &mut String) {
    let painter = Painter {
        colour: options.colour,
    };
    for scenario in &view.outcome.scenarios {
        let with_attack = with_attack(view, scenario);
        let own = scenario.checks.iter().filter(|check| {
            view.fails(check) && (check.attack || !with_attack.contains_key(source(check)))
        });
        for group in groups(own, |one: &&Check, other: &&Check| alike(one, other)) {
            let block = Block {
                view,
                painter,
                width: options.width,
                scenario,
                with_attack: &with_attack,
                group: &group,
            };
            block.write(text);
        }
    }
}

/// By source on which the attack fails: the cases that fail there too. Nothing can be learnt from
/// them before the attack alerts.
fn with_attack<'a>(
    view: &View<'_>,
    scenario: &'a ScenarioOutcome,
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut with_attack: BTreeMap<&str, Vec<&str>> = scenario
        .checks
        .iter()
        .filter(|check| check.attack && check.verdict.fails())
        .map(|check| (source(check), Vec::new()))
        .collect();
    for check in &scenario.checks {
        if let Some(cases) = with_attack.get_mut(source(check))
            && !check.attack
            && view.fails(check)
        {
            cases.push(&check.key.case);
        }
    }
    with_attack
}

fn source(check: &Check) -> &str {
    &check.key.source
}

/// One block: a case on the sources where it fails alike.
struct Block<'a> {
    view: &'a View<'a>,
    painter: Painter,
    /// How many columns there are.
    width: Option<usize>,
    scenario: &'a ScenarioOutcome,
    with_attack: &'a BTreeMap<&'a str, Vec<&'a str>>,
    group: &'a [&'a Check],
}

impl Block<'_> {
    fn write(&self, text: &mut String) {
        let Some(first) = self.group.first() else {
            return;
        };
        let change = self.change(first);
        self.headline(first, change, text);
        match change {
            Some(change) => super::change::lines(change, self.painter, text),
            None => self.write_facts(first, text),
        }
        for diagnostic in &diagnostics(first) {
            text.push('\n');
            // Two columns are the indentation.
            let width = self.width.map(|width| width.saturating_sub(2));
            for line in render_within(diagnostic, self.painter.colour, width).lines() {
                let _ = writeln!(text, "{}", format!("  {line}").trim_end());
            }
        }
        text.push('\n');
        self.fact("expected", &first.expected, text);
        for (index, line) in first.change.iter().enumerate() {
            self.fact(if index == 0 { "change" } else { "" }, line, text);
        }
        if let Some(pin) = &first.pin {
            self.fact(pin.kind.word(), &pin.reason, text);
        }
        self.waived(text);
        for line in &warnings(first) {
            self.fact("warning", line, text);
        }
        if let Some(place) = &first.place {
            let place = format!("{}:{}", place.source.name(), place.line());
            self.fact("case", &place, text);
        }
        self.followers(first, text);
        let again = format!("trapline test {}", self.argument(first));
        self.fact("again", &again, text);
        text.push('\n');
    }

    fn headline(&self, first: &Check, change: Option<&Change>, text: &mut String) {
        let word = first.verdict.word().to_uppercase();
        let name = name(self.group.iter().map(|check| &check.key));
        let (key, name) = (
            self.painter.key(BAD, &word),
            self.painter.paint(NAME, &name),
        );
        let _ = writeln!(text, "{key}{name}");
        let class = change.map(|change| change.class.word().to_uppercase());
        let message = message(first);
        let line = match &class {
            Some(class) if message.is_empty() => self.painter.paint(BAD, class),
            Some(class) => format!("{}: {}", self.painter.paint(BAD, class), clean(&message)),
            None => clean(&message),
        };
        if !line.is_empty() {
            let _ = writeln!(text, "  {line}");
        }
        text.push('\n');
    }

    /// What it did, where there is no snapshot to differ from.
    fn write_facts(&self, check: &Check, text: &mut String) {
        let Some(record) = record(check) else { return };
        for fact in &record.facts {
            let key = self.painter.key(DIM, &fact.key);
            let line = format!("    {key}{}", clean(&fact.value));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }

    /// On which sources the gap's blocker was waived.
    fn waived(&self, text: &mut String) {
        let waived = self.group.iter().filter_map(|check| {
            let clause = check.waived.as_deref()?;
            Some((clause, source(check)))
        });
        let mut clauses: Vec<(&str, Vec<&str>)> = Vec::new();
        for (clause, source) in waived {
            match clauses.iter_mut().find(|(known, _)| *known == clause) {
                Some((_, sources)) => sources.push(source),
                None => clauses.push((clause, vec![source])),
            }
        }
        for (clause, sources) in clauses {
            let line = format!("{clause}  ({})", sources.join(", "));
            self.fact("waived", &line, text);
        }
    }

    /// The cases that fail with their attack.
    fn followers(&self, first: &Check, text: &mut String) {
        if !first.attack {
            return;
        }
        let mut cases: Vec<&str> = Vec::new();
        for check in self.group {
            let followers = self.with_attack.get(source(check));
            for case in followers.into_iter().flatten() {
                if !cases.contains(case) {
                    cases.push(case);
                }
            }
        }
        if cases.is_empty() {
            return;
        }
        let more = format!("and {} more", cases.len().saturating_sub(NAMED));
        let shown = cases.iter().copied().take(NAMED);
        let more = (cases.len() > NAMED).then_some(more.as_str());
        let tell = if cases.len() == 1 {
            " that tells"
        } else {
            "s that tell"
        };
        let count = format!(
            "{} case{tell} nothing until the attack alerts:",
            cases.len()
        );
        self.fact("also", &count, text);
        for line in wrap(shown.chain(more), list_width(self.width)) {
            self.fact("", &line, text);
        }
    }

    /// What names the checks on the command line.
    fn argument(&self, first: &Check) -> String {
        let all = self.scenario.checks.iter();
        let all = all.filter(|check| check.key.case == first.key.case).count();
        let keys: Vec<_> = self.group.iter().map(|check| &check.key).collect();
        argument(&keys, all)
    }

    fn change(&self, check: &Check) -> Option<&Change> {
        self.view
            .changes
            .iter()
            .find(|change| !change.header && change.key == check.key)
    }

    fn fact(&self, key: &str, value: &str, text: &mut String) {
        let key = if key.is_empty() {
            " ".repeat(COLUMN)
        } else {
            self.painter.key(DIM, key)
        };
        let line = format!("  {key}{}", clean(value));
        let _ = writeln!(text, "{}", line.trim_end());
    }
}
