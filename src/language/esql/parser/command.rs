//! Commands: `FROM`, `ROW`, and what follows a `|`.

use super::super::error::{UNEXPECTED, UNKNOWN_COMMAND, UNTERMINATED, not_supported};
use super::super::syntax::{
    AggregateField, CommandKind, Expr, IndexPattern, Name, Renaming, SortKey, Source, Stats, Text,
};
use super::super::token::TokenKind;
use super::{Failed, Parser, Result};
use crate::diagnostic::Span;
use crate::diagnostic::query::EsqlSyntax;
use crate::diagnostic::query::esql_syntax::{EsqlExpected, EsqlPart};
use crate::diagnostic::suggest::nearest;
use crate::language::QueryError;

/// The commands that can be written.
const COMMANDS: [&str; 16] = [
    "where",
    "eval",
    "keep",
    "drop",
    "rename",
    "stats",
    "inline stats",
    "sort",
    "limit",
    "mv_expand",
    "dissect",
    "grok",
    "completion",
    "enrich",
    "lookup join",
    "inlinestats",
];

/// The commands that Elasticsearch has beside them.
const UNSUPPORTED: [&str; 15] = [
    "CHANGE_POINT",
    "FORK",
    "FUSE",
    "INSIST",
    "METRICS_INFO",
    "MMR",
    "REGISTERED_DOMAIN",
    "RERANK",
    "SAMPLE",
    "SET",
    "SHOW",
    "SUBQUERY",
    "TS",
    "URI_PARTS",
    "USER_AGENT",
];

