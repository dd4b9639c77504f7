//! Index names and patterns: decides which events a rule can see, and where an event is stored.

use crate::event::Event;

/// The index patterns of a rule, as written; a rule without any sees every event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct IndexPatterns {
    patterns: Vec<Pattern>,
}

/// One pattern, taken apart: it is held against the names of all indices of all sources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Pattern {
    /// As written.
    text: String,
    /// Where it begins behind its `-` and its cluster.
    start: usize,
    /// Where its first `*` stands.
    star: Option<usize>,
}

impl Pattern {
    fn new(text: &str) -> Self {
        let name = without_cluster(text.strip_prefix('-').unwrap_or(text));
        let start = text.len() - name.len();
        Self {
            start,
            star: name.find('*').map(|star| start + star),
            text: text.to_owned(),
        }
    }

    fn excludes(&self) -> bool {
        self.text.starts_with('-')
    }

    fn matches(&self, index: &str) -> bool {
        let end = self.star.unwrap_or(self.text.len());
        let first = self.text.get(self.start..end).unwrap_or("");
        let rest = self.star.and_then(|star| self.text.get(star + 1..));
        match rest {
            None => index == first,
            Some(rest) => {
                let after = index.strip_prefix(first);
                after.is_some_and(|after| matches_behind_star(rest, after))
            }
        }
    }
}

impl IndexPatterns {
    /// Takes patterns as a rule lists them; one entry may hold several, separated by commas.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Self {
        let split = patterns.into_iter().flat_map(|entry| entry.split(','));
        let trimmed = split.map(str::trim).filter(|pattern| !pattern.is_empty());
        Self {
            patterns: trimmed.map(Pattern::new).collect(),
        }
    }

    /// Whether the patterns select an index: they resolve left to right, `*` is any run, a leading
    /// `-` excludes.
    pub fn selects(&self, index: &str) -> bool {
        if self.patterns.is_empty() {
            return true;
        }
        // The last pattern that the name matches decides.
        let mut patterns = self.patterns.iter().rev();
        let last = patterns.find(|pattern| pattern.matches(index));
        last.is_some_and(|pattern| !pattern.excludes())
    }

    /// The patterns that do not exclude, in order.
    pub fn included(&self) -> impl Iterator<Item = &str> {
        let included = self.patterns.iter().filter(|pattern| !pattern.excludes());
        included.map(|pattern| pattern.text.as_str())
    }

    /// Whether the rule names no index at all.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }
}

/// Whether `text` matches a pattern in which `*` is any run. A cluster prefix of the pattern is
/// ignored, as it is in index names.
pub fn matches(pattern: &str, text: &str) -> bool {
    match without_cluster(pattern).split_once('*') {
        None => without_cluster(pattern) == text,
        Some((first, rest)) => {
            let after = text.strip_prefix(first);
            after.is_some_and(|after| matches_behind_star(rest, after))
        }
    }
}

/// Whether any run and then a pattern match `text`.
fn matches_behind_star(pattern: &str, mut text: &str) -> bool {
    let Some((middle, last)) = pattern.rsplit_once('*') else {
        return text.ends_with(pattern);
    };
    for piece in middle.split('*') {
        match text.find(piece) {
            Some(at) => text = text.get(at + piece.len()..).unwrap_or(""),
            None => return false,
        }
    }
    text.ends_with(last)
}

fn without_cluster(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, index)| index)
}

/// The name of a stored index as rules' patterns mean it: without the cluster, `restored-` or
/// `partial-`, and for a backing index of a data stream without `.ds-` and its date and number.
///
/// ```
/// use trapline::data_source::index_name;
/// let stored = "east:partial-.ds-logs-endpoint.events.process-default-2024.01.31-000007";
/// assert_eq!(index_name(stored), "logs-endpoint.events.process-default");
/// ```
pub fn index_name(stored: &str) -> &str {
    let mut name = without_cluster(stored);
    for prefix in ["restored-", "partial-"] {
        name = name.strip_prefix(prefix).unwrap_or(name);
    }
    name.strip_prefix(".ds-")
        .and_then(without_generation)
        .unwrap_or(name)
}

