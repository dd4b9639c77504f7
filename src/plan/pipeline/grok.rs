//! Grok patterns: regular expressions with names for common parts.
//!
//! The definitions are those of Elasticsearch's library as far as rules need them, written without
//! look-around and atomic groups. Where those only keep a match from beginning or ending inside of
//! a longer number, the alternatives are ordered so that the longest is found.

use super::types::DataType;
use crate::diagnostic::query::esql_command::GrokMistake;

/// The named patterns.
const LIBRARY: &[(&str, &str)] = &[
    ("USERNAME", r"[a-zA-Z0-9._-]+"),
    ("USER", "%{USERNAME}"),
    (
        "EMAILLOCALPART",
        r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,64}(?:\.[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,62}){0,63}",
    ),
    ("EMAILADDRESS", "%{EMAILLOCALPART}@%{HOSTNAME}"),
    ("INT", r"(?:[+-]?(?:[0-9]+))"),
    (
        "BASE10NUM",
        r"(?:[+-]?(?:(?:[0-9]+(?:\.[0-9]+)?)|(?:\.[0-9]+)))",
    ),
    ("NUMBER", "(?:%{BASE10NUM})"),
    ("BASE16NUM", r"(?:[+-]?(?:0x)?(?:[0-9A-Fa-f]+))"),
    (
        "BASE16FLOAT",
        r"\b(?:[+-]?(?:0x)?(?:(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?)|(?:\.[0-9A-Fa-f]+)))\b",
    ),
    ("POSINT", r"\b(?:[1-9][0-9]*)\b"),
    ("NONNEGINT", r"\b(?:[0-9]+)\b"),
    ("WORD", r"\b\w+\b"),
    ("NOTSPACE", r"\S+"),
    ("SPACE", r"\s*"),
    ("DATA", r".*?"),
    ("GREEDYDATA", r".*"),
    (
        "QUOTEDSTRING",
        r#"(?:"(?:\\.|[^\\"])*"|'(?:\\.|[^\\'])*'|`(?:\\.|[^\\`])*`)"#,
    ),
    ("QS", "%{QUOTEDSTRING}"),
    (
        "UUID",
        r"[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}",
    ),
    ("MAC", "(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})"),
    ("CISCOMAC", r"(?:(?:[A-Fa-f0-9]{4}\.){2}[A-Fa-f0-9]{4})"),
    ("WINDOWSMAC", r"(?:(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2})"),
    ("COMMONMAC", r"(?:(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2})"),
    (
        "IPV4",
        r"(?:(?:25[0-5]|2[0-4][0-9]|[0-1]?[0-9]{1,2})\.(?:25[0-5]|2[0-4][0-9]|[0-1]?[0-9]{1,2})\.(?:25[0-5]|2[0-4][0-9]|[0-1]?[0-9]{1,2})\.(?:25[0-5]|2[0-4][0-9]|[0-1]?[0-9]{1,2}))",
    ),
    (
        "IPV6",
        r"(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}|(?:[0-9A-Fa-f]{1,4}:){1,7}:|:(?::[0-9A-Fa-f]{1,4}){1,7}|::)(?:%[0-9a-zA-Z]+)?",
    ),
    ("IP", "(?:%{IPV6}|%{IPV4})"),
    (
        "HOSTNAME",
        r"\b(?:[0-9A-Za-z][0-9A-Za-z-]{0,62})(?:\.(?:[0-9A-Za-z][0-9A-Za-z-]{0,62}))*\.?",
    ),
    ("HOST", "%{HOSTNAME}"),
    ("IPORHOST", "(?:%{IP}|%{HOSTNAME})"),
    ("HOSTPORT", "%{IPORHOST}:%{POSINT}"),
    ("PATH", "(?:%{UNIXPATH}|%{WINPATH})"),
    ("UNIXPATH", r"(?:/[\w_%!$@:.,+~-]*)+"),
    ("WINPATH", r"(?:[A-Za-z]{1,2}:|\\)(?:\\[^\\?*]*)+"),
    ("URIPROTO", r"[A-Za-z][A-Za-z0-9+\-.]+"),
    ("URIHOST", "%{IPORHOST}(?::%{POSINT})?"),
    ("URIPATH", r"(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]*)+"),
    ("URIQUERY", r"[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]<>]*"),
    ("URIPARAM", r"\?%{URIQUERY}"),
    ("URIPATHPARAM", r"%{URIPATH}(?:\?%{URIQUERY})?"),
    (
        "URI",
        "%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?",
    ),
    (
        "MONTH",
        r"\b(?:[Jj]an(?:uary|uar)?|[Ff]eb(?:ruary|ruar)?|[Mm](?:a|ä)?r(?:ch|z)?|[Aa]pr(?:il)?|[Mm]a(?:y|i)?|[Jj]un(?:e|i)?|[Jj]ul(?:y|i)?|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?|[Oo](?:c|k)?t(?:ober)?|[Nn]ov(?:ember)?|[Dd]e(?:c|z)(?:ember)?)\b",
    ),
    ("MONTHNUM", r"(?:1[0-2]|0?[1-9])"),
    ("MONTHNUM2", r"(?:0[1-9]|1[0-2])"),
    ("MONTHDAY", r"(?:(?:0[1-9])|(?:[12][0-9])|(?:3[01])|[1-9])"),
    (
        "DAY",
        r"(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)",
    ),
    ("YEAR", r"(?:\d\d){1,2}"),
    ("HOUR", r"(?:2[0123]|[01]?[0-9])"),
    ("MINUTE", r"(?:[0-5][0-9])"),
    ("SECOND", r"(?:(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?)"),
    ("TIME", "%{HOUR}:%{MINUTE}(?::%{SECOND})"),
    ("DATE_US", "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}"),
    ("DATE_EU", "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}"),
    ("DATE", "%{DATE_US}|%{DATE_EU}"),
    ("ISO8601_TIMEZONE", r"(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))"),
    ("ISO8601_SECOND", "%{SECOND}"),
    (
        "TIMESTAMP_ISO8601",
        r"%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?",
    ),
    ("DATESTAMP", "%{DATE}[- ]%{TIME}"),
    ("TZ", r"(?:[APMCE][SD]T|UTC)"),
    ("PROG", r"[\x21-\x5a\x5c\x5e-\x7e]+"),
    ("SYSLOGTIMESTAMP", "%{MONTH} +%{MONTHDAY} %{TIME}"),
    ("SYSLOGHOST", "%{IPORHOST}"),
    ("HTTPDATE", "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}"),
    (
        "LOGLEVEL",
        r"(?i:alert|trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?)",
    ),
];

