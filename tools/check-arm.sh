#!/usr/bin/env bash
# Runs the C++ tests of the vector math and of the CPU engine as programs for 64-bit
# ARM processors (NEON), which an emulator executes: ten minutes. Debian has compiler
# and emulator in g++-aarch64-linux-gnu and qemu-user.
#   tools/check-arm.sh [random arguments of each function, 20000]
set -euo pipefail
cd "$(dirname "$0")/.."

compiler=${ARM_COMPILER:-aarch64-linux-gnu-g++}
emulator=${ARM_EMULATOR:-qemu-aarch64}
for program in "$compiler" "$emulator"; do
  command -v "$program" >/dev/null || { echo "$program was not found."; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

status=0
for name in vector_math_accuracy cpu_engine; do
  "$compiler" -static -std=gnu++17 -O2 -Wno-psabi -pthread -fno-math-errno \
    -fno-trapping-math -Isrc -Iinst/include \
    "tests/testthat/cpp/$name.cpp" -o "$folder/$name"
  "$emulator" "$folder/$name" "${1:-20000}" >"$folder/$name.txt" || status=1
  grep -v ' ok$' "$folder/$name.txt" || true
  echo "$name: $(grep -c ' ok$' "$folder/$name.txt") passed"
done
exit "$status"
