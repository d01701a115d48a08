# Sums with a tolerance against sums of all pairs in double precision.

tolerant_args <- function(dimension, weights = 1) {
  c(sprintf("x = Vi(%d)", dimension), sprintf("y = Vj(%d)", dimension),
    sprintf("b = Vj(%d)", weights), "s = Pm(1)")
}

tolerant_operator <- function(kernel, dimension, weights = 1, ...) {
  keops_kernel(
    sprintf("Sum_Reduction(%s * b, 0)", kernel),
    tolerant_args(dimension, weights), precision = "float64", ...
  )
}

# The largest error of some rows, in parts of the sums of absolute terms.
error_of <- function(op, kernel, x, y, b, s, tolerance, rows = 200) {
  value <- op(x, y, b, s, tolerance = tolerance)
  some <- unique(round(seq(1, nrow(x), length.out = rows)))
  exact <- op(x[some, , drop = FALSE], y, b, s)
  absolute <- keops_kernel(
    sprintf("Sum_Reduction(Abs(%s * b), 0)", kernel),
    tolerant_args(ncol(x), NCOL(b)), precision = "float64"
  )
  sizes <- absolute(x[some, , drop = FALSE], y, b, s)
  error <- abs(value[some, , drop = FALSE] - exact)
  max(ifelse(error == 0, 0, error / sizes))
}

way_of <- function(op) {
  line <- grep("^last call", explain(op, "tolerance"), value = TRUE)
  sub("last call: ", "", line)
}

# Expansions are made even where all pairs are as soon computed.
local_expansions <- function(frame = parent.frame()) {
  change_settings(list(expands_always = TRUE), NULL)
  withr::defer(change_settings(list(expands_always = FALSE), NULL), frame)
}

kernels_far <- list(
  list("Exp(-s * SqDist(x, y))", 20), list("Exp(-s * SqDist(x, y))", 0.5),
  list("Exp(-s * Sqrt(SqDist(x, y)))", 5), list("Inv(1 + s * SqDist(x, y))", 10),
  list("Rsqrt(s + SqDist(x, y))", 1e-3), list("Matern32(x, y, s)", 0.3),
  list("Matern52(y, x, s)", 0.3), list("Log(s + SqDist(x, y))", 0.5),
  list("Cos(s * (Sum(x - y))) * Exp(-SqDist(x, y))", 3)
)

test_that("errors stay below the tolerance, for 1 to 3 dimensions", {
  withr::local_seed(1)
  local_expansions()
  for (dimension in 1:3) {
    n <- c(600, 1501, 1999)[dimension]
    x <- matrix(runif(n * dimension), n)
    y <- matrix(runif((n + 1) * dimension), n + 1)
    b <- rnorm(n + 1)
    ways <- vapply(kernels_far, function(kernel) {
      op <- tolerant_operator(kernel[[1]], dimension)
      tolerance <- sample(c(1e-3, 1e-6, 1e-9), 1)
      error <- error_of(op, kernel[[1]], x, y, b, kernel[[2]], tolerance)
      expect_lte(error, tolerance)
      op(x, y, b, kernel[[2]], tolerance = tolerance)
      way_of(op)
    }, "")
    expect_identical(unique(ways), "far pairs expanded")
  }
})

# Formulas of a radius and of differences, made of smooth operations.
random_function <- function(depth) {
  if (depth == 0) {
    return(sample(c(
      "SqDist(x, y)", "(s * SqDist(x, y))", "Square(Elem(x - y, 0))",
      "Sum(x - y)", "s"
    ), 1))
  }
  f <- random_function(depth - 1)
  g <- random_function(depth - 1)
  sample(c(
    sprintf("Exp(-Square(%s))", f), sprintf("Inv(1 + Square(%s))", f),
    sprintf("Sqrt(0.1 + Square(%s))", f), sprintf("Log(1.5 + Square(%s))", f),
    sprintf("(%s + %s)", f, g), sprintf("(%s * Exp(-Square(%s)))", f, g),
    sprintf("Sin(%s)", f), sprintf("Tanh(%s)", f), sprintf("Erf(%s)", f),
    sprintf("Atan(%s)", f), sprintf("Logistic(%s)", f), sprintf("Abs(%s)", f)
  ), 1)
}

