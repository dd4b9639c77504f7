//! Hand-made outcomes for the tests of what reads an outcome: snapshots and reports.

use std::sync::Arc;

use super::census::{RuleCensus, RuleEntry, TestedState};
use super::outcome::{
    AlertRecord, CauseRecord, Check, CheckKey, EventRecord, NoneRecord, Observed, Outcome, Pin,
    PinKind, Place, ScenarioOutcome, Verdict,
};
use super::reason::Reason;
use crate::diagnostic::observation::{FieldSeen, FieldsSeen, Seen, Values};
use crate::diagnostic::{Code, Diagnostic, SourceText, Span};

pub(crate) const SCENARIO: &str = "scenarios/windows/lateral_movement_incoming_wmi.yaml";
pub(crate) const RULE: &str = "rules/windows/lateral_movement_incoming_wmi.toml";
pub(crate) const ATTACK: &str = "remote WMI starts PowerShell";
static STOPPED: Code = Code {
    number: "E399",
    title: "an expectation does not hold",
    page: "",
};

/// One scenario with these checks, of the one rule that the project has.
pub(crate) fn outcome(checks: Vec<Check>) -> Outcome {
    Outcome {
        scenarios: vec![ScenarioOutcome {
            scenario: SCENARIO.into(),
            rule_file: RULE.into(),
            rule_id: "f3475224-b179-4f78-8877-c2bd64c26b88".into(),
            rule_name: "WMI Incoming Lateral Movement".into(),
            severity: "medium".into(),
            risk_score: 47,
            checks,
            untested: Vec::new(),
            unshaped: Vec::new(),
        }],
        rules: RuleCensus(vec![rule(RULE, TestedState::Tested)]),
    }
}

/// A rule of a standing.
pub(crate) fn rule(file: &str, standing: TestedState) -> RuleEntry {
    RuleEntry {
        file: file.into(),
        id: "f3475224-b179-4f78-8877-c2bd64c26b88".into(),
        name: "WMI Incoming Lateral Movement".into(),
        standing,
    }
}

/// A check that passed.
pub(crate) fn check(case: &str, source: &str, observed: Observed) -> Check {
    let expected = match &observed {
        Observed::Alert(_) => "alert rpc, child",
        _ => "none",
    };
    Check {
        key: CheckKey {
            scenario: SCENARIO.into(),
            case: case.into(),
            source: source.into(),
        },
        order: 0,
        attack: case == ATTACK,
        verdict: Verdict::Passed,
        expected: expected.into(),
        expects_alert: matches!(observed, Observed::Alert(_)),
        observed,
        pin: None,
        waived: None,
        production: Vec::new(),
        warnings: Vec::new(),
        reason: None,
        diagnostics: Vec::new(),
        uncounted_history: Vec::new(),
        change: Vec::new(),
        place: None,
        expectation: None,
    }
}

impl Check {
    pub(crate) fn verdict(mut self, verdict: Verdict, reason: Option<Reason>) -> Self {
        self.verdict = verdict;
        self.reason = reason;
        self
    }

    pub(crate) fn gap(mut self, reason: &str) -> Self {
        self.verdict = Verdict::Pinned;
        self.pin = Some(Pin {
            kind: PinKind::Gap,
            reason: reason.into(),
        });
        self
    }

    pub(crate) fn waived(mut self) -> Self {
        self.verdict = Verdict::Pinned;
        self.waived = Some("user.id : \"S-1-5-18\"".into());
        self
    }

    pub(crate) fn expecting(mut self, expected: &str) -> Self {
        self.expected = expected.into();
        self
    }

    pub(crate) fn changing(mut self, change: &str) -> Self {
        self.change.push(change.into());
        let text = "cases:\n  - name: management agents\n    change: {}\n";
        self.place = Some(Place {
            source: SourceText::new(SCENARIO, text),
            span: Span::of(11..30),
        });
        self
    }

    /// With the clause at its place in the rule.
    pub(crate) fn stopped_at(mut self, clause: &str) -> Self {
        let text = "[rule]\nquery = '''\nprocess where event.type == \"start\" and\n \
            not user.id : (\"S-1-5-18\", \"S-1-5-19\")\n'''\n";
        let source: Arc<SourceText> =
            SourceText::new("rules/windows/lateral_movement_incoming_wmi.toml", text);
        let at = text.find(clause).unwrap_or(0);
        let span = Span::of(at..at + clause.len());
        let diagnostic = Diagnostic::error(&STOPPED, "this clause stopped it").at(
            &source,
            span,
            "the event has S-1-5-18, pinned by the sensor",
        );
        self.diagnostics.push(diagnostic);
        self
    }
}

/// The alert of the attack.
pub(crate) fn alert() -> Observed {
    Observed::Alert(vec![AlertRecord {
        events: vec![Some(event("rpc", 0)), Some(event("child", 800))],
        join: vec![("host.id".into(), "host-1".into())],
        shared: vec![("host.os.type".into(), "windows".into())],
        with: Vec::new(),
    }])
}

fn event(label: &str, after: i64) -> EventRecord {
    EventRecord {
        label: label.into(),
        after,
    }
}

/// No alert: `clause` of stage 2 stopped `child`, which had `value`.
pub(crate) fn stopped(clause: &str, value: &str) -> Observed {
    Observed::None(NoneRecord {
        stage: Some(2),
        event: Some("child".into()),
        blocker: vec![clause.into()],
        causes: vec![CauseRecord {
            stage: Some(2),
            event: Some("child".into()),
            clause: clause.into(),
            line: Some(31),
        }],
        value: Some(seen(value)),
        ..NoneRecord::default()
    })
}

/// What a clause saw, as a snapshot has it.
pub(crate) fn seen(value: &str) -> Seen {
    let field = FieldSeen {
        name: "user.id".to_owned(),
        values: Values(vec![value.to_owned()]),
        is_pinned: false,
    };
    Seen::Fields {
        fields: FieldsSeen(vec![field]),
    }
}
