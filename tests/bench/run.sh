#!/bin/bash
# How fast logs are read, against cat, DuckDB and polars, in interleaved rounds: tests/bench/run.sh [WORKDIR] [ROUNDS]
# MB=100 makes it small (1000 is the default); the peers need node and npm, and ../shared/tools/bench beside the project.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(realpath -m "${1:-/tmp/bench_w}")
rounds=${2:-3}
mb=${MB:-1000}
tools=${BENCH_TOOLS:-$root/../shared/tools/bench}
[ -d "$tools" ] && tools=$(realpath "$tools")
mkdir -p "$work"
(cd "$root" && cmake --preset bench ${CMAKE_ARGS:-} >/dev/null && cmake --build --preset bench --target bench_import bench_review)
bench=$root/build/bench/tests/bench/bench_import
rounds_py() { python3 "$tools/rounds.py" -n "$rounds" --gb "$1" "${@:2}"; }

python3 "$root/tests/bench/make_logs.py" "$work" "$mb"

echo "== time for each size: growth is linear when GB/s does not fall"
for size in 1 10 100 1000; do
  log=$work/wide_$size.jsonl
  [ -f "$log" ] && echo "$size MB: $("$bench" "$log" 1)"
done

echo "== step 1 beside the reading of its logs: 3 + 3 runs of 100,000 records"
for ((i = 0; i < rounds; ++i)); do
  for shape in seed sparse trained many; do
    echo "$shape: $("${bench/import/review}" "$work/$shape"_{b,e}{1,2,3}.jsonl)"
  done
done

if [ ! -f "$tools/rounds.py" ]; then
  for log in wide_$mb.jsonl alternating.jsonl random.jsonl wide_$mb.csv; do
    for threads in 1 2; do echo "$log, $threads threads: $("$bench" "$work/$log" $threads)"; done
  done
  exit 0
fi
if [ ! -d "$work/npm/node_modules/@duckdb" ]; then
  mkdir -p "$work/npm"
  (cd "$work/npm" && npm init -y >/dev/null &&
    npm i --no-audit --no-fund @duckdb/node-api nodejs-polars nodejs-polars-linux-x64-gnu >/dev/null)
fi
export NODE_MODULES_FROM=$work/npm/
duck="node $tools/peer_duckdb.mjs" polars="node $tools/peer_polars.mjs"
for log in wide_$mb.jsonl alternating.jsonl random.jsonl wide_$mb.csv; do
  echo "== $log"
  kind=${log##*.}
  file=$work/$log
  cat "$file" >/dev/null  # warm page cache
  rounds_py "$(stat -c %s "$file" | awk '{print $1 / 1e9}')" "ours t1=$bench $file 1" "ours t2=$bench $file 2" \
    "cat=cat $file" "duckdb query t1=$duck query $kind $file 1" "duckdb query t2=$duck query $kind $file 2" \
    "duckdb table t1=$duck table $kind $file 1" "duckdb table t2=$duck table $kind $file 2" \
    "polars t1=POLARS_MAX_THREADS=1 $polars $kind $file" "polars t2=POLARS_MAX_THREADS=2 $polars $kind $file"
done
