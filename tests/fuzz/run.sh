#!/usr/bin/env bash
# tests/fuzz/run.sh [SECONDS [TARGET...]]: runs each libFuzzer target for SECONDS (default 300), one at a time. Found inputs
# stay in build/fuzz/corpus/TARGET; crashes go to build/fuzz/crashes and make the status 1. Inputs that take two seconds go
# there too.
# Before: cmake --preset fuzz && cmake --build --preset fuzz --target fuzz
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-300}
shift || true
build=build/fuzz/tests/fuzz
[ -x $build/fuzz_replay ] || { echo "build it first: cmake --build --preset fuzz --target fuzz" >&2; exit 2; }
[ $# -gt 0 ] || mapfile -t names < <($build/fuzz_replay --list)
[ $# -eq 0 ] || names=("$@")
mkdir -p build/fuzz/crashes
status=0
for name in "${names[@]}"; do
  corpus=build/fuzz/corpus/$name seeds=build/fuzz/seeds/$name
  mkdir -p "$corpus" "$seeds"
  for folder in tests/fuzz/seeds/"$name" tests/data/import/"$name"; do
    [ -d "$folder" ] || continue
    find "$folder" -type f -size -64k -exec cp --backup=numbered -t "$seeds" {} +
    find "$folder" -mindepth 1 -type d | while read -r sub; do
      $build/fuzz_replay --pack "$sub" "$seeds/packed_$(basename "$sub")"
    done
  done
  real=()
  if [ -d ../shared/data/real ] && [[ $name != input_* && $name != config_* ]]; then
    real=(build/fuzz/seeds/.real)
    mkdir -p "${real[0]}"
    find ../shared/data/real -type f -size -64k | while read -r log; do
      ln -sf "$(realpath "$log")" "${real[0]}/$(echo "$log" | tr / _)"
    done
  fi
  log=build/fuzz/$name.log
  if nice -n 19 "$build/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
       -report_slow_units=2 -max_len=65536 -artifact_prefix="build/fuzz/crashes/$name-" -print_final_stats=1 \
       "$corpus" "$seeds" "${real[@]}" > "$log" 2>&1; then
    echo "$name: no crash, $(grep -o 'number_of_executed_units: .*' "$log")"
  else
    echo "$name: FAILED, see $log and build/fuzz/crashes"
    status=1
  fi
done
exit $status
