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
trap 'rm -rf "$work"' EXIT

echo "== R CMD build"
(cd "$work" && R CMD build "$root")

echo "== R CMD check"
# Neither the network nor the clock of the machine is what is tested.
export _R_CHECK_CRAN_INCOMING_=false _R_CHECK_SYSTEM_CLOCK_=false
export _R_CHECK_FORCE_SUGGESTS_=true
(cd "$work" && R CMD check --as-cran --no-manual rkeops_*.tar.gz) || true
status=$(sed -n 's/^Status: //p' "$work/rkeops.Rcheck/00check.log")
if [ "$status" != "OK" ]; then
  find "$work/rkeops.Rcheck" -name '00install.out' -o -name '*.fail' |
    xargs -r tail -n 60
fi

echo "== Tests"
export R_LIBS="$work/rkeops.Rcheck" NOT_CRAN=true RKEOPS_SOURCE="$root"
failed=0
Rscript tools/run-tests.R "$work/counts" || failed=1

echo "== CUDA snapshots"
snapshots=$(bash tools/compile-cuda-snapshots.sh) || failed=1
echo "$snapshots"

echo "== Style"
style=$(bash tools/check-style.sh) || failed=1
echo "$style"

echo
echo "$(cat "$work/counts" 2>/dev/null || echo 'tests: did not run');" \
  "R CMD check: ${status:-did not run};" \
  "CUDA snapshots: $(tail -n 1 <<<"$snapshots");" \
  "style: $(tail -n 1 <<<"$style")"
[ "$failed" -eq 0 ] && [ "$status" = "OK" ]
