//! A bit matrix with one row per event: the facts of a plan and the stages that events meet.

/// Rows of bits, all of one width.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BitMatrix {
    words: usize,
    data: Vec<u64>,
}

impl BitMatrix {
    /// All bits false.
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        let words = columns.div_ceil(64);
        Self {
            words,
            data: vec![0; rows * words],
        }
    }

    /// The bit; false outside the matrix.
    pub(super) fn get(&self, row: usize, column: usize) -> bool {
        column / 64 < self.words
            && self
                .data
                .get(row * self.words + column / 64)
                .is_some_and(|word| word >> (column % 64) & 1 == 1)
    }

    /// Makes the bit true; nothing happens outside the matrix.
    pub(super) fn set(&mut self, row: usize, column: usize) {
        if column / 64 < self.words
            && let Some(word) = self.data.get_mut(row * self.words + column / 64)
        {
            *word |= 1 << (column % 64);
        }
    }

    /// The row, 64 bits a word.
    pub(super) fn row(&self, row: usize) -> &[u64] {
        let start = row * self.words;
        self.data.get(start..start + self.words).unwrap_or(&[])
    }

    /// The columns of the row's true bits, ascending.
    pub(super) fn columns(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        let words = self.row(row).iter().enumerate();
        words.flat_map(|(number, word)| {
            // Each step takes the lowest bit away.
            let rests =
                std::iter::successors(Some(*word), |rest| Some(rest & rest.wrapping_sub(1)));
            let rests = rests.take_while(|rest| *rest != 0);
            rests.map(move |rest| number * 64 + rest.trailing_zeros() as usize)
        })
    }

    /// Whether any bit of the row is true.
    pub(super) fn any(&self, row: usize) -> bool {
        self.row(row).iter().any(|word| *word != 0)
    }
}
