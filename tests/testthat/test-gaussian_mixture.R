# Gaussian mixtures against plain R and mclust.

skip_on_cran()

# The log densities of all components at all points, in plain R.
log_densities_reference <- function(fit, x) {
  sapply(seq_len(fit$k), function(j) {
    S <- matrix(fit$covariances[, , j], ncol(x))
    log(fit$proportions[[j]]) - determinant(S)$modulus / 2 -
      ncol(x) / 2 * log(2 * pi) -
      stats::mahalanobis(x, fit$means[j, ], S) / 2
  })
}

test_that("one component is the sample mean and covariance", {
  local_rkeops_options(compile = "never", precision = "float32")
  for (x in list(as.matrix(iris[, 1:4]), as.matrix(iris[, 1, drop = FALSE]),
                 as.matrix(iris[, 1:2]) * 1e21, as.matrix(iris[, 1:3]) + 1e6)) {
    fit <- gaussian_mixture(x, 1)
    expect_equal(fit$means[1, ], colMeans(x), ignore_attr = TRUE)
    expect_equal(matrix(fit$covariances, ncol(x)),
                 unname(cov(x)) * 149 / 150, tolerance = 1e-6)
    expected <- sum(log_densities_reference(fit, x))
    expect_equal(fit$loglik, expected, tolerance = 1e-6)
  }
})

test_that("the likelihood and the probabilities are those of plain R", {
  local_rkeops_options(compile = "never")
  x <- as.matrix(iris[, 1:4])
  for (model in c("full", "diagonal", "spherical")) {
    set.seed(1)
    fit <- gaussian_mixture(x, 3, model)
    logs <- log_densities_reference(fit, x)
    total <- log_sum_exp(logs)
    expect_equal(fit$loglik, sum(total), tolerance = 1e-7)
    expect_equal(predict(fit, type = "prob"), exp(logs - total),
                 tolerance = 1e-9, ignore_attr = TRUE)
    expect_equal(predict(fit, type = "log_density"), total, tolerance = 1e-9)
    expect_equal(predict(fit, type = "density"), exp(total), tolerance = 1e-9)
    expect_identical(predict(fit), unname(apply(logs, 1, which.max)))
    expect_equal(fit$uncertainty, 1 - apply(exp(logs - total), 1, max),
                 tolerance = 1e-9, ignore_attr = TRUE)
    # a fixed point: one more step changes nothing
    shares <- exp(logs - total)
    expect_equal(colMeans(shares), fit$proportions, tolerance = 1e-3)
    expect_equal(crossprod(shares, x) / colSums(shares), fit$means,
                 tolerance = 1e-3, ignore_attr = TRUE)
    expect_equal(attr(logLik(fit), "df"),
                 c(full = 44, diagonal = 26, spherical = 17)[[model]])
    expect_equal(BIC(fit), fit$bic$bic)
  }
  far <- predict(fit, rbind(rep(1e4, 4)), type = "log_density")
  expect_true(is.finite(far) && far < -1e6)
})

test_that("fits are those of mclust", {
  skip_if_not_installed("mclust")
  local_rkeops_options(compile = "never")
  Mclust <- mclust::Mclust
  mclustBIC <- mclust::mclustBIC # nolint: Mclust() looks for it here
  for (model in c(full = "VVV", diagonal = "VVI", spherical = "VII")) {
    set.seed(1)
    theirs <- Mclust(faithful, 2, model, verbose = FALSE)
    ours <- gaussian_mixture(faithful, 2, names(which(
      c(full = "VVV", diagonal = "VVI", spherical = "VII") == model
    )))
    expect_gte(ours$loglik, theirs$loglik - 1e-3)
    expect_equal(ours$loglik, theirs$loglik, tolerance = 1e-4)
    expect_equal(-BIC(ours), theirs$bic, tolerance = 1e-3)
    expect_equal(sort(ours$proportions), sort(theirs$parameters$pro),
                 tolerance = 1e-2)
  }
  flowers <- gaussian_mixture(iris[, 1:4], 1:3)
  expect_identical(flowers$k, 2L)
  theirs <- Mclust(iris[, 1:4], 2, "VVV", verbose = FALSE)
  expect_equal(flowers$loglik, theirs$loglik, tolerance = 1e-4)
})

test_that("components that shrink are no fit", {
  local_rkeops_options(compile = "never")
  set.seed(1)
  expect_rkeops_error(gaussian_mixture(rep(c(1, 2), 20), 2), "argument",
                      "shrunk")
  expect_rkeops_error(gaussian_mixture(rep(c(1, 2), 20), 3), "argument",
                      "shrunk")
  plane <- cbind(iris[, 1:2], sum = iris[, 1] + iris[, 2])
  expect_rkeops_error(gaussian_mixture(plane, 1), "argument", "shrunk")
  table <- gaussian_mixture(rep(c(1, 2), 20), 1:2)$bic
  expect_identical(is.na(table$bic), c(FALSE, TRUE))
})

