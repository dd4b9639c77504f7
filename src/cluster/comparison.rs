//! Holds the answers of a cluster against what Trapline finds for the same requests.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::Arc;

use serde_json::Value as Json;

use super::aggregation::PAGE;
use super::answer::{self, Answer, Reading};
use super::item::{Identity, Item};
use super::offline::{self, Offline};
use super::other_choice::OtherChoice;
use super::pages::Pages;
use super::request::{Request, RequestOptions, request};
use super::response::Response;
use super::time_range::TimeRange;
use super::verdict::{Compared, Comparison, Difference, Verdict};
use crate::compile::{CompileError, CompiledRule, RuleCompiler, Syntax};
use crate::diagnostic::cluster::{NotCompared, OfflineFault, Refusal, Unusable};
use crate::event::io::Stop;
use crate::rule::{Rule, RuleKind};
use crate::scan::{Inputs, Options, Search, Searched, reread};

/// The inputs of a comparison.
pub struct Comparing<'c> {
    /// All rules, each with its file.
    pub rules: &'c [(String, Arc<Rule>)],
    /// The documents that were indexed.
    pub inputs: &'c dyn Inputs,
    /// The range of requests that do not name theirs.
    pub range: TimeRange,
    /// How the searches are run.
    pub options: Options,
    /// Ends the searches.
    pub stop: &'c Stop,
}

/// The compilers of a comparison.
pub struct Compilers<'c> {
    /// Makes the requests anew, with the types of fields of `scan --emit-requests`.
    pub requests: RuleCompiler<'c>,
    /// Compiles the searches, with the types of the indices that were searched.
    pub searches: RuleCompiler<'c>,
}

/// A response whose rule is run.
struct Asked<'r> {
    pages: Pages<'r>,
    request: Request,
    compiled: CompiledRule,
    search: Search,
}

/// How far a response came before any document is read.
enum Prepared<'r> {
    Decided(Verdict),
    Asked(Box<Asked<'r>>),
}