/// How deep patterns may name patterns.
const MAX_DEPTH: usize = 20;

/// A grok pattern with its names resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GrokPattern {
    /// The regular expression; group `gN` holds capture N.
    pub expression: String,
    /// What each group is called and its type, in order. A name may occur twice.
    pub captures: Vec<(String, DataType)>,
}

impl GrokPattern {
    /// Resolves the names of a pattern.
    pub fn new(pattern: &str) -> Result<Self, GrokMistake> {
        let mut grok = Self::default();
        let mut expression = String::new();
        grok.resolve(pattern, &mut expression, 0)?;
        grok.expression = expression;
        Ok(grok)
    }

    fn resolve(
        &mut self,
        pattern: &str,
        out: &mut String,
        depth: usize,
    ) -> Result<(), GrokMistake> {
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            if rest.starts_with('\\') {
                let escaped = rest.chars().nth(1).map_or(0, char::len_utf8);
                let (head, tail) = rest.split_at(1 + escaped);
                out.push_str(head);
                rest = tail;
            } else if let Some(name) = rest.strip_prefix("%{") {
                let (name, tail) = name
                    .split_once('}')
                    .ok_or(GrokMistake::Unterminated { found: "%{" })?;
                self.reference(name, out, depth)?;
                rest = tail;
            } else if let Some(name) = rest.strip_prefix("(?<")
                && !name.starts_with(['=', '!'])
            {
                let (name, tail) = name
                    .split_once('>')
                    .ok_or(GrokMistake::Unterminated { found: "(?<" })?;
                self.open_group(name, DataType::Keyword, out);
                rest = tail;
            } else {
                out.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or("");
            }
        }
        Ok(())
    }

    fn reference(&mut self, name: &str, out: &mut String, depth: usize) -> Result<(), GrokMistake> {
        let mut parts = name.splitn(3, ':');
        let pattern = parts.next().unwrap_or("");
        let field = parts.next().filter(|field| !field.is_empty());
        let data_type = match parts.next() {
            None => DataType::Keyword,
            Some(name) => type_named(name)?,
        };
        let definition = LIBRARY.iter().find(|(own, _)| *own == pattern);
        let Some((_, definition)) = definition.filter(|_| depth < MAX_DEPTH) else {
            return Err(GrokMistake::UnknownPattern {
                name: pattern.to_owned(),
            });
        };
        match field {
            Some(field) => self.open_group(field, data_type, out),
            None => out.push_str("(?:"),
        }
        self.resolve(definition, out, depth + 1)?;
        out.push(')');
        Ok(())
    }

    fn open_group(&mut self, field: &str, data_type: DataType, out: &mut String) {
        out.push_str(&format!("(?P<g{}>", self.captures.len()));
        self.captures.push((field.to_owned(), data_type));
    }
}

fn type_named(name: &str) -> Result<DataType, GrokMistake> {
    Ok(match name {
        "string" => DataType::Keyword,
        "int" | "integer" => DataType::Integer,
        "long" => DataType::Long,
        "float" | "double" => DataType::Double,
        "boolean" => DataType::Boolean,
        other => {
            return Err(GrokMistake::UnknownType {
                name: other.to_owned(),
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_are_resolved() {
        let grok = GrokPattern::new("%{INT:a.b:int} (?<c>x|y) %{WORD}").unwrap();
        let captures = [
            ("a.b".to_owned(), DataType::Integer),
            ("c".to_owned(), DataType::Keyword),
        ];
        assert_eq!(grok.captures, captures);
        assert!(grok.expression.contains("(?P<g1>x|y)"));
    }

    #[test]
    fn every_definition_resolves() {
        for (name, _) in LIBRARY {
            assert!(GrokPattern::new(&format!("%{{{name}}}")).is_ok(), "{name}");
        }
        assert!(GrokPattern::new("%{NOPE}").is_err() && GrokPattern::new("%{INT").is_err());
    }
}
