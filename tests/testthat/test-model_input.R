# Rows, weights and columns that verbs take from a formula and data.

local_rkeops_options(precision = "float64", compile = "never")

flowers <- iris[c(1:12, 51:62, 101:112), ]

test_that("subset takes the rows for which it is TRUE", {
  large <- flowers$Sepal.Length > 5 & flowers$Species != "setosa"
  large[[14]] <- NA
  rest <- flowers[which(large), ]
  formula <- Sepal.Width ~ Petal.Length
  fits <- list(
    kernel_smooth = function(...) kernel_smooth(formula, ...),
    kernel_density = function(...) kernel_density(~ Petal.Length, ..., bw = 1),
    knn_fit = function(...) knn_fit(Species ~ Petal.Length, ...),
    kernel_classify = function(...) kernel_classify(Species ~ Petal.Length, ...)
  )
  for (name in names(fits)) {
    whole <- fits[[name]](flowers, subset = large)
    part <- fits[[name]](rest)
    expect_identical(predict(whole, rest), predict(part, rest), info = name)
  }
  # an expression of variables
  expect_identical(
    fitted(kernel_smooth(formula, flowers, subset = Petal.Length > 4)),
    fitted(kernel_smooth(formula, flowers[flowers$Petal.Length > 4, ]))
  )
  expect_identical(
    kernel_pca(~ Petal.Length + Petal.Width, flowers, subset = 5:20)$n, 16L
  )
  expect_error(
    kernel_smooth(formula, flowers, subset = c(TRUE, FALSE)), "`subset`",
    class = "rkeops_error_argument"
  )
})

test_that("subset and weights go with each other, and with missing values", {
  data <- flowers
  data$Petal.Length[[5]] <- NA
  data$w <- seq_len(nrow(data))
  whole <- kernel_smooth(
    Sepal.Width ~ Petal.Length, data, weights = w, subset = w > 3,
    bw = 0.3
  )
  rest <- data[data$w > 3 & !is.na(data$Petal.Length), ]
  expect_equal(
    fitted(whole),
    fitted(kernel_smooth(Sepal.Width ~ Petal.Length, rest, weights = w,
                         bw = 0.3))
  )
})

test_that("two-sample tests and hsic_test() take subset", {
  set.seed(1)
  whole <- mmd_test(
    cbind(Sepal.Length, Petal.Length) ~ Species, flowers, nperm = 19,
    subset = Species != "setosa"
  )
  set.seed(1)
  part <- mmd_test(flowers[13:24, c(1, 3)], flowers[25:36, c(1, 3)], nperm = 19)
  expect_identical(whole$statistic, part$statistic)
  expect_identical(whole$permutations, part$permutations)
  set.seed(1)
  one_sided <- hsic_test(~ Petal.Length + Petal.Width, flowers, nperm = 9)
  set.seed(1)
  two_sided <- hsic_test(Petal.Width ~ Petal.Length, flowers, nperm = 9)
  expect_identical(one_sided$permutations, two_sided$permutations)
})

test_that("factors are columns of 0 and 1 in kernel_classify()", {
  data <- transform(flowers, long = Sepal.Length > 5.5)
  fit <- kernel_classify(long ~ Species + Petal.Length, data, scale = FALSE)
  expect_identical(ncol(fit$x), 4L)
  columns <- cbind(
    model.matrix(~ Species - 1, data), Petal.Length = data$Petal.Length
  )
  by_hand <- kernel_classify(
    long ~ columns, list(long = data$long, columns = columns), scale = FALSE
  )
  expect_equal(unname(fitted(fit)), unname(fitted(by_hand)))
  # a level that new data lack, and text
  new <- transform(data[30:31, ], Species = as.character(Species))
  expect_equal(
    predict(fit, new, type = "link"), predict(fit, type = "link")[30:31]
  )
  expect_error(
    predict(fit, transform(new, Species = "tulip")), "`newdata`: .*tulip",
    class = "rkeops_error_argument"
  )
})

test_that("a number in the place of data is an error", {
  expect_error(kernel_pca(flowers[1:4], 2), "`data` must be NULL",
               class = "rkeops_error_argument")
  expect_error(kernel_density(flowers$Sepal.Length, 0.3), "`data` must be NULL",
               class = "rkeops_error_argument")
})

test_that("what R finds wrong in a formula or its data is an error of ours", {
  data <- data.frame(x = (1:12 * 5) %% 12, y = sin(1:12), g = c("a", "b"))
  holes <- replace(data, "y", replace(data$y, 3, NA))
  expect_about <- function(call, argument) {
    error <- tryCatch(call, error = identity)
    expect_s3_class(error, "rkeops_error_argument")
    expect_match(conditionMessage(error), sprintf("^`%s`", argument))
  }
  expect_about(kernel_density(~nosuch, data), "x")
  expect_about(kernel_smooth(y ~ x, data, subset = nosuch > 1), "subset")
  expect_about(kernel_smooth(y ~ x, data, weights = nosuch), "weights")
  expect_about(kernel_smooth(y ~ x, holes, na.action = na.fail), "na.action")
  expect_about(kernel_smooth(y ~ x, data, na.action = sum), "na.action")
  expect_about(kernel_smooth(y ~ x, data, na.action = "nosuch"), "na.action")
  expect_about(knn_fit(y ~ x, as.matrix(data)), "data")
  expect_about(knn_fit(y ~ nosuch, data), "formula")
  expect_about(knn_fit(y ~ x, holes, na.action = na.fail), "na.action")
  expect_about(knn_fit(y ~ x, data, subset = list(1)), "subset")
  expect_about(energy_test(y ~ g, data, weights = "a"), "weights")
  expect_about(mmd_test(y ~ nosuch, data), "formula")
  expect_about(hsic_test(~., data), "formula")
  constant <- replace(data, "g", "a")
  expect_about(gaussian_process(y ~ g | x, constant), "formula")
  expect_about(gaussian_process(y ~ nosuch, data), "formula")
  # names of functions, as lm() takes them
  expect_identical(
    fitted(knn_fit(y ~ x, holes, na.action = "na.omit")),
    fitted(knn_fit(y ~ x, holes))
  )
})
