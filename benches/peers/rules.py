#!/usr/bin/env python3
"""Writes the same rules twice: as EQL for Trapline and as Sigma for the peers that read Sigma.

    rules.py RULES OUT [COUNT]

Every event rule, and every stage of a sequence, whose condition Sigma can express exactly becomes a
rule of one event in OUT/eql and in OUT/sigma under the same name. The Sigma form is equal in meaning:
what EQL compares with case has the modifier `cased`; over a missing field a test is false in both.

Fewer than COUNT rules are filled up with the same rules once more, their values (not those of
`event.*`, `host.*` and the like) changed by one letter, so that no pattern occurs twice. What is left
out is counted on standard error, by reason.
"""
import collections
import pathlib
import re
import shutil
import sys
import tomllib
import uuid

TOKEN = re.compile(r'''(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<string>"""(?P<raw>.*?)"""|"(?P<text>(?:\\.|[^"\\])*)")
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<name>\??(?:`[^`]+`|[A-Za-z_@][A-Za-z0-9_@]*)(?:\.(?:`[^`]+`|[A-Za-z0-9_@]+))*~?)
    |(?P<mark>!\[|==|!=|<=|>=|[=<>:()\[\],|+*/%-])''', re.S | re.X)
ESCAPES = {'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f'}
# Fields with values from a fixed list: a copy of a rule keeps them, or no event would reach it.
KEPT = re.compile(r'(event|host|data_stream|agent|winlog|network|azure|aws|gcp|o365|okta)\.')
FUNCTIONS = {'startswith': 'startswith', 'endswith': 'endswith', 'stringcontains': 'contains', 'cidrmatch': 'cidr'}
ORDER = {'<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte'}

Token = collections.namedtuple('Token', 'kind value start end')
Leaf = collections.namedtuple('Leaf', 'field test values cased tokens')


class Unsupported(Exception):
    """What Sigma cannot say, or this reader does not know."""


def tokens(text):
    found, place = [], 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if not match:
            raise Unsupported('character %r' % text[place])
        kind = match.lastgroup if match['string'] is None else 'string'
        if kind == 'string':
            value = match['raw']
            if value is None:
                value = re.sub(r'\\(.)', lambda escape: ESCAPES.get(escape[1], escape[1]), match['text'], flags=re.S)
            found.append(Token('string', value, match.start(), match.end()))
        elif match['space'] is None:
            kind = next(name for name in ('number', 'name', 'mark') if match[name] is not None)
            found.append(Token(kind, match[0], match.start(), match.end()))
        place = match.end()
    return found + [Token('end', '', len(text), len(text))]


