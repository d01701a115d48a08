# Values of operators against plain R: sizes, precisions, and every way of
# passing the inputs.

test_that("the script of the README gives what plain R gives", {
  withr::local_seed(1)
  op <- keops_kernel(gaussian_formula, gaussian_args)
  nx <- 100
  ny <- 150
  x <- matrix(runif(nx * 3), nrow = nx)
  y <- matrix(runif(ny * 3), nrow = ny)
  b <- matrix(runif(ny * 6), nrow = ny)
  s <- 0.2
  res <- op(list(x, y, b, s))
  expect_equal(dim(res), c(100L, 6L))
  expect_close(res, gaussian_sum(x, y, b, s), precision = "float32")
})

test_that("both precisions are as accurate as they can be", {
  data <- gaussian_data(101, 257)
  expected <- do.call(gaussian_sum, data)
  scale <- do.call(gaussian_scale, data)
  for (precision in c("float32", "float64")) {
    result <- gaussian_operator(precision)(data)
    expect_close(result, expected, scale, precision)
  }
})

test_that("no size is special", {
  op <- gaussian_operator()
  sizes <- list(
    c(1, 1), c(1, 64), c(63, 1), c(64, 63), c(65, 65), c(127, 128), c(97, 1009),
    c(3, 20000), c(20000, 3), c(257, 1025)
  )
  for (size in sizes) {
    data <- gaussian_data(size[1], size[2])
    expect_close(
      op(data), do.call(gaussian_sum, data), do.call(gaussian_scale, data)
    )
  }
})

test_that("an empty sum is zero, and no rows give no rows", {
  op <- gaussian_operator()
  data <- gaussian_data(5, 0)
  expect_identical(op(data), matrix(0, 5, 6))
  data <- gaussian_data(0, 5)
  expect_identical(op(data), matrix(0, 0, 6))
  data <- gaussian_data(0, 0)
  expect_identical(op(data), matrix(0, 0, 6))
})

test_that("points of few and of many dimensions work", {
  skip_on_cran()
  for (dimension in c(1, 100)) {
    for (precision in c("float32", "float64")) {
      op <- gaussian_operator(precision, dimension, components = 1)
      data <- gaussian_data(65, 130, dimension, components = 1)
      expect_close(
        op(data), do.call(gaussian_sum, data), do.call(gaussian_scale, data),
        precision
      )
    }
  }
})

test_that("results do not depend on the number of threads", {
  data <- gaussian_data(1000, 3001)
  op <- gaussian_operator("float32")
  results <- lapply(1:2, function(threads) {
    local_rkeops_options(threads = threads)
    op(data)
  })
  expect_identical(results[[1]], results[[2]])
})

test_that("inputs come as a list, one by one, or named in any order", {
  op <- gaussian_operator()
  data <- gaussian_data(10, 15)
  expected <- op(unname(data))
  expect_identical(op(data), expected)
  expect_identical(op(rev(data)), expected)
  expect_identical(op(input = data), expected)
  expect_identical(op(data$x, data$y, data$b, data$s), expected)
  expect_identical(op(s = 0.2, b = data$b, y = data$y, x = data$x), expected)
})

test_that("positions in args order the inputs", {
  op <- keops_kernel(
    gaussian_formula,
    c("x = Vi(2, 3)", "y = Vj(0, 3)", "s = Pm(1, 1)", "b=Vj(3,6)"),
    precision = "float64"
  )
  data <- gaussian_data(10, 15)
  expected <- do.call(gaussian_sum, data)
  expect_close(op(list(data$y, data$s, data$x, data$b)), expected)
  expect_close(op(data), expected)
})

test_that("vectors, integers and data frames are inputs", {
  op <- keops_kernel(
    "Sum_Reduction(x * y + Sum(p), 0)", c("x=Vi(1)", "y=Vj(1)", "p=Pm(3)"),
    precision = "float64"
  )
  expected <- cbind(1:4 * sum(1:6) + 6 * 6)
  expect_equal(op(1:4, 1:6, 1:3), expected)
  expect_equal(op(c(1, 2, 3, 4), 1:6, matrix(1:3, nrow = 1)), expected)
  expect_equal(op(matrix(1:4), matrix(1:6), matrix(1:3, ncol = 1)), expected)
  expect_equal(op(data.frame(u = 1:4), data.frame(v = 1:6), 1:3), expected)
})

test_that("row names of the indexed input are kept", {
  op <- gaussian_operator()
  data <- gaussian_data(3, 5)
  rownames(data$x) <- c("first", "second", "third")
  expect_identical(rownames(op(data)), c("first", "second", "third"))
})

test_that("points may be columns", {
  op <- gaussian_operator()
  data <- gaussian_data(10, 15)
  columns <- lapply(data, t)
  expected <- op(data)
  for (inner_dim in list(1, 1L, TRUE, "col")) {
    expect_identical(op(data, inner_dim = inner_dim), expected)
  }
  for (inner_dim in list(0, 0L, FALSE)) {
    expect_identical(op(columns, inner_dim = inner_dim), t(expected))
  }
  expect_identical(op(columns, 0), t(expected))
  expect_identical(op(columns, inner_dim = "row"), expected)
})

