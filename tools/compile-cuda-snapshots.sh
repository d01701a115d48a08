#!/usr/bin/env bash
# Compiles the CUDA programs among the snapshots of the tests, where the compilers are:
# all of them with NVRTC for three generations of GPUs. nvcc has the same front end and
# takes 15 seconds a program: every seventh is compiled with it, or all with
# NVCC_ALL=true. No GPU is needed. The last line counts.
set -euo pipefail
cd "$(dirname "$0")/.."
architectures=(sm_75 sm_80 sm_90)
mapfile -t sources < <(
  find tests/testthat/_snaps -name '*.cu' 2>/dev/null | LC_ALL=C sort
)

with_nvcc() {
  local nvcc=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}
  local architecture=${architectures[-1]} compiled=0 failed=0 source k
  local step=$([ "${NVCC_ALL:-false}" = true ] && echo 1 || echo 7)
  if [ ! -x "$nvcc" ]; then
    echo "not compiled (no nvcc)"
    return
  fi
  for ((k = 0; k < ${#sources[@]}; k += step)); do
    source=${sources[k]}
    if "$nvcc" -std=c++17 -arch="$architecture" -I inst/include -cubin \
      -o /dev/null "$source"; then
      compiled=$((compiled + 1))
    else
      echo "FAILED: $source for $architecture"
      failed=$((failed + 1))
    fi
  done
  echo "nvcc: $SECONDS seconds"
  echo "$compiled compiled, $failed failed"
  [ "$failed" -eq 0 ]
}

with_nvrtc() {
  "${CXX:-g++}" -std=c++17 -O1 -I src tools/compile-with-nvrtc.cpp \
    src/base/diagnostic.cpp src/build/*.cpp -ldl -pthread -o "$work/compile"
  "$work/compile" "$(IFS=, && echo "${architectures[*]}")" "${sources[@]}"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
with_nvcc >"$work/nvcc.log" &
nvrtc_counts=$(with_nvrtc) || status=1
wait $! || status=1
nvcc_counts=$(cat "$work/nvcc.log")
echo "$nvcc_counts"
echo "$nvrtc_counts"
echo "nvcc: $(tail -n 1 <<<"$nvcc_counts"); NVRTC: $(tail -n 1 <<<"$nvrtc_counts")"
exit "$status"
