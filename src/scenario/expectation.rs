//! What is expected of a case on each data source. Called by `attack` and `case`; read by
//! whoever judges.

use super::error::{CONTRADICTION, EXPECTATION, MISSING, SHAPE};
use super::event::Text;
use super::names::{self, FieldName, Names};
use super::reader::{Entries, Located, Reader, listed};
use super::yaml::{Kind, Node};
use crate::diagnostic::Span;
use crate::diagnostic::suggest::nearest;

/// What is expected of one case or attack.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectations {
    /// For sources with words of their own.
    sources: Vec<OnSource>,
    /// For all others; `None` when every source is named.
    others: Option<Expectation>,
}

#[derive(Debug, Clone, PartialEq)]
struct OnSource {
    source: Located,
    /// Whether the `expect` names the source.
    named: bool,
    expectation: Expectation,
}

/// What is expected on one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// Whether it alerts.
    pub outcome: Outcome,
    /// The reasons that must all be found when it does not alert.
    pub because: Vec<Located>,
    /// Fields of the match and the values that they must have.
    pub with: Vec<(FieldName, Text)>,
    /// Whether the outcome is known to be wrong.
    pub pin: Option<Pin>,
    /// Where it is said.
    pub span: Span,
}

/// Whether a case alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It does.
    Alert {
        /// Of exactly these events.
        labels: Option<Vec<Located>>,
        /// Exactly so often.
        count: Option<usize>,
    },
    /// It does not.
    None,
}

/// An outcome that is known to be wrong, and why it is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Which way it is wrong.
    pub kind: PinKind,
    /// Why.
    pub reason: Located,
}

/// Which way a pinned outcome is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinKind {
    /// A known miss.
    Gap,
    /// A known false positive.
    Noise,
}

impl Expectations {
    /// What is expected on `source`, and whether the `expect` names it; `None` where nothing is.
    pub fn for_source(&self, source: &str) -> Option<(&Expectation, bool)> {
        let own = self.sources.iter().find(|own| own.source.text == source);
        match own {
            Some(own) => Some((&own.expectation, own.named)),
            None => self.others.as_ref().map(|others| (others, false)),
        }
    }

    /// The sources that the `expect` names.
    pub fn named(&self) -> impl Iterator<Item = &Located> {
        let named = self.sources.iter().filter(|own| own.named);
        named.map(|own| &own.source)
    }

    /// Everything that is expected, for whoever checks words in it.
    pub fn all(&self) -> impl Iterator<Item = &Expectation> {
        let own = self.sources.iter().map(|own| &own.expectation);
        own.chain(&self.others)
    }
}

/// Whose expectation is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Alerts unless it says otherwise.
    Attack,
    /// Must say what is expected.
    Case,
}

/// What the scenario says that its expectations use.
pub(super) struct Context<'a> {
    pub(super) names: &'a Names,
    /// The scenario's `sources:`.
    pub(super) sources: &'a [Located],
}

/// The keys of an outcome.
const KEYS: &[&str] = &[
    "expect", "alert", "alerts", "because", "with", "gap", "noise",
];

/// What was written, before it is known to make sense.
#[derive(Clone, Default)]
struct Spec {
    outcome: Option<(Outcome, Span)>,
    because: Because,
    with: Vec<(FieldName, Text)>,
    gap: Option<Pin>,
    noise: Option<Pin>,
    span: Span,
}

/// `because:` as it was written.
#[derive(Clone, Default)]
struct Because {
    all: Vec<Located>,
    sources: Vec<(Located, Vec<Located>)>,
}

/// Reads `expect:` and the keys beside it that belong to it.
pub(super) fn read(
    reader: &mut Reader<'_>,
    entries: &Entries<'_>,
    name: Option<&Located>,
    role: Role,
    context: &Context<'_>,
) -> Option<Expectations> {
    let before = reader.diagnostics.len();
    let span = name.map_or(Span::default(), |name| name.span);
    let beside = read_entries(reader, entries, true, span, context);
    let node = entries.get("expect");
    if node.is_none() && !entries.sound {
        return None;
    }
    let expectations = match node.map(|node| &node.kind) {
        Some(Kind::Map(map)) if !map.iter().any(|(key, _)| KEYS.contains(&key.text.as_str())) => {
            per_source(reader, map, &beside, context)
        }
        _ => {
            let mut spec = beside;
            if let Some(node) = node {
                overlay(&mut spec, read_spec(reader, node, context));
            }
            if spec.outcome.is_none() && role == Role::Attack && spec.gap.is_none() {
                spec.outcome = Some((
                    Outcome::Alert {
                        labels: None,
                        count: None,
                    },
                    span,
                ));
            }
            for_all(reader, &spec, context)
        }
    };
    (reader.diagnostics.len() == before).then_some(expectations)
}

