#!/usr/bin/env bash
# Installs rkeops, and before it what is missing, then runs an example.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/prepare.sh

install_packages "${needed_to_run[@]}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The objects stay out of the sources, and the user needs no right to write
# into the library of R.
R CMD build --no-manual --no-build-vignettes . >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
mv rkeops_*.tar.gz "$work/"
library=$(Rscript -e 'cat(Sys.getenv("RKEOPS_LIBRARY", .libPaths()[1]))')
if [ ! -w "$library" ]; then
  library=$(Rscript -e 'cat(path.expand(Sys.getenv("R_LIBS_USER")))')
fi
mkdir -p "$library"
echo "Installing rkeops into $library (some minutes)"
MAKEFLAGS="-j$(nproc)" R CMD INSTALL --library="$library" "$work"/rkeops_*.tar.gz >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }

R_LIBS="$library" Rscript inst/examples/quakes.R
