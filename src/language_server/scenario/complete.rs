//! What may be typed at the cursor of a scenario file.

use std::collections::BTreeMap;

use serde_json::Value;

use super::context::{Context, kind};
use super::keys::Place;
use super::outline::Kind;
use crate::data_source::Index;
use crate::diagnostic::Span;
use crate::language_server::completion::{MOST, Proposal, Sort, fits};
use crate::replay::reason::ReasonWord;

/// Proposals and the text that they replace; whether there are more.
pub(in crate::language_server) struct Proposals {
    pub(in crate::language_server) all: Vec<Proposal>,
    pub(in crate::language_server) span: Span,
    pub(in crate::language_server) is_incomplete: bool,
}

/// What may be typed at the cursor; `schema` is that of scenario files.
pub(in crate::language_server) fn complete(
    context: &Context<'_>,
    schema: &Value,
) -> Option<Proposals> {
    let cursor = context.outline.cursor.as_ref()?;
    let path = context.outline.path(cursor.container);
    let request = Request {
        context,
        schema,
        document: cursor.document,
        container: cursor.container,
        path,
        typed: &cursor.prefix,
    };
    let mut all = Vec::new();
    if cursor.kind != Kind::Value {
        request.keys(&mut all);
    }
    if cursor.kind != Kind::Key {
        request.values(&mut all);
    }
    all.retain(|one| fits(&one.text, &cursor.prefix));
    let is_incomplete = all.len() > MOST;
    all.truncate(MOST);
    Some(Proposals {
        all,
        span: cursor.span,
        is_incomplete,
    })
}

struct Request<'r> {
    context: &'r Context<'r>,
    schema: &'r Value,
    document: usize,
    container: Option<usize>,
    path: Vec<&'r str>,
    typed: &'r str,
}

