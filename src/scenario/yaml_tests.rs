use super::*;

#[test]
fn the_scenario_of_the_wmi_rule_loads() {
    let name = "scenarios/windows/lateral_movement_incoming_wmi.yaml";
    let source = SourceText::new(name, std::fs::read_to_string(name).unwrap());
    let loaded = crate::scenario::load(&source);
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    assert_eq!(loaded.scenarios.len(), 1);
}
