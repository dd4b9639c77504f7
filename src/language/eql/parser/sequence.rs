//! `sequence`, `join` and `sample`: keys, options, terms, `until`.

use super::{Broken, Parse, Parser};
use crate::diagnostic::Span;
use crate::diagnostic::query::EqlSequence;
use crate::diagnostic::query::eql_sequence::{Repeated, TermFix};
use crate::language::eql::error::{
    EqlError, FOREIGN_OPERATOR, MAXSPAN, OPTION, OPTION_ORDER, UNEXPECTED,
};
use crate::language::eql::syntax::{
    EventQuery, Expr, Maxspan, QueryKind, Runs, Sample, Sequence, SequenceKeyword, Term, TimeUnit,
};
use crate::language::eql::token::{Keyword, TokenKind};

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
                    let cause = EqlSequence::SequenceByAfterWith;
                    self.report(EqlError::new(OPTION_ORDER, span, cause));
                } else if !head.keys.is_empty() {
                    self.report_second(span, Repeated::By);
                }
                head.keys.extend(self.keys());
            } else if self.eat_keyword(Keyword::With, "with").is_some() {
                if !sequence {
                    let cause = EqlSequence::OptionOfSample;
                    self.report(EqlError::new(OPTION, span, cause));
                } else if with.is_some() {
                    self.report_second(span, Repeated::SequenceWith);
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

    fn report_second(&mut self, span: Span, name: Repeated) {
        self.report(EqlError::new(UNEXPECTED, span, EqlSequence::Twice { name }));
    }

    /// The keys after `by`, which has just been taken.
    fn keys(&mut self) -> Vec<Expr> {
        let mut keys = Vec::new();
        if self.ends_keys() {
            let cause = EqlSequence::NoKey;
            self.report(EqlError::new(UNEXPECTED, self.last_span(), cause));
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
                    let cause = EqlSequence::TermAfterUntil;
                    self.report(EqlError::new(UNEXPECTED, span, cause));
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
            let found = self.found();
            let error = self.unexpected(EqlSequence::NoTerm { found });
            return (self.broken(error), until);
        }
        (Ok(terms), until)
    }

    /// What must hold where `until`, at `span`, has just been taken.
    fn check_until(&mut self, span: Span, sequence: bool) {
        if !sequence {
            let cause = EqlSequence::UntilOfSample;
            self.report(EqlError::new(UNEXPECTED, span, cause));
        } else if !self.opens_term() {
            let found = self.found();
            self.report(self.unexpected(EqlSequence::NoTermAfterUntil { found }));
        }
    }

    /// Something between two terms.
    fn stray_before_term(&mut self) {
        let fix = match self.kind() {
            TokenKind::Comma => TermFix::Comma,
            TokenKind::Identifier if self.text_at(self.span()) == "fork" => TermFix::Fork,
            TokenKind::RightBracket => TermFix::Bracket,
            _ => TermFix::Query,
        };
        let found = self.found();
        self.report(self.unexpected(EqlSequence::BetweenTerms { found, fix }));
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
                    let cause = EqlSequence::TermByAfterWith;
                    self.report(EqlError::new(OPTION_ORDER, span, cause));
                } else if !keys.is_empty() {
                    self.report_second(span, Repeated::By);
                }
                keys.extend(self.keys());
            } else if self.eat_keyword(Keyword::With, "with").is_some() {
                if !sequence {
                    let cause = EqlSequence::OptionOfSampleTerm;
                    self.report(EqlError::new(OPTION, span, cause));
                } else if with.is_some() {
                    self.report_second(span, Repeated::TermWith);
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
            self.report(EqlError::new(UNEXPECTED, bar, EqlSequence::PipeInBrackets));
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
    fn option_sign(&mut self, name: &'static str) -> Parse<()> {
        if self.eat(&TokenKind::Assign).is_some() {
            return Ok(());
        }
        let span = self.span();
        if self.eat(&TokenKind::Equal).is_some() {
            let cause = EqlSequence::ComparedOption { name };
            self.report(EqlError::new(FOREIGN_OPERATOR, span, cause));
            return Ok(());
        }
        let found = self.found();
        self.broken(self.unexpected(EqlSequence::NoOptionSign { name, found }))
    }

    /// Takes the name of an option, which must be `name`.
    fn option_name(&mut self, name: &'static str) -> Parse<()> {
        let span = self.span();
        let word = self.text_at(span);
        if word == name {
            self.bump();
            return self.option_sign(name);
        }
        if word.is_empty() || !matches!(self.kind(), TokenKind::Identifier | TokenKind::Keyword(_))
        {
            let found = self.found();
            return self.broken(self.unexpected(EqlSequence::NoOption { name, found }));
        }
        let cause = EqlSequence::UnknownOption {
            name: word.to_owned(),
            expected: name,
        };
        self.broken(EqlError::new(OPTION, span, cause))
    }

    /// `maxspan=2s`, after `with`.
    fn maxspan(&mut self) -> Parse<Maxspan> {
        self.option_name("maxspan")?;
        let start = self.span();
        let negative = self.eat(&TokenKind::Minus).is_some();
        if !matches!(self.kind(), TokenKind::Number(_)) {
            let found = self.found();
            return self.broken(self.unexpected(EqlSequence::NoTime { found }));
        }
        let amount = self.integer();
        let number = self.bump();
        let unit = if self.is(&TokenKind::Identifier) {
            Some(self.bump())
        } else {
            None
        };
        let Some(unit) = unit else {
            let found = self.text_at(number).to_owned();
            return self.broken(EqlError::new(
                MAXSPAN,
                number,
                EqlSequence::NoTimeUnit { found },
            ));
        };
        let span = start.to(unit);
        let found = self.text_at(span).to_owned();
        let Some(amount) = amount else {
            return self.broken(EqlError::new(
                MAXSPAN,
                span,
                EqlSequence::DecimalTime { found },
            ));
        };
        let Some(unit) = time_unit(self.text_at(unit)) else {
            let name = self.text_at(unit).to_owned();
            let cause = EqlSequence::UnknownTimeUnit { name, found };
            return self.broken(EqlError::new(MAXSPAN, span, cause));
        };
        if negative || amount == 0 {
            return self.broken(EqlError::new(
                MAXSPAN,
                span,
                EqlSequence::NoDuration { found },
            ));
        }
        Ok(Maxspan { amount, unit, span })
    }

    /// `runs=3`, after `with`.
    fn runs(&mut self) -> Parse<Runs> {
        let most = MAX_RUNS;
        self.option_name("runs")?;
        let start = self.span();
        let negative = self.eat(&TokenKind::Minus).is_some();
        if !matches!(self.kind(), TokenKind::Number(_)) {
            let found = self.found();
            return self.broken(self.unexpected(EqlSequence::NoRuns { found, most }));
        }
        let amount = self.integer();
        let span = start.to(self.bump());
        let found = self.text_at(span).to_owned();
        let cause = match amount {
            None => EqlSequence::DecimalRuns { found, most },
            Some(0) => EqlSequence::RunsNotPositive { found, most },
            Some(_) if negative => EqlSequence::RunsNotPositive { found, most },
            Some(count) if count > MAX_RUNS => EqlSequence::TooManyRuns { found, most },
            Some(count) => {
                let count = u8::try_from(count).map_err(|_| Broken)?;
                return Ok(Runs { count, span });
            }
        };
        self.broken(EqlError::new(OPTION, span, cause))
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