impl Request<'_> {
    fn keys(&self, all: &mut Vec<Proposal>) {
        let place = Place::new(self.schema, &self.path);
        let used = self.context.outline.below(self.document, self.container);
        let used: Vec<&str> = used
            .filter(|(_, node)| {
                !node.value.range().is_empty() || node.key.as_deref() != Some(self.typed)
            })
            .filter_map(|(_, node)| node.key.as_deref())
            .collect();
        for key in place.keys() {
            if !used.contains(&key.name) {
                let proposal = Proposal::new(key.name, Sort::Property).documented(key.meaning);
                all.push(proposal.inserting(format!("{}: ", key.name)));
            }
        }
        let parent = self.path.last().copied().unwrap_or("");
        match place.event {
            Some(steps) => self.fields(steps, ": ", all),
            None if matches!(parent, "with" | "vary" | "seen") => self.fields(0, ": ", all),
            None => {}
        }
        let is_change = parent == "change" || self.path.ends_with(&["change", "-"]);
        if is_change || parent == "matched" {
            self.labels(": ", all);
        }
        let by_source = ["expect", "because", "skip", "gap", "noise"].contains(&parent);
        if by_source || (self.path.len() == 2 && self.path.first() == Some(&"fields")) {
            self.sources(": ", all);
        }
    }

    fn values(&self, all: &mut Vec<Proposal>) {
        let mut path = self.path.iter().rev().filter(|step| **step != "-");
        let (key, above) = (
            path.next().copied().unwrap_or(""),
            path.next().copied().unwrap_or(""),
        );
        for word in Place::new(self.schema, &self.path).words() {
            all.push(Proposal::new(word, Sort::Value));
        }
        match key {
            "is" => self.kinds(all),
            "sources" | "only" | "source" => self.sources("", all),
            "because" => self.reasons(all),
            "force" => {
                self.fields(0, "", all);
            }
            "remove" | "alert" => self.labels("", all),
            "rule" if self.path.len() == 1 => self.rules(all),
            "$" => {}
            _ if above == "because" => self.reasons(all),
            _ if above == "matched" => self.labels("", all),
            _ if above.starts_with('$') && self.path.first() == Some(&"fields") => {
                self.fields_of(&[key], all);
            }
            _ => {}
        }
    }

    fn case(&self) -> Option<usize> {
        self.context.outline.case(self.container)
    }

    /// The fields of an event whose node is `steps` deep, or of any event.
    fn fields(&self, steps: usize, behind: &str, all: &mut Vec<Proposal>) {
        let sources = self.context.sources(self.document, self.case());
        let mut event = self.container;
        let below = self.path.get(steps..).unwrap_or(&[]);
        if steps > 0 {
            for _ in below {
                event = self.context.node(event).and_then(|node| node.parent);
            }
        }
        let is = event.filter(|_| steps > 0);
        let is = is.and_then(|event| self.context.kind_of(self.document, event));
        // In nested form a key is the rest of the field's name.
        let lead = if steps > 0 && !below.is_empty() {
            format!("{}.", below.join("."))
        } else {
            String::new()
        };
        for (name, at) in self.context.names(self.document) {
            if lead.is_empty() && fits(name, self.typed) {
                let paths = self.context.outline.below(self.document, Some(at));
                let paths = paths.map(|(_, node)| {
                    let source = node.key.as_deref().unwrap_or("");
                    format!("- {source}: `{}`", self.context.value(node))
                });
                let paths: Vec<String> = paths.collect();
                let proposal = Proposal::new(name, Sort::Reference).documented(paths.join("\n"));
                all.push(proposal.inserting(format!("{name}{behind}")));
            }
        }
        let mut found: BTreeMap<&str, Vec<(String, &str)>> = BTreeMap::new();
        for source in &sources {
            let kind = kind(source, is);
            let indices = source.indices.iter().enumerate();
            let indices =
                indices.filter(|(number, _)| kind.is_none_or(|kind| kind.index == *number));
            for (_, index) in indices {
                for name in index.names() {
                    let rest = name.strip_prefix(lead.as_str());
                    let fits = rest.is_some_and(|rest| fits(rest, self.typed));
                    if fits && kind.is_none_or(|kind| kind.carries(name)) {
                        found.entry(name).or_default();
                    }
                }
            }
        }
        // The types are looked up only for what is shown.
        for (name, types) in found.iter_mut().take(MOST + 1) {
            for source in &sources {
                if let Some(field_type) = source.field_type(name) {
                    types.push((field_type.to_string(), &source.name));
                }
            }
        }
        for (name, types) in found.into_iter().take(MOST + 1) {
            let rest = name.strip_prefix(lead.as_str()).unwrap_or(name);
            let proposal = Proposal::new(rest, Sort::Field).detail(types_in_words(&types));
            all.push(proposal.inserting(format!("{rest}{behind}")));
        }
    }

    /// The fields of the sources of these names.
    fn fields_of(&self, names: &[&str], all: &mut Vec<Proposal>) {
        let catalogue = &self.context.setup.catalogue;
        for source in names.iter().filter_map(|name| catalogue.get(name)) {
            let indices = source.indices.iter().flat_map(Index::names);
            let mut names: Vec<&str> = indices.filter(|name| fits(name, self.typed)).collect();
            names.sort_unstable();
            names.dedup();
            for name in names.into_iter().take(MOST + 1) {
                let field_type = source.field_type(name).map(|it| it.to_string());
                all.push(Proposal::new(name, Sort::Field).detail(field_type.unwrap_or_default()));
            }
        }
    }

    fn labels(&self, behind: &str, all: &mut Vec<Proposal>) {
        for (label, _) in self.context.labels(self.document, self.case()) {
            let proposal = Proposal::new(label, Sort::Reference).detail("an event");
            all.push(proposal.inserting(format!("{label}{behind}")));
        }
    }

    fn sources(&self, behind: &str, all: &mut Vec<Proposal>) {
        let catalogue = &self.context.setup.catalogue;
        let patterns = self.context.patterns(self.document);
        let claimed = catalogue.claimed(&patterns);
        for source in catalogue.sources() {
            let is_claimed = claimed.iter().any(|own| own.name == source.name);
            let detail = if is_claimed {
                format!("{}, which the rule claims", source.title)
            } else {
                source.title.clone()
            };
            let proposal = Proposal::new(&source.name, Sort::Value).detail(detail);
            all.push(proposal.inserting(format!("{}{behind}", source.name)));
        }
        // Those that the rule claims come first.
        all.sort_by_key(|one| !one.detail.ends_with("claims"));
    }

    fn kinds(&self, all: &mut Vec<Proposal>) {
        let mut kinds: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for source in self.context.sources(self.document, self.case()) {
            for kind in &source.kinds {
                kinds.entry(kind.name()).or_default().push(&source.name);
            }
        }
        for (kind, sources) in kinds {
            all.push(Proposal::new(kind, Sort::Value).detail(sources.join(", ")));
        }
    }

    fn reasons(&self, all: &mut Vec<Proposal>) {
        if let Some((file, clauses)) = self.context.clauses(self.document) {
            for clause in clauses.iter().filter(|clause| clause.is_reason()) {
                let line = file.line_column(clause.span.start).0;
                let proposal = Proposal::new(&clause.text, Sort::Reference);
                let proposal = proposal.detail(format!("line {line} of {}", file.name()));
                all.push(proposal.inserting(quoted(&clause.text)));
            }
        }
        for word in ReasonWord::ALL.iter().map(|word| word.word()) {
            if all.iter().all(|one| one.text != word) {
                all.push(Proposal::new(word, Sort::Keyword).inserting(quoted(word)));
            }
        }
    }

    fn rules(&self, all: &mut Vec<Proposal>) {
        let files = self.context.setup.files.as_ref();
        let directories = self
            .context
            .setup
            .layouts
            .iter()
            .flat_map(|layout| &layout.rules);
        let up = self.context.file.name().matches('/').count();
        for directory in directories {
            for name in files.find(directory, &["toml"]).unwrap_or_default() {
                let path = format!("{}{name}", "../".repeat(up));
                all.push(Proposal::new(path, Sort::File));
            }
        }
    }
}

/// `keyword` on all, or each type with its sources.
pub(super) fn types_in_words(types: &[(String, &str)]) -> String {
    let mut by_type: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (field_type, source) in types {
        by_type.entry(field_type).or_default().push(source);
    }
    let words: Vec<String> = by_type
        .iter()
        .map(|(field_type, sources)| format!("{field_type} ({})", sources.join(", ")))
        .collect();
    words.join("; ")
}

/// A text as YAML takes it.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "._ -".contains(character);
    let starts = text.starts_with(|first: char| first.is_alphanumeric());
    if starts && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "''"))
}
