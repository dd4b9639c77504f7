#!/usr/bin/env python3
"""Runs rules in EQL with the Python package `eql`, the peer that reads the same language.

    eql_engine.py parsed RULES OUT         copies the rules that the package can run to OUT
    eql_engine.py run RULES EVENTS         runs them over NDJSON in ECS; counts on standard output

The package knows no ECS: the type of an event is its `event.category`, an event with two is given
twice, and a list is its first value, because the engine compares no lists (and stops at one in `in`).
It has a third value: over a missing field a test is unknown, and so is its `not`.
"""
import collections
import contextlib
import datetime
import json
import pathlib
import shutil
import sys
import tomllib

import eql
from eql.engine import PythonEngine
from eql.events import Event
from eql.parser import (allow_negation, allow_runs, allow_sample, elasticsearch_syntax, ignore_missing_fields,
                        ignore_missing_functions, parse_query)
from eql.utils import ParserConfig


def queries(folder):
    """Every rule that the package reads: (file, name, query)."""
    with contextlib.ExitStack() as stack:
        for one in (elasticsearch_syntax, allow_negation, allow_runs, allow_sample, ignore_missing_functions,
                    ParserConfig(ignore_missing_fields=True)):
            stack.enter_context(one)
        for file in sorted(folder.rglob('*.toml')):
            rule = tomllib.loads(file.read_text())['rule']
            if rule.get('type') != 'eql':
                continue
            try:
                yield file, rule['name'], parse_query(rule['query'])
            except eql.EqlError:
                continue


def engine():
    return PythonEngine({'flatten': True})


def single(value):
    """A document in which a list is its first value."""
    if isinstance(value, dict):
        return {key: single(inner) for key, inner in value.items()}
    if isinstance(value, list) and value:
        return single(value[0])
    return value


def events(path):
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            document = json.loads(line)
            time = datetime.datetime.fromisoformat(document['@timestamp']).timestamp() * 10_000_000
            categories = document.get('event', {}).get('category') or ['generic']
            data = single(document)
            for category in categories if isinstance(categories, list) else [categories]:
                yield Event(category, time, data)


def run(folder, path):
    counts = collections.Counter()
    one = engine()
    for _, name, query in queries(folder):
        def emit(found, name=name):
            if isinstance(found, list):
                counts[name] += 1
        one._convert_piped_query(one.preprocessor.expand(query), emit)
    one.stream_events(events(path))
    for name, count in sorted(counts.items()):
        print(json.dumps({'rule': name, 'count': count}))


def main():
    if sys.argv[1] == 'parsed':
        out = pathlib.Path(sys.argv[3])
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        for file, _, query in queries(pathlib.Path(sys.argv[2])):
            with contextlib.suppress(eql.EqlError):
                engine().add_query(query)
                shutil.copy(file, out / file.name)
        print('%d EQL rules as published' % len(list(out.iterdir())))
    else:
        run(pathlib.Path(sys.argv[2]), sys.argv[3])


if __name__ == '__main__':
    main()
