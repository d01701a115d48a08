# Support vector machines against kernlab and the conditions of the optimum.

local_rkeops_options(precision = "float64", compile = "never")

pair <- droplevels(iris[51:150, ])
machine <- function(formula, data, ..., tol = 1e-7) {
  kernel_classify(formula, data, method = "svm", tol = tol, ...)
}

test_that("functions and classes are those of kernlab::ksvm()", {
  skip_if_not_installed("kernlab")
  for (data in list(pair, iris)) {
    for (C in c(0.5, 20)) {
      fit <- machine(Species ~ ., data, bandwidth = 1.2, lambda = 1 / C)
      set.seed(1)
      there <- kernlab::ksvm(
        Species ~ ., data, kernel = "rbfdot", C = C, tol = 1e-7,
        kpar = list(sigma = 1 / (2 * 1.2^2))
      )
      link <- as.matrix(predict(fit, type = "link"))
      values <- kernlab::predict(there, data, type = "decision")
      # signs are free
      expect_equal(abs(unname(link)), abs(unname(values)), tolerance = 1e-4)
      expect_identical(predict(fit), kernlab::predict(there, data))
      expect_identical(fit$support, sort(unique(unlist(
        kernlab::SVindex(there)
      ))))
      expect_equal(fit$objective, -sum(kernlab::obj(there)) / C,
                   tolerance = 1e-6)
    }
  }
})

test_that("the conditions of the optimum hold, with weights, in many rounds", {
  set.seed(2)
  n <- 1201
  data <- data.frame(a = 1e6 + rnorm(n), b = rnorm(n) * 1e-3)
  noisy <- (data$a - 1e6)^2 + (1e3 * data$b)^2 + rnorm(n) / 2
  data$y <- noisy > 1.4
  data$w <- sample(c(0, 0.5, 1, 3), n, TRUE)
  fit <- machine(y ~ a + b, data, weights = w, bandwidth = 0.8, lambda = 0.5,
                 tol = 1e-4)
  expect_true(fit$converged)
  expect_gt(fit$iterations, 2)
  used <- data[data$w > 0, ]
  sign <- ifelse(used$y, 1, -1)
  alpha <- c(fit$coefficients) * sign
  margin <- sign * predict(fit, used, type = "link")
  expect_true(all(alpha >= 0 & alpha <= used$w / 0.5))
  expect_lt(abs(sum(alpha * sign)), 1e-9)
  expect_true(all(margin[alpha == 0] > 1 - 1e-3))
  expect_true(all(margin[alpha == used$w / 0.5] < 1 + 1e-3))
  free <- alpha > 0 & alpha < used$w / 0.5
  expect_lt(max(abs(margin[free] - 1)), 1e-3)
  # no gap of duality: the objective is that of the dual problem
  K <- exp(-as.matrix(dist(fit$z))^2 / (2 * 0.8^2))
  dual <- sum(alpha) - sum(c(fit$coefficients) * (K %*% fit$coefficients)) / 2
  expect_equal(fit$objective, 0.5 * dual, tolerance = 1e-4)
})

test_that("methods know support vector machines", {
  fit <- machine(Species ~ Petal.Length + Petal.Width, iris, lambda = 0.1)
  expect_output(print(fit), "support vectors, objective")
  expect_output(print(summary(fit)), "observed")
  expect_identical(fitted(fit), predict(fit, iris))
  expect_identical(
    colnames(predict(fit, iris[1:2, ], type = "link")),
    c("versicolor/setosa", "virginica/setosa", "virginica/versicolor")
  )
  expect_error(predict(fit, type = "prob"), "`type`",
               class = "rkeops_error_argument")
  with_gap <- predict(fit, transform(iris, Petal.Width = c(NA, 1)))
  expect_identical(is.na(with_gap), rep(c(TRUE, FALSE), 75))
  one <- machine(Species ~ Petal.Length, iris, lambda = 0.1)
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_s3_class(plot(fit, n = 5)$.class, "factor")
  expect_s3_class(plot(one, n = 5)$.class, "factor")
  expect_warning(
    machine(Species ~ ., pair, maxit = 1, lambda = 1e-9, tol = 1e-15),
    "did not converge in 1 rounds", class = "rkeops_warning_convergence"
  )
})

test_that("few points, duplicates and constant columns have machines", {
  two <- data.frame(x = c(0, 1), y = c("a", "b"))
  fit <- machine(y ~ x, two, bandwidth = 1)
  expect_equal(predict(fit, type = "link"), c(-1, 1) * (1 - exp(-1)),
               tolerance = 1e-6)
  same <- data.frame(x = c(1, 1, 1, 2), k = 5, y = c("a", "b", "b", "a"))
  fit <- machine(y ~ x + k, same, bandwidth = 1)
  expect_identical(as.character(predict(fit)), c("b", "b", "b", "a"))
})

