# gaussian_process() against nlme, fields and plain R.

skip_on_cran()
# Interpreted, since many formulas are computed few times.
local_rkeops_options(precision = "float64", compile = "never")

some <- quakes[seq(1, 1000, 8), ]
kernels <- list(
  gaussian = function(r) exp(-r^2 / 2), exponential = function(r) exp(-r),
  matern32 = function(r) (1 + sqrt(3) * r) * exp(-sqrt(3) * r),
  matern52 = function(r) (1 + sqrt(5) * r + 5 / 3 * r^2) * exp(-sqrt(5) * r)
)
new <- data.frame(lat = c(-20, -25, -11), long = c(180, 185, 170), mag = 5)

# Universal kriging with given parameters, as in a textbook.
textbook <- function(data, kernel, range, variance, nugget, new) {
  places <- function(x) sweep(as.matrix(x[, c("lat", "long")]), 2, range, "/")
  n <- nrow(data)
  all <- as.matrix(dist(rbind(places(data), places(new))))
  K <- variance * unname(kernels[[kernel]](all))
  V <- K[1:n, 1:n] + diag(nugget, n)
  k <- K[1:n, -(1:n)]
  X <- cbind(1, data$mag)
  X_new <- cbind(1, new$mag)
  P <- solve(V)
  information <- t(X) %*% P %*% X
  beta <- solve(information, t(X) %*% P %*% data$depth)
  r <- data$depth - X %*% beta
  u <- t(X_new) - t(X) %*% P %*% k
  list(
    beta = c(beta), fit = c(X_new %*% beta + t(k) %*% P %*% r),
    se = sqrt(diag(K[-(1:n), -(1:n)] - t(k) %*% P %*% k +
                     t(u) %*% solve(information, u))),
    log_likelihood = c(-(n * log(2 * pi) + determinant(V)$modulus +
                           t(r) %*% P %*% r) / 2),
    restricted = c(-((n - 2) * log(2 * pi) + determinant(V)$modulus +
                       determinant(information)$modulus +
                       t(r) %*% P %*% r) / 2)
  )
}

test_that("given parameters give universal kriging, in each way", {
  set.seed(1)
  for (kernel in names(kernels)) {
    wanted <- textbook(some, kernel, c(3, 2), 4e4, 3e3, new)
    for (approx in c("exact", "cg", "nystrom")) {
      fit <- gaussian_process(
        depth ~ mag | lat + long, some, kernel, 3e3, range = c(3, 2),
        variance = 4e4, approx = approx, rank = 125
      )
      tolerance <- c(exact = 1e-7, cg = 1e-6, nystrom = 1e-3)[[approx]]
      expect_equal(unname(coef(fit)), wanted$beta, tolerance = tolerance)
      at <- predict(fit, new, se.fit = TRUE)
      expect_equal(unname(at$fit), wanted$fit, tolerance = tolerance)
      expect_equal(unname(at$se.fit), wanted$se, tolerance = tolerance)
      error <- attr(logLik(fit), "standard_error")
      expect_lt(abs(c(logLik(fit)) - wanted$log_likelihood),
                4 * error + 1e3 * tolerance)
      expect_identical(attr(logLik(fit), "df"), 2L)
    }
  }
  restricted <- gaussian_process(
    depth ~ mag | lat + long, some, kernel, 3e3, "REML", range = c(3, 2),
    variance = 4e4
  )
  expect_equal(c(logLik(restricted)), wanted$restricted)
})

test_that("estimates are those of nlme", {
  skip_if_not_installed("nlme")
  for (method in c("ML", "REML")) {
    fit <- gaussian_process(
      mag ~ depth | lat + long, quakes[seq(1, 1000, 4), ], "exponential",
      method = method, isotropic = TRUE
    )
    start <- c(fit$range[[1]], fit$nugget / (fit$nugget + fit$variance))
    other <- nlme::gls(
      mag ~ depth, quakes[seq(1, 1000, 4), ], method = method,
      correlation = nlme::corExp(start, form = ~ lat + long, nugget = TRUE)
    )
    expect_equal(c(logLik(fit)), c(logLik(other)), tolerance = 1e-6)
    expect_equal(coef(fit), coef(other), tolerance = 1e-3)
    expect_identical(attr(logLik(fit), "df"), 5L)
    expect_true(fit$converged)
  }
  expect_equal(vcov(fit), vcov(other), tolerance = 0.01)
})