# Points that are awkward.
random_points <- function(n, dimension) {
  points <- matrix(runif(n * dimension), n)
  switch(sample(6, 1),
    points,
    points + 1e6,
    round(points, 1),
    rbind(points[-1, , drop = FALSE], 1e3),
    matrix(rep(points[1:7, ], each = n)[seq_len(n * dimension)], n),
    points * rep(c(1, 1e-3, 1)[seq_len(dimension)], each = n)
  )
}

random_weights <- function(n, components) {
  b <- matrix(rnorm(n * components), n)
  switch(sample(5, 1),
    b, b * 1e300 / 10, abs(b), matrix(rep_len(c(1, -1), n * components), n),
    b * (seq_len(n) %% 50 == 0)
  )
}

test_that("errors of random formulas stay below the tolerance", {
  skip_on_cran()
  withr::local_seed(2)
  local_expansions()
  ways <- vapply(seq_len(if (is_exhaustive()) 2000 else 12), function(k) {
    dimension <- sample(3, 1)
    kernel <- random_function(2)
    components <- sample(2, 1)
    op <- tolerant_operator(kernel, dimension, components)
    n <- 1000 + k
    x <- random_points(n, dimension)
    y <- if (runif(1) < 0.3) x else random_points(n, dimension)
    tolerance <- 10^-sample(3:10, 1)
    b <- random_weights(n, components)
    error <- error_of(op, kernel, x, y, b, runif(1), tolerance, rows = 50)
    # the formula itself is rounded
    expect_lte(error, tolerance + 1e-12)
    op(x, y, b, 0.5, tolerance = tolerance)
    way_of(op)
  }, "")
  expect_gt(mean(ways == "far pairs expanded"), 0.5)
})

test_that("awkward data keep the promise", {
  withr::local_seed(3)
  local_expansions()
  kernel <- "Exp(-s * SqDist(x, y))"
  op <- tolerant_operator(kernel, 2)
  n <- 2000
  x <- matrix(runif(2 * n), n)
  b <- rnorm(n)
  error <- function(x, y, b) error_of(op, kernel, x, y, b, 3, 1e-6, rows = 40)
  same <- matrix(0.3, n, 2)
  expect_lte(error(same, same, b), 1e-6)
  expect_lte(error(rbind(x[-1, ], 1e8), x, b), 1e-6)
  expect_lte(error(x + 1e6, x + 1e6, b), 1e-6)
  expect_lte(error(x, x, b * 1e300), 1e-6)
  expect_lte(error(x, x, rep_len(c(1, -1), n)), 1e-6)
  expect_identical(op(x, x, numeric(n), 3, tolerance = 1e-6), matrix(0, n, 1))
  hole <- x
  hole[5, 1] <- NaN
  expect_identical(
    op(hole, x, b, 3, tolerance = 1e-6), op(hole, x, b, 3)
  )
  expect_match(way_of(op), "none|all pairs")
  infinite <- replace(b, 3, Inf)
  expect_equal(op(x, x, infinite, 3, tolerance = 1e-6), op(x, x, infinite, 3))
})

test_that("sizes of nothing, of one and of few points are computed", {
  op <- tolerant_operator("Exp(-s * SqDist(x, y))", 2)
  for (n in c(0, 1, 63, 64, 65)) {
    x <- matrix(seq_len(2 * n) / 100, n, 2)
    expect_identical(
      op(x, x, rep(1, n), 1, tolerance = 1e-6), op(x, x, rep(1, n), 1)
    )
  }
})

test_that("results are the same for one thread and for two", {
  withr::local_seed(4)
  local_expansions()
  n <- 2000
  x <- matrix(runif(2 * n), n)
  b <- cbind(rnorm(n), runif(n))
  op <- tolerant_operator("Matern32(x, y, s)", 2, 2)
  values <- lapply(1:2, function(threads) {
    local_rkeops_options(threads = threads)
    op(x, x, b, 0.5, tolerance = 1e-6)
  })
  expect_identical(way_of(op), "far pairs expanded")
  expect_identical(values[[1]], values[[2]])
})

