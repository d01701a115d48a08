# The cost of looking after digits in single precision: the same operator with
# the option digits "auto" and "plain", in turn, on data near 0 and far from it.
# Times of the processor on one thread, the least of several rounds, as other
# programs disturb them least; with "gpu" the clock, after use_gpu().
#   Rscript benchmarks/digits.R [gpu]

library(rkeops)

on_gpu <- "gpu" %in% commandArgs(trailingOnly = TRUE)
if (on_gpu) invisible(use_gpu()) else set_rkeops_option("threads", 1)
set_rkeops_option("compile", "always")

seconds_of <- function(expr) {
  times <- system.time(expr)
  if (on_gpu) times[["elapsed"]] else times[["user.self"]] + times[["sys.self"]]
}

gaussian <- function() {
  keops_kernel(
    "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
    c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)", "s = Pm(1)")
  )
}

show_cost <- function(rows, columns, origin) {
  set.seed(1)
  data <- list(
    matrix(runif(3 * rows), rows) + origin,
    matrix(runif(3 * columns), columns) + origin, runif(columns), 1
  )
  pairs <- if (on_gpu) 1e11 else 3e8
  calls <- max(3, min(3000, round(pairs / (rows * columns))))
  ops <- list(auto = gaussian(), plain = gaussian())
  time_of <- function(digits) {
    set_rkeops_option("digits", digits)
    op <- ops[[digits]]
    op(data)
    1e6 * seconds_of(for (k in seq_len(calls)) op(data)) / calls
  }
  times <- replicate(7, c(time_of("auto"), time_of("plain")))
  least <- apply(times, 1L, min)
  cat(sprintf(
    paste("%7g x %7g, origin %5g: auto %10.1f, plain %10.1f microseconds,",
          "%+6.1f (%+.1f %%)\n"),
    rows, columns, origin, least[[1L]], least[[2L]], least[[1L]] - least[[2L]],
    100 * (least[[1L]] / least[[2L]] - 1)
  ))
}

cat("R ", as.character(getRversion()), ", ", date(), "\n", sep = "")
for (origin in c(0, 1e6)) {
  for (points in c(10, 1e3, 1e4, if (on_gpu) c(1e5, 1e6))) {
    show_cost(points, points, origin)
  }
}
show_cost(1, 1e6, 0)
