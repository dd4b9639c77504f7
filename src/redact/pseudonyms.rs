//! The mapping from originals to pseudonyms.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::words::boundary;

/// The kinds of values that are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameKind {
    /// The name of an account.
    User,
    /// The name of a machine.
    Host,
    /// The name of a domain.
    Domain,
    /// The SID of an account.
    Sid,
    /// An IP address.
    Address,
    /// An e-mail address.
    Email,
    /// A GUID.
    Guid,
}

impl NameKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Host => "host",
            Self::Domain => "domain",
            Self::Sid => "SID",
            Self::Address => "address",
            Self::Email => "e-mail",
            Self::Guid => "GUID",
        }
    }
}

/// A stand-in and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replacement {
    /// What it is.
    pub kind: NameKind,
    /// The original, in small letters.
    pub original: String,
    /// Its pseudonym.
    pub pseudonym: String,
}

/// All stand-ins.
#[derive(Debug, Default)]
pub(super) struct Pseudonyms {
    /// By the name in small letters.
    names: BTreeMap<String, (NameKind, String)>,
    /// By kind and original in small letters.
    tokens: BTreeMap<(NameKind, String), String>,
    /// How many stand-ins a series has.
    series: BTreeMap<&'static str, u32>,
    /// The rule tells the addresses of documentation from others: public addresses then become
    /// those of a public resolver.
    names_documentation_range: bool,
}

impl Pseudonyms {
    /// For a rule with these constants.
    pub(super) fn new(constants: &[String]) -> Self {
        let tells = |constant: &String| {
            ["203.0.113.", "2001:db8"]
                .iter()
                .any(|c| constant.contains(c))
        };
        Self {
            names_documentation_range: constants.iter().any(tells),
            ..Self::default()
        }
    }

    fn next(&mut self, series: &'static str) -> u32 {
        let number = self.series.entry(series).or_default();
        *number += 1;
        *number
    }

    /// Gives a name its stand-in, unless it has one.
    pub(super) fn name(&mut self, kind: NameKind, name: &str) {
        let key = name.to_lowercase();
        if self.names.contains_key(&key) {
            return;
        }
        let pseudonym = match kind {
            NameKind::Host => format!("host-{}", self.next("host")),
            NameKind::Domain => self.domain(&key),
            _ => format!("user-{}", self.next("user")),
        };
        self.names.insert(key, (kind, pseudonym));
    }

    /// `THESHIRE` and `theshire.local` are one domain: `CORP-1` and `corp-1.example`.
    fn domain(&mut self, key: &str) -> String {
        let short = key.split('.').next().unwrap_or(key).to_owned();
        let known = self.tokens.get(&(NameKind::Domain, short.clone())).cloned();
        let base = known.unwrap_or_else(|| {
            let base = format!("corp-{}", self.next("corp"));
            self.tokens.insert((NameKind::Domain, short), base.clone());
            base
        });
        if key.contains('.') {
            format!("{base}.example")
        } else {
            base.to_uppercase()
        }
    }

