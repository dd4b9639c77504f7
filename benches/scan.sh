#!/usr/bin/env bash
# The speed of `trapline scan` against reading the same file into serde_json values
# (benches/value_baseline), as whole processes. See benches/README.md.
#
#   benches/scan.sh RULES EVENTS.ndjson [OTHER.ndjson …]
#
# RULES is a directory of rules; RUNS=5 may be set.
set -euo pipefail

if [ $# -lt 2 ]; then
  sed -n '5,7s/^# *//p' "$0" >&2
  exit 2
fi
rules=$(realpath "$1")
shift
runs=${RUNS:-5}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --profile dist --quiet --manifest-path "$here/../Cargo.toml"
cargo build --release --quiet --manifest-path "$here/value_baseline/Cargo.toml"
trapline=$here/../target/dist/trapline
baseline=$here/value_baseline/target/release/value_baseline

# Sets of EQL rules: one, ten, all, and all twice under new ids.
mapfile -t files < <(grep -rl --include='*.toml' '^type = "eql"' "$rules" | grep -v /_deprecated/ |
  awk -F/ '{ print $NF "\t" $0 }' | sort | cut -f2)
mkdir "$work/all"
mkdir "$work/one" "$work/ten" "$work/twice"
cp "${files[0]}" "$work/one"
cp "${files[@]:0:10}" "$work/ten"
for place in "${!files[@]}"; do
  cp "${files[place]}" "$work/all/$place.toml"
  cp "${files[place]}" "$work/twice/$place.toml"
  sed -E 's/^rule_id = "(.*)"/rule_id = "\1-again"/' "${files[place]}" > "$work/twice/$place-again.toml"
done

# Processor time of a command, user and system, in seconds.
cpu() {
  local TIMEFORMAT='%3U %3S'
  { time "$@" > /dev/null 2>&1; } 2>&1 | awk '{ printf "%.3f", $1 + $2 }'
}
# Wall time.
wall() {
  local TIMEFORMAT='%3R'
  { time "$@" > /dev/null 2>&1; } 2>&1
}
median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.3f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

# The median of the ratios of runs in turn: row NAME RULES FILE [BASE-RULES]
row() {
  local name=$1 set=$2 file=$3 base=${4:-} own other
  for _ in $(seq "$runs"); do
    own=$(cpu "$trapline" scan -j1 --rules "$set" "$file")
    if [ -n "$base" ]; then
      other=$(cpu "$trapline" scan -j1 --rules "$base" "$file")
    else
      other=$(cpu "$baseline" "$file")
    fi
    echo "$own $other"
  done > "$work/pairs"
  printf '%-44s %-28s %8s %8s %8s\n' "$name" "$(basename "$file")" \
    "$(cut -d' ' -f1 "$work/pairs" | median)" "$(cut -d' ' -f2 "$work/pairs" | median)" \
    "$(awk '{ print $1 / $2 }' "$work/pairs" | median)"
}

: > "$work/empty.ndjson"
printf '%-44s %-28s %8s %8s %8s\n' row file 'own s' 'other s' ratio
for file in "$@"; do
  row "one rule, to values" "$work/one" "$file"
  row "${#files[@]} rules, to values" "$work/all" "$file"
  row "$((${#files[@]} * 2)) rules, to values" "$work/twice" "$file"
  row "$((${#files[@]} * 2)) rules, to ten rules" "$work/twice" "$file" "$work/ten"
  for _ in $(seq "$runs"); do
    one=$(wall "$trapline" scan -j1 --rules "$work/all" "$file")
    two=$(wall "$trapline" scan -j2 --rules "$work/all" "$file")
    echo "$one $two"
  done | awk '{ print $1 / $2 }' | median > "$work/two"
  printf '%-44s %-28s %26s\n' "one thread, to two (wall time, idle machine)" "$(basename "$file")" "$(cat "$work/two")"
done
for threads in 1 2; do
  for _ in $(seq "$runs"); do wall "$trapline" scan -j$threads --rules "$work/twice" "$work/empty.ndjson"; done |
    median > "$work/load"
  printf '%-44s %-28s %8s\n' "load $((${#files[@]} * 2)) rules, wall" "$threads threads" "$(cat "$work/load")"
done
if [ -x /usr/bin/time ]; then
  many=()
  for _ in $(seq 10); do many+=("$1"); done
  for set in "$1" "${many[*]}"; do
    # shellcheck disable=SC2086 # a list of files without blanks
    /usr/bin/time -f '%M' "$trapline" scan -j2 --rules "$work/twice" $set 2>&1 > /dev/null | tail -1 > "$work/peak"
    printf '%-44s %-28s %8s MB\n' "peak memory" "$(wc -w <<< "$set") times $(basename "$1")" "$(awk '{ printf "%.0f", $1 / 1024 }' "$work/peak")"
  done
fi
