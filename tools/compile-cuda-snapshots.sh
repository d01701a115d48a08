#!/usr/bin/env bash
# Compiles the CUDA programs among the snapshots of the tests for three
# generations of GPUs; no GPU is needed. The last line counts.
set -euo pipefail
cd "$(dirname "$0")/.."

nvcc=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}
if [ ! -x "$nvcc" ]; then
  echo "not compiled (no nvcc)"
  exit 0
fi

compiled=0
failed=0
while IFS= read -r source; do
  for architecture in sm_75 sm_80 sm_90; do
    if "$nvcc" -std=c++17 -arch="$architecture" -I inst/include -cubin \
      -o /dev/null "$source"; then
      compiled=$((compiled + 1))
    else
      echo "FAILED: $source for $architecture"
      failed=$((failed + 1))
    fi
  done
done < <(find tests/testthat/_snaps -name '*.cu' 2>/dev/null | LC_ALL=C sort)
echo "$compiled compiled, $failed failed"
[ "$failed" -eq 0 ]
