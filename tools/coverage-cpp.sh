#!/usr/bin/env bash
# Which lines of our C++ the tests reach, by gcov:
#
#   bash tools/coverage-cpp.sh [TEST ...]   these files of the tests (a chosen set by
#     default)
#
# Prints each source with the share of its lines that were reached, the least first, and
# the sum; RKEOPS_COVERAGE_BUILD keeps what was built, and never.txt there lists the lines
# that were not reached. The loops of the interpreter, which stand in headers and take
# long to compile, are left out.
set -euo pipefail
cd "$(dirname "$0")/.."
work=${RKEOPS_COVERAGE_BUILD:-$(mktemp -d)}
mkdir -p "$work/source" "$work/library"
cat >"$work/Makevars" <<END
CXX17FLAGS = -O0 -g --coverage
SHLIB_CXX17LDFLAGS = -shared --coverage
interpret/instructions_avx2.o interpret/instructions_avx512.o: CXX17FLAGS = -O1
interpret/instructions_baseline.o: CXX17FLAGS = -O1
END
git ls-files -z | grep -zv '^\(benchmarks\|vignettes\|design\)/' |
  xargs -0 cp --parents -u -t "$work/source"
MAKEFLAGS="${MAKEFLAGS:--j$(nproc)}" R_MAKEVARS_USER="$work/Makevars" R CMD INSTALL \
  --no-docs --no-test-load --no-byte-compile --library="$work/library" "$work/source" \
  >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" && exit 1; }
find "$work/source/src" -name '*.gcda' -delete

export R_LIBS="$work/library" NOT_CRAN=true RKEOPS_SOURCE="$PWD" LC_ALL=C.UTF-8
tests=("$@")
if [ $# -eq 0 ]; then
  tests=(operator conditions missing ops reductions expansion digits interpreter
    lazy_tensor lazy_masks lazy_entries lazy_quantile pair_ranges pairs_within pruning
    pruning-sums few-rows outer-products inner-products file_matrix workers_run cache
    kernel_solve gpu-engine stage-emit stage-plan explain gradient forward-mode)
fi
for name in "${tests[@]}"; do
  Rscript -e 'testthat::test_file(
    sprintf("tests/testthat/test-%s.R", commandArgs(TRUE)), package = "rkeops",
    load_package = "installed", reporter = "check", stop_on_failure = FALSE
  )' "$name" >"$work/test-$name.log" 2>&1 || tail -n 5 "$work/test-$name.log"
done

cd "$work/source/src"
rm -f ./*.gcov "$work/never.txt"
find . -name '*.gcda' -print0 |
  xargs -0 gcov --preserve-paths --relative-only >"$work/gcov.log" 2>&1
# A line of the output of gcov: count, number, text; ##### is a line never reached.
for file in ./*.gcov; do
  source=$(sed -n '1s/.*Source://p' "$file")
  case $source in interpret/instructions* | RcppExports.cpp | *.h) continue ;; esac
  awk -F: -v source="$source" -v never="$work/never.txt" '
    $1 ~ /^ *[0-9]+\*?$/ { reached++ }
    $1 ~ /#####|=====/ { missed++; print source ":" $2 + 0 ":" $3 >> never }
    END { if (reached + missed) printf "%5.1f %% %5d %s\n",
      100 * reached / (reached + missed), reached + missed, source }' "$file"
done | sort -n | tee "$work/coverage.txt"
awk '{ lines += $3; reached += $1 * $3 / 100 }
  END { printf "%d sources, %d lines, %.1f %% reached\n", NR, lines, 100 * reached / lines }' \
  "$work/coverage.txt"
