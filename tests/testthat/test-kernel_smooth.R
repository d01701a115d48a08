# Kernel regressions against lm() with weights, and what R has.

previous <- set_rkeops_options(compile = "auto")

set.seed(2)
smooth_data <- data.frame(a = runif(64), b = 1e6 + rnorm(64), c = rexp(64))
smooth_data$y <- 1e6 + sin(6 * smooth_data$a) + 0.3 * rnorm(64)

# The value at a point by lm(), from the rows that are kept.
plain_smooth <- function(data, variables, at, bw, degree, weights = NULL) {
  x <- sweep(as.matrix(data[variables]), 2L, as.double(at))
  kernel <- exp(-colSums((t(x) / bw)^2) / 2) * (weights %||% 1)
  design <- if (degree == 0) rep(1, nrow(x)) else cbind(1, x)
  unname(lm.wfit(cbind(design), data$y, kernel)$coefficients[[1L]])
}
`%||%` <- rlang::`%||%`

test_that("values and residuals are those of weighted least squares", {
  for (variables in list("a", c("a", "b"), c("a", "b", "c"))) {
    bw <- c(a = 0.2, b = 0.6, c = 0.7)[variables]
    formula <- reformulate(variables, "y")
    for (degree in 0:1) {
      fit <- kernel_smooth(formula, smooth_data, bw = bw, degree = degree)
      expected <- vapply(1:64, function(i) {
        plain_smooth(
          smooth_data, variables, smooth_data[i, variables], bw, degree
        )
      }, 0)
      expect_equal(fitted(fit) - 1e6, expected - 1e6, tolerance = 1e-7)
      expect_equal(residuals(fit), smooth_data$y - fitted(fit))
      left_out <- vapply(1:64, function(i) {
        smooth_data$y[[i]] - plain_smooth(
          smooth_data[-i, ], variables, smooth_data[i, variables], bw, degree
        )
      }, 0)
      expect_equal(residuals(fit, "loo"), left_out, tolerance = 1e-6)
    }
  }
})

test_that("ksmooth() gives the same means", {
  fit <- kernel_smooth(dist ~ speed, cars, bw = 2)
  there <- ksmooth(
    cars$speed, cars$dist, "normal", bandwidth = 2 * 4 * qnorm(0.75),
    x.points = 10:20
  )
  # ksmooth() cuts its kernel off
  expect_equal(predict(fit, data.frame(speed = 10:20)), there$y,
               tolerance = 1e-3)
})

test_that("the leave-one-out error is smallest at the bandwidths chosen", {
  for (degree in 0:1) {
    fit <- kernel_smooth(y ~ a + c, smooth_data, degree = degree)
    error <- function(bw) {
      mean(residuals(update(fit, bw = bw), "loo")^2)
    }
    smallest <- error(fit$bw)
    expect_equal(fit$criterion, smallest, tolerance = 1e-8)
    for (k in 1:2) {
      for (step in c(0.95, 1.05)) {
        expect_gte(error(replace(fit$bw, k, fit$bw[[k]] * step)),
                   smallest * (1 - 1e-6))
      }
    }
  }
})

test_that("far points have the value of the nearest ones", {
  fit <- kernel_smooth(dist ~ speed, cars, bw = 1)
  expect_equal(predict(fit, data.frame(speed = c(-1e4, 1e4))), c(6, 85))
  fit <- update(fit, degree = 1)
  expect_true(all(is.finite(predict(fit, data.frame(speed = c(-1e4, 1e4))))))
})

test_that("weights count as repetitions, and those of 0 leave points out", {
  weights <- rep(c(0, 1, 3), length.out = 64)
  repeated <- smooth_data[rep(1:64, weights), ]
  for (degree in 0:1) {
    fit <- kernel_smooth(
      y ~ a, smooth_data, bw = 0.1, degree = degree, weights = weights
    )
    there <- kernel_smooth(y ~ a, repeated, bw = 0.1, degree = degree)
    expect_equal(fitted(fit), predict(there, smooth_data), tolerance = 1e-12)
    expect_equal(
      summary(fit)$r_squared, summary(there)$r_squared, tolerance = 1e-6
    )
  }
})

