//! A typed, language-neutral query. A language lowers to a [`Plan`]; the evaluators run plans and
//! know no language.
//!
//! A plan is valid for one [`crate::event::Schema`]: its fields say how each mapping of that
//! schema reads them. Everything in it is an index into one of its vectors.

pub mod clause;
mod filter;
mod for_type;
pub mod functions;
pub mod index_vec;
pub mod pipeline;
pub mod predicate;
mod text;
mod visit;

pub use clause::{Clause, ClauseId, ClauseKind, ClauseName, Part, PartId};
pub use filter::Filter;
pub use functions::Function;
pub use index_vec::{IndexVec, InternalError};
pub use predicate::{
    Comparison, Condition, ConditionKind, Fuzzy, Leaf, LeafId, Predicate, ScriptExpr,
};

use rustc_hash::FxHashMap;

use index_vec::numbers;

use crate::event::field::Family;
use crate::event::schema::MappedField;

numbers! {
    /// The number of a field in [`Plan::fields`].
    pub FieldId(u16);
    /// The number of a stage in [`Plan::stages`].
    pub StageId(u16);
}

/// A query that has been checked against one schema and can be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The fields that the query reads.
    pub fields: IndexVec<FieldId, PlanField>,
    /// The stages in the order of the text: positive, missing and `until`. An event query has one.
    pub stages: IndexVec<StageId, Stage>,
    /// The operator that combines the events that meet the stages.
    pub operator: Operator,
    /// `head` and `tail`, in order.
    pub pipes: Vec<Pipe>,
    /// Everything of the query that can decide, in the order of the text.
    pub clauses: IndexVec<ClauseId, Clause>,
    /// The parts of the query's text that contain clauses, up to whole conditions.
    pub parts: IndexVec<PartId, Part>,
    /// The tests of events, one bit each.
    pub leaves: IndexVec<LeafId, Leaf>,
    /// The field that orders events and measures `maxspan`.
    pub timestamp: FieldId,
    /// The field that orders events of one instant.
    pub tiebreaker: Option<FieldId>,
}

/// A field that a plan reads.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanField {
    /// Its path as the query names it.
    pub path: String,
    /// Its family; `None` when it is unmapped everywhere, so that it has no value in any event.
    pub family: Option<Family>,
    /// How each mapping of the schema reads it; `None` where it is unmapped.
    pub readers: Vec<Option<MappedField>>,
}

/// The operator of a plan: how it combines the events that meet its stages.
#[derive(Debug, Clone, PartialEq)]
pub enum Operator {
    /// One stage; every event that meets it is a match.
    Select,
    /// The positive stages in order.
    Sequence(Sequence),
    /// One event a stage, in any order, with equal keys.
    Sample {
        /// The key tuple, position by position.
        joins: Vec<Join>,
    },
}

/// The parameters of a sequence besides its stages.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// The longest time from the first event to any later one, in milliseconds, inclusive.
    pub maxspan: Option<Limit>,
    /// The clause "in this order".
    pub order: ClauseId,
    /// The key tuple, position by position.
    pub joins: Vec<Join>,
}

/// `maxspan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Milliseconds, inclusive.
    pub millis: i64,
    /// Its clause.
    pub clause: ClauseId,
}

/// One position of the key tuple.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The clause `join FIELD`.
    pub clause: ClauseId,
    /// The fields' name as shown: one path, or `a = b` where the stages differ.
    pub name: String,
}

/// One `[category where condition] by keys`.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// The role of the stage.
    pub role: Role,
    /// How many consecutive positions it stands for (`with runs=N`); 1 unless said.
    pub runs: u8,
    /// The event category that it asks for, in languages that ask for one.
    pub category: Option<CategoryTest>,
    /// The condition after `where`.
    pub condition: Condition,
    /// The key of each position of the tuple; as many as [`Sequence::joins`].
    pub keys: Vec<Key>,
    /// The stage as a whole in the query's text.
    pub part: PartId,
}

/// The role of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Its event is part of the match.
    Positive,
    /// `![ … ]`: no such event may be there.
    Missing {
        /// The clause "no such event".
        clause: ClauseId,
    },
    /// `until [ … ]`: such an event ends what was begun.
    Until {
        /// The clause "no such event before".
        clause: ClauseId,
    },
}

/// The event category that a stage asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct CategoryTest {
    /// The field that holds it.
    pub field: FieldId,
    /// The category; `None` is `any`.
    pub value: Option<String>,
    /// Its clause.
    pub clause: ClauseId,
}

/// One key of one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The field.
    pub field: FieldId,
    /// Written with `?`: a missing value is a value, equal to another missing one.
    pub optional: bool,
}

/// A pipe after the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipe {
    /// `| head N`
    Head(u64),
    /// `| tail N`
    Tail(u64),
}

impl Stage {
    /// The category that it asks for; `None` where any will do.
    pub fn category_value(&self) -> Option<&str> {
        self.category.as_ref()?.value.as_deref()
    }
}

impl Plan {
    /// The clause of this number, which may be one of another plan.
    pub fn clause(&self, id: ClauseId) -> Option<&Clause> {
        self.clauses.get(id)
    }

    /// The paths of documents that it reads.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for field in &self.fields {
            paths.push(field.path.clone());
            let readers = field.readers.iter().flatten();
            paths.extend(readers.flat_map(MappedField::sources).map(str::to_owned));
        }
        paths.sort();
        paths.dedup();
        paths
    }

    /// The positive stages, in order.
    pub fn positive(&self) -> impl Iterator<Item = (StageId, &Stage)> {
        self.numbered()
            .filter(|(_, stage)| stage.role == Role::Positive)
    }

    /// The key tuple that the events of a match share, position by position.
    pub fn joins(&self) -> &[Join] {
        match &self.operator {
            Operator::Select => &[],
            Operator::Sequence(sequence) => &sequence.joins,
            Operator::Sample { joins } => joins,
        }
    }

    /// The longest time that a match may take.
    pub fn maxspan(&self) -> Option<Limit> {
        match &self.operator {
            Operator::Sequence(sequence) => sequence.maxspan,
            Operator::Select | Operator::Sample { .. } => None,
        }
    }

    /// All stages with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (StageId, &Stage)> {
        self.stages.numbered()
    }

    /// The names of all clauses.
    pub fn clause_names(&self) -> impl Iterator<Item = (ClauseId, ClauseName)> + '_ {
        let mut seen: FxHashMap<(Option<StageId>, &str), u16> = FxHashMap::default();
        self.clauses.numbered().map(move |(id, clause)| {
            let next = seen.entry((clause.stage, &clause.text)).or_insert(0);
            let occurrence = *next;
            *next = next.saturating_add(1);
            let name = ClauseName {
                stage: clause.stage.map(|stage| stage.0 + 1),
                text: clause.text.clone(),
                occurrence,
            };
            (id, name)
        })
    }

    /// The name of a clause that holds across versions of a rule. [`Plan::clause_names`] gives those
    /// of all clauses at less cost.
    pub fn clause_name(&self, id: ClauseId) -> Option<ClauseName> {
        let clause = self.clause(id)?;
        let before = self.clauses.before(id).iter();
        let occurrence = before
            .filter(|other| other.stage == clause.stage && other.text == clause.text)
            .count();
        Some(ClauseName {
            stage: clause.stage.map(|stage| stage.0 + 1),
            text: clause.text.clone(),
            occurrence: u16::try_from(occurrence).unwrap_or(u16::MAX),
        })
    }
}
