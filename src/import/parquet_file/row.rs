//! Writes the rows of a batch as lines of NDJSON, one a row.

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, BinaryViewArray, RecordBatch, StringViewArray};

use super::layout::{ID, INDEX, Layout};
use super::value::{Member, object};
use super::{Damage, Fault};

/// The rows of one batch.
pub(super) enum Rows {
    Raw {
        documents: Documents,
        /// `_index` and `_id`, where there are such columns.
        identity: Vec<Member>,
    },
    Fields(Vec<Member>),
}

/// The values of a raw column.
pub(super) enum Documents {
    Text(StringViewArray),
    Bytes(BinaryViewArray),
}

impl Rows {
    pub(super) fn new(batch: &RecordBatch, layout: &Layout) -> Result<Self, Fault> {
        let schema = batch.schema();
        let columns = || schema.fields().iter().zip(batch.columns());
        match layout {
            Layout::Fields => {
                let members = columns().map(|(field, column)| Member::new(field, column));
                Ok(Self::Fields(members.collect::<Result<_, _>>()?))
            }
            Layout::Raw(name) => {
                let column = batch.column_by_name(name);
                let documents = column.and_then(|column| {
                    let text = column.as_string_view_opt().cloned();
                    let bytes = column.as_binary_view_opt().cloned();
                    text.map(Documents::Text).or(bytes.map(Documents::Bytes))
                });
                let identity = columns()
                    .filter(|(field, _)| {
                        field.name() != name && [INDEX, ID].contains(&field.name().as_str())
                    })
                    .map(|(field, column)| Member::new(field, column));
                Ok(Self::Raw {
                    documents: documents.ok_or(Damage::NoRawColumn)?,
                    identity: identity.collect::<Result<_, _>>()?,
                })
            }
        }
    }

    /// Writes the document of a row, and a line break. A row without a document is an empty line, so
    /// that the number of a line is that of its row.
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        match self {
            Self::Fields(members) => object(members, row, out)?,
            Self::Raw {
                documents,
                identity,
            } => {
                let document = documents.value(row).trim_ascii();
                if !document.is_empty() && !identity.is_empty() {
                    object(identity, row, out)?;
                    // The document is a member of the same object.
                    out.pop();
                    if out.last() != Some(&b'{') {
                        out.push(b',');
                    }
                    out.extend_from_slice(b"\"_source\":");
                    on_one_line(document, out);
                    out.push(b'}');
                } else {
                    on_one_line(document, out);
                }
            }
        }
        out.push(b'\n');
        Ok(())
    }
}

impl Documents {
    fn value(&self, row: usize) -> &[u8] {
        match self {
            Self::Text(texts) if texts.is_valid(row) => texts.value(row).as_bytes(),
            Self::Bytes(bytes) if bytes.is_valid(row) => bytes.value(row),
            Self::Text(_) | Self::Bytes(_) => &[],
        }
    }
}

/// A document may be printed over several lines; within a string no line break is valid, and none
/// becomes valid here.
fn on_one_line(document: &[u8], out: &mut Vec<u8>) {
    if memchr::memchr(b'\n', document).is_none() {
        out.extend_from_slice(document);
        return;
    }
    let (mut in_string, mut escaped) = (false, false);
    for byte in document {
        let is_escape = in_string && !escaped && *byte == b'\\';
        in_string ^= *byte == b'"' && !escaped;
        escaped = is_escape;
        out.push(match byte {
            b'\n' if in_string => 1,
            b'\n' => b' ',
            byte => *byte,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_between_tokens_become_blanks_and_those_in_strings_stay_invalid() {
        let one_line = |document: &str| {
            let mut out = Vec::new();
            on_one_line(document.as_bytes(), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(one_line("{\n\"a\": 1\n}"), "{ \"a\": 1 }");
        assert_eq!(one_line("{\"a\":\"\\\"\n\"}"), "{\"a\":\"\\\"\u{1}\"}");
        assert_eq!(one_line("{\"a\":\"\\\\\"\n}"), "{\"a\":\"\\\\\" }");
    }
}
