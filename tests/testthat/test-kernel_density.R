# Densities against sums in plain R and the packages that people use.

# as users have it: small problems are interpreted
previous <- set_rkeops_options(compile = "auto")

set.seed(1)
points <- cbind(a = rnorm(65), b = rexp(65), c = runif(65))

# The log density at each row of y, in double precision.
plain_log_density <- function(x, y, covariance, weights = rep(1, nrow(x))) {
  root <- chol(covariance)
  apply(y, 1L, function(one) {
    z <- backsolve(root, t(x) - one, transpose = TRUE)
    exponents <- -colSums(z^2) / 2 + log(weights / sum(weights))
    largest <- max(exponents)
    largest + log(sum(exp(exponents - largest)))
  }) - sum(log(diag(root))) - ncol(x) / 2 * log(2 * pi)
}

plain_leave_one_out <- function(x, bw, weights = rep(1, nrow(x))) {
  covariance <- diag(bw^2, length(bw))
  vapply(seq_len(nrow(x)), function(i) {
    plain_log_density(
      x[-i, , drop = FALSE], x[i, , drop = FALSE], covariance, weights[-i]
    )
  }, 0)
}

# Two kernels are at x and y: the integral of the squared density is their
# mean at a distance with twice the covariance.
plain_squares <- function(x, bw) {
  wide <- plain_log_density(x, x, diag(2 * bw^2, length(bw)))
  mean(exp(wide)) - 2 * mean(exp(plain_leave_one_out(x, bw)))
}

test_that("densities are sums of Gaussians, in any number of dimensions", {
  for (columns in list(1L, 1:2, 1:3)) {
    x <- points[, columns, drop = FALSE]
    y <- x[1:7, , drop = FALSE] + 0.3
    bw <- c(0.4, 0.2, 0.1)[columns]
    fit <- kernel_density(x, bw = bw)
    expected <- plain_log_density(x, y, diag(bw^2, length(bw)))
    expect_equal(predict(fit, y, log = TRUE), expected, tolerance = 1e-12)
    expect_equal(predict(fit, y), exp(expected), tolerance = 1e-12)
    expect_equal(
      predict(fit, y, precision = "float32"), exp(expected), tolerance = 1e-5
    )
  }
  covariance <- matrix(c(0.3, 0.1, 0.1, 0.2), 2)
  weights <- c(0, 2, rep(1, 63))
  fit <- kernel_density(points[, 1:2], bw = covariance, weights = weights)
  expect_equal(
    fitted(fit),
    exp(plain_log_density(
      points[-1, 1:2], points[, 1:2], covariance, weights[-1]
    )), tolerance = 1e-12
  )
})

test_that("log densities do not underflow, and units and offsets do not matter", {
  fit <- kernel_density(points[, 1], bw = 0.1)
  expect_equal(
    predict(fit, 1e5, log = TRUE),
    plain_log_density(points[, 1, drop = FALSE], matrix(1e5), matrix(0.01)),
    tolerance = 1e-12
  )
  fit <- kernel_density(points)
  moved <- kernel_density(sweep(points * 1e21, 2, c(1e24, 0, -1e22), `+`))
  expect_equal(moved$bw, fit$bw * 1e21, tolerance = 1e-4)
  expect_equal(
    predict(moved, log = TRUE), predict(fit, log = TRUE) - 3 * log(1e21),
    tolerance = 1e-4
  )
})

test_that("cross-validation finds the optimum of the exact criteria", {
  x <- points[, 1:2]
  for (rule in c("lcv", "lscv")) {
    criterion <- if (rule == "lcv") {
      function(bw) -mean(plain_leave_one_out(x, bw))
    } else {
      function(bw) plain_squares(x, bw)
    }
    fit <- kernel_density(x, bw = rule)
    value <- criterion(fit$bw)
    expect_equal(abs(fit$criterion), abs(value), tolerance = 1e-10)
    for (step in c(-0.02, 0.02)) {
      for (k in 1:2) {
        other <- replace(fit$bw, k, fit$bw[[k]] * (1 + step))
        expect_gt(criterion(other), value)
      }
    }
  }
  fit <- kernel_density(x)
  expect_equal(
    as.numeric(logLik(fit)), sum(plain_leave_one_out(x, fit$bw)),
    tolerance = 1e-10
  )
})

test_that("bandwidths are those of ks", {
  skip_if_not_installed("ks")
  x <- c(qnorm(ppoints(100)), 4 + qexp(ppoints(100)))
  expect_equal(
    unname(kernel_density(x, bw = "lscv")$bw), ks::hlscv(x, binned = FALSE),
    tolerance = 5e-3
  )
  expect_equal(unname(kernel_density(x, bw = "scott")$bw), ks::hns(x))
  fit <- kernel_density(points[, 1:2], bw = "lscv")
  H <- ks::Hlscv.diag(points[, 1:2])
  expect_equal(unname(fit$H), unname(H), tolerance = 1e-2)
  there <- ks::kde(points[, 1:2], H = fit$H, eval.points = points[, 1:2])
  expect_equal(fitted(fit), there$estimate, tolerance = 1e-8)
})