test_that("predictions are those of fields", {
  skip_if_not_installed("fields")
  other <- fields::mKrig(
    as.matrix(some[, c("lat", "long")]), some$mag, m = 1, lambda = 3,
    cov.function = fields::stationary.cov,
    cov.args = list(Covariance = "Exponential", aRange = 2)
  )
  variance <- other$summary[["sigma2"]]
  fit <- gaussian_process(
    mag ~ lat + long, some, "exponential", 3 * variance, range = 2,
    variance = variance
  )
  places <- as.matrix(new[, c("lat", "long")])
  at <- predict(fit, new, se.fit = TRUE)
  expect_equal(unname(at$fit), c(predict(other, places)))
  expect_equal(unname(at$se.fit), fields::predictSE(other, places),
               tolerance = 1e-6)
  expect_equal(c(logLik(fit)),
               other$summary[["lnProfileLike.FULL"]], tolerance = 1e-6)
})

test_that("gradients are those of differences", {
  namespace <- asNamespace("rkeops")
  fit <- gaussian_process(depth ~ mag | lat + long, some, "matern32")
  for (method in c("ML", "REML")) {
    for (nugget in list(NULL, 2e3)) {
      model <- fit$model
      model$method <- method
      model$given <- namespace$check_given(NULL, NULL, nugget, model, NULL)
      par <- log(c(2, 3, 0.1))
      state <- namespace$evaluate_process(par, model)
      differences <- vapply(1:3, function(k) {
        step <- 1e-5 * (1:3 == k)
        (namespace$evaluate_process(par + step, model)$value -
           namespace$evaluate_process(par - step, model)$value) / 2e-5
      }, 0)
      expect_equal(unname(namespace$process_gradient(state, model)),
                   differences, tolerance = 1e-4)
    }
  }
})

test_that("many observations have the estimates of few", {
  set.seed(1)
  exact <- gaussian_process(depth ~ mag | lat + long, some)
  for (approx in c("cg", "nystrom")) {
    fit <- update(exact, approx = approx)
    expect_true(fit$converged)
    expect_equal(fit$range, exact$range, tolerance = 0.1)
    expect_equal(coef(fit), coef(exact), tolerance = 0.05)
    expect_lt(abs(logLik(fit) - logLik(exact)), 1)
    expect_equal(predict(fit, new), predict(exact, new), tolerance = 0.05)
  }
  restricted <- update(exact, approx = "cg", method = "REML")
  expect_equal(restricted$range, update(exact, method = "REML")$range,
               tolerance = 0.1)
  set.seed(2)
  one <- update(exact, approx = "cg")
  set.seed(2)
  expect_identical(update(exact, approx = "cg")$range, one$range)
  expect_snapshot(error = TRUE, {
    update(exact, approx = "cg", method = "LOO")
    residuals(fit, "loo")
  })
})

test_that("units and origins do not matter", {
  moved <- transform(some, lat = 1e-3 * lat + 1e6, long = 1e21 * long,
                     depth = 1e21 * depth)
  fit <- gaussian_process(depth ~ lat + long, some)
  other <- gaussian_process(depth ~ lat + long, moved)
  expect_equal(unname(other$range / fit$range), c(1e-3, 1e21), tolerance = 1e-3)
  expect_equal(other$variance / fit$variance, 1e42, tolerance = 1e-3)
  expect_equal(other$nugget / fit$nugget, 1e42, tolerance = 1e-3)
  expect_equal(c(logLik(other)), c(logLik(fit)) - 125 * log(1e21))
  expect_equal(fitted(other) / 1e21, fitted(fit), tolerance = 1e-4)
})

test_that("leave one out", {
  fit <- gaussian_process(depth ~ lat + long, some, method = "LOO")
  errors <- residuals(fit, "loo")
  for (k in c(1, 60, 125)) {
    without <- gaussian_process(
      depth ~ lat + long, some[-k, ], range = fit$range,
      variance = fit$variance, nugget = fit$nugget
    )
    expect_equal(
      errors[[k]], some$depth[[k]] - predict(without, some[k, ])[[1]]
    )
  }
  likely <- update(fit, method = "ML")
  density <- function(fit) {
    precise <- fit$pieces$alpha * fit$model$unit / residuals(fit, "loo")
    sum(dnorm(residuals(fit, "loo"), 0, sqrt(fit$variance / precise), TRUE))
  }
  expect_gt(density(fit), density(likely))
  expect_lt(c(logLik(fit)), c(logLik(likely)))
})

