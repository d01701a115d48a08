# Standard errors of kernel regressions against the matrix of the smoother.

local_rkeops_options(compile = "never", .frame = teardown_env())

set.seed(20)
error_data <- data.frame(a = runif(70) + 1e6, b = runif(70) * 1e-3)
error_data$y <- sin(5 * error_data$a) + 300 * error_data$b + rnorm(70) / 5
error_weights <- rep(c(0.5, 1, 4), length.out = 70)

# Row i has the weights of the responses in the value at the point i.
smoother_matrix <- function(at, from, bw, degree, weights) {
  t(apply(at, 1, function(point) {
    z <- sweep(sweep(from, 2, point), 2, bw, "/")
    kernel <- weights * exp(-rowSums(z^2) / 2)
    if (degree == 0) {
      return(kernel / sum(kernel))
    }
    design <- cbind(1, z)
    solve(crossprod(design, kernel * design), t(kernel * design))[1, ]
  }))
}

expected_errors <- function(at, degree, weights) {
  from <- as.matrix(error_data[c("a", "b")])
  weights <- weights / mean(weights)
  own <- smoother_matrix(from, from, c(0.2, 4e-4), degree, weights)
  there <- smoother_matrix(at, from, c(0.2, 4e-4), degree, weights)
  residual <- diag(70) - own
  df <- sum(weights * residual^2 %*% (1 / weights))
  scale <- sqrt(sum(weights * (residual %*% error_data$y)^2) / df)
  list(
    se.fit = scale * sqrt(c(there^2 %*% (1 / weights))), df = df,
    residual.scale = scale
  )
}

test_that("errors are those of the matrix of the smoother", {
  at <- data.frame(a = 1e6 + c(0.1, 0.5, 1.3), b = c(2e-4, 5e-4, 1e-3))
  for (degree in 0:1) {
    for (weights in list(rep(1, 70), error_weights)) {
      fit <- kernel_smooth(
        y ~ a + b, error_data, bw = c(0.2, 4e-4), degree = degree,
        weights = weights
      )
      expected <- expected_errors(as.matrix(at), degree, weights)
      actual <- predict(fit, at, se.fit = TRUE)
      expect_equal(actual[names(expected)], expected, tolerance = 1e-7)
      expect_equal(actual$fit, predict(fit, at))
      single <- predict(fit, at, precision = "float32", se.fit = TRUE)
      expect_equal(single$se.fit, expected$se.fit, tolerance = 1e-3)
      band <- predict(fit, at, interval = "confidence", level = 0.9)
      width <- qt(0.95, expected$df) * expected$se.fit
      expect_equal(band[, "upr"] - band[, "fit"], width, tolerance = 1e-7)
      wider <- predict(fit, at, interval = "prediction", level = 0.9)
      total <- sqrt(expected$se.fit^2 + expected$residual.scale^2)
      expect_equal(
        wider[, "fit"] - wider[, "lwr"], qt(0.95, expected$df) * total,
        tolerance = 1e-7
      )
    }
  }
})

test_that("wide bandwidths give the errors of a mean, and of a plane", {
  fit <- kernel_smooth(dist ~ speed, cars, bw = 1e6)
  line <- predict(lm(dist ~ 1, cars), cars, se.fit = TRUE)
  expect_equal(predict(fit, cars, se.fit = TRUE)$se.fit, unname(line$se.fit))
  fit <- kernel_smooth(dist ~ speed, cars, bw = 1e4, degree = 1)
  line <- predict(lm(dist ~ speed, cars), cars, interval = "prediction")
  expect_equal(
    predict(fit, interval = "prediction"), unname(line), tolerance = 1e-5,
    ignore_attr = TRUE
  )
})

test_that("missing values, weights of 0 and single points have their errors", {
  data <- cars
  data$dist[[4]] <- NA
  fit <- kernel_smooth(dist ~ speed, data, bw = 2, na.action = na.exclude)
  all <- predict(fit, se.fit = TRUE, interval = "confidence")
  expect_identical(which(is.na(all$se.fit)), 4L)
  expect_identical(dim(all$fit), c(50L, 3L))
  expect_identical(unname(which(is.na(all$fit[, "lwr"]))), 4L)
  new <- predict(fit, data.frame(speed = c(10, NA)), se.fit = TRUE)
  expect_identical(is.na(new$se.fit), c(FALSE, TRUE))
  weighted <- kernel_smooth(
    dist ~ speed, cars, bw = 2, weights = rep(0:1, c(5, 45))
  )
  rest <- kernel_smooth(dist ~ speed, cars[-(1:5), ], bw = 2)
  expect_equal(
    predict(weighted, se.fit = TRUE), predict(rest, cars, se.fit = TRUE)
  )
  one <- predict(kernel_smooth(dist ~ speed, cars[1, ], bw = 1), se.fit = TRUE)
  expect_identical(one$se.fit, NA_real_)
})

test_that("arguments of errors are checked", {
  fit <- kernel_smooth(dist ~ speed, cars, bw = 2)
  expect_rkeops_error(predict(fit, se.fit = 2), "argument", "se.fit")
  expect_rkeops_error(predict(fit, interval = "band"), "argument", "interval")
  expect_rkeops_error(
    predict(fit, interval = "confidence", level = 2), "argument", "level"
  )
})
