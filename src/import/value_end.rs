//! Where a JSON value ends, by its brackets and quotes alone.

/// Where a value ends, without regard to what is in it.
pub(super) struct Scan {
    depth: usize,
    within: Within,
}

/// What the next byte of a value is part of.
enum Within {
    /// A number or a literal, which no byte of its own ends.
    Word { begun: bool },
    /// A string.
    String { escaped: bool },
    /// Neither.
    Structure,
}

impl Scan {
    pub(super) fn starting_with(first: u8) -> Self {
        let within = if matches!(first, b'{' | b'[' | b'"') {
            Within::Structure
        } else {
            Within::Word { begun: false }
        };
        Self { depth: 0, within }
    }

    pub(super) fn is_word(&self) -> bool {
        matches!(self.within, Within::Word { .. })
    }

    /// How much of `buffer` belongs to the value, and whether it ends there.
    pub(super) fn take(&mut self, buffer: &[u8]) -> (usize, bool) {
        for (index, byte) in buffer.iter().enumerate() {
            if let Within::Word { begun } = &mut self.within {
                let ends = byte.is_ascii_whitespace() || matches!(byte, b',' | b']' | b'{' | b'[');
                // A stray `]` is a word of its own, or nothing would ever be taken.
                if ends && *begun {
                    return (index, true);
                }
                *begun = true;
            } else if self.step(*byte) {
                return (index + 1, true);
            }
        }
        (buffer.len(), false)
    }

    /// Takes a byte of a string or of structure; true when the value ends with it.
    fn step(&mut self, byte: u8) -> bool {
        match (&mut self.within, byte) {
            (Within::String { escaped }, _) if *escaped => *escaped = false,
            (Within::String { escaped }, b'\\') => *escaped = true,
            (Within::String { .. }, b'"') => {
                self.within = Within::Structure;
                return self.depth == 0;
            }
            (Within::String { .. }, _) => {}
            (_, b'"') => self.within = Within::String { escaped: false },
            (_, b'{' | b'[') => self.depth += 1,
            (_, b'}' | b']') => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}
