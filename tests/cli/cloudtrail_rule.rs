//! A rule in KQL over the calls of AWS CloudTrail: each execution looks ten minutes back every five
//! minutes.

use crate::project::Project;

pub(crate) const RULE: &str = "rules/r.toml";
pub(crate) const SCENARIO: &str = "scenarios/r.yaml";
/// The query of calls that sign in.
pub(crate) const LOGIN: &str = "event.action: ConsoleLogin";

/// The rule with its type and all that is of the type, as lines of TOML.
pub(crate) fn rule(of_type: &str, query: &str) -> String {
    format!(
        r#"[metadata]
creation_date = "2026/11/29"
updated_date = "2026/11/29"
maturity = "production"

[rule]
name = "R"
description = "R"
rule_id = "1d8c3a52-7f0e-5a0b-9a4e-5b1f60a1c7d4"
risk_score = 47
severity = "medium"
language = "kuery"
index = ["logs-aws.cloudtrail-*"]
from = "now-10m"
interval = "5m"
query = '''{query}'''
{of_type}"#
    )
}

/// A project of a rule and its scenario.
pub(crate) fn project(rule: &str, scenario: &str) -> Project {
    Project::of(&[(RULE, rule), (SCENARIO, scenario)])
}
