#!/usr/bin/env python3
"""Runs `trapline scan` and other tools over the same recordings, in turn, in one run.

    benches/peers.py TRAPLINE PEERS RULES EVENTS.ndjson...

PEERS is a directory with the tools: `bin/rsigma`, `bin/sigma_engines` (the package in `peers/`), and
`venv` with the Python packages `eql` and `duckdb`. What is absent is named and left out. RULES are
rules in EQL, TOML as in Elastic's detection-rules; EVENTS are ECS documents, uncompressed and in
order of time. RUNS=3, COUNT=1000 (rules) and SLICE=2000 (events for the slow ones) may be set;
DIFFERENCES=1 names the rules whose hits differ. docs/performance.md says what is compared.
"""
import collections
import itertools
import json
import os
import pathlib
import re
import shlex
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent / 'peers'
RUNS = int(os.environ.get('RUNS', '3'))
COUNT = int(os.environ.get('COUNT', '1000'))
SLICE = int(os.environ.get('SLICE', '2000'))

# What `duckdb_query.py` has as SQL.
QUERIES = {
    'event': '''process where event.type == "start" and process.name : ("cmd.exe", "powershell.exe", "pwsh.exe") and
  process.parent.name : ("svchost.exe", "services.exe", "wmiprvse.exe", "wsmprovhost.exe")''',
    'sequence': '''sequence by process.entity_id with maxspan=10s
  [process where event.type == "start" and process.name : ("cmd.exe", "powershell.exe", "pwsh.exe")]
  [library where dll.name : "System.Management.Automation*.dll"]''',
}

ROUTED = ['--logsource-routing', '--logsource-field-map', 'product=host.os.type,category=event.category']
# What may make rsigma faster, each measured: the flags of the program, the option of the library's.
RSIGMA = [([], ''), (ROUTED, '+logsource'), (['--cross-rule-ac'], '+cross-rule-ac'), (['--bloom-prefilter'], '+bloom')]

# `EVENTS` in a command stands for the recording.
Tool = collections.namedtuple('Tool', 'name command')
Measured = collections.namedtuple('Measured', 'seconds megabytes')


def on(tool, events):
    return [str(one).replace('EVENTS', str(events)) for one in tool.command]