test_that("operators, tensors and the option have a tolerance", {
  withr::local_seed(5)
  local_expansions()
  n <- 2000
  x <- matrix(runif(n), n)
  b <- runif(n)
  kernel <- "Exp(-s * SqDist(x, y))"
  op <- tolerant_operator(kernel, 1, tolerance = 1e-4)
  value <- op(x, x, b, 3)
  expect_identical(way_of(op), "far pairs expanded")
  plain <- tolerant_operator(kernel, 1)
  exact <- plain(x, x, b, 3)
  expect_lte(max(abs(value - exact) / exact), 1e-4)
  expect_false(identical(value, exact))
  expect_identical(plain(x, x, b, 3, tolerance = 1e-4), value)
  local_rkeops_options(tolerance = 1e-4)
  expect_identical(plain(x, x, b, 3), value)
  tensor <- exp(-3 * sqdist(
    Vi(x, precision = "float64"), Vj(x, precision = "float64")
  ))
  with_option <- c(tensor %*% b)
  set_rkeops_option("tolerance", 0)
  product <- c(tensor %*% b)
  expect_false(identical(with_option, product))
  expect_lte(max(abs(with_option - product) / product), 1e-4)
  sums <- sum(tensor, index = "j", tolerance = 1e-4)
  expect_lte(max(abs(sums / sum(tensor, index = "j") - 1)), 1e-4)
})

test_that("single precision is as exact as the tolerance", {
  withr::local_seed(6)
  local_expansions()
  n <- 2000
  x <- matrix(runif(n), n)
  op <- keops_kernel(
    "Sum_Reduction(Exp(-SqDist(x, y)), 0)", c("x = Vi(1)", "y = Vj(1)"),
    precision = "float32"
  )
  precise <- keops_kernel(
    "Sum_Reduction(Exp(-SqDist(x, y)), 0)", c("x = Vi(1)", "y = Vj(1)"),
    precision = "float64"
  )
  value <- op(x, x, tolerance = 1e-9)
  expect_identical(way_of(op), "far pairs expanded")
  expect_lte(max(abs(value / precise(x, x) - 1)), 1e-9)
})

test_that("what has no tolerance is refused, or computed from all pairs", {
  x <- matrix(runif(30), 10)
  args <- c("x = Vi(3)", "y = Vj(3)")
  minimum <- keops_kernel("Min_Reduction(SqDist(x, y), 0)", args)
  expect_error(
    minimum(x, x, tolerance = 1e-6), "no meaning.*only sums",
    class = "rkeops_error_argument"
  )
  expect_error(
    keops_kernel("Min_Reduction(SqDist(x, y), 0)", args, tolerance = 1e-6),
    class = "rkeops_error_argument"
  )
  distances <- sqdist(Vi(x), Vj(x))
  expect_error(
    min(distances, index = "j", tolerance = 1e-6),
    class = "rkeops_error_argument"
  )
  expect_error(
    sum(distances, tolerance = 1e-6), class = "rkeops_error_argument"
  )
  with_rkeops_options(list(tolerance = 1e-6), {
    expect_identical(c(minimum(x, x)), numeric(10))
  })
  why <- function(kernel) {
    op <- keops_kernel(sprintf("Sum_Reduction(%s, 0)", kernel), args)
    explain(op, "tolerance")[[1]]
  }
  expect_match(why("Exp(-SqDist(x, y))"), "can be expanded")
  expect_match(why("Exp(Sum(x * y))"), "more of a row or a column than")
  expect_match(why("Exp(-(x - y))"), "one number of a pair")
  expect_match(why("Round(Sum(x - y), 1)"), "no rule for complex")
  four <- keops_kernel(
    "Sum_Reduction(Exp(-SqDist(x, y)), 0)", c("x = Vi(4)", "y = Vj(4)")
  )
  expect_match(explain(four, "tolerance")[[1]], "more than 3 components")
  expect_match(explain(minimum, "tolerance")[[1]], "only sums")
})

test_that("values of a tolerance are checked", {
  x <- matrix(runif(30), 10)
  args <- c("x = Vi(3)", "y = Vj(3)")
  op <- keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)), 0)", args)
  for (bad in list(0, -1, 1e-13, NaN, NA, Inf, 2, "a", c(1, 1) / 10, TRUE)) {
    expect_error(
      op(x, x, tolerance = bad), "`tolerance` must be",
      class = "rkeops_error_argument"
    )
    expect_error(
      sum(sqdist(Vi(x), Vj(x)), index = "j", tolerance = bad),
      "`tolerance` must be", class = "rkeops_error_argument"
    )
    if (!identical(bad, 0)) {
      expect_error(
        set_rkeops_option("tolerance", bad), class = "rkeops_error_argument"
      )
    }
  }
})
