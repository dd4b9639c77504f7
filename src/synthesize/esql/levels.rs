//! A pipeline by levels: rows of documents, then rows of each STATS. Knows where each column comes
//! from.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::plan::pipeline::{
    Aggregate, ColumnId, ColumnOrigin, DissectPattern, Expr, ExprKind, GrokPattern, Group,
    LocationId, Operation, Pipeline, Step,
};

/// Where the values of a column come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Definition<'p> {
    /// The document.
    Field,
    /// An expression over other columns.
    Computed(&'p Expr),
    /// The key of a group: the column of the rows that are grouped.
    Key(ColumnId),
    /// The aggregate of a group.
    Aggregate(&'p Aggregate),
    /// One of the values of another column.
    Expanded(ColumnId),
    /// A part of a text, cut by DISSECT.
    Dissected(&'p Expr, &'p DissectPattern, usize),
    /// A part of a text, found by GROK.
    Grokked(&'p Expr, &'p [GrokPattern], &'p str),
    /// The answer of COMPLETION.
    Completed,
}

/// The steps between two groupings.
#[derive(Debug)]
pub(super) struct Level<'p> {
    pub(super) steps: Range<usize>,
    /// The command that the level begins with.
    pub(super) location: LocationId,
    /// The grouping whose rows these are; `None` of documents.
    pub(super) group: Option<&'p Group>,
}

/// A pipeline by levels.
pub(super) struct Levels<'p> {
    pub(super) pipeline: &'p Pipeline,
    pub(super) all: Vec<Level<'p>>,
    definitions: BTreeMap<ColumnId, (Definition<'p>, usize)>,
}

impl<'p> Levels<'p> {
    pub(super) fn new(pipeline: &'p Pipeline) -> Self {
        let mut own = Self {
            pipeline,
            all: Vec::new(),
            definitions: BTreeMap::new(),
        };
        let first = pipeline.steps.first();
        let mut location = first.map_or(LocationId(0), |step| step.location);
        let (mut from, mut group) = (0, None);
        for (index, step) in pipeline.steps.iter().enumerate() {
            let (next, joins) = match &step.operation {
                Operation::Group(next) => (next, false),
                Operation::GroupJoin(next) => (next, true),
                other => {
                    own.define(other);
                    continue;
                }
            };
            own.all.push(Level {
                steps: from..index,
                location,
                group,
            });
            (from, group, location) = (index + 1, Some(next), step.location);
            own.define_group(next, joins);
        }
        own.all.push(Level {
            steps: from..pipeline.steps.len(),
            location,
            group,
        });
        own
    }

    fn put(&mut self, column: ColumnId, definition: Definition<'p>) {
        self.definitions
            .insert(column, (definition, self.all.len()));
    }

    fn define_group(&mut self, group: &'p Group, joins: bool) {
        for key in group
            .keys
            .iter()
            .filter(|key| key.from != key.into && !joins)
        {
            self.put(key.into, Definition::Key(key.from));
        }
        for aggregate in &group.aggregates {
            self.put(aggregate.column, Definition::Aggregate(aggregate));
        }
    }

    fn define(&mut self, operation: &'p Operation) {
        match operation {
            Operation::Compute(fields) => {
                for field in fields {
                    self.put(field.column, Definition::Computed(&field.expr));
                }
            }
            Operation::Expand { from, into } if from != into => {
                self.put(*into, Definition::Expanded(*from));
            }
            Operation::Dissect {
                input,
                pattern,
                into,
            } => {
                for (place, column) in into.iter().enumerate() {
                    self.put(*column, Definition::Dissected(input, pattern, place));
                }
            }
            Operation::Grok {
                input,
                patterns,
                into,
            } => {
                for column in into {
                    let definition = Definition::Grokked(input, patterns, &column.name);
                    self.put(column.column, definition);
                }
            }
            Operation::Complete { into, .. } => self.put(*into, Definition::Completed),
            _ => {}
        }
    }

    pub(super) fn definition(&self, column: ColumnId) -> Definition<'p> {
        let own = self.definitions.get(&column);
        own.map_or(Definition::Field, |(definition, _)| *definition)
    }

    /// The columns that an expression on a level rests on: fields, keys, aggregates, answers.
    pub(super) fn bases(&self, expr: &Expr) -> Vec<ColumnId> {
        let mut found = Vec::new();
        self.add_bases(expr, &mut found);
        found
    }

    fn add_bases(&self, expr: &Expr, found: &mut Vec<ColumnId>) {
        if let ExprKind::Column(column) = expr.kind {
            self.add_bases_of(column, found);
        }
        for child in expr.children() {
            self.add_bases(child, found);
        }
    }

    fn add_bases_of(&self, column: ColumnId, found: &mut Vec<ColumnId>) {
        match self.definition(column) {
            Definition::Computed(expr)
            | Definition::Dissected(expr, ..)
            | Definition::Grokked(expr, ..) => self.add_bases(expr, found),
            Definition::Expanded(from) => self.add_bases_of(from, found),
            Definition::Field
            | Definition::Key(_)
            | Definition::Aggregate(_)
            | Definition::Completed => {
                if !found.contains(&column) {
                    found.push(column);
                }
            }
        }
    }

    /// Whether the rows of a level themselves can be given any value of a base column.
    pub(super) fn is_free(&self, level: usize, column: ColumnId) -> bool {
        let defined = self.definitions.get(&column);
        match defined {
            None => level == 0,
            Some((Definition::Completed, _)) => true,
            Some((Definition::Aggregate(_), of)) => *of == level,
            Some(_) => false,
        }
    }

    /// What is asked of a language model on the level.
    pub(super) fn prompts(&self, level: usize) -> Vec<&'p Expr> {
        let steps = self.all.get(level).map(|own| own.steps.clone());
        let steps = steps.and_then(|range| self.pipeline.steps.get(range));
        let prompt = |step: &'p Step| match &step.operation {
            Operation::Complete { prompt, .. } => Some(prompt),
            _ => None,
        };
        steps
            .unwrap_or_default()
            .iter()
            .filter_map(prompt)
            .collect()
    }

    /// The conditions of the level's filters.
    pub(super) fn filters(&self, level: usize) -> Vec<&'p Expr> {
        let Some(level) = self.all.get(level) else {
            return Vec::new();
        };
        let steps = self.pipeline.steps.get(level.steps.clone());
        let conditions = steps.unwrap_or_default().iter().flat_map(|step| {
            let Operation::Filter(conditions) = &step.operation else {
                return &[][..];
            };
            conditions
        });
        conditions.collect()
    }
}

