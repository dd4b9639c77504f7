//! `completions` and `tables`: what a language model answers and what a rule's rows are joined with.

use super::Parser;
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
        parser.shape(node, "`completions`", "a text or a list");
        return Vec::new();
    };
    if !parser.few(node.span, items.len(), MOST, "answers of COMPLETION") {
        return Vec::new();
    }
    let mut answers = Vec::new();
    for item in items {
        let Some(mut entries) = parser.map(item, "an answer of COMPLETION") else {
            continue;
        };
        let prompt = entries.take("prompt");
        let prompt = prompt.and_then(|node| parser.text(node, "`prompt`"));
        let answer = entries.take("answer");
        let answer = answer.and_then(|node| parser.text(node, "`answer`"));
        parser.rest(&entries, "an answer of COMPLETION", COMPLETION_KEYS);
        let Some(answer) = answer else {
            let help = "`- {prompt: curl, answer: verdict=TP}`";
            parser.missing(item.span, "the answer has no `answer`", help);
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
        parser.shape(node, "`tables`", "a map of name to rows");
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
            let Some(mut entries) = parser.map(node, "a table") else {
                return table;
            };
            let column = entries.take("match");
            let column = column.and_then(|node| parser.text(node, "`match`"));
            table.match_field = column.map(|column| column.value);
            let rows = entries.take("rows");
            parser.rest(&entries, "a table", TABLE_KEYS);
            rows
        }
        _ => Some(node),
    };
    let Some(Node {
        kind: NodeKind::List(rows),
        span,
    }) = rows
    else {
        let help = "`rows: [{host.id: h1, owner: ada}]`";
        parser.missing(node.span, "the table has no list of rows", help);
        return table;
    };
    if !parser.few(*span, rows.len(), MOST, "rows of a table") {
        return table;
    }
    for row in rows {
        let NodeKind::Map(cells) = &row.kind else {
            parser.shape(row, "a row", "a map of column to value");
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
                let message = "a cell of a table is a value or a list of values";
                parser.error(&WRONG_SHAPE, item.span, message, "", &[]);
            }
        }
    }
    values
}
