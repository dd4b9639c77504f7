//! What is wrong with what a case expects: `expect`, the pins `gap` and `noise`, `because`.

use super::cause::{causes, phrases};
use super::details::did_you_mean;

causes! {
    /// Why an expectation is not taken.
    ScenarioExpectation {
        UnknownOutcome { name: String, suggestion: Option<String> } =>
            "`{name}` is no expectation",
            hint Some(suggestion.as_deref().map_or_else(
                || "write `alert`, `none`, `{alert: [labels]}` or `{alerts: n}`; with a reason, `{gap: …}` \
                    for a known miss and `{noise: …}` for a known false positive".to_owned(),
                did_you_mean,
            ));
        ExpectationList => "an expectation is no list",
            help "`{{alert: [labels]}}` names the events of the alert";
        EmptyExpectation => "the expectation is empty", help "write `alert` or `none`";
        /// A pin or `with` beside an `expect` that has an expectation for each source.
        BesideSources { name: String } => "`{name}` beside an `expect` by source",
            label "for which source?",
            help "write it into `expect` at the source that it is for: `sysmon: {{gap: …}}`";
        /// A source among the keys of an expectation.
        MixedKeys { name: String } => "`{name}` cannot be mixed with the keys of an expectation",
            help "write one expectation for all sources, or one for each source by its name";
        NotACount { key: &'static str, found: String } => "`{key}` must be a whole number";
        /// `alert` as a map without fields and count.
        EmptyGroup => "the alert does not name its group",
            help "name the group: `{{alert: {{host.id: h1, count: 20}}}}`";
        NoAlerts => "an alert, zero times", help "write `expect: none`";
        PinWithoutReason { pin: &'static str } => "the `{pin}` has no reason",
            help "say why, for those who read it next year: `{pin}: …`";
        GapAndNoise => "a `gap` and a `noise` at once",
            help "a gap is a known miss, noise is a known false positive; take one of them out";
        GapWithAlert => "`gap` contradicts `alert`",
            help "a gap is a known miss: while it lasts, nothing is alerted; leave `alert` out";
        NoiseWithNone => "`noise` contradicts `none`",
            help "noise is a known false positive: while it lasts, the rule alerts; leave `none` out";
        /// A key that says something about an alert.
        CheckWithNone { key: AlertCheck } => "`{key}` contradicts `none`",
            help "it checks an alert, and none is expected";
        BecauseWithAlert => "`because` where an alert is expected",
            help "it says which clause must have stopped the case: leave it out, or expect `none`";
        BecauseWithAlertOn { name: String } => "`because` for `{name}`, where an alert is expected",
            word "BecauseWithAlert",
            help "it says which clause must have stopped the case: leave it out, or expect `none`";
    }
}

phrases! {
    /// A key that checks an alert.
    AlertCheck {
        With = "with",
        NewTerms = "new_terms",
        Matched = "matched",
    }
}
