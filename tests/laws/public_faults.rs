//! The faults of published rules that `check` finds, of those that lie
//! beside the project. Skipped, and said so, where they are absent.

use std::fs;

use trapline::data_source::Catalogue;
use trapline::diagnostic::SourceText;
use trapline::lint;

use crate::shared::shared;

/// A rule file with the lint that finds its fault, and a text of the message.
const FAULTS: [(&str, &str, &str); 11] = [
    (
        "rules/linux/credential_access_kubernetes_and_cloud_credential_paths_via_process_args.toml",
        "value-runs-on",
        "server.xml */.config/gcloud/application_default_credentials.json",
    ),
    (
        "rules_building_block/discovery_posh_password_policy.toml",
        "control-escape",
        "is a tab",
    ),
    (
        "rules/windows/defense_evasion_posh_assembly_load.toml",
        "filter-backslash",
        "the backslash before `P`",
    ),
    (
        "rules/linux/credential_access_segfault_from_sensitive_process.toml",
        "text-any-word",
        "beacon, chain",
    ),
    (
        "rules/threat_intel/threat_intel_indicator_match_url.toml",
        "indicator-unreachable-group",
        "url.original is not looked at",
    ),
    (
        "rules/promotions/privilege_escalation_endgame_process_injection_prevented.toml",
        "schedule-gap",
        "never searched",
    ),
    // Of the three faults of ES|QL that were found in published rules, the third lies in no shared rule;
    // its kind is in tests/language/lints.
    (
        "rules/cross-platform/persistence_web_server_potential_command_injection.toml",
        "foreign-pattern",
        "a quantifier that repeats nothing",
    ),
    (
        "rules/cross-platform/multiple_alerts_edr_elastic_defend_by_host.toml",
        "unused-column",
        "is computed and never used",
    ),
    (
        "rules/integrations/aws_bedrock/aws_bedrock_multiple_attempts_to_use_denied_models_by_user.toml",
        "investigation-field",
        "`total_denials`",
    ),
    (
        "rules/integrations/aws_bedrock/aws_bedrock_multiple_attempts_to_use_denied_models_by_user.toml",
        "ecs-type",
        "`gen_ai.request.model.id` cannot be in the alert",
    ),
    (
        "rules/cross-platform/initial_access_elastic_defend_alert_genai_utility_descendant.toml",
        "explicit-null",
        "a literal null in CASE",
    ),
];

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn the_faults_of_published_rules_are_found() {
    let Some(folder) = shared("corpus/rules") else {
        return;
    };
    let catalogue = Catalogue::builtin().unwrap();
    for (file, name, words) in FAULTS {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let linted = lint::lint(&SourceText::new(file, text), &catalogue);
        let messages = linted
            .findings
            .iter()
            .filter(|finding| finding.lint.name() == name)
            .map(|finding| finding.diagnostic.message.clone());
        let messages: Vec<String> = messages.collect();
        assert!(
            messages.iter().any(|message| message.contains(words)),
            "{file}: {name}: {messages:#?}"
        );
    }
}
