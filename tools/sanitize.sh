#!/usr/bin/env bash
# Runs the package under sanitizers, which find errors of memory, undefined behaviour and
# races that go well by chance:
#
#   bash tools/sanitize.sh address [TEST ...]   the package, with AddressSanitizer and
#     UndefinedBehaviorSanitizer, through these files of its tests (a chosen set by
#     default); formulas are compiled with the sanitizers, too
#   bash tools/sanitize.sh threads [PROGRAM ...]   test programs of tests/testthat/cpp
#     that start threads, with ThreadSanitizer
#
# gcc and its sanitizers are needed. RKEOPS_SANITIZE_BUILD keeps what was built. The last
# line says how many files passed.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
what=${1:-address}
shift || true
work=${RKEOPS_SANITIZE_BUILD:-$(mktemp -d)}
mkdir -p "$work"
passed=0
failed=0

# Counts a run by its exit status and by what it printed to file $2.
count() {
  if [ "$1" -eq 0 ] && ! grep -qE 'Sanitizer|runtime error:|[1-9][0-9]* failed|FAIL$' "$2"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    tail -n 60 "$2"
  fi
}

case $what in
address)
  checks=-fsanitize=address,undefined
  flags="-O1 -g $checks -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer"
  # The loops of the interpreter take long to compile; their callers are watched.
  cat >"$work/Makevars" <<END
CXX17FLAGS = $flags
SHLIB_CXX17LDFLAGS = -shared $checks
CXX17 = $(command -v ccache || true) $(R CMD config CXX17)
interpret/instructions_avx2.o interpret/instructions_avx512.o: CXX17FLAGS = -O1
interpret/instructions_baseline.o: CXX17FLAGS = -O1
END
  # Objects and libraries stay outside of the tree.
  rm -rf "$work/source" && mkdir "$work/source" "$work/library" 2>/dev/null || true
  git ls-files -z | grep -zv '^\(benchmarks\|vignettes\|design\)/' |
    xargs -0 cp --parents -t "$work/source"
  MAKEFLAGS="${MAKEFLAGS:--j$(nproc)}" R_MAKEVARS_USER="$work/Makevars" \
    CCACHE_BASEDIR="$work" CCACHE_NOHASHDIR=1 R CMD INSTALL --no-docs --no-test-load \
    --no-byte-compile --library="$work/library" "$work/source" >"$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log" && exit 1; }

  # R is not instrumented: the library of the sanitizer has to be there first. Compilers
  # do without it.
  preload="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
  preload="$preload $(gcc -print-file-name=libstdc++.so)"
  printf '#!/bin/sh\nunset LD_PRELOAD\nexec %s %s "$@"\n' \
    "$(R CMD config CXX17)" "$checks -fno-sanitize=vptr" >"$work/compiler"
  chmod +x "$work/compiler"
  export ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0:allocator_may_return_null=1
  export UBSAN_OPTIONS=print_stacktrace=1 RKEOPS_CXX="$work/compiler"
  export R_LIBS="$work/library" NOT_CRAN=true RKEOPS_SOURCE="$root" LC_ALL=C.UTF-8
  export RKEOPS_FUZZ=20
  tests=("$@")
  if [ $# -eq 0 ]; then
    tests=(operator conditions missing lazy_tensor lazy_words lazy_stored lazy_reductions
      lazy_masks pair_ranges pairs_within pruning few-rows outer-products file_matrix
      reductions zzz-sizes)
  fi
  for name in "${tests[@]}"; do
    status=0
    LD_PRELOAD="$preload" Rscript -e '
      name <- commandArgs(TRUE)
      result <- as.data.frame(testthat::test_file(
        sprintf("tests/testthat/test-%s.R", name), package = "rkeops",
        load_package = "installed", reporter = "check", stop_on_failure = FALSE
      ))
      cat(sprintf(
        "%s: %d passed, %d failed\n", name, sum(result$passed),
        sum(result$failed) + sum(result$error)
      ))' "$name" >"$work/test-$name.log" 2>&1 || status=$?
    tail -n 1 "$work/test-$name.log"
    count "$status" "$work/test-$name.log"
  done
  ;;
threads)
  flags="-std=gnu++17 -O1 -g -fsanitize=thread -pthread -Isrc -Iinst/include"
  programs=("$@")
  if [ $# -eq 0 ]; then programs=(cpu_schedule cpu_engine build_room); fi
  export TSAN_OPTIONS=halt_on_error=0:exitcode=66
  for name in "${programs[@]}"; do
    program=tests/testthat/cpp/$name.cpp
    # The comment at the head of each names its sources.
    sources=$(sed -n '/^\/\//!q;p' "$program" | grep -oE '\bsrc/[^ ]+\.cpp' | sort -u || true)
    status=0
    # shellcheck disable=SC2086
    { g++ $flags "$program" $sources -ldl -o "$work/$name" && "$work/$name"; } \
      >"$work/$name.log" 2>&1 || status=$?
    echo "$name: $(grep -c ' ok$' "$work/$name.log" || true) ok"
    count "$status" "$work/$name.log"
  done
  ;;
*)
  sed -n '2,12p' "$0"
  exit 1
  ;;
esac

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
