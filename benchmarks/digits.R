# The cost of looking after digits in single precision: the same operator with
# the option digits "auto" and "plain", in turn, on data near 0 ("checks") and
# far from it ("checks and centring"), on one thread. Times are those of the
# clock, the least of short batches, as other programs disturb these least. What
# is done for a point shows beside few columns; the last line says what that is
# of 10^6 x 10^6 points, whose time is that of 10^4 x 10^4 by the pairs. With
# "gpu" on a GPU, after use_gpu().
#   Rscript benchmarks/digits.R [gpu]

library(rkeops)

words <- commandArgs(trailingOnly = TRUE)
on_gpu <- "gpu" %in% words
if (on_gpu) invisible(use_gpu()) else set_rkeops_option("threads", 1)
set_rkeops_option("compile", "always")

gaussian <- function() {
  keops_kernel(
    "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
    c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)", "s = Pm(1)"), axis = "output"
  )
}

seconds_of <- function(expr) {
  start <- Sys.time()
  expr
  as.numeric(Sys.time() - start, units = "secs")
}

# The least time of a call, in microseconds, for each of the two options. The
# two orders of a pair of batches take turns.
least_times <- function(data, calls, batches) {
  ops <- list(auto = gaussian(), plain = gaussian())
  time_of <- function(digits) {
    set_rkeops_option("digits", digits)
    op <- ops[[digits]]
    if (calls > 1) op(data)
    1e6 * seconds_of(for (k in seq_len(calls)) op(data)) / calls
  }
  for (digits in names(ops)) time_of(digits)
  times <- vapply(seq_len(batches), function(batch) {
    order <- if (batch %% 2) names(ops) else rev(names(ops))
    vapply(order, time_of, 1)[names(ops)]
  }, c(auto = 1, plain = 1))
  apply(times, 1L, min)
}

show_cost <- function(rows, columns, origin, seconds = 20) {
  set.seed(1)
  data <- list(
    matrix(runif(3 * rows), rows) + origin,
    matrix(runif(3 * columns), columns) + origin, runif(columns), 1
  )
  one <- (if (on_gpu) 1e-11 else 6e-10) * rows * columns
  calls <- max(1, min(200, round(5e-3 / one)))
  batches <- max(5, min(1000, round(seconds / 2 / calls / one)))
  least <- least_times(data, calls, batches)
  cat(sprintf(
    "%6g x %6g  %-20s %12.1f %12.1f %+10.1f %+8.2f %%\n",
    rows, columns, if (origin) "checks and centring" else "checks",
    least[["plain"]], least[["auto"]], least[["auto"]] - least[["plain"]],
    100 * (least[["auto"]] / least[["plain"]] - 1)
  ))
  least
}

cat("Digits in single precision\n", paste(c(
  "Rscript benchmarks/digits.R", words
), collapse = " "), "\n", "R ", as.character(getRversion()), ", ",
format(Sys.time(), "%Y-%m-%d %H:%M"), "\n\n", sep = "")
cat(sprintf(
  "%-16s %-20s %12s %12s %10s %10s\n", "pairs", "with", "plain (us)",
  "auto (us)", "more (us)", "more"
))
for (origin in c(0, 1e6)) {
  show_cost(10, 10, origin)
  show_cost(1e3, 1e3, origin)
  square <- show_cost(1e4, 1e4, origin)
  points <- show_cost(1e6, 100, origin)
  cat(sprintf(
    "  1e+06 x  1e+06  %-56s %+8.2f %%\n", "of that time, by the pairs",
    100 * (points[["auto"]] - points[["plain"]]) / (1e4 * square[["plain"]])
  ))
}
