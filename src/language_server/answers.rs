//! The answers to requests about a document.

use serde_json::{Value, json};

use super::client::of_file;
use super::code_actions::code_actions;
use super::completion::{MOST, Proposal};
use super::documents::Document;
use super::jobs::{Kind, Run};
use super::rule::text::RuleText;
use super::rule::{hints, query};
use super::scenario::lenses::{ACCEPT, EXPLAIN, RUN};
use super::scenario::navigate::{Target, definition, reasons};
use super::scenario::{Context, complete, hover, lenses};
use super::session::Session;
use super::uri::has_extension;
use crate::compile;
use crate::diagnostic::Span;
use crate::explain::explain;
use crate::json_rpc::{INVALID_PARAMS, RpcError};
use crate::project::ProjectFiles as _;
use crate::project::config::FILE as CONFIGURATION;
use crate::report::reason;
use crate::report::terminal::write_explanation;
use crate::scenario as scenario_file;

/// A command of a lens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LensCommand {
    command: &'static str,
    scenario: String,
    keys: Vec<String>,
}

impl LensCommand {
    /// The job that it needs.
    pub(super) fn job(&self) -> (Kind, String) {
        let kind = if self.command == ACCEPT {
            Kind::Accept(self.keys.clone())
        } else {
            Kind::Run
        };
        (kind, self.scenario.clone())
    }

    /// The answer to a command whose job is done.
    pub(super) fn answer(&self, run: &Run) -> Value {
        let is_asked = |key: &crate::replay::outcome::CheckKey| {
            self.keys.is_empty() || self.keys.iter().any(|typed| key.matches(typed))
        };
        if self.command == EXPLAIN {
            let mut text = String::new();
            for observed in &run.test.observed {
                for check in observed.checks.iter().filter(|check| is_asked(&check.key)) {
                    let one = explain(check, &observed.clauses);
                    write_explanation(&one, false, false, &mut text);
                }
            }
            return json!({"text": text});
        }
        let checks = run
            .test
            .outcome
            .checks()
            .filter(|check| is_asked(&check.key));
        let checks = checks.map(|check| {
            json!({
                "key": check.key.to_string(),
                "verdict": check.verdict.word(),
                "message": reason::message(check),
            })
        });
        let accepted = run.test.compared.accepted.iter();
        let accepted = accepted.map(|change| change.key.to_string());
        let open = run.test.compared.open.iter();
        let open = open
            .filter(|change| !change.contradicts)
            .map(|it| it.key.to_string());
        json!({
            "checks": checks.collect::<Vec<_>>(),
            "accepted": accepted.collect::<Vec<_>>(),
            "open": open.collect::<Vec<_>>(),
        })
    }
}

/// What an answer may be; `None` for a method that does not exist.
type Answer = Option<Result<Value, RpcError>>;

impl Session {
    /// Answers a request about a document; one that is not open has no answer.
    pub(super) fn answer(&self, method: &str, params: &Value) -> Answer {
        let find: fn(&Self, &Document, &Value) -> Option<Value> = match method {
            "textDocument/completion" => Self::completion,
            "textDocument/hover" => Self::hover,
            "textDocument/definition" => Self::definition,
            "textDocument/references" => Self::references,
            "textDocument/codeLens" => Self::code_lenses,
            "textDocument/inlayHint" => Self::inlay_hints,
            "textDocument/formatting" => Self::formatting,
            "textDocument/codeAction" => Self::code_actions,
            _ => return None,
        };
        let document = self
            .document_name(params)
            .and_then(|name| self.documents.get(&name));
        Some(match document {
            Some(document) => Ok(find(self, document, params).unwrap_or(Value::Null)),
            None => Err(RpcError::new(INVALID_PARAMS, "the document is not open")),
        })
    }

    fn code_actions(&self, document: &Document, params: &Value) -> Option<Value> {
        Some(code_actions(document, self.client.encoding, params))
    }

    /// The offset that a request is about.
    fn offset(&self, document: &Document, params: &Value) -> Option<usize> {
        let position = params.get("position")?;
        document
            .lines
            .offset(document.text.text(), position, self.client.encoding)
    }

    fn is_toml_rule(document: &Document) -> bool {
        let name = document.text.name();
        has_extension(name, "toml") && name.rsplit('/').next() != Some(CONFIGURATION)
    }