/// The index name of an event: of `_index`, or of the data stream's three parts.
pub fn stored_in(event: &Event) -> Option<String> {
    if let Some(index) = &event.index {
        return Some(index_name(index).to_owned());
    }
    let part = |field: &str| Some(event.values(field).first()?.to_string());
    let (kind, dataset) = (part("data_stream.type")?, part("data_stream.dataset")?);
    let namespace = part("data_stream.namespace")?;
    Some(format!("{kind}-{dataset}-{namespace}"))
}

/// The name of a data stream of Elastic's naming scheme in its parts: `TYPE-DATASET-NAMESPACE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataStream<'n> {
    /// `logs`, `metrics`, `traces` or `synthetics`.
    pub kind: &'n str,
    /// `endpoint.events.process`
    pub dataset: &'n str,
    /// `default`
    pub namespace: &'n str,
}

impl<'n> DataStream<'n> {
    /// The parts of an index name as rules mean it ([`index_name`]); `None` of an index that is
    /// no such stream, as `filebeat-9.5.0`.
    pub fn named(name: &'n str) -> Option<Self> {
        let mut parts = name.splitn(3, '-');
        let (kind, dataset, namespace) = (parts.next()?, parts.next()?, parts.next()?);
        let is_stream = matches!(kind, "logs" | "metrics" | "traces" | "synthetics");
        (is_stream && !dataset.is_empty() && !namespace.is_empty()).then_some(Self {
            kind,
            dataset,
            namespace,
        })
    }

    /// The fields that say so in every document, with their values.
    pub fn fields(self) -> [(&'static str, &'n str); 3] {
        [
            ("data_stream.type", self.kind),
            ("data_stream.dataset", self.dataset),
            ("data_stream.namespace", self.namespace),
        ]
    }
}

/// Takes `-YYYY.MM.DD-NNNNNN` off the end.
fn without_generation(name: &str) -> Option<&str> {
    let (rest, generation) = name.rsplit_once('-')?;
    let (stream, date) = rest.rsplit_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = date.split('.').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let fits = digits(generation) && lengths == [4, 2, 2] && parts.iter().all(|part| digits(part));
    fits.then_some(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_resolve_from_left_to_right_and_a_minus_excludes() {
        let patterns = IndexPatterns::new(["logs-*, -logs-endpoint.alerts-*", "winlogbeat-*"]);
        assert!(patterns.selects("logs-endpoint.events.process-default"));
        assert!(!patterns.selects("logs-endpoint.alerts-default"));
        assert!(patterns.selects("winlogbeat-9.5.0"));
        assert!(!patterns.selects("auditbeat-9.5.0"));
        assert!(IndexPatterns::default().selects("anything"));
    }

    #[test]
    fn a_star_is_any_run_and_pieces_do_not_overlap() {
        assert!(matches(
            "logs-*.process-*",
            "logs-endpoint.events.process-default"
        ));
        assert!(!matches("ab*ba", "aba"));
        assert!(matches("a*b*c", "a-b-b-c"));
        assert!(!matches("a*b*c", "a-b-b-d"));
        assert!(matches("*:logs-*", "logs-x"));
        assert!(matches("a**c", "abc") && matches("a*", "a") && !matches("a", "ab"));
    }

    #[test]
    fn a_pattern_of_a_rule_matches_what_its_text_matches() {
        let names = ["logs-a.b-default", "logs-a", "logs-", "xlogs-a", "a", ""];
        for text in [
            "logs-*",
            "*:logs-*",
            "east:logs-a",
            "logs-*.b-*",
            "*",
            "a",
            "*a",
            "l*-*a*",
        ] {
            let excluded = format!("-{text}");
            let excluding = IndexPatterns::new(["*", excluded.as_str()]);
            for name in names {
                let selects = IndexPatterns::new([text]).selects(name);
                assert_eq!(selects, matches(text, name), "{text} {name}");
                assert_eq!(excluding.selects(name), !selects, "-{text} {name}");
            }
        }
        assert!(IndexPatterns::new(["-a", "a"]).selects("a"));
    }

    #[test]
    fn names_of_backing_indices_lose_what_the_stack_added() {
        let cases = [
            ("logs-a-default", "logs-a-default"),
            ("restored-logs-a-default", "logs-a-default"),
            (".ds-logs-a-default-2024.01.31-000001", "logs-a-default"),
            (".ds-logs-a-default", ".ds-logs-a-default"),
            ("c1:winlogbeat-9.5.0", "winlogbeat-9.5.0"),
        ];
        for (stored, name) in cases {
            assert_eq!(index_name(stored), name);
        }
    }
}
