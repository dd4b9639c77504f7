//! Replaces sensitive names with pseudonyms: users, hosts, domains, SIDs, addresses, e-mail
//! addresses, GUIDs, user names in paths. Called where a scenario is made from a recording.
//!
//! The same name gets the same stand-in everywhere, of the same kind, and a stand-in is left as it
//! is: scrubbing twice is scrubbing once. What belongs to no one stays: the local host, well-known
//! SIDs and accounts, addresses of documentation, and whatever the rule itself names.

mod find;
mod pseudonyms;
mod words;

use std::collections::BTreeSet;

use crate::event::Event;
use find::{Token, token};
use pseudonyms::Pseudonyms;
pub use pseudonyms::{NameKind, Replacement};
use words::{boundary, is_nobody, is_pseudonym};

/// Fields whose values are names of users, hosts and domains.
pub const IDENTITIES: &[&str] = &[
    "agent.name",
    "destination.domain",
    "destination.user.name",
    "host.domain",
    "host.hostname",
    "host.name",
    "process.parent.user.name",
    "process.user.domain",
    "process.user.name",
    "related.hosts",
    "related.user",
    "source.domain",
    "source.user.name",
    "user.domain",
    "user.effective.name",
    "user.email",
    "user.name",
    "user.target.domain",
    "user.target.name",
    "winlog.computer_name",
    "winlog.event_data.SubjectDomainName",
    "winlog.event_data.SubjectUserName",
    "winlog.event_data.TargetDomainName",
    "winlog.event_data.TargetUserName",
    "winlog.event_data.User",
    "winlog.event_data.WorkstationName",
    "winlog.user.domain",
    "winlog.user.name",
];

/// Gives names their stand-ins.
#[derive(Debug)]
pub struct Redactor {
    pseudonyms: Pseudonyms,
    /// The texts that the rule names, in small letters.
    kept: Vec<String>,
    /// The originals that were replaced somewhere.
    used: BTreeSet<(NameKind, String)>,
}

impl Redactor {
    /// For a scenario of the rule with this query.
    pub fn new(query: &str) -> Self {
        let kept = words::constants(query);
        Self {
            pseudonyms: Pseudonyms::new(&kept),
            kept,
            used: BTreeSet::new(),
        }
    }

    /// Collects the names in an event, so that they are recognized in every text.
    pub fn learn(&mut self, event: &Event) {
        for (path, values) in event.fields() {
            for value in values {
                self.learn_value(path, &value.to_string());
            }
        }
    }

    fn learn_value(&mut self, path: &str, text: &str) {
        if let Some(kind) = kind_of(path) {
            self.learn_name(kind, text);
        }
        for name in words::users_in_paths(text) {
            self.name(NameKind::User, name);
        }
        for name in words::hosts_in_shares(text) {
            self.name(NameKind::Host, name);
        }
    }

    /// `DOMAIN\user`, `user@domain`, `host.domain`, `HOST$` or a name alone.
    fn learn_name(&mut self, kind: NameKind, text: &str) {
        let text = text.trim();
        if text.contains('@') || token(text).is_some_and(|(length, _)| length == text.len()) {
            return;
        }
        if let Some((domain, name)) = text.split_once('\\') {
            if !is_nobody(domain) {
                self.name(NameKind::Domain, domain);
                self.learn_name(kind, name);
            }
            return;
        }
        if let Some(host) = text.strip_suffix('$') {
            self.name(NameKind::Host, host);
            return;
        }
        match (kind, text.split_once('.')) {
            (NameKind::Host, Some((host, domain))) => {
                self.name(NameKind::Host, host);
                self.name(NameKind::Domain, domain);
            }
            _ => self.name(kind, text),
        }
    }

    fn name(&mut self, kind: NameKind, name: &str) {
        let nameless = name.is_empty() || is_nobody(name) || is_pseudonym(name);
        if !nameless && !self.is_kept(name) {
            self.pseudonyms.name(kind, name);
        }
    }

    /// Whether the rule names it, as a word of one of its constants.
    fn is_kept(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.kept.iter().any(|constant| {
            constant
                .match_indices(&name)
                .any(|(at, _)| boundary(constant, at, name.len()))
        })
    }

    /// The text with stand-ins; `path` is the field that holds it.
    pub fn redact(&mut self, path: &str, text: &str) -> String {
        // A stand-in may make a token with what it stands next to: the `0:` of `0:::8.8.8.8` is no
        // part of an address until one of version 6 follows.
        const PASSES: usize = 4;
        self.learn_value(path, text);
        let mut text = text.to_owned();
        for _ in 0..PASSES {
            let redacted = self.pass(&text);
            if redacted == text {
                break;
            }
            text = redacted;
        }
        text
    }

    fn pass(&mut self, text: &str) -> String {
        let mut redacted = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let starts = words::starts(text, at);
            let step = if starts { self.step(text, at) } else { None };
            if let Some((length, pseudonym)) = step {
                redacted.push_str(&pseudonym);
                at += length;
            } else if let Some(next) = rest.chars().next() {
                redacted.push(next);
                at += next.len_utf8();
            }
        }
        redacted
    }

    /// The sensitive value that begins here: its length and its pseudonym.
    fn step(&mut self, text: &str, at: usize) -> Option<(usize, String)> {
        let rest = text.get(at..)?;
        if let Some((length, found)) = token(rest) {
            let original = rest.get(..length)?;
            if self.is_kept(original) {
                return Some((length, original.to_owned()));
            }
            let (kind, pseudonym) = self.pseudonyms.token(&found, original);
            if pseudonym != original {
                self.used.insert((kind, original.to_lowercase()));
            }
            return Some((length, pseudonym));
        }
        if let Some(length) = words::pseudonym_at(rest) {
            return Some((length, rest.get(..length)?.to_owned()));
        }
        let (kind, name, pseudonym) = self.pseudonyms.longest(text, at)?;
        self.used.insert((kind, name.to_owned()));
        Some((name.len(), pseudonym.to_owned()))
    }

    /// All pseudonyms with their originals.
    pub fn replaced(&self) -> Vec<Replacement> {
        self.pseudonyms.report(&self.used)
    }
}

/// The kind of names that a field holds.
fn kind_of(path: &str) -> Option<NameKind> {
    if !IDENTITIES.contains(&path) {
        return None;
    }
    let last = path.rsplit('.').next().unwrap_or(path).to_lowercase();
    let host = path.starts_with("host.") || path.starts_with("agent.");
    Some(match last.as_str() {
        "hosts" | "hostname" | "computer_name" | "workstationname" => NameKind::Host,
        "domain" if path.starts_with("source.") || path.starts_with("destination.") => {
            NameKind::Host
        }
        _ if last.contains("domain") => NameKind::Domain,
        "name" if host => NameKind::Host,
        _ => NameKind::User,
    })
}

/// A token whose original is known by its form.
impl Pseudonyms {
    fn token(&mut self, token: &Token, original: &str) -> (NameKind, String) {
        match token {
            Token::Email => (NameKind::Email, self.email(original)),
            Token::Sid(authority) => (NameKind::Sid, self.sid(authority, original)),
            Token::Guid => (NameKind::Guid, self.guid(original)),
            Token::Address(address) => (NameKind::Address, self.address(*address)),
        }
    }
}

#[cfg(test)]
mod tests;
