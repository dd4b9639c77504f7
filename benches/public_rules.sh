#!/usr/bin/env bash
# Time and peak memory of `trapline mutate` and `trapline diff` on every rule of a directory, each with the
# scenario that `trapline new` writes for it. None may take 2 s of processor time or 300 MB.
#
# usage: benches/public_rules.sh TRAPLINE RULES [JOBS [MOST]]
#
# With MOST only the largest so many rules are measured. `diff` compares with a rule whose query has a
# condition more. A rule for which `new` writes no scenario is left out and counted. Needs bash, git and
# python3; TRAPLINE is a build with optimisation. Exit code 1 where a run takes more.
set -euo pipefail

program=$(realpath "${1:?usage: benches/public_rules.sh TRAPLINE RULES [JOBS [MOST]]}")
rules=$(realpath "${2:?usage: benches/public_rules.sh TRAPLINE RULES [JOBS [MOST]]}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NO_COLOR=1
unset CI
python3 - "$program" "$rules" "$work" "${3:-1}" "${4:-0}" <<'PY'
import concurrent.futures, os, pathlib, re, shutil, subprocess, sys, tempfile

program, rules, work, jobs = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
most = int(sys.argv[5]) or None
SECONDS, MEMORY, LONGEST = 2.0, 300, 120

def run(folder, *arguments):
    """Exit code, processor seconds and peak MB."""
    with open(os.devnull, 'wb') as null:
        child = subprocess.Popen([program, *arguments], cwd=folder, stdout=null, stderr=null,
                                 preexec_fn=lambda: __import__('resource').setrlimit(
                                     __import__('resource').RLIMIT_CPU, (LONGEST, LONGEST)))
        _, status, usage = os.wait4(child.pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

def changed(text):
    """The rule with a condition more, or the rule as it is."""
    language = re.search(r'^language = "(\w+)"', text, re.M)
    language = language and language.group(1)
    if language == 'eql':
        return re.sub(r'(^|[\s\[])(\w+) where ', r'\1\2 where true and ', text, count=1)
    if language == 'kuery':
        return re.sub(r"(^query = (?:'''|\"\"\"))", r'\1not zz.zz: zz and ', text, count=1, flags=re.M)
    return text

def git(folder, *arguments):
    subprocess.run(['git', '-c', 'user.name=x', '-c', 'user.email=x', *arguments], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

def measure(file):
    folder = pathlib.Path(tempfile.mkdtemp(dir=work))
    (folder / 'rules').mkdir()
    (folder / 'trapline.toml').write_text('')
    rule = folder / 'rules' / file.name
    rule.write_text(file.read_text())
    run(folder, 'new', 'rules/' + file.name)
    if not any((folder / 'scenarios').glob('*.yaml')) if (folder / 'scenarios').is_dir() else True:
        shutil.rmtree(folder)
        return file.name, {}
    git(folder, 'init', '-q')
    git(folder, 'add', '-A')
    git(folder, 'commit', '-qm', 'x')
    found = {'mutate': run(folder, 'mutate', '-j', '1')}
    rule.write_text(changed(rule.read_text()))
    found['diff'] = run(folder, 'diff', 'HEAD')
    shutil.rmtree(folder)
    return file.name, found

# The largest first: cost grows with the length of the query.
files = sorted(rules.rglob('*.toml'), key=lambda file: -file.stat().st_size)[:most]
with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
    measured = list(pool.map(measure, files))
ran = [(name, found) for name, found in measured if found]
print('%d rules, %d with a scenario' % (len(files), len(ran)))
over = False
print('| command | rules | median s | 99th s | most s | most MB | over %g s or %d MB | the most by |' % (SECONDS, MEMORY))
print('|---|---|---|---|---|---|---|---|')
for command in ('mutate', 'diff'):
    figures = [(name, *found[command]) for name, found in ran]
    seconds = sorted(one[2] for one in figures)
    slowest = max(figures, key=lambda one: one[2])
    largest = max(figures, key=lambda one: one[3])
    above = [one for one in figures if one[2] > SECONDS or one[3] > MEMORY or one[1] not in (0, 1)]
    over = over or bool(above)
    print('| `%s` | %d | %.2f | %.2f | %.2f | %.0f | %d | `%s`, `%s` |' % (
        command, len(figures), seconds[len(seconds) // 2], seconds[len(seconds) * 99 // 100], seconds[-1],
        largest[3], len(above), slowest[0], largest[0]))
    for name, code, time, memory in sorted(above, key=lambda one: -one[2])[:20]:
        print('over: %s %s: exit %d, %.1f s, %.0f MB' % (command, name, code, time, memory), file=sys.stderr)
sys.exit(over)
PY
