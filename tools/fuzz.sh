#!/usr/bin/env bash
# Fuzzes by libFuzzer, with the address and undefined behaviour sanitizers and that of casts
# from floating point:
#
#   bash tools/fuzz.sh [SECONDS [TARGET]]     60 seconds; formulas, interpreter or cache
#
#   formulas      from the text of a formula to the sources of its kernels and the program
#                 of the interpreter
#   interpreter   the interpreter against plain loops
#   cache         the reader of cache entries
#
# clang is needed. Seeds of formulas are the examples of the tables, the dictionary their
# names. What is found goes to tests/testthat/cpp/corpus (corpus-interpreter), where every
# run of the tests tries it again.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
target=${2:-formulas}
work=${RKEOPS_FUZZ_BUILD:-$(mktemp -d)}
mkdir -p "$work/corpus" "$work/found"

flags=(-std=gnu++17 -O1 -g -Isrc -Iinst/include -pthread
  -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all)

rooms="base lang ir pass semantics plan emit build interpret operator bound"
[ "$target" = cache ] && rooms="base build"
# The loops of the interpreter take long to compile: they are watched where they run.
loops="-O0"
[ "$target" = interpreter ] && loops="-O1 -g -fsanitize=address"
plain="src/interpret/instructions_avx2.cpp src/interpret/instructions_avx512.cpp
  src/interpret/instructions_baseline.cpp"
for room in $rooms; do
  for source in src/"$room"/*.cpp; do
    object="$work/$(tr / - <<<"${source%.cpp}").o"
    own=("${flags[@]}" -fsanitize=fuzzer-no-link)
    [[ $plain == *"$source"* ]] && own=("-std=gnu++17 $loops -Isrc -Iinst/include")
    printf '%s: %s\n\tclang++ %s -c %s -o %s\n' \
      "$object" "$source" "${own[*]}" "$source" "$object"
    echo "all: $object"
  done
done >"$work/Makefile"
make -s -f "$work/Makefile" -j"$(nproc)" all

clang++ "${flags[@]}" -fsanitize=fuzzer -DRKEOPS_FUZZER \
  "tests/testthat/cpp/fuzz_$target.cpp" "$work"/src-*.o -ldl -o "$work/fuzz_$target"

options=()
if [ "$target" = formulas ]; then
  # The program itself writes the seeds; its objects are the same.
  clang++ "${flags[@]}" tests/testthat/cpp/fuzz_formulas.cpp "$work"/src-*.o -ldl \
    -fsanitize=fuzzer-no-link -o "$work/seeds"
  "$work/seeds" "$work/corpus"
  grep -ohE '[A-Za-z][A-Za-z0-9]+' "$work"/corpus/seed* | sort -u |
    sed 's/.*/"&"/' >"$work/dictionary"
  options=(-dict="$work/dictionary" -max_len=400 -only_ascii=1)
fi
"$work/fuzz_$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4000 \
  -print_final_stats=1 -artifact_prefix="$work/found/" "${options[@]}" \
  "$work/corpus" 2>&1 | tail -n 20
if [ -n "$(ls "$work/found")" ]; then
  echo "Found: $work/found"
  exit 1
fi
