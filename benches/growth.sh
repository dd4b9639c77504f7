#!/usr/bin/env bash
# Growth: user time and peak memory of a command for n, 2n and 4n of something, and the ratio per
# doubling: 2 is linear, 4 is quadratic.
#
# usage: benches/growth.sh TRAPLINE [NAME…]     (all series without a name)
#
# Needs bash, awk, python3 and GNU time. Inputs are made in a temporary directory.
set -euo pipefail

program=$(realpath "${1:?usage: benches/growth.sh TRAPLINE [NAME…]}")
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NO_COLOR=1
unset CI

# make NAME N: a project in $work/NAME-N.
make() {
  python3 - "$work/$1-$2" "$1" "$2" <<'PY'
import json, os, sys
folder, name, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
HEAD = '''[metadata]
creation_date = "2024/01/01"
maturity = "production"
[rule]
author = ["T"]
description = "d"
index = [%s"logs-endpoint.events.*"]
language = "%s"
license = "x"
name = "One"
risk_score = 21
rule_id = "%08d-1111-4111-8111-111111111111"
severity = "low"
type = "%s"
%squery = \'\'\'%s\'\'\'
'''
SCENARIO = '''attack:
  name: base
  events: {e: {is: process, process.name: a.exe}}
  expect: alert
cases:
  - {name: other, change: {e: {process.name: b.exe}}, expect: none, because: process.name}
'''
SINGLE = 'process where process.name == "a.exe"'

def rule(query=SINGLE, index='', language='eql', number=1, keys=''):
    kind = 'query' if language == 'kuery' else 'eql'
    return HEAD % (index, language, number, kind, keys, query)

def put(file, text):
    path = os.path.join(folder, file)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, 'w').write(text)

def items(form):
    return ','.join(form % i for i in range(n))

def event(i, name, host=None):
    return json.dumps({'@timestamp': 1704067200000 + i * 1000, '_index': 'logs-endpoint.events.process-x',
                       'event': {'category': 'process'}, 'host': {'id': 'h%d' % (i % 50 if host is None else host)},
                       'process': {'name': name, 'pid': i}}) + '\n'

def sequence(limit=''):
    return rule('sequence by host.id %s %s' % (limit, ' '.join(
        '[process where process.name == "%s.exe"]' % x for x in 'ab')))

put('trapline.toml', '')
put('scenarios/a.yaml', SCENARIO)
if name == 'list':
    put('rules/a.toml', rule('process where process.name in ("a.exe", %s)' % items('"x%d.exe"')))
elif name == 'patterns':
    put('rules/a.toml', rule('process where process.name : ("a.exe", %s)' % items('"*y%06dz*"')))
