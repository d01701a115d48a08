# The benchmarks of the CPU (cpu-*.R) share this: contestants, timing in turns,
# checks against double precision, tables. A contestant is a list of `run`, a
# function of no argument that gives the result, and `before`, what it does
# untimed before each run.

library(rkeops)

options(scipen = 8, width = 120)

# "Rscript cpu-x.R 1e5 7": the largest size, the repetitions.
command_arguments <- function(largest, repetitions = 5) {
  given <- suppressWarnings(as.numeric(commandArgs(trailingOnly = TRUE)))
  list(
    largest = if (length(given) >= 1) given[1] else largest,
    repetitions = if (length(given) >= 2) given[2] else repetitions
  )
}

contestant <- function(run, before = function() NULL) {
  list(run = run, before = before)
}

# Our operator, compiled or interpreted. `few` are inputs of a few rows: the
# untimed call with them compiles, where that is to be done.
our_contestant <- function(formula, args, data, precision, compile,
                           few = lapply(data, first_rows)) {
  op <- keops_kernel(formula, args, precision = precision)
  contestant(
    function() op(data),
    function() {
      set_rkeops_option("compile", compile)
      op(few)
    }
  )
}

first_rows <- function(input) {
  if (is.matrix(input)) input[seq_len(min(8, nrow(input))), , drop = FALSE]
  else input
}

# The four ways in which we compute a formula.
our_contestants <- function(formula, args, data) {
  ways <- expand.grid(
    precision = c("float32", "float64"), compile = c("always", "never"),
    stringsAsFactors = FALSE
  )
  contestants <- Map(
    function(precision, compile) {
      our_contestant(formula, args, data, precision, compile)
    },
    ways$precision, ways$compile
  )
  names(contestants) <- paste(
    c(always = "compiled", never = "interpreted")[ways$compile], ways$precision
  )
  contestants
}

# Debian keeps R's two libraries for matrices there.
blas_folders <- c(
  "R, reference BLAS" = "/usr/lib/x86_64-linux-gnu/blas",
  "R, OpenBLAS" = "/usr/lib/x86_64-linux-gnu/openblas-pthread"
)

# Plain R with each BLAS there is: `compute` is a function of the data that uses
# nothing else, and runs in a process of its own, which tells the seconds.
plain_r_contestants <- function(compute, data) {
  job <- tempfile(fileext = ".rds")
  saveRDS(list(compute = compute, data = data), job)
  folders <- blas_folders[dir.exists(blas_folders)]
  lapply(folders, function(folder) {
    contestant(function() run_in_child(job, folder))
  })
}

run_in_child <- function(job, folder) {
  answer <- tempfile(fileext = ".rds")
  on.exit(unlink(answer))
  code <- paste(
    "files <- commandArgs(TRUE); job <- readRDS(files[1]);",
    "environment(job$compute) <- globalenv();",
    "seconds <- system.time(value <- job$compute(job$data))[['elapsed']];",
    "saveRDS(structure(list(value), seconds = seconds), files[2])"
  )
  status <- system2(
    file.path(R.home("bin"), "Rscript"),
    shQuote(c("-e", code, job, answer)),
    env = c(
      paste0("LD_LIBRARY_PATH=", folder),
      paste0("OPENBLAS_NUM_THREADS=", get_threads())
    )
  )
  stopifnot(status == 0)
  readRDS(answer)
}

# Runs everybody once to warm up, and then in turns. Gives the last results and
# the medians and minima of the seconds.
in_turns <- function(contestants, repetitions) {
  seconds <- matrix(NA_real_, repetitions, length(contestants))
  results <- vector("list", length(contestants))
  for (turn in 0:repetitions) {
    for (k in seq_along(contestants)) {
      contestants[[k]]$before()
      start <- Sys.time()
      result <- contestants[[k]]$run()
      elapsed <- as.numeric(difftime(Sys.time(), start, units = "secs"))
      inside <- attr(result, "seconds")
      if (turn > 0) seconds[turn, k] <- inside %||% elapsed
      results[[k]] <- if (is.null(inside)) result else result[[1]]
    }
  }
  list(
    seconds = apply(seconds, 2, stats::median),
    best = apply(seconds, 2, min), results = results,
    names = names(contestants)
  )
}

`%||%` <- function(a, b) if (is.null(a)) b else a

# At most `count` rows, spread over all.
sampled_rows <- function(n, count = 32) {
  unique(round(seq(1, n, length.out = min(n, count))))
}

show_header <- function(title, arguments) {
  cpu <- grep("model name", readLines("/proc/cpuinfo"), value = TRUE)[1]
  command <- basename(sub("--file=", "", grep("--file=", commandArgs(),
                                              value = TRUE)))
  cat(
    title, "\nRscript benchmarks/", paste(
      c(command, commandArgs(trailingOnly = TRUE)), collapse = " "
    ),
    "\n", format(Sys.time(), "%Y-%m-%d %H:%M"), ", ",
    get_threads(), " threads of", sub(".*:", "", cpu), ", ",
    R.version.string, "\n", "medians of ", arguments$repetitions,
    " runs, in turns\n\n",
    sep = ""
  )
}

# A table of one workload: `work` pairs; errors from `error(result)`; ratios to
# the first of ours, above 1 where that is faster.
show_times <- function(label, times, work, error, allowed) {
  errors <- vapply(times$results, error, numeric(1))
  cat(sprintf(
    "%-24s %-20s %11s %11s %9s %9s %8s\n", label, "", "median ms", "best ms",
    "Gpair/s", "error", "ratio"
  ))
  cat(sprintf(
    "%-24s %-20s %11.3f %11.3f %9.4f %9.1e %8.2f\n", "", times$names,
    1000 * times$seconds, 1000 * times$best, work / times$seconds / 1e9, errors,
    times$seconds / times$seconds[1]
  ), sep = "")
  cat("\n")
  limits <- ifelse(grepl("float32", times$names), allowed[1], allowed[2])
  stopifnot(errors < limits)
}
