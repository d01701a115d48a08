# Linear systems and Gaussian processes on R's volcano, beside dense algebra in
# plain R and beside fields.
#   Rscript benchmarks/solve.R [N, 4000] [whole search of fields: 0 or 1]
# The whole search of fields takes many minutes; without it, one evaluation of
# its likelihood is timed.

library(rkeops)
given <- suppressWarnings(as.numeric(commandArgs(trailingOnly = TRUE)))
n <- if (length(given) >= 1) given[1] else 4000
whole <- length(given) >= 2 && given[2] == 1
set_rkeops_option("threads", 2)

cells <- expand.grid(x = seq_len(nrow(volcano)), y = seq_len(ncol(volcano)))
some <- round(seq(1, nrow(cells), length.out = n))
set.seed(22)
data <- cbind(cells[some, ], z = c(volcano)[some] + rnorm(n))
others <- cells[sample(setdiff(seq_len(nrow(cells)), some), 500), ]
range <- 15
lambda <- 1e-3

rows <- list()
timed <- function(what, code, note = "") {
  gc()
  time <- system.time(value <- force(code))[["elapsed"]]
  rows[[length(rows) + 1]] <<- data.frame(
    what = what, seconds = round(time, 2),
    note = if (is.function(note)) note(value) else note
  )
  value
}

x <- as.matrix(data[, c("x", "y")]) / range
b <- data$z - mean(data$z)
many <- matrix(rnorm(n * 200), n)

# ---- systems ----

kernel <- function(precision) {
  r <- sqrt(5 * sqdist(
    Vi(x, precision = precision), Vj(x, precision = precision)
  ))
  (1 + r + r^2 / 3) * exp(-r)
}
steps <- function(a) {
  s <- summary(a)
  sprintf("%d iterations, rank %d, residual %.1e", s$iterations, s$rank,
          max(s$residual))
}
for (precision in c("float64", "float32")) {
  K <- kernel(precision) # nolint
  # compiled before it is timed
  invisible(kernel_solve(K[1:99, 1:99], b[1:99], 1))
  a <- timed(paste("kernel_solve,", precision), kernel_solve(K, b, lambda),
             steps)
  timed(
    paste("kernel_solve, no preconditioner,", precision),
    kernel_solve(K, b, lambda, precond = "none", maxit = 5000), steps
  )
  timed(paste("kernel_solve, 200 right-hand sides,", precision),
        kernel_solve(K, many, lambda), steps)
}
estimate <- timed("log_det, estimated", log_det(K, lambda, "lanczos"))
exact <- timed("log_det, exact", log_det(K, lambda, "exact"))
dense <- timed("plain R: the matrix", {
  r <- sqrt(5) * as.matrix(dist(x))
  (1 + r + r^2 / 3) * exp(-r) + diag(lambda, n)
})
root <- timed("plain R: chol()", chol(dense))
wanted <- timed("plain R: both triangular systems",
                backsolve(root, forwardsolve(t(root), b)))
cat(sprintf(
  "solution: relative error %.1e; log det: %.2f, estimated %.2f +- %.2f\n",
  max(abs(a - wanted)) / max(abs(wanted)), exact, estimate,
  attr(estimate, "standard_error")
))
rm(dense, root)

# ---- Gaussian processes ----

fit <- timed(
  "gaussian_process, ML",
  gaussian_process(z ~ x + y, data, "exponential", isotropic = TRUE),
  function(fit) sprintf("log likelihood %.2f", fit$logLik)
)
at <- timed("predict, 500 places with standard errors",
            predict(fit, others, se.fit = TRUE))
if (requireNamespace("fields", quietly = TRUE)) {
  places <- as.matrix(data[, c("x", "y")])
  fields_fit <- if (whole) {
    timed("fields::spatialProcess, ML", fields::spatialProcess(
      places, data$z, mKrig.args = list(m = 1),
      cov.function = fields::stationary.cov,
      cov.args = list(Covariance = "Exponential")
    ), function(fit) {
      sprintf("log likelihood %.2f", fit$summary[["lnProfileLike.FULL"]])
    })
  } else {
    timed("fields::mKrig, one evaluation", fields::mKrig(
      places, data$z, m = 1, lambda = fit$nugget / fit$variance,
      cov.function = fields::stationary.cov,
      cov.args = list(Covariance = "Exponential", aRange = fit$range[[1]])
    ), function(fit) {
      sprintf("log likelihood %.2f", fit$summary[["lnProfileLike.FULL"]])
    })
  }
  theirs <- timed("fields::predictSE, 500 places",
                  fields::predictSE(fields_fit, as.matrix(others)))
  cat(sprintf(
    "standard errors: largest relative difference %.1e\n",
    max(abs(theirs / at$se.fit - 1))
  ))
}

table <- do.call(rbind, rows)
cat("\nN =", n, "\n")
print(table, right = FALSE, row.names = FALSE)