test_that("planes are exact, and directions without spread have no slope", {
  data <- transform(smooth_data, y = 3 + 2 * a - c, same = 5)
  fit <- kernel_smooth(y ~ a + c, data, bw = c(0.3, 0.5), degree = 1)
  expect_equal(fitted(fit), data$y, tolerance = 1e-12)
  fit <- kernel_smooth(y ~ a + c + same, data, bw = c(0.3, 0.5, 1), degree = 1)
  expect_equal(fitted(fit), data$y, tolerance = 1e-10)
  twice <- transform(data, d = 2 * a)
  fit <- kernel_smooth(y ~ a + d + c, twice, bw = c(1, 2, 1), degree = 1)
  expect_equal(fitted(fit), data$y, tolerance = 1e-8)
})

test_that("missing values follow na.action", {
  data <- cars
  data$dist[[4]] <- NA
  fit <- kernel_smooth(dist ~ speed, data, bw = 2)
  expect_length(fitted(fit), 49L)
  fit <- update(fit, na.action = na.exclude)
  expect_equal(which(is.na(residuals(fit))), 4L, ignore_attr = TRUE)
  expect_length(fitted(fit), 50L)
  expect_error(update(fit, na.action = na.fail), "missing values")
  expect_equal(
    is.na(predict(fit, data.frame(speed = c(10, NA)))), c(FALSE, TRUE)
  )
  expect_length(predict(fit, data.frame(speed = numeric())), 0L)
})

test_that("bad input is refused in words", {
  expect_error(kernel_smooth(~ speed, cars), "formula with a response")
  expect_error(kernel_smooth(cars), "`formula` must be a formula")
  expect_error(kernel_smooth(dist ~ speed, cars, degree = 2), "0 or 1")
  expect_error(kernel_smooth(dist ~ speed, cars, bw = "cv"), "\"loo\"")
  expect_error(kernel_smooth(dist ~ speed, cars, bw = 0), "`bw` must be")
  expect_error(kernel_smooth(dist ~ speed, cars[0, ]), "no point")
  expect_error(kernel_smooth(dist ~ speed, cars[1:2, ]), "at least 3 rows")
  expect_error(kernel_smooth(Species ~ Sepal.Width, iris), "numeric variable")
  expect_error(kernel_smooth(dist ~ speed:dist, cars), "without interactions")
  expect_error(
    kernel_smooth(y ~ x, data.frame(x = 1, y = 1:5)), "is constant"
  )
  fit <- kernel_smooth(dist ~ speed, cars[1, ], bw = 1)
  expect_equal(predict(fit, cars[2:3, ]), c(2, 2))
})

test_that("the generics of R know kernel regressions", {
  fit <- kernel_smooth(dist ~ speed, cars)
  expect_output(print(fit), "local means, of 50 points")
  expect_output(print(summary(fit)), "Each point from the others")
  pdf(NULL)
  on.exit(dev.off())
  expect_named(plot(fit), c("speed", ".fitted"))
  wide <- kernel_smooth(depth ~ long + lat, quakes[1:100, ], bw = 1)
  grid <- plot(wide, n = 11)
  expect_equal(nrow(grid), 121L)
  near <- apply(grid[1:2], 1L, function(place) {
    min(colSums((t(quakes[1:100, c("long", "lat")]) - place)^2)) <= 4
  })
  expect_equal(!is.na(grid$.fitted), near, ignore_attr = TRUE)
  expect_error(
    plot(kernel_smooth(y ~ a + b + c, smooth_data, bw = 1)), "cannot be drawn"
  )
  skip_if_not_installed("generics")
  expect_equal(generics::tidy(fit)$term, "speed")
  expect_equal(generics::glance(fit)$rmse, sqrt(mean(residuals(fit)^2)))
  expect_equal(generics::augment(fit)$.resid, residuals(fit))
  expect_named(generics::augment(fit, newdata = cars[1:2, ]),
               c("speed", "dist", ".fitted"))
})

set_rkeops_options(previous)

test_that("bandwidths do not depend on the origin of the response", {
  local_rkeops_options(compile = "never")
  data <- smooth_data
  # exact with any of the origins
  data$y <- round((smooth_data$y - 1e6) * 2^16) / 2^16
  fit <- kernel_smooth(y ~ a, data)
  for (origin in c(1e6, 2^33)) {
    far <- kernel_smooth(y ~ a, transform(data, y = y + origin))
    expect_equal(far$bw, fit$bw, tolerance = 1e-6)
    expect_equal(fitted(far) - origin, fitted(fit), tolerance = 1e-6)
  }
})