test_that("methods of a model", {
  fit <- gaussian_process(dist ~ speed | speed, cars, range = 8)
  expect_equal(fitted(fit) + residuals(fit), cars$dist, ignore_attr = TRUE)
  expect_equal(fitted(fit), predict(fit, cars))
  expect_equal(fitted(fit), predict(fit))
  expect_equal(nobs(fit), 50)
  expect_equal(AIC(fit), -2 * c(logLik(fit)) + 2 * 4)
  expect_equal(formula(fit), dist ~ speed | speed)
  expect_identical(rownames(summary(fit)$coefficients),
                   c("(Intercept)", "speed"))
  expect_output(print(fit), "matern52 covariance, ML")
  expect_output(print(summary(fit)), "Std. Error")
  at <- predict(fit, data.frame(speed = c(10, NA, 40)), se.fit = TRUE)
  expect_identical(unname(is.na(at$fit)), c(FALSE, TRUE, FALSE))
  expect_gt(at$se.fit[[3]], at$se.fit[[1]])
  width <- function(interval, level) {
    one <- predict(fit, data.frame(speed = 10), interval = interval,
                   level = level)
    one[, "upr"] - one[, "fit"]
  }
  expect_equal(width("confidence", 0.9), qnorm(0.95) * at$se.fit[[1]],
               ignore_attr = TRUE)
  expect_equal(width("prediction", 0.5),
               qnorm(0.75) * sqrt(at$se.fit[[1]]^2 + fit$nugget),
               ignore_attr = TRUE)
  pictures <- withr::local_tempfile(fileext = ".pdf")
  grDevices::pdf(pictures)
  withr::defer(grDevices::dev.off())
  expect_named(plot(fit), c("speed", "fit", "lwr", "upr"))
  map <- gaussian_process(depth ~ lat + long, some, range = 3)
  expect_identical(dim(plot(map, n = 5)), c(25L, 3L))
  more <- gaussian_process(depth ~ mag | lat + long, some, range = 3)
  expect_identical(dim(plot(more)), c(125L, 2L))
})

test_that("draws have the moments of predictions", {
  fit <- gaussian_process(dist ~ speed, cars, range = 8)
  places <- data.frame(speed = c(10, 20, 30))
  draws <- simulate(fit, 4000, seed = 1, newdata = places)
  at <- predict(fit, places, se.fit = TRUE)
  expect_equal(rowMeans(draws), at$fit, tolerance = 0.05)
  expect_equal(apply(draws, 1, sd), at$se.fit, tolerance = 0.05)
  expect_identical(draws, simulate(fit, 4000, seed = 1, newdata = places))
  again <- simulate(fit, 2000, seed = 2)
  expect_identical(dim(again), c(50L, 2000L))
  expect_equal(mean(apply(again, 1, var)), fit$variance + fit$nugget,
               tolerance = 0.1)
  set.seed(5)
  before <- .Random.seed
  invisible(simulate(fit, 1, seed = 1))
  expect_identical(.Random.seed, before)
})

test_that("repeated places and missing values", {
  twice <- rbind(some, transform(some[1:20, ], depth = depth + 5))
  fit <- gaussian_process(depth ~ lat + long, twice, range = 3)
  expect_gt(fit$nugget, 0)
  expect_length(fitted(fit), 145)
  # as measurements of one surface
  at <- predict(fit, twice)
  expect_equal(at[1:20], at[126:145], ignore_attr = TRUE)
  gaps <- some
  gaps$depth[3] <- NA
  gaps$lat[7] <- NA
  fit <- gaussian_process(depth ~ lat + long, gaps, range = 3)
  expect_identical(nobs(fit), 123L)
  expect_length(fitted(fit), 123)
  padded <- update(fit, na.action = na.exclude)
  expect_length(residuals(padded), 125)
  expect_true(all(is.na(fitted(padded)[c(3, 7)])))
  expect_length(predict(padded), 125)
  expect_error(update(fit, na.action = na.fail), "missing values")
  # a process without noise goes through the data
  smooth <- data.frame(x = 1:20, y = sin(1:20 / 3))
  through <- gaussian_process(y ~ x, smooth, nugget = 0)
  expect_equal(fitted(through), smooth$y, ignore_attr = TRUE)
  at <- predict(through, data.frame(x = c(5, 5.5)), se.fit = TRUE)
  expect_lt(at$se.fit[[1]], 1e-3 * sqrt(through$variance))
  expect_equal(at$fit[[2]], sin(5.5 / 3), tolerance = 1e-3)
})

