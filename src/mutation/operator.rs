//! The kinds of change that a mutant makes, with their names.

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// A clause is dropped.
    Drop,
    /// A clause is negated.
    Negate,
    /// `and` for `or`, or the other way round.
    SwapAndOr,
    /// A list item is dropped.
    DropItem,
    /// A pattern matches more.
    Widen,
    /// A pattern matches less.
    Narrow,
    /// A number is moved by one.
    Boundary,
    /// A comparison becomes case-sensitive, or case-insensitive.
    Case,
    /// `maxspan` is halved or doubled.
    Maxspan,
    /// A join key is dropped.
    DropKey,
    /// An aggregate uses another function.
    Aggregate,
    /// Two stages change places.
    SwapStages,
    /// `until` is dropped.
    DropUntil,
    /// Another field is used: the other end of a connection, or grouping and counted field swapped.
    SwapFields,
    /// The history of a new-terms rule is halved or doubled.
    History,
    /// A pair of parentheses is dropped.
    Parentheses,
    /// The parts of a nested group no longer have to hold for one object.
    Nested,
    /// A value loses its quotes, or gets some.
    Quotes,
}

impl Operator {
    /// All kinds, in the order in which their survivors matter: a clause that nothing tests before
    /// the edge of a value.
    pub const ALL: [Self; 18] = [
        Self::Drop,
        Self::DropKey,
        Self::DropUntil,
        Self::DropItem,
        Self::Negate,
        Self::SwapAndOr,
        Self::Parentheses,
        Self::Nested,
        Self::SwapStages,
        Self::SwapFields,
        Self::Aggregate,
        Self::Narrow,
        Self::Widen,
        Self::Maxspan,
        Self::History,
        Self::Boundary,
        Self::Quotes,
        Self::Case,
    ];

    /// Its name on the command line and in `trapline.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SwapAndOr => "swap-and-or",
            Self::DropItem => "drop-item",
            Self::DropKey => "drop-key",
            Self::SwapStages => "swap-stages",
            Self::DropUntil => "drop-until",
            Self::SwapFields => "swap-fields",
            one => one.word(),
        }
    }

    /// The kind of a name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// How much a survivor of the kind matters; less is more.
    pub fn rank(self) -> usize {
        let all = Self::ALL.iter();
        all.take_while(|one| **one != self).count()
    }

    /// A short description.
    pub fn word(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Negate => "negate",
            Self::SwapAndOr => "swap and/or",
            Self::DropItem => "drop item",
            Self::Widen => "widen",
            Self::Narrow => "narrow",
            Self::Boundary => "boundary",
            Self::Case => "case",
            Self::Maxspan => "maxspan",
            Self::DropKey => "drop key",
            Self::Aggregate => "aggregate",
            Self::SwapStages => "swap stages",
            Self::DropUntil => "drop until",
            Self::SwapFields => "swap fields",
            Self::History => "history",
            Self::Parentheses => "parentheses",
            Self::Nested => "nested",
            Self::Quotes => "quotes",
        }
    }
}
