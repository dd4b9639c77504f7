//! JSON-RPC 2.0 over a pair of streams: messages, their framing and errors. The language server
//! frames messages with headers, the server for assistants with line breaks.
//!
//! The crates that do this read messages into untagged enums, which serde_json's
//! `arbitrary_precision` breaks for ids that are numbers; the protocol is small enough to read here.

use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

/// A longer message is refused before it is read.
pub const LONGEST: usize = 64 << 20;

/// The text is no JSON.
pub const PARSE_ERROR: i64 = -32700;
/// The JSON is no message.
pub const INVALID_REQUEST: i64 = -32600;
/// There is no such method.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// The parameters are not those of the method.
pub const INVALID_PARAMS: i64 = -32602;
/// The server failed.
pub const INTERNAL_ERROR: i64 = -32603;

/// The framing of messages on a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// `Content-Length: N`, an empty line, N bytes: the Language Server Protocol.
    Headers,
    /// One message a line: the Model Context Protocol.
    Lines,
}

/// A message from the other side.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Wants an answer.
    Request {
        /// What the answer carries.
        id: Value,
        /// What is asked.
        method: String,
        /// With what.
        params: Value,
    },
    /// Wants none.
    Notification {
        /// What happened.
        method: String,
        /// With what.
        params: Value,
    },
    /// The answer to a request of ours.
    Response {
        /// The id of the request.
        id: Value,
    },
}

/// A text that is no message, and what to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    /// One of the codes above.
    pub code: i64,
    /// In words.
    pub message: String,
}

impl RpcError {
    /// A fault with this code.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// Reads the next message; `None` at the end of the stream. A text that is no message is a fault,
/// after which the next one can be read.
pub fn read(
    input: &mut impl BufRead,
    framing: Framing,
) -> io::Result<Option<Result<Message, RpcError>>> {
    let text = match framing {
        Framing::Headers => framed(input)?,
        Framing::Lines => line(input)?,
    };
    Ok(text.map(|text| parse(&text)))
}

/// The bytes behind a block of headers.
fn framed(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut length = None;
    loop {
        let Some(line) = line_of(input)? else {
            return Ok(None);
        };
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            match length {
                Some(length) => return body(input, length).map(Some),
                // Blank lines between messages do no harm.
                None => continue,
            }
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            let invalid = |_| io::Error::new(io::ErrorKind::InvalidData, "bad Content-Length");
            length = Some(value.trim().parse().map_err(invalid)?);
        }
    }
}

fn body(input: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    if length > LONGEST {
        let message = format!("a message of {length} bytes is too long");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The next line that is not blank.
fn line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    while let Some(line) = line_of(input)? {
        if !line.trim_ascii().is_empty() {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

fn line_of(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    let read = io::Read::take(&mut *input, most).read_until(b'\n', &mut line)?;
    if read >= LONGEST {
        let message = "a line is too long";
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok((read > 0).then_some(line))
}

fn parse(text: &[u8]) -> Result<Message, RpcError> {
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| RpcError::new(PARSE_ERROR, format!("the message is no JSON: {error}")))?;
    let Value::Object(mut fields) = value else {
        return Err(RpcError::new(INVALID_REQUEST, "a message is an object"));
    };
    let id = fields.remove("id").filter(|id| !id.is_null());
    let params = fields.remove("params").unwrap_or(Value::Null);
    match (fields.remove("method"), id) {
        (Some(Value::String(method)), Some(id)) => Ok(Message::Request { id, method, params }),
        (Some(Value::String(method)), None) => Ok(Message::Notification { method, params }),
        (None, Some(id)) if fields.contains_key("result") || fields.contains_key("error") => {
            Ok(Message::Response { id })
        }
        _ => Err(RpcError::new(INVALID_REQUEST, "a message has a `method`")),
    }
}

/// Writes a message.
pub fn write(output: &mut impl Write, framing: Framing, message: &Value) -> io::Result<()> {
    let text = message.to_string();
    match framing {
        Framing::Headers => write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?,
        Framing::Lines => writeln!(output, "{text}")?,
    }
    output.flush()
}

/// The answer to a request.
pub fn response(id: &Value, result: Result<Value, RpcError>) -> Value {
    match result {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(fault) => json!({
            "jsonrpc": "2.0",
            "id": id,
            "error": {"code": fault.code, "message": fault.message},
        }),
    }
}

/// A message that wants no answer.
pub fn notification(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

/// A request of ours.
pub fn request(id: &str, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, framing: Framing) -> Vec<Result<Message, RpcError>> {
        let mut input = text.as_bytes();
        let mut all = Vec::new();
        while let Some(message) = read(&mut input, framing).unwrap() {
            all.push(message);
        }
        all
    }

    #[test]
    fn what_is_written_is_read_again_in_either_framing() {
        for framing in [Framing::Headers, Framing::Lines] {
            let mut bytes = Vec::new();
            write(
                &mut bytes,
                framing,
                &request("a", "m", &json!({"x": "é\n"})),
            )
            .unwrap();
            write(&mut bytes, framing, &notification("n", &json!(null))).unwrap();
            write(&mut bytes, framing, &response(&json!(7), Ok(json!(1)))).unwrap();
            let read = all(&String::from_utf8(bytes).unwrap(), framing);
            let params = json!({"x": "é\n"});
            let (id, method) = (json!("a"), "m".to_owned());
            let expected = [
                Ok(Message::Request { id, method, params }),
                Ok(Message::Notification {
                    method: "n".to_owned(),
                    params: Value::Null,
                }),
                Ok(Message::Response { id: json!(7) }),
            ];
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn what_is_no_message_is_a_fault_and_the_next_one_is_read() {
        let read = all("{\n[]\n{\"id\":1}\n\n{\"method\":\"n\"}\n", Framing::Lines);
        let codes: Vec<Option<i64>> = read
            .iter()
            .map(|one| one.as_ref().err().map(|fault| fault.code))
            .collect();
        let invalid = Some(INVALID_REQUEST);
        assert_eq!(codes, [Some(PARSE_ERROR), invalid, invalid, None]);
        let mut endless = "Content-Length: 99999999999\r\n\r\n".as_bytes();
        assert!(super::read(&mut endless, Framing::Headers).is_err());
    }
}
