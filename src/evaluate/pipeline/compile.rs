//! Pipeline → program: patterns are compiled and constants folded once.

use std::cell::RefCell;

use super::aggregate::AggregateSpec;
use super::expression::Environment;
use super::functions::{Call, Prepared, ip};
use super::grok::GrokSpec;
use super::held::Held;
use super::node::{Compare, Node, NodeKind, Search};
use super::row::{Provenance, Row};
use super::warning::Warnings;
use crate::evaluate::pattern::{Finder, Pattern};
use crate::evaluate::{Patterns, QueryFailure};
use crate::event::Value;
use crate::event::io::RowMemory;
use crate::plan::pipeline::signature::{self, Values};
use crate::plan::pipeline::{
    Cell, ColumnId, DissectPattern, Expr, ExprKind, Function, Group, GroupKey, Lookup, Operation,
    Operator, Pipeline, Source, Timespan,
};

/// A pipeline that can be run.
#[derive(Debug)]
pub struct Program<'p> {
    pub(super) pipeline: &'p Pipeline,
    pub(super) source: Option<Vec<(ColumnId, Node)>>,
    pub(super) steps: Vec<Step>,
}

/// A step with its expressions compiled.
#[derive(Debug)]
pub(super) enum Step {
    Load(Vec<ColumnId>),
    Filter(Vec<Node>),
    Compute(Vec<(ColumnId, Node)>),
    Group(GroupSpec),
    GroupJoin(GroupSpec),
    Sort(Vec<SortSpec>),
    Limit(u64),
    Expand {
        from: ColumnId,
        into: ColumnId,
    },
    Dissect {
        input: Node,
        pattern: DissectPattern,
        into: Vec<ColumnId>,
    },
    Grok(GrokSpec),
    Complete {
        prompt: Node,
        into: ColumnId,
    },
    Lookup(Lookup),
}

#[derive(Debug)]
pub(super) struct GroupSpec {
    pub(super) keys: Vec<GroupKey>,
    pub(super) aggregates: Vec<AggregateSpec>,
}

#[derive(Debug)]
pub(super) struct SortSpec {
    pub(super) node: Node,
    pub(super) descending: bool,
    pub(super) nulls_first: bool,
}

impl<'p> Program<'p> {
    /// What was compiled.
    pub fn pipeline(&self) -> &'p Pipeline {
        self.pipeline
    }

    /// Compiles a pipeline. A pattern that is none, or that this evaluator cannot run, is a
    /// failure.
    pub fn new(pipeline: &'p Pipeline) -> Result<Self, QueryFailure> {
        let source = match &pipeline.source {
            Source::Documents => None,
            Source::Row(fields) => {
                let fields = fields
                    .iter()
                    .map(|field| Ok((field.column, node(&field.expr)?)));
                Some(fields.collect::<Result<_, QueryFailure>>()?)
            }
        };
        let steps = pipeline
            .steps
            .iter()
            .map(|step| compile_step(&step.operation));
        Ok(Self {
            pipeline,
            source,
            steps: steps.collect::<Result<_, _>>()?,
        })
    }
}

fn compile_step(operation: &Operation) -> Result<Step, QueryFailure> {
    Ok(match operation {
        Operation::Load(columns) => Step::Load(columns.clone()),
        Operation::Filter(conditions) => Step::Filter(nodes(conditions)?),
        Operation::Compute(fields) => {
            let fields = fields
                .iter()
                .map(|field| Ok((field.column, node(&field.expr)?)));
            Step::Compute(fields.collect::<Result<_, QueryFailure>>()?)
        }
        Operation::Group(group) => Step::Group(group_spec(group)?),
        Operation::GroupJoin(group) => Step::GroupJoin(group_spec(group)?),
        Operation::Sort(keys) => {
            let keys = keys.iter().map(|key| {
                Ok(SortSpec {
                    node: node(&key.expr)?,
                    descending: key.descending,
                    nulls_first: key.nulls_first,
                })
            });
            Step::Sort(keys.collect::<Result<_, QueryFailure>>()?)
        }
        Operation::Limit(count) => Step::Limit(*count),
        Operation::Expand { from, into } => Step::Expand {
            from: *from,
            into: *into,
        },
        Operation::Dissect {
            input,
            pattern,
            into,
        } => Step::Dissect {
            input: node(input)?,
            pattern: pattern.clone(),
            into: into.clone(),
        },
        Operation::Grok {
            input,
            patterns,
            into,
        } => Step::Grok(GrokSpec::new(node(input)?, patterns, into)?),
        Operation::Complete { prompt, into } => Step::Complete {
            prompt: node(prompt)?,
            into: *into,
        },
        Operation::Lookup(lookup) => Step::Lookup(lookup.clone()),
    })
}

fn group_spec(group: &Group) -> Result<GroupSpec, QueryFailure> {
    let aggregates = group.aggregates.iter().map(|aggregate| {
        Ok(AggregateSpec {
            column: aggregate.column,
            function: aggregate.function,
            arguments: nodes(&aggregate.arguments)?,
            filter: aggregate.filter.as_ref().map(node).transpose()?,
            data_type: aggregate.data_type,
            location: aggregate.location,
        })
    });
    Ok(GroupSpec {
        keys: group.keys.clone(),
        aggregates: aggregates.collect::<Result<_, QueryFailure>>()?,
    })
}

fn nodes(exprs: &[Expr]) -> Result<Vec<Node>, QueryFailure> {
    exprs.iter().map(node).collect()
}

fn boxed(expr: &Expr) -> Result<Box<Node>, QueryFailure> {
    node(expr).map(Box::new)
}

