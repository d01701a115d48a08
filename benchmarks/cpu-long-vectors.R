# W7 of the CPU: Gaussian sums with points of 10 to 500 dimensions and b of 1
# and 64 components, beside plain R.
#   Rscript benchmarks/cpu-long-vectors.R [N, 1e4] [repetitions, 5]

source(file.path("benchmarks", "cpu-frame.R"))
arguments <- command_arguments(1e4)
n <- arguments$largest
largest_of_peers <- 1e4

formula <- "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)"

plain_sum <- function(data) {
  y_squares <- rowSums(data$y^2)
  parts <- split(seq_len(nrow(data$x)), (seq_len(nrow(data$x)) - 1) %/% 512)
  do.call(rbind, lapply(parts, function(i) {
    x <- data$x[i, , drop = FALSE]
    d <- outer(rowSums(x^2), y_squares, "+") - 2 * tcrossprod(x, data$y)
    exp(-data$s * d) %*% data$b
  }))
}

error_of <- function(data) {
  rows <- sampled_rows(n, 16)
  data$x <- data$x[rows, , drop = FALSE]
  truth <- plain_sum(data)
  data$b <- abs(data$b)
  sizes <- plain_sum(data)
  function(result) max(abs(result[rows, , drop = FALSE] - truth) / sizes)
}

show_header("Long vectors and wide right-hand sides (W7)", arguments)
for (dimension in c(10, 50, 100, 500)) {
  for (components in c(1, 64)) {
    set.seed(dimension)
    data <- list(
      x = matrix(runif(n * dimension), n), y = matrix(runif(n * dimension), n),
      b = matrix(rnorm(n * components), n), s = 2.1 / dimension
    )
    args <- c(
      sprintf(c("x = Vi(%d)", "y = Vj(%d)"), dimension),
      sprintf("b = Vj(%d)", components), "s = Pm(1)"
    )
    contestants <- our_contestants(formula, args, data)
    if (n <= largest_of_peers) {
      contestants <- c(contestants, plain_r_contestants(plain_sum, data))
    }
    times <- in_turns(contestants, arguments$repetitions)
    show_times(
      sprintf("W7 D = %d, b:%d", dimension, components), times, n^2,
      error_of(data), c(1e-5, 1e-11)
    )
  }
}
