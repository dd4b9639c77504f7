//! Refuses a schema that is nested deeply, before the reader of Parquet, which follows nested columns
//! by recursion, runs out of stack.
//!
//! The schema is a list of elements in the file's footer, encoded in Thrift's compact protocol; an
//! element states how many of the elements after it are its children.

use super::{Damage, Fault};

/// The most levels of columns; a list takes two of them.
const DEEPEST: usize = 64;
/// The most levels of values in the footer.
const DEEPEST_VALUE: usize = 64;

/// The number of `FileMetaData.schema`.
const SCHEMA: i64 = 2;
/// The number of `SchemaElement.num_children`.
const CHILDREN: i64 = 5;

/// Types of the compact protocol.
mod kind {
    pub(super) const STOP: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I32: u8 = 5;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const SET: u8 = 10;
    pub(super) const MAP: u8 = 11;
    pub(super) const STRUCT: u8 = 12;
    pub(super) const UUID: u8 = 13;
}

/// Checks the footer's metadata.
pub(super) fn check(footer: &[u8]) -> Result<(), Fault> {
    let mut thrift = Thrift { rest: footer };
    let mut number = 0;
    while let Next::Field(kind) = thrift.field(&mut number).ok_or_else(damaged)? {
        if number == SCHEMA && kind == kind::LIST {
            schema(&mut thrift)?;
        } else {
            thrift.skip(kind, 0).ok_or_else(damaged)?;
        }
    }
    Ok(())
}

fn damaged() -> Fault {
    Damage::UnreadableFooter.into()
}

fn schema(thrift: &mut Thrift<'_>) -> Result<(), Fault> {
    let (count, kind) = thrift.list().ok_or_else(damaged)?;
    if kind != kind::STRUCT {
        return Err(damaged());
    }
    // How many children of each open element are to come.
    let mut open: Vec<i64> = Vec::new();
    for _ in 0..count {
        while open.last() == Some(&0) {
            open.pop();
        }
        if let Some(to_come) = open.last_mut() {
            *to_come -= 1;
        }
        let children = thrift.children().ok_or_else(damaged)?;
        if children > 0 {
            open.push(children);
        }
        if open.len() > DEEPEST {
            return Err(Fault::Deep(DEEPEST));
        }
    }
    Ok(())
}

/// Reads values; `None` where there is none to be read.
struct Thrift<'f> {
    rest: &'f [u8],
}

/// What follows in a struct.
enum Next {
    /// A field with values of this type.
    Field(u8),
    /// The end of the struct.
    End,
}

impl Thrift<'_> {
    /// The number of children of the next element.
    fn children(&mut self) -> Option<i64> {
        let (mut number, mut children) = (0, 0);
        while let Next::Field(kind) = self.field(&mut number)? {
            if number == CHILDREN && kind == kind::I32 {
                children = self.integer()?;
            } else {
                self.skip(kind, 0)?;
            }
        }
        Some(children)
    }

    /// The next field of a struct, whose number follows that of the field before.
    fn field(&mut self, number: &mut i64) -> Option<Next> {
        let head = self.byte()?;
        let kind = head & 0xf;
        if kind == kind::STOP {
            return Some(Next::End);
        }
        *number = match head >> 4 {
            0 => self.integer()?,
            more => number.checked_add(i64::from(more))?,
        };
        Some(Next::Field(kind))
    }

    /// The number and the type of the values of a list.
    fn list(&mut self) -> Option<(u64, u8)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            few => u64::from(few),
        };
        Some((count, head & 0xf))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > DEEPEST_VALUE {
            return None;
        }
        match kind {
            kind::TRUE | kind::FALSE => Some(()),
            kind::BYTE => self.bytes(1),
            kind::I16 | kind::I32 | kind::I64 => self.varint().map(drop),
            kind::DOUBLE => self.bytes(8),
            kind::UUID => self.bytes(16),
            kind::BINARY => {
                let length = self.varint()?;
                self.bytes(length)
            }
            kind::LIST | kind::SET => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.skip_item(kind, depth + 1))
            }
            kind::MAP => {
                let count = self.varint()?;
                if count == 0 {
                    return Some(());
                }
                let kinds = self.byte()?;
                (0..count).try_for_each(|_| {
                    self.skip_item(kinds >> 4, depth + 1)?;
                    self.skip_item(kinds & 0xf, depth + 1)
                })
            }
            kind::STRUCT => {
                let mut number = 0;
                while let Next::Field(kind) = self.field(&mut number)? {
                    self.skip(kind, depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    /// In a list a truth value has a byte of its own.
    fn skip_item(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            kind::TRUE | kind::FALSE => self.bytes(1),
            kind => self.skip(kind, depth),
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn bytes(&mut self, count: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A signed number, in zigzag order.
    fn integer(&mut self) -> Option<i64> {
        let value = self.varint()?;
        let half = i64::try_from(value >> 1).ok()?;
        Some(if value & 1 == 0 { half } else { !half })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A footer whose schema is `depth` groups in each other.
    fn nested(depth: usize) -> Vec<u8> {
        let mut footer = vec![0x15, 0x04, 0x19, 0xfc];
        let mut count = depth + 1;
        while count >= 0x80 {
            footer.push(u8::try_from(count & 0x7f).unwrap() | 0x80);
            count >>= 7;
        }
        footer.push(u8::try_from(count).unwrap());
        for level in 0..=depth {
            footer.extend([0x48, 1, b'a']);
            if level < depth {
                footer.extend([0x15, 2]);
            }
            footer.push(0);
        }
        footer.push(0);
        footer
    }

    #[test]
    fn only_a_schema_that_is_nested_too_deeply_is_refused() {
        assert!(check(&nested(10)).is_ok());
        for depth in [100, 1_000_000] {
            assert!(matches!(check(&nested(depth)), Err(Fault::Deep(_))));
        }
    }

    #[test]
    fn a_footer_that_is_cut_off_is_damaged() {
        let whole = nested(3);
        for end in 0..whole.len() {
            assert!(matches!(check(&whole[..end]), Err(Fault::Damaged(_))));
        }
    }
}
