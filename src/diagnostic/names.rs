//! Names that messages list.

use std::fmt;

use super::cause::Part;

/// Names in their order. Messages list them with backticks: `a`, `b` and `c`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names(Vec<String>);

impl Names {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Into<String>> FromIterator<T> for Names {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, name) in self.0.iter().enumerate() {
            f.write_str(match number {
                0 => "",
                number if number + 1 == self.0.len() => " and ",
                _ => ", ",
            })?;
            write!(f, "`{name}`")?;
        }
        Ok(())
    }
}

impl Part for Names {
    fn part(&self) -> Option<String> {
        self.0.part()
    }
}

/// Names in their order. Messages list them as they are, with commas between them: a, b, c.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameList(pub Vec<String>);

impl NameList {
    /// These names.
    pub fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }
}

impl fmt::Display for NameList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl Part for NameList {
    fn part(&self) -> Option<String> {
        self.0.part()
    }
}
