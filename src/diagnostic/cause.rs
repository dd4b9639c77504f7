//! Causes of errors: values whose fields say what is wrong, and the sentence that each becomes.
//!
//! A room that finds an error makes a value; what people read of it is declared here, beside the
//! fields, by [`causes!`]. Programs read its word and its fields.

use std::fmt;

use super::details::Details;

/// Why something is refused, as people and as programs read it. `Display` writes the message: a
/// lowercase fragment without a full stop.
pub trait Cause: fmt::Display {
    /// The kind of cause for programs, for example `unknown-column`.
    fn word(&self) -> String;

    /// A few words beside the carets; may be empty.
    fn label(&self) -> String;

    /// A few words beside the other place that the cause is about, for example the first of two
    /// equal keys; may be empty.
    fn other_label(&self) -> String {
        String::new()
    }

    /// How to mend it, one line each.
    fn help(&self) -> Vec<String>;

    /// The fields.
    fn details(&self) -> Details;
}

/// One field of a cause, as a text; `None` where there is nothing to say.
pub trait Part {
    /// The text.
    fn part(&self) -> Option<String>;

    /// The fields of a cause that is itself a field.
    fn inner(&self) -> Details {
        Details::default()
    }
}

impl<T: Part + ?Sized> Part for &T {
    fn part(&self) -> Option<String> {
        (**self).part()
    }

    fn inner(&self) -> Details {
        (**self).inner()
    }
}

impl<T: Part + ?Sized> Part for Box<T> {
    fn part(&self) -> Option<String> {
        (**self).part()
    }

    fn inner(&self) -> Details {
        (**self).inner()
    }
}

impl<T: Part> Part for Option<T> {
    fn part(&self) -> Option<String> {
        self.as_ref()?.part()
    }

    fn inner(&self) -> Details {
        self.as_ref().map_or_else(Details::default, Part::inner)
    }
}

impl<T: Part> Part for Vec<T> {
    fn part(&self) -> Option<String> {
        let parts: Vec<String> = self.iter().filter_map(Part::part).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Types whose text is their `Display`.
macro_rules! parts {
    ($($type:ty),+) => {
        $(impl Part for $type {
            fn part(&self) -> Option<String> {
                Some(self.to_string())
            }
        })+
    };
}

parts!(str, String, char, bool, u8, u32, u64, usize, i64);

/// A piece of a query, shown whole as `{}` and no longer than a reader wants to see as `{:#}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written(String);

impl Written {
    /// The piece as it stands there.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Part for Written {
    fn part(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 24;
        match self.0.char_indices().nth(LONGEST) {
            Some((end, _)) if f.alternate() => {
                f.write_str(self.0.get(..end).unwrap_or(""))?;
                f.write_str("…")
            }
            _ => f.write_str(&self.0),
        }
    }
}

/// What stands where something else was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing more.
    End,
    /// A token.
    Token(Written),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => f.write_str("the end of the query"),
            Self::Token(written) => write!(f, "`{written:#}`"),
        }
    }
}

impl Part for Found {
    fn part(&self) -> Option<String> {
        match self {
            Self::End => None,
            Self::Token(written) => written.part(),
        }
    }
}

