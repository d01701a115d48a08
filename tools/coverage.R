# Which lines of the R code the tests run. Formulas are interpreted, so that this
# takes minutes; the C++ code is not instrumented, and the tests that are about
# it alone, or about compiled files, are left out.
#   Rscript tools/coverage.R

options(covr.flags = character(), covr.gcov = "")
root <- normalizePath(".")
tests <- paste0(
  "^(acceptance|announcements|conditions|doctor|earlier|explain|gpu$|",
  "gradient|kernel|lazy|options|readme)"
)

coverage <- covr::package_coverage(
  root, type = "none", code = sprintf(
    paste(
      "Sys.setenv(NOT_CRAN = 'true', RKEOPS_COMPILE = 'never',",
      "RKEOPS_SOURCE = '%s')\nlibrary(testthat)\n",
      "test_dir('%s/tests/testthat', package = 'rkeops', filter = '%s',",
      "load_package = 'installed', stop_on_failure = FALSE)"
    ), root, root, tests
  )
)
print(coverage)
