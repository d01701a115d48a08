# Sums of which small terms are left out: the difference is less than what
# rounding does to the sum of absolute terms.

skip_on_cran()

# Results with and without pruning. `scale` is what errors are measured by.
expect_near <- function(op, data, precision, label, scale = NULL) {
  pruned <- with_pruning("always", op(data))
  all <- with_pruning("never", op(data))
  finite <- is.finite(all)
  expect_identical(is.nan(pruned), is.nan(all), label = label)
  expect_identical(pruned[!finite], all[!finite], label = label)
  limit <- c(float32 = 2e-6, float64 = 1e-14)[[precision]]
  size <- pmax(if (is.null(scale)) abs(all) else scale, .Machine$double.xmin)
  error <- max((abs(pruned - all) / size)[finite], 0)
  expect_lt(error, limit, label = paste("error of", label))
}

# exp(-p |x - y|^2) for all pairs, with the sums of absolute terms.
gaussian <- function(x, y, p) {
  distances <- outer(rowSums(x^2), rowSums(y^2), "+") - 2 * x %*% t(y)
  exp(-p * pmax(distances, 0))
}

args_with <- function(weights, ...) {
  c("x = Vi(3)", "y = Vj(3)", sprintf("b = Vj(%d)", weights), "p = Pm(1)", ...)
}

test_that("sums of vectors keep the digits of the absolute terms", {
  withr::local_seed(1)
  local_rkeops_options(compile = "never")
  formula <- "Sum_Reduction(Exp(-p * SqDist(x, y)) * b, 0)"
  x <- uniform(700, 3)
  y <- uniform(1300, 3)
  for (weights in c(1, 3, 20)) {
    b <- matrix(stats::rnorm(1300 * weights), 1300)
    b[, 1] <- b[, 1] * 1e8
    b[1:100, weights] <- 0
    scale <- gaussian(x, y, 60) %*% abs(b)
    for (precision in c("float32", "float64")) {
      op <- keops_kernel(formula, args_with(weights), precision = precision)
      label <- paste(weights, "weights")
      expect_near(op, list(x, y, b, 60), precision, label, scale)
      expect_match(
        unclass(explain(op, "pruning"))[1], "that do not matter can be left out"
      )
    }
  }
})

test_that("gradients keep the digits of the absolute terms", {
  withr::local_seed(2)
  local_rkeops_options(compile = "never")
  x <- uniform(600, 3)
  y <- uniform(1100, 3)
  b <- matrix(stats::rnorm(1100), 1100)
  e <- matrix(stats::rnorm(600), 600)
  formula <- "Sum_Reduction(Exp(-p * SqDist(x, y)) * b, 0)"
  kernel <- gaussian(x, y, 60)
  scale <- vapply(1:3, function(k) {
    side <- outer(x[, k], y[, k], "-")
    120 * rowSums(abs(kernel * side * outer(e[, 1], b[, 1])))
  }, numeric(600))
  for (precision in c("float32", "float64")) {
    op <- keops_grad(
      keops_kernel(formula, args_with(1), precision = precision), "x"
    )
    expect_near(op, list(x, y, b, 60, e), precision, "gradient", scale)
  }
})

exponentials <- c(
  log_sum = "LogSumExp_Reduction(-p * SqDist(x, y), 0)",
  potentials = "LogSumExp_Reduction(Elem(b, 0) - p * SqDist(x, y), 0)",
  shifted = "Max_SumShiftExp_Reduction(-p * SqDist(x, y), 0)"
)

test_that("logarithms of sums of exponentials are the same but for rounding", {
  withr::local_seed(3)
  local_rkeops_options(compile = "never")
  for (kind in c("uniform", "clusters", "equal", "outlier", "awkward")) {
    x <- kinds[[kind]](300, 3)
    y <- kinds[[kind]](700, 3)
    b <- uniform(700, 2)
    for (name in names(exponentials)) {
      has_weights <- name == "potentials"
      op <- keops_kernel(
        exponentials[[name]], args_with(2)[if (has_weights) 1:4 else -3],
        precision = "float64"
      )
      scale <- if (name == "shifted") 1 else NULL
      data <- if (has_weights) list(x, y, b, 900) else list(x, y, 900)
      expect_near(op, data, "float64", paste(name, kind), scale)
    }
  }
})

test_that("means with softmax weights keep the digits of the absolute terms", {
  withr::local_seed(4)
  local_rkeops_options(compile = "never")
  x <- uniform(500, 3)
  y <- uniform(900, 3)
  for (weights in c(1, 2, 9)) {
    b <- matrix(stats::rnorm(900 * weights), 900)
    kernel <- gaussian(x, y, 400)
    scale <- kernel %*% abs(b) / rowSums(kernel)
    for (precision in c("float32", "float64")) {
      op <- keops_kernel(
        "SumSoftMaxWeight_Reduction(-p * SqDist(x, y), b, 0)",
        args_with(weights), precision = precision
      )
      # errors of exponents are those of numbers of some hundred
      expect_near(
        op, list(x, y, b, 400), precision, paste("softmax", weights), 50 * scale
      )
    }
  }
  largest <- keops_kernel(
    "Max_SumShiftExpWeight_Reduction(-p * SqDist(x, y), b, 0)", args_with(1),
    precision = "float64"
  )
  small <- uniform(900, 1)
  small[1:450, ] <- 1e-30
  expect_near(largest, list(x, y, small, 400), "float64", "shifted weights", 1)
})

test_that("the order of points is kept, and found again by their values", {
  withr::local_seed(5)
  local_rkeops_options(compile = "never", pruning = "always")
  op <- keops_kernel(
    "Sum_Reduction(Exp(-p * SqDist(x, y)) * b, 0)", args_with(1),
    precision = "float64"
  )
  order_of <- function(p = 50) {
    result <- op(list(x, y, b, p))
    scale <- gaussian(x, y, p) %*% abs(b)
    expect_near(op, list(x, y, b, p), "float64", "kept", scale)
    expect_identical(op(list(x, y, b, p)), result)
    grep("^order of", unclass(explain(op, "pruning")), value = TRUE)
  }
  said <- function() {
    op(list(x, y, b, 50))
    grep("^order of", unclass(explain(op, "pruning")), value = TRUE)
  }
  x <- uniform(400, 3)
  y <- uniform(500, 3)
  b <- matrix(stats::rnorm(500), 500)
  expect_match(said(), "new")
  expect_match(said(), "kept from an earlier call")
  # other weights and parameters, and the same values elsewhere
  b <- b + 1
  x <- x + 0
  expect_match(order_of(70), "kept from an earlier call")
  x[7, 2] <- 0.123
  expect_match(said(), "that of the columns was kept")
  expect_match(order_of(), "kept from an earlier call")
  y[499, 3] <- -0.0001
  expect_match(said(), "that of the rows was kept")
  expect_match(order_of(), "kept from an earlier call")
})
