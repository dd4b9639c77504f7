//! `completions` and `tables`: what a language model answers and what a rule's rows are joined with.

use super::Parser;
use crate::diagnostic::scenario_part::{Counted, ScenarioPart, Shape};
use crate::diagnostic::scenario_structure::ScenarioStructure;
use crate::scenario::error::WRONG_SHAPE;
use crate::scenario::model::{CompletionAnswer, LookupTable, WrittenValue};
use crate::scenario::yaml::{Key, Node, NodeKind};

const COMPLETION_KEYS: &[&str] = &["prompt", "answer"];
const TABLE_KEYS: &[&str] = &["match", "rows"];

/// The most answers and tables of a scenario, and the most rows of a table.
const MOST: usize = 1_000;

/// `completions`: an answer to every prompt, or a list of answers, each to the prompts that contain
/// a text.
pub(super) fn completions(parser: &mut Parser<'_>, node: &Node) -> Vec<CompletionAnswer> {
    if let NodeKind::Scalar { text, .. } = &node.kind {
        return vec![CompletionAnswer {
            prompt: String::new(),
            answer: text.clone(),
        }];
    }
    let NodeKind::List(items) = &node.kind else {
        let part = ScenarioPart::Key("completions");
        parser.shape(node, &part, Shape::OneTextOrList);
        return Vec::new();
    };
    if !parser.few(node.span, items.len(), MOST, Counted::CompletionAnswers) {
        return Vec::new();
    }
    let mut answers = Vec::new();
    for item in items {
        let Some(mut entries) = parser.map(item, &ScenarioPart::CompletionAnswer) else {
            continue;
        };
        let prompt = entries.take("prompt");
        let prompt = prompt.and_then(|node| parser.text(node, &ScenarioPart::Key("prompt")));
        let answer = entries.take("answer");
        let answer = answer.and_then(|node| parser.text(node, &ScenarioPart::Key("answer")));
        parser.rest(&entries, &ScenarioPart::CompletionAnswer, COMPLETION_KEYS);
        let Some(answer) = answer else {
            parser.missing(item.span, &ScenarioStructure::NoCompletionAnswer);
            continue;
        };
        answers.push(CompletionAnswer {
            prompt: prompt.map_or_else(String::new, |prompt| prompt.value),
            answer: answer.value,
        });
    }
    answers
}

/// `tables`: lookup indices and enrich policies by name, each a list of rows; of a policy also the
/// column that it matches.
pub(super) fn tables(parser: &mut Parser<'_>, node: &Node) -> Vec<LookupTable> {
    let NodeKind::Map(entries) = &node.kind else {
        parser.shape(node, &ScenarioPart::Key("tables"), Shape::RowsByName);
        return Vec::new();
    };
    let tables = entries.iter().map(|(name, node)| table(parser, name, node));
    tables.collect()
}

fn table(parser: &mut Parser<'_>, name: &Key, node: &Node) -> LookupTable {
    let mut table = LookupTable {
        name: name.text.clone(),
        ..LookupTable::default()
    };
    let rows = match &node.kind {
        NodeKind::Map(_) => {
            let Some(mut entries) = parser.map(node, &ScenarioPart::Table) else {
                return table;
            };
            let column = entries.take("match");
            let column = column.and_then(|node| parser.text(node, &ScenarioPart::Key("match")));
            table.match_field = column.map(|column| column.value);
            let rows = entries.take("rows");
            parser.rest(&entries, &ScenarioPart::Table, TABLE_KEYS);
            rows
        }
        _ => Some(node),
    };
    let Some(Node {
        kind: NodeKind::List(rows),
        span,
    }) = rows
    else {
        parser.missing(node.span, &ScenarioStructure::NoTableRows);
        return table;
    };
    if !parser.few(*span, rows.len(), MOST, Counted::TableRows) {
        return table;
    }
    for row in rows {
        let NodeKind::Map(cells) = &row.kind else {
            parser.shape(row, &ScenarioPart::TableRow, Shape::ValuesByColumn);
            continue;
        };
        let cells = cells.iter().map(|(column, node)| {
            let values = read_values(parser, node);
            (column.text.clone(), values)
        });
        table.rows.push(cells.collect());
    }
    table
}

fn read_values(parser: &mut Parser<'_>, node: &Node) -> Vec<WrittenValue> {
    let items = match &node.kind {
        NodeKind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut values = Vec::new();
    for item in items {
        match &item.kind {
            NodeKind::Scalar { text, quoted } if *quoted || text != "null" => {
                values.push(WrittenValue {
                    text: text.clone(),
                    quoted: *quoted,
                    span: item.span,
                });
            }
            NodeKind::Scalar { .. } => {}
            NodeKind::List(_) | NodeKind::Map(_) => {
                parser.error(&WRONG_SHAPE, item.span, &ScenarioStructure::TableCell);
            }
        }
    }
    values
}
