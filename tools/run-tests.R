# Runs all the tests with the installed package, two files at a time, and writes
# one line of counts to the file that is the argument.

counts_file <- commandArgs(trailingOnly = TRUE)[1]
library(testthat)
library(rkeops)

run_file <- function(file) {
  results <- as.data.frame(testthat::test_file(
    file, package = "rkeops", load_package = "installed", reporter = "summary",
    stop_on_failure = FALSE
  ))
  results[c("file", "test", "passed", "failed", "error", "skipped", "real")]
}

# Two R processes, each of which takes the next file when it is done. What a
# process printed is shown when its file is done.
run_files <- function(files, processes) {
  running <- list()
  results <- list()
  seconds <- function(file) {
    as.numeric(difftime(Sys.time(), running[[file]]$began, units = "secs"))
  }
  while (length(files) || length(running)) {
    while (length(files) && length(running) < processes) {
      log <- tempfile()
      process <- callr::r_bg(
        run_file, list(files[1]), stdout = log, stderr = "2>&1"
      )
      running[[files[1]]] <- list(
        process = process, log = log, began = Sys.time()
      )
      files <- files[-1]
    }
    done <- names(Filter(function(one) !one$process$is_alive(), running))
    for (file in done) {
      results[[file]] <- finished(running[[file]], file)
      results[[file]]$file_seconds <- rep(
        seconds(file), nrow(results[[file]])
      )
      running[[file]] <- NULL
    }
    if (!length(done)) Sys.sleep(0.1)
  }
  do.call(rbind, results)
}

# The counts of the tests of a file; a process that died is one error.
finished <- function(run, file) {
  cat(readLines(run$log, warn = FALSE), sep = "\n")
  tryCatch(run$process$get_result(), error = function(e) {
    cat(file, "did not end:", conditionMessage(e), "\n")
    data.frame(
      file = basename(file), test = "the whole file", passed = 0, failed = 0,
      error = TRUE, skipped = FALSE, real = NA
    )
  })
}

# Those that take long first, so that both processes end together.
slow <- c(
  "forward-mode", "native-programs", "reductions", "interpreter", "ops",
  "gpu-rows", "expansion", "gpu-memory", "lazy_reductions", "dimensions"
)
files <- list.files("tests/testthat", "^test-.*\\.R$", full.names = TRUE)
stems <- sub("^test-(.*)\\.R$", "\\1", basename(files))
files <- files[order(match(stems, slow, nomatch = length(slow) + 1L))]
# Those that measure how soon something happens run alone.
timed <- grepl("test-long-calls", files)
results <- rbind(
  run_files(files[!timed], processes = min(2L, parallel::detectCores())),
  run_files(files[timed], processes = 1L)
)

failed <- sum(results$failed) + sum(results$error)
skipped <- sum(results$skipped)
passed <- sum(results$passed)

# Once more at the end, where the last lines of a long log still show them.
bad <- results[results$failed > 0 | results$error, c("file", "test")]
if (nrow(bad)) {
  cat("\nFailed:\n")
  cat(sprintf("  %s: %s\n", bad$file, bad$test), sep = "")
}

files <- unique(results[c("file", "file_seconds")])
files <- files[order(-files$file_seconds), ]
cat("\nSeconds by file:\n")
cat(sprintf("%7.1f  %s\n", files$file_seconds, files$file), sep = "")

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
