//! A rule as a scan runs it: its query compiled for the fields of the sources that it claims.
//! Called once a rule, before the scan.
//!
//! A field that none of these sources has may still be in the data, which can come from anywhere:
//! then its type is that of any other source, and failing that the one that the query asks for.

use std::collections::BTreeMap;

use crate::data_source::{Catalogue, DataSource, IndexPatterns};
use crate::diagnostic::Diagnostic;
use crate::event::schema::Origin;
use crate::event::{FieldType, Mapping, Schema, Timestamp};
use crate::language::eql::syntax::{CompareOp, Expr, ExprKind, Query, QueryKind};
use crate::language::eql::{self, OptionalFields, Settings};
use crate::plan::Plan;
use crate::rule::{Rule, RuleKind};

/// A rule that a scan runs.
#[derive(Debug, Clone)]
pub struct ScanRule {
    /// `rule_id`
    pub id: String,
    /// The rule's name.
    pub name: String,
    /// `low` to `critical`
    pub severity: &'static str,
    /// 0 to 100.
    pub risk_score: u8,
    /// Which events it sees.
    pub patterns: IndexPatterns,
    /// What it asks.
    pub plan: Plan,
}

/// Why a scan does not run a rule.
#[derive(Debug)]
pub enum NotRun {
    /// Trapline does not run rules of this type.
    Unsupported(String),
    /// Elasticsearch would refuse it: every reason, with its place in the file.
    Refused(Vec<Diagnostic>),
}

/// Compiles rules; remembers the types of fields, which many rules ask for.
#[derive(Debug)]
pub struct RuleCompiler<'c> {
    catalogue: &'c Catalogue,
    now: Timestamp,
    /// Whether the clauses of plans have their texts.
    has_words: bool,
    /// What is known of the fields of each set of index patterns.
    types: BTreeMap<IndexPatterns, Known<'c>>,
}

/// What is known of the fields of one set of index patterns.
#[derive(Debug)]
struct Known<'c> {
    /// The sources that it claims.
    claimed: Vec<&'c DataSource>,
    /// By path.
    types: BTreeMap<String, Option<Typed>>,
}

/// The type of a field, and where its values stand.
type Typed = (FieldType, Box<str>, Origin);

impl<'c> RuleCompiler<'c> {
    /// A compiler for the sources of a catalogue; `now` is what date math in rules counts from.
    pub fn new(catalogue: &'c Catalogue, now: Timestamp) -> Self {
        Self {
            catalogue,
            now,
            has_words: false,
            types: BTreeMap::new(),
        }
    }

    /// The same; clauses have their texts, for whoever asks afterwards which of them decided.
    pub fn worded(catalogue: &'c Catalogue, now: Timestamp) -> Self {
        Self {
            has_words: true,
            ..Self::new(catalogue, now)
        }
    }

    /// Compiles a rule.
    pub fn compile(&mut self, rule: &Rule) -> Result<ScanRule, NotRun> {
        let (Some(query), RuleKind::Eql) = (&rule.query, &rule.kind) else {
            let word = rule.kind.rule_type().word();
            let reason = format!("rules of type {word} are not run");
            return Err(NotRun::Unsupported(reason));
        };
        let refused = |errors: Vec<eql::EqlError>| {
            let diagnostics = errors.iter().map(|error| error.diagnostic(&query.text));
            NotRun::Refused(diagnostics.collect())
        };
        let parsed = eql::parse(query.text.text());
        let Some(syntax) = parsed.query.filter(|_| parsed.errors.is_empty()) else {
            return Err(refused(parsed.errors));
        };
        let mut settings = Settings::default();
        settings.timestamp = rule.fields.timestamp.clone().unwrap_or(settings.timestamp);
        settings.category = rule.fields.category.clone().unwrap_or(settings.category);
        settings.tiebreaker.clone_from(&rule.fields.tiebreaker);
        let patterns = IndexPatterns::new(rule.index.iter().map(|(pattern, _)| pattern.as_str()));
        let schema = Schema::new(vec![self.mapping(&syntax, &settings, &patterns)]);
        let checked = eql::check(&syntax, &schema, &settings).map_err(refused)?;
        let plan = if self.has_words {
            eql::lower(&checked, OptionalFields::Missing, self.now)
        } else {
            eql::lower_wordless(&checked, self.now)
        };
        let plan = plan.map_err(|error| refused(vec![error]))?;
        Ok(ScanRule {
            id: rule.id.clone(),
            name: rule.name.clone(),
            severity: rule.severity.word(),
            risk_score: rule.risk_score,
            patterns,
            plan,
        })
    }