def measure(command):
    """User and system time, and peak memory, of a whole process whose output goes nowhere."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit('failed: ' + shlex.join(command))
    return Measured(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def hits(command):
    """How often each rule matched, from the lines that a tool writes."""
    found = collections.Counter()
    output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    for line in output.splitlines():
        if line.isdigit():
            found[None] += int(line)
        else:
            alert = json.loads(line)
            found[alert.get('rule') or alert['rule_title']] += alert.get('count', 1)
    return found


def compare(title, tools, events, empty, part=None):
    """Measures the tools in turn; a row for each, with its ratios to the first, which is Trapline.

    With `part`, the others get this part of the recording alone, and hits are those in it.
    """
    places = [events] + [part or events] * (len(tools) - 1)
    counts = [lines(place) for place in places]
    print('\n%s; %s, %s events, %.0f MB%s' % (
        title, events.name, format(counts[0], ','), events.stat().st_size / 1e6,
        '; the other tool: every %dth event' % (counts[0] / counts[1]) if part else ''))
    print('\n| tool | s | of it load | events/s | MB | hits | rules with other hits | ratio | without load |')
    print('|---|---|---|---|---|---|---|---|---|')
    found = [hits(on(tool, part or events)) for tool in tools]
    runs = [[(measure(on(tool, place)), measure(on(tool, empty))) for tool, place in zip(tools, places)]
            for _ in range(RUNS)]
    for place, tool in enumerate(tools):
        def median(figure):
            return statistics.median(figure(run[place], run[0]) for run in runs)

        def each(one):
            return one[0].seconds - one[1].seconds
        net = median(lambda own, _: each(own))
        ratio = median(lambda own, first: own[0].seconds / first[0].seconds)
        print('| %s | %.2f | %.2f | %s | %.0f | %s | %d | %s | %.1f |' % (
            tool.name, median(lambda own, _: own[0].seconds), median(lambda own, _: own[1].seconds),
            format(round(counts[place] / net), ','), max(run[place][0].megabytes for run in runs),
            format(found[place].total(), ','), differing(tool, found[place], found[0]),
            '' if part and place else '%.1f' % ratio,
            median(lambda own, first: each(own) / counts[place] / (each(first) / counts[0]))))
    sys.stdout.flush()


def lines(path):
    with open(path, 'rb') as file:
        return sum(1 for _ in file)


def differing(tool, own, other):
    """How many rules match another number of times than under Trapline."""
    if None in own:
        return int(own.total() != other.total())
    names = sorted(name for name in own.keys() | other.keys() if own[name] != other[name])
    if os.environ.get('DIFFERENCES'):
        for name in names:
            print('%s: %s: %d, Trapline %d' % (tool.name, name, own[name], other[name]), file=sys.stderr)
    return len(names)


def said(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().splitlines()[-1]


def pinned(library):
    """The version of a library that `sigma_engines` is built with."""
    return re.search('^%s = .*=([0-9.]+)"' % library, (HERE / 'sigma_engines/Cargo.toml').read_text(), re.M)[1]


def single(work, name):
    """A directory with one rule."""
    folder = work / name
    folder.mkdir(exist_ok=True)
    (folder / 'rule.toml').write_text(
        '[rule]\nname = "%s"\nrule_id = "%s"\ndescription = "x"\ntype = "eql"\nlanguage = "eql"\nrisk_score = 47\n'
        'severity = "medium"\nindex = ["logs-*"]\nquery = %s\n' % (name, name, "'''%s'''" % QUERIES[name]))
    return folder


class Bench:
    """The tools that are there, and the directory in which rules and slices are made."""

    def __init__(self, trapline, peers, work):
        self.trapline, self.peers, self.work = trapline, peers, work
        self.empty = work / 'empty.ndjson'
        self.empty.write_text('')
        self.tool(said(trapline, '--version'), 'Trapline', trapline, 'scan', '-j1', '--rules', 'RULES', 'EVENTS')

    def tool(self, version, name, *command):
        """A tool; its version and command are printed."""
        line = shlex.join(map(str, command))
        for path, short in ((self.work, 'WORK'), (self.peers, 'PEERS'), (HERE, 'benches/peers')):
            line = line.replace(str(path), short)
        print('%s (%s): `%s`' % (name, version, line))
        return Tool(name, command)

    def own(self, rules):
        return Tool('Trapline', [self.trapline, 'scan', '-j1', '--rules', rules, 'EVENTS'])

    def package(self, name):
        """The version of a Python package, if it is there."""
        python = self.peers / 'venv/bin/python'
        script = 'from importlib.metadata import version; print(version("%s"))' % name
        if python.exists() and subprocess.run([python, '-c', script], capture_output=True).returncode == 0:
            return python, said(python, '-c', script)
        print('%s: absent, left out' % name)
        return None, None

    def part(self, file):
        """Events of a recording at equal distances, SLICE of them, in a file of their own."""
        step = max(1, lines(file) // SLICE)
        with open(file, 'rb') as events, open(self.work / file.name, 'wb') as out:
            out.writelines(itertools.islice(events, 0, None, step))
        return self.work / file.name

    def sigma(self, rules, files):
        """The same rules as EQL and as Sigma."""
        print(said(sys.executable, HERE / 'rules.py', rules, self.work, COUNT))
        title = '%d rules of one event' % len(list((self.work / 'eql').iterdir()))
        sigma, own = self.work / 'sigma', self.own(self.work / 'eql')
        program, engines = self.peers / 'bin/rsigma', self.peers / 'bin/sigma_engines'
        tools = []
        if program.exists():
            command = [program, 'engine', 'eval', '--quiet', '-r', sigma, '-e', '@EVENTS']
            tools = [self.tool(said(program, '--version'), ' '.join(['rsigma'] + flags[:1]), *command, *flags)
                     for flags, _ in RSIGMA]
        if engines.exists():
            tools += [self.tool(pinned('rsigma-eval'), 'rsigma-eval' + option, engines, 'rsigma-eval' + option,
                                sigma, 'EVENTS') for _, option in RSIGMA]
        for file in files if tools else []:
            compare(title, [own] + tools, file, self.empty, self.part(file))
        for one in (program, engines):
            if not one.exists():
                print('%s: absent, left out' % one.name)

    def eql(self, rules, files):
        """The very same rules, sequences among them, as far as the package runs them."""
        python, version = self.package('eql')
        if not python:
            return
        script, parsed = HERE / 'eql_engine.py', self.work / 'parsed'
        count = said(python, script, 'parsed', rules, parsed)
        tool = self.tool(version, 'python-eql', python, script, 'run', parsed, 'EVENTS')
        for file in files:
            compare(count, [self.own(parsed), tool], file, self.empty, self.part(file))

    def duckdb(self, files):
        """One rule against a query."""
        python, version = self.package('duckdb')
        if not python:
            return
        for name in QUERIES:
            tool = self.tool(version, 'DuckDB', python, HERE / 'duckdb_query.py', name, 'EVENTS')
            for file in files:
                compare('one rule: ' + name, [self.own(single(self.work, name)), tool], file, self.empty)


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    trapline, peers, rules, *files = (pathlib.Path(one).absolute() for one in sys.argv[1:])
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(trapline, peers, pathlib.Path(work))
        bench.sigma(rules, files)
        bench.duckdb(files)
        bench.eql(rules, files)


if __name__ == '__main__':
    main()
