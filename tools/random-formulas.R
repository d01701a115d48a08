# Random formulas against plain R: values, gradients, forward mode and printing,
# by the installed package. The nightly form of test-zzz-random-formulas.R:
#
#   Rscript tools/random-formulas.R [CASES [SEED]]
#
# Without SEED that of the day is taken, and printed: it gives the same cases
# again.

arguments <- commandArgs(trailingOnly = TRUE)
cases <- if (length(arguments) > 0L) arguments[[1L]] else "1000"
seed <- if (length(arguments) > 1L) {
  arguments[[2L]]
} else {
  # seeds are multiplied, and R's are below 2^31
  as.character(as.integer(Sys.Date()) %% 20000L)
}
Sys.setenv(
  RKEOPS_FUZZ = cases, RKEOPS_FUZZ_SEED = seed, NOT_CRAN = "true",
  RKEOPS_COMPILE = Sys.getenv("RKEOPS_COMPILE", "never")
)
results <- as.data.frame(testthat::test_file(
  "tests/testthat/test-zzz-random-formulas.R", package = "rkeops",
  load_package = "installed", reporter = "check", stop_on_failure = FALSE
))
failed <- sum(results$failed) + sum(results$error)
cat(sprintf(
  "seed %s, %s cases: %d comparisons passed, %d failed\n", seed, cases,
  sum(results$passed), failed
))
quit(status = as.integer(failed > 0L))
