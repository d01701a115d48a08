# Classification and regression against class::knn() and FNN::knn.reg().

skip_on_cran()

# No distance occurs twice, so that nothing is left to chance.
knn_data <- function() {
  set.seed(3)
  data <- data.frame(a = rnorm(120), b = rnorm(120) + 1e6)
  data$kind <- factor(ifelse(data$a + rnorm(120) / 2 > 0, "up", "down"))
  data$height <- sin(data$a) + data$b - 1e6
  data
}

test_that("classes are those of class::knn() and class::knn.cv()", {
  skip_if_not_installed("class")
  local_rkeops_options(compile = "never")
  data <- knn_data()
  fit <- knn_fit(kind ~ a + b, data, k = c(1, 3, 7))
  for (k in c(1, 3, 7)) {
    theirs <- class::knn.cv(data[1:2], data$kind, k)
    expect_identical(fitted(update(fit, k = k)), theirs, ignore_attr = TRUE)
    expect_equal(fit$curve$error[fit$curve$k == k], mean(theirs != data$kind))
    new <- data.frame(a = seq(-2, 2, length.out = 40), b = 1e6 + 0.1)
    theirs <- class::knn(data[1:2], new, data$kind, k, prob = TRUE)
    expect_identical(as.character(predict(fit, new, "class", k = k)),
                     as.character(theirs))
    shares <- predict(fit, new, "prob", k = k)
    expect_equal(apply(shares, 1, max), attr(theirs, "prob"))
    expect_equal(rowSums(shares), rep(1, 40))
  }
  expect_identical(fit$k, fit$curve$k[[which.min(fit$curve$error)]])
})

test_that("means are those of FNN::knn.reg()", {
  skip_if_not_installed("FNN")
  local_rkeops_options(compile = "never")
  data <- knn_data()
  fit <- knn_fit(height ~ a + b, data, k = 4)
  theirs <- FNN::knn.reg(data[1:2], y = data$height, k = 4)
  expect_equal(fitted(fit), theirs$pred, tolerance = 1e-12)
  expect_equal(residuals(fit), theirs$residuals, tolerance = 1e-12)
  expect_equal(summary(fit)$r.squared, theirs$R2Pred, tolerance = 1e-12)
  new <- data.frame(b = 1e6 + (1:9) / 10, a = 0.3)
  expect_equal(
    predict(fit, new),
    FNN::knn.reg(data[1:2], new[2:1], data$height, k = 4)$pred,
    tolerance = 1e-12
  )
})

test_that("equal votes go to the nearest, equal distances to the first", {
  local_rkeops_options(compile = "never")
  data <- data.frame(x = c(0, 1, 1, 2, 5), y = c("b", "a", "b", "a", "c"))
  fit <- knn_fit(y ~ x, data, k = 2, cv = "none")
  expect_identical(as.character(predict(fit, data.frame(x = c(0.2, 1.9, 4.5)))),
                   c("b", "a", "c"))
  # the duplicate in row 3 is a neighbour of row 2
  expect_identical(as.character(fitted(update(fit, k = 1))),
                   c("a", "b", "a", "a", "a"))
  same <- knn_fit(y ~ x, data.frame(x = rep(1, 5), y = 1:5), k = 2)
  expect_equal(fitted(same), c(2.5, 2, 1.5, 1.5, 1.5))
})

test_that("missing values are left out, excluded, or answered by NA", {
  local_rkeops_options(compile = "never")
  air <- airquality
  fit <- knn_fit(Ozone ~ Wind + Temp, air, k = 5, na.action = na.exclude)
  expect_identical(is.na(fitted(fit)), is.na(air$Ozone))
  expect_identical(is.na(residuals(fit)), is.na(air$Ozone))
  omitted <- knn_fit(Ozone ~ Wind + Temp, air, k = 5)
  expect_length(fitted(omitted), sum(!is.na(air$Ozone)))
  new <- data.frame(Wind = c(7, NA), Temp = 80)
  expect_identical(is.na(predict(fit, new)), c(FALSE, TRUE))
  expect_length(predict(fit, new[0, ]), 0)
  iris$Species[3] <- NA
  classes <- knn_fit(Species ~ ., iris, k = 3, na.action = na.exclude)
  expect_identical(which(is.na(fitted(classes))), 3L)
  expect_identical(predict(classes, data.frame(
    Sepal.Length = 5, Sepal.Width = 3, Petal.Length = NA_real_, Petal.Width = 1
  )), factor(NA, levels(iris$Species)))
})