    /// The types of the fields that a query names.
    fn mapping(&mut self, query: &Query, settings: &Settings, patterns: &IndexPatterns) -> Mapping {
        let mut mapping = Mapping::new("the sources of the rule");
        let asked = Asked::of(query);
        let own = [&settings.timestamp, &settings.category];
        let own = own.into_iter().chain(&settings.tiebreaker);
        let catalogue = self.catalogue;
        let known = self.types.entry(patterns.clone());
        let known = known.or_insert_with(|| Known {
            claimed: catalogue.claimed(patterns),
            types: BTreeMap::new(),
        });
        for path in eql::fields(query)
            .into_iter()
            .chain(own.map(String::as_str))
        {
            match field_type(self.catalogue, known, patterns, path) {
                Some((field_type, read_from, origin)) => {
                    mapping.add_read_from(path, read_from, field_type.clone(), *origin);
                }
                None => mapping.add(path, asked.field_type(path, settings), Origin::Assumed),
            }
        }
        mapping
    }
}

/// The type that the sources of these patterns give to a field, or any source.
fn field_type<'k>(
    catalogue: &Catalogue,
    known: &'k mut Known<'_>,
    patterns: &IndexPatterns,
    path: &str,
) -> Option<&'k Typed> {
    if !known.types.contains_key(path) {
        let mut claimed = known.claimed.iter();
        let found = claimed.find_map(|source| in_source(source, patterns, path));
        let found = found.or_else(|| {
            let everywhere = IndexPatterns::default();
            let mut sources = catalogue.sources().iter();
            sources.find_map(|source| in_source(source, &everywhere, path))
        });
        known.types.insert(path.to_owned(), found);
    }
    known.types.get(path)?.as_ref()
}

/// The type that a source gives to a field in the indices that the patterns select.
fn in_source(source: &DataSource, patterns: &IndexPatterns, path: &str) -> Option<Typed> {
    let indices = source.indices.iter();
    let mut selected = indices.filter(|index| patterns.selects(&index.name));
    let listed = selected.find_map(|index| {
        let (_, field_type, read_from) = index.fields.iter().find_map(|list| list.get(path))?;
        field_type.family()?;
        Some((field_type.clone(), read_from.clone(), index.origin))
    });
    listed.or_else(|| {
        let open = source.open.iter();
        let mut open = open.filter(|prefix| path.starts_with(prefix.as_str()));
        open.next()?;
        Some((FieldType::ecs_keyword(), path.into(), Origin::Assumed))
    })
}

/// The types that a query asks its fields to have.
#[derive(Default)]
struct Asked {
    types: BTreeMap<String, &'static str>,
}

impl Asked {
    fn of(query: &Query) -> Self {
        let mut asked = Self::default();
        match &query.kind {
            QueryKind::Event(event) => asked.condition(&event.condition),
            QueryKind::Sequence(sequence) => {
                for term in sequence.terms.iter().chain(sequence.until.as_deref()) {
                    asked.condition(&term.query.condition);
                }
            }
            QueryKind::Sample(sample) => {
                for term in &sample.terms {
                    asked.condition(&term.query.condition);
                }
            }
        }
        asked
    }

    fn field_type(&self, path: &str, settings: &Settings) -> FieldType {
        if path == settings.timestamp {
            return FieldType::named("date");
        }
        self.types
            .get(path)
            .map_or_else(FieldType::ecs_keyword, |name| FieldType::named(name))
    }

    fn note(&mut self, expr: &Expr, name: &'static str) {
        if let ExprKind::Field(field) = &expr.kind {
            self.types.entry(field.path.clone()).or_insert(name);
        }
    }

    fn condition(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Field(_) => self.note(expr, "boolean"),
            ExprKind::Not(inner) => self.condition(inner),
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                for part in parts {
                    self.condition(part);
                }
            }
            ExprKind::Compare(op, left, right) => self.comparison(*op, left, right),
            ExprKind::In(inner) => {
                for item in &inner.items {
                    self.comparison(CompareOp::Equal, &inner.value, item);
                }
            }
            ExprKind::Call(call) if call.name.text.eq_ignore_ascii_case("cidrMatch") => {
                if let Some(first) = call.arguments.first() {
                    self.note(first, "ip");
                }
            }
            _ => {}
        }
    }

    fn comparison(&mut self, _: CompareOp, left: &Expr, right: &Expr) {
        for (field, other) in [(left, right), (right, left)] {
            match type_of(other) {
                Some(name) => self.note(field, name),
                None => self.inside(other),
            }
        }
    }

    /// The fields of arithmetic are numbers.
    fn inside(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Arithmetic(_, left, right) => {
                for side in [left, right] {
                    self.note(side, "long");
                    self.inside(side);
                }
            }
            ExprKind::Negate(inner) | ExprKind::Plus(inner) => self.note(inner, "long"),
            _ => {}
        }
    }
}

fn type_of(expr: &Expr) -> Option<&'static str> {
    match &expr.kind {
        ExprKind::Bool(_) => Some("boolean"),
        ExprKind::Number(number) if number.to_string().contains('.') => Some("double"),
        ExprKind::Number(_) | ExprKind::Arithmetic(..) => Some("long"),
        ExprKind::Negate(inner) | ExprKind::Plus(inner) => type_of(inner),
        _ => None,
    }
}
