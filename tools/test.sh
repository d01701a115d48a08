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
echo "CXX17 = ccache $(R CMD config CXX17)" >"$work/Makevars"
export R_MAKEVARS_USER="$work/Makevars"
(cd "$work" && R CMD build "$root")
took "$began"

echo "== R CMD check"
began=$SECONDS
# Neither the network nor the clock of the machine is what is tested.
export _R_CHECK_CRAN_INCOMING_=false _R_CHECK_SYSTEM_CLOCK_=false
export _R_CHECK_FORCE_SUGGESTS_=true
# Compiled code is most of the package: its loops are there for three instruction sets.
export _R_CHECK_PKG_SIZES_THRESHOLD_=8
(cd "$work" && R CMD check --as-cran --no-manual rkeops_*.tar.gz) || true
status=$(sed -n 's/^Status: //p' "$work/rkeops.Rcheck/00check.log")
if [ "$status" != "OK" ]; then
  find "$work/rkeops.Rcheck" -name '00install.out' -o -name '*.fail' |
    xargs -r tail -n 60
fi

unset R_MAKEVARS_USER
took "$began"

echo "== Tests"
began=$SECONDS
failed=0
wait "$snapshots_process" || failed=1
export R_LIBS="$work/rkeops.Rcheck" NOT_CRAN=true RKEOPS_SOURCE="$root"
export RKEOPS_OBJECTS="$work/rkeops.Rcheck/00_pkg_src/rkeops/src"
# The style needs the package, too; it is checked beside the first tests.
bash tools/check-style.sh >"$work/style" 2>&1 &
style_process=$!
Rscript tools/run-tests.R "$work/counts" || failed=1
took "$began"

echo "== CUDA snapshots"
snapshots=$(cat "$work/snapshots")
echo "$snapshots"

echo "== Style"
wait "$style_process" || failed=1
style=$(cat "$work/style")
echo "$style"

echo
echo "$SECONDS seconds"
echo "$(cat "$work/counts" 2>/dev/null || echo 'tests: did not run');" \
  "R CMD check: ${status:-did not run};" \
  "CUDA snapshots: $(tail -n 1 <<<"$snapshots");" \
  "style: $(tail -n 1 <<<"$style")"
[ "$failed" -eq 0 ] && [ "$status" = "OK" ]
