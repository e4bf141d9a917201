#!/bin/sh
# The gate passes a run against itself, stops a worse one, and says so when there is nothing to read.
set -u
here=$(dirname "$0")
runs=$here/../quickstart
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=0

expect() {  # expect STATUS ARGUMENTS…
  want=$1; shift
  "$here/gate.sh" "$@" "$out/report.md" > "$out/said" 2>&1
  got=$?
  [ "$got" = "$want" ] || { echo "gate.sh $*: status $got, wanted $want"; cat "$out/said"; failed=1; }
}

expect 0 "$runs/baseline.jsonl" "$runs/baseline.jsonl"
expect 1 "$runs/baseline.jsonl" "$runs/experiment.jsonl"
[ -s "$out/report.md" ] || { echo "no report beside status 1"; failed=1; }
rm -f "$out/report.md"
expect 3 "$runs/baseline.jsonl" "$runs/none.jsonl"
[ ! -e "$out/report.md" ] || { echo "a report was left behind after an error"; failed=1; }
exit $failed
