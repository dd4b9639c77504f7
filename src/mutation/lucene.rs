//! The changes of a Lucene query string: of its groups of clauses, each required, optional or
//! forbidden, its wildcards and its ranges.

use super::bound::moved;
use super::{Changed, Mutant, Operator};
use crate::compile::Syntax;
use crate::diagnostic::Span;
use crate::language::lucene::syntax::{Clause, Group, Leaf, Node, Occur, Value};

/// A tree with one change.
struct Edit<T> {
    tree: T,
    operator: Operator,
    span: Span,
    before: String,
    after: String,
    case: String,
}

impl<T> Edit<T> {
    /// The same change seen from a tree around it.
    fn within<U>(self, around: impl FnOnce(T) -> U) -> Edit<U> {
        Edit {
            tree: around(self.tree),
            operator: self.operator,
            span: self.span,
            before: self.before,
            after: self.after,
            case: self.case,
        }
    }
}

/// Every mutant of a query, in the order of the text.
pub(super) fn mutants(query: &Group) -> Vec<Mutant> {
    let mutant = |edit: Edit<Group>| Mutant {
        operator: edit.operator,
        span: edit.span,
        before: edit.before,
        after: edit.after,
        case: edit.case,
        changed: Changed::Query(Syntax::Lucene(edit.tree)),
    };
    let mut mutants: Vec<Mutant> = of_group(query, true).into_iter().map(mutant).collect();
    mutants.sort_by_key(|mutant| mutant.span);
    mutants
}

/// Every change of a group that a match wants to be `want`.
fn of_group(group: &Group, want: bool) -> Vec<Edit<Group>> {
    let mut all = Vec::new();
    all.extend(swapped(group).map(|swapped| Edit {
        operator: Operator::SwapAndOr,
        span: group.span,
        before: group.to_string(),
        after: swapped.to_string(),
        case: format!("a case that meets a part of `{group}` only"),
        tree: swapped,
    }));
    for (number, clause) in group.clauses.iter().enumerate() {
        all.extend(of_clause(group, number, clause, want));
    }
    all
}

/// Every change of one clause of a group.
fn of_clause(group: &Group, number: usize, clause: &Clause, want: bool) -> Vec<Edit<Group>> {
    let with = |clauses: Vec<Clause>| Group {
        span: group.span,
        clauses,
    };
    let mut all = Vec::new();
    let span = clause.node.span();
    let is_wanted = want == (clause.occur != Occur::Forbidden);
    let before = words(clause);
    // Without clauses every document would be met: that is no Lucene text but `*`.
    let mut rest = group.clauses.clone();
    rest.remove(number);
    if rest.is_empty() {
        rest.push(everything(span));
    }
    all.push(Edit {
        tree: with(rest),
        operator: Operator::Drop,
        span,
        before: before.clone(),
        after: String::new(),
        case: format!(
            "the attack, changed only so that `{}` is {}, which must not alert",
            clause.node.words(),
            !is_wanted
        ),
    });
    let place = |changed: Clause| {
        let mut clauses = group.clauses.clone();
        if let Some(own) = clauses.get_mut(number) {
            *own = changed;
        }
        with(clauses)
    };
    let negated = negated(clause);
    all.push(Edit {
        operator: Operator::Negate,
        span,
        before,
        after: words(&negated),
        case: format!("a case that `{}` decides", clause.node.words()),
        tree: place(negated),
    });
    let below: Vec<Edit<Node>> = match &clause.node {
        Node::Group(inner) => of_group(inner, is_wanted)
            .into_iter()
            .map(|edit| edit.within(Node::Group))
            .collect(),
        Node::Leaf(leaf) => of_leaf(leaf)
            .into_iter()
            .map(|edit| edit.within(Node::Leaf))
            .collect(),
    };
    let around = |node: Node| {
        place(Clause {
            occur: clause.occur,
            node,
        })
    };
    all.extend(below.into_iter().map(|edit| edit.within(around)));
    all
}