fn for_all(reader: &mut Reader<'_>, spec: &Spec, context: &Context<'_>) -> Expectations {
    let others = finish(reader, spec, None, context);
    let mut sources = Vec::new();
    for source in apart(spec, context) {
        if let Some(expectation) = finish(reader, spec, Some(&source.text), context) {
            sources.push(OnSource {
                source,
                named: false,
                expectation,
            });
        }
    }
    Expectations { sources, others }
}

/// The sources whose expectation differs from the common one: those that `because` names, and
/// where a `$name` in it has a field.
fn apart(spec: &Spec, context: &Context<'_>) -> Vec<Located> {
    let mut sources: Vec<Located> = spec
        .because
        .sources
        .iter()
        .map(|(source, _)| source.clone())
        .collect();
    let names = spec
        .because
        .all
        .iter()
        .filter_map(|text| context.names.get(&text.text));
    for (source, _) in names.flat_map(|name| &name.paths) {
        if !sources.iter().any(|known| known.text == source.text) {
            sources.push(source.clone());
        }
    }
    sources
}

fn per_source(
    reader: &mut Reader<'_>,
    map: &[(super::yaml::Key, Node)],
    beside: &Spec,
    context: &Context<'_>,
) -> Expectations {
    let mut sources = Vec::new();
    let mut used = Used::default();
    for (key, node) in map {
        let source = names::located(key);
        if !is_source(reader, &source, "expect", context) {
            continue;
        }
        let mut spec = read_spec(reader, node, context);
        spec.span = key.span;
        used.lend(beside, &mut spec);
        if let Some(expectation) = finish(reader, &spec, Some(&source.text), context) {
            sources.push(OnSource {
                source,
                named: true,
                expectation,
            });
        }
    }
    used.report(reader, beside);
    Expectations {
        sources,
        others: None,
    }
}

/// Reports a name that is neither a source of the scenario nor a key of an outcome.
fn is_source(reader: &mut Reader<'_>, source: &Located, what: &str, context: &Context<'_>) -> bool {
    let known: Vec<&str> = context
        .sources
        .iter()
        .map(|known| known.text.as_str())
        .collect();
    if known.is_empty() || known.contains(&source.text.as_str()) {
        return true;
    }
    let candidates = known.iter().chain(KEYS).copied();
    let help = match nearest(&source.text, candidates) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the scenario's sources are {}", listed(&known)),
    };
    let message = format!(
        "`{what}` names `{}`, which is no source of the scenario",
        source.text
    );
    reader.error(EXPECTATION, source.span, message, "unknown source", help);
    false
}

/// Which keys beside a per-source `expect` found a source that they fit.
#[derive(Default)]
struct Used {
    because: bool,
    with: bool,
    gap: bool,
    noise: bool,
}

impl Used {
    fn lend(&mut self, beside: &Spec, spec: &mut Spec) {
        let none = match &spec.outcome {
            Some((outcome, _)) => *outcome == Outcome::None,
            None => spec.noise.is_none(),
        };
        let pinned = spec.gap.is_some() || spec.noise.is_some();
        if none {
            if spec.because.all.is_empty() {
                self.because = true;
                spec.because = beside.because.clone();
            }
            if !pinned && beside.gap.is_some() {
                self.gap = true;
                spec.gap.clone_from(&beside.gap);
            }
        } else {
            if spec.with.is_empty() {
                self.with = true;
                spec.with.clone_from(&beside.with);
            }
            if !pinned && beside.noise.is_some() {
                self.noise = true;
                spec.noise.clone_from(&beside.noise);
            }
        }
    }

    fn report(&self, reader: &mut Reader<'_>, beside: &Spec) {
        let because = beside.because.all.first().map(|text| text.span);
        let lost = [
            ("because", because.filter(|_| !self.because)),
            (
                "with",
                beside
                    .with
                    .first()
                    .map(|(field, _)| field.span)
                    .filter(|_| !self.with),
            ),
            (
                "gap",
                beside
                    .gap
                    .as_ref()
                    .map(|pin| pin.reason.span)
                    .filter(|_| !self.gap),
            ),
            (
                "noise",
                beside
                    .noise
                    .as_ref()
                    .map(|pin| pin.reason.span)
                    .filter(|_| !self.noise),
            ),
        ];
        for (key, span) in lost {
            if let Some(span) = span {
                let message = format!("`{key}` fits none of the sources that `expect` names");
                reader.error(
                    CONTRADICTION,
                    span,
                    message,
                    "",
                    "take it out, or move it to the source that it is for",
                );
            }
        }
    }
}

