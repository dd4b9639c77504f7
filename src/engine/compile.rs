//! Compiles plans into a [`RuleSet`]: the conditions of all rules over shared tests. Called once
//! for a scan.

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::candidate::{Prefilters, TestUsage};
use super::column::{Column, typed_columns};
use super::column_builder::ColumnBuilder;
use super::numbers::{
    AtomId, ColumnId, ConditionId, KeySetId, RuleNumber, ScriptId, StageNumber, TestId,
};
use super::plan_fields::Fields;
use super::program::{Node, TestRef};
use super::refused::{EngineRefusal, RefusedRule};
use super::sequence_spec::{MatchKind, SequenceSpec};
use super::slots::{SlotId, Slots};
use super::whole_documents::{asks_document, fields_beside};
use crate::evaluate::document::DocumentTest;
use crate::evaluate::failure::QueryFailure;
use crate::evaluate::function::Script;
use crate::event::FieldType;
use crate::plan::index_vec::Idx as _;
use crate::plan::{
    Condition, ConditionKind, FieldId, IndexVec, Operator, Plan, PlanField, Predicate, Role, Stage,
};

/// The fields that name an event's index when it has no `_index`.
const DATA_STREAM: [&str; 3] = [
    "data_stream.type",
    "data_stream.dataset",
    "data_stream.namespace",
];

/// Rules compiled into one.
#[derive(Debug)]
pub struct RuleSet {
    pub(super) slots: Slots,
    pub(super) columns: IndexVec<ColumnId, Column>,
    /// For each slot the column that says which values fit its field.
    pub(super) typed: Box<[Option<ColumnId>]>,
    pub(super) scripts: IndexVec<ScriptId, ScriptTest>,
    pub(super) conditions: IndexVec<ConditionId, StageCondition>,
    pub(super) stages: IndexVec<StageNumber, CompiledStage>,
    pub(super) key_sets: IndexVec<KeySetId, KeySet>,
    pub(super) rules: IndexVec<RuleNumber, CompiledRule>,
    /// For each column its witnesses.
    pub(super) prefilters: IndexVec<ColumnId, Prefilters>,
    /// The conditions that no witness finds.
    pub(super) without_prefilter: Vec<ConditionId>,
    /// The columns that decide buckets, and the tests that are bits of a bucket.
    pub(super) dispatch: Vec<ColumnId>,
    pub(super) given: Vec<TestRef>,
    /// The column of the time.
    pub(super) time_column: ColumnId,
    pub(super) data_stream: [SlotId; 3],
}

/// A condition. Stages with equal conditions share it, so that it is decided once.
#[derive(Debug)]
pub(super) struct StageCondition {
    pub(super) node: Node,
    /// The stages, ascending.
    pub(super) stages: Vec<u32>,
}

/// A stage of a rule.
#[derive(Debug)]
pub(super) struct CompiledStage {
    /// Its rule.
    pub(super) rule: RuleNumber,
    /// The key set; `None` for event rules.
    pub(super) keys: Option<KeySetId>,
}

/// The columns of a key tuple, and which may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct KeySet {
    pub(super) keys: Vec<(Option<ColumnId>, bool)>,
    /// Time and tiebreaker columns of a rule that has an order of its own.
    pub(super) order: Option<(Option<ColumnId>, Option<ColumnId>)>,
}

/// A rule, compiled.
#[derive(Debug)]
pub(super) struct CompiledRule {
    /// The number it was given with.
    pub(super) number: u32,
    /// Its first stage.
    pub(super) first: u32,
    pub(super) spec: SequenceSpec,
}

/// A test that no single column decides.
#[derive(Debug)]
pub(super) enum ScriptTest {
    /// A script, and the columns it reads by field.
    Script {
        /// The script.
        script: Script,
        /// By the number of the field.
        columns: FxHashMap<u16, ColumnId>,
    },
    /// A test of the document as a whole, which is parsed for it.
    Document(DocumentTest),
}

impl RuleSet {
    /// Compiles rules, given as pairs of the caller's number and a plan. Returns the rules that the
    /// engine cannot run, with the reason. `clock` is the field that orders the stream; a rule with
    /// another timestamp field runs at the end of the stream, over its kept hits.
    ///
    /// Where several mappings of a plan know a field, the first one decides how it is read.
    pub fn compile<'p>(
        rules: impl IntoIterator<Item = (u32, &'p Plan)>,
        clock: &str,
    ) -> (Self, Vec<RefusedRule>) {
        Self::compile_with(rules, clock, &[])
    }