    fn completion(&self, document: &Document, params: &Value) -> Option<Value> {
        let offset = self.offset(document, params)?;
        let text = document.text.text();
        let (span, proposals, is_incomplete): (Span, Vec<Proposal>, bool);
        if self.is_scenario(document.text.name()) {
            let texts = self.texts();
            let context = Context::new(&self.setup, &texts, &document.text, offset);
            let found = complete(&context, &self.scenario_schema)?;
            (span, proposals, is_incomplete) = (found.span, found.all, found.is_incomplete);
        } else if Self::is_toml_rule(document) {
            let rule = RuleText::new(text);
            let word = query::word(text, offset);
            let typed = text.get(word.range().start..offset)?;
            let mut all = if rule.in_query(offset) {
                query::complete(&rule, typed, &self.setup.catalogue)
            } else {
                query::keys(&rule, offset, typed)
            };
            let has_more = all.len() > MOST;
            all.truncate(MOST);
            (span, proposals, is_incomplete) = (word, all, has_more);
        } else {
            return None;
        }
        let range = self.client.range(document, span);
        let token = document.text.slice(span);
        let lead = if token.starts_with(['"', '\'']) {
            token.get(..1).unwrap_or("")
        } else {
            ""
        };
        let items: Vec<Value> = proposals.iter().map(|it| it.json(&range, lead)).collect();
        Some(json!({"isIncomplete": is_incomplete, "items": items}))
    }

    fn hover(&self, document: &Document, params: &Value) -> Option<Value> {
        let offset = self.offset(document, params)?;
        let text = document.text.text();
        let (words, span) = if self.is_scenario(document.text.name()) {
            let texts = self.texts();
            let context = Context::new(&self.setup, &texts, &document.text, offset);
            hover(&context, &self.scenario_schema)?
        } else if Self::is_toml_rule(document) {
            let rule = RuleText::new(text);
            let span = query::word(text, offset);
            let word = document.text.slice(span);
            if !rule.in_query(offset) || word.is_empty() {
                return None;
            }
            (query::hover(&rule, word, &self.setup.catalogue)?, span)
        } else {
            return None;
        };
        Some(json!({
            "contents": {"kind": "markdown", "value": words},
            "range": self.client.range(document, span),
        }))
    }

    fn locations(&self, document: &Document, targets: &[Target]) -> Value {
        let locations = targets.iter().map(|(file, span)| match file {
            None => self.client.location(&document.uri, &document.text, *span),
            Some(text) => {
                let open = self.documents.get(text.name());
                let uri = open.map(|open| open.uri.clone());
                let uri = uri.unwrap_or_else(|| of_file(&self.setup.root, text.name()));
                self.client.location(&uri, text, *span)
            }
        });
        locations.collect()
    }

    fn definition(&self, document: &Document, params: &Value) -> Option<Value> {
        if Self::is_toml_rule(document) {
            return self.references(document, params);
        }
        let offset = self.offset(document, params)?;
        let texts = self.texts();
        let context = Context::new(&self.setup, &texts, &document.text, offset);
        let found = definition(&context);
        Some(self.locations(document, &found))
    }

    /// From a clause of a rule to the reasons that name it.
    fn references(&self, document: &Document, params: &Value) -> Option<Value> {
        let offset = u32::try_from(self.offset(document, params)?).ok()?;
        let rule = document.text.name();
        let texts = self.texts();
        let (_, clauses) = self.setup.clauses(&texts, rule)?;
        let here = Span::new(offset, offset);
        // The clause of a word such as `maxspan` may be the value behind it.
        let word = query::word(document.text.text(), here.range().start);
        let word = document.text.slice(word);
        let reasons_here = || clauses.iter().filter(|clause| clause.is_reason());
        let around = reasons_here().filter(|clause| clause.span.contains(here));
        let clause = reasons_here()
            .find(|clause| clause.text == word)
            .or_else(|| around.min_by_key(|clause| clause.span.end - clause.span.start))?;
        let mut scenarios: Vec<String> = texts
            .keys()
            .filter(|name| self.is_scenario(name))
            .cloned()
            .collect();
        scenarios.extend(
            self.scenario_of(rule)
                .filter(|name| !texts.contains_key(name)),
        );
        let mut found: Vec<Target> = Vec::new();
        for name in scenarios {
            let Ok(file) = self.setup.overlay(&texts).read(&name) else {
                continue;
            };
            let context = Context::new(&self.setup, &texts, &file, usize::MAX);
            for span in reasons(&context, rule, |because| clause.is_named(because)) {
                found.push((Some(std::sync::Arc::clone(&file)), span));
            }
        }
        Some(self.locations(document, &found))
    }

