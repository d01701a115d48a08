# Optimal transport against iterations with stored matrices, closed forms and
# finite differences.

previous <- set_rkeops_options(compile = "auto")

set.seed(1)
x <- matrix(rnorm(40), 20)
y <- matrix(rnorm(60, 1), 30)
a <- runif(20)
a <- a / sum(a)
b <- runif(30)
b <- b / sum(b)

# The plan and the value, from all entries.
plain_sinkhorn <- function(x, y, epsilon, a, b, rho = Inf) {
  costs <- (outer(rowSums(x^2), rowSums(y^2), `+`) - 2 * x %*% t(y)) / 2
  log_sum <- function(m) {
    largest <- apply(m, 1L, max)
    largest + log(rowSums(exp(m - largest)))
  }
  damped <- -epsilon / (1 + epsilon / rho)
  g <- numeric(nrow(y))
  for (iteration in 1:5000) {
    f <- damped * log_sum(t(log(b) + g / epsilon - t(costs) / epsilon))
    before <- g
    g <- damped * log_sum(t(log(a) + f / epsilon - costs / epsilon))
    if (max(abs(g - before)) < 1e-14) break
  }
  plan <- exp((outer(f, g, `+`) - costs) / epsilon) * outer(a, b)
  divergence <- function(p, q) sum(ifelse(p > 0, p * log(p / q), 0) - p + q)
  value <- sum(plan * costs) + epsilon * divergence(plan, outer(a, b))
  if (is.finite(rho)) {
    value <- value + rho * divergence(rowSums(plan), a) +
      rho * divergence(colSums(plan), b)
  }
  list(value = value, plan = plan, cost = sum(plan * costs))
}

test_that("values and plans are those of stored matrices", {
  for (epsilon in c(0.5, 0.1)) {
    fit <- sinkhorn(x, y, epsilon, a, b, tol = 1e-11)
    expected <- plain_sinkhorn(x, y, epsilon, a, b)
    expect_equal(fit$value, expected$value, tolerance = 1e-10)
    expect_equal(as.matrix(fit$plan), expected$plan, tolerance = 1e-8)
    expect_equal(fit$transport_cost, expected$cost, tolerance = 1e-8)
  }
  expect_equal(rowSums(fit$plan), a, tolerance = 1e-10)
  expect_equal(colSums(fit$plan), b, tolerance = 1e-10)
  fit <- sinkhorn(x, y, 0.1, a, 2 * b, unbalanced = 1, tol = 1e-11)
  expected <- plain_sinkhorn(x, y, 0.1, a, 2 * b, 1)
  expect_equal(fit$value, expected$value, tolerance = 1e-10)
  expect_equal(as.matrix(fit$plan), expected$plan, tolerance = 1e-8)
})

test_that("single precision converges to its digits", {
  fit <- sinkhorn(x + 100, y + 100, 0.1, a, b, precision = "float32")
  expect_true(fit$converged)
  expect_equal(fit$value, sinkhorn(x, y, 0.1, a, b)$value, tolerance = 1e-5)
})

test_that("costs by name have their factors", {
  half <- sinkhorn(x, y, 0.5)
  expect_equal(sinkhorn(x, y, 1, cost = "squared")$value, 2 * half$value,
               tolerance = 1e-9)
  by_hand <- sinkhorn(x, y, 0.5, cost = function(x, y) sqdist(x, y) / 2)
  expect_equal(by_hand$value, half$value, tolerance = 1e-12)
  # on a line, of equal numbers: the mean distance of sorted points
  u <- c(0, 1, 2)
  v <- c(5, 3, 9)
  expect_equal(
    sinkhorn(u, v, 0.01, cost = "distance")$transport_cost,
    mean(abs(sort(u) - sort(v))), tolerance = 1e-6
  )
})

test_that("gradients are finite differences of the value", {
  for (rho in list(NULL, 1)) {
    for (debias in c(FALSE, TRUE)) {
      value <- function(x, y, a, b) {
        sinkhorn(
          x, y, 0.2, a, b, debias = debias, unbalanced = rho, tol = 1e-11
        )
      }
      given <- list(x = x, y = y, a = a, b = b)
      gradient <- sinkhorn_gradient(do.call(value, given))
      for (name in names(given)) {
        moved <- lapply(c(1e-5, -1e-5), function(step) {
          changed <- given
          changed[[name]][[7L]] <- changed[[name]][[7L]] + step
          do.call(value, changed)$value
        })
        expect_equal(
          gradient[[name]][[7L]], (moved[[1L]] - moved[[2L]]) / 2e-5,
          tolerance = 1e-5
        )
      }
    }
  }
})

test_that("the divergence is 0 for equal samples, and a distance of shifts", {
  expect_equal(
    sinkhorn(x, x, 0.1, debias = TRUE, tol = 1e-9)$value, 0, tolerance = 1e-7
  )
  shifted <- sweep(x, 2L, c(3, 4), `+`)
  fit <- sinkhorn(x, shifted, 0.1, debias = TRUE, tol = 1e-9)
  expect_equal(fit$value, 25 / 2, tolerance = 1e-6)
  offset <- sinkhorn(x + 1e6, shifted + 1e6, 0.1, debias = TRUE, tol = 1e-9)
  expect_equal(offset$value, fit$value, tolerance = 1e-6)
  large <- sinkhorn(
    1e21 * x, 1e21 * shifted, 1e41, debias = TRUE, tol = 1e-9
  )
  expect_equal(large$value / 1e42, fit$value, tolerance = 1e-6)
})

