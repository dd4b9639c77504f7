//! Takes conditions apart: into literals, what must all hold, and what there are several ways for.
//! A CASE or COALESCE becomes a way for each of its branches.

use std::cell::OnceCell;
use std::rc::Rc;

use super::levels::{Definition, Levels};
use crate::evaluate::pipeline::ProbeExpr;
use crate::event::Value;
use crate::plan::pipeline::{Cell, ColumnId, DataType, Expr, ExprKind, Function};

/// How a condition must come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    True,
    False,
    /// False or null.
    NotTrue,
}

impl Want {
    pub(super) fn is(self, cell: &Cell) -> bool {
        let truth = match cell {
            Cell::One(Value::Bool(value)) => Some(*value),
            _ => None,
        };
        match self {
            Self::True => truth == Some(true),
            Self::False => truth == Some(false),
            Self::NotTrue => truth != Some(true),
        }
    }
}

/// A condition and how it must come out.
#[derive(Debug, Clone)]
pub(super) struct Goal {
    pub(super) expr: Rc<Expr>,
    pub(super) want: Want,
    test: Rc<OnceCell<Option<ProbeExpr>>>,
}

impl Goal {
    pub(super) fn new(expr: Expr, want: Want) -> Self {
        Self {
            expr: Rc::new(expr),
            want,
            test: Rc::default(),
        }
    }

    /// The condition, compiled once; `None` where a pattern in it cannot be run.
    pub(super) fn test(&self) -> Option<&ProbeExpr> {
        let compiled = || ProbeExpr::new(&self.expr).ok();
        self.test.get_or_init(compiled).as_ref()
    }
}

/// What a goal comes to.
pub(super) enum Parts {
    /// A constant.
    Known(bool),
    /// A test of values.
    Literal(Goal),
    /// All of these.
    All(Vec<Goal>),
    /// All of one of these.
    Any(Vec<Vec<Goal>>),
}

/// Takes a goal apart.
pub(super) fn parts(levels: &Levels<'_>, goal: &Goal) -> Parts {
    let (expr, want) = (&goal.expr, goal.want);
    let each = |parts: &[Expr], want| -> Vec<Goal> {
        let goals = parts.iter().map(|part| Goal::new(part.clone(), want));
        goals.collect()
    };
    match (&expr.kind, want) {
        (ExprKind::Constant(cell), want) => Parts::Known(want.is(cell)),
        (ExprKind::And(parts), Want::True) => Parts::All(each(parts, want)),
        (ExprKind::Or(parts), Want::False | Want::NotTrue) => Parts::All(each(parts, want)),
        (ExprKind::And(parts) | ExprKind::Or(parts), want) => Parts::Any(
            each(parts, want)
                .into_iter()
                .map(|goal| vec![goal])
                .collect(),
        ),
        (ExprKind::Not(inner), want) => {
            let want = match want {
                Want::True => Want::False,
                Want::False | Want::NotTrue => Want::True,
            };
            Parts::All(vec![Goal::new((**inner).clone(), want)])
        }
        (ExprKind::IsNull(inner), Want::False) => match there(levels, inner) {
            Some(arguments) => Parts::All(arguments),
            None => lifted(levels, goal),
        },
        (ExprKind::Column(column), want) => match levels.definition(*column) {
            Definition::Computed(own) => Parts::All(vec![Goal::new(own.clone(), want)]),
            _ => Parts::Literal(goal.clone()),
        },
        _ => lifted(levels, goal),
    }
}

/// What must be there for a value to be; `None` where that is not all that is asked.
fn there(levels: &Levels<'_>, value: &Expr) -> Option<Vec<Goal>> {
    use Function as F;
    let is_there = |part: &Expr| {
        let kind = ExprKind::IsNull(Box::new(part.clone()));
        let expr = Expr {
            kind,
            data_type: DataType::Boolean,
            location: part.location,
        };
        Goal::new(expr, Want::False)
    };
    match &value.kind {
        ExprKind::Column(column) => match levels.definition(*column) {
            Definition::Computed(own) => there(levels, own),
            _ => None,
        },
        ExprKind::Call(F::Coalesce, parts) => {
            let is_value =
                |part: &Expr| matches!(&part.kind, ExprKind::Constant(cell) if !cell.is_null());
            parts.iter().any(is_value).then(Vec::new)
        }
        ExprKind::Call(
            F::Concat | F::MvConcat | F::ToLower | F::ToUpper | F::ToString | F::Length | F::Trim,
            parts,
        ) => {
            let parts = parts.iter().filter(|part| !part.is_constant());
            Some(parts.map(is_there).collect())
        }
        _ => None,
    }
}