test_that("the last number of a formula is the index of the result, or not", {
  args <- c("x=Vi(3)", "y=Vj(3)")
  x <- points(10)
  y <- points(15, start = 0.5)
  of_i <- rowSums(x %*% t(y))
  of_j <- colSums(x %*% t(y))
  formulas <- sprintf("Sum_Reduction((x|y), %d)", 0:1)
  make <- function(formula, axis) {
    keops_kernel(formula, args, axis = axis, precision = "float64")
  }
  expect_close(make(formulas[1], "output")(x, y), cbind(of_i))
  expect_close(make(formulas[2], "output")(x, y), cbind(of_j))
  expect_close(make(formulas[1], "reduced")(x, y), cbind(of_j))
  expect_close(make(formulas[2], "reduced")(x, y), cbind(of_i))
  local_rkeops_options(axis = "reduced")
  op <- keops_kernel(formulas[2], args, precision = "float64")
  expect_close(op(x, y), cbind(of_i))
})

test_that("nx and ny say how many points no input has", {
  op <- keops_kernel("Sum_Reduction(x, 0)", "x = Vi(2)", precision = "float64")
  x <- points(4, 2)
  expect_equal(op(x), x)
  expect_equal(op(list(x), ny = 10), 10 * x)
  expect_equal(op(list(x), 1, 4, 10), 10 * x)
  constant <- keops_kernel("Sum_Reduction(2, 0)")
  expect_equal(constant(nx = 2, ny = 3), matrix(6, 2))
  expect_equal(constant(list()), matrix(2))
})

test_that("minima, maxima and their indices are those of R", {
  skip_on_cran()
  x <- points(33)
  y <- points(70, start = 0.25)
  distances <- squared_distances(x, y)
  run <- function(reduction) {
    keops_kernel(
      sprintf("%s_Reduction(SqDist(x, y), 0)", reduction),
      c("x=Vi(3)", "y=Vj(3)"), precision = "float64"
    )(x, y)
  }
  expect_close(run("Min"), cbind(apply(distances, 1, min)))
  expect_close(run("Max"), cbind(apply(distances, 1, max)))
  expect_equal(run("ArgMin"), cbind(apply(distances, 1, which.min) - 1))
  expect_equal(run("ArgMax"), cbind(apply(distances, 1, which.max) - 1))
})

test_that("log-sum-exp does not overflow", {
  skip_on_cran()
  x <- 40 * points(20)
  y <- 40 * points(90, start = 0.25)
  for (precision in c("float32", "float64")) {
    op <- keops_kernel(
      "LogSumExp_Reduction(SqDist(x, y), 0)", c("x=Vi(3)", "y=Vj(3)"),
      precision = precision
    )
    expect_close(
      op(x, y), cbind(log_sum_exp(squared_distances(x, y))),
      precision = precision
    )
  }
})

test_that("NA, NaN and Inf propagate as in R", {
  op <- keops_kernel(
    "Sum_Reduction(x * y, 0)", c("x=Vi(1)", "y=Vj(1)"), precision = "float64"
  )
  x <- c(1, NA, NaN, Inf, -Inf, 0)
  y <- c(1, 2, 3)
  expect_equal(is.na(op(x, y)), is.na(cbind(x * 6)), ignore_attr = TRUE)
  expect_equal(op(x, y)[c(1, 4, 5, 6)], c(6, Inf, -Inf, 0))
  expect_true(all(is.na(op(c(1, 2), c(1, NA)))))
})

test_that("an operator prints what it is", {
  op <- keops_kernel(gaussian_formula, gaussian_args)
  lines <- format(op)
  expect_match(lines[1], "float32, CPU")
  expect_true(any(grepl(gaussian_formula, lines, fixed = TRUE)))
  expect_true(any(grepl("x = Vi\\(3\\) +nx x 3 matrix", lines)))
  expect_match(lines[length(lines)], "result: nx x 6 matrix")
  expect_output(returned <- print(op), "keops_operator")
  expect_identical(returned, op)
})

test_that("an operator without inputs returns what it was made from", {
  op <- keops_kernel(gaussian_formula, gaussian_args)
  context <- op()
  expect_identical(context$formula, gaussian_formula)
  expect_identical(context$args, gaussian_args)
  expect_identical(op(NULL), context)
})

test_that("operators are functions, and know their precision", {
  op <- gaussian_operator("float32")
  expect_true(is.function(op))
  local_rkeops_options(precision = "float64")
  expect_identical(op()$precision, "float32")
  expect_identical(
    keops_kernel(gaussian_formula, gaussian_args)()$precision, "float64"
  )
})

test_that("operators can be saved and sent to other processes", {
  skip_on_cran()
  op <- gaussian_operator()
  data <- gaussian_data(10, 15)
  expected <- op(data)
  file <- withr::local_tempfile(fileext = ".rds")
  saveRDS(op, file)
  expect_identical(readRDS(file)(data), expected)
  expect_identical(format(readRDS(file))[-1], format(op)[-1])
  other <- callr::r(
    function(op, data) op(data), list(op, data), libpath = .libPaths()
  )
  expect_identical(other, expected)
})

test_that("the elements of args may have names, in their text too", {
  formula <- "Sum_Reduction(x * y, 0)"
  of <- function(args) keops_kernel(formula, args)(2, 3)
  expected <- of(c("x = Vi(1)", "y = Vj(1)"))
  expect_equal(of(c(x = "Vi(1)", y = "Vj(1)")), expected)
  expect_equal(of(c(x = "x = Vi(1)", y = "y = Vj(1)")), expected)
})