/// The name of a variant as a word: `UnknownColumn` is `unknown-column`.
pub(super) fn word_of(variant: &str) -> String {
    let mut word = String::with_capacity(variant.len() + 4);
    for letter in variant.chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

/// Declares the causes of one family. Each has its fields, its message, the label beside the
/// carets, that of the `other` place, lines of help, and `hint`s, which are help where they give a
/// text. A cause whose `word` is not the name of its variant states it.
///
/// The fields of a variant stand in braces, or in parentheses, where the variant is a tuple whose
/// parts are named here alone. Fields named `name`, `found`, `expected` and `suggestion` are the
/// parts of [`Details`] of these names.
macro_rules! causes {
    ($(#[$doc:meta])* $family:ident {
        $($(#[$about:meta])* $variant:ident
            $({ $($field:ident: $type:ty),+ $(,)? })?
            $(( $($item:ident: $item_type:ty),+ $(,)? ))?
            => $message:literal
            $(, word $word:literal)? $(, label $label:literal)? $(, other $other:literal)?
            $(, help $help:literal)*
            $(, hint $hint:expr)*;)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $family {
            $($(#[$about])* #[doc = concat!("“", $message, "”")] $variant
                $({
                    $(#[doc = concat!("`", stringify!($field), "` of the message.")]
                    $field: $type),+
                })?
                $(($(#[doc = concat!("`", stringify!($item), "` of the message.")] $item_type),+))?
            ),+
        }

        impl ::std::fmt::Display for $family {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    $(Self::$variant $({ $($field),+ })? $(( $($item),+ ))? => {
                        $(let _ = ($($field,)+);)?
                        $(let _ = ($($item,)+);)?
                        write!(f, $message)
                    })+
                }
            }
        }

        impl ::std::error::Error for $family {}

        impl $crate::diagnostic::Cause for $family {
            fn word(&self) -> String {
                match self {
                    $(Self::$variant $({ $($field: _),+ })? $(( $($item),+ ))? => {
                        $(let _ = ($($item,)+);)?
                        $crate::diagnostic::cause::word_of(
                            $crate::diagnostic::cause::stated([$($word)?]).unwrap_or(stringify!($variant)),
                        )
                    })+
                }
            }

            fn label(&self) -> String {
                match self {
                    $(Self::$variant $({ $($field),+ })? $(( $($item),+ ))? => {
                        $(let _ = ($($field,)+);)?
                        $(let _ = ($($item,)+);)?
                        $crate::diagnostic::cause::first([$(format_args!($label).to_string())?])
                    })+
                }
            }

            fn other_label(&self) -> String {
                match self {
                    $(Self::$variant $({ $($field),+ })? $(( $($item),+ ))? => {
                        $(let _ = ($($field,)+);)?
                        $(let _ = ($($item,)+);)?
                        $crate::diagnostic::cause::first([$(format_args!($other).to_string())?])
                    })+
                }
            }

            fn help(&self) -> Vec<String> {
                match self {
                    $(Self::$variant $({ $($field),+ })? $(( $($item),+ ))? => {
                        $(let _ = ($($field,)+);)?
                        $(let _ = ($($item,)+);)?
                        let lines: Vec<Option<String>> = vec![
                            $(Some(format_args!($help).to_string()),)*
                            $($crate::diagnostic::Part::part(&$hint),)*
                        ];
                        lines.into_iter().flatten().collect()
                    })+
                }
            }

            fn details(&self) -> $crate::diagnostic::Details {
                match self {
                    $(Self::$variant $({ $($field),+ })? $(( $($item),+ ))? => {
                        $crate::diagnostic::cause::details(&[
                            $($((stringify!($field), $field as &dyn $crate::diagnostic::Part),)+)?
                            $($((stringify!($item), $item as &dyn $crate::diagnostic::Part),)+)?
                        ])
                    })+
                }
            }
        }

        impl $crate::diagnostic::Part for $family {
            fn part(&self) -> Option<String> {
                Some($crate::diagnostic::Cause::word(self))
            }

            fn inner(&self) -> $crate::diagnostic::Details {
                $crate::diagnostic::Cause::details(self)
            }
        }
    };
}

/// Declares a closed set of phrases that messages are made of.
macro_rules! phrases {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $phrase:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $phrase] $variant),+
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $phrase),+
                })
            }
        }

        impl $crate::diagnostic::Part for $name {
            fn part(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    };
}

pub(super) use {causes, parts, phrases};