impl Comparing<'_> {
    /// Compares each response.
    pub fn run(
        &self,
        compilers: &mut Compilers<'_>,
        responses: &[Response],
    ) -> io::Result<Comparison> {
        let of_id: BTreeMap<&str, &(String, Arc<Rule>)> = self
            .rules
            .iter()
            .map(|named| (named.1.id.as_str(), named))
            .collect();
        let mut prepared = VecDeque::new();
        let mut rules = Vec::new();
        let answers = Pages::join(responses);
        let ids: Vec<&str> = answers.iter().map(|one| one.first.id.as_str()).collect();
        for pages in answers {
            let response = pages.first;
            let named = of_id.get(response.rule_id()).copied();
            rules.push(named.map(|(file, rule)| (Arc::clone(rule), file.clone())));
            let (Ok(one) | Err(one)) = match named {
                Some((file, rule)) => self.prepare(compilers, pages, file, rule),
                None => Err(not(NotCompared::NoRule(response.rule_id().to_owned()))),
            };
            prepared.push_back(one);
        }
        let asked = prepared.iter().filter_map(|one| match one {
            Prepared::Asked(asked) => Some((asked.compiled.clone(), asked.search)),
            Prepared::Decided(_) => None,
        });
        let (compiled, searches): (Vec<CompiledRule>, Vec<Search>) = asked.unzip();
        let options = self.options.clone();
        let offline = Offline::run(&compiled, searches, self.inputs, &options, self.stop)?;
        let mut place = 0;
        let mut verdicts = Vec::new();
        for ((one, id), rule) in prepared.into_iter().zip(ids).zip(rules) {
            let verdict = match one {
                Prepared::Decided(verdict) => verdict,
                Prepared::Asked(asked) => {
                    place += 1;
                    asked.verdict(place - 1, &offline, self)?
                }
            };
            verdicts.push(Compared {
                id: id.to_owned(),
                rule,
                verdict,
            });
        }
        self.locate(&mut verdicts, offline.identity)?;
        Ok(Comparison {
            verdicts,
            stats: offline.stats,
        })
    }

    fn prepare<'r>(
        &self,
        compilers: &mut Compilers<'_>,
        pages: Pages<'r>,
        file: &str,
        rule: &Arc<Rule>,
    ) -> Result<Prepared<'r>, Prepared<'r>> {
        let response = pages.first;
        let range = response.range.unwrap_or(self.range);
        let options = RequestOptions {
            range,
            size: response.size,
        };
        let request = request(&mut compilers.requests, rule, file, options)
            .map_err(|why| not(NotCompared::NotEmitted(why)))?;
        let id = request.id();
        if id != response.id {
            return Err(not(NotCompared::AnotherRequest(id)));
        }
        let reading = Reading {
            identity: Identity::Id,
            columns: None,
        };
        let refusal = match answer::answer(&request, &pages, reading) {
            Err(Unusable::Refused(why)) => Some(why),
            Err(Unusable::Malformed(_)) | Ok(_) => None,
            Err(why) => return Err(not(NotCompared::Unusable(why))),
        };
        compilers.searches.execute_at(range.to);
        let compiled = match compilers.searches.compile(Arc::clone(rule)) {
            Ok(compiled) => compiled,
            Err(CompileError::Refused(why)) if !why.unsupported => {
                let why = OfflineFault::Refused(why.why);
                return Err(Prepared::Decided(Verdict::Refused(match refusal {
                    Some(said) => Refusal::Both { said, why },
                    None => Refusal::Trapline { why },
                })));
            }
            Err(CompileError::Refused(refused)) => {
                return Err(not(NotCompared::NotRun(refused.why)));
            }
            Err(CompileError::Unsupported(what)) => {
                return Err(not(NotCompared::Unsupported(what)));
            }
        };
        let needs_now = matches!(rule.kind, RuleKind::Esql) && reads_now(&request);
        if counts_from_now(&request.body) || (needs_now && response.now.is_none()) {
            return Err(not(NotCompared::Clock));
        }
        Ok(Prepared::Asked(Box::new(Asked {
            pages,
            request,
            compiled,
            search: Search {
                from: range.from.millis(),
                to: range.to.millis(),
                now: response.now.unwrap_or(range.to).millis(),
            },
        })))
    }

    /// Completes what is shown of differences: the documents of missing results, and where the
    /// recording has the documents of extra ones.
    fn locate(&self, verdicts: &mut [Compared], identity: Identity) -> io::Result<()> {
        let differences = || {
            verdicts.iter().filter_map(|one| match &one.verdict {
                Verdict::Different(difference) => Some(difference),
                _ => None,
            })
        };
        let missing = differences().flat_map(|difference| &difference.missing);
        let wanted: BTreeSet<(u32, u64)> = missing.flat_map(|item| &item.places).copied().collect();
        let documents = offline::sources(self.inputs, &wanted)?;
        let extra = differences().flat_map(|difference| &difference.extra);
        let wanted: BTreeSet<String> = extra
            .flat_map(|item| identity.of_all(item.hits()))
            .collect();
        let places = self.places(&wanted, identity)?;
        for one in verdicts {
            let Verdict::Different(difference) = &mut one.verdict else {
                continue;
            };
            for item in &mut difference.missing {
                complete(item, &documents);
            }
            for item in &mut difference.extra {
                let own = identity.of_all(item.hits());
                item.places = own
                    .iter()
                    .filter_map(|id| places.get(id))
                    .copied()
                    .collect();
            }
        }
        Ok(())
    }

    /// Where the recording has documents with these identities.
    fn places(
        &self,
        wanted: &BTreeSet<String>,
        identity: Identity,
    ) -> io::Result<BTreeMap<String, (u32, u64)>> {
        let mut places = BTreeMap::new();
        if wanted.is_empty() {
            return Ok(places);
        }
        for file in 0..self.inputs.count() {
            let number = u32::try_from(file).unwrap_or(u32::MAX);
            reread::lines(self.inputs, file, &mut |line, text| {
                let hit = offline::hit(text);
                let own = identity.of_all(hit.as_slice());
                for id in own.into_iter().filter(|id| wanted.contains(id)) {
                    places.entry(id).or_insert((number, line));
                }
                true
            })?;
        }
        Ok(places)
    }
}

fn not<'r>(why: NotCompared) -> Prepared<'r> {
    Prepared::Decided(Verdict::NotCompared(why))
}

/// Puts the documents of a result in the place of what was known of them.
fn complete(item: &mut Item, documents: &BTreeMap<(u32, u64), Json>) {
    if !item.is_of_documents {
        return;
    }
    let places = std::mem::take(&mut item.places);
    let mut of_hits = places.iter();
    let hits = item.hits_mut().iter_mut();
    for hit in hits.filter(|hit| hit.get("missing").is_none()) {
        if let Some(document) = of_hits.next().and_then(|place| documents.get(place)) {
            *hit = document.clone();
        }
    }
    item.places = places;
}