    /// Like [`Self::compile`], and extracts `fields` too, for [`super::Matcher::values`].
    pub fn compile_with<'p>(
        rules: impl IntoIterator<Item = (u32, &'p Plan)>,
        clock: &str,
        fields: &[&str],
    ) -> (Self, Vec<RefusedRule>) {
        let mut compiler = Compiler::default();
        let mut refused = Vec::new();
        for field in fields {
            compiler.slot(field);
        }
        for (number, plan) in rules {
            if let Err(reason) = compiler.rule(number, plan, clock) {
                refused.push(RefusedRule {
                    rule: number,
                    reason,
                });
            }
        }
        (compiler.finish(clock), refused)
    }

    /// Whether a stage has this number, which may come from a file.
    pub fn has_stage(&self, stage: u32) -> bool {
        self.stages.get(StageNumber(stage)).is_some()
    }

    /// The rule of a stage, by the number that it was given with.
    pub fn rule_of(&self, stage: u32) -> u32 {
        let rule = self.stages.at(StageNumber(stage)).rule;
        self.rules.at(rule).number
    }

    /// Whether the events of each join key decide the rule of a stage without those of other keys.
    pub fn is_divided_by_key(&self, stage: u32) -> bool {
        let rule = self.stages.at(StageNumber(stage)).rule;
        let spec = &self.rules.at(rule).spec;
        spec.kind == MatchKind::Sequence && !spec.runs_at_end
    }

    /// Whether some condition looks at documents as a whole, beyond the fields of [`Self::slots`].
    pub fn asks_documents(&self) -> bool {
        let mut scripts = self.scripts.iter();
        scripts.any(|script| matches!(script, ScriptTest::Document(_)))
    }

    /// The fields that are read.
    pub fn slots(&self) -> &Slots {
        &self.slots
    }
}

#[derive(Default)]
struct Compiler {
    paths: Vec<String>,
    slots: FxHashMap<String, SlotId>,
    builders: IndexVec<ColumnId, ColumnBuilder>,
    /// The columns of each slot.
    column_numbers: FxHashMap<SlotId, Vec<(FieldType, ColumnId)>>,
    scripts: Vec<ScriptTest>,
    /// The conditions, each with its stages.
    conditions: IndexMap<Node, Vec<u32>, FxBuildHasher>,
    stages: IndexVec<StageNumber, CompiledStage>,
    key_sets: IndexVec<KeySetId, KeySet>,
    key_set_numbers: FxHashMap<KeySet, KeySetId>,
    rules: IndexVec<RuleNumber, CompiledRule>,
    time_column: Option<ColumnId>,
}

impl Compiler {
    fn slot(&mut self, path: &str) -> SlotId {
        if let Some(slot) = self.slots.get(path) {
            return *slot;
        }
        let slot = SlotId(u32::try_from(self.paths.len()).unwrap_or(u32::MAX));
        self.paths.push(path.to_owned());
        self.slots.insert(path.to_owned(), slot);
        slot
    }

    fn column(&mut self, path: &str, reader: &FieldType) -> ColumnId {
        let slot = self.slot(path);
        let columns = self.column_numbers.entry(slot).or_default();
        if let Some((_, number)) = columns.iter().find(|(known, _)| known == reader) {
            return *number;
        }
        let number = self.builders.push(ColumnBuilder::new(slot, reader.clone()));
        columns.push((reader.clone(), number));
        number
    }

    /// The column of a plan's field; `None` where no mapping knows it.
    fn field(&mut self, field: &PlanField) -> Option<ColumnId> {
        field.family?;
        let reader = field.readers.iter().flatten().next()?;
        // A stream mixes documents of several indices, so the value comes from the document, not
        // from the mapping.
        let field_type = match &reader.field_type {
            FieldType::ConstantKeyword { .. } => &FieldType::ConstantKeyword { value: None },
            field_type => field_type,
        };
        Some(self.column(&reader.read_from, field_type))
    }

