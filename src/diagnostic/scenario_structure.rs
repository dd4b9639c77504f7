//! What is wrong with the keys and shapes of a scenario file.

use super::cause::causes;
use super::details::did_you_mean;
use super::names::Names;
use super::scenario_part::{Counted, ScenarioPart, Shape};

causes! {
    /// Why a part of a scenario file is not what must stand there.
    ScenarioStructure {
        EmptyFile => "the file holds no scenario",
            help "a scenario has an `attack` and `cases`; the README shows one";
        EmptyText { part: ScenarioPart } => "{part} is empty";
        WrongShape { part: ScenarioPart, found: Shape, expected: Shape } =>
            "{part} must be {expected}, found {found}";
        TooMany { counted: Counted, most: usize } => "a scenario has at most {most} {counted}",
            help "split the file; events of a recording belong in a capture";
        /// `expected` are the keys that are known, where none is near.
        UnknownKey { part: ScenarioPart, name: String, suggestion: Option<String>, expected: Names } =>
            "{part} has no key `{name}`",
            hint Some(suggestion.as_deref().map_or_else(
                || format!("the keys are {expected}"),
                did_you_mean,
            ));
        NoAttack => "the scenario has no `attack`",
            help "`attack` holds the events that every case starts from";
        NoAttackName => "the attack has no `name`",
            help "name what happens: `name: remote WMI starts PowerShell`";
        NoCaseName => "the case has no `name`", help "name what it shows";
        NoExpectation => "the case has no `expect`",
            help "add `expect: alert` or `expect: none`";
        UnknownDeployment { found: String } => "`{found}` is no deployment",
            help "`separate` (each source in an Elasticsearch of its own) or `combined`";
        DuplicateCase { name: String } => "two cases are named `{name}`",
            label "the second one", other "the first one",
            help "rename one: snapshots and reports know a case by its name";
        /// `skip` of a case.
        SkipWithoutReasons => "`skip` must be a map from source to reason",
            help "`skip: {{sysmon: the reason}}`";
        NoCompletionAnswer => "the answer has no `answer`",
            help "`- {{prompt: curl, answer: verdict=TP}}`";
        NoTableRows => "the table has no list of rows",
            help "`rows: [{{host.id: h1, owner: ada}}]`";
        TableCell => "a cell of a table is a value or a list of values";
        /// `repeat` without one of its keys.
        IncompleteRepeat => "`repeat` says `times` and `every`",
            help "`repeat: {{times: 120, every: 1s}}`";
        RepeatTimes { found: String, least: usize, most: usize } => "`times` must be {least} to {most}",
            help "more events belong in a capture";
        /// `found` of a `schedule`.
        UnknownPhases { found: String } =>
            "`found` is `{found}`, but must be `every phase` or `some phase`";
        PhaseAndFound => "`phase` and `found` exclude each other",
            help "`found` is for a case that is held against every phase; leave one of them out";
    }
}
