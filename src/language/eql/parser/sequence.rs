//! `sequence`, `join` and `sample`: keys, options, terms, `until`.

use super::{Broken, Parse, Parser};
use crate::diagnostic::Span;
use crate::language::eql::error::{
    EqlError, FOREIGN_OPERATOR, MAXSPAN, OPTION, OPTION_ORDER, UNEXPECTED,
};
use crate::language::eql::syntax::{
    EventQuery, Expr, Maxspan, QueryKind, Runs, Sample, Sequence, SequenceKeyword, Term, TimeUnit,
};
use crate::language::eql::token::{Keyword, TokenKind};

/// The units of `maxspan`, for messages.
const UNITS: &str = "ms, s, m, h, d";

/// How often a term may be asked for at most.
const MAX_RUNS: u64 = 100;

/// What stands between the leading keyword and the first term.
#[derive(Default)]
struct Head {
    keys: Vec<Expr>,
    maxspan: Option<Maxspan>,
}

impl Parser<'_> {
    /// A sequence or a join, after its keyword.
    pub(super) fn sequence(&mut self, keyword: SequenceKeyword) -> Parse<QueryKind> {
        let head = self.head(true);
        let (terms, until) = self.terms(true);
        Ok(QueryKind::Sequence(Sequence {
            keyword,
            keys: head.keys,
            maxspan: head.maxspan,
            terms: terms?,
            until: until.map(Box::new),
        }))
    }

    /// A sample, after its keyword.
    pub(super) fn sample(&mut self) -> Parse<QueryKind> {
        let head = self.head(false);
        let (terms, _) = self.terms(false);
        Ok(QueryKind::Sample(Sample {
            keys: head.keys,
            terms: terms?,
        }))
    }

    fn head(&mut self, sequence: bool) -> Head {
        let mut head = Head::default();
        let mut with = None;
        loop {
            let span = self.span();
            if self.eat_keyword(Keyword::By, "by").is_some() {
                if with.is_some() {
                    let message = "please specify sequence [by] before [with] not after";
                    let error = EqlError::new(OPTION_ORDER, span, message).label("must come first");
                    self.report(error.help("write `sequence by key with maxspan=… […]`"));
                } else if !head.keys.is_empty() {
                    self.report_second(span, "by", "part several keys by commas: `by a, b`");
                }
                head.keys.extend(self.keys());
            } else if self.eat_keyword(Keyword::With, "with").is_some() {
                if !sequence {
                    let error = EqlError::new(OPTION, span, "a sample takes no options");
                    self.report(
                        error
                            .label("unexpected")
                            .help("a sample has no order and no time limit"),
                    );
                } else if with.is_some() {
                    self.report_second(span, "with", "a sequence takes one option, `maxspan`");
                }
                with = Some(span);
                head.maxspan = self.maxspan().ok();
                if head.maxspan.is_none() {
                    self.skip_to_term();
                }
            } else {
                return head;
            }
        }
    }

    fn report_second(&mut self, span: Span, word: &str, help: &str) {
        let message = format!("`{word}` is written twice");
        self.report(
            EqlError::new(UNEXPECTED, span, message)
                .label("second one")
                .help(help),
        );
    }

    /// The keys after `by`, which has just been taken.
    fn keys(&mut self) -> Vec<Expr> {
        let mut keys = Vec::new();
        if self.ends_keys() {
            let error = EqlError::new(UNEXPECTED, self.last_span(), "expected a field after `by`");
            self.report(error.label("no key follows").help("write `by host.id`"));
            return keys;
        }
        loop {
            keys.push(self.expression().expr);
            let Some(comma) = self.eat(&TokenKind::Comma) else {
                return keys;
            };
            if self.ends_keys() {
                self.trailing_comma(comma);
                return keys;
            }
        }
    }

    /// Whether the next token begins what follows keys.
    fn ends_keys(&self) -> bool {
        self.opens_term()
            || matches!(
                self.kind(),
                TokenKind::End
                    | TokenKind::Pipe
                    | TokenKind::RightBracket
                    | TokenKind::Keyword(Keyword::With | Keyword::By | Keyword::Until)
            )
    }

    /// Whether the next token is `[` or `![`.
    pub(super) fn opens_term(&self) -> bool {
        matches!(self.kind(), TokenKind::LeftBracket | TokenKind::MissingOpen)
    }

    /// The terms and `until`, up to a pipe or the end. `sequence` is false in a sample.
    fn terms(&mut self, sequence: bool) -> (Parse<Vec<Term>>, Option<Term>) {
        let mut terms = Vec::new();
        let mut until = None;
        let mut seen = false;
        loop {
            let span = self.span();
            if self.opens_term() {
                if until.is_some() {
                    let error = EqlError::new(UNEXPECTED, span, "a term follows `until`");
                    self.report(
                        error
                            .label("expected a pipe or the end")
                            .help("`until` stands last"),
                    );
                }
                seen = true;
                terms.extend(self.term(sequence));
            } else if matches!(self.kind(), TokenKind::Pipe | TokenKind::End) {
                break;
            } else if self.eat_keyword(Keyword::Until, "until").is_some() {
                self.check_until(span, sequence);
                if self.opens_term() {
                    until = self.term(sequence).ok();
                }
            } else {
                self.stray_before_term();
            }
        }
        if !seen {
            let error = self.expected("an event query in brackets");
            let error = error.help("write `[category where condition]` for each event");
            return (self.broken(error), until);
        }
        (Ok(terms), until)
    }

    /// What must hold where `until`, at `span`, has just been taken.
    fn check_until(&mut self, span: Span, sequence: bool) {
        if !sequence {
            let error = EqlError::new(UNEXPECTED, span, "a sample has no `until`");
            self.report(error.label("unexpected").help("`until` ends sequences"));
        } else if !self.opens_term() {
            let error = self.expected("an event query in brackets after `until`");
            self.report(error.help("write `until [category where condition]`"));
        }
    }

    /// Something between two terms.
    fn stray_before_term(&mut self) {
        let error = self.expected("`[`");
        let error = match self.kind() {
            TokenKind::Comma => error.help("terms follow each other without commas"),
            TokenKind::Identifier if self.text_at(self.span()) == "fork" => {
                error.help("`fork` is no longer part of EQL: remove it")
            }
            TokenKind::RightBracket => error.help("remove the bracket"),
            _ => error.help("each event of the query stands in brackets: `[process where true]`"),
        };
        self.report(error);
        if !self.opens_term() {
            self.bump();
        }
        self.skip_to_term();
    }

    /// Skips what cannot be understood before the next term.
    fn skip_to_term(&mut self) {
        self.skip_to(|kind| {
            matches!(
                kind,
                TokenKind::LeftBracket
                    | TokenKind::MissingOpen
                    | TokenKind::Pipe
                    | TokenKind::Keyword(Keyword::Until | Keyword::By | Keyword::With)
            )
        });
    }

    /// `[event query] by keys with runs=N`.
    fn term(&mut self, sequence: bool) -> Parse<Term> {
        let missing = self.is(&TokenKind::MissingOpen);
        let open = self.bump();
        let query = self.subquery(open);
        let mut keys = Vec::new();
        let mut runs = None;
        let mut with = None;
        loop {
            let span = self.span();
            if self.eat_keyword(Keyword::By, "by").is_some() {
                if with.is_some() {
                    let message = "please specify [by] before [with] not after";
                    let error = EqlError::new(OPTION_ORDER, span, message).label("must come first");
                    self.report(error.help("write `[…] by key with runs=…`"));
                } else if !keys.is_empty() {
                    self.report_second(span, "by", "part several keys by commas: `by a, b`");
                }
                keys.extend(self.keys());
            } else if self.eat_keyword(Keyword::With, "with").is_some() {
                if !sequence {
                    let error = EqlError::new(OPTION, span, "a term of a sample takes no options");
                    self.report(
                        error
                            .label("unexpected")
                            .help("`with runs=…` belongs to sequences"),
                    );
                } else if with.is_some() {
                    self.report_second(span, "with", "a term takes one option, `runs`");
                }
                with = Some(span);
                runs = self.runs().ok();
                if runs.is_none() {
                    self.skip_to_term();
                }
            } else {
                break;
            }
        }
        Ok(Term {
            query: query?,
            missing,
            keys,
            runs,
            span: open.to(self.last_span()),
        })
    }

    /// The event query in brackets and the closing bracket.
    fn subquery(&mut self, open: Span) -> Parse<EventQuery> {
        let query = self.event_query();
        if let (true, Some(bar)) = (self.closes_later(), self.eat(&TokenKind::Pipe)) {
            let error = EqlError::new(UNEXPECTED, bar, "a pipe cannot stand within brackets");
            self.report(
                error
                    .label("unexpected")
                    .help("pipes stand after the whole query"),
            );
            self.skip_to(|kind| *kind == TokenKind::RightBracket);
        }
        if query.is_err() {
            self.skip_to(|kind| {
                matches!(
                    kind,
                    TokenKind::RightBracket
                        | TokenKind::LeftBracket
                        | TokenKind::MissingOpen
                        | TokenKind::Pipe
                )
            });
        }
        self.close(&TokenKind::RightBracket, open).ok();
        query
    }

    /// Whether the brackets around this place are closed before others are opened.
    fn closes_later(&self) -> bool {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let bracket = rest.iter().find(|token| {
            matches!(
                token.kind,
                TokenKind::RightBracket | TokenKind::LeftBracket | TokenKind::MissingOpen
            )
        });
        bracket.is_some_and(|token| token.kind == TokenKind::RightBracket)
    }

    /// `=` of an option; `==` is taken for it and reported.
    fn option_sign(&mut self, name: &str) -> Parse<()> {
        if self.eat(&TokenKind::Assign).is_some() {
            return Ok(());
        }
        let span = self.span();
        if self.eat(&TokenKind::Equal).is_some() {
            let message = format!("`{name}` is set with `=`");
            let error = EqlError::new(FOREIGN_OPERATOR, span, message).label("a comparison");
            self.report(error.help(format!("write `{name}=`")));
            return Ok(());
        }
        let error = self.expected(&format!("`=` after `{name}`"));
        self.broken(error)
    }

    /// Takes the name of an option, which must be `name`.
    fn option_name(&mut self, name: &str) -> Parse<()> {
        let span = self.span();
        let word = self.text_at(span);
        if word == name {
            self.bump();
            return self.option_sign(name);
        }
        if word.is_empty() || !matches!(self.kind(), TokenKind::Identifier | TokenKind::Keyword(_))
        {
            let error = self.expected(&format!("`{name}=` after `with`"));
            return self.broken(error);
        }
        let message = format!("unrecognized option [{word}], expecting [{name}]");
        let error = EqlError::new(OPTION, span, message).label("no such option here");
        let help = match word {
            "maxspan" => "`with maxspan=…` stands before the first term".to_owned(),
            "runs" => "`with runs=…` stands behind a term: `[…] with runs=3`".to_owned(),
            _ => format!("write `with {name}=…`"),
        };
        self.broken(error.help(help))
    }

    /// `maxspan=2s`, after `with`.
    fn maxspan(&mut self) -> Parse<Maxspan> {
        self.option_name("maxspan")?;
        let start = self.span();
        let negative = self.eat(&TokenKind::Minus).is_some();
        if !matches!(self.kind(), TokenKind::Number(_)) {
            let error = self.expected("a time such as `5m` after `maxspan=`");
            return self.broken(error.help(format!("a whole number and one of the units {UNITS}")));
        }
        let amount = self.integer();
        let number = self.bump();
        let literal = self.text_at(number);
        let unit = if self.is(&TokenKind::Identifier) {
            Some(self.bump())
        } else {
            None
        };
        let Some(unit) = unit else {
            let message = format!("no time unit specified, did you mean [s] as in [{literal}s]?");
            let error = EqlError::new(MAXSPAN, number, message).label("no unit");
            return self.broken(error.help(format!("the units are {UNITS}")));
        };
        let span = start.to(unit);
        let written = self.text_at(span);
        let Some(amount) = amount else {
            let message = format!("decimal time interval [{written}] not supported");
            let error = EqlError::new(MAXSPAN, span, message).label("not a whole number");
            return self.broken(error.help("use a smaller unit: `90m` for an hour and a half"));
        };
        let Some(unit) = time_unit(self.text_at(unit)) else {
            let unit = self.text_at(unit);
            let message = format!(
                "unrecognized time unit [{unit}] in [{written}], please specify one of [{UNITS}]"
            );
            let error = EqlError::new(MAXSPAN, span, message).label("no such unit");
            return self
                .broken(error.help("units are lower case; weeks are written as days: `7d`"));
        };
        if negative || amount == 0 {
            let message = format!("a positive maxspan value is required, found [{written}]");
            let error = EqlError::new(MAXSPAN, span, message).label("not above 0");
            return self.broken(error.help("leave `with maxspan` out for sequences of any length"));
        }
        Ok(Maxspan { amount, unit, span })
    }

    /// `runs=3`, after `with`.
    fn runs(&mut self) -> Parse<Runs> {
        self.option_name("runs")?;
        let start = self.span();
        let negative = self.eat(&TokenKind::Minus).is_some();
        if !matches!(self.kind(), TokenKind::Number(_)) {
            let error = self.expected("a number after `runs=`");
            return self.broken(error.help(format!("a whole number from 1 to {MAX_RUNS}")));
        }
        let amount = self.integer();
        let span = start.to(self.bump());
        let written = self.text_at(span);
        let (message, label) = match amount {
            None => (
                format!("an integer runs value is required, found [{written}]"),
                "not a whole number",
            ),
            Some(0) => (
                format!("a positive runs value is required, found [{written}]"),
                "not above 0",
            ),
            Some(_) if negative => (
                format!("a positive runs value is required, found [{written}]"),
                "not above 0",
            ),
            Some(count) if count > MAX_RUNS => (
                format!("a query cannot be repeated more than {MAX_RUNS} times, found [{written}]"),
                "too many",
            ),
            Some(count) => {
                let count = u8::try_from(count).map_err(|_| Broken)?;
                return Ok(Runs { count, span });
            }
        };
        let error = EqlError::new(OPTION, span, message).label(label);
        self.broken(error.help(format!("write a whole number from 1 to {MAX_RUNS}")))
    }
}

fn time_unit(symbol: &str) -> Option<TimeUnit> {
    [
        TimeUnit::Millisecond,
        TimeUnit::Second,
        TimeUnit::Minute,
        TimeUnit::Hour,
        TimeUnit::Day,
    ]
    .into_iter()
    .find(|unit| unit.symbol() == symbol)
}
