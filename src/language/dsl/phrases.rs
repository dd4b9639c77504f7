//! A query in one line of words, in the way of KQL: what reports say of a rule's filters and
//! exceptions.

use std::fmt;

use super::query::{Bool, Bound, FieldTest, Query};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MatchAll => f.write_str("everything"),
            Self::MatchNone => f.write_str("nothing"),
            Self::Bool(parts) => boolean(f, parts),
            Self::Field { fields, test, .. } => field(f, fields.text(), test),
            Self::Nested { path, query, .. } => write!(f, "{path}: {{ {query} }}"),
            Self::QueryString(string) => write!(f, "query string {:?}", string.text),
            Self::Ids(ids) => write!(f, "_id: one of {ids:?}"),
        }
    }
}

fn boolean(f: &mut fmt::Formatter<'_>, parts: &Bool) -> fmt::Result {
    let required = parts.must.iter().chain(&parts.filter);
    let mut words: Vec<String> = required.map(ToString::to_string).collect();
    match parts.least() {
        0 => {}
        1 => words.push(joined(&parts.should, "or")),
        least => words.push(format!("{least} of {}", joined(&parts.should, "or"))),
    }
    words.extend(parts.must_not.iter().map(|query| format!("not {query}")));
    match words.as_slice() {
        [] => f.write_str("everything"),
        [only] => f.write_str(only),
        words => write!(f, "({})", words.join(" and ")),
    }
}

fn joined(queries: &[Query], word: &str) -> String {
    let texts: Vec<String> = queries.iter().map(ToString::to_string).collect();
    match texts.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        texts => format!("({})", texts.join(&format!(" {word} "))),
    }
}

fn field(f: &mut fmt::Formatter<'_>, name: &str, test: &FieldTest) -> fmt::Result {
    let case = |ignore_case: &bool| if *ignore_case { " in any case" } else { "" };
    match test {
        FieldTest::Exists => write!(f, "{name}: *"),
        FieldTest::Term { value, ignore_case } => {
            write!(f, "{name}: {value:?}{}", case(ignore_case))
        }
        FieldTest::Terms(values) => write!(f, "{name}: one of {values:?}"),
        FieldTest::Match { text, all: true } => write!(f, "{name}: all of {text:?}"),
        FieldTest::Match { text, all: false } => write!(f, "{name}: any of {text:?}"),
        FieldTest::Phrase {
            text,
            is_prefix: true,
            ..
        } => write!(f, "{name}: begins with {text:?}"),
        FieldTest::Phrase { text, .. } => write!(f, "{name}: {text:?}"),
        FieldTest::Wildcard {
            pattern,
            ignore_case,
            ..
        } => write!(f, "{name}: like {pattern:?}{}", case(ignore_case)),
        FieldTest::Prefix {
            text, ignore_case, ..
        } => write!(f, "{name}: begins with {text:?}{}", case(ignore_case)),
        FieldTest::Regexp {
            pattern,
            ignore_case,
        } => write!(f, "{name}: regex {pattern:?}{}", case(ignore_case)),
        FieldTest::Fuzzy { text, edits, .. } => write!(f, "{name}: within {edits} of {text:?}"),
        FieldTest::Null => write!(f, "{name}: null"),
        FieldTest::Range(range) => {
            f.write_str(name)?;
            for (bound, value) in &range.bounds {
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
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::{FieldTest, Preparation, Query, Range};
    use super::Bound;

    #[test]
    fn a_filter_reads_like_a_query() {
        let text = str::to_owned;
        let user = || Query::phrase("user.name", "ada");
        let range = Query::field(
            "process.pid",
            FieldTest::Range(Range {
                bounds: vec![(Bound::From, text("3")), (Bound::Below, text("9"))],
                ..Range::default()
            }),
        );
        let pattern = Query::field(
            "file.path",
            FieldTest::Wildcard {
                pattern: text("C:\\*"),
                ignore_case: true,
                preparation: Preparation::None,
            },
        );
        let all = Query::all(vec![
            Query::any(vec![user(), Query::exists("host.id")]),
            range.negated(),
            Query::Nested {
                path: text("dll"),
                query: Box::new(Query::any(vec![pattern])),
                ignore_unmapped: false,
            },
        ]);
        let words = "(user.name: \"ada\" or host.id: *) and not process.pid >= 3 < 9 \
                     and dll: { file.path: like \"C:\\\\*\" in any case }";
        assert_eq!(all.to_string(), format!("({words})"));
        assert_eq!(Query::any(Vec::new()).to_string(), "nothing");
    }
}
