#!/usr/bin/env bash
# Everything that is tested, on a machine that may have nothing installed:
# R CMD check as CRAN runs it, the whole test suite (with the C++ programs), the
# compilation of the CUDA snapshots where nvcc is, and the style of the sources.
# The last line counts.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/prepare.sh

install_packages "${needed_to_run[@]}" "${needed_to_test[@]}"

root=$PWD
export LC_ALL=C.UTF-8 MAKEFLAGS="-j$(nproc)"
work=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null || true; rm -rf "$work"' EXIT

# Prints how long the step took that began at second $1.
took() { echo "-- $((SECONDS - $1)) seconds"; }

# R CMD build and check use one processor for most of their time. Compiling the CUDA
# snapshots takes the others, at low priority, since the check measures times.
nice -n 19 bash tools/compile-cuda-snapshots.sh >"$work/snapshots" 2>&1 &
snapshots_process=$!

echo "== R CMD build"
began=$SECONDS
# R CMD build compiles the package for its vignettes, R CMD check compiles the same files
# again, in another directory.
export CCACHE_DIR="$work/ccache" CCACHE_NOHASHDIR=1
# Symbols for debuggers, which nobody reads here, are a fifth of the compiler's time.
{
  echo "CXX17 = ccache $(R CMD config CXX17)"
  echo "CXX17FLAGS = $(R CMD config CXX17FLAGS) -g0"
} >"$work/Makevars"
export R_MAKEVARS_USER="$work/Makevars"
(cd "$work" && R CMD build "$root")
took "$began"

# Neither the network nor the clock of the machine is what is tested.
export _R_CHECK_CRAN_INCOMING_=false _R_CHECK_SYSTEM_CLOCK_=false
export _R_CHECK_FORCE_SUGGESTS_=true
# Compiled code is half of the package, since its loops are there for three instruction
# sets: 8.5 MB are installed.
export _R_CHECK_PKG_SIZES_THRESHOLD_=10
# R CMD build has run the vignettes just now, and examples are run once.
export _R_CHECK_DONTTEST_EXAMPLES_=false
began=$SECONDS
(cd "$work" && R CMD check --as-cran --no-manual --no-vignettes rkeops_*.tar.gz) \
  >"$work/check" 2>&1 &
check_process=$!

# The check uses one processor. The tests take the other as soon as it has installed the
# package, at lower priority, since the check measures times.
until grep -qs '^\* DONE' "$work/rkeops.Rcheck/00install.out" ||
  ! kill -0 "$check_process" 2>/dev/null; do
  sleep 1
done
run_tests() (
  began=$SECONDS
  unset R_MAKEVARS_USER
  export R_LIBS="$work/rkeops.Rcheck" NOT_CRAN=true RKEOPS_SOURCE="$root"
  export RKEOPS_OBJECTS="$work/rkeops.Rcheck/00_pkg_src/rkeops/src"
  # Formulas are compiled once for all test files.
  export RKEOPS_CACHE_DIR="$work/formulas"
  mkdir -m 700 "$RKEOPS_CACHE_DIR"
  # The style needs the package, too; it is checked beside the first tests.
  nice -n 5 bash tools/check-style.sh >"$work/style" 2>&1 &
  style_process=$!
  failed=0
  nice -n 5 Rscript tools/run-tests.R "$work/counts" || failed=1
  wait "$style_process" || failed=1
  took "$began"
  exit "$failed"
)
echo "== Tests"
failed=0
run_tests || failed=1
wait "$snapshots_process" || failed=1

echo "== R CMD check"
wait "$check_process" || true
cat "$work/check"
status=$(sed -n 's/^Status: //p' "$work/rkeops.Rcheck/00check.log")
if [ "$status" != "OK" ]; then
  find "$work/rkeops.Rcheck" -name '00install.out' -o -name '*.fail' |
    xargs -r tail -n 60
fi
took "$began"

echo "== CUDA snapshots"
snapshots=$(cat "$work/snapshots")
echo "$snapshots"

echo "== Style"
style=$(cat "$work/style")
echo "$style"

echo
echo "$SECONDS seconds"
echo "$(cat "$work/counts" 2>/dev/null || echo 'tests: did not run');" \
  "R CMD check: ${status:-did not run};" \
  "CUDA snapshots: $(tail -n 1 <<<"$snapshots");" \
  "style: $(tail -n 1 <<<"$style")"
[ "$failed" -eq 0 ] && [ "$status" = "OK" ]