    /// The longest name that begins at a place and is no part of a longer word; with it its
    /// stand-in.
    pub(super) fn longest<'b>(
        &'b self,
        text: &str,
        at: usize,
    ) -> Option<(NameKind, &'b str, &'b str)> {
        let mut best: Option<(NameKind, &str, &str)> = None;
        for (name, (kind, pseudonym)) in &self.names {
            let here = text.get(at..at + name.len());
            let same = here.is_some_and(|here| here.to_lowercase() == *name);
            let longer = best.is_none_or(|(_, known, _)| name.len() > known.len());
            if same && longer && boundary(text, at, name.len()) {
                best = Some((*kind, name, pseudonym));
            }
        }
        best
    }

    fn kept_token(
        &mut self,
        kind: NameKind,
        original: &str,
        make: impl FnOnce(&mut Self) -> String,
    ) -> String {
        let key = (kind, original.to_lowercase());
        if let Some(known) = self.tokens.get(&key) {
            return known.clone();
        }
        let made = make(self);
        self.tokens.insert(key, made.clone());
        made
    }

    pub(super) fn email(&mut self, original: &str) -> String {
        if original.to_lowercase().ends_with("@mail.example") {
            return original.to_owned();
        }
        self.kept_token(NameKind::Email, original, |pseudonyms| {
            format!("mail-{}@mail.example", pseudonyms.next("mail"))
        })
    }

    pub(super) fn guid(&mut self, original: &str) -> String {
        const HEAD: &str = "00000000-0000-4000-8000-";
        const NIL: &str = "00000000-0000-0000-0000-000000000000";
        if original.starts_with(HEAD) || original == NIL {
            return original.to_owned();
        }
        self.kept_token(NameKind::Guid, original, |pseudonyms| {
            format!("{HEAD}{:012}", pseudonyms.next("guid"))
        })
    }

    /// The domain gets numbers of its own; well-known accounts of it (500, 512 …) stay what they
    /// are.
    pub(super) fn sid(&mut self, domain: &str, original: &str) -> String {
        if original.contains("-1177-6820-") {
            return original.to_owned();
        }
        let rid = original.rsplit('-').next().unwrap_or("").to_owned();
        self.kept_token(NameKind::Sid, original, |pseudonyms| {
            let key = (NameKind::Sid, format!("domain {domain}"));
            let known = pseudonyms.tokens.get(&key).cloned();
            let base = known.unwrap_or_else(|| {
                let base = format!(
                    "S-1-5-21-{}-1177-6820",
                    1000 + pseudonyms.next("sid domain")
                );
                pseudonyms.tokens.insert(key, base.clone());
                base
            });
            match rid.parse::<u32>() {
                Ok(known) if known < 1000 && !domain.starts_with("cloud") => {
                    format!("{base}-{known}")
                }
                _ => format!("{base}-{}", 1100 + pseudonyms.next("sid")),
            }
        })
    }

    pub(super) fn address(&mut self, address: IpAddr) -> String {
        let original = address.to_string();
        match address {
            IpAddr::V4(v4) => match range_v4(v4, self.names_documentation_range) {
                None => original,
                Some(range) => self.kept_token(NameKind::Address, &original, |pseudonyms| {
                    let number = pseudonyms.next(range);
                    nth_v4(range, number).to_string()
                }),
            },
            IpAddr::V6(v6) => match range_v6(v6, self.names_documentation_range) {
                None => original,
                Some(range) => self.kept_token(NameKind::Address, &original, |pseudonyms| {
                    let number = pseudonyms.next(range);
                    format!("{range}{number:x}")
                }),
            },
        }
    }

    /// The stand-ins of those originals that were met.
    pub(super) fn report(&self, used: &BTreeSet<(NameKind, String)>) -> Vec<Replacement> {
        let found = used.iter().filter_map(|(kind, original)| {
            let name = self.names.get(original).filter(|(own, _)| own == kind);
            let pseudonym = name.map(|(_, pseudonym)| pseudonym).or_else(|| {
                let key = (*kind, original.clone());
                self.tokens.get(&key)
            })?;
            Some(Replacement {
                kind: *kind,
                original: original.clone(),
                pseudonym: pseudonym.clone(),
            })
        });
        found.collect()
    }
}

/// The range that the stand-in comes from: private for private, of documentation for public;
/// `None` for what stays.
fn range_v4(address: Ipv4Addr, tells_documentation: bool) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    let stays = address.is_loopback()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        || address.is_link_local();
    match (a, b, c) {
        _ if stays => None,
        (10, 255, _) | (172, 31, 255) | (192, 168, 255) => None,
        (10, ..) => Some("10.255"),
        (172, 16..=31, _) => Some("172.31.255"),
        (192, 168, _) => Some("192.168.255"),
        (1, 1, 1) if tells_documentation => None,
        _ if tells_documentation => Some("1.1.1"),
        _ => Some("203.0.113"),
    }
}

/// The `number`th address of a range; a recording has fewer hosts than a range addresses, and the
/// few scenarios that have more share them.
fn nth_v4(range: &str, number: u32) -> Ipv4Addr {
    let last = |number: u32| u8::try_from(number % 254).unwrap_or(0) + 1;
    let number = number.saturating_sub(1);
    let third = u8::try_from(number / 254 % 256).unwrap_or(0);
    match range {
        "10.255" => Ipv4Addr::new(10, 255, third, last(number)),
        "172.31.255" => Ipv4Addr::new(172, 31, 255, last(number)),
        "1.1.1" => Ipv4Addr::new(1, 1, 1, last(number)),
        "192.168.255" => Ipv4Addr::new(192, 168, 255, last(number)),
        _ => match third {
            0 => Ipv4Addr::new(203, 0, 113, last(number)),
            1 => Ipv4Addr::new(198, 51, 100, last(number)),
            _ => Ipv4Addr::new(192, 0, 2, last(number)),
        },
    }
}

/// What the stand-in begins with; `None` for what stays.
fn range_v6(address: Ipv6Addr, tells_documentation: bool) -> Option<&'static str> {
    let segments = address.segments();
    let documentation = matches!(segments, [0x2001, 0xdb8, ..]);
    let pseudonym = matches!(segments, [0xfe80 | 0xfdff, 0, 0, 0, 0, 0, 0, _]);
    if address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || documentation
        || pseudonym
    {
        return None;
    }
    match segments {
        [0xfe80..=0xfebf, ..] => Some("fe80::"),
        [0xfc00..=0xfdff, ..] => Some("fdff::"),
        [0x2606, 0x4700, 0x4700, 0, ..] if tells_documentation => None,
        _ if tells_documentation => Some("2606:4700:4700::"),
        _ => Some("2001:db8::"),
    }
}
