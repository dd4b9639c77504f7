//! A line of a file of responses: which request was sent, and what the cluster answered.

use serde_json::{Map, Value as Json};

use super::time_range::TimeRange;
use crate::diagnostic::cluster::BadResponse;
use crate::event::Timestamp;
use crate::event::time::DateFormat;

/// The answer to one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The id of the request.
    pub id: String,
    /// The time range of the request, where the line repeats it.
    pub range: Option<TimeRange>,
    /// How many results the request asked for, where the line repeats it.
    pub size: Option<u32>,
    /// When the cluster ran the request, where the line says so.
    pub now: Option<Timestamp>,
    /// The key after which the request asked for groups, for a page that is not the first.
    pub after: Option<Json>,
    /// The HTTP status.
    pub status: u16,
    /// The body of the answer.
    pub body: Json,
}

impl Response {
    /// Reads a line.
    pub fn parse(line: &str) -> Result<Self, BadResponse> {
        let json: Json =
            serde_json::from_str(line).map_err(|error| BadResponse::Json(error.into()))?;
        let Json::Object(mut entries) = json else {
            return Err(BadResponse::NoObject);
        };
        let body = entries.remove("response").ok_or(BadResponse::NoBody)?;
        let id = entries.get("id").and_then(Json::as_str);
        let id = id.ok_or(BadResponse::NoId)?.to_owned();
        let range = match (time(&entries, "from")?, time(&entries, "to")?) {
            (Some(from), Some(to)) => Some(TimeRange { from, to }),
            _ => None,
        };
        let status = match number(&entries, "status", "an HTTP status")? {
            Some(status) => Some(status),
            None => body.get("status").and_then(Json::as_u64),
        };
        let size = number(&entries, "size", "a number of results")?;
        let size = size.map(u32::try_from).transpose();
        Ok(Self {
            id,
            range,
            size: size.map_err(|_| BadResponse::Value {
                name: "size",
                expected: "a number of results",
            })?,
            now: time(&entries, "now")?,
            after: after(&mut entries)?,
            status: u16::try_from(status.unwrap_or(200)).unwrap_or(u16::MAX),
            body,
        })
    }

    /// The id of the rule, which the request's id begins with.
    pub fn rule_id(&self) -> &str {
        self.id.rsplit_once(':').map_or(&*self.id, |(rule, _)| rule)
    }
}

fn after(entries: &mut Map<String, Json>) -> Result<Option<Json>, BadResponse> {
    match entries.remove("after") {
        None | Some(Json::Null) => Ok(None),
        Some(key @ Json::Object(_)) => Ok(Some(key)),
        Some(_) => Err(BadResponse::Value {
            name: "after",
            expected: "the `after_key` of the page before",
        }),
    }
}

fn time(entries: &Map<String, Json>, key: &'static str) -> Result<Option<Timestamp>, BadResponse> {
    let Some(value) = entries.get(key) else {
        return Ok(None);
    };
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let time = DateFormat::usual().parse(&text);
    let expected = "a time such as 2024-01-31T12:00:00Z";
    time.map(Some).ok_or(BadResponse::Value {
        name: key,
        expected,
    })
}

fn number(
    entries: &Map<String, Json>,
    key: &'static str,
    expected: &'static str,
) -> Result<Option<u64>, BadResponse> {
    let Some(value) = entries.get(key) else {
        return Ok(None);
    };
    let number = value.as_u64();
    number.map(Some).ok_or(BadResponse::Value {
        name: key,
        expected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_request_with_its_answer() {
        let line = r#"{"id":"a:b:0123","from":"2024-03-05T08:00:00.000Z","to":1709629200000,"size":7,"path":"/x","status":400,"response":{"error":{}}}"#;
        let response = Response::parse(line).unwrap();
        assert_eq!(response.rule_id(), "a:b");
        let range = response.range.unwrap();
        assert_eq!(range.to.millis() - range.from.millis(), 3_600_000);
        assert_eq!((response.size, response.status), (Some(7), 400));
        let short = Response::parse(r#"{"id":"a","response":{"status":503}}"#).unwrap();
        assert_eq!((short.rule_id(), short.status), ("a", 503));
        assert_eq!((short.range, short.now), (None, None));
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        let said = |line: &str| Response::parse(line).unwrap_err().to_string();
        assert!(said("{").contains("not valid JSON"));
        assert!(said("[]").contains("no JSON object"));
        assert!(said(r#"{"response":{}}"#).contains("`id` is missing"));
        assert!(said(r#"{"id":"a"}"#).contains("`response` is missing"));
        for key in ["status", "size", "from", "now", "after"] {
            let line = format!(r#"{{"id":"a","{key}":"x","response":{{}}}}"#);
            assert!(said(&line).starts_with(&format!("`{key}` is not")), "{key}");
        }
    }
}
