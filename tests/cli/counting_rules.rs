//! Shipped rules whose executions count, remember or compare with indicators, as projects of their own.

use crate::project::Project;

pub(crate) const THRESHOLD: (&str, &str) = (
    include_str!("../../rules/aws/credential_access_failed_console_logins.toml"),
    include_str!("../../scenarios/aws/credential_access_failed_console_logins.yaml"),
);
pub(crate) const NEW_TERMS: (&str, &str) = (
    include_str!("../../rules/aws/initial_access_console_login_from_new_network.toml"),
    include_str!("../../scenarios/aws/initial_access_console_login_from_new_network.yaml"),
);
pub(crate) const INDICATORS: (&str, &str) = (
    include_str!("../../rules/network/command_and_control_endpoint_meets_indicator.toml"),
    include_str!("../../scenarios/network/command_and_control_endpoint_meets_indicator.yaml"),
);

/// A shipped rule with the cases of these names.
pub(crate) fn project((rule, scenario): (&str, &str), cases: &[&str]) -> Project {
    let (attack, all) = scenario.split_once("\ncases:\n").unwrap();
    let mut text = format!("{attack}\n");
    if !cases.is_empty() {
        text.push_str("cases:\n");
    }
    for case in all
        .split("\n  - ")
        .map(|case| case.trim_start_matches("  - "))
    {
        if cases
            .iter()
            .any(|name| case.contains(&format!("name: {name}")))
        {
            text.push_str("  - ");
            text.push_str(case.trim_end());
            text.push('\n');
        }
    }
    Project::of(&[("rules/a.toml", rule), ("scenarios/a.yaml", &text)])
}
