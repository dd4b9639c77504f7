//! Indicator match: events that share values with indicators of compromise
//! (Kibana's `indicator_match` executor).

/// Which documents give the values that the others are searched for. Kibana takes the smaller side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enumerated {
    /// The events.
    Events,
    /// The indicators.
    Indicators,
}

/// One entry of a mapping on one pair of event and indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// How many values the enumerated document has in its field.
    pub enumerated: usize,
    /// Whether the searched document has the field.
    pub has_searched: bool,
    /// Whether the searched document has the first value of the enumerated one, compared by the
    /// type of the searched field.
    pub is_shared: bool,
    /// Both fields are of types that Kibana searches with `terms`: keyword, constant_keyword,
    /// wildcard and ip.
    pub is_exact: bool,
    /// `negate`
    pub is_negated: bool,
}

/// Why a group of entries does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmet {
    /// The enumerated document has several values in the field of this entry, so that Kibana does
    /// not use the group.
    SeveralValues(usize),
    /// This entry does not hold.
    Entry(usize),
}

impl Enumerated {
    /// The side that Kibana enumerates for this many documents on either side.
    pub fn of(events: usize, indicators: usize) -> Self {
        if events < indicators {
            Self::Events
        } else {
            Self::Indicators
        }
    }
}

/// Whether all entries of a group hold for one pair; else the first that does not, with its number.
pub fn group_holds(entries: &[Pair]) -> Result<(), Unmet> {
    let uses_first_value = matches!(entries, [only] if only.is_exact && !only.is_negated);
    for (number, entry) in entries.iter().enumerate() {
        let holds = match (entry.is_negated, entry.enumerated) {
            (false, 0) => false,
            (false, 1) => entry.is_shared,
            (false, _) if uses_first_value => entry.is_shared,
            (false, _) => return Err(Unmet::SeveralValues(number)),
            (true, 0) => entry.has_searched,
            (true, 1) => !entry.is_shared,
            // An entry with several values is left out.
            (true, _) => true,
        };
        if !holds {
            return Err(Unmet::Entry(number));
        }
    }
    Ok(())
}