impl Node {
    /// Its text, a group in parentheses.
    fn words(&self) -> String {
        match self {
            Self::Group(group) => format!("({group})"),
            Self::Leaf(leaf) => leaf.to_string(),
        }
    }
}

fn words(clause: &Clause) -> String {
    let sign = match clause.occur {
        Occur::Required => "+",
        Occur::Optional => "",
        Occur::Forbidden => "-",
    };
    format!("{sign}{}", clause.node.words())
}

/// `*`, which every document meets.
fn everything(span: Span) -> Clause {
    Clause {
        occur: Occur::Required,
        node: Node::Leaf(Leaf {
            span,
            written: "*".to_owned(),
            field: None,
            value: Value::Any,
        }),
    }
}

/// What was required is optional, and what was optional is required; `None` of a group in which
/// that says the same.
fn swapped(group: &Group) -> Option<Group> {
    let positive = group.clauses.iter();
    let positive = positive.filter(|clause| clause.occur != Occur::Forbidden);
    if positive.count() < 2 {
        return None;
    }
    let turned = |clause: &Clause| Clause {
        occur: match clause.occur {
            Occur::Required => Occur::Optional,
            Occur::Optional => Occur::Required,
            Occur::Forbidden => Occur::Forbidden,
        },
        node: clause.node.clone(),
    };
    Some(Group {
        span: group.span,
        clauses: group.clauses.iter().map(turned).collect(),
    })
}

/// A clause that holds where this one does not.
fn negated(clause: &Clause) -> Clause {
    match clause.occur {
        Occur::Required => Clause {
            occur: Occur::Forbidden,
            node: clause.node.clone(),
        },
        Occur::Forbidden => Clause {
            occur: Occur::Required,
            node: clause.node.clone(),
        },
        // One of several that may hold: its opposite may hold as well.
        Occur::Optional => {
            let span = clause.node.span();
            let opposite = Group {
                span,
                clauses: vec![Clause {
                    occur: Occur::Forbidden,
                    node: clause.node.clone(),
                }],
            };
            Clause {
                occur: Occur::Optional,
                node: Node::Group(opposite),
            }
        }
    }
}

/// The changes of a value: a star less at either end, a bound that moves.
fn of_leaf(leaf: &Leaf) -> Vec<Edit<Leaf>> {
    let edit = |operator, written: String, value: Value, case: String| {
        let tree = Leaf {
            written,
            value,
            ..leaf.clone()
        };
        Edit {
            operator,
            span: leaf.span,
            before: leaf.to_string(),
            after: tree.to_string(),
            case,
            tree,
        }
    };
    let narrowed = |written: String, value: Value| {
        let case = format!("a case with a value that `{leaf}` matches and `{written}` does not");
        edit(Operator::Narrow, written, value, case)
    };
    match &leaf.value {
        Value::Prefix(text) if !text.is_empty() => {
            let written = leaf.written.trim_end_matches('*').to_owned();
            vec![narrowed(written, Value::Text(text.clone()))]
        }
        Value::Wildcard(text) => {
            let has_end = text.ends_with('*') && !text.ends_with("\\*");
            let shorter = [
                text.strip_prefix('*'),
                text.strip_suffix('*').filter(|_| has_end),
            ];
            let shorter = shorter.into_iter().flatten();
            shorter
                .filter(|text| !text.is_empty())
                .map(|text| narrowed(text.to_owned(), pattern(text)))
                .collect()
        }
        Value::Range {
            low,
            low_inclusive,
            high,
            high_inclusive,
        } => ranges((low, *low_inclusive), (high, *high_inclusive))
            .into_iter()
            .map(|(bound, value)| {
                let case = format!("a case with the value {bound}");
                edit(Operator::Boundary, written_range(&value), value, case)
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A text with or without wildcards that are left, its escapes kept.
fn pattern(text: &str) -> Value {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' => return Value::Wildcard(text.to_owned()),
            '\\' => plain.extend(chars.next()),
            c => plain.push(c),
        }
    }
    Value::Text(plain)
}

/// A bound and whether it is in the range.
type End<'a> = (&'a Option<String>, bool);

/// The ranges with one end changed, each with the bound that decides.
fn ranges(low: End<'_>, high: End<'_>) -> Vec<(String, Value)> {
    let range = |low: (Option<String>, bool), high: (Option<String>, bool)| Value::Range {
        low: low.0,
        low_inclusive: low.1,
        high: high.0,
        high_inclusive: high.1,
    };
    let own = |end: End<'_>| (end.0.clone(), end.1);
    let changes = |(bound, inclusive): End<'_>| {
        let mut changed = Vec::new();
        if let Some(bound) = bound {
            changed.push((Some(bound.clone()), !inclusive));
            let moved = moved(bound).into_iter();
            changed.extend(moved.map(|bound| (Some(bound), inclusive)));
        }
        changed
    };
    let bound = |end: End<'_>| end.0.clone().unwrap_or_default();
    let of_low = changes(low)
        .into_iter()
        .map(|changed| (bound(low), range(changed, own(high))));
    let of_high = changes(high)
        .into_iter()
        .map(|changed| (bound(high), range(own(low), changed)));
    of_low.chain(of_high).collect()
}