class Reader:
    """Reads conditions of EQL; everything that is no plain test of one field is unsupported."""

    def __init__(self, text):
        self.tokens, self.place = tokens(text), 0

    def peek(self):
        return self.tokens[self.place]

    def take(self, *values):
        token = self.peek()
        if values and (token.kind == 'string' or token.value.lower() not in values):
            return None
        self.place += 1
        return token

    def need(self, *values):
        token = self.take(*values)
        if not token:
            raise Unsupported('syntax: %s' % self.peek().value)
        return token

    def either(self):
        terms = [self.both()]
        while self.take('or'):
            terms.append(self.both())
        return ('or', terms) if len(terms) > 1 else terms[0]

    def both(self):
        terms = [self.no()]
        while self.take('and'):
            terms.append(self.no())
        return ('and', terms) if len(terms) > 1 else terms[0]

    def no(self):
        return ('not', self.no()) if self.take('not') else self.term()

    def term(self):
        if self.take('('):
            inner = self.either()
            self.need(')')
            return inner
        name = self.take()
        if name.kind != 'name':
            raise Unsupported('a value in the place of a field')
        if name.value.lower() in ('true', 'false'):
            return ('constant', name.value.lower() == 'true')
        if self.peek().value == '(' and self.peek().kind == 'mark':
            return self.function(name.value)
        return self.test(name.value.lstrip('?').replace('`', ''))

    def function(self, name):
        kind = FUNCTIONS.get(name.rstrip('~').lower())
        if not kind:
            raise Unsupported('function %s' % name.rstrip('~').lower())
        self.need('(')
        field = self.take()
        if field.kind != 'name' or self.peek().value == '(':
            raise Unsupported('function of a function')
        self.need(',')
        values = self.values(')')
        if self.peek().value in ('==', '!=', '+'):
            raise Unsupported('function compared')
        read = [one.value for one in values]
        if kind == 'cidr':
            read = [one if '/' in one else one + ('/128' if ':' in one else '/32') for one in read]
        return ('leaf', Leaf(field.value.lstrip('?'), kind, read,
                             kind != 'cidr' and not name.endswith('~'), values))

    def test(self, field):
        negated = bool(self.take('not'))
        operator = self.take()
        word = operator.value.lower()
        if word in ('in', 'in~'):
            self.need('(')
            leaf = self.leaf(field, 'equals', self.values(')'), word == 'in')
            return ('not', leaf) if negated else leaf
        if word in (':', 'like', 'like~', 'regex', 'regex~'):
            values = self.values(')') if self.take('(') else [self.value()]
            kind = 're' if word.startswith('regex') else 'wildcard'
            return self.leaf(field, kind, values, word in ('like', 'regex'))
        if word in ('==', '!='):
            value = self.value()
            if value.kind == 'name' and value.value.lower() == 'null':
                leaf = ('null', field)
            else:
                leaf = self.leaf(field, 'equals', [value], True)
            return ('not', leaf) if word == '!=' else leaf
        if word in ORDER:
            return self.leaf(field, ORDER[word], [self.value()], False)
        raise Unsupported('operator %s' % word)

    def leaf(self, field, kind, values, cased):
        read = []
        for one in values:
            if one.kind == 'name' and one.value.lower() in ('true', 'false'):
                read.append(one.value.lower() == 'true')
            elif one.kind == 'name':
                raise Unsupported('a field compared with a field')
            elif one.kind == 'number':
                read.append(float(one.value) if '.' in one.value else int(one.value))
            else:
                read.append(one.value)
            if kind == 're' and re.search(r'[@&~#<>"]', one.value):
                raise Unsupported('regular expression of Lucene alone')
            if kind in ORDER.values() and one.kind != 'number':
                raise Unsupported('order of texts')
        return ('leaf', Leaf(field, kind, read, cased and any(isinstance(one, str) for one in read), values))

    def value(self):
        token = self.take()
        if token.kind not in ('string', 'number', 'name') or self.peek().value in ('(', '+', '*', '/', '%', '-'):
            raise Unsupported('arithmetic')
        return token

    def values(self, end):
        found = [self.value()]
        while self.take(','):
            found.append(self.value())
        self.need(end)
        return found


def stages(text):
    """The conditions in a query, each as (category, text of the condition)."""
    every = tokens(text)
    if every[0].value != 'sequence':
        pipe = next((one for one in every if one.kind == 'mark' and one.value == '|'), None)
        if pipe or every[0].value == 'sample' or every[1].value != 'where':
            raise Unsupported('pipe' if pipe else str(every[0].value))
        yield every[0].value, text[every[2].start:]
        return
    for place, one in enumerate(every):
        if one.kind == 'mark' and one.value == '[' and every[place + 2].value == 'where':
            depth, last = 0, place + 1
            while depth or every[last].value != ']' or every[last].kind != 'mark':
                depth += (every[last].kind == 'mark') * {'(': 1, ')': -1}.get(every[last].value, 0)
                last += 1
            yield every[place + 1].value, text[every[place + 3].start:every[last].start]


