# Densities and tests beside the packages that people use. Each result is
# checked before it is timed.
#   Rscript benchmarks/density.R [largest N]
# Debian: r-cran-ks, r-cran-energy.

library(rkeops)
use_cpu(2)
set.seed(1)

arguments <- commandArgs(trailingOnly = TRUE)
largest <- if (length(arguments)) as.numeric(arguments[[1]]) else 1e5

seconds <- function(expr) system.time(expr)[["elapsed"]]

show <- function(what, n, seconds, note = "") {
  cat(sprintf("%-44s N = %7g  %9.3f s  %s\n", what, n, seconds, note))
}

# ---- densities: all points at all points, two columns ----

plain_density <- function(x, y, bw) {
  # blocks of rows keep the matrix of pairs in memory
  unlist(lapply(split(seq_len(nrow(y)), (seq_len(nrow(y)) - 1) %/% 500),
                function(rows) {
    squares <- outer(rowSums(y[rows, , drop = FALSE]^2), rowSums(x^2), `+`) -
      2 * tcrossprod(y[rows, , drop = FALSE], x)
    rowMeans(exp(-squares / (2 * bw^2))) / (2 * pi * bw^2)
  }), use.names = FALSE)
}

show_densities <- function(n) {
  x <- matrix(rnorm(2 * n), n)
  fit <- kernel_density(x, bw = 0.2)
  some <- x[1:100, ]
  expected <- plain_density(x, some, 0.2)
  stopifnot(
    max(abs(predict(fit, some) / expected - 1)) < 1e-9,
    max(abs(predict(fit, some, precision = "float32") / expected - 1)) < 1e-4
  )
  for (precision in c("float64", "float32")) {
    show(
      paste("kernel_density()", precision), n,
      seconds(predict(fit, precision = precision))
    )
  }
  if (n <= 1e4) {
    show("plain R", n, seconds(plain_density(x, x, 0.2)))
  } else {
    rows <- x[1:1000, ]
    show("plain R", n, seconds(plain_density(x, rows, 0.2)) * n / 1000,
         "(from 1,000 rows)")
  }
  if (requireNamespace("ks", quietly = TRUE)) {
    if (n <= 1e4) {
      show("ks::kde, exact", n, seconds(
        ks::kde(x, H = fit$H, binned = FALSE, eval.points = x)
      ))
    }
    binned <- NULL
    show("ks::kde, binned on a grid of 151 x 151", n, seconds(
      binned <- predict(ks::kde(x, H = fit$H, binned = TRUE), x = some)
    ), sprintf("(relative error %.0e)", max(abs(binned / expected - 1))))
  }
  if (n <= 1e4) show_bandwidths(x)
}

show_bandwidths <- function(x) {
  n <- nrow(x)
  fit <- NULL
  taken <- seconds(fit <- kernel_density(x, bw = "lscv"))
  show("bw = \"lscv\", exact", n, taken, sprintf("%d passes", fit$passes))
  taken <- seconds(fit <- kernel_density(x, bw = "lcv"))
  show("bw = \"lcv\", exact", n, taken, sprintf("%d passes", fit$passes))
  if (requireNamespace("ks", quietly = TRUE)) {
    show("ks::Hlscv.diag, binned", n, seconds(ks::Hlscv.diag(x, binned = TRUE)))
  }
}

# ---- two samples: 1,000 permutations ----

dense_mmd <- function(x, y, h, nperm) {
  z <- rbind(x, y)
  k <- exp(-as.matrix(dist(z))^2 / (2 * h^2))
  diag(k) <- 0
  n <- nrow(x)
  m <- nrow(y)
  chosen <- cbind(rep(c(1, 0), c(n, m)), replicate(nperm, {
    sample(rep(c(1, 0), c(n, m)))
  }))
  within <- colSums(chosen * (k %*% chosen))
  between <- colSums(chosen * rowSums(k)) - within
  rest <- sum(k) - within - 2 * between
  within / (n * (n - 1)) + rest / (m * (m - 1)) - 2 * between / (n * m)
}

show_tests <- function(n) {
  x <- matrix(rnorm(3 * n / 2), n / 2)
  y <- matrix(rnorm(3 * n / 2, 0.05), n / 2)
  result <- NULL
  taken <- seconds(
    result <- mmd_test(x, y, bandwidth = 1, nperm = 1000)
  )
  show("mmd_test(), 1000 permutations", n, taken)
  show("mmd_test(), float32", n, seconds(
    mmd_test(x, y, bandwidth = 1, nperm = 1000, precision = "float32")
  ))
  if (n <= 1e4) {
    dense <- NULL
    taken <- seconds(dense <- dense_mmd(x, y, 1, 1000))
    stopifnot(abs(dense[[1]] - result$statistic) < 1e-10)
    show("plain R, a stored matrix", n, taken)
  }
  show("energy_test(), 1000 permutations", n, seconds(
    energy_test(x, y, nperm = 1000)
  ))
  if (n <= 1e3 && requireNamespace("energy", quietly = TRUE)) {
    show("energy::eqdist.etest", n, seconds(
      energy::eqdist.etest(rbind(x, y), c(n / 2, n / 2), R = 1000)
    ))
  }
}

cat(R.version.string, ", ", date(), "\n", sep = "")
for (n in c(1e3, 1e4, 1e5)) if (n <= largest) show_densities(n)
for (n in c(1e3, 1e4)) if (n <= largest) show_tests(n)
