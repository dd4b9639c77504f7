//! Automata for expressions with complement and intersection, built by derivatives (Brzozowski):
//! a state is what is left to be matched, the next state what is left after one more character.
//! Terms that are equal up to order and repetition are one term, so that the states are finite;
//! there may be as many as Elasticsearch allows and no more.

use rustc_hash::FxHashMap;

use super::super::super::QueryFailure;
use super::super::MAX_STATES;
use super::syntax::Node;
use super::too_complex;
use regex_syntax::hir::ClassUnicode;

/// The most parts of terms that are looked at while one automaton is built: it bounds time and
/// memory, where the number of states alone would leave each state any size.
const MAX_WORK: usize = 1_000_000;

/// The most copies that counted repetitions are written out to; with [`MAX_LENGTH`] it bounds how
/// deep the terms nest.
const MAX_COPIES: u32 = 1_000;

/// The most characters and classes of one expression.
const MAX_LENGTH: u32 = 4_000;

/// A complete deterministic automaton over characters.
#[derive(Debug, Clone)]
pub(in crate::evaluate::pattern) struct Automaton {
    /// Where each atom of the alphabet begins; between two of them all characters are alike.
    atoms: Vec<char>,
    /// `state * atoms + atom` to the next state.
    next: Vec<u32>,
    accepting: Vec<bool>,
}

impl Automaton {
    /// The automaton of an expression.
    pub(super) fn new(node: &Node) -> Result<Self, QueryFailure> {
        let mut terms = Terms::new(node);
        let start = terms.of(node)?;
        let atoms = terms.atoms.len();
        let mut numbers: FxHashMap<TermId, u32> = FxHashMap::default();
        let mut states = vec![start];
        numbers.insert(start, 0);
        let mut next = Vec::new();
        let mut done = 0;
        while let Some(state) = states.get(done).copied() {
            done += 1;
            for atom in 0..atoms {
                let to = terms.derive(state, atom)?;
                let number = *numbers.entry(to).or_insert_with(|| {
                    states.push(to);
                    u32::try_from(states.len() - 1).unwrap_or(u32::MAX)
                });
                next.push(number);
            }
            if states.len() > MAX_STATES {
                return Err(too_complex());
            }
        }
        let accepting = states.iter().map(|state| terms.nullable(*state)).collect();
        Ok(Self {
            atoms: terms.atoms,
            next,
            accepting,
        })
    }

    /// Whether the whole text matches.
    pub(in crate::evaluate::pattern) fn matches(&self, text: &str) -> bool {
        let mut state = 0_usize;
        for c in text.chars() {
            let atom = self
                .atoms
                .partition_point(|start| *start <= c)
                .saturating_sub(1);
            match self.next.get(state * self.atoms.len() + atom) {
                Some(next) => state = *next as usize,
                None => return false,
            }
        }
        self.accepting.get(state).copied().unwrap_or(false)
    }
}

type TermId = u32;

const NOTHING: TermId = 0;
const EMPTY: TermId = 1;
const ANYTHING: TermId = 2;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Term {
    Nothing,
    Empty,
    Class(Vec<bool>),
    Concat(TermId, TermId),
    Any(Vec<TermId>),
    All(Vec<TermId>),
    Not(TermId),
    Star(TermId),
}

/// All terms of one expression, each once.
struct Terms {
    atoms: Vec<char>,
    /// Each term, and whether the empty text matches it.
    known: Vec<(Term, bool)>,
    ids: FxHashMap<Term, TermId>,
    derivatives: FxHashMap<(TermId, usize), TermId>,
    copies: u32,
    length: u32,
    /// How many parts of terms were looked at.
    work: usize,
}

impl Terms {
    fn new(node: &Node) -> Self {
        let mut atoms = vec!['\0'];
        boundaries(node, &mut atoms);
        atoms.sort_unstable();
        atoms.dedup();
        let mut terms = Self {
            atoms,
            known: Vec::new(),
            ids: FxHashMap::default(),
            derivatives: FxHashMap::default(),
            copies: 0,
            length: 0,
            work: 0,
        };
        terms.intern(Term::Nothing);
        terms.intern(Term::Empty);
        terms.intern(Term::Not(NOTHING));
        terms
    }