/// A test with each CASE and COALESCE taken out of it.
fn lifted(levels: &Levels<'_>, goal: &Goal) -> Parts {
    let inlined = with_branches(levels, &goal.expr);
    let Some((path, call)) = branching(&inlined) else {
        return Parts::Literal(goal.clone());
    };
    let ExprKind::Call(function, arguments) = &call.kind else {
        return Parts::Literal(goal.clone());
    };
    let put = |value: &Expr| {
        let mut expr = inlined.clone();
        replace(&mut expr, &path, value);
        Goal::new(expr, goal.want)
    };
    let mut ways = Vec::new();
    let mut before: Vec<Goal> = Vec::new();
    if *function == Function::Coalesce {
        for value in arguments {
            let is_null = Expr {
                kind: ExprKind::IsNull(Box::new(value.clone())),
                data_type: DataType::Boolean,
                location: value.location,
            };
            let mut way = before.clone();
            way.push(Goal::new(is_null.clone(), Want::False));
            way.push(put(value));
            ways.push(way);
            before.push(Goal::new(is_null, Want::True));
        }
        return Parts::Any(ways);
    }
    let mut pairs = arguments.chunks_exact(2);
    for pair in &mut pairs {
        if let [condition, value] = pair {
            let mut way = before.clone();
            way.push(Goal::new(condition.clone(), Want::True));
            way.push(put(value));
            ways.push(way);
            before.push(Goal::new(condition.clone(), Want::NotTrue));
        }
    }
    let null = Expr {
        kind: ExprKind::Constant(Cell::NULL),
        data_type: call.data_type,
        location: call.location,
    };
    before.push(put(pairs.remainder().first().unwrap_or(&null)));
    ways.push(before);
    Parts::Any(ways)
}

/// The expression with the definitions of those columns in it that branch.
fn with_branches(levels: &Levels<'_>, expr: &Expr) -> Expr {
    rewritten(expr, &mut |column| match levels.definition(column) {
        Definition::Computed(own) => {
            let own = with_branches(levels, own);
            branching(&own).is_some().then_some(own)
        }
        _ => None,
    })
}

/// The expression over base columns and parts of texts only.
pub(super) fn inlined(levels: &Levels<'_>, expr: &Expr) -> Expr {
    rewritten(expr, &mut |column| match levels.definition(column) {
        Definition::Computed(own) => Some(inlined(levels, own)),
        _ => None,
    })
}

/// An expression on rows of groups, as one on the rows that are grouped.
pub(super) fn below(levels: &Levels<'_>, expr: &Expr) -> Expr {
    let expr = inlined(levels, expr);
    let location = (expr.location, expr.data_type);
    rewritten(&expr, &mut |column| match levels.definition(column) {
        Definition::Key(from) => Some(Expr {
            kind: ExprKind::Column(from),
            data_type: levels
                .pipeline
                .column(from)
                .map_or(location.1, |own| own.data_type),
            location: location.0,
        }),
        _ => None,
    })
}

/// The expression on the documents below a level; `None` where an aggregate takes part.
pub(super) fn on_documents(levels: &Levels<'_>, expr: &Expr) -> Option<Expr> {
    // Each turn goes down a level.
    let turns = levels.all.iter();
    let expr = turns.fold(expr.clone(), |expr, _| below(levels, &expr));
    let is_of_document = |column: &ColumnId| {
        matches!(
            levels.definition(*column),
            Definition::Field | Definition::Expanded(_)
        )
    };
    let mut bases = levels.bases(&expr).into_iter();
    bases.all(|column| is_of_document(&column)).then_some(expr)
}

/// The expression with other expressions for some of its columns.
pub(super) fn rewritten(expr: &Expr, with: &mut impl FnMut(ColumnId) -> Option<Expr>) -> Expr {
    if let ExprKind::Column(column) = expr.kind {
        return with(column).unwrap_or_else(|| expr.clone());
    }
    let mut copy = expr.clone();
    for child in copy.children_mut() {
        *child = rewritten(child, with);
    }
    copy
}

/// The first CASE or COALESCE in the order of the text, with the way to it.
fn branching(expr: &Expr) -> Option<(Vec<usize>, Expr)> {
    if matches!(
        expr.kind,
        ExprKind::Call(Function::Case | Function::Coalesce, _)
    ) {
        return Some((Vec::new(), expr.clone()));
    }
    let mut children = expr.children().into_iter().enumerate();
    children.find_map(|(place, child)| {
        let (mut path, call) = branching(child)?;
        path.insert(0, place);
        Some((path, call))
    })
}

fn replace(expr: &mut Expr, path: &[usize], value: &Expr) {
    let Some((first, rest)) = path.split_first() else {
        *expr = value.clone();
        return;
    };
    if let Some(child) = expr.children_mut().into_iter().nth(*first) {
        replace(child, rest, value);
    }
}
