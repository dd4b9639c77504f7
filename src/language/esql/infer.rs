//! Infers the types of fields that no list knows from their use in the query.

use std::collections::{BTreeMap, BTreeSet};

use super::names::before_stats;
use super::syntax::{CommandKind, Expr, ExprKind, Field, Query};
use crate::event::FieldType;
use crate::event::field::{FloatType, IntegerType};
use crate::event::time::DateFormat;
use crate::plan::pipeline::aggregate;
use crate::plan::pipeline::signature;
use crate::plan::pipeline::{DataType, Operator, TypeSet};

/// The type of each field that the query reads and `known` does not have; keyword where nothing
/// says otherwise.
pub fn infer(
    query: &Query,
    known: impl Fn(&str) -> Option<FieldType>,
) -> BTreeMap<String, FieldType> {
    let mut uses = NameUses::default();
    let mut before = before_stats(query).into_iter();
    for command in &query.commands {
        // Behind STATS only the names of its aggregates lead back to fields.
        let Some((_, made)) = before.next() else {
            uses.behind_stats(&command.kind);
            continue;
        };
        uses.made = made;
        match &command.kind {
            CommandKind::Where(condition) => uses.visit(condition, Some(DataType::Boolean)),
            CommandKind::Eval(fields) => {
                for field in fields {
                    uses.visit(&field.expr, None);
                    uses.same_column(field);
                    uses.made
                        .extend(field.name.as_ref().map(|name| name.text.clone()));
                }
            }
            CommandKind::Stats(stats) | CommandKind::InlineStats(stats) => {
                for aggregate in &stats.aggregates {
                    uses.alias(&aggregate.field);
                    uses.visit(&aggregate.field.expr, None);
                    if let Some(filter) = &aggregate.filter {
                        uses.visit(filter, Some(DataType::Boolean));
                    }
                }
                for field in &stats.by {
                    uses.visit(&field.expr, None);
                }
            }
            kind => {
                let mut expressions = Vec::new();
                kind.add_expressions(&mut expressions);
                for expr in expressions {
                    uses.visit(expr, None);
                }
            }
        }
    }
    let names = super::names(query).into_iter();
    names
        .filter(|name| known(name).is_none())
        .map(|name| {
            let data_type = uses.types.get(name).copied().unwrap_or(DataType::Keyword);
            (name.to_owned(), field_type(data_type))
        })
        .collect()
}

/// The uses of names so far. The first use that says something decides.
#[derive(Default)]
struct NameUses {
    types: BTreeMap<String, DataType>,
    /// Names that are columns of the query's own.
    made: BTreeSet<String>,
    /// Names of columns that have the type of a field: `x = f`, `m = MAX(f)`.
    aliases: BTreeMap<String, String>,
    is_behind_stats: bool,
}

impl NameUses {
    fn alias(&mut self, field: &Field) {
        if let (
            Some(name),
            ExprKind::Call {
                name: of,
                arguments,
                ..
            },
        ) = (&field.name, &field.expr.kind)
            && ["MIN", "MAX", "VALUES", "FIRST", "LAST", "TOP"]
                .iter()
                .any(|own| of.value.eq_ignore_ascii_case(own))
            && let Some(ExprKind::Column(column)) = arguments.first().map(|first| &first.kind)
            && !self.made.contains(&column.text)
        {
            self.aliases.insert(name.text.clone(), column.text.clone());
        }
    }

    /// `x = f` makes another name for a field.
    fn same_column(&mut self, field: &Field) {
        if let (Some(name), ExprKind::Column(column)) = (&field.name, &field.expr.kind)
            && !self.made.contains(&column.text)
        {
            self.aliases.insert(name.text.clone(), column.text.clone());
        }
    }

    fn behind_stats(&mut self, kind: &CommandKind) {
        let mut expressions = Vec::new();
        kind.add_expressions(&mut expressions);
        let condition = matches!(kind, CommandKind::Where(_)).then_some(DataType::Boolean);
        // Every name is a column; those with an alias give its type to a field.
        self.made.clear();
        self.is_behind_stats = true;
        for expr in expressions {
            self.visit(expr, condition);
        }
    }

