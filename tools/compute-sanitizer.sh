#!/usr/bin/env bash
# Runs the tests of the GPU on a real GPU under compute-sanitizer, which finds
# wrong accesses to memory and races: the whole way of formulas (test-gpu.R,
# test-gpu-engine.R), with the rkeops that is installed. Takes minutes.
#   tools/compute-sanitizer.sh [tool ...]
# Tools are memcheck, racecheck (both by default), initcheck and synccheck. The
# last line of each says how many errors it found; its log stays in the folder
# that SANITIZER_LOGS names, if it does.
set -euo pipefail
cd "$(dirname "$0")/.."

sanitizer=${COMPUTE_SANITIZER:-$(command -v compute-sanitizer ||
  echo /usr/local/cuda/bin/compute-sanitizer)}
if [ ! -x "$sanitizer" ]; then
  echo "compute-sanitizer was not found; it comes with the CUDA toolkit."
  exit 2
fi
logs=${SANITIZER_LOGS:-$(mktemp -d)}
mkdir -p "$logs"
tools=("$@")
if [ "${#tools[@]}" -eq 0 ]; then tools=(memcheck racecheck); fi
export NOT_CRAN=true RKEOPS_SOURCE=$PWD

# Skipped tests would look like clean ones.
Rscript -e 'library(rkeops); use_gpu(); stopifnot(check_rkeops())'

# -lineinfo, so that a report names lines of the formula.
cat >"$logs/run.R" <<'R'
library(testthat)
library(rkeops)
set_rkeops_option("nvcc_flags", "-lineinfo")
for (file in c("test-gpu.R", "test-gpu-engine.R")) {
  test_file(
    file.path("tests/testthat", file),
    package = "rkeops", load_package = "installed", stop_on_failure = TRUE
  )
}
R

status=0
for tool in "${tools[@]}"; do
  echo "== $tool"
  # R CMD gives the program what R needs in the environment, so that R itself,
  # not the shell script of this name, is what the sanitizer starts.
  R CMD "$sanitizer" --tool "$tool" --error-exitcode 99 \
    --log-file "$logs/$tool.log" --target-processes application-only \
    "$(R RHOME)/bin/exec/R" --no-echo --no-restore --file="$logs/run.R" ||
    { status=1; head -n 60 "$logs/$tool.log"; }
  tail -n 1 "$logs/$tool.log"
done
exit "$status"