elif name == 'blocks':
    blocks = ','.join('"10.%d.%d.0/24"' % (i // 256, i % 256) for i in range(n))
    put('rules/a.toml', rule('process where process.name == "a.exe" and not cidrMatch(source.ip, %s)' % blocks))
elif name == 'kql-list':
    values = ' or '.join('x%d.exe' % i for i in range(n))
    put('rules/a.toml', rule('process.name : ("a.exe" or %s)' % values, language='kuery'))
elif name == 'clauses':
    clauses = ' or '.join('process.args == "x%d"' % i for i in range(n))
    put('rules/a.toml', rule('%s or %s' % (SINGLE, clauses)))
elif name == 'keys':
    put('rules/a.toml', rule(keys=''.join('k%d = 1\n' % i for i in range(n))))
elif name == 'indices':
    put('rules/a.toml', rule(index=''.join('"logs-x%d-*",' % i for i in range(n))))
elif name == 'cases':
    put('rules/a.toml', rule())
    cases = ['  - {name: c%d, change: {e: {process.name: b%d.exe}}, expect: none, because: process.name}\n'
             % (i, i) for i in range(n)]
    put('scenarios/a.yaml', SCENARIO + ''.join(cases))
elif name == 'rules':
    for i in range(n):
        put('rules/r%d.toml' % i, rule('process where process.name == "a%d.exe"' % i, number=i))
        put('scenarios/r%d.yaml' % i, SCENARIO.replace('a.exe', 'a%d.exe' % i))
    os.remove(os.path.join(folder, 'scenarios/a.yaml'))
    put('e.ndjson', ''.join(event(i, 'a%d.exe' % (i % 2000)) for i in range(20000)))
elif name == 'stages':
    stages = ' '.join('[process where process.name == "p%d.exe"]' % i for i in range(n))
    put('rules/a.toml', rule('sequence by host.id with maxspan=1h ' + stages))
    events = ', '.join('e%d: {is: process, at: %ds, process.name: p%d.exe}' % (i, i, i) for i in range(n))
    put('scenarios/a.yaml', 'attack:\n  name: base\n  events: {%s}\n  expect: alert\n' % events)
elif name == 'events':
    put('rules/a.toml', sequence('with maxspan=1m'))
    put('e.ndjson', ''.join(event(i, 'ab'[i // 50 % 2] + '.exe') for i in range(n)))
elif name == 'join-keys':
    # The first event of every key comes before the second of any.
    put('rules/a.toml', sequence())
    put('e.ndjson', ''.join(event(i, 'ab'[i // n] + '.exe', i % n) for i in range(2 * n)))
elif name == 'owners':
    put('rules/a.toml', sequence())
    put('e.ndjson', ''.join(event(i, 'ab'[i // 50 % 2] + '.exe', i % 5000) for i in range(100000)))
elif name in ('files', 'parts'):
    put('rules/a.toml', sequence())
    for part in range(n):
        put('events/%05d.ndjson' % part, ''.join(event(i, 'ab'[i // 50 % 2] + '.exe', i % 5000)
                                                 for i in range(part * 100000 // n, (part + 1) * 100000 // n)))
PY
  # The stage hits of each file, as so many machines write them.
  if [ "$1" = parts ]; then
    (cd "$work/$1-$2" && for file in events/*; do
      "$program" scan --stage-hits "$file.hits" "$file" >/dev/null 2>&1
    done)
  fi
}

# measure NAME N COMMAND…: user time in seconds and peak memory in MB, the best of two runs.
measure() {
  local folder=$work/$1-$2
  shift 2
  for _ in 1 2; do
    (cd "$folder" && /usr/bin/time -f '%U %M' -o "$work/time" "$program" "$@" >/dev/null 2>&1) || true
    tail -1 "$work/time"
  done | awk 'NR == 1 || $1 < time { time = $1; memory = $2 } END { printf "%.2f %.0f\n", time, memory / 1024 }'
}

# series NAME N COMMAND…: a word N stands for the size.
series() {
  local name=$1 n=$2
  shift 2
  local wanted=" ${names[*]} "
  [ "${#names[@]}" -eq 0 ] || [[ $wanted == *" $name "* ]] || return 0
  local figures=()
  for factor in 1 2 4; do
    local size=$((n * factor))
    [ -d "$work/$name-$size" ] || make "$name" "$size"
    figures+=("$(measure "$name" "$size" "${@//N/$size}")")
  done
  printf '%s\n' "${figures[@]}" | awk -v what="$name" -v command="$*" -v n="$n" '
    { time[NR] = $1; memory[NR] = $2 }
    function ratio(a, b) { return a < 0.02 ? "-" : sprintf("%.1f", b / a) }
    END {
      printf "| %s | `%s` | %d | %.2f, %.2f, %.2f | %s, %s | %d, %d, %d |\n", what, command, n,
        time[1], time[2], time[3], ratio(time[1], time[2]), ratio(time[2], time[3]),
        memory[1], memory[2], memory[3]
    }'
}

names=("$@")
echo '| what | command | n | seconds for n, 2n, 4n | ratios | MB |'
echo '|---|---|---|---|---|---|'
for command in check test mutate; do
  series list 5000 $command
  series blocks 5000 $command
  series cases 2500 $command
  series rules 250 $command
  series stages 16 $command
done
for command in check test; do
  series patterns 2500 $command
  series kql-list 5000 $command
  series clauses 1000 $command
  series keys 5000 $command
  series indices 5000 $command
done
series patterns 1250 mutate
series kql-list 250 mutate
series clauses 250 mutate
series events 100000 scan e.ndjson
series rules 250 scan e.ndjson
series join-keys 25000 scan e.ndjson
series files 250 scan events
series owners 50 scan --stage-hits hits --owners N e.ndjson
series parts 50 scan --from-stage-hits 'events/*.hits'
series events 25000 explain rules/a.toml --events e.ndjson
