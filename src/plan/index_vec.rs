//! Vectors indexed by their own number type, so that a number of one vector cannot index another.
//!
//! A number that is out of range is an internal error and never "no item": a query whose condition
//! cannot be found must not look like a query without alerts. It panics in debug builds; in release
//! builds it unwinds with an [`InternalError`], which the command line reports with exit code 70.

use std::fmt;
use std::marker::PhantomData;

/// A number into one kind of vector.
pub trait Idx: Copy + fmt::Debug + 'static {
    /// The number of this place; one that does not fit is the greatest.
    fn new(place: usize) -> Self;
    /// As a place.
    fn place(self) -> usize;
}

/// Something in Trapline is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: there is no place {place} among {len}, at {at}")]
pub struct InternalError {
    /// What was looked for.
    pub what: &'static str,
    /// The place that is not there.
    pub place: usize,
    /// How many there are.
    pub len: usize,
    /// Where in the source.
    pub at: String,
}

/// A vector of `T`, indexed by `I`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IndexVec<I, T> {
    items: Vec<T>,
    index: PhantomData<fn(I)>,
}

impl<I: Idx, T> IndexVec<I, T> {
    /// An empty vector.
    pub fn new() -> Self {
        Self {
            items: Vec::new(),
            index: PhantomData,
        }
    }

    /// Adds an item; its number.
    pub fn push(&mut self, item: T) -> I {
        let number = self.next();
        self.items.push(item);
        number
    }

    /// The number of the item that comes next.
    pub fn next(&self) -> I {
        I::new(self.items.len())
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The first item.
    pub fn first(&self) -> Option<&T> {
        self.items.first()
    }

    /// The items in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// The items in order, to be changed.
    #[allow(
        clippy::iter_without_into_iter,
        reason = "`for` over a shared vector says more clearly that it is changed"
    )]
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.items.iter_mut()
    }

    /// The items with their numbers.
    pub fn numbered(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        let items = self.items.iter().enumerate();
        items.map(|(place, item)| (I::new(place), item))
    }

    /// The item of a number that may come from elsewhere.
    pub fn get(&self, number: I) -> Option<&T> {
        self.items.get(number.place())
    }

    /// The items before a number.
    pub fn before(&self, number: I) -> &[T] {
        self.items.get(..number.place()).unwrap_or(&self.items)
    }
}

/// Reports a missing index: panics in debug builds, and unwinds with the error in
/// release builds.
#[cold]
#[track_caller]
#[expect(
    clippy::panic,
    clippy::manual_assert,
    reason = "an inconsistency is to be noticed where it is"
)]
fn missing<T>(place: usize, len: usize) -> ! {
    let error = InternalError {
        what: std::any::type_name::<T>(),
        place,
        len,
        at: std::panic::Location::caller().to_string(),
    };
    if cfg!(debug_assertions) {
        panic!("{error}");
    }
    std::panic::resume_unwind(Box::new(error))
}

/// What must be at this place among so many. An internal error where nothing is.
#[track_caller]
pub fn present<T>(item: Option<T>, place: usize, len: usize) -> T {
    match item {
        Some(item) => item,
        None => missing::<T>(place, len),
    }
}

/// The item at a place of a slice. One that is not there is an internal error.
#[track_caller]
pub fn item<T>(items: &[T], place: u32) -> &T {
    present(items.get(place as usize), place as usize, items.len())
}

/// The item at a place of a slice, to be changed.
#[track_caller]
pub fn item_mut<T>(items: &mut [T], place: u32) -> &mut T {
    let len = items.len();
    present(items.get_mut(place as usize), place as usize, len)
}

/// The items from a place to before another. A part that is not there is an internal error.
#[track_caller]
pub fn part<T>(items: &[T], (start, end): (u32, u32)) -> &[T] {
    let part = items.get(start as usize..end as usize);
    present(part, end as usize, items.len())
}

impl<I: Idx, T> IndexVec<I, T> {
    /// The item of this number. One that is not there is an internal error.
    #[track_caller]
    pub fn at(&self, number: I) -> &T {
        match self.items.get(number.place()) {
            Some(item) => item,
            None => missing::<T>(number.place(), self.items.len()),
        }
    }

    /// The item of this number, to be changed.
    #[track_caller]
    pub fn at_mut(&mut self, number: I) -> &mut T {
        let len = self.items.len();
        match self.items.get_mut(number.place()) {
            Some(item) => item,
            None => missing::<T>(number.place(), len),
        }
    }
}

impl<I: Idx, T> Default for IndexVec<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Idx, T> From<Vec<T>> for IndexVec<I, T> {
    fn from(items: Vec<T>) -> Self {
        Self {
            items,
            index: PhantomData,
        }
    }
}

impl<I: Idx, T> FromIterator<T> for IndexVec<I, T> {
    fn from_iter<A: IntoIterator<Item = T>>(items: A) -> Self {
        Self::from(items.into_iter().collect::<Vec<T>>())
    }
}

impl<'v, I: Idx, T> IntoIterator for &'v IndexVec<I, T> {
    type Item = &'v T;
    type IntoIter = std::slice::Iter<'v, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<I: Idx, T> IntoIterator for IndexVec<I, T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<I: Idx, T: fmt::Debug> fmt::Debug for IndexVec<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
    }
}

/// Defines the number of one kind of vector.
macro_rules! numbers {
    ($($(#[$doc:meta])* $visibility:vis $name:ident($number:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $visibility struct $name($visibility $number);

        impl $name {
            /// As a place.
            #[allow(dead_code, reason = "not every kind of number is asked for its place")]
            $visibility fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl $crate::plan::index_vec::Idx for $name {
            fn new(place: usize) -> Self {
                Self(<$number>::try_from(place).unwrap_or(<$number>::MAX))
            }

            fn place(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

pub(crate) use numbers;

#[cfg(test)]
mod tests {
    use super::*;

    numbers! {
        /// A number.
        Number(u16);
    }

    #[test]
    fn a_number_finds_what_was_pushed() {
        let mut items: IndexVec<Number, &str> = IndexVec::new();
        let (a, b) = (items.push("a"), items.push("b"));
        assert_eq!((*items.at(a), *items.at(b)), ("a", "b"));
        assert_eq!((a.index(), b.index()), (0, 1));
        assert_eq!(items.before(b), ["a"]);
        *items.at_mut(a) = "c";
        let numbered: Vec<_> = items.numbered().collect();
        assert_eq!(numbered, [(a, &"c"), (b, &"b")]);
    }

    #[test]
    fn a_number_that_is_not_there_is_never_silent() {
        let items: IndexVec<Number, u8> = IndexVec::from(vec![1]);
        let found = std::panic::catch_unwind(|| *items.at(Number(1)));
        assert!(found.is_err());
    }
}