pub(super) fn node(expr: &Expr) -> Result<Node, QueryFailure> {
    let kind = match &expr.kind {
        ExprKind::Constant(cell) => NodeKind::Constant(cell.clone()),
        ExprKind::Timespan(_) => NodeKind::Constant(Cell::NULL),
        ExprKind::Column(column) => NodeKind::Column(*column),
        ExprKind::And(parts) => NodeKind::And(nodes(parts)?),
        ExprKind::Or(parts) => NodeKind::Or(nodes(parts)?),
        ExprKind::Not(inner) => NodeKind::Not(boxed(inner)?),
        ExprKind::IsNull(inner) => NodeKind::IsNull(boxed(inner)?),
        ExprKind::Negate(inner) => NodeKind::Negate(boxed(inner)?),
        ExprKind::In(value, items) => NodeKind::In(boxed(value)?, nodes(items)?),
        ExprKind::Like(value, patterns) => {
            let patterns = patterns.iter();
            let patterns = patterns.map(|pattern| Pattern::wildcard(pattern, false));
            NodeKind::Matches(boxed(value)?, patterns.collect())
        }
        ExprKind::Regex {
            value,
            patterns,
            insensitive,
        } => {
            let patterns = patterns.iter();
            let patterns = patterns.map(|pattern| Pattern::lucene(pattern, *insensitive));
            NodeKind::Matches(boxed(value)?, patterns.collect::<Result<_, _>>()?)
        }
        ExprKind::Search(plan) => NodeKind::Search(Box::new(Search {
            patterns: Patterns::of(plan)?,
            plan: (**plan).clone(),
        })),
        ExprKind::Binary(operator, left, right) => binary(*operator, left, right)?,
        ExprKind::Call(Function::Case, arguments) => NodeKind::Case(nodes(arguments)?),
        ExprKind::Call(Function::Coalesce, arguments) => NodeKind::Coalesce(nodes(arguments)?),
        ExprKind::Call(function, arguments) => {
            NodeKind::Call(Box::new(call(*function, arguments)?))
        }
    };
    let node = Node {
        kind,
        data_type: expr.data_type,
        location: expr.location,
    };
    Ok(fold(node, expr))
}

/// A constant that fails nowhere is computed here; one that warns is left to the rows, so that its
/// warning is given.
fn fold(node: Node, expr: &Expr) -> Node {
    let is_literal = matches!(node.kind, NodeKind::Constant(_));
    let has_now = |expr: &Expr| contains_now(expr);
    if is_literal || !expr.is_constant() || has_now(expr) {
        return node;
    }
    let warnings = RefCell::new(Warnings::default());
    let env = Environment {
        now: crate::event::Timestamp::default(),
        warnings: &warnings,
        events: &[],
        failure: &RefCell::new(None),
        forced: None,
        held: &Held::new(RowMemory::default()),
    };
    let row = Row::new(0, Provenance::Several([].into()));
    let cell = node.eval(&row, &env).into_owned();
    if !warnings.borrow().is_empty() {
        return node;
    }
    Node {
        kind: NodeKind::Constant(cell),
        ..node
    }
}

fn contains_now(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Call(Function::Now, _))
        || expr.children().iter().any(|child| contains_now(child))
}

fn binary(operator: Operator, left: &Expr, right: &Expr) -> Result<NodeKind, QueryFailure> {
    if operator.is_comparison() {
        return Ok(NodeKind::Compare(
            Compare(operator),
            boxed(left)?,
            boxed(right)?,
        ));
    }
    let (date, timespan) = match (&left.kind, &right.kind) {
        (_, ExprKind::Timespan(timespan)) => (left, timespan),
        (ExprKind::Timespan(timespan), _) => (right, timespan),
        _ => return Ok(NodeKind::Arithmetic(operator, boxed(left)?, boxed(right)?)),
    };
    let timespan = match operator {
        Operator::Subtract => timespan.and_then(Timespan::negated),
        _ => *timespan,
    };
    Ok(match timespan {
        Some(timespan) => NodeKind::MoveDate(boxed(date)?, timespan),
        None => NodeKind::Constant(Cell::NULL),
    })
}

fn call(function: Function, arguments: &[Expr]) -> Result<Call, QueryFailure> {
    let values = match signature::of(function) {
        Some(row) => row.values,
        None => Values::Single,
    };
    let prepared = prepare(function, arguments)?;
    // What is prepared is no argument any more.
    let arguments = match prepared {
        Prepared::Timespan(_) => arguments.get(1..).unwrap_or(&[]),
        _ => arguments,
    };
    Ok(Call {
        function,
        arguments: nodes(arguments)?,
        values,
        prepared,
    })
}

fn prepare(function: Function, arguments: &[Expr]) -> Result<Prepared, QueryFailure> {
    let text = |index: usize| match arguments.get(index).map(|argument| &argument.kind) {
        Some(ExprKind::Constant(Cell::One(Value::Text(text)))) => Some(text.clone()),
        _ => None,
    };
    Ok(match function {
        Function::DateTruncate => match arguments.first().map(|argument| &argument.kind) {
            Some(ExprKind::Timespan(Some(timespan))) => Prepared::Timespan(*timespan),
            _ => Prepared::Nothing,
        },
        Function::Replace => match text(1).map(|pattern| Finder::java(&pattern)) {
            // What Java refuses is a null; what only this evaluator cannot run is none.
            Some(Err(failure)) if failure.is_unsupported() => return Err(failure),
            Some(finder) => Prepared::Finder(finder),
            None => Prepared::Nothing,
        },
        Function::CidrMatch => {
            let blocks: Option<Vec<_>> = (1..arguments.len()).map(text).collect();
            match blocks {
                Some(blocks) => Prepared::Blocks(blocks.iter().map(|b| ip::block(b)).collect()),
                None => Prepared::Nothing,
            }
        }
        _ => Prepared::Nothing,
    })
}
