#!/usr/bin/env bash
# ES|QL: 100,000 events through each class of rule, by `scan` (all executions of the schedule) and by
# `query` (one run over all events), against reading the same file into serde_json values
# (benches/value_baseline). See benches/README.md.
#
# usage: benches/esql.sh TRAPLINE EVENTS.ndjson [CLASS…]     (all classes without one)
#
# The first 100,000 events are taken; EVENTS=10000 takes fewer. One thread, processor time. RUNS=3
# may be set. Needs bash, awk, cargo and GNU time.
set -euo pipefail

if [ $# -lt 2 ]; then
  sed -n '6p' "$0" | cut -c3- >&2
  exit 2
fi
program=$(realpath "$1")
recording=$(realpath "$2")
shift 2
events=${EVENTS:-100000}
runs=${RUNS:-3}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NO_COLOR=1
unset CI

cargo build --release --quiet --manifest-path "$here/value_baseline/Cargo.toml"
baseline=$here/value_baseline/target/release/value_baseline
# The name without its ending is the index of the documents in `query`.
head -n "$events" "$recording" > "$work/logs-events.ndjson"
cd "$work"
: > trapline.toml

# measure COMMAND…: processor time in seconds and peak memory in MB, the best of the runs.
measure() {
  for _ in $(seq "$runs"); do
    /usr/bin/time -f '%U %S %M' -o time "$@" > out 2> err || true
    tail -1 time
  done | awk '{ time = $1 + $2 } NR == 1 || time < best { best = time; memory = $3 }
    END { printf "%.2f %.0f\n", best, memory / 1024 }'
}

read -r reading _ <<< "$(measure "$baseline" logs-events.ndjson)"
printf '%s events, %s s to read them into values\n\n' "$events" "$reading"
echo '| class | command | s | events/s | to values | MB |'
echo '|---|---|---|---|---|---|'

# row CLASS COMMAND…
row() {
  local class=$1 word=$2
  shift
  measure "$program" "$@" | awk -v class="$class" -v word="$word" -v events="$events" -v reading="$reading" '
    { printf "| %s | `%s` | %.2f | %d | %.1f | %d |\n", class, word, $1, events / ($1 > 0 ? $1 : 0.01), $1 / reading, $2 }'
}

# class NAME QUERY: the query by `scan` and by `query`.
class() {
  local name=$1 query=$2
  [ "${#wanted[@]}" -eq 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || return 0
  mkdir -p "$name"
  cat > "$name/rule.toml" <<TOML
[metadata]
creation_date = "2024/01/01"
maturity = "production"
[rule]
author = ["T"]
description = "d"
language = "esql"
license = "x"
name = "$name"
risk_score = 21
rule_id = "11111111-1111-4111-8111-111111111111"
severity = "low"
type = "esql"
interval = "5m"
from = "now-9m"
query = '''
$query
'''
TOML
  row "$name" scan -j1 --rules "$name" logs-events.ndjson
  grep -q 'failed on\|was not run' out err && { cat err; exit 1; }
  row "$name" query --language esql --format json "$query" logs-events.ndjson
  grep -q '"columns"' out || { cat err; exit 1; }
}

wanted=("$@")
class filter 'FROM logs-* METADATA _id, _index, _version
| WHERE event.kind == "event" AND process.name IN ("powershell.exe", "cmd.exe") AND user.id == "S-1-5-19"
| KEEP _id, _index, _version, process.name, host.name'
class pattern 'FROM logs-* METADATA _id, _index, _version
| WHERE process.executable LIKE "*\\\\System32\\\\*" AND process.name RLIKE "[a-z]+host[0-9]*\\.exe" AND user.id == "S-1-5-19"
| KEEP _id, _index, _version, process.name'
class eval 'FROM logs-* METADATA _id, _index, _version
| EVAL Esql.path = TO_LOWER(process.executable), Esql.name = REPLACE(Esql.path, "^.*\\\\", ""), Esql.length = LENGTH(Esql.name)
| EVAL Esql.key = CONCAT(Esql.name, "-", TO_STRING(Esql.length)), Esql.kind = CASE(Esql.length > 20, "long", Esql.length > 8, "usual", "short")
| EVAL Esql.hour = DATE_TRUNC(1 hour, @timestamp), Esql.part = SUBSTRING(Esql.key, 1, 5), Esql.odd = Esql.length % 2 == 1
| WHERE Esql.kind == "long" AND Esql.odd AND Esql.part == "zzzzz"
| KEEP _id, _index, _version, Esql.*'
class grok 'FROM logs-* METADATA _id, _index, _version
| GROK process.executable "%{DATA:Esql.drive}:%{DATA:Esql.path}\\\\%{WORD:Esql.name}\\.exe"
| WHERE Esql.drive == "Z"
| KEEP _id, _index, _version, Esql.*'
class dissect 'FROM logs-* METADATA _id, _index, _version
| DISSECT process.executable "%{Esql.drive}:\\%{Esql.folder}\\%{Esql.rest}"
| WHERE Esql.drive == "Z"
| KEEP _id, _index, _version, Esql.*'
class groups-few 'FROM logs-*
| STATS Esql.count = COUNT(*), Esql.first = MIN(@timestamp) BY event.code
| WHERE Esql.count > 1000000'
class groups-many 'FROM logs-*
| STATS Esql.count = COUNT(*), Esql.users = COUNT_DISTINCT(user.id), Esql.names = VALUES(process.name) BY host.id, process.entity_id, process.pid
| WHERE Esql.count > 1000000'
class filtered-aggregates 'FROM logs-*
| STATS Esql.count = COUNT(*), Esql.shells = COUNT(*) WHERE process.name == "powershell.exe", Esql.system = COUNT_DISTINCT(process.pid) WHERE user.id == "S-1-5-18" BY host.id
| WHERE Esql.count > 1000000 AND Esql.shells > 5 AND Esql.system > 5'
class inline-stats 'FROM logs-* METADATA _id, _index, _version
| INLINE STATS Esql.count = COUNT(*) BY host.id, process.name
| WHERE Esql.count > 1000000
| KEEP _id, _index, _version, host.id, Esql.count'
class mv-expand 'FROM logs-*
| EVAL Esql.parts = SPLIT(process.executable, "\\\\")
| MV_EXPAND Esql.parts
| STATS Esql.count = COUNT(*) BY Esql.parts
| WHERE Esql.count > 1000000'
class sort-limit 'FROM logs-* METADATA _id, _index, _version
| SORT process.pid DESC, @timestamp
| LIMIT 10
| WHERE process.pid < 0
| KEEP _id, _index, _version, process.pid'
class match 'FROM logs-* METADATA _id, _index, _version
| WHERE MATCH(process.name, "powershell.exe") AND user.id == "S-1-5-19"
| KEEP _id, _index, _version, process.name'
class kql 'FROM logs-* METADATA _id, _index, _version
| WHERE KQL("process.name: (power* or cmd.exe) and not user.id: S-1-5-18") AND user.id == "S-1-5-19"
| KEEP _id, _index, _version, process.name'