impl Asked<'_> {
    fn verdict(
        &self,
        place: usize,
        offline: &Offline,
        comparing: &Comparing<'_>,
    ) -> io::Result<Verdict> {
        let number = u32::try_from(place).unwrap_or(u32::MAX);
        let stats = &offline.stats;
        let refused = offline.refused.get(&number).cloned();
        let failed = stats.failed.get(&number);
        let failed = failed.map(|(_, why)| OfflineFault::Fails(why.clone()));
        let failed = failed.or(refused.map(OfflineFault::NotRun));
        let columns = self.compared_columns();
        let reading = Reading {
            identity: offline.identity,
            columns: columns.as_ref(),
        };
        let answer = match answer::answer(&self.request, &self.pages, reading) {
            Ok(answer) => answer,
            Err(Unusable::Refused(said)) => {
                return Ok(Verdict::Refused(match failed {
                    Some(why) => Refusal::Both { said, why },
                    None => Refusal::Cluster { said },
                }));
            }
            Err(why) => return Ok(Verdict::NotCompared(NotCompared::Unusable(why))),
        };
        let dropped = stats.dropped.get(&number);
        let dropped = dropped.map(|count| OfflineFault::Dropped { count: *count });
        if let Some(why) = failed.or(dropped) {
            return Ok(Verdict::NotCompared(NotCompared::Offline(why)));
        }
        let searched = stats.searched.get(&number).copied().unwrap_or_default();
        let found = offline.items(place, &self.compiled, answer.has_join_keys);
        let choice = OtherChoice::of(
            &self.compiled,
            self.search,
            comparing.inputs,
            offline.identity,
            comparing.stop,
        );
        judge(answer, found, searched, choice.as_ref())
    }

    /// The columns of an ES|QL query that leaves them to the fields of the indices: those that it
    /// reads. The others are in the documents, which the rows are recognised by.
    fn compared_columns(&self) -> Option<BTreeSet<&str>> {
        let query = self.compiled.rule.query.as_ref()?;
        let pipeline = self.compiled.pipeline.as_ref()?;
        let syntax = Syntax::parse(query.language, query.text.text()).ok()?;
        if matches!(&syntax, Syntax::Esql(query) if query.tree.names_its_columns()) {
            return None;
        }
        let outputs = pipeline.outputs.iter();
        Some(outputs.map(|output| output.name.as_str()).collect())
    }
}

/// Compares results as they are, in no order.
fn judge(
    answer: Answer,
    found: Vec<Item>,
    searched: Searched,
    choice: Option<&OtherChoice<'_>>,
) -> io::Result<Verdict> {
    let (shown, total) = (answer.items.len(), found.len());
    let here = searched.documents;
    let documents = answer.documents.filter(|there| there.contradict(here));
    let documents = documents.map(|there| (there.count, here));
    // Pages that could hold all groups of these documents held them.
    let room = (PAGE * answer.pages) as u64;
    let fits = searched.groups < room
        && documents.is_none()
        && answer.documents.is_some_and(|there| there.is_exact);
    let next = answer.next.filter(|_| !fits);
    let is_cut = answer.is_cut || next.is_some();
    let mut open: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for item in found {
        open.entry(item.key.clone()).or_default().push(item);
    }
    let (mut extra, mut keys, mut matched) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for item in answer.items {
        if open.get_mut(&item.key).and_then(Vec::pop).is_none() {
            extra.push(item);
        } else {
            matched.extend(item.joined.map(|joined| joined.events));
            keys.insert(item.key);
        }
    }
    // The same events by several join keys, of fields with several values, are one alert.
    extra.retain(|item| {
        let joined = item.joined.as_ref();
        let is_matched = joined.is_some_and(|joined| matched.contains(&joined.events));
        !(keys.insert(item.key.clone()) && is_matched)
    });
    let mut missing: Vec<Item> = open.into_values().flatten().collect();
    if let Some(choice) = choice {
        choice.settle(&mut missing, &mut extra)?;
    }
    let same = shown - extra.len();
    if is_cut && extra.is_empty() && documents.is_none() {
        let found = total;
        return Ok(Verdict::NotCompared(match next {
            None => NotCompared::Cut { shown, found },
            Some(after) => NotCompared::NextPage {
                after,
                shown,
                found,
            },
        }));
    }
    if extra.is_empty() && missing.is_empty() && documents.is_none() {
        return Ok(Verdict::Equal(shown));
    }
    Ok(Verdict::Different(Difference {
        same,
        missing: if is_cut { Vec::new() } else { missing },
        extra,
        is_cut,
        documents,
    }))
}

/// Whether an ES|QL query may read the clock.
fn reads_now(request: &Request) -> bool {
    let query = request.body.get("query").and_then(Json::as_str);
    let text: String = query
        .unwrap_or_default()
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect();
    let text = text.to_ascii_lowercase();
    ["now(", "trange("].iter().any(|call| text.contains(call))
}

/// Whether a range in a body counts from `now`.
fn counts_from_now(body: &Json) -> bool {
    match body {
        Json::Object(entries) => entries.iter().any(|(key, value)| {
            let is_bound = matches!(key.as_str(), "gt" | "gte" | "lt" | "lte");
            let from_now = value.as_str().is_some_and(|text| text.starts_with("now"));
            (is_bound && from_now) || counts_from_now(value)
        }),
        Json::Array(items) => items.iter().any(counts_from_now),
        _ => false,
    }
}