impl Parser<'_> {
    /// `FROM …` or `ROW …`.
    pub(super) fn source(&mut self) -> Result<Source> {
        let start = self.next.span;
        if self.next.kind.is_word("from") {
            return self.from(start);
        }
        if self.accept_word("row") {
            let fields = self.list(Self::field)?;
            return Ok(Source::Row {
                fields,
                span: self.span_from(start),
            });
        }
        if let TokenKind::Word(word) = &self.next.kind
            && let Some(name) = unsupported(word)
        {
            let cause = EsqlSyntax::FirstCommandNotSupported { name };
            self.record(not_supported(self.next.span, cause));
            return Err(Failed);
        }
        Err(self.unexpected(EsqlPart::Source))
    }

    fn from(&mut self, start: Span) -> Result<Source> {
        // Index patterns have a grammar of their own: the text is read without tokens.
        let mut at = self.next.span.end as usize;
        let mut patterns = Vec::new();
        loop {
            let (pattern, end) = self.index_pattern(at)?;
            patterns.push(pattern);
            at = self.lexer.skip_space(end);
            if !self.lexer.rest(at).starts_with(',') {
                break;
            }
            at += 1;
        }
        self.jump(at);
        let in_brackets = self.next.kind.is("[");
        if in_brackets {
            self.advance();
        }
        let metadata = if self.accept_word("metadata") {
            self.list(Self::name)?
        } else {
            Vec::new()
        };
        if in_brackets {
            self.expect("]")?;
        }
        Ok(Source::From {
            patterns,
            metadata,
            span: self.span_from(start),
        })
    }

    fn index_pattern(&mut self, at: usize) -> Result<(IndexPattern, usize)> {
        let at = self.lexer.skip_space(at);
        let rest = self.lexer.rest(at);
        if rest.starts_with('"') {
            let token = self.lexer.token(at);
            let TokenKind::Text(text) = token.kind else {
                return Err(Failed);
            };
            let end = token.span.end as usize;
            let span = token.span;
            return Ok((IndexPattern { text, span }, end));
        }
        // Date math in an index name holds spaces and slashes between its angle brackets.
        let mut in_date_math = false;
        let is_end = |c: char| {
            match c {
                '<' => in_date_math = true,
                '>' => in_date_math = false,
                _ => {}
            }
            !in_date_math && (c.is_whitespace() || matches!(c, ',' | '|' | '[' | ']' | '"' | '('))
        };
        let length = rest.find(is_end).unwrap_or(rest.len());
        let length = rest
            .get(..length)
            .and_then(|pattern| pattern.find("//"))
            .unwrap_or(length);
        if length == 0 {
            self.jump(at);
            return Err(self.unexpected(EsqlPart::IndexPattern));
        }
        let text = rest.get(..length).unwrap_or("").to_owned();
        let span = Span::of(at..at + length);
        Ok((IndexPattern { text, span }, at + length))
    }

    /// A command after a `|`.
    pub(super) fn command(&mut self) -> Result<CommandKind> {
        let TokenKind::Word(word) = &self.next.kind else {
            return Err(self.unexpected(EsqlPart::Command));
        };
        let (word, span) = (word.to_ascii_lowercase(), self.next.span);
        if let Some(name) = unsupported(&word) {
            let cause = EsqlSyntax::CommandNotSupported { name };
            self.record(not_supported(span, cause));
            self.advance();
            self.skip_command();
            return Ok(CommandKind::Unsupported(name));
        }
        // The names behind these are read without tokens.
        match word.as_str() {
            "keep" => return self.name_patterns().map(CommandKind::Keep),
            "drop" => return self.name_patterns().map(CommandKind::Drop),
            "rename" => return self.renamings(),
            "enrich" => return self.enrich(),
            "lookup" | "join" | "left" => return self.lookup_join(),
            _ => {}
        }
        self.advance();
        match word.as_str() {
            "where" => self.expression().map(CommandKind::Where),
            "eval" => self.list(Self::field).map(CommandKind::Eval),
            "stats" => self.stats().map(CommandKind::Stats),
            "inlinestats" => self.stats().map(CommandKind::InlineStats),
            "inline" => {
                self.expect_word("stats")?;
                self.stats().map(CommandKind::InlineStats)
            }
            "sort" => self.list(Self::sort_key).map(CommandKind::Sort),
            "limit" => self.expression().map(CommandKind::Limit),
            "mv_expand" => self.name().map(CommandKind::MvExpand),
            "dissect" => self.dissect(),
            "grok" => self.grok(),
            "completion" => self.completion(),
            _ => {
                let cause = EsqlSyntax::UnknownCommand {
                    suggestion: nearest(&word, COMMANDS).map(str::to_uppercase),
                    name: word,
                };
                self.record(QueryError::new(UNKNOWN_COMMAND, span, cause));
                Err(Failed)
            }
        }
    }

    fn name_patterns(&mut self) -> Result<Vec<Name>> {
        self.before_pattern();
        let mut names = vec![self.name_pattern()?];
        while self.next.kind.is(",") {
            self.before_pattern();
            names.push(self.name_pattern()?);
        }
        Ok(names)
    }

    /// Steps over a token when a pattern follows, which is read without tokens.
    fn before_pattern(&mut self) {
        self.advance();
        let at = self.next.span.start as usize;
        self.end = at;
        // A `*` or another sign may begin the pattern: an error of the lexer belongs to no token.
        if self.next.kind == TokenKind::Invalid {
            self.lexer.errors.pop();
        }
    }

    fn renamings(&mut self) -> Result<CommandKind> {
        let mut renamings = Vec::new();
        loop {
            self.before_pattern();
            let first = self.name_pattern()?;
            // `new = old` is the newer form of `old AS new`.
            let is_assignment = self.next.kind.is("=");
            if !is_assignment && !self.next.kind.is_word("as") {
                return Err(self.unexpected(EsqlPart::As));
            }
            self.before_pattern();
            let second = self.name_pattern()?;
            let (from, to) = if is_assignment {
                (second, first)
            } else {
                (first, second)
            };
            renamings.push(Renaming { from, to });
            if !self.next.kind.is(",") {
                return Ok(CommandKind::Rename(renamings));
            }
        }
    }

    fn stats(&mut self) -> Result<Stats> {
        let mut aggregates = Vec::new();
        if !self.next.kind.is_word("by") {
            aggregates = self.list(|parser| {
                let field = parser.field()?;
                let filter = if parser.accept_word("where") {
                    Some(parser.expression()?)
                } else {
                    None
                };
                Ok(AggregateField { field, filter })
            })?;
        }
        let by = if self.accept_word("by") {
            self.list(Self::field)?
        } else {
            Vec::new()
        };
        Ok(Stats { aggregates, by })
    }

    fn sort_key(&mut self) -> Result<SortKey> {
        let expr = self.expression()?;
        let descending = self.accept_word("desc");
        if !descending {
            self.accept_word("asc");
        }
        let mut nulls_first = None;
        if self.accept_word("nulls") {
            let first = self.accept_word("first");
            if !first {
                self.expect_word("last")?;
            }
            nulls_first = Some(first);
        }
        Ok(SortKey {
            expr,
            descending,
            nulls_first,
        })
    }

    fn dissect(&mut self) -> Result<CommandKind> {
        let input = self.operand()?;
        let pattern = self.text()?;
        let mut separator = None;
        if self.accept_word("append_separator") {
            self.expect("=")?;
            separator = Some(self.text()?);
        }
        Ok(CommandKind::Dissect {
            input,
            pattern,
            separator,
        })
    }

    fn grok(&mut self) -> Result<CommandKind> {
        let input = self.operand()?;
        let patterns = self.list(Self::text)?;
        Ok(CommandKind::Grok { input, patterns })
    }

    fn completion(&mut self) -> Result<CommandKind> {
        let field = self.field_of_operand()?;
        let (target, prompt) = field;
        let options = if self.accept_word("with") {
            self.options()?
        } else {
            Vec::new()
        };
        Ok(CommandKind::Completion {
            target,
            prompt,
            options,
        })
    }

    /// `name = operand`, or an operand alone.
    fn field_of_operand(&mut self) -> Result<(Option<Name>, Expr)> {
        let (next, end, errors) = (self.next.clone(), self.end, self.lexer.errors.len());
        if let Ok(name) = self.name()
            && self.accept("=")
        {
            return Ok((Some(name), self.operand()?));
        }
        self.lexer.errors.truncate(errors);
        self.next = next;
        self.end = end;
        Ok((None, self.operand()?))
    }

    /// A name with `-`, `*` and `:` in it: a policy or an index.
    fn raw_name(&mut self, what: EsqlPart) -> Result<Text> {
        let at = self.lexer.skip_space(self.next.span.end as usize);
        let rest = self.lexer.rest(at);
        if rest.starts_with('"') {
            self.jump(at);
            return self.text();
        }
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | '|'))
            .unwrap_or(rest.len());
        self.jump(at + length);
        if length == 0 {
            self.jump(at);
            return Err(self.unexpected(what));
        }
        Ok(Text {
            value: rest.get(..length).unwrap_or("").to_owned(),
            span: Span::of(at..at + length),
        })
    }

    fn enrich(&mut self) -> Result<CommandKind> {
        let policy = self.raw_name(EsqlPart::Policy)?;
        let on = if self.next.kind.is_word("on") {
            self.before_pattern();
            Some(self.name_pattern()?)
        } else {
            None
        };
        let mut with = Vec::new();
        if self.next.kind.is_word("with") {
            loop {
                self.before_pattern();
                let first = self.name_pattern()?;
                if self.next.kind.is("=") {
                    self.before_pattern();
                    let second = self.name_pattern()?;
                    with.push((Some(first), second));
                } else {
                    with.push((None, first));
                }
                if !self.next.kind.is(",") {
                    break;
                }
            }
        }
        Ok(CommandKind::Enrich { policy, on, with })
    }

    fn lookup_join(&mut self) -> Result<CommandKind> {
        if !self.next.kind.is_word("lookup") {
            return Err(self.unexpected(EsqlPart::LookupJoin));
        }
        self.advance();
        if !self.next.kind.is_word("join") {
            return Err(self.unexpected(EsqlPart::Join));
        }
        let index = self.raw_name(EsqlPart::LookupIndex)?;
        self.expect_word("on")?;
        let on = self.list(Self::name)?;
        Ok(CommandKind::LookupJoin { index, on })
    }

    /// `{"name": constant, …}`
    pub(super) fn options(&mut self) -> Result<Vec<(Text, Expr)>> {
        let open = self.next.span;
        self.expect("{")?;
        let mut options = Vec::new();
        if self.accept("}") {
            return Ok(options);
        }
        loop {
            let name = self.text()?;
            self.expect(":")?;
            let value = self.operand()?;
            options.push((name, value));
            if self.accept("}") {
                return Ok(options);
            }
            if self.next.kind == TokenKind::End {
                let cause = EsqlSyntax::UnclosedOptions;
                self.record(QueryError::new(UNTERMINATED, open, cause));
                return Err(Failed);
            }
            if !self.accept(",") {
                let expected = EsqlExpected::Part(EsqlPart::CommaOrBrace);
                let found = self.next.kind.found();
                let cause = EsqlSyntax::Unexpected { expected, found };
                self.record(QueryError::new(UNEXPECTED, self.next.span, cause));
                return Err(Failed);
            }
        }
    }
}

fn unsupported(word: &str) -> Option<&'static str> {
    let mut names = UNSUPPORTED.iter().copied();
    names.find(|name| name.eq_ignore_ascii_case(word))
}
