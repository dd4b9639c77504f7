#!/usr/bin/env bash
# Peak memory on input just below the limits, and on input that is refused: none may take 1 GB.
#
# usage: benches/memory.sh TRAPLINE
#
# Needs bash, awk, python3 and GNU time. Exit code 1 where a run takes more.
set -euo pipefail

program=$(realpath "${1:?usage: benches/memory.sh TRAPLINE}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export NO_COLOR=1
unset CI
python3 - <<'PY'
import gzip, json, os, struct, zlib
os.makedirs('rules'); os.makedirs('scenarios')
open('trapline.toml', 'w')
RULE = '''[metadata]
creation_date = "2024/01/01"
maturity = "production"
[rule]
author = ["T"]
description = "d"
index = ["logs-endpoint.events.*"]
language = "eql"
license = "x"
name = "One"
risk_score = 21
rule_id = "11111111-1111-4111-8111-111111111111"
severity = "low"
type = "eql"
query = \'\'\'process where process.name == "a.exe"\'\'\'
'''
open('rules/a.toml', 'w').write(RULE)
line = (json.dumps({'@timestamp': '2024-01-01T00:00:00Z', '_index': 'logs-endpoint.events.process-x',
                    'event': {'category': 'process'}, 'process': {'name': 'a.exe'}}) + '\n').encode()
scenario = 'rule: ../rules/a.toml\nattack:\n  name: b\n  events_from: {file: ../%s, label: {e: any where true}}\n  expect: alert\n'
def capture(name, data):
    open(name, 'wb').write(data)
    open('scenarios/%s.yaml' % name.split('.')[0], 'w').write(scenario % name)
capture('below.ndjson.gz', gzip.compress(line * 230_000, 9))
capture('above.ndjson.gz', gzip.compress(line * 1_500_000, 9))
wide = json.dumps({'@timestamp': '2024-01-01T00:00:00Z', '_index': 'logs-endpoint.events.process-x',
                   'process': {'k%d' % i: 'v' for i in range(300)}}).encode() + b'\n'
capture('wide.ndjson.gz', gzip.compress(wide * 20_000, 9))
raw = line * ((16 << 20) // len(line))
c = zlib.compressobj(9, 8, -15); comp = c.compress(raw) + c.flush(); crc = zlib.crc32(raw); n = 200
head = struct.pack('<IHHHHHIIIHH', 0x04034b50, 20, 0, 8, 0, 0, crc, len(comp), len(raw), 1, 0) + b'a'
def entry(i):
    name = b'%d' % i
    return struct.pack('<IHHHHHHIIIHHHHHII', 0x02014b50, 20, 20, 0, 8, 0, 0, crc, len(comp), len(raw),
                       len(name), 0, 0, 0, 0, 0, 0) + name
cd = b''.join(map(entry, range(n)))
capture('overlap.zip', head + comp + cd + struct.pack('<IHHHHIIH', 0x06054b50, 0, 0, n, n, len(cd),
                                                      len(head) + len(comp), 0))
open('line.ndjson', 'wb').write(b'{"a":"' + b'x' * (63 << 20) + b'"}\n' + line)
open('long.ndjson', 'wb').write(b'{"a":"' + b'x' * (200 << 20) + b'"}\n' + line)
open('deep.ndjson', 'wb').write(b'{"a":' * 2_000_000 + b'\n' + line)
open('bomb.ndjson.gz', 'wb').write(gzip.compress(b'{' + b' ' * (400 << 20), 9))
block = (((128 * 1024) << 3) | 2).to_bytes(3, 'little') + b'a'
open('bomb.ndjson.zst', 'wb').write(b'\x28\xb5\x2f\xfd\x00\x58' + block * 8192 + b'\x01\x00\x00')
PY

worst=0
run() {
  /usr/bin/time -f '%U %M' -o time "$program" "$@" >/dev/null 2>&1 || true
  local figures
  figures=$(tail -1 time)
  awk -v what="$*" '{ printf "| `%s` | %.1f | %d |\n", what, $1, $2 / 1024 }' <<<"$figures"
  local memory=${figures#* }
  [ "$memory" -le "$worst" ] || worst=$memory
}

echo '| command | seconds | MB |'
echo '|---|---|---|'
for capture in below above wide overlap; do
  run test "scenarios/$capture.yaml"
done
run mutate scenarios/below.yaml
for file in line.ndjson long.ndjson deep.ndjson bomb.ndjson.gz bomb.ndjson.zst below.ndjson.gz above.ndjson.gz; do
  run scan "$file"
  run import "$file"
done
echo
echo "most: $((worst / 1024)) MB"
[ "$worst" -lt 1000000 ]
