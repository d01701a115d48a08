# Runs all the tests with the installed package and writes one line of counts to
# the file that is the argument.

counts_file <- commandArgs(trailingOnly = TRUE)[1]
library(testthat)
library(rkeops)

results <- as.data.frame(test_dir(
  "tests/testthat", package = "rkeops", load_package = "installed",
  reporter = "summary", stop_on_failure = FALSE
))
failed <- sum(results$failed) + sum(results$error)
skipped <- sum(results$skipped)
passed <- sum(results$passed)

slowest <- head(results[order(-results$real), c("file", "test", "real")], 8)
cat("\nSlowest tests (seconds):\n")
cat(
  sprintf("%7.1f  %s: %s\n", slowest$real, slowest$file, slowest$test),
  sep = ""
)

line <- sprintf(
  "tests: %d passed, %d failed, %d skipped", passed, failed, skipped
)
writeLines(line, counts_file)
quit(status = if (failed > 0) 1 else 0)
