//! A filter in one line of words, in the way of Kibana's own query language. Called where two
//! versions of a filter are compared and told.

use std::fmt;

use super::filter::{Bound, Filter};

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::All(filters) => joined(f, filters, "and"),
            Self::AtLeast(1, filters) => joined(f, filters, "or"),
            Self::AtLeast(count, filters) => {
                write!(f, "{count} of ")?;
                joined(f, filters, "or")
            }
            Self::Not(inner) => write!(f, "not {inner}"),
            Self::Exists(field) => write!(f, "{field}: *"),
            Self::Phrase(field, value) => write!(f, "{field}: {value:?}"),
            Self::Words(field, words) => write!(f, "{field}: all of {words:?}"),
            Self::Wildcard {
                field,
                pattern,
                ignore_case,
            } => {
                let case = if *ignore_case { " in any case" } else { "" };
                write!(f, "{field}: like {pattern:?}{case}")
            }
            Self::Range { field, bounds } => {
                f.write_str(field)?;
                for (bound, value) in bounds {
                    let sign = match bound {
                        Bound::Above => ">",
                        Bound::From => ">=",
                        Bound::Below => "<",
                        Bound::To => "<=",
                    };
                    write!(f, " {sign} {value}")?;
                }
                Ok(())
            }
            Self::Nested(path, inner) => write!(f, "{path}: {{ {inner} }}"),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, filters: &[Filter], word: &str) -> fmt::Result {
    match filters {
        [] => f.write_str(if word == "and" {
            "everything"
        } else {
            "nothing"
        }),
        [only] => write!(f, "{only}"),
        [first, rest @ ..] => {
            write!(f, "({first}")?;
            for filter in rest {
                write!(f, " {word} {filter}")?;
            }
            f.write_str(")")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_reads_like_a_query() {
        let text = str::to_owned;
        let user = || Filter::Phrase(text("user.name"), text("ada"));
        let range = Filter::Range {
            field: text("process.pid"),
            bounds: vec![(Bound::From, text("3")), (Bound::Below, text("9"))],
        };
        let pattern = Filter::Wildcard {
            field: text("file.path"),
            pattern: text("C:\\*"),
            ignore_case: true,
        };
        let all = Filter::All(vec![
            Filter::any(vec![user(), Filter::Exists(text("host.id"))]),
            range.negated(),
            Filter::Nested(text("dll"), Box::new(Filter::any(vec![pattern]))),
        ]);
        let words = "(user.name: \"ada\" or host.id: *) and not process.pid >= 3 < 9 \
                     and dll: { file.path: like \"C:\\\\*\" in any case }";
        assert_eq!(all.to_string(), format!("({words})"));
        assert_eq!(Filter::any(Vec::new()).to_string(), "nothing");
    }
}
