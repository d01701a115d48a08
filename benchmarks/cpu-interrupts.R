# How soon Ctrl-C ends a call of a minute: the longest of some calls, each in a
# session of its own that gets SIGINT after half a second.
#   Rscript benchmarks/cpu-interrupts.R [points, 4e5] [repetitions, 5]

source(file.path("benchmarks", "cpu-frame.R"))
arguments <- command_arguments(4e5)

# Runs in the session: tells when the call has begun and when it has ended.
interrupted_call <- function(formula, options, points, started) {
  library(rkeops)
  set_rkeops_options(options)
  op <- keops_kernel(
    formula, c("x = Vi(10)", "y = Vj(10)"), precision = "float64"
  )
  few <- matrix(seq(0, 1, length.out = 20), 2)
  many <- matrix(seq(-1, 1, length.out = 10 * points), points)
  op(few, few)
  file.create(started)
  tryCatch({
    op(many, many)
    NA
  }, interrupt = function(e) Sys.time())
}

seconds_until_it_ends <- function(formula, options) {
  started <- tempfile()
  session <- callr::r_bg(
    interrupted_call, list(formula, options, arguments$largest, started)
  )
  on.exit(session$kill())
  while (!file.exists(started) && session$is_alive()) Sys.sleep(0.02)
  Sys.sleep(0.5)
  signalled <- Sys.time()
  session$interrupt()
  session$wait()
  as.numeric(difftime(session$get_result(), signalled, units = "secs"))
}

calls <- data.frame(
  formula = c("Exp(-SqDist(x, y))", "Exp(-SqDist(x, y))", "Tanh(Sum(x * y))",
              "Sum(Lgamma(2 + x * y))", "Sum(Polygamma(2 + x * y, 9))"),
  compile = c("always", "never", "never", "never", "never"),
  instructions = c("", "", "", "baseline", "baseline")  # "": the best there is
)

show_header("Ctrl-C", arguments)
for (k in seq_len(nrow(calls))) {
  for (threads in 1:2) {
    options <- list(
      compile = calls$compile[k], threads = threads,
      instructions = calls$instructions[k]
    )
    delays <- replicate(
      arguments$repetitions,
      seconds_until_it_ends(sprintf("Sum_Reduction(%s, 0)", calls$formula[k]),
                            options)
    )
    cat(sprintf(
      "%-30s %-6s %-8s %d threads: ended within %5.0f ms\n", calls$formula[k],
      options$compile, options$instructions, threads, 1e3 * max(delays)
    ))
  }
}
