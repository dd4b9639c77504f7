//! A search response too large to be parsed as a whole, cut into its hits by the brackets alone.
//! Called by the reader of JSON.

use super::value_end::Scan;

/// The hits of a response, one after another.
#[derive(Debug)]
pub(super) struct ResponseHits {
    text: Vec<u8>,
    position: usize,
}

impl ResponseHits {
    /// Finds the hits; the text again where it has none.
    pub(super) fn of(text: Vec<u8>) -> Result<Self, Vec<u8>> {
        let outer = after_bracket(&text, 0, b'{');
        let hits = outer.and_then(|at| value_of_hits(&text, at));
        let inner = hits.and_then(|at| after_bracket(&text, at, b'{'));
        let array = inner.and_then(|at| value_of_hits(&text, at));
        match array.and_then(|at| after_bracket(&text, at, b'[')) {
            Some(position) => Ok(Self { text, position }),
            None => Err(text),
        }
    }

    /// The next hit; `None` at the end of the list.
    pub(super) fn next_hit(&mut self) -> Option<&[u8]> {
        let start = skip_blanks_and(&self.text, self.position, b',');
        self.position = end_of_value(&self.text, start)?;
        self.text.get(start..self.position)
    }
}

/// Where the value of the key `hits` begins, in the object whose inside begins at `position`.
fn value_of_hits(text: &[u8], mut position: usize) -> Option<usize> {
    loop {
        let start = skip_blanks_and(text, position, b',');
        let end = end_of_value(text, start)?;
        let value = skip_blanks_and(text, end, b':');
        if text.get(start..end) == Some(b"\"hits\"") {
            return Some(value);
        }
        position = end_of_value(text, value)?;
    }
}

fn after_bracket(text: &[u8], position: usize, bracket: u8) -> Option<usize> {
    let start = skip_blanks_and(text, position, b' ');
    (text.get(start) == Some(&bracket)).then_some(start + 1)
}

fn skip_blanks_and(text: &[u8], position: usize, other: u8) -> usize {
    let rest = text.get(position..).unwrap_or_default();
    let skipped = rest
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace() || **byte == other);
    position + skipped.count()
}

/// Where the value ends that begins at `start`; `None` where none begins.
fn end_of_value(text: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let first = rest.first().filter(|first| !matches!(first, b']' | b'}'))?;
    let (taken, is_whole) = Scan::starting_with(*first).take(rest);
    is_whole.then_some(start + taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(text: &str) -> Option<Vec<String>> {
        let mut hits = ResponseHits::of(text.as_bytes().to_vec()).ok()?;
        let mut all = Vec::new();
        while let Some(hit) = hits.next_hit() {
            all.push(String::from_utf8(hit.to_vec()).unwrap());
        }
        Some(all)
    }

    #[test]
    fn the_hits_are_found_whatever_stands_around_them() {
        let text = r#" {"took": 3, "x": {"hits": [7]}, "hits" : {"total": {"value": 2},
            "hits" : [ {"_id": "a,]}\""} , {"_id": [1]}] }, "aggregations": {}}"#;
        let found = hits(text).unwrap();
        assert_eq!(found, [r#"{"_id": "a,]}\""}"#, r#"{"_id": [1]}"#]);
        assert_eq!(hits(r#"{"hits":{"hits":[]}}"#).unwrap().len(), 0);
    }

    #[test]
    fn what_is_no_response_stays_what_it_is() {
        for text in [
            "",
            "{",
            "{}",
            "[]",
            r#"{"hits":[]}"#,
            r#"{"hits":{"hits":{}}}"#,
            r#"{"hits""#,
        ] {
            assert_eq!(
                ResponseHits::of(text.as_bytes().to_vec()).unwrap_err(),
                text.as_bytes()
            );
        }
    }
}