impl Levels<'_> {
    /// The fields of documents that columns rest on.
    pub(super) fn fields(&self, columns: &[ColumnId]) -> Vec<String> {
        let mut fields = Vec::new();
        for column in columns {
            self.add_fields(*column, &mut fields);
        }
        fields.retain(|own| own != "@timestamp");
        fields
    }

    fn add_fields(&self, column: ColumnId, fields: &mut Vec<String>) {
        let below: Vec<Expr> = match self.definition(column) {
            Definition::Key(from) | Definition::Expanded(from) => {
                return self.add_fields(from, fields);
            }
            Definition::Aggregate(aggregate) => aggregate.arguments.clone(),
            Definition::Computed(expr)
            | Definition::Dissected(expr, ..)
            | Definition::Grokked(expr, ..) => vec![expr.clone()],
            Definition::Completed => return,
            Definition::Field => {
                let path = self.path(column);
                fields.extend(path.filter(|path| !fields.contains(path)));
                return;
            }
        };
        for expr in &below {
            for base in self.bases(expr) {
                self.add_fields(base, fields);
            }
        }
    }

    /// The field of the document that a column is read from.
    pub(super) fn path(&self, column: ColumnId) -> Option<String> {
        let column = self.pipeline.column(column)?;
        match &column.origin {
            ColumnOrigin::Field { readers, .. } => {
                let reader = readers.iter().flatten().next();
                Some(reader.map_or_else(|| column.name.clone(), |own| own.read_from.to_string()))
            }
            _ => None,
        }
    }

    /// The column of another key of a DISSECT, as an expression.
    pub(super) fn dissected(&self, pattern: &DissectPattern, key: usize) -> Option<Expr> {
        let mut all = self.definitions.iter();
        all.find_map(|(column, (definition, _))| match definition {
            Definition::Dissected(input, own, place)
                if std::ptr::eq(*own, pattern) && *place == key =>
            {
                Some(Expr {
                    kind: ExprKind::Column(*column),
                    data_type: input.data_type,
                    location: input.location,
                })
            }
            _ => None,
        })
    }
}