test_that("probabilities are near those of kernlab, and of what is true", {
  set.seed(4)
  n <- 600
  data <- data.frame(a = 1e6 + runif(n, -3, 3), b = runif(n, -3, 3))
  truth <- plogis(2 * (data$a - 1e6) - data$b)
  data$y <- runif(n) < truth
  fit <- machine(
    y ~ a + b, data, tol = 1e-3, lambda = 1, bandwidth = 3, probability = TRUE
  )
  found <- predict(fit, type = "prob")
  expect_identical(colnames(found), c("FALSE", "TRUE"))
  expect_equal(rowSums(found), rep(1, n))
  expect_lt(mean(abs(found[, 2] - truth)), 0.06)
  half <- predict(fit, data[1:300, ], type = "prob")
  expect_equal(half, found[1:300, ])
  skip_if_not_installed("kernlab")
  there <- kernlab::ksvm(
    factor(y) ~ a + b, data, kernel = "rbfdot", C = 1, prob.model = TRUE,
    kpar = list(sigma = 1 / 18)
  )
  theirs <- kernlab::predict(there, data, type = "probabilities")
  expect_lt(mean(abs(found - theirs)), 0.03)
})

test_that("sigmoids maximise their likelihood, and separated classes have one", {
  link <- c(-2, -1.5, -1, -0.2, 0.1, 0.3, 1, 2)
  positive <- c(FALSE, FALSE, TRUE, FALSE, FALSE, TRUE, TRUE, TRUE)
  weights <- c(1, 2, 1, 1, 3, 1, 1, 0.5)
  counts <- c(sum(weights[!positive]), sum(weights[positive]))
  target <- ifelse(positive, (counts[2] + 1) / (counts[2] + 2),
                   1 / (counts[1] + 2))
  loss <- function(at) {
    odds <- at[1] + at[2] * link
    -sum(weights * (target * plogis(odds, log.p = TRUE) +
                      (1 - target) * plogis(-odds, log.p = TRUE)))
  }
  expected <- optim(c(0, 1), loss, method = "BFGS",
                    control = list(reltol = 1e-15))$par
  expect_equal(unname(sigmoid_of(link, positive, weights)), expected,
               tolerance = 1e-5)
  apart <- machine(Species ~ Petal.Length, iris[1:100, ], probability = TRUE)
  found <- predict(apart, iris[c(1, 100), ], type = "prob")
  expect_true(all(diag(found[, 1:2]) > 0.9 & found < 1))
})

test_that("pairs of classes are coupled as by the linear equations", {
  set.seed(5)
  second <- matrix(runif(12, 0.02, 0.98), 2)
  found <- coupled_pairs(second, 4)
  pairs <- combn(4, 2)
  for (row in 1:2) {
    r <- matrix(0, 4, 4)
    r[t(pairs[2:1, ])] <- second[row, ]
    r[t(pairs)] <- 1 - second[row, ]
    Q <- -t(r) * r
    diag(Q) <- colSums(r^2)
    expected <- solve(rbind(cbind(Q, 1), c(1, 1, 1, 1, 0)), c(0, 0, 0, 0, 1))
    expect_equal(found[row, ], expected[1:4], tolerance = 1e-8)
  }
})

test_that("three classes have probabilities, with weights, NA and few points", {
  fit <- machine(
    Species ~ Petal.Length + Petal.Width, iris[c(1:50, 51:100, 101:103), ],
    weights = rep(1:3, length.out = 103), tol = 1e-3, probability = TRUE
  )
  new <- iris[c(1, 60, 102), ]
  new$Petal.Width[2] <- NA
  found <- predict(fit, new, type = "prob")
  expect_identical(colnames(found), levels(iris$Species))
  expect_equal(rowSums(found), c(1, NA, 1))
  expect_identical(max.col(found[c(1, 3), ]), c(1L, 3L))
  expect_identical(dim(predict(fit, new[0, ], type = "prob")), c(0L, 3L))
  skip_if_not_installed("generics")
  shown <- generics::augment(fit, newdata = new[c(1, 3), ])
  voted <- as.integer(predict(fit, new[c(1, 3), ]))
  expect_equal(shown$.fitted, found[c(1, 3), ][cbind(1:2, voted)])
  expect_rkeops_error(
    kernel_classify(Species ~ ., iris, probability = "yes"),
    "argument", "probability"
  )
})
