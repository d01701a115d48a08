# Gaussian kernel sums, out_i = sum_j exp(-s |x_i - y_j|^2) b_j with points of
# dimension 3: our CPU and GPU engines beside plain R, for N = M = 10^3, 10^4,
# ... Every result is checked on sampled rows against double precision.
#
#   Rscript benchmarks/gaussian.R [largest N, 1e6 by default] [columns of b, 1]

library(rkeops)

options(scipen = 8)
arguments <- as.numeric(commandArgs(trailingOnly = TRUE))
largest <- if (length(arguments) >= 1) arguments[1] else 1e6
components <- if (length(arguments) >= 2) arguments[2] else 1
repetitions <- 5
s <- 0.7

make_data <- function(n) {
  set.seed(n)
  list(
    x = matrix(runif(3 * n), n), y = matrix(runif(3 * n), n),
    b = matrix(rnorm(n * components), n), s = s
  )
}

weights <- function(x, y) {
  distances <- outer(x[, 1], y[, 1], "-")^2
  for (k in 2:3) {
    distances <- distances + outer(x[, k], y[, k], "-")^2
  }
  exp(-s * distances)
}

# A block of the matrix of weights at a time, of 2 MB: larger ones are slower.
in_plain_r <- function(data, rows = seq_len(nrow(data$x))) {
  block <- max(1, floor(2.5e5 / nrow(data$y)))
  parts <- split(rows, (seq_along(rows) - 1) %/% block)
  do.call(rbind, lapply(parts, function(i) {
    weights(data$x[i, , drop = FALSE], data$y) %*% data$b
  }))
}

# Relative to the sums of the absolute terms, on at most 64 rows. rowSums() adds
# in extended precision; the error of `%*%` depends on R's BLAS.
relative_error <- function(result, data) {
  rows <- unique(round(seq(1, nrow(data$x), length.out = 64)))
  errors <- vapply(rows, function(i) {
    terms <- t(data$b * c(weights(data$x[i, , drop = FALSE], data$y)))
    max(abs(result[i, ] - rowSums(terms)) / rowSums(abs(terms)))
  }, numeric(1))
  max(errors)
}

# Medians of the whole call and of its part inside the engine, after one call
# that compiles.
time_engine <- function(data, precision) {
  op <- keops_kernel(
    "Sum_Reduction(Exp(-s * SqNorm2(x - y)) * b, 0)",
    c("x = Vi(3)", "y = Vj(3)", sprintf("b = Vj(%d)", components), "s = Pm(1)"),
    precision = precision
  )
  few <- lapply(data[1:3], function(input) input[1:10, , drop = FALSE])
  op(c(few, data["s"]))
  times <- matrix(0, 2, 0)
  begin <- proc.time()[["elapsed"]]
  # Long calls are not repeated more than needed.
  while (ncol(times) < repetitions &&
           (ncol(times) < 1 || proc.time()[["elapsed"]] - begin < 30)) {
    call <- system.time(result <- op(data), gcFirst = FALSE)[["elapsed"]]
    inside <- rkeops:::r_last_timings()
    times <- cbind(times, c(inside[["kernel"]], max(call, inside[["total"]])))
  }
  list(
    kernel = stats::median(times[1, ]), call = stats::median(times[2, ]),
    error = relative_error(result, data)
  )
}

# Plain R is timed on as many rows as take a few seconds, and scaled.
time_plain_r <- function(data) {
  n <- nrow(data$x)
  rows <- seq_len(min(n, max(64, floor(2e8 / n))))
  time <- system.time(in_plain_r(data, rows))[["elapsed"]]
  list(call = time * n / length(rows), scaled = length(rows) < n)
}

engines <- c(CPU = "cpu")
if (!inherits(tryCatch(use_gpu(), rkeops_error_gpu = identity), "error")) {
  engines <- c(engines, GPU = "cuda")
}

cat(sprintf(
  "Gaussian sums, D = 3, b of %d; CPU: %d threads; medians of %d calls\n\n",
  components, get_threads(), repetitions
))
row_format <- "%9s  %-18s %12s %12s %11s %10s %10s\n"
cat(sprintf(row_format, "N = M", "engine", "kernel (ms)", "call (ms)",
            "Gpair/s", "error", "vs R"))

milliseconds <- function(seconds) {
  format(signif(1000 * seconds, 4), scientific = FALSE, trim = TRUE)
}

for (n in 10^seq(3, floor(log10(largest)))) {
  data <- make_data(n)
  plain <- time_plain_r(data)
  cat(sprintf(row_format, n, "plain R float64", "-",
              paste0(milliseconds(plain$call), if (plain$scaled) "*"),
              format(signif(n^2 / plain$call / 1e9, 3)), "-", "1"))
  for (engine in names(engines)) {
    set_rkeops_option("engine", engines[[engine]])
    for (precision in c("float32", "float64")) {
      time <- time_engine(data, precision)
      cat(sprintf(row_format, n, paste(engine, precision),
                  milliseconds(time$kernel), milliseconds(time$call),
                  format(signif(n^2 / time$kernel / 1e9, 3)),
                  sprintf("%.1e", time$error),
                  format(signif(plain$call / time$call, 3))))
      stopifnot(time$error < c(float32 = 1e-5, float64 = 1e-12)[[precision]])
    }
  }
}
cat("\n* computed for some of the rows, and scaled to all\n")
