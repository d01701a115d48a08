#!/usr/bin/env bash
# The style of the sources: lintr for R, clang-format for C++, spelling of the
# documentation. The last line says what differs.
#   bash tools/check-style.sh
set -uo pipefail
cd "$(dirname "$0")/.."

differs=()

Rscript -e '
  lints <- lintr::lint_package()
  print(lints)
  quit(status = as.integer(length(lints) > 0))
' || differs+=("R code (lintr)")

git ls-files '*.cpp' '*.h' '*.cuh' | grep -v 'RcppExports\|_snaps' |
  xargs clang-format --dry-run --Werror || differs+=("C++ code (clang-format)")

Rscript -e '
  mistakes <- spelling::spell_check_package()
  print(mistakes)
  quit(status = as.integer(nrow(mistakes) > 0))
' || differs+=("spelling")

if [ "${#differs[@]}" -eq 0 ]; then
  echo "OK"
else
  echo "differs: ${differs[*]}"
  exit 1
fi
