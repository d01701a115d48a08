#!/usr/bin/env bash
# Strict warnings and static analysis of our C++ (headers of R, Rcpp and Eigen are those
# of the system, and RcppExports.cpp is not ours):
#
#   bash tools/warnings.sh [gcc|clang|tidy|cppcheck] [FILE ...]
#
# FILEs are sources of src/, all by default. Each warning is printed once; the last line
# counts them by kind. Where clang-tidy and cppcheck are not installed they say so.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=${1:-gcc}
shift || true
files=("$@")
if [ $# -eq 0 ]; then
  mapfile -t files < <(find src -name '*.cpp' ! -name RcppExports.cpp | sort)
fi
include=$(R CMD config --cppflags | sed 's/-I/-isystem /g')
packages=$(Rscript -e 'cat(paste("-isystem", system.file("include", package = c("Rcpp"))),
  paste("-isystem", system.file("include", package = "RcppEigen")))')
language="-std=gnu++17 -Isrc -Iinst/include $include $packages"
strict="-Wall -Wextra -Wpedantic -Wconversion -Wshadow"

# Prints what the tool says of one file.
examine() {
  # shellcheck disable=SC2086
  case $tool in
  gcc) g++ -fsyntax-only $language $strict "$1" ;;
  # g++ has a warning of its own for changes of sign, which its -Wconversion leaves out in C++.
  clang) clang++ -fsyntax-only $language $strict -Wno-sign-conversion "$1" ;;
  tidy)
    clang-tidy --quiet --header-filter='(src|inst/include)/' "$1" \
      --checks='-*,bugprone-*,cert-*,concurrency-*,-bugprone-easily-swappable-parameters' \
      -- $language
    ;;
  cppcheck)
    cppcheck --quiet --std=c++17 --suppressions-list=tools/cppcheck.txt --enable=warning,performance,portability \
      -Isrc -Iinst/include --template='{file}:{line}: warning: {message} [{id}]' "$1"
    ;;
  *)
    echo "The tool is gcc, clang, tidy or cppcheck."
    exit 1
    ;;
  esac 2>&1 || true
}
export tool language strict
export -f examine

found=$(printf '%s\n' "${files[@]}" |
  xargs -P "${RKEOPS_JOBS:-$(nproc)}" -I{} bash -c 'examine {}' |
  grep -E '(warning|error): ' | sort -u || true)
if [ -n "$found" ]; then printf '%s\n' "$found"; fi
kinds=$(grep -oE '\[[A-Za-z0-9,=+.-]+\]$' <<<"$found" | sort | uniq -c | sort -rn |
  awk '{printf "%s%s %s", separator, $1, $2; separator = ", "}' || true)
echo "$tool: ${#files[@]} files, $(grep -c . <<<"$found" || true) warnings${kinds:+: $kinds}"
[ -z "$found" ]