/// `[80 TO 443}`
fn written_range(value: &Value) -> String {
    let Value::Range {
        low,
        low_inclusive,
        high,
        high_inclusive,
    } = value
    else {
        return String::new();
    };
    let end = |bound: &Option<String>| bound.clone().unwrap_or_else(|| "*".to_owned());
    format!(
        "{}{} TO {}{}",
        if *low_inclusive { '[' } else { '{' },
        end(low),
        end(high),
        if *high_inclusive { ']' } else { '}' },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::lucene;

    fn of(text: &str) -> Vec<String> {
        let query = lucene::parse(text, false).unwrap();
        let text = |mutant: &Mutant| {
            let Changed::Query(Syntax::Lucene(query)) = &mutant.changed else {
                return String::new();
            };
            format!("{}: {query}", mutant.operator.word())
        };
        mutants(&query).iter().map(text).collect()
    }

    #[test]
    fn clauses_are_dropped_negated_and_swapped() {
        let found = of("a:x AND NOT b:y*");
        let wanted = [
            "drop: -b:y*",
            "negate: -a:x -b:y*",
            "drop: +a:x",
            "negate: +a:x +b:y*",
            "narrow: +a:x -b:y",
        ];
        assert_eq!(found, wanted);
        assert!(of("a:x OR b:y").contains(&"swap and/or: +a:x +b:y".to_owned()));
        assert!(of("a:x OR b:y").contains(&"negate: (-a:x) b:y".to_owned()));
    }

    #[test]
    fn a_group_in_parentheses_is_changed_within() {
        let found = of("a:(x OR y) AND n:[80 TO 443}");
        for wanted in [
            "drop: +(a:y) +n:[80 TO 443}",
            "swap and/or: +(+a:x +a:y) +n:[80 TO 443}",
            "boundary: +(a:x a:y) +n:{80 TO 443}",
            "boundary: +(a:x a:y) +n:[79 TO 443}",
            "boundary: +(a:x a:y) +n:[80 TO 443]",
            "boundary: +(a:x a:y) +n:[80 TO 444}",
        ] {
            assert!(found.iter().any(|text| text == wanted), "{found:#?}");
        }
    }

    #[test]
    fn a_query_of_one_clause_loses_it() {
        assert_eq!(
            of("a:*x*"),
            [
                "drop: +*",
                "negate: (-a:*x*)",
                "narrow: a:x*",
                "narrow: a:*x"
            ]
        );
    }
}
