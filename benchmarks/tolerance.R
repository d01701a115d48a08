# Sums with a tolerance against all pairs, in double precision, with the error
# that is reached, in parts of the sum of absolute terms. Sorting is included.
# Times of all pairs are measured up to 1e5 points, and extrapolated from some
# of the rows beyond.
#   Rscript benchmarks/tolerance.R [points, by default 1e5] [tolerance, 1e-6]

library(rkeops)

arguments <- commandArgs(trailingOnly = TRUE)
number <- function(k, default) {
  if (length(arguments) >= k) as.numeric(arguments[[k]]) else default
}
points <- number(1L, 1e5)
tolerance <- number(2L, 1e-6)
set_rkeops_options(threads = 2L, axis = "output", precision = "float64")

seconds <- function(expr) system.time(expr)[["elapsed"]]

points_of <- function(data, dimension) {
  x <- matrix(runif(points * dimension), points)
  if (data == "uniform") {
    return(x)
  }
  centres <- matrix(runif(50 * dimension), 50)
  centres[sample(50, points, TRUE), , drop = FALSE] + (x - 0.5) * 0.05
}

row <- function(name, kernel, dimension, s, data = "uniform") {
  args <- c(
    sprintf("x = Vi(%d)", dimension), sprintf("y = Vj(%d)", dimension),
    "b = Vj(1)", "s = Pm(1)"
  )
  op <- keops_kernel(sprintf("Sum_Reduction(%s * b, 0)", kernel), args)
  x <- points_of(data, dimension)
  y <- points_of(data, dimension)
  b <- rnorm(points)
  some <- seq_len(min(points, 2048))
  part <- x[some, , drop = FALSE]
  op(part, y, b, s)
  all_pairs <- if (points <= 1e5) {
    op(x, y, b, s)
    seconds(op(x, y, b, s))
  } else {
    seconds(op(part, y, b, s)) * points / length(some)
  }
  value <- op(x, y, b, s, tolerance = tolerance)
  far <- seconds(value <- op(x, y, b, s, tolerance = tolerance))
  error <- abs(value[some, ] - op(part, y, b, s)) / op(part, y, abs(b), s)
  lines <- unclass(explain(op, "tolerance"))
  cat(sprintf(
    "  %-24s D = %d %-8s all %9.3f s, far %7.3f s, %7.1f x, error %.1e  %s\n",
    name, dimension, data, all_pairs, far, all_pairs / far, max(error),
    sub("last call: ", "", grep("^last call", lines, value = TRUE))
  ))
}

gauss <- "Exp(-s * SqDist(x, y))"
laplace <- "Exp(-s * Sqrt(SqDist(x, y)))"

set.seed(1)
cat(sprintf("%g points, tolerance %g\n", points, tolerance))
row("Gauss, bandwidth 0.1", gauss, 1, 50)
row("Laplace, 10", laplace, 1, 10)
row("Gauss, bandwidth 0.1", gauss, 2, 50)
row("Laplace, 10", laplace, 2, 10)
row("Gauss, bandwidth 0.01", gauss, 3, 5000)
row("Gauss, bandwidth 0.1", gauss, 3, 50)
row("Gauss, bandwidth 0.5", gauss, 3, 2)
row("Gauss, bandwidth 0.1", gauss, 3, 50, "clusters")
row("Laplace, 10", laplace, 3, 10)
row("Matern 3/2, 0.3", "Matern32(x, y, s)", 3, 0.3)
row("Cauchy, 10", "Inv(1 + s * SqDist(x, y))", 3, 10)
row("inverse distance, 1e-4", "Rsqrt(s + SqDist(x, y))", 3, 1e-4)