/// What `over` says counts more than what `spec` says.
fn overlay(spec: &mut Spec, over: Spec) {
    spec.span = over.span;
    spec.outcome = over.outcome.or(spec.outcome.take());
    spec.gap = over.gap.or(spec.gap.take());
    spec.noise = over.noise.or(spec.noise.take());
    if !over.because.all.is_empty() || !over.because.sources.is_empty() {
        spec.because = over.because;
    }
    if !over.with.is_empty() {
        spec.with = over.with;
    }
}

fn read_spec(reader: &mut Reader<'_>, node: &Node, context: &Context<'_>) -> Spec {
    if let Kind::Map(_) = node.kind {
        let Some(entries) = reader.entries(node, "`expect`", KEYS) else {
            return Spec::default();
        };
        let mut spec = read_entries(reader, &entries, false, node.span, context);
        if let Some(node) = entries.get("expect") {
            spec.outcome = read_outcome(reader, node).map(|outcome| (outcome, node.span));
        }
        return spec;
    }
    Spec {
        outcome: read_outcome(reader, node).map(|outcome| (outcome, node.span)),
        span: node.span,
        ..Spec::default()
    }
}

fn read_outcome(reader: &mut Reader<'_>, node: &Node) -> Option<Outcome> {
    if node.is_null() {
        reader.error(
            MISSING,
            node.span,
            "`expect` has no value",
            "nothing here",
            "write `expect: none` if no alert is meant",
        );
        return None;
    }
    let text = reader.text(node, "`expect`")?;
    match text.text.as_str() {
        "alert" => Some(Outcome::Alert {
            labels: None,
            count: None,
        }),
        "none" => Some(Outcome::None),
        other => {
            let help = match nearest(other, ["alert", "none"]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write `alert`, `none`, `{alert: [labels]}`, `{alerts: n}`, or one of them for each source".to_owned(),
            };
            reader.error(
                EXPECTATION,
                text.span,
                format!("nothing is called `{other}` that can be expected"),
                "",
                help,
            );
            None
        }
    }
}

/// Reads the keys of an outcome; `beside` the `expect`, where `alert` and `alerts` have no place.
fn read_entries(
    reader: &mut Reader<'_>,
    entries: &Entries<'_>,
    beside: bool,
    span: Span,
    context: &Context<'_>,
) -> Spec {
    let mut spec = Spec {
        span,
        ..Spec::default()
    };
    if !beside {
        spec.outcome = read_alert(reader, entries);
    }
    if let Some(node) = entries.get("because") {
        spec.because = read_because(reader, node, context);
    }
    if let Some(node) = entries.get("with") {
        spec.with = read_with(reader, node, context.names);
    }
    let mut pin = |key: &str, kind| {
        let what = format!("the reason of `{key}`");
        let reason = reader.text(entries.get(key)?, &what)?;
        Some(Pin { kind, reason })
    };
    spec.gap = pin("gap", PinKind::Gap);
    spec.noise = pin("noise", PinKind::Noise);
    spec
}

fn read_alert(reader: &mut Reader<'_>, entries: &Entries<'_>) -> Option<(Outcome, Span)> {
    let labels = entries
        .get("alert")
        .map(|node| reader.texts(node, "`alert`"));
    let count = entries.entry("alerts").map(|(_, node)| {
        let text = reader.text(node, "`alerts`")?;
        match text.text.parse::<usize>() {
            Ok(count) if count > 0 => Some(count),
            _ => {
                let help = "write `expect: none` if no alert is meant";
                reader.error(
                    SHAPE,
                    text.span,
                    format!(
                        "`alerts` must be a number above 0, and this is `{}`",
                        text.text
                    ),
                    "",
                    help,
                );
                None
            }
        }
    });
    let at = entries.get("alert").or(entries.get("alerts"))?;
    let count = count.flatten();
    Some((Outcome::Alert { labels, count }, at.span))
}

fn read_because(reader: &mut Reader<'_>, node: &Node, context: &Context<'_>) -> Because {
    let mut because = Because::default();
    if let Kind::Map(map) = &node.kind {
        for (key, node) in map {
            let source = names::located(key);
            if is_source(reader, &source, "because", context) {
                let texts = reader.texts(node, "`because`");
                because.sources.push((source, texts));
            }
        }
    } else {
        because.all = reader.texts(node, "`because`");
    }
    let texts = because
        .all
        .iter()
        .chain(because.sources.iter().flat_map(|(_, texts)| texts));
    for text in texts {
        if names::is_name(&text.text) && context.names.get(&text.text).is_none() {
            names::unknown(reader, context.names, text);
        }
    }
    because
}