    fn intern(&mut self, term: Term) -> TermId {
        if let Some(id) = self.ids.get(&term) {
            return *id;
        }
        let nullable = match &term {
            Term::Nothing | Term::Class(_) => false,
            Term::Empty | Term::Star(_) => true,
            Term::Concat(a, b) => self.nullable(*a) && self.nullable(*b),
            Term::Any(parts) => parts.iter().any(|part| self.nullable(*part)),
            Term::All(parts) => parts.iter().all(|part| self.nullable(*part)),
            Term::Not(inner) => !self.nullable(*inner),
        };
        let id = TermId::try_from(self.known.len()).unwrap_or(TermId::MAX);
        self.known.push((term.clone(), nullable));
        self.ids.insert(term, id);
        id
    }

    fn nullable(&self, id: TermId) -> bool {
        self.known
            .get(id as usize)
            .is_some_and(|(_, nullable)| *nullable)
    }

    fn term(&self, id: TermId) -> Term {
        let term = self.known.get(id as usize);
        term.map_or(Term::Nothing, |(term, _)| term.clone())
    }

    fn of(&mut self, node: &Node) -> Result<TermId, QueryFailure> {
        self.length += 1;
        if self.length > MAX_LENGTH {
            return Err(too_complex());
        }
        Ok(match node {
            Node::Empty => EMPTY,
            Node::Nothing => NOTHING,
            Node::AnyText => ANYTHING,
            Node::Class(class) => self.class(class),
            Node::Concat(parts) => {
                let mut whole = EMPTY;
                for part in parts.iter().rev() {
                    let part = self.of(part)?;
                    whole = self.concat(part, whole);
                }
                whole
            }
            Node::Any(parts) => {
                let parts = self.all_of(parts)?;
                self.any(parts)
            }
            Node::All(parts) => {
                let parts = self.all_of(parts)?;
                self.all(parts)
            }
            Node::Not(inner) => {
                let inner = self.of(inner)?;
                self.not(inner)
            }
            Node::Repeat(inner, min, max) => self.repeat(inner, *min, *max)?,
        })
    }

    fn all_of(&mut self, nodes: &[Node]) -> Result<Vec<TermId>, QueryFailure> {
        nodes.iter().map(|node| self.of(node)).collect()
    }

    fn class(&mut self, class: &ClassUnicode) -> TermId {
        let ranges = class.ranges();
        let contains = |c: &char| {
            let range = ranges.partition_point(|range| range.end() < *c);
            ranges.get(range).is_some_and(|range| range.start() <= *c)
        };
        let members: Vec<bool> = self.atoms.iter().map(contains).collect();
        if members.contains(&true) {
            self.intern(Term::Class(members))
        } else {
            NOTHING
        }
    }

    fn repeat(&mut self, node: &Node, min: u32, max: Option<u32>) -> Result<TermId, QueryFailure> {
        let inner = self.of(node)?;
        let copies = max.unwrap_or(min);
        self.copies = self.copies.saturating_add(copies);
        if copies > MAX_COPIES || self.copies > MAX_COPIES {
            return Err(too_complex());
        }
        let mut whole = match max {
            None => self.star(inner),
            Some(max) => {
                let mut whole = EMPTY;
                for _ in min..max {
                    let more = self.concat(inner, whole);
                    whole = self.any(vec![EMPTY, more]);
                }
                whole
            }
        };
        for _ in 0..min {
            whole = self.concat(inner, whole);
        }
        Ok(whole)
    }

    fn star(&mut self, inner: TermId) -> TermId {
        match self.term(inner) {
            Term::Nothing | Term::Empty => EMPTY,
            Term::Star(_) => inner,
            _ => self.intern(Term::Star(inner)),
        }
    }