test_that("columns of any kind are compared by Gower", {
  local_rkeops_options(compile = "never")
  cars <- transform(mtcars, am = factor(am), cyl = ordered(cyl))
  cars$disp[5] <- NA
  fit <- knn_fit(mpg ~ disp + am + cyl, cars, k = 1:5, metric = "gower",
                 na.action = na.pass)
  expect_length(fitted(fit), 32)
  local_rkeops_options(precision = "float64")
  D <- as.matrix(gower(cars[c("disp", "am", "cyl")]))
  diag(D) <- Inf
  nearest <- apply(D, 1, function(row) order(row)[seq_len(fit$k)])
  expect_equal(fitted(fit), colMeans(matrix(cars$mpg[nearest], fit$k)),
               tolerance = 1e-12)
  expect_false(anyNA(predict(fit, cars[5:6, ])))
})

test_that("fits are shown, summarised, drawn, updated and tidied", {
  local_rkeops_options(compile = "never")
  fit <- knn_fit(Species ~ ., iris)
  expect_output(print(fit), "best of k = 1 to 30")
  expect_output(print(summary(fit)), "virginica")
  expect_equal(sum(diag(summary(fit)$confusion)) / 150, 1 - summary(fit)$error)
  expect_identical(formula(update(fit, . ~ . - Sepal.Width))[[3]],
                   quote(Sepal.Length + Petal.Length + Petal.Width))
  expect_identical(nobs(fit), 150L)
  withr::local_pdf(NULL)
  expect_identical(plot(fit), fit$curve)
  skip_if_not_installed("generics")
  expect_identical(generics::tidy(fit), fit$curve)
  expect_identical(generics::glance(fit)$k, fit$k)
  expect_identical(generics::augment(fit, iris)$.class, fitted(fit))
  expect_identical(nrow(generics::augment(fit)), 150L)
  skip_if_not_installed("ggplot2")
  expect_s3_class(ggplot2::autoplot(fit), "ggplot")
})

test_that("what cannot be fitted is refused by name", {
  local_rkeops_options(compile = "never")
  expect_rkeops_error(knn_fit(iris), "argument", "`formula`")
  expect_rkeops_error(knn_fit(~ Petal.Width, iris), "argument", "`formula`")
  expect_rkeops_error(knn_fit(Petal.Width ~ Species, iris), "argument",
                      "Species")
  expect_rkeops_error(knn_fit(Species ~ ., iris, k = 150), "argument", "`k`")
  expect_rkeops_error(knn_fit(Species ~ ., iris, k = 0.5), "argument", "`k`")
  expect_rkeops_error(knn_fit(Species ~ ., iris, k = 1:2, cv = "none"),
                      "argument", "`k`")
  expect_rkeops_error(knn_fit(Species ~ ., iris, cv = "10"), "argument", "`cv`")
  expect_rkeops_error(knn_fit(Species ~ ., iris[1, ]), "shape", "two points")
  expect_rkeops_error(knn_fit(Species ~ ., iris[0, ]), "shape", "one row")
  expect_rkeops_error(
    knn_fit(cbind(Sepal.Length, Sepal.Width) ~ Petal.Width, iris), "argument",
    "response"
  )
  fit <- knn_fit(Sepal.Width ~ Petal.Width, iris, k = 3, cv = "none")
  expect_rkeops_error(predict(fit, iris, "class"), "argument", "`type`")
  expect_rkeops_error(predict(fit, iris, k = 151), "argument", "`k`")
  expect_rkeops_error(plot(fit), "argument", "cv")
  expect_error(predict(fit, data.frame(a = 1)), "Petal.Width")
})
