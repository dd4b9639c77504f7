#!/usr/bin/env bash
# The instructions that trapline executes on small fixed inputs, against the figures recorded in
# benches/instructions.tsv. A count does not depend on how busy the machine is.
#
#   benches/instructions.sh TRAPLINE [--record]
#
# TRAPLINE is a release build. Fails if a count is more than 5 % above the recorded one; one that is
# more than 5 % below is to be recorded, so that it is not lost again. Figures belong to a toolchain
# and a target. Needs bash, awk and valgrind; where valgrind or the figures of the toolchain are
# missing it says so and succeeds.
set -euo pipefail

if [ $# -lt 1 ]; then
  sed -n '5p' "$0" | sed 's/^# *//' >&2
  exit 2
fi
program=$(realpath "$1")
record=${2:-}
figures=$(realpath "$(dirname "$0")")/instructions.tsv
tolerance=5
if ! command -v valgrind >/dev/null; then
  echo "instructions: skipped, valgrind is not installed"
  exit 0
fi
toolchain=$(rustc -vV | awk '/^release/ { release = $2 } /^host/ { host = $2 } END { print release "-" host }')
if [ "$record" != --record ] && ! grep -q "^$toolchain"$'\t' "$figures"; then
  echo "instructions: skipped, no figures are recorded for $toolchain"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# 120 rules, a scenario for every third of them, 2,000 events.
mkdir -p "$work/rules" "$work/scenarios"
for n in $(seq 120); do
  case $((n % 3)) in
    0) query="process where event.type == \"start\" and process.name : (\"tool$n.exe\", \"helper$n-*.exe\") and
       process.command_line : (\"*--mode-$n *\", \"*\\\\\\\\tools\\\\\\\\$n\\\\\\\\*\") and not user.id : \"S-1-5-18\"" ;;
    1) query="process where event.type == \"start\" and process.args : (\"-flag$n\", \"/opt$n:*\", \"*.part$n\") and
       not process.parent.executable : (\"?:\\\\\\\\Program Files\\\\\\\\Vendor$n\\\\\\\\*.exe\", \"?:\\\\\\\\Windows\\\\\\\\*\")" ;;
    2) query="sequence by host.id, process.entity_id with maxspan=1m
       [process where event.type == \"start\" and process.name : \"client$n.exe\"]
       [network where destination.port == $((1000 + n)) and not cidrmatch(destination.ip, \"10.0.0.0/8\")]" ;;
  esac
  cat > "$work/rules/r$n.toml" <<EOF
[metadata]
creation_date = "2024/01/01"
maturity = "production"
updated_date = "2024/01/01"

[rule]
author = ["T"]
description = "Rule $n of a bench."
index = ["logs-endpoint.events.process-*", "logs-endpoint.events.network-*"]
language = "eql"
license = "x"
name = "Rule $n"
risk_score = 21
rule_id = "$(printf '%08d' "$n")-1111-4111-8111-111111111111"
severity = "low"
tags = ["Domain: Endpoint", "OS: Windows"]
type = "eql"
query = '''
$query
'''
EOF
  [ $((n % 3)) -ne 0 ] || cat > "$work/scenarios/r$n.yaml" <<EOF
# The attack of rule $n.
attack:
  name: tool $n runs
  events:
    start:
      is: process.start
      process.name: tool$n.exe
      process.command_line: 'tool$n.exe --mode-$n fast'
      user.id: S-1-5-21-1-2-3-1001
  expect: alert
cases:
  - name: another program
    change: {start: {process.name: other.exe}}
    expect: none
    because: process.name
  - name: another mode
    change: {start: {process.command_line: "tool$n.exe --mode-x fast"}}
    expect: none
    because: process.command_line
  - name: the system runs it
    change: {start: {user.id: S-1-5-18}}
    expect: none
    because: user.id
EOF
done
awk 'BEGIN {
  for (i = 0; i < 2000; i++) {
    time = sprintf("2024-01-01T%02d:%02d:%02d.%03dZ", i / 3600, i / 60 % 60, i % 60, i * 7 % 1000)
    n = i % 150
    host = "\"host\":{\"id\":\"h-" i % 20 "\",\"name\":\"ws" i % 20 "\",\"os\":{\"type\":\"windows\"},\"ip\":[\"10.1.2." i % 20 "\",\"fe80::1\"]}"
    if (i % 4 == 3) {
      kind = "\"event\":{\"category\":\"network\",\"type\":[\"start\"],\"action\":\"connection_attempted\"},\"destination\":{\"ip\":\"203.0.113." i % 200 "\",\"port\":" 1000 + n "}"
      index_name = "network"
    } else {
      kind = "\"event\":{\"category\":\"process\",\"type\":[\"start\"],\"action\":\"start\",\"created\":\"" time "\"}"
      index_name = "process"
    }
    printf "{\"@timestamp\":\"%s\",\"_index\":\"logs-endpoint.events.%s-default\",%s,%s,\"process\":{\"entity_id\":\"p-%d\",\"pid\":%d,\"name\":\"client%d.exe\",\"executable\":\"C:\\\\tools\\\\%d\\\\client%d.exe\",\"command_line\":\"client%d.exe --mode-%d --run %d \\\"C:\\\\Users\\\\u%d\\\\file%d.part%d\\\"\",\"args\":[\"client%d.exe\",\"--mode-%d\",\"-flag%d\",\"C:\\\\Users\\\\u%d\\\\file%d.part%d\"],\"parent\":{\"executable\":\"C:\\\\Windows\\\\explorer.exe\"}},\"user\":{\"id\":\"S-1-5-21-1-2-3-%d\"}}\n", time, index_name, host, kind, i - i % 4, i, n, n, n, n, n, i, i % 40, i, n, n, n, n, i % 40, i, n, 1000 + i % 40
  }
}' > "$work/events.ndjson"
: > "$work/empty.ndjson"

# One thread: how threads wait is no work of ours.
export NO_COLOR=1 CI=1 RAYON_NUM_THREADS=1
cd "$work"
env -u CI "$program" test --accept > "$work/said" 2>&1 || true
grep -q ' 160 ' "$work/said" || { cat "$work/said" >&2; echo "instructions: the scenarios do not run" >&2; exit 1; }

count() {
  local name=$1
  shift
  # What a command finds is no matter here; that it ran is: no signal, and a count.
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" > /dev/null 2> "$work/valgrind" || true
  awk -v toolchain="$toolchain" -v name="$name" \
    '/refs:/ { gsub(",", "", $NF); printf "%s\t%s\t%d\n", toolchain, name, $NF / 1000; found = 1 } END { exit !found }' \
    "$work/valgrind" || { cat "$work/valgrind" >&2; exit 1; }
}

{
  count load scan -j1 --rules rules empty.ndjson
  count scan scan -j1 --rules rules events.ndjson
  count check check
  count test test -j1
} > "$work/counts"

if [ "$record" = --record ]; then
  { grep -v "^$toolchain"$'\t' "$figures" 2>/dev/null || true; } > "$work/others"
  cat "$work/others" "$work/counts" > "$figures"
  cat "$work/counts"
  exit 0
fi
awk -F'\t' -v tolerance="$tolerance" '
  NR == FNR { recorded[$1, $2] = $3; next }
  {
    was = recorded[$1, $2]
    change = was ? ($3 / was - 1) * 100 : 0
    verdict = !was ? "not recorded" : change > tolerance ? "SLOWER" : change < -tolerance ? "faster: record it" : "ok"
    printf "%-6s %12d thousand instructions, recorded %12d, %+.1f %%  %s\n", $2, $3, was, change, verdict
    failed = failed || change > tolerance || !was
  }
  END { exit failed }
' "$figures" "$work/counts"