fn read_with(reader: &mut Reader<'_>, node: &Node, names: &Names) -> Vec<(FieldName, Text)> {
    let mut with = Vec::new();
    for (key, value) in reader.map(node, "`with`").unwrap_or(&[]) {
        let field = names::field(reader, names, &names::located(key));
        match &value.kind {
            Kind::Scalar { text, quoted } if !value.is_null() => {
                let text = Text {
                    text: text.clone(),
                    quoted: *quoted,
                    span: value.span,
                };
                with.extend(field.map(|field| (field, text)));
            }
            _ => reader.wrong_shape(value, &format!("`{}`", key.text), "a value"),
        }
    }
    with
}

/// Makes an expectation of what was written, for one source or for those without words of their
/// own.
fn finish(
    reader: &mut Reader<'_>,
    spec: &Spec,
    source: Option<&str>,
    context: &Context<'_>,
) -> Option<Expectation> {
    let (outcome, pin) = outcome(reader, spec)?;
    let because = match spec
        .because
        .sources
        .iter()
        .find(|(name, _)| Some(name.text.as_str()) == source)
    {
        Some((_, texts)) => texts,
        None => &spec.because.all,
    };
    let written = because
        .first()
        .or(spec.because.sources.first().map(|(name, _)| name));
    if let (Outcome::Alert { .. }, Some(text)) = (&outcome, written) {
        let help = "take it out, or write `expect: none`";
        reader.error(
            CONTRADICTION,
            text.span,
            "`because` says why no alert comes, and an alert is expected",
            "",
            help,
        );
        return None;
    }
    if let (Outcome::None, Some((field, _))) = (&outcome, spec.with.first()) {
        let help = "take it out, or write `expect: alert`";
        reader.error(
            CONTRADICTION,
            field.span,
            "`with` is about the alert, and none is expected",
            "",
            help,
        );
        return None;
    }
    Some(Expectation {
        outcome,
        because: because
            .iter()
            .map(|text| resolve(text, source, context.names))
            .collect(),
        with: spec.with.clone(),
        pin,
        span: spec.span,
    })
}

/// A `$name` that stands alone is the field that it means on the source.
fn resolve(text: &Located, source: Option<&str>, names: &Names) -> Located {
    let path = source.and_then(|source| names.get(&text.text)?.path(source));
    let literal = text.text.strip_prefix("$$").map(|rest| format!("${rest}"));
    Located {
        text: path
            .map(str::to_owned)
            .or(literal)
            .unwrap_or_else(|| text.text.clone()),
        span: text.span,
    }
}

/// The outcome and its pin, if they go together.
fn outcome(reader: &mut Reader<'_>, spec: &Spec) -> Option<(Outcome, Option<Pin>)> {
    let any = Outcome::Alert {
        labels: None,
        count: None,
    };
    let span = |pin: &Pin| pin.reason.span;
    match (&spec.outcome, &spec.gap, &spec.noise) {
        (_, Some(gap), Some(_)) => {
            let message = "a case is a `gap` or `noise`, not both";
            reader.error(
                CONTRADICTION,
                span(gap),
                message,
                "",
                "`gap` is a known miss, `noise` a known false positive",
            );
            None
        }
        (Some((Outcome::Alert { .. }, _)), Some(gap), _) => {
            let message = "a `gap` is a known miss, and an alert is expected";
            reader.error(
                CONTRADICTION,
                span(gap),
                message,
                "",
                "write `expect: none`; a known false positive is `noise`",
            );
            None
        }
        (Some((Outcome::None, _)), _, Some(noise)) => {
            let message = "`noise` is a known false positive, and no alert is expected";
            reader.error(
                CONTRADICTION,
                span(noise),
                message,
                "",
                "write `expect: alert`; a known miss is a `gap`",
            );
            None
        }
        (None, None, None) => {
            let message = "nothing says what is expected";
            reader.error(
                MISSING,
                spec.span,
                message,
                "no outcome",
                "write `expect: alert` or `expect: none`",
            );
            None
        }
        (None, Some(gap), _) => Some((Outcome::None, Some(gap.clone()))),
        (None, None, Some(noise)) => Some((any, Some(noise.clone()))),
        (Some((outcome, _)), gap, noise) => {
            Some((outcome.clone(), gap.clone().or_else(|| noise.clone())))
        }
    }
}