    fn visit(&mut self, expr: &Expr, wanted: Option<DataType>) {
        match &expr.kind {
            ExprKind::Column(name) => {
                let is_column = self.is_behind_stats || self.made.contains(&name.text);
                let field = if is_column {
                    self.aliases.get(&name.text).cloned()
                } else {
                    Some(name.text.clone())
                };
                if let (Some(field), Some(wanted)) = (field, wanted) {
                    self.types.entry(field).or_insert(wanted);
                }
            }
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                for part in parts {
                    self.visit(part, Some(DataType::Boolean));
                }
            }
            ExprKind::Not(inner) => self.visit(inner, Some(DataType::Boolean)),
            ExprKind::Negate(inner) => self.visit(inner, Some(DataType::Long)),
            ExprKind::IsNull { value, .. } => self.visit(value, None),
            ExprKind::Like { value, .. } => self.visit(value, Some(DataType::Keyword)),
            ExprKind::In { value, items, .. } => {
                let of_items = items.iter().find_map(result_type);
                self.visit(value, of_items);
                let of_value = result_type(value);
                for item in items {
                    self.visit(item, of_value);
                }
            }
            ExprKind::Binary(operator, left, right) => self.binary(*operator, left, right, wanted),
            ExprKind::Call {
                name, arguments, ..
            } => self.call(&name.value, arguments),
            _ => {
                for child in expr.children() {
                    self.visit(child, None);
                }
            }
        }
    }

    fn binary(&mut self, operator: Operator, left: &Expr, right: &Expr, wanted: Option<DataType>) {
        let (of_left, of_right) = (result_type(left), result_type(right));
        if operator.is_comparison() {
            self.visit(left, of_right);
            self.visit(right, of_left);
            return;
        }
        let is_timespan =
            |data_type: Option<DataType>| data_type.is_some_and(DataType::is_timespan);
        if is_timespan(of_left) || is_timespan(of_right) {
            self.visit(left, Some(DataType::Date));
            self.visit(right, Some(DataType::Date));
            return;
        }
        let number = wanted
            .filter(|wanted| wanted.is_number())
            .unwrap_or(DataType::Long);
        self.visit(
            left,
            of_right.filter(|own| own.is_number()).or(Some(number)),
        );
        self.visit(
            right,
            of_left.filter(|own| own.is_number()).or(Some(number)),
        );
    }

    fn call(&mut self, name: &str, arguments: &[Expr]) {
        if let Some(row) = aggregate::named(name) {
            let numeric = row.types == TypeSet::NUMBER;
            for argument in arguments {
                self.visit(argument, numeric.then_some(DataType::Long));
            }
            return;
        }
        let row = signature::named(name);
        let is_case = name.eq_ignore_ascii_case("case");
        for (index, argument) in arguments.iter().enumerate() {
            let is_condition = is_case && index % 2 == 0 && index + 1 < arguments.len();
            let parameter = row.and_then(|row| row.parameter(index));
            let wanted = if is_condition {
                Some(DataType::Boolean)
            } else {
                parameter.and_then(|parameter| only(parameter.types))
            };
            self.visit(argument, wanted);
        }
    }
}

/// The type that a set of types asks for; `None` for sets that ask for nothing.
fn only(types: TypeSet) -> Option<DataType> {
    [
        (TypeSet::TEXT, DataType::Keyword),
        (TypeSet::NUMBER, DataType::Long),
        (TypeSet::WHOLE, DataType::Long),
        (TypeSet::INTEGER, DataType::Integer),
        (TypeSet::DATE, DataType::Date),
        (TypeSet::IP, DataType::Ip),
        (TypeSet::BOOLEAN, DataType::Boolean),
        (TypeSet::VERSION, DataType::Version),
        (TypeSet::POINT, DataType::GeoPoint),
    ]
    .into_iter()
    .find_map(|(set, data_type)| (set == types).then_some(data_type))
}

/// What an expression gives, as far as it can be seen without the types of fields.
fn result_type(expr: &Expr) -> Option<DataType> {
    match &expr.kind {
        ExprKind::Bool(_) => Some(DataType::Boolean),
        ExprKind::Integer(_) => Some(DataType::Long),
        ExprKind::Decimal(_) => Some(DataType::Double),
        ExprKind::Text(_) => Some(DataType::Keyword),
        ExprKind::Timespan(timespan) => Some(match timespan {
            crate::plan::pipeline::Timespan::Duration(_) => DataType::TimeDuration,
            crate::plan::pipeline::Timespan::Period { .. } => DataType::DatePeriod,
        }),
        ExprKind::Column(name) if name.text == "@timestamp" => Some(DataType::Date),
        ExprKind::Binary(operator, left, right) if !operator.is_comparison() => {
            let (left, right) = (result_type(left), result_type(right));
            match (left, right) {
                (Some(left), Some(right)) if left.is_timespan() && right.is_timespan() => {
                    Some(left)
                }
                (Some(own), _) | (_, Some(own)) if own.is_date() || own.is_timespan() => {
                    Some(DataType::Date)
                }
                (own, other) => own.or(other),
            }
        }
        ExprKind::Call { name, .. } => match signature::named(&name.value)?.returns {
            signature::Returns::Type(data_type) => Some(data_type),
            _ => None,
        },
        _ => None,
    }
}

fn field_type(data_type: DataType) -> FieldType {
    match data_type {
        DataType::Boolean => FieldType::Boolean,
        DataType::Integer => FieldType::Integer(IntegerType::Integer),
        DataType::Long | DataType::UnsignedLong => FieldType::Integer(IntegerType::Long),
        DataType::Double => FieldType::Float(FloatType::Double),
        DataType::Ip => FieldType::Ip,
        DataType::Version => FieldType::Version,
        DataType::Date | DataType::DateNanos => FieldType::Date(DateFormat::default()),
        DataType::GeoPoint => FieldType::Unsupported("geo_point".to_owned()),
        _ => FieldType::ecs_keyword(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn the_use_of_a_field_gives_its_type() {
        let text = "FROM i | EVAL h = TO_LOWER(a), o = p | WHERE o >= 5 | WHERE b > 5 AND CIDR_MATCH(c, \"10.0.0.0/8\") \
                    AND d AND e > NOW() - 1 hour AND f == \"x\" AND h == g | STATS SUM(k), m = MAX(n) BY l \
                    | WHERE m > 1.5";
        let query = parse(text).into_result().unwrap();
        let types = infer(&query, |_| None);
        let found: Vec<String> = types
            .iter()
            .map(|(name, of)| format!("{name}:{of}"))
            .collect();
        assert_eq!(
            found.join(" "),
            "a:keyword b:long c:ip d:boolean e:date f:keyword g:keyword k:long l:keyword n:double p:long"
        );
    }
}
