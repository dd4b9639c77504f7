#!/usr/bin/env bash
# `trapline test` over a thousand rules and more with some 60,000 checks: for each rule that can be
# solved a scenario by `trapline new`, all of it three times under new ids.
#
#   benches/thousand.sh RULES
#
# RULES is a directory of rules; RUNS=3 may be set.
set -euo pipefail

if [ $# -ne 1 ]; then
  sed -n '5,7s/^# *//p' "$0" >&2
  exit 2
fi
rules=$(realpath "$1")
runs=${RUNS:-3}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --profile dist --quiet --manifest-path "$here/../Cargo.toml"
trapline=$here/../target/dist/trapline

mkdir -p "$work/rules/a"
grep -rl --include='*.toml' '^type = "eql"' "$rules" | grep -v /_deprecated/ |
  xargs -d '\n' cp -t "$work/rules/a"
cd "$work"
# A rule that no known source serves gets none.
find rules/a -name '*.toml' | sort | xargs -d '\n' -P"$(nproc)" -n1 "$trapline" new > /dev/null 2>&1 || true
for copy in b c; do
  mkdir -p "rules/$copy" "scenarios/$copy"
  for file in scenarios/a/*.yaml; do
    name=$(basename "$file" .yaml)
    sed -E "s/^rule_id = \"(.*)\"/rule_id = \"\1-$copy\"/" "rules/a/$name.toml" > "rules/$copy/$name.toml"
    cp "$file" "scenarios/$copy/"
  done
done
"$trapline" test --accept > /dev/null 2>&1 || true
for _ in $(seq "$runs"); do
  TIMEFORMAT='%3R s, %3U + %3S s of processor time'
  time "$trapline" test > summary 2>&1
  grep -hE '^(ok|FAILED|ADDED)|^rules' summary
done