    fn code_lenses(&self, document: &Document, _: &Value) -> Option<Value> {
        let name = document.text.name();
        if Self::is_toml_rule(document) {
            let coverage = self.runs_of(name).flat_map(|run| &run.coverage.rules);
            let own = coverage.filter(|rule| rule.rule_file == name);
            let lenses = own.filter_map(hints::share).map(|(span, title)| {
                let keys: Vec<String> = self.scenario_of(name).into_iter().collect();
                self.lens(document, span, &title, RUN, &keys)
            });
            return Some(lenses.collect());
        }
        if !self.is_scenario(name) {
            return None;
        }
        let file = scenario_file::read(&document.text);
        let lenses = lenses::lenses(&file.scenarios, name, self.run(name)).into_iter();
        let lenses = lenses
            .map(|lens| self.lens(document, lens.span, &lens.title, lens.command, &lens.keys));
        Some(lenses.collect())
    }

    fn lens(
        &self,
        document: &Document,
        span: Span,
        title: &str,
        command: &str,
        keys: &[String],
    ) -> Value {
        let range = self.client.range(document, span);
        // The lens of a rule runs the scenario that mirrors it.
        let scenario = keys
            .first()
            .map(|key| key.split("::").next().unwrap_or(key));
        let uri = match scenario.filter(|name| *name != document.text.name()) {
            Some(name) => of_file(&self.setup.root, name),
            None => document.uri.clone(),
        };
        let command = json!({"title": title, "command": command, "arguments": [uri, keys]});
        json!({"range": range, "command": command})
    }

    fn inlay_hints(&self, document: &Document, params: &Value) -> Option<Value> {
        let name = document.text.name();
        let text = document.text.text();
        let place = |end: &str| {
            let position = params.pointer(&format!("/range/{end}"))?;
            document.lines.offset(text, position, self.client.encoding)
        };
        let shown = place("start").unwrap_or(0)..=place("end").unwrap_or(text.len());
        let mut found = Vec::new();
        for coverage in self.runs_of(name).flat_map(|run| &run.coverage.rules) {
            found.extend(hints::hints(coverage, &document.text));
        }
        let hints = found
            .into_iter()
            .filter(|hint| shown.contains(&(hint.at as usize)));
        let hints = hints.map(|hint| {
            let at = document
                .lines
                .position(text, hint.at as usize, self.client.encoding);
            let tooltip = json!({"kind": "markdown", "value": hint.tooltip});
            json!({"position": at, "label": hint.label, "tooltip": tooltip})
        });
        Some(hints.collect())
    }

    /// The query laid out; nothing where it does not parse or has escapes.
    fn formatting(&self, document: &Document, _: &Value) -> Option<Value> {
        let text = document.text.text();
        let rule = RuleText::new(text);
        let range = rule.query.clone().filter(|_| rule.is_plain)?;
        let query = text.get(range.clone())?;
        if !query.contains('\n') {
            return None;
        }
        let laid_out = compile::layout(rule.language()?, query)?;
        let first = if query.starts_with('\n') { "\n" } else { "" };
        let new = format!("{first}{laid_out}\n");
        if new == query {
            return Some(json!([]));
        }
        let range = self.client.range(document, Span::of(range));
        Some(json!([{"range": range, "newText": new}]))
    }

    /// Reads the parameters of a command: the URI of a scenario file and KEYs.
    pub(super) fn command(&self, params: &Value) -> Result<LensCommand, RpcError> {
        let invalid = |message: &str| RpcError::new(INVALID_PARAMS, message);
        let word = params.get("command").and_then(Value::as_str).unwrap_or("");
        let commands = [RUN, ACCEPT, EXPLAIN];
        let command = commands.into_iter().find(|known| *known == word);
        let command = command.ok_or_else(|| invalid("there is no such command"))?;
        let uri = params.pointer("/arguments/0").and_then(Value::as_str);
        let about = json!({"textDocument": {"uri": uri}});
        let scenario = self
            .document_name(&about)
            .filter(|name| self.is_scenario(name));
        let scenario = scenario.ok_or_else(|| invalid("the file is no scenario"))?;
        let keys = params.pointer("/arguments/1").and_then(Value::as_array);
        let keys: Vec<String> = keys
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|key| key.contains("::"))
            .map(str::to_owned)
            .collect();
        if command == ACCEPT {
            let open = self.documents.get(&scenario);
            let saved = self.setup.files.read(&scenario);
            if open.is_some_and(|open| saved.as_ref().is_ok_and(|it| it.text() != open.text.text()))
            {
                return Err(invalid(
                    "save the file first: what is accepted is what is saved",
                ));
            }
        }
        Ok(LensCommand {
            command,
            scenario,
            keys,
        })
    }
}
