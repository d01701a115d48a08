# Kernel logistic regression against glm() and optimisation with stored
# matrices.

previous <- set_rkeops_options(compile = "auto")

set.seed(1)
flowers <- iris[c(seq(1, 150, 2), 2:12), ]
linear <- function(x, y) sum(x * y)
cars_am <- transform(mtcars, am = am == 1)

gaussian_matrix <- function(x, h) exp(-as.matrix(dist(x))^2 / (2 * h^2))

test_that("a linear kernel with little penalty gives glm()", {
  fit <- kernel_classify(
    am ~ wt + hp, cars_am, kernel = linear, lambda = 1e-6, scale = FALSE,
    tol = 1e-13
  )
  there <- glm(am ~ wt + hp, binomial, cars_am)
  expect_equal(predict(fit, type = "link"), unname(predict(there)),
               tolerance = 1e-4)
  expect_equal(deviance(fit), deviance(there), tolerance = 1e-6)
  expect_equal(
    predict(fit, cars_am[1:3, ], type = "prob")[, "TRUE"],
    predict(there, cars_am[1:3, ], type = "response"), tolerance = 1e-4,
    ignore_attr = TRUE
  )
})

test_that("the objective is at its minimum, for two classes and for three", {
  for (classes in 2:3) {
    data <- droplevels(flowers[as.integer(flowers$Species) <= classes, ])
    fit <- kernel_classify(
      Species ~ Sepal.Length + Sepal.Width, data, bandwidth = 0.7,
      lambda = 0.3
    )
    k <- gaussian_matrix(scale(data[1:2]), 0.7)
    y <- outer(as.integer(data$Species), 1:classes, `==`) + 0
    objective <- function(alpha, intercept) {
      f <- k %*% alpha + rep(intercept, each = nrow(k))
      if (classes == 2) {
        loss <- sum(log1p(exp(f)) - y[, 2] * f)
      } else {
        loss <- sum(log(rowSums(exp(f))) - rowSums(y * f))
      }
      loss + 0.15 * sum(alpha * (k %*% alpha))
    }
    alpha <- fit$coefficients
    expect_equal(objective(alpha, fit$intercept), fit$objective,
                 tolerance = 1e-10)
    # alpha is the error of the probabilities over lambda, and sums to 0
    error <- y - unname(fitted(fit))
    if (classes == 2) error <- error[, 2, drop = FALSE]
    expect_equal(unname(alpha), error / 0.3, tolerance = 1e-4)
    expect_lt(max(abs(colSums(error))), 1e-4)
    for (step in c(-0.01, 0.01)) {
      expect_gt(objective(alpha * (1 + step), fit$intercept), fit$objective)
    }
  }
})

test_that("weights count as repetitions, and those of 0 leave points out", {
  weights <- rep(c(0, 1, 2), length.out = nrow(flowers))
  repeated <- flowers[rep(seq_len(nrow(flowers)), weights), ]
  fit <- kernel_classify(
    Species ~ Sepal.Length + Sepal.Width, flowers, weights = weights,
    bandwidth = 1, scale = FALSE
  )
  there <- kernel_classify(
    Species ~ Sepal.Length + Sepal.Width, repeated, bandwidth = 1,
    scale = FALSE
  )
  expect_equal(
    predict(fit, flowers, "prob"), predict(there, flowers, "prob"),
    tolerance = 1e-4
  )
})

test_that("units, offsets and constant columns do not matter", {
  fit <- kernel_classify(Species ~ Sepal.Length + Sepal.Width, flowers)
  moved <- transform(
    flowers, Sepal.Length = 1e6 + Sepal.Length,
    Sepal.Width = 1e21 * Sepal.Width, same = 3
  )
  there <- kernel_classify(Species ~ Sepal.Length + Sepal.Width + same, moved)
  expect_equal(fitted(there), fitted(fit), tolerance = 1e-4)
  # duplicated points of different classes
  data <- data.frame(x = c(1, 1, 1, 5, 5, 5), y = c("a", "a", "b", "b", "b", "a"))
  fit <- kernel_classify(y ~ x, data, lambda = 1e-6, bandwidth = 1)
  expect_equal(predict(fit, type = "prob")[, "b"], rep(c(1, 2) / 3, each = 3),
               tolerance = 1e-3)
})

test_that("missing values, odd responses and bad input", {
  data <- flowers
  data$Sepal.Width[[2]] <- NA
  fit <- kernel_classify(Species ~ Sepal.Width, data)
  expect_equal(nrow(fitted(fit)), nrow(data) - 1L)
  fit <- update(fit, na.action = na.exclude)
  expect_equal(which(is.na(predict(fit))), 2L)
  fit <- update(fit, weights = c(0, rep(1, nrow(data) - 1)))
  expect_equal(which(is.na(predict(fit))), 2L)
  expect_equal(predict(fit), predict(fit, data))
  expect_equal(is.na(predict(fit, data)), seq_len(nrow(data)) == 2)
  expect_length(predict(fit, data[0, ]), 0L)
  text <- transform(flowers, Species = as.character(Species))
  expect_equal(
    predict(kernel_classify(Species ~ Sepal.Width, text), flowers),
    predict(kernel_classify(Species ~ Sepal.Width, flowers), flowers)
  )
  expect_error(kernel_classify(mpg ~ wt, mtcars), "factor, logical or text")
  expect_error(
    kernel_classify(Species ~ Sepal.Width, iris[1:50, ]), "two classes"
  )
  expect_error(kernel_classify(~ wt, mtcars), "formula with a response")
  expect_error(kernel_classify(am ~ wt, cars_am, lambda = 0), "`lambda` must")
  expect_error(kernel_classify(am ~ wt, cars_am, weights = rep(0, 32)),
               "not all be 0")
  expect_error(predict(fit, type = "raw"), "`type` must be")
  expect_warning(
    kernel_classify(am ~ wt, cars_am, maxit = 1),
    class = "rkeops_warning_convergence"
  )
})

test_that("the generics of R know classifiers", {
  fit <- kernel_classify(Species ~ Petal.Length + Petal.Width, flowers)
  expect_output(print(fit), "3 classes: setosa, versicolor, virginica")
  expect_output(print(summary(fit)), "Right: 9[0-9]")
  expect_equal(rowSums(fitted(fit)), rep(1, nrow(flowers)))
  expect_equal(mean(predict(fit) == flowers$Species), summary(fit)$accuracy)
  pdf(NULL)
  on.exit(dev.off())
  expect_named(plot(fit, n = 11), c("Petal.Length", "Petal.Width", ".class"))
  expect_named(plot(kernel_classify(am ~ wt, cars_am)), c("wt", ".class"))
  skip_if_not_installed("generics")
  expect_equal(generics::glance(fit)$classes, 3L)
  expect_equal(generics::augment(fit)$.class, predict(fit))
  expect_equal(
    generics::augment(fit, newdata = flowers[1:2, ])$.class,
    predict(fit)[1:2]
  )
})

set_rkeops_options(previous)