    fn rule(&mut self, number: u32, plan: &Plan, clock: &str) -> Result<(), EngineRefusal> {
        if let Some(obstacle) = plan.unreadable_field() {
            return Err(QueryFailure::from(obstacle).into());
        }
        let fields = Fields {
            columns: plan.fields.iter().map(|field| self.field(field)).collect(),
            beside: fields_beside(plan),
        };
        let column = |id: FieldId| fields.column(id);
        let mut nodes = Vec::with_capacity(plan.stages.len());
        for stage in &plan.stages {
            nodes.push(self.stage(plan, stage, &fields)?);
        }
        let is_time_column = plan.fields.at(plan.timestamp).path == clock;
        let time = column(plan.timestamp);
        if is_time_column && self.time_column.is_none() {
            self.time_column = time;
        }
        let tiebreaker = plan.tiebreaker.and_then(column);
        let has_own_order = time.is_none() || time != self.time_column || plan.tiebreaker.is_some();
        let first = self.stages.next().0;
        let rule = self.rules.next();
        for (stage, node) in plan.stages.iter().zip(nodes) {
            let optional = matches!(stage.role, Role::Until { .. });
            let keys = stage.keys.iter();
            let set = KeySet {
                keys: keys
                    .map(|key| (column(key.field), key.optional || optional))
                    .collect(),
                order: has_own_order.then_some((time, tiebreaker)),
            };
            let plain = plan.operator == Operator::Select && !has_own_order;
            let keys = (!plain).then(|| self.key_set(set));
            let number = self.stages.push(CompiledStage { rule, keys });
            self.conditions.entry(node).or_default().push(number.0);
        }
        self.rules.push(CompiledRule {
            number,
            first,
            spec: SequenceSpec::new(plan, has_own_order),
        });
        Ok(())
    }

    fn key_set(&mut self, set: KeySet) -> KeySetId {
        if let Some(number) = self.key_set_numbers.get(&set) {
            return *number;
        }
        let number = self.key_sets.push(set.clone());
        self.key_set_numbers.insert(set, number);
        number
    }

    /// Category and condition.
    fn stage(
        &mut self,
        plan: &Plan,
        stage: &Stage,
        fields: &Fields,
    ) -> Result<Node, EngineRefusal> {
        let condition = self.node(plan, &stage.condition, fields)?;
        let (Some(test), Some(category)) = (&stage.category, stage.category_value()) else {
            return Ok(condition);
        };
        let category = match fields.column(test.field) {
            Some(column) => self.test(column, |builder| builder.text(category))?,
            None => Node::Constant(false),
        };
        Ok(Node::all(vec![category, condition]))
    }

    fn node(
        &mut self,
        plan: &Plan,
        condition: &Condition,
        fields: &Fields,
    ) -> Result<Node, EngineRefusal> {
        Ok(match &condition.kind {
            ConditionKind::Constant(value) => Node::Constant(*value),
            ConditionKind::Leaf(leaf) => {
                let predicate = &plan.leaves.at(*leaf).predicate;
                if asks_document(predicate, &fields.beside) {
                    let test = DocumentTest::new(plan, predicate)?;
                    let number = u32::try_from(self.scripts.len()).unwrap_or(u32::MAX);
                    self.scripts.push(ScriptTest::Document(test));
                    Node::Script(number)
                } else {
                    self.leaf(predicate, fields)?
                }
            }
            ConditionKind::Not(inner) => self.node(plan, inner, fields)?.complement(),
            ConditionKind::All(parts) => {
                let parts = parts.iter().map(|part| self.node(plan, part, fields));
                Node::all(parts.collect::<Result<_, _>>()?)
            }
            ConditionKind::Any(parts) => {
                let parts = parts.iter().map(|part| self.node(plan, part, fields));
                let parts = parts.collect::<Result<_, _>>()?;
                self.any(parts)
            }
        })
    }

    /// `or`, with all that concerns one column as one test: any value meets any of the atoms.
    fn any(&mut self, parts: Vec<Node>) -> Node {
        let mut groups: Vec<(ColumnId, Vec<AtomId>)> = Vec::new();
        let mut rest = Vec::new();
        let flat = match Node::any(parts) {
            Node::Any(parts) => parts.into_vec(),
            other => return other,
        };
        for part in flat {
            let Node::Test(test) = part else {
                rest.push(part);
                continue;
            };
            let atoms = self.builders.at(test.column).atoms(test.test);
            match groups.iter_mut().find(|(column, _)| *column == test.column) {
                Some((_, group)) => group.extend_from_slice(atoms),
                None => groups.push((test.column, atoms.to_vec())),
            }
        }
        for (column, atoms) in groups {
            let test = self.builders.at_mut(column).test(atoms);
            rest.push(Node::Test(TestRef { column, test }));
        }
        Node::any(rest)
    }