test_that("points of weight 0 are nowhere", {
  weights <- replace(rep(1, 20), 3, 0)
  fit <- sinkhorn(x, y, 0.2, weights, debias = TRUE)
  there <- sinkhorn(x[-3, ], y, 0.2, debias = TRUE)
  expect_equal(fit$value, there$value, tolerance = 1e-8)
  expect_equal(rowSums(fit$plan)[[3]], 0)
  gradient <- sinkhorn_gradient(fit, "x")$x
  expect_equal(gradient[3, ], c(0, 0))
  expect_equal(
    gradient[-3, ], sinkhorn_gradient(there, "x")$x, tolerance = 1e-6
  )
})

test_that("points go to the means of the plan", {
  fit <- sinkhorn(x, y, 0.2)
  plan <- as.matrix(fit$plan)
  expect_equal(predict(fit), plan %*% y / rowSums(plan), tolerance = 1e-8)
  expect_equal(
    predict(fit, from = "y"), t(plan) %*% x / colSums(plan), tolerance = 1e-5
  )
  expect_equal(predict(fit, x[2:3, ]), predict(fit)[2:3, ])
  expect_equal(predict(fit, x[0, ]), matrix(0, 0, 2))
  expect_true(all(is.na(predict(fit, rbind(c(1, NA))))))
  fit <- sinkhorn(iris[1:50, 1:2], iris[51:100, 1:2])
  expect_equal(colnames(predict(fit)), names(iris)[1:2])
})

test_that("what does not converge says so", {
  expect_warning(
    fit <- sinkhorn(x, y, 0.001, maxit = 3),
    class = "rkeops_warning_convergence"
  )
  expect_false(fit$converged)
  expect_equal(sum(!is.na(fit$trace$error)), 3L)
  expect_true(sinkhorn(x, y, 0.5)$converged)
})

test_that("one point, equal points and bad input", {
  expect_equal(sinkhorn(1, 3, 0.1)$value, 2)
  expect_equal(sinkhorn(c(1, 1), c(3, 3, 3), 0.1)$value, 2)
  expect_error(sinkhorn(c(1, 1), c(1, 1)), "`epsilon` must be given")
  expect_equal(sinkhorn(c(1, 1), c(1, 1), 0.1)$value, 0)
  expect_error(sinkhorn(x, y, -1), "`epsilon` must be one positive")
  expect_error(sinkhorn(x, 1:3), "same columns")
  expect_error(sinkhorn(x, y[0, ]), "at least one row")
  expect_error(sinkhorn(x, c(NA, 1)), "missing")
  expect_error(sinkhorn(x, y, a = 1:3), "`a` must be 20 numbers")
  expect_error(sinkhorn(x, y, b = numeric(30)), "not all be 0")
  expect_error(sinkhorn(x, y, cost = "cubed"), "`cost` must be")
  expect_error(sinkhorn(x, y, unbalanced = 0), "`unbalanced` must be")
  expect_error(sinkhorn_gradient(1), "class `sinkhorn`")
})

test_that("the generics of R know transports", {
  fit <- sinkhorn(x, y, 0.5)
  expect_output(print(fit), "Entropic optimal transport of 20 and 30 points")
  expect_output(print(summary(fit)), "Mass transported 1")
  pdf(NULL)
  on.exit(dev.off())
  expect_identical(plot(fit), fit)
})

test_that("the barycentre of shifted samples is in the middle", {
  shifted <- sweep(x, 2L, c(6, 2), `+`)
  middle <- wasserstein_barycenter(list(x, shifted), n = 20, epsilon = 0.05)
  expect_true(middle$converged)
  expect_equal(colMeans(middle$x), colMeans(x) + c(3, 1), tolerance = 0.01)
  expect_lt(
    sinkhorn(middle$x, sweep(x, 2L, c(3, 1), `+`), 0.05, debias = TRUE)$value,
    0.01
  )
  # half the squared distance of each sample, 10, and their mean
  expect_equal(middle$value, 5, tolerance = 0.01)
  near_first <- wasserstein_barycenter(
    list(x, shifted), c(3, 1), start = x, epsilon = 0.05
  )
  expect_equal(colMeans(near_first$x), colMeans(x) + c(1.5, 0.5),
               tolerance = 0.01)
  expect_output(print(middle), "Barycentre of 2 samples: 20 points")
  expect_equal(dim(as.data.frame(middle)), c(20L, 2L))
  pdf(NULL)
  on.exit(dev.off())
  expect_identical(plot(middle), middle)
})

test_that("barycentres refuse bad input", {
  expect_error(wasserstein_barycenter(x), "a list of samples")
  expect_error(wasserstein_barycenter(list(x, 1:3)), "same columns")
  expect_error(wasserstein_barycenter(list(c(1, 1), 1)), "points are equal")
  expect_error(wasserstein_barycenter(list(x, y), 1:3), "`weights` must be 2")
  expect_warning(
    wasserstein_barycenter(list(x, y), n = 10, maxit = 1),
    class = "rkeops_warning_convergence"
  )
})

set_rkeops_options(previous)