def parts(leaf):
    """A test against patterns as tests that Sigma has words for: a matcher knows how to look for the
    beginning or the end of a text, where a pattern may be a regular expression to it."""
    if leaf.test != 'wildcard':
        return [leaf]
    kinds = collections.defaultdict(list)
    for value in leaf.values:
        inner = value.strip('*') if isinstance(value, str) else ''
        if not inner or re.search('[*?]', inner):
            kinds['wildcard'].append(value)
        else:
            kinds[(value[0] == '*', value[-1] == '*')].append(inner)
    names = {(False, False): 'equals', (True, False): 'endswith', (False, True): 'startswith', (True, True): 'contains'}
    return [leaf._replace(test=names.get(kind, kind), values=values) for kind, values in kinds.items()]


def simplified(node):
    """The condition in the terms of Sigma, without constants and without a junction in its own kind."""
    kind, inner = node
    if kind == 'leaf':
        return joined('or', [('match', one) for one in parts(inner)])
    if kind == 'null':
        return ('exists', inner, False)
    if kind in ('and', 'or'):
        return joined(kind, [simplified(one) for one in inner])
    if kind == 'not':
        term = simplified(inner)
        if term[0] == 'exists':
            return ('exists', term[1], not term[2])
        return {'constant': ('constant', not term[1]), 'not': term[1]}.get(term[0], ('not', term))
    return node


def joined(kind, terms):
    flat = []
    for one in terms:
        flat.extend(one[1] if one[0] == kind else [one])
    absorbing = kind == 'or'
    if ('constant', absorbing) in flat:
        return ('constant', absorbing)
    flat = [one for one in flat if one[0] != 'constant']
    if not flat:
        return ('constant', not absorbing)
    return (kind, flat) if len(flat) > 1 else flat[0]


def escaped(text, wildcards):
    """A text in the escapes of Sigma; `wildcards` keep their meaning."""
    text = re.sub(r'\\+(?=[*?]|$)|\\{2,}', lambda run: run[0] * 2, text)
    return text if wildcards else re.sub(r'[*?]', r'\\\g<0>', text)


def quoted(value):
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower()


class Sigma:
    """The detection of a rule: selections and the condition over them."""

    def __init__(self):
        self.selections = []

    def item(self, leaf):
        key, values = leaf.field, leaf.values
        if leaf.test == 're':
            key += '|re' + ('' if leaf.cased else '|i')
            values = ['^(?:%s)$' % one for one in values]
        elif leaf.test in ('equals', 'wildcard', 'startswith', 'endswith', 'contains'):
            key += '' if leaf.test in ('equals', 'wildcard') else '|' + leaf.test
            key += '|cased' if leaf.cased else ''
            values = [escaped(one, leaf.test == 'wildcard') if isinstance(one, str) else one for one in values]
        else:
            key += '|' + leaf.test
        if len(values) == 1:
            return key, quoted(values[0])
        return key, ''.join('\n            - ' + quoted(one) for one in values)

    def selection(self, terms):
        """One selection for terms that all must hold; a key that occurs twice needs another."""
        items, rest = {}, []
        for kind, *inner in terms:
            key, value = self.item(inner[0]) if kind != 'exists' else (inner[0] + '|exists', quoted(inner[1]))
            if key in items:
                rest.append((kind, *inner))
            else:
                items[key] = value
        name = 's%d' % (len(self.selections) + 1)
        self.selections.append((name, items))
        return [name] + (self.selection(rest) if rest else [])

    def condition(self, node):
        kind = node[0]
        if kind == 'not':
            return 'not ' + self.inner(node[1])
        if kind in ('match', 'exists'):
            return self.selection([node])[0]
        plain = [one for one in node[1] if one[0] in ('match', 'exists')] if kind == 'and' else []
        terms = self.selection(plain) if plain else []
        for one in node[1]:
            if one not in plain:
                terms.append(self.inner(one))
        return (' %s ' % kind).join(terms)

    def inner(self, node):
        text = self.condition(node)
        return '(%s)' % text if ' and ' in text or ' or ' in text else text