    fn leaf(&mut self, predicate: &Predicate, fields: &Fields) -> Result<Node, EngineRefusal> {
        let field = match predicate {
            Predicate::Exists(field)
            | Predicate::Compare { field, .. }
            | Predicate::Between { field, .. }
            | Predicate::EqualIgnoringCase { field, .. }
            | Predicate::Wildcard { field, .. }
            | Predicate::Regex { field, .. }
            | Predicate::Range { field, .. }
            | Predicate::Fuzzy { field, .. }
            | Predicate::Text { field, .. } => *field,
            Predicate::Constant(value) => return Ok(Node::Constant(*value)),
            Predicate::Not(inner) => return Ok(self.leaf(inner, fields)?.complement()),
            Predicate::All(parts) => {
                let parts = parts.iter().map(|part| self.leaf(part, fields));
                return Ok(Node::all(parts.collect::<Result<_, _>>()?));
            }
            Predicate::Any(parts) => {
                let parts = parts.iter().map(|part| self.leaf(part, fields));
                let parts = parts.collect::<Result<_, _>>()?;
                return Ok(self.any(parts));
            }
            // Found above: it is asked of the document.
            Predicate::Nested { .. } => return Ok(Node::Constant(false)),
            Predicate::Script(expr) => {
                let script = Script::new(expr)?;
                let mut columns = FxHashMap::default();
                for field in script.fields() {
                    if let Some(column) = fields.column(field) {
                        columns.insert(field.0, column);
                    }
                }
                let number = u32::try_from(self.scripts.len()).unwrap_or(u32::MAX);
                self.scripts.push(ScriptTest::Script { script, columns });
                return Ok(Node::Script(number));
            }
        };
        match fields.column(field) {
            Some(column) => self.test(column, |builder| builder.predicate(predicate)),
            None => Ok(Node::Constant(false)),
        }
    }

    fn test(
        &mut self,
        column: ColumnId,
        make: impl FnOnce(&mut ColumnBuilder) -> Result<TestId, EngineRefusal>,
    ) -> Result<Node, EngineRefusal> {
        let test = make(self.builders.at_mut(column))?;
        Ok(Node::Test(TestRef { column, test }))
    }

    /// The columns with the tests that the conditions make, numbered anew.
    fn columns(
        &mut self,
        conditions: &mut IndexVec<ConditionId, StageCondition>,
    ) -> IndexVec<ColumnId, Column> {
        let mut used: IndexVec<ColumnId, Vec<TestId>> =
            self.builders.iter().map(|_| Vec::new()).collect();
        for condition in conditions.iter() {
            let mut note = |test: TestRef| used.at_mut(test.column).push(test.test);
            condition.node.tests(&mut note);
        }
        for used in used.iter_mut() {
            used.sort_unstable();
            used.dedup();
        }
        for condition in conditions.iter_mut() {
            // Every test of a condition was noted above, so its place among the others is found.
            condition.node.renumber(&|test| {
                let used = used.at(test.column);
                TestId::new(used.binary_search(&test.test).unwrap_or(usize::MAX))
            });
        }
        let builders = std::mem::take(&mut self.builders).into_iter().zip(used);
        builders
            .map(|(builder, used)| builder.finish(&used))
            .collect()
    }

    fn finish(mut self, clock: &str) -> RuleSet {
        let data_stream = DATA_STREAM.map(|path| self.slot(path));
        let clock = match self.time_column {
            Some(clock) => clock,
            None => self.column(clock, &FieldType::named("date")),
        };
        let conditions = std::mem::take(&mut self.conditions).into_iter();
        let mut conditions: IndexVec<ConditionId, StageCondition> = conditions
            .map(|(node, stages)| StageCondition { node, stages })
            .collect();
        let columns = self.columns(&mut conditions);
        let nodes = conditions.iter().map(|condition| &condition.node);
        let usage = TestUsage::of(&columns, nodes);
        let dispatch = usage.dispatch(&columns);
        let mut given: Vec<TestRef> = Vec::new();
        for condition in &conditions {
            condition.node.tests(&mut |test| {
                if dispatch.contains(&test.column) {
                    given.push(test);
                }
            });
        }
        given.sort_unstable();
        given.dedup();
        let bits: FxHashMap<TestRef, u32> = given.iter().copied().zip(0u32..).collect();
        for condition in conditions.iter_mut() {
            condition.node.apply_class_bits(&bits);
            condition.node.order(&columns);
        }
        let nodes = conditions.iter().map(|condition| &condition.node);
        let (prefilters, without_prefilter) = usage.prefilters(&columns, nodes);
        let paths = self.paths.iter().map(String::as_str);
        let slots = Slots::new(paths);
        RuleSet {
            typed: typed_columns(&slots, &columns, clock),
            slots,
            columns,
            scripts: self.scripts.into(),
            conditions,
            stages: self.stages,
            key_sets: self.key_sets,
            rules: self.rules,
            prefilters,
            without_prefilter,
            dispatch,
            given,
            time_column: clock,
            data_stream,
        }
    }
}
