//! The pages of an answer with groups: a composite aggregation gives a part of them, and the key after
//! which the next request goes on.

use serde_json::Value as Json;

use super::item::content;
use super::response::Response;

/// The responses to one request: the first, and each that goes on after the one before it.
#[derive(Debug)]
pub(super) struct Pages<'r> {
    /// The first page, or one that goes on after a page which is not there.
    pub(super) first: &'r Response,
    /// The others, in their order.
    pub(super) rest: Vec<&'r Response>,
}

impl<'r> Pages<'r> {
    /// Joins the pages of each answer; answers stand in the order of their first pages.
    pub(super) fn join(responses: &'r [Response]) -> Vec<Self> {
        let mut answers: Vec<Self> = Vec::new();
        for response in responses {
            let before = response.after.as_ref().and_then(|after| {
                let after = content(after);
                answers.iter_mut().rev().find(|answer| {
                    let last = answer.last();
                    let next = after_key(&last.body);
                    last.id == response.id && next.is_some_and(|next| content(next) == after)
                })
            });
            match before {
                Some(answer) => answer.rest.push(response),
                None => answers.push(Self {
                    first: response,
                    rest: Vec::new(),
                }),
            }
        }
        answers
    }

    fn last(&self) -> &'r Response {
        self.rest.last().copied().unwrap_or(self.first)
    }
}

/// The key after which the next page begins. The last page, which has no group, has none.
pub(super) fn after_key(body: &Json) -> Option<&Json> {
    let aggregations = body.get("aggregations")?.as_object()?;
    let mut keys = aggregations.values().filter_map(|one| one.get("after_key"));
    keys.find(|key| !key.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The page of a request after a key, with the key of the next.
    fn page(id: &str, after: Option<u32>, next: Option<u32>) -> Response {
        let key = |key: Option<u32>| key.map(|key| json!({"host.id": key}));
        let mut line = json!({"id": id, "response": {"aggregations": {"new_terms": {
            "buckets": [], "after_key": key(next),
        }}}});
        if let Some(after) = key(after) {
            line["after"] = after;
        }
        Response::parse(&line.to_string()).unwrap()
    }

    fn lengths(responses: &[Response]) -> Vec<usize> {
        let answers = Pages::join(responses);
        answers.iter().map(|answer| 1 + answer.rest.len()).collect()
    }

    #[test]
    fn a_page_goes_on_after_the_one_that_names_its_key() {
        let whole = [
            page("a", None, Some(1)),
            page("b", None, Some(1)),
            page("a", Some(1), Some(2)),
            page("b", Some(1), None),
            page("a", Some(2), None),
        ];
        assert_eq!(lengths(&whole), [3, 2]);
        // Without the page between them the last one stands alone.
        assert_eq!(lengths(&[whole[0].clone(), whole[4].clone()]), [1, 1]);
        // A page that comes twice does not count twice.
        let twice = [whole[1].clone(), whole[3].clone(), whole[3].clone()];
        assert_eq!(lengths(&twice), [2, 1]);
    }

    #[test]
    fn answers_to_the_same_request_are_apart() {
        let again = [page("a", None, Some(1)), page("a", None, Some(1))];
        assert_eq!(lengths(&again), [1, 1]);
    }
}