test_that("fits are shown, drawn and tidied", {
  local_rkeops_options(compile = "never")
  set.seed(1)
  fit <- gaussian_mixture(faithful, 1:2, c("spherical", "full"))
  expect_identical(nrow(fit$bic), 4L)
  expect_output(print(fit), "2 components, full, of 272 points")
  expect_output(print(summary(fit)), "Standard deviations.*Models")
  expect_true(fit$proportions[[1]] >= fit$proportions[[2]])
  withr::local_pdf(NULL)
  expect_identical(plot(fit), fit)
  expect_identical(plot(fit, "waiting"), fit)
  expect_rkeops_error(plot(fit, "length"), "argument", "`which`")
  hole <- faithful[1:3, ]
  hole[2, 1] <- NA
  expect_identical(is.na(predict(fit, hole)), c(FALSE, TRUE, FALSE))
  expect_identical(dim(predict(fit, hole, "prob")), c(3L, 2L))
  skip_if_not_installed("generics")
  expect_identical(generics::tidy(fit)$proportion, fit$proportions)
  expect_identical(generics::glance(fit)$BIC, BIC(fit))
  expect_equal(generics::augment(fit)$.uncertainty, unname(fit$uncertainty))
  skip_if_not_installed("ggplot2")
  expect_s3_class(ggplot2::autoplot(fit), "ggplot")
})

test_that("what has no mixture is refused by name", {
  local_rkeops_options(compile = "never")
  expect_rkeops_error(gaussian_mixture(faithful), "argument", "`k`")
  expect_rkeops_error(gaussian_mixture(faithful, 272), "argument", "`k`")
  expect_rkeops_error(gaussian_mixture(faithful, 2, "VVV"), "argument",
                      "`model`")
  expect_rkeops_error(gaussian_mixture(faithful, 2, tol = 0), "argument",
                      "`tol`")
  expect_rkeops_error(gaussian_mixture(faithful[1, ], 1), "shape", "2 rows")
  expect_rkeops_error(gaussian_mixture(cbind(faithful, c = 1), 1), "argument",
                      "constant")
  expect_rkeops_error(gaussian_mixture(iris, 1), "argument", "Species")
  expect_rkeops_error(gaussian_mixture(c(1:9, NA), 1), "argument", "missing")
  set.seed(1)
  expect_warning(gaussian_mixture(iris[, 1:4], 3, iter.max = 2),
                 class = "rkeops_warning_convergence")
})

test_that("a weight of 2 is two equal points, one of 0 none", {
  set.seed(5)
  x <- rbind(
    matrix(rnorm(60), 30), cbind(rnorm(30, 6), rnorm(30, -4, 2))
  )
  weights <- rep(c(1, 2, 0), 20)
  for (model in c("full", "diagonal", "spherical")) {
    weighted <- gaussian_mixture(x, 2, model, weights = weights)
    repeated <- gaussian_mixture(x[rep(1:60, weights), ], 2, model)
    expect_equal(weighted$loglik, repeated$loglik, tolerance = 1e-6)
    expect_equal(weighted$means, repeated$means, tolerance = 1e-4)
    expect_equal(BIC(weighted), BIC(repeated), tolerance = 1e-6)
    expect_length(weighted$cluster, 60)
  }
  expect_error(gaussian_mixture(x, 2, weights = c(NA, weights[-1])),
               "`weights` must not be", class = "rkeops_error_argument")
  expect_error(gaussian_mixture(x, 2, weights = 1:3), "60 numbers",
               class = "rkeops_error_argument")
})

test_that("a formula takes its columns, weights and rows from `data`", {
  data <- data.frame(faithful, share = rep(1:2, 136))
  withr::local_seed(3)
  plain <- gaussian_mixture(faithful, 2, weights = data$share)
  withr::local_seed(3)
  fit <- gaussian_mixture(
    ~ eruptions + waiting, 2, weights = share, data = data
  )
  expect_identical(fit$means, plain$means)
  new <- data.frame(waiting = c(50, 80), eruptions = c(2, 4.5))
  expect_identical(
    predict(fit, new, "prob"),
    predict(plain, new[c("eruptions", "waiting")], "prob")
  )
  data$waiting[5] <- NA
  kept <- gaussian_mixture(~ eruptions + waiting, 2, data = data)
  expect_equal(kept$n, 271)
  expect_rkeops_error(gaussian_mixture(data, 2), "argument", "missing")
})
