# Sourced by the scripts of this folder: installs what is missing of R, a C++
# compiler and R packages on Debian and Ubuntu, where they have binary packages.

# Prints those of its arguments that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
      grep -q 'install ok installed' || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  local missing
  if ! command -v apt-get >/dev/null; then
    echo "No apt-get here; please install what these Debian packages hold:" "$@"
    return
  fi
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" -eq 0 ]; then return; fi
  echo "Installing: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

needed_to_run=(
  r-base-core g++ make libc6-dev
  r-cran-rcpp r-cran-rcppeigen r-cran-cli r-cran-rlang r-cran-checkmate
)
needed_to_test=(
  r-cran-testthat r-cran-withr r-cran-callr r-cran-knitr r-cran-rmarkdown
  r-cran-rspectra r-cran-spelling r-cran-lintr r-cran-matrix r-cran-yaml r-cran-bit64
  r-cran-energy r-cran-generics r-cran-ggplot2 r-cran-ks r-cran-mass r-cran-fnn
  r-cran-dbscan r-cran-mclust r-cran-class r-cran-cluster r-cran-igraph
  r-cran-fields r-cran-nlme r-cran-kernlab r-cran-future r-cran-progressr
  clang-format
  ccache pandoc devscripts qpdf tidy
)
