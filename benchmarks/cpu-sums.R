# W1, W5, W6 of the CPU: the Gaussian sum with b of 1 and 6 components, its
# gradient in x, and log-sum-exp, D = 3, beside plain R and kernlab.
#   Rscript benchmarks/cpu-sums.R [largest N, 1e4] [repetitions, 5]

source(file.path("benchmarks", "cpu-frame.R"))
arguments <- command_arguments(1e4)
largest_of_peers <- 1e4

args <- function(components) {
  c("x = Vi(3)", "y = Vj(3)", sprintf("b = Vj(%d)", components), "s = Pm(1)")
}
formula <- "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)"

make_data <- function(n, components) {
  set.seed(n)
  list(
    x = matrix(runif(3 * n), n), y = matrix(runif(3 * n), n),
    b = matrix(rnorm(n * components), n), s = 0.7
  )
}

# Plain R, 512 rows at a time: squared distances by a product of matrices.
plain_sum <- function(data) {
  y_squares <- rowSums(data$y^2)
  parts <- split(seq_len(nrow(data$x)), (seq_len(nrow(data$x)) - 1) %/% 512)
  do.call(rbind, lapply(parts, function(i) {
    x <- data$x[i, , drop = FALSE]
    d <- outer(rowSums(x^2), y_squares, "+") - 2 * tcrossprod(x, data$y)
    exp(-data$s * d) %*% data$b
  }))
}

plain_gradient <- function(data) {
  y_squares <- rowSums(data$y^2)
  parts <- split(seq_len(nrow(data$x)), (seq_len(nrow(data$x)) - 1) %/% 512)
  do.call(rbind, lapply(parts, function(i) {
    x <- data$x[i, , drop = FALSE]
    d <- outer(rowSums(x^2), y_squares, "+") - 2 * tcrossprod(x, data$y)
    sums <- exp(-data$s * d) %*% (c(data$b) * cbind(1, data$y))
    -2 * data$s * (x * sums[, 1] - sums[, -1])
  }))
}

plain_log_sum <- function(data) {
  y_squares <- rowSums(data$y^2)
  parts <- split(seq_len(nrow(data$x)), (seq_len(nrow(data$x)) - 1) %/% 512)
  do.call(rbind, lapply(parts, function(i) {
    x <- data$x[i, , drop = FALSE]
    d <- outer(rowSums(x^2), y_squares, "+") - 2 * tcrossprod(x, data$y)
    v <- -data$s * d + rep(data$b, each = length(i))
    largest <- v[cbind(seq_along(i), max.col(v))]
    matrix(largest + log(rowSums(exp(v - largest))))
  }))
}

few_rows <- function(data, rows) {
  data$x <- data$x[rows, , drop = FALSE]
  data
}

# Relative to the sizes of what is added.
error_of <- function(data, exact, scale) {
  rows <- sampled_rows(nrow(data$x))
  few <- few_rows(data, rows)
  truth <- exact(few)
  sizes <- scale(few, truth)
  function(result) max(abs(result[rows, , drop = FALSE] - truth) / sizes)
}

absolute_sums <- function(few, truth) {
  few$b <- abs(few$b)
  plain_sum(few)
}

compare <- function(label, n, ours, compute, data, scale, more = list()) {
  contestants <- ours
  if (n <= largest_of_peers) {
    contestants <- c(contestants, plain_r_contestants(compute, data), more)
  }
  times <- in_turns(contestants, arguments$repetitions)
  error <- error_of(data, compute, scale)
  show_times(paste(label, "N =", n), times, n^2, error, c(1e-5, 1e-11))
}

show_header("Gaussian sums, gradients, log-sum-exp (W1, W5, W6)", arguments)
for (n in 10^(3:floor(log10(arguments$largest)))) {
  for (components in c(1, 6)) {
    data <- make_data(n, components)
    kernlab <- list(kernlab = contestant(function() {
      kernel <- kernlab::rbfdot(sigma = data$s)
      kernlab::kernelMult(kernel, data$x, data$y, data$b)
    }))
    compare(
      paste0("W1 b:", components), n,
      our_contestants(formula, args(components), data), plain_sum, data,
      absolute_sums, kernlab
    )
  }
  data <- make_data(n, 1)
  with_ones <- c(data, list(e = matrix(1, n, 1)))
  compare(
    "W5 gradient", n,
    our_contestants(
      sprintf("Grad(%s, x, e)", formula), c(args(1), "e = Vi(1)"), with_ones
    ),
    plain_gradient, data, function(few, truth) apply(abs(truth), 1, max)
  )
  compare(
    "W6 log-sum-exp", n,
    our_contestants(
      "LogSumExp_Reduction(-s * SqDist(x, y) + b, 0)", args(1), data
    ),
    plain_log_sum, data, function(few, truth) abs(truth)
  )
}