    fn not(&mut self, inner: TermId) -> TermId {
        match self.term(inner) {
            Term::Not(inner) => inner,
            _ => self.intern(Term::Not(inner)),
        }
    }

    fn concat(&mut self, a: TermId, b: TermId) -> TermId {
        match (self.term(a), b) {
            (Term::Nothing, _) | (_, NOTHING) => NOTHING,
            (Term::Empty, _) => b,
            (_, EMPTY) => a,
            (Term::Concat(first, second), _) => {
                let rest = self.concat(second, b);
                self.intern(Term::Concat(first, rest))
            }
            _ => self.intern(Term::Concat(a, b)),
        }
    }

    fn any(&mut self, parts: Vec<TermId>) -> TermId {
        let mut flat = Vec::new();
        for part in parts {
            match self.term(part) {
                Term::Nothing => {}
                Term::Any(inner) => flat.extend(inner),
                _ => flat.push(part),
            }
        }
        self.work += flat.len();
        flat.sort_unstable();
        flat.dedup();
        match flat.as_slice() {
            [] => NOTHING,
            [only] => *only,
            many if many.contains(&ANYTHING) => ANYTHING,
            _ => self.intern(Term::Any(flat)),
        }
    }

    fn all(&mut self, parts: Vec<TermId>) -> TermId {
        let mut flat = Vec::new();
        for part in parts {
            match self.term(part) {
                _ if part == ANYTHING => {}
                Term::All(inner) => flat.extend(inner),
                _ => flat.push(part),
            }
        }
        self.work += flat.len();
        flat.sort_unstable();
        flat.dedup();
        match flat.as_slice() {
            [] => ANYTHING,
            [only] => *only,
            many if many.contains(&NOTHING) => NOTHING,
            _ => self.intern(Term::All(flat)),
        }
    }

    /// What is left of the term after a character of this atom.
    fn derive(&mut self, id: TermId, atom: usize) -> Result<TermId, QueryFailure> {
        if let Some(known) = self.derivatives.get(&(id, atom)) {
            return Ok(*known);
        }
        self.work += 1;
        if self.work > MAX_WORK {
            return Err(too_complex());
        }
        let derivative = match self.term(id) {
            Term::Class(members) if members.get(atom) == Some(&true) => EMPTY,
            Term::Nothing | Term::Empty | Term::Class(_) => NOTHING,
            Term::Concat(a, b) => {
                let first = self.derive(a, atom)?;
                let first = self.concat(first, b);
                if self.nullable(a) {
                    let second = self.derive(b, atom)?;
                    self.any(vec![first, second])
                } else {
                    first
                }
            }
            Term::Star(inner) => {
                let first = self.derive(inner, atom)?;
                self.concat(first, id)
            }
            Term::Not(inner) => {
                let inner = self.derive(inner, atom)?;
                self.not(inner)
            }
            Term::Any(parts) => {
                let parts = self.derive_each(&parts, atom)?;
                self.any(parts)
            }
            Term::All(parts) => {
                let parts = self.derive_each(&parts, atom)?;
                self.all(parts)
            }
        };
        self.derivatives.insert((id, atom), derivative);
        Ok(derivative)
    }

    fn derive_each(&mut self, parts: &[TermId], atom: usize) -> Result<Vec<TermId>, QueryFailure> {
        parts.iter().map(|part| self.derive(*part, atom)).collect()
    }
}

/// Collects the characters at which some class begins, and those that follow its ends.
fn boundaries(node: &Node, starts: &mut Vec<char>) {
    match node {
        Node::Empty | Node::Nothing | Node::AnyText => {}
        Node::Class(class) => {
            for range in class.ranges() {
                starts.push(range.start());
                starts.extend((range.end()..=char::MAX).nth(1));
            }
        }
        Node::Concat(parts) | Node::Any(parts) | Node::All(parts) => {
            for part in parts {
                boundaries(part, starts);
            }
        }
        Node::Not(inner) | Node::Repeat(inner, ..) => boundaries(inner, starts),
    }
}