test_that("trends with factors, functions and none", {
  trees <- transform(some, zone = factor(ifelse(long > 175, "east", "west")))
  fit <- gaussian_process(depth ~ zone + poly(mag, 2) | lat + long, trees,
                          range = 3)
  expect_named(coef(fit), c("(Intercept)", "zonewest", "poly(mag, 2)1",
                            "poly(mag, 2)2"))
  expect_equal(predict(fit, trees[1:5, ]), fitted(fit)[1:5])
  none <- gaussian_process(I(depth - 300) ~ 0 | lat + long, some, range = 3)
  expect_length(coef(none), 0)
  expect_equal(predict(none, some), fitted(none))
  expect_output(print(summary(none)), "Ranges")
  expect_equal(dim(vcov(none)), c(0L, 0L))
  expect_length(simulate(none, 1, newdata = new)$sim_1, 3)
  all <- gaussian_process(depth ~ ., some[, c("lat", "long", "depth")],
                          range = 3)
  expect_named(all$range, c("lat", "long"))
})

test_that("what is wrong is said", {
  flat <- transform(some, lat = 1)
  expect_snapshot(error = TRUE, {
    gaussian_process()
    gaussian_process(~lat, some)
    gaussian_process(depth ~ 1, some)
    gaussian_process(depth ~ lat * long, some)
    gaussian_process(depth ~ lat + long, flat)
    gaussian_process(depth ~ lat + I(2 * lat) | lat + long, some)
    gaussian_process(depth ~ lat + long, some[0, ])
    gaussian_process(depth ~ lat + long, some[1, ])
    gaussian_process(I(0 * depth) ~ lat + long, some)
    gaussian_process(depth ~ mag + offset(lat) | lat + long, some)
    gaussian_process(depth ~ lat + long, some, nugget = 0, approx = "cg")
    gaussian_process(mag ~ lat + long, some, "gaussian", 0, range = 100)
    gaussian_process(Species ~ Sepal.Length, iris)
    gaussian_process(Sepal.Length ~ Species, iris)
    gaussian_process(depth ~ lat + long, some[c(1, 1, 2, 3), ], nugget = 0)
    gaussian_process(depth ~ lat + long, some, kernel = "sigmoid")
    gaussian_process(depth ~ lat + long, some, range = c(1, 2, 3))
    gaussian_process(depth ~ lat + long, some, nugget = -1)
    gaussian_process(depth ~ lat + long, some, variance = 0)
    gaussian_process(depth ~ lat + long, some, method = "GCV")
    predict(gaussian_process(dist ~ speed, cars, range = 8), iris)
    predict(gaussian_process(dist ~ speed, cars, range = 8), cars, level = 95,
            interval = "confidence")
  })
  expect_warning(
    gaussian_process(depth ~ lat + long, some, maxit = 1),
    class = "rkeops_warning_convergence"
  )
})

test_that("a fit as data frames", {
  skip_if_not_installed("generics")
  fit <- gaussian_process(dist ~ speed, cars, range = 8)
  expect_identical(
    generics::tidy(fit)$term,
    c("(Intercept)", "range of speed", "variance", "nugget")
  )
  expect_equal(generics::glance(fit)$AIC, AIC(fit))
  expect_equal(generics::glance(fit)$BIC, BIC(fit))
  same <- generics::augment(fit, cars)
  expect_equal(same$.fitted, fitted(fit), ignore_attr = TRUE)
  expect_equal(same$.resid, residuals(fit), ignore_attr = TRUE)
  own <- generics::augment(fit)
  expect_equal(own$.se.fit, same$.se.fit, ignore_attr = TRUE)
  expect_named(generics::augment(fit, newdata = data.frame(speed = 1:3)),
               c("speed", ".fitted", ".se.fit"))
})