test_that("density() and MASS::kde2d() give the same values", {
  x <- faithful$waiting
  grid <- density(x, bw = 4, n = 2^14, from = 40, to = 100)
  fit <- kernel_density(x, bw = 4)
  expect_equal(predict(fit, grid$x), grid$y, tolerance = 1e-3)
  skip_if_not_installed("MASS")
  there <- MASS::kde2d(
    faithful$eruptions, x, h = c(2, 20), n = 9
  )
  fit <- kernel_density(faithful, bw = c(0.5, 5))
  expect_equal(
    predict(fit, expand.grid(eruptions = there$x, waiting = there$y)),
    as.vector(there$z), tolerance = 1e-10
  )
})

test_that("duplicates are left out by number", {
  x <- rbind(points[1:10, 1:2], points[1:10, 1:2])
  fit <- kernel_density(x, bw = c(0.3, 0.3))
  expect_equal(
    as.numeric(logLik(fit)), sum(plain_leave_one_out(x, c(0.3, 0.3))),
    tolerance = 1e-12
  )
  expect_warning(
    kernel_density(x, bw = "lcv"), class = "rkeops_warning_bandwidth"
  )
})

test_that("weights count as repetitions", {
  weights <- rep(c(1, 3, 2), length.out = 65)
  repeated <- points[rep(1:65, weights), 1:2]
  new <- points[1:5, 1:2] + 0.1
  expect_equal(
    predict(kernel_density(points[, 1:2], bw = 0.3, weights = weights), new),
    predict(kernel_density(repeated, bw = 0.3), new), tolerance = 1e-12
  )
  frame <- data.frame(points, w = weights)
  fit <- kernel_density(~ a + b, frame, bw = "lcv", weights = w)
  criterion <- function(bw) {
    -sum(weights * plain_leave_one_out(points[, 1:2], bw, weights))
  }
  value <- criterion(fit$bw)
  expect_gt(criterion(fit$bw * c(1.02, 1)), value)
  expect_gt(criterion(fit$bw * c(1, 0.98)), value)
})

test_that("missing values are left out, or reported", {
  x <- points[1:20, 1:2]
  x[3, 2] <- NA
  fit <- kernel_density(x, bw = 0.3)
  expect_equal(fit$n, 19L)
  expect_length(fitted(fit), 19L)
  for (weights in list(NULL, c(0, rep(1, 19)))) {
    fit <- kernel_density(
      x, bw = 0.3, weights = weights, na.action = na.exclude
    )
    expect_equal(which(is.na(fitted(fit))), 3L)
    expect_length(fitted(fit), 20L)
  }
  expect_equal(is.na(predict(fit, x)), seq_len(20) == 3)
  expect_error(kernel_density(x, na.action = na.fail), "missing values")
  expect_length(predict(fit, x[0, ]), 0L)
})

test_that("bad input is refused in words", {
  expect_error(kernel_density(), "`x` is missing")
  expect_error(kernel_density(cbind(1:5, 2)), "is constant")
  expect_error(kernel_density(3), "One point alone")
  expect_equal(predict(kernel_density(3, bw = 2), 3), dnorm(0) / 2)
  expect_error(kernel_density(matrix(0, 0, 2)), "no point without missing")
  expect_error(kernel_density(c(1, Inf)), "infinite")
  expect_error(kernel_density("a"), "numeric")
  expect_error(kernel_density(iris), "Species")
  expect_error(kernel_density(~ Species, iris), "not numeric")
  expect_error(kernel_density(1:3, bw = -1), "`bw` must be a rule")
  expect_error(kernel_density(1:3, bw = "best"), "`bw` must be")
  expect_error(
    kernel_density(points[, 1:2], bw = matrix(1, 2, 2)), "positive definite"
  )
  expect_error(kernel_density(1:3, weights = c(0, 0, 0)), "not all be 0")
  expect_error(kernel_density(1:3, weights = 1:2), "`weights` must be 3")
  expect_error(kernel_density(1:3, weights = -(1:3)), "negative")
  expect_error(
    predict(kernel_density(points, bw = 1), points[, 1:2]), "2 columns"
  )
})

test_that("the generics of R know estimates", {
  fit <- kernel_density(~ eruptions + waiting, faithful, bw = "scott")
  expect_output(print(fit), "272 points in 2 dimensions")
  expect_output(print(summary(fit)), "Leave-one-out log likelihood")
  expect_equal(update(fit, bw = c(1, 2))$bw, c(eruptions = 1, waiting = 2))
  grid <- as.data.frame(fit, which = "waiting", n = 400)
  step <- diff(grid$waiting[1:2])
  expect_equal(sum(grid$density) * step, 1, tolerance = 1e-3)
  pdf(NULL)
  on.exit(dev.off())
  expect_named(plot(fit, n = 21), c("eruptions", "waiting", "density"))
  expect_named(plot(fit, which = 2), c("waiting", "density"))
  expect_error(plot(fit, which = "x"), "columns of the points")
  expect_error(plot(fit, prob = 2), "between 0 and 1")
  # contours hold their shares of the points
  level <- contour_levels(fit, 0.75, NULL)
  expect_equal(mean(fitted(fit) >= level), 0.75, tolerance = 0.01)
  skip_if_not_installed("generics")
  expect_equal(generics::tidy(fit)$bandwidth, unname(fit$bw))
  expect_equal(generics::glance(fit)$n, 272L)
  expect_equal(generics::augment(fit)$.fitted, fitted(fit))
  transformed <- kernel_density(~ log(eruptions), faithful, bw = 0.1)
  expect_equal(generics::augment(transformed)$.fitted, fitted(transformed))
  expect_equal(nrow(generics::augment(fit, newdata = faithful[1:3, ])), 3L)
})

set_rkeops_options(previous)
