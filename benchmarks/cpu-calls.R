# W8 of the CPU: what a call costs on 10 x 10 points, and the first call of a
# new formula, of one in the cache, and of one in memory.
#   Rscript benchmarks/cpu-calls.R [calls, 2000] [repetitions, 5]

source(file.path("benchmarks", "cpu-frame.R"))
arguments <- command_arguments(2000)
calls <- arguments$largest

args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)", "s = Pm(1)")
set.seed(1)
data <- list(
  matrix(runif(30), 10), matrix(runif(30), 10), matrix(runif(10), 10), 0.5
)

microseconds_a_call <- function(compile, precision) {
  set_rkeops_option("compile", compile)
  op <- keops_kernel(
    "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)", args, precision = precision
  )
  op(data)
  times <- replicate(arguments$repetitions, {
    start <- Sys.time()
    for (k in seq_len(calls)) op(data)
    as.numeric(difftime(Sys.time(), start, units = "secs"))
  })
  1e6 * stats::median(times) / calls
}

# A number in the formula makes another program.
seconds_of_first_call <- function(compile) {
  set_rkeops_option("compile", compile)
  times <- vapply(seq_len(arguments$repetitions), function(k) {
    formula <- sprintf("Sum_Reduction(Exp(-s * %.17g * SqDist(x, y)) * b, 0)",
                       1 + stats::runif(1))
    start <- Sys.time()
    keops_kernel(formula, args)(data)
    as.numeric(difftime(Sys.time(), start, units = "secs"))
  }, numeric(1))
  stats::median(times)
}

# With its formula in the cache, not in memory: what is read, compared with its
# checksum and loaded. With another operator of the same formula: nothing is.
seconds_of_found_call <- function(in_memory) {
  set_rkeops_option("compile", "always")
  formula <- "Sum_Reduction(Exp(-s * 0.5 * SqDist(x, y)) * b, 0)"
  first <- keops_kernel(formula, args)
  first(data)
  times <- vapply(seq_len(20 * arguments$repetitions), function(k) {
    if (!in_memory) first <<- NULL
    gc()
    start <- Sys.time()
    keops_kernel(formula, args)(data)
    as.numeric(difftime(Sys.time(), start, units = "secs"))
  }, numeric(1))
  stats::median(times)
}

show_header("Calls (W8)", arguments)
for (compile in c("always", "never")) {
  name <- c(always = "compiled", never = "interpreted")[[compile]]
  for (precision in c("float32", "float64")) {
    cat(sprintf("%-12s %s: %8.1f microseconds a call on 10 x 10\n", name,
                precision, microseconds_a_call(compile, precision)))
  }
  cat(sprintf("%-12s first call of a new formula: %8.3f s\n", name,
              seconds_of_first_call(compile)))
}
for (in_memory in c(FALSE, TRUE)) {
  cat(sprintf("compiled     first call of a formula in %-9s: %8.3f ms\n",
              if (in_memory) "memory" else "the cache",
              1e3 * seconds_of_found_call(in_memory)))
}