test_that("weights divide the variance of the noise", {
  data <- transform(some, w = rep(c(0.5, 1, 4, 2, 1), 25))
  fit <- gaussian_process(
    depth ~ mag | lat + long, data, range = c(2, 3), variance = 4e4,
    nugget = 3000, weights = w
  )
  V <- 4e4 * unname(kernels$matern52(as.matrix(dist(
    sweep(as.matrix(data[c("lat", "long")]), 2, c(2, 3), "/")
  )))) + diag(3000 / data$w)
  X <- cbind(1, data$mag)
  P <- solve(V)
  beta <- solve(t(X) %*% P %*% X, t(X) %*% P %*% data$depth)
  r <- c(data$depth - X %*% beta)
  expect_equal(unname(coef(fit)), c(beta), tolerance = 1e-8)
  expect_equal(
    c(logLik(fit)),
    -(c(determinant(V)$modulus) + c(r %*% P %*% r) + 125 * log(2 * pi)) / 2,
    tolerance = 1e-9
  )
  expect_equal(
    unname(residuals(fit)), c(diag(3000 / data$w) %*% P %*% r),
    tolerance = 1e-7
  )
  # every approximation, and the gradient of the search
  for (approx in c("exact", "cg", "nystrom")) {
    set.seed(3)
    other <- gaussian_process(
      depth ~ mag | lat + long, data, approx = approx, weights = w,
      rank = 125, maxit = if (approx == "exact") 100 else 0, range = c(2, 3),
      variance = 4e4, nugget = if (approx != "exact") 3000
    )
    if (approx == "exact") {
      slopes <- vapply(c(0.99, 1.01), function(factor) {
        c(logLik(update(other, nugget = factor * other$nugget)))
      }, 0)
      expect_lt(abs(diff(slopes)), 1e-3)
      expect_gt(other$logLik, fit$logLik)
    } else {
      expect_equal(predict(other, new), predict(fit, new), tolerance = 1e-3)
    }
  }
  expect_identical(unname(weights(fit)), data$w)
  expect_error(
    gaussian_process(depth ~ lat + long, data, weights = w - 0.5),
    "`weights` must be positive", class = "rkeops_error_argument"
  )
})

test_that("subset and update() know trend and coordinates", {
  fit <- gaussian_process(depth ~ mag | lat + long, some, range = c(2, 3),
                          subset = mag > 4.5, nugget = 3000)
  expect_identical(nobs(fit), sum(some$mag > 4.5))
  expect_equal(
    formula(update(fit, . ~ . + stations)),
    depth ~ mag + stations | lat + long, ignore_formula_env = TRUE
  )
  expect_equal(
    formula(update(fit, log(.) ~ 1 | . - lat, range = 2, nugget = NULL,
                   maxit = 0)),
    log(depth) ~ 1 | long, ignore_formula_env = TRUE
  )
  expect_equal(
    update(fit, . ~ . | lat, evaluate = FALSE)$formula,
    depth ~ mag | lat, ignore_formula_env = TRUE
  )
  plain <- gaussian_process(depth ~ lat + long, some, range = 2, nugget = 3000)
  expect_equal(formula(update(plain, . ~ . - long)), depth ~ lat,
               ignore_formula_env = TRUE)
  expect_equal(formula(update(plain, . ~ mag | .)),
               depth ~ mag | lat + long, ignore_formula_env = TRUE)
})

test_that("predictions without a trend are those of kernlab", {
  skip_if_not_installed("kernlab")
  fit <- gaussian_process(depth ~ 0 | lat + long, some, "gaussian", range = 2,
                          variance = 1, nugget = 0.1)
  there <- kernlab::gausspr(
    as.matrix(some[c("lat", "long")]), some$depth, kernel = "rbfdot",
    kpar = list(sigma = 1 / 8), var = 0.1, scaled = FALSE,
    variance.model = TRUE
  )
  places <- as.matrix(new[c("lat", "long")])
  at <- predict(fit, new, se.fit = TRUE)
  expect_equal(unname(at$fit), c(kernlab::predict(there, places)),
               tolerance = 1e-8)
  expect_equal(
    unname(at$se.fit),
    c(kernlab::predict(there, places, type = "sdeviation")), tolerance = 1e-6
  )
})

test_that("coordinates may be times", {
  set.seed(5)
  seconds <- sort(runif(40, 0, 1e5))
  data <- data.frame(
    t = as.POSIXct("2026-11-30", tz = "UTC") + seconds, s = seconds,
    y = sin(seconds / 1e4) + rnorm(40) / 10
  )
  fit <- gaussian_process(y ~ t, data)
  near <- gaussian_process(y ~ s, data)
  expect_equal(predict(fit, data[3:5, ]), predict(near, data[3:5, ]),
               tolerance = 1e-4)
})