def sigma(name, identity, category, node):
    of_category = [] if category == 'any' else [('match', Leaf('event.category', 'equals', [category], False, ()))]
    tree = joined('and', of_category + [simplified(node)])
    if tree[0] == 'constant':
        raise Unsupported('no test at all')
    rule = Sigma()
    condition = rule.condition(tree)
    product = [one[1].values[0] for one in (tree[1] if tree[0] == 'and' else [tree])
               if one[0] == 'match' and one[1].field == 'host.os.type' and len(one[1].values) == 1]
    source = {'category': category} if category != 'any' else {}
    source.update({'product': product[0]} if product else {})
    text = 'title: %s\nid: %s\nstatus: test\nlogsource: {%s}\n' % (
        quoted(name), identity, ', '.join('%s: %s' % pair for pair in source.items()))
    text += 'detection:\n'
    for selection, items in rule.selections:
        text += '    %s:\n' % selection
        for key, value in items.items():
            text += '        %s:%s\n' % (quoted(key), value if value.startswith('\n') else ' ' + value)
    return text + '    condition: %s\nlevel: medium\n' % condition


def leaves(node):
    kind, inner = node
    if kind == 'leaf':
        yield inner
    elif kind == 'not':
        yield from leaves(inner)
    elif kind in ('and', 'or'):
        for one in inner:
            yield from leaves(one)


def reworded(text, node):
    """The condition with other values: the last letter or digit of each is the one after it."""
    def following(letter):
        return {'z': 'a', 'Z': 'A', '9': '0'}.get(letter, chr(ord(letter) + 1))
    places = sorted((one.start, one.end) for leaf in leaves(node) for one in leaf.tokens
                    if one.kind == 'string' and leaf.test not in ('re', 'cidr') and not KEPT.match(leaf.field))
    for start, end in reversed(places):
        value = re.sub(r'[A-Za-z0-9](?=[^A-Za-z0-9]*$)', lambda last: following(last[0]), text[start:end])
        text = text[:start] + value + text[end:]
    return text, bool(places)


def conditions(folder, left_out):
    """Every condition of the EQL rules that both sides can have: (file name, category, text, tree)."""
    for file in sorted(folder.rglob('*.toml')):
        rule = tomllib.loads(file.read_text())['rule']
        if rule.get('type') != 'eql':
            continue
        try:
            found = list(stages(rule['query'].strip()))
        except Unsupported as reason:
            left_out[str(reason)] += 1
            continue
        for number, (category, text) in enumerate(found):
            try:
                reader = Reader(text)
                node = reader.either()
                if reader.peek().kind != 'end':
                    raise Unsupported('syntax: %s' % reader.peek().value)
                name = file.stem + ('' if len(found) == 1 else '-stage-%d' % (number + 1))
                sigma(name, '', category, node)
                yield name, category, text, node, rule.get('index')
            except Unsupported as reason:
                left_out[str(reason)] += 1


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    for kind in ('eql', 'sigma'):
        shutil.rmtree(out / kind, ignore_errors=True)
        (out / kind).mkdir(parents=True)
    left_out = collections.Counter()
    found = list(conditions(folder, left_out))
    public = len(found)
    for name, category, text, node, index in found[:public]:
        if len(found) >= count:
            break
        other, changed = reworded(text, node)
        if changed:
            found.append((name + '-reworded', category, other, Reader(other).either(), index))
    found = found[:count] if count else found
    for name, category, text, node, index in found:
        identity = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        (out / 'sigma' / (name + '.yml')).write_text(sigma(name, identity, category, node))
        patterns = ', '.join('"%s"' % one for one in index or ['logs-*'])
        (out / 'eql' / (name + '.toml')).write_text(
            '[rule]\nname = "%s"\nrule_id = "%s"\ndescription = "x"\ntype = "eql"\nlanguage = "eql"\nrisk_score = 47\n'
            'severity = "medium"\nindex = [%s]\nquery = %s\n' % (
                name, identity, patterns, "'''\n%s where %s\n'''" % (category, text.strip())))
    print('%d rules: %d as published, %d reworded; left out: %s' % (
        len(found), min(public, len(found)), max(0, len(found) - public),
        ', '.join('%s (%d)' % one for one in left_out.most_common())), file=sys.stderr)


if __name__ == '__main__':
    main()