/// The details with these parts. Those of a part that is a cause itself are added where they are
/// not taken. `why` has the words of all causes, the outermost first: `refused/query/assignment`.
pub(super) fn details(parts: &[(&'static str, &dyn Part)]) -> Details {
    let mut details = Details::default();
    for (key, part) in parts {
        let text = part.part();
        match *key {
            "name" => details.name = text,
            "found" => details.found = text,
            "expected" => details.expected = text,
            "suggestion" => details.suggestion = text,
            // What a cause says in its help alone.
            "fix" => {}
            key => details.more.extend(text.map(|text| (key, text))),
        }
    }
    for (key, part) in parts {
        let mut inner = part.inner();
        if *key == "why"
            && let Some(outer) = details.more.get_mut("why")
            && let Some(deeper) = inner.more.remove("why")
        {
            outer.push('/');
            outer.push_str(&deeper);
        }
        details.add(inner);
    }
    details
}

/// The word, if one is declared.
pub(super) fn stated<const N: usize>(words: [&'static str; N]) -> Option<&'static str> {
    words.into_iter().next()
}

/// The label, if one is declared.
pub(super) fn first<const N: usize>(labels: [String; N]) -> String {
    labels.into_iter().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::names::Names;
    use super::{Cause, Found, Part, Written};
    use crate::diagnostic::did_you_mean;

    causes! {
        /// Two causes.
        #[expect(unreachable_pub, reason = "families of causes are public")]
        Example {
            Unknown { name: String, suggestion: Option<String>, operator: &'static str } =>
                "unknown name [{name}] before [{operator}]",
                label "no such name",
                other "the name of the same kind",
                help "names have no {{braces}}",
                hint suggestion.as_deref().map(did_you_mean);
            Plain => "plain";
        }
    }

    #[test]
    fn a_cause_is_read_by_people_and_by_programs() {
        let cause = Example::Unknown {
            name: "a".to_owned(),
            suggestion: Some("b".to_owned()),
            operator: "==",
        };
        assert_eq!(cause.to_string(), "unknown name [a] before [==]");
        assert_eq!(cause.label(), "no such name");
        assert_eq!(cause.other_label(), "the name of the same kind");
        assert_eq!(
            cause.help(),
            ["names have no {braces}", "did you mean `b`?"]
        );
        assert_eq!(cause.word(), "unknown");
        let details = serde_json::to_string(&cause.details()).unwrap();
        assert_eq!(details, r#"{"name":"a","suggestion":"b","operator":"=="}"#);
    }

    #[test]
    fn a_cause_may_be_a_sentence_alone() {
        assert_eq!(Example::Plain.to_string(), "plain");
        assert_eq!(Example::Plain.label(), "");
        assert_eq!(Example::Plain.other_label(), "");
        assert!(Example::Plain.help().is_empty());
        assert!(Example::Plain.details().is_empty());
    }

    causes! {
        /// Causes with causes.
        #[expect(unreachable_pub, reason = "families of causes are public")]
        Nested {
            Outer { name: String, why: Box<Nested> } => "{name}: {why}";
            Middle { beside: Box<Nested>, why: Box<Nested> } => "{beside}, {why}";
            Wrapped(why: Example) => "{why}";
        }
    }

    #[test]
    fn why_names_the_causes_of_causes_and_none_beside_them() {
        let unknown = || {
            Box::new(Nested::Wrapped(Example::Unknown {
                name: "inner".to_owned(),
                suggestion: None,
                operator: "==",
            }))
        };
        let cause = Nested::Outer {
            name: "outer".to_owned(),
            why: Box::new(Nested::Middle {
                beside: Box::new(Nested::Wrapped(Example::Plain)),
                why: unknown(),
            }),
        };
        let details = serde_json::to_value(cause.details()).unwrap();
        let expected = serde_json::json!({
            "name": "outer", "beside": "wrapped", "operator": "==", "why": "middle/wrapped/unknown",
        });
        assert_eq!(details, expected);
    }

    #[test]
    fn a_long_piece_of_a_query_is_cut_in_the_message_alone() {
        let written = Written::new("ü".repeat(30));
        let found = Found::Token(written.clone());
        assert_eq!(found.to_string(), format!("`{}…`", "ü".repeat(24)));
        assert_eq!(written.to_string(), "ü".repeat(30));
        assert_eq!(Found::End.to_string(), "the end of the query");
    }

    #[test]
    fn names_are_listed_with_a_word_before_the_last() {
        let text = |names: &[&str]| names.iter().copied().collect::<Names>().to_string();
        assert_eq!(text(&[]), "");
        assert_eq!(text(&["a"]), "`a`");
        assert_eq!(text(&["a", "b"]), "`a` and `b`");
        assert_eq!(text(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(
            ["a", "b"].into_iter().collect::<Names>().part().unwrap(),
            "a, b"
        );
        assert_eq!(Names::default().part(), None);
    }

    #[test]
    fn the_word_of_a_variant_has_hyphens() {
        assert_eq!(super::word_of("NotBeforePredicate"), "not-before-predicate");
    }
}
